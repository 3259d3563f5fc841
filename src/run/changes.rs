//! What moved since the last night, and why.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;

use super::grade::Owned;
use super::{GradedTables, House, Job, RunError};
use crate::grading::Grading;
use crate::grading::changes::{Night, candidates, changes_batch, grade_changes};
use crate::rules::Pack;
use crate::rules::model::Scheme;
use crate::store::{Snapshot, StoreError, Table};

/// The rows of `grade_changes` of a run: the last night that graded against tonight.
pub(super) fn since_last_night(
    before: &Snapshot,
    view: &Snapshot,
    tables: &GradedTables,
    house: &House,
    schemes: &[&Scheme],
    job: &Job<'_>,
    run_id: &str,
) -> Result<RecordBatch, RunError> {
    let none = || Ok(RecordBatch::new_empty(Table::GradeChanges.schema()));
    if before.last_run().is_none() || before.count(Table::Grades)? == 0 {
        return none();
    }
    let runs = before.runs()?;
    let Some(last) = runs.iter().filter(|r| r.grades()).max_by_key(|r| r.seq) else {
        return none();
    };
    let graded = before.read(Table::Grades)?;
    let subjects = candidates(&graded, &tables.grades, &BTreeSet::new())?;
    // Subjects that were not graded last night have no change to explain.
    let rows = crate::report::Rows(&graded);
    let known: BTreeSet<String> = (0..rows.len())
        .map(|i| rows.text(i, "subject_id"))
        .collect();
    let subjects: BTreeSet<String> = subjects.intersection(&known).cloned().collect();
    if subjects.is_empty() {
        return none();
    }
    let old_house = if last.rules_digest == house.rules.digest {
        None
    } else {
        before
            .rule_pack(&last.rules_digest)?
            .map(|files| House::of(&Pack::from_files(files)))
            .transpose()?
    };
    let old_rules = old_house.as_ref().map_or(&house.rules, |h| &h.rules);
    let old_schemes: Vec<&Scheme> = if old_house.is_some() {
        old_rules.active_schemes(last.as_of)
    } else {
        schemes.to_vec()
    };
    let past = match before.at_run(last.seq) {
        // The night before is no longer readable, so that nothing can be said of its causes.
        Err(StoreError::Vacuumed { .. }) => return none(),
        past => past?,
    };
    let then = Owned::of_subjects(&past, &subjects, last.known_at)?;
    let now = Owned::of_subjects(view, &subjects, job.known_at)?;
    let old_grading = Grading::new(
        &old_schemes,
        &old_rules.publicity,
        &last.rules_digest,
        last.as_of,
    )?;
    let new_grading = Grading::new(
        schemes,
        &house.rules.publicity,
        &house.rules.digest,
        job.as_of,
    )?;
    let moved = grade_changes(
        &Night {
            input: then.input(),
            grading: &old_grading,
        },
        &Night {
            input: now.input(),
            grading: &new_grading,
        },
    )?;
    Ok(changes_batch(&moved, run_id)?)
}
