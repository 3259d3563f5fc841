//! Readers: from a file of any kind to rows whose cells are reachable by canonical column.
//!
//! Owns: what a file is (by its bytes, never by its name), its encoding, where its header stands, which rows are data. Every row of the
//! data area is given on or named as skipped with its reason; a file that cannot be read is [`Refused`] whole.
//! Does not own: the meaning of headers (`standard`), the verdict on cells (`check`).
//! May never know: the store, grades, the clock.

mod csv;
mod decode;
mod json;
mod keyed;
pub(in crate::ingest) mod packed;
mod parquet;
mod refused;
mod row;
mod rows;
mod sniff;
mod source;
mod spreadsheet;
mod table;
mod xml;

use std::path::Path;

pub use refused::{Refused, RefusedCause};
pub use row::{Notice, RawCell, SourceRow, Values};
pub use source::{Chunk, FileSummary, Format, SheetHead, Skipped, SourceFile, SourceSheet};

use crate::standard::Standards;
use sniff::Container;

pub use sniff::Sniffed;

/// Most rows that a chunk holds.
pub const CHUNK_ROWS: usize = 4096;

/// Bytes of cells after which a chunk with fewer rows ends.
const CHUNK_BYTES: usize = 16 << 20;

/// Longest row in bytes, all cells together. A row of the widest template whose cells are as long as a spreadsheet can hold (32,767
/// characters) has half of it; a longer one is no row, but a file without line ends or something else.
const LONGEST_ROW: usize = 8 << 20;

/// A row that is too long to be one, counted as the file does.
fn too_long(row_no: u32) -> RefusedCause {
    let most = LONGEST_ROW >> 20;
    RefusedCause::Damaged(format!(
        "第{row_no}行超过{most}MB，可能缺少换行，或者引号、内容错位"
    ))
}

/// Reads a whole file into memory. See [`read_chunks`] for large ones.
///
/// # Errors
/// [`Refused`] when the file cannot be read as a whole; nothing of it may be used then.
pub fn read_file(path: &Path, standards: &Standards) -> Result<SourceFile, Refused> {
    let mut file = SourceFile {
        name: String::new(),
        path: path.to_owned(),
        sha256: String::new(),
        format: Format::Csv,
        encoding: None,
        notes: Vec::new(),
        sheets: Vec::new(),
    };
    let summary = read_chunks(path, standards, &mut |chunk| file.collect(chunk))?;
    file.name = summary.name;
    file.sha256 = summary.sha256;
    file.format = summary.format;
    file.encoding = summary.encoding;
    file.notes = summary.notes;
    Ok(file)
}

/// Reads a file piece by piece: rows in the order of the file, at most [`CHUNK_ROWS`] at a time, so that memory does not grow with
/// the file (XLS aside, whose reader holds a sheet).
///
/// # Errors
/// [`Refused`]; chunks that were given before it must be dropped, for the file counts as not read.
pub fn read_chunks(
    path: &Path,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<FileSummary, Refused> {
    read_sniffed(path, sniff(path)?, standards, sink)
}

/// The same for a file that was looked at.
///
/// # Errors
/// As [`read_chunks`].
pub fn read_sniffed(
    path: &Path,
    found: Sniffed,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<FileSummary, Refused> {
    let name = name_of(path);
    read_any(path, &name, found, standards, sink).map_err(|cause| Refused { file: name, cause })
}

/// Looks at a whole file once: its digest, what kind of bytes it has, its encoding.
///
/// # Errors
/// [`Refused`] when the file cannot be opened or read, or is empty.
pub fn sniff(path: &Path) -> Result<Sniffed, Refused> {
    sniff::sniff(path).map_err(|cause| Refused {
        file: name_of(path),
        cause,
    })
}

/// The name of a file without its folders.
pub(in crate::ingest) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn read_any(
    path: &Path,
    name: &str,
    found: Sniffed,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<FileSummary, RefusedCause> {
    let mut data_rows = 0_u64;
    let mut skipped_rows = 0_u64;
    let mut titles: Vec<String> = Vec::new();
    let mut long: Option<u32> = None;
    let mut counting = |chunk: Chunk| {
        let is_long = |row: &&SourceRow| row.values.text().len() > LONGEST_ROW;
        long = long.or_else(|| chunk.rows.iter().find(is_long).map(|row| row.row_no));
        if long.is_some() {
            return;
        }
        if titles.len() <= chunk.sheet.index {
            titles.push(chunk.sheet.layout.title.clone());
        }
        data_rows += chunk.rows.len() as u64;
        skipped_rows += chunk.skipped.len() as u64;
        sink(chunk);
    };
    let mut replaced = None;
    let format = match found.container {
        Container::Text => {
            let text = decode::open(path, &found)?;
            replaced = Some(text.replaced());
            read_text(text, standards, &mut counting)?
        }
        Container::Zip => spreadsheet::read_xlsx(path, standards, &mut counting)?,
        Container::Cfb => spreadsheet::read_xls(path, standards, &mut counting)?,
        Container::Parquet => parquet::read(path, standards, &mut counting)?,
    };
    if let Some(row_no) = long {
        return Err(too_long(row_no));
    }
    if data_rows == 0 {
        return Err(RefusedCause::NoRows(titles.join("、")));
    }
    let is_text = found.container == Container::Text;
    let mut notes = Vec::new();
    if replaced.is_some_and(|flag| flag.get()) {
        notes.push(format!(
            "文件中有无法按{}解码的字节，已显示为“\u{FFFD}”，请改用UTF-8或GB18030重新导出",
            found.encoding.name()
        ));
    }
    Ok(FileSummary {
        name: name.to_owned(),
        sha256: found.sha256,
        format,
        encoding: is_text.then(|| found.encoding.name()),
        notes,
        rows_read: data_rows + skipped_rows,
    })
}

fn read_text(
    mut text: decode::Text,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<Format, RefusedCause> {
    match text.first_char()? {
        None => Err(RefusedCause::Empty),
        Some('{' | '[') => json::read(text, standards, sink).map(|()| Format::Json),
        Some('<') => xml::read(text, standards, sink).map(|()| Format::Xml),
        Some(_) => csv::read(text, standards, sink).map(|()| Format::Csv),
    }
}
