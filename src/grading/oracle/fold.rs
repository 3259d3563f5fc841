//! The steps of the rule language, one after the other, over plain lists; those from joins to the grade stand in
//! [`super::decide`].

use super::conclude::conclude;
use super::conditions::{class_in_scope, row_matches, state_matches};
use super::decide::{Graded, graded, hold_back};
use super::past::past;
use super::time::{Frame, frame};
use super::together::{Asked, together};
use super::world::{Record, Subject};
use crate::grading::GradingError;
use crate::grading::outcome::{Evidence, Standing};
use crate::grading::publicity::Publicity;
use crate::grading::wording::{Reason, WhyNot, roster_names, site_reason};
use crate::record::{Day, EventKind, Points};
use crate::rules::model::{
    Condition, Cycle, Delay, Direction, Effect, Indicator, NoRecord, RepairEffect, Roster, Row,
    Scheme, VersionBy,
};

/// The result of one scheme for one subject on one day.
pub(super) struct DayResult {
    pub(super) scheme: String,
    pub(super) standing: Standing,
    pub(super) provisional: bool,
    pub(super) evidence: Vec<Evidence<'static>>,
}

/// A matched row on its way through the steps.
pub(super) struct Hit<'w, 'a> {
    pub(super) record: &'w Record<'a>,
    pub(super) scheme: &'w Scheme,
    pub(super) indicator: &'w Indicator,
    pub(super) row: &'w Row,
    /// Position of the row in its scheme.
    pub(super) order: usize,
    pub(super) frame: Frame,
    /// Why it does not count, as soon as a step says so.
    pub(super) why_not: Option<WhyNot<'w>>,
    /// Repaired, points cleared, grade kept.
    pub(super) cleared: bool,
    pub(super) counted: Points,
    pub(super) counts: bool,
    /// Carries what the row says of all its records together: how often the effect comes.
    pub(super) together: Option<u16>,
    /// Looked at together with others.
    pub(super) tallied: bool,
}

impl Hit<'_, '_> {
    /// Day of 信用修复, or of 整改完成 where the indicator says so.
    pub(super) fn repaired_on(&self) -> Option<Day> {
        if self.indicator.repaired_when_rectified {
            self.record.state.rectified_on
        } else {
            self.record.state.repaired_on
        }
    }

    /// Hundredths of the points that the repair leaves.
    pub(super) fn left(&self) -> i64 {
        let Some(on) = self.repaired_on() else {
            return 100;
        };
        let anchor = self.frame.anchor;
        for share in &self.indicator.repair_shares {
            let last = match share.within {
                Delay::Days(days) => Some(anchor.plus_days(i32::from(days))),
                Delay::Months(months) => Some(anchor.plus_months(i32::from(months))),
                Delay::SameYear => Day::from_ymd(anchor.ymd().0, 12, 31),
                Delay::NextYear => Day::from_ymd(anchor.ymd().0 + 1, 12, 31),
                Delay::Any => None,
            };
            if last.is_none_or(|last| on <= last) {
                return 100 - i64::from(share.gives_back);
            }
        }
        100
    }

    /// Signed points on a day, after a repair that gives back a share.
    pub(super) fn points_on(&self, day: Day) -> Option<Points> {
        let points = self.points()?;
        if self.shared(day) {
            return Some(Points::from_raw(points.raw() * self.left() / 100));
        }
        Some(points)
    }

    /// A share of the points came back on or before a day.
    pub(super) fn shared(&self, day: Day) -> bool {
        self.indicator.repair == RepairEffect::Share
            && self.points().is_some_and(|points| points > Points::ZERO)
            && self.repaired_on().is_some_and(|on| on <= day)
            && self.left() < 100
    }

    pub(super) fn is_live(&self) -> bool {
        self.why_not.is_none() && !self.cleared && !self.tallied
    }

    /// Signed points: positive is worse.
    pub(super) fn points(&self) -> Option<Points> {
        match self.row.effect {
            Effect::Points(points) => Some(points.times(self.together)),
            Effect::Bonus(points) => Some(-points.times(self.together)),
            _ => None,
        }
    }
}

trait Times {
    fn times(self, times: Option<u16>) -> Self;
}

impl Times for Points {
    fn times(self, times: Option<u16>) -> Self {
        Self::from_raw(self.raw() * i64::from(times.unwrap_or(1)))
    }
}

/// Grades at the cycle ends before a day, oldest first.
pub(super) type Past = Vec<(Day, Option<String>)>;

/// The version of a scheme in force on a day.
pub(super) fn in_force_on<'s>(versions: &[&'s Scheme], date: Day) -> Option<&'s Scheme> {
    versions
        .iter()
        .copied()
        .find(|s| s.in_force.from <= date && s.in_force.to.is_none_or(|to| date <= to))
}

/// The last cycle end, where it freezes a day.
pub(super) fn frozen_since(scheme: &Scheme, day: Day) -> Option<Day> {
    let cycle = scheme.cycle.as_ref().filter(|cycle| cycle.freeze)?;
    cycle
        .last_end(day)
        .filter(|end| *end >= scheme.in_force.from)
}

/// First day on which a subject is known to a scheme.
pub(super) fn known_since(subject: &Subject<'_>, versions: &[&Scheme]) -> Option<Day> {
    let names: Vec<String> = versions.iter().flat_map(|s| roster_names(s)).collect();
    let named = |record: &Record<'_>| {
        let texts = [record.list, record.role].into_iter().flatten();
        texts
            .into_iter()
            .any(|text| names.iter().any(|name| name == text.trim()))
    };
    let known = subject.records.iter().filter(|record| {
        let rows = |s: &&Scheme| {
            let mut rows = s.indicators.iter().flat_map(|i| &i.rows);
            class_in_scope(s, record) || rows.any(|row| row_matches(s, row, record))
        };
        !record.state.is_revoked()
            && (versions.iter().any(rows) || (record.is_event(EventKind::Roster) && named(record)))
    });
    known.map(|record| record.decided_on).min()
}

pub(super) fn result_on(
    subject: &Subject<'_>,
    versions: &[&Scheme],
    publicity: &dyn Publicity,
    day: Day,
) -> Result<Option<DayResult>, GradingError> {
    let past = past(subject, versions, publicity, day)?;
    result_given(subject, versions, (publicity, day), day, &past)
}

/// The result on a day, given the grades at the cycle ends before it; publicity terms as they are on the day of the
/// result that looks back. Where sites are graded apart, each by itself and then the worst.
pub(super) fn result_given(
    subject: &Subject<'_>,
    versions: &[&Scheme],
    publicity: (&dyn Publicity, Day),
    day: Day,
    past: &Past,
) -> Result<Option<DayResult>, GradingError> {
    let mut sites = Vec::new();
    let all = result_at(subject, versions, publicity, (day, None), past, &mut sites)?;
    let Some(result) = all else {
        return Ok(None);
    };
    sites.sort();
    sites.dedup();
    let scheme = in_force_on(versions, day).filter(|scheme| scheme.subjects.by_site);
    let Some(scheme) = scheme.filter(|_| result.standing.rated && sites.len() > 1) else {
        return Ok(Some(result));
    };
    let accumulate =
        |score: &crate::rules::model::ScoreRule| score.direction == Direction::Accumulate;
    let more_is_worse = scheme.score.as_ref().is_some_and(accumulate);
    let mut worst: Option<DayResult> = None;
    for site in &sites {
        let apart = (day, Some(site.as_str()));
        let found = result_at(subject, versions, publicity, apart, past, &mut Vec::new())?;
        let Some(mut found) = found else { continue };
        found.standing.reason.push_str(&site_reason(site));
        let is_worse = worst.as_ref().is_none_or(|worst| {
            let (a, b) = (&found.standing, &worst.standing);
            let band = |s: &Standing| s.grade.as_ref().map(|grade| grade.band);
            if (a.rated, band(a)) != (b.rated, band(b)) {
                return (a.rated, band(a)) > (b.rated, band(b));
            }
            match (a.score, b.score) {
                (Some(a), Some(b)) if more_is_worse => a > b,
                (Some(a), Some(b)) => a < b,
                (a, b) => a.is_some() && b.is_none(),
            }
        });
        if is_worse {
            worst = Some(found);
        }
    }
    Ok(worst)
}

/// The result on a day from the records of one site or of all; adds the sites that have something to say.
fn result_at(
    subject: &Subject<'_>,
    versions: &[&Scheme],
    (publicity, terms_on): (&dyn Publicity, Day),
    (day, site): (Day, Option<&str>),
    past: &Past,
    sites: &mut Vec<String>,
) -> Result<Option<DayResult>, GradingError> {
    let in_force_on = |date: Day| in_force_on(versions, date);
    let in_force = in_force_on(day);
    let begun = versions
        .iter()
        .copied()
        .filter(|s| s.in_force.from <= day)
        .max_by_key(|s| s.in_force.from);
    let first = versions.iter().copied().min_by_key(|s| s.in_force.from);
    let Some(scheme) = in_force.or(begun).or(first) else {
        return Ok(None);
    };
    if !scheme.subjects.kinds.contains(&subject.kind) {
        return Ok(None);
    }

    // Step 1: records known, decided, not revoked.
    let records: Vec<&Record<'_>> = subject
        .records
        .iter()
        .filter(|r| r.decided_on <= day && !r.state.is_revoked())
        .collect();
    let in_scope = |record: &&Record<'_>| {
        versions.iter().any(|s| {
            class_in_scope(s, record)
                || s.indicators
                    .iter()
                    .flat_map(|i| &i.rows)
                    .any(|row| row_matches(s, row, record))
        })
    };
    let known_since = records
        .iter()
        .filter(|record| in_scope(record))
        .map(|record| record.decided_on)
        .min();
    let known = known_since.is_some();
    let names: Vec<String> = versions.iter().flat_map(|s| roster_names(s)).collect();
    let period = |r: &&Record<'_>| (r.decided_on, r.ends_on.filter(|end| *end < Day::LONG_TERM));
    let entries: Vec<&&Record<'_>> = records
        .iter()
        .filter(|r| r.is_event(EventKind::Roster))
        .filter(|r| {
            [r.list, r.role]
                .into_iter()
                .flatten()
                .any(|text| names.iter().any(|name| name == text.trim()))
        })
        .collect();
    let roster: Vec<(Day, Option<Day>)> = entries.iter().map(|r| period(r)).collect();
    let known_since = known_since
        .into_iter()
        .chain(roster.iter().map(|(from, _)| *from))
        .min();
    let holds =
        |(from, until): &(Day, Option<Day>)| *from <= day && until.is_none_or(|until| day <= until);
    let closed = records
        .iter()
        .filter(|r| r.is_event(EventKind::Closed))
        .map(period)
        .filter(holds)
        .min();
    let needs_roster = scheme.subjects.roster == Roster::Required;
    let listed = needs_roster && !roster.is_empty();
    if !known && !listed {
        return Ok(None);
    }

    let at_level = |row: &Row| {
        row.conditions.iter().all(|condition| match condition {
            Condition::Level(wanted) => entries.iter().any(|entry| {
                holds(&period(entry))
                    && wanted
                        .iter()
                        .any(|level| level == entry.level.unwrap_or_default())
            }),
            _ => true,
        })
    };

    // Step 2: rows that match.
    let carriers: Vec<(&Indicator, &Row, usize, Record<'static>)> = in_force
        .iter()
        .flat_map(|s| s.indicators.iter())
        .flat_map(|i| i.rows.iter().map(move |row| (i, row)))
        .enumerate()
        .filter(|(_, (_, row))| !row.tests.is_empty() && at_level(row))
        .map(|(order, (i, row))| (i, row, order + 1, Record::together(&row.id)))
        .collect();
    let mut hits = Vec::new();
    for record in &records {
        let by_decision = versions
            .iter()
            .any(|s| s.version_by == VersionBy::DecidedOn);
        let applicable = match (in_force, by_decision) {
            (None, _) => None,
            (Some(_), true) => in_force_on(record.decided_on),
            (Some(scheme), false) => Some(scheme),
        };
        let Some(applicable) = applicable else {
            continue;
        };
        let mut order = 0;
        for indicator in &applicable.indicators {
            for row in &indicator.rows {
                order += 1;
                let matches = row_matches(applicable, row, record);
                if matches && state_matches(row, record, day) && at_level(row) {
                    hits.push(Hit {
                        record,
                        scheme: applicable,
                        indicator,
                        row,
                        order,
                        frame: frame(applicable, indicator, row, record, publicity, terms_on),
                        why_not: None,
                        cleared: false,
                        counted: Points::ZERO,
                        counts: false,
                        together: None,
                        tallied: false,
                    });
                }
            }
        }
    }
    hits.sort_by_key(|hit| (hit.record.decided_on, hit.record.id, hit.order));
    exempt(&mut hits);
    for hit in hits.iter_mut().filter(|hit| hit.why_not.is_none()) {
        if site.is_some_and(|site| hit.record.region.unwrap_or("") != site) {
            hit.why_not = Some(WhyNot::Elsewhere);
        }
    }
    let frozen = in_force.and_then(|s| Some((frozen_since(s, day)?, s.cycle.as_ref()?)));
    time_and_repair(&mut hits, day, frozen);
    if let Some(scheme) = in_force {
        let found = together(&mut hits, &carriers, |row, indicator, members, all| {
            let at = match frozen {
                Some((since, _)) if !indicator.mid_cycle => since,
                _ => day,
            };
            let asked = Asked {
                scheme,
                members,
                all,
                known_since,
                past,
                day: at,
            };
            asked.times(row)
        });
        sites.extend(
            hits.iter()
                .filter(|h| h.is_live() || h.cleared || h.tallied)
                .filter(|h| !matches!(h.row.effect, Effect::Exempt | Effect::Fact))
                .map(|h| h.record.region.unwrap_or("").to_owned()),
        );
        for (carrier, times) in found {
            let (indicator, row, order, record) = &carriers[carrier];
            hits.push(Hit {
                record,
                scheme,
                indicator,
                row,
                order: *order,
                frame: Frame::always(),
                why_not: None,
                cleared: false,
                counted: Points::ZERO,
                counts: false,
                together: Some(times),
                tallied: false,
            });
        }
        hits.sort_by_key(|hit| (hit.record.decided_on, hit.record.id, hit.order));
    }

    let unrated = match (in_force, closed) {
        (None, _) => Some(Reason::NoVersion {
            from: scheme.in_force.from,
            to: scheme.in_force.to,
        }),
        (_, Some((on, _))) => Some(Reason::Closed { on }),
        _ if needs_roster && !roster.iter().any(holds) => {
            let last = roster.iter().filter_map(|(_, until)| *until).max();
            Some(last.map_or(Reason::OffRoster, |until| Reason::RosterOver { until }))
        }
        _ => None,
    };
    let standing_hits = hits.iter().any(|h| {
        (h.is_live() || h.cleared) && !matches!(h.row.effect, Effect::Exempt | Effect::Fact)
    });
    let mut grading = match (unrated, standing_hits, scheme.subjects.no_record) {
        (Some(reason), _, _) => Graded::unrated(reason.zh()),
        (None, false, NoRecord::NotRated) => Graded::unrated(Reason::NothingCounted.zh()),
        (None, false, NoRecord::DefaultGrade(band)) => Graded {
            rated: true,
            score: None,
            clamp: None,
            band: Some(band),
            reason: Reason::DefaultGrade {
                name: &scheme.bands[band].name,
            }
            .zh(),
        },
        (None, true, _) => graded(scheme, &mut hits, day)?,
    };
    hold_back(scheme, past, &mut grading);
    Ok(Some(conclude(
        scheme,
        in_force.is_some(),
        grading,
        &mut hits,
        day,
    )))
}

/// Exceptions remove hits of the rows they name on the same record.
fn exempt(hits: &mut [Hit<'_, '_>]) {
    for by in 0..hits.len() {
        let (record, row) = (hits[by].record.id, hits[by].row);
        for hit in hits.iter_mut() {
            if hit.record.id == record && row.exempts.contains(&hit.row.id) && hit.why_not.is_none()
            {
                hit.why_not = Some(WhyNot::Exempted {
                    title: row.title.as_deref(),
                    by: &row.id,
                });
            }
        }
    }
}

/// Steps 3 and 4.
fn time_and_repair(hits: &mut [Hit<'_, '_>], day: Day, frozen: Option<(Day, &Cycle)>) {
    for hit in hits.iter_mut().filter(|hit| hit.why_not.is_none()) {
        if day < hit.frame.from {
            hit.why_not = Some(WhyNot::NotYet {
                from: hit.frame.from,
            });
            continue;
        }
        let over = |end: Option<(Day, WhyNot<'static>)>, day: Day| {
            end.filter(|(until, _)| day > *until).map(|(_, why)| why)
        };
        let ended = match frozen.filter(|_| !hit.indicator.mid_cycle) {
            None => over(hit.frame.until, day),
            // New records wait; windows stand still; everything else runs on.
            Some((since, cycle)) if hit.frame.from > since => Some(WhyNot::Frozen {
                until: cycle.next_end(since).unwrap_or(Day::LONG_TERM),
            }),
            Some((since, _)) => over(hit.frame.lasting, day).or(over(hit.frame.window, since)),
        };
        if ended.is_some() {
            hit.why_not = ended;
            continue;
        }
        if let Some(on) = hit.repaired_on().filter(|on| *on <= day) {
            match hit.indicator.repair {
                RepairEffect::Share if hit.left() > 0 => {}
                RepairEffect::Share => hit.why_not = Some(WhyNot::Repaired { on }),
                RepairEffect::Drop => hit.why_not = Some(WhyNot::Repaired { on }),
                RepairEffect::Keep => {}
                RepairEffect::ClearsPointsKeepsGrade => hit.cleared = true,
            }
        }
    }
}
