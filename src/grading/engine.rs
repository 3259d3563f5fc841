//! One pass over a bucket: match all records, then walk the subjects and judge each under each scheme.

use std::borrow::Cow;

use super::columns::{Source, Subjects, Table};
use super::compile::subject_bit;
use super::group::{Group, groups};
use super::hit::{Facts, Hit, NEVER};
use super::matcher::{Matcher, Matches};
use super::program::Program;
use super::publicity::{PenaltyFacts, Publicity, Term};
use super::state::{States, event_kind};
use super::verdict::{Dossier, Verdict};
use super::{BucketInput, GradingError};
use crate::record::{
    Day, EventKind, Fen, PenaltyKind, PenaltyKinds, SubjectKind, normalise_document_no,
};

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
    pub(crate) sources: [Source<'a>; 3],
    pub(crate) subjects: Subjects<'a>,
    pub(crate) groups: Vec<Group<'a>>,
    matches: [Matches; 3],
    scope_rows: usize,
}

/// What the judge hands out per subject and scheme.
pub(crate) struct Judged<'j, 'a> {
    pub(crate) profile: &'j Profile<'a>,
    pub(crate) dossier: &'j Dossier<'a>,
    pub(crate) verdict: &'j Verdict,
    pub(crate) next: Option<(i32, Verdict)>,
}

impl<'a> Bench<'a> {
    pub(crate) fn open(
        input: &BucketInput<'a>,
        program: &'a Program,
        publicity: &'a dyn Publicity,
        as_of: Day,
    ) -> Result<Self, GradingError> {
        let sources = [
            Source::of(input.penalties, Table::Penalties)?,
            Source::of(input.licenses, Table::Licenses)?,
            Source::of(input.events, Table::Events)?,
        ];
        let subjects = Subjects::of(input.subjects)?;
        let groups = groups(&sources, &subjects)?;
        let matcher = Matcher::new(program);
        let matches = [
            matcher.run(&sources[0])?,
            matcher.run(&sources[1])?,
            matcher.run(&sources[2])?,
        ];
        let scope_rows = matcher.scope_row(0);
        Ok(Self {
            program,
            publicity,
            as_of,
            sources,
            subjects,
            groups,
            matches,
            scope_rows,
        })
    }

    /// Judges every subject under every scheme, in (bucket, subject, scheme) order; looks ahead for the next change
    /// only when asked.
    pub(crate) fn judge(
        &self,
        states: &'a States,
        look_ahead: bool,
        mut each: impl FnMut(Judged<'_, 'a>) -> Result<(), GradingError>,
    ) -> Result<(), GradingError> {
        for group in &self.groups {
            let mut dossiers = self.dossiers(group, states)?;
            if dossiers.is_empty() {
                continue;
            }
            let profile = self.profile(group);
            for dossier in &mut dossiers {
                dossier.kind = subject_bit(profile.kind);
                let day = self.as_of.epoch();
                let Some(verdict) = dossier.on(self.program, day)? else {
                    continue;
                };
                let next = if look_ahead {
                    self.next_change(group, states, dossier, &verdict)?
                } else {
                    None
                };
                each(Judged {
                    profile: &profile,
                    dossier,
                    verdict: &verdict,
                    next,
                })?;
            }
        }
        Ok(())
    }

    /// The hits of one subject, per scheme family that it has anything to do with.
    pub(crate) fn dossiers(
        &self,
        group: &Group<'a>,
        states: &'a States,
    ) -> Result<Vec<Dossier<'a>>, GradingError> {
        self.dossiers_as_of(group, states, self.as_of)
    }

    fn dossiers_as_of(
        &self,
        group: &Group<'a>,
        states: &'a States,
        as_of: Day,
    ) -> Result<Vec<Dossier<'a>>, GradingError> {
        let mut open: Vec<Option<Dossier<'a>>> =
            self.program.families.iter().map(|_| None).collect();
        for source in &self.sources {
            for row in group.rows(source.table) {
                if states.get(source.table, row).is_revoked() {
                    continue;
                }
                if source.table == Table::Events {
                    self.note_roster(&mut open, row)?;
                }
                self.note_matches(&mut open, source, row, states, as_of)?;
            }
        }
        let mut found: Vec<Dossier<'a>> = open.into_iter().flatten().collect();
        for dossier in &mut found {
            let place = |hit: &Hit<'_>| {
                let row = &self.program.rows[hit.rule];
                (row.version, row.indicator)
            };
            dossier.hits.sort_by(|a, b| {
                (place(a), a.facts.decided, a.facts.record_id, a.rule).cmp(&(
                    place(b),
                    b.facts.decided,
                    b.facts.record_id,
                    b.rule,
                ))
            });
        }
        Ok(found)
    }

    fn dossier<'d>(
        &self,
        open: &'d mut [Option<Dossier<'a>>],
        family: usize,
    ) -> &'d mut Dossier<'a> {
        open[family].get_or_insert_with(|| Dossier {
            family: &self.program.families[family],
            hits: Vec::new(),
            in_scope_from: NEVER,
            roster: Vec::new(),
            closed: Vec::new(),
            kind: 0,
        })
    }

    fn note_matches(
        &self,
        open: &mut [Option<Dossier<'a>>],
        source: &Source<'a>,
        row: usize,
        states: &'a States,
        as_of: Day,
    ) -> Result<(), GradingError> {
        let matched = self.matches[source.table as usize].of(row);
        if matched.is_empty() {
            return Ok(());
        }
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
            let dossier = self.dossier(open, rules.family);
            // A row matches inside the scope only, so each match puts the subject into it.
            dossier.in_scope_from = dossier.in_scope_from.min(decided);
            if id >= self.scope_rows {
                continue;
            }
            let facts = match &facts {
                Some(facts) => facts.clone(),
                None => facts.insert(self.facts(source, row, states)?).clone(),
            };
            let publicity = if rules.past_publicity || source.table != Table::Penalties {
                Term::default()
            } else {
                match term {
                    Some(term) => term,
                    None => *term.insert(self.publicity.term(&penalty_facts(source, row)?, as_of)),
                }
            };
            let rule = &self.program.rows[id];
            dossier.hits.push(Hit::new(
                facts,
                id,
                rule,
                &rules.indicators[rule.indicator],
                publicity,
            ));
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
            ends: source.ends(row),
            term_months: Source::int(source.term_months, row),
            listing: source.table == Table::Events && event_kind(source, row)? == EventKind::Listed,
            state,
        })
    }

    /// 参评名录 and 关停 events of a subject.
    fn note_roster(
        &self,
        open: &mut [Option<Dossier<'a>>],
        row: usize,
    ) -> Result<(), GradingError> {
        let events = &self.sources[Table::Events as usize];
        let kind = event_kind(events, row)?;
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
                for (index, family) in self.program.families.iter().enumerate() {
                    let mut names = family
                        .versions
                        .iter()
                        .flat_map(|&v| &self.program.versions[v].names);
                    if names.any(|name| name == list || name == role) {
                        self.dossier(open, index).roster.push(period);
                    }
                }
            }
            EventKind::Closed => {
                for index in 0..self.program.families.len() {
                    self.dossier(open, index).closed.push(period);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The first later day on which the result differs if nothing new arrives, and the result then.
    pub(crate) fn next_change(
        &self,
        group: &Group<'a>,
        states: &'a States,
        dossier: &Dossier<'a>,
        now: &Verdict,
    ) -> Result<Option<(i32, Verdict)>, GradingError> {
        let mut current = self.publicity.changes_after(self.as_of);
        current.sort_unstable();
        let days = dossier.breakpoints(self.program, self.as_of.epoch(), &current);
        let mut other: Option<Dossier<'a>> = None;
        let mut regime = 0;
        for day in days {
            // Another publicity regime has begun: the frames of the hits may differ from that day.
            let begun = current.iter().filter(|d| d.epoch() <= day).count();
            if begun > regime {
                regime = begun;
                let again = self.dossiers_as_of(group, states, Day::from_epoch(day))?;
                other = again
                    .into_iter()
                    .find(|d| std::ptr::eq(d.family, dossier.family));
                if let Some(again) = &mut other {
                    again.kind = dossier.kind;
                }
            }
            let dossier = other.as_ref().unwrap_or(dossier);
            if let Some(verdict) = dossier.on(self.program, day)?
                && dossier.differs(self.program, now, &verdict)
            {
                return Ok(Some((day, verdict)));
            }
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
        for source in &self.sources {
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
            kind = self
                .subjects
                .kind
                .get(row)
                .and_then(SubjectKind::from_zh)
                .or(kind);
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

/// The case of a record: as linked by events, else as ingested, else its document, else itself.
pub(crate) fn case_of<'a>(
    source: &Source<'a>,
    row: usize,
    linked: Option<&'a str>,
    record_id: &'a str,
) -> Cow<'a, str> {
    if let Some(case) = linked {
        return Cow::Borrowed(case);
    }
    if let Some(case) = source.case_id.get(row).filter(|case| !case.is_empty()) {
        return Cow::Borrowed(case);
    }
    match source.document_no.get(row).filter(|doc| !doc.is_empty()) {
        Some(doc) => Cow::Owned(normalise_document_no(doc)),
        None => Cow::Borrowed(record_id),
    }
}

/// What the publicity rules ask of a row of the penalties.
pub(crate) fn penalty_facts(source: &Source<'_>, row: usize) -> Result<PenaltyFacts, GradingError> {
    let mut kinds = PenaltyKinds::default();
    for name in source.penalty_kinds.iter(row) {
        let kind = PenaltyKind::from_zh(name).ok_or_else(|| GradingError::UnknownValue {
            table: "penalties",
            column: "penalty_kinds",
            value: name.to_owned(),
        })?;
        kinds.insert(kind);
    }
    Ok(PenaltyFacts {
        kinds,
        fine: Source::int(source.fine, row).map(Fen),
        decided_on: source.decided_on(row),
        simple_procedure: source.is_simple(row),
    })
}
