//! From the hits that stand to a grade: joins and caps, score, band, direct grade, ceiling, moves.

use super::fold::{Hit, Past};
use super::join::{Share, join_and_cap};
use crate::grading::GradingError;
use crate::grading::wording::{Reason, WhyNot, scheme_name};
use crate::record::{Day, Points};
use crate::rules::model::{Direction, Effect, NoRecord, Scheme};

pub(super) struct Graded {
    pub(super) rated: bool,
    pub(super) score: Option<Points>,
    /// What clamping changed, signed like points.
    pub(super) clamp: Option<Points>,
    pub(super) band: Option<usize>,
    pub(super) reason: String,
}

impl Graded {
    pub(super) fn unrated(reason: String) -> Self {
        Self {
            rated: false,
            score: None,
            clamp: None,
            band: None,
            reason,
        }
    }
}

/// Steps 5 to 8. Cleared hits count for the grade alone: the worse of the grades with and without them stays.
pub(super) fn graded(
    scheme: &Scheme,
    hits: &mut [Hit<'_, '_>],
    day: Day,
) -> Result<Graded, GradingError> {
    let with_cleared: Vec<usize> = (0..hits.len())
        .filter(|&i| hits[i].is_live() || hits[i].cleared)
        .collect();
    let kept = if hits.iter().any(|hit| hit.cleared) {
        let shares = keep_apart(scheme, hits, join_and_cap(hits, &with_cleared, day));
        Some(decide(scheme, hits, &with_cleared, &shares)?)
    } else {
        None
    };
    let live: Vec<usize> = (0..hits.len()).filter(|&i| hits[i].is_live()).collect();
    let shares = keep_apart(scheme, hits, join_and_cap(hits, &live, day));
    let mut result = decide(scheme, hits, &live, &shares)?;
    if let Some(kept) = kept
        && kept.band > result.band
    {
        result.band = kept.band;
        let name = kept
            .band
            .map_or("", |band| scheme.bands[band].name.as_str());
        result.reason = Reason::KeptGrade { name }.zh();
    }
    for &i in &live {
        let hit = &mut hits[i];
        let share = &shares[i];
        let back = 100 - hit.left();
        hit.why_not = share.loss.or(match hit.repaired_on() {
            Some(on) if hit.shared(day) => Some(WhyNot::Shared { on, back }),
            _ => None,
        });
        match hit.row.effect {
            Effect::Points(_) | Effect::Bonus(_) => {
                let zero_row = hit.points() == Some(Points::ZERO);
                hit.counts = share.kept && (share.value != Points::ZERO || zero_row);
                hit.counted = share.value;
            }
            Effect::Move(_) => hit.counts = share.kept,
            _ => hit.counts = true,
        }
    }
    Ok(result)
}

/// Books apart: where points count, no bonus does.
fn keep_apart(scheme: &Scheme, hits: &[Hit<'_, '_>], mut shares: Vec<Share>) -> Vec<Share> {
    let apart = scheme.score.as_ref().is_some_and(|s| s.ledgers_apart);
    let pointed = |i: usize, shares: &[Share]| hits[i].points().is_some() && shares[i].kept;
    let bad = (0..hits.len()).any(|i| pointed(i, &shares) && shares[i].value > Points::ZERO);
    for i in 0..hits.len() {
        if apart && bad && pointed(i, &shares) && shares[i].value < Points::ZERO {
            shares[i] = Share {
                value: Points::ZERO,
                kept: false,
                loss: Some(WhyNot::Apart),
            };
        }
    }
    shares
}

/// At most so many grades better than at the last cycle end.
pub(super) fn hold_back(scheme: &Scheme, past: &Past, graded: &mut Graded) {
    let most = scheme.cycle.as_ref().and_then(|cycle| cycle.at_most_up);
    let before = past.last().and_then(|(_, grade)| grade.as_ref());
    let place = |grade: &String| scheme.bands.iter().position(|band| band.grade == *grade);
    let (Some(most), Some(before), Some(band)) = (most, before.and_then(place), graded.band) else {
        return;
    };
    let mut best = before;
    for _ in 0..most {
        best = best.saturating_sub(1);
    }
    if band < best {
        graded.reason = Reason::HeldBack {
            name: &scheme.bands[best].name,
            from: &scheme.bands[band].name,
        }
        .zh();
        graded.band = Some(best);
    }
}

/// Steps 6 to 8: score, band or worst class, direct grade, ceiling, moves.
fn decide(
    scheme: &Scheme,
    hits: &[Hit<'_, '_>],
    chosen: &[usize],
    shares: &[Share],
) -> Result<Graded, GradingError> {
    let sum: Points = chosen
        .iter()
        .filter(|&&i| hits[i].points().is_some())
        .map(|&i| shares[i].value)
        .sum();
    let mut score = None;
    let mut clamp = None;
    if let Some(rule) = &scheme.score {
        let raw = match rule.direction {
            Direction::Deduct => rule.start - sum,
            Direction::Accumulate => rule.start + sum,
        };
        let mut value = raw;
        if let Some(min) = rule.min {
            value = value.max(min);
        }
        if let Some(max) = rule.max {
            value = value.min(max);
        }
        score = Some(value);
        if value != raw {
            clamp = Some(if rule.direction == Direction::Deduct {
                raw - value
            } else {
                value - raw
            });
        }
    }
    if scheme.bands.is_empty() {
        return Ok(Graded {
            rated: true,
            score,
            clamp,
            band: None,
            reason: Reason::FlagsOnly.zh(),
        });
    }
    let name = |band: usize| scheme.bands[band].name.as_str();
    let own = |hit: &Hit<'_, '_>, band: usize| {
        let grade = &hit.scheme.bands[band].grade;
        scheme
            .bands
            .iter()
            .position(|b| b.grade == *grade)
            .unwrap_or(band.min(scheme.bands.len() - 1))
    };
    // The hit that explains is the first in the order of indicators.
    let mut by_indicator: Vec<usize> = chosen.to_vec();
    by_indicator.sort_by_key(|&i| {
        let hit = &hits[i];
        let indicator = hit
            .scheme
            .indicators
            .iter()
            .position(|x| std::ptr::eq(x, hit.indicator));
        (
            hit.scheme.in_force.from,
            indicator,
            hit.record.decided_on,
            hit.record.id,
            hit.order,
        )
    });
    let worst = |wanted: &dyn Fn(&Hit<'_, '_>) -> Option<usize>| {
        let mut found: Option<(usize, usize)> = None;
        for &i in &by_indicator {
            if let Some(band) =
                wanted(&hits[i]).filter(|band| found.is_none_or(|(most, _)| *band > most))
            {
                found = Some((band, i));
            }
        }
        found
    };
    let direct = worst(&|hit| match hit.row.effect {
        Effect::Grade(band) => Some(own(hit, band)),
        _ => None,
    });
    let ceiling = worst(&|hit| match hit.row.effect {
        Effect::Ceiling(band) => Some(own(hit, band)),
        _ => None,
    });
    let mut floor: Option<(usize, usize)> = None;
    for &i in &by_indicator {
        if let Effect::Floor(band) = hits[i].row.effect {
            let band = own(&hits[i], band);
            if floor.is_none_or(|(least, _)| band < least) {
                floor = Some((band, i));
            }
        }
    }
    let labels: Vec<String> = hits.iter().map(|hit| hit.row.label()).collect();
    let (mut band, mut reason) = match (score, direct) {
        (Some(value), direct) => {
            let fits = |b: &crate::rules::model::Band| {
                b.range.as_ref().is_none_or(|range| range.contains(&value))
            };
            let by_score =
                scheme
                    .bands
                    .iter()
                    .position(fits)
                    .ok_or_else(|| GradingError::NoBand {
                        scheme: scheme_name(scheme),
                        score: value,
                    })?;
            let band = floor.map_or(by_score, |(limit, _)| by_score.min(limit));
            match direct {
                Some((veto, i)) if veto > band => (
                    veto,
                    Reason::Direct {
                        name: name(veto),
                        row: &labels[i],
                    },
                ),
                _ if by_score > band => (
                    band,
                    Reason::Floor {
                        name: name(band),
                        row: floor.map_or("", |(_, i)| &labels[i]),
                    },
                ),
                _ => (
                    band,
                    Reason::Score {
                        score: value,
                        name: name(band),
                    },
                ),
            }
        }
        (None, Some((class, i))) => (
            class,
            Reason::Class {
                name: name(class),
                row: &labels[i],
            },
        ),
        // No row speaks of a class: the grade of those without a record.
        (None, None) => {
            let band = match scheme.subjects.no_record {
                NoRecord::DefaultGrade(band) => band,
                NoRecord::NotRated => 0,
            };
            (band, Reason::BestClass { name: name(band) })
        }
    };
    if let Some((limit, i)) = ceiling
        && band < limit
    {
        (band, reason) = (
            limit,
            Reason::Ceiling {
                name: name(limit),
                row: &labels[i],
            },
        );
    }
    let moves: i64 = chosen
        .iter()
        .filter(|&&i| matches!(hits[i].row.effect, Effect::Move(_)))
        .map(|&i| shares[i].value.raw())
        .sum();
    let mut target = band;
    for _ in 0..moves.abs() {
        target = if moves > 0 {
            (target + 1).min(scheme.bands.len() - 1)
        } else {
            target.saturating_sub(1)
        };
    }
    if target != band {
        reason = Reason::Moved {
            name: name(target),
            from: name(band),
        };
        band = target;
    }
    Ok(Graded {
        rated: true,
        score,
        clamp,
        band: Some(band),
        reason: reason.zh(),
    })
}
