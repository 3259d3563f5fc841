//! The last step: evidence for every matched row, flags, and what rests on figures that are not verified.

use super::decide::Graded;
use super::fold::{DayResult, Hit};
use crate::grading::outcome::{Evidence, Flag, GradeLabel, Standing};
use crate::grading::wording::{
    CLAMP, OBJECTION_FLAG, TALLY, WhyNot, row_basis, scheme_basis, scheme_name,
};
use crate::record::{Day, Points};
use crate::rules::model::{Effect, RepairEffect, Scheme, Status};

/// Step 10: evidence and flags.
pub(super) fn conclude(
    scheme: &Scheme,
    in_force: bool,
    graded: Graded,
    hits: &mut [Hit<'_, '_>],
    day: Day,
) -> DayResult {
    let rated = graded.rated;
    for hit in hits.iter_mut() {
        if hit.is_live() && matches!(hit.row.effect, Effect::Exempt | Effect::Fact) {
            hit.counts = true;
        }
    }
    let verified = |status: &Status| *status == Status::Verified;
    let mut provisional = !verified(&scheme.in_force.status);
    if rated {
        let row_provisional =
            |hit: &Hit<'_, '_>| !verified(&hit.row.status) || !verified(&hit.indicator.status);
        provisional |= graded
            .band
            .is_some_and(|band| !verified(&scheme.bands[band].status));
        provisional |=
            graded.score.is_some() && scheme.score.as_ref().is_some_and(|s| !verified(&s.status));
        provisional |= hits.iter().any(|hit| {
            (hit.counts && row_provisional(hit))
                || (hit.cleared && row_provisional(hit))
                || (ended(hit) && provisional_end(hit))
        });
        provisional |= scheme.cycle.as_ref().is_some_and(|c| !verified(&c.status));
    }
    let mut flags = Vec::new();
    let mut evidence = Vec::new();
    for hit in hits.iter() {
        let objected = hit.record.state.is_under_objection(day);
        let row_provisional = !verified(&hit.row.status) || !verified(&hit.indicator.status);
        let basis = row_basis(hit.indicator, hit.row);
        if rated && hit.counts && !hit.cleared {
            let flag = |name: &str, from: Day, until: Option<Day>| Flag {
                name: name.to_owned(),
                record_id: hit.record.id.to_owned(),
                row_id: hit.row.id.clone(),
                document_no: hit.record.document_no.map(str::to_owned),
                from,
                until,
                basis: basis.clone(),
                provisional: row_provisional,
            };
            if let Effect::Flag(name) = &hit.row.effect
                && !hit.tallied
            {
                let from = match hit.together {
                    None => hit.frame.from,
                    Some(_) => hits
                        .iter()
                        .filter(|other| other.tallied && std::ptr::eq(other.row, hit.row))
                        .map(|other| other.frame.from)
                        .max()
                        .unwrap_or(day),
                };
                flags.push(flag(name, from, counts_until(hit)));
            }
            if let Some((from, until)) = hit.record.state.objections.last().filter(|_| objected) {
                flags.push(flag(OBJECTION_FLAG, *from, *until));
            }
        }
        let why_not = match hit.why_not {
            Some(why) => Some(why),
            None if !rated => Some(WhyNot::NotRated),
            None if hit.cleared => hit.repaired_on().map(|on| WhyNot::ClearedKept { on }),
            None => None,
        };
        evidence.push(Evidence {
            row_id: hit.row.id.clone().into(),
            indicator: hit.indicator.id.clone().into(),
            record_id: hit.record.id.to_owned().into(),
            case_id: match hit.together {
                None => hit.record.case.clone().into(),
                Some(_) => "".into(),
            },
            document_no: hit.record.document_no.map(|d| d.to_owned().into()),
            decided_on: match hit.together {
                None => hit.record.decided_on,
                Some(_) => day,
            },
            points: hit
                .points()
                .filter(|_| hit.row.tests.is_empty() || hit.together.is_some())
                .unwrap_or(Points::ZERO),
            counted_points: if rated { hit.counted } else { Points::ZERO },
            counted: rated && hit.counts,
            why_not: why_not.map(WhyNot::zh),
            counts_from: hit.together.is_none().then_some(hit.frame.from),
            counts_until: counts_until(hit),
            basis: basis.into(),
            effect: if hit.row.tests.is_empty() || hit.together.is_some() {
                effect_name(hit).into()
            } else {
                TALLY.into()
            },
            provisional: row_provisional || (ended(hit) && provisional_end(hit)),
            at_least: hit.row.at_least,
            objected,
        });
    }
    flags.sort();
    if let Some(points) = graded.clamp {
        evidence.push(Evidence {
            row_id: CLAMP.into(),
            indicator: "".into(),
            record_id: "".into(),
            case_id: "".into(),
            document_no: None,
            decided_on: day,
            points,
            counted_points: points,
            counted: true,
            why_not: None,
            counts_from: None,
            counts_until: None,
            basis: scheme_basis(scheme).into(),
            effect: CLAMP.into(),
            provisional: scheme.score.as_ref().is_some_and(|s| !verified(&s.status)),
            at_least: false,
            objected: false,
        });
    }
    if !in_force {
        evidence.clear();
    }
    let label = |band: usize| GradeLabel {
        band,
        grade: scheme.bands[band].grade.as_str().into(),
        name: scheme.bands[band].name.as_str().into(),
    };
    DayResult {
        scheme: scheme_name(scheme),
        standing: Standing {
            rated,
            score: graded.score,
            grade: graded.band.map(label),
            reason: graded.reason,
            flags,
        },
        provisional,
        evidence,
    }
}

/// Whether time ended the hit.
fn ended(hit: &Hit<'_, '_>) -> bool {
    matches!(
        hit.why_not,
        Some(
            WhyNot::OutsideWindow { .. }
                | WhyNot::ValidityOver { .. }
                | WhyNot::PublicityOver { .. }
                | WhyNot::Delisted { .. }
                | WhyNot::ListingOver { .. }
        )
    )
}

fn provisional_end(hit: &Hit<'_, '_>) -> bool {
    hit.frame.provisional_term && matches!(hit.why_not, Some(WhyNot::PublicityOver { .. }))
}

/// Last day on which the hit can count by itself, repair included.
fn counts_until(hit: &Hit<'_, '_>) -> Option<Day> {
    let framed = hit.frame.until.map(|(day, _)| day);
    let repaired = match hit.indicator.repair {
        RepairEffect::Keep => None,
        RepairEffect::Share if hit.left() > 0 => None,
        RepairEffect::Drop | RepairEffect::ClearsPointsKeepsGrade | RepairEffect::Share => {
            hit.repaired_on().map(|on| on.plus_days(-1))
        }
    };
    match (framed, repaired) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn effect_name(hit: &Hit<'_, '_>) -> String {
    let grade = |band: usize| hit.scheme.bands[band].grade.as_str();
    match &hit.row.effect {
        Effect::Points(points) if *points < Points::ZERO => "bonus".to_owned(),
        Effect::Points(_) => "points".to_owned(),
        Effect::Bonus(points) if *points > Points::ZERO => "bonus".to_owned(),
        Effect::Bonus(_) => "points".to_owned(),
        Effect::Grade(band) => format!("grade:{}", grade(*band)),
        Effect::Ceiling(band) => format!("ceiling:{}", grade(*band)),
        Effect::Floor(band) => format!("floor:{}", grade(*band)),
        Effect::Move(bands) => format!("move:{bands}"),
        Effect::Flag(name) => format!("flag:{name}"),
        Effect::Exempt => "exempt".to_owned(),
        Effect::Fact => "fact".to_owned(),
    }
}
