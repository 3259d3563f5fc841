//! The columns of every sheet: title, width, and where a cell comes from.

use std::cell::RefCell;

use super::super::labels::{code_zh, coded, plain, state_zh};
use super::super::night::Night;
use super::super::part::{BySubject, Part};
use super::super::rows::Rows;
use crate::record::{Day, Points};

/// A cell, typed so that a workbook can sort and filter it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Day(Option<Day>),
    Whole(i64),
    Points(Option<Points>),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

/// What a cell may look at besides its row.
pub(super) struct Context<'a> {
    pub night: &'a Night,
    pub part: &'a Part,
    /// Remedies in the order in which they were first used; the cover prints them.
    pub remedies: &'a RefCell<Vec<String>>,
}

/// A column.
pub(super) struct Column {
    pub title: &'static str,
    /// In characters of the standard font.
    pub width: f64,
    pub cell: fn(&Context<'_>, Rows<'_>, usize) -> Cell,
}

/// A sheet with one row per row of a table.
pub(super) struct Sheet {
    pub name: &'static str,
    pub columns: &'static [Column],
    pub table: fn(&Part) -> &BySubject,
    /// State of the measures listed; empty = every row of the table.
    pub state: &'static str,
}

/// Every sheet of rows, in order.
pub(super) const SHEETS: [Sheet; 6] = [
    Sheet {
        name: "清单",
        columns: &MEASURES,
        table: |p| &p.measures,
        state: "proposed",
    },
    Sheet {
        name: "待复核",
        columns: &MEASURES,
        table: |p| &p.measures,
        state: "needs_review",
    },
    Sheet {
        name: "不予采取及理由",
        columns: &EXCLUDED,
        table: |p| &p.measures,
        state: "excluded",
    },
    Sheet {
        name: "等级",
        columns: &GRADES,
        table: |p| &p.grades,
        state: "",
    },
    Sheet {
        name: "差异化监管",
        columns: &SUPERVISION,
        table: |p| &p.supervision,
        state: "",
    },
    Sheet {
        name: "激励",
        columns: &INCENTIVES,
        table: |p| &p.incentives,
        state: "",
    },
];

const fn column(
    title: &'static str,
    width: f64,
    cell: fn(&Context<'_>, Rows<'_>, usize) -> Cell,
) -> Column {
    Column { title, width, cell }
}

const NAME: Column = column("主体名称", 14.0, |c, r, i| {
    c.part.name(r.str(i, "subject_id")).into()
});
const ID: Column = column("主体标识", 12.0, |_, r, i| {
    r.str(i, "subject_id").into()
});
const MEASURE: Column = column("措施代码/名称", 10.5, |_, r, i| {
    r.str(i, "measure").into()
});
const CATEGORY: Column = column("类别", 4.5, |_, r, i| r.str(i, "category").into());
const CONTENT: Column = column("具体内容", 22.0, |_, r, i| r.str(i, "content").into());
const BASIS: Column = column("依据（法名+条款）", 20.0, |_, r, i| {
    r.str(i, "basis").into()
});
const TRIGGER: Column = column("触发文书号", 12.0, |_, r, i| {
    r.str(i, "trigger_document_no").into()
});
const DECIDED: Column = column("决定日期", 10.0, |_, r, i| {
    Cell::Day(r.day(i, "trigger_decided_on"))
});
const FACTS: Column = column("触发事实", 32.0, |_, r, i| {
    r.str(i, "trigger_facts").into()
});
const ROLE: Column = column("对象", 7.5, |_, r, i| r.str(i, "target_role").into());
const STATE: Column = column("状态", 6.5, |_, r, i| state_zh(r.str(i, "state")).into());
const PROVISIONAL: Column = column("暂定", 5.0, |_, r, i| {
    if r.flag(i, "provisional") {
        "是"
    } else {
        "否"
    }
    .into()
});
const CODE: Column = column("理由类别", 9.0, |_, r, i| {
    code_zh(coded(r.str(i, "reason")).0).into()
});
const REASON: Column = column("理由", 30.0, |_, r, i| {
    Cell::Text(plain(coded(r.str(i, "reason")).1))
});
const ORIGIN: Column = column("清单出处", 8.0, |_, r, i| {
    let status = match r.str(i, "list_row_status") {
        "verified" => "已核",
        "assumed" => "推定，未核",
        other => other,
    };
    let parts = [r.str(i, "list_edition"), r.str(i, "list_no"), status];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    Cell::Text(parts.join("，"))
});
const TITLE: Column = column("评价方案", 22.0, |c, r, i| {
    c.night.title(r.str(i, "scheme")).into()
});
const SCHEME_ID: Column = column("方案代码", 18.0, |_, r, i| r.str(i, "scheme").into());

static MEASURES: [Column; 23] = [
    NAME,
    ID,
    MEASURE,
    CATEGORY,
    CONTENT,
    BASIS,
    ORIGIN,
    TRIGGER,
    DECIDED,
    FACTS,
    ROLE,
    column("实施主体", 9.0, |_, r, i| r.str(i, "body").into()),
    column("起始日", 10.0, |_, r, i| {
        Cell::Day(r.day(i, "starts_on"))
    }),
    column("截止日", 10.0, |_, r, i| Cell::Day(r.day(i, "ends_on"))),
    column("期限", 7.5, |_, r, i| r.str(i, "term").into()),
    column("公示", 5.5, |_, r, i| {
        if r.day(i, "publicity_until").is_some() {
            "公示"
        } else {
            "不公示"
        }
        .into()
    }),
    column("公示截止日", 10.0, |_, r, i| {
        Cell::Day(r.day(i, "publicity_until"))
    }),
    column("可修复起算日", 10.0, |_, r, i| {
        Cell::Day(r.day(i, "repair_from"))
    }),
    column("救济途径", 7.5, |c, r, i| {
        let remedy = r.str(i, "remedy");
        if remedy.is_empty() {
            return "".into();
        }
        let mut seen = c.remedies.borrow_mut();
        let at = seen.iter().position(|s| s == remedy).unwrap_or_else(|| {
            seen.push(remedy.to_owned());
            seen.len() - 1
        });
        Cell::Text(format!("救济{}（见封面）", at + 1))
    }),
    column("复核人", 6.5, |_, _, _| "".into()),
    STATE,
    CODE,
    column("说明", 24.0, |_, r, i| {
        Cell::Text(plain(coded(r.str(i, "reason")).1))
    }),
];

static EXCLUDED: [Column; 14] = [
    NAME,
    ID,
    MEASURE,
    CATEGORY,
    CONTENT,
    BASIS,
    ORIGIN,
    TRIGGER,
    DECIDED,
    FACTS,
    ROLE,
    CODE,
    REASON,
    PROVISIONAL,
];

static GRADES: [Column; 13] = [
    TITLE,
    NAME,
    ID,
    column("主体类别", 12.0, |_, r, i| {
        r.str(i, "subject_kind").into()
    }),
    column("地区", 9.0, |_, r, i| r.str(i, "region").into()),
    column("等级", 7.0, |_, r, i| {
        if r.flag(i, "rated") {
            r.str(i, "grade")
        } else {
            "未评级"
        }
        .into()
    }),
    column("等级名称", 12.0, |_, r, i| {
        r.str(i, "grade_name").into()
    }),
    column("得分", 8.0, |_, r, i| Cell::Points(r.points(i, "score"))),
    column("理由", 40.0, |_, r, i| r.str(i, "reason").into()),
    column("下次变化日", 11.0, |_, r, i| {
        Cell::Day(r.day(i, "next_change_on"))
    }),
    column("届时", 22.0, |_, r, i| r.str(i, "next_change_to").into()),
    column("暂定", 6.0, |_, r, i| {
        if r.flag(i, "provisional") {
            "是"
        } else {
            "否"
        }
        .into()
    }),
    SCHEME_ID,
];

static SUPERVISION: [Column; 10] = [
    TITLE,
    NAME,
    ID,
    column("等级", 8.0, |_, r, i| r.str(i, "grade").into()),
    column("监管标识", 16.0, |_, r, i| r.str(i, "flag").into()),
    column("内容", 44.0, |_, r, i| r.str(i, "content").into()),
    column("检查上限（次）", 10.0, |_, r, i| {
        match r.number(i, "max_inspections") {
            Some(most) => Cell::Whole(most),
            None => r.str(i, "inspection_ratio").into(),
        }
    }),
    column("周期", 7.0, |_, r, i| per_zh(r.str(i, "per")).into()),
    column("依据", 22.0, |_, r, i| r.str(i, "basis").into()),
    PROVISIONAL,
];

static INCENTIVES: [Column; 8] = [
    NAME,
    ID,
    column("激励", 18.0, |_, r, i| r.str(i, "incentive").into()),
    column("内容", 40.0, |_, r, i| r.str(i, "content").into()),
    column("条件", 30.0, |_, r, i| r.str(i, "condition").into()),
    column("依据", 26.0, |_, r, i| r.str(i, "basis").into()),
    STATE,
    column("说明", 26.0, |_, r, i| r.str(i, "reason").into()),
];

/// The period of an inspection cap.
pub(in crate::report) fn per_zh(per: &str) -> &str {
    match per {
        "year" => "年",
        "quarter" => "季度",
        "month" => "月",
        other => other,
    }
}
