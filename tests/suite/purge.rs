//! What a user sees of `verify` and `purge`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use xinheng::store::{Store, Table};

struct House {
    dir: tempfile::TempDir,
}

impl House {
    /// A store with the sample inbox, graded.
    fn graded() -> House {
        let house = House {
            dir: tempfile::tempdir().unwrap(),
        };
        let key = house.path("key");
        std::fs::write(&key, [7; 32]).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
        let (inbox, out) = (inbox.to_str().unwrap(), house.text("out"));
        let done = house.run(
            &[
                "run",
                "--inbox",
                inbox,
                "--out",
                &out,
                "--as-of",
                "2026-11-22",
            ],
            None,
        );
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        house
    }

    /// A copy of this house in a folder of its own.
    fn copy(&self) -> House {
        let dir = tempfile::tempdir().unwrap();
        copy_all(self.dir.path(), dir.path());
        House { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str], fault: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xinheng"));
        command
            .args(args)
            .args(["--store", &self.text("store")])
            .args(["--key-file", &self.text("key")])
            .env_remove("XINHENG_FAULT");
        if let Some(fault) = fault {
            command.env("XINHENG_FAULT", fault);
        }
        command.output().unwrap()
    }

    fn verify(&self) -> (Option<i32>, String) {
        let done = self.run(&["verify"], None);
        (done.status.code(), said(&done))
    }
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn said(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

const PURGE: [&str; 5] = ["purge", "--before", "2026-09-01", "--reason", "保存期满"];

#[test]
fn verify_says_what_it_compared_and_names_a_damaged_file() {
    let house = House::graded();
    let (code, said) = house.verify();
    assert_eq!(code, Some(0), "{said}");
    for check in [
        "files", "rules", "digests", "scores", "subjects", "triggers", "law", "rows", "records",
        "replay",
    ] {
        let line = said.lines().find(|l| l.starts_with(check)).unwrap();
        assert!(line.contains("agrees: "), "{line}");
    }
    assert!(said.ends_with("all agree\n"));
    let file = Store::open(&house.path("store"))
        .unwrap()
        .files(Table::Grades)
        .unwrap()[0]
        .clone();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (code, said) = house.verify();
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains(file.file_name().unwrap().to_str().unwrap()));
    let done = house.run(&["verify", "--run", "r000099-00000000"], None);
    assert_eq!(done.status.code(), Some(2));
}

#[test]
fn purge_asks_for_one_rule_and_a_reason() {
    let house = House::graded();
    for args in [
        &["purge", "--reason", "x"][..],
        &["purge", "--before", "2026-09-01"],
        &["purge", "--before", "2026-09-01", "--reason", " "],
        &["purge", "--before", "1.9.2026", "--reason", "x"],
        &[
            "purge",
            "--before",
            "2026-09-01",
            "--record",
            "x",
            "--reason",
            "x",
        ],
    ] {
        assert_eq!(house.run(args, None).status.code(), Some(2), "{args:?}");
    }
    let done = house.run(&["purge", "--record", "nothing", "--reason", "x"], None);
    assert_eq!(done.status.code(), Some(0));
    assert!(said(&done).contains("nothing matched"));
    let done = house.run(&PURGE, None);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(said(&done).contains("rows removed"), "{}", said(&done));
    let (code, said) = house.verify();
    assert_eq!(code, Some(0), "{said}");
}

/// Killed before its commit, nothing is gone; killed after it, the next writer finishes.
#[test]
fn a_killed_purge_is_nothing_or_is_finished() {
    let graded = House::graded();
    for (fault, committed) in [
        ("staged", false),
        ("commit:penalties", false),
        ("before-runs", false),
        ("after-runs", true),
        ("forget:penalties", true),
        ("forget-log:licenses", true),
        ("forget:grades", true),
    ] {
        let house = graded.copy();
        let done = house.run(&PURGE, Some(fault));
        assert!(!done.status.success(), "nothing passed {fault}");
        let store = Store::open(&house.path("store")).unwrap();
        assert_eq!(store.last_run().unwrap().seq, 1 + u64::from(committed));
        let (code, said_now) = house.verify();
        assert_eq!(code, Some(0), "after {fault}: {said_now}");
        let again = house.run(&PURGE, None);
        assert_eq!(again.status.code(), Some(0), "{fault}: {}", said(&again));
        assert_eq!(
            said(&again).contains("nothing matched"),
            committed,
            "{fault}"
        );
        let store = Store::open(&house.path("store")).unwrap();
        for table in Table::of_a_run() {
            let on_disk = std::fs::read_dir(house.path("store").join(table.name()))
                .unwrap()
                .filter(|e| e.as_ref().unwrap().path().is_file())
                .count();
            let live = store.files(table).unwrap().len();
            assert_eq!(on_disk, live, "{} after {fault}", table.name());
        }
        let (code, said) = house.verify();
        assert_eq!(code, Some(0), "after {fault} and again: {said}");
    }
}
