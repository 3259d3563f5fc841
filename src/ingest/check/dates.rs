//! SGS-D01 … D05: days that cannot be read or cannot be.

use crate::ingest::normalise::{DateCell, DateProblem};
use crate::record::{Day, RecordKind};
use crate::standard::{ColumnType, Field};

use super::codes::{D01, D02, D03, D04, D05};
use super::{Finding, RowView};

/// 1949-10-01 in days since 1970-01-01.
const FOUNDING: Day = Day::from_epoch(-7397);

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for column in &view.layout.columns {
        if column.kind == ColumnType::Date {
            one(view, column.field, found);
        }
    }
    match view.layout.kind {
        RecordKind::Penalty => order(
            view,
            (Field::DecidedOn, Field::ValidUntil),
            D04,
            "早于处罚决定日期",
            found,
        ),
        RecordKind::License => order(
            view,
            (Field::ValidFrom, Field::ValidUntil),
            D03,
            "早于有效期自",
            found,
        ),
        RecordKind::Event => order(
            view,
            (Field::OccurredOn, Field::EndsOn),
            D03,
            "早于发生日期",
            found,
        ),
    }
}

fn one(view: &RowView<'_>, field: Field, found: &mut Vec<Finding>) {
    let name = view.name(field);
    match view.date(field) {
        DateCell::Blank => {}
        DateCell::ExcelZero => {
            // Elsewhere it is a blank cell as Excel exports it.
            if matches!(field, Field::DecidedOn | Field::OccurredOn) {
                found.push(Finding::error(
                    D05,
                    field,
                    format!("“{name}”是Excel的零日期（空白单元格导出所致），不是真实日期。请补填后重新报送"),
                ));
            }
        }
        DateCell::Bad(problem) => {
            let why = match problem {
                DateProblem::NoSuchDay => "是不存在的日期",
                DateProblem::NoDay => "缺少日",
                DateProblem::Ambiguous => "的年月日顺序不明",
                DateProblem::Unreadable => "无法识别为日期",
            };
            found.push(Finding::error(
                D01,
                field,
                format!("“{name}”{why}。请按YYYY/MM/DD填写后重新报送"),
            ));
        }
        DateCell::Day(day) => {
            let is_decision = matches!(field, Field::DecidedOn | Field::OccurredOn);
            if is_decision && day > view.received {
                found.push(Finding::error(
                    D02,
                    field,
                    format!(
                        "“{name}”{day}晚于接收日{}。请核对年份后重新报送",
                        view.received
                    ),
                ));
            }
            if day < FOUNDING {
                found.push(Finding::error(
                    D05,
                    field,
                    format!("“{name}”{day}早于1949年10月1日。请核对后重新报送"),
                ));
            }
        }
    }
}

fn order(
    view: &RowView<'_>,
    (from, until): (Field, Field),
    code: &'static str,
    says: &str,
    found: &mut Vec<Finding>,
) {
    if let (Some(first), Some(last)) = (view.day(from), view.day(until))
        && last < first
    {
        found.push(Finding::error(
            code,
            until,
            format!(
                "“{}”{last}{says}{first}。请核对后重新报送",
                view.name(until)
            ),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes;
    use super::*;

    #[test]
    fn the_founding_day_is_right() {
        assert_eq!(FOUNDING.to_string(), "1949-10-01");
    }

    #[test]
    fn days_that_cannot_be() {
        let decided = |cell| codes(&[(Field::DecidedOn, cell)]);
        assert_eq!(decided("2026-02-31"), ["SGS-D01 E"]);
        assert_eq!(decided("十一月中旬"), ["SGS-D01 E"]);
        assert_eq!(decided("2026/11/23"), ["SGS-D02 E"]);
        assert_eq!(decided("2026/11/22"), Vec::<String>::new());
        assert!(decided("1949/09/30").contains(&"SGS-D05 E".to_owned()));
        assert!(decided("1899-12-31 12:00:00").contains(&"SGS-D05 E".to_owned()));
        assert_eq!(
            codes(&[(Field::PublicityEndsOn, "1899-12-31 12:00:00")]),
            Vec::<String>::new()
        );
        assert_eq!(codes(&[(Field::ValidUntil, "2026/11/16")]), ["SGS-D04 E"]);
        assert_eq!(
            codes(&[(Field::ValidUntil, "2026/11/17")]),
            Vec::<String>::new()
        );
        assert_eq!(codes(&[(Field::ValidUntil, "长期")]), Vec::<String>::new());
    }
}
