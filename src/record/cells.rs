//! Text cells of Arrow columns, whichever way a reader laid the column out: plain, as views, or coded by a dictionary.

use std::ops::Range;

use arrow::array::{Array, AsArray, Int32Array, ListArray, StringArray, StringViewArray};
use arrow::datatypes::{DataType, Int32Type};

/// A text column, plain, of views or dictionary-encoded; an absent one is null throughout.
#[derive(Clone, Copy, Debug)]
pub enum Text<'a> {
    Absent,
    Plain(&'a StringArray),
    Viewed(&'a StringViewArray),
    Coded(&'a Int32Array, &'a StringArray),
}

impl<'a> Text<'a> {
    /// The column as text; `None` when it is of another type.
    #[must_use]
    pub fn of(array: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = array.as_string_opt::<i32>() {
            return Some(Self::Plain(plain));
        }
        if let Some(viewed) = array.as_string_view_opt() {
            return Some(Self::Viewed(viewed));
        }
        let coded = array.as_dictionary_opt::<Int32Type>()?;
        let values = coded.values().as_string_opt::<i32>()?;
        Some(Self::Coded(coded.keys(), values))
    }

    /// The text of a row; `None` for null or an absent column.
    #[inline]
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&'a str> {
        match self {
            Self::Absent => None,
            Self::Plain(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Viewed(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Coded(keys, values) => {
                if keys.is_null(row) {
                    return None;
                }
                let key = usize::try_from(keys.value(row)).ok()?;
                values.is_valid(key).then(|| values.value(key))
            }
        }
    }

    /// The text of a row, `""` for null.
    #[inline]
    #[must_use]
    pub fn or_empty(&self, row: usize) -> &'a str {
        self.get(row).unwrap_or("")
    }

    /// There is no such column.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// A list-of-text column.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// `None` where the column is absent.
    pub lists: Option<&'a ListArray>,
    pub items: Text<'a>,
}

impl<'a> Texts<'a> {
    /// No such column.
    pub const ABSENT: Self = Self {
        lists: None,
        items: Text::Absent,
    };

    /// The column as lists of text; `None` when it is of another type.
    #[must_use]
    pub fn of(array: &'a dyn Array) -> Option<Self> {
        let lists = array.as_list_opt::<i32>()?;
        Some(Self {
            lists: Some(lists),
            items: Text::of(lists.values().as_ref())?,
        })
    }

    /// Positions of a row's items in `items`.
    #[inline]
    #[must_use]
    pub fn span(&self, row: usize) -> Range<usize> {
        let Some(lists) = self.lists else { return 0..0 };
        if lists.is_null(row) {
            return 0..0;
        }
        let offsets = lists.value_offsets();
        let at = |i: usize| usize::try_from(offsets[i]).unwrap_or(0);
        at(row)..at(row + 1)
    }

    /// The items of a row.
    pub fn iter(&self, row: usize) -> impl Iterator<Item = &'a str> + use<'a> {
        let items = self.items;
        self.span(row).filter_map(move |i| items.get(i))
    }
}

/// The first of some rows for which `is_before`, which holds for all rows before some place, does not hold.
pub fn first_not(rows: Range<usize>, is_before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (rows.start, rows.end);
    while low < high {
        let middle = low.midpoint(high);
        if is_before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The type of a text column, or of a list of texts, with its texts coded by a dictionary; other types as they are.
#[must_use]
pub fn coded(of: &DataType) -> DataType {
    match of {
        DataType::Utf8 => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        DataType::List(item) => {
            let item = item
                .as_ref()
                .clone()
                .with_data_type(coded(item.data_type()));
            DataType::List(std::sync::Arc::new(item))
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, ListBuilder, StringBuilder};
    use arrow::compute::cast;
    use arrow::datatypes::Field;

    use super::*;

    /// Another program may write the same texts in another type.
    #[test]
    fn texts_of_any_type_can_be_coded() {
        let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("甲"), None, Some("甲")]));
        for foreign in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            let column = cast(&plain, &foreign).unwrap();
            let column = cast(&column, &coded(&DataType::Utf8)).unwrap();
            let text = Text::of(&column).unwrap();
            let found: Vec<_> = (0..3).map(|row| text.get(row)).collect();
            assert_eq!(found, [Some("甲"), None, Some("甲")], "{foreign}");
        }
        let mut lists = ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("罚款"), Some("警告")]);
        lists.append_value([Some("罚款")]);
        let lists: ArrayRef = Arc::new(lists.finish());
        for foreign in [DataType::Utf8, DataType::LargeUtf8, DataType::Utf8View] {
            let list = |item| DataType::List(Arc::new(Field::new("element", item, true)));
            let column = cast(&lists, &list(foreign.clone())).unwrap();
            let column = cast(&column, &coded(&list(DataType::Utf8))).unwrap();
            let texts = Texts::of(&column).unwrap();
            let found: Vec<_> = texts.iter(0).chain(texts.iter(1)).collect();
            assert_eq!(found, ["罚款", "警告", "罚款"], "{foreign}");
        }
    }
}
