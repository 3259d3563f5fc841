//! `--view public|internal`: the internal view is logged in the store each time.

use std::path::Path;

use clap::ValueEnum;

use crate::run::RunError;
use crate::store::{AccessEntry, Snapshot, Store};

/// What a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum View {
    /// Natural persons masked, minors absent.
    Public,
    /// With rows about minors; each use is logged in the store.
    Internal,
}

/// Logs an internal use before anything is shown.
pub(super) fn log(
    view: View,
    store: &Path,
    snapshot: &Snapshot,
    command: &str,
    subject: &str,
    detail: &str,
) -> Result<bool, RunError> {
    if view == View::Public {
        return Ok(false);
    }
    Store::log_access(
        store,
        &AccessEntry {
            command: command.to_owned(),
            subject_id: subject.to_owned(),
            view: "internal".to_owned(),
            detail: detail.to_owned(),
            run_id: snapshot
                .last_run()
                .map(|r| r.run_id.clone())
                .unwrap_or_default(),
        },
    )?;
    Ok(true)
}
