//! One night as reports see it: the run, the names of things, who must not appear.

use std::collections::{BTreeMap, BTreeSet};

use super::ReportError;
use super::labels::{Labels, SchemeLabel};
use super::rows::Rows;
use crate::record::Day;
use crate::store::{InputFile, RunRecord, Snapshot, Table};

/// What the rule files of a night say, as far as reports print it.
#[derive(Clone, Debug, Default)]
pub struct RuleWords {
    pub labels: Labels,
    /// Schemes that a night grades.
    pub active: Vec<String>,
    /// Edition of 《全国失信惩戒措施基础清单》.
    pub list_edition: String,
}

/// The newest night of a snapshot.
#[derive(Debug)]
pub struct Night {
    pub run: RunRecord,
    pub as_of: Day,
    pub words: RuleWords,
    /// Subjects that never reach a public output; empty in the internal view.
    minors: BTreeSet<String>,
    /// Subject → the ids that stand for the same body.
    aliases: BTreeMap<String, Vec<String>>,
    /// Run → files that it took in.
    batches: BTreeMap<String, Vec<InputFile>>,
    unknown: SchemeLabel,
}

impl Night {
    /// Opens the newest night. `internal` keeps rows about minors.
    ///
    /// # Errors
    /// When the store has no complete run or a table cannot be read.
    pub fn open(
        snapshot: &Snapshot,
        words: RuleWords,
        internal: bool,
    ) -> Result<Night, ReportError> {
        let run = snapshot.last_run().cloned().ok_or(ReportError::NoRun)?;
        let mut minors = BTreeSet::new();
        if !internal {
            let batch = snapshot.read_flagged(Table::Subjects, &["subject_id"], "minor")?;
            let rows = Rows(&batch);
            minors.extend((0..rows.len()).map(|i| rows.text(i, "subject_id")));
        }
        let same = ["subject_id", "same_as"];
        let batch = snapshot.read_not_null(Table::Subjects, &same, "same_as")?;
        let rows = Rows(&batch);
        let mut aliases: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for i in 0..rows.len() {
            aliases
                .entry(rows.text(i, "same_as"))
                .or_default()
                .push(rows.text(i, "subject_id"));
        }
        let runs = snapshot.runs()?;
        Ok(Night {
            as_of: run.as_of,
            batches: runs.into_iter().map(|r| (r.run_id, r.inputs)).collect(),
            run,
            words,
            minors,
            aliases,
            unknown: SchemeLabel::default(),
        })
    }

    /// The label of a scheme; an empty one where the rule files do not know it.
    pub fn scheme(&self, scheme: &str) -> &SchemeLabel {
        self.words.labels.get(scheme).unwrap_or(&self.unknown)
    }

    /// The title of a scheme, or its id where the rule files do not name it.
    pub fn title<'a>(&'a self, scheme: &'a str) -> &'a str {
        self.words
            .labels
            .get(scheme)
            .map_or(scheme, |label| label.title.as_str())
    }

    /// Whether a subject may be shown.
    pub fn shows(&self, subject: &str) -> bool {
        !self.minors.contains(subject)
    }

    /// Whether anyone is left out.
    pub(super) fn hides_some(&self) -> bool {
        !self.minors.is_empty()
    }

    /// A subject and the ids that stand for the same body.
    pub(super) fn ids_of(&self, subject: &str) -> Vec<String> {
        let mut ids = vec![subject.to_owned()];
        let mut at = 0;
        while let Some(id) = ids.get(at).cloned() {
            for alias in self.aliases.get(&id).into_iter().flatten() {
                if !ids.contains(alias) {
                    ids.push(alias.clone());
                }
            }
            at += 1;
        }
        ids
    }

    /// The files of a batch that could hold a record of this kind (`penalty`, `license`, `event`).
    pub(super) fn files_of(&self, batch: &str, kind: &str) -> Vec<&InputFile> {
        self.batches
            .get(batch)
            .into_iter()
            .flatten()
            .filter(|f| f.refused.is_none() && f.accepted > 0 && f.layout.contains(kind))
            .collect()
    }
}
