//! One pass over a bucket: match all records, then walk the subjects and judge each under each scheme.

use std::ops::Range;

use super::columns::{Source, Subjects, Table};
use super::compile::subject_bit;
use super::desk::Desk;
use super::group::{Group, groups};
use super::hit::{Case, Facts, Hit, NEVER};
use super::matcher::Matcher;
use super::noted::Noted;
use super::open::Matches;
use super::program::{Effect, Program};
use super::publicity::{PenaltyFacts, Publicity, Term};
use super::reach::Reach;
use super::state::States;
use super::verdict::{Dossier, Scratch, Verdict};
use super::{BucketInput, GradingError};
use crate::record::{Day, EventKind, Fen, Points, SubjectKind};

/// Who a subject is, for the result tables.
#[derive(Clone, Debug)]
pub(crate) struct Profile<'a> {
    pub(crate) subject: &'a str,
    pub(crate) name: &'a str,
    pub(crate) kind: SubjectKind,
    pub(crate) region: &'a str,
    pub(crate) minor: bool,
    pub(crate) bucket: i32,
}

/// A bucket opened for judging: columns, groups, states and matches.
pub(crate) struct Bench<'a> {
    pub(crate) program: &'a Program,
    pub(crate) publicity: &'a dyn Publicity,
    pub(crate) as_of: Day,
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) subjects: Subjects<'a>,
    pub(crate) groups: Vec<Group<'a>>,
    matches: Vec<Matches>,
    noted: Noted,
    scope_rows: usize,
    /// First days of later publicity regimes, ascending.
    regimes: Vec<Day>,
    /// What can count tonight, where no other day is asked for.
    reach: Option<Reach>,
}

/// What the judge hands out per subject and scheme.
pub(crate) struct Judged<'j, 'a> {
    pub(crate) profile: &'j Profile<'a>,
    pub(crate) dossier: &'j Dossier<'a>,
    pub(crate) verdict: Verdict,
    pub(crate) next: Option<Next<'a>>,
}

/// The first later result that differs.
pub(crate) struct Next<'a> {
    pub(crate) verdict: Verdict,
    /// The dossier under a later publicity regime, where that one gives the result.
    pub(crate) frames: Option<Dossier<'a>>,
}

impl<'a> Bench<'a> {
    pub(crate) fn open(
        input: &BucketInput<'a>,
        program: &'a Program,
        matcher: &Matcher,
        publicity: &'a dyn Publicity,
        as_of: Day,
    ) -> Result<Self, GradingError> {
        let sources = Source::all(input)?;
        let subjects = Subjects::of(input.subjects)?;
        let matches: Vec<Matches> = sources
            .iter()
            .map(|source| matcher.run(source))
            .collect::<Result<_, _>>()?;
        let noted = Noted::of(&sources[Table::Events as usize])?;
        let scope_rows = matcher.scope_row(0);
        let mut regimes = publicity.changes_after(as_of);
        regimes.retain(|day| *day > as_of);
        regimes.sort_unstable();
        Ok(Self {
            program,
            publicity,
            as_of,
            sources,
            subjects,
            groups: Vec::new(),
            matches,
            noted,
            scope_rows,
            regimes,
            reach: None,
        })
    }

    /// With the groups of all subjects.
    pub(crate) fn of_all(mut self) -> Result<Self, GradingError> {
        self.groups = groups(&self.sources, &self.subjects, |_| true)?;
        Ok(self)
    }

    /// With the subjects alone that a record concerns, and without what cannot count on the as-of day: for scores and grades of
    /// that day alone.
    pub(crate) fn of_today(mut self) -> Result<Self, GradingError> {
        self.reach = Some(Reach::of(self.program, self.as_of.epoch()));
        let concerned = |group: &Group<'a>| self.is_concerned(group);
        self.groups = groups(&self.sources, &self.subjects, concerned)?;
        Ok(self)
    }

    /// Whether what events say of a record can change a grade: a row of the rules speaks of it, or it is an entry that the
    /// roster is read from.
    fn concerns(&self, source: &Source<'_>, row: usize) -> bool {
        !self.matches[source.table as usize].of(row).is_empty()
            || (source.table == Table::Events && !self.noted.among(&(row..row + 1)).is_empty())
    }

    /// Whether any record of a subject can change a grade.
    fn is_concerned(&self, group: &Group<'_>) -> bool {
        self.sources.iter().any(|source| {
            let matches = &self.matches[source.table as usize];
            let noted = |run: &Range<usize>| {
                source.table == Table::Events && !self.noted.among(run).is_empty()
            };
            group
                .runs(source.table)
                .any(|run| matches.any(&run) || noted(&run))
        })
    }

    /// The states of all records that can change a grade.
    ///
    /// # Errors
    /// When an event is of an unknown kind.
    pub(crate) fn states(&self) -> Result<States, GradingError> {
        let concerned = self.groups.iter().filter(|group| self.is_concerned(group));
        let asked = |source: &Source<'_>, row| self.concerns(source, row);
        States::of_some(&self.sources, concerned, &asked)
    }

    /// Judges every subject under every scheme, in (bucket, subject, scheme) order; looks ahead for the next change
    /// only when asked.
    pub(crate) fn judge(
        &self,
        states: &'a States,
        look_ahead: bool,
        mut each: impl FnMut(&Judged<'_, 'a>) -> Result<(), GradingError>,
    ) -> Result<(), GradingError> {
        let mut desk = Desk::new(self.program);
        let mut scratch = Scratch::default();
        let day = self.as_of.epoch();
        for group in &self.groups {
            if !self.is_concerned(group) {
                continue;
            }
            self.lay_out(&mut desk, group, states, self.as_of)?;
            if desk.open.is_empty() {
                continue;
            }
            let profile = self.profile(group);
            desk.open.sort_unstable();
            for &family in &desk.open {
                let dossier = &mut desk.dossiers[family];
                dossier.kind = subject_bit(profile.kind);
                let Some(verdict) = dossier.on(self.program, day, &mut scratch)? else {
                    continue;
                };
                let next = if look_ahead {
                    self.next_change(group, states, dossier, &verdict, &mut scratch)?
                } else {
                    None
                };
                let judged = Judged {
                    profile: &profile,
                    dossier,
                    verdict,
                    next,
                };
                each(&judged)?;
                let Judged { verdict, next, .. } = judged;
                scratch.recycle(verdict);
                if let Some(next) = next {
                    scratch.recycle(next.verdict);
                }
            }
        }
        Ok(())
    }

    /// Fills the desk with the hits of one subject, per scheme family that it has anything to do with.
    fn lay_out(
        &self,
        desk: &mut Desk<'a>,
        group: &Group<'a>,
        states: &'a States,
        as_of: Day,
    ) -> Result<(), GradingError> {
        desk.clear();
        for source in &self.sources {
            let matches = &self.matches[source.table as usize];
            let is_revoked = |row| states.get(source.table, row).is_revoked();
            for run in group.runs(source.table) {
                if source.table == Table::Events {
                    for row in self.noted.among(&run).iter().map(|row| *row as usize) {
                        if !is_revoked(row) {
                            self.note_roster(desk, row)?;
                        }
                    }
                }
                if !matches.any(&run) {
                    continue;
                }
                for row in run.filter(|row| !matches.of(*row).is_empty()) {
                    if !is_revoked(row) {
                        self.note_matches(desk, source, row, states, as_of)?;
                    }
                }
            }
        }
        for &family in &desk.open {
            let summaries = &self.program.families[family].summaries;
            let state = states.untouched();
            let hits = &mut desk.dossiers[family].hits;
            hits.extend(summaries.iter().map(|&rule| Hit::summary(rule, state)));
            let place = |hit: &Hit<'_>| {
                let row = &self.program.rows[hit.rule];
                (row.version, row.indicator)
            };
            desk.dossiers[family].hits.sort_by(|a, b| {
                (place(a), a.facts.decided, a.facts.record_id, a.rule).cmp(&(
                    place(b),
                    b.facts.decided,
                    b.facts.record_id,
                    b.rule,
                ))
            });
        }
        Ok(())
    }

    fn note_matches(
        &self,
        desk: &mut Desk<'a>,
        source: &Source<'a>,
        row: usize,
        states: &'a States,
        as_of: Day,
    ) -> Result<(), GradingError> {
        let matched = self.matches[source.table as usize].of(row);
        let decided = source.decided(row);
        let mut facts: Option<Facts<'a>> = None;
        let mut term: Option<Term> = None;
        for &id in matched {
            let id = id as usize;
            let version = match id.checked_sub(self.scope_rows) {
                Some(version) => version,
                None => self.program.rows[id].version,
            };
            let rules = &self.program.versions[version];
            let dossier = desk.dossier(rules.family);
            // A row matches inside the scope only, so each match puts the subject into it.
            dossier.in_scope_from = dossier.in_scope_from.min(decided);
            let reach = self.reach.as_ref();
            if id >= self.scope_rows || reach.is_some_and(|reach| !reach.holds(id, decided)) {
                continue;
            }
            let facts = match facts {
                Some(facts) => facts,
                None => *facts.insert(self.facts(source, row, states)?),
            };
            let publicity = if rules.past_publicity || source.table.kind() != Table::Penalties {
                Term::default()
            } else {
                match term {
                    Some(term) => term,
                    None => *term.insert(self.publicity.term(&penalty_facts(source, row)?, as_of)),
                }
            };
            let rule = &self.program.rows[id];
            let indicator = &rules.indicators[rule.indicator];
            let mut hit = Hit::new(facts, id, rule, indicator, publicity);
            if !rule.tests.is_empty() {
                let sum = |array| Source::int(array, row).unwrap_or_default();
                hit.figures = [sum(source.fine), sum(source.confiscated)];
            } else if rule.effect == Effect::Fact {
                let number = source
                    .level
                    .get(row)
                    .and_then(|text| Points::parse(text.trim()));
                hit.figures[0] = number.map_or(0, Points::raw);
            }
            dossier.hits.push(hit);
        }
        Ok(())
    }

    fn facts(
        &self,
        source: &Source<'a>,
        row: usize,
        states: &'a States,
    ) -> Result<Facts<'a>, GradingError> {
        let state = states.get(source.table, row);
        let record_id = source.record_id.or_empty(row);
        Ok(Facts {
            table: source.table,
            row,
            record_id,
            case: case_of(source, row, state.linked_case.as_deref(), record_id),
            decided: source.decided(row),
            region: source.region.or_empty(row),
            ends: source.ends(row),
            starts: source.starts(row),
            published: source.published(row),
            term_months: Source::int(source.term_months, row),
            listing: source.table.holds_events() && source.kind(row)? == EventKind::Listed,
            state,
        })
    }

    /// 参评名录 and 关停 events of a subject.
    fn note_roster(&self, desk: &mut Desk<'a>, row: usize) -> Result<(), GradingError> {
        let events = &self.sources[Table::Events as usize];
        let kind = events.kind(row)?;
        let period = (
            events.decided(row),
            events
                .ends(row)
                .filter(|d| *d < Day::LONG_TERM.epoch())
                .unwrap_or(NEVER),
        );
        match kind {
            EventKind::Roster => {
                let list = events.list.or_empty(row).trim();
                let role = events.role.or_empty(row).trim();
                let level = events.level.or_empty(row);
                let named = desk.families_of(self.program, list, role);
                for &index in &*named {
                    let dossier = desk.dossier(index);
                    dossier.roster.push(period);
                    dossier.levels.push((period.0, period.1, level));
                }
            }
            EventKind::PublishedGrade => {
                let list = events.list.or_empty(row).trim();
                for (index, family) in self.program.families.iter().enumerate() {
                    let mut names = family
                        .versions
                        .iter()
                        .flat_map(|&v| &self.program.versions[v].names);
                    if family.looks_back && names.any(|name| name == list) {
                        let level = events.level.or_empty(row);
                        desk.dossier(index).published.push((period.0, level));
                    }
                }
            }
            EventKind::Closed => {
                for index in 0..self.program.families.len() {
                    desk.dossier(index).closed.push(period);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The first later day on which the result differs if nothing new arrives, and the result then.
    ///
    /// Each publicity regime is searched in its own frames: from its first day (tonight for the present one) to the
    /// first day of the next.
    fn next_change(
        &self,
        group: &Group<'a>,
        states: &'a States,
        dossier: &Dossier<'a>,
        now: &Verdict,
        scratch: &mut Scratch,
    ) -> Result<Option<Next<'a>>, GradingError> {
        let mut days = std::mem::take(&mut scratch.days);
        let first_end = self.regimes.first().map_or(NEVER, |day| day.epoch());
        dossier.breakpoints(self.program, self.as_of.epoch(), first_end, &mut days);
        let mut found = self
            .first_other(dossier, &days, now, scratch)?
            .map(|verdict| Next {
                verdict,
                frames: None,
            });
        for (index, begins) in self.regimes.iter().enumerate() {
            if found.is_some() {
                break;
            }
            let mut desk = Desk::new(self.program);
            self.lay_out(&mut desk, group, states, *begins)?;
            let family = self.program.versions[now.version].family;
            let again = &mut desk.dossiers[family];
            again.kind = dossier.kind;
            let end = self.regimes.get(index + 1).map_or(NEVER, |day| day.epoch());
            again.breakpoints(self.program, begins.epoch(), end, &mut days);
            days.insert(0, begins.epoch());
            if let Some(verdict) = self.first_other(again, &days, now, scratch)? {
                let frames = Some(desk.dossiers.swap_remove(family));
                found = Some(Next { verdict, frames });
            }
        }
        scratch.days = days;
        Ok(found)
    }

    /// The first of some days on which a dossier gives another result.
    fn first_other(
        &self,
        dossier: &Dossier<'a>,
        days: &[i32],
        now: &Verdict,
        scratch: &mut Scratch,
    ) -> Result<Option<Verdict>, GradingError> {
        for &day in days {
            let Some(verdict) = dossier.on(self.program, day, scratch)? else {
                continue;
            };
            if dossier.differs(self.program, now, &verdict) {
                return Ok(Some(verdict));
            }
            scratch.recycle(verdict);
        }
        Ok(None)
    }

    /// Name on the record with the latest decision day (ties by bytes), region, kind.
    pub(crate) fn profile(&self, group: &Group<'a>) -> Profile<'a> {
        let as_of = self.as_of.epoch();
        let mut best: Option<(bool, i32, &'a str)> = None;
        let mut kind = None;
        let mut region = "";
        let mut minor = false;
        // Without names only the kind is asked for, and the subjects' table mostly tells it.
        let of_subject = group.subjects_row.and_then(|row| self.subjects.kind(row));
        let named = self.sources.iter().any(|s| !s.subject_name.is_absent());
        let sources = if named || of_subject.is_none() {
            self.sources.as_slice()
        } else {
            &[]
        };
        for source in sources.iter().filter(|s| !s.table.is_linked()) {
            for row in group.rows(source.table) {
                let decided = source.decided(row);
                let name = source.subject_name.or_empty(row);
                if decided <= as_of && !name.is_empty() {
                    let rank = (source.table != Table::Events, decided, name);
                    best = best.max(Some(rank));
                }
                kind = kind.or_else(|| source.subject_kind.get(row).and_then(SubjectKind::from_zh));
                if region.is_empty() {
                    region = source.region.or_empty(row);
                }
                minor |= source.is_minor(row);
            }
        }
        let mut name = best.map(|(_, _, name)| name).unwrap_or_default();
        if let Some(row) = group.subjects_row {
            kind = of_subject.or(kind);
            let own = self.subjects.region.or_empty(row);
            if !own.is_empty() {
                region = own;
            }
            if name.is_empty() {
                name = self.subjects.name.or_empty(row);
            }
            minor |= self.subjects.is_minor(row);
        }
        let by_id = if group.subject.starts_with("p:") {
            SubjectKind::Person
        } else {
            SubjectKind::Entity
        };
        Profile {
            subject: group.subject,
            name,
            kind: kind.unwrap_or(by_id),
            region,
            minor,
            bucket: group.bucket,
        }
    }
}

/// The case of a record: as linked by events, else as ingested, else its document, else itself. Where records come without
/// their ids, for scores alone, a record stands for itself by its place.
pub(crate) fn case_of<'a>(
    source: &Source<'a>,
    row: usize,
    linked: Option<&'a str>,
    record_id: &'a str,
) -> Case<'a> {
    if let Some(case) = linked {
        return Case::Named(case);
    }
    if let Some(case) = source.case_id.get(row).filter(|case| !case.is_empty()) {
        return Case::Named(case);
    }
    match source.document_no.get(row).filter(|doc| !doc.is_empty()) {
        Some(document) => Case::Document(document),
        None if record_id.is_empty() => Case::Place(source.table, row),
        None => Case::Named(record_id),
    }
}

/// What the publicity rules ask of a row of the penalties.
pub(crate) fn penalty_facts(source: &Source<'_>, row: usize) -> Result<PenaltyFacts, GradingError> {
    Ok(PenaltyFacts {
        kinds: source.kinds_of_penalty(row)?,
        fine: Source::int(source.fine, row).map(Fen),
        decided_on: source.decided_on(row),
        simple_procedure: source.is_simple(row),
    })
}
