//! What differs between two versions of a scheme, part by part.

use super::super::model::{
    Band, InForce, NoRecord, Population, Roster, Scheme, ScoreRule, SupervisionRule,
};
use super::super::show;
use super::indicator;
use super::words::{change, direction, optional, set, status, texts, tier, version_by};
use crate::record::Points;

/// Every difference with a meaning; empty when there is none.
pub(super) fn differences(old: &Scheme, new: &Scheme) -> Vec<String> {
    let mut lines = Vec::new();
    head(&mut lines, old, new);
    population(&mut lines, old, new);
    score(&mut lines, old.score.as_ref(), new.score.as_ref());
    let cycle = |scheme: &Scheme| scheme.cycle.as_ref().map_or_else(String::new, show::cycle);
    change(&mut lines, "周期", &cycle(old), &cycle(new));
    let books = |scheme: &Scheme| match &scheme.score {
        Some(score) if score.ledgers_apart => "分册登记、不抵扣",
        _ => "相抵",
    };
    change(&mut lines, "加分与扣分", books(old), books(new));
    bands(&mut lines, &old.bands, &new.bands);
    groups(&mut lines, &old.group_caps, &new.group_caps);
    indicator::differences(&mut lines, old, new);
    supervision(&mut lines, old, new);
    lines
}

fn head(lines: &mut Vec<String>, old: &Scheme, new: &Scheme) {
    change(lines, "名称", &old.title, &new.title);
    change(lines, "领域", &old.domain, &new.domain);
    change(lines, "层级", tier(old.tier), tier(new.tier));
    change(lines, "适用地区", &old.region, &new.region);
    set(lines, "依据", &texts(&old.basis), &texts(&new.basis));
    change(
        lines,
        "施行期",
        &in_force(&old.in_force),
        &in_force(&new.in_force),
    );
    status(
        lines,
        "施行期的暂定标记",
        &old.in_force.status,
        &new.in_force.status,
    );
    let by = |scheme: &Scheme| version_by(scheme.version_by);
    change(lines, "版本适用", by(old), by(new));
    let past = |s: &Scheme| {
        s.counts_past_publicity
            .as_ref()
            .map(|b| b.0.clone())
            .unwrap_or_default()
    };
    change(
        lines,
        "最长公示期满后继续计入的依据",
        &past(old),
        &past(new),
    );
    let scope = |scheme: &Scheme| -> Vec<String> {
        let patterns = scheme.records.violation.iter();
        patterns.map(|pattern| pattern.0.clone()).collect()
    };
    set(lines, "记录范围", &scope(old), &scope(new));
}

fn in_force(period: &InForce) -> String {
    let to = period
        .to
        .map_or_else(|| "起".to_owned(), |to| format!("至{}", to.zh()));
    format!("{}{to}", period.from.zh())
}

fn population(lines: &mut Vec<String>, old: &Scheme, new: &Scheme) {
    let kinds = |p: &Population| -> Vec<String> {
        p.kinds.iter().map(|kind| kind.zh().to_owned()).collect()
    };
    set(
        lines,
        "评价对象",
        &kinds(&old.subjects),
        &kinds(&new.subjects),
    );
    let roster = |p: &Population| match p.roster {
        Roster::Required => "参评名录内的主体",
        Roster::AnyRecord => "有相关记录的主体",
    };
    change(
        lines,
        "评价范围",
        roster(&old.subjects),
        roster(&new.subjects),
    );
    let none = |s: &Scheme| match s.subjects.no_record {
        NoRecord::DefaultGrade(band) => format!("评为{}", show::grade(s, band)),
        NoRecord::NotRated => "不评级".to_owned(),
    };
    change(lines, "无计入记录的", &none(old), &none(new));
    let name = |s: &Scheme| s.subjects.roster_name.clone().unwrap_or_default();
    change(lines, "参评名录的另名", &name(old), &name(new));
    let sites = |s: &Scheme| match s.subjects.by_site {
        true => "分别评价，取最差",
        false => "合并评价",
    };
    change(lines, "各场所", sites(old), sites(new));
}

fn score(lines: &mut Vec<String>, old: Option<&ScoreRule>, new: Option<&ScoreRule>) {
    match (old, new) {
        (None, None) => {}
        (Some(_), None) => lines.push("评分：删去，等级只按记录的类别定".to_owned()),
        (None, Some(new)) => lines.push(format!(
            "评分：新增，起始{}分，{}",
            new.start,
            direction(new.direction)
        )),
        (Some(old), Some(new)) => {
            let text = |points: Points| points.to_string();
            change(lines, "起始分", &text(old.start), &text(new.start));
            change(
                lines,
                "计分方式",
                direction(old.direction),
                direction(new.direction),
            );
            change(
                lines,
                "最低分",
                &optional(old.min.as_ref()),
                &optional(new.min.as_ref()),
            );
            change(
                lines,
                "最高分",
                &optional(old.max.as_ref()),
                &optional(new.max.as_ref()),
            );
            status(lines, "评分的暂定标记", &old.status, &new.status);
        }
    }
}

fn bands(lines: &mut Vec<String>, old: &[Band], new: &[Band]) {
    let range = |band: &Band| {
        let range = band.range.as_ref();
        range.map_or_else(String::new, |range| {
            show::interval(range, |points| points.to_string())
        })
    };
    for gone in old
        .iter()
        .filter(|b| new.iter().all(|n| n.grade != b.grade))
    {
        lines.push(
            format!("删去等级 {} {} {}", gone.grade, gone.name, range(gone))
                .trim_end()
                .to_owned(),
        );
    }
    for (place, band) in new.iter().enumerate() {
        let Some(before) = old.iter().find(|b| b.grade == band.grade) else {
            let text = format!(
                "新增等级 {} {} {}（第{}位）{}",
                band.grade,
                band.name,
                range(band),
                place + 1,
                show::mark(&band.status)
            );
            lines.push(text);
            continue;
        };
        let label = |what: &str| format!("等级 {} 的{what}", band.grade);
        change(lines, &label("名称"), &before.name, &band.name);
        change(lines, &label("分值区间"), &range(before), &range(band));
        change(
            lines,
            &label("颜色"),
            &optional(before.colour.as_ref()),
            &optional(band.colour.as_ref()),
        );
        change(lines, &label("依据"), &before.basis.0, &band.basis.0);
        status(lines, &label("暂定标记"), &before.status, &band.status);
    }
    let order = |of: &[Band], other: &[Band]| -> Vec<String> {
        let common = of
            .iter()
            .filter(|b| other.iter().any(|o| o.grade == b.grade));
        common.map(|b| b.grade.clone()).collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    change(lines, "等级的次序", &before.join("、"), &after.join("、"));
}

fn groups(lines: &mut Vec<String>, old: &[(String, Points)], new: &[(String, Points)]) {
    let find = |of: &[(String, Points)], id: &str| of.iter().find(|g| g.0 == id).map(|g| g.1);
    for (id, cap) in old {
        if find(new, id).is_none() {
            lines.push(format!("删去指标组 {id}（上限{cap}分）"));
        }
    }
    for (id, cap) in new {
        match find(old, id) {
            None => lines.push(format!("新增指标组 {id}（上限{cap}分）")),
            Some(before) => change(
                lines,
                &format!("指标组 {id} 的上限"),
                &before.to_string(),
                &cap.to_string(),
            ),
        }
    }
}

fn supervision(lines: &mut Vec<String>, old: &Scheme, new: &Scheme) {
    let grades = |scheme: &Scheme, rule: &SupervisionRule| -> Vec<String> {
        let bands = rule.grades.iter();
        bands
            .map(|band| show::grade(scheme, *band).to_owned())
            .collect()
    };
    for gone in &old.supervision {
        if new.supervision.iter().all(|rule| rule.id != gone.id) {
            let of = grades(old, gone).join("、");
            lines.push(format!(
                "删去监管规则 {}（{of}）：{}",
                gone.id, gone.content
            ));
        }
    }
    for rule in &new.supervision {
        let of = grades(new, rule);
        let Some(before) = old.supervision.iter().find(|r| r.id == rule.id) else {
            lines.push(format!(
                "新增监管规则 {}（{}）：{}；依据：{}{}",
                rule.id,
                of.join("、"),
                rule.content,
                rule.basis.0,
                show::mark(&rule.status)
            ));
            continue;
        };
        let label = |what: &str| format!("监管规则 {} 的{what}", rule.id);
        set(lines, &label("等级"), &grades(old, before), &of);
        set(lines, &label("管理级别"), &before.levels, &rule.levels);
        change(lines, &label("标识"), &before.flag, &rule.flag);
        change(lines, &label("内容"), &before.content, &rule.content);
        change(lines, &label("检查上限"), &most(before), &most(rule));
        let ratio = |r: &SupervisionRule| r.inspection_ratio.clone().unwrap_or_default();
        change(lines, &label("抽查比例"), &ratio(before), &ratio(rule));
        change(lines, &label("依据"), &before.basis.0, &rule.basis.0);
        status(lines, &label("暂定标记"), &before.status, &rule.status);
    }
}

fn most(rule: &SupervisionRule) -> String {
    let per = match rule.per.as_deref() {
        Some("year") => "每年",
        Some("quarter") => "每季度",
        Some("month") => "每月",
        _ => "",
    };
    rule.max_inspections
        .map_or_else(String::new, |n| format!("{per}{n}次"))
}
