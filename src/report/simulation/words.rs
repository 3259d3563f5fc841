//! The words shared by all forms of a comparison.

use std::collections::BTreeSet;

use crate::record::Points;
use crate::simulate::{
    Figures, Group, Movement, Mover, PackFacts, Place, RowChange, RowEffect, SOON_DAYS,
    SchemeShift, Simulation, Tally, percent,
};

/// What holds for every comparison, printed on each cover.
pub(super) const METHOD: &str = "同一批记录按两套规则各评一次；等级、评级状态、标记或得分任一不同即为变动。\
未成年人不列入；自然人姓名已隐去。本报告不写入存储，不产生评级效力。";

/// The sentence that comes first.
pub(super) fn headline(simulation: &Simulation) -> String {
    let results = simulation.results();
    if simulation.nobody_moves() {
        return format!(
            "没有主体变动（nobody moves）：{}个主体的{results}项结果在两套规则下相同。",
            simulation.subjects
        );
    }
    let of = |movement: Movement| -> u64 {
        let schemes = simulation.schemes.iter();
        schemes.map(|scheme| scheme.all.moved_by(movement)).sum()
    };
    let kinds = Movement::ALL
        .into_iter()
        .filter(|movement| of(*movement) > 0);
    let kinds: Vec<String> = kinds
        .map(|movement| format!("{}{}", movement.zh(), of(movement)))
        .collect();
    format!(
        "{}个主体中{}个变动；{results}项结果中{}项变动：{}。",
        simulation.subjects,
        simulation.moving,
        simulation.movers.len(),
        kinds.join("，")
    )
}

/// Label and text of every line of the cover.
pub(super) fn cover(simulation: &Simulation) -> Vec<(&'static str, String)> {
    let known = simulation.known_at.map_or_else(
        || "全部已接收记录".to_owned(),
        |day| format!("{}以前接收的记录", day.zh()),
    );
    let mut lines = vec![
        ("结论", headline(simulation)),
        ("评价基准日", simulation.as_of.zh()),
        ("数据范围", known),
        ("原规则包摘要", simulation.old.digest.clone()),
        ("新规则包摘要", simulation.new.digest.clone()),
        ("原评价方案", schemes(&simulation.old)),
        ("新评价方案", schemes(&simulation.new)),
        ("暂定说明", provisional(simulation)),
        ("口径", METHOD.to_owned()),
    ];
    lines.extend(simulation.notes.iter().map(|note| ("未模拟", note.clone())));
    lines
}

fn schemes(pack: &PackFacts) -> String {
    let named = pack.schemes.iter();
    let named: Vec<String> = named
        .map(|s| format!("{}（{}）", s.title, s.name))
        .collect();
    if named.is_empty() {
        "无".to_owned()
    } else {
        named.join("；")
    }
}

fn provisional(simulation: &Simulation) -> String {
    let sum = |pick: fn(&SchemeShift) -> u64| simulation.schemes.iter().map(pick).sum::<u64>();
    let (old, new) = (sum(|s| s.old.provisional), sum(|s| s.new.provisional));
    if old + new == 0 {
        return "无".to_owned();
    }
    format!("原规则下{old}项、新规则下{new}项结果依赖“暂定”数值（来源未核实全文），使用前须复核。")
}

/// Label, old and new value of the key figures of a scheme.
pub(super) fn figures(scheme: &SchemeShift, simulation: &Simulation) -> Vec<[String; 3]> {
    let (old, new) = (&scheme.old, &scheme.new);
    let both =
        |label: &str, text: &dyn Fn(&Figures) -> String| [label.to_owned(), text(old), text(new)];
    let share =
        |part: u64, figures: &Figures| format!("{part}（{}）", percent(part, figures.total()));
    let score = |points: Option<Points>| points.map_or_else(|| "—".to_owned(), |p| p.to_string());
    let mut lines = vec![
        both("方案内主体", &|f| f.total().to_string()),
        both("已评级", &|f| share(f.rated, f)),
        both("未评级", &|f| share(f.not_rated, f)),
    ];
    let grades: BTreeSet<&Place> = old.places.keys().chain(new.places.keys()).collect();
    let mut seen: Vec<&Place> = Vec::new();
    for place in grades {
        if *place == Place::NotRated || seen.iter().any(|s| s.same(place)) {
            continue;
        }
        seen.push(place);
        let count = |f: &Figures| -> u64 {
            let places = f.places.iter().filter(|(p, _)| p.same(place));
            places.map(|(_, n)| n).sum()
        };
        let label = format!("等级 {}", titled(place, scheme, simulation));
        lines.push(both(&label, &|f| {
            format!("{}（占已评级{}）", count(f), percent(count(f), f.rated))
        }));
    }
    lines.extend([
        both("含暂定数值的结果", &|f| share(f.provisional, f)),
        both("有得分的主体", &|f| f.scored().to_string()),
        both("平均得分", &|f| score(f.mean())),
        both("得分中位数", &|f| score(f.median())),
        both(&format!("{SOON_DAYS}日内将变化的主体"), &|f| {
            share(f.changing_soon, f)
        }),
    ]);
    lines
}

/// A place with the published name of its grade: `A 环保诚信`.
pub(super) fn titled(place: &Place, scheme: &SchemeShift, simulation: &Simulation) -> String {
    let Place::Graded { grade, .. } = place else {
        return place.zh().to_owned();
    };
    let versions = simulation.new.family(&scheme.id);
    let versions = versions.chain(simulation.old.family(&scheme.id));
    let name = versions
        .flat_map(|version| &version.grades)
        .find(|(short, _)| short == grade)
        .map(|(_, name)| name);
    match name {
        Some(name) if name != grade => format!("{grade} {name}"),
        _ => grade.clone(),
    }
}

/// Head of the tables by group, and a line of one.
pub(super) const GROUP_HEAD: [&str; 6] = ["", "结果数", "不变", "降级", "升级", "其他变动"];

/// Counts of a group in the order of [`GROUP_HEAD`], then its flows.
pub(super) fn group(group: &Group, blank: &str) -> ([String; 6], String) {
    let tally = &group.tally;
    let (worse, better) = (
        tally.moved_by(Movement::Worse),
        tally.moved_by(Movement::Better),
    );
    let value = if group.value.is_empty() {
        blank.to_owned()
    } else {
        group.value.clone()
    };
    let counts = [
        value,
        tally.total().to_string(),
        (tally.total() - tally.moved()).to_string(),
        worse.to_string(),
        better.to_string(),
        (tally.moved() - worse - better).to_string(),
    ];
    (counts, flows(tally))
}

/// `A→B 3，B→C 1`; empty when no place changes.
pub(super) fn flows(tally: &Tally) -> String {
    let flows: Vec<String> = tally
        .flows()
        .map(|(from, to, count)| format!("{}→{} {count}", from.zh(), to.zh()))
        .collect();
    flows.join("，")
}

/// Why a result moves: the rows counted differently, or what else is different.
pub(super) fn why(mover: &Mover) -> String {
    if !mover.rows.is_empty() {
        let rows: Vec<String> = mover.rows.iter().map(row_change).collect();
        return rows.join("；");
    }
    let (old, new) = &mover.reasons;
    let shown = |reason: &str| {
        if reason.is_empty() {
            "不在方案内".to_owned()
        } else {
            reason.to_owned()
        }
    };
    format!("规则行计入情况相同；原：{}；新：{}", shown(old), shown(new))
}

/// `fine-to-5（渝环罚〔2026〕1号）：计3分 → 计25分`.
fn row_change(change: &RowChange) -> String {
    let record = if change.document_no.is_empty() {
        change.decided_on.clone()
    } else {
        change.document_no.clone()
    };
    format!(
        "{}（{record}）：{} → {}",
        change.row_id,
        effect(change.old.as_ref()),
        effect(change.new.as_ref())
    )
}

fn effect(effect: Option<&RowEffect>) -> String {
    let Some(effect) = effect else {
        return "无此行或不命中".to_owned();
    };
    let mark = if effect.provisional {
        "（暂定）"
    } else {
        ""
    };
    if !effect.counted {
        return if effect.why_not.is_empty() {
            format!("不计入{mark}")
        } else {
            format!("不计入（{}）{mark}", effect.why_not)
        };
    }
    let words = match effect.effect.split_once(':') {
        Some(("grade", grade)) => format!("直接定为{grade}"),
        Some(("ceiling", grade)) => format!("不高于{grade}"),
        Some(("move", bands)) => format!("调整{bands}级"),
        Some(("flag", name)) => format!("标记{name}"),
        _ => match effect.effect.as_str() {
            "bonus" => format!("加{}分", -effect.points),
            "exempt" => "例外".to_owned(),
            "clamp" => format!("封顶或封底{}分", effect.points),
            _ => format!("计{}分", effect.points),
        },
    };
    format!("{words}{mark}")
}

/// `97 → 75`; empty where neither side has one.
pub(super) fn scores(mover: &Mover) -> String {
    let text = |score: Option<Points>| score.map_or_else(|| "—".to_owned(), |s| s.to_string());
    match mover.scores {
        (None, None) => String::new(),
        (old, new) => format!("{} → {}", text(old), text(new)),
    }
}

/// `限制申请 → 无`; empty where the flags are the same.
pub(super) fn flags(mover: &Mover) -> String {
    let (old, new) = &mover.flags;
    if old == new {
        return String::new();
    }
    let text = |flags: &[String]| {
        if flags.is_empty() {
            "无".to_owned()
        } else {
            flags.join("、")
        }
    };
    format!("{} → {}", text(old), text(new))
}

/// Which side rests on a figure that is not verified.
pub(super) fn marks(mover: &Mover) -> &'static str {
    match mover.provisional {
        (false, false) => "",
        (true, false) => "原暂定",
        (false, true) => "新暂定",
        (true, true) => "暂定",
    }
}
