//! A comparison as a workbook: 概况, one matrix per scheme, 变动主体, 指标. The same bytes for the same comparison.

use std::path::Path;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::super::ReportError;
use super::super::guard::{folder, guarded};
use super::words;
use crate::simulate::{Group, SchemeShift, Simulation};

/// Rows that a sheet can hold below its head.
const MOST_ROWS: u32 = 1_048_575;

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

/// Writes the workbook, all movers in it: as many sheets as they need. Temporary files stand beside it.
///
/// # Errors
/// The file cannot be written, or movers that waited on the disk cannot be read back.
pub fn simulation_xlsx(simulation: &Simulation, path: &Path) -> Result<(), ReportError> {
    guarded(path, || write(simulation, path, MOST_ROWS))
}

fn write(simulation: &Simulation, path: &Path, most_rows: u32) -> Result<(), ReportError> {
    let mut book = Workbook::new();
    book.set_tempdir(folder(path))?;
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
    movers(&mut book, simulation, &formats, most_rows)?;
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

const MOVER_COLUMNS: [(&str, f64); 13] = [
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
    ("引起变动的规则行", 60.0),
];

/// The movers, sheet after sheet; rows go to the disk as they come.
fn movers(
    book: &mut Workbook,
    simulation: &Simulation,
    formats: &Formats,
    most_rows: u32,
) -> Result<(), ReportError> {
    let mut movers = (1u64..).zip(simulation.movers.iter()).peekable();
    for number in 1u32.. {
        let name = match number {
            1 => "变动主体".to_owned(),
            more => format!("变动主体（{more}）"),
        };
        let sheet = book.add_worksheet_with_constant_memory()?.set_name(name)?;
        paper(sheet);
        sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
        for (column, (title, width)) in (0u16..).zip(MOVER_COLUMNS) {
            sheet.set_column_width(column, width)?;
            sheet.write_string_with_format(0, column, title, &formats.head)?;
        }
        let mut last = 0;
        for (row, (number, mover)) in (1..=most_rows).zip(movers.by_ref()) {
            let mover = mover?;
            let cells = [
                number.to_string(),
                mover.scheme.clone(),
                mover.name.clone(),
                mover.subject_id.clone(),
                mover.kind.zh().to_owned(),
                mover.region.clone(),
                mover.movement.zh().to_owned(),
                mover.from.zh().to_owned(),
                mover.to.zh().to_owned(),
                words::scores(&mover),
                words::flags(&mover),
                words::marks(&mover).to_owned(),
                words::why(&mover),
            ];
            for (column, text) in (0u16..).zip(cells) {
                sheet.write_string_with_format(row, column, text, &formats.cell)?;
            }
            last = row;
        }
        sheet.autofilter(0, 0, last, 12)?;
        if movers.peek().is_none() {
            break;
        }
    }
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
    use calamine::{Reader as _, open_workbook_auto};

    use super::*;
    use crate::record::{Day, SubjectKind};
    use crate::simulate::{Movement, Mover, Movers, PackFacts, Place};

    fn mover(number: usize) -> Mover {
        Mover {
            scheme: "environment/chongqing".to_owned(),
            subject_id: format!("id{number}"),
            name: "渝州示例有限公司".to_owned(),
            kind: SubjectKind::Entity,
            region: "500112".to_owned(),
            movement: Movement::Entered,
            from: Place::NotRated,
            to: Place::Ungraded,
            scores: (None, None),
            flags: (Vec::new(), Vec::new()),
            reasons: (String::new(), String::new()),
            provisional: (false, false),
            rows: Vec::new(),
        }
    }

    #[test]
    fn movers_that_fill_a_sheet_go_on_in_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("moves.xlsx");
        for (count, sheets) in [(0, 1), (2, 1), (3, 2), (5, 3)] {
            let mut movers = Movers::default();
            movers.add((0..count).map(mover).collect()).unwrap();
            let simulation = Simulation {
                as_of: Day::from_epoch(20_000),
                known_at: None,
                old: PackFacts::of(&[], "old"),
                new: PackFacts::of(&[], "new"),
                subjects: 9,
                moving: count as u64,
                schemes: Vec::new(),
                domains: Vec::new(),
                movers,
                rows: Vec::new(),
                notes: Vec::new(),
            };
            write(&simulation, &path, 2).unwrap();
            let mut book = open_workbook_auto(&path).unwrap();
            let names = book.sheet_names();
            let of_movers: Vec<_> = names.iter().filter(|n| n.starts_with("变动主体")).collect();
            assert_eq!(of_movers.len(), sheets, "{names:?}");
            let mut found = Vec::new();
            for name in of_movers {
                let range = book.worksheet_range(name).unwrap();
                let rows = range.rows().skip(1);
                found.extend(rows.map(|row| (row[0].to_string(), row[3].to_string())));
            }
            let wanted = (0..count).map(|n| ((n + 1).to_string(), format!("id{n}")));
            assert_eq!(found, wanted.collect::<Vec<_>>());
        }
    }

    #[test]
    fn names_of_sheets_are_allowed_ones() {
        let name = sheet_name(12, &"a/b:c[d]*评价".repeat(9));
        assert_eq!(name.chars().count(), 31);
        assert!(name.starts_with("矩阵12 abcd评价"));
    }
}
