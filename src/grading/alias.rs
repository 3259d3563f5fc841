//! Aliases (`subjects.same_as`): their rows are graded where those of the subject are that they stand for.
//!
//! An `org:` id hashes to the bucket of the code that contains it, a `reg:` id does not, and neither sorts beside the code. Before a part of a
//! bucket is graded, the rows of aliases leave their places in it and those of the aliases of its subjects come in, so that parts stay
//! independent. Parts without either are graded as the store gives them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;

use super::GradingError;
use super::columns::Subjects;
use super::group::aliases;
use crate::record::bucket_of;
use crate::record::cells::{Text, first_not};

/// Which aliases stand where, and which subjects they belong to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehoming {
    /// Bucket of the canonical subject, canonical subject, alias; ascending.
    coming: Vec<(u32, String, String)>,
    /// Bucket of the alias, alias; ascending.
    standing: Vec<(u32, String)>,
}

/// Some subjects of a bucket that follow one another: ids from `from` on and before `to`.
#[derive(Clone, Copy, Debug)]
pub struct Place<'p> {
    pub bucket: u32,
    pub from: &'p str,
    /// `None`: to the end of the bucket.
    pub to: Option<&'p str>,
}

impl Place<'_> {
    /// Where an id of a bucket lies.
    fn order(&self, bucket: u32, id: &str) -> Ordering {
        bucket.cmp(&self.bucket).then_with(|| {
            if id < self.from {
                Ordering::Less
            } else if self.to.is_some_and(|to| id >= to) {
                Ordering::Greater
            } else {
                Ordering::Equal
            }
        })
    }
}

/// The entries of an ascending list for which `order` says equal.
fn among<T>(list: &[T], order: impl Fn(&T) -> Ordering) -> &[T] {
    let start = list.partition_point(|one| order(one) == Ordering::Less);
    let end = list.partition_point(|one| order(one) != Ordering::Greater);
    &list[start..end]
}

impl Rehoming {
    /// Reads the aliases of the whole subjects table; `buckets` is the number of buckets of the store.
    ///
    /// # Errors
    /// When a column is missing or aliases form a circle.
    pub fn of(subjects: &RecordBatch, buckets: u32) -> Result<Self, GradingError> {
        let mut found = Self::default();
        for (alias, canonical) in ends(subjects)? {
            let home = bucket_of(canonical, buckets);
            let coming = (home, canonical.to_owned(), alias.to_owned());
            found.coming.push(coming);
            found
                .standing
                .push((bucket_of(alias, buckets), alias.to_owned()));
        }
        found.coming.sort_unstable();
        found.standing.sort_unstable();
        Ok(found)
    }

    /// There are no aliases; batches can be graded as the store gives them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    /// Whether rows of some buckets leave their places or others come to them.
    #[must_use]
    pub fn concerns(&self, buckets: &Range<u32>) -> bool {
        !self.standing_in(buckets).is_empty() || !self.coming_to(buckets).is_empty()
    }

    /// The aliases whose rows stand in some buckets, with their bucket.
    #[must_use]
    pub fn standing_in(&self, buckets: &Range<u32>) -> &[(u32, String)] {
        among(&self.standing, |(bucket, _)| within(buckets, *bucket))
    }

    /// The aliases whose subjects live in some buckets: bucket and id of the subject, alias.
    #[must_use]
    pub fn coming_to(&self, buckets: &Range<u32>) -> &[(u32, String, String)] {
        among(&self.coming, |(bucket, ..)| within(buckets, *bucket))
    }

    /// The ids of all aliases that are graded in another bucket than the one that holds them, or in another part of one of these
    /// `cut` buckets, for one look-up of their rows.
    pub fn movers<'r>(&'r self, cut: &'r BTreeSet<u32>) -> impl Iterator<Item = &'r str> {
        let stands = |bucket: u32, alias: &str| {
            let place = |(b, id): &(u32, String)| (*b, id.as_str()).cmp(&(bucket, alias));
            self.standing.binary_search_by(place).is_ok()
        };
        self.coming
            .iter()
            .filter(move |(home, _, alias)| cut.contains(home) || !stands(*home, alias))
            .map(|(_, _, alias)| alias.as_str())
    }

    /// Whether rows leave or come to some subjects.
    #[must_use]
    pub fn touches(&self, place: &Place<'_>) -> bool {
        !self.leaving(place).is_empty() || !self.joining(place).is_empty()
    }

    fn leaving(&self, place: &Place<'_>) -> &[(u32, String)] {
        among(&self.standing, |(bucket, id)| place.order(*bucket, id))
    }

    fn joining(&self, place: &Place<'_>) -> &[(u32, String, String)] {
        among(&self.coming, |(bucket, subject, _)| {
            place.order(*bucket, subject)
        })
    }

    /// The rows to grade with some subjects: `local`, which stands by bucket and subject, without the aliases that leave, with those
    /// that join, of which `rows_of` gives the rows. Sorted as before; rows of a subject keep their order.
    ///
    /// # Errors
    /// The batches have different columns.
    pub fn apply<'g>(
        &self,
        place: &Place<'_>,
        local: &RecordBatch,
        rows_of: impl Fn(&str) -> Option<&'g RecordBatch>,
    ) -> Result<RecordBatch, ArrowError> {
        // Where the local rows are cut: up to which row, what comes in there, and where they go on.
        let mut cuts: Vec<(usize, Option<&RecordBatch>, usize)> = Vec::new();
        for (bucket, alias) in self.leaving(place) {
            let rows = span(local, *bucket, alias)?;
            cuts.push((rows.start, None, rows.end));
        }
        let mut joining: Vec<((u32, &str), &RecordBatch)> = Vec::new();
        for (_, _, alias) in self.joining(place) {
            let rows = rows_of(alias).filter(|rows| rows.num_rows() > 0);
            joining.extend(rows.map(|rows| ((bucket_at(rows, 0), alias.as_str()), rows)));
        }
        joining.sort_unstable_by_key(|(key, _)| *key);
        for ((bucket, alias), rows) in joining {
            let at = span(local, bucket, alias)?.start;
            cuts.push((at, Some(rows), at));
        }
        if cuts.iter().all(|(at, rows, on)| at == on && rows.is_none()) {
            return Ok(local.clone());
        }
        cuts.sort_by_key(|(at, _, on)| (*at, *on));
        let mut pieces = Vec::new();
        let mut from = 0;
        for (at, rows, on) in cuts {
            if at > from {
                pieces.push(local.slice(from, at - from));
            }
            pieces.extend(rows.cloned());
            from = from.max(on);
        }
        pieces.push(local.slice(from, local.num_rows() - from));
        concat_batches(&local.schema(), &pieces)
    }
}

/// Each id of a subjects table that stands for another subject, and the subject at the end of its chain.
///
/// # Errors
/// When a column is missing or aliases form a circle.
pub fn ends(subjects: &RecordBatch) -> Result<BTreeMap<&str, &str>, GradingError> {
    aliases(&Subjects::of(subjects)?)
}

fn within(buckets: &Range<u32>, bucket: u32) -> Ordering {
    if bucket < buckets.start {
        Ordering::Less
    } else if bucket < buckets.end {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

/// The bucket of a row; 0 where the table has none.
fn bucket_at(batch: &RecordBatch, row: usize) -> u32 {
    let column = batch
        .column_by_name("bucket")
        .and_then(|column| column.as_primitive_opt::<Int32Type>());
    column.map_or(0, |column| u32::try_from(column.value(row)).unwrap_or(0))
}

/// The rows of an id in a batch that stands by bucket and subject; where it has none, the place between others where they would
/// stand.
///
/// # Errors
/// When a column is missing or of another type.
pub fn span(batch: &RecordBatch, bucket: u32, id: &str) -> Result<Range<usize>, ArrowError> {
    let column = |name: &str| {
        let missing = || ArrowError::SchemaError(format!("there is no plain column {name}"));
        batch.column_by_name(name).ok_or_else(missing)
    };
    let other = || ArrowError::SchemaError("bucket or subject_id has another type".to_owned());
    let buckets = column("bucket")?.as_primitive_opt::<Int32Type>();
    let buckets = buckets.ok_or_else(other)?;
    let ids = Text::of(column("subject_id")?.as_ref()).ok_or_else(other)?;
    let key = (i64::from(bucket), id);
    let lower = |is_before: &dyn Fn((i64, &str)) -> bool| {
        let key = |row| (i64::from(buckets.value(row)), ids.or_empty(row));
        first_not(0..batch.num_rows(), |row| is_before(key(row)))
    };
    Ok(lower(&|row| row < key)..lower(&|row| row <= key))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;

    use super::*;
    use crate::grading::testing::{Cell, Rows, cells, event, penalty, text};
    use crate::grading::{Grading, Unlimited, grade};

    #[test]
    fn a_registration_number_in_another_bucket_counts_for_its_code() {
        let code = "91500000MA00000001";
        let alias = (0..100)
            .map(|n| format!("reg:{n}"))
            .find(|id| bucket_of(id, 8) != bucket_of(code, 8))
            .unwrap();
        let bucket = |id: &str| Cell::Int(i64::from(bucket_of(id, 8)));
        let mut rows = Rows::default();
        for (n, id) in [code, alias.as_str()].into_iter().enumerate() {
            let mut row = penalty(
                &format!("r{n}"),
                id,
                &format!("渝测罚〔2026〕{n}号"),
                "2026-01-05",
                "a.b",
                &["罚款"],
            );
            row.insert("bucket", bucket(id));
            rows.penalties.push(row);
        }
        let mut listed = event("e1", &alias, "名单列入", None, "2026-01-06");
        listed.insert("bucket", bucket(&alias));
        rows.events.push(listed);
        rows.subjects.push(cells([
            ("subject_id", text(code)),
            ("bucket", bucket(code)),
        ]));
        rows.subjects.push(cells([
            ("subject_id", text(alias.clone())),
            ("same_as", text(code)),
            ("bucket", bucket(&alias)),
        ]));
        let batches = rows.batches();
        let plan = Rehoming::of(&batches.subjects, 8).unwrap();
        assert_eq!(
            plan.movers(&BTreeSet::new()).collect::<Vec<_>>(),
            [alias.as_str()]
        );

        // Each bucket as the store gives it, then with its guests.
        let home = bucket_of(code, 8);
        let only = |batch: &RecordBatch, id: &str| {
            let rows = span(batch, bucket_of(id, 8), id).unwrap();
            batch.slice(rows.start, rows.len())
        };
        let whole = |bucket| Place {
            bucket,
            from: "",
            to: None,
        };
        let moved = |batch: &RecordBatch| {
            let guests = only(batch, &alias);
            plan.apply(&whole(home), &only(batch, code), |id| {
                (id == alias).then_some(&guests)
            })
            .unwrap()
        };
        let subjects_of = |batch: &RecordBatch| -> Vec<String> {
            let ids = batch
                .column_by_name("subject_id")
                .unwrap()
                .as_string::<i32>();
            ids.iter().flatten().map(str::to_owned).collect()
        };
        assert_eq!(subjects_of(&moved(&batches.penalties)).len(), 2);
        assert_eq!(subjects_of(&moved(&batches.events))[0], alias);
        let other = bucket_of(&alias, 8);
        let left = plan.apply(&whole(other), &only(&batches.penalties, &alias), |_| None);
        assert_eq!(left.unwrap().num_rows(), 0);

        let scheme = crate::grading::testing::any_record_scheme("a.*");
        let (penalties, licenses) = (moved(&batches.penalties), moved(&batches.licenses));
        let (events, subjects) = (moved(&batches.events), moved(&batches.subjects));
        let input = crate::grading::BucketInput {
            penalties: &penalties,
            licenses: &licenses,
            events: &events,
            subjects: &subjects,
            linked: None,
        };
        let day = crate::record::Day::from_ymd(2026, 2, 1).unwrap();
        let grades = grade(
            &input,
            &Grading::new(&[&scheme], &Unlimited, "d", day).unwrap(),
        )
        .unwrap();
        assert_eq!(grades.outcomes.len(), 1);
        assert_eq!(grades.outcomes[0].subject_id, code);
        assert_eq!(grades.evidence.num_rows(), 2);
    }
}
