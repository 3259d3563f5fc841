//! Files into the store: what is new is read, checked and staged; what was seen before is named.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use rayon::prelude::*;

use super::heard::{Heard, HeardPiece};
use super::in_order::in_order;
use super::staging::{Made, Staging};
use super::{House, RunError};
use crate::ingest::read::sniff;
use crate::ingest::{
    CheckContext, CheckedRow, Disposition, Gathered, Known as _, Stored, refused_file,
};
use crate::quality::{Earlier, Outcome, RowFacts, Timeliness};
use crate::record::{Day, RecordKind};
use crate::store::{InputFile, Snapshot, Table, Writer};

/// Rows of a data file, where a job brings more.
const FILE_ROWS: usize = 200_000;

/// The files of a job, read.
pub struct Intake {
    files: Gathered,
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
    /// Reads the files that no earlier run has read under the same standards and checks; `most` rows stay in memory.
    ///
    /// # Errors
    /// When the store cannot be read, or rows of large files cannot wait on the disk. A file that cannot be read is refused,
    /// and does not stop the others.
    pub fn read(
        paths: &[PathBuf],
        known: &Snapshot,
        house: &House,
        context: &CheckContext<'_>,
        most: u64,
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
        let mut intake = Intake {
            files: Gathered::new(most),
            refused: Vec::new(),
            seen: Vec::new(),
        };
        let looked: Vec<_> = paths.par_iter().map(|path| sniff(path)).collect();
        let mut twice = BTreeSet::new();
        let mut new = Vec::new();
        for (path, found) in paths.iter().zip(looked) {
            let name = path
                .file_name()
                .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
            let found = match found {
                Ok(found) => found,
                Err(refused) => {
                    intake
                        .refused
                        .push(refused_file(&refused, "", &house.reading_digest));
                    continue;
                }
            };
            let sha = found.sha256().to_owned();
            if before.contains(&sha) || !twice.insert(sha) {
                intake.seen.push(name);
                continue;
            }
            say(&format!("reading {name}"));
            new.push((path.clone(), found));
        }
        let digests: Vec<String> = new
            .iter()
            .map(|(_, found)| found.sha256().to_owned())
            .collect();
        let told = intake.files.read(new, &house.standards, context)?;
        for (told, sha) in told.into_iter().zip(digests) {
            if let Err(refused) = told {
                say(&format!("refused {refused}"));
                intake
                    .refused
                    .push(refused_file(&refused, &sha, &house.reading_digest));
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
        context: &CheckContext<'_>,
        say: &dyn Fn(&str),
    ) -> Result<Vec<InputFile>, RunError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        say(&format!("checking {} files", self.files.len()));
        let known = Stored::of(writer.before())?;
        let mut subjects = Heard::new(context.buckets);
        let mut staging = Staging::new(FILE_ROWS);
        let mut counts: BTreeMap<(String, String), InputFile> = BTreeMap::new();
        in_order(
            self.files.pieces().map(|piece| Ok(piece?)),
            |piece| {
                let mut made = Made::of(piece.files()?, &known, context)?;
                let heard = HeardPiece::of(std::mem::take(&mut made.subjects), context.buckets)?;
                Ok((made, heard))
            },
            |(made, heard)| {
                subjects.add(heard)?;
                let files = staging.take(made, writer)?;
                for file in files {
                    match counts.entry((file.file.clone(), file.sha256.clone())) {
                        Entry::Vacant(place) => {
                            place.insert(file);
                        }
                        Entry::Occupied(place) => place.into_mut().add(&file),
                    }
                }
                Ok(())
            },
        )?;
        let figures = staging.finish(writer)?;
        super::subjects::stage(writer, subjects, context.buckets)?;
        let files = counts.keys().map(|(_, sha)| sha.as_str());
        let again: BTreeSet<&str> = files
            .filter(|sha| known.received_before(sha).is_some())
            .collect();
        let earlier = earlier(writer.snapshot(), &again)?;
        writer.append(Table::Quality, figures.batch(&earlier, context.batch_id)?)?;
        let mut files: Vec<InputFile> = counts.into_values().chain(self.refused).collect();
        files.sort_by(|a, b| (&a.file, &a.sha256).cmp(&(&b.file, &b.sha256)));
        Ok(files)
    }
}

/// The figures of files that were read before. The table has some thousand rows a night, so it is gone through batch by batch, and
/// only when such a file is in hand.
fn earlier(snapshot: &Snapshot, again: &BTreeSet<&str>) -> Result<Earlier, RunError> {
    let mut earlier = Earlier::default();
    if again.is_empty() {
        return Ok(earlier);
    }
    let mut wrong = None;
    snapshot.stream(Table::Quality, None, &mut |batch| {
        if let Err(error) = earlier.hear(&batch, again) {
            wrong.get_or_insert(error);
        }
        Ok(())
    })?;
    wrong.map_or(Ok(earlier), |error| Err(error.into()))
}

pub(super) fn facts(checked: &[CheckedRow]) -> Vec<RowFacts<'_>> {
    let mut months: BTreeMap<Day, Arc<str>> = BTreeMap::new();
    checked
        .iter()
        .map(|row| RowFacts {
            file_sha256: &row.file_sha256,
            source_unit: &row.source_unit,
            month: months
                .entry(row.received_on)
                .or_insert_with(|| row.received_on.month().into())
                .clone(),
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
