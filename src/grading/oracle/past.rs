//! Grades at earlier cycle ends: every end since the subject is known, one after the other, day by day.

use super::fold::{Past, frozen_since, in_force_on, result_given};
use super::world::Subject;
use crate::grading::GradingError;
use crate::grading::publicity::Publicity;
use crate::grading::wording::roster_names;
use crate::record::{Day, EventKind};
use crate::rules::model::{Scheme, Test};

/// Every cycle end of the versions in force from the first of them to a day, ascending.
fn ends(versions: &[&Scheme], until: Day) -> Vec<Day> {
    let mut found = Vec::new();
    for scheme in versions {
        let years = scheme.in_force.from.ymd().0..=until.ymd().0;
        let cycle = scheme.cycle.iter();
        let all = cycle.flat_map(|cycle| years.clone().flat_map(|year| cycle.ends_in(year)));
        found.extend(all.filter(|end| {
            *end <= until && in_force_on(versions, *end).is_some_and(|s| std::ptr::eq(s, *scheme))
        }));
    }
    found.sort();
    found
}

fn looks_back(scheme: &Scheme) -> bool {
    let rows = scheme.indicators.iter().flat_map(|i| &i.rows);
    let mut tests = rows.flat_map(|row| &row.tests);
    scheme
        .cycle
        .as_ref()
        .is_some_and(|c| c.at_most_up.is_some())
        || tests.any(|test| matches!(test, Test::Was { .. }))
}

pub(super) fn past(
    subject: &Subject<'_>,
    versions: &[&Scheme],
    publicity: &dyn Publicity,
    day: Day,
) -> Result<Past, GradingError> {
    let mut found = Past::new();
    if !versions.iter().any(|scheme| looks_back(scheme)) {
        return Ok(found);
    }
    let frozen = in_force_on(versions, day).and_then(|scheme| frozen_since(scheme, day));
    let before = frozen.unwrap_or(day);
    let Some(since) = super::fold::known_since(subject, versions) else {
        return Ok(found);
    };
    let all = ends(versions, before);
    for (place, &end) in all.iter().enumerate() {
        if end < since || end >= before {
            continue;
        }
        let result = result_given(subject, versions, (publicity, day), end, &found)?;
        let own = result.and_then(|r| Some(r.standing.grade?.grade.to_string()));
        // A published grade of this cycle: after its end, up to the next end, that day included.
        let last = all.get(place + 1).copied().unwrap_or(before);
        found.push((end, published(subject, versions, end, last).or(own)));
    }
    Ok(found)
}

/// The grade last published after a cycle end, up to the next end and to a day.
fn published(subject: &Subject<'_>, versions: &[&Scheme], end: Day, last: Day) -> Option<String> {
    let scheme = in_force_on(versions, end)?;
    let names: Vec<String> = versions.iter().flat_map(|s| roster_names(s)).collect();
    let mut best: Option<(Day, String)> = None;
    for record in &subject.records {
        let ours = record.is_event(EventKind::PublishedGrade)
            && !record.state.is_revoked()
            && names
                .iter()
                .any(|name| Some(name.as_str()) == record.list.map(str::trim));
        let level = record.level.unwrap_or_default();
        let band = scheme
            .bands
            .iter()
            .find(|b| b.grade == level || b.name == level);
        let (true, Some(band)) = (ours, band) else {
            continue;
        };
        if end < record.decided_on && record.decided_on <= last {
            let this = (record.decided_on, band.grade.clone());
            if best.as_ref().is_none_or(|b| this > *b) {
                best = Some(this);
            }
        }
    }
    best.map(|(_, grade)| grade)
}
