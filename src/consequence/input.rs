//! Cells of an input batch by column name.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Date32Type;

use crate::record::Day;

/// A batch with cells by name; an unknown column or a null is an empty text or none.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a>(pub(super) &'a RecordBatch);

impl<'a> Cells<'a> {
    pub(super) fn len(self) -> usize {
        self.0.num_rows()
    }

    pub(super) fn text(self, row: usize, column: &str) -> &'a str {
        self.0
            .column_by_name(column)
            .and_then(|c| c.as_string_opt::<i32>())
            .filter(|c| !c.is_null(row))
            .map_or("", |c| c.value(row))
    }

    pub(super) fn day(self, row: usize, column: &str) -> Option<Day> {
        self.0
            .column_by_name(column)
            .and_then(|c| c.as_primitive_opt::<Date32Type>())
            .filter(|c| !c.is_null(row))
            .map(|c| Day::from_epoch(c.value(row)))
    }
}
