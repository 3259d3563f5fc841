//! XLSX and XLS. XLSX is read as a stream of cells; XLS a sheet at a time.
//!
//! Cells keep their text; numbers read exact as far as Excel keeps them ([`number_text`]), date cells as `YYYY-MM-DD`, so that the same
//! rules judge every kind of file.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, XlsError, Xlsx, XlsxError};

use super::table::{Cells, Outcome, Table};
use super::{Chunk, Format, Notice, RefusedCause};
use crate::ingest::normalise::number_text;
use crate::standard::{HeaderError, Standards};

/// Absent rows between two rows that still count as blank ones; a larger gap is a stray cell far below the table.
const GAP: u32 = 1000;

/// Reads every sheet of an XLSX file.
pub(super) fn read_xlsx(
    path: &Path,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<Format, RefusedCause> {
    let mut book =
        Xlsx::new(BufReader::new(File::open(path)?)).map_err(|error| xlsx_cause(&error))?;
    let mut sheets = Sheets::default();
    for name in book.sheet_names() {
        let mut table = Table::new(standards, &name, sheets.data, sink);
        let mut row = Row::default();
        let mut cells = match book.worksheet_cells_reader(&name) {
            Ok(cells) => cells,
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => return Err(xlsx_cause(&error)),
        };
        let mut has_header = true;
        while let Some(cell) = cells.next_cell().map_err(|error| xlsx_cause(&error))? {
            let (row_no, column) = cell.get_position();
            if row.is_before(row_no) {
                has_header = row.give(&mut table);
                if !has_header {
                    break;
                }
                row.start(row_no, &mut table);
            }
            match cell.get_value() {
                DataRef::Empty => {}
                DataRef::SharedString(text) => row.add(column, text, false),
                DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                    row.add(column, text, false);
                }
                DataRef::Float(number) => row.add(column, &number_text(*number), false),
                DataRef::Int(number) => row.add(column, &number.to_string(), false),
                DataRef::Bool(is) => row.add(column, truth(*is), false),
                DataRef::DateTime(moment) => row.add(column, &moment_text(moment), false),
                DataRef::Error(error) => row.add(column, &error.to_string(), true),
            }
        }
        if has_header {
            row.give(&mut table);
        }
        sheets.add(name, table.finish());
    }
    sheets.check().map(|()| Format::Xlsx)
}

/// Reads every sheet of an XLS file.
pub(super) fn read_xls(
    path: &Path,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<Format, RefusedCause> {
    let mut book = match Xls::new(BufReader::new(File::open(path)?)) {
        Ok(book) => book,
        Err(XlsError::Password) => return Err(RefusedCause::Encrypted),
        Err(XlsError::Io(error)) => return Err(error.into()),
        Err(error) => {
            return Err(if is_encrypted(path)? {
                RefusedCause::Encrypted
            } else {
                RefusedCause::Damaged(error.to_string())
            });
        }
    };
    let mut sheets = Sheets::default();
    for name in book.sheet_names() {
        let range = book
            .worksheet_range(&name)
            .map_err(|error| RefusedCause::Damaged(format!("工作表“{name}”：{error}")))?;
        let Some((top, left)) = range.start() else {
            continue;
        };
        let mut table = Table::new(standards, &name, sheets.data, sink);
        for (row_no, cells) in (top..).zip(range.rows()) {
            let mut row = Row::default();
            row.start(row_no, &mut table);
            for (column, cell) in (left..).zip(cells) {
                match cell {
                    Data::Empty => {}
                    Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
                        row.add(column, text, false);
                    }
                    Data::Float(number) => row.add(column, &number_text(*number), false),
                    Data::Int(number) => row.add(column, &number.to_string(), false),
                    Data::Bool(is) => row.add(column, truth(*is), false),
                    Data::DateTime(moment) => row.add(column, &moment_text(moment), false),
                    Data::Error(error) => row.add(column, &error.to_string(), true),
                }
            }
            if !row.give(&mut table) {
                break;
            }
        }
        sheets.add(name, table.finish());
    }
    sheets.check().map(|()| Format::Xls)
}

/// The row whose cells are being gathered.
#[derive(Default)]
struct Row {
    number: Option<u32>,
    text: String,
    ends: Vec<u32>,
    notices: Vec<Notice>,
}

impl Row {
    fn is_before(&self, row_no: u32) -> bool {
        self.number != Some(row_no)
    }

    /// Starts the row with this index (from 0); rows that are absent before it are blank ones.
    fn start(&mut self, row_no: u32, table: &mut Table<'_>) {
        if let Some(last) = self.number
            && row_no.saturating_sub(last) <= GAP
        {
            for absent in last + 1..row_no {
                table.push(
                    absent + 1,
                    Cells {
                        text: "",
                        ends: &[],
                    },
                    Vec::new(),
                );
            }
        }
        self.number = Some(row_no);
        self.text.clear();
        self.ends.clear();
    }

    fn add(&mut self, column: u32, text: &str, is_error: bool) {
        let column = column as usize;
        while self.ends.len() < column {
            self.ends.push(self.end());
        }
        self.text.push_str(text);
        self.ends.push(self.end());
        if is_error {
            self.notices.push(Notice::ErrorCell(column));
        }
    }

    fn end(&self) -> u32 {
        u32::try_from(self.text.len()).unwrap_or(u32::MAX)
    }

    fn give(&mut self, table: &mut Table<'_>) -> bool {
        let Some(number) = self.number else {
            return true;
        };
        let cells = Cells {
            text: &self.text,
            ends: &self.ends,
        };
        table.push(number + 1, cells, std::mem::take(&mut self.notices))
    }
}

/// What became of the sheets of a book.
#[derive(Default)]
struct Sheets {
    data: usize,
    /// The sheet without a header that looks most like a data table.
    failed: Option<(String, u32, HeaderError)>,
    has_text: bool,
}

impl Sheets {
    fn add(&mut self, name: String, outcome: Outcome) {
        match outcome {
            Outcome::Data => self.data += 1,
            Outcome::NoHeader { rows: 0, .. } => {}
            Outcome::NoHeader { nearest, .. } => {
                self.has_text = true;
                if let Some((row, error)) = nearest
                    && self
                        .failed
                        .as_ref()
                        .is_none_or(|(_, _, other)| error.matched > other.matched)
                {
                    self.failed = Some((name, row, error));
                }
            }
        }
    }

    /// A sheet of explanations beside the data is no fault; a data table with a wrong header is, even beside good sheets.
    fn check(self) -> Result<(), RefusedCause> {
        match self.failed {
            Some((name, row, error)) if self.data == 0 || error.looks_like_data() => Err(
                RefusedCause::header(format!("工作表“{name}”第{row}行："), error),
            ),
            None if self.data == 0 && self.has_text => {
                let error = HeaderError::none();
                Err(RefusedCause::header(String::new(), error))
            }
            _ => Ok(()),
        }
    }
}

fn truth(is: bool) -> &'static str {
    if is { "TRUE" } else { "FALSE" }
}

/// A date cell as `YYYY-MM-DD`, with the time where it has one.
fn moment_text(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        return number_text(moment.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

fn xlsx_cause(error: &XlsxError) -> RefusedCause {
    match error {
        XlsxError::Password => RefusedCause::Encrypted,
        XlsxError::FileNotFound(_) | XlsxError::RelationshipNotFound => {
            RefusedCause::Unsupported("压缩包，不是XLSX工作簿；多个文件请解压后逐个报送".to_owned())
        }
        other => RefusedCause::Damaged(other.to_string()),
    }
}

/// An XLSX with a password is a compound file with a stream of this name.
fn is_encrypted(path: &Path) -> Result<bool, RefusedCause> {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let mut bytes = Vec::new();
    File::open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes.windows(name.len()).any(|window| window == name))
}
