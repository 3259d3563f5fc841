//! Looking ahead: the days on which a result can change, and whether two results differ for a reader.

use super::hit::NEVER;
use super::program::{Effect, Program, Test};
use super::verdict::{Dossier, Status, Verdict};
use super::wording::OBJECTION_FLAG;
use crate::record::Day;

impl Dossier<'_> {
    /// Days after `day` and before `end` on which anything about this subject can begin or end, ascending.
    pub(crate) fn breakpoints(&self, program: &Program, day: i32, end: i32, days: &mut Vec<i32>) {
        days.clear();
        for hit in &self.hits {
            let row = &program.rows[hit.rule];
            hit.breakpoints(row, day, days);
            if hit.summary {
                for test in &row.tests {
                    self.test_breakpoints(hit.rule, test, days);
                }
            }
        }
        days.extend(self.published.iter().map(|(day, _)| *day));
        for (from, until) in self.roster.iter().chain(&self.closed) {
            days.extend([*from, until.saturating_add(1)]);
        }
        for &version in &self.family.versions {
            let version = &program.versions[version];
            days.push(version.from);
            days.extend(version.to.map(|to| to.saturating_add(1)));
        }
        days.push(self.in_scope_from);
        if self.family.cyclic {
            self.cycle_breakpoints(program, day, days);
        }
        days.retain(|d| day < *d && *d < end);
        days.sort_unstable();
        days.dedup();
    }

    /// The cycle ends that follow each day on which something changes, as many as a change can take to have its effect.
    fn cycle_breakpoints(&self, program: &Program, day: i32, days: &mut Vec<i32>) {
        let mut ends = 1;
        if self.family.looks_back {
            for &version in &self.family.versions {
                let version = &program.versions[version];
                let rows = &program.rows[version.rows.0..version.rows.1];
                let cycles = rows
                    .iter()
                    .flat_map(|row| &row.tests)
                    .map(|test| match test {
                        Test::Was { cycles, .. } => *cycles,
                        _ => 0,
                    });
                ends = ends.max(cycles.max().unwrap_or(0) + version.bands.len() + 1);
            }
        }
        let mut found = Vec::new();
        for begin in std::iter::once(&day).chain(days.iter()) {
            let mut cursor = (*begin).max(day);
            if cursor == NEVER {
                continue;
            }
            for _ in 0..ends {
                let Some(end) = program.end_from(self.family, cursor) else {
                    break;
                };
                cursor = end.saturating_add(1);
                found.extend([end, cursor]);
            }
        }
        days.append(&mut found);
    }

    /// Whether rated, score, grade or the names of flags differ between two results.
    pub(crate) fn differs(&self, program: &Program, a: &Verdict, b: &Verdict) -> bool {
        a.rated != b.rated
            || a.score != b.score
            || grade(program, a) != grade(program, b)
            || self.flag_names(program, a) != self.flag_names(program, b)
    }

    /// Names of the flags that a verdict sets, sorted, each once.
    fn flag_names<'p>(&self, program: &'p Program, verdict: &Verdict) -> Vec<&'p str> {
        if !verdict.rated {
            return Vec::new();
        }
        let mut names = Vec::new();
        for (hit, fate) in self.hits.iter().zip(&verdict.fates) {
            if !fate.counts || !matches!(fate.status, Status::Live | Status::Tallied) {
                continue;
            }
            if let Effect::Flag(name) = &program.rows[hit.rule].effect
                && fate.status == Status::Live
            {
                names.push(name.as_str());
            }
            if hit
                .facts
                .state
                .is_under_objection(Day::from_epoch(verdict.day))
            {
                names.push(OBJECTION_FLAG);
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// The short name of a verdict's grade.
pub(crate) fn grade<'p>(program: &'p Program, verdict: &Verdict) -> Option<&'p str> {
    let band = verdict.band?;
    program.versions[verdict.version]
        .bands
        .get(band)
        .map(|band| band.grade.as_str())
}
