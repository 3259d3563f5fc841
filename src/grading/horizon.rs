//! Looking ahead: the days on which a result can change, and whether two results differ for a reader.

use super::program::{Effect, Program};
use super::verdict::{Dossier, Status, Verdict};
use super::wording::OBJECTION_FLAG;
use crate::record::Day;

impl Dossier<'_> {
    /// Days after `day` and before `end` on which anything about this subject can begin or end, ascending.
    pub(crate) fn breakpoints(&self, program: &Program, day: i32, end: i32, days: &mut Vec<i32>) {
        days.clear();
        for hit in &self.hits {
            hit.breakpoints(&program.rows[hit.rule], day, days);
        }
        for (from, until) in self.roster.iter().chain(&self.closed) {
            days.extend([*from, until.saturating_add(1)]);
        }
        for &version in &self.family.versions {
            let version = &program.versions[version];
            days.push(version.from);
            days.extend(version.to.map(|to| to.saturating_add(1)));
        }
        days.push(self.in_scope_from);
        days.retain(|d| day < *d && *d < end);
        days.sort_unstable();
        days.dedup();
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
            if !fate.counts || fate.status != Status::Live {
                continue;
            }
            if let Effect::Flag(name) = &program.rows[hit.rule].effect {
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
