//! SGS-H01, R01, C01, L01: cells that must be there, must not be there, or are too long.

use crate::ingest::read::Notice;
use crate::standard::{Column, ColumnType, Facts as _, Field, Need};

use super::codes::{C01, H01, L01, R01, X04};
use super::identifiers::UsccCell;
use super::{Finding, RowView};
use crate::record::SubjectKind;

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    notices(view, found);
    for column in &view.layout.columns {
        if view.is_filled(column.field) {
            forbidden(view, column, found);
        } else {
            required(view, column, found);
        }
        too_long(view, column, found);
    }
    essentials(view, found);
    identity(view, found);
}

/// What the reader noticed about the shape of the row.
fn notices(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for notice in &view.row.notices {
        found.push(match notice {
            Notice::TooManyCells { cells, columns } => Finding::error(
                H01,
                None::<Field>,
                format!("本行有{cells}个单元格，表头只有{columns}列，内容可能错位。请检查未加引号的逗号或多余的列后重新报送"),
            ),
            Notice::TooFewCells { cells, columns } => Finding::warning(
                H01,
                None::<Field>,
                format!("本行只有{cells}个单元格，表头有{columns}列，缺少的单元格按空白处理。请核对本行是否完整"),
            ),
            Notice::ErrorCell(index) => {
                let mapping = view.row.values.mapping();
                let header = mapping.headers().get(*index).map_or("", String::as_str);
                error_cell(mapping.field_at(*index), header)
            }
            _ => Finding::warning(
                H01,
                None::<Field>,
                "本行有未闭合的引号，已按普通字符读取。请核对本行内容",
            ),
        });
    }
    error_texts(view, found);
}

/// What spreadsheets write for a formula that failed; a CSV export keeps it as text.
const ERROR_TEXTS: [&str; 9] = [
    "#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
];

/// Cells whose text is that of a failed formula, where the reader did not already see an error cell.
fn error_texts(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for column in &view.layout.columns {
        let text = view.text(column.field);
        let seen = |f: &Finding| f.code == X04 && f.field == Some(column.field);
        if text.starts_with('#') && ERROR_TEXTS.contains(&text) && !found.iter().any(seen) {
            found.push(error_cell(Some(column.field), &column.name));
        }
    }
}

fn error_cell(field: Option<Field>, header: &str) -> Finding {
    Finding::error(
        X04,
        field,
        format!("“{header}”单元格是公式错误值（如#REF!）。请粘贴为数值后重新报送"),
    )
}

/// How many cells the layout requires of this row, and how many of those are filled: for 完整率. A column that may be missing
/// and is, or that the command line supplies, is not asked for.
pub(in crate::ingest) fn completeness(view: &RowView<'_>) -> (u32, u32) {
    let (mut asked, mut filled) = (0, 0);
    for column in &view.layout.columns {
        let is_filled = view.is_filled(column.field);
        let is_asked = match column.need {
            Need::Required => true,
            Need::Conditional => column.required_when.iter().any(|one| one.holds(view)),
            Need::Optional => false,
        };
        if is_asked && (is_filled || !from_elsewhere(view, column)) {
            asked += 1;
            filled += u32::from(is_filled);
        }
    }
    (asked, filled)
}

/// Whether the value of a column may come from somewhere else than this row.
fn from_elsewhere(view: &RowView<'_>, column: &Column) -> bool {
    let is_source = matches!(column.field, Field::SourceUnit | Field::SourceUnitCode);
    (column.may_miss && !view.row.values.has_column(column.field))
        || (is_source && view.source_unit.is_some())
}

/// Fields whose absence is told by another check with a code of its own.
fn told_elsewhere(field: Field) -> bool {
    matches!(field, Field::Fine)
}

/// A blank cell that must be filled.
fn required(view: &RowView<'_>, column: &Column, found: &mut Vec<Finding>) {
    let field = column.field;
    if column.need == Need::Optional || told_elsewhere(field) {
        return;
    }
    if from_elsewhere(view, column) || view.layout.essentials.contains(&field) {
        return;
    }
    match column.need {
        Need::Required => found.push(Finding::by_trust(
            R01,
            column.need_trust.is_verified(),
            field,
            format!("“{}”不能为空。请补填后重新报送", column.name),
        )),
        Need::Conditional => {
            if let Some(condition) = column.required_when.iter().find(|one| one.holds(view)) {
                let is_placeholder_number =
                    field == Field::RegistrationNo && view.has_placeholder_uscc();
                if is_placeholder_number {
                    return;
                }
                found.push(Finding::by_trust(
                    R01,
                    column.need_trust.is_verified(),
                    field,
                    format!(
                        "“{}”不能为空（{}）。请补填后重新报送",
                        column.name, condition.says
                    ),
                ));
            }
        }
        Need::Optional => {}
    }
}

/// A filled cell that must be blank.
fn forbidden(view: &RowView<'_>, column: &Column, found: &mut Vec<Finding>) {
    if let Some(condition) = column.blank_when.iter().find(|one| one.holds(view)) {
        found.push(Finding::by_trust(
            C01,
            column.need_trust.is_verified(),
            column.field,
            format!(
                "“{}”应为空（{}）。请核对行政相对人类别，清空该单元格或改正类别后重新报送",
                column.name, condition.says
            ),
        ));
    }
}

/// Characters are counted after trimming. Identifiers have checks of their own.
fn too_long(view: &RowView<'_>, column: &Column, found: &mut Vec<Finding>) {
    let (Some(max), ColumnType::Text) = (column.max_chars, column.kind) else {
        return;
    };
    let text = view.get(column.field);
    if text.len() <= max as usize {
        return;
    }
    let length = text.chars().count();
    if length > max as usize {
        let is_verified = column.max_trust.is_verified();
        let advice = if is_verified {
            "请缩短后重新报送"
        } else {
            "该长度限制未经核实，已接收，请核对"
        };
        found.push(Finding::by_trust(
            L01,
            is_verified,
            column.field,
            format!(
                "“{}”共{length}个字符，超过{max}个字符的上限。{advice}",
                column.name
            ),
        ));
    }
}

/// Fields without which no record can be made, and groups of which one must be filled.
fn essentials(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for field in &view.layout.essentials {
        if !view.is_filled(*field) {
            found.push(Finding::error(
                R01,
                *field,
                format!("“{}”不能为空。请补填后重新报送", view.name(*field)),
            ));
        }
    }
    for group in &view.layout.any_filled {
        if !group.iter().any(|field| view.is_filled(*field)) {
            let names: Vec<&str> = group.iter().map(|field| view.name(*field)).collect();
            found.push(Finding::error(
                R01,
                group.first().copied(),
                format!("{}至少填写一项。请补填后重新报送", names.join("、")),
            ));
        }
    }
}

/// A row whose subject cannot be told from any other is of no use, whatever its layout asks for.
fn identity(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let said = |field: Field| {
        found
            .iter()
            .any(|one| one.field == Some(field) && one.severity == super::Severity::Error)
    };
    match view.subject_kind {
        Some(SubjectKind::Person) => {
            if view.get(Field::IdNo).is_empty() && !said(Field::IdNo) {
                found.retain(|one| one.field != Some(Field::IdNo));
                found.push(Finding::error(
                    R01,
                    Field::IdNo,
                    "自然人没有证件号码，无法确定主体。请补填证件号码后重新报送",
                ));
            }
        }
        Some(_) => {
            let no_code = matches!(view.uscc, UsccCell::Blank)
                && view.get(Field::OrgCode).is_empty()
                && view.get(Field::RegistrationNo).is_empty();
            if no_code && !said(Field::Uscc) {
                found.retain(|one| one.field != Some(Field::Uscc));
                found.push(Finding::error(
                    R01,
                    Field::Uscc,
                    "统一社会信用代码、组织机构代码、工商注册号均为空，无法确定主体。请补填统一社会信用代码后重新报送",
                ));
            }
        }
        None => {
            if view.get(Field::SubjectKind).is_empty() && !said(Field::SubjectKind) {
                found.retain(|one| one.field != Some(Field::SubjectKind));
                found.push(Finding::error(
                    R01,
                    Field::SubjectKind,
                    "没有行政相对人类别，也没有任何代码或证件号码，无法确定主体。请补填后重新报送",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, on_row};
    use super::*;

    #[test]
    fn required_cells_must_be_filled() {
        assert_eq!(codes(&[(Field::Facts, "")]), ["SGS-R01 E"]);
        assert_eq!(codes(&[(Field::Facts, "\\N")]), ["SGS-R01 E"]);
        assert_eq!(
            codes(&[(Field::DecidedOn, "1899-12-31 12:00:00")]),
            ["SGS-R01 E", "SGS-D05 E"]
        );
        assert_eq!(codes(&[(Field::Remark, "")]), Vec::<String>::new());
    }

    #[test]
    fn failed_formulas_are_seen_in_text_files_too() {
        assert_eq!(codes(&[(Field::Facts, "#REF!")]), ["SGS-X04 E"]);
        assert_eq!(codes(&[(Field::Remark, "#N/A")]), ["SGS-X04 E"]);
        assert_eq!(codes(&[(Field::Remark, "#1锅炉")]), Vec::<String>::new());
    }

    #[test]
    fn required_cells_are_counted_filled_or_not() {
        let (asked, filled) = on_row(&[], completeness);
        assert_eq!((asked, filled), (17, 17));
        assert_eq!(on_row(&[(Field::Facts, "")], completeness), (17, 16));
        assert_eq!(on_row(&[(Field::Remark, "")], completeness), (17, 17));
        // A condition asks for one cell more.
        assert_eq!(
            on_row(&[(Field::LegalRepIdType, "护照号")], completeness),
            (18, 17)
        );
    }

    #[test]
    fn conditions_known_from_memory_only_warn() {
        assert_eq!(codes(&[(Field::LegalRepIdType, "护照号")]), ["SGS-R01 W"]);
    }

    #[test]
    fn a_body_has_no_certificate() {
        let both = [(Field::IdType, "护照号"), (Field::IdNo, "E90000001")];
        assert_eq!(codes(&both), ["SGS-C01 E", "SGS-C01 E"]);
    }

    #[test]
    fn a_person_without_a_number_is_nobody() {
        let found = codes(&[
            (Field::SubjectKind, "自然人"),
            (Field::Uscc, ""),
            (Field::LegalRep, ""),
            (Field::IdType, "身份证"),
        ]);
        assert_eq!(found, ["SGS-R01 E"]);
    }

    #[test]
    fn length_is_counted_in_characters_after_trimming() {
        let name = "拟".repeat(200);
        assert_eq!(
            codes(&[(Field::SubjectName, &format!(" {name} "))]),
            Vec::<String>::new()
        );
        assert_eq!(
            codes(&[(Field::SubjectName, &format!("{name}拟"))]),
            ["SGS-L01 E"]
        );
        // 5000 for the facts is from memory.
        assert_eq!(codes(&[(Field::Facts, &"实".repeat(5001))]), ["SGS-L01 W"]);
    }
}
