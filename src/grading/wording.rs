//! The words of grading: names, reasons and bases as regulators read them. Holds no rule.

use crate::record::{Day, Points};
use crate::rules::model::{Indicator, Row, Scheme};

/// Name of a scheme version in tables: the file stem, `environment/chongqing-2021`.
#[must_use]
pub fn scheme_name(scheme: &Scheme) -> String {
    format!("{}-{}", scheme.id, scheme.version)
}

/// Texts by which a 参评名录 or 关停 event can name a scheme.
pub(crate) fn roster_names(scheme: &Scheme) -> Vec<String> {
    let mut names = vec![scheme.title.clone(), scheme.id.clone(), scheme_name(scheme)];
    names.extend(scheme.subjects.roster_name.clone());
    names
}

/// Documents of a scheme in one line.
pub(crate) fn scheme_basis(scheme: &Scheme) -> String {
    let documents: Vec<&str> = scheme.basis.iter().map(|basis| basis.0.as_str()).collect();
    documents.join("；")
}

/// Ground of a row: the indicator's document, then the row's own source.
pub(crate) fn row_basis(indicator: &Indicator, row: &Row) -> String {
    let document = indicator.basis.0.trim();
    let source = row.source.trim();
    let mut text = match (document.is_empty(), source.is_empty() || source == document) {
        (_, true) => document.to_owned(),
        (true, false) => source.to_owned(),
        (false, false) => format!("{document}；{source}"),
    };
    if row.at_least {
        text.push_str("；分值为下限（至少）");
    }
    text
}

/// The words that name the site which a result comes from.
pub(crate) fn site_reason(region: &str) -> String {
    let place = if region.is_empty() {
        "地区不明"
    } else {
        region
    };
    format!("（各场所分别评价，取最差场所：{place}）")
}

/// Flag set while a counted record is under objection.
pub(crate) const OBJECTION_FLAG: &str = "异议处理中";
/// `row_id` and effect of the row that makes a clamped score add up.
pub(crate) const CLAMP: &str = "clamp";
/// Effect of a record that a row looks at together with others.
pub(crate) const TALLY: &str = "tally";

/// Why a matched row does not count, or not in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WhyNot<'a> {
    /// An exception row removed it.
    Exempted {
        title: Option<&'a str>,
        by: &'a str,
    },
    NotYet {
        from: Day,
    },
    /// Of another site than the one that gives the result.
    Elsewhere,
    /// New since the last cycle end.
    Frozen {
        until: Day,
    },
    OutsideWindow {
        until: Day,
    },
    ValidityOver {
        until: Day,
    },
    PublicityOver {
        until: Day,
    },
    Delisted {
        on: Day,
    },
    ListingOver {
        until: Day,
    },
    Repaired {
        on: Day,
    },
    /// Points cleared by repair, the grade stays.
    ClearedKept {
        on: Day,
    },
    /// A share of the points came back by repair.
    Shared {
        on: Day,
        back: i64,
    },
    /// The records together do not meet the row's tests.
    NotReached,
    /// A bonus beside points, the books of which are kept apart.
    Apart,
    JoinedAway,
    Capped {
        cap: Points,
    },
    GroupCapped {
        cap: Points,
    },
    NotRated,
}

impl WhyNot<'_> {
    pub(crate) fn zh(self) -> String {
        match self {
            Self::Exempted { title, by } => match title {
                Some(title) => format!("例外：已由“{title}（{by}）”排除"),
                None => format!("例外：已由规则行“{by}”排除"),
            },
            Self::NotYet { from } => format!("尚未起算，自{}起计", from.zh()),
            Self::Elsewhere => "属其他场所，本结果取自最差场所".to_owned(),
            Self::Frozen { until } => format!("等级已冻结，{}起计入", until.zh()),
            Self::OutsideWindow { until } => format!("超出计分周期（计至{}）", until.zh()),
            Self::ValidityOver { until } => format!("有效期已于{}届满", until.zh()),
            Self::PublicityOver { until } => format!("最长公示期已于{}届满，不再使用", until.zh()),
            Self::Delisted { on } => format!("已于{}移出名单", on.zh()),
            Self::ListingOver { until } => format!("列入期限已于{}届满", until.zh()),
            Self::Repaired { on } => format!("已于{}完成信用修复", on.zh()),
            Self::ClearedKept { on } => format!("已于{}完成信用修复：分值清零，等级保留", on.zh()),
            Self::Shared { on, back } => format!("已于{}完成信用修复：按{back}%返还分值", on.zh()),
            Self::NotReached => "累计条件未满足，不产生结果".to_owned(),
            Self::Apart => "良好记录与不良记录分册登记，不抵扣".to_owned(),
            Self::JoinedAway => "合并计分：同组另有记录计入".to_owned(),
            Self::Capped { cap } => format!("超出指标上限（{cap}分）部分不计"),
            Self::GroupCapped { cap } => format!("超出指标组上限（{cap}分）部分不计"),
            Self::NotRated => "本期不评级，不计分".to_owned(),
        }
    }
}

/// How a result came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason<'a> {
    NoVersion {
        from: Day,
        to: Option<Day>,
    },
    OffRoster,
    RosterOver {
        until: Day,
    },
    Closed {
        on: Day,
    },
    /// Nothing counts and the scheme does not rate that.
    NothingCounted,
    DefaultGrade {
        name: &'a str,
    },
    /// Score alone decided.
    Score {
        score: Points,
        name: &'a str,
    },
    /// A direct grade, ceiling or move decided over the score or the base class.
    Direct {
        name: &'a str,
        row: &'a str,
    },
    Floor {
        name: &'a str,
        row: &'a str,
    },
    Ceiling {
        name: &'a str,
        row: &'a str,
    },
    Moved {
        name: &'a str,
        from: &'a str,
    },
    /// The grade at the last cycle end allows no better one.
    HeldBack {
        name: &'a str,
        from: &'a str,
    },
    /// Worst class among the matched rows.
    Class {
        name: &'a str,
        row: &'a str,
    },
    /// No row sets a class: best class.
    BestClass {
        name: &'a str,
    },
    /// Repaired points are cleared, but the grade that they led to stays.
    KeptGrade {
        name: &'a str,
    },
    /// The scheme sets flags and terms only.
    FlagsOnly,
}

impl Reason<'_> {
    pub(crate) fn zh(self) -> String {
        match self {
            Self::NoVersion { from, to: None } => {
                format!("不评级：评价日无有效版本（本版本自{}起施行）", from.zh())
            }
            Self::NoVersion { from, to: Some(to) } => {
                format!(
                    "不评级：评价日无有效版本（本版本施行期{}至{}）",
                    from.zh(),
                    to.zh()
                )
            }
            Self::OffRoster => "不评级：未列入参评名录".to_owned(),
            Self::RosterOver { until } => format!("不评级：参评资格已于{}届满", until.zh()),
            Self::Closed { on } => format!("不评级：已于{}关停", on.zh()),
            Self::NothingCounted => "不评级：无计入记录".to_owned(),
            Self::DefaultGrade { name } => format!("无计入记录，按方案默认等级：{name}"),
            Self::Score { score, name } => format!("得分{score}，等级：{name}"),
            Self::Direct { name, row } => format!("规则行“{row}”直接定级：{name}"),
            Self::Floor { name, row } => format!("规则行“{row}”保底等级：{name}"),
            Self::Ceiling { name, row } => format!("规则行“{row}”限定等级上限：{name}"),
            Self::Moved { name, from } => format!("等级由“{from}”调整为“{name}”"),
            Self::HeldBack { name, from } => {
                format!("本期应为“{from}”，受上一周期等级及每周期上调级数限制：{name}")
            }
            Self::Class { name, row } => format!("按最重一类记录（规则行“{row}”）定级：{name}"),
            Self::BestClass { name } => format!("无降级记录：{name}"),
            Self::KeptGrade { name } => format!("已修复记录分值清零，原等级保留：{name}"),
            Self::FlagsOnly => "本方案不评等级，只记标记与期限".to_owned(),
        }
    }
}
