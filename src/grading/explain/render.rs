//! Explanations as Chinese text (one line, a table that adds up by hand, or the full trace) and as JSON.

use std::fmt::Write as _;

use comfy_table::{Cell, CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::{Better, Explanation, RecordTrace};
use crate::grading::outcome::{Evidence, Standing};
use crate::record::{Day, Points};

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// One line.
    Line,
    /// The sum, row by row.
    Table,
    /// Every record and why it did not count.
    Trace,
}

/// An explanation in words; ends with a line feed.
#[must_use]
pub fn text(explanation: &Explanation, depth: Depth) -> String {
    let mut out = line(explanation);
    out.push('\n');
    if depth >= Depth::Table {
        table(&mut out, explanation);
    }
    if depth == Depth::Trace {
        trace(&mut out, explanation);
    }
    out
}

/// An explanation as JSON: the same content as the trace. Days are ISO texts, points exact decimal texts.
#[must_use]
pub fn json(explanation: &Explanation) -> Value {
    let outcome = &explanation.outcome;
    let standing = &outcome.standing;
    let day = |day: Option<Day>| day.map(|d| d.to_string());
    let flags: Vec<Value> = standing
        .flags
        .iter()
        .map(|flag| {
            json!({
                "name": flag.name,
                "row_id": flag.row_id,
                "record_id": flag.record_id,
                "document_no": flag.document_no,
                "from": flag.from.to_string(),
                "until": day(flag.until),
                "basis": flag.basis,
                "provisional": flag.provisional,
            })
        })
        .collect();
    let evidence: Vec<Value> = explanation.evidence.iter().map(evidence_json).collect();
    let records: Vec<Value> = explanation
        .records
        .iter()
        .map(|record| {
            json!({
                "kind": record.kind,
                "record_id": record.record_id,
                "document_no": record.document_no,
                "decided_on": record.decided_on.to_string(),
                "violation": record.class,
                "state": record.state,
                "evidence": record.matched,
                "why_none": record.why_none,
            })
        })
        .collect();
    json!({
        "scheme": outcome.scheme.as_ref(),
        "subject_id": outcome.subject_id,
        "subject_name": outcome.subject_name,
        "as_of": explanation.as_of.to_string(),
        "rated": standing.rated,
        "score": standing.score.map(|s| s.to_string()),
        "grade": standing.grade.as_ref().map(|g| g.grade.as_ref()),
        "grade_name": standing.grade.as_ref().map(|g| g.name.as_ref()),
        "reason": standing.reason,
        "provisional": outcome.provisional,
        "flags": flags,
        "sum": explanation.sum.map(|sum| json!({
            "start": sum.start.to_string(),
            "counted": sum.counted.to_string(),
            "direction": if sum.accumulate { "accumulate" } else { "deduct" },
            "score": sum.score.to_string(),
        })),
        "next_change": outcome.next_change.as_ref().map(|next| json!({
            "on": next.on.to_string(),
            "to": next.to.in_words(),
        })),
        "better": explanation.better.as_ref().map(better_json),
        "evidence": evidence,
        "records": records,
    })
}

fn evidence_json(row: &Evidence<'_>) -> Value {
    json!({
        "row_id": row.row_id,
        "indicator": row.indicator,
        "record_id": row.record_id,
        "case_id": row.case_id,
        "document_no": row.document_no,
        "decided_on": row.decided_on.to_string(),
        "effect": row.effect,
        "points": row.points.to_string(),
        "counted_points": row.counted_points.to_string(),
        "counted": row.counted,
        "why_not": row.why_not,
        "counts_from": row.counts_from.map(|d| d.to_string()),
        "counts_until": row.counts_until.map(|d| d.to_string()),
        "basis": row.basis,
        "provisional": row.provisional,
        "at_least": row.at_least,
        "objected": row.objected,
    })
}

fn better_json(better: &Better) -> Value {
    json!({
        "grade": better.grade.grade.as_ref(),
        "grade_name": better.grade.name.as_ref(),
        "points": better.points.map(|p| p.to_string()),
        "repairs": better.repairs.as_ref().map(|set| json!({
            "records": set.records.iter().map(|(id, document)| json!({
                "record_id": id,
                "document_no": document,
            })).collect::<Vec<_>>(),
            "grade": set.grade.grade.as_ref(),
            "score": set.score.map(|s| s.to_string()),
            "exact": set.exact,
        })),
    })
}

fn line(explanation: &Explanation) -> String {
    let outcome = &explanation.outcome;
    let standing = &outcome.standing;
    let mut out = format!(
        "{}，{}（{}）：",
        outcome.scheme, outcome.subject_name, outcome.subject_id
    );
    match (&standing.grade, standing.score) {
        (Some(grade), Some(score)) => {
            let _ = write!(out, "{}（{}），得分{score}", grade.name, grade.grade);
        }
        (Some(grade), None) => {
            let _ = write!(out, "{}（{}）", grade.name, grade.grade);
        }
        _ => out.push_str(&standing.in_words()),
    }
    // The score and its grade stand there already.
    if standing.grade.is_none() || !standing.reason.starts_with("得分") {
        let _ = write!(out, "；{}", standing.reason);
    }
    if !standing.flags.is_empty() {
        let flags: Vec<String> = standing
            .flags
            .iter()
            .map(|f| format!("{}（{}）", f.name, term(f.from, f.until)))
            .collect();
        let _ = write!(out, "；标记：{}", flags.join("、"));
    }
    if let Some(next) = &outcome.next_change {
        let _ = write!(
            out,
            "；如无新记录，{}起{}",
            next.on.zh(),
            turn(standing, &next.to)
        );
    }
    if outcome.provisional {
        out.push_str("；含暂定数值");
    }
    out
}

/// What becomes of a result: `变为C（得分74）`, or that the grade stays where only the score moves.
fn turn(now: &Standing, then: &Standing) -> String {
    match (&now.grade, &then.grade, then.score) {
        (Some(grade), Some(same), Some(score))
            if grade.grade == same.grade && now.score != then.score =>
        {
            format!("得分变为{score}，等级仍为{}", grade.grade)
        }
        _ => format!("变为{}", then.in_words()),
    }
}

fn table(out: &mut String, explanation: &Explanation) {
    let _ = writeln!(out, "评价日：{}", explanation.as_of.zh());
    if explanation.evidence.is_empty() {
        out.push_str("没有命中的记录。\n");
    } else {
        let mut table = grid(&[
            "规则行",
            "文书号",
            "决定日期",
            "影响",
            "分值",
            "计入",
            "计入期间",
            "说明",
            "依据",
        ]);
        for row in &explanation.evidence {
            table.add_row(vec![
                Cell::new(&row.row_id),
                Cell::new(row.document_no.as_deref().unwrap_or("")),
                Cell::new(row.decided_on.to_string()),
                Cell::new(effect(row)),
                number(row.points),
                number(row.counted_points),
                Cell::new(
                    row.counts_from
                        .map_or_else(String::new, |from| term(from, row.counts_until)),
                ),
                Cell::new(note(row)),
                Cell::new(&row.basis),
            ]);
        }
        let _ = writeln!(out, "{table}");
    }
    if let Some(sum) = &explanation.sum {
        let sign = if sum.accumulate { "＋" } else { "－" };
        let parts: Vec<String> = explanation
            .evidence
            .iter()
            .filter(|row| row.counted_points != Points::ZERO)
            .map(|row| signed(row.counted_points, sum.accumulate))
            .collect();
        let steps = if parts.is_empty() {
            format!(" {sign} 0")
        } else {
            parts.concat()
        };
        let _ = writeln!(out, "算式：{}{steps} = {}", sum.start, sum.score);
    }
    if let Some(better) = &explanation.better {
        out.push_str(&distance(better));
    }
}

/// ` － 3` or ` ＋ 1`: the counted points as they enter the sum.
fn signed(points: Points, accumulate: bool) -> String {
    let adds = (points > Points::ZERO) == accumulate;
    let size = if points < Points::ZERO {
        -points
    } else {
        points
    };
    if adds {
        format!(" ＋ {size}")
    } else {
        format!(" － {size}")
    }
}

fn distance(better: &Better) -> String {
    let mut out = format!("上一等级：{}（{}）", better.grade.name, better.grade.grade);
    if let Some(points) = better.points {
        let _ = write!(out, "，相差{points}分");
    }
    match &better.repairs {
        Some(set) => {
            let names: Vec<&str> = set
                .records
                .iter()
                .map(|(id, document)| document.as_deref().unwrap_or(id))
                .collect();
            let how = if set.exact {
                "最少"
            } else {
                "（近似求得）"
            };
            let _ = write!(
                out,
                "；{how}修复{}条记录可升至{}（{}）：{}",
                names.len(),
                set.grade.name,
                set.grade.grade,
                names.join("、")
            );
        }
        None => out.push_str("；修复现有记录不能提升等级"),
    }
    out.push('\n');
    out
}

fn trace(out: &mut String, explanation: &Explanation) {
    out.push_str("全部记录：\n");
    let mut table = grid(&["记录", "类型", "决定日期", "违法行为类别", "状态", "结果"]);
    for record in &explanation.records {
        table.add_row(vec![
            Cell::new(record.document_no.as_deref().unwrap_or(&record.record_id)),
            Cell::new(&record.kind),
            Cell::new(record.decided_on.to_string()),
            Cell::new(&record.class),
            Cell::new(&record.state),
            Cell::new(became(record, &explanation.evidence)),
        ]);
    }
    let _ = writeln!(out, "{table}");
}

fn became(record: &RecordTrace, evidence: &[Evidence<'_>]) -> String {
    if let Some(why) = &record.why_none {
        return why.clone();
    }
    let rows = record.matched.iter().filter_map(|&i| evidence.get(i));
    let words: Vec<String> = rows
        .map(|row| {
            let result = match (&row.why_not, row.counted) {
                (Some(why), true) => format!("部分计入{}分，{why}", row.counted_points),
                (Some(why), false) => format!("不计入，{why}"),
                (None, true) if row.points != Points::ZERO => {
                    format!("计入{}分", row.counted_points)
                }
                (None, true) => format!("计入（{}）", effect(row)),
                (None, false) => "不计入".to_owned(),
            };
            format!("{}：{result}", row.row_id)
        })
        .collect();
    words.join("；")
}

fn note(row: &Evidence<'_>) -> String {
    let mut notes: Vec<&str> = row.why_not.as_deref().into_iter().collect();
    if row.objected {
        notes.push("异议处理中");
    }
    if row.provisional {
        notes.push("暂定");
    }
    notes.join("；")
}

fn effect(row: &Evidence<'_>) -> String {
    match row.effect.split_once(':') {
        Some(("grade", grade)) => format!("直接定为{grade}"),
        Some(("ceiling", grade)) => format!("不高于{grade}"),
        Some(("floor", grade)) => format!("不低于{grade}"),
        Some(("move", bands)) => match bands.strip_prefix('-') {
            Some(up) => format!("上调{up}级"),
            None => format!("下调{bands}级"),
        },
        Some(("flag", name)) => format!("标记{name}"),
        _ => match row.effect.as_ref() {
            "points" => "计分".to_owned(),
            "bonus" => "加分".to_owned(),
            "exempt" => "例外".to_owned(),
            "clamp" => "封顶或封底".to_owned(),
            "tally" => "累计".to_owned(),
            "fact" => "供其他行引用".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn term(from: Day, until: Option<Day>) -> String {
    match until {
        Some(until) => format!("{from}至{until}"),
        None => format!("{from}起"),
    }
}

fn number(points: Points) -> Cell {
    Cell::new(points.to_string()).set_alignment(CellAlignment::Right)
}

fn grid(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_BORDERS_ONLY)
        .set_header(header.iter().copied());
    table
}
