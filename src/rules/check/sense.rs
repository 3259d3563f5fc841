//! Rows that do the opposite of what a penalty, a cap, a bonus or a veto is for.

use super::super::diagnostic::Diagnostic;
use super::super::load::Loaded;
use super::super::model::{
    Condition, Direction, Effect, Fold, Indicator, NoRecord, RecordSel, Row, Scheme, Test,
};
use super::bands::ticks;
use super::cover::{covers, kinds};
use super::rows::at_row;
use super::{Check, Found, Workspace};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-N01",
        title: "a deduction improves a grade",
        doc: "One more penalty never raises a grade: points are not negative, a bonus or a step up does not speak of \
              penalties, and no subject with a light penalty stands above one without any record.",
        good: "points = 10",
        bad: "points = -10",
        run: Some(improving),
    },
    Check {
        code: "RULE-N02",
        title: "cap below its largest row",
        doc: "The heaviest row could never count in full.",
        good: "cap = 40",
        bad: "cap = 5",
        run: Some(caps),
    },
    Check {
        code: "RULE-N03",
        title: "points that can never be earned or lost",
        doc: "A bonus in a scheme without a score, a bonus or deduction of nothing, or a bonus where the highest score is \
              the start and nothing is ever deducted.",
        good: "bonus = 4",
        bad: "bonus = 0",
        run: Some(unearned),
    },
    Check {
        code: "RULE-N04",
        title: "veto weaker than the bands",
        doc: "A direct grade or ceiling at the best grade forbids nothing; a direct grade better than what the points of \
              the same record lead to is no veto; a floor at the worst grade holds nothing up.",
        good: "severity = \"较大\"\ngrade = \"D\"",
        bad: "severity = \"较大\"\nceiling = \"A\"",
        run: Some(vetoes),
    },
];

fn rows(scheme: &Scheme) -> impl Iterator<Item = (&Indicator, &Row)> {
    scheme
        .indicators
        .iter()
        .flat_map(|i| i.rows.iter().map(move |row| (i, row)))
}

/// Index of the band of a raw score.
fn band_of(scheme: &Scheme, raw: i64) -> Option<usize> {
    scheme.bands.iter().position(|band| {
        let Some(range) = &band.range else {
            return false;
        };
        let (low, high) = ticks(range);
        low <= raw && raw <= high
    })
}

/// The band of a subject whose only hit is this many points.
fn band_after(scheme: &Scheme, points: i64) -> Option<usize> {
    let score = scheme.score.as_ref()?;
    let raw = match score.direction {
        Direction::Deduct => score.start.raw().saturating_sub(points),
        Direction::Accumulate => score.start.raw().saturating_add(points),
    };
    let raw = score.min.map_or(raw, |min| raw.max(min.raw()));
    band_of(scheme, score.max.map_or(raw, |max| raw.min(max.raw())))
}

fn improving(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let scheme = &loaded.scheme;
        for (_, row) in rows(scheme) {
            // A clean term, the time known and earlier grades do not reward a penalty; a number of penalties would.
            let of_penalties = kinds(row).contains(&RecordSel::Penalty) && !rewards_absence(row);
            let said = match row.effect {
                Effect::Points(points) if points.raw() < 0 => {
                    Some(("points", "negative points improve the score; write `bonus`"))
                }
                Effect::Bonus(points) if points.raw() < 0 => {
                    Some(("bonus", "a negative bonus is a deduction; write `points`"))
                }
                Effect::Bonus(_) if of_penalties => Some(("bonus", "this row speaks of penalties")),
                Effect::Floor(_) if of_penalties => Some(("floor", "this row speaks of penalties")),
                Effect::Move(steps) if steps < 0 && of_penalties => {
                    Some(("move", "this moves a penalised subject up"))
                }
                _ => None,
            };
            let said = said.or_else(|| punished_absence(row));
            if let Some((key, why)) = said {
                let title = format!("row \"{}\" improves a grade", row.id);
                found.extend(at_row(loaded, row, key, "RULE-N01", title, why.to_owned()));
            }
        }
        default_below_penalised(loaded, found);
    }
}

/// A burden that one more record would take away.
fn punished_absence(row: &Row) -> Option<(&'static str, &'static str)> {
    let burden = match row.effect {
        Effect::Points(points) => points.raw() > 0,
        Effect::Grade(_) | Effect::Ceiling(_) => true,
        Effect::Move(steps) => steps > 0,
        _ => false,
    };
    let clean = |test: &Test| matches!(test, Test::Clean { .. });
    let key = match row.effect {
        Effect::Points(_) => "points",
        Effect::Grade(_) => "grade",
        Effect::Ceiling(_) => "ceiling",
        _ => "move",
    };
    (burden && row.tests.iter().any(clean)).then_some((
        key,
        "this burdens a subject without records; one more record would end it",
    ))
}

/// Whether the row looks at no record, or at the absence of records for a time.
fn rewards_absence(row: &Row) -> bool {
    let clean = |test: &Test| matches!(test, Test::Clean { .. });
    !row.asks_records() || row.tests.iter().any(clean)
}

/// The lightest penalty must not lead to a better grade than having no record.
fn default_below_penalised(loaded: &Loaded, found: &mut Found) {
    let scheme = &loaded.scheme;
    let NoRecord::DefaultGrade(default) = scheme.subjects.no_record else {
        return;
    };
    let best = rows(scheme)
        .filter(|(_, row)| row.tests.is_empty() && kinds(row).contains(&RecordSel::Penalty))
        .filter_map(|(_, row)| match row.effect {
            Effect::Points(points) if points.raw() >= 0 => {
                Some((band_after(scheme, points.raw())?, &row.id))
            }
            Effect::Grade(band) if scheme.score.is_none() => Some((band, &row.id)),
            _ => None,
        })
        .min();
    if let Some((band, row)) = best
        && band < default
    {
        let grade = |index: usize| scheme.bands.get(index).map_or("", |b| b.grade.as_str());
        let title = format!("a penalty (row \"{row}\") leads to {}", grade(band));
        let why = format!(
            "better than {}, the grade without any record",
            grade(default)
        );
        let span = loaded.spans.of("subjects.no_record");
        found.push(Diagnostic::error(
            "RULE-N01",
            &scheme.file,
            span,
            title,
            why,
        ));
    }
}

/// The figure of an effect in raw points.
fn figure(effect: &Effect) -> Option<(i64, bool)> {
    match effect {
        Effect::Points(points) => Some((points.raw(), false)),
        Effect::Bonus(points) => Some((points.raw(), true)),
        _ => None,
    }
}

/// The most that a row can come to: a clean term may come several times.
fn total(row: &Row) -> Option<(i64, bool)> {
    let (raw, bonus) = figure(&row.effect)?;
    let times = row.tests.iter().find_map(|test| match test {
        Test::Clean { times, .. } => Some(i64::from(*times)),
        _ => None,
    });
    Some((raw.saturating_mul(times.unwrap_or(1)), bonus))
}

fn caps(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let scheme = &loaded.scheme;
        for indicator in &scheme.indicators {
            let figures = indicator
                .rows
                .iter()
                .filter_map(|row| Some((total(row)?, row)));
            let Some(((largest, _), row)) = figures.max_by_key(|((raw, _), _)| *raw) else {
                continue;
            };
            let group = indicator.group.as_ref();
            let group = scheme
                .group_caps
                .iter()
                .find(|(name, _)| Some(name) == group);
            let own = indicator
                .cap
                .map(|cap| (cap, format!("indicator.{}.cap", indicator.id)));
            let shared = group.map(|(name, cap)| (*cap, format!("group.{name}.cap")));
            for (cap, path) in own.into_iter().chain(shared) {
                if cap.raw() < largest && loaded.spans.has(&path) {
                    let title = format!("a cap of {cap} below row \"{}\"", row.id);
                    let why = format!(
                        "that row alone is {}",
                        crate::record::Points::from_raw(largest)
                    );
                    let span = loaded.spans.of(&path);
                    found.push(Diagnostic::error(
                        "RULE-N02",
                        &scheme.file,
                        span,
                        title,
                        why,
                    ));
                }
            }
        }
    }
}

fn unearned(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let scheme = &loaded.scheme;
        let deducts = rows(scheme)
            .any(|(_, row)| matches!(row.effect, Effect::Points(points) if points.raw() > 0));
        for (_, row) in rows(scheme) {
            let Some((raw, bonus)) = figure(&row.effect) else {
                continue;
            };
            let key = if bonus { "bonus" } else { "points" };
            let why = match &scheme.score {
                None => "the scheme has no [score]",
                // Points of nothing are a statement in themselves: "recorded, not deducted".
                Some(_) if raw == 0 && bonus => "nothing is added",
                Some(score) if bonus && !deducts && at_best(score) => {
                    "the start is the best score and nothing is ever deducted"
                }
                Some(_) => continue,
            };
            let title = format!("the {key} of row \"{}\" can never count", row.id);
            found.extend(at_row(loaded, row, key, "RULE-N03", title, why.to_owned()));
        }
    }
}

fn at_best(score: &super::super::model::ScoreRule) -> bool {
    match score.direction {
        Direction::Deduct => score.max == Some(score.start),
        Direction::Accumulate => score.min == Some(score.start),
    }
}

fn vetoes(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let scheme = &loaded.scheme;
        for (_, row) in rows(scheme) {
            let (key, band) = match row.effect {
                Effect::Grade(band) => ("grade", band),
                Effect::Ceiling(band) => ("ceiling", band),
                Effect::Floor(band) if band + 1 == scheme.bands.len() => {
                    let title = format!("row \"{}\" holds nothing up", row.id);
                    let why = "this is the worst grade".to_owned();
                    found.extend(at_row(loaded, row, "floor", "RULE-N04", title, why));
                    continue;
                }
                _ => continue,
            };
            let why = if band == 0 && (key == "ceiling" || scheme.score.is_some()) {
                "this is the best grade; it forbids nothing".to_owned()
            } else if let Some(other) = heavier_points(scheme, row, band) {
                format!(
                    "row \"{}\" takes points on the same record that lead to a worse grade",
                    other.id
                )
            } else {
                continue;
            };
            let title = format!("row \"{}\" is weaker than the bands", row.id);
            found.extend(at_row(loaded, row, key, "RULE-N04", title, why));
        }
    }
}

/// A row that matches wherever the veto does and alone leads to a worse grade than the veto's.
fn heavier_points<'s>(scheme: &'s Scheme, veto: &Row, band: usize) -> Option<&'s Row> {
    let all = rows(scheme).filter(|(i, _)| !matches!(i.join.across, Fold::First));
    let mut heavier = all.filter(|(_, row)| {
        let Effect::Points(points) = row.effect else {
            return false;
        };
        let stated = !row
            .conditions
            .iter()
            .any(|c| matches!(c, Condition::State(_)));
        stated
            && row.tests.is_empty()
            && veto.tests.is_empty()
            && covers(row, veto)
            && band_after(scheme, points.raw()).is_some_and(|b| b > band)
    });
    heavier.next().map(|(_, row)| row)
}
