//! Schemes → `Program`: names become indices, intervals closed whole-number spans, sets bit masks.

use std::collections::BTreeMap;

use super::GradingError;
use super::program as p;
use super::wording;
use crate::record::{Fen, PenaltyKinds, Points, SubjectKind};
use crate::rules::model as m;

impl p::Program {
    /// Compiles schemes for grading. Versions of one scheme id form a family; the day chooses among them.
    ///
    /// # Errors
    /// When a scheme breaks a promise that `rules check` gives: overlapping versions, unknown or repeated row ids,
    /// exceptions to each other, band indices out of range.
    pub fn compile(schemes: &[&m::Scheme], rules_digest: &str) -> Result<Self, GradingError> {
        let mut program = Self {
            rules_digest: rules_digest.to_owned(),
            families: Vec::new(),
            versions: Vec::new(),
            rows: Vec::new(),
        };
        let mut sorted: Vec<&m::Scheme> = schemes.to_vec();
        sorted.sort_by(|a, b| {
            (&a.id, a.in_force.from, &a.version).cmp(&(&b.id, b.in_force.from, &b.version))
        });
        sorted.dedup_by(|a, b| a.id == b.id && a.version == b.version);
        for scheme in sorted {
            program.add(scheme)?;
        }
        Ok(program)
    }

    fn add(&mut self, scheme: &m::Scheme) -> Result<(), GradingError> {
        let family = self.family_of(scheme)?;
        let version = self.versions.len();
        let first_row = self.rows.len();
        let places = row_places(scheme, first_row)?;
        let mut indicators = Vec::new();
        for (index, indicator) in scheme.indicators.iter().enumerate() {
            indicators.push(compile_indicator(scheme, indicator));
            for row in &indicator.rows {
                let row = compile_row(scheme, indicator, row, (version, index), &places)?;
                self.rows.push(row);
            }
        }
        self.refuse_mutual_exceptions(first_row, scheme)?;
        let no_record = match scheme.subjects.no_record {
            m::NoRecord::DefaultGrade(band) => Some(checked_band(scheme, band)?),
            m::NoRecord::NotRated => None,
        };
        self.versions.push(p::Version {
            scheme: wording::scheme_name(scheme),
            version: scheme.version.clone(),
            family,
            names: wording::roster_names(scheme),
            from: scheme.in_force.from.epoch(),
            to: scheme.in_force.to.map(crate::record::Day::epoch),
            kinds: scheme
                .subjects
                .kinds
                .iter()
                .fold(0, |bits, kind| bits | subject_bit(*kind)),
            roster_required: scheme.subjects.roster == m::Roster::Required,
            by_site: scheme.subjects.by_site,
            no_record,
            score: scheme.score.as_ref().map(compile_score),
            cycle: scheme.cycle.as_ref().map(compile_cycle),
            bands: scheme.bands.iter().map(compile_band).collect(),
            indicators,
            group_caps: scheme
                .group_caps
                .iter()
                .map(|(g, cap)| (g.clone(), cap.raw().abs()))
                .collect(),
            past_publicity: scheme.counts_past_publicity.is_some(),
            scope: scheme
                .records
                .violation
                .iter()
                .map(|pattern| pattern.0.clone())
                .collect(),
            rows: (first_row, self.rows.len()),
            provisional: scheme.in_force.status != m::Status::Verified,
            basis: wording::scheme_basis(scheme),
        });
        let found = &mut self.families[family];
        found.versions.push(version);
        for row in first_row..self.rows.len() {
            if !self.rows[row].tests.is_empty() {
                found.summaries.push(row);
            }
            let was = |test: &p::Test| matches!(test, p::Test::Was { .. });
            found.looks_back |= self.rows[row].tests.iter().any(was);
        }
        found.cyclic |= scheme.cycle.is_some();
        let up = scheme.cycle.as_ref().and_then(|cycle| cycle.at_most_up);
        found.looks_back |= up.is_some();
        Ok(())
    }

    /// Finds or makes the family of a scheme; versions arrive sorted by first day.
    fn family_of(&mut self, scheme: &m::Scheme) -> Result<usize, GradingError> {
        let by_decision = scheme.version_by == m::VersionBy::DecidedOn;
        if let Some(family) = self.families.iter().position(|f| f.id == scheme.id) {
            let found = &mut self.families[family];
            found.by_decision |= by_decision;
            if let Some(&last) = found.versions.last() {
                let last = &self.versions[last];
                if last.to.is_none_or(|to| to >= scheme.in_force.from.epoch()) {
                    return Err(GradingError::VersionsOverlap {
                        scheme: scheme.id.clone(),
                        first: last.version.clone(),
                        second: scheme.version.clone(),
                    });
                }
            }
            return Ok(family);
        }
        self.families.push(p::Family {
            id: scheme.id.clone(),
            versions: Vec::new(),
            by_decision,
            summaries: Vec::new(),
            looks_back: false,
            cyclic: false,
        });
        Ok(self.families.len() - 1)
    }

    fn refuse_mutual_exceptions(
        &self,
        first_row: usize,
        scheme: &m::Scheme,
    ) -> Result<(), GradingError> {
        for (index, row) in self.rows.iter().enumerate().skip(first_row) {
            for &other in &row.exempts {
                if self.rows[other].exempts.contains(&index) {
                    return Err(GradingError::ExceptionsDisagree {
                        scheme: wording::scheme_name(scheme),
                        first: row.id.clone(),
                        second: self.rows[other].id.clone(),
                    });
                }
            }
        }
        Ok(())
    }
}

/// Row id → index in the program.
fn row_places(scheme: &m::Scheme, first: usize) -> Result<BTreeMap<&str, usize>, GradingError> {
    let mut places = BTreeMap::new();
    for (offset, row) in scheme.indicators.iter().flat_map(|i| &i.rows).enumerate() {
        if places.insert(row.id.as_str(), first + offset).is_some() {
            let scheme = wording::scheme_name(scheme);
            return Err(GradingError::DuplicateRow {
                scheme,
                row: row.id.clone(),
            });
        }
    }
    Ok(places)
}

fn compile_score(score: &m::ScoreRule) -> p::Score {
    p::Score {
        start: score.start.raw(),
        accumulate: score.direction == m::Direction::Accumulate,
        min: score.min.map(Points::raw),
        max: score.max.map(Points::raw),
        apart: score.ledgers_apart,
        provisional: score.status != m::Status::Verified,
    }
}

fn compile_cycle(cycle: &m::Cycle) -> p::Cycle {
    p::Cycle {
        ends: cycle.ends.clone(),
        freeze: cycle.freeze,
        at_most_up: cycle.at_most_up.map(usize::from),
        provisional: cycle.status != m::Status::Verified,
    }
}

fn compile_band(band: &m::Band) -> p::Band {
    p::Band {
        grade: band.grade.clone(),
        name: band.name.clone(),
        range: band.range.as_ref().map(|range| span(range, Points::raw)),
        provisional: band.status != m::Status::Verified,
    }
}

fn compile_indicator(scheme: &m::Scheme, indicator: &m::Indicator) -> p::Indicator {
    let group = indicator.group.as_ref();
    p::Indicator {
        id: indicator.id.clone(),
        title: indicator.title.clone(),
        group: group.and_then(|name| scheme.group_caps.iter().position(|(g, _)| g == name)),
        within: indicator
            .join
            .within
            .map(|(key, fold)| (compile_key(key), compile_fold(fold))),
        across: compile_fold(indicator.join.across),
        window: match indicator.window {
            m::Window::Always => p::Window::Always,
            m::Window::Rolling { months } => p::Window::Rolling(i32::from(months)),
            m::Window::PreviousYear => p::Window::PreviousYear,
            m::Window::CurrentYear => p::Window::CurrentYear,
            m::Window::Calendar { unit, back } => p::Window::Calendar {
                months: unit.months(),
                later: i32::from(back),
            },
        },
        anchor: match indicator.anchor {
            m::Anchor::DecidedOn => p::Anchor::Decided,
            m::Anchor::ValidUntil => p::Anchor::End,
            m::Anchor::ValidFrom => p::Anchor::Start,
            m::Anchor::Published => p::Anchor::Published,
            m::Anchor::Rectified => p::Anchor::Rectified,
        },
        repair: match indicator.repair {
            m::RepairEffect::Drop => p::Repair::Drop,
            m::RepairEffect::Keep => p::Repair::Keep,
            m::RepairEffect::ClearsPointsKeepsGrade => p::Repair::ClearsPoints,
            m::RepairEffect::Share => p::Repair::Share,
        },
        cap: indicator.cap.map(|cap| cap.raw().abs()),
        carry_over: indicator.carry_over,
        shares: indicator.repair_shares.iter().map(compile_share).collect(),
        by_rectified: indicator.repaired_when_rectified,
        mid_cycle: indicator.mid_cycle,
    }
}

fn compile_share(share: &m::RepairShare) -> (p::Delay, i64) {
    let delay = match share.within {
        m::Delay::Days(days) => p::Delay::Days(i32::from(days)),
        m::Delay::Months(months) => p::Delay::Months(i32::from(months)),
        m::Delay::SameYear => p::Delay::Years(0),
        m::Delay::NextYear => p::Delay::Years(1),
        m::Delay::Any => p::Delay::Any,
    };
    (delay, 100 - i64::from(share.gives_back))
}

fn compile_key(key: m::Key) -> p::Key {
    match key {
        m::Key::Record => p::Key::Record,
        m::Key::Case => p::Key::Case,
        m::Key::Month => p::Key::Month,
        m::Key::Subject => p::Key::Subject,
    }
}

fn compile_fold(fold: m::Fold) -> p::Fold {
    match fold {
        m::Fold::Sum => p::Fold::Sum,
        m::Fold::Max => p::Fold::Max,
        m::Fold::First => p::Fold::First,
    }
}

fn compile_row(
    scheme: &m::Scheme,
    indicator: &m::Indicator,
    row: &m::Row,
    (version, index): (usize, usize),
    places: &BTreeMap<&str, usize>,
) -> Result<p::Row, GradingError> {
    let mut exempts = Vec::new();
    for target in &row.exempts {
        match places.get(target.as_str()) {
            Some(&place) => exempts.push(place),
            None => {
                return Err(GradingError::UnknownExempted {
                    scheme: wording::scheme_name(scheme),
                    row: row.id.clone(),
                    target: target.clone(),
                });
            }
        }
    }
    let mut conditions = Vec::new();
    let mut states = Vec::new();
    let mut levels = Vec::new();
    for condition in &row.conditions {
        match condition {
            m::Condition::Level(wanted) => levels.clone_from(wanted),
            m::Condition::State(wanted) => {
                states.push(wanted.iter().fold(0, |bits, s| bits | state_bit(*s)));
            }
            other => conditions.push(compile_condition(other)),
        }
    }
    let mut tests = Vec::new();
    for test in &row.tests {
        tests.push(compile_test(scheme, row, test, places)?);
    }
    if !row.asks_records() {
        conditions = vec![p::Condition::Kind(0)];
    } else if !conditions
        .iter()
        .any(|c| matches!(c, p::Condition::Kind(_)))
    {
        conditions.push(p::Condition::Kind(1 << p::KIND_PENALTY));
    }
    Ok(p::Row {
        id: row.id.clone(),
        label: row.label(),
        title: row.title.clone(),
        version,
        indicator: index,
        conditions,
        states,
        levels,
        tests,
        effect: compile_effect(scheme, &row.effect)?,
        effect_name: effect_name(scheme, &row.effect),
        validity: match row.validity {
            m::Validity::Unlimited => p::Validity::Unlimited,
            m::Validity::Months {
                months,
                delay_days,
                first_day_counts,
            } => p::Validity::Months {
                months: i32::from(months),
                delay: i32::from(delay_days),
                first_day: first_day_counts,
            },
            m::Validity::FromRecord {
                default_months,
                first_day_counts,
            } => p::Validity::FromRecord {
                default: default_months.map(i32::from),
                first_day: first_day_counts,
            },
        },
        exempts,
        at_least: row.at_least,
        provisional: row.status != m::Status::Verified || indicator.status != m::Status::Verified,
        basis: wording::row_basis(indicator, row),
    })
}

fn compile_test(
    scheme: &m::Scheme,
    row: &m::Row,
    test: &m::Test,
    places: &BTreeMap<&str, usize>,
) -> Result<p::Test, GradingError> {
    let place = |target: &String| {
        let found = places.get(target.as_str()).copied();
        found.ok_or_else(|| GradingError::UnknownFact {
            scheme: wording::scheme_name(scheme),
            row: row.id.clone(),
            target: target.clone(),
        })
    };
    let whole = |range: &m::Interval<i64>| span(range, |n| n);
    let fen = |range: &m::Interval<Fen>| span(range, |fen: Fen| fen.0);
    Ok(match test {
        m::Test::Count(range) => p::Test::Amount(p::Amount::Count, whole(range)),
        m::Test::Cases(range) => p::Test::Amount(p::Amount::Cases, whole(range)),
        m::Test::Fines(range) => p::Test::Amount(p::Amount::Fines, fen(range)),
        m::Test::Confiscated(range) => p::Test::Amount(p::Amount::Confiscated, fen(range)),
        m::Test::Running { unit, range } => p::Test::Running(unit.months(), whole(range)),
        m::Test::Ratio { of, per, range } => {
            let end = |bound: &m::Bound<m::Rate>| match bound {
                m::Bound::Unbounded => None,
                m::Bound::Included(rate) => Some((rate.0, true)),
                m::Bound::Excluded(rate) => Some((rate.0, false)),
            };
            p::Test::Ratio {
                of: match of {
                    m::Amount::Count => p::Amount::Count,
                    m::Amount::Cases => p::Amount::Cases,
                    m::Amount::Fines => p::Amount::Fines,
                    m::Amount::Confiscated => p::Amount::Confiscated,
                },
                per: place(per)?,
                low: end(&range.lower),
                high: end(&range.upper),
            }
        }
        m::Test::Clean {
            months,
            times,
            after,
        } => p::Test::Clean {
            months: i32::from(*months),
            times: i64::from(*times),
            after: after.as_ref().map(place).transpose()?,
        },
        m::Test::Known(range) => p::Test::Known(whole(range)),
        m::Test::Was {
            grades,
            cycles,
            range,
            running,
        } => {
            let mut names = Vec::new();
            for band in grades {
                names.push(scheme.bands[checked_band(scheme, *band)?].grade.clone());
            }
            p::Test::Was {
                grades: names,
                cycles: usize::from(*cycles),
                span: whole(range),
                running: *running,
            }
        }
    })
}

fn compile_effect(scheme: &m::Scheme, effect: &m::Effect) -> Result<p::Effect, GradingError> {
    Ok(match effect {
        m::Effect::Points(points) => p::Effect::Points(points.raw()),
        m::Effect::Bonus(points) => p::Effect::Points(-points.raw()),
        m::Effect::Grade(band) => p::Effect::Grade(checked_band(scheme, *band)?),
        m::Effect::Ceiling(band) => p::Effect::Ceiling(checked_band(scheme, *band)?),
        m::Effect::Floor(band) => p::Effect::Floor(checked_band(scheme, *band)?),
        m::Effect::Move(bands) => p::Effect::Move(i64::from(*bands)),
        m::Effect::Flag(name) => p::Effect::Flag(name.clone()),
        m::Effect::Exempt => p::Effect::Exempt,
        m::Effect::Fact => p::Effect::Fact,
    })
}

fn effect_name(scheme: &m::Scheme, effect: &m::Effect) -> String {
    let grade = |band: usize| scheme.bands.get(band).map_or("", |b| b.grade.as_str());
    match effect {
        m::Effect::Points(points) if points.raw() < 0 => "bonus".to_owned(),
        m::Effect::Bonus(points) if points.raw() > 0 => "bonus".to_owned(),
        m::Effect::Points(_) | m::Effect::Bonus(_) => "points".to_owned(),
        m::Effect::Grade(band) => format!("grade:{}", grade(*band)),
        m::Effect::Ceiling(band) => format!("ceiling:{}", grade(*band)),
        m::Effect::Floor(band) => format!("floor:{}", grade(*band)),
        m::Effect::Move(bands) => format!("move:{bands}"),
        m::Effect::Flag(name) => format!("flag:{name}"),
        m::Effect::Exempt => "exempt".to_owned(),
        m::Effect::Fact => "fact".to_owned(),
    }
}

fn checked_band(scheme: &m::Scheme, band: usize) -> Result<usize, GradingError> {
    if band < scheme.bands.len() {
        return Ok(band);
    }
    Err(GradingError::UnknownBand {
        scheme: wording::scheme_name(scheme),
        band,
    })
}

fn compile_condition(condition: &m::Condition) -> p::Condition {
    use m::Condition as C;
    match condition {
        C::Kind(kinds) => {
            p::Condition::Kind(kinds.iter().fold(0, |bits, k| bits | 1 << kind_code(*k)))
        }
        C::Violation(patterns) => {
            p::Condition::Violation(patterns.iter().map(|x| x.0.clone()).collect())
        }
        C::PenaltyAny(kinds) => p::Condition::PenaltyAny(kinds_mask(*kinds)),
        C::PenaltyOnly(kinds) => p::Condition::PenaltyOnly(kinds_mask(*kinds)),
        C::PenaltyNone(kinds) => p::Condition::PenaltyNone(kinds_mask(*kinds)),
        C::Fine(range) => p::Condition::Fine(span(range, |fen: Fen| fen.0)),
        C::Confiscated(range) => p::Condition::Confiscated(span(range, |fen: Fen| fen.0)),
        C::Authority(names) => p::Condition::Authority(names.clone()),
        C::Cited(patterns) => p::Condition::Cited(
            patterns
                .iter()
                .map(|c| (c.statute.clone(), c.articles.clone()))
                .collect(),
        ),
        C::SubjectKind(kinds) => {
            p::Condition::SubjectKind(kinds.iter().fold(0, |bits, kind| bits | subject_bit(*kind)))
        }
        C::Region(prefixes) => p::Condition::Region(prefixes.clone()),
        C::Severity(levels) => p::Condition::Severity(levels.clone()),
        C::Role(roles) => p::Condition::Role(roles.clone()),
        C::List(lists) => p::Condition::List(lists.clone()),
        C::Linked => p::Condition::Linked,
        C::TermMonths(range) => p::Condition::Term(span(range, |months| months)),
        C::Words(words) => p::Condition::Words(words.clone()),
        // States change with time; the caller keeps them apart.
        C::State(_) | C::Level(_) => p::Condition::Kind(u32::MAX),
    }
}

fn state_bit(state: m::StateSel) -> u8 {
    match state {
        m::StateSel::Repaired => p::STATE_REPAIRED,
        m::StateSel::NotRepaired => p::STATE_NOT_REPAIRED,
        m::StateSel::Rectified => p::STATE_RECTIFIED,
        m::StateSel::NotRectified => p::STATE_NOT_RECTIFIED,
        m::StateSel::UnderObjection => p::STATE_OBJECTION,
    }
}

fn kind_code(kind: m::RecordSel) -> u32 {
    match kind {
        m::RecordSel::Penalty => p::KIND_PENALTY,
        m::RecordSel::License => p::KIND_LICENSE,
        m::RecordSel::Event(event) => p::KIND_EVENT + event as u32,
    }
}

pub(crate) fn subject_bit(kind: SubjectKind) -> u8 {
    match kind {
        SubjectKind::Entity => 1,
        SubjectKind::IndividualBusiness => 2,
        SubjectKind::Person => 4,
    }
}

pub(crate) fn kinds_mask(kinds: PenaltyKinds) -> u16 {
    kinds.iter().fold(0, |bits, kind| bits | 1 << (kind as u16))
}

fn span<T: Copy>(range: &m::Interval<T>, raw: impl Fn(T) -> i64) -> p::Span {
    let low = match range.lower {
        m::Bound::Unbounded => i64::MIN,
        m::Bound::Included(x) => raw(x),
        m::Bound::Excluded(x) => raw(x).saturating_add(1),
    };
    let high = match range.upper {
        m::Bound::Unbounded => i64::MAX,
        m::Bound::Included(x) => raw(x),
        m::Bound::Excluded(x) => raw(x).saturating_sub(1),
    };
    p::Span { low, high }
}
