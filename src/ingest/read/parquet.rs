//! Parquet with one text column per template column; other column types are read as their text.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::table::{Cells, Outcome, Table};
use super::{CHUNK_ROWS, Chunk, Format, RefusedCause};
use crate::standard::{HeaderError, Standards};

/// Reads a Parquet file, batch by batch.
pub(super) fn read(
    path: &Path,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<Format, RefusedCause> {
    let damaged = |error: &dyn std::fmt::Display| RefusedCause::Damaged(error.to_string());
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path)?)
        .map_err(|error| damaged(&error))?;
    let mut table = Table::new(standards, "", 0, sink);
    let mut cells = Vec::new();
    let mut text = String::new();
    for field in builder.schema().fields() {
        text.push_str(field.name());
        cells.push(end(&text));
    }
    table.push(
        0,
        Cells {
            text: &text,
            ends: &cells,
        },
        Vec::new(),
    );
    let reader = builder
        .with_batch_size(CHUNK_ROWS)
        .build()
        .map_err(|error| damaged(&error))?;
    let mut row_no = 0_u32;
    for batch in reader {
        let batch = batch.map_err(|error| damaged(&error))?;
        let columns: Vec<ArrayRef> = batch
            .columns()
            .iter()
            .map(as_text)
            .collect::<Result<_, _>>()
            .map_err(|error| damaged(&error))?;
        let columns: Vec<&StringArray> = columns
            .iter()
            .filter_map(|column| column.as_any().downcast_ref())
            .collect();
        for row in 0..batch.num_rows() {
            row_no = row_no.saturating_add(1);
            text.clear();
            cells.clear();
            for column in &columns {
                if column.is_valid(row) {
                    text.push_str(column.value(row));
                }
                cells.push(end(&text));
            }
            table.push(
                row_no,
                Cells {
                    text: &text,
                    ends: &cells,
                },
                Vec::new(),
            );
        }
    }
    match table.finish() {
        Outcome::Data => Ok(Format::Parquet),
        Outcome::NoHeader { nearest, .. } => {
            let error = nearest
                .map(|(_, error)| error)
                .unwrap_or_else(HeaderError::none);
            Err(RefusedCause::header("列名：".to_owned(), error))
        }
    }
}

fn end(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

/// A column as text; dates and numbers as Arrow prints them.
fn as_text(column: &ArrayRef) -> Result<ArrayRef, arrow::error::ArrowError> {
    if let Ok(text) = cast(column, &DataType::Utf8) {
        return Ok(text);
    }
    let options = FormatOptions::default().with_null("");
    let formatter = ArrayFormatter::try_new(column.as_ref(), &options)?;
    let texts: Vec<String> = (0..column.len())
        .map(|row| formatter.value(row).to_string())
        .collect();
    Ok(std::sync::Arc::new(StringArray::from(texts)))
}
