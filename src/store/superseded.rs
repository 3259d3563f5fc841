//! Which rows of a record table are no longer in force, without looking at the others twice.
//!
//! A file names the rows that it supersedes itself. Beyond that a decision can have versions in two files only: where few rows
//! came late, bloom filters tell which subjects have one, and else the decisions of some buckets are laid side by side.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;
use std::path::Path;

use arrow::array::{AsArray as _, StringArray};
use arrow::datatypes::Int64Type;
use rayon::prelude::*;

use super::data_file::superseded_rows;
use super::error::StoreError;
use super::overlay::{BASE_ROWS, decisions, read, rows_in, split};
use super::scan::{DataReader, ROW_NUMBER, Wanted, together_as};
use super::snapshot::{Snapshot, of_subjects};
use super::table::Table;

/// Rows of the record tables that are looked at by one thread at a time; bounds memory (16 bytes a decision).
const ROWS_AT_A_TIME: usize = 1_500_000;

const COLUMNS: [&str; 2] = ["decision_id", "version_key"];

/// A row of the log: its decision and version, its file by number and its number in it.
struct Row {
    decision: String,
    version: String,
    place: (usize, usize),
}

/// How many rows a file of a table has, and which of them a newer version of their decision replaced: numbered from 0, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRows {
    pub rows: usize,
    pub superseded: Vec<usize>,
}

impl FileRows {
    /// The superseded rows of some files, ascending, numbered from 0 through all of them.
    #[must_use]
    pub fn numbered(files: &[Self]) -> Vec<usize> {
        let starts = files.iter().scan(0, |next, file| {
            let start = *next;
            *next += file.rows;
            Some(start)
        });
        let files = starts.zip(files);
        files
            .flat_map(|(start, file)| file.superseded.iter().map(move |row| start + row))
            .collect()
    }
}

impl Snapshot {
    /// The files of a table in the order of [`Snapshot::files`], with the rows that a newer version of their decision replaced. Of
    /// one subject's rows only with `subject`.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the table is not a record table.
    pub fn superseded(
        &self,
        table: Table,
        subject: Option<&str>,
    ) -> Result<Vec<FileRows>, StoreError> {
        let live = self.live(table)?;
        let mut readers: Vec<DataReader<'_>> = Vec::with_capacity(live.len());
        for path in live.iter() {
            readers.push(DataReader::open(table, path, &self.cache)?);
        }
        let mut places: Vec<(usize, usize)> = Vec::new();
        if let Some(id) = subject {
            let wanted = of_subjects(&[id]);
            let mut rows = Vec::new();
            for (file, reader) in readers.iter().enumerate() {
                if live[file].may_hold(&wanted) {
                    look(file, reader, &wanted, &|_| true, &mut rows)?;
                }
            }
            places.extend(losers(rows));
        } else {
            for (file, reader) in readers.iter().enumerate() {
                let own = superseded_rows(reader.metadata()).unwrap_or_default();
                places.extend(own.into_iter().map(|row| (file, row)));
            }
            let across: Vec<Vec<(usize, usize)>> = self
                .bucket_groups(ROWS_AT_A_TIME)?
                .into_par_iter()
                .map(|buckets| self.across_files(table, &in_buckets(buckets)))
                .collect::<Result<_, _>>()?;
            places.extend(across.into_iter().flatten());
        }
        places.sort_unstable();
        places.dedup();
        let mut files: Vec<FileRows> = readers
            .iter()
            .map(|reader| FileRows {
                rows: reader.rows(),
                superseded: Vec::new(),
            })
            .collect();
        for (file, row) in places {
            files[file].superseded.push(row);
        }
        Ok(files)
    }

    /// Rows of some buckets that a row of another file supersedes, and some that one of their own does.
    fn across_files(
        &self,
        table: Table,
        wanted: &Wanted,
    ) -> Result<Vec<(usize, usize)>, StoreError> {
        let live = self.live(table)?;
        let (base, late) = split(self.holding(table, &live, wanted)?, wanted);
        if late.is_empty() {
            return Ok(Vec::new());
        }
        let files = (0..).zip(live.iter());
        let numbers: HashMap<&Path, usize> =
            files.map(|(file, path)| (path.as_ref(), file)).collect();
        let mut rows = Vec::new();
        let look = |reader: &DataReader<'_>, wanted: &Wanted, asks: Asked<'_>, rows: &mut _| {
            look(numbers[reader.path()], reader, wanted, asks, rows)
        };
        if rows_in(&late, wanted)? * BASE_ROWS <= rows_in(&base, wanted)? {
            let names = ["bucket", "subject_id", "decision_id"];
            let late_rows = together_as(table, &names, &read(&late, &names, wanted)?)?;
            let late_decisions = decisions(&late_rows).map_err(|e| late[0].damaged(&e))?;
            let known: Option<Vec<Wanted>> = base
                .iter()
                .map(|reader| reader.may_know(&late_decisions))
                .collect::<Result<_, _>>()?;
            if let Some(known) = known {
                let asked: HashSet<&str> = late_decisions
                    .values()
                    .flatten()
                    .map(|(decision, _)| *decision)
                    .collect();
                for reader in &late {
                    look(reader, wanted, &|_| true, &mut rows)?;
                }
                for (reader, known) in base.iter().zip(known) {
                    if known.subjects.as_ref().is_some_and(|some| !some.is_empty()) {
                        look(reader, &known, &|id| asked.contains(id), &mut rows)?;
                    }
                }
                return Ok(losers(rows));
            }
        }
        let readers: Vec<DataReader<'_>> = base.into_iter().chain(late).collect();
        let several = several_versions(&readers, wanted)?;
        if !several.is_empty() {
            for reader in &readers {
                look(reader, wanted, &|id| several.contains(id), &mut rows)?;
            }
        }
        Ok(losers(rows))
    }
}

/// Which decisions are asked for.
type Asked<'f> = &'f dyn Fn(&str) -> bool;

/// Adds the wanted rows of a file whose decisions are asked for.
fn look(
    file: usize,
    reader: &DataReader<'_>,
    wanted: &Wanted,
    asks: Asked<'_>,
    rows: &mut Vec<Row>,
) -> Result<(), StoreError> {
    let wanted = Wanted {
        numbered: true,
        ..wanted.clone()
    };
    reader.scan(Some(&COLUMNS), &wanted, &mut |batch| {
        let decisions = batch.column(0).as_string::<i32>();
        let versions = batch.column(1).as_string::<i32>();
        let numbers = reader
            .column(&batch, ROW_NUMBER)?
            .as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            if asks(decisions.value(row)) {
                let number = usize::try_from(numbers.value(row));
                rows.push(Row {
                    decision: decisions.value(row).to_owned(),
                    version: versions.value(row).to_owned(),
                    place: (file, number.map_err(|e| reader.damaged(&e))?),
                });
            }
        }
        Ok(())
    })
}

/// The places of the rows that are not of the greatest version of their decision among these.
fn losers(mut rows: Vec<Row>) -> Vec<(usize, usize)> {
    rows.sort_by(|a, b| (&a.decision, &b.version).cmp(&(&b.decision, &a.version)));
    rows.chunk_by(|a, b| a.decision == b.decision)
        .flat_map(|versions| {
            let old = |row: &&Row| row.version != versions[0].version;
            versions.iter().filter(old).map(|row| row.place)
        })
        .collect()
}

/// Decisions that have more than one version, and by a rare chance some that have one.
fn several_versions(
    readers: &[DataReader<'_>],
    wanted: &Wanted,
) -> Result<HashSet<String>, StoreError> {
    let mut first: HashMap<u64, u64, BuildHasherDefault<Same>> = HashMap::default();
    let mut several = HashSet::new();
    for reader in readers {
        reader.scan(Some(&COLUMNS), wanted, &mut |batch| {
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
        })?;
    }
    Ok(several)
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
