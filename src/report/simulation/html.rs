//! A comparison as one page without anything outside it.

use minijinja::context;
use serde_json::{Value, json};

use super::super::ReportError;
use super::super::subject_html::{CSS, page_value, render};
use super::{chart, words};
use crate::simulate::{Figures, Group, Mover, Place, SchemeShift, Simulation};

const TEMPLATE: &str = include_str!("../templates/simulation.html");
/// Movers listed on the page; all of them stand in the workbook.
const LISTED: usize = 2_000;

/// The page of a comparison.
///
/// # Errors
/// Movers that waited on the disk cannot be read back; or the template does not fit, which is a bug.
pub fn simulation_html(simulation: &Simulation) -> Result<String, ReportError> {
    let cover: Vec<Value> = words::cover(simulation)
        .into_iter()
        .map(|(label, text)| json!({ "label": label, "text": text }))
        .collect();
    let schemes: Vec<Value> = simulation
        .schemes
        .iter()
        .map(|scheme| part(scheme, simulation))
        .collect();
    let rows: Vec<Value> = simulation
        .rows
        .iter()
        .map(|(scheme, row, count)| json!({ "scheme": scheme, "row": row, "count": count }))
        .collect();
    let movers: Vec<Value> = simulation
        .movers
        .iter()
        .take(LISTED)
        .map(|mover| Ok(line_of(&mover?)))
        .collect::<Result<_, ReportError>>()?;
    let left_off = simulation.movers.len().saturating_sub(LISTED as u64);
    render(
        "simulation.html",
        TEMPLATE,
        context! {
            css => CSS, as_of => simulation.as_of.zh(), cover => page_value(&cover),
            headline => words::headline(simulation), domains => page_value(&groups(&simulation.domains)),
            schemes => page_value(&schemes), rows => page_value(&rows), movers => page_value(&movers),
            left_off => left_off, old_digest => &simulation.old.digest, new_digest => &simulation.new.digest,
        },
    )
}

fn line_of(mover: &Mover) -> Value {
    json!({
        "scheme": mover.scheme, "name": mover.name, "id": mover.subject_id,
        "movement": mover.movement.zh(), "from": mover.from.zh(), "to": mover.to.zh(),
        "scores": words::scores(mover), "flags": words::flags(mover),
        "marks": words::marks(mover), "why": words::why(mover),
    })
}

fn part(scheme: &SchemeShift, simulation: &Simulation) -> Value {
    let columns = scheme.all.columns();
    let title = |place: &Place| words::titled(place, scheme, simulation);
    let lines: Vec<Value> = scheme
        .all
        .rows()
        .into_iter()
        .map(|from| {
            let counts: Vec<u64> = columns
                .iter()
                .map(|to| scheme.all.count(from, to))
                .collect();
            let sum: u64 = counts.iter().sum();
            let cells: Vec<Value> = columns
                .iter()
                .zip(&counts)
                .map(|(to, count)| json!({ "count": count, "heat": heat(from, to, *count, sum) }))
                .collect();
            json!({ "title": title(from), "cells": cells, "sum": sum })
        })
        .collect();
    let figures: Vec<Value> = words::figures(scheme, simulation)
        .into_iter()
        .map(|[label, old, new]| json!({ "label": label, "old": old, "new": new }))
        .collect();
    let bars = bars(scheme, simulation);
    json!({
        "id": scheme.id, "title": scheme.title,
        "columns": columns.iter().map(|to| title(to)).collect::<Vec<_>>(),
        "lines": lines, "figures": figures,
        "pairs": chart::pairs("各等级主体数（原、新规则）", &bars),
        "shares": chart::shares("各等级占比", &bars),
        "districts": groups(&scheme.districts), "kinds": groups(&scheme.kinds),
    })
}

/// Class of a cell: the place that stays, or how large a part of its row goes there, and whether that is worse.
fn heat(from: &Place, to: &Place, count: u64, sum: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let step = (count * 4).div_ceil(sum.max(1)).clamp(1, 4);
    // A state without a grade is neither better nor worse than a grade.
    let graded = |place: &Place| matches!(place, Place::Graded { .. });
    let way = if from.same(to) {
        "stay"
    } else if !graded(from) || !graded(to) {
        "other"
    } else if to > from {
        "worse"
    } else {
        "better"
    };
    format!("{way}{step}")
}

/// Label, old and new count of every place, best first.
fn bars(scheme: &SchemeShift, simulation: &Simulation) -> Vec<(String, u64, u64)> {
    let mut places: Vec<&Place> = scheme.old.places.keys().collect();
    places.extend(scheme.new.places.keys());
    places.sort();
    let count = |figures: &Figures, place: &Place| -> u64 {
        let same = figures.places.iter().filter(|(p, _)| p.same(place));
        same.map(|(_, count)| count).sum()
    };
    let mut bars: Vec<(String, u64, u64)> = Vec::new();
    for place in places {
        let label = words::titled(place, scheme, simulation);
        if bars.iter().all(|bar| bar.0 != label) {
            bars.push((label, count(&scheme.old, place), count(&scheme.new, place)));
        }
    }
    bars
}

fn groups(groups: &[Group]) -> Vec<Value> {
    let line = |group: &Group| {
        let ([value, counts @ ..], flows) = words::group(group, "未载明");
        json!({ "value": value, "counts": counts, "flows": flows })
    };
    groups.iter().map(line).collect()
}
