//! Reading the columns of a bucket by name.

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch,
};

use super::error::ConsequenceError;
use crate::grading::alias;
use crate::record::{Day, Lookup, cells};

/// Text, with null as "".
pub(super) struct Text<'a>(cells::Text<'a>);

impl<'a> Text<'a> {
    pub(super) fn of(
        batch: &'a RecordBatch,
        column: &'static str,
    ) -> Result<Self, ConsequenceError> {
        let found = cells::Text::of(array(batch, column)?.as_ref());
        found.map(Text).ok_or(ConsequenceError::Column { column })
    }

    /// As [`Text::of`]; a column that is absent is empty throughout.
    pub(super) fn if_any(batch: &'a RecordBatch, column: &str) -> Self {
        let found = batch.column_by_name(column);
        Text(
            found
                .and_then(|array| cells::Text::of(array.as_ref()))
                .unwrap_or(cells::Text::Absent),
        )
    }

    pub(super) fn get(&self, row: usize) -> &'a str {
        self.0.or_empty(row)
    }
}

macro_rules! typed {
    ($name:ident, $array:ty) => {
        pub(super) fn $name<'a>(
            batch: &'a RecordBatch,
            column: &'static str,
        ) -> Result<&'a $array, ConsequenceError> {
            let found = array(batch, column)?.as_any().downcast_ref::<$array>();
            found.ok_or(ConsequenceError::Column { column })
        }
    };
}
typed!(days, Date32Array);
typed!(ints, Int64Array);
typed!(smalls, Int32Array);
typed!(flags, BooleanArray);

pub(super) fn lists<'a>(
    batch: &'a RecordBatch,
    column: &'static str,
) -> Result<cells::Texts<'a>, ConsequenceError> {
    let found = cells::Texts::of(array(batch, column)?.as_ref());
    found.ok_or(ConsequenceError::Column { column })
}

/// Days of a column that may be absent.
pub(super) fn days_if_any<'a>(batch: &'a RecordBatch, column: &str) -> Option<&'a Date32Array> {
    batch.column_by_name(column)?.as_any().downcast_ref()
}

pub(super) fn day(days: &Date32Array, row: usize) -> Option<Day> {
    days.is_valid(row).then(|| Day::from_epoch(days.value(row)))
}

/// Ids that stand for another subject (`subjects.same_as`).
pub(super) struct Bodies<'a> {
    /// The subject at the end of each id's chain, with the bucket of its row where it has one.
    ends: Lookup<&'a str, (&'a str, Option<i32>)>,
}

impl<'a> Bodies<'a> {
    pub(super) fn of(subjects: &'a RecordBatch) -> Self {
        // Grading has refused what cannot be followed.
        let ends = alias::ends(subjects).unwrap_or_default();
        let mut ends: Lookup<&str, (&str, Option<i32>)> = (ends.into_iter())
            .map(|(id, end)| (id, (end, None)))
            .collect();
        if ends.is_empty() {
            return Self { ends };
        }
        let ids = Text::if_any(subjects, "subject_id");
        let wanted: Lookup<&str, ()> = ends.values().map(|(end, _)| (*end, ())).collect();
        let buckets = smalls(subjects, "bucket").ok();
        let found: Lookup<&str, i32> = (0..subjects.num_rows())
            .filter(|row| wanted.contains_key(ids.get(*row)))
            .filter_map(|row| Some((ids.get(row), buckets?.value(row))))
            .collect();
        for (end, bucket) in ends.values_mut() {
            *bucket = found.get(end).copied();
        }
        Self { ends }
    }

    /// The subject that an id stands for, and its bucket where that is known; `None` for an id that stands for itself.
    pub(super) fn end(&self, id: &str) -> Option<(&'a str, Option<i32>)> {
        self.ends.get(id).copied()
    }
}

fn array<'a>(
    batch: &'a RecordBatch,
    column: &'static str,
) -> Result<&'a ArrayRef, ConsequenceError> {
    batch
        .column_by_name(column)
        .ok_or(ConsequenceError::Column { column })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::StringArray;
    use arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    #[test]
    fn an_id_leads_to_the_end_of_its_chain_and_to_the_bucket_there() {
        let rows = [
            ("a", Some("b"), 1),
            ("b", Some("c"), 2),
            ("c", None, 3),
            ("d", Some("gone"), 4),
            ("e", Some("e"), 5),
        ];
        let schema = Schema::new(vec![
            Field::new("subject_id", DataType::Utf8, false),
            Field::new("same_as", DataType::Utf8, true),
            Field::new("bucket", DataType::Int32, false),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(rows.iter().map(|r| Some(r.0)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|r| r.1).collect::<StringArray>()),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|r| r.2))),
        ];
        let batch = RecordBatch::try_new(Arc::new(schema), columns).unwrap();
        let bodies = Bodies::of(&batch);
        assert_eq!(bodies.end("a"), Some(("c", Some(3))));
        assert_eq!(bodies.end("b"), Some(("c", Some(3))));
        assert_eq!(bodies.end("d"), Some(("gone", None)));
        for own in ["c", "e", "unknown"] {
            assert_eq!(bodies.end(own), None);
        }
    }
}
