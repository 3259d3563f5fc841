//! Everything that a run reads from the rule pack, checked before anything is touched.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::RunError;
use crate::consequence::{Catalogue, Incentives};
use crate::grading::scheme_name;
use crate::ingest::CheckContext;
use crate::ingest::check::reading_digest;
use crate::ingest::classify::Classifier;
use crate::record::{DEFAULT_BUCKETS, Day, PseudonymKey};
use crate::rules::model::Scheme;
use crate::rules::{Pack, RuleSet};
use crate::standard::Standards;
use crate::store::{Snapshot, StoreError};

/// A rule pack with all its parts loaded.
pub struct House {
    pub rules: RuleSet,
    pub standards: Standards,
    pub classifier: Classifier,
    pub catalogue: Catalogue,
    pub incentives: Incentives,
    /// Standards and checks in one digest: a file is read again when it changes.
    pub reading_digest: String,
}

/// The archived pack as it was archived.
///
/// # Errors
/// [`StoreError::Damaged`] when the texts do not have the digest that they are kept under.
pub(super) fn archived_pack(snapshot: &Snapshot, digest: &str) -> Result<Option<Pack>, StoreError> {
    let Some(files) = snapshot.rule_pack(digest)? else {
        return Ok(None);
    };
    let pack = Pack::from_files(files);
    if pack.digest() == digest {
        return Ok(Some(pack));
    }
    Err(StoreError::Damaged {
        table: "rules",
        file: snapshot.root().join("rules").join(format!("{digest}.json")),
        reason: format!("its texts have the digest {}", pack.digest()),
    })
}

impl House {
    /// The pack in a folder, or the one built into the program.
    ///
    /// # Errors
    /// Every refusal of `rules check`, rendered; nothing has been touched then.
    pub fn open(rules: Option<&Path>) -> Result<House, RunError> {
        let pack = match rules {
            Some(folder) => Pack::from_dir(folder)?,
            None => Pack::builtin(),
        };
        House::of(&pack)
    }

    /// The pack that runs of a store archived under a digest; `None` when the store has none.
    ///
    /// # Errors
    /// The archived file is damaged: its texts do not have the digest. Else as [`House::open`].
    pub fn archived(snapshot: &Snapshot, digest: &str) -> Result<Option<House>, RunError> {
        match archived_pack(snapshot, digest)? {
            Some(pack) => House::of(&pack).map(Some),
            None => Ok(None),
        }
    }

    /// # Errors
    /// As [`House::open`].
    pub fn of(pack: &Pack) -> Result<House, RunError> {
        let files = pack.files();
        let rules = RuleSet::load(pack).map_err(|found| RunError::Rules {
            rendered: found.render(),
            count: found.errors().count(),
        })?;
        let standards = Standards::load(files)?;
        Ok(House {
            rules,
            reading_digest: reading_digest(standards.digest()),
            standards,
            classifier: Classifier::load(files)?,
            catalogue: Catalogue::load(files)?,
            incentives: Incentives::load(files)?,
        })
    }

    /// What rows are checked against when they become rows of a run.
    pub(super) fn checks<'a>(
        &'a self,
        key: &'a PseudonymKey,
        received: Day,
        source_unit: Option<&'a str>,
        batch_id: &'a str,
    ) -> CheckContext<'a> {
        CheckContext {
            reading_digest: &self.reading_digest,
            calendar: &self.rules.calendar,
            classifier: &self.classifier,
            key,
            received,
            source_unit,
            batch_id,
            buckets: DEFAULT_BUCKETS,
        }
    }

    /// The schemes of a job: those named, or the active set.
    ///
    /// # Errors
    /// [`RunError::UnknownScheme`].
    pub fn schemes(&self, named: &[String], as_of: Day) -> Result<Vec<&Scheme>, RunError> {
        if named.is_empty() {
            return Ok(self.rules.active_schemes(as_of));
        }
        named
            .iter()
            .map(|name| {
                self.rules
                    .scheme(name)
                    .ok_or_else(|| RunError::UnknownScheme(name.clone()))
            })
            .collect()
    }

    /// The names of schemes as they stand in the tables.
    pub fn scheme_names(&self, schemes: &[&Scheme]) -> BTreeSet<String> {
        schemes.iter().map(|s| scheme_name(s)).collect()
    }

    /// Scheme → title, for reports.
    pub fn titles(&self, as_of: Day) -> BTreeMap<String, String> {
        let active = self.rules.active_schemes(as_of);
        active
            .iter()
            .map(|s| (scheme_name(s), s.title.clone()))
            .collect()
    }
}
