//! Reading the columns of a bucket by name.

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, ListArray,
    RecordBatch, StringArray,
};

use super::error::ConsequenceError;
use crate::record::Day;

/// Text, with null as "".
pub(super) struct Text<'a>(&'a StringArray);

impl<'a> Text<'a> {
    pub(super) fn of(
        batch: &'a RecordBatch,
        column: &'static str,
    ) -> Result<Self, ConsequenceError> {
        let found = array(batch, column)?.as_string_opt::<i32>();
        found.map(Text).ok_or(ConsequenceError::Column { column })
    }

    pub(super) fn get(&self, row: usize) -> &'a str {
        if self.0.is_null(row) {
            ""
        } else {
            self.0.value(row)
        }
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
typed!(lists, ListArray);

pub(super) fn day(days: &Date32Array, row: usize) -> Option<Day> {
    days.is_valid(row).then(|| Day::from_epoch(days.value(row)))
}

/// Strings of one list cell.
pub(super) fn items(lists: &ListArray, row: usize) -> Vec<String> {
    if lists.is_null(row) {
        return Vec::new();
    }
    let value = lists.value(row);
    let texts = value.as_string_opt::<i32>();
    texts
        .into_iter()
        .flat_map(|t| t.iter().flatten())
        .map(str::to_owned)
        .collect()
}

fn array<'a>(
    batch: &'a RecordBatch,
    column: &'static str,
) -> Result<&'a ArrayRef, ConsequenceError> {
    batch
        .column_by_name(column)
        .ok_or(ConsequenceError::Column { column })
}
