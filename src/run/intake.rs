//! Files into the store: what is new is read, checked and staged; what was seen before is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};

use super::{House, Job, RunError};
use crate::ingest::read::{SourceFile, file_sha256, read_file};
use crate::ingest::{CheckContext, CheckedRow, Disposition, ingest_files, refused_file};
use crate::quality::{Earlier, Outcome, RowFacts, Timeliness, measure};
use crate::record::{
    DEFAULT_BUCKETS, PseudonymKey, RecordKind, events_batch, licenses_batch, penalties_batch,
};
use crate::store::{InputFile, Snapshot, Table, Writer};

/// The files of a job, read.
#[derive(Default)]
pub struct Intake {
    files: Vec<SourceFile>,
    refused: Vec<InputFile>,
    /// Names of files that an earlier run read under the same standards and checks.
    pub seen: Vec<String>,
}

/// The files under some paths, in the order of their names; folders are walked, hidden files left out.
///
/// # Errors
/// A path that does not exist or may not be read.
pub fn input_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RunError> {
    let mut found = Vec::new();
    for path in paths {
        walk(path, &mut found, true)?;
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(path: &Path, found: &mut Vec<PathBuf>, named: bool) -> Result<(), RunError> {
    let error = |source| RunError::Input {
        path: path.display().to_string(),
        source,
    };
    let hidden = path
        .file_name()
        .is_some_and(|n| n.to_string_lossy().starts_with(['.', '~']));
    if hidden && !named {
        return Ok(());
    }
    if std::fs::metadata(path).map_err(error)?.is_dir() {
        for entry in std::fs::read_dir(path).map_err(error)? {
            walk(&entry.map_err(error)?.path(), found, false)?;
        }
    } else {
        found.push(path.to_path_buf());
    }
    Ok(())
}

impl Intake {
    /// Reads the files that no earlier run has read under the same standards and checks.
    ///
    /// # Errors
    /// When the store cannot be read. A file that cannot be read is refused, and does not stop the others.
    pub fn read(
        paths: &[PathBuf],
        known: &Snapshot,
        house: &House,
        say: &dyn Fn(&str),
    ) -> Result<Intake, RunError> {
        let mut before: BTreeSet<String> = BTreeSet::new();
        if !paths.is_empty() {
            for run in known.runs()? {
                let same = run
                    .inputs
                    .into_iter()
                    .filter(|f| f.standards_digest == house.reading_digest);
                before.extend(same.map(|f| f.sha256));
            }
        }
        let mut intake = Intake::default();
        let mut twice = BTreeSet::new();
        for path in paths {
            let name = path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let sha = match file_sha256(path) {
                Ok(sha) => sha,
                Err(refused) => {
                    intake
                        .refused
                        .push(refused_file(&refused, "", &house.reading_digest));
                    continue;
                }
            };
            if before.contains(&sha) || !twice.insert(sha.clone()) {
                intake.seen.push(name);
                continue;
            }
            say(&format!("reading {name}"));
            match read_file(path, &house.standards) {
                Ok(file) => intake.files.push(file),
                Err(refused) => {
                    say(&format!("refused {refused}"));
                    intake
                        .refused
                        .push(refused_file(&refused, &sha, &house.reading_digest));
                }
            }
        }
        Ok(intake)
    }

    /// Nothing new was given.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.refused.is_empty()
    }

    /// Checks the rows and stages the tables that they go into; gives the counts per file.
    ///
    /// # Errors
    /// Rows that do not add up, or a store that cannot be read.
    pub fn take_in(
        self,
        writer: &mut Writer,
        job: &Job<'_>,
        house: &House,
        key: &PseudonymKey,
        say: &dyn Fn(&str),
    ) -> Result<Vec<InputFile>, RunError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let batch_id = writer.run_id().to_owned();
        let context = CheckContext {
            reading_digest: &house.reading_digest,
            calendar: &house.rules.calendar,
            classifier: &house.classifier,
            key,
            received: job.received,
            source_unit: job.source_unit,
            batch_id: &batch_id,
            buckets: DEFAULT_BUCKETS,
        };
        say(&format!("checking {} files", self.files.len()));
        let outcome = ingest_files(self.files, self.refused, writer.snapshot(), &context)?;
        let facts = facts(&outcome.checked);
        writer.append(Table::Penalties, penalties_batch(&outcome.penalties)?)?;
        writer.append(Table::Licenses, licenses_batch(&outcome.licenses)?)?;
        writer.append(Table::Events, events_batch(&outcome.events)?)?;
        writer.replace(Table::Subjects, outcome.subjects)?;
        writer.append(Table::Quarantine, outcome.quarantine)?;
        let again: BTreeSet<&str> = outcome.files.iter().map(|f| f.sha256.as_str()).collect();
        let earlier = Earlier::of(&writer.snapshot().read(Table::Quality)?, &again)?;
        writer.append(Table::Quality, measure(&facts, &earlier, &batch_id)?)?;
        Ok(outcome.files)
    }
}

pub(super) fn facts(checked: &[CheckedRow]) -> Vec<RowFacts> {
    checked
        .iter()
        .map(|row| RowFacts {
            file_sha256: row.file_sha256.clone(),
            source_unit: row.source_unit.clone(),
            month: row.received_on.month(),
            outcome: match row.disposition {
                Disposition::Accepted | Disposition::Corrected => Outcome::Accepted,
                Disposition::Duplicate => Outcome::Duplicate,
                Disposition::Superseded => Outcome::Superseded,
                Disposition::Quarantined => Outcome::Quarantined,
            },
            timeliness: match row.late {
                Some(true) => Timeliness::Late,
                Some(false) => Timeliness::InTime,
                None if row.kind == RecordKind::Event || row.decided_on.is_none() => {
                    Timeliness::NotAsked
                }
                None => Timeliness::Unknown,
            },
            warned: row.warned,
            corrected: row.disposition == Disposition::Corrected,
            required_cells: row.required_cells,
            complete_cells: row.complete_cells,
        })
        .collect()
}

/// Findings of a run by check code, most first.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn findings_by_code(
    snapshot: &Snapshot,
    batch_id: &str,
) -> Result<Vec<(String, u64)>, RunError> {
    let batch = snapshot.read_columns(Table::Quarantine, &["code", "batch_id"])?;
    let text = |name: &str| {
        batch
            .column_by_name(name)
            .and_then(|c| c.as_string_opt::<i32>())
    };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    if let (Some(codes), Some(batches)) = (text("code"), text("batch_id")) {
        for i in (0..codes.len()).filter(|i| batches.value(*i) == batch_id) {
            *counts.entry(codes.value(i).to_owned()).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Ok(counts)
}
