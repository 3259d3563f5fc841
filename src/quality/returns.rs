//! Return-to-sender files: what a source unit must correct, as a workbook per unit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::QualityError;
use super::lines::{ints, texts};
use super::workbook::{Formats, for_print, workbook};

/// Rows of one sheet, below the limit of the format with room for print.
const ROWS_PER_SHEET: usize = 500_000;
/// Characters of one cell: the format allows 32,767.
const CELL_CHARS: usize = 32_000;
/// Characters of a unit's name in a file name.
const NAME_CHARS: usize = 60;

/// One finding, as the source unit reads it; the order is that of the sheet.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Returned<'a> {
    file: &'a str,
    sheet: &'a str,
    row_no: i64,
    /// E before W.
    severity: &'a str,
    code: &'a str,
    field: &'a str,
    message: &'a str,
    raw: &'a str,
}

/// Writes a workbook per source unit into `out_dir` (created when missing): every error and warning with file, sheet, row,
/// field, what is wrong and what to do, and the cells as they came, identity and telephone numbers masked. Notes (severity I)
/// stay at home; a unit with nothing but notes gets no file. Returns the paths in the order of the units' names.
///
/// # Errors
///
/// The batch is not of the `quarantine` table, or a file cannot be written.
pub fn return_files(
    quarantine: &RecordBatch,
    out_dir: &Path,
) -> Result<Vec<PathBuf>, QualityError> {
    let column = |name| texts(quarantine, name);
    let (units, files, sheets) = (column("source_unit")?, column("file")?, column("sheet")?);
    let (codes, severities, fields) = (column("code")?, column("severity")?, column("field")?);
    let (messages, raws) = (column("message")?, column("raw")?);
    let rows = ints(quarantine, "row_no")?;
    let mut by_unit: BTreeMap<&str, Vec<Returned<'_>>> = BTreeMap::new();
    for row in 0..quarantine.num_rows() {
        if !matches!(severities.value(row), "E" | "W") {
            continue;
        }
        by_unit.entry(units.value(row)).or_default().push(Returned {
            file: files.value(row),
            sheet: sheets.value(row),
            row_no: rows.value(row),
            severity: severities.value(row),
            code: codes.value(row),
            field: fields.value(row),
            message: messages.value(row),
            raw: raws.value(row),
        });
    }
    fs::create_dir_all(out_dir).map_err(|source| QualityError::File {
        path: out_dir.to_owned(),
        source,
    })?;
    let mut taken = BTreeSet::new();
    let mut paths = Vec::with_capacity(by_unit.len());
    for (unit, mut returned) in by_unit {
        returned.sort_unstable();
        let path = out_dir.join(file_name(unit, &mut taken));
        write(unit, &returned, &path)?;
        paths.push(path);
    }
    Ok(paths)
}

/// `退回_渝某局.xlsx`: characters that file systems refuse become `_`, equal names are numbered.
fn file_name(unit: &str, taken: &mut BTreeSet<String>) -> String {
    let unit = if unit.is_empty() {
        "未填数据来源单位"
    } else {
        unit
    };
    let refused = |c: char| c.is_control() || c.is_whitespace() || "/\\:*?\"<>|.".contains(c);
    let clean: String = unit
        .chars()
        .map(|c| if refused(c) { '_' } else { c })
        .take(NAME_CHARS)
        .collect();
    let names = (1u32..).map(|n| {
        if n == 1 {
            format!("退回_{clean}.xlsx")
        } else {
            format!("退回_{clean}_{n}.xlsx")
        }
    });
    // The numbers do not run out before the names do.
    names
        .into_iter()
        .find(|name| taken.insert(name.to_lowercase()))
        .unwrap_or_default()
}

fn write(unit: &str, returned: &[Returned<'_>], path: &Path) -> Result<(), QualityError> {
    let mut workbook = workbook("退回改正清单")?;
    let formats = Formats::new();
    let shown = if unit.is_empty() {
        "（未填数据来源单位）"
    } else {
        unit
    };
    let rows_of = |severity| {
        let rows: BTreeSet<_> = returned
            .iter()
            .filter(|r| r.severity == severity)
            .map(|r| (r.file, r.sheet, r.row_no))
            .collect();
        rows.len()
    };
    let note = format!(
        "{shown}：退回{}行，请按“问题及处理办法”改正后重新报送；另有警告的{}行，请核对。原始内容中的证件号码、电话、账号已作遮蔽。",
        rows_of("E"),
        rows_of("W"),
    );
    let heads = [
        ("序号", 6),
        ("文件", 26),
        ("工作表", 12),
        ("行号", 7),
        ("处理", 10),
        ("代码", 10),
        ("字段", 18),
        ("问题及处理办法", 46),
        ("原始内容", 60),
    ];
    for (index, part) in returned.chunks(ROWS_PER_SHEET).enumerate() {
        let name = if index == 0 {
            "退回改正清单".to_owned()
        } else {
            format!("退回改正清单{}", index + 1)
        };
        let sheet = workbook.add_worksheet().set_name(name)?;
        sheet.write_string_with_format(0, 0, &note, &formats.title)?;
        for (column, (head, width)) in (0u16..).zip(heads) {
            sheet.write_string_with_format(1, column, head, &formats.head)?;
            sheet.set_column_width(column, width)?;
        }
        let first = index * ROWS_PER_SHEET + 1;
        for (row, (number, finding)) in (2u32..).zip((first..).zip(part)) {
            sheet.write_number_with_format(row, 0, number as f64, &formats.number)?;
            sheet.write_string_with_format(row, 1, finding.file, &formats.text)?;
            sheet.write_string_with_format(row, 2, finding.sheet, &formats.text)?;
            sheet.write_number_with_format(row, 3, finding.row_no as f64, &formats.number)?;
            let action = if finding.severity == "E" {
                "退回改正"
            } else {
                "请核对"
            };
            sheet.write_string_with_format(row, 4, action, &formats.text)?;
            sheet.write_string_with_format(row, 5, finding.code, &formats.text)?;
            sheet.write_string_with_format(row, 6, finding.field, &formats.text)?;
            sheet.write_string_with_format(row, 7, cut(finding.message), &formats.text)?;
            sheet.write_string_with_format(row, 8, cut(&cells(finding.raw)), &formats.text)?;
        }
        for_print(sheet, 1)?;
    }
    workbook.save(path)?;
    Ok(())
}

/// A JSON object's pairs in the order of the file, which is the order of the source unit's own columns.
struct Cells(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Cells {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Cells, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Cells;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of cells")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cells, A::Error> {
                let mut cells = Vec::new();
                while let Some((head, cell)) = map.next_entry::<String, Value>()? {
                    cells.push((
                        head,
                        cell.as_str()
                            .map_or_else(|| cell.to_string(), str::to_owned),
                    ));
                }
                Ok(Cells(cells))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// `列名：内容；列名：内容` of the masked cells that are filled; anything but an object stays as it is.
fn cells(raw: &str) -> String {
    let Ok(Cells(cells)) = serde_json::from_str(raw) else {
        return raw.to_owned();
    };
    let filled = cells
        .iter()
        .filter(|(_, cell)| !cell.is_empty() && cell != "null");
    filled
        .map(|(head, cell)| format!("{head}：{cell}"))
        .collect::<Vec<_>>()
        .join("；")
}

fn cut(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS).chain(['…']).collect()
}
