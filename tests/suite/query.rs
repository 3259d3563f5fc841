//! What a user sees of `query`: rows in force, one subject, forms of answers, refusals.

use std::path::Path;

use super::synth_store::done;

/// A store with a correction of most penalties on the second day, graded.
fn store(dir: &Path) {
    done(
        dir,
        "synth --records 300 --subjects 40 --seed 3 --until 2026-11-20 --out first",
    );
    done(
        dir,
        "ingest first --store store --received 2026-11-20 --as-of 2026-11-20",
    );
    let text = std::fs::read_to_string(dir.join("first/penalties-c.csv")).unwrap();
    std::fs::create_dir(dir.join("second")).unwrap();
    std::fs::write(dir.join("second/penalties-c.csv"), text.replace('，', "；")).unwrap();
    done(
        dir,
        "ingest second --store store --received 2026-11-21 --as-of 2026-11-21",
    );
    done(dir, "grade --store store --as-of 2026-11-22");
}

/// The answer as JSON.
fn ask(dir: &Path, sql: &str, more: &str) -> serde_json::Value {
    let output = query(dir, sql, &format!("--format json {more}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sql}: {errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn query(dir: &Path, sql: &str, more: &str) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_xinheng"))
        .args(["query", sql, "--store", "store"])
        .args(more.split_whitespace())
        .current_dir(dir)
        .output()
        .unwrap()
}

fn number(answer: &serde_json::Value) -> i64 {
    answer[0]["n"].as_i64().unwrap()
}

#[test]
fn plain_names_show_the_rows_in_force_and_logs_show_all() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    store(dir);
    let count = |sql: &str, more: &str| number(&ask(dir, sql, more));
    let decisions = count(
        "SELECT COUNT(DISTINCT decision_id) AS n FROM penalties_log",
        "",
    );
    let in_force = count("SELECT COUNT(*) AS n FROM penalties", "");
    let logged = count("SELECT COUNT(*) AS n FROM penalties_log", "");
    let old = count(
        "SELECT COUNT(*) AS n FROM penalties WHERE received_on = DATE '2026-11-20'",
        "",
    );
    assert!(logged > in_force && in_force >= decisions && decisions > 100);
    // Corrected rows are replaced, the few others stay.
    assert!(old < in_force / 2, "{old} of {in_force}");
    assert_eq!(
        count("SELECT COUNT(*) AS n FROM licenses", ""),
        count("SELECT COUNT(*) AS n FROM licenses_log", "")
    );
    let most = ask(
        dir,
        "SELECT subject_id, COUNT(*) AS n FROM penalties GROUP BY subject_id ORDER BY n DESC, subject_id LIMIT 1",
        "",
    );
    let id = most[0]["subject_id"].as_str().unwrap();
    let of_one = number(&most);
    let named = format!("SELECT COUNT(*) AS n FROM penalties WHERE subject_id = '{id}'");
    assert_eq!(count(&named, ""), of_one);
    assert_eq!(
        count(
            "SELECT COUNT(*) AS n FROM penalties",
            &format!("--subject {id}")
        ),
        of_one
    );
    let either = format!(
        "SELECT COUNT(*) AS n FROM penalties WHERE subject_id = '{id}' OR fine_fen IS NOT NULL"
    );
    assert!(count(&either, "") > of_one);
}

#[test]
fn decimals_are_exact_and_only_one_select_is_run() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    store(dir);
    let scores = ask(
        dir,
        "SELECT score FROM grades WHERE score IS NOT NULL ORDER BY score DESC",
        "",
    );
    let first = scores[0]["score"].as_str().unwrap();
    assert!(first.ends_with(".0000"), "{first}");
    let csv = query(
        dir,
        "SELECT score FROM grades WHERE score IS NOT NULL ORDER BY score DESC",
        "--format csv",
    );
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert_eq!(csv.lines().nth(1), Some(first));
    for (sql, why) in [
        ("DROP TABLE grades", "begins with \"drop\""),
        ("SELECT 1; SELECT 2", "several statements"),
        ("SELECT nothing FROM grades", "nothing"),
        ("SELECT 1 FROM nowhere", "nowhere"),
    ] {
        let output = query(dir, sql, "");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{sql}: {errors}");
        assert!(errors.contains(why), "{sql}: {errors}");
    }
}

/// Answers that are made of one file after the other say what an answer over all files says, in the same order.
#[test]
fn a_table_comes_file_by_file_as_it_comes_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    store(dir);
    let same = |table: &str, what: &str, more: &str| {
        let by_file = ask(dir, &format!("SELECT {what} FROM {table} {more}"), "");
        // What names the table by another name is answered at once.
        let at_once = ask(dir, &format!("SELECT {what} FROM {table} t {more}"), "");
        assert_eq!(by_file, at_once, "{table}");
        by_file.as_array().unwrap().len()
    };
    for table in ["penalties", "licenses", "events", "quarantine"] {
        let logged = same(&format!("{table}_log"), "*", "");
        let shown = same(table, "*", "");
        assert!(shown <= logged, "{table}: {shown} of {logged}");
        assert!(table != "penalties" || shown < logged);
    }
    for table in ["subjects", "grades", "evidence", "measures", "runs"] {
        assert!(same(table, "*", "") > 0, "{table}");
    }
    let files = |table: &str| {
        let entries = std::fs::read_dir(dir.join("store").join(table)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name());
        names
            .filter(|name| name.to_string_lossy().ends_with(".parquet"))
            .count()
    };
    assert!(files("penalties") > 1);
    let fined = "WHERE fine_fen > 1000000 AND NOT (region IS NULL)";
    let few = same("penalties", "subject_id, fine_fen / 100 AS yuan", fined);
    assert!(0 < few && few < same("penalties", "record_id", ""));
    let dated = "SELECT record_id FROM penalties WHERE decided_on > DATE '2025-01-01'";
    let quiet = query(dir, dated, "--format csv");
    assert_eq!(String::from_utf8_lossy(&quiet.stderr), "");
    // A header also where no file has a row.
    let none = query(
        dir,
        "SELECT record_id FROM penalties WHERE fine_fen < 0",
        "--format csv",
    );
    assert_eq!(String::from_utf8_lossy(&none.stdout), "record_id\n");
}

/// A purge may take the files away while an answer is written: then it is said that they are gone and what to do.
#[test]
fn files_that_go_while_they_are_read_are_named() {
    use std::io::Read as _;
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    store(dir);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_xinheng"))
        .args(["query", "SELECT * FROM penalties_log", "--format", "csv"])
        .args(["--store", "store"])
        .current_dir(dir)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    // The rest of the first file does not fit into the pipe.
    out.read_exact(&mut [0; 100]).unwrap();
    for entry in std::fs::read_dir(dir.join("store/penalties")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "parquet") {
            std::fs::remove_file(path).unwrap();
        }
    }
    out.read_to_end(&mut Vec::new()).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{errors}");
    assert!(errors.contains("if a purge has just ended"), "{errors}");
}
