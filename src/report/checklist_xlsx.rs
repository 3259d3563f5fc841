//! The checklist as a workbook: 封面, 清单, 待复核, 不予采取, 等级, 差异化监管, 激励. The same bytes for the same night.

use std::path::Path;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::ReportError;
use super::data::ReportData;
use super::rows::Rows;
use super::subject_html::state_zh;

/// Column title, width in characters, and where its text comes from.
type Column<'a> = (&'a str, f64, &'a dyn Fn(Rows<'_>, usize) -> String);

struct Formats {
    title: Format,
    head: Format,
    cell: Format,
}

/// Writes the checklist; `only` restricts it to one subject.
///
/// # Errors
/// When the file cannot be written.
pub fn checklist_xlsx(
    data: &ReportData,
    only: Option<&str>,
    path: &Path,
) -> Result<(), ReportError> {
    let mut book = Workbook::new();
    let (year, month, day) = data.as_of.ymd();
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
    let formats = Formats {
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
        cell: Format::new()
            .set_border(FormatBorder::Thin)
            .set_align(FormatAlign::Top)
            .set_text_wrap(),
    };
    cover(data, only, &mut book, &formats)?;
    let names = data.names();
    let name = |rows: Rows<'_>, i: usize| {
        let id = rows.text(i, "subject_id");
        names.get(&id).cloned().unwrap_or(id)
    };
    let col = |column: &'static str| move |rows: Rows<'_>, i: usize| rows.text(i, column);
    let measure = col("measure");
    let (category, content, basis, body, role) = (
        col("category"),
        col("content"),
        col("basis"),
        col("body"),
        col("target_role"),
    );
    let (facts, remedy, reason, repair, id) = (
        col("trigger_facts"),
        col("remedy"),
        col("reason"),
        col("repair_from"),
        col("subject_id"),
    );
    let origin = |rows: Rows<'_>, i: usize| {
        let status = match rows.text(i, "list_row_status").as_str() {
            "verified" => "已核",
            "assumed" => "未核，推定",
            _ => "",
        };
        let parts = [
            rows.text(i, "list_edition"),
            rows.text(i, "list_no"),
            status.to_owned(),
        ];
        parts
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("，")
    };
    let trigger = |rows: Rows<'_>, i: usize| {
        format!(
            "{} {}",
            rows.text(i, "trigger_document_no"),
            rows.text(i, "trigger_decided_on")
        )
    };
    let term = |rows: Rows<'_>, i: usize| {
        let (from, to) = (rows.text(i, "starts_on"), rows.text(i, "ends_on"));
        let dates = if from.is_empty() && to.is_empty() {
            String::new()
        } else {
            format!("{from} 至 {to}")
        };
        format!("{dates}{}", rows.text(i, "term"))
    };
    let publicity = |rows: Rows<'_>, i: usize| match rows.text(i, "publicity_until") {
        until if until.is_empty() => "不公示".to_owned(),
        until => format!("公示至 {until}"),
    };
    let state = |rows: Rows<'_>, i: usize| state_zh(&rows.text(i, "state")).to_owned();
    let reviewer = |_: Rows<'_>, _: usize| String::new();
    let columns: [Column<'_>; 19] = [
        ("主体名称", 24.0, &name),
        ("主体标识", 22.0, &id),
        ("措施代码/名称", 18.0, &measure),
        ("类别", 8.0, &category),
        ("具体内容", 36.0, &content),
        ("依据（法名+条款）", 30.0, &basis),
        ("清单出处", 24.0, &origin),
        ("触发文书号及日期", 26.0, &trigger),
        ("触发事实", 30.0, &facts),
        ("对象", 14.0, &role),
        ("实施主体", 16.0, &body),
        ("起止日", 20.0, &term),
        ("公示期限", 16.0, &publicity),
        ("可修复起算日", 13.0, &repair),
        ("救济途径", 30.0, &remedy),
        ("复核人", 10.0, &reviewer),
        ("状态", 10.0, &state),
        ("说明", 36.0, &reason),
        ("运行编号", 14.0, &col("run_id")),
    ];
    let m = Rows(&data.measures);
    for (sheet, wanted) in [
        ("清单", "proposed"),
        ("待复核", "needs_review"),
        ("不予采取及理由", "excluded"),
    ] {
        let chosen: Vec<usize> = (0..m.len())
            .filter(|i| {
                m.text(*i, "state") == wanted && only.is_none_or(|s| m.text(*i, "subject_id") == s)
            })
            .collect();
        table(&mut book, sheet, m, &chosen, &columns, &formats)?;
    }
    let g = Rows(&data.grades);
    let title = |rows: Rows<'_>, i: usize| data.title(&rows.text(i, "scheme")).to_owned();
    let grade = |rows: Rows<'_>, i: usize| {
        if rows.flag(i, "rated") {
            format!("{} {}", rows.text(i, "grade"), rows.text(i, "grade_name"))
        } else {
            "未评级".to_owned()
        }
    };
    let columns: [Column<'_>; 9] = [
        ("评价方案", 26.0, &title),
        ("主体名称", 26.0, &col("subject_name")),
        ("主体标识", 22.0, &id),
        ("等级", 16.0, &grade),
        ("得分", 10.0, &col("score")),
        ("理由", 44.0, &reason),
        ("下次变化日", 13.0, &col("next_change_on")),
        ("届时", 20.0, &col("next_change_to")),
        ("暂定", 8.0, &col("provisional")),
    ];
    table(&mut book, "等级", g, &every(g, only), &columns, &formats)?;
    let s = Rows(&data.supervision);
    let columns: [Column<'_>; 8] = [
        ("评价方案", 26.0, &title),
        ("主体名称", 26.0, &name),
        ("等级", 8.0, &col("grade")),
        ("标识", 16.0, &col("flag")),
        ("内容", 44.0, &content),
        ("检查上限（次）", 12.0, &col("max_inspections")),
        (
            "周期",
            10.0,
            &|rows, i| match rows.text(i, "per").as_str() {
                "year" => "年".to_owned(),
                "quarter" => "季度".to_owned(),
                other => other.to_owned(),
            },
        ),
        ("依据", 26.0, &basis),
    ];
    table(
        &mut book,
        "差异化监管",
        s,
        &every(s, only),
        &columns,
        &formats,
    )?;
    let n = Rows(&data.incentives);
    let columns: [Column<'_>; 7] = [
        ("主体名称", 26.0, &name),
        ("激励", 22.0, &col("incentive")),
        ("内容", 40.0, &content),
        ("条件", 30.0, &col("condition")),
        ("依据", 26.0, &basis),
        ("状态", 10.0, &state),
        ("说明", 30.0, &reason),
    ];
    table(&mut book, "激励", n, &every(n, only), &columns, &formats)?;
    book.save(path)?;
    Ok(())
}

fn every(rows: Rows<'_>, only: Option<&str>) -> Vec<usize> {
    (0..rows.len())
        .filter(|i| only.is_none_or(|s| rows.text(*i, "subject_id") == s))
        .collect()
}

fn cover(
    data: &ReportData,
    only: Option<&str>,
    book: &mut Workbook,
    formats: &Formats,
) -> Result<(), ReportError> {
    let sheet = book.add_worksheet().set_name("封面")?;
    paper(sheet);
    sheet.set_column_width(0, 22)?.set_column_width(1, 70)?;
    sheet.write_string_with_format(0, 0, "失信惩戒措施清单", &formats.title)?;
    let m = Rows(&data.measures);
    let count = |state: &str| {
        (0..m.len())
            .filter(|i| m.text(*i, "state") == state)
            .count()
    };
    let schemes = data
        .titles
        .iter()
        .map(|(id, t)| format!("{t}（{id}）"))
        .collect::<Vec<_>>()
        .join("\n");
    let provisional = if (0..m.len()).any(|i| m.flag(i, "provisional")) {
        "本清单含暂定条款：来源尚未核实全文，使用前须由承办人员复核。"
    } else {
        "无"
    };
    let lines = [
        ("范围", only.unwrap_or("全部主体").to_owned()),
        ("评价基准日", data.as_of.zh()),
        ("规则包摘要", data.run.rules_digest.clone()),
        ("评价方案", schemes),
        ("惩戒措施清单版次", data.list_edition.clone()),
        ("运行编号", data.run.run_id.clone()),
        ("建议采取（条）", count("proposed").to_string()),
        ("待人工复核（条）", count("needs_review").to_string()),
        ("不予采取（条）", count("excluded").to_string()),
        ("暂定说明", provisional.to_owned()),
        ("使用说明", "每条措施均须有生效文书和法律条款；等级本身不构成减损权益措施的依据；实施前由有权机关人工复核并签署。".to_owned()),
    ];
    for (row, (label, text)) in (2u32..).zip(lines) {
        sheet.write_string_with_format(row, 0, label, &formats.head)?;
        sheet.write_string_with_format(row, 1, text, &formats.cell)?;
    }
    Ok(())
}

fn paper(sheet: &mut Worksheet) {
    sheet
        .set_paper_size(9)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.4, 0.4, 0.5, 0.5, 0.3, 0.3);
}

fn table(
    book: &mut Workbook,
    name: &str,
    rows: Rows<'_>,
    chosen: &[usize],
    columns: &[Column<'_>],
    formats: &Formats,
) -> Result<(), ReportError> {
    let sheet = book.add_worksheet().set_name(name)?;
    paper(sheet);
    sheet.set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
    sheet.write_string_with_format(0, 0, "序号", &formats.head)?;
    sheet.set_column_width(0, 6)?;
    for (c, (title, width, _)) in (1u16..).zip(columns) {
        sheet.write_string_with_format(0, c, *title, &formats.head)?;
        sheet.set_column_width(c, *width)?;
    }
    for (r, &i) in (1u32..).zip(chosen) {
        sheet.write_string_with_format(r, 0, r.to_string(), &formats.cell)?;
        for (c, (_, _, text)) in (1u16..).zip(columns) {
            sheet.write_string_with_format(r, c, text(rows, i), &formats.cell)?;
        }
    }
    let last = u32::try_from(chosen.len()).unwrap_or(0);
    sheet.autofilter(0, 0, last, u16::try_from(columns.len()).unwrap_or(0))?;
    Ok(())
}
