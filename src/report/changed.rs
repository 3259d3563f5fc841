//! Which subjects read differently than on the night before: rows of their grades or measures that came, went or changed.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, DynComparator, RecordBatch, make_comparator,
};
use arrow::compute::SortOptions;
use arrow::error::ArrowError;

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

/// The subjects whose rows differ in these columns, the first of which is the subject. Rows of one subject follow one
/// another in both tables; they are compared as multisets, so their order does not matter.
///
/// # Errors
/// A column is missing.
pub(super) fn differing(
    before: &RecordBatch,
    after: &RecordBatch,
    columns: &[&str],
) -> Result<BTreeSet<String>, ReportError> {
    let mut changed = BTreeSet::new();
    let (before, after) = (picked(before, columns)?, picked(after, columns)?);
    let across = Compared::of(&before, &after)?;
    let (of_old, of_new) = (
        Compared::of(&before, &before)?,
        Compared::of(&after, &after)?,
    );
    let mut subjects: BTreeMap<&str, [Range<usize>; 2]> = BTreeMap::new();
    for (side, picked) in [&before, &after].into_iter().enumerate() {
        each_subject(&picked[0], |subject, rows| {
            subjects.entry(subject).or_default()[side] = rows;
        });
    }
    for (subject, [old, new]) in subjects {
        let same = |old: &[usize], new: &[usize]| {
            let mut pairs = old.iter().zip(new);
            old.len() == new.len() && pairs.all(|(i, j)| across.order(*i, *j).is_eq())
        };
        let (mut old, mut new): (Vec<usize>, Vec<usize>) = (old.collect(), new.collect());
        // Most are the same row by row.
        if same(&old, &new) {
            continue;
        }
        old.sort_unstable_by(|a, b| of_old.order(*a, *b));
        new.sort_unstable_by(|a, b| of_new.order(*a, *b));
        if !same(&old, &new) {
            changed.insert(subject.to_owned());
        }
    }
    Ok(changed)
}

fn picked(batch: &RecordBatch, columns: &[&str]) -> Result<Vec<ArrayRef>, ArrowError> {
    let at = columns.iter().map(|c| batch.schema_ref().index_of(c));
    at.map(|at| Ok(Arc::clone(batch.column(at?)))).collect()
}

/// Hands out the rows of each subject.
fn each_subject<'a>(subjects: &'a ArrayRef, mut take: impl FnMut(&'a str, Range<usize>)) {
    let ids = subjects.as_string::<i32>();
    let mut start = 0;
    for row in 1..=ids.len() {
        if row == ids.len() || ids.value(row) != ids.value(start) {
            take(ids.value(start), start..row);
            start = row;
        }
    }
}

/// Rows of two tables side by side.
struct Compared(Vec<DynComparator>);

impl Compared {
    fn of(left: &[ArrayRef], right: &[ArrayRef]) -> Result<Self, ArrowError> {
        let columns = left.iter().zip(right);
        columns
            .map(|(left, right)| make_comparator(left, right, SortOptions::default()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn order(&self, left: usize, right: usize) -> Ordering {
        let mut orders = self.0.iter().map(|column| column(left, right));
        orders
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }
}

#[cfg(test)]
mod tests {
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
        let changed = differing(&before, &after, &["subject_id", "grade"]).unwrap();
        // b went, c changed, d lost one of two equal rows, e came; a stayed.
        assert_eq!(
            changed.into_iter().collect::<Vec<_>>(),
            ["b", "c", "d", "e"]
        );
    }
}
