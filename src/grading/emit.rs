//! From verdicts to typed outcomes and evidence.

use std::borrow::Cow;
use std::sync::Arc;

use super::columns::Source;
use super::engine::Judged;
use super::fold::Loss;
use super::hit::{End, Hit, NEVER};
use super::outcome::{Evidence, Flag, GradeLabel, NextChange, Outcome, Standing};
use super::program::{Effect, Program, Repair};
use super::verdict::{Dossier, Fate, Ground, Status, Verdict};
use super::wording::{CLAMP, OBJECTION_FLAG, Reason, TALLY, WhyNot, site_reason};
use crate::record::{Day, Points};

/// Names shared by all outcomes of a version.
pub(crate) struct Labels {
    schemes: Vec<Arc<str>>,
    bands: Vec<Vec<GradeLabel>>,
}

impl Labels {
    pub(crate) fn of(program: &Program) -> Self {
        let label = |(band, b): (usize, &super::program::Band)| GradeLabel {
            band,
            grade: b.grade.as_str().into(),
            name: b.name.as_str().into(),
        };
        Self {
            schemes: program
                .versions
                .iter()
                .map(|v| v.scheme.as_str().into())
                .collect(),
            bands: program
                .versions
                .iter()
                .map(|v| v.bands.iter().enumerate().map(label).collect())
                .collect(),
        }
    }
}

impl Labels {
    /// Label of a band of a version.
    pub(crate) fn band(&self, version: usize, band: usize) -> GradeLabel {
        self.bands[version][band].clone()
    }
}

/// Typed outcome of a judgement, without its evidence.
pub(crate) fn outcome(
    judged: &Judged<'_, '_>,
    program: &Program,
    labels: &Labels,
    sources: &[Source<'_>],
) -> Outcome {
    let version = judged.verdict.version;
    let next_change = judged.next.as_ref().map(|next| NextChange {
        on: Day::from_epoch(next.verdict.day),
        to: standing(
            next.frames.as_ref().unwrap_or(judged.dossier),
            &next.verdict,
            program,
            labels,
            sources,
        ),
    });
    Outcome {
        scheme: labels.schemes[version].clone(),
        subject_id: judged.profile.subject.to_owned(),
        subject_name: judged.profile.name.to_owned(),
        subject_kind: judged.profile.kind,
        region: judged.profile.region.to_owned(),
        minor: judged.profile.minor,
        bucket: judged.profile.bucket,
        standing: standing(judged.dossier, &judged.verdict, program, labels, sources),
        provisional: provisional(judged.dossier, &judged.verdict, program),
        next_change,
        evidence: 0..0,
    }
}

fn standing(
    dossier: &Dossier<'_>,
    verdict: &Verdict,
    program: &Program,
    labels: &Labels,
    sources: &[Source<'_>],
) -> Standing {
    let grade = verdict
        .band
        .and_then(|band| labels.bands[verdict.version].get(band))
        .cloned();
    let flags = if verdict.rated {
        flags(dossier, verdict, program, sources)
    } else {
        Vec::new()
    };
    Standing {
        rated: verdict.rated,
        score: verdict.score.map(Points::from_raw),
        grade,
        reason: reason(dossier, verdict, program),
        flags,
    }
}

fn flags(
    dossier: &Dossier<'_>,
    verdict: &Verdict,
    program: &Program,
    sources: &[Source<'_>],
) -> Vec<Flag> {
    let mut flags = Vec::new();
    let today = Day::from_epoch(verdict.day);
    for (hit, fate) in dossier.hits.iter().zip(&verdict.fates) {
        if !fate.counts || !matches!(fate.status, Status::Live | Status::Tallied) {
            continue;
        }
        let row = &program.rows[hit.rule];
        let flag = |name: &str, from: Day, until: Option<Day>| Flag {
            name: name.to_owned(),
            record_id: hit.facts.record_id.to_owned(),
            row_id: row.id.clone(),
            document_no: document_of(hit, sources).map(str::to_owned),
            from,
            until,
            basis: row.basis.clone(),
            provisional: row.provisional,
        };
        if let Effect::Flag(name) = &row.effect
            && fate.status == Status::Live
        {
            let from = if hit.summary {
                tallied_from(dossier, verdict, hit.rule).unwrap_or(verdict.day)
            } else {
                hit.from
            };
            flags.push(flag(
                name,
                Day::from_epoch(from),
                counts_until(hit, program),
            ));
        }
        let state = hit.facts.state;
        let open = if state.is_under_objection(today) {
            state.objections.last()
        } else {
            None
        };
        if let Some((opened, closed)) = open {
            flags.push(flag(OBJECTION_FLAG, *opened, *closed));
        }
    }
    flags.sort();
    flags
}

/// The day from which the last of the records counts that a row looks at together.
fn tallied_from(dossier: &Dossier<'_>, verdict: &Verdict, rule: usize) -> Option<i32> {
    let together = dossier.hits.iter().zip(&verdict.fates);
    together
        .filter(|(hit, fate)| hit.rule == rule && fate.status == Status::Tallied)
        .map(|(hit, _)| hit.from)
        .max()
}

fn document_of<'e>(hit: &Hit<'_>, sources: &[Source<'e>]) -> Option<&'e str> {
    if hit.summary {
        return None;
    }
    sources[hit.facts.table as usize]
        .document_no
        .get(hit.facts.row)
}

/// Any figure on which the result rests is not verified.
fn provisional(dossier: &Dossier<'_>, verdict: &Verdict, program: &Program) -> bool {
    let rules = &program.versions[verdict.version];
    if matches!(verdict.ground, Ground::NoVersion) || !verdict.rated {
        return rules.provisional;
    }
    rules.provisional
        || verdict
            .band
            .is_some_and(|band| rules.bands[band].provisional)
        || rules.cycle.as_ref().is_some_and(|cycle| cycle.provisional)
        || (verdict.score.is_some() && rules.score.as_ref().is_some_and(|score| score.provisional))
        || dossier
            .hits
            .iter()
            .zip(&verdict.fates)
            .any(|(hit, fate)| match fate.status {
                Status::Live | Status::Tallied => fate.counts && program.rows[hit.rule].provisional,
                Status::Cleared => program.rows[hit.rule].provisional,
                Status::Ended(cause) => provisional_end(hit, cause),
                _ => false,
            })
}

fn reason(dossier: &Dossier<'_>, verdict: &Verdict, program: &Program) -> String {
    let rules = &program.versions[verdict.version];
    let name_of = |band: usize| rules.bands.get(band).map_or("", |b| b.name.as_str());
    let name = verdict.band.map_or("", name_of);
    let row = |hit: usize| program.rows[dossier.hits[hit].rule].label.as_str();
    let reason = match verdict.ground {
        Ground::NoVersion => Reason::NoVersion {
            from: Day::from_epoch(rules.from),
            to: rules.to.map(Day::from_epoch),
        },
        Ground::OffRoster => Reason::OffRoster,
        Ground::RosterOver(until) => Reason::RosterOver {
            until: Day::from_epoch(until),
        },
        Ground::Closed(on) => Reason::Closed {
            on: Day::from_epoch(on),
        },
        Ground::NothingCounted => Reason::NothingCounted,
        Ground::Default => Reason::DefaultGrade { name },
        Ground::Score => Reason::Score {
            score: Points::from_raw(verdict.score.unwrap_or_default()),
            name,
        },
        Ground::Direct(hit) => Reason::Direct {
            name,
            row: row(hit),
        },
        Ground::Floor(hit) => Reason::Floor {
            name,
            row: row(hit),
        },
        Ground::Ceiling(hit) => Reason::Ceiling {
            name,
            row: row(hit),
        },
        Ground::Moved(from) => Reason::Moved {
            name,
            from: name_of(from),
        },
        Ground::HeldBack(from) => Reason::HeldBack {
            name,
            from: name_of(from),
        },
        Ground::Class(hit) => Reason::Class {
            name,
            row: row(hit),
        },
        Ground::BestClass => Reason::BestClass { name },
        Ground::Kept => Reason::KeptGrade { name },
        Ground::FlagsOnly => Reason::FlagsOnly,
    };
    let mut reason = reason.zh();
    if let Some(hit) = verdict.site {
        reason.push_str(&site_reason(dossier.hits[hit].facts.region));
    }
    reason
}

/// Last day on which a hit can count by itself.
fn counts_until(hit: &Hit<'_>, program: &Program) -> Option<Day> {
    let row = &program.rows[hit.rule];
    let keeps = match program.versions[row.version].indicators[row.indicator].repair {
        Repair::Keep => true,
        Repair::Share => hit.left > 0,
        Repair::Drop | Repair::ClearsPoints => false,
    };
    let until = if keeps {
        hit.until
    } else {
        hit.until.min(hit.repaired.saturating_sub(1))
    };
    (until < NEVER - 1).then(|| Day::from_epoch(until))
}

/// Evidence of a judgement: every matched row, by (decided_on, record id, row order), then the clamp.
pub(crate) fn evidence<'e>(
    dossier: &'e Dossier<'_>,
    verdict: &Verdict,
    program: &'e Program,
    sources: &[Source<'e>],
) -> Vec<Evidence<'e>> {
    let mut order: Vec<usize> = (0..dossier.hits.len())
        .filter(|&hit| verdict.fates[hit].status != Status::Absent)
        .collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&dossier.hits[a], &dossier.hits[b]);
        (a.facts.decided, a.facts.record_id, a.rule).cmp(&(
            b.facts.decided,
            b.facts.record_id,
            b.rule,
        ))
    });
    let mut rows: Vec<Evidence<'e>> = order
        .into_iter()
        .map(|hit| {
            evidence_row(
                &dossier.hits[hit],
                &verdict.fates[hit],
                verdict,
                program,
                sources,
            )
        })
        .collect();
    let rules = &program.versions[verdict.version];
    if let (Some(score), Some(raw), Some(rule)) = (verdict.score, verdict.unclamped, &rules.score)
        && score != raw
    {
        let points = Points::from_raw(if rule.accumulate {
            score - raw
        } else {
            raw - score
        });
        rows.push(Evidence {
            row_id: Cow::Borrowed(CLAMP),
            indicator: Cow::Borrowed(""),
            record_id: Cow::Borrowed(""),
            case_id: Cow::Borrowed(""),
            document_no: None,
            decided_on: Day::from_epoch(verdict.day),
            points,
            counted_points: points,
            counted: true,
            why_not: None,
            counts_from: None,
            counts_until: None,
            basis: Cow::Borrowed(&rules.basis),
            effect: Cow::Borrowed(CLAMP),
            provisional: rule.provisional,
            at_least: false,
            objected: false,
        });
    }
    rows
}

fn evidence_row<'e>(
    hit: &'e Hit<'_>,
    fate: &Fate,
    verdict: &Verdict,
    program: &'e Program,
    sources: &[Source<'e>],
) -> Evidence<'e> {
    let row = &program.rows[hit.rule];
    let rules = &program.versions[row.version];
    let points = match row.effect {
        _ if !row.tests.is_empty() && !hit.summary => 0,
        Effect::Points(points) => points * fate.times,
        _ => 0,
    };
    let tallied = !row.tests.is_empty() && !hit.summary;
    let rated = verdict.rated;
    Evidence {
        row_id: Cow::Borrowed(&row.id),
        indicator: Cow::Borrowed(&rules.indicators[row.indicator].id),
        record_id: Cow::Borrowed(hit.facts.record_id),
        case_id: hit.facts.case.text(),
        document_no: document_of(hit, sources).map(Cow::Borrowed),
        decided_on: Day::from_epoch(if hit.summary {
            verdict.day
        } else {
            hit.facts.decided
        }),
        points: Points::from_raw(points),
        counted_points: Points::from_raw(if rated { fate.counted } else { 0 }),
        counted: rated && fate.counts,
        why_not: why_not(hit, fate, (rated, verdict.day), program).map(WhyNot::zh),
        counts_from: (!hit.summary).then(|| Day::from_epoch(hit.from)),
        counts_until: counts_until(hit, program),
        basis: Cow::Borrowed(&row.basis),
        effect: Cow::Borrowed(if tallied { TALLY } else { &row.effect_name }),
        provisional: row.provisional
            || matches!(fate.status, Status::Ended(cause) if provisional_end(hit, cause)),
        at_least: row.at_least,
        objected: hit
            .facts
            .state
            .is_under_objection(Day::from_epoch(verdict.day)),
    }
}

/// The end rests on a publicity term that is not verified.
fn provisional_end(hit: &Hit<'_>, cause: End) -> bool {
    cause == End::Publicity && hit.provisional_term
}

/// A share of the points came back by a repair.
fn shared(hit: &Hit<'_>, day: i32, program: &Program) -> bool {
    let row = &program.rows[hit.rule];
    let points = matches!(row.effect, Effect::Points(points) if points > 0);
    points && hit.left_on(points, day) < 100
}

fn why_not<'p>(
    hit: &Hit<'_>,
    fate: &Fate,
    (rated, day): (bool, i32),
    program: &'p Program,
) -> Option<WhyNot<'p>> {
    let repaired = Day::from_epoch(hit.repaired);
    match fate.status {
        Status::Absent => None,
        Status::Exempted(by) => Some(WhyNot::Exempted {
            title: program.rows[by].title.as_deref(),
            by: &program.rows[by].id,
        }),
        Status::Elsewhere => Some(WhyNot::Elsewhere),
        Status::NotYet => Some(WhyNot::NotYet {
            from: Day::from_epoch(hit.from),
        }),
        Status::Frozen(until) => Some(WhyNot::Frozen {
            until: Day::from_epoch(until),
        }),
        Status::Ended(cause) => {
            let until = Day::from_epoch(hit.ended(cause));
            Some(match cause {
                End::Window => WhyNot::OutsideWindow { until },
                End::Validity => WhyNot::ValidityOver { until },
                End::Publicity => WhyNot::PublicityOver { until },
                End::Delisted => WhyNot::Delisted {
                    on: until.plus_days(1),
                },
                End::Listing => WhyNot::ListingOver { until },
            })
        }
        Status::Repaired => Some(WhyNot::Repaired { on: repaired }),
        Status::Cleared if rated => Some(WhyNot::ClearedKept { on: repaired }),
        Status::Tallied if !fate.counts => Some(WhyNot::NotReached),
        Status::Live | Status::Cleared | Status::Tallied if !rated => Some(WhyNot::NotRated),
        Status::Tallied => None,
        Status::Live | Status::Cleared => match fate.loss {
            Loss::None if shared(hit, day, program) => Some(WhyNot::Shared {
                on: repaired,
                back: 100 - hit.left,
            }),
            Loss::None => None,
            Loss::Apart => Some(WhyNot::Apart),
            Loss::Joined => Some(WhyNot::JoinedAway),
            Loss::Capped(cap) => Some(WhyNot::Capped {
                cap: Points::from_raw(cap),
            }),
            Loss::GroupCapped(cap) => Some(WhyNot::GroupCapped {
                cap: Points::from_raw(cap),
            }),
        },
    }
}
