//! Which rows of a record table are no longer in force, without looking at the others twice.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use arrow::array::{AsArray as _, StringArray};
use rayon::prelude::*;

use super::error::StoreError;
use super::scan::{DataReader, Wanted};
use super::snapshot::{Snapshot, of_subjects};
use super::table::Table;
use crate::record::{DEFAULT_BUCKETS, bucket_of};

/// Rows of the record tables that are looked at by one thread at a time; bounds memory (16 bytes a decision).
const ROWS_AT_A_TIME: usize = 1_500_000;

impl Snapshot {
    /// (`decision_id`, `version_key`) of the rows that a newer version replaced, each pair once and sorted; those of one
    /// subject only with `subject`. Reads two columns; few rows are superseded, so the answer is small.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the table is not a record table.
    pub fn superseded(
        &self,
        table: Table,
        subject: Option<&str>,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let looks: Vec<Wanted> = match subject {
            Some(id) => vec![of_subjects(&[id])],
            None => self
                .bucket_groups(ROWS_AT_A_TIME)?
                .into_iter()
                .map(in_buckets)
                .collect(),
        };
        let found: Vec<HashSet<String>> = looks
            .par_iter()
            .map(|wanted| self.several_versions(table, wanted))
            .collect::<Result<_, _>>()?;
        let several: HashSet<String> = found.into_iter().flatten().collect();
        if several.is_empty() {
            return Ok(Vec::new());
        }
        let buckets: BTreeSet<u32> = match subject {
            Some(id) => BTreeSet::from([bucket_of(id, DEFAULT_BUCKETS)]),
            None => (0..DEFAULT_BUCKETS).collect(),
        };
        let known = self.known_versions_where(table, &buckets, &|id| several.contains(id))?;
        let mut old: Vec<(String, String)> = Vec::new();
        for (decision, mut versions) in known {
            // They stand in ascending order; the last one is in force.
            versions.pop();
            old.extend(
                versions
                    .into_iter()
                    .map(|v| (decision.clone(), v.version_key)),
            );
        }
        old.sort();
        Ok(old)
    }

    /// Decisions that have more than one version, and by a rare chance some that have one.
    fn several_versions(
        &self,
        table: Table,
        wanted: &Wanted,
    ) -> Result<HashSet<String>, StoreError> {
        let mut first: HashMap<u64, u64, BuildHasherDefault<Same>> = HashMap::default();
        let mut several = HashSet::new();
        let live = self.live(table)?;
        for path in live.iter().filter(|file| file.may_hold(wanted)) {
            DataReader::open(table, path, &self.cache)?.scan(
                Some(&["decision_id", "version_key"]),
                wanted,
                &mut |batch| {
                    let decisions = batch.column(0).as_string::<i32>();
                    let versions = batch.column(1).as_string::<i32>();
                    for row in 0..batch.num_rows() {
                        let version = hash(versions, row);
                        match first.entry(hash(decisions, row)) {
                            Entry::Vacant(free) => {
                                free.insert(version);
                            }
                            Entry::Occupied(known) => {
                                if *known.get() != version {
                                    several.insert(decisions.value(row).to_owned());
                                }
                            }
                        }
                    }
                    Ok(())
                },
            )?;
        }
        Ok(several)
    }
}

/// A number for a text. Both columns hold digests, so no more than spreading their letters is needed; equal numbers of
/// unequal texts only cost a second look.
fn hash(texts: &StringArray, row: usize) -> u64 {
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |h: u64, word: u64| (h.rotate_left(5) ^ word).wrapping_mul(SPREAD);
    let (words, rest) = texts.value(row).as_bytes().as_chunks::<8>();
    let h = words
        .iter()
        .fold(0, |h, word| mix(h, u64::from_le_bytes(*word)));
    let h = rest.iter().fold(h, |h, byte| mix(h, u64::from(*byte)));
    h ^ (h >> 32)
}

/// Takes numbers that are hashes already.
#[derive(Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

fn in_buckets(range: Range<u32>) -> Wanted {
    Wanted {
        buckets: Some(range),
        ..Wanted::default()
    }
}
