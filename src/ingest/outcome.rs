//! What ingest needs and what it gives back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::error::ArrowError;
use rayon::prelude::*;
use thiserror::Error;

use crate::record::{
    Calendar, Citation, Day, Event, License, Penalty, PseudonymKey, RecordKind, events_batch,
    licenses_batch, penalties_batch,
};
use crate::store::{InputFile, Snapshot, Sought, StoreError, Table, Versions};

/// Finds the class of a violation.
pub trait Classify: Sync {
    /// The dotted class of a violation, `None` when nothing matches.
    fn class_of(&self, citations: &[Citation], violation_text: &str, facts: &str)
    -> Option<String>;
}

/// What the store already holds.
pub trait Known {
    /// The versions of these decisions in a record table.
    ///
    /// # Errors
    /// The store is damaged.
    fn versions(&self, table: Table, decisions: &Sought<'_>) -> Result<Versions, StoreError>;

    /// Whether any decision was ever purged.
    fn has_purged(&self) -> bool {
        false
    }

    /// Why these decisions were purged, for those that were.
    ///
    /// # Errors
    /// The store is damaged.
    fn purged(
        &self,
        _table: Table,
        _buckets: &BTreeSet<u32>,
        _decisions: &HashSet<&str>,
    ) -> Result<HashMap<String, String>, StoreError> {
        Ok(HashMap::new())
    }

    /// The day on which the file with this SHA-256 was first received, if it was read before.
    fn received_before(&self, _sha256: &str) -> Option<Day> {
        None
    }
}

/// What a store holds, asked for many pieces of a job.
#[derive(Debug)]
pub struct Stored {
    snapshot: Snapshot,
    received: BTreeMap<String, Day>,
    has_purged: bool,
}

impl Stored {
    /// # Errors
    /// The store is damaged.
    pub fn of(snapshot: Snapshot) -> Result<Stored, StoreError> {
        Ok(Stored {
            received: snapshot.first_received()?,
            has_purged: snapshot.count(Table::Tombstones)? > 0,
            snapshot,
        })
    }
}

impl Known for Stored {
    fn has_purged(&self) -> bool {
        self.has_purged
    }

    fn versions(&self, table: Table, decisions: &Sought<'_>) -> Result<Versions, StoreError> {
        self.snapshot.known_versions_of(table, decisions)
    }

    fn purged(
        &self,
        table: Table,
        buckets: &BTreeSet<u32>,
        decisions: &HashSet<&str>,
    ) -> Result<HashMap<String, String>, StoreError> {
        let mut found = HashMap::new();
        // Few buckets would be read one by one; a night touches most of them.
        let Some((first, last)) = buckets.first().zip(buckets.last()) else {
            return Ok(found);
        };
        let columns = ["decision_id", "table", "reason"];
        let rows = self.snapshot.read_buckets_columns(
            Table::Tombstones,
            *first..*last + 1,
            None,
            &columns,
        )?;
        let text = |column: usize| rows.column(column).as_string::<i32>();
        let (ids, tables, reasons) = (text(0), text(1), text(2));
        for row in (0..rows.num_rows()).filter(|row| tables.value(*row) == table.name()) {
            if decisions.contains(ids.value(row)) {
                found.insert(ids.value(row).to_owned(), reasons.value(row).to_owned());
            }
        }
        Ok(found)
    }

    fn received_before(&self, sha256: &str) -> Option<Day> {
        self.received.get(sha256).copied()
    }
}

/// An empty store.
#[derive(Clone, Copy, Debug, Default)]
pub struct NothingKnown;

impl Known for NothingKnown {
    fn versions(&self, _: Table, _: &Sought<'_>) -> Result<Versions, StoreError> {
        Ok(Versions::default())
    }
}

/// What every row is checked against.
#[derive(Clone, Copy)]
pub struct CheckContext<'a> {
    /// [`super::check::reading_digest`] of the standards in use.
    pub reading_digest: &'a str,
    /// Working days.
    pub calendar: &'a Calendar,
    /// Classes of violations.
    pub classifier: &'a dyn Classify,
    /// By which natural persons are pseudonymised.
    pub key: &'a PseudonymKey,
    /// The day the files were received; "today" of every check.
    pub received: Day,
    /// The source unit of rows that name none.
    pub source_unit: Option<&'a str>,
    /// The run, written into every row.
    pub batch_id: &'a str,
    /// Buckets of the store.
    pub buckets: u32,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// It is a record.
    Accepted,
    /// It is a record that replaces an earlier version of the same decision.
    Corrected,
    /// Its content was known already.
    Duplicate,
    /// It is kept in the log; another version of the decision is in force.
    Superseded,
    /// It has an error.
    Quarantined,
}

/// One row after everything, as quality figures need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedRow {
    /// File name.
    pub file: Arc<str>,
    /// SHA-256 of the file's bytes.
    pub file_sha256: Arc<str>,
    /// Sheet name, "" for text files.
    pub sheet: Arc<str>,
    /// Row of the sheet.
    pub row_no: u32,
    /// What the row reports.
    pub kind: RecordKind,
    /// 数据来源单位, else the deciding organ.
    pub source_unit: String,
    /// The day on which the file was first received.
    pub received_on: Day,
    /// The decision (or event) day, when it can be read.
    pub decided_on: Option<Day>,
    /// What became of it.
    pub disposition: Disposition,
    /// Whether it was late; `None` when that cannot be said or is not asked.
    pub late: Option<bool>,
    /// The codes of its findings, in the order in which they were found.
    pub codes: Vec<&'static str>,
    /// Whether a finding is a warning.
    pub warned: bool,
    /// Cells that the layout requires of this row.
    pub required_cells: u32,
    /// Those of them that are filled.
    pub complete_cells: u32,
}

/// Everything that a set of files gives. A record of 700 bytes stays where it was made until it is a row of a batch.
#[derive(Debug)]
pub struct IngestOutcome {
    /// New versions of penalties, in the order (bucket, subject, decision day, record, version).
    pub penalties: Vec<Box<Penalty>>,
    /// New versions of licenses, in the same order.
    pub licenses: Vec<Box<License>>,
    /// New events, in the same order.
    pub events: Vec<Box<Event>>,
    /// One row per finding.
    pub quarantine: RecordBatch,
    /// Every row that was read, in the order of files and rows.
    pub checked: Vec<CheckedRow>,
    /// Counts per file, refused files included.
    pub files: Vec<InputFile>,
}

impl IngestOutcome {
    /// Takes the records out as rows of their tables.
    ///
    /// # Errors
    /// The columns disagree with the schema (a bug of ours).
    pub fn take_records(&mut self) -> Result<[(Table, RecordBatch); 3], ArrowError> {
        let penalties = std::mem::take(&mut self.penalties);
        let licenses = std::mem::take(&mut self.licenses);
        let events = std::mem::take(&mut self.events);
        let batches = [
            (Table::Penalties, penalties_batch(&penalties)?),
            (Table::Licenses, licenses_batch(&licenses)?),
            (Table::Events, events_batch(&events)?),
        ];
        // Freeing many small texts takes time that every thread can share.
        penalties.into_par_iter().for_each(drop);
        licenses.into_par_iter().for_each(drop);
        events.into_par_iter().for_each(drop);
        Ok(batches)
    }
}

/// Why ingest cannot go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IngestError {
    /// Rows were lost or counted twice: a bug of ours.
    #[error("reconcile {file}: {rows_read} rows read, {accounted} accounted for")]
    Reconciliation {
        /// File name.
        file: String,
        /// Rows read.
        rows_read: u64,
        /// Rows with a disposition, and skipped rows.
        accounted: u64,
    },
    /// The store cannot be read.
    #[error("read what the store knows: {0}")]
    Store(#[from] StoreError),
    /// Rows of large files cannot wait on the disk.
    #[error(
        "keep the rows of large files in {}: {source}; make room there, or name another folder for temporary files in TMPDIR, and run the same command again",
        std::env::temp_dir().display()
    )]
    Waiting {
        /// What the disk said.
        #[from]
        source: std::io::Error,
    },
    /// Columns disagree with a schema: a bug of ours.
    #[error("build a batch: {0}")]
    Batch(#[from] ArrowError),
}

impl Classify for super::classify::Classifier {
    fn class_of(
        &self,
        citations: &[Citation],
        violation_text: &str,
        facts: &str,
    ) -> Option<String> {
        super::classify::Classifier::class_of(self, citations, violation_text, facts)
            .map(str::to_owned)
    }
}
