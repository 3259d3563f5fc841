//! A file that is read again under other standards: its findings and figures are replaced, not doubled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;
use xinheng::quality::{Metric, aggregate, return_files};
use xinheng::query::{Format, run as query};
use xinheng::record::{Day, PseudonymKey};
use xinheng::rules::Pack;
use xinheng::run::verify::verify;
use xinheng::run::{Done, House, Job, input_files, perform};
use xinheng::store::{Snapshot, Store, Table};

use crate::made::{self, World};

fn night(store: &Path, house: &House, day: &str) -> Done {
    let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
    let day = Day::parse_iso(day).unwrap();
    let job = Job {
        kind: "ingest",
        store,
        files: input_files(&[inbox]).unwrap(),
        as_of: day,
        received: day,
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: false,
        no_compaction: false,
    };
    let key = PseudonymKey::new(&[7; 32]).unwrap();
    perform(&job, house, &key, &|_| {}).unwrap()
}

/// The built-in pack, but names of subjects may have 8 characters only.
fn strict() -> House {
    let mut files = Pack::builtin().files().clone();
    let mut changed = 0;
    for (name, text) in &mut files {
        if !name.starts_with("standards/") {
            continue;
        }
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                if line.contains("field = \"subject_name\"") && line.contains("max = 200") {
                    changed += 1;
                    line.replace("max = 200", "max = 8")
                } else {
                    line.to_owned()
                }
            })
            .collect();
        *text = lines.join("\n") + "\n";
    }
    assert!(changed > 0);
    House::of(&Pack::from_files(files)).unwrap()
}

/// Errors and warnings: file, row, code.
fn findings(batch: &RecordBatch) -> BTreeSet<(String, i64, String)> {
    let text = |name: &str| batch.column_by_name(name).unwrap().as_string::<i32>();
    let rows = batch.column_by_name("row_no").unwrap();
    let rows = rows.as_primitive::<Int64Type>();
    (0..batch.num_rows())
        .filter(|row| text("severity").value(*row) != "I")
        .map(|row| {
            (
                text("file").value(row).to_owned(),
                rows.value(row),
                text("code").value(row).to_owned(),
            )
        })
        .collect()
}

type Figures = BTreeMap<(String, String, Metric), (i64, i64)>;

/// The figures that another reading replaces.
fn figures(snapshot: &Snapshot) -> Figures {
    aggregate(&snapshot.read(Table::Quality).unwrap(), None)
        .unwrap()
        .into_iter()
        .filter(|line| !matches!(line.metric, Metric::Duplicate | Metric::Corrected))
        .map(|l| {
            (
                (l.source_unit, l.month, l.metric),
                (l.numerator, l.denominator),
            )
        })
        .collect()
}

fn received(snapshot: &Snapshot) -> i64 {
    aggregate(&snapshot.read(Table::Quality).unwrap(), None)
        .unwrap()
        .into_iter()
        .filter(|line| line.metric == Metric::Duplicate)
        .map(|line| line.denominator)
        .sum()
}

fn count(snapshot: &Snapshot, table: &str) -> String {
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let mut answer = Vec::new();
    query(&sql, snapshot, None, false, Format::Csv, &mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

#[test]
fn open_findings_and_figures_are_those_of_the_newest_reading() {
    let dir = tempfile::tempdir().unwrap();
    let (twice, once) = (dir.path().join("twice"), dir.path().join("once"));
    let house = House::open(None).unwrap();
    night(&once, &house, "2026-11-22");
    let once = Store::open(&once).unwrap();
    let want = findings(&once.open_findings().unwrap());

    night(&twice, &strict(), "2026-11-22");
    let first = Store::open(&twice).unwrap();
    let old = findings(&first.open_findings().unwrap());
    let too_long = |f: &&(String, i64, String)| f.2 == "SGS-L01";
    assert!(old.iter().filter(too_long).count() > want.iter().filter(too_long).count());
    assert_ne!(figures(&first), figures(&once));

    // Read again in another month: the figures stay in the month in which the files came.
    let again = night(&twice, &house, "2026-12-05");
    assert!(again.seen.is_empty() && !again.unchanged);
    let second = Store::open(&twice).unwrap();
    let open = second.open_findings().unwrap();
    assert_eq!(findings(&open), want);
    assert_eq!(figures(&second), figures(&once));
    assert_eq!(received(&second), received(&once));

    // Nothing is lost: the log keeps what the first reading found.
    let log = second.read(Table::Quarantine).unwrap();
    assert!(findings(&log).is_superset(&old));
    assert_eq!(
        count(&second, "quarantine"),
        format!("n\n{}\n", open.num_rows())
    );
    assert_eq!(
        count(&second, "quarantine_log"),
        format!("n\n{}\n", log.num_rows())
    );
    assert!(open.num_rows() < log.num_rows());
    let files = |snapshot: &Snapshot, name: &str| {
        let findings = snapshot.open_findings().unwrap();
        return_files(&findings, &dir.path().join(name))
            .unwrap()
            .len()
    };
    assert_eq!(files(&second, "a"), files(&once, "b"));
    assert_eq!(verify(&second, None).unwrap().exit_code(), 0);
    assert!(night(&twice, &house, "2026-12-06").unchanged);
}

/// A night whose archived rules this program cannot read: the next night still names what moved, under one cause.
#[test]
fn rules_of_an_earlier_program_do_not_stop_the_night() {
    let world = World::new();
    let mut house = House::open(None).unwrap();
    house.rules.files.insert(
        "environment/earlier.toml".to_owned(),
        "[scheme]\nof = \"an earlier program\"\n".to_owned(),
    );
    house.rules.digest = Pack::from_files(house.rules.files.clone())
        .digest()
        .to_owned();
    let day = Day::parse_iso(made::AS_OF).unwrap();
    let job = Job {
        kind: "grade",
        store: &world.path("store"),
        files: Vec::new(),
        as_of: day,
        received: day,
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: true,
        no_compaction: false,
    };
    let key = PseudonymKey::new(&std::fs::read(world.path("key")).unwrap()).unwrap();
    let done = perform(&job, &house, &key, &|_| {}).unwrap();
    assert_eq!(done.run.rules_digest, house.rules.digest);

    // In 2027 the fines of 2025 stand outside the window.
    let said = world.call(&["grade", "--store", "store", "--as-of", "2027-01-05"]);
    assert_eq!(said.code, 0, "{said:?}");
    let said = world.call(&[
        "query",
        "SELECT subject_id, from_grade, to_grade, cause FROM grade_changes WHERE scheme LIKE 'environment%' ORDER BY subject_id",
        "--store",
        "store",
        "--format",
        "csv",
    ]);
    let rows: Vec<&str> = said.out.lines().skip(1).collect();
    let moved = |id: &str| format!("{id},B,A,rule_change");
    assert_eq!(
        rows,
        [moved(made::FINED_MORE), moved(made::FINED_LITTLE)],
        "{said:?}"
    );
    // What the unreadable rules gave is still there to be told apart from what is in force.
    let said = world.call(&["explain", made::FINED_MORE, "--store", "store"]);
    assert_eq!(said.code, 0, "{said:?}");
}
