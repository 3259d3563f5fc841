//! The `runs` table: one row per complete writing command.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array as _, ArrayRef, AsArray as _, Date32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{Date32Type, Int64Type};
use arrow::error::ArrowError;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::digest::hex;
use super::table::Table;
use crate::record::Day;

/// The only status that reaches the table: its row is the last thing a run writes.
pub(super) const COMPLETE: &str = "complete";

/// What became of one input file; its counts add up (`design.md` §2.1):
/// `rows_read = accepted + duplicate + superseded + quarantined + skipped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputFile {
    /// File name without its folder.
    pub file: String,
    /// SHA-256 of its bytes; by this a file is known again.
    pub sha256: String,
    /// Digest of the standards and checks it was read under.
    pub standards_digest: String,
    /// Rows found.
    pub rows_read: u64,
    /// Rows that became records.
    pub accepted: u64,
    /// Rows whose content was known already.
    pub duplicate: u64,
    /// Rows replaced by a newer version within the input.
    pub superseded: u64,
    /// Rows with at least one error.
    pub quarantined: u64,
    /// Blank and instruction rows.
    pub skipped: u64,
    /// Why the whole file was refused, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
    /// Template version recognised, for example `C/penalty`.
    pub layout: String,
}

impl InputFile {
    /// Adds the counts of more rows of the same file.
    pub fn add(&mut self, more: &InputFile) {
        self.rows_read += more.rows_read;
        self.accepted += more.accepted;
        self.duplicate += more.duplicate;
        self.superseded += more.superseded;
        self.quarantined += more.quarantined;
        self.skipped += more.skipped;
    }
}

/// What the caller knows of a run when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDraft {
    /// `run`, `ingest`, `grade` …
    pub kind: String,
    /// The day that grades speak of.
    pub as_of: Day,
    /// The day that new records were received on, when files were read.
    pub received_on: Option<Day>,
    /// Only records received on this day or before were graded, when that was limited.
    pub known_at: Option<Day>,
    /// Digest of the rule pack.
    pub rules_digest: String,
    /// The files given.
    pub inputs: Vec<InputFile>,
}

/// A complete run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRecord {
    /// Deterministic identifier, see [`run_id`].
    pub run_id: String,
    /// 1 for the first run of a store, then counting up.
    pub seq: u64,
    /// `run`, `ingest`, `grade` …
    pub kind: String,
    /// The day that grades speak of.
    pub as_of: Day,
    /// The day that new records were received on.
    pub received_on: Option<Day>,
    /// Limit on the received date of what was graded.
    pub known_at: Option<Day>,
    /// Digest of the rule pack.
    pub rules_digest: String,
    /// Fingerprint of the pseudonym key in use.
    pub key_fingerprint: String,
    /// `complete`.
    pub status: String,
    /// The files given.
    pub inputs: Vec<InputFile>,
    /// Delta version of every table after this run, by table name; `access_log` is not among them.
    pub versions: BTreeMap<String, u64>,
    /// Digests by table name: of the whole content for tables that a run replaces, of the rows that
    /// this run added for tables that grow (absent when it added none).
    pub digests: BTreeMap<String, String>,
}

impl RunRecord {
    /// The kind of a run that removes rows; after its commit the store removes them from the disk too.
    pub const PURGE: &str = "purge";

    /// Whether the run removed rows.
    pub fn purges(&self) -> bool {
        self.kind == Self::PURGE
    }

    /// Whether the run made the result tables (`run`, `grade`, and `purge`, which grades what is left).
    pub fn grades(&self) -> bool {
        self.purges() || matches!(self.kind.as_str(), "run" | "grade")
    }
}

/// The identifier of the run after `previous`: its number and eight digits that depend on every
/// run before it, so that runs of different stores differ. The same run repeated after a kill has
/// the same identifier.
pub(super) fn run_id(seq: u64, key_fingerprint: &str, previous: Option<&RunRecord>) -> String {
    let mut hash = Sha256::new();
    hash.update(b"xinheng run 1\0");
    hash.update(seq.to_le_bytes());
    hash.update(key_fingerprint.as_bytes());
    if let Some(run) = previous {
        hash.update(b"\0");
        hash.update(run.run_id.as_bytes());
        for (table, digest) in &run.digests {
            hash.update(b"\0");
            hash.update(table.as_bytes());
            hash.update(b"\0");
            hash.update(digest.as_bytes());
        }
    }
    format!("r{seq:06}-{}", &hex(&hash.finalize())[..8])
}

/// One run as a batch of the `runs` table.
pub(super) fn to_batch(run: &RunRecord) -> Result<RecordBatch, ArrowError> {
    let json = |e: serde_json::Error| ArrowError::JsonError(e.to_string());
    let text = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value.to_owned()])) };
    let day = |value: Option<Day>| -> ArrayRef {
        Arc::new(Date32Array::from(vec![value.map(Day::epoch)]))
    };
    let seq = i64::try_from(run.seq).map_err(|e| ArrowError::CastError(e.to_string()))?;
    let columns: Vec<ArrayRef> = vec![
        text(&run.run_id),
        Arc::new(Int64Array::from(vec![seq])),
        text(&run.kind),
        day(Some(run.as_of)),
        day(run.received_on),
        text(&run.rules_digest),
        text(&run.key_fingerprint),
        text(&run.status),
        text(&serde_json::to_string(&run.inputs).map_err(json)?),
        text(&serde_json::to_string(&run.versions).map_err(json)?),
        text(&serde_json::to_string(&run.digests).map_err(json)?),
        day(run.known_at),
    ];
    RecordBatch::try_new(Table::Runs.schema(), columns)
}

/// The runs of a batch of the `runs` table, in its order. The error says what is wrong.
pub(super) fn from_batch(batch: &RecordBatch) -> Result<Vec<RunRecord>, String> {
    (0..batch.num_rows())
        .map(|row| {
            let text = |name: &str| -> Result<&str, String> {
                batch
                    .column_by_name(name)
                    .and_then(|c| c.as_string_opt::<i32>())
                    .filter(|c| c.is_valid(row))
                    .map(|c| c.value(row))
                    .ok_or_else(|| format!("column {name} is missing or empty"))
            };
            let day = |name: &str| -> Result<Option<Day>, String> {
                batch
                    .column_by_name(name)
                    .and_then(|c| c.as_primitive_opt::<Date32Type>())
                    .map(|c| c.is_valid(row).then(|| Day::from_epoch(c.value(row))))
                    .ok_or_else(|| format!("column {name} is missing"))
            };
            let seq = batch
                .column_by_name("seq")
                .and_then(|c| c.as_primitive_opt::<Int64Type>())
                .and_then(|c| u64::try_from(c.value(row)).ok())
                .ok_or("column seq is missing or negative")?;
            let json = |name: &str, e: serde_json::Error| format!("column {name}: {e}");
            Ok(RunRecord {
                run_id: text("run_id")?.to_owned(),
                seq,
                kind: text("kind")?.to_owned(),
                as_of: day("as_of")?.ok_or("column as_of is empty")?,
                received_on: day("received_on")?,
                known_at: day("known_at")?,
                rules_digest: text("rules_digest")?.to_owned(),
                key_fingerprint: text("key_fingerprint")?.to_owned(),
                status: text("status")?.to_owned(),
                inputs: serde_json::from_str(text("inputs")?).map_err(|e| json("inputs", e))?,
                versions: serde_json::from_str(text("versions")?)
                    .map_err(|e| json("versions", e))?,
                digests: serde_json::from_str(text("digests")?).map_err(|e| json("digests", e))?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> RunRecord {
        RunRecord {
            run_id: "r000007-0a1b2c3d".to_owned(),
            seq: 7,
            kind: "run".to_owned(),
            as_of: Day::from_epoch(20_780),
            received_on: Some(Day::from_epoch(20_781)),
            known_at: None,
            rules_digest: "ab".repeat(32),
            key_fingerprint: "kf".to_owned(),
            status: COMPLETE.to_owned(),
            inputs: vec![InputFile {
                file: "双公示.csv".to_owned(),
                rows_read: 3,
                accepted: 2,
                quarantined: 1,
                ..InputFile::default()
            }],
            versions: BTreeMap::from([("penalties".to_owned(), 3)]),
            digests: BTreeMap::from([("grades".to_owned(), "00".repeat(32))]),
        }
    }

    #[test]
    fn a_run_survives_the_table() {
        let run = sample();
        let batch = to_batch(&run).unwrap();
        assert_eq!(from_batch(&batch).unwrap(), [run]);
    }

    #[test]
    fn run_ids_depend_on_the_past_only() {
        let run = sample();
        assert_eq!(run_id(8, "k", Some(&run)), run_id(8, "k", Some(&run)));
        assert_ne!(run_id(8, "k", Some(&run)), run_id(8, "other", Some(&run)));
        let mut other = run.clone();
        other.digests.insert("grades".to_owned(), "11".repeat(32));
        assert_ne!(run_id(8, "k", Some(&run)), run_id(8, "k", Some(&other)));
        assert!(run_id(1, "k", None).starts_with("r000001-"));
    }
}
