//! Comparing rows by their sort columns.

use std::cmp::Ordering;

use arrow::array::{
    Array, AsArray as _, Date32Array, Int32Array, RecordBatch, StringArray, UInt32Array,
};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Date32Type, Int32Type};
use arrow::error::ArrowError;

enum Key<'a> {
    Small(&'a Int32Array),
    Day(&'a Date32Array),
    Text(&'a StringArray),
}

impl Key<'_> {
    #[inline]
    fn cmp(&self, a: usize, b: usize) -> Ordering {
        match self {
            Key::Small(k) => k.value(a).cmp(&k.value(b)),
            Key::Day(k) => k.value(a).cmp(&k.value(b)),
            Key::Text(k) => k.value(a).as_bytes().cmp(k.value(b).as_bytes()),
        }
    }
}

/// The sort columns of a batch. All of them are non-null by schema.
pub(super) struct Keys<'a> {
    keys: Vec<Key<'a>>,
    rows: usize,
}

impl<'a> Keys<'a> {
    /// Looks the columns up in the batch.
    ///
    /// # Errors
    ///
    /// A column is missing or has a type that no sort column has.
    pub fn of(batch: &'a RecordBatch, columns: &[&str]) -> Result<Self, ArrowError> {
        let keys = columns
            .iter()
            .map(|name| {
                let array = batch.column_by_name(name).ok_or_else(|| {
                    ArrowError::SchemaError(format!("sort column {name} is missing"))
                })?;
                match array.data_type() {
                    DataType::Int32 => Ok(Key::Small(array.as_primitive::<Int32Type>())),
                    DataType::Date32 => Ok(Key::Day(array.as_primitive::<Date32Type>())),
                    DataType::Utf8 => Ok(Key::Text(array.as_string())),
                    other => Err(ArrowError::SchemaError(format!(
                        "sort column {name} has type {other}"
                    ))),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            keys,
            rows: batch.num_rows(),
        })
    }

    /// Order of two rows.
    #[inline]
    pub fn cmp(&self, a: usize, b: usize) -> Ordering {
        for key in &self.keys {
            match key.cmp(a, b) {
                Ordering::Equal => {}
                other => return other,
            }
        }
        Ordering::Equal
    }

    /// Whether the first `n` keys of two rows are equal.
    #[inline]
    pub fn same_prefix(&self, n: usize, a: usize, b: usize) -> bool {
        self.keys
            .iter()
            .take(n)
            .all(|key| key.cmp(a, b) == Ordering::Equal)
    }

    /// Whether the rows already stand in order.
    pub fn is_sorted(&self) -> bool {
        (1..self.rows).all(|row| self.cmp(row - 1, row) != Ordering::Greater)
    }

    /// The order in which the rows stand sorted; equal rows keep their order.
    ///
    /// The sort finds runs that are already in order, so that merging a few sorted files costs a
    /// merge, not a sort.
    pub fn order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.rows as u32).collect();
        order.sort_by(|a, b| self.cmp(*a as usize, *b as usize));
        order
    }
}

/// The batch with its rows sorted by the columns; unchanged when they already are.
pub(super) fn sorted(batch: &RecordBatch, columns: &[&str]) -> Result<RecordBatch, ArrowError> {
    if columns.is_empty() || batch.num_rows() < 2 {
        return Ok(batch.clone());
    }
    let keys = Keys::of(batch, columns)?;
    if keys.is_sorted() {
        return Ok(batch.clone());
    }
    take_record_batch(batch, &UInt32Array::from(keys.order()))
}
