//! Words of a difference: `label：old → new`, sets that gained and lost, and the values that only a difference prints.

use super::super::model::{
    Anchor, Basis, Direction, Fold, Join, Key, RepairEffect, Status, Tier, VersionBy, Window,
};
use super::super::show;

/// Notes a value that changed: `题名：甲 → 乙`.
pub(super) fn change(lines: &mut Vec<String>, label: &str, old: &str, new: &str) {
    if old != new {
        lines.push(format!("{label}：{} → {}", shown(old), shown(new)));
    }
}

/// Notes what a set gained and lost.
pub(super) fn set(lines: &mut Vec<String>, label: &str, old: &[String], new: &[String]) {
    let only = |of: &[String], other: &[String]| -> Vec<String> {
        let own = of.iter().filter(|item| !other.contains(item));
        own.cloned().collect()
    };
    let (lost, gained) = (only(old, new), only(new, old));
    let mut parts = Vec::new();
    if !gained.is_empty() {
        parts.push(format!("增加{}", gained.join("、")));
    }
    if !lost.is_empty() {
        parts.push(format!("删去{}", lost.join("、")));
    }
    if !parts.is_empty() {
        lines.push(format!("{label}：{}", parts.join("；")));
    }
}

/// Notes a mark or reason that changed.
pub(super) fn status(lines: &mut Vec<String>, label: &str, old: &Status, new: &Status) {
    match (old, new) {
        (Status::Verified, Status::Provisional(reason)) => {
            lines.push(format!("{label}：由已核改为暂定（{reason}）"));
        }
        (Status::Provisional(_), Status::Verified) => {
            lines.push(format!("{label}：由暂定改为已核"));
        }
        (Status::Provisional(old), Status::Provisional(new)) => {
            change(lines, &format!("{label}的说明"), old, new);
        }
        (Status::Verified, Status::Verified) => {}
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "无" } else { text }
}

pub(super) fn texts(basis: &[Basis]) -> Vec<String> {
    basis.iter().map(|b| b.0.clone()).collect()
}

pub(super) fn optional<T: ToString>(value: Option<&T>) -> String {
    value.map_or_else(String::new, ToString::to_string)
}

pub(super) fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Nation => "国家",
        Tier::Province => "省级",
        Tier::Municipality => "市级",
        Tier::District => "区县级",
    }
}

pub(super) fn version_by(by: VersionBy) -> &'static str {
    match by {
        VersionBy::AsOf => "按评价日",
        VersionBy::DecidedOn => "按决定日",
    }
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Deduct => "扣分",
        Direction::Accumulate => "累计记分",
    }
}

pub(in crate::rules) fn window(window: Window) -> String {
    match window {
        Window::Always => "不限".to_owned(),
        Window::Rolling { months } => format!("近{months}个月"),
        Window::PreviousYear => "上一年度".to_owned(),
        Window::CurrentYear => "本年度".to_owned(),
        Window::Calendar { unit, back } => {
            let which = if back == 0 { "本" } else { "上一" };
            format!("{which}{}", show::period(unit))
        }
    }
}

pub(in crate::rules) fn anchor(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::DecidedOn => "决定日",
        Anchor::ValidUntil => "有效期届满日",
        Anchor::ValidFrom => "有效期起始日",
        Anchor::Published => "公示日（报送日，无报送时间的为接收日）",
        Anchor::Rectified => "整改完成日（未完成的一直计入）",
    }
}

pub(in crate::rules) fn repair(repair: RepairEffect) -> &'static str {
    match repair {
        RepairEffect::Drop => "修复后不计",
        RepairEffect::Keep => "修复后仍计",
        RepairEffect::ClearsPointsKeepsGrade => "修复后清分、等级保留",
        RepairEffect::Share => "修复后按时间返还",
    }
}

pub(in crate::rules) fn join(join: Join) -> String {
    let fold = |fold: Fold| match fold {
        Fold::Sum => "累加",
        Fold::Max => "取最重",
        Fold::First => "取最先",
    };
    match join.within {
        None => fold(join.across).to_owned(),
        Some((key, within)) => {
            let key = match key {
                Key::Record => "同一记录",
                Key::Case => "同一违法行为",
                Key::Month => "同一月份",
                Key::Subject => "同一主体",
            };
            format!("{key}内{}，其间{}", fold(within), fold(join.across))
        }
    }
}
