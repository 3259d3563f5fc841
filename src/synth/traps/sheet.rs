//! Writing trap rows with exactly the cell types they need.

use std::fs;
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook};

use super::super::SynthError;
use super::super::layout::Layout;
use super::super::sink::Format;
use super::edit::Cell;

/// One sheet, header in row 1.
pub(super) fn xlsx(
    path: &Path,
    name: &str,
    layout: &Layout,
    rows: &[Vec<Cell>],
) -> Result<(), SynthError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(2026, 11, 20)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_author("xinheng synth")
            .set_creation_datetime(&created),
    );
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    let date = CellFormat::new().set_num_format("yyyy/mm/dd");
    for (at, column) in layout.columns.iter().enumerate() {
        sheet.write_string(0, at as u16, column.header)?;
    }
    for (index, row) in rows.iter().enumerate() {
        let index = index as u32 + 1;
        for (at, cell) in row.iter().enumerate() {
            let at = at as u16;
            match cell {
                Cell::Text(text) if text.is_empty() => {}
                Cell::Text(text) => {
                    sheet.write_string(index, at, text)?;
                }
                Cell::Number(number) => {
                    sheet.write_number(index, at, *number)?;
                }
                Cell::Date(day) => {
                    sheet.write_number_with_format(
                        index,
                        at,
                        f64::from(day.epoch() + 25_569),
                        &date,
                    )?;
                }
            }
        }
    }
    workbook.save(path)?;
    Ok(())
}

/// A CSV file in the given encoding.
pub(super) fn csv(
    path: &Path,
    format: Format,
    layout: &Layout,
    rows: &[Vec<Cell>],
) -> Result<(), SynthError> {
    let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
    writer.write_record(layout.columns.iter().map(|column| column.header))?;
    for row in rows {
        writer.write_record(row.iter().map(Cell::text))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| SynthError::Io(error.into_error()))?;
    let bytes = match format {
        Format::CsvGb18030 => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            encoding_rs::GB18030.encode(&text).0.into_owned()
        }
        Format::Csv => [&b"\xEF\xBB\xBF"[..], &bytes].concat(),
        _ => bytes,
    };
    fs::write(path, bytes)?;
    Ok(())
}
