//! What moved since the last night, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};

use super::house::archived_pack;
use super::walk::Owned;
use super::{House, Job, RunError};
use crate::grading::changes::{
    Cause, GradeChange, Night, candidates, changes_batch, grade_changes,
};
use crate::grading::{Grading, grade};
use crate::record::Day;
use crate::rules::RuleSet;
use crate::rules::model::Scheme;
use crate::store::{RunRecord, Snapshot, StoreError, Table};

/// Subjects whose changes are explained at a time; bounds memory.
const SUBJECTS_AT_A_TIME: usize = 20_000;

/// The subjects whose grades moved since the last night that graded, found group by group.
pub(super) struct Moves {
    last: Option<RunRecord>,
    subjects: BTreeSet<String>,
    /// Tonight's grades of the buckets in hand: scheme, subject, grade.
    tonight: Vec<RecordBatch>,
}

/// Columns of `grades` that are compared.
const COMPARED: [&str; 3] = ["scheme", "subject_id", "grade"];

impl Moves {
    /// Finds the last night that graded; without one nothing moved.
    pub(super) fn since_last_night(before: &Snapshot) -> Result<Moves, RunError> {
        let graded = before.last_run().is_some() && before.count(Table::Grades)? > 0;
        let runs = if graded { before.runs()? } else { Vec::new() };
        let last = runs
            .into_iter()
            .filter(RunRecord::grades)
            .max_by_key(|r| r.seq);
        Ok(Moves {
            last,
            subjects: BTreeSet::new(),
            tonight: Vec::new(),
        })
    }

    /// Remembers grades of tonight until their buckets are compared.
    pub(super) fn keep(&mut self, grades: &RecordBatch) -> Result<(), RunError> {
        if self.last.is_some() {
            let at = COMPARED.map(|name| grades.schema_ref().index_of(name));
            let at = at.into_iter().collect::<Result<Vec<_>, _>>()?;
            self.tonight.push(grades.project(&at)?);
        }
        Ok(())
    }

    /// Compares the grades of some buckets, all of which were kept; with `only`, those of these schemes.
    pub(super) fn compare(
        &mut self,
        before: &Snapshot,
        buckets: Range<u32>,
        only: Option<&BTreeSet<String>>,
    ) -> Result<(), RunError> {
        if self.last.is_none() {
            return Ok(());
        }
        let mut graded = before.read_buckets_columns(Table::Grades, buckets, None, &COMPARED)?;
        let tonight = concat_batches(graded.schema_ref(), &std::mem::take(&mut self.tonight))?;
        if let Some(only) = only {
            let schemes = graded.column(0).as_string::<i32>();
            let keep: BooleanArray = (0..schemes.len())
                .map(|row| Some(only.contains(schemes.value(row))))
                .collect();
            graded = filter_record_batch(&graded, &keep)?;
        }
        // Subjects that were not graded last night have no change to explain.
        let moved = candidates(&graded, &tonight, &BTreeSet::new())?;
        self.subjects.extend(moved);
        Ok(())
    }

    /// The rows of `grade_changes`: the last night against tonight, for the subjects that moved.
    pub(super) fn explained(
        &self,
        before: &Snapshot,
        view: &Snapshot,
        house: &House,
        schemes: &[&Scheme],
        job: &Job<'_>,
        run_id: &str,
    ) -> Result<RecordBatch, RunError> {
        let Some(last) = self.last.as_ref().filter(|_| !self.subjects.is_empty()) else {
            return Ok(RecordBatch::new_empty(Table::GradeChanges.schema()));
        };
        let new_grading = Grading::new(
            schemes,
            &house.rules.publicity,
            &house.rules.digest,
            job.as_of,
        )?;
        let archived = if last.rules_digest == house.rules.digest {
            None
        } else {
            archived_pack(before, &last.rules_digest)?
        };
        let old = archived.map(|pack| RuleSet::load(&pack));
        if let Some(Err(_)) = old {
            // A pack of an earlier program that this one cannot read must not stop the night.
            let moved = self.unread(before, view, &new_grading, job.known_at)?;
            return Ok(changes_batch(&moved, run_id)?);
        }
        let old = old.and_then(Result::ok);
        let old_rules = old.as_ref().unwrap_or(&house.rules);
        let old_schemes: Vec<&Scheme> = if old.is_some() {
            old_rules.active_schemes(last.as_of)
        } else {
            schemes.to_vec()
        };
        let past = match before.at_run(last.seq) {
            // The night before is no longer readable, so that nothing can be said of its causes.
            Err(StoreError::Vacuumed { .. }) => {
                return Ok(RecordBatch::new_empty(Table::GradeChanges.schema()));
            }
            past => past?,
        };
        let old_grading = Grading::new(
            &old_schemes,
            &old_rules.publicity,
            &last.rules_digest,
            last.as_of,
        )?;
        let mut moved = Vec::new();
        for some in self.some_at_a_time() {
            let then = Owned::of_subjects(&past, &some, last.known_at)?;
            let now = Owned::of_subjects(view, &some, job.known_at)?;
            moved.extend(grade_changes(
                &Night {
                    input: then.input(),
                    grading: &old_grading,
                },
                &Night {
                    input: now.input(),
                    grading: &new_grading,
                },
            )?);
        }
        Ok(changes_batch(&moved, run_id)?)
    }

    /// The subjects that moved, in sets that fit in memory with their records.
    fn some_at_a_time(&self) -> Vec<BTreeSet<String>> {
        let all: Vec<&String> = self.subjects.iter().collect();
        let sets = all.chunks(SUBJECTS_AT_A_TIME);
        sets.map(|some| some.iter().map(|id| (*id).clone()).collect())
            .collect()
    }

    /// The changes against the grades as the last night stored them, all under one cause: its rules cannot be read any
    /// more, so that what new records, time and rules did cannot be told apart.
    fn unread(
        &self,
        before: &Snapshot,
        view: &Snapshot,
        grading: &Grading<'_>,
        known_at: Option<Day>,
    ) -> Result<Vec<GradeChange>, RunError> {
        let ids: Vec<&str> = self.subjects.iter().map(String::as_str).collect();
        let old = before.read_subjects_columns(Table::Grades, &ids, None, &COMPARED)?;
        let rows = crate::report::Rows(&old);
        let mut grades: BTreeMap<(String, String), [Option<String>; 2]> = BTreeMap::new();
        for row in 0..rows.len() {
            let key = (rows.text(row, "scheme"), rows.text(row, "subject_id"));
            grades.entry(key).or_default()[0] =
                Some(rows.text(row, "grade")).filter(|grade| !grade.is_empty());
        }
        for some in self.some_at_a_time() {
            let now = Owned::of_subjects(view, &some, known_at)?;
            for outcome in grade(&now.input(), grading)?.outcomes {
                let found = outcome.grade().map(str::to_owned);
                let key = (outcome.scheme.to_string(), outcome.subject_id);
                grades.entry(key).or_default()[1] = found;
            }
        }
        let moved = grades.into_iter().filter(|(_, [from, to])| from != to);
        Ok(moved
            .map(|((scheme, subject_id), [from_grade, to_grade])| GradeChange {
                scheme,
                subject_id,
                from_grade,
                to_grade,
                cause: Cause::RuleChange,
                detail: "规则调整（上一次所用规则包由较早版本的程序归档，现已无法读取，其他原因未能分开）".to_owned(),
            })
            .collect())
    }
}
