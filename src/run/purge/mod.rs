//! `purge`: what may no longer be kept goes, as one run.
//!
//! Owns: which rows go with a decision (all its versions, its findings, its results, its subject when nothing else
//! speaks of it) and the tombstones that keep it out. Does not own: how files are rewritten and removed (`store`), how
//! rows with a tombstone are refused (`ingest`). May never know: the command line.
//!
//! The unit is the decision. `--before` takes decisions whose version in force is older than the day, and older
//! versions of others that say an earlier day. What is left is graded again under the pack, as-of and known-at of the
//! newest graded run, so that `verify` holds afterwards. `quality` stays: its figures are counts per unit and month.

mod doomed;
mod people;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, BooleanArray, Int32Array, RecordBatch, StringArray};

use self::doomed::{Decision, Doomed, day_column};
use super::{Graded, House, RunError, grade_groups};
use crate::grading::scheme_name;
use crate::record::{Day, PseudonymKey, schema};
use crate::rules::model::Scheme;
use crate::store::{AccessEntry, RunDraft, RunRecord, Snapshot, Store, StoreError, Table, Writer};

/// What goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Decisions (and events) before this day, and findings received before it.
    Before(Day),
    /// The decision that this record belongs to.
    Record(String),
}

impl Rule {
    /// As it stands in `tombstones`.
    const fn name(&self) -> &'static str {
        match self {
            Rule::Before(_) => "before",
            Rule::Record(_) => "record",
        }
    }
}

/// What went.
#[derive(Debug)]
pub struct Purged {
    /// The run of the purge; the newest one before when nothing matched.
    pub run: RunRecord,
    /// Rows removed by table; empty when nothing matched, and then nothing was changed.
    pub rows: BTreeMap<&'static str, usize>,
    /// Decisions that got a tombstone.
    pub decisions: usize,
}

/// Removes what the rule names, grades what is left, and commits; then the old files go from the disk.
///
/// # Errors
/// Anything that a room reports; before the commit the store stays as it was, after it the next writer finishes.
pub fn purge(
    store: &Path,
    rule: &Rule,
    reason: &str,
    key: &PseudonymKey,
    say: &dyn Fn(&str),
) -> Result<Purged, RunError> {
    // Opened for reading first: a folder that is no store must not become one.
    Store::open(store)?;
    let mut writer = Store::begin(store, &key.fingerprint())?;
    let last = writer
        .snapshot()
        .last_run()
        .cloned()
        .ok_or_else(|| StoreError::NoRun {
            root: store.to_owned(),
        })?;
    let doomed = Doomed::find(writer.snapshot(), rule)?;
    let mut rows = BTreeMap::new();
    if !doomed.is_empty() {
        for table in Table::RECORDS {
            let goes = |batch: &RecordBatch| doomed.rows(table, batch);
            let columns = ["decision_id", day_column(table)];
            note(&mut rows, table, writer.erase(table, &columns, &goes)?);
        }
        let goes = |batch: &RecordBatch| doomed.findings(batch);
        let findings = writer.erase(Table::Quarantine, &["batch_id", "raw"], &goes)?;
        note(&mut rows, Table::Quarantine, findings);
    }
    if rows.is_empty() {
        return Ok(Purged {
            run: last,
            rows,
            decisions: 0,
        });
    }
    // What readers see while this run writes.
    let before = Store::open(store)?;
    let run_id = writer.run_id().to_owned();
    let mut decisions = 0;
    doomed.each_decision(&before, &mut |some| {
        decisions += some.len();
        let tombstones = tombstones(some, &run_id, reason, rule)?;
        Ok(writer.append(Table::Tombstones, tombstones)?)
    })?;
    say(&format!(
        "removing {decisions} decisions, then grading what is left"
    ));
    let view = writer.view()?;
    let gone = people::left(&before, &view, &doomed, &mut |table| {
        Ok(writer.replace(Table::Subjects, table)?)
    })?;
    note(&mut rows, Table::Subjects, gone.len());
    let goes = |batch: &RecordBatch| doomed.changes(batch, &gone);
    let changes = writer.erase(Table::GradeChanges, &["subject_id", "detail"], &goes)?;
    note(&mut rows, Table::GradeChanges, changes);
    let basis = grade_again(&mut writer, &last, &mut rows)?;
    // The account comes first: a purge that was begun must be found in the log even if it was killed.
    let entry = AccessEntry {
        command: "purge".to_owned(),
        subject_id: String::new(),
        view: "internal".to_owned(),
        detail: format!("{}: {reason}", rule.name()),
        run_id: run_id.clone(),
    };
    Store::log_access(store, &entry)?;
    let run = writer.commit(RunDraft {
        kind: RunRecord::PURGE.to_owned(),
        as_of: basis.as_of,
        received_on: None,
        known_at: basis.known_at,
        rules_digest: basis.rules_digest,
        inputs: Vec::new(),
    })?;
    Ok(Purged {
        run,
        rows,
        decisions,
    })
}

fn note(rows: &mut BTreeMap<&'static str, usize>, table: Table, count: usize) {
    if count > 0 {
        rows.insert(table.name(), count);
    }
}

/// Stages the results of what is left, as the newest graded run made them; gives that run.
fn grade_again(
    writer: &mut Writer,
    last: &RunRecord,
    rows: &mut BTreeMap<&'static str, usize>,
) -> Result<RunRecord, RunError> {
    let runs = writer.snapshot().runs()?;
    let maker = runs.into_iter().rev().find(RunRecord::grades);
    let basis = maker.unwrap_or_else(|| last.clone());
    let house = House::archived(writer.snapshot(), &basis.rules_digest)?;
    let house = house.ok_or_else(|| {
        RunError::Usage(format!(
            "grade what is left: the rule pack {} of run {} is not in the store; run `xinheng grade` first",
            basis.rules_digest, basis.run_id
        ))
    })?;
    let schemes = schemes(writer.snapshot(), &house, basis.as_of)?;
    let view = writer.view()?;
    let named = house.scheme_names(&schemes);
    let run_id = writer.run_id().to_owned();
    let mut left: BTreeMap<Table, usize> = BTreeMap::new();
    grade_groups(
        &view,
        &house,
        &schemes,
        basis.as_of,
        basis.known_at,
        &run_id,
        &mut |step| {
            let Graded::Tables(tables) = step else {
                return Ok(());
            };
            for rows in tables.all() {
                *left.entry(rows.table()).or_default() += rows.num_rows();
            }
            tables.write(writer, &named, false)
        },
    )?;
    for (table, left) in left {
        let before = writer.snapshot().count(table)?;
        note(rows, table, before.saturating_sub(left));
    }
    Ok(basis)
}

/// The active schemes, and those that `grade --scheme` added.
fn schemes<'h>(
    snapshot: &Snapshot,
    house: &'h House,
    as_of: Day,
) -> Result<Vec<&'h Scheme>, RunError> {
    let mut schemes = house.schemes(&[], as_of)?;
    let mut named: BTreeSet<String> = BTreeSet::new();
    snapshot.stream(Table::Grades, Some(&["scheme"]), &mut |batch| {
        let names = batch.column(0).as_string::<i32>();
        for name in names.iter().flatten() {
            if !named.contains(name) {
                named.insert(name.to_owned());
            }
        }
        Ok(())
    })?;
    let active: BTreeSet<String> = schemes.iter().map(|s| scheme_name(s)).collect();
    let more = named.iter().filter(|name| !active.contains(*name));
    schemes.extend(more.filter_map(|name| house.rules.scheme(name)));
    Ok(schemes)
}

fn tombstones(
    decisions: &[Decision],
    run_id: &str,
    reason: &str,
    rule: &Rule,
) -> Result<RecordBatch, RunError> {
    let same = |text: &str| -> ArrayRef {
        let texts = std::iter::repeat_n(text, decisions.len());
        Arc::new(StringArray::from_iter_values(texts))
    };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(
            decisions.iter().map(|decision| &decision.id),
        )),
        Arc::new(StringArray::from_iter_values(
            decisions.iter().map(|decision| decision.table.name()),
        )),
        same(run_id),
        same(reason),
        same(rule.name()),
        Arc::new(Int32Array::from_iter_values(
            decisions.iter().map(|decision| decision.bucket),
        )),
    ];
    Ok(RecordBatch::try_new(schema::tombstones(), columns)?)
}

/// A mask over the rows of a batch.
fn mask(rows: usize, goes: impl Fn(usize) -> bool) -> BooleanArray {
    (0..rows).map(|row| Some(goes(row))).collect()
}
