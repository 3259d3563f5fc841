//! Cells of a table by column name, as the text that a reader sees, whichever way texts are laid out.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type};
use serde_json::Value;

use crate::record::cells::{Text, Texts};
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
        match Text::of(array.as_ref()) {
            Some(texts) => texts.or_empty(row).to_owned(),
            None => match self.value(row, column) {
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
            .and_then(|array| Text::of(array.as_ref()))
            .map_or("", |texts| texts.or_empty(row))
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
            DataType::Utf8 | DataType::Dictionary(..) => {
                let text = Text::of(array.as_ref()).and_then(|texts| texts.get(row));
                text.map_or(Value::Null, Value::from)
            }
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
                let lists = Texts::of(array.as_ref()).unwrap_or(Texts::ABSENT);
                lists.iter(row).map(Value::from).collect::<Vec<_>>().into()
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ListArray, StringArray};
    use arrow::compute::cast;
    use arrow::datatypes::{Field, Int32Type as Key, Schema};

    use super::*;
    use crate::record::cells::coded;

    #[test]
    fn coded_texts_read_like_plain_ones() {
        let texts = StringArray::from(vec![Some("优"), None, Some("优"), Some("")]);
        let lists = ListArray::from_iter_primitive::<Key, _, _>([
            Some(vec![Some(1), Some(2)]),
            None,
            Some(vec![]),
            Some(vec![Some(2)]),
        ]);
        let item = Field::new_list_field(DataType::Utf8, true);
        let lists = cast(&lists, &DataType::List(Arc::new(item))).unwrap();
        let plain: Vec<ArrayRef> = vec![Arc::new(texts), lists];
        let coded: Vec<ArrayRef> = plain
            .iter()
            .map(|column| cast(column, &coded(column.data_type())).unwrap())
            .collect();
        let batch = |columns: Vec<ArrayRef>| {
            let fields = ["text", "list"].iter().zip(&columns);
            let fields = fields.map(|(name, c)| Field::new(*name, c.data_type().clone(), true));
            let schema = Schema::new(fields.collect::<Vec<_>>());
            RecordBatch::try_new(Arc::new(schema), columns).unwrap()
        };
        let (plain, coded) = (batch(plain), batch(coded));
        let (plain, coded) = (Rows(&plain), Rows(&coded));
        for row in 0..plain.len() {
            assert_eq!(plain.object(row), coded.object(row));
            for column in ["text", "list", "none"] {
                assert_eq!(plain.text(row, column), coded.text(row, column));
                assert_eq!(plain.str(row, column), coded.str(row, column));
            }
        }
        assert_eq!(coded.text(0, "list"), "1；2");
        assert_eq!((coded.str(2, "text"), coded.str(1, "text")), ("优", ""));
    }
}
