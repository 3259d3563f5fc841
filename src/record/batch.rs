//! Columns from values, shared by the three record types.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, ListBuilder, StringBuilder,
};
use arrow::datatypes::{DataType, Field};

use super::day::Day;

/// The columns of a batch, as many at a time as there are threads.
macro_rules! columns {
    ($($column:expr),+ $(,)?) => {{
        use rayon::prelude::*;
        let makers: &[&(dyn Fn() -> arrow::array::ArrayRef + Sync)] = &[$(&|| $column),+];
        makers.par_iter().map(|make| make()).collect()
    }};
}
pub(super) use columns;

pub(crate) fn texts<'a>(values: impl Iterator<Item = &'a str> + Clone) -> ArrayRef {
    let mut column = room_for(values.clone());
    values.for_each(|text| column.append_value(text));
    Arc::new(column.finish())
}

pub(crate) fn opt_texts<'a>(values: impl Iterator<Item = Option<&'a str>> + Clone) -> ArrayRef {
    let mut column = room_for(values.clone().map(Option::unwrap_or_default));
    values.for_each(|text| column.append_option(text));
    Arc::new(column.finish())
}

/// Texts are many: a column that grows would be copied several times.
fn room_for<'a>(values: impl Iterator<Item = &'a str>) -> StringBuilder {
    let (count, bytes) = values.fold((0, 0), |(count, bytes), text| {
        (count + 1, bytes + text.len())
    });
    StringBuilder::with_capacity(count, bytes)
}

pub(super) fn lists<'a>(values: impl Iterator<Item = &'a [String]>) -> ArrayRef {
    let item = Field::new("element", DataType::Utf8, false);
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(item);
    for list in values {
        for text in list {
            builder.values().append_value(text);
        }
        builder.append(true);
    }
    Arc::new(builder.finish())
}

pub(super) fn days(values: impl Iterator<Item = Option<Day>>) -> ArrayRef {
    Arc::new(values.map(|d| d.map(Day::epoch)).collect::<Date32Array>())
}

pub(super) fn ints(values: impl Iterator<Item = Option<i64>>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

pub(super) fn smalls(values: impl Iterator<Item = i32>) -> ArrayRef {
    Arc::new(Int32Array::from_iter_values(values))
}

pub(super) fn flags(values: impl Iterator<Item = bool>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<BooleanArray>())
}
