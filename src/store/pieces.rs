//! The rows of a data file before they are encoded: in the order of their table, in pieces where they come so.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;

use super::in_force::superseded;
use super::keys::{Keys, sorted};
use super::table::Table;

/// The rows of a file in its order, in pieces that need not be laid side by side.
pub(super) struct Rows {
    pub(super) pieces: Vec<RecordBatch>,
}

impl Rows {
    /// The pieces as they are where they follow one another in the order of the table, else all rows sorted as one piece.
    pub(super) fn sorted(table: Table, pieces: &[RecordBatch]) -> Result<Self, ArrowError> {
        let columns = table.sort_columns();
        for piece in pieces.iter().filter(|_| !columns.is_empty()) {
            if !Keys::of(piece, columns)?.is_sorted() {
                return Self::laid_together(table, pieces);
            }
        }
        Self::of_sorted(table, pieces)
    }

    /// The same, of pieces each of which is sorted.
    pub(super) fn of_sorted(table: Table, pieces: &[RecordBatch]) -> Result<Self, ArrowError> {
        let columns = table.sort_columns();
        if follow_one_another(pieces, columns, table.is_record_log())? {
            return Ok(Self {
                pieces: pieces.to_vec(),
            });
        }
        Self::laid_together(table, pieces)
    }

    /// All rows sorted as one piece.
    fn laid_together(table: Table, pieces: &[RecordBatch]) -> Result<Self, ArrowError> {
        let batch = match pieces {
            [batch] => batch.clone(),
            pieces => side_by_side(table, pieces)?,
        };
        Ok(Self {
            pieces: vec![sorted(&batch, table.sort_columns())?],
        })
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.iter().map(RecordBatch::num_rows).sum()
    }

    /// Some of the rows, without copying them.
    pub(super) fn slice(&self, rows: Range<usize>) -> Vec<RecordBatch> {
        let mut before = 0;
        let mut found = Vec::new();
        for piece in &self.pieces {
            let start = rows.start.max(before);
            let end = rows.end.min(before + piece.num_rows());
            if start < end {
                found.push(piece.slice(start - before, end - start));
            }
            before += piece.num_rows();
        }
        found
    }

    /// Rows that a later version supersedes; no subject of a record table stands in two pieces.
    pub(super) fn superseded(&self) -> Result<Vec<u32>, ArrowError> {
        let mut before = 0;
        let mut found = Vec::new();
        for piece in &self.pieces {
            found.extend(superseded(piece)?.into_iter().map(|row| before + row));
            before += piece.num_rows() as u32;
        }
        Ok(found)
    }

    /// Rows per bucket as (bucket, first row, end row).
    pub(super) fn bucket_runs(&self, table: Table) -> Vec<(i32, usize, usize)> {
        let mut runs: Vec<(i32, usize, usize)> = Vec::new();
        let mut row = 0;
        for piece in &self.pieces {
            let Some(buckets) = piece
                .column_by_name("bucket")
                .filter(|_| table.is_bucketed())
                .and_then(|c| c.as_primitive_opt::<Int32Type>())
            else {
                return Vec::new();
            };
            for bucket in buckets.values() {
                match runs.last_mut() {
                    Some((last, _, end)) if last == bucket => *end = row + 1,
                    _ => runs.push((*bucket, row, row + 1)),
                }
                row += 1;
            }
        }
        runs
    }
}

/// Whether none of some sorted pieces begins before the end of the one before it; with `apart` also none with the subject at
/// that end.
fn follow_one_another(
    pieces: &[RecordBatch],
    columns: &[&str],
    apart: bool,
) -> Result<bool, ArrowError> {
    if columns.is_empty() {
        return Ok(true);
    }
    let places = |piece: &RecordBatch| {
        let schema = piece.schema();
        let places = columns.iter().map(|name| schema.index_of(name));
        places.collect::<Result<Vec<_>, _>>()
    };
    let filled: Vec<&RecordBatch> = pieces.iter().filter(|p| p.num_rows() > 0).collect();
    for pair in filled.windows(2) {
        let last = pair[0].slice(pair[0].num_rows() - 1, 1);
        let (last, first) = (last.project(&places(&last)?)?, pair[1].slice(0, 1));
        let first = first.project(&places(&first)?)?;
        let joint = concat_batches(&last.schema(), [&last, &first])?;
        let keys = Keys::of(&joint, columns)?;
        if !keys.is_sorted() || (apart && keys.same_subject(0, 1)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Batches of a table as one; texts stay coded where all batches code the same columns.
fn side_by_side(table: Table, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    if let [first, rest @ ..] = batches
        && rest.iter().all(|batch| batch.schema() == first.schema())
    {
        return concat_batches(&first.schema(), batches);
    }
    let schema = table.schema();
    let plain = |batch: &RecordBatch| {
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| cast(column, field.data_type()));
        RecordBatch::try_new(Arc::clone(&schema), columns.collect::<Result<_, _>>()?)
    };
    let batches = batches
        .iter()
        .map(plain)
        .collect::<Result<Vec<_>, ArrowError>>()?;
    concat_batches(&schema, &batches)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, Int32Array, StringArray, new_null_array};
    use arrow::compute::concat;

    use super::*;

    /// Rows of a table with these buckets and subjects; all other columns are empty.
    fn rows(table: Table, of: &[(i32, &str)]) -> RecordBatch {
        let schema = Arc::new(arrow::datatypes::Schema::new(
            table
                .schema()
                .fields()
                .iter()
                .map(|field| field.as_ref().clone().with_nullable(true))
                .collect::<Vec<_>>(),
        ));
        let columns = schema.fields().iter().map(|field| -> ArrayRef {
            match field.name().as_str() {
                "bucket" => Arc::new(Int32Array::from_iter_values(of.iter().map(|one| one.0))),
                "subject_id" => Arc::new(StringArray::from_iter_values(of.iter().map(|one| one.1))),
                _ => new_null_array(field.data_type(), of.len()),
            }
        });
        RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
    }

    fn subjects(rows: &Rows) -> Vec<String> {
        let pieces: Vec<ArrayRef> = rows
            .pieces
            .iter()
            .map(|piece| Arc::clone(piece.column_by_name("subject_id").unwrap()))
            .collect();
        let pieces: Vec<&dyn arrow::array::Array> = pieces.iter().map(AsRef::as_ref).collect();
        let all = concat(&pieces).unwrap();
        let all = all.as_string::<i32>();
        all.iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn pieces_that_follow_one_another_stay_and_others_become_one() {
        let first = rows(Table::Measures, &[(0, "b"), (0, "c"), (1, "a")]);
        let second = rows(Table::Measures, &[(1, "a"), (1, "d")]);
        let none = rows(Table::Measures, &[]);
        let given = [first.clone(), none, second.clone()];
        let kept = Rows::sorted(Table::Measures, &given).unwrap();
        assert_eq!(kept.pieces.len(), 3);
        assert_eq!(kept.len(), 5);
        assert_eq!(kept.bucket_runs(Table::Measures), [(0, 0, 2), (1, 2, 5)]);
        let part: usize = kept.slice(1..4).iter().map(RecordBatch::num_rows).sum();
        assert_eq!((part, kept.slice(1..4).len()), (3, 2));
        let turned = Rows::sorted(Table::Measures, &[second, first]).unwrap();
        assert_eq!(turned.pieces.len(), 1);
        assert_eq!(subjects(&turned), subjects(&kept));
        assert_eq!(turned.bucket_runs(Table::Measures), [(0, 0, 2), (1, 2, 5)]);
    }

    /// What supersedes what is looked for within a piece.
    #[test]
    fn a_subject_of_a_record_table_stands_in_one_piece() {
        let sort = |rows: &[RecordBatch]| follow_one_another(rows, &["bucket", "subject_id"], true);
        let first = rows(Table::Penalties, &[(0, "b"), (0, "c")]);
        let same = rows(Table::Penalties, &[(0, "c"), (0, "d")]);
        let next = rows(Table::Penalties, &[(0, "d")]);
        assert!(!sort(&[first.clone(), same]).unwrap());
        assert!(sort(&[first, next]).unwrap());
    }
}
