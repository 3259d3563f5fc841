//! `[[indicator]]`: a decision table, its join and its time.

use super::super::keys::Table;
use super::super::model::{
    Anchor, Band, Basis, Fold, Indicator, Join, RepairEffect, Status, Window,
};
use super::reader::{Reader, Section, Value, Word};
use super::row::read_row;
use super::scheme::basis_or;
use super::values;
use super::weights::{self, Weighted};
use crate::record::Points;

/// What an indicator refers to.
pub(super) struct Context<'c, 'v, 't> {
    pub(super) bands: &'c [Band],
    pub(super) groups: &'c [(String, Points)],
    pub(super) basis: &'c [Basis],
    /// [cycle] freezes grades.
    pub(super) frozen: bool,
    /// [cycle] is there.
    pub(super) has_cycle: bool,
    pub(super) time: Option<&'c Section<'v, 't>>,
}

/// Window, anchor, repair and carry-over where a table states them.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    window: Option<Window>,
    anchor: Option<Anchor>,
    repair: Option<RepairEffect>,
    carry_over: Option<bool>,
    when_rectified: Option<bool>,
}

pub(super) fn read_times(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Times {
    let window = reader.word(section, "window").and_then(|word| {
        let parsed = values::window(&word.text);
        if parsed.is_none() {
            let known = [
                "previous-year",
                "current-year",
                "rolling 12 months",
                "always",
                "current-month",
                "previous-month",
                "current-quarter",
                "previous-quarter",
                "current-half-year",
                "previous-half-year",
            ];
            reader.unknown("RULE-S03", &word, "value of `window`", known);
        }
        parsed
    });
    let anchors = [
        ("decided-on", Anchor::DecidedOn),
        ("valid-until", Anchor::ValidUntil),
        ("valid-from", Anchor::ValidFrom),
        ("published", Anchor::Published),
        ("rectified", Anchor::Rectified),
    ];
    let repairs = [
        ("drop", RepairEffect::Drop),
        ("keep", RepairEffect::Keep),
        (
            "clears-points-keeps-grade",
            RepairEffect::ClearsPointsKeepsGrade,
        ),
        ("share", RepairEffect::Share),
    ];
    Times {
        window,
        anchor: reader.choice(section, "anchor", &anchors),
        repair: reader.choice(section, "repair", &repairs),
        carry_over: reader.flag(section, "carry_over"),
        when_rectified: reader.choice(
            section,
            "repair_day",
            &[("repaired", false), ("rectified", true)],
        ),
    }
}

pub(super) fn read_indicator(
    reader: &mut Reader<'_>,
    value: &Value<'_>,
    context: &Context<'_, '_, '_>,
) -> Option<(Indicator, Option<Weighted>)> {
    let section = reader.section(value, Table::Indicator, "indicator")?;
    let id = reader.required_word(&section, "id");
    let section = match &id {
        Some(id) => section.at(format!("indicator.{}", id.text)),
        None => section,
    };
    reader.spans.put(section.path.clone(), section.span.clone());
    if let Some(id) = &id {
        reader
            .spans
            .put(format!("{}.id", section.path), id.span.clone());
    }
    let title = reader.required_word(&section, "title");
    let group = reader.word(&section, "group");
    if let Some(word) = &group
        && !context.groups.iter().any(|(name, _)| *name == word.text)
    {
        let names = context.groups.iter().map(|(name, _)| name.as_str());
        reader.unknown("RULE-S03", word, "group", names);
    }
    let join = reader
        .word(&section, "join")
        .and_then(|word| read_join(reader, &word));
    let weight = weights::read_weight(reader, &section);
    let join = match weight {
        Some(_) => Some(weights::read_join(reader, &section, join)),
        None => join,
    };
    let cap = reader.points(&section, "cap");
    let own = read_times(reader, &section);
    let default = context
        .time
        .map_or_else(Times::default, |time| quietly(reader, time));
    let repair = own.repair.or(default.repair).unwrap_or(RepairEffect::Drop);
    let repair_shares = match context.time {
        Some(time) if !section.has("repair_shares") && time.has("repair_shares") => {
            let before = reader.problems.len();
            let shares = super::shares::read_shares(reader, time);
            reader.problems.truncate(before);
            shares
        }
        _ => super::shares::read_shares(reader, &section),
    };
    if repair == RepairEffect::Share && repair_shares.is_empty() {
        reader.missing(&section, "repair_shares");
    }
    let mid_cycle = reader.flag(&section, "mid_cycle").unwrap_or(false);
    if mid_cycle && !context.frozen {
        let span = reader.spans.of(&format!("{}.mid_cycle", section.path));
        let why = "grades are not frozen: [cycle] has no `freeze = true`";
        reader.problem("RULE-S05", span, "`mid_cycle` without a freeze", why);
    }
    let basis = basis_or(reader, &section, context.basis);
    let source = reader.word(&section, "source");
    let status = reader.status(&section);
    for key in ["rows", "row"] {
        if section.has("rows") && section.has("row") {
            let span = reader.spans.of(&section.path);
            let why = "keep one of `rows` and `row`";
            reader.problem(
                "RULE-S04",
                span,
                format!("`{key}` stands beside its twin"),
                why,
            );
            break;
        }
    }
    let mut rows = Vec::new();
    for key in ["rows", "row"] {
        for value in reader.elements(&section, key) {
            rows.extend(read_row(reader, value, context, source.as_ref(), weight));
        }
    }
    if rows.is_empty() && !section.has("rows") && !section.has("row") {
        reader.missing(&section, "rows");
    }
    if repair == RepairEffect::Share {
        super::shares::refuse_inexact(reader, &rows, &repair_shares);
    }
    let id = id?.text;
    let group = group.map(|word| word.text);
    let weighted = weight.map(|weight| Weighted {
        id: id.clone(),
        group: group.clone(),
        weight,
    });
    let indicator = Indicator {
        id,
        title: title?.text,
        group,
        join: join.unwrap_or(Join {
            within: None,
            across: Fold::Sum,
        }),
        window: own.window.or(default.window).unwrap_or(Window::Always),
        anchor: own.anchor.or(default.anchor).unwrap_or(Anchor::DecidedOn),
        repair,
        cap,
        repair_shares,
        repaired_when_rectified: own.when_rectified.or(default.when_rectified) == Some(true),
        mid_cycle,
        carry_over: own.carry_over.or(default.carry_over).unwrap_or(false),
        rows,
        basis,
        status: with_time(status, context.time),
        inherited_from: None,
    };
    Some((indicator, weighted))
}

/// The defaults of `[time]`; what is wrong with them was said when the table was read.
fn quietly(reader: &mut Reader<'_>, time: &Section<'_, '_>) -> Times {
    let before = reader.problems.len();
    let times = read_times(reader, time);
    reader.problems.truncate(before);
    times
}

/// An indicator that stands on provisional times is itself provisional.
fn with_time(own: Status, time: Option<&Section<'_, '_>>) -> Status {
    let text = time
        .and_then(|t| t.get("status"))
        .and_then(|value| value.get_ref().as_str());
    match (own, text) {
        (Status::Verified, Some(text)) if text.starts_with("provisional") => {
            let given = text
                .trim_start_matches("provisional")
                .trim_start_matches([':', '：', ' ']);
            let given = if given.is_empty() {
                "时间参数未核实"
            } else {
                given
            };
            Status::Provisional(given.to_owned())
        }
        (own, _) => own,
    }
}

fn read_join(reader: &mut Reader<'_>, word: &Word) -> Option<Join> {
    let parsed = values::join(&word.text);
    if parsed.is_none() {
        let known = [
            "sum",
            "max",
            "first",
            "max-per-case, sum",
            "max-per-record, sum",
            "max-per-month, sum",
            "sum-per-case, max",
            "once-per-case, sum",
            "once-per-subject",
        ];
        reader.unknown("RULE-S03", word, "value of `join`", known);
    }
    parsed
}
