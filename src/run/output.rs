//! The folder `out/` of a run.

use std::path::Path;

use super::intake::findings_by_code;
use super::{House, RunError};
use crate::record::Day;
use crate::report::{
    Limits, Listed, Night, OutSummary, RuleWords, Sources, labels, out_is_complete, write_out,
};
use crate::store::{Snapshot, StoreError, Table};

/// The newest night, for reports. `internal` keeps rows about minors.
///
/// # Errors
/// When the store has no complete run or cannot be read.
pub fn read_night(snapshot: &Snapshot, house: &House, internal: bool) -> Result<Night, RunError> {
    let words = snapshot
        .last_run()
        .map(|run| rule_words(house, run.as_of))
        .unwrap_or_default();
    Ok(Night::open(snapshot, words, internal)?)
}

fn rule_words(house: &House, as_of: Day) -> RuleWords {
    let active = house.rules.active_schemes(as_of);
    RuleWords {
        labels: labels(&house.rules, as_of),
        active: active
            .iter()
            .map(|s| crate::grading::scheme_name(s))
            .collect(),
        list_edition: house.catalogue.list_edition().to_owned(),
    }
}

/// Writes `out/` for the newest run; `None` when it stands there complete already. `step` hears how much is done.
///
/// # Errors
/// When a table cannot be read or a file cannot be written.
pub fn write_output(
    snapshot: &Snapshot,
    house: &House,
    limits: Limits,
    out: &Path,
    step: &dyn Fn(usize, usize),
) -> Result<Option<OutSummary>, RunError> {
    let night = read_night(snapshot, house, false)?;
    let before = match night.run.seq {
        0 | 1 => None,
        // A night whose tables are gone cannot be compared with: everything counts as changed, and the report says so.
        seq => match snapshot.at_run(seq - 1) {
            Ok(before) => Some(before),
            Err(StoreError::Vacuumed { .. }) => None,
            Err(error) => return Err(error.into()),
        },
    };
    let mut limits = limits;
    if let Some(before) = &before
        && before.count(Table::Grades)? > 0
        && snapshot.count(Table::Measures)? >= limits.changed_from
    {
        limits.listed = Listed::Changed;
    }
    if out_is_complete(out, &night.run.run_id, limits.listed) {
        return Ok(None);
    }
    let findings = findings_by_code(snapshot, &night.run.run_id)?;
    let sources = Sources {
        snapshot,
        before: before.as_ref(),
        night: &night,
        findings: &findings,
    };
    Ok(Some(write_out(&sources, limits, out, step)?))
}
