//! A comparison as a workbook: 概况, one matrix per scheme, 变动主体, 指标. The same bytes for the same comparison.

use std::path::Path;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::super::ReportError;
use super::words;
use crate::simulate::{Group, SchemeShift, Simulation};

/// Rows that a sheet can hold below its head.
const MOST_ROWS: usize = 1_048_575;

struct Formats {
    title: Format,
    head: Format,
    cell: Format,
    number: Format,
    moved: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = Format::new()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Top)
            .set_text_wrap();
        let number = cell.clone().set_align(FormatAlign::Right);
        Self {
            title: Format::new()
                .set_bold()
                .set_font_size(18)
                .set_font_color("#9B1C1C"),
            head: Format::new()
                .set_bold()
                .set_background_color("#F3EFE6")
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::VerticalCenter)
                .set_text_wrap(),
            moved: number.clone().set_background_color("#FFF6DC"),
            cell,
            number,
        }
    }
}

/// Writes the workbook.
///
/// # Errors
/// When the file cannot be written.
pub fn simulation_xlsx(simulation: &Simulation, path: &Path) -> Result<(), ReportError> {
    let mut book = Workbook::new();
    let (year, month, day) = simulation.as_of.ymd();
    let created = ExcelDateTime::from_ymd(
        u16::try_from(year).unwrap_or(2000),
        u8::try_from(month).unwrap_or(1),
        u8::try_from(day).unwrap_or(1),
    )?;
    book.set_properties(
        &DocProperties::new()
            .set_title("规则模拟对比")
            .set_company("信衡")
            .set_creation_datetime(&created),
    );
    let formats = Formats::new();
    cover(book.add_worksheet().set_name("概况")?, simulation, &formats)?;
    for (number, scheme) in (1..).zip(&simulation.schemes) {
        let sheet = book
            .add_worksheet()
            .set_name(sheet_name(number, &scheme.title))?;
        matrix(sheet, scheme, simulation, &formats)?;
    }
    movers(
        book.add_worksheet().set_name("变动主体")?,
        simulation,
        &formats,
    )?;
    figures(book.add_worksheet().set_name("指标")?, simulation, &formats)?;
    book.save(path)?;
    Ok(())
}

/// `矩阵1 重庆市企业环境信用评价`: at most 31 characters, none of those that a sheet's name may not have.
fn sheet_name(number: usize, title: &str) -> String {
    let kept = title.chars().filter(|c| !"[]:*?/\\'".contains(*c));
    format!("矩阵{number} ")
        .chars()
        .chain(kept)
        .take(31)
        .collect()
}

fn paper(sheet: &mut Worksheet) {
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3);
}

/// Writes a count as a number; returns nothing that can be lost: counts above four milliards stand as text.
fn count(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    count: u64,
    format: &Format,
) -> Result<(), ReportError> {
    match u32::try_from(count) {
        Ok(count) => sheet.write_number_with_format(row, column, count, format)?,
        Err(_) => sheet.write_string_with_format(row, column, count.to_string(), format)?,
    };
    Ok(())
}

fn heads(
    sheet: &mut Worksheet,
    row: u32,
    titles: &[&str],
    formats: &Formats,
) -> Result<(), ReportError> {
    for (column, title) in (0u16..).zip(titles) {
        sheet.write_string_with_format(row, column, *title, &formats.head)?;
    }
    Ok(())
}

fn cover(
    sheet: &mut Worksheet,
    simulation: &Simulation,
    formats: &Formats,
) -> Result<(), ReportError> {
    paper(sheet);
    sheet.set_column_width(0, 24)?.set_column_width(1, 70)?;
    for column in 2..7 {
        sheet.set_column_width(column, 11)?;
    }
    sheet.write_string_with_format(0, 0, "规则模拟对比", &formats.title)?;
    let mut row = 2;
    for (label, text) in words::cover(simulation) {
        sheet.write_string_with_format(row, 0, label, &formats.head)?;
        sheet.write_string_with_format(row, 1, text, &formats.cell)?;
        row += 1;
    }
    row += 1;
    heads(
        sheet,
        row,
        &["领域", "流向", "结果数", "不变", "降级", "升级", "其他变动"],
        formats,
    )?;
    for group in &simulation.domains {
        row += 1;
        group_line(sheet, row, group, formats)?;
    }
    row += 2;
    heads(
        sheet,
        row,
        &["引起变动的规则行", "方案", "变动结果"],
        formats,
    )?;
    for (scheme, id, movers) in &simulation.rows {
        row += 1;
        sheet.write_string_with_format(row, 0, id, &formats.cell)?;
        sheet.write_string_with_format(row, 1, scheme, &formats.cell)?;
        count(sheet, row, 2, *movers, &formats.number)?;
    }
    Ok(())
}

/// A group: value, flows, then its counts.
fn group_line(
    sheet: &mut Worksheet,
    row: u32,
    group: &Group,
    formats: &Formats,
) -> Result<(), ReportError> {
    let ([value, counts @ ..], flows) = words::group(group, "未载明");
    sheet.write_string_with_format(row, 0, value, &formats.cell)?;
    sheet.write_string_with_format(row, 1, flows, &formats.cell)?;
    for (column, text) in (2u16..).zip(counts) {
        let number: u64 = text.parse().unwrap_or_default();
        count(sheet, row, column, number, &formats.number)?;
    }
    Ok(())
}

fn matrix(
    sheet: &mut Worksheet,
    scheme: &SchemeShift,
    simulation: &Simulation,
    formats: &Formats,
) -> Result<(), ReportError> {
    paper(sheet);
    sheet.set_column_width(0, 22)?.set_column_width(1, 22)?;
    for column in 2..12 {
        sheet.set_column_width(column, 13)?;
    }
    let title = format!("{}（{}）", scheme.title, scheme.id);
    sheet.write_string_with_format(0, 0, title, &formats.title)?;
    sheet.write_string_with_format(2, 0, "原＼新", &formats.head)?;
    let columns = scheme.all.columns();
    let mut row = 2;
    for (column, to) in (1u16..).zip(&columns) {
        let title = words::titled(to, scheme, simulation);
        sheet.write_string_with_format(row, column, title, &formats.head)?;
    }
    let last = u16::try_from(columns.len()).unwrap_or(u16::MAX - 1) + 1;
    sheet.write_string_with_format(row, last, "合计", &formats.head)?;
    for from in scheme.all.rows() {
        row += 1;
        let title = words::titled(from, scheme, simulation);
        sheet.write_string_with_format(row, 0, title, &formats.head)?;
        let mut sum = 0;
        for (column, to) in (1u16..).zip(&columns) {
            let cell = scheme.all.count(from, to);
            sum += cell;
            let moved = cell > 0 && !from.same(to);
            let format = if moved {
                &formats.moved
            } else {
                &formats.number
            };
            count(sheet, row, column, cell, format)?;
        }
        count(sheet, row, last, sum, &formats.number)?;
    }
    for (what, groups) in [("地区", &scheme.districts), ("主体类别", &scheme.kinds)] {
        row += 2;
        heads(
            sheet,
            row,
            &[what, "流向", "结果数", "不变", "降级", "升级", "其他变动"],
            formats,
        )?;
        for group in groups {
            row += 1;
            group_line(sheet, row, group, formats)?;
        }
    }
    Ok(())
}

fn movers(
    sheet: &mut Worksheet,
    simulation: &Simulation,
    formats: &Formats,
) -> Result<(), ReportError> {
    const COLUMNS: [(&str, f64); 12] = [
        ("序号", 6.0),
        ("方案", 26.0),
        ("主体名称", 26.0),
        ("主体标识", 22.0),
        ("主体类别", 16.0),
        ("地区", 9.0),
        ("变动", 13.0),
        ("原等级", 10.0),
        ("新等级", 10.0),
        ("得分", 14.0),
        ("标记", 20.0),
        ("暂定", 8.0),
    ];
    paper(sheet);
    sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
    for (column, (title, width)) in (0u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, column, title, &formats.head)?;
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 12, "引起变动的规则行", &formats.head)?;
    sheet.set_column_width(12, 60)?;
    // The last row of a full sheet says what it leaves out.
    let all = simulation.movers.len();
    let listed = if all > MOST_ROWS { MOST_ROWS - 1 } else { all };
    let mut last = 0;
    for (row, mover) in (1u32..).zip(simulation.movers.iter().take(listed)) {
        let cells = [
            row.to_string(),
            mover.scheme.clone(),
            mover.name.clone(),
            mover.subject_id.clone(),
            mover.kind.zh().to_owned(),
            mover.region.clone(),
            mover.movement.zh().to_owned(),
            mover.from.zh().to_owned(),
            mover.to.zh().to_owned(),
            words::scores(mover),
            words::flags(mover),
            words::marks(mover).to_owned(),
            words::why(mover),
        ];
        for (column, text) in (0u16..).zip(cells) {
            sheet.write_string_with_format(row, column, text, &formats.cell)?;
        }
        last = row;
    }
    if listed < all {
        let text = format!("本表只列前{listed}项，共{all}项");
        sheet.write_string_with_format(last + 1, 0, text, &formats.cell)?;
    }
    sheet.autofilter(0, 0, last, 12)?;
    Ok(())
}

fn figures(
    sheet: &mut Worksheet,
    simulation: &Simulation,
    formats: &Formats,
) -> Result<(), ReportError> {
    paper(sheet);
    sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
    heads(sheet, 0, &["方案", "指标", "原规则", "新规则"], formats)?;
    for (column, width) in (0u16..).zip([34.0, 30.0, 26.0, 26.0]) {
        sheet.set_column_width(column, width)?;
    }
    let mut row = 0;
    for scheme in &simulation.schemes {
        for [label, old, new] in words::figures(scheme, simulation) {
            row += 1;
            sheet.write_string_with_format(row, 0, &scheme.title, &formats.cell)?;
            sheet.write_string_with_format(row, 1, label, &formats.cell)?;
            sheet.write_string_with_format(row, 2, old, &formats.number)?;
            sheet.write_string_with_format(row, 3, new, &formats.number)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sheets_are_allowed_ones() {
        let name = sheet_name(12, &"a/b:c[d]*评价".repeat(9));
        assert_eq!(name.chars().count(), 31);
        assert!(name.starts_with("矩阵12 abcd评价"));
    }
}
