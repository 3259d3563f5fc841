//! From the grades of a bucket to supervision, measures and incentives.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray};

use super::incentive::{Incentive, Incentives};
use super::supervision::{Supervision, supervise};
use super::{Catalogue, ConsequenceError, propose};
use crate::grading::{BucketGrades, BucketInput};
use crate::record::{Day, schema};
use crate::rules::model::Scheme;
use crate::rules::publicity::PublicityRules;

/// What consequences rest on, apart from the bucket itself.
#[derive(Clone, Copy)]
pub struct ConsequenceContext<'a> {
    pub schemes: &'a [&'a Scheme],
    pub publicity: &'a PublicityRules,
    pub catalogue: &'a Catalogue,
    pub incentives: &'a Incentives,
    pub as_of: Day,
    pub run_id: &'a str,
}

/// Rows of the three tables, in the schemas of `record::schema`; texts that the measures share are coded by dictionaries
/// (`record::cells`).
#[derive(Debug)]
pub struct Consequences {
    pub supervision: RecordBatch,
    pub measures: RecordBatch,
    pub incentives: RecordBatch,
}

/// Derives the consequences of one bucket. Pure.
///
/// # Errors
/// When a batch does not have its schema, which is a bug.
pub fn derive(
    input: &BucketInput<'_>,
    grades: &BucketGrades,
    ctx: &ConsequenceContext<'_>,
) -> Result<Consequences, ConsequenceError> {
    let checklist = propose(
        input,
        &grades.states,
        ctx.catalogue,
        ctx.publicity,
        ctx.as_of,
        ctx.run_id,
    )?;
    let supervision = supervise(input, &grades.outcomes, ctx.schemes, ctx.as_of);
    let incentives = ctx.incentives.offer(&grades.outcomes, &checklist.burdened);
    Ok(Consequences {
        supervision: supervision_batch(&supervision, ctx.run_id)?,
        measures: checklist.rows,
        incentives: incentives_batch(&incentives, ctx.run_id)?,
    })
}

fn texts<'a, T>(rows: &'a [T], cell: impl Fn(&'a T) -> &'a str) -> ArrayRef {
    Arc::new(rows.iter().map(|r| Some(cell(r))).collect::<StringArray>())
}

fn opt_texts<'a, T>(rows: &'a [T], cell: impl Fn(&'a T) -> Option<&'a str>) -> ArrayRef {
    Arc::new(rows.iter().map(cell).collect::<StringArray>())
}

fn run_ids(count: usize, run_id: &str) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
        run_id, count,
    )))
}

fn supervision_batch(rows: &[Supervision], run_id: &str) -> Result<RecordBatch, ConsequenceError> {
    let columns = vec![
        texts(rows, |r| r.scheme.as_str()),
        texts(rows, |r| r.subject_id.as_str()),
        opt_texts(rows, |r| r.grade.as_deref()),
        texts(rows, |r| r.flag.as_str()),
        opt_texts(rows, |r| r.inspection_ratio.as_deref()),
        Arc::new(
            rows.iter()
                .map(|r| r.max_inspections)
                .collect::<Int64Array>(),
        ) as ArrayRef,
        opt_texts(rows, |r| r.per.as_deref()),
        texts(rows, |r| r.content.as_str()),
        texts(rows, |r| r.basis.as_str()),
        run_ids(rows.len(), run_id),
        Arc::new(
            rows.iter()
                .map(|r| Some(r.provisional))
                .collect::<BooleanArray>(),
        ),
        Arc::new(rows.iter().map(|r| r.bucket).collect::<Int32Array>()),
    ];
    Ok(RecordBatch::try_new(schema::supervision(), columns)?)
}

fn incentives_batch(rows: &[Incentive], run_id: &str) -> Result<RecordBatch, ConsequenceError> {
    let columns = vec![
        texts(rows, |r| r.subject_id.as_str()),
        texts(rows, |r| r.incentive.as_str()),
        texts(rows, |r| r.content.as_str()),
        texts(rows, |r| r.basis.as_str()),
        texts(rows, |r| r.condition.as_str()),
        texts(rows, |r| r.state.as_str()),
        texts(rows, |r| r.reason.as_str()),
        run_ids(rows.len(), run_id),
        Arc::new(rows.iter().map(|r| r.bucket).collect::<Int32Array>()) as ArrayRef,
    ];
    Ok(RecordBatch::try_new(schema::incentives(), columns)?)
}
