//! What can be wrong with a store, and what the operator should do about it.

use std::path::PathBuf;

/// Why the store could not be opened, read or written.
///
/// Commands end with exit code 4 on every one of these. A message says what is wrong, where, and
/// what to do; it fits after "failed to use the store: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another writing command holds the operating system's lock on `<store>/.lock`.
    #[error(
        "use the store {root}: it is being written by another run{holder}; wait until it ends and run the command again"
    )]
    Locked {
        /// The store's directory.
        root: PathBuf,
        /// " (process 1234)" when the other run left its number, else "".
        holder: String,
    },
    /// The directory holds no store, or something that is not ours.
    #[error("use {root}: it is not a xinheng store: {why}; {advice}")]
    NotAStore {
        /// The directory named by the user.
        root: PathBuf,
        /// What was found instead.
        why: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// The tables exist, but no run has ever been completed.
    #[error(
        "read the store {root}: it holds no complete run yet; start `xinheng run` or `xinheng ingest` on it first"
    )]
    NoRun {
        /// The store's directory.
        root: PathBuf,
    },
    /// The run asked for is not in the `runs` table.
    #[error("find run {seq}: the store has no run with this number; the newest is {newest}")]
    UnknownRun {
        /// The number asked for.
        seq: u64,
        /// The newest complete run.
        newest: u64,
    },
    /// The versions that an old run names can no longer be read.
    #[error(
        "read run {seq}: files of `{table}` that it used were removed; grade again with its as-of and known-at dates"
    )]
    Vacuumed {
        /// The run asked for.
        seq: u64,
        /// The first table found incomplete.
        table: &'static str,
    },
    /// The pseudonym key given is not the one the store was built with.
    #[error(
        "use this pseudonym key: it does not belong to the store (store: {expected}, given: {given}); name the right file with --key-file or XINHENG_KEY_FILE"
    )]
    WrongKey {
        /// Fingerprint that the newest complete run recorded.
        expected: String,
        /// Fingerprint of the key in use.
        given: String,
    },
    /// A file of the store cannot be understood: cut short, altered, or missing.
    #[error(
        "read {file} (table `{table}`): it is damaged: {reason}; restore this file from a backup, the rest of the store is untouched"
    )]
    Damaged {
        /// Table that the file belongs to.
        table: &'static str,
        /// The file, or the log folder when the log as a whole does not add up.
        file: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// The operating system refused an operation on a file of the store.
    #[error("{action} {path}: {source}; {}", advice(source))]
    Io {
        /// What was tried, for example "write".
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A commit to a table's Delta log failed although we hold the lock.
    #[error(
        "commit to the log of `{table}`: {reason}; check that no other program writes to the store, then run the command again"
    )]
    Commit {
        /// The table.
        table: &'static str,
        /// What the Delta library said.
        reason: String,
    },
    /// A batch handed to the store does not have its table's schema (a bug of ours).
    #[error(
        "write rows of `{table}`: they do not fit its schema: {reason} (a bug of xinheng, please report it)"
    )]
    Schema {
        /// The table.
        table: &'static str,
        /// Which column, and how it differs.
        reason: String,
    },
    /// An archived rule pack was asked for or offered under a digest that is not one.
    #[error("find the rule pack `{digest}`: this is not a digest of one")]
    BadDigest {
        /// The text given.
        digest: String,
    },
}

impl StoreError {
    /// Wraps an operating-system error with the file and the action.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// What to do about an answer of the operating system.
fn advice(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull};
    match source.kind() {
        StorageFull => {
            "free space and run the command again; the store is as the last complete run left it"
        }
        PermissionDenied => "ask for the right to use it, or run as the store's owner",
        ReadOnlyFilesystem => "work on a copy that may be written",
        NotFound => "check the path, or restore the file from a backup",
        _ => "run the command again; if it stays so, check the disk",
    }
}
