//! Sorting rows by their sort columns.
//!
//! Bucket and subject, the first two sort columns of every bucketed table, are packed into one
//! number a row where the subjects' letters allow it: comparing numbers that lie side by side is an
//! order of magnitude faster than looking up two texts, and most comparisons end there.

use std::cmp::Ordering;

use arrow::array::{Array as _, AsArray as _, Date32Array, Int32Array, RecordBatch, UInt32Array};
use arrow::compute::take_record_batch;
use arrow::datatypes::{DataType, Date32Type, Int32Type};
use arrow::error::ArrowError;

use crate::record::cells::Text;

enum Key<'a> {
    Small(&'a Int32Array),
    Day(&'a Date32Array),
    Text(Text<'a>),
}

impl Key<'_> {
    #[inline]
    fn cmp(&self, a: usize, b: usize) -> Ordering {
        match self {
            Key::Small(k) => k.value(a).cmp(&k.value(b)),
            Key::Day(k) => k.value(a).cmp(&k.value(b)),
            Key::Text(k) => k.or_empty(a).as_bytes().cmp(k.or_empty(b).as_bytes()),
        }
    }
}

/// The sort columns of a batch. All of them are non-null by schema.
pub(super) struct Keys<'a> {
    keys: Vec<Key<'a>>,
    /// Bucket and first letters of the subject of each row; empty when they cannot be packed.
    packed: Vec<u128>,
    rows: usize,
}

/// Letters of a subject that are packed: all of a USCC.
const PACKED_LETTERS: usize = 18;
/// Bits of a packed letter.
const LETTER_BITS: usize = 6;

impl<'a> Keys<'a> {
    /// Looks the columns up in the batch.
    ///
    /// # Errors
    ///
    /// A column is missing or has a type that no sort column has.
    pub(super) fn of(batch: &'a RecordBatch, columns: &[&str]) -> Result<Self, ArrowError> {
        let mut keys = Self::unpacked(batch, columns)?;
        if let [Key::Small(buckets), Key::Text(subjects), ..] = keys.keys.as_slice() {
            keys.packed = pack(buckets, *subjects).unwrap_or_default();
        }
        Ok(keys)
    }

    /// The same for a few comparisons.
    ///
    /// # Errors
    ///
    /// As [`Keys::of`].
    fn unpacked(batch: &'a RecordBatch, columns: &[&str]) -> Result<Self, ArrowError> {
        let keys: Vec<Key<'a>> = columns
            .iter()
            .map(|name| {
                let array = batch.column_by_name(name).ok_or_else(|| {
                    ArrowError::SchemaError(format!("sort column {name} is missing"))
                })?;
                match array.data_type() {
                    DataType::Int32 => Ok(Key::Small(array.as_primitive::<Int32Type>())),
                    DataType::Date32 => Ok(Key::Day(array.as_primitive::<Date32Type>())),
                    other => Text::of(array.as_ref()).map(Key::Text).ok_or_else(|| {
                        ArrowError::SchemaError(format!("sort column {name} has type {other}"))
                    }),
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            keys,
            packed: Vec::new(),
            rows: batch.num_rows(),
        })
    }

    /// Order of two rows.
    #[inline]
    pub(super) fn cmp(&self, a: usize, b: usize) -> Ordering {
        if let (Some(x), Some(y)) = (self.packed.get(a), self.packed.get(b))
            && x != y
        {
            return x.cmp(y);
        }
        self.cmp_columns(a, b)
    }

    fn cmp_columns(&self, a: usize, b: usize) -> Ordering {
        for key in &self.keys {
            match key.cmp(a, b) {
                Ordering::Equal => {}
                other => return other,
            }
        }
        Ordering::Equal
    }

    /// Whether two rows agree in the first two sort columns.
    #[inline]
    pub(super) fn same_subject(&self, a: usize, b: usize) -> bool {
        if let (Some(x), Some(y)) = (self.packed.get(a), self.packed.get(b))
            && x != y
        {
            return false;
        }
        self.keys
            .iter()
            .take(2)
            .all(|key| key.cmp(a, b) == Ordering::Equal)
    }

    /// Whether the rows already stand in order.
    pub(super) fn is_sorted(&self) -> bool {
        (1..self.rows).all(|row| self.cmp(row - 1, row) != Ordering::Greater)
    }

    /// The order in which the rows stand sorted; equal rows keep their order.
    ///
    /// The sort finds runs that are already in order, so that merging a few sorted files costs a
    /// merge, not a sort.
    pub(super) fn order(&self) -> Vec<u32> {
        if self.packed.is_empty() {
            let mut order: Vec<u32> = (0..self.rows as u32).collect();
            order.sort_by(|a, b| self.cmp_columns(*a as usize, *b as usize));
            return order;
        }
        let mut order: Vec<(u128, u32)> = self.packed.iter().copied().zip(0..).collect();
        order.sort_by(|(x, a), (y, b)| {
            x.cmp(y)
                .then_with(|| self.cmp_columns(*a as usize, *b as usize))
        });
        order.into_iter().map(|(_, row)| row).collect()
    }
}

/// Bucket and subject of each row as a number that has their order; rows with equal numbers may
/// still differ beyond the packed letters. `None` when a subject has a letter that is not packed.
fn pack(buckets: &Int32Array, subjects: Text<'_>) -> Option<Vec<u128>> {
    let mut packed = Vec::with_capacity(buckets.len());
    for row in 0..buckets.len() {
        // Room for 20 bits above the letters.
        let bucket = u128::try_from(buckets.value(row)).ok()?;
        if bucket >> 20 != 0 {
            return None;
        }
        let mut number = bucket;
        let bytes = subjects.or_empty(row).as_bytes();
        for at in 0..PACKED_LETTERS {
            let letter = match bytes.get(at) {
                None => 0,
                Some(byte) => letter_of(*byte)?,
            };
            number = number << LETTER_BITS | u128::from(letter);
        }
        packed.push(number);
    }
    Some(packed)
}

/// The letters of subject ids in the order of their bytes, from 1: digits, colon, capitals, small.
#[inline]
fn letter_of(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b':' => Some(byte - b'0' + 1),
        b'A'..=b'Z' => Some(byte - b'A' + 12),
        b'a'..=b'z' => Some(byte - b'a' + 38),
        _ => None,
    }
}

/// The batch with its rows sorted by the columns; unchanged when they already are, as most are.
pub(super) fn sorted(batch: &RecordBatch, columns: &[&str]) -> Result<RecordBatch, ArrowError> {
    if columns.is_empty() || batch.num_rows() < 2 {
        return Ok(batch.clone());
    }
    // One look at each row needs no packed keys.
    if Keys::unpacked(batch, columns)?.is_sorted() {
        return Ok(batch.clone());
    }
    let order = Keys::of(batch, columns)?.order();
    take_record_batch(batch, &UInt32Array::from(order))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};
    use arrow::datatypes::{Field, Schema};

    use super::*;

    fn batch(ids: &[&str]) -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("bucket", DataType::Int32, false),
            Field::new("subject_id", DataType::Utf8, false),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int32Array::from_iter_values(
                ids.iter().map(|id| id.len() as i32 % 3),
            )),
            Arc::new(StringArray::from_iter_values(ids)),
        ];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn order(ids: &[&str]) -> Vec<u32> {
        let batch = batch(ids);
        Keys::of(&batch, &["bucket", "subject_id"]).unwrap().order()
    }

    #[test]
    fn letters_keep_the_order_of_bytes() {
        let all: Vec<u8> = (0..=127).filter_map(letter_of).collect();
        assert_eq!(all, (1..=63).collect::<Vec<u8>>());
    }

    #[test]
    fn packed_and_plain_order_agree() {
        let long = format!("p:{}", "0a".repeat(32));
        let longer = format!("p:{}", "0b".repeat(32));
        let late = format!("p:{}0c", "0a".repeat(31));
        let ids = [
            "91500100000000791X",
            "91500100000000791A",
            "org:12345678A",
            "9150010000000079",
            &longer,
            &late,
            &long,
            "reg:500100012345678",
            "91500100000000791X",
        ];
        // A letter that is not packed sends the same rows the other way.
        let mut odd: Vec<&str> = ids.to_vec();
        odd.push("甲");
        let plain: Vec<u32> = order(&odd).into_iter().filter(|row| *row < 9).collect();
        assert_eq!(order(&ids), plain);
    }
}
