//! What a reader sees: every table at the version that one run names.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::RecordBatch;
use rayon::prelude::*;

use super::check::{Content, digest_of_file};
use super::data_file::{blocks, seq_of_name};
use super::delta::{self, folder};
use super::digest::TableDigest;
use super::error::StoreError;
use super::live::LiveFile;
use super::recover::names_in;
use super::runs::{RunRecord, from_batch};
use super::scan::{DataReader, Wanted};
use super::seal;
use super::source::{Cache, damaged, gone};
use super::table::Table;
use super::{archive, lock, log};
use crate::record::{DEFAULT_BUCKETS, bucket_of};

/// Live files of one table, found when first asked for.
type LazyFiles = OnceLock<Arc<Vec<LiveFile>>>;

/// Every table as of one run; does not change while writers work.
///
/// Cheap to make: a table's log is read when the table is first used.
#[derive(Debug)]
pub struct Snapshot {
    root: PathBuf,
    run: Option<RunRecord>,
    /// Version of each table; none for a table without any rows.
    versions: BTreeMap<Table, u64>,
    files: BTreeMap<Table, LazyFiles>,
    pub(super) cache: Arc<Cache>,
}

impl Snapshot {
    pub(super) fn new(root: &Path, run: Option<RunRecord>, versions: BTreeMap<Table, u64>) -> Self {
        Self {
            root: root.to_owned(),
            run,
            versions,
            files: Table::ALL
                .into_iter()
                .map(|t| (t, LazyFiles::new()))
                .collect(),
            cache: Arc::default(),
        }
    }

    /// A snapshot of the same run with other files for some tables; shares the opened files.
    pub(super) fn with_files(&self, changed: BTreeMap<Table, Vec<PathBuf>>) -> Self {
        let mut files = self.files.clone();
        for (table, paths) in changed {
            let live = paths.into_iter().map(|path| LiveFile::new(path, None));
            files.insert(table, OnceLock::from(Arc::new(live.collect())));
        }
        Self {
            root: self.root.clone(),
            run: self.run.clone(),
            versions: self.versions.clone(),
            files,
            cache: Arc::clone(&self.cache),
        }
    }

    /// The store's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The run whose state this is; `None` in a store that has no complete run.
    pub fn last_run(&self) -> Option<&RunRecord> {
        self.run.as_ref()
    }

    /// The Delta version of a table in this snapshot; `None` when the run names none.
    pub fn version(&self, table: Table) -> Option<u64> {
        self.versions.get(&table).copied()
    }

    /// Every complete run up to this snapshot's, oldest first.
    ///
    /// # Errors
    ///
    /// The `runs` table is damaged.
    pub fn runs(&self) -> Result<Vec<RunRecord>, StoreError> {
        let mut runs = read_runs(self, &self.files(Table::Runs)?)?;
        let newest = self.run.as_ref().map_or(0, |r| r.seq);
        runs.retain(|r| r.seq <= newest);
        Ok(runs)
    }

    /// The state that an older run left, as far as its versions still exist.
    ///
    /// # Errors
    ///
    /// There is no such run, or files that its result tables used were removed since
    /// ([`StoreError::Vacuumed`]).
    pub fn at_run(&self, seq: u64) -> Result<Snapshot, StoreError> {
        let newest = self.run.as_ref().map_or(0, |r| r.seq);
        let run = self
            .runs()?
            .into_iter()
            .find(|r| r.seq == seq)
            .ok_or(StoreError::UnknownRun { seq, newest })?;
        let versions = versions_of(&run);
        // Most files are the same, and what a name stands for never changes.
        let old = Snapshot {
            cache: Arc::clone(&self.cache),
            ..Snapshot::new(&self.root, Some(run), versions)
        };
        for table in Table::of_a_run() {
            for path in old.files(table)? {
                if !delta::is_file(&path)? {
                    return Err(StoreError::Vacuumed {
                        seq,
                        table: table.name(),
                    });
                }
            }
        }
        Ok(old)
    }

    /// Live Parquet files of a table, as absolute paths in the order of their runs.
    ///
    /// # Errors
    ///
    /// The table's log is damaged.
    pub fn files(&self, table: Table) -> Result<Vec<PathBuf>, StoreError> {
        Ok(self.live(table)?.iter().map(|f| f.to_path_buf()).collect())
    }

    /// Whether the files of a table are all there still: another program may take them away while they are read, a purge for one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] with the first file that is missing; a folder cannot be looked at.
    pub fn still_there(&self, table: Table) -> Result<(), StoreError> {
        for path in self.live(table)?.iter() {
            let path: &Path = path;
            std::fs::metadata(path).map_err(|e| gone(table, path, e))?;
        }
        Ok(())
    }

    pub(super) fn live(&self, table: Table) -> Result<Arc<Vec<LiveFile>>, StoreError> {
        let cell = self.files.get(&table);
        if let Some(files) = cell.and_then(OnceLock::get) {
            return Ok(Arc::clone(files));
        }
        // `access_log` is written outside runs: its newest version counts.
        let version = match table {
            Table::AccessLog => delta::exists(&self.root, table)?.then_some(None),
            _ => self.version(table).map(Some),
        };
        let paths: Vec<LiveFile> = match version {
            None => Vec::new(),
            Some(version) => {
                let folder = folder(&self.root, table);
                log::load(&self.root, table, version)?
                    .files
                    .into_iter()
                    .map(|f| LiveFile::new(folder.join(&f.path), f.stats.as_deref()))
                    .collect()
            }
        };
        let paths = Arc::new(paths);
        // Two threads may both have read the log; they found the same.
        if let Some(cell) = cell {
            let _ = cell.set(Arc::clone(&paths));
        }
        Ok(paths)
    }

    /// Number of rows of a table (of the log, for a record table).
    ///
    /// # Errors
    ///
    /// A log or a file is damaged.
    pub fn count(&self, table: Table) -> Result<usize, StoreError> {
        self.live(table)?
            .iter()
            .map(|path| Ok(DataReader::open(table, path, &self.cache)?.rows()))
            .sum()
    }

    /// A whole table as one batch: every version of every record, in file order. For small tables;
    /// read record tables of any size with [`Snapshot::read_buckets`].
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the rows do not fit one batch (2 GiB of text in a column).
    pub fn read(&self, table: Table) -> Result<RecordBatch, StoreError> {
        self.collect(table, None, &Wanted::default())
    }

    /// Some columns of a whole table, in the order asked for.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read`], or there is no such column.
    pub fn read_columns(&self, table: Table, columns: &[&str]) -> Result<RecordBatch, StoreError> {
        self.collect(table, Some(columns), &Wanted::default())
    }

    /// Calls `each` with one batch after another of a whole table (or some of its columns), so that
    /// memory stays flat.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged, or `each` fails.
    pub fn stream(
        &self,
        table: Table,
        columns: Option<&[&str]>,
        each: &mut dyn FnMut(RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for path in self.live(table)?.iter() {
            DataReader::open(table, path, &self.cache)?.scan(columns, &Wanted::default(), each)?;
        }
        Ok(())
    }

    /// Consecutive buckets in groups of at most `max_rows` rows over the three record tables
    /// together (rows of the log), cut where row groups are. A bucket with more rows stands alone. The
    /// groups cover every bucket from 0, also empty ones.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged.
    pub fn bucket_groups(&self, max_rows: usize) -> Result<Vec<Range<u32>>, StoreError> {
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for table in Table::RECORDS.into_iter().chain([Table::Subjects]) {
            for path in self.live(table)?.iter() {
                let reader = DataReader::open(table, path, &self.cache)?;
                if table == Table::Subjects {
                    // Subjects count for the range of buckets, not for the size of a group.
                    let mut subjects = HashMap::new();
                    reader.count_buckets(&mut subjects)?;
                    for bucket in subjects.into_keys() {
                        counts.entry(bucket).or_default();
                    }
                } else {
                    reader.count_buckets(&mut counts)?;
                }
            }
        }
        let end = counts
            .keys()
            .max()
            .map_or(DEFAULT_BUCKETS, |b| (b + 1).max(DEFAULT_BUCKETS));
        let rows: Vec<usize> = (0..end)
            .map(|bucket| counts.get(&bucket).copied().unwrap_or(0))
            .collect();
        let mut groups: Vec<Range<u32>> = Vec::new();
        let mut held = 0;
        for block in blocks(&rows, max_rows) {
            let more: usize = rows[block.clone()].iter().sum();
            let end = u32::try_from(block.end).unwrap_or(end);
            match groups.last_mut() {
                Some(last) if held + more <= max_rows => {
                    last.end = end;
                    held += more;
                }
                last => {
                    let start = last.map_or(0, |last| last.end);
                    groups.push(start..end);
                    held = more;
                }
            }
        }
        Ok(groups)
    }

    /// The digest of a whole table, streamed.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged.
    pub fn digest(&self, table: Table) -> Result<String, StoreError> {
        let mut digest = TableDigest::new(&table.schema());
        self.stream(table, None, &mut |batch| {
            digest.push(&batch);
            Ok(())
        })?;
        digest
            .finish()
            .map_err(StoreError::io("digest", &self.root))
    }

    /// Reads every file of every table of this snapshot through and compares it with the digest in
    /// its name; what differs, in the order of the tables. Nothing else of
    /// the store is read, so one damaged file hides no other.
    pub fn damages(&self) -> Vec<StoreError> {
        let mut found = Vec::new();
        for table in Table::ALL {
            let log = seal::damages(&self.root, table, self.version(table));
            let seen = !log.is_empty();
            found.extend(log);
            let files = match self.live(table) {
                Ok(files) => files,
                Err(_) if seen => continue,
                Err(error) => {
                    found.push(error);
                    continue;
                }
            };
            for path in files.iter() {
                match digest_of_file(path) {
                    Ok(Content::Right | Content::Unknown) => {}
                    Ok(Content::Altered) => found.push(damaged(
                        table,
                        path,
                        &"its bytes do not have the digest that its name carries",
                    )),
                    Err(e) => found.push(gone(table, path, e)),
                }
            }
        }
        found
    }

    /// The same of the data files that only earlier runs use, which are kept for a while; how many there are, and what differs.
    ///
    /// # Errors
    ///
    /// A folder of the store cannot be read.
    pub fn damages_of_earlier(&self) -> Result<(usize, Vec<StoreError>), StoreError> {
        let newest = self.last_run().map_or(0, |run| run.seq);
        let mut earlier: Vec<(Table, PathBuf)> = Vec::new();
        for table in Table::ALL {
            // A log that cannot be read is named with the files of this state.
            let Ok(live) = self.live(table) else {
                continue;
            };
            let folder = folder(&self.root, table);
            let names = names_in(&folder)?.into_iter();
            let names = names.filter(|name| seq_of_name(name).is_some_and(|seq| seq <= newest));
            let paths = names.map(|name| folder.join(name));
            let others = paths.filter(|path| live.iter().all(|file| **file != **path));
            earlier.extend(others.map(|path| (table, path)));
        }
        let found = earlier.par_iter().filter_map(|(table, path)| {
            let why =
                "its bytes do not have the digest that its name carries; only earlier runs use it";
            match digest_of_file(path) {
                Ok(Content::Right | Content::Unknown) => None,
                Ok(Content::Altered) => Some(damaged(*table, path, &why)),
                Err(e) => Some(gone(*table, path, e)),
            }
        });
        let found = found.collect();
        Ok((earlier.len(), found))
    }

    /// The rule pack archived under a digest.
    ///
    /// # Errors
    ///
    /// The text is not a digest, or the archived file is damaged.
    pub fn rule_pack(&self, digest: &str) -> Result<Option<BTreeMap<String, String>>, StoreError> {
        archive::get(&self.root, digest)
    }
}

pub(super) fn of_subjects(subjects: &[&str]) -> Wanted {
    Wanted {
        bucket_set: Some(
            subjects
                .iter()
                .map(|s| bucket_of(s, DEFAULT_BUCKETS))
                .collect(),
        ),
        subjects: Some(Arc::new(subjects.iter().map(|s| (*s).to_owned()).collect())),
        ..Wanted::default()
    }
}

pub(super) fn bucket_range(buckets: Range<u32>) -> Wanted {
    Wanted {
        buckets: Some(buckets),
        ..Wanted::default()
    }
}

/// The versions that a run names, by table.
pub(super) fn versions_of(run: &RunRecord) -> BTreeMap<Table, u64> {
    run.versions
        .iter()
        .filter_map(|(name, version)| Some((Table::from_name(name)?, *version)))
        .collect()
}

/// The runs of some files of the `runs` table, oldest first.
fn read_runs(snapshot: &Snapshot, files: &[PathBuf]) -> Result<Vec<RunRecord>, StoreError> {
    let mut runs = Vec::new();
    for path in files {
        DataReader::open(Table::Runs, path, &snapshot.cache)?.scan(
            None,
            &Wanted::default(),
            &mut |batch| {
                runs.extend(from_batch(&batch).map_err(|reason| StoreError::Damaged {
                    table: Table::Runs.name(),
                    file: path.clone(),
                    reason,
                })?);
                Ok(())
            },
        )?;
    }
    runs.sort_by_key(|r: &RunRecord| r.seq);
    Ok(runs)
}

/// The newest complete run of a store; `None` when there is none.
///
/// # Errors
///
/// The `runs` table is damaged.
pub(super) fn newest_run(root: &Path) -> Result<Option<RunRecord>, StoreError> {
    let version = match super::recover::torn_tail(root, Table::Runs) {
        // A power cut left a last entry without content: that run was never complete.
        Some((torn, _)) if torn > 0 => log::load(root, Table::Runs, Some(torn - 1))?,
        _ => log::load(root, Table::Runs, None)?,
    };
    // A file's name begins with the number of the run that wrote it, so the last file holds the
    // newest run; older ones need not be opened.
    let Some(newest) = version.files.last() else {
        return Ok(None);
    };
    let path = folder(root, Table::Runs).join(&newest.path);
    let bare = Snapshot::new(root, None, BTreeMap::new());
    let runs = read_runs(&bare, std::slice::from_ref(&path))?;
    match runs.into_iter().next_back() {
        Some(mut run) => {
            run.versions
                .insert(Table::Runs.name().to_owned(), version.number);
            Ok(Some(run))
        }
        None => Err(StoreError::Damaged {
            table: Table::Runs.name(),
            file: path,
            reason: "it holds no run".to_owned(),
        }),
    }
}

/// Whether a folder holds a store, complete or not.
///
/// # Errors
///
/// The operating system does not say.
pub(super) fn is_store(root: &Path) -> Result<bool, StoreError> {
    Ok(delta::is_file(&root.join(lock::LOCK_FILE))? || delta::exists(root, Table::Runs)?)
}
