//! One workbook: its sheets, written row by row, so that memory does not grow with them.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::super::ReportError;
use super::super::guard::{folder, guarded};
use super::super::night::Night;
use super::super::part::Part;
use super::columns::{Cell, Context, SHEETS};
use super::{Limits, cover};

/// Longest text of a cell; Excel holds 32,767 characters.
const LONGEST_TEXT: usize = 32_000;
/// How hard workbooks are compressed, 1 to 9; 3 is what Excel does itself.
const COMPRESSION: u8 = 3;
/// Days from 1899-12-30, the zero of Excel, to 1970-01-01.
const EXCEL_EPOCH: i32 = 25_569;

pub(super) struct Formats {
    pub title: Format,
    pub head: Format,
    pub cell: Format,
    pub mark: Format,
    number: Format,
    day: Format,
}

impl Formats {
    fn new() -> Formats {
        let cell = Format::new()
            .set_font_size(10)
            .set_border(FormatBorder::Thin)
            .set_border_color("#B9B4A8")
            .set_align(FormatAlign::Top)
            .set_text_wrap();
        Formats {
            title: Format::new()
                .set_bold()
                .set_font_size(20)
                .set_font_color("#9B1C1C"),
            head: Format::new()
                .set_bold()
                .set_font_size(10)
                .set_background_color("#F3EFE6")
                .set_border(FormatBorder::Thin)
                .set_border_color("#B9B4A8")
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            mark: cell.clone().set_background_color("#FFF6DC"),
            number: cell
                .clone()
                .set_align(FormatAlign::Right)
                .set_num_format("0.####"),
            day: cell
                .clone()
                .set_align(FormatAlign::Left)
                .set_num_format("yyyy-mm-dd"),
            cell,
        }
    }
}

/// How a cell looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Number,
    Day,
}

/// Where the rows of a sheet go.
struct Place {
    /// Position in the workbook.
    sheet: usize,
    /// Rows on this sheet below its head.
    rows: u32,
    /// Rows on this sheet and those that it continues.
    total: u64,
    /// 1, then 2 for （2）…
    piece: u32,
}

/// A workbook in the making.
pub(super) struct Volume {
    /// Where it will stand.
    path: PathBuf,
    book: Workbook,
    formats: Formats,
    places: Vec<Place>,
    remedies: RefCell<Vec<String>>,
    limits: Limits,
    pub rows: usize,
    pub subjects: usize,
}

impl Volume {
    /// A workbook for `path`, without rows. Temporary files of its sheets stand beside it.
    pub(super) fn new(night: &Night, limits: Limits, path: &Path) -> Result<Volume, ReportError> {
        guarded(path, || Volume::without_rows(night, limits, path))
    }

    fn without_rows(night: &Night, limits: Limits, path: &Path) -> Result<Volume, ReportError> {
        let mut book = Workbook::new();
        book.set_tempdir(folder(path))?;
        book.set_zip_compression_level(COMPRESSION);
        let (year, month, day) = night.as_of.ymd();
        let created = ExcelDateTime::from_ymd(
            u16::try_from(year).unwrap_or(2000),
            u8::try_from(month).unwrap_or(1),
            u8::try_from(day).unwrap_or(1),
        )?;
        book.set_properties(
            &DocProperties::new()
                .set_title("失信惩戒措施清单")
                .set_company("信衡")
                .set_creation_datetime(&created),
        );
        let formats = Formats::new();
        paper(
            book.add_worksheet_with_constant_memory()?
                .set_name("封面")?,
            night,
        )?;
        let mut volume = Volume {
            path: path.to_owned(),
            book,
            formats,
            places: Vec::new(),
            remedies: RefCell::default(),
            limits,
            rows: 0,
            subjects: 0,
        };
        for kind in 0..SHEETS.len() {
            let sheet = volume.add_sheet(night, kind, 1)?;
            volume.places.push(Place {
                sheet,
                rows: 0,
                total: 0,
                piece: 1,
            });
        }
        Ok(volume)
    }

    /// Adds a sheet with its head; gives its position.
    fn add_sheet(&mut self, night: &Night, kind: usize, piece: u32) -> Result<usize, ReportError> {
        let position = self.book.worksheets().len();
        let name = match piece {
            1 => SHEETS[kind].name.to_owned(),
            more => format!("{}（{more}）", SHEETS[kind].name),
        };
        let sheet = self
            .book
            .add_worksheet_with_constant_memory()?
            .set_name(name)?;
        paper(sheet, night)?;
        sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 2)?;
        sheet.set_column_width(0, 6)?;
        sheet.write_string_with_format(0, 0, "序号", &self.formats.head)?;
        for (c, column) in (1u16..).zip(SHEETS[kind].columns) {
            sheet.set_column_width(c, column.width)?;
            sheet.write_string_with_format(0, c, column.title, &self.formats.head)?;
        }
        Ok(position)
    }

    /// Writes the rows of a part: of one subject, or of all.
    pub(super) fn add(
        &mut self,
        night: &Night,
        part: &Part,
        only: Option<&str>,
    ) -> Result<(), ReportError> {
        let path = self.path.clone();
        guarded(&path, || self.add_rows(night, part, only))
    }

    fn add_rows(
        &mut self,
        night: &Night,
        part: &Part,
        only: Option<&str>,
    ) -> Result<(), ReportError> {
        for (kind, sheet) in SHEETS.iter().enumerate() {
            let table = (sheet.table)(part);
            let rows = table.rows();
            let span = only.map_or(0..rows.len(), |subject| table.of_subject(subject));
            for row in span {
                if sheet.state.is_empty() || rows.str(row, "state") == sheet.state {
                    self.write(night, part, kind, row)?;
                }
            }
        }
        self.subjects += part.result_subjects().len();
        Ok(())
    }

    fn write(
        &mut self,
        night: &Night,
        part: &Part,
        kind: usize,
        row: usize,
    ) -> Result<(), ReportError> {
        if self.places[kind].rows >= self.limits.sheet_rows {
            self.close_sheet(kind)?;
            let piece = self.places[kind].piece + 1;
            let sheet = self.add_sheet(night, kind, piece)?;
            let place = &mut self.places[kind];
            (place.sheet, place.rows, place.piece) = (sheet, 0, piece);
        }
        let place = &mut self.places[kind];
        place.rows += 1;
        place.total += 1;
        self.rows += 1;
        let (line, number) = (place.rows, place.total);
        let context = Context {
            night,
            part,
            remedies: &self.remedies,
        };
        let rows = (SHEETS[kind].table)(part).rows();
        let columns = SHEETS[kind].columns;
        let cells: Vec<Cell> = columns
            .iter()
            .map(|column| (column.cell)(&context, rows, row))
            .collect();
        let lines = columns.iter().zip(&cells).map(|(column, cell)| match cell {
            Cell::Text(text) => lines(text, column.width),
            _ => 1,
        });
        let height = row_height(lines.max().unwrap_or(1));
        let sheet = self.book.worksheet_from_index(place.sheet)?;
        sheet.set_row_height(line, height)?;
        // Numbers of a row are for readers: whole, far below 2^53.
        sheet.write_number(line, 0, number as f64)?;
        let mut looks = vec![Look::Number];
        for (c, cell) in (1u16..).zip(cells) {
            looks.push(match cell {
                Cell::Text(text) => {
                    sheet.write_string(line, c, short(text))?;
                    Look::Plain
                }
                Cell::Day(Some(day)) => {
                    sheet.write_number(line, c, f64::from(day.epoch() + EXCEL_EPOCH))?;
                    Look::Day
                }
                Cell::Whole(number) => {
                    sheet.write_number(line, c, number as f64)?;
                    Look::Number
                }
                Cell::Points(Some(points)) => {
                    // Shown, never computed with: four decimals of a score are exact in 53 bits when read back.
                    sheet.write_number(line, c, points.raw() as f64 / 10_000.0)?;
                    Look::Number
                }
                Cell::Day(None) | Cell::Points(None) => Look::Plain,
            });
        }
        // The library looks a format up by all that it says, so cells that look the same get it together.
        let mut first = 0;
        for same in looks.chunk_by(|a, b| a == b) {
            let last = first + u16::try_from(same.len()).unwrap_or(u16::MAX) - 1;
            let format = match same[0] {
                Look::Plain => &self.formats.cell,
                Look::Number => &self.formats.number,
                Look::Day => &self.formats.day,
            };
            sheet.set_range_format(line, first, line, last, format)?;
            first = last + 1;
        }
        Ok(())
    }

    fn close_sheet(&mut self, kind: usize) -> Result<(), ReportError> {
        let place = &self.places[kind];
        let last = u16::try_from(SHEETS[kind].columns.len()).unwrap_or(0);
        self.book
            .worksheet_from_index(place.sheet)?
            .autofilter(0, 0, place.rows, last)?;
        Ok(())
    }

    /// Writes the cover and the file.
    pub(super) fn save(self, cover: &cover::Cover<'_>) -> Result<(), ReportError> {
        let path = self.path.clone();
        guarded(&path, || self.finish(cover))
    }

    fn finish(mut self, cover: &cover::Cover<'_>) -> Result<(), ReportError> {
        for kind in 0..SHEETS.len() {
            self.close_sheet(kind)?;
        }
        let counts: Vec<(&str, u64)> = SHEETS
            .iter()
            .zip(&self.places)
            .map(|(sheet, place)| (sheet.name, place.total))
            .collect();
        let remedies = self.remedies.take();
        let sheet = self.book.worksheet_from_index(0)?;
        cover.write(sheet, &counts, &remedies, &self.formats)?;
        self.book.save(&self.path)?;
        Ok(())
    }
}

/// Lines that a text needs in a column so wide; Chinese letters are two wide.
pub(super) fn lines(text: &str, width: f64) -> u32 {
    // Columns are a few letters to a hundred wide.
    let room = ((width.max(4.0) * 1.1) as u32).saturating_sub(1).max(3);
    text.split('\n')
        .map(|line| {
            let wide: u32 = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
            wide.div_ceil(room).max(1)
        })
        .sum()
}

/// Points; Excel allows 409.
pub(super) fn row_height(lines: u32) -> f64 {
    (f64::from(lines) * 13.0 + 2.0).min(409.0)
}

fn short(mut text: String) -> String {
    if text.len() > LONGEST_TEXT
        && let Some((at, _)) = text.char_indices().nth(LONGEST_TEXT)
    {
        text.truncate(at);
        text.push_str("……（过长，已截断）");
    }
    text
}

/// A4 landscape, as wide as the paper, pages numbered.
fn paper(sheet: &mut Worksheet, night: &Night) -> Result<(), ReportError> {
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3)
        .set_header(format!(
            "&L失信惩戒措施清单&C&A&R评价基准日 {}",
            night.as_of
        ))
        .set_footer(format!("&L{}&R第 &P 页 / 共 &N 页", night.run.run_id));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_high_as_their_longest_cell() {
        assert_eq!(lines("", 10.0), 1);
        assert_eq!(lines("四个汉字", 9.0), 1);
        assert_eq!(lines("五个汉字的", 9.0), 2);
        assert_eq!(lines("上\n下", 9.0), 2);
        assert!(row_height(1000) <= 409.0);
    }

    #[test]
    fn a_text_longer_than_a_cell_is_cut_and_says_so() {
        let long = "字".repeat(LONGEST_TEXT + 5);
        let cut = short(long);
        assert!(cut.chars().count() < 32_767 && cut.ends_with("（过长，已截断）"));
        assert_eq!(short("短".to_owned()), "短");
    }
}
