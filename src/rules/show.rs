//! A scheme in words, for a reader who does not open the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::diff::words;
use super::model::{
    Amount, Anchor, Bound, ClassPattern, Condition, Cycle, Delay, Direction, Effect, Indicator,
    Interval, NoRecord, Period, RecordSel, RepairEffect, RepairShare, Roster, Row, Scheme,
    StateSel, Status, Test, Validity,
};
use super::ruleset::RuleSet;
use crate::record::{Fen, PenaltyKind, PenaltyKinds, SubjectKind};

/// The scheme of a name (`environment/chongqing-2021`) or id as text, with what it inherits and where each value stands;
/// `None` when there is none.
#[must_use]
pub fn show(rules: &RuleSet, name: &str) -> Option<String> {
    let scheme = rules.scheme(name)?;
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = head(&mut text, scheme, &rules.classes);
    let _ = bands(&mut text, scheme);
    for indicator in &scheme.indicators {
        let _ = table(&mut text, scheme, indicator, &rules.classes);
    }
    let _ = supervision(&mut text, scheme);
    Some(text)
}

/// Titles of classes by id.
type Titles = BTreeMap<String, String>;

fn head(text: &mut String, scheme: &Scheme, titles: &Titles) -> std::fmt::Result {
    writeln!(text, "{}（{}-{}）", scheme.title, scheme.id, scheme.version)?;
    writeln!(text, "文件：{}", scheme.file)?;
    let mut sources: Vec<(&str, Vec<&str>)> = Vec::new();
    for indicator in &scheme.indicators {
        let Some(from) = indicator.inherited_from.as_deref() else {
            continue;
        };
        match sources.iter_mut().find(|(file, _)| *file == from) {
            Some((_, parts)) => parts.push(&indicator.id),
            None => sources.push((from, vec![&indicator.id])),
        }
    }
    for (file, parts) in sources {
        writeln!(
            text,
            "沿用：{file} 的 {}；其余为本文件规定",
            parts.join("、")
        )?;
    }
    let basis: Vec<&str> = scheme.basis.iter().map(|basis| basis.0.as_str()).collect();
    writeln!(text, "依据：{}", basis.join("；"))?;
    let until = scheme
        .in_force
        .to
        .map_or_else(|| "至今".to_owned(), |to| format!("至{}", to.zh()));
    let status = mark(&scheme.in_force.status);
    writeln!(text, "施行：{}{until}{status}", scheme.in_force.from.zh())?;
    let kinds: Vec<&str> = scheme.subjects.kinds.iter().map(|kind| kind.zh()).collect();
    let roster = match scheme.subjects.roster {
        Roster::Required => "参评名录内",
        Roster::AnyRecord => "有相关记录的",
    };
    let no_record = match scheme.subjects.no_record {
        NoRecord::DefaultGrade(band) => format!("无记录评为{}", grade(scheme, band)),
        NoRecord::NotRated => "无记录不评级".to_owned(),
    };
    let sites = if scheme.subjects.by_site {
        "；各场所分别评价，取最差场所"
    } else {
        ""
    };
    writeln!(
        text,
        "对象：{roster}{}；{no_record}{sites}",
        kinds.join("、")
    )?;
    writeln!(
        text,
        "记录范围：{}",
        classes(&scheme.records.violation, titles)
    )?;
    if let Some(score) = &scheme.score {
        let direction = match score.direction {
            Direction::Deduct => "扣分",
            Direction::Accumulate => "累计记分",
        };
        write!(text, "评分：起始{}分，{direction}", score.start)?;
        if let Some(min) = score.min {
            write!(text, "，最低{min}分")?;
        }
        if let Some(max) = score.max {
            write!(text, "，最高{max}分")?;
        }
        if score.ledgers_apart {
            write!(text, "，加分与扣分分册登记、不抵扣")?;
        }
        writeln!(text, "{}", mark(&score.status))?;
    }
    if let Some(cycle) = &scheme.cycle {
        writeln!(text, "周期：{}{}", self::cycle(cycle), mark(&cycle.status))?;
    }
    Ok(())
}

fn bands(text: &mut String, scheme: &Scheme) -> std::fmt::Result {
    writeln!(text, "\n等级")?;
    for band in &scheme.bands {
        write!(text, "  {} {}", band.grade, band.name)?;
        if let Some(colour) = &band.colour {
            write!(text, "（{colour}）")?;
        }
        if let Some(range) = &band.range {
            write!(text, " {}", interval(range, |points| points.to_string()))?;
        }
        writeln!(text, "{}；依据：{}", mark(&band.status), band.basis.0)?;
    }
    Ok(())
}

fn table(
    text: &mut String,
    scheme: &Scheme,
    indicator: &Indicator,
    titles: &Titles,
) -> std::fmt::Result {
    let file = indicator.inherited_from.as_deref();
    let origin = file.map_or_else(String::new, |file| format!("，沿用 {file}"));
    writeln!(
        text,
        "\n{}（{}{origin}）{}",
        indicator.title,
        indicator.id,
        mark(&indicator.status)
    )?;
    writeln!(text, "  计法：{}", how(scheme, indicator).join("；"))?;
    writeln!(text, "  依据：{}", indicator.basis.0)?;
    for row in &indicator.rows {
        let conditions = conditions_in(scheme, row, Some(titles));
        let conditions = if conditions.is_empty() {
            "无条件".to_owned()
        } else {
            conditions.join("，")
        };
        // A reason that repeats the source is not said twice.
        let mark = match &row.status {
            Status::Provisional(reason) if *reason == row.source => "【暂定】".to_owned(),
            status => mark(status),
        };
        writeln!(
            text,
            "  {}：{conditions} → {}{}{mark}",
            row.label(),
            effect_in(scheme, row),
            term(row.validity),
        )?;
        let source = if row.source.is_empty() {
            &indicator.basis.0
        } else {
            &row.source
        };
        let file = file.unwrap_or(&scheme.file);
        writeln!(text, "      来源：{source}（{file} 第{}行）", row.line)?;
    }
    Ok(())
}

/// How the hits of a table become one figure, and which records it looks at.
fn how(scheme: &Scheme, indicator: &Indicator) -> Vec<String> {
    let mut how = vec![words::join(indicator.join)];
    if let Some(cap) = indicator.cap {
        how.push(format!("最多{cap}分"));
    }
    if let Some(group) = &indicator.group {
        let cap = scheme.group_caps.iter().find(|(id, _)| id == group);
        how.push(cap.map_or_else(
            || format!("属组{group}"),
            |(_, cap)| format!("与同组（{group}）合计最多{cap}分"),
        ));
    }
    how.push(format!("周期{}", words::window(indicator.window)));
    if indicator.anchor != Anchor::DecidedOn {
        how.push(format!("自{}起算", words::anchor(indicator.anchor)));
    }
    if indicator.carry_over {
        how.push("未整改的留在周期内".to_owned());
    }
    how.push(match indicator.repair {
        RepairEffect::Share => {
            let steps: Vec<String> = indicator.repair_shares.iter().map(share).collect();
            let day = if indicator.repaired_when_rectified {
                "整改完成"
            } else {
                "信用修复"
            };
            format!("按{day}的时间返还：{}", steps.join("、"))
        }
        other => words::repair(other).to_owned(),
    });
    if indicator.mid_cycle {
        how.push("冻结期间亦即时计入".to_owned());
    }
    how
}

/// Classes by their titles, with the ids: `水污染防治各类（environment.water.*）`.
fn classes(patterns: &[ClassPattern], titles: &Titles) -> String {
    let named = patterns.iter().map(|pattern| {
        let (stem, all) = match pattern.0.strip_suffix(".*") {
            Some(stem) => (stem, "各类"),
            None => (pattern.0.as_str(), ""),
        };
        match titles.get(stem) {
            Some(title) => format!("{title}{all}（{}）", pattern.0),
            None => pattern.0.clone(),
        }
    });
    named.collect::<Vec<_>>().join("、")
}

/// The effect, with exempted rows by their titles.
fn effect_in(scheme: &Scheme, row: &Row) -> String {
    if row.effect != Effect::Exempt {
        return effect(scheme, row);
    }
    let rows = || scheme.indicators.iter().flat_map(|one| &one.rows);
    let named = row.exempts.iter().map(|id| {
        rows()
            .find(|one| one.id == *id)
            .map_or_else(|| id.clone(), Row::label)
    });
    format!("免于计入{}", named.collect::<Vec<_>>().join("、"))
}

fn supervision(text: &mut String, scheme: &Scheme) -> std::fmt::Result {
    if !scheme.supervision.is_empty() {
        writeln!(text, "\n分级监管")?;
    }
    for rule in &scheme.supervision {
        let grades: Vec<&str> = rule
            .grades
            .iter()
            .map(|band| grade(scheme, *band))
            .collect();
        write!(
            text,
            "  {}（{}）：{}",
            grades.join("、"),
            rule.id,
            rule.content
        )?;
        if let Some(max) = rule.max_inspections {
            let per = match rule.per.as_deref() {
                Some("year") => "每年",
                Some("quarter") => "每季度",
                Some("month") => "每月",
                _ => "",
            };
            write!(text, "，{per}现场检查不超过{max}次")?;
        }
        if let Some(ratio) = &rule.inspection_ratio {
            write!(text, "，抽查比例{ratio}")?;
        }
        writeln!(text, "；依据：{}{}", rule.basis.0, mark(&rule.status))?;
    }
    Ok(())
}

pub(super) fn grade(scheme: &Scheme, band: usize) -> &str {
    scheme.bands.get(band).map_or("", |b| b.grade.as_str())
}

pub(super) fn mark(status: &Status) -> String {
    match status {
        Status::Verified => String::new(),
        Status::Provisional(reason) => format!("【暂定：{reason}】"),
    }
}

pub(super) fn interval<T: Copy>(range: &Interval<T>, show: impl Fn(T) -> String) -> String {
    let low = match range.lower {
        Bound::Unbounded => "(".to_owned(),
        Bound::Included(x) => format!("[{}", show(x)),
        Bound::Excluded(x) => format!("({}", show(x)),
    };
    let high = match range.upper {
        Bound::Unbounded => ")".to_owned(),
        Bound::Included(x) => format!("{}]", show(x)),
        Bound::Excluded(x) => format!("{})", show(x)),
    };
    format!("{low},{high}")
}

pub(super) fn condition(condition: &Condition) -> String {
    fn kinds(set: PenaltyKinds) -> String {
        set.iter()
            .map(PenaltyKind::zh)
            .collect::<Vec<_>>()
            .join("、")
    }
    match condition {
        Condition::Kind(list) => {
            let names = list.iter().map(|kind| match kind {
                RecordSel::Penalty => "行政处罚",
                RecordSel::License => "行政许可",
                RecordSel::Event(event) => event.zh(),
            });
            names.collect::<Vec<_>>().join("、")
        }
        Condition::Violation(list) => {
            let names: Vec<&str> = list.iter().map(|p| p.0.as_str()).collect();
            format!("违法行为 {}", names.join("、"))
        }
        Condition::PenaltyAny(set) => format!("处罚种类含{}", kinds(*set)),
        Condition::PenaltyOnly(set) => format!("处罚种类仅{}", kinds(*set)),
        Condition::PenaltyNone(set) => format!("处罚种类不含{}", kinds(*set)),
        Condition::Fine(range) => format!("罚款{}万元", interval(range, Fen::to_wan_yuan)),
        Condition::Confiscated(range) => format!("没收{}万元", interval(range, Fen::to_wan_yuan)),
        Condition::Authority(list) => format!("机关名称含{}", list.join("、")),
        Condition::Cited(list) => {
            let names = list.iter().map(|cited| {
                let articles: Vec<String> = cited.articles.iter().map(u16::to_string).collect();
                match (articles.first(), articles.last()) {
                    (Some(first), Some(last)) if first == last => {
                        format!("{}第{first}条", cited.statute)
                    }
                    (Some(_), Some(_)) => format!("{}第{}条", cited.statute, articles.join("、")),
                    _ => cited.statute.clone(),
                }
            });
            format!("引用{}", names.collect::<Vec<_>>().join("、"))
        }
        Condition::SubjectKind(list) => list
            .iter()
            .copied()
            .map(SubjectKind::zh)
            .collect::<Vec<_>>()
            .join("、"),
        Condition::Region(list) => format!("地区{}", list.join("、")),
        Condition::Severity(list) => format!("程度{}", list.join("、")),
        Condition::Role(list) => format!("角色{}", list.join("、")),
        Condition::List(list) => format!("名录{}", list.join("、")),
        Condition::TermMonths(range) => {
            format!("期限{}个月", interval(range, |months| months.to_string()))
        }
        Condition::Words(list) => format!("内容有“{}”", list.join("”或“")),
        Condition::State(list) => {
            let names = list.iter().map(|state| match state {
                StateSel::Repaired => "已修复",
                StateSel::NotRepaired => "未修复",
                StateSel::Rectified => "已整改",
                StateSel::NotRectified => "未整改",
                StateSel::UnderObjection => "异议处理中",
            });
            names.collect::<Vec<_>>().join("或")
        }
        Condition::Level(list) => format!("参评级别{}", list.join("、")),
        Condition::Linked => "关联主体（所属人员等）的记录".to_owned(),
    }
}

/// Ends of a cycle, what they mean, and where that was read.
pub(super) fn cycle(cycle: &Cycle) -> String {
    let ends: Vec<String> = cycle
        .ends
        .iter()
        .map(|(month, day)| match day {
            31 => format!("{month}月末"),
            _ => format!("{month}月{day}日"),
        })
        .collect();
    let mut text = format!("止于{}", ends.join("、"));
    if cycle.freeze {
        text.push_str("，其间等级冻结（修复、撤销、公示期满除外）");
    }
    if let Some(most) = cycle.at_most_up {
        text.push_str(&format!("，每周期至多上调{most}级"));
    }
    text.push_str(&format!("；依据：{}", cycle.source));
    text
}

/// Conditions and tests of a row.
pub(super) fn conditions(scheme: &Scheme, row: &Row) -> Vec<String> {
    conditions_in(scheme, row, None)
}

/// The same, with the classes by their titles.
fn conditions_in(scheme: &Scheme, row: &Row, titles: Option<&Titles>) -> Vec<String> {
    let said = |one: &Condition| match (one, titles) {
        (Condition::Violation(list), Some(titles)) => {
            format!("违法行为属{}", classes(list, titles))
        }
        _ => condition(one),
    };
    let mut list: Vec<String> = row.conditions.iter().map(said).collect();
    if list.is_empty() && row.asks_records() {
        list.push("任何行政处罚".to_owned());
    }
    list.extend(row.tests.iter().map(|t| test(scheme, t)));
    list
}

pub(super) fn period(unit: Period) -> &'static str {
    match unit {
        Period::Month => "月",
        Period::Quarter => "季度",
        Period::HalfYear => "半年",
        Period::Year => "年",
    }
}

pub(super) fn share(share: &RepairShare) -> String {
    let within = match share.within {
        Delay::Days(days) => format!("{days}日内"),
        Delay::Months(months) => format!("{months}个月内"),
        Delay::SameYear => "当年内".to_owned(),
        Delay::NextYear => "次年末前".to_owned(),
        Delay::Any => "其余".to_owned(),
    };
    format!("{within}{}%", share.gives_back)
}

pub(super) fn test(scheme: &Scheme, test: &Test) -> String {
    let whole = |range: &Interval<i64>| interval(range, |n| n.to_string());
    match test {
        Test::Count(range) => format!("合计{}件", whole(range)),
        Test::Cases(range) => format!("合计{}起", whole(range)),
        Test::Fines(range) => format!("罚款合计{}万元", interval(range, Fen::to_wan_yuan)),
        Test::Confiscated(range) => {
            format!("没收合计{}万元", interval(range, Fen::to_wan_yuan))
        }
        Test::Running { unit, range } => format!("连续{}个{}", whole(range), period(*unit)),
        Test::Ratio { of, per, range } => {
            let of = match of {
                Amount::Count => "件数",
                Amount::Cases => "起数",
                Amount::Fines => "罚款合计",
                Amount::Confiscated => "没收合计",
            };
            let range = interval(range, |rate| {
                let text = format!("{}.{:06}", rate.0 / 1_000_000, rate.0 % 1_000_000);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            });
            format!("{of}与{per}所载数之比{range}")
        }
        Test::Clean {
            months,
            times,
            after,
        } => {
            let after = after
                .as_ref()
                .map_or_else(String::new, |row| format!("自{row}起"));
            let times = if *times == 1 {
                String::new()
            } else {
                format!("，每满一次计一次，最多{times}次")
            };
            format!("{after}连续{months}个月无上述记录{times}")
        }
        Test::Known(range) => format!("纳入{}个月", whole(range)),
        Test::Was {
            grades,
            cycles,
            range,
            running,
        } => {
            let names: Vec<&str> = grades.iter().map(|band| grade(scheme, *band)).collect();
            let how = if *running { "连续" } else { "合计" };
            let names = names.join("、");
            format!("前{cycles}个周期末评为{names}{how}{}次", whole(range))
        }
    }
}

pub(super) fn effect(scheme: &Scheme, row: &Row) -> String {
    let least = if row.at_least { "至少" } else { "" };
    match &row.effect {
        Effect::Points(points) => {
            let verb = match scheme.score.as_ref().map(|score| score.direction) {
                Some(Direction::Accumulate) => "记",
                _ => "扣",
            };
            format!("{verb}{least}{points}分")
        }
        Effect::Bonus(points) => format!("加{least}{points}分"),
        Effect::Grade(band) => format!("直接评为{}", grade(scheme, *band)),
        Effect::Ceiling(band) => format!("不高于{}", grade(scheme, *band)),
        Effect::Floor(band) => format!("按分数不低于{}", grade(scheme, *band)),
        Effect::Move(steps) if *steps > 0 => format!("降{steps}级"),
        Effect::Move(steps) => format!("升{}级", steps.unsigned_abs()),
        Effect::Flag(flag) => format!("标记 {flag}"),
        Effect::Exempt => format!("免于计入 {}", row.exempts.join("、")),
        Effect::Fact => "供其他规则行引用".to_owned(),
    }
}

pub(super) fn term(validity: Validity) -> String {
    let (term, first_day_counts) = match validity {
        Validity::Unlimited => return String::new(),
        Validity::Months {
            months,
            delay_days,
            first_day_counts,
        } => {
            let delay = match delay_days {
                0 => String::new(),
                days => format!("{days}日后起"),
            };
            (format!("{delay}有效{months}个月"), first_day_counts)
        }
        Validity::FromRecord {
            default_months,
            first_day_counts,
        } => {
            let default = default_months
                .map_or_else(String::new, |months| format!("（未载明的{months}个月）"));
            (format!("期限依决定{default}"), first_day_counts)
        }
    };
    let first = if first_day_counts {
        "（起算当日计入）"
    } else {
        ""
    };
    format!("，{term}{first}")
}
