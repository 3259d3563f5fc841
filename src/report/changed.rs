//! Which subjects read differently than on the night before: rows of their grades or measures that came, went or changed.

use std::collections::BTreeSet;

use arrow::array::{Array as _, ArrayRef, AsArray as _, RecordBatch};
use arrow::row::{Row, RowConverter, SortField};

use super::ReportError;

/// Columns of `grades` that a reader sees change.
pub(super) const GRADES: [&str; 5] = ["subject_id", "scheme", "rated", "score", "grade"];
/// Columns of `measures` that a reader sees change.
pub(super) const MEASURES: [&str; 8] = [
    "subject_id",
    "measure",
    "row_id",
    "trigger_record_id",
    "state",
    "starts_on",
    "ends_on",
    "publicity_until",
];

/// Adds the subjects whose rows differ in these columns; rows are compared as multisets, so their order does not matter.
///
/// # Errors
/// A column is missing.
pub(super) fn differing(
    before: &RecordBatch,
    after: &RecordBatch,
    columns: &[&str],
    changed: &mut BTreeSet<String>,
) -> Result<(), ReportError> {
    let pick = |batch: &RecordBatch| -> Result<Vec<ArrayRef>, ReportError> {
        let at = columns.iter().map(|c| batch.schema_ref().index_of(c));
        let at = at.collect::<Result<Vec<_>, _>>()?;
        Ok(at.into_iter().map(|i| batch.column(i).clone()).collect())
    };
    let (before, after) = (pick(before)?, pick(after)?);
    let fields = after.iter().map(|c| SortField::new(c.data_type().clone()));
    let converter = RowConverter::new(fields.collect())?;
    let (old, new) = (
        converter.convert_columns(&before)?,
        converter.convert_columns(&after)?,
    );
    let sorted = |rows| {
        let mut rows: Vec<(Row<'_>, usize)> = Iterator::zip(rows, 0..).collect();
        rows.sort_unstable();
        rows
    };
    let (old, new) = (sorted(old.iter()), sorted(new.iter()));
    let mut note = |columns: &[ArrayRef], row: usize| {
        changed.insert(columns[0].as_string::<i32>().value(row).to_owned());
    };
    let (mut i, mut j) = (0, 0);
    while i < old.len() || j < new.len() {
        let order = match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        match order {
            std::cmp::Ordering::Equal => (i, j) = (i + 1, j + 1),
            std::cmp::Ordering::Less => {
                note(&before, old[i].1);
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                note(&after, new[j].1);
                j += 1;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn batch(rows: &[(&str, &str)]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("subject_id", DataType::Utf8, false),
            Field::new("grade", DataType::Utf8, false),
        ]);
        let ids: StringArray = rows.iter().map(|r| Some(r.0)).collect();
        let grades: StringArray = rows.iter().map(|r| Some(r.1)).collect();
        RecordBatch::try_new(Arc::new(schema), vec![Arc::new(ids), Arc::new(grades)]).unwrap()
    }

    #[test]
    fn rows_that_came_went_or_changed_name_their_subject() {
        let before = batch(&[("a", "A"), ("b", "B"), ("c", "C"), ("d", "D"), ("d", "D")]);
        let after = batch(&[("d", "D"), ("c", "D"), ("a", "A"), ("e", "A")]);
        let mut changed = BTreeSet::new();
        differing(&before, &after, &["subject_id", "grade"], &mut changed).unwrap();
        // b went, c changed, d lost one of two equal rows, e came; a stayed.
        assert_eq!(
            changed.into_iter().collect::<Vec<_>>(),
            ["b", "c", "d", "e"]
        );
    }
}
