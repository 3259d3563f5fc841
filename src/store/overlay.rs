//! Rows in force where few rows came late: a night on a large store.
//!
//! Most rows stand in files that lie one after the other and know which of their rows are in force (the base); late ones lie
//! anywhere among them. Versions are compared for the subjects alone of which the bloom filters of the base cannot say that
//! they have no decision in both, and so are rows of one day: nearly all decisions of a night are new. The columns that tell
//! versions apart, a third of a table, are not read for the others.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array as _, AsArray as _, Date32Array, Int32Array, MutableArrayData, RecordBatch, make_array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{Date32Type, Int32Type, SchemaRef};
use arrow::error::ArrowError;

use super::error::StoreError;
use super::in_force::{NEEDED, in_force, text};
use super::live::LiveFile;
use super::scan::{DataReader, Wanted, projected};
use super::snapshot::Snapshot;
use super::table::Table;
use crate::record::cells::Text;

/// Rows of the base for each late row, at least; else all rows are merged.
pub(super) const BASE_ROWS: usize = 4;
/// Rows of the base for each subject whose versions are compared, at least.
const ROWS_A_SUBJECT: usize = 16;

impl Snapshot {
    /// Readers of the live files that may hold rows of wanted buckets.
    pub(super) fn holding<'f>(
        &self,
        table: Table,
        live: &'f [LiveFile],
        wanted: &Wanted,
    ) -> Result<Vec<DataReader<'f>>, StoreError> {
        let mut readers = Vec::new();
        for path in live.iter().filter(|file| file.may_hold(wanted)) {
            let reader = DataReader::open(table, path, &self.cache)?;
            if reader.holds(wanted) {
                readers.push(reader);
            }
        }
        Ok(readers)
    }

    /// The wanted rows in force, sorted, with the columns of `target`; `None` where the files are of another kind, so that all
    /// their rows must be merged.
    pub(super) fn overlaid(
        &self,
        table: Table,
        wanted: &Wanted,
        target: &SchemaRef,
    ) -> Result<Option<RecordBatch>, StoreError> {
        if wanted.subjects.is_some() || wanted.present.is_some() || wanted.flag.is_some() {
            return Ok(None);
        }
        let live = self.live(table)?;
        let (base, late) = split(self.holding(table, &live, wanted)?, wanted);
        let many = rows_in(&base, wanted)?;
        let [_, _, day, ..] = table.sort_columns() else {
            return Ok(None);
        };
        if late.is_empty() || rows_in(&late, wanted)? * BASE_ROWS > many {
            return Ok(None);
        }
        let misfit = |error: ArrowError| StoreError::Schema {
            table: table.name(),
            reason: error.to_string(),
        };
        // What is merged carries all that tells rows and versions apart.
        let merging = names(target, &[table.sort_columns(), &NEEDED].concat());
        let merged = projected(table, Some(&merging), wanted.coded)?;
        let merge = |batches: &[RecordBatch]| in_force(table, batches, &merged).map_err(misfit);
        let late_rows = merge(&read(&late, &merging, wanted)?)?;

        let decisions = decisions(&late_rows).map_err(misfit)?;
        let mut doubtful: HashSet<String> = HashSet::new();
        for reader in &base {
            let Some(known) = reader.may_know(&decisions)? else {
                return Ok(None);
            };
            doubtful.extend(known.subjects.iter().flat_map(|some| some.iter().cloned()));
        }
        if doubtful.len() * ROWS_A_SUBJECT > many {
            return Ok(None);
        }
        let placed = names(target, &["bucket", "subject_id", day]);
        let standing = Wanted {
            newest_in_file: true,
            ..wanted.clone()
        };
        let standing_rows = read(&base, &placed, &standing)?;
        let base_rows = Base::of(&standing_rows, day).map_err(misfit)?;
        let late_runs = Runs::of(&late_rows, day).map_err(misfit)?;
        for run in &late_runs.all {
            let key = late_runs.key(run);
            if base_rows.shares_a_day(base_rows.of_subject(key), &late_runs, run) {
                doubtful.insert(key.1.to_owned());
            }
        }
        if doubtful.len() * ROWS_A_SUBJECT > many {
            return Ok(None);
        }
        let compared = if doubtful.is_empty() {
            RecordBatch::new_empty(Arc::clone(&merged))
        } else {
            let some = Wanted {
                subjects: Some(Arc::new(doubtful.clone())),
                ..wanted.clone()
            };
            let of = |readers| read(readers, &merging, &some);
            merge(&[of(&base)?, of(&late)?].concat())?
        };
        let pieces = laid(&base_rows, &late_runs, &compared, &doubtful, day).map_err(misfit)?;
        let inputs = [standing_rows, vec![late_rows, compared]].concat();
        gathered(&inputs, &pieces, target).map(Some).map_err(misfit)
    }
}

/// The names of the columns of `target`, and some more.
fn names<'a>(target: &'a SchemaRef, more: &[&'a str]) -> Vec<&'a str> {
    let mut names: Vec<&str> = target.fields().iter().map(|f| f.name().as_str()).collect();
    for name in more {
        if !names.contains(name) {
            names.push(name);
        }
    }
    names
}

/// Rows of some files in the wanted buckets.
pub(super) fn rows_in(readers: &[DataReader<'_>], wanted: &Wanted) -> Result<usize, StoreError> {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for reader in readers {
        reader.count_buckets(&mut counts)?;
    }
    let holds = |bucket: &u32| i32::try_from(*bucket).is_ok_and(|bucket| wanted.bucket(bucket));
    let counts = counts.into_iter().filter(|(bucket, _)| holds(bucket));
    Ok(counts.map(|(_, rows)| rows).sum())
}

/// The wanted rows, file by file.
pub(super) fn read(
    readers: &[DataReader<'_>],
    names: &[&str],
    wanted: &Wanted,
) -> Result<Vec<RecordBatch>, StoreError> {
    let mut batches = Vec::new();
    for reader in readers {
        batches.extend(reader.batches(names, wanted)?);
    }
    Ok(batches)
}

/// The files that lie one after the other, in their order, the largest first chosen; and the others.
pub(super) fn split<'a>(
    mut readers: Vec<DataReader<'a>>,
    wanted: &Wanted,
) -> (Vec<DataReader<'a>>, Vec<DataReader<'a>>) {
    readers.sort_by_key(|reader| std::cmp::Reverse(reader.rows()));
    let mut base: Vec<([(u32, String); 2], DataReader<'a>)> = Vec::new();
    let mut late = Vec::new();
    for reader in readers {
        let edges = reader
            .settled(wanted)
            .filter(|[first, last]| (base.iter()).all(|([from, to], _)| last < from || to < first));
        match edges {
            Some(edges) => base.push((edges, reader)),
            None => late.push(reader),
        }
    }
    base.sort_by(|a, b| a.0.cmp(&b.0));
    (base.into_iter().map(|(_, reader)| reader).collect(), late)
}

pub(super) type Decisions<'a> = BTreeMap<u32, Vec<(&'a str, &'a str)>>;

/// Decisions and their subjects by bucket.
pub(super) fn decisions(rows: &RecordBatch) -> Result<Decisions<'_>, ArrowError> {
    let (buckets, subjects) = (ints(rows, "bucket")?, subjects(rows)?);
    let decisions = text(rows, "decision_id")?;
    let mut found = Decisions::new();
    for row in 0..rows.num_rows() {
        let bucket = u32::try_from(buckets.value(row)).unwrap_or(0);
        let some = found.entry(bucket).or_default();
        some.push((decisions.value(row), subjects.or_empty(row)));
    }
    Ok(found)
}

type Key<'a> = (i32, &'a str);

/// The columns by which rows are placed.
struct Places<'a> {
    buckets: &'a Int32Array,
    subjects: Text<'a>,
    days: &'a Date32Array,
}

impl<'a> Places<'a> {
    fn of(rows: &'a RecordBatch, day: &str) -> Result<Self, ArrowError> {
        let days = rows.column_by_name(day);
        let days = days.and_then(|column| column.as_primitive_opt::<Date32Type>());
        Ok(Self {
            buckets: ints(rows, "bucket")?,
            subjects: subjects(rows)?,
            days: days.ok_or_else(|| ArrowError::SchemaError(format!("no day column {day}")))?,
        })
    }

    fn key(&self, row: usize) -> Key<'a> {
        (self.buckets.value(row), self.subjects.or_empty(row))
    }
}

/// Rows of the base, numbered through its batches.
struct Base<'a> {
    /// Number of the first row of each batch, and of the row after the last.
    starts: Vec<usize>,
    places: Vec<Places<'a>>,
}

impl<'a> Base<'a> {
    fn of(batches: &'a [RecordBatch], day: &str) -> Result<Self, ArrowError> {
        let mut starts = vec![0];
        for batch in batches {
            starts.push(starts[starts.len() - 1] + batch.num_rows());
        }
        let places = batches.iter().map(|batch| Places::of(batch, day));
        Ok(Self {
            starts,
            places: places.collect::<Result<_, _>>()?,
        })
    }

    fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Batch and place in it of a row.
    fn at(&self, row: usize) -> (usize, usize) {
        let batch = self.starts.partition_point(|start| *start <= row) - 1;
        (batch, row - self.starts[batch])
    }

    fn key(&self, row: usize) -> Key<'a> {
        let (batch, at) = self.at(row);
        self.places[batch].key(at)
    }

    fn day(&self, row: usize) -> i32 {
        let (batch, at) = self.at(row);
        self.places[batch].days.value(at)
    }

    /// The rows of a subject, or where they would be.
    fn of_subject(&self, key: Key<'_>) -> Range<usize> {
        let (mut first, mut after) = (0, self.rows());
        while first < after {
            let middle = first + (after - first) / 2;
            if self.key(middle) < key {
                first = middle + 1;
            } else {
                after = middle;
            }
        }
        // A subject has few rows.
        let mut end = first;
        while end < self.rows() && self.key(end) == key {
            end += 1;
        }
        first..end
    }

    /// Whether rows of the base and a run of late ones are of one day: what comes first then is told by their ids.
    fn shares_a_day(&self, mut rows: Range<usize>, late: &Runs<'_>, run: &Range<usize>) -> bool {
        let mut days = run
            .clone()
            .map(|row| late.places.days.value(row))
            .peekable();
        rows.any(|row| {
            let day = self.day(row);
            while days.next_if(|late| *late < day).is_some() {}
            days.peek() == Some(&day)
        })
    }
}

/// Runs of one subject in sorted rows.
struct Runs<'a> {
    places: Places<'a>,
    all: Vec<Range<usize>>,
}

impl<'a> Runs<'a> {
    fn of(rows: &'a RecordBatch, day: &str) -> Result<Self, ArrowError> {
        let places = Places::of(rows, day)?;
        let mut all: Vec<Range<usize>> = Vec::new();
        for row in 0..rows.num_rows() {
            match all.last_mut() {
                Some(run) if places.key(run.start) == places.key(row) => run.end = row + 1,
                _ => all.push(row..row + 1),
            }
        }
        Ok(Self { places, all })
    }

    fn key(&self, run: &Range<usize>) -> Key<'a> {
        self.places.key(run.start)
    }
}

/// Rows that follow one another in one input.
type Piece = (usize, Range<usize>);

/// The order of all rows, in pieces of the inputs: the batches of the base, the late rows, those whose versions were compared.
fn laid(
    base: &Base<'_>,
    late: &Runs<'_>,
    compared: &RecordBatch,
    doubtful: &HashSet<String>,
    day: &str,
) -> Result<Vec<Piece>, ArrowError> {
    let compared = Runs::of(compared, day)?;
    let (late_input, compared_input) = (base.places.len(), base.places.len() + 1);
    let mut pieces: Vec<Piece> = Vec::new();
    let from_base = |pieces: &mut Vec<Piece>, mut rows: Range<usize>| {
        while !rows.is_empty() {
            let (batch, at) = base.at(rows.start);
            let end = rows.end.min(base.starts[batch + 1]);
            pieces.push((batch, at..at + (end - rows.start)));
            rows.start = end;
        }
    };
    let (mut done, mut next) = (0, 0);
    for run in &late.all {
        let key = late.key(run);
        let place = base.of_subject(key);
        from_base(&mut pieces, done..place.start);
        done = place.end;
        if doubtful.contains(key.1) {
            while let Some(of) = compared.all.get(next) {
                match compared.key(of).cmp(&key) {
                    Ordering::Less => {}
                    Ordering::Equal => pieces.push((compared_input, of.clone())),
                    Ordering::Greater => break,
                }
                next += 1;
            }
            continue;
        }
        // No day is in both.
        let (mut old, mut new) = (place, run.clone());
        while !old.is_empty() && !new.is_empty() {
            let first = (base.day(old.start), late.places.days.value(new.start));
            if first.0 < first.1 {
                from_base(&mut pieces, old.start..old.start + 1);
                old.start += 1;
            } else {
                pieces.push((late_input, new.start..new.start + 1));
                new.start += 1;
            }
        }
        from_base(&mut pieces, old);
        if !new.is_empty() {
            pieces.push((late_input, new));
        }
    }
    from_base(&mut pieces, done..base.rows());
    Ok(pieces)
}

/// The rows of the pieces with the columns of `target`.
fn gathered(
    inputs: &[RecordBatch],
    pieces: &[Piece],
    target: &SchemaRef,
) -> Result<RecordBatch, ArrowError> {
    if let [only] = inputs
        .iter()
        .filter(|rows| rows.num_rows() > 0)
        .collect::<Vec<_>>()[..]
    {
        let names = target
            .fields()
            .iter()
            .map(|f| only.schema_ref().index_of(f.name()));
        let rows = only.project(&names.collect::<Result<Vec<_>, _>>()?)?;
        return concat_batches(target, [&rows]);
    }
    let rows = pieces.iter().map(|(_, rows)| rows.len()).sum();
    let columns = target
        .fields()
        .iter()
        .map(|field| {
            let arrays = inputs
                .iter()
                .map(|rows| {
                    Ok(rows
                        .column(rows.schema_ref().index_of(field.name())?)
                        .to_data())
                })
                .collect::<Result<Vec<_>, ArrowError>>()?;
            let mut column = MutableArrayData::new(arrays.iter().collect(), false, rows);
            for (input, rows) in pieces {
                column.try_extend(*input, rows.start, rows.end)?;
            }
            Ok(make_array(column.freeze()))
        })
        .collect::<Result<Vec<_>, ArrowError>>()?;
    RecordBatch::try_new(Arc::clone(target), columns)
}

/// Whose rows these are.
fn subjects(rows: &RecordBatch) -> Result<Text<'_>, ArrowError> {
    let column = rows.column_by_name("subject_id");
    let ids = column.and_then(|column| Text::of(column.as_ref()));
    ids.ok_or_else(|| ArrowError::SchemaError("text column subject_id is missing".to_owned()))
}

fn ints<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a Int32Array, ArrowError> {
    let column = rows
        .column_by_name(name)
        .and_then(|c| c.as_primitive_opt::<Int32Type>());
    column.ok_or_else(|| ArrowError::SchemaError(format!("number column {name} is missing")))
}
