//! XLSX: the parts that quality tables and return files share, and the table of figures.

use std::path::Path;

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::QualityError;
use super::facts::Metric;
use super::lines::QualityLine;
use super::render::by_unit_and_month;

/// The creation date written into every workbook, so that its bytes depend on its content alone.
const CREATED: (u16, u8, u8) = (2026, 1, 1);

/// A workbook whose bytes do not depend on the clock.
pub(super) fn workbook(title: &str) -> Result<Workbook, QualityError> {
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_ymd(CREATED.0, CREATED.1, CREATED.2)?;
    let properties = DocProperties::new()
        .set_title(title)
        .set_author("信衡")
        .set_creation_datetime(&created);
    workbook.set_properties(&properties);
    Ok(workbook)
}

/// Cell formats of our sheets.
pub(super) struct Formats {
    pub(super) title: Format,
    pub(super) head: Format,
    pub(super) text: Format,
    pub(super) number: Format,
    pub(super) percent: Format,
}

impl Formats {
    pub(super) fn new() -> Formats {
        let cell = || {
            let base = Format::new().set_font_name("宋体").set_font_size(10);
            base.set_border(FormatBorder::Thin)
                .set_border_color(Color::RGB(0xBF_BF_BF))
                .set_align(FormatAlign::VerticalCenter)
        };
        Formats {
            title: Format::new()
                .set_font_name("宋体")
                .set_font_size(14)
                .set_bold(),
            head: cell()
                .set_bold()
                .set_align(FormatAlign::Center)
                .set_background_color(Color::RGB(0xE7_EE_F7))
                .set_text_wrap(),
            text: cell().set_text_wrap(),
            number: cell().set_num_format("0").set_align(FormatAlign::Right),
            percent: cell().set_num_format("0.00%").set_align(FormatAlign::Right),
        }
    }
}

/// A4 landscape, one page wide, the header row on every page.
pub(super) fn for_print(sheet: &mut Worksheet, head_row: u32) -> Result<(), QualityError> {
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0);
    sheet
        .set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3)
        .set_footer("&C第 &P 页，共 &N 页");
    sheet
        .set_repeat_rows(head_row, head_row)?
        .set_freeze_panes(head_row + 1, 0)?;
    Ok(())
}

/// The table of figures: a sheet per unit and month with the shares, a sheet with numerators and denominators, the formulas.
///
/// # Errors
///
/// The file cannot be written.
pub fn xlsx(lines: &[QualityLine], path: &Path) -> Result<(), QualityError> {
    let mut workbook = workbook("数据质量")?;
    let formats = Formats::new();

    let sheet = workbook.add_worksheet().set_name("数据质量")?;
    sheet.write_string_with_format(
        0,
        0,
        "“双公示”数据质量（按数据来源单位和接收月份）",
        &formats.title,
    )?;
    let heads = ["数据来源单位", "月份", "收到行数"]
        .into_iter()
        .chain(Metric::ALL.into_iter().map(Metric::zh));
    for (column, head) in (0u16..).zip(heads) {
        sheet.write_string_with_format(1, column, head, &formats.head)?;
        sheet.set_column_width(column, if column == 0 { 34 } else { 11 })?;
    }
    for (row, group) in (2u32..).zip(by_unit_and_month(lines)) {
        sheet.write_string_with_format(row, 0, group.unit, &formats.text)?;
        sheet.write_string_with_format(row, 1, group.month, &formats.text)?;
        sheet.write_number_with_format(row, 2, group.rows() as f64, &formats.number)?;
        for (column, metric) in (3u16..).zip(Metric::ALL) {
            match group.line(metric).and_then(QualityLine::value) {
                Some(value) => {
                    let share = value.raw() as f64 / 10_000.0;
                    sheet.write_number_with_format(row, column, share, &formats.percent)?;
                }
                None => {
                    sheet.write_string_with_format(row, column, "—", &formats.text)?;
                }
            }
        }
    }
    for_print(sheet, 1)?;

    let sheet = workbook.add_worksheet().set_name("分子分母")?;
    for (column, (head, width)) in (0u16..).zip([
        ("数据来源单位", 34),
        ("月份", 10),
        ("指标", 12),
        ("分子", 12),
        ("分母", 12),
        ("公式", 70),
    ]) {
        sheet.write_string_with_format(0, column, head, &formats.head)?;
        sheet.set_column_width(column, width)?;
    }
    for (row, line) in (1u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, line.unit_shown(), &formats.text)?;
        sheet.write_string_with_format(row, 1, &line.month, &formats.text)?;
        sheet.write_string_with_format(row, 2, line.metric.zh(), &formats.text)?;
        sheet.write_number_with_format(row, 3, line.numerator as f64, &formats.number)?;
        sheet.write_number_with_format(row, 4, line.denominator as f64, &formats.number)?;
        sheet.write_string_with_format(row, 5, line.metric.formula(), &formats.text)?;
    }
    for_print(sheet, 0)?;
    workbook.save(path)?;
    Ok(())
}
