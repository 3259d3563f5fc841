//! One run: stage rows as data files, then make them visible all at once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use rayon::prelude::*;

use super::delta::{self, Actions, Change, DataFile, Version, folder};
use super::digest::{TableDigest, table_digest};
use super::error::StoreError;
use super::lock::WriterLock;
use super::lookup::Named;
use super::ready::{Ready, misfit};
use super::runs::{COMPLETE, RunDraft, RunRecord, run_id, to_batch};
use super::scan::together;
use super::snapshot::{Snapshot, versions_of};
use super::table::Table;
use super::{archive, compact, data_file, erase, fault};

/// Rows of a table collected in memory before a data file is written.
const FILE_ROWS: usize = 1_000_000;
/// Bytes of such rows at most, before they are laid side by side and sorted.
const FILE_BYTES: usize = 96 << 20;
/// Rows of so many bytes are written without those of other tables beside them.
const MANY_BYTES: usize = 8 << 20;
/// Files of `runs` from which the next run writes all of them as one.
const RUNS_FILES: usize = 16;

/// Rows of one table that this run has written so far.
struct Staged {
    replace: bool,
    files: Vec<DataFile>,
    rewritten: Vec<DataFile>,
    joined: Vec<DataFile>,
    /// Files of the snapshot that hold rows to be purged.
    erased: Vec<DataFile>,
    /// What stays of them.
    kept: Vec<DataFile>,
    pending: Vec<RecordBatch>,
    pending_rows: usize,
    pending_bytes: usize,
    digest: TableDigest,
}

impl Staged {
    /// Writes the rows that are still in memory.
    fn flush(&mut self, root: &Path, table: Table, seq: u64) -> Result<(), StoreError> {
        let part = self.files.len() + self.kept.len();
        let file = data_file::write_in_order(root, table, seq, part, &self.pending)?;
        self.pending.clear();
        self.pending_rows = 0;
        self.pending_bytes = 0;
        self.files.push(file);
        Ok(())
    }
}

/// The one writer of a store; holds its lock until dropped.
///
/// Nothing that it stages is visible to others before [`Writer::commit`] has written the run's row
/// in `runs`. A writer dropped without a commit leaves the store as it was.
pub struct Writer {
    root: PathBuf,
    snapshot: Snapshot,
    base: BTreeMap<Table, Version>,
    staged: BTreeMap<Table, Staged>,
    seq: u64,
    run_id: String,
    key_fingerprint: String,
    committing: bool,
    leave_small_files: bool,
    _lock: WriterLock,
}

impl Writer {
    pub(super) fn new(
        snapshot: Snapshot,
        base: BTreeMap<Table, Version>,
        key_fingerprint: &str,
        lock: WriterLock,
    ) -> Self {
        let seq = snapshot.last_run().map_or(0, |r| r.seq) + 1;
        Self {
            root: snapshot.root().to_owned(),
            run_id: run_id(seq, key_fingerprint, snapshot.last_run()),
            snapshot,
            base,
            staged: BTreeMap::new(),
            seq,
            key_fingerprint: key_fingerprint.to_owned(),
            committing: false,
            leave_small_files: false,
            _lock: lock,
        }
    }

    /// The store as the newest complete run left it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The same, for a reader that lives beside the writer.
    pub fn before(&self) -> Snapshot {
        self.snapshot.with_files(BTreeMap::new())
    }

    /// The store as it will be after the commit: the snapshot with everything staged so far.
    ///
    /// # Errors
    ///
    /// Rows collected in memory cannot be written.
    pub fn view(&mut self) -> Result<Snapshot, StoreError> {
        self.flush_all()?;
        let mut changed = BTreeMap::new();
        for (&table, staged) in &self.staged {
            let mut names: Vec<&str> = staged.files.iter().map(|f| f.path.as_str()).collect();
            if !staged.replace {
                let stays = |f: &&DataFile| staged.erased.iter().all(|e| e.path != f.path);
                let base = self.base_files(table).iter().filter(stays);
                names.extend(base.chain(&staged.kept).map(|f| f.path.as_str()));
            }
            names.sort_unstable();
            let folder = folder(&self.root, table);
            changed.insert(table, names.iter().map(|n| folder.join(n)).collect());
        }
        Ok(self.snapshot.with_files(changed))
    }

    /// Whether this run leaves small data files as they are instead of joining them, see [`compact`].
    pub fn leave_small_files(&mut self, leave: bool) {
        self.leave_small_files = leave;
    }

    /// Number of this run, 1 for the first of a store.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Identifier of this run and of its batch: `run_id` and `batch_id` of the rows it writes.
    pub fn run_id(&self) -> &str {
        &self.run_id
    }

    /// Adds rows to a table. Rows of a record table are sorted and written at once, one file a
    /// call; rows of other tables are collected into larger files.
    ///
    /// # Errors
    ///
    /// The batch does not have the table's schema, or the disk refuses.
    pub fn append(&mut self, table: Table, batch: RecordBatch) -> Result<(), StoreError> {
        self.append_ready(Ready::of(table, batch)?)
    }

    /// As [`Writer::append`], with rows that another thread has made ready.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn append_ready(&mut self, rows: Ready) -> Result<(), StoreError> {
        self.stage(rows, false)
    }

    /// Adds rows to a table as one data file. Pieces that follow one another in the order of the table are not laid side by side.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn append_file(&mut self, table: Table, pieces: Vec<Ready>) -> Result<(), StoreError> {
        self.append_files(vec![(table, pieces)])
    }

    /// Adds rows to some tables as one data file each, written side by side.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn append_files(&mut self, files: Vec<(Table, Vec<Ready>)>) -> Result<(), StoreError> {
        let tables: Vec<Table> = files.iter().map(|(table, _)| *table).collect();
        for (table, pieces) in files {
            self.staged_of(table);
            for piece in pieces {
                self.hold(piece, false);
            }
        }
        self.flush(&tables)
    }

    /// Replaces the whole table by these rows. Several calls in one run add up: the table's old
    /// rows go, the rows of all calls come. Give bucketed tables in the order of their buckets.
    ///
    /// # Errors
    ///
    /// As [`Writer::append`].
    pub fn replace(&mut self, table: Table, batch: RecordBatch) -> Result<(), StoreError> {
        self.replace_ready(Ready::of(table, batch)?)
    }

    /// As [`Writer::replace`], with rows that another thread has made ready.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub fn replace_ready(&mut self, rows: Ready) -> Result<(), StoreError> {
        self.stage(rows, true)
    }

    /// Replaces the rows of some schemes; the rows of all others stay (`grade --scheme`).
    ///
    /// # Errors
    ///
    /// The disk refuses; the table has no column `scheme`; the rows that stay cannot be read.
    pub fn replace_where_scheme(
        &mut self,
        schemes: &BTreeSet<String>,
        rows: Ready,
    ) -> Result<(), StoreError> {
        let table = rows.table;
        let first = !self.staged.contains_key(&table);
        self.stage(rows, true)?;
        if !first {
            return Ok(());
        }
        let before = self.before();
        before.stream(table, None, &mut |batch| {
            let names = batch
                .column_by_name("scheme")
                .and_then(|c| c.as_string_opt::<i32>())
                .ok_or_else(|| StoreError::Schema {
                    table: table.name(),
                    reason: "there is no text column scheme".to_owned(),
                })?;
            let keep: BooleanArray = (0..names.len())
                .map(|row| Some(!schemes.contains(names.value(row))))
                .collect();
            let stay = filter_record_batch(&batch, &keep).map_err(|e| misfit(table, &e))?;
            self.stage(Ready::of(table, stay)?, true)
        })
    }

    /// Removes rows of a table that grows: every data file with a row that `goes` names is rewritten without it.
    /// `columns` are those by which it names them.
    /// For purges only: after the commit of a run of kind [`RunRecord::PURGE`] the old files go from the disk too.
    /// Gives the number of rows removed. Call it before anything else is staged for the table.
    ///
    /// # Errors
    ///
    /// A file is damaged, the disk refuses, or `goes` fails.
    pub fn erase(
        &mut self,
        table: Table,
        columns: &[&str],
        goes: Named<'_>,
    ) -> Result<usize, StoreError> {
        let mut removed = 0;
        let touched = self.snapshot.files_with(table, columns, goes)?;
        let folder = folder(&self.root, table);
        for file in self.base_files(table).to_vec() {
            if !touched.contains(&folder.join(&file.path)) {
                continue;
            }
            let rows = compact::read(&self.root, table, std::slice::from_ref(&file))?;
            let rows = together(table, &rows)?;
            let goes = goes(&rows)?;
            if goes.true_count() == 0 {
                continue;
            }
            removed += goes.true_count();
            let stays: BooleanArray = goes.iter().map(|g| Some(g != Some(true))).collect();
            let stays = filter_record_batch(&rows, &stays).map_err(|e| misfit(table, &e))?;
            let (root, seq) = (self.root.clone(), self.seq);
            let staged = self.staged_of(table);
            staged.erased.push(file);
            if stays.num_rows() > 0 {
                let part = staged.files.len() + staged.kept.len();
                let file = data_file::write(&root, table, seq, part, &[stays])?;
                self.staged_of(table).kept.push(file);
            }
        }
        Ok(removed)
    }

    /// Keeps the rule pack under its digest, so that this night can be graded again.
    ///
    /// # Errors
    ///
    /// The text is not a digest, or the disk refuses.
    pub fn archive_rules(
        &mut self,
        digest: &str,
        files: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        archive::put(&self.root, digest, files)?;
        fault::point("rules", "");
        Ok(())
    }

    /// Makes everything staged visible: writes what is still in memory, commits table by table, and
    /// last the run's row with every table's version and digest.
    ///
    /// # Errors
    ///
    /// The disk refuses, or another program wrote to a table's log. The store then still shows the
    /// previous run, and the next writer undoes the part that was committed.
    pub fn commit(mut self, run: RunDraft) -> Result<RunRecord, StoreError> {
        self.flush_all()?;
        let tables: Vec<Table> = self.staged.keys().copied().collect();
        for table in tables {
            self.compact(table)?;
        }
        fault::point("staged", "");

        self.committing = true;
        let note = BTreeMap::from([("xinheng.run_id".to_owned(), self.run_id.clone())]);
        let mut versions: BTreeMap<String, u64> = BTreeMap::new();
        let mut digests: BTreeMap<String, String> = BTreeMap::new();
        for table in Table::of_a_run() {
            let number = match self.staged.get(&table) {
                Some(staged) => self.commit_table(table, staged, &note)?,
                None => self.base.get(&table).map_or(0, |v| v.number),
            };
            versions.insert(table.name().to_owned(), number);
            if let Some(digest) = self.digest_of(table)? {
                digests.insert(table.name().to_owned(), digest);
            }
        }
        fault::point("before-runs", "");

        let runs = self.base.get(&Table::Runs).cloned().unwrap_or_default();
        versions.insert(Table::Runs.name().to_owned(), runs.number + 1);
        let record = RunRecord {
            run_id: self.run_id.clone(),
            seq: self.seq,
            kind: run.kind,
            as_of: run.as_of,
            received_on: run.received_on,
            known_at: run.known_at,
            rules_digest: run.rules_digest,
            key_fingerprint: self.key_fingerprint.clone(),
            status: COMPLETE.to_owned(),
            inputs: run.inputs,
            versions,
            digests,
        };
        self.commit_runs(&runs, &record, &note)?;
        fault::point("after-runs", "");
        if record.purges() {
            erase::forget(&self.root, &versions_of(&record))?;
        }
        Ok(record)
    }

    fn commit_table(
        &self,
        table: Table,
        staged: &Staged,
        note: &BTreeMap<String, String>,
    ) -> Result<u64, StoreError> {
        let base = self.base.get(&table).cloned().unwrap_or_default();
        let mut actions = Actions {
            add: staged.files.clone(),
            ..Actions::default()
        };
        let change = if staged.replace {
            actions.remove = base.files;
            Change::Overwrite
        } else {
            actions.add.extend(staged.kept.iter().cloned());
            actions.remove.clone_from(&staged.erased);
            actions.rewritten.clone_from(&staged.rewritten);
            actions.joined.clone_from(&staged.joined);
            Change::Append
        };
        if actions.is_empty() {
            return Ok(base.number);
        }
        let number = delta::commit(&self.root, table, base.number, &actions, change, note)?;
        fault::point("commit", table.name());
        Ok(number)
    }

    /// Joins small files of a table that this run adds to, see [`compact`].
    fn compact(&mut self, table: Table) -> Result<(), StoreError> {
        let Some(staged) = self.staged.get_mut(&table) else {
            return Ok(());
        };
        let base = self.base.get(&table).map_or(&[][..], |v| &v.files);
        if self.leave_small_files
            || staged.replace
            || staged.files.is_empty()
            || !staged.erased.is_empty()
        {
            return Ok(());
        }
        for group in compact::groups(base) {
            let part = staged.files.len() + staged.rewritten.len();
            let rows = compact::read(&self.root, table, &group)?;
            let file = data_file::write(&self.root, table, self.seq, part, &rows)?;
            staged.rewritten.push(file);
            staged.joined.extend(group);
        }
        Ok(())
    }

    /// Writes the run's row; joins the files of `runs` when they have become many.
    fn commit_runs(
        &self,
        runs: &Version,
        record: &RunRecord,
        note: &BTreeMap<String, String>,
    ) -> Result<(), StoreError> {
        let mut rows = to_batch(record).map_err(|e| misfit(Table::Runs, &e))?;
        let mut actions = Actions::default();
        if runs.files.len() >= RUNS_FILES {
            let old = self.snapshot.read(Table::Runs)?;
            rows = concat_batches(&Table::Runs.schema(), [&old, &rows])
                .map_err(|e| misfit(Table::Runs, &e))?;
            actions.remove.clone_from(&runs.files);
        }
        actions.add = vec![data_file::write(
            &self.root,
            Table::Runs,
            self.seq,
            0,
            &[rows],
        )?];
        delta::commit(
            &self.root,
            Table::Runs,
            runs.number,
            &actions,
            Change::Append,
            note,
        )?;
        Ok(())
    }

    /// What the run's row says of a table: see [`RunRecord::digests`].
    fn digest_of(&mut self, table: Table) -> Result<Option<String>, StoreError> {
        if let Some(staged) = self.staged.get_mut(&table) {
            let digest = std::mem::replace(&mut staged.digest, TableDigest::new(&table.schema()));
            let failed = StoreError::io("digest", &self.root);
            return (staged.replace || digest.rows() > 0)
                .then(|| digest.finish())
                .transpose()
                .map_err(failed);
        }
        if table.grows() {
            return Ok(None);
        }
        let before = self
            .snapshot
            .last_run()
            .and_then(|r| r.digests.get(table.name()).cloned());
        Ok(Some(before.unwrap_or_else(|| {
            table_digest(&RecordBatch::new_empty(table.schema()))
        })))
    }

    fn stage(&mut self, rows: Ready, replace: bool) -> Result<(), StoreError> {
        let table = rows.table;
        self.hold(rows, replace);
        let full = self.staged.get(&table).is_some_and(|staged| {
            staged.pending_rows >= FILE_ROWS || staged.pending_bytes >= FILE_BYTES
        });
        if table.is_record_log() || full {
            self.flush(&[table])?;
        }
        Ok(())
    }

    /// Keeps rows in memory until they are written.
    fn hold(&mut self, rows: Ready, replace: bool) {
        let staged = self.staged_of(rows.table);
        staged.replace |= replace;
        if rows.num_rows() == 0 {
            return;
        }
        staged.digest.add(&rows.digests);
        staged.pending_rows += rows.num_rows();
        staged.pending_bytes += rows.batch.get_array_memory_size();
        staged.pending.push(rows.batch);
    }

    fn staged_of(&mut self, table: Table) -> &mut Staged {
        self.staged.entry(table).or_insert_with(|| Staged {
            replace: false,
            files: Vec::new(),
            rewritten: Vec::new(),
            joined: Vec::new(),
            erased: Vec::new(),
            kept: Vec::new(),
            pending: Vec::new(),
            pending_rows: 0,
            pending_bytes: 0,
            digest: TableDigest::new(&table.schema()).spilling_to(&self.root),
        })
    }

    /// Writes all rows that are still in memory.
    fn flush_all(&mut self) -> Result<(), StoreError> {
        let tables: Vec<Table> = self.staged.keys().copied().collect();
        self.flush(&tables)
    }

    /// Writes the rows of some tables that are still in memory, side by side where they are few: every thread is at work on the
    /// columns of many, and encoding takes memory.
    fn flush(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        let (root, seq) = (&self.root, self.seq);
        let (many, few): (Vec<_>, Vec<_>) = (self.staged.iter_mut())
            .filter(|(table, staged)| tables.contains(table) && !staged.pending.is_empty())
            .map(|(table, staged)| (*table, staged))
            .partition(|(_, staged)| staged.pending_bytes > MANY_BYTES);
        for (table, staged) in many {
            staged.flush(root, table, seq)?;
        }
        let written: Vec<Result<(), StoreError>> = few
            .into_par_iter()
            .map(|(table, staged)| staged.flush(root, table, seq))
            .collect();
        written.into_iter().collect()
    }

    fn base_files(&self, table: Table) -> &[DataFile] {
        self.base.get(&table).map_or(&[], |v| v.files.as_slice())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.committing {
            return;
        }
        // Nothing refers to these files. One that stays is removed by the next writer.
        for (table, staged) in &self.staged {
            let own = staged.files.iter().chain(&staged.rewritten);
            for file in own.chain(&staged.kept) {
                let _ = std::fs::remove_file(folder(&self.root, *table).join(&file.path));
            }
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer")
            .field("root", &self.root)
            .field("run_id", &self.run_id)
            .finish_non_exhaustive()
    }
}
