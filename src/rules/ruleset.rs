//! A pack that was read without errors: what a night runs on.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{Workspace, check_all};
use super::diagnostic::Diagnostics;
use super::model::{Scheme, VersionBy};
use super::pack::Pack;
use super::publicity::PublicityRules;
use super::register::Register;
use crate::record::{Calendar, Day};

/// Every rule of a pack, resolved.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Every version of every scheme, active or not, by id and first day.
    pub schemes: Vec<Scheme>,
    /// Names of the schemes graded in a night (`rules/pack.toml`): file stems, `environment/chongqing-2021`.
    pub active: Vec<String>,
    /// Laws, regulations and documents with their articles and days in force.
    pub register: Register,
    /// Titles of the classes of violations, by id.
    pub classes: BTreeMap<String, String>,
    /// Working days.
    pub calendar: Calendar,
    /// Publicity and repair terms.
    pub publicity: PublicityRules,
    /// The files of the pack, as archived by a run.
    pub files: BTreeMap<String, String>,
    /// Digest of the pack.
    pub digest: String,
}

impl RuleSet {
    /// Reads and checks a pack.
    ///
    /// # Errors
    /// Every refusal of `rules check`; nothing is loaded from a pack that has one. Notes refuse nothing.
    pub fn load(pack: &Pack) -> Result<Self, Diagnostics> {
        let workspace = Workspace::read(pack);
        let found = check_all(&workspace);
        if found.has_errors() {
            return Err(found.only_errors());
        }
        // A part that could not be read is among the refusals above; the sample packs of tests may lack one.
        let (Some(register), Some(calendar), Some(publicity)) =
            (workspace.register, workspace.calendar, workspace.publicity)
        else {
            return Err(found.only_errors());
        };
        let mut schemes: Vec<Scheme> = workspace.schemes.into_iter().map(|l| l.scheme).collect();
        schemes.sort_by(|a, b| {
            (&a.id, a.in_force.from, &a.version).cmp(&(&b.id, b.in_force.from, &b.version))
        });
        Ok(Self {
            schemes,
            active: workspace.active.into_iter().map(|(name, _)| name).collect(),
            register,
            classes: workspace.classes.unwrap_or_default(),
            calendar,
            publicity,
            files: pack.files().clone(),
            digest: pack.digest().to_owned(),
        })
    }

    /// The scheme of a file stem (`environment/chongqing-2021`), or the newest version of an id.
    #[must_use]
    pub fn scheme(&self, name: &str) -> Option<&Scheme> {
        let exact = self.schemes.iter().find(|scheme| {
            name.strip_prefix(scheme.id.as_str())
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(|version| version == scheme.version)
        });
        exact.or_else(|| self.schemes.iter().rev().find(|scheme| scheme.id == name))
    }

    /// The schemes graded on a day: of each active id every version, unless its time is over and another is in force.
    /// Grading chooses among them by day; later versions stay in the list, because they change the result one day, and
    /// an id without any version in force stays, so that its subjects get a visible reason instead of silence.
    #[must_use]
    pub fn active_schemes(&self, as_of: Day) -> Vec<&Scheme> {
        let names = self.active.iter().filter_map(|name| self.scheme(name));
        let ids: BTreeSet<&str> = names.map(|scheme| scheme.id.as_str()).collect();
        let over = |scheme: &Scheme| scheme.in_force.to.is_some_and(|to| to < as_of);
        let kept = |scheme: &&Scheme| {
            let family = || self.schemes.iter().filter(|other| other.id == scheme.id);
            let by_decision = family().any(|other| other.version_by == VersionBy::DecidedOn);
            let replaced = family().any(|other| other.in_force.from <= as_of && !over(other));
            by_decision || !over(scheme) || !replaced
        };
        let active = self
            .schemes
            .iter()
            .filter(|scheme| ids.contains(scheme.id.as_str()));
        active.filter(kept).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pack_loads_and_names_its_active_schemes() {
        let rules = RuleSet::load(&Pack::builtin()).unwrap();
        let as_of = Day::from_ymd(2026, 11, 22).unwrap();
        let active = rules.active_schemes(as_of);
        let names: Vec<String> = active
            .iter()
            .map(|s| format!("{}-{}", s.id, s.version))
            .collect();
        for name in &rules.active {
            assert!(names.contains(name), "{name} is not among {names:?}");
            let scheme = rules.scheme(name).unwrap();
            assert!(
                scheme.indicators.iter().any(|i| !i.rows.is_empty()),
                "{name} has no rows"
            );
        }
        assert!(rules.scheme("environment/nowhere-2021").is_none());
        assert!(rules.scheme("environment/chongqing").is_some());
    }

    #[test]
    fn a_pack_with_an_error_does_not_load() {
        let mut files = Pack::builtin().files().clone();
        let name = "environment/chongqing-2021.toml";
        let text = files[name].replacen("[scheme]", "[scheme]\nunknown_key = 1", 1);
        files.insert(name.to_owned(), text);
        let found = RuleSet::load(&Pack::from_files(files)).unwrap_err();
        assert!(found.render().contains("RULE-S02"));
        assert!(found.notes().next().is_none());
    }
}
