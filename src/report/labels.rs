//! What row ids, grades and statuses are called on paper; read from the rule files that the night used.

use std::collections::BTreeMap;

use crate::grading::scheme_name;
use crate::record::{Day, Points};
use crate::rules::RuleSet;
use crate::rules::model::{Bound, Direction, Interval, NoRecord, Scheme, Status};
use crate::rules::register::Lookup;

/// A scheme as a reader knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchemeLabel {
    pub title: String,
    /// Documents with their titles, where the register knows them.
    pub basis: String,
    /// Where the score starts; absent in schemes without a score.
    pub start: Option<Points>,
    /// More points are worse: rows add.
    pub accumulate: bool,
    /// `A 环保诚信 [100,108]`, best first.
    pub bands: Vec<BandLabel>,
    /// What a subject without a counted record gets.
    pub no_record: String,
    rows: BTreeMap<String, RowLabel>,
    /// Everything provisional of the scheme: what, and why.
    pub provisional: Vec<(String, String)>,
}

/// A grade as a reader knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandLabel {
    pub grade: String,
    pub name: String,
    pub range: String,
    /// The scores that lead to this grade; absent in schemes that grade by class alone.
    pub scores: Option<Interval<Points>>,
}

/// A rule row as a reader knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowLabel {
    pub title: String,
    pub indicator: String,
    /// Why the figure is provisional; absent when verified.
    pub provisional: Option<String>,
}

/// Scheme name in the tables → label.
pub type Labels = BTreeMap<String, SchemeLabel>;

/// The labels of every scheme of a pack.
pub fn labels(rules: &RuleSet, as_of: Day) -> Labels {
    rules
        .schemes
        .iter()
        .map(|scheme| (scheme_name(scheme), SchemeLabel::of(scheme, rules, as_of)))
        .collect()
}

impl SchemeLabel {
    fn of(scheme: &Scheme, rules: &RuleSet, as_of: Day) -> SchemeLabel {
        let basis = scheme
            .basis
            .iter()
            .map(|b| match rules.register.find(&b.0, as_of) {
                Lookup::Found(text) | Lookup::NotInForce(text) if text.title != b.0 => {
                    format!("《{}》（{}）", text.title, b.0)
                }
                _ => b.0.clone(),
            });
        let mut provisional = Vec::new();
        note(
            &mut provisional,
            "施行日".to_owned(),
            &scheme.in_force.status,
        );
        if let Some(score) = &scheme.score {
            note(&mut provisional, "分值范围".to_owned(), &score.status);
        }
        for band in &scheme.bands {
            let what = format!("等级 {} {}", band.grade, band.name);
            note(&mut provisional, what, &band.status);
        }
        let mut rows = BTreeMap::new();
        for indicator in &scheme.indicators {
            let what = format!("指标 {}", indicator.title);
            note(&mut provisional, what, &indicator.status);
            for row in &indicator.rows {
                let title = row.title.clone().unwrap_or_else(|| indicator.title.clone());
                let why = match &row.status {
                    Status::Verified => None,
                    Status::Provisional(why) => Some(match reason(why) {
                        why if why == UNSAID || row.source.contains(&why) => row.source.clone(),
                        why => format!("{why}；{}", row.source),
                    }),
                };
                if let Some(why) = &why {
                    provisional.push((title.clone(), why.clone()));
                }
                rows.insert(
                    row.id.clone(),
                    RowLabel {
                        title,
                        indicator: indicator.title.clone(),
                        provisional: why,
                    },
                );
            }
        }
        for rule in &scheme.supervision {
            let what = format!("监管标识 {}", rule.flag);
            note(&mut provisional, what, &rule.status);
        }
        SchemeLabel {
            title: scheme.title.clone(),
            basis: basis.collect::<Vec<_>>().join("；"),
            start: scheme.score.as_ref().map(|s| s.start),
            accumulate: scheme
                .score
                .as_ref()
                .is_some_and(|s| s.direction == Direction::Accumulate),
            bands: scheme
                .bands
                .iter()
                .map(|b| BandLabel {
                    grade: b.grade.clone(),
                    name: b.name.clone(),
                    range: b.range.as_ref().map(interval).unwrap_or_default(),
                    scores: b.range,
                })
                .collect(),
            no_record: match scheme.subjects.no_record {
                NoRecord::DefaultGrade(at) => scheme
                    .bands
                    .get(at)
                    .map_or_else(String::new, |b| format!("默认等级 {}", b.name)),
                NoRecord::NotRated => "不评级".to_owned(),
            },
            rows,
            provisional,
        }
    }

    /// The titles of the rule rows.
    pub fn row_titles(&self) -> impl Iterator<Item = &str> {
        self.rows.values().map(|row| row.title.as_str())
    }

    /// The title of a rule row, and of the row that keeps a score within its bounds.
    pub fn row(&self, row_id: &str) -> RowLabel {
        if row_id == "clamp" {
            return RowLabel {
                title: "分值上下限调整".to_owned(),
                indicator: "得分不超出方案规定的范围".to_owned(),
                provisional: None,
            };
        }
        self.rows.get(row_id).cloned().unwrap_or_else(|| RowLabel {
            title: row_id.to_owned(),
            indicator: String::new(),
            provisional: None,
        })
    }
}

fn note(provisional: &mut Vec<(String, String)>, what: String, status: &Status) {
    if let Status::Provisional(why) = status {
        provisional.push((what, reason(why)));
    }
}

const UNSAID: &str = "来源未核实全文";

/// The reason of a provisional status, in words.
fn reason(text: &str) -> String {
    let text = text.trim();
    let text = text.strip_prefix("provisional").unwrap_or(text);
    let text = text.trim_start_matches([':', '：', ' ']).trim();
    if text.is_empty() {
        UNSAID.to_owned()
    } else {
        text.to_owned()
    }
}

/// `[80,100)`
fn interval(range: &Interval<Points>) -> String {
    let low = match range.lower {
        Bound::Unbounded => "(−∞".to_owned(),
        Bound::Included(p) => format!("[{p}"),
        Bound::Excluded(p) => format!("({p}"),
    };
    let high = match range.upper {
        Bound::Unbounded => "+∞)".to_owned(),
        Bound::Included(p) => format!("{p}]"),
        Bound::Excluded(p) => format!("{p})"),
    };
    format!("{low},{high}")
}

/// The names of measure states on paper.
pub(super) fn state_zh(state: &str) -> &str {
    match state {
        "proposed" => "建议采取",
        "excluded" => "不予采取",
        "needs_review" => "待人工复核",
        other => other,
    }
}

/// What a matched row does, in words.
pub(super) fn effect_zh(effect: &str) -> String {
    match effect.split_once(':') {
        Some(("grade", grade)) => format!("直接定级 {grade}"),
        Some(("ceiling", grade)) => format!("等级不高于 {grade}"),
        Some(("floor", grade)) => format!("等级不低于 {grade}"),
        Some(("move", by)) => match by.strip_prefix('-') {
            Some(up) => format!("上调 {up} 级"),
            None => format!("下调 {by} 级"),
        },
        Some(("flag", flag)) => format!("标记：{flag}"),
        _ => match effect {
            "points" => "计分",
            "bonus" => "加分",
            "exempt" => "免除其他规则行",
            "clamp" => "上下限调整",
            "tally" => "累计",
            "fact" => "供其他行引用",
            other => other,
        }
        .to_owned(),
    }
}

/// A code in front of a reason, in words: what the reader of the list needs to know of it.
pub(super) fn code_zh(code: &str) -> &str {
    match code {
        "TRIGGER_NOT_PROVED" => "触发条件未证明",
        "BASIS_NOT_CITED" => "决定未引用该条",
        "BASIS_NOT_IN_FORCE" => "依据尚未施行",
        "BASIS_REPEALED" => "依据已失效",
        "LIGHTER_LAW_REVIEW" => "新旧法从轻须核",
        "LIST_ROW_ASSUMED" => "清单条目未核对",
        "NOT_ON_LIST" => "不在清单",
        "NOT_RELATED" => "与违法行为无关联",
        "TERM_FROM_AUTHORITY" => "须由有权机关决定",
        "TERM_OUT_OF_BAND" => "期限超出法定幅度",
        "TERM_ENDED" => "期限届满",
        "START_NOT_STATED" => "起算日未载明",
        "NO_DOCUMENT" => "无文书号",
        "NO_BASIS" => "无法律依据",
        "DELISTED" => "已移出名单",
        "REPAIRED" => "已信用修复",
        "PUBLICITY_ENDED" => "公示期届满",
        "UNDER_OBJECTION" => "异议处理中",
        "GRADE_ONLY" => "仅有等级",
        "ROLE_NOT_PROVED" => "角色未证明",
        "FOR_REFERENCE" => "供自主参考",
        "MERGED" => "同类合并",
        "" => "未注明",
        other => other,
    }
}

/// `CODE words` → code and words; reasons without a code have an empty one.
pub(super) fn coded(reason: &str) -> (&str, &str) {
    match reason.split_once(' ') {
        Some((code, rest))
            if !code.is_empty() && code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') =>
        {
            (code, rest)
        }
        _ => ("", reason),
    }
}

/// A reason as a reader takes it: codes inside it are said in words.
pub(super) fn plain(reason: &str) -> String {
    let said = reason.split('；').map(|part| match coded(part) {
        ("", words) => words.to_owned(),
        (code, words) => format!("{}：{words}", code_zh(code)),
    });
    said.collect::<Vec<_>>().join("；")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_come_apart_into_code_and_words() {
        assert_eq!(
            coded("NOT_RELATED 不属同一领域"),
            ("NOT_RELATED", "不属同一领域")
        );
        assert_eq!(coded("没有代码 的理由"), ("", "没有代码 的理由"));
        assert_eq!(
            plain("未核对到条目；TERM_ENDED 期限已届满"),
            "未核对到条目；期限届满：期限已届满"
        );
        assert_eq!(reason("provisional: 未核"), "未核");
        assert_eq!(reason("provisional"), UNSAID);
    }

    #[test]
    fn effects_are_said_in_words() {
        assert_eq!(effect_zh("grade:D"), "直接定级 D");
        assert_eq!(effect_zh("move:-1"), "上调 1 级");
        assert_eq!(effect_zh("flag:限制申报"), "标记：限制申报");
    }
}
