//! Each check fails on what it is for, and names it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, AsArray as _, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::Decimal128Type;

use super::{CHECKS, Case, Check, Verdict, verify};
use crate::record::{Day, PseudonymKey, schema};
use crate::run::{House, Job, input_files, perform};
use crate::store::{RunDraft, RunRecord, Snapshot, Store, Table};

fn key() -> PseudonymKey {
    PseudonymKey::new(&[7; 32]).unwrap()
}

fn job<'a>(store: &'a Path, kind: &'a str) -> Job<'a> {
    let day = Day::parse_iso("2026-11-22").unwrap();
    let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
    Job {
        kind,
        store,
        files: input_files(&[inbox]).unwrap(),
        as_of: day,
        received: day,
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: kind == "run",
        no_compaction: false,
    }
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| House::open(None).unwrap())
}

/// A store with the sample inbox, graded.
fn sample() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    perform(&job(&root, "run"), house(), &key(), &|_| {}).unwrap();
    dir
}

/// A further run that says it is like the last one, with one table replaced.
fn rewritten(root: &Path, table: Table, change: &dyn Fn(RecordBatch) -> RecordBatch) -> Snapshot {
    let mut writer = Store::begin(root, &key().fingerprint()).unwrap();
    let last = writer.snapshot().last_run().unwrap().clone();
    let rows = change(writer.snapshot().read(table).unwrap());
    writer.replace(table, rows).unwrap();
    writer
        .commit(RunDraft {
            kind: last.kind,
            as_of: last.as_of,
            received_on: last.received_on,
            known_at: last.known_at,
            rules_digest: last.rules_digest,
            inputs: Vec::new(),
        })
        .unwrap();
    Store::open(root).unwrap()
}

fn with_column(batch: &RecordBatch, name: &str, column: ArrayRef) -> RecordBatch {
    let at = batch.schema().index_of(name).unwrap();
    let (schema, mut columns, _) = batch.clone().into_parts();
    columns[at] = column;
    RecordBatch::try_new(schema, columns).unwrap()
}

/// The column of texts with the first row that fits changed.
fn first_text(
    batch: &RecordBatch,
    name: &str,
    fits: &dyn Fn(usize) -> bool,
    to: &str,
) -> RecordBatch {
    let old = batch.column_by_name(name).unwrap().as_string::<i32>();
    let row = (0..batch.num_rows()).find(|row| fits(*row)).unwrap();
    let new: StringArray = old
        .iter()
        .enumerate()
        .map(|(at, text)| if at == row { Some(to) } else { text })
        .collect();
    with_column(batch, name, Arc::new(new))
}

fn exits(snapshot: &Snapshot) -> Vec<(&'static str, u8)> {
    let report = verify(snapshot, None).unwrap();
    report
        .verdicts
        .iter()
        .map(|(check, verdict)| (check.name, verdict.exit_code()))
        .filter(|(_, code)| *code != 0)
        .collect()
}

fn said(snapshot: &Snapshot, name: &str) -> String {
    let report = verify(snapshot, None).unwrap();
    let (_, verdict) = report
        .verdicts
        .iter()
        .find(|(c, _)| c.name == name)
        .unwrap();
    words(verdict)
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Agrees(text) | Verdict::NotAsked(text) => format!("ok: {text}"),
        Verdict::CouldNotRun(error) => format!("could not run: {error}"),
        Verdict::Differs(found) | Verdict::Damaged(found) => {
            assert_eq!(found.count, found.named.len());
            found.named.iter().map(|d| format!("{d}\n")).collect()
        }
    }
}

/// One check over a run whose record was changed.
fn of_run(snapshot: &Snapshot, check: &Check, change: &dyn Fn(&mut RunRecord)) -> String {
    let mut run = snapshot.last_run().unwrap().clone();
    change(&mut run);
    let graded = Some((snapshot.at_run(run.seq).unwrap(), run.clone()));
    let case = Case {
        snapshot,
        run: &run,
        is_newest: true,
        graded,
    };
    words(&(check.run)(&case).unwrap())
}

fn check(name: &str) -> &'static Check {
    static ALL: [Check; CHECKS.len()] = CHECKS;
    ALL.iter().find(|c| c.name == name).unwrap()
}

#[test]
fn a_sound_store_agrees_and_each_damage_is_named() {
    let dir = sample();
    let root = dir.path().join("store");
    let snapshot = Store::open(&root).unwrap();
    let report = verify(&snapshot, None).unwrap();
    for (check, verdict) in &report.verdicts {
        assert!(
            matches!(verdict, Verdict::Agrees(_)),
            "{}: {}",
            check.name,
            words(verdict)
        );
    }
    assert_eq!(report.verdicts.len(), CHECKS.len());
    assert_eq!(report.exit_code(), 0);

    // What the run recorded, changed.
    let found = of_run(&snapshot, check("digests"), &|run| {
        run.digests.insert("penalties".to_owned(), "00".to_owned());
        run.digests.remove("quality");
    });
    assert!(found.contains("penalties: expected 00"), "{found}");
    assert!(found.contains("quality: expected no rows"), "{found}");
    assert_eq!(found.lines().count(), 2);
    let found = of_run(&snapshot, check("rules"), &|run| {
        run.rules_digest = "ab".to_owned();
    });
    assert!(
        found.contains("expected ab, found no archived pack"),
        "{found}"
    );
    let found = of_run(&snapshot, check("rows"), &|run| {
        run.inputs[0].rows_read += 1;
        run.inputs.last_mut().unwrap().quarantined += 1;
        run.inputs.last_mut().unwrap().rows_read += 1;
    });
    assert!(found.contains("rows read") && found.contains("rows quarantined"));
    assert_eq!(found.lines().count(), 2, "{found}");
    let found = of_run(&snapshot, check("rows"), &|run| {
        let gone = run.inputs.iter().position(|f| f.quarantined > 0).unwrap();
        run.inputs.remove(gone);
    });
    assert!(found.contains("a file among the inputs"), "{found}");
    let found = of_run(&snapshot, check("records"), &|run| {
        run.inputs[0].accepted += 1;
    });
    assert!(found.contains("rows accepted, found"), "{found}");
    let found = of_run(&snapshot, check("replay"), &|run| {
        run.as_of = run.as_of.plus_days(-400);
    });
    assert!(found.contains("grades: expected"), "{found}");

    // Result rows that nothing supports.
    let bent = rewritten(&root, Table::Evidence, &|rows| {
        let old = rows
            .column_by_name("counted_points")
            .unwrap()
            .as_primitive::<Decimal128Type>();
        let hit = old.iter().position(|p| p.is_some_and(|p| p > 0)).unwrap();
        let new: Decimal128Array = old
            .iter()
            .enumerate()
            .map(|(at, p)| if at == hit { p.map(|p| p - 1) } else { p })
            .collect();
        let new = new.with_data_type(schema::POINTS_TYPE);
        with_column(&rows, "counted_points", Arc::new(new))
    });
    assert_eq!(exits(&bent), [("scores", 5), ("replay", 5)]);
    let found = said(&bent, "scores");
    assert!(found.starts_with("grades ") && found.contains("counted in evidence"));
    assert_eq!(found.lines().count(), 1, "{found}");
    assert!(said(&bent, "replay").contains("evidence row"));
    // The run before it is still sound, by its identifier; a run that never was is refused.
    let older = verify(&bent, Some(&report.run.run_id)).unwrap();
    assert_eq!((older.exit_code(), older.run.seq), (0, 1));
    assert!(verify(&bent, Some("r000009-00000000")).is_err());
    let any = |_: usize| true;

    let bent = rewritten(&root, Table::Grades, &|rows| {
        first_text(&rows, "subject_id", &any, "91500000NOBODY0000")
    });
    assert!(said(&bent, "subjects").contains("91500000NOBODY0000: expected a row of `subjects`"));
    let bent = rewritten(&root, Table::Measures, &|rows| {
        first_text(&rows, "trigger_record_id", &any, "nothing")
    });
    assert!(said(&bent, "triggers").contains("record nothing in force"));
    let bent = rewritten(&root, Table::Measures, &|rows| {
        let states = rows.column_by_name("state").unwrap().as_string::<i32>();
        first_text(&rows, "basis", &|row| states.value(row) == "proposed", " ")
    });
    assert!(said(&bent, "law").contains("expected a basis, found none"));
}

/// Flips a bit in the middle of a file.
fn flip(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

/// Results of earlier nights are kept; a flipped byte in them is named by `verify` of the newest, which does not read them.
#[test]
fn a_flipped_byte_in_a_file_that_only_earlier_runs_use_is_named() {
    let dir = sample();
    let root = dir.path().join("store");
    let file = Store::open(&root).unwrap().files(Table::Grades).unwrap()[0].clone();
    let later = rewritten(&root, Table::Grades, &|rows| rows);
    assert_eq!(said(&later, "earlier"), "ok: 1 files");
    flip(&file);
    assert!(exits(&later).contains(&("earlier", 4)));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let found = said(&later, "earlier");
    assert!(
        found.contains(&name) && found.contains("only earlier runs"),
        "{found}"
    );
}

#[test]
fn a_flipped_byte_is_a_damaged_store() {
    let dir = sample();
    let root = dir.path().join("store");
    let file = Store::open(&root).unwrap().files(Table::Penalties).unwrap()[0].clone();
    flip(&file);
    let snapshot = Store::open(&root).unwrap();
    let report = verify(&snapshot, None).unwrap();
    assert_eq!(report.exit_code(), 4);
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    assert!(said(&snapshot, "files").contains(&name));
}

#[test]
fn a_store_that_was_never_graded_has_nothing_to_replay() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("store");
    perform(&job(&root, "ingest"), house(), &key(), &|_| {}).unwrap();
    let report = verify(&Store::open(&root).unwrap(), None).unwrap();
    assert_eq!(report.exit_code(), 0);
    let silent = report
        .verdicts
        .iter()
        .filter(|(_, verdict)| matches!(verdict, Verdict::NotAsked(_)))
        .map(|(check, _)| check.name);
    assert_eq!(silent.collect::<Vec<_>>(), ["scores", "triggers", "replay"]);
}
