//! Which reading of a file counts: the newest.
//!
//! A file that was read again under other standards or checks has findings and quality rows of every reading;
//! the open ones are those of the newest. The log keeps all.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};

use super::error::StoreError;
use super::snapshot::Snapshot;
use super::table::Table;
use crate::record::Day;

impl Snapshot {
    /// Readings that a later one replaced: run → SHA-256 of the files that were read again after it.
    ///
    /// # Errors
    ///
    /// The `runs` table is damaged.
    pub fn replaced_readings(&self) -> Result<BTreeMap<String, BTreeSet<String>>, StoreError> {
        let mut newest: BTreeMap<String, String> = BTreeMap::new();
        let mut replaced: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for run in self.runs()? {
            for file in run.inputs.into_iter().filter(|f| !f.sha256.is_empty()) {
                let sha256 = file.sha256.clone();
                if let Some(old) = newest.insert(file.sha256, run.run_id.clone())
                    && old != run.run_id
                {
                    replaced.entry(old).or_default().insert(sha256);
                }
            }
        }
        Ok(replaced)
    }

    /// The open rows of `quarantine`: findings of the newest reading of each file.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the rows do not fit one batch.
    pub fn open_findings(&self) -> Result<RecordBatch, StoreError> {
        let replaced = self.replaced_readings()?;
        let table = Table::Quarantine;
        let misfit = |e: arrow::error::ArrowError| StoreError::Schema {
            table: table.name(),
            reason: e.to_string(),
        };
        let mut open = Vec::new();
        self.stream(table, None, &mut |batch| {
            let text = |name: &str| {
                batch
                    .column_by_name(name)
                    .and_then(|c| c.as_string_opt::<i32>())
                    .ok_or_else(|| StoreError::Schema {
                        table: table.name(),
                        reason: format!("there is no text column {name}"),
                    })
            };
            let (runs, files) = (text("batch_id")?, text("file_sha256")?);
            let stays: BooleanArray = (0..batch.num_rows())
                .map(|row| {
                    let again = replaced.get(runs.value(row));
                    Some(again.is_none_or(|again| !again.contains(files.value(row))))
                })
                .collect();
            open.push(filter_record_batch(&batch, &stays).map_err(misfit)?);
            Ok(())
        })?;
        concat_batches(&table.schema(), &open).map_err(misfit)
    }

    /// The day on which each file was received first, of those that were read whole before.
    ///
    /// # Errors
    ///
    /// The `runs` table is damaged.
    pub fn first_received(&self) -> Result<BTreeMap<String, Day>, StoreError> {
        let mut days = BTreeMap::new();
        for run in self.runs()? {
            let Some(day) = run.received_on else { continue };
            for file in run.inputs.into_iter().filter(|f| f.refused.is_none()) {
                days.entry(file.sha256).or_insert(day);
            }
        }
        Ok(days)
    }
}
