//! What differs between the decision tables of two versions: indicators by id, rows by id, conditions by field.

use std::mem::discriminant;

use super::super::model::{Condition, Direction, Effect, Indicator, Row, Scheme, Status};
use super::super::show;
use super::words::{anchor, change, join, optional, repair, set, status, window};

/// Notes the differences of all indicators and their rows.
pub(super) fn differences(lines: &mut Vec<String>, old: &Scheme, new: &Scheme) {
    for gone in &old.indicators {
        if find(new, &gone.id).is_none() {
            let rows: Vec<&str> = gone.rows.iter().map(|row| row.id.as_str()).collect();
            let rows = rows.join("、");
            lines.push(format!(
                "删去指标 {}（{}），含行 {rows}",
                gone.id, gone.title
            ));
        }
    }
    for indicator in &new.indicators {
        match find(old, &indicator.id) {
            None => {
                let mark = show::mark(&indicator.status);
                lines.push(format!(
                    "新增指标 {}（{}）{mark}",
                    indicator.id, indicator.title
                ));
                for row in &indicator.rows {
                    lines.push(format!(
                        "指标 {} 的行 {}：新增，{}",
                        indicator.id,
                        row.id,
                        whole(new, row)
                    ));
                }
            }
            Some(before) => {
                head(lines, before, indicator);
                rows(lines, (old, before), (new, indicator));
            }
        }
    }
}

fn find<'a>(scheme: &'a Scheme, id: &str) -> Option<&'a Indicator> {
    scheme
        .indicators
        .iter()
        .find(|indicator| indicator.id == id)
}

fn head(lines: &mut Vec<String>, old: &Indicator, new: &Indicator) {
    let label = |what: &str| format!("指标 {} 的{what}", new.id);
    change(lines, &label("名称"), &old.title, &new.title);
    change(
        lines,
        &label("指标组"),
        &optional(old.group.as_ref()),
        &optional(new.group.as_ref()),
    );
    change(lines, &label("合并方式"), &join(old.join), &join(new.join));
    change(
        lines,
        &label("计分周期"),
        &window(old.window),
        &window(new.window),
    );
    change(
        lines,
        &label("起算日"),
        anchor(old.anchor),
        anchor(new.anchor),
    );
    change(
        lines,
        &label("修复效果"),
        repair(old.repair),
        repair(new.repair),
    );
    let shares =
        |of: &Indicator| -> Vec<String> { of.repair_shares.iter().map(show::share).collect() };
    change(
        lines,
        &label("返还分档"),
        &shares(old).join("、"),
        &shares(new).join("、"),
    );
    let dated = |of: &Indicator| match of.repaired_when_rectified {
        true => "整改完成日",
        false => "信用修复日",
    };
    change(lines, &label("修复时间"), dated(old), dated(new));
    let at_once = |of: &Indicator| match of.mid_cycle {
        true => "即时计入",
        false => "待周期末计入",
    };
    change(lines, &label("冻结期间"), at_once(old), at_once(new));
    change(
        lines,
        &label("上限"),
        &optional(old.cap.as_ref()),
        &optional(new.cap.as_ref()),
    );
    let carry = |on: bool| if on { "继续计入" } else { "期满不计" };
    change(
        lines,
        &label("未整改记录"),
        carry(old.carry_over),
        carry(new.carry_over),
    );
    change(lines, &label("依据"), &old.basis.0, &new.basis.0);
    status(lines, &label("暂定标记"), &old.status, &new.status);
}

fn rows(
    lines: &mut Vec<String>,
    (old_scheme, old): (&Scheme, &Indicator),
    (new_scheme, new): (&Scheme, &Indicator),
) {
    let by_id = |of: &'_ Indicator, id: &str| of.rows.iter().position(|row| row.id == id);
    for gone in old.rows.iter().filter(|row| by_id(new, &row.id).is_none()) {
        let moved = new_scheme
            .indicators
            .iter()
            .find(|i| by_id(i, &gone.id).is_some());
        let what = match moved {
            Some(to) => format!("移至指标 {}", to.id),
            None => format!("删去，原为{}", whole(old_scheme, gone)),
        };
        lines.push(format!("指标 {} 的行 {}：{what}", new.id, gone.id));
    }
    for row in &new.rows {
        match by_id(old, &row.id).and_then(|place| old.rows.get(place)) {
            None => {
                let text = whole(new_scheme, row);
                lines.push(format!("指标 {} 的行 {}：新增，{text}", new.id, row.id));
            }
            Some(before) => {
                let parts = one_row((old_scheme, before), (new_scheme, row));
                if !parts.is_empty() {
                    let text = parts.join("；");
                    lines.push(format!("指标 {} 的行 {}：{text}", new.id, row.id));
                }
            }
        }
    }
    // Of equal hits the earlier row counts, so the order has a meaning.
    let order = |of: &Indicator, other: &Indicator| -> Vec<String> {
        let common = of.rows.iter().filter(|row| by_id(other, &row.id).is_some());
        common.map(|row| row.id.clone()).collect()
    };
    let (before, after) = (order(old, new), order(new, old));
    let label = format!("指标 {} 的行的次序", new.id);
    change(lines, &label, &before.join("、"), &after.join("、"));
}

/// A row in one go: conditions → effect, term, ground.
fn whole(scheme: &Scheme, row: &Row) -> String {
    let conditions = show::conditions(scheme, row);
    let conditions = if conditions.is_empty() {
        "无条件".to_owned()
    } else {
        conditions.join("，")
    };
    let ground = if row.source.is_empty() {
        String::new()
    } else {
        format!("；依据：{}", row.source)
    };
    format!(
        "{conditions} → {}{}{ground}{}",
        show::effect(scheme, row),
        show::term(row.validity),
        mark(row)
    )
}

/// The mark of a row; its reason only where it is not the ground itself.
fn mark(row: &Row) -> String {
    if rests_on_source(row) {
        "【暂定】".to_owned()
    } else {
        show::mark(&row.status)
    }
}

/// A mark without a reason of its own takes the ground as its reason.
fn rests_on_source(row: &Row) -> bool {
    matches!(&row.status, Status::Provisional(reason) if *reason == row.source)
}

fn one_row((old_scheme, old): (&Scheme, &Row), (new_scheme, new): (&Scheme, &Row)) -> Vec<String> {
    let mut parts = Vec::new();
    change(
        &mut parts,
        "说明",
        &optional(old.title.as_ref()),
        &optional(new.title.as_ref()),
    );
    conditions(&mut parts, old, new);
    let tests = |scheme: &Scheme, row: &Row| -> Vec<String> {
        row.tests.iter().map(|t| show::test(scheme, t)).collect()
    };
    set(
        &mut parts,
        "累计条件",
        &tests(old_scheme, old),
        &tests(new_scheme, new),
    );
    effect(&mut parts, (old_scheme, old), (new_scheme, new));
    let term = |row: &Row| show::term(row.validity).trim_start_matches('，').to_owned();
    if old.validity != new.validity {
        let (before, after) = (term(old), term(new));
        if before == after {
            parts.push("期限首日是否计入：有改动".to_owned());
        }
        let unlimited = |text: String| {
            if text.is_empty() {
                "不限".to_owned()
            } else {
                text
            }
        };
        change(&mut parts, "期限", &unlimited(before), &unlimited(after));
    }
    let least = |row: &Row| if row.at_least { "至少" } else { "确数" };
    change(&mut parts, "分值", least(old), least(new));
    set(&mut parts, "免于计入的行", &old.exempts, &new.exempts);
    if !(rests_on_source(old) && rests_on_source(new)) {
        status(&mut parts, "暂定标记", &old.status, &new.status);
    }
    let substance = !parts.is_empty();
    change(&mut parts, "依据", &old.source, &new.source);
    if substance && old.source == new.source {
        parts.push("依据不变".to_owned());
    }
    parts
}

/// Conditions on the same field meet.
fn conditions(parts: &mut Vec<String>, old: &Row, new: &Row) {
    let alike = |of: &Row, wanted: &Condition| -> Vec<String> {
        let same = of.conditions.iter();
        let same = same.filter(|c| discriminant(*c) == discriminant(wanted));
        same.map(show::condition).collect()
    };
    for condition in &old.conditions {
        let (before, after) = (alike(old, condition), alike(new, condition));
        if after.is_empty() {
            parts.push(format!("删去条件：{}", show::condition(condition)));
        } else if before != after {
            parts.push(format!(
                "条件：{} → {}",
                before.join("，"),
                after.join("，")
            ));
        }
    }
    for condition in &new.conditions {
        if alike(old, condition).is_empty() {
            parts.push(format!("增加条件：{}", show::condition(condition)));
        }
    }
}

fn effect(
    parts: &mut Vec<String>,
    (old_scheme, old): (&Scheme, &Row),
    (new_scheme, new): (&Scheme, &Row),
) {
    let verb = |scheme: &Scheme| match scheme.score.as_ref().map(|score| score.direction) {
        Some(Direction::Accumulate) => "记分",
        _ => "扣分",
    };
    match (&old.effect, &new.effect) {
        (Effect::Points(a), Effect::Points(b)) if verb(old_scheme) == verb(new_scheme) => {
            if a != b {
                parts.push(format!("{} {a} → {b}", verb(new_scheme)));
            }
        }
        (Effect::Bonus(a), Effect::Bonus(b)) => {
            if a != b {
                parts.push(format!("加分 {a} → {b}"));
            }
        }
        _ => {
            // The rows that it exempts stand in a line of their own.
            let text = |scheme: &Scheme, row: &Row| match &row.effect {
                Effect::Exempt => "免于计入".to_owned(),
                _ => show::effect(scheme, row),
            };
            change(
                parts,
                "后果",
                &text(old_scheme, old),
                &text(new_scheme, new),
            );
        }
    }
}
