//! The bridge to the Delta log: create a table, list a version's files, commit Add and Remove.
//!
//! Everything asynchronous of the Delta library stays in this file. Each call has its own
//! single-threaded runtime: a command makes a few dozen such calls, and no thread outlives it.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use deltalake_core::checkpoints::create_checkpoint;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, Metadata, MetadataExt as _, Remove, StructType};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::state::DeltaTableState;
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError};
use url::Url;

use super::durable;
use super::error::StoreError;
use super::seal;
use super::table::{LATER_COLUMNS, Table};

/// Versions between two checkpoints of a log.
const CHECKPOINT_EVERY: u64 = 10;

/// A live data file as its table's log describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DataFile {
    /// Path below the table's folder.
    pub path: String,
    /// Size in bytes.
    pub size: i64,
    /// Statistics in Delta's JSON form.
    pub stats: Option<String>,
}

/// One version of one table; the default is that of a table that does not exist.
#[derive(Debug, Clone, Default)]
pub(super) struct Version {
    /// Delta version number.
    pub number: u64,
    /// Live files, sorted by path.
    pub files: Vec<DataFile>,
}

impl DataFile {
    /// Number of rows by the statistics; 0 when they say nothing.
    pub(super) fn rows(&self) -> u64 {
        self.stats
            .as_deref()
            .and_then(|s| serde_json::from_str::<serde_json::Value>(s).ok())
            .and_then(|s| s.get("numRecords")?.as_u64())
            .unwrap_or(0)
    }
}

/// Files to add and to remove in one commit.
#[derive(Debug, Clone, Default)]
pub(super) struct Actions {
    /// Files with new rows.
    pub add: Vec<DataFile>,
    /// Files whose rows go.
    pub remove: Vec<DataFile>,
    /// Files that hold the rows of `joined` again: no row comes or goes.
    pub rewritten: Vec<DataFile>,
    /// Files that `rewritten` replaces.
    pub joined: Vec<DataFile>,
}

impl Actions {
    /// Whether a commit would change nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty() && self.rewritten.is_empty()
    }
}

/// What a commit does, for the commit's own description in the log.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Append,
    Overwrite,
    Restore { to: u64 },
}

/// Folder of a table.
pub(super) fn folder(root: &Path, table: Table) -> PathBuf {
    root.join(table.name())
}

/// Folder of a table's log.
pub(super) fn log_folder(root: &Path, table: Table) -> PathBuf {
    folder(root, table).join("_delta_log")
}

/// Name of the log entry of a version.
pub(super) fn entry_name(version: u64) -> String {
    format!("{version:020}.json")
}

/// Whether the first commit of the table is on disk.
///
/// # Errors
///
/// The operating system does not say: a table that cannot be looked at is not a table that does not exist.
pub(super) fn exists(root: &Path, table: Table) -> Result<bool, StoreError> {
    is_file(&log_folder(root, table).join(entry_name(0)))
}

/// Whether there is such a file.
///
/// # Errors
///
/// The operating system does not say.
pub(super) fn is_file(path: &Path) -> Result<bool, StoreError> {
    match std::fs::metadata(path) {
        Ok(found) => Ok(found.is_file()),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(e) => Err(StoreError::io("look at", path)(e)),
    }
}

/// Creates the empty table as version 0: reader version 1, no table features, log kept for ever.
pub(super) fn create(root: &Path, table: Table) -> Result<(), StoreError> {
    let path = folder(root, table);
    std::fs::create_dir_all(&path).map_err(StoreError::io("create the folder", &path))?;
    let failed = |reason: String| StoreError::Commit {
        table: table.name(),
        reason,
    };
    let schema: StructType = table
        .schema()
        .as_ref()
        .try_into_kernel()
        .map_err(|e| failed(e.to_string()))?;
    let log_store = builder(root, table)?
        .build()
        .map_err(|e| failed(e.to_string()))?
        .log_store();
    let create = CreateBuilder::new()
        .with_log_store(log_store)
        .with_table_name(table.name())
        .with_columns(schema.fields().cloned())
        .with_configuration([("delta.enableExpiredLogCleanup", Some("false"))]);
    run(async move { create.await })?.map_err(|e| failed(e.to_string()))?;
    let entry = log_folder(root, table).join(entry_name(0));
    durable::sync_file(&entry)?;
    seal::seal(root, table, &entry)?;
    durable::sync_dir(&log_folder(root, table))?;
    durable::sync_dir(&path)
}

/// The table's metadata with the columns that it has got since it was created; `None` when it has them all.
fn widened(state: &DeltaTableState, table: Table) -> Result<Option<Metadata>, String> {
    let known = state.schema();
    let lacks = |name: &&str| known.field(*name).is_none();
    let schema = table.schema();
    let lacking = LATER_COLUMNS
        .iter()
        .filter(|name| schema.column_with_name(name).is_some())
        .any(lacks);
    if !lacking {
        return Ok(None);
    }
    let schema: StructType = schema
        .as_ref()
        .try_into_kernel()
        .map_err(|e| e.to_string())?;
    let metadata = state.metadata().clone();
    metadata
        .with_schema(&schema)
        .map(Some)
        .map_err(|e| e.to_string())
}

/// Lets the Delta library read a version of a table.
pub(super) fn load_with_library(
    root: &Path,
    table: Table,
    version: Option<u64>,
) -> Result<Version, StoreError> {
    let state = state(root, table, version)?;
    let mut files: Vec<DataFile> = state
        .log_data()
        .iter()
        .map(|view| DataFile {
            path: view.path().into_owned(),
            size: view.size(),
            stats: view.stats(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Version {
        number: state.version(),
        files,
    })
}

fn state(root: &Path, table: Table, version: Option<u64>) -> Result<DeltaTableState, StoreError> {
    let builder = builder(root, table)?;
    let builder = match version {
        Some(v) => builder.with_version(v),
        None => builder,
    };
    let loaded = run(async move { builder.load().await })?;
    loaded
        .and_then(|delta| delta.snapshot().cloned())
        .map_err(|e| damaged_log(root, table, &e))
}

/// Commits actions on top of version `base`, which must be the newest; returns the new version.
///
/// Fails rather than retries when somebody else committed meanwhile: we hold the lock.
pub(super) fn commit(
    root: &Path,
    table: Table,
    base: u64,
    actions: &Actions,
    change: Change,
    note: &BTreeMap<String, String>,
) -> Result<u64, StoreError> {
    let failed = |reason: String| StoreError::Commit {
        table: table.name(),
        reason,
    };
    let state = state(root, table, Some(base))?;
    let now = now_millis();
    let mut all: Vec<Action> = Vec::new();
    for (files, new) in [(&actions.remove, true), (&actions.joined, false)] {
        all.extend(
            files
                .iter()
                .map(|f| Action::Remove(remove_action(f, now, new))),
        );
    }
    for (files, new) in [(&actions.rewritten, false), (&actions.add, true)] {
        all.extend(files.iter().map(|f| Action::Add(add_action(f, now, new))));
    }
    if let Some(metadata) = widened(&state, table).map_err(&failed)? {
        all.insert(0, Action::Metadata(metadata));
    }
    let operation = match change {
        Change::Append => write_operation(SaveMode::Append),
        Change::Overwrite => write_operation(SaveMode::Overwrite),
        Change::Restore { to } => DeltaOperation::Restore {
            version: Some(to),
            datetime: None,
        },
    };
    let metadata: HashMap<String, serde_json::Value> = note
        .iter()
        .map(|(k, v)| (k.clone(), serde_json::Value::String(v.clone())))
        .collect();
    let properties = CommitProperties::default()
        .with_metadata(metadata)
        .with_max_retries(0)
        .with_create_checkpoint(false)
        .with_cleanup_expired_logs(Some(false));
    let log_store = builder(root, table)?
        .build()
        .map_err(|e| failed(e.to_string()))?
        .log_store();
    let store = log_store.clone();
    let version = run(async move {
        // Without the library's own hook, which would read the whole log again after each commit.
        let prepared = CommitBuilder::from(properties)
            .with_actions(all)
            .build(Some(&state), log_store, operation)
            .into_prepared_commit_future()
            .await?;
        Ok::<u64, DeltaTableError>(prepared.await?.version)
    })?
    .map_err(|e| failed(e.to_string()))?;
    let log = log_folder(root, table);
    let entry = log.join(entry_name(version));
    durable::sync_file(&entry)?;
    durable::sync_dir(&log)?;
    seal::seal(root, table, &entry)?;
    if version != base + 1 {
        return Err(failed(format!(
            "version {version} was written where {} was due",
            base + 1
        )));
    }
    if version.is_multiple_of(CHECKPOINT_EVERY) {
        // A checkpoint only shortens reading: a disk too full for it does not undo the commit.
        let made = run(async move {
            let mut delta = DeltaTable::new(store);
            delta.load_version(version).await?;
            create_checkpoint(&delta, None).await
        })?;
        if made.is_ok() {
            let checkpoint = format!("{version:020}.checkpoint.parquet");
            for name in [checkpoint.as_str(), "_last_checkpoint"] {
                seal::seal(root, table, &log.join(name))?;
            }
        }
    }
    Ok(version)
}

fn write_operation(mode: SaveMode) -> DeltaOperation {
    DeltaOperation::Write {
        mode,
        partition_by: None,
        predicate: None,
    }
}

fn add_action(file: &DataFile, now: i64, new: bool) -> Add {
    Add {
        path: file.path.clone(),
        partition_values: HashMap::new(),
        size: file.size,
        modification_time: now,
        data_change: new,
        stats: file.stats.clone(),
        ..Add::default()
    }
}

fn remove_action(file: &DataFile, now: i64, new: bool) -> Remove {
    Remove {
        path: file.path.clone(),
        data_change: new,
        deletion_timestamp: Some(now),
        extended_file_metadata: Some(true),
        partition_values: Some(HashMap::new()),
        size: Some(file.size),
        ..Remove::default()
    }
}

fn builder(root: &Path, table: Table) -> Result<DeltaTableBuilder, StoreError> {
    let url =
        Url::from_directory_path(folder(root, table)).map_err(|()| StoreError::NotAStore {
            root: root.to_owned(),
            why: "its path cannot be written as a URL",
            advice: "choose another folder",
        })?;
    DeltaTableBuilder::from_url(url).map_err(|e| damaged_log(root, table, &e))
}

/// The log of a table cannot be read: name the entry if the message or a look at the files tells it. What the operating system
/// refuses is no damage.
fn damaged_log(root: &Path, table: Table, error: &DeltaTableError) -> StoreError {
    let log = log_folder(root, table);
    if let Some(refused) = refused_by_system(error) {
        return StoreError::io("read", log)(refused);
    }
    let file = super::check::first_bad_log_entry(&log).unwrap_or(log);
    StoreError::Damaged {
        table: table.name(),
        file,
        reason: error.to_string(),
    }
}

/// The system's own error behind one of the library, which hands its text on but not always itself; unless a file is missing.
fn refused_by_system(error: &DeltaTableError) -> Option<std::io::Error> {
    let text = error.to_string();
    let (_, code) = text.rsplit_once("(os error ")?;
    let (code, _) = code.split_once(')')?;
    let refused = std::io::Error::from_raw_os_error(code.parse().ok()?);
    Some(refused).filter(|e| e.kind() != ErrorKind::NotFound)
}

fn run<F: Future>(future: F) -> Result<F::Output, StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(StoreError::io("start the runtime for", "the Delta log"))?;
    Ok(runtime.block_on(future))
}

/// Milliseconds since 1970; goes into the Delta log only, never into a table.
pub(super) fn now_millis() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|d| i64::try_from(d.as_millis()).ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_is_no_damage() {
        let error = |text: &str| DeltaTableError::Generic(text.to_owned());
        let refused = refused_by_system(&error("Unable to open file a: b (os error 24)")).unwrap();
        assert_eq!(refused.raw_os_error(), Some(24));
        for text in ["a: No such file or directory (os error 2)", "not JSON"] {
            assert!(refused_by_system(&error(text)).is_none(), "{text}");
        }
    }
}
