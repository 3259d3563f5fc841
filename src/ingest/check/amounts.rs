//! SGS-A01 … A07: amounts, their unit, and whether they agree with the penalty kinds and the decision text.

use crate::ingest::normalise::{AmountCell, AmountProblem, amount_in_text, parse_amount_yuan};
use crate::record::{Fen, PenaltyKind, RecordKind};
use crate::standard::Field;

use super::codes::{A01, A02, A03, A04, A05, A06, A07};
use super::{Finding, RowView};

/// 万元 in 元: the ratio of the commonest unit error.
const WAN: i64 = 10_000;
/// 1 万元 in 分.
const WAN_FEN: i64 = 1_000_000;

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    if view.layout.kind == RecordKind::Event {
        term(view, found);
        return;
    }
    if view.layout.kind != RecordKind::Penalty {
        return;
    }
    for (field, cell) in [
        (Field::Fine, view.fine),
        (Field::Confiscated, view.confiscated),
    ] {
        readable(view, field, cell, found);
        too_much(view, field, cell, found);
    }
    for field in [Field::FineYuan, Field::ConfiscatedYuan] {
        let cell = parse_amount_yuan(view.get(field));
        readable(view, field, cell, found);
    }
    fine_and_kinds(view, found);
    against_text(view, found);
}

fn term(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let cell = view.get(Field::TermMonths);
    if !cell.is_empty() && cell.parse::<u16>().is_err() {
        found.push(Finding::error(
            A01,
            Field::TermMonths,
            format!(
                "“{}”应为月数（整数）。请改正后重新报送",
                view.name(Field::TermMonths)
            ),
        ));
    }
}

fn readable(view: &RowView<'_>, field: Field, cell: AmountCell, found: &mut Vec<Finding>) {
    let AmountCell::Bad(problem) = cell else {
        return;
    };
    let name = view.name(field);
    let (code, why) = match problem {
        AmountProblem::TooFine => (A02, "小数位数过多：以万元为单位最多6位小数（0.01元）"),
        AmountProblem::Negative => (A01, "不能为负数"),
        AmountProblem::TooLarge => (A01, "超出可表示的范围"),
        AmountProblem::NotANumber => (A01, "不是数字"),
    };
    found.push(Finding::error(
        code,
        field,
        format!("“{name}”{why}。请改正后重新报送"),
    ));
}

fn too_much(view: &RowView<'_>, field: Field, cell: AmountCell, found: &mut Vec<Finding>) {
    let limit = view.layout.column(field).and_then(|column| column.max_wan);
    if let (Some(limit), Some(Fen(fen))) = (limit, cell.fen())
        && fen > i64::from(limit).saturating_mul(WAN_FEN)
    {
        found.push(Finding::warning(
            A07,
            field,
            format!(
                "“{}”超过本模板的上限{limit}万元。请核对单位是否为万元",
                view.name(field)
            ),
        ));
    }
}

fn fine_and_kinds(view: &RowView<'_>, found: &mut Vec<Finding>) {
    if view.get(Field::PenaltyKinds).is_empty() {
        return;
    }
    let has_fine = view.kinds.kinds.contains(PenaltyKind::Fine);
    let field = Field::Fine;
    match view.fine {
        AmountCell::Blank if has_fine && view.get(Field::FineYuan).is_empty() => {
            // Version A has no amount column: the amount stands in the decision text, or nowhere.
            let has_column = view.layout.column(field).is_some();
            found.push(Finding::by_trust(
                A03,
                has_column,
                field,
                format!(
                    "处罚类别含罚款，“{}”却为空。请填写罚款金额（单位：万元）后重新报送",
                    view.name(field)
                ),
            ));
        }
        AmountCell::Amount(Fen(fen)) | AmountCell::OwnUnit(Fen(fen)) if fen > 0 && !has_fine => {
            let message = format!(
                "“{}”有金额，处罚类别却没有罚款。请补填处罚类别或删除金额后重新报送",
                view.name(field)
            );
            found.push(Finding::by_trust(
                A04,
                !view.is_derived(field),
                field,
                message,
            ));
        }
        _ => {}
    }
}

/// The amount column against what the decision text says; an amount that was read out of the text agrees with it.
fn against_text(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let text = view.get(Field::Content);
    for (field, cell, is_fine) in [
        (Field::Fine, view.fine, true),
        (Field::Confiscated, view.confiscated, false),
    ] {
        if view.is_derived(field) {
            continue;
        }
        let Some(Fen(column)) = cell.fen() else {
            continue;
        };
        let Some(Fen(said)) = amount_in_text(text, is_fine) else {
            continue;
        };
        if column == said {
            continue;
        }
        let name = view.name(field);
        let said_wan = Fen(said).to_wan_yuan();
        let column_wan = Fen(column).to_wan_yuan();
        let is_unit_error =
            said.checked_mul(WAN) == Some(column) || column.checked_mul(WAN) == Some(said);
        if is_unit_error {
            found.push(Finding::error(
                A06,
                field,
                format!("“{name}”为{column_wan}万元，处罚内容写明{said_wan}万元，恰好相差一万倍，应是元与万元混淆。请以万元为单位改正后重新报送"),
            ));
        } else {
            found.push(Finding::by_trust(
                A05,
                is_fine,
                field,
                format!(
                    "“{name}”为{column_wan}万元，与处罚内容所写的{said_wan}万元不一致。请核对决定书"
                ),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes;
    use super::*;

    #[test]
    fn amounts_that_are_none() {
        let fine = |cell| codes(&[(Field::Fine, cell), (Field::Content, "罚款")]);
        assert_eq!(fine("若干"), ["SGS-A01 E"]);
        assert_eq!(fine("-3"), ["SGS-A01 E"]);
        assert_eq!(fine("0.0500001"), ["SGS-A02 E"]);
        assert_eq!(fine(""), ["SGS-A03 E"]);
        assert_eq!(fine("0.000001"), Vec::<String>::new());
    }

    #[test]
    fn a_fine_without_the_kind() {
        assert_eq!(
            codes(&[(Field::PenaltyKinds, "警告"), (Field::Content, "警告")]),
            ["SGS-A04 E"]
        );
    }

    #[test]
    fn the_text_and_the_column_must_agree() {
        let fine = |column, text| codes(&[(Field::Fine, column), (Field::Content, text)]);
        assert_eq!(
            fine("3", "罚款人民币叁万元整（￥30000）"),
            Vec::<String>::new()
        );
        assert_eq!(fine("45", "罚款伍拾肆万元整"), ["SGS-A05 E"]);
        assert_eq!(fine("30000", "罚款30000元"), ["SGS-A06 E"]);
        assert_eq!(fine("0.0003", "罚款30000元"), ["SGS-A06 E"]);
        assert_eq!(fine("2", "责令改正"), Vec::<String>::new());
    }
}
