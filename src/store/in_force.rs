//! From the log of a record table to the rows in force.
//!
//! Of each decision the newest set wins: the rows whose `version_key` is the greatest of their
//! `decision_id`. The key of a decision contains its subject, so the rows of one decision always
//! stand within the run of one subject, and no table over all decisions is needed.

use arrow::array::{Array as _, AsArray as _, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::error::ArrowError;

use super::keys::Keys;
use super::table::Table;

/// Columns that the choice needs besides the sort columns.
pub(super) const NEEDED: [&str; 2] = ["decision_id", "version_key"];

/// Merges batches of a record table, sorts them by (bucket, subject, date, record) and keeps the
/// rows in force. The batches must carry the table's sort columns and [`NEEDED`].
///
/// # Errors
///
/// A column is missing, or the rows are too many for one batch (2 GiB of text in a column).
pub(super) fn in_force(
    table: Table,
    batches: &[RecordBatch],
    empty: RecordBatch,
) -> Result<RecordBatch, ArrowError> {
    let Some(first) = batches.first() else {
        return Ok(empty);
    };
    let all = match batches {
        [one] => one.clone(),
        many => concat_batches(first.schema_ref(), many)?,
    };
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
        // bucket and subject_id are the first two sort columns
        while end < order.len() && keys.same_prefix(2, first, order[end] as usize) {
            end += 1;
        }
        let rows = &order[start..end];
        if let [only] = rows {
            kept.push(*only);
        } else {
            run.clear();
            run.extend_from_slice(rows);
            run.sort_by(|a, b| {
                let (a, b) = (*a as usize, *b as usize);
                decisions
                    .value(a)
                    .cmp(decisions.value(b))
                    .then_with(|| versions.value(b).cmp(versions.value(a)))
            });
            // The first row of each decision now has its greatest version.
            let mut losers: Vec<u32> = Vec::new();
            let mut newest = run[0] as usize;
            for row in &run[1..] {
                let at = *row as usize;
                if decisions.value(at) != decisions.value(newest) {
                    newest = at;
                } else if versions.value(at) != versions.value(newest) {
                    losers.push(*row);
                }
            }
            if losers.is_empty() {
                kept.extend_from_slice(rows);
            } else {
                losers.sort_unstable();
                kept.extend(rows.iter().filter(|r| losers.binary_search(r).is_err()));
            }
        }
        start = end;
    }
    if sorted && kept.len() == all.num_rows() {
        return Ok(all);
    }
    take_record_batch(&all, &UInt32Array::from(kept))
}

fn text<'a>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a arrow::array::StringArray, ArrowError> {
    batch
        .column_by_name(name)
        .and_then(|c| c.as_string_opt::<i32>())
        .filter(|c| c.null_count() == 0)
        .ok_or_else(|| ArrowError::SchemaError(format!("text column {name} is missing")))
}
