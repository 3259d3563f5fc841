//! What a store knows of some decisions: the versions of each.
//!
//! A night brings some thousand decisions to a store of many millions, most of them new. The bloom filter on `decision_id` tells so
//! row group by row group; only where it cannot are rows looked at, and of those only the pages of the subjects in question.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray as _;
use rayon::prelude::*;

use super::error::StoreError;
use super::scan::{DataReader, Wanted, projected};
use super::snapshot::Snapshot;
use super::table::Table;
use crate::record::Lookup;

/// A version of a decision that the store knows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownVersion {
    /// `sent_at|received_on|set_digest`; the greatest of a decision is in force.
    pub version_key: String,
    /// Digest of the decision's rows: its last part.
    pub set_digest: String,
}

impl KnownVersion {
    fn of(key: &str) -> Self {
        Self {
            version_key: key.to_owned(),
            set_digest: key.rsplit_once('|').map_or(key, |(_, d)| d).to_owned(),
        }
    }
}

/// Decisions that are looked for, each with the bucket and the subject that its rows have.
pub type Sought<'a> = Lookup<&'a str, (u32, &'a str)>;

/// Versions of decisions, those of each ascending.
pub type Versions = Lookup<String, Vec<KnownVersion>>;

/// A row group is looked into when so many of its rows come to one decision that is looked for, else read.
const ROWS_A_DECISION: usize = 32;

/// A decision and the key of one of its versions.
type Pair = (String, String);

const COLUMNS: [&str; 2] = ["decision_id", "version_key"];

impl Snapshot {
    /// The versions that the store knows of each decision in some buckets. Reads three
    /// columns; memory grows with the decisions of those buckets, so a caller who knows which
    /// decisions he has in hand uses [`Snapshot::known_versions_of`].
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the table is not a record table.
    pub fn known_versions(
        &self,
        table: Table,
        buckets: &BTreeSet<u32>,
    ) -> Result<Versions, StoreError> {
        projected(table, Some(&COLUMNS), false)?;
        let wanted = in_buckets(buckets.clone());
        self.versions_in(table, &wanted, &|path| {
            pairs(&self.reader(table, path)?, &wanted, &|_| true)
        })
    }

    /// As [`Snapshot::known_versions`], for some decisions. Reads little of a large store when they are few.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::known_versions`].
    pub fn known_versions_of(
        &self,
        table: Table,
        decisions: &Sought<'_>,
    ) -> Result<Versions, StoreError> {
        projected(table, Some(&COLUMNS), false)?;
        if decisions.is_empty() {
            return Ok(Versions::default());
        }
        let mut by_bucket: BTreeMap<u32, Vec<(&str, &str)>> = BTreeMap::new();
        for (decision, (bucket, subject)) in decisions {
            by_bucket
                .entry(*bucket)
                .or_default()
                .push((decision, subject));
        }
        let everywhere = in_buckets(by_bucket.keys().copied().collect());
        let wants = |decision: &str| decisions.contains_key(decision);
        self.versions_in(table, &everywhere, &|path| {
            let reader = self.reader(table, path)?;
            if reader.rows() / ROWS_A_DECISION < decisions.len() {
                return pairs(&reader, &everywhere, &wants);
            }
            match reader.may_know(&by_bucket)? {
                None => pairs(&reader, &everywhere, &wants),
                Some(wanted) => pairs(&reader, &wanted, &wants),
            }
        })
    }

    fn reader<'p>(&self, table: Table, path: &'p Path) -> Result<DataReader<'p>, StoreError> {
        DataReader::open(table, path, &self.cache)
    }

    /// The versions in the files of a table, several files at a time.
    fn versions_in(
        &self,
        table: Table,
        wanted: &Wanted,
        of_file: &(dyn Fn(&Path) -> Result<Vec<Pair>, StoreError> + Sync),
    ) -> Result<Versions, StoreError> {
        let live = self.live(table)?;
        let files: Vec<_> = live.iter().filter(|file| file.may_hold(wanted)).collect();
        let found: Vec<Result<Vec<Pair>, StoreError>> =
            files.par_iter().map(|file| of_file(file)).collect();
        let mut known = Versions::default();
        for pairs in found {
            for (decision, key) in pairs? {
                let versions = known.entry(decision).or_default();
                versions.push(KnownVersion::of(&key));
            }
        }
        for versions in known.values_mut() {
            versions.sort();
            versions.dedup();
        }
        Ok(known)
    }
}

fn in_buckets(buckets: BTreeSet<u32>) -> Wanted {
    Wanted {
        bucket_set: Some(buckets),
        ..Wanted::default()
    }
}

/// Decision and version of each wanted row of a file, without those of the row before.
fn pairs(
    reader: &DataReader<'_>,
    wanted: &Wanted,
    wants: &dyn Fn(&str) -> bool,
) -> Result<Vec<Pair>, StoreError> {
    let mut found: Vec<Pair> = Vec::new();
    reader.scan(Some(&COLUMNS), wanted, &mut |batch| {
        let decisions = batch.column(0).as_string::<i32>();
        let versions = batch.column(1).as_string::<i32>();
        for row in 0..batch.num_rows() {
            let (decision, version) = (decisions.value(row), versions.value(row));
            let repeats = |last: &Pair| last.0 == decision && last.1 == version;
            if wants(decision) && !found.last().is_some_and(repeats) {
                found.push((decision.to_owned(), version.to_owned()));
            }
        }
        Ok(())
    })?;
    Ok(found)
}

impl DataReader<'_> {
    /// The rows of the subjects whose decisions a file may hold, by its bloom filters; `None` where it has none.
    pub(super) fn may_know(
        &self,
        by_bucket: &BTreeMap<u32, Vec<(&str, &str)>>,
    ) -> Result<Option<Wanted>, StoreError> {
        let (mut buckets, mut subjects) = (BTreeSet::new(), HashSet::new());
        for group in 0..self.metadata().num_row_groups() {
            let Some((least, greatest)) = self.buckets_of(group) else {
                return Ok(None);
            };
            if by_bucket.range(least..=greatest).next().is_none() {
                continue;
            }
            let Some(bloom) = self.bloom(group, "decision_id")? else {
                return Ok(None);
            };
            for (bucket, decisions) in by_bucket.range(least..=greatest) {
                for (decision, subject) in decisions {
                    if bloom.check(*decision) && !subjects.contains(*subject) {
                        buckets.insert(*bucket);
                        subjects.insert((*subject).to_owned());
                    }
                }
            }
        }
        Ok(Some(Wanted {
            subjects: Some(Arc::new(subjects)),
            ..in_buckets(buckets)
        }))
    }
}
