//! The digest of a table: the same rows give the same text, whatever their order, files, row groups.
//!
//! Definition (version 1), so that another program can compute it:
//!
//! 1. The columns `run_id`, `batch_id`, `received_on`, `version_key` and `bucket` are left out; the
//!    others stay in the order of the schema. Columns that a table got later (`linked_unit` of the events) are not named
//!    in step 4, and a row that is null there leaves them out of step 2.
//! 2. A value is encoded as one byte 0 for null, or one byte 1 followed by: text — byte length as
//!    `u32` and the UTF-8 bytes; any integer and any day (days since 1970-01-01) — `i64`; decimal —
//!    the unscaled value as `i128`; boolean — one byte; list — number of items as `u32`, then each
//!    item encoded in the same way. All numbers are little-endian.
//! 3. A row's digest is the SHA-256 of its values' encodings, one after the other.
//! 4. The table's digest is the SHA-256 of: the text `xinheng table 1` and a zero byte; the number
//!    of columns as `u32`; each column's name (length as `u32`, bytes); the number of rows as
//!    `u64`; all row digests in ascending byte order. It is written as 64 lower-case digits.

use std::path::{Path, PathBuf};

use arrow::array::{
    Array, AsArray as _, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array,
    RecordBatch,
};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int32Type, Int64Type, Schema};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::ready::Ready;
use super::spill::{RowDigest, Spill, bytes, numbers};
use super::table::LATER_COLUMNS;
use crate::record::cells::Text;
pub(super) use crate::record::digest::hex;

/// Columns that a digest leaves out: they say when and how a row arrived, not what it says.
pub const UNDIGESTED_COLUMNS: [&str; 5] =
    ["run_id", "batch_id", "received_on", "version_key", "bucket"];

const MAGIC: &[u8] = b"xinheng table 1\0";
/// Rows hashed by one thread at a time.
const CHUNK: usize = 4096;

/// Row digests kept in memory, 32 bytes each; more are sorted and set aside in a file without a name.
const KEPT_ROWS: usize = 1 << 20;

/// Row digests that a short table has.
const FEW_ROWS: usize = 1 << 16;

/// Collects rows batch by batch.
#[derive(Debug)]
pub struct TableDigest {
    columns: Vec<String>,
    /// Columns added later, encoded only where a row has a value.
    later: Vec<String>,
    rows: Vec<RowDigest>,
    aside: Option<Spill>,
    folder: Option<PathBuf>,
    kept: usize,
}

impl TableDigest {
    /// An empty table with the columns of this schema.
    pub fn new(schema: &Schema) -> Self {
        let (later, columns) = schema
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .filter(|n| !UNDIGESTED_COLUMNS.contains(&n.as_str()))
            .partition(|n| LATER_COLUMNS.contains(&n.as_str()));
        Self {
            columns,
            later,
            rows: Vec::new(),
            aside: None,
            folder: None,
            kept: KEPT_ROWS,
        }
    }

    /// Row digests that are too many for memory go to a file without a name in this folder, instead of the system's
    /// folder for temporary files.
    pub(super) fn spilling_to(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// Adds the rows of a batch. Columns are found by name; a missing one counts as all null.
    pub fn push(&mut self, batch: &RecordBatch) {
        self.add(&self.rows_of(batch));
    }

    /// The digests of the rows of a batch, as [`TableDigest::push`] adds them.
    pub(super) fn rows_of(&self, batch: &RecordBatch) -> Vec<RowDigest> {
        let columns: Vec<Option<Column<'_>>> = self
            .columns
            .iter()
            .map(|name| batch.column_by_name(name).map(|a| Column::of(a.as_ref())))
            .collect();
        let later: Vec<Column<'_>> = self
            .later
            .iter()
            .filter_map(|name| batch.column_by_name(name))
            .map(|array| Column::of(array.as_ref()))
            .collect();
        let starts: Vec<usize> = (0..batch.num_rows()).step_by(CHUNK).collect();
        let hashed: Vec<Vec<RowDigest>> = starts
            .into_par_iter()
            .map(|start| {
                let end = (start + CHUNK).min(batch.num_rows());
                let mut bytes = Vec::with_capacity(1024);
                (start..end)
                    .map(|row| {
                        bytes.clear();
                        for column in &columns {
                            match column {
                                Some(column) => column.encode(row, &mut bytes),
                                None => bytes.push(0),
                            }
                        }
                        for column in later.iter().filter(|column| !column.is_null(row)) {
                            column.encode(row, &mut bytes);
                        }
                        numbers(Sha256::digest(&bytes).into())
                    })
                    .collect()
            })
            .collect();
        hashed.concat()
    }

    /// Adds rows of which the digests are known.
    pub(super) fn add(&mut self, rows: &[RowDigest]) {
        if self.rows.len() > FEW_ROWS && self.kept < usize::MAX {
            // Growing would copy them again and again; memory that is not used yet costs nothing.
            self.rows.reserve(self.kept.saturating_sub(self.rows.len()));
        }
        self.rows.extend_from_slice(rows);
        if self.rows.len() >= self.kept {
            self.rows.par_sort_unstable();
            let folder = self.folder.as_deref();
            // Where no file can be written the digests stay in memory.
            if Spill::put(&mut self.aside, folder, &self.rows).is_ok() {
                self.rows.clear();
            } else {
                self.kept = usize::MAX;
            }
        }
    }

    /// Adds rows that were made ready for their table.
    pub fn push_ready(&mut self, rows: &Ready) {
        self.add(&rows.digests);
    }

    /// Number of rows so far.
    pub fn rows(&self) -> u64 {
        self.rows.len() as u64 + self.aside.as_ref().map_or(0, Spill::rows)
    }

    /// The digest, 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// Row digests that were set aside in a file cannot be read back.
    pub fn finish(mut self) -> std::io::Result<String> {
        let Some(aside) = self.aside.take() else {
            return Ok(self.of_kept());
        };
        self.rows.par_sort_unstable();
        let mut hash = self.head(aside.rows() + self.rows.len() as u64);
        aside.merge(&self.rows, &mut |row| hash.update(bytes(row)))?;
        Ok(hex(&hash.finalize()))
    }

    /// The digest of rows that are all in memory.
    fn of_kept(mut self) -> String {
        self.rows.par_sort_unstable();
        let mut hash = self.head(self.rows.len() as u64);
        for row in &self.rows {
            hash.update(bytes(row));
        }
        hex(&hash.finalize())
    }

    /// Everything before the row digests.
    fn head(&self, rows: u64) -> Sha256 {
        let mut hash = Sha256::new();
        hash.update(MAGIC);
        hash.update((self.columns.len() as u32).to_le_bytes());
        for name in &self.columns {
            hash.update((name.len() as u32).to_le_bytes());
            hash.update(name.as_bytes());
        }
        hash.update(rows.to_le_bytes());
        hash
    }
}

/// SHA-256 over the sorted rows of a table, see the module's documentation for the encoding.
pub fn table_digest(batch: &RecordBatch) -> String {
    let mut digest = TableDigest::new(batch.schema_ref());
    digest.kept = usize::MAX;
    digest.push(batch);
    digest.of_kept()
}

/// A column of one of the types that the schemas use.
enum Column<'a> {
    Text(Text<'a>),
    Int(&'a Int64Array),
    Small(&'a Int32Array),
    Day(&'a Date32Array),
    Flag(&'a BooleanArray),
    Decimal(&'a Decimal128Array),
    /// Lists, and the column of the items of all.
    List(&'a arrow::array::ListArray, Box<Self>),
    /// A type that no schema has; its values count as null.
    Other,
}

impl<'a> Column<'a> {
    fn of(array: &'a dyn Array) -> Self {
        if let Some(text) = Text::of(array) {
            return Self::Text(text);
        }
        match array.data_type() {
            DataType::Int64 => Self::Int(array.as_primitive::<Int64Type>()),
            DataType::Int32 => Self::Small(array.as_primitive::<Int32Type>()),
            DataType::Date32 => Self::Day(array.as_primitive::<Date32Type>()),
            DataType::Boolean => Self::Flag(array.as_boolean()),
            DataType::Decimal128(..) => Self::Decimal(array.as_primitive::<Decimal128Type>()),
            DataType::List(_) => {
                let lists = array.as_list::<i32>();
                Self::List(lists, Box::new(Self::of(lists.values().as_ref())))
            }
            _ => Self::Other,
        }
    }

    fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(text) => text.get(row).is_none(),
            Self::Int(a) => a.is_null(row),
            Self::Small(a) => a.is_null(row),
            Self::Day(a) => a.is_null(row),
            Self::Flag(a) => a.is_null(row),
            Self::Decimal(a) => a.is_null(row),
            Self::List(a, _) => a.is_null(row),
            Self::Other => true,
        }
    }

    fn encode(&self, row: usize, out: &mut Vec<u8>) {
        if let Self::Text(text) = self {
            let Some(text) = text.get(row) else {
                out.push(0);
                return;
            };
            let length = (text.len() as u32).to_le_bytes();
            out.extend_from_slice(&[1, length[0], length[1], length[2], length[3]]);
            out.extend_from_slice(text.as_bytes());
            return;
        }
        if self.is_null(row) {
            out.push(0);
            return;
        }
        out.push(1);
        match self {
            Self::Int(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Self::Small(a) => out.extend_from_slice(&i64::from(a.value(row)).to_le_bytes()),
            Self::Day(a) => out.extend_from_slice(&i64::from(a.value(row)).to_le_bytes()),
            Self::Flag(a) => out.push(u8::from(a.value(row))),
            Self::Decimal(a) => out.extend_from_slice(&a.value(row).to_le_bytes()),
            Self::List(a, items) => {
                let (start, end) = (a.value_offsets()[row], a.value_offsets()[row + 1]);
                out.extend_from_slice(&((end - start) as u32).to_le_bytes());
                // Offsets of a list are not negative.
                for item in start as usize..end as usize {
                    items.encode(item, out);
                }
            }
            Self::Text(_) | Self::Other => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::datatypes::Field;

    use super::*;

    #[test]
    fn digests_set_aside_give_the_same_text() {
        let schema = Arc::new(Schema::new(vec![Field::new("a", DataType::Int64, false)]));
        let batch = |from: i64| {
            let rows = Int64Array::from_iter_values(from..from + 1000);
            RecordBatch::try_new(Arc::clone(&schema), vec![Arc::new(rows)]).unwrap()
        };
        let digest = |kept: usize| {
            let mut digest = TableDigest::new(&schema);
            digest.kept = kept;
            for from in [5000, 1000, 3000, 0] {
                digest.push(&batch(from));
            }
            assert_eq!(digest.rows(), 4000);
            digest.finish().unwrap()
        };
        assert_eq!(digest(usize::MAX), digest(1500));
        assert_eq!(digest(usize::MAX), digest(1));
    }
}
