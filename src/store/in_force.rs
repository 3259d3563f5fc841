//! From the log of a record table to the rows in force.
//!
//! Of each decision the newest set wins: the rows whose `version_key` is the greatest of their
//! `decision_id`. The key of a decision contains its subject, so the rows of one decision always
//! stand within the run of one subject, and no table over all decisions is needed.

use std::sync::Arc;

use arrow::array::{Array, AsArray as _, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{concat, concat_batches, interleave, take};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use super::keys::Keys;
use super::table::Table;

/// Columns that the choice needs besides the sort columns.
pub(super) const NEEDED: [&str; 2] = ["decision_id", "version_key"];

/// Merges batches of a record table, sorts their rows by (bucket, subject, date, record) and keeps
/// those in force. The batches must carry the table's sort columns and [`NEEDED`]; the result has the
/// columns of `target`.
///
/// # Errors
///
/// A column is missing, or the rows are too many for one batch (2 GiB of text in a column).
pub(super) fn in_force(
    table: Table,
    batches: &[RecordBatch],
    target: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    if batches.is_empty() {
        return Ok(RecordBatch::new_empty(Arc::clone(target)));
    }
    // Only the columns that decide are laid side by side; the others are gathered once, at the end.
    let mut deciding: Vec<&str> = table.sort_columns().to_vec();
    deciding.extend(NEEDED.iter().filter(|n| !table.sort_columns().contains(*n)));
    let all = joined(batches, &deciding)?;
    let keys = Keys::of(&all, table.sort_columns())?;
    let decisions = text(&all, "decision_id")?;
    let versions = text(&all, "version_key")?;
    let sorted = keys.is_sorted();
    let order: Vec<u32> = if sorted {
        (0..all.num_rows() as u32).collect()
    } else {
        keys.order()
    };

    let mut kept: Vec<u32> = Vec::with_capacity(order.len());
    let mut run: Vec<u32> = Vec::new();
    let mut start = 0;
    while start < order.len() {
        let first = order[start] as usize;
        let mut end = start + 1;
        while end < order.len() && keys.same_subject(first, order[end] as usize) {
            end += 1;
        }
        let rows = &order[start..end];
        if one_version_each(rows, decisions, versions) {
            kept.extend_from_slice(rows);
        } else {
            run.clear();
            run.extend_from_slice(rows);
            let losers = losers(&mut run, decisions, versions);
            if losers.is_empty() {
                kept.extend_from_slice(rows);
            } else {
                kept.extend(rows.iter().filter(|r| losers.binary_search(r).is_err()));
            }
        }
        start = end;
    }
    let whole = sorted && kept.len() == all.num_rows();
    drop(keys);
    gather(batches, &kept, whole, target)
}

/// Rows of a sorted record table that a greater version of their decision among these rows supersedes, ascending. A writer
/// notes them beside the rows, so that a reader of one file need not look for them again.
///
/// # Errors
///
/// A column is missing.
pub(super) fn superseded(batch: &RecordBatch) -> Result<Vec<u32>, ArrowError> {
    let subjects = text(batch, "subject_id")?;
    let decisions = text(batch, "decision_id")?;
    let versions = text(batch, "version_key")?;
    let mut all = Vec::new();
    let mut run: Vec<u32> = Vec::new();
    let mut start = 0;
    while start < batch.num_rows() {
        let subject = subjects.value(start);
        let mut end = start + 1;
        while end < batch.num_rows() && subjects.value(end) == subject {
            end += 1;
        }
        run.clear();
        run.extend(start as u32..end as u32);
        start = end;
        if !one_version_each(&run, decisions, versions) {
            all.extend(losers(&mut run, decisions, versions));
        }
    }
    Ok(all)
}

/// Of the rows of one subject those that are not of the greatest version of their decision, ascending. Puts the rows into
/// another order.
fn losers(rows: &mut [u32], decisions: &StringArray, versions: &StringArray) -> Vec<u32> {
    rows.sort_by(|a, b| {
        let (a, b) = (*a as usize, *b as usize);
        decisions
            .value(a)
            .cmp(decisions.value(b))
            .then_with(|| versions.value(b).cmp(versions.value(a)))
    });
    // The first row of each decision now has its greatest version.
    let mut losers: Vec<u32> = Vec::new();
    let Some(&first) = rows.first() else {
        return losers;
    };
    let mut newest = first as usize;
    for row in &rows[1..] {
        let at = *row as usize;
        if decisions.value(at) != decisions.value(newest) {
            newest = at;
        } else if versions.value(at) != versions.value(newest) {
            losers.push(*row);
        }
    }
    losers.sort_unstable();
    losers
}

/// Some columns of all batches, one batch after the other.
fn joined(batches: &[RecordBatch], columns: &[&str]) -> Result<RecordBatch, ArrowError> {
    let parts = batches
        .iter()
        .map(|batch| {
            let indices = columns
                .iter()
                .map(|name| batch.schema_ref().index_of(name))
                .collect::<Result<Vec<_>, _>>()?;
            batch.project(&indices)
        })
        .collect::<Result<Vec<_>, _>>()?;
    match parts.as_slice() {
        [one] => Ok(one.clone()),
        many => concat_batches(many[0].schema_ref(), many),
    }
}

/// The rows numbered `rows` (counted over all batches) with the columns of `target`; `whole` says
/// that these are all rows in their order.
fn gather(
    batches: &[RecordBatch],
    rows: &[u32],
    whole: bool,
    target: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    let places: Vec<(usize, usize)> = if whole || batches.len() == 1 {
        Vec::new()
    } else {
        let mut starts = Vec::with_capacity(batches.len());
        let mut start = 0_usize;
        for batch in batches {
            starts.push(start);
            start += batch.num_rows();
        }
        rows.iter()
            .map(|row| {
                let row = *row as usize;
                let batch = starts.partition_point(|s| *s <= row) - 1;
                (batch, row - starts[batch])
            })
            .collect()
    };
    let indices = UInt32Array::from_iter_values(rows.iter().copied());
    let columns = target
        .fields()
        .iter()
        .map(|field| {
            let arrays = batches
                .iter()
                .map(|b| b.column_by_name(field.name()).map(AsRef::as_ref))
                .collect::<Option<Vec<&dyn Array>>>()
                .ok_or_else(|| {
                    ArrowError::SchemaError(format!("column {} is missing", field.name()))
                })?;
            match (arrays.as_slice(), whole) {
                ([one], false) => take(*one, &indices, None),
                (many, true) => concat(many),
                (many, false) => interleave(many, &places),
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    RecordBatch::try_new(Arc::clone(target), columns)
}

/// Whether it is plain at a glance that no row of a subject is superseded; a subject with many rows
/// is looked at in order instead.
fn one_version_each(rows: &[u32], decisions: &StringArray, versions: &StringArray) -> bool {
    const FEW: usize = 12;
    rows.len() <= FEW
        && rows.iter().enumerate().all(|(i, a)| {
            rows[i + 1..].iter().all(|b| {
                let (a, b) = (*a as usize, *b as usize);
                decisions.value(a) != decisions.value(b) || versions.value(a) == versions.value(b)
            })
        })
}

/// A text column without nulls.
pub(super) fn text<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, ArrowError> {
    batch
        .column_by_name(name)
        .and_then(|c| c.as_string_opt::<i32>())
        .filter(|c| c.null_count() == 0)
        .ok_or_else(|| ArrowError::SchemaError(format!("text column {name} is missing")))
}
