//! What moved since the last night, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use rayon::prelude::*;

use super::house::archived_pack;
use super::walk::{Ties, of_a_night};
use super::{House, Job, RunError};
use crate::grading::changes::{
    Cause, GradeChange, Night, candidates, changes_batch, grade_changes,
};
use crate::grading::{Grading, grade};
use crate::record::{DEFAULT_BUCKETS, bucket_of};
use crate::rules::RuleSet;
use crate::rules::model::Scheme;
use crate::store::{RunRecord, Snapshot, StoreError, Table};

/// Bounds memory.
const SUBJECTS_AT_A_TIME: usize = 4_000;

/// Columns of a table that tell what a grade rests on and which version of a decision a row is.
fn of_a_change(table: Table) -> Vec<String> {
    let mut columns = of_a_night(table);
    if table.is_record_log() {
        columns.extend(["decision_id", "version_key"].map(str::to_owned));
    }
    columns
}

/// The subjects whose grades moved since the last night that graded, found group by group.
pub(super) struct Moves {
    last: Option<RunRecord>,
    subjects: BTreeSet<String>,
    /// Tonight's grades of the buckets in hand: scheme, subject, grade.
    tonight: Vec<RecordBatch>,
    /// Subjects whose changes one thread explains at a time.
    at_a_time: usize,
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
            at_a_time: SUBJECTS_AT_A_TIME,
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

    /// Whether any subject moved.
    pub(super) fn any(&self) -> bool {
        !self.subjects.is_empty()
    }

    /// Hands over the rows of `grade_changes`: the last night against tonight, for the subjects that moved, in the order of
    /// their buckets.
    pub(super) fn explained(
        &self,
        (before, view): (&Snapshot, &Snapshot),
        house: &House,
        schemes: &[&Scheme],
        job: &Job<'_>,
        run_id: &str,
        take: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let Some(last) = self.last.as_ref().filter(|_| self.any()) else {
            return Ok(());
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
            let now = Ties::of(view, job.known_at)?;
            let unread = |some: &BTreeSet<String>| unread(before, &now, some, &new_grading);
            return self.some_at_a_time(unread, run_id, take);
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
            Err(StoreError::Vacuumed { .. }) => return Ok(()),
            past => past?,
        };
        let old_grading = Grading::new(
            &old_schemes,
            &old_rules.publicity,
            &last.rules_digest,
            last.as_of,
        )?;
        let then = Ties::of(&past, last.known_at)?;
        let now = Ties::of(view, job.known_at)?;
        let explain = |some: &BTreeSet<String>| {
            let then = then.rows_of(some, Some(&of_a_change))?;
            let now = now.rows_of(some, Some(&of_a_change))?;
            Ok(grade_changes(
                &Night {
                    input: then.input(),
                    grading: &old_grading,
                },
                &Night {
                    input: now.input(),
                    grading: &new_grading,
                },
            )?)
        };
        self.some_at_a_time(explain, run_id, take)
    }

    /// Explains the subjects that moved, in sets that fit in memory with their records. What stands together in the store is
    /// read together: on a day on which a calendar year ends, most subjects of a scheme may move.
    fn some_at_a_time(
        &self,
        explain: impl Fn(&BTreeSet<String>) -> Result<Vec<GradeChange>, RunError> + Sync,
        run_id: &str,
        take: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        let mut all: Vec<&String> = self.subjects.iter().collect();
        all.sort_by_cached_key(|id| (bucket_of(id, DEFAULT_BUCKETS), *id));
        let sets: Vec<BTreeSet<String>> = all
            .chunks(self.at_a_time)
            .map(|some| some.iter().map(|id| (*id).clone()).collect())
            .collect();
        for some in sets.chunks(rayon::current_num_threads()) {
            let moved: Vec<_> = some.par_iter().map(&explain).collect();
            for moved in moved {
                take(changes_batch(&moved?, run_id)?)?;
            }
        }
        Ok(())
    }
}

/// The changes against the grades as the last night stored them, all under one cause: its rules cannot be read any
/// more, so that what new records, time and rules did cannot be told apart.
fn unread(
    before: &Snapshot,
    now: &Ties<'_>,
    some: &BTreeSet<String>,
    grading: &Grading<'_>,
) -> Result<Vec<GradeChange>, RunError> {
    let ids: Vec<&str> = some.iter().map(String::as_str).collect();
    let old = before.read_subjects_columns(Table::Grades, &ids, None, &COMPARED)?;
    let rows = crate::report::Rows(&old);
    let mut grades: BTreeMap<(String, String), [Option<String>; 2]> = BTreeMap::new();
    for row in 0..rows.len() {
        let key = (rows.text(row, "subject_id"), rows.text(row, "scheme"));
        grades.entry(key).or_default()[0] =
            Some(rows.text(row, "grade")).filter(|grade| !grade.is_empty());
    }
    let now = now.rows_of(some, Some(&of_a_change))?;
    for outcome in grade(&now.input(), grading)?.outcomes {
        let found = outcome.grade().map(str::to_owned);
        let key = (outcome.subject_id, outcome.scheme.to_string());
        grades.entry(key).or_default()[1] = found;
    }
    let moved = grades.into_iter().filter(|(_, [from, to])| from != to);
    Ok(moved
        .map(|((subject_id, scheme), [from_grade, to_grade])| GradeChange {
            scheme,
            subject_id,
            from_grade,
            to_grade,
            cause: Cause::RuleChange,
            detail: "规则调整（上一次所用规则包由较早版本的程序归档，现已无法读取，其他原因未能分开）".to_owned(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::record::{Day, PseudonymKey};
    use crate::run::{input_files, perform};
    use crate::store::Store;

    /// The sample night and a later day, for which most grades have moved: explained one by one, some and all at a time.
    #[test]
    fn moves_do_not_depend_on_how_many_are_explained_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store");
        let house = House::open(None).unwrap();
        let key = PseudonymKey::new(&[7; 32]).unwrap();
        let inbox = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox");
        let job = |day: &str, files| Job {
            kind: "run",
            store: &store,
            files,
            as_of: Day::parse_iso(day).unwrap(),
            received: Day::parse_iso("2026-11-22").unwrap(),
            known_at: None,
            source_unit: None,
            schemes: Vec::new(),
            grade: true,
            no_compaction: false,
        };
        let first = job("2026-11-22", input_files(&[inbox]).unwrap());
        perform(&first, &house, &key, &|_| {}).unwrap();
        let later = job("2028-02-01", Vec::new());
        perform(&later, &house, &key, &|_| {}).unwrap();

        let view = Store::open(&store).unwrap();
        let before = view.at_run(1).unwrap();
        let mut moves = Moves::since_last_night(&before).unwrap();
        moves.keep(&view.read(Table::Grades).unwrap()).unwrap();
        moves.compare(&before, 0..DEFAULT_BUCKETS, None).unwrap();
        assert!(moves.any() && moves.subjects.len() > 20);
        let schemes = house.schemes(&[], later.as_of).unwrap();
        let mut explained = |at_a_time: usize| {
            moves.at_a_time = at_a_time;
            let mut found = Vec::new();
            moves
                .explained(
                    (&before, &view),
                    &house,
                    &schemes,
                    &later,
                    "run",
                    &mut |some| {
                        found.push(some);
                        Ok(())
                    },
                )
                .unwrap();
            concat_batches(&Table::GradeChanges.schema(), &found).unwrap()
        };
        let one_by_one = explained(1);
        assert!(one_by_one.num_rows() > 20, "{}", one_by_one.num_rows());
        // Within a set the rows stand by subject, so only the order may differ.
        let sorted = |batch: &RecordBatch| {
            let rows = crate::report::Rows(batch);
            let mut rows: Vec<String> = (0..rows.len())
                .map(|i| rows.object(i).to_string())
                .collect();
            rows.sort();
            rows
        };
        for at_a_time in [7, SUBJECTS_AT_A_TIME] {
            assert_eq!(sorted(&explained(at_a_time)), sorted(&one_by_one));
        }
        assert_eq!(
            view.count(Table::GradeChanges).unwrap(),
            one_by_one.num_rows()
        );
    }
}
