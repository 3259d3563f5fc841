//! What a reader gives: chunks of rows, and whole files put together from them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::SourceRow;
use crate::standard::{Layout, Mapping};

/// What kind of file it was, by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited text: CSV, TSV, `|`-separated.
    Csv,
    /// XLSX.
    Xlsx,
    /// XLS (BIFF).
    Xls,
    /// JSON lines, an array, or a wrapped array.
    Json,
    /// XML.
    Xml,
    /// Parquet.
    Parquet,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Csv => "CSV",
            Format::Xlsx => "XLSX",
            Format::Xls => "XLS",
            Format::Json => "JSON",
            Format::Xml => "XML",
            Format::Parquet => "Parquet",
        })
    }
}

/// A sheet: a worksheet, the one table of a text file, or the records of one kind in a JSON or XML file.
#[derive(Clone, Debug)]
pub struct SheetHead {
    /// Its place among the file's sheets with a recognised header, from 0.
    pub index: usize,
    /// Its name: of the worksheet, or 行政处罚, 行政许可, 信用事件 for records, or "" for a text file.
    pub name: String,
    /// Its layout.
    pub layout: Arc<Layout>,
    /// The mapping of its header. Rows of JSON and XML files may carry a wider one.
    pub mapping: Arc<Mapping>,
    /// The row of its header, from 1; 0 where there is none (JSON, XML, Parquet).
    pub header_row: u32,
}

/// A row of the data area that holds no data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Its row, as in [`SourceRow::row_no`].
    pub row_no: u32,
    /// Why, in Chinese.
    pub reason: String,
}

/// Rows of one sheet, in the order of the file.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The sheet.
    pub sheet: Arc<SheetHead>,
    /// Rows of data.
    pub rows: Vec<SourceRow>,
    /// Rows without data.
    pub skipped: Vec<Skipped>,
}

/// What is known of a file after it was read to the end.
#[derive(Clone, Debug)]
pub struct FileSummary {
    /// Its name without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its kind.
    pub format: Format,
    /// The encoding of a text file.
    pub encoding: Option<&'static str>,
    /// What the sender should know, in Chinese.
    pub notes: Vec<String>,
    /// Rows of the data area: data rows and skipped rows.
    pub rows_read: u64,
}

/// One sheet with all its rows.
#[derive(Clone, Debug)]
pub struct SourceSheet {
    /// Its name; see [`SheetHead::name`].
    pub name: String,
    /// Its layout.
    pub layout: Arc<Layout>,
    /// The mapping of its header.
    pub mapping: Arc<Mapping>,
    /// The row of its header, from 1; 0 where there is none.
    pub header_row: u32,
    /// Its rows of data.
    pub rows: Vec<SourceRow>,
    /// Its rows without data.
    pub skipped: Vec<Skipped>,
}

/// A whole file in memory.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its name without folders.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// Its kind.
    pub format: Format,
    /// The encoding of a text file.
    pub encoding: Option<&'static str>,
    /// What the sender should know, in Chinese.
    pub notes: Vec<String>,
    /// Its sheets with a recognised header; one may be empty.
    pub sheets: Vec<SourceSheet>,
}

impl SourceFile {
    /// Adds a chunk to the rows collected so far.
    pub(in crate::ingest) fn collect(&mut self, chunk: Chunk) {
        if self.sheets.len() <= chunk.sheet.index {
            self.sheets.push(SourceSheet::of(&chunk.sheet));
        }
        if let Some(sheet) = self.sheets.get_mut(chunk.sheet.index) {
            sheet.rows.extend(chunk.rows);
            sheet.skipped.extend(chunk.skipped);
        }
    }

    /// Rows of the data area: data rows and skipped rows of every sheet.
    pub fn rows_read(&self) -> u64 {
        self.sheets
            .iter()
            .map(|sheet| (sheet.rows.len() + sheet.skipped.len()) as u64)
            .sum()
    }

    /// Skipped rows of every sheet.
    pub fn rows_skipped(&self) -> u64 {
        self.sheets
            .iter()
            .map(|sheet| sheet.skipped.len() as u64)
            .sum()
    }

    /// The ids of the layouts of its sheets, joined by `, `.
    pub fn layouts(&self) -> String {
        let mut ids: Vec<&str> = self
            .sheets
            .iter()
            .map(|sheet| sheet.layout.id.as_str())
            .collect();
        ids.dedup();
        ids.join(", ")
    }
}

impl SourceSheet {
    /// A sheet without rows.
    pub(in crate::ingest) fn of(head: &SheetHead) -> SourceSheet {
        SourceSheet {
            name: head.name.clone(),
            layout: head.layout.clone(),
            mapping: head.mapping.clone(),
            header_row: head.header_row,
            rows: Vec::new(),
            skipped: Vec::new(),
        }
    }
}
