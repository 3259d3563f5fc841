//! A pack that was read without errors: what a night runs on.

use std::collections::BTreeMap;

use super::check::{Workspace, check_all};
use super::diagnostic::Diagnostics;
use super::model::Scheme;
use super::pack::Pack;
use crate::record::Day;

/// Every rule of a pack, resolved.
#[derive(Clone, Debug)]
pub struct RuleSet {
    /// Every version of every scheme, active or not, by id and first day.
    pub schemes: Vec<Scheme>,
    /// Names of the schemes graded in a night (`rules/pack.toml`): file stems, `environment/chongqing-2021`.
    pub active: Vec<String>,
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
        Ok(Self::of(workspace, pack))
    }

    fn of(workspace: Workspace<'_>, pack: &Pack) -> Self {
        let mut schemes: Vec<Scheme> = workspace.schemes.into_iter().map(|l| l.scheme).collect();
        schemes.sort_by(|a, b| {
            (&a.id, a.in_force.from, &a.version).cmp(&(&b.id, b.in_force.from, &b.version))
        });
        Self {
            schemes,
            active: workspace.active.into_iter().map(|(name, _)| name).collect(),
            files: pack.files().clone(),
            digest: pack.digest().to_owned(),
        }
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

    /// What grading needs on a day: for each active scheme every version of its id that has begun or will begin.
    /// Grading chooses among versions by day, and says so where none is in force; versions of an id that is not active
    /// never take part. An active id without any version in force on `as_of` stays in the list, so that its subjects
    /// get a visible reason instead of silence.
    #[must_use]
    pub fn active_schemes(&self, as_of: Day) -> Vec<&Scheme> {
        let mut ids: Vec<&str> = Vec::new();
        for name in &self.active {
            if let Some(scheme) = self.scheme(name)
                && !ids.contains(&scheme.id.as_str())
            {
                ids.push(&scheme.id);
            }
        }
        let in_force = |scheme: &&Scheme| {
            scheme.in_force.from <= as_of && scheme.in_force.to.is_none_or(|to| as_of <= to)
        };
        // Versions chosen by the decision day all take part; the others only when their day has come or none has.
        self.schemes
            .iter()
            .filter(|scheme| ids.contains(&scheme.id.as_str()))
            .filter(|scheme| {
                let family = || self.schemes.iter().filter(|other| other.id == scheme.id);
                in_force(scheme)
                    || family().any(|s| s.version_by == super::model::VersionBy::DecidedOn)
                    || !family().any(|other| in_force(&other))
                    || scheme.in_force.from > as_of
            })
            .collect()
    }
}
