//! What a user sees of `synth --store`: the store that the files would have given.

use std::path::Path;
use std::process::{Command, Output};

use arrow::array::AsArray as _;
use xinheng::quality::aggregate;
use xinheng::record::{DEFAULT_BUCKETS, bucket_of};
use xinheng::store::{Snapshot, Store, Table};

fn xinheng(dir: &Path, args: &str) -> Output {
    let key = dir.join("key");
    if !key.exists() {
        std::fs::write(&key, [7u8; 40]).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
    Command::new(env!("CARGO_BIN_EXE_xinheng"))
        .args(args.split_whitespace())
        .arg("--key-file")
        .arg(&key)
        .current_dir(dir)
        .output()
        .unwrap()
}

pub(super) fn done(dir: &Path, args: &str) {
    let output = xinheng(dir, args);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args}: {errors}");
}

const OPTIONS: &str = "--records 2500 --subjects 400 --seed 11 --until 2026-11-20";

fn digests(store: &Snapshot, tables: &[Table]) -> Vec<(Table, String)> {
    let digest = |table: &Table| (*table, store.digest(*table).unwrap());
    tables.iter().map(digest).collect()
}

/// Subjects with more records than one piece of the generation holds.
#[test]
fn a_filled_store_of_few_subjects_is_that_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let options = "--records 12000 --subjects 2 --seed 11 --until 2026-11-20";
    done(dir, &format!("synth {options} --layout db --out inbox"));
    done(
        dir,
        "ingest inbox --store files --received 2026-11-20 --as-of 2026-11-20",
    );
    done(dir, &format!("synth {options} --store filled"));
    done(dir, &format!("--threads 1 synth {options} --store single"));
    let open = |name: &str| Store::open(&dir.join(name)).unwrap();
    let (files, filled, single) = (open("files"), open("filled"), open("single"));
    assert_eq!(filled.count(Table::Subjects).unwrap(), 2);
    let tables = [
        Table::Penalties,
        Table::Licenses,
        Table::Events,
        Table::Subjects,
    ];
    assert_eq!(digests(&files, &tables), digests(&filled, &tables));
    let all: Vec<Table> = Table::of_a_run().collect();
    assert_eq!(digests(&filled, &all), digests(&single, &all));
}

#[test]
fn a_filled_store_is_the_store_of_the_files() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, &format!("synth {OPTIONS} --layout db --out inbox"));
    done(
        dir,
        "ingest inbox --store files --received 2026-11-20 --as-of 2026-11-20",
    );
    done(dir, &format!("synth {OPTIONS} --store filled"));
    done(dir, &format!("--threads 1 synth {OPTIONS} --store single"));
    for store in ["files", "filled", "single"] {
        done(dir, &format!("grade --store {store} --as-of 2026-11-20"));
    }
    let open = |name: &str| Store::open(&dir.join(name)).unwrap();
    let (files, filled, single) = (open("files"), open("filled"), open("single"));
    let tables = [
        Table::Penalties,
        Table::Licenses,
        Table::Events,
        Table::Subjects,
        Table::Grades,
        Table::Evidence,
        Table::Supervision,
        Table::Measures,
        Table::Incentives,
    ];
    assert!(files.count(Table::Penalties).unwrap() > 1000);
    assert!(files.count(Table::Grades).unwrap() > 50);
    assert_eq!(digests(&files, &tables), digests(&filled, &tables));
    // Figures are kept per file, which differ; summed they agree.
    let quality = |store: &Snapshot| aggregate(&store.read(Table::Quality).unwrap(), None).unwrap();
    assert_eq!(quality(&files), quality(&filled));
    // The same options give the same store, findings included, for any number of threads.
    assert_eq!(
        digests(&filled, &Table::of_a_run().collect::<Vec<_>>()),
        digests(&single, &Table::of_a_run().collect::<Vec<_>>())
    );
    let runs = filled.runs().unwrap();
    let counts = &runs[0].inputs[0];
    assert_eq!(runs[0].kind, "synth");
    assert_eq!(counts.rows_read, counts.accepted);
    let of_files: u64 = files.runs().unwrap()[0]
        .inputs
        .iter()
        .map(|f| f.rows_read)
        .sum();
    assert_eq!(counts.rows_read, of_files);
}

#[test]
fn data_files_come_in_the_order_of_buckets_and_subjects() {
    let dir = tempfile::tempdir().unwrap();
    done(dir.path(), &format!("synth {OPTIONS} --store filled"));
    let store = Store::open(&dir.path().join("filled")).unwrap();
    for table in [
        Table::Penalties,
        Table::Licenses,
        Table::Events,
        Table::Subjects,
    ] {
        let ids = store.read_columns(table, &["subject_id"]).unwrap();
        let ids: Vec<(u32, &str)> = ids
            .column(0)
            .as_string::<i32>()
            .iter()
            .flatten()
            .map(|id| (bucket_of(id, DEFAULT_BUCKETS), id))
            .collect();
        assert!(ids.is_sorted(), "{table:?}");
    }
}

#[test]
fn a_store_with_a_run_and_dirt_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    done(dir, &format!("synth {OPTIONS} --store filled"));
    let again = xinheng(dir, &format!("synth {OPTIONS} --store filled"));
    let errors = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(2), "{errors}");
    assert!(errors.contains("name a new folder"), "{errors}");
    let dirty = xinheng(dir, &format!("synth {OPTIONS} --store other --dirt 5"));
    assert_eq!(dirty.status.code(), Some(2));
    assert!(!dir.join("other").exists());
    let nowhere = xinheng(dir, &format!("synth {OPTIONS}"));
    assert_eq!(nowhere.status.code(), Some(2));
}
