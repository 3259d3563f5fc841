//! Bringing every table back to the newest complete run before new work begins.
//!
//! A run is complete when its row is in `runs`. Whatever a killed run left in the other tables is
//! undone by one commit per table that removes the files added since and adds those removed since;
//! Delta's log only ever grows. Then the data files of the killed run are deleted: a file's name
//! begins with the number of the run that wrote it, so a number greater than the newest complete
//! run's is never used by a version that a complete run names. Recovery killed halfway is simply
//! done again. `access_log` is written outside runs and stays as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::data_file::seq_of_name;
use super::delta::{self, Actions, Change, DataFile, Version, folder, log_folder};
use super::durable::TEMPORARY;
use super::error::StoreError;
use super::fault;
use super::lock;
use super::log;
use super::runs::RunRecord;
use super::seal;
use super::snapshot::{Snapshot, versions_of};
use super::table::Table;

/// Complete runs whose versions stay readable, the newest included.
const RUNS_KEPT: u64 = 35;

/// Creates what is missing, undoes what a killed run left, and returns every table's state, which
/// has the content that the newest complete run names.
pub(super) fn recover(
    root: &Path,
    run: Option<&RunRecord>,
) -> Result<BTreeMap<Table, Version>, StoreError> {
    let named = run.map(versions_of).unwrap_or_default();
    let seq = run.map_or(0, |r| r.seq);
    let knows_runs = delta::exists(root, Table::Runs)?;
    let mut found = BTreeMap::new();
    for table in Table::ALL {
        let _access = match table {
            Table::AccessLog => Some(lock::acquire_access(root)?),
            _ => None,
        };
        remove_unfinished(root, table)?;
        if !delta::exists(root, table)? {
            create(root, table)?;
        }
        let relied_on = match table {
            Table::AccessLog => {
                seal::seal_rest(root, table)?;
                continue;
            }
            Table::Runs => None,
            _ => named.get(&table).copied().or(Some(0)),
        };
        remove_torn_tail(root, table, relied_on)?;
        let current = log::load(root, table, None)?;
        refuse_later(root, table, &current, knows_runs.then_some(seq))?;
        found.insert(table, current);
    }
    // Nothing was undone so far.
    let mut states = BTreeMap::new();
    for (table, current) in found {
        let state = match table {
            Table::Runs => current,
            _ => restore(root, table, current, named.get(&table).copied())?,
        };
        seal::seal_rest(root, table)?;
        remove_orphans(root, table, seq, &state.files)?;
        states.insert(table, state);
    }
    fault::point("recovered", "");
    Ok(states)
}

/// Creates a table that is not there, unless its seals tell that it was.
fn create(root: &Path, table: Table) -> Result<(), StoreError> {
    if let Some(sealed) = seal::Seals::read(root, table)?.last_entry() {
        return Err(log::lost(root, table, sealed));
    }
    delta::create(root, table)?;
    fault::point("create", table.name());
    Ok(())
}

/// Refuses a store without a complete run whose tables tell that there were some.
pub(super) fn refuse_lost_runs(root: &Path) -> Result<(), StoreError> {
    let newest = delta::exists(root, Table::Runs)?.then_some(0);
    for table in Table::of_a_run() {
        if delta::exists(root, table)? {
            // A log that ends with a torn entry is that of a run that did not finish.
            let version = torn_tail(root, table).map(|(torn, _)| torn.saturating_sub(1));
            refuse_later(root, table, &log::load(root, table, version)?, newest)?;
        }
    }
    Ok(())
}

/// Refuses a state of a table that a later run than the newest one known has written, for `runs` have lost entries then: what those
/// runs wrote would be undone as that of a killed one. A run that did not finish is the next after the newest complete one, and the
/// table of runs is there before it writes.
fn refuse_later(
    root: &Path,
    table: Table,
    current: &Version,
    newest: Option<u64>,
) -> Result<(), StoreError> {
    let written = current.files.iter().filter_map(|f| seq_of_name(&f.path));
    let last = written.max().unwrap_or(0);
    let is_lost = match newest {
        Some(newest) => last > newest + 1,
        None => current.number > 0,
    };
    if !is_lost {
        return Ok(());
    }
    let known = newest.unwrap_or(0);
    Err(StoreError::Damaged {
        table: Table::Runs.name(),
        file: log_folder(root, Table::Runs),
        reason: format!(
            "entries are missing: {} holds what run {last} wrote, and the newest run known is {known}",
            table.name()
        ),
    })
}

/// Commits the difference between the newest version and the one that a complete run names; a
/// table that no complete run names goes back to empty.
fn restore(
    root: &Path,
    table: Table,
    current: Version,
    named: Option<u64>,
) -> Result<Version, StoreError> {
    let target: Vec<DataFile> = match named {
        None => Vec::new(),
        Some(version) if version == current.number => return Ok(current),
        Some(version) if version > current.number => {
            return Err(StoreError::Damaged {
                table: table.name(),
                file: log_folder(root, table),
                reason: format!(
                    "the newest complete run names version {version}, but the log ends at {}",
                    current.number
                ),
            });
        }
        Some(version) => log::load(root, table, Some(version))?.files,
    };
    let paths =
        |files: &[DataFile]| -> BTreeSet<String> { files.iter().map(|f| f.path.clone()).collect() };
    let (have, want) = (paths(&current.files), paths(&target));
    let missing = |from: &[DataFile], there: &BTreeSet<String>| -> Vec<DataFile> {
        from.iter()
            .filter(|f| !there.contains(&f.path))
            .cloned()
            .collect()
    };
    let actions = Actions {
        add: missing(&target, &have),
        remove: missing(&current.files, &want),
        ..Actions::default()
    };
    if actions.is_empty() {
        return Ok(current);
    }
    let change = Change::Restore {
        to: named.unwrap_or(0),
    };
    let note = BTreeMap::from([(
        "xinheng".to_owned(),
        "undo of a run that did not finish".to_owned(),
    )]);
    let number = delta::commit(root, table, current.number, &actions, change, &note)?;
    fault::point("restore", table.name());
    Ok(Version {
        number,
        files: target,
    })
}

/// Deletes temporary files, ours and those of a log entry that was never given its name.
fn remove_unfinished(root: &Path, table: Table) -> Result<(), StoreError> {
    for name in names_in(&folder(root, table))? {
        if name.starts_with(TEMPORARY) {
            remove(&folder(root, table).join(name))?;
        }
    }
    let entries = log_folder(root, table);
    for name in names_in(&entries)? {
        let staged = name
            .rsplit_once('#')
            .is_some_and(|(_, n)| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()));
        if staged || name.starts_with(TEMPORARY) {
            remove(&entries.join(name))?;
        }
    }
    Ok(())
}

/// Deletes log entries that a power cut left empty: named, but never flushed. Only the last entry
/// can be so, and only above `named`, the version that a complete run relies on.
fn remove_torn_tail(root: &Path, table: Table, named: Option<u64>) -> Result<(), StoreError> {
    if let Some((version, path)) = torn_tail(root, table)
        && version > 0
        && named.is_none_or(|named| version > named)
    {
        remove(&path)?;
    }
    Ok(())
}

/// The last entry of a log if it has no byte but zeros.
pub(super) fn torn_tail(root: &Path, table: Table) -> Option<(u64, std::path::PathBuf)> {
    let entries = log_folder(root, table);
    let version = names_in(&entries)
        .ok()?
        .iter()
        .filter_map(|n| n.strip_suffix(".json")?.parse::<u64>().ok())
        .max()?;
    let path = entries.join(delta::entry_name(version));
    let bytes = std::fs::read(&path).ok()?;
    bytes.iter().all(|b| *b == 0).then_some((version, path))
}

/// Deletes data files of runs after the newest complete one.
fn remove_orphans(
    root: &Path,
    table: Table,
    newest: u64,
    live: &[DataFile],
) -> Result<(), StoreError> {
    let folder = folder(root, table);
    for name in names_in(&folder)? {
        if seq_of_name(&name).is_some_and(|seq| seq > newest)
            && !live.iter().any(|f| f.path == name)
        {
            remove(&folder.join(name))?;
        }
    }
    Ok(())
}

/// Deletes data files that none of the newest [`RUNS_KEPT`] runs uses: old content of replaced tables,
/// and small files that were joined into larger ones (their rows live on in those).
pub(super) fn vacuum(
    snapshot: &Snapshot,
    states: &BTreeMap<Table, Version>,
) -> Result<(), StoreError> {
    let root = snapshot.root();
    let Some(horizon) = snapshot
        .last_run()
        .and_then(|r| (r.seq + 1).checked_sub(RUNS_KEPT))
        .filter(|seq| *seq > 0)
    else {
        return Ok(());
    };
    let mut versions: Option<BTreeMap<Table, u64>> = None;
    for table in Table::of_a_run() {
        let live = states.get(&table).map_or(&[][..], |s| s.files.as_slice());
        // A file written before the horizon and used after it was in use at the horizon.
        let old: Vec<String> = names_in(&folder(root, table))?
            .into_iter()
            .filter(|n| seq_of_name(n).is_some_and(|seq| seq <= horizon))
            .filter(|n| !live.iter().any(|f| f.path == *n))
            .collect();
        if old.is_empty() {
            continue;
        }
        if versions.is_none() {
            let run = snapshot.runs()?.into_iter().find(|r| r.seq == horizon);
            versions = run.as_ref().map(versions_of);
        }
        let Some(version) = versions.as_ref().and_then(|v| v.get(&table)) else {
            continue;
        };
        let used = log::load(root, table, Some(*version))?.files;
        for name in old {
            if !used.iter().any(|f| f.path == name) {
                remove(&folder(root, table).join(name))?;
            }
        }
    }
    Ok(())
}

/// Names of the files in a folder, sorted; none when there is no such folder.
pub(super) fn names_in(folder: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io("list", folder)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io("list", folder))?;
        if let Ok(name) = entry.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

pub(super) fn remove(path: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path)(e))
        }
        _ => Ok(()),
    }
}
