//! Cycle ends: freezing between them, and the grades at earlier ones, recomputed from the records.

use super::GradingError;
use super::hit::NEVER;
use super::program::{Cycle, Family, Program};
use super::verdict::{Dossier, Scratch};
use crate::record::Day;

/// The last cycle end and the next, while nothing new counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Freeze {
    pub(crate) since: i32,
    pub(crate) until: i32,
}

/// A grade at a cycle end; `None` = not rated then.
pub(crate) type Past<'p> = Vec<(i32, Option<&'p str>)>;

impl Cycle {
    fn ends_in(&self, year: i32) -> impl Iterator<Item = i32> + '_ {
        self.ends.iter().filter_map(move |&(month, day)| {
            let end = (1..=day)
                .rev()
                .find_map(|day| Day::from_ymd(year, month, day));
            end.map(Day::epoch)
        })
    }

    /// The last end on or before a day.
    fn last(&self, day: i32) -> Option<i32> {
        let year = Day::from_epoch(day).ymd().0;
        let ends = self.ends_in(year - 1).chain(self.ends_in(year));
        ends.filter(|end| *end <= day).last()
    }

    /// The first end on or after a day.
    pub(crate) fn first_from(&self, day: i32) -> Option<i32> {
        let year = Day::from_epoch(day).ymd().0;
        let mut ends = self.ends_in(year).chain(self.ends_in(year + 1));
        ends.find(|end| *end >= day)
    }
}

impl Program {
    /// The freeze of a version on a day: none before the version's first end.
    pub(crate) fn freeze(&self, version: usize, day: i32) -> Option<Freeze> {
        let rules = &self.versions[version];
        let cycle = rules.cycle.as_ref().filter(|cycle| cycle.freeze)?;
        let since = cycle.last(day).filter(|end| *end >= rules.from)?;
        let until = cycle.first_from(since.saturating_add(1)).unwrap_or(NEVER);
        Some(Freeze { since, until })
    }

    /// The first cycle end of a family on or after a day.
    pub(crate) fn end_from(&self, family: &Family, day: i32) -> Option<i32> {
        let ends = family.versions.iter().filter_map(|&v| {
            let version = &self.versions[v];
            let end = version.cycle.as_ref()?.first_from(day.max(version.from))?;
            (version.to.is_none_or(|to| end <= to)).then_some(end)
        });
        ends.min()
    }
}

impl Dossier<'_> {
    /// First day on which the subject is known to the scheme.
    pub(crate) fn known_from(&self) -> i32 {
        let listed = self.roster.iter().map(|(from, _)| *from).min();
        self.in_scope_from.min(listed.unwrap_or(NEVER))
    }

    /// The grades at the cycle ends before a day, oldest first.
    pub(crate) fn past<'p>(
        &self,
        program: &'p Program,
        day: i32,
        scratch: &mut Scratch,
    ) -> Result<Past<'p>, GradingError> {
        let mut found: Past<'p> = Vec::new();
        let frozen = program
            .in_force(self.family, day)
            .and_then(|version| program.freeze(version, day));
        let before = frozen.map_or(day, |freeze| freeze.since);
        let mut cursor = self.known_from();
        while let Some(end) = program.end_from(self.family, cursor)
            && end < before
        {
            let verdict = self.given(program, end, &found, scratch)?;
            let own = verdict.as_ref().and_then(|v| {
                let bands = &program.versions[v.version].bands;
                bands.get(v.band?).map(|band| band.grade.as_str())
            });
            if let Some(verdict) = verdict {
                scratch.recycle(verdict);
            }
            cursor = end.saturating_add(1);
            let next = program.end_from(self.family, cursor).unwrap_or(NEVER);
            let said = self.published_as(program, end, next.min(before));
            found.push((end, said.or(own)));
        }
        Ok(found)
    }

    /// The grade last published for a cycle, after its end and up to a day.
    fn published_as<'p>(&self, program: &'p Program, end: i32, until: i32) -> Option<&'p str> {
        let version = &program.versions[program.in_force(self.family, end)?];
        let known = self.published.iter().filter_map(|&(day, level)| {
            let mut bands = version.bands.iter();
            let band = bands.find(|band| band.grade == level || band.name == level)?;
            (end < day && day <= until).then_some((day, band.grade.as_str()))
        });
        known.max().map(|(_, grade)| grade)
    }
}
