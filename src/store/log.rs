//! Reading a Delta log: which files a version holds.
//!
//! A command looks at a dozen tables, so this path is short: the last checkpoint at or below the
//! version, then the JSON entries after it. The Delta library does the same and more, a few
//! milliseconds a table; it is asked when the log holds something that we never write (paths with
//! escapes, checkpoints in parts) and always before a commit.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::{Array as _, AsArray as _, StructArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

use super::delta::{DataFile, Version, entry_name, load_with_library, log_folder};
use super::error::StoreError;
use super::seal::Seals;
use super::table::Table;

/// One line of an entry; the actions that do not change the files are left out.
#[derive(Deserialize)]
struct Line {
    add: Option<AddLine>,
    remove: Option<RemoveLine>,
    protocol: Option<ProtocolLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddLine {
    path: String,
    size: i64,
    stats: Option<String>,
    deletion_vector: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct RemoveLine {
    path: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProtocolLine {
    min_reader_version: i32,
}

/// What the folder of a log holds.
struct Listing {
    entries: Vec<u64>,
    checkpoints: Vec<u64>,
    /// Names that only the Delta library understands.
    foreign: bool,
}

/// Reads the newest version of a table, or the one named.
///
/// # Errors
///
/// [`StoreError::Damaged`] with the entry that is missing or cannot be read.
pub(super) fn load(root: &Path, table: Table, version: Option<u64>) -> Result<Version, StoreError> {
    let log = log_folder(root, table);
    let listing = list(&log)?;
    let damaged = |file: PathBuf, reason: &str| StoreError::Damaged {
        table: table.name(),
        file,
        reason: reason.to_owned(),
    };
    let Some(newest) = listing.entries.last().copied() else {
        return Err(damaged(log, "the log has no entry"));
    };
    let number = version.unwrap_or(newest);
    let seals = Seals::read(root, table)?;
    if version.is_none()
        && let Some(sealed) = seals.last_entry().filter(|sealed| *sealed > newest)
    {
        return Err(lost(root, table, sealed));
    }
    if listing.foreign {
        return load_with_library(root, table, Some(number));
    }
    let checkpoint = listing.checkpoints.iter().rev().find(|c| **c <= number);
    let mut files = BTreeMap::new();
    let first = match checkpoint {
        Some(checkpoint) => {
            let path = log.join(format!("{checkpoint:020}.checkpoint.parquet"));
            // A checkpoint only repeats the entries before it: without it the way is longer.
            match read_checkpoint(&path) {
                Ok(found) => {
                    files = found;
                    checkpoint + 1
                }
                Err(_) => 0,
            }
        }
        None => 0,
    };
    for entry in first..=number {
        let path = log.join(entry_name(entry));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(damaged(path, "the log entry is missing"));
            }
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                return Err(damaged(path, "the log entry is not text"));
            }
            Err(e) => return Err(StoreError::io("read", path)(e)),
        };
        if text.trim().is_empty() {
            return Err(damaged(path, "the log entry is empty"));
        }
        seals.check(table, &path, text.as_bytes())?;
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            let line: Line =
                serde_json::from_str(line).map_err(|e| damaged(path.clone(), &e.to_string()))?;
            if line.protocol.is_some_and(|p| p.min_reader_version > 1)
                || line
                    .add
                    .as_ref()
                    .is_some_and(|a| a.deletion_vector.is_some())
            {
                return Err(damaged(
                    path,
                    "another program changed the table in a way that xinheng does not read",
                ));
            }
            if let Some(remove) = line.remove {
                files.remove(&remove.path);
            }
            if let Some(add) = line.add {
                files.insert(
                    add.path.clone(),
                    DataFile {
                        path: add.path,
                        size: add.size,
                        stats: add.stats,
                    },
                );
            }
        }
    }
    if files.keys().any(|path| path.contains('%')) {
        return load_with_library(root, table, Some(number));
    }
    Ok(Version {
        number,
        files: files.into_values().collect(),
    })
}

/// An entry that has a seal is gone.
pub(super) fn lost(root: &Path, table: Table, entry: u64) -> StoreError {
    StoreError::Damaged {
        table: table.name(),
        file: log_folder(root, table).join(entry_name(entry)),
        reason: format!(
            "the log entry is missing, which .seals/{} names",
            table.name()
        ),
    }
}

fn list(log: &Path) -> Result<Listing, StoreError> {
    let mut listing = Listing {
        entries: Vec::new(),
        checkpoints: Vec::new(),
        foreign: false,
    };
    let failed = || StoreError::io("list", log);
    for entry in std::fs::read_dir(log).map_err(failed())? {
        let name = entry.map_err(failed())?.file_name();
        let Some(name) = name.to_str() else {
            continue;
        };
        let Some((digits, kind)) = name.split_once('.') else {
            continue;
        };
        let Ok(number) = digits.parse::<u64>() else {
            continue;
        };
        match kind {
            "json" => listing.entries.push(number),
            "checkpoint.parquet" => listing.checkpoints.push(number),
            _ if kind.contains('#') || kind.contains("crc") => {}
            _ => listing.foreign = true,
        }
    }
    listing.entries.sort_unstable();
    listing.checkpoints.sort_unstable();
    Ok(listing)
}

/// The files of a checkpoint: its rows with an Add action.
fn read_checkpoint(path: &Path) -> Result<BTreeMap<String, DataFile>, String> {
    let text = |e: &dyn std::fmt::Display| e.to_string();
    let file = File::open(path).map_err(|e| text(&e))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| text(&e))?;
    let mask = ProjectionMask::columns(
        builder.parquet_schema(),
        ["add.path", "add.size", "add.stats"],
    );
    let reader = builder
        .with_projection(mask)
        .build()
        .map_err(|e| text(&e))?;
    let mut files = BTreeMap::new();
    for batch in reader {
        let batch = batch.map_err(|e| text(&e))?;
        let add: &StructArray = batch
            .column_by_name("add")
            .and_then(|c| c.as_struct_opt())
            .ok_or("no column add")?;
        let paths = add
            .column_by_name("path")
            .and_then(|c| c.as_string_opt::<i32>())
            .ok_or("no column add.path")?;
        let sizes = add
            .column_by_name("size")
            .and_then(|c| c.as_primitive_opt::<Int64Type>())
            .ok_or("no column add.size")?;
        let stats = add
            .column_by_name("stats")
            .and_then(|c| c.as_string_opt::<i32>());
        for row in 0..add.len() {
            if add.is_null(row) || paths.is_null(row) {
                continue;
            }
            let file = DataFile {
                path: paths.value(row).to_owned(),
                size: sizes.value(row),
                stats: stats
                    .filter(|s| s.is_valid(row))
                    .map(|s| s.value(row).to_owned()),
            };
            files.insert(file.path.clone(), file);
        }
    }
    Ok(files)
}
