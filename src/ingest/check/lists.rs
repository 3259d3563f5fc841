//! SGS-E01, E02: values outside their list, and 其他 without a name.

use crate::record::parse_penalty_kinds;
use crate::standard::{Column, EnumMatch, Enumeration, Field};

use super::codes::{E01, E02};
use super::{Finding, RowView};

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for column in &view.layout.columns {
        let Some(list) = column.one_of.as_deref() else {
            continue;
        };
        let cell = view.get(column.field);
        if cell.is_empty() {
            continue;
        }
        for value in values(list, column, cell) {
            one(list, column, value, found);
        }
    }
}

/// The values of a cell: whole where the list knows it whole (`没收违法所得、没收非法财物`), else cut at the separators.
fn values<'a>(list: &Enumeration, column: &Column, cell: &'a str) -> Vec<&'a str> {
    let known = |text: &str| list.find(text, column.coded) != EnumMatch::Unknown;
    if !column.many || known(cell) && !cell.contains([';', '；']) {
        return vec![cell];
    }
    let mut out = Vec::new();
    for part in cell.split([';', '；', ',', '，', '|', '\n']).map(str::trim) {
        if part.is_empty() {
            continue;
        }
        if known(part) || !part.contains('、') {
            out.push(part);
        } else {
            out.extend(
                part.split('、')
                    .map(str::trim)
                    .filter(|one| !one.is_empty()),
            );
        }
    }
    out
}

fn one(list: &Enumeration, column: &Column, value: &str, found: &mut Vec<Finding>) {
    let field = column.field;
    match list.find(value, column.coded) {
        EnumMatch::Known(..) => {}
        EnumMatch::Unnamed(_) => found.push(Finding::error(
            E02,
            field,
            format!(
                "“{}”填写“其他”时必须写明具体名称，格式为“其他-具体名称”。请补充后重新报送",
                column.name
            ),
        )),
        EnumMatch::Unknown => {
            // A name of the other edition of the law says clearly what was meant.
            let other_edition = matches!(
                field,
                Field::PenaltyKinds | Field::PenaltyKind1 | Field::PenaltyKind2
            ) && parse_penalty_kinds(value).unknown.is_empty();
            let rejects = (list.trust.is_verified() && !other_edition) || field == Field::EventKind;
            let message = if other_edition {
                format!(
                    "“{}”的“{value}”不是决定当日适用的处罚类别名称，已按其含义归类。以后请使用现行名称",
                    column.name
                )
            } else {
                let advice = if rejects {
                    "请改正后重新报送"
                } else {
                    "该目录未经核实，已接收，请核对"
                };
                format!(
                    "“{}”的值“{}”不在“{}”目录内，应为：{}。{advice}",
                    column.name,
                    shown(value),
                    list.title,
                    list.values_zh()
                )
            };
            found.push(Finding::by_trust(E01, rejects, field, message));
        }
    }
}

/// A cell in a message: cut, and without numbers that could be somebody's.
fn shown(value: &str) -> String {
    let text = crate::record::scrub(value).into_owned();
    if text.chars().count() > 20 {
        let head: String = text.chars().take(20).collect();
        format!("{head}…")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes;
    use super::*;

    #[test]
    fn kinds_are_cut_at_every_separator() {
        for cell in [
            "罚款;警告",
            "警告；罚款",
            "警告，罚款",
            "警告、罚款",
            "罚款",
        ] {
            assert_eq!(
                codes(&[(Field::PenaltyKinds, cell)]),
                Vec::<String>::new(),
                "{cell}"
            );
        }
    }

    #[test]
    fn other_needs_a_name_and_unknown_values_are_refused() {
        assert_eq!(codes(&[(Field::PenaltyKinds, "罚款;其他")]), ["SGS-E02 E"]);
        assert_eq!(
            codes(&[(Field::PenaltyKinds, "罚款;其他-责令拆除")]),
            Vec::<String>::new()
        );
        assert_eq!(codes(&[(Field::PenaltyKinds, "罚款;罚酒")]), ["SGS-E01 E"]);
    }

    #[test]
    fn the_name_of_the_old_law_is_understood_with_a_warning() {
        assert_eq!(
            codes(&[
                (Field::PenaltyKinds, "罚款;没收违法所得、没收非法财物"),
                (Field::Confiscated, "1"),
            ]),
            Vec::<String>::new()
        );
        assert_eq!(
            codes(&[
                (Field::PenaltyKinds, "罚款;暂扣或者吊销执照"),
                (Field::SeizedLicense, "营业执照"),
            ]),
            ["SGS-E01 W"]
        );
    }
}
