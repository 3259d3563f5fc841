//! Writing rows into files: CSV, JSON lines, XLSX and Parquet, byte for byte the same each time.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook};

use super::SynthError;
use super::layout::{Layout, Shape};
use crate::report::guard::{disk_errors, folder};

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// One sheet, header in row 1.
    Xlsx,
    /// UTF-8 with a byte order mark, as spreadsheet programs export.
    Csv,
    /// GB18030, as older systems export.
    CsvGb18030,
    /// UTF-8 without a byte order mark, `\n` line ends, as databases export.
    CsvPlain,
    /// One JSON object per line.
    JsonLines,
    /// Text columns under the headers of the layout.
    Parquet,
}

impl Format {
    /// The file name's ending.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Format::Xlsx => "xlsx",
            Format::Csv | Format::CsvGb18030 | Format::CsvPlain => "csv",
            Format::JsonLines => "jsonl",
            Format::Parquet => "parquet",
        }
    }
}

/// How XLSX cells hold days and amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellTypes {
    /// Everything as text.
    Text,
    /// Days as date cells, amounts as number cells.
    Typed,
}

/// One row, in the order of the layout's columns.
pub(crate) type Row<'a> = Vec<Cow<'a, str>>;

/// Rows in the form in which the sink takes them; made in parallel.
#[derive(Debug)]
pub(crate) enum Chunk {
    /// Encoded text.
    Bytes(Vec<u8>),
    /// Columns.
    Batch(RecordBatch),
    /// Cells, for the XLSX writer.
    Rows(Vec<Vec<String>>),
}

/// How many rows one XLSX file takes before the next begins.
const XLSX_ROWS: u32 = 200_000;
/// The creation date written into every XLSX file, so that bytes do not depend on the clock.
const XLSX_CREATED: (u16, u8, u8) = (2026, 11, 20);
/// Days between the Excel epoch and 1970-01-01.
const EXCEL_EPOCH: i32 = 25_569;

/// Encodes rows for a sink of the same format.
pub(crate) fn encode<'a>(
    format: Format,
    layout: &Layout,
    rows: impl Iterator<Item = Row<'a>>,
) -> Result<Chunk, SynthError> {
    match format {
        Format::Csv | Format::CsvGb18030 | Format::CsvPlain => {
            csv_bytes(format, rows).map(Chunk::Bytes)
        }
        Format::JsonLines => Ok(Chunk::Bytes(json_bytes(layout, rows))),
        Format::Parquet => batch(layout, rows).map(Chunk::Batch),
        Format::Xlsx => Ok(Chunk::Rows(
            rows.map(|row| row.into_iter().map(Cow::into_owned).collect())
                .collect(),
        )),
    }
}

fn csv_bytes<'a>(
    format: Format,
    rows: impl Iterator<Item = Row<'a>>,
) -> Result<Vec<u8>, SynthError> {
    let terminator = if format == Format::CsvPlain {
        csv::Terminator::Any(b'\n')
    } else {
        csv::Terminator::CRLF
    };
    let mut writer = csv::WriterBuilder::new()
        .terminator(terminator)
        .from_writer(Vec::with_capacity(1 << 20));
    for row in rows {
        if format == Format::CsvGb18030 {
            writer.write_record(row.iter().map(|cell| encoding_rs::GB18030.encode(cell).0))?;
        } else {
            writer.write_record(row.iter().map(|cell| cell.as_bytes()))?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| SynthError::Io(error.into_error()))
}

/// JSON as city platforms return it: nulls for blanks, numbers for amounts and time stamps, text for days.
fn json_bytes<'a>(layout: &Layout, rows: impl Iterator<Item = Row<'a>>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 20);
    for row in rows {
        for (at, (column, cell)) in layout.columns.iter().zip(row).enumerate() {
            bytes.push(if at == 0 { b'{' } else { b',' });
            json_text(&mut bytes, column.header);
            bytes.push(b':');
            let numeric = column.shape == Shape::Amount || column.header == "CREATE_DATE";
            if cell.is_empty() {
                bytes.extend_from_slice(b"null");
            } else if numeric
                && cell
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.')
            {
                bytes.extend_from_slice(cell.as_bytes());
            } else {
                json_text(&mut bytes, &cell);
            }
        }
        bytes.extend_from_slice(b"}\n");
    }
    bytes
}

fn json_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}

fn batch<'a>(
    layout: &Layout,
    rows: impl Iterator<Item = Row<'a>>,
) -> Result<RecordBatch, SynthError> {
    let mut builders: Vec<StringBuilder> = layout
        .columns
        .iter()
        .map(|_| StringBuilder::new())
        .collect();
    for row in rows {
        for (builder, cell) in builders.iter_mut().zip(row) {
            if cell.is_empty() {
                builder.append_null();
            } else {
                builder.append_value(cell);
            }
        }
    }
    let columns = builders
        .into_iter()
        .map(|mut builder| Arc::new(builder.finish()) as ArrayRef)
        .collect();
    Ok(RecordBatch::try_new(text_schema(layout), columns)?)
}

fn text_schema(layout: &Layout) -> Arc<Schema> {
    let fields: Vec<Field> = layout
        .columns
        .iter()
        .map(|column| Field::new(column.header, DataType::Utf8, true))
        .collect();
    Arc::new(Schema::new(fields))
}

/// A file being written.
pub(crate) enum Sink {
    /// CSV and JSON lines.
    Text(BufWriter<File>),
    /// Columns.
    Parquet(Box<ArrowWriter<File>>),
    /// A workbook, with the place of the next file when it is full.
    Xlsx(Box<XlsxSink>),
}

impl Sink {
    /// Creates the file and writes its header. A workbook for `many` rows does not hold them.
    pub(crate) fn create(
        path: &Path,
        format: Format,
        layout: &Layout,
        (sheet, cells): (&str, CellTypes),
        many: bool,
    ) -> Result<Sink, SynthError> {
        let header = || {
            layout
                .columns
                .iter()
                .map(|column| Cow::Borrowed(column.header))
                .collect::<Row<'_>>()
        };
        match format {
            Format::Csv | Format::CsvGb18030 | Format::CsvPlain => {
                let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
                if format == Format::Csv {
                    file.write_all("\u{FEFF}".as_bytes())?;
                }
                file.write_all(&csv_bytes(format, std::iter::once(header()))?)?;
                Ok(Sink::Text(file))
            }
            Format::JsonLines => Ok(Sink::Text(BufWriter::with_capacity(
                1 << 20,
                File::create(path)?,
            ))),
            Format::Parquet => {
                let properties = WriterProperties::builder()
                    .set_compression(Compression::SNAPPY)
                    .set_created_by("xinheng synth".to_owned())
                    .build();
                let writer = ArrowWriter::try_new(
                    File::create(path)?,
                    text_schema(layout),
                    Some(properties),
                )?;
                Ok(Sink::Parquet(Box::new(writer)))
            }
            Format::Xlsx => Ok(Sink::Xlsx(Box::new(XlsxSink::new(
                path, layout, sheet, cells, many,
            )?))),
        }
    }

    /// Appends rows.
    pub(crate) fn write(&mut self, chunk: Chunk) -> Result<(), SynthError> {
        match (self, chunk) {
            (Sink::Text(file), Chunk::Bytes(bytes)) => file.write_all(&bytes)?,
            (Sink::Parquet(writer), Chunk::Batch(batch)) => writer.write(&batch)?,
            (Sink::Xlsx(sink), Chunk::Rows(rows)) => {
                let write = || rows.iter().try_for_each(|row| sink.row(row));
                disk_errors(write, SynthError::Io)?;
            }
            // `encode` was called with the sink's own format.
            _ => return Err(SynthError::FormatMismatch),
        }
        Ok(())
    }

    /// Closes the file; `note` is written below the last row of a sheet.
    pub(crate) fn finish(self, note: &str) -> Result<(), SynthError> {
        match self {
            Sink::Text(mut file) => file.flush()?,
            Sink::Parquet(writer) => {
                writer.close()?;
            }
            Sink::Xlsx(sink) => disk_errors(|| sink.finish(note), SynthError::Io)?,
        }
        Ok(())
    }
}

/// A workbook with one sheet, continued in further files when it is full. Many rows wait in a temporary file beside it, its texts
/// in memory.
pub(crate) struct XlsxSink {
    path: PathBuf,
    layout: Layout,
    sheet: String,
    cells: CellTypes,
    many: bool,
    workbook: Workbook,
    next: u32,
    part: u32,
    date: CellFormat,
}

impl XlsxSink {
    fn new(
        path: &Path,
        layout: &Layout,
        sheet: &str,
        cells: CellTypes,
        many: bool,
    ) -> Result<XlsxSink, SynthError> {
        let mut sink = XlsxSink {
            path: path.to_owned(),
            layout: layout.clone(),
            sheet: sheet.to_owned(),
            cells,
            many,
            workbook: Workbook::new(),
            next: 0,
            part: 1,
            date: CellFormat::new().set_num_format("yyyy/mm/dd"),
        };
        sink.open()?;
        Ok(sink)
    }

    fn open(&mut self) -> Result<(), SynthError> {
        let (year, month, day) = XLSX_CREATED;
        let created = ExcelDateTime::from_ymd(year, month, day)?;
        self.workbook = Workbook::new();
        self.workbook.set_properties(
            &DocProperties::new()
                .set_author("xinheng synth")
                .set_creation_datetime(&created),
        );
        self.workbook.set_tempdir(folder(&self.path))?;
        let sheet = if self.many {
            self.workbook.add_worksheet_with_low_memory()?
        } else {
            self.workbook.add_worksheet()
        };
        sheet.set_name(&self.sheet)?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = CellFormat::new().set_bold();
        for (at, column) in self.layout.columns.iter().enumerate() {
            sheet.write_string_with_format(0, at as u16, column.header, &bold)?;
            sheet.set_column_width(
                at as u16,
                if column.shape == Shape::Text {
                    18.0
                } else {
                    12.0
                },
            )?;
        }
        self.next = 1;
        Ok(())
    }

    fn save(&mut self) -> Result<(), SynthError> {
        let path = if self.part == 1 {
            self.path.clone()
        } else {
            self.path.with_extension(format!("{:03}.xlsx", self.part))
        };
        self.workbook.save(path)?;
        self.part += 1;
        Ok(())
    }

    fn row(&mut self, cells: &[String]) -> Result<(), SynthError> {
        if self.next > XLSX_ROWS {
            self.save()?;
            self.open()?;
        }
        let sheet = self.workbook.worksheet_from_index(0)?;
        for (at, (cell, column)) in cells.iter().zip(&self.layout.columns).enumerate() {
            if cell.is_empty() {
                continue;
            }
            let (row, at) = (self.next, at as u16);
            match (self.cells, column.shape) {
                (CellTypes::Typed, Shape::Day) => {
                    match crate::record::Day::parse_iso(&cell.replace('/', "-")) {
                        Some(day) => {
                            let serial = f64::from(day.epoch() + EXCEL_EPOCH);
                            sheet.write_number_with_format(row, at, serial, &self.date)?;
                        }
                        None => {
                            sheet.write_string(row, at, cell)?;
                        }
                    }
                }
                (CellTypes::Typed, Shape::Amount) => match cell.parse::<f64>() {
                    Ok(number) => {
                        sheet.write_number(row, at, number)?;
                    }
                    Err(_) => {
                        sheet.write_string(row, at, cell)?;
                    }
                },
                _ => {
                    sheet.write_string(row, at, cell)?;
                }
            }
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self, note: &str) -> Result<(), SynthError> {
        if !note.is_empty() {
            let sheet = self.workbook.worksheet_from_index(0)?;
            sheet.write_string(self.next, 0, note)?;
        }
        self.save()
    }
}
