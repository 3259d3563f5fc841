//! What a user is told on wrong usage: the exit code says whose matter it is, the message what, where and what to do.

use std::path::Path;
use std::process::{Command, Output};

fn xinheng(dir: &Path, args: &[&str]) -> Output {
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
        .args(args)
        .env("XINHENG_KEY_FILE", &key)
        .current_dir(dir)
        .output()
        .unwrap()
}

/// Runs a command that must fail with `code`, say every one of `words` on stderr and nothing on stdout, and never panic.
fn refused(dir: &Path, code: i32, args: &str, words: &[&str]) {
    let args: Vec<&str> = args
        .split(' ')
        .map(|a| if a == "SQL" { "SELECT 1 AS a" } else { a })
        .collect();
    let output = xinheng(dir, &args);
    let (said, result) = (
        String::from_utf8_lossy(&output.stderr).into_owned(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
    );
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}{result}");
    assert!(!said.contains("panicked"), "{args:?}: {said}");
    assert_eq!(result, "", "{args:?} wrote a result");
    for word in words {
        assert!(
            said.contains(word),
            "{args:?} does not say {word:?}: {said}"
        );
    }
}

/// A store of one night without records, an empty inbox, a file where a folder is wanted, a folder of somebody else.
fn place() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["inbox", "mine"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    std::fs::write(dir.path().join("afile"), "x\n").unwrap();
    std::fs::write(dir.path().join("mine/letter.txt"), "keep").unwrap();
    let args = "run --inbox inbox --store store --out out --as-of 2026-11-22";
    let output = xinheng(dir.path(), &args.split(' ').collect::<Vec<_>>());
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    dir
}

#[test]
fn a_missing_store_is_named_and_never_made_by_a_reader() {
    let dir = place();
    let dir = dir.path();
    for command in [
        "query SQL --store none",
        "quality --store none",
        "explain 91500114MAXKXK3A0G --store none",
        "checklist --store none",
        "verify --store none",
        "purge --store none --record a --reason b",
    ] {
        refused(
            dir,
            4,
            command,
            &["none", "no such folder", "xinheng run --store"],
        );
    }
    assert!(!dir.join("none").exists());
    refused(
        dir,
        4,
        "query SQL --store afile",
        &["afile", "not a folder"],
    );
    refused(dir, 4, "query SQL --store mine", &["mine"]);
    refused(
        dir,
        4,
        "run --inbox inbox --store afile --out other --as-of 2026-11-22",
        &["afile"],
    );
    assert!(!dir.join("other").exists());
}

#[test]
fn a_wrong_day_or_month_is_shown_with_the_form_wanted() {
    let dir = place();
    for day in ["2026-13-01", "20261122", "2026-02-30", "today"] {
        for command in [
            format!("run --inbox inbox --store store --out out --as-of {day}"),
            format!("run --inbox inbox --store store --out out --received {day}"),
            format!("ingest inbox --store store --received {day}"),
            format!("grade --store store --known-at {day}"),
            format!("explain X --store store --as-of {day}"),
            format!("purge --store store --before {day} --reason x"),
            format!("synth --records 1 --subjects 1 --seed 1 --out made --until {day}"),
        ] {
            refused(dir.path(), 2, &command, &[day, "YYYY-MM-DD"]);
        }
    }
    refused(
        dir.path(),
        2,
        "quality --store store --month 2026-13",
        &["2026-13", "YYYY-MM"],
    );
}

#[test]
fn an_unknown_subject_scheme_run_format_or_command_is_named() {
    let dir = place();
    let dir = dir.path();
    let id = "91500114MAXKXK3A0G";
    refused(dir, 2, &format!("explain {id} --store store"), &[id]);
    for format in ["table", "json", "html"] {
        let command = format!("checklist --store store --subject {id} --format {format}");
        refused(dir, 2, &command, &[id, "none of the result tables"]);
    }
    refused(
        dir,
        2,
        "grade --store store --scheme none/none --as-of 2026-11-22",
        &["none/none", "rules check"],
    );
    refused(dir, 2, "rules show none/none", &["none/none"]);
    refused(
        dir,
        2,
        "verify --store store --run r9",
        &["r9", "SELECT run_id FROM runs"],
    );
    for (command, format, known) in [
        (
            "checklist --store store --format",
            "pdf",
            "table, json, xlsx, html",
        ),
        (
            "quality --store store --format",
            "pdf",
            "table, json, csv, xlsx",
        ),
        (
            "query SQL --store store --format",
            "pdf",
            "table, json, csv, parquet",
        ),
        ("explain X --store store --format", "pdf", "table, json"),
        (
            "explain X --store store --depth",
            "deep",
            "line, table, trace",
        ),
        (
            "checklist --store store --view",
            "secret",
            "public, internal",
        ),
    ] {
        refused(dir, 2, &format!("{command} {format}"), &[format, known]);
    }
    refused(dir, 2, "grate --store store", &["grate", "grade"]);
}

#[test]
fn an_argument_that_is_missing_or_contradicts_another_is_named() {
    let dir = place();
    let dir = dir.path();
    for (command, missing) in [
        ("run --inbox inbox --store store", "--out"),
        ("run --store store --out out", "--inbox"),
        ("grade", "--store"),
        ("ingest --store store", "<PATH>"),
        ("purge --store store --reason x", "--before"),
        ("purge --store store --record a", "--reason"),
        ("synth --records 1 --subjects 1 --seed 1", "--out"),
        ("checklist --store store --format html", "--subject"),
        ("checklist --store store --format xlsx", "--out FILE.xlsx"),
        ("quality --store store --format xlsx", "--out FILE.xlsx"),
        (
            "query SQL --store store --format parquet",
            "--out FILE.parquet",
        ),
    ] {
        refused(dir, 2, command, &[missing]);
    }
    let both = "purge --store store --before 2026-01-01 --record a --reason x";
    refused(dir, 2, both, &["cannot be used with"]);
    let both = "synth --records 1 --subjects 1 --seed 1 --out made --store other";
    refused(dir, 2, both, &["cannot be used with"]);
    refused(
        dir,
        2,
        "synth --records 1 --subjects 0 --seed 1 --out made",
        &["0 subjects"],
    );
}

#[test]
fn a_path_that_cannot_be_read_or_written_is_named_before_anything_is_touched() {
    let dir = place();
    let dir = dir.path();
    let runs = |dir: &Path| std::fs::read_dir(dir.join("store/runs")).unwrap().count();
    let before = runs(dir);
    let night = "--store store --as-of 2026-11-23";
    refused(
        dir,
        2,
        &format!("run --inbox nowhere --out out {night}"),
        &["nowhere", "check that it exists"],
    );
    refused(
        dir,
        2,
        &format!("ingest nofile.csv {night}"),
        &["nofile.csv", "check that it exists"],
    );
    refused(
        dir,
        2,
        &format!("grade --rules nowhere {night}"),
        &["nowhere"],
    );
    refused(dir, 2, "rules check --rules nowhere", &["nowhere"]);
    let out = |path: &str| format!("run --inbox inbox --out {path} {night}");
    refused(
        dir,
        2,
        &out("afile"),
        &["afile", "it is a file", "name a new folder"],
    );
    refused(dir, 2, &out("mine"), &["mine", "what no run wrote"]);
    refused(dir, 2, &out(".."), &["no name of its own"]);
    assert_eq!(
        std::fs::read_to_string(dir.join("mine/letter.txt")).unwrap(),
        "keep"
    );
    assert_eq!(std::fs::read_to_string(dir.join("afile")).unwrap(), "x\n");
    refused(
        dir,
        2,
        "checklist --store store --format xlsx --out mine",
        &["mine", "it is a folder"],
    );
    refused(
        dir,
        2,
        "checklist --store store --format json --out nowhere/x.json",
        &["nowhere/x.json"],
    );
    refused(
        dir,
        2,
        "checklist --store store --format xlsx --out nowhere/x.xlsx",
        &["nowhere"],
    );
    assert_eq!(
        runs(dir),
        before,
        "a refused command left something in the store"
    );
}

#[test]
fn a_file_refused_whole_gives_3_and_its_reason_in_chinese() {
    let dir = place();
    let output = xinheng(
        dir.path(),
        &[
            "ingest",
            "afile",
            "--store",
            "store",
            "--as-of",
            "2026-11-22",
        ],
    );
    assert_eq!(output.status.code(), Some(3));
    let result = String::from_utf8_lossy(&output.stdout);
    assert!(
        result.contains("afile: refused whole: SGS-H01") && result.contains("没有找到表头"),
        "{result}"
    );
}

#[test]
fn another_key_than_the_stores_is_refused() {
    let dir = place();
    let other = dir.path().join("other-key");
    std::fs::write(&other, [9u8; 40]).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&other, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let command = "--key-file other-key grade --store store --as-of 2026-11-23";
    refused(
        dir.path(),
        4,
        command,
        &["does not belong to the store", "--key-file"],
    );
    std::fs::write(&other, "short").unwrap();
    refused(dir.path(), 2, command, &["other-key", "32"]);
}

#[test]
fn help_and_version_are_results() {
    let dir = tempfile::tempdir().unwrap();
    for command in ["--help", "--version", "run --help", "checklist --help"] {
        let output = xinheng(dir.path(), &command.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(0), "{command}");
        assert!(
            !output.stdout.is_empty() && output.stderr.is_empty(),
            "{command}"
        );
    }
}

#[test]
fn long_work_says_plain_lines_when_stderr_is_no_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let args = "synth --records 200 --subjects 30 --seed 5 --until 2026-11-20 --out inbox";
    assert!(
        xinheng(dir, &args.split(' ').collect::<Vec<_>>())
            .status
            .success()
    );
    let args = "run --inbox inbox --store store --out out --as-of 2026-11-21";
    let output = xinheng(dir, &args.split(' ').collect::<Vec<_>>());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.lines().any(|l| l.starts_with("reading ")), "{said}");
    assert!(
        !said.contains('\u{1b}') && !said.contains('\r'),
        "no escape codes: {said:?}"
    );
}

/// The references under `docs/` hold what the program prints today.
#[test]
fn the_generated_references_are_up_to_date() {
    for which in ["check-codes", "rule-checks", "rule-keys", "gates"] {
        let printed = Command::new(env!("CARGO_BIN_EXE_xinheng"))
            .args(["docs", which])
            .output()
            .unwrap();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{which}.md"));
        let printed = String::from_utf8(printed.stdout).unwrap();
        assert!(
            std::fs::read_to_string(&file).unwrap().contains(&printed),
            "docs/{which}.md differs from `xinheng docs {which}`: write it again"
        );
    }
}
