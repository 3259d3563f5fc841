//! Reading the columns of a bucket by name.

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch,
};

use super::error::ConsequenceError;
use crate::record::{Day, cells};

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

fn array<'a>(
    batch: &'a RecordBatch,
    column: &'static str,
) -> Result<&'a ArrayRef, ConsequenceError> {
    batch
        .column_by_name(column)
        .ok_or(ConsequenceError::Column { column })
}
