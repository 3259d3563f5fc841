//! The folder `out/` of a run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::intake::findings_by_code;
use super::{House, RunError};
use crate::report::{OutSummary, ReportData, Rows, out_is_complete, write_out};
use crate::store::{Snapshot, Table};

/// The result tables of the newest run, for reports.
///
/// # Errors
/// When the store has no complete run or cannot be read.
pub fn read_report(
    snapshot: &Snapshot,
    house: &House,
    internal: bool,
) -> Result<ReportData, RunError> {
    let as_of = snapshot.last_run().map(|r| r.as_of);
    let titles = as_of.map(|day| house.titles(day)).unwrap_or_default();
    Ok(ReportData::read(
        snapshot,
        titles,
        house.catalogue.list_edition(),
        internal,
    )?)
}

/// Writes `out/` for the newest run; `None` when it stands there complete already.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn write_output(
    snapshot: &Snapshot,
    house: &House,
    out: &Path,
) -> Result<Option<OutSummary>, RunError> {
    let data = read_report(snapshot, house, false)?;
    if out_is_complete(out, &data.run.run_id) {
        return Ok(None);
    }
    let before = match data.run.seq {
        0 | 1 => BTreeMap::new(),
        seq => match snapshot.at_run(seq - 1) {
            Ok(past) => results(&past.read(Table::Grades)?, &past.read(Table::Measures)?),
            Err(_) => BTreeMap::new(), // vacuumed: everything counts as changed
        },
    };
    let after = results(&data.grades, &data.measures);
    let changed: BTreeSet<String> = before
        .keys()
        .chain(after.keys())
        .filter(|subject| before.get(*subject) != after.get(*subject))
        .cloned()
        .collect();
    let findings = findings_by_code(snapshot, &data.run.run_id)?;
    Ok(Some(write_out(&data, &changed, &findings, out)?))
}

/// What a reader sees of each subject: grades and measures, without run ids.
fn results(
    grades: &arrow::array::RecordBatch,
    measures: &arrow::array::RecordBatch,
) -> BTreeMap<String, Vec<String>> {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (g, m) = (Rows(grades), Rows(measures));
    for i in 0..g.len() {
        let line = ["scheme", "rated", "score", "grade"]
            .map(|c| g.text(i, c))
            .join("|");
        seen.entry(g.text(i, "subject_id")).or_default().push(line);
    }
    for i in 0..m.len() {
        let line = [
            "measure",
            "row_id",
            "trigger_record_id",
            "state",
            "starts_on",
            "ends_on",
            "publicity_until",
        ]
        .map(|c| m.text(i, c))
        .join("|");
        seen.entry(m.text(i, "subject_id")).or_default().push(line);
    }
    for lines in seen.values_mut() {
        lines.sort();
    }
    seen
}
