//! The access log: who looked behind the public view, written outside runs.
//!
//! A reading command must not wait for a nightly run, so these rows have their own lock and are
//! never rolled back. `at` is the only column of the store that holds a time of day; nothing is
//! computed from it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::compute::concat_batches;

use super::delta::{self, Actions, Change};
use super::error::StoreError;
use super::snapshot::Snapshot;
use super::table::Table;
use super::{data_file, lock, log};

/// Files of the log from which the next entry writes all of them as one.
const FILES: usize = 32;

/// One use of the internal view, or a purge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessEntry {
    /// The command, for example `explain`.
    pub command: String,
    /// The subject looked at; empty when the command speaks of many.
    pub subject_id: String,
    /// `internal`.
    pub view: String,
    /// What else matters: the SQL text, the reason given.
    pub detail: String,
    /// The run whose state was read.
    pub run_id: String,
}

pub(super) fn write(root: &Path, entry: &AccessEntry) -> Result<(), StoreError> {
    let table = Table::AccessLog;
    let _lock = lock::acquire_access(root)?;
    if !delta::exists(root, table)? {
        delta::create(root, table)?;
    }
    let base = log::load(root, table, None)?;
    let mut rows = to_batch(entry)?;
    let mut actions = Actions::default();
    if base.files.len() >= FILES {
        let old = Snapshot::new(root, None, BTreeMap::new()).read(table)?;
        rows = concat_batches(&table.schema(), [&old, &rows]).map_err(|e| misfit(&e))?;
        actions.remove.clone_from(&base.files);
    }
    actions.add = vec![data_file::write(root, table, base.number + 1, 0, &[rows])?];
    let note = BTreeMap::new();
    delta::commit(root, table, base.number, &actions, Change::Append, &note)?;
    Ok(())
}

fn to_batch(entry: &AccessEntry) -> Result<RecordBatch, StoreError> {
    let at = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value.to_owned()])) };
    RecordBatch::try_new(
        Table::AccessLog.schema(),
        vec![
            text(&entry.command),
            text(&entry.subject_id),
            text(&entry.view),
            text(&entry.detail),
            text(&entry.run_id),
            text(&at),
        ],
    )
    .map_err(|e| misfit(&e))
}

fn misfit(error: &arrow::error::ArrowError) -> StoreError {
    StoreError::Schema {
        table: Table::AccessLog.name(),
        reason: error.to_string(),
    }
}
