//! Grades and consequences of a whole store, bucket by bucket in parallel, in bucket order.

use std::collections::BTreeSet;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Int32Type;
use rayon::prelude::*;

use super::{House, RunError};
use crate::consequence::{ConsequenceContext, Consequences, derive};
use crate::grading::alias::Rehoming;
use crate::grading::{BucketInput, Grading, grade};
use crate::record::{DEFAULT_BUCKETS, Day};
use crate::rules::model::Scheme;
use crate::store::{Snapshot, Table, Writer};

/// Rows of the three record tables read at a time; bounds memory.
const ROWS_AT_A_TIME: usize = 500_000;

/// The result tables of a night.
#[derive(Debug)]
pub struct GradedTables {
    pub grades: RecordBatch,
    pub evidence: RecordBatch,
    pub supervision: RecordBatch,
    pub measures: RecordBatch,
    pub incentives: RecordBatch,
}

/// The four input tables of some buckets or subjects.
#[derive(Debug)]
pub struct Owned {
    pub penalties: RecordBatch,
    pub licenses: RecordBatch,
    pub events: RecordBatch,
    pub subjects: RecordBatch,
}

impl Owned {
    /// As grading takes it.
    pub fn input(&self) -> BucketInput<'_> {
        BucketInput {
            penalties: &self.penalties,
            licenses: &self.licenses,
            events: &self.events,
            subjects: &self.subjects,
        }
    }

    pub(super) fn of_subjects(
        view: &Snapshot,
        subjects: &BTreeSet<String>,
        known_at: Option<Day>,
    ) -> Result<Owned, RunError> {
        let table = view.read(Table::Subjects)?;
        let rows = crate::report::Rows(&table);
        let mut ids = subjects.clone();
        for i in 0..rows.len() {
            if subjects.contains(&rows.text(i, "same_as")) {
                ids.insert(rows.text(i, "subject_id"));
            }
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        Ok(Owned {
            penalties: view.read_subjects(Table::Penalties, &ids, known_at)?,
            licenses: view.read_subjects(Table::Licenses, &ids, known_at)?,
            events: view.read_subjects(Table::Events, &ids, known_at)?,
            subjects: view.read_subjects(Table::Subjects, &ids, None)?,
        })
    }

    /// One part per bucket; the tables are sorted by bucket.
    fn split(self) -> Vec<Owned> {
        let mut buckets = BTreeSet::new();
        let tables = [
            &self.penalties,
            &self.licenses,
            &self.events,
            &self.subjects,
        ];
        let bounds: Vec<_> = tables.iter().map(|t| bucket_bounds(t)).collect();
        for bound in &bounds {
            buckets.extend(bound.iter().map(|b| b.0));
        }
        let part = |table: usize, bucket: i32| {
            let bound = bounds[table].iter().find(|b| b.0 == bucket);
            let (_, start, count) = bound.copied().unwrap_or((bucket, 0, 0));
            tables[table].slice(start, count)
        };
        buckets
            .into_iter()
            .map(|b| Owned {
                penalties: part(0, b),
                licenses: part(1, b),
                events: part(2, b),
                subjects: part(3, b),
            })
            .collect()
    }
}

/// (bucket, first row, rows) of a table sorted by bucket.
fn bucket_bounds(batch: &RecordBatch) -> Vec<(i32, usize, usize)> {
    let column = batch
        .column_by_name("bucket")
        .and_then(|c| c.as_primitive_opt::<Int32Type>());
    let mut bounds: Vec<(i32, usize, usize)> = Vec::new();
    for (row, bucket) in column
        .into_iter()
        .flat_map(|c| c.values().iter().enumerate())
    {
        match bounds.last_mut() {
            Some((last, _, count)) if last == bucket => *count += 1,
            _ => bounds.push((*bucket, row, 1)),
        }
    }
    bounds
}

/// Grades a view of the store and derives what follows.
///
/// # Errors
/// A damaged store, or columns that disagree (a bug).
pub fn grade_view(
    view: &Snapshot,
    house: &House,
    schemes: &[&Scheme],
    as_of: Day,
    known_at: Option<Day>,
    run_id: &str,
) -> Result<GradedTables, RunError> {
    let grading =
        Grading::new(schemes, &house.rules.publicity, &house.rules.digest, as_of)?.with_run(run_id);
    let context = ConsequenceContext {
        schemes,
        publicity: &house.rules.publicity,
        catalogue: &house.catalogue,
        incentives: &house.incentives,
        as_of,
        run_id,
    };
    let mut parts = Vec::new();
    walk(
        view,
        known_at,
        |owned| {
            let input = owned.input();
            let graded = grade(&input, &grading)?;
            let follows = derive(&input, &graded, &context)?;
            Ok((graded.grades, graded.evidence, follows))
        },
        |part| parts.push(part),
    )?;
    tables(&parts)
}

/// Calls `work` for every part of a view, some buckets at a time and in parallel, and `take` with the results in bucket
/// order. Aliases that live in another bucket than their subject have been brought home.
///
/// # Errors
/// A damaged store, or the first failure of `work` in bucket order.
pub(super) fn walk<T: Send>(
    view: &Snapshot,
    known_at: Option<Day>,
    work: impl Fn(&Owned) -> Result<T, RunError> + Sync,
    mut take: impl FnMut(T),
) -> Result<(), RunError> {
    let rehoming = Rehoming::of(&view.read(Table::Subjects)?, DEFAULT_BUCKETS)?;
    let movers: Vec<&str> = rehoming.movers().collect();
    let moving = |table: Table, known: Option<Day>| view.read_subjects(table, &movers, known);
    let moved = (!rehoming.is_empty())
        .then(|| -> Result<Owned, RunError> {
            Ok(Owned {
                penalties: moving(Table::Penalties, known_at)?,
                licenses: moving(Table::Licenses, known_at)?,
                events: moving(Table::Events, known_at)?,
                subjects: moving(Table::Subjects, None)?,
            })
        })
        .transpose()?;
    for range in view.bucket_groups(ROWS_AT_A_TIME)? {
        let mut owned = Owned {
            penalties: view.read_buckets(Table::Penalties, range.clone(), known_at)?,
            licenses: view.read_buckets(Table::Licenses, range.clone(), known_at)?,
            events: view.read_buckets(Table::Events, range.clone(), known_at)?,
            subjects: view.read_buckets(Table::Subjects, range.clone(), None)?,
        };
        let tasks = if let Some(moved) = &moved {
            let apply = |table, local: &RecordBatch, movers: &RecordBatch| {
                rehoming.apply(range.clone(), table, local, movers)
            };
            owned = Owned {
                penalties: apply("penalties", &owned.penalties, &moved.penalties)?,
                licenses: apply("licenses", &owned.licenses, &moved.licenses)?,
                events: apply("events", &owned.events, &moved.events)?,
                subjects: apply("subjects", &owned.subjects, &moved.subjects)?,
            };
            vec![owned]
        } else {
            owned.split()
        };
        let done: Vec<Result<T, RunError>> = tasks.par_iter().map(&work).collect();
        for part in done {
            take(part?);
        }
    }
    Ok(())
}

fn tables(parts: &[(RecordBatch, RecordBatch, Consequences)]) -> Result<GradedTables, RunError> {
    let joined =
        |table: Table, pick: &dyn Fn(&(RecordBatch, RecordBatch, Consequences)) -> RecordBatch| {
            concat_batches(
                &table.schema(),
                parts.iter().map(pick).collect::<Vec<_>>().iter(),
            )
        };
    Ok(GradedTables {
        grades: joined(Table::Grades, &|p| p.0.clone())?,
        evidence: joined(Table::Evidence, &|p| p.1.clone())?,
        supervision: joined(Table::Supervision, &|p| p.2.supervision.clone())?,
        measures: joined(Table::Measures, &|p| p.2.measures.clone())?,
        incentives: joined(Table::Incentives, &|p| p.2.incentives.clone())?,
    })
}

impl GradedTables {
    /// Stages the tables. With `only`, the rows of these schemes are replaced and the others stay; measures and
    /// incentives do not belong to a scheme and are replaced whole.
    pub(super) fn write(
        self,
        writer: &mut Writer,
        schemes: &BTreeSet<String>,
        only: bool,
    ) -> Result<(), RunError> {
        if only {
            writer.replace_where_scheme(Table::Grades, schemes, self.grades)?;
            writer.replace_where_scheme(Table::Evidence, schemes, self.evidence)?;
            writer.replace_where_scheme(Table::Supervision, schemes, self.supervision)?;
        } else {
            writer.replace(Table::Grades, self.grades)?;
            writer.replace(Table::Evidence, self.evidence)?;
            writer.replace(Table::Supervision, self.supervision)?;
        }
        writer.replace(Table::Measures, self.measures)?;
        if !only {
            writer.replace(Table::Incentives, self.incentives)?;
        }
        Ok(())
    }
}

/// Rows in force of some subjects and of the ids that stand for the same bodies.
///
/// # Errors
/// When a table cannot be read.
pub fn subject_input(
    view: &Snapshot,
    subjects: &BTreeSet<String>,
    known_at: Option<Day>,
) -> Result<Owned, RunError> {
    Owned::of_subjects(view, subjects, known_at)
}
