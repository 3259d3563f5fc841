//! Removing from the disk what a purge took out of the tables.
//!
//! A purge rewrites the data files that hold the rows and commits; what is left on the disk goes only after
//! that commit, by [`forget`]: data files that the newest version of their table does not use, checkpoints of
//! older versions, and the bounds of columns in the log entries of files that are gone. [`forget`] may be killed
//! anywhere: as long as the newest complete run is a purge, the next writer does it again.
//!
//! What stays, because it holds nothing of a row: the log entries themselves (names, sizes and row counts of
//! files; Delta readers need them to be complete, and statistics are optional in the protocol), `runs` (names,
//! digests and counts of input files), archived rule packs, and `access_log`, which must account for past looks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::data_file::seq_of_name;
use super::delta::{self, entry_name, folder, log_folder};
use super::durable;
use super::error::StoreError;
use super::fault;
use super::log;
use super::recover::{names_in, remove};
use super::seal;
use super::table::Table;

/// Leaves of every table of a run only what these versions use; they must be the newest.
pub(super) fn forget(root: &Path, versions: &BTreeMap<Table, u64>) -> Result<(), StoreError> {
    for table in Table::of_a_run() {
        let Some(version) = versions.get(&table) else {
            continue;
        };
        let live: BTreeSet<String> = log::load(root, table, Some(*version))?
            .files
            .into_iter()
            .map(|f| f.path)
            .collect();
        let folder = folder(root, table);
        for name in names_in(&folder)? {
            if seq_of_name(&name).is_some() && !live.contains(&name) {
                remove(&folder.join(&name))?;
                fault::point("forget", table.name());
            }
        }
        forget_in_log(root, table, *version, &live)?;
    }
    Ok(())
}

/// Takes the bounds of columns out of the log where it speaks of files that are gone.
fn forget_in_log(
    root: &Path,
    table: Table,
    version: u64,
    live: &BTreeSet<String>,
) -> Result<(), StoreError> {
    let folder = log_folder(root, table);
    // A checkpoint only shortens reading: every entry since version 0 is kept.
    let current = delta::entry_name(version).replace(".json", ".checkpoint.parquet");
    for name in names_in(&folder)? {
        if name.ends_with(".checkpoint.parquet") && name != current {
            let pointer = folder.join("_last_checkpoint");
            if !delta::is_file(&folder.join(&current))? {
                remove(&pointer)?;
            }
            remove(&folder.join(&name))?;
        }
    }
    for number in 0..=version {
        let path = folder.join(entry_name(number));
        let text = std::fs::read_to_string(&path).map_err(StoreError::io("read", &path))?;
        let damaged = |e: serde_json::Error| StoreError::Damaged {
            table: table.name(),
            file: path.clone(),
            reason: e.to_string(),
        };
        let mut changed = false;
        let mut lines = Vec::new();
        for line in text.lines() {
            let mut action: serde_json::Value = match line.trim() {
                "" => continue,
                line => serde_json::from_str(line).map_err(damaged)?,
            };
            if bare(&mut action, live) {
                changed = true;
                lines.push(action.to_string());
            } else {
                lines.push(line.to_owned());
            }
        }
        if changed {
            let text = lines.join("\n") + "\n";
            seal::seal_bytes(root, table, &path, text.as_bytes())?;
            durable::write_whole(&path, text.as_bytes())?;
            fault::point("forget-log", table.name());
        }
    }
    Ok(())
}

/// Reduces the statistics of an Add of a file that is gone to the number of its rows; whether there was more.
fn bare(action: &mut serde_json::Value, live: &BTreeSet<String>) -> bool {
    let Some(add) = action.get_mut("add").and_then(|a| a.as_object_mut()) else {
        return false;
    };
    let path = add.get("path").and_then(|p| p.as_str()).unwrap_or("");
    if live.contains(path) {
        return false;
    }
    let Some(stats) = add.get("stats").and_then(|s| s.as_str()) else {
        return false;
    };
    let rows = serde_json::from_str::<serde_json::Value>(stats)
        .ok()
        .and_then(|s| s.get("numRecords")?.as_u64());
    let bare = rows.map_or_else(
        || "{}".to_owned(),
        |rows| format!("{{\"numRecords\":{rows}}}"),
    );
    if stats == bare {
        return false;
    }
    add.insert("stats".to_owned(), bare.into());
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_are_gone_lose_their_bounds() {
        let live = BTreeSet::from(["b".to_owned()]);
        let stats = r#"{"numRecords":7,"minValues":{"subject_id":"9150"}}"#;
        let of = |path: &str| serde_json::json!({"add": {"path": path, "size": 1, "stats": stats}});
        let (mut gone, mut kept) = (of("a"), of("b"));
        assert!(bare(&mut gone, &live) && !bare(&mut kept, &live));
        assert_eq!(gone["add"]["stats"], "{\"numRecords\":7}");
        assert_eq!(kept["add"]["stats"], stats);
        // Done twice, it changes nothing.
        assert!(!bare(&mut gone, &live));
        let mut other = serde_json::json!({"commitInfo": {"operation": "WRITE"}});
        assert!(!bare(&mut other, &live));
    }
}
