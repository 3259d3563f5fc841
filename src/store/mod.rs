//! The tables on disk: plain Delta Lake over Parquet files that we write ourselves.
//!
//! Owns: every path below the store's directory; layout, commits, recovery, time travel, digests.
//! Does not own: what the rows mean. May never know: `rules`, `grading`, `report`, or any other room
//! but `record`.
//!
//! # Layout
//!
//! ```text
//! <store>/.lock                      the writer's lock (an operating-system lock, not the file)
//! <store>/.access.lock               the same for the access log
//! <store>/rules/<digest>.json        archived rule packs
//! <store>/<table>/<run>-<part>-<sums>.parquet  data files, named by run and content
//! <store>/<table>/_delta_log/…       Delta log, reader version 1, no table features
//! ```
//!
//! # A run is all or nothing
//!
//! All data files are on disk before the first commit; `runs` commits last and names the version of
//! every table. Readers open the versions that the newest row of `runs` names. [`Store::begin`]
//! undoes what a killed run left (see `recover`), so that the store is never half a night old.
//! Results contain no clock and no random number; Delta's own log contains both (commit times, table
//! identifiers), which no result depends on.
//!
//! # Reading with other programs
//!
//! Any Delta reader opens the tables. To see it with the `deltalake` Python package:
//!
//! ```text
//! python3 -m venv /tmp/venv && /tmp/venv/bin/pip install deltalake pyarrow
//! /tmp/venv/bin/python tests/delta_reader.py <store>
//! ```
//!
//! A foreign reader that opens the newest version of a table while a run is being written, or after
//! one was killed, may see rows of the unfinished run; `runs.versions` names the versions that belong
//! together.

mod access;
mod archive;
mod blocks;
mod check;
mod compact;
mod data_file;
mod delta;
mod digest;
mod durable;
mod erase;
mod error;
mod fault;
mod in_force;
mod keys;
mod known;
mod live;
mod lock;
mod log;
mod lookup;
mod overlay;
mod pieces;
mod readings;
mod ready;
mod recover;
mod runs;
mod scan;
mod seal;
mod section;
mod select;
mod snapshot;
mod source;
mod spill;
mod stats;
mod superseded;
mod table;
mod writer;

use std::path::{Path, PathBuf};

pub use self::access::AccessEntry;
pub use self::digest::{TableDigest, UNDIGESTED_COLUMNS, table_digest};
pub use self::error::StoreError;
pub use self::known::{KnownVersion, Sought, Versions};
pub use self::lookup::Named;
pub use self::ready::Ready;
pub use self::runs::{InputFile, RunDraft, RunRecord};
pub use self::section::{Section, Span};
pub use self::snapshot::Snapshot;
pub(crate) use self::source::read_exact_at;
pub use self::superseded::FileRows;
pub use self::table::Table;
pub use self::writer::Writer;

use self::snapshot::{is_store, newest_run, versions_of};

/// The doors of a store.
#[derive(Debug)]
pub struct Store;

impl Store {
    /// Opens a store for reading, as the newest complete run left it. Never waits, writes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotAStore`], [`StoreError::NoRun`], or [`StoreError::Damaged`].
    pub fn open(root: &Path) -> Result<Snapshot, StoreError> {
        let root = existing(root)?;
        let run = match delta::exists(&root, Table::Runs)? {
            true => newest_run(&root)?,
            false => None,
        };
        let Some(run) = run else {
            recover::refuse_lost_runs(&root)?;
            return Err(StoreError::NoRun { root });
        };
        let versions = versions_of(&run);
        Ok(Snapshot::new(&root, Some(run), versions))
    }

    /// Opens a store for writing: takes the lock, creates what is missing, undoes what a killed run
    /// left. `key_fingerprint` is that of the pseudonym key in use.
    ///
    /// # Errors
    ///
    /// [`StoreError::Locked`] when another run is writing; [`StoreError::WrongKey`];
    /// [`StoreError::NotAStore`] when the folder holds something else; [`StoreError::Damaged`].
    pub fn begin(root: &Path, key_fingerprint: &str) -> Result<Writer, StoreError> {
        let root = prepared(root)?;
        if !is_store(&root)? && !is_empty(&root)? {
            return Err(StoreError::NotAStore {
                root,
                why: "the folder holds other files",
                advice: "name an empty or a new folder",
            });
        }
        let lock = lock::acquire(&root)?;
        let run = if delta::exists(&root, Table::Runs)? {
            newest_run(&root)?
        } else {
            None
        };
        if let Some(run) = &run
            && run.key_fingerprint != key_fingerprint
        {
            return Err(StoreError::WrongKey {
                expected: run.key_fingerprint.clone(),
                given: key_fingerprint.to_owned(),
            });
        }
        let states = recover::recover(&root, run.as_ref())?;
        let versions = run.as_ref().map(versions_of).unwrap_or_default();
        let snapshot = Snapshot::new(&root, run, versions);
        recover::vacuum(&snapshot, &states)?;
        if snapshot.last_run().is_some_and(RunRecord::purges) {
            // Its commit stands, but it may have been killed before everything was gone from the disk.
            let numbers = states.iter().map(|(table, v)| (*table, v.number)).collect();
            erase::forget(&root, &numbers)?;
        }
        Ok(Writer::new(snapshot, states, key_fingerprint, lock))
    }

    /// Writes one row of `access_log`, at once and outside any run.
    ///
    /// # Errors
    ///
    /// The folder is not a store, or cannot be written: the caller must then refuse the view.
    pub fn log_access(root: &Path, entry: &AccessEntry) -> Result<(), StoreError> {
        access::write(&existing(root)?, entry)
    }
}

/// The absolute path of a folder to write to, created when it is missing.
fn prepared(root: &Path) -> Result<PathBuf, StoreError> {
    let path = std::path::absolute(root).map_err(StoreError::io("open", root))?;
    if path.to_str().is_none_or(|p| p.contains('%')) {
        return Err(StoreError::NotAStore {
            root: path,
            // The Delta library decodes the URL of a table twice.
            why: "its path has a percent sign or is not UTF-8",
            advice: "choose another folder",
        });
    }
    std::fs::create_dir_all(&path).map_err(StoreError::io("create the folder", &path))?;
    path.canonicalize().map_err(StoreError::io("open", &path))
}

/// The absolute path of a folder that holds a store.
fn existing(root: &Path) -> Result<PathBuf, StoreError> {
    let not = |why| StoreError::NotAStore {
        root: root.to_owned(),
        why,
        advice: "name the folder given to `xinheng run --store`",
    };
    let path = match root.canonicalize() {
        Ok(path) => path,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(not("there is no such folder"));
        }
        Err(e) => return Err(StoreError::io("open", root)(e)),
    };
    if !path.is_dir() {
        return Err(not("it is not a folder"));
    }
    if !is_store(&path)? {
        return Err(not("it has no table `runs`"));
    }
    Ok(path)
}

fn is_empty(root: &Path) -> Result<bool, StoreError> {
    let mut entries = std::fs::read_dir(root).map_err(StoreError::io("list", root))?;
    Ok(entries.next().is_none())
}
