//! The rows of some buckets, cut into parts that can be graded apart: whole subjects, with the aliases that stand for them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;

use crate::grading::alias::{Place, Rehoming, span};
use crate::grading::{BucketInput, LinkedInput};
use crate::record::cells::{Text, first_not};
use crate::store::Section;

/// Rows of a part that one thread grades; bounds the memory of its results.
pub(super) const PART_ROWS: usize = 20_000;

/// The four input tables of some buckets or subjects.
#[derive(Debug)]
pub struct Owned {
    pub penalties: RecordBatch,
    pub licenses: RecordBatch,
    pub events: RecordBatch,
    pub subjects: RecordBatch,
    /// Records of other subjects that events link to these.
    pub linked: Option<Linked>,
}

/// Linked records, see [`crate::grading::linked`].
#[derive(Debug)]
pub struct Linked {
    pub penalties: RecordBatch,
    pub events: RecordBatch,
}

impl Owned {
    /// As grading takes it.
    pub fn input(&self) -> BucketInput<'_> {
        BucketInput {
            penalties: &self.penalties,
            licenses: &self.licenses,
            events: &self.events,
            subjects: &self.subjects,
            linked: self.linked.as_ref().map(|linked| LinkedInput {
                penalties: &linked.penalties,
                events: &linked.events,
            }),
        }
    }

    /// How many records these are.
    pub(super) fn rows(&self) -> usize {
        let records = [&self.penalties, &self.licenses, &self.events];
        records.iter().map(|t| t.num_rows()).sum()
    }

    /// The record tables and the subjects, in the order that `assemble` takes them back.
    fn tables(&self) -> Vec<&RecordBatch> {
        let own = [
            &self.penalties,
            &self.licenses,
            &self.events,
            &self.subjects,
        ];
        let linked = self.linked.iter().flat_map(|l| [&l.penalties, &l.events]);
        own.into_iter().chain(linked).collect()
    }

    /// The same tables, each reduced by `part`.
    fn assemble<E>(&self, part: impl Fn(usize) -> Result<RecordBatch, E>) -> Result<Owned, E> {
        Ok(Owned {
            penalties: part(0)?,
            licenses: part(1)?,
            events: part(2)?,
            subjects: part(3)?,
            linked: match self.linked {
                None => None,
                Some(_) => Some(Linked {
                    penalties: part(4)?,
                    events: part(5)?,
                }),
            },
        })
    }

    /// The tables of one bucket after the other, those of a large bucket cut further between subjects, with aliases beside the
    /// subjects that they stand for. The tables are sorted by bucket and subject.
    pub(super) fn split(
        self,
        section: &Section,
        away: &Away,
        part_rows: usize,
    ) -> Result<Vec<Owned>, ArrowError> {
        let (range, subjects) = (&section.buckets, &section.subjects);
        let tables = self.tables();
        let bounds: Vec<_> = tables.iter().map(|t| bucket_bounds(t)).collect();
        let mut buckets: BTreeSet<i32> = bounds.iter().flatten().map(|b| b.0).collect();
        let coming = away.rehoming.coming_to(range).iter();
        buckets.extend(coming.filter_map(|(bucket, ..)| i32::try_from(*bucket).ok()));
        if buckets.is_empty() {
            // Tables without rows are results too: they replace those of an earlier night.
            return Ok(vec![self]);
        }
        let guests = if away.rehoming.concerns(range) {
            Some(
                away.guests
                    .with(&tables, away.rehoming.standing_in(range))?,
            )
        } else {
            None
        };
        let mut parts = Vec::new();
        for bucket in buckets {
            let whole: Vec<RecordBatch> = (tables.iter().zip(&bounds))
                .map(|(table, bounds)| {
                    let bound = bounds.iter().find(|b| b.0 == bucket);
                    let (_, start, count) = bound.copied().unwrap_or((bucket, 0, 0));
                    table.slice(start, count)
                })
                .collect();
            let firsts = firsts(&whole, part_rows);
            let cuts: Vec<Vec<usize>> = whole.iter().map(|t| cuts(t, &firsts)).collect();
            for at in 0..=firsts.len() {
                let place = Place {
                    bucket: u32::try_from(bucket).unwrap_or(0),
                    from: match at.checked_sub(1) {
                        None => subjects.from.as_str(),
                        Some(before) => firsts[before],
                    },
                    to: firsts.get(at).copied().or(subjects.to.as_deref()),
                };
                let guests = guests.as_ref();
                let guests = guests.filter(|_| away.rehoming.touches(&place));
                parts.push(self.assemble(|table| {
                    let (start, end) = (cuts[table][at], cuts[table][at + 1]);
                    let rows = whole[table].slice(start, end - start);
                    match guests {
                        None => Ok(rows),
                        Some(guests) => (away.rehoming)
                            .apply(&place, &rows, |alias| guests.rows_of(table, alias)),
                    }
                })?);
            }
        }
        Ok(parts)
    }
}

/// The subjects with which the parts of a bucket begin, but for its first: parts of about so many rows with whole subjects.
fn firsts(tables: &[RecordBatch], part_rows: usize) -> Vec<&str> {
    let [penalties, licenses, events, subjects, ..] = tables else {
        return Vec::new();
    };
    let records = [penalties, licenses, events];
    let rows: usize = records.iter().map(|table| table.num_rows()).sum();
    let parts = rows.div_ceil(part_rows).min(subjects.num_rows());
    let Some(ids) = ids(subjects) else {
        return Vec::new();
    };
    (1..parts)
        .map(|at| ids.or_empty(at * subjects.num_rows() / parts))
        .collect()
}

/// The rows of aliases, of each table by alias.
#[derive(Debug, Default)]
pub(super) struct Guests(Vec<BTreeMap<String, RecordBatch>>);

impl Guests {
    /// The rows of these ids in tables that are sorted by subject.
    fn of(tables: &[&RecordBatch], wanted: &BTreeSet<&str>) -> Self {
        let of_table = |table: &&RecordBatch| {
            let mut found = BTreeMap::new();
            let Some(ids) = ids(table) else {
                return found;
            };
            let mut start = 0;
            for row in 1..=table.num_rows() {
                let id = ids.or_empty(start);
                if row == table.num_rows() || ids.or_empty(row) != id {
                    if wanted.contains(id) {
                        found.insert(id.to_owned(), table.slice(start, row - start));
                    }
                    start = row;
                }
            }
            found
        };
        Self(tables.iter().map(of_table).collect())
    }

    /// These and those that stand in some tables.
    fn with(
        &self,
        tables: &[&RecordBatch],
        standing: &[(u32, String)],
    ) -> Result<Self, ArrowError> {
        let mut all = Vec::with_capacity(tables.len());
        for (place, table) in tables.iter().enumerate() {
            let mut rows = self.0.get(place).cloned().unwrap_or_default();
            for (bucket, alias) in standing {
                let own = span(table, *bucket, alias)?;
                if !own.is_empty() {
                    rows.insert(alias.clone(), table.slice(own.start, own.len()));
                }
            }
            all.push(rows);
        }
        Ok(Self(all))
    }

    fn rows_of(&self, table: usize, alias: &str) -> Option<&RecordBatch> {
        self.0.get(table)?.get(alias)
    }
}

fn ids(batch: &RecordBatch) -> Option<Text<'_>> {
    Text::of(batch.column_by_name("subject_id")?.as_ref())
}

/// Where the parts that begin with the subjects `first` begin in a table sorted by subject: from 0 to its end.
fn cuts(batch: &RecordBatch, first: &[&str]) -> Vec<usize> {
    let ids = ids(batch);
    let mut cuts = vec![0];
    for subject in first {
        let from = cuts.last().copied().unwrap_or(0);
        let is_before = |row| ids.is_some_and(|ids| ids.or_empty(row) < *subject);
        cuts.push(first_not(from..batch.num_rows(), is_before));
    }
    cuts.push(batch.num_rows());
    cuts
}

/// (bucket, first row, rows) of a table sorted by bucket.
fn bucket_bounds(batch: &RecordBatch) -> Vec<(i32, usize, usize)> {
    let column = batch
        .column_by_name("bucket")
        .and_then(|c| c.as_primitive_opt::<Int32Type>());
    let mut bounds: Vec<(i32, usize, usize)> = Vec::new();
    for (row, bucket) in column
        .into_iter()
        .flat_map(|c| c.values().iter().enumerate())
    {
        match bounds.last_mut() {
            Some((last, _, count)) if last == bucket => *count += 1,
            _ => bounds.push((*bucket, row, 1)),
        }
    }
    bounds
}

/// Rows that are graded beside others than those that they stand with.
pub(super) struct Away {
    pub(super) rehoming: Rehoming,
    /// Rows of aliases that live elsewhere than their subject.
    pub(super) guests: Guests,
    pub(super) linked: Option<Linked>,
}

/// What moves elsewhere, table by table.
pub(super) fn guests(
    movers: &BTreeSet<&str>,
    moved: Option<&Owned>,
    linked: Option<&Linked>,
) -> Guests {
    let Some(moved) = moved else {
        return Guests::default();
    };
    let linked = linked.iter().flat_map(|l| [&l.penalties, &l.events]);
    let tables: Vec<&RecordBatch> = moved.tables().into_iter().chain(linked).collect();
    Guests::of(&tables, movers)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray as _, Int32Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Int32Type, Schema};

    use super::{Away, Owned, guests};
    use crate::grading::alias::Rehoming;
    use crate::record::bucket_of;
    use crate::store::{Section, Span};

    const BUCKETS: u32 = 4;

    /// Rows of subjects, by bucket and subject, each with a number of its own.
    fn table(subjects: &[&str], rows: usize, salt: usize) -> RecordBatch {
        let mut keys: Vec<(u32, &str, i32)> = (0..rows)
            .map(|n| {
                let id = subjects[(n * 7919 + salt * 31 + n / 3) % subjects.len()];
                (bucket_of(id, BUCKETS), id, n as i32)
            })
            .collect();
        keys.sort_unstable();
        let column = |of: &dyn Fn(&(u32, &str, i32)) -> i32| -> ArrayRef {
            Arc::new(keys.iter().map(|key| Some(of(key))).collect::<Int32Array>())
        };
        let ids: StringArray = keys.iter().map(|key| Some(key.1)).collect();
        let schema = Schema::new(vec![
            Field::new("bucket", DataType::Int32, false),
            Field::new("subject_id", DataType::Utf8, false),
            Field::new("number", DataType::Int32, false),
        ]);
        let columns = vec![column(&|key| key.0 as i32), Arc::new(ids), column(&|k| k.2)];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn subjects(all: &[&str], same_as: &BTreeMap<&str, &str>) -> RecordBatch {
        let mut keys: Vec<(u32, &str)> =
            all.iter().map(|id| (bucket_of(id, BUCKETS), *id)).collect();
        keys.sort_unstable();
        let buckets: Int32Array = keys.iter().map(|key| Some(key.0 as i32)).collect();
        let ids: StringArray = keys.iter().map(|key| Some(key.1)).collect();
        let same: StringArray = keys.iter().map(|key| same_as.get(key.1).copied()).collect();
        let schema = Schema::new(vec![
            Field::new("bucket", DataType::Int32, false),
            Field::new("subject_id", DataType::Utf8, false),
            Field::new("same_as", DataType::Utf8, true),
        ]);
        let columns: Vec<ArrayRef> = vec![Arc::new(buckets), Arc::new(ids), Arc::new(same)];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    /// Bucket, subject and number (0 of a subject) of each row.
    fn rows(table: &RecordBatch) -> Vec<(i32, String, i32)> {
        let buckets = table.column(0).as_primitive::<Int32Type>();
        let ids = table.column(1).as_string::<i32>();
        let numbers = table.column(2).as_primitive_opt::<Int32Type>();
        (0..table.num_rows())
            .map(|row| {
                let number = numbers.map_or(0, |numbers| numbers.value(row));
                (buckets.value(row), ids.value(row).to_owned(), number)
            })
            .collect()
    }

    fn picked(table: &RecordBatch, wanted: impl Fn(&str) -> bool) -> RecordBatch {
        let keep: arrow::array::BooleanArray = table
            .column(1)
            .as_string::<i32>()
            .iter()
            .map(|id| id.map(&wanted))
            .collect();
        arrow::compute::filter_record_batch(table, &keep).unwrap()
    }

    /// A bucket in three: what sorts before codes of 2 and after, and the other ids.
    fn in_spans(bucket: &Section) -> Vec<Section> {
        let cuts = [None, Some("9150020"), Some("org:"), None];
        let of = |pair: &[Option<&str>]| Section {
            buckets: bucket.buckets.clone(),
            subjects: Span {
                from: pair[0].unwrap_or_default().to_owned(),
                to: pair[1].map(str::to_owned),
            },
        };
        cuts.windows(2).map(of).collect()
    }

    fn holds(section: &Section, id: &str) -> bool {
        let Span { from, to } = &section.subjects;
        section.buckets.contains(&bucket_of(id, BUCKETS))
            && id >= from.as_str()
            && to.as_deref().is_none_or(|to| id < to)
    }

    /// However buckets are cut, every row is graded once, in order, and with the subject that its id stands for.
    #[test]
    fn aliases_are_in_the_part_of_their_subject_however_buckets_are_cut() {
        let names: Vec<String> = (0..40)
            .map(|n| match n % 4 {
                0 => format!("reg:{n:03}"),
                1 => format!("org:{n:03}"),
                _ => format!("9150{n:03}"),
            })
            .collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        // Some stand for a body directly, some through another id, one for a body of which nothing else is known.
        let mut same_as: BTreeMap<&str, &str> = BTreeMap::new();
        for n in (0..40).step_by(8) {
            same_as.insert(all[n], all[(n * 3 + 2) % 40 / 4 * 4 + 2]);
            same_as.insert(all[n + 1], all[n]);
        }
        same_as.insert(all[5], "9150999");
        let end = |id: &str| -> String {
            let mut id = id;
            while let Some(next) = same_as.get(id) {
                id = next;
            }
            id.to_owned()
        };
        let tables = [table(&all, 300, 1), table(&all, 200, 2), table(&all, 9, 3)];
        let known = subjects(&all, &same_as);
        let rehoming = Rehoming::of(&known, BUCKETS).unwrap();
        let cut: BTreeSet<u32> = (0..BUCKETS).collect();
        let movers: BTreeSet<&str> = rehoming.movers(&cut).collect();
        let elsewhere = rehoming.movers(&BTreeSet::new()).count();
        assert!(elsewhere > 3 && elsewhere < movers.len());
        assert_eq!(movers.len(), same_as.len());
        let owned = |of: &dyn Fn(&RecordBatch) -> RecordBatch| Owned {
            penalties: of(&tables[0]),
            licenses: of(&tables[1]),
            events: of(&tables[2]),
            subjects: of(&known),
            linked: None,
        };
        let moved = owned(&|table| picked(table, |id| movers.contains(id)));
        let away = Away {
            guests: guests(&movers, Some(&moved), None),
            rehoming: rehoming.clone(),
            linked: None,
        };
        for part_rows in [1, 7, 40, 10_000] {
            for step in [1, 3, BUCKETS] {
                let mut seen: [Vec<(i32, String, i32)>; 4] = Default::default();
                let mut of_body: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
                let mut count = 0;
                let mut sections: Vec<Section> = (0..BUCKETS)
                    .step_by(step as usize)
                    .map(|start| Section::of(start..start + step))
                    .collect();
                if step == 1 {
                    sections = sections.iter().flat_map(in_spans).collect();
                }
                for section in &sections {
                    let inside = |id: &str| holds(section, id);
                    let here = owned(&|table| picked(table, inside));
                    for part in here.split(section, &away, part_rows).unwrap() {
                        for (table, seen) in part.tables().into_iter().zip(&mut seen) {
                            let rows = rows(table);
                            assert!(rows.is_sorted(), "{rows:?}");
                            let bodies = rows.iter().map(|(_, id, _)| end(id));
                            bodies.for_each(|body| {
                                of_body.entry(body).or_default().insert(count);
                            });
                            seen.extend(rows);
                        }
                        count += 1;
                    }
                }
                assert!(part_rows > 40 || count > 8, "{count} parts");
                assert!(
                    of_body.values().all(|parts| parts.len() == 1),
                    "{of_body:?}"
                );
                for (table, mut seen) in tables.iter().chain([&known]).zip(seen) {
                    let mut want = rows(table);
                    want.sort();
                    seen.sort();
                    assert_eq!(seen, want, "{part_rows} {step}");
                }
            }
        }
    }
}
