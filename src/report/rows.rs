//! Cells of a table by column name, as the text that a reader sees.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type};
use serde_json::Value;

use crate::record::{Day, Points};

/// A table with cells by name. An unknown column or a null is an empty text.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a>(pub &'a RecordBatch);

impl<'a> Rows<'a> {
    pub fn len(self) -> usize {
        self.0.num_rows()
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The text of a cell: days as ISO, points in their shortest form, lists joined by `；`.
    pub fn text(self, row: usize, column: &str) -> String {
        let Some(array) = self.column(column, row) else {
            return String::new();
        };
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
            _ => match self.value(row, column) {
                Value::Null => String::new(),
                Value::String(text) => text,
                Value::Array(items) => items
                    .iter()
                    .filter_map(Value::as_str)
                    .collect::<Vec<_>>()
                    .join("；"),
                Value::Bool(flag) => if flag { "是" } else { "否" }.to_owned(),
                other => other.to_string(),
            },
        }
    }

    /// A text cell without a copy; empty for nulls and for cells of other types.
    pub fn str(self, row: usize, column: &str) -> &'a str {
        self.column(column, row)
            .and_then(|a| a.as_string_opt::<i32>())
            .map_or("", |a| a.value(row))
    }

    /// A day.
    pub fn day(self, row: usize, column: &str) -> Option<Day> {
        let array = self.column(column, row)?.as_primitive_opt::<Date32Type>()?;
        Some(Day::from_epoch(array.value(row)))
    }

    /// Points or a score.
    pub fn points(self, row: usize, column: &str) -> Option<Points> {
        let array = self
            .column(column, row)?
            .as_primitive_opt::<Decimal128Type>()?;
        i64::try_from(array.value(row)).ok().map(Points::from_raw)
    }

    /// The column, when the cell has a value.
    fn column(self, column: &str, row: usize) -> Option<&'a ArrayRef> {
        let array = self.0.column_by_name(column)?;
        (row < array.len() && array.is_valid(row)).then_some(array)
    }

    /// A true Boolean; anything else is false.
    pub fn flag(self, row: usize, column: &str) -> bool {
        self.column(column, row)
            .and_then(|a| a.as_boolean_opt())
            .is_some_and(|a| a.value(row))
    }

    pub fn number(self, row: usize, column: &str) -> Option<i64> {
        self.value(row, column).as_i64()
    }

    /// The cell as JSON; points are texts, so that they stay exact.
    pub fn value(self, row: usize, column: &str) -> Value {
        let Some(array) = self.column(column, row) else {
            return Value::Null;
        };
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().value(row).into(),
            DataType::Int32 => array.as_primitive::<Int32Type>().value(row).into(),
            DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
            DataType::Boolean => array.as_boolean().value(row).into(),
            DataType::Date32 => {
                let day = Day::from_epoch(array.as_primitive::<Date32Type>().value(row));
                day.to_string().into()
            }
            DataType::Decimal128(..) => {
                let raw = array.as_primitive::<Decimal128Type>().value(row);
                match i64::try_from(raw) {
                    Ok(raw) => Points::from_raw(raw).to_string().into(),
                    Err(_) => raw.to_string().into(),
                }
            }
            DataType::List(_) => {
                let items = array.as_list::<i32>().value(row);
                let items = items.as_string::<i32>();
                items
                    .iter()
                    .flatten()
                    .map(Value::from)
                    .collect::<Vec<_>>()
                    .into()
            }
            _ => Value::Null,
        }
    }

    /// The whole row as a JSON object.
    pub fn object(self, row: usize) -> Value {
        let schema = self.0.schema();
        let cells = schema
            .fields()
            .iter()
            .map(|f| (f.name().clone(), self.value(row, f.name())));
        Value::Object(cells.collect())
    }
}
