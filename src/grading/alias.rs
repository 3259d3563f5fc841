//! Aliases that live in another bucket than their canonical subject.
//!
//! An `org:` id hashes to the bucket of the code that contains it; a `reg:` id does not. Before a bucket is graded, the
//! rows of such aliases move to the bucket of their canonical subject, so that buckets stay independent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{
    SortColumn, concat_batches, filter_record_batch, lexsort_to_indices, take_record_batch,
};

use super::GradingError;
use super::columns::{Columns, Subjects};
use super::group::aliases;
use crate::record::bucket_of;

/// Which aliases move to which bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehoming {
    /// alias → bucket of its canonical subject; only where that is another one.
    homes: BTreeMap<String, u32>,
}

impl Rehoming {
    /// Reads the aliases of the whole subjects table; `buckets` is the number of buckets of the store.
    ///
    /// # Errors
    /// When a column is missing or aliases form a circle.
    pub fn of(subjects: &RecordBatch, buckets: u32) -> Result<Self, GradingError> {
        let subjects = Subjects::of(subjects)?;
        let mut homes = BTreeMap::new();
        for (alias, canonical) in aliases(&subjects)? {
            let home = bucket_of(canonical, buckets);
            if home != bucket_of(alias, buckets) {
                homes.insert(alias.to_owned(), home);
            }
        }
        Ok(Self { homes })
    }

    /// No alias moves; batches can be graded as the store gives them.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.homes.is_empty()
    }

    /// The ids of all aliases that move, for one look-up of their rows.
    pub fn movers(&self) -> impl Iterator<Item = &str> {
        self.homes.keys().map(String::as_str)
    }

    /// The rows to grade with a range of buckets: `local` without the aliases that move away, with those of `movers`
    /// that move in. Sorted by (bucket, subject) again; rows of a subject keep their order.
    ///
    /// # Errors
    /// When a column is missing or the batches have different columns.
    pub fn apply(
        &self,
        buckets: Range<u32>,
        table: &'static str,
        local: &RecordBatch,
        movers: &RecordBatch,
    ) -> Result<RecordBatch, GradingError> {
        if self.is_empty() {
            return Ok(local.clone());
        }
        let arriving: BTreeSet<&str> = self
            .homes
            .iter()
            .filter(|(_, home)| buckets.contains(home))
            .map(|(alias, _)| alias.as_str())
            .collect();
        let staying = pick(local, table, |id| {
            !self.homes.contains_key(id) || arriving.contains(id)
        })?;
        let here: BTreeSet<String> = ids(&staying, table)?;
        // An alias whose home is another bucket of the same range is in `local` already.
        let coming = pick(movers, table, |id| {
            arriving.contains(id) && !here.contains(id)
        })?;
        let all = concat_batches(&local.schema(), [&staying, &coming])?;
        sorted(&all, table)
    }
}

fn ids(batch: &RecordBatch, table: &'static str) -> Result<BTreeSet<String>, GradingError> {
    let column = Columns { batch, table }.need_text("subject_id")?;
    Ok((0..batch.num_rows())
        .map(|row| column.or_empty(row).to_owned())
        .collect())
}

fn pick(
    batch: &RecordBatch,
    table: &'static str,
    wanted: impl Fn(&str) -> bool,
) -> Result<RecordBatch, GradingError> {
    let column = Columns { batch, table }.need_text("subject_id")?;
    let keep: BooleanArray = (0..batch.num_rows())
        .map(|row| Some(wanted(column.or_empty(row))))
        .collect();
    Ok(filter_record_batch(batch, &keep)?)
}

fn sorted(batch: &RecordBatch, table: &'static str) -> Result<RecordBatch, GradingError> {
    let mut keys = Vec::new();
    for name in [
        "bucket",
        "subject_id",
        "decided_on",
        "occurred_on",
        "record_id",
    ] {
        let column = batch.column_by_name(name).cloned();
        keys.extend(column.map(|values| SortColumn {
            values,
            options: None,
        }));
    }
    if keys.is_empty() {
        return Err(GradingError::MissingColumn {
            table,
            column: "subject_id".to_owned(),
        });
    }
    let order = lexsort_to_indices(&keys, None)?;
    Ok(take_record_batch(batch, &order)?)
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
        assert_eq!(plan.movers().collect::<Vec<_>>(), [alias.as_str()]);

        // Each bucket as the store gives it, then with its guests.
        let home = bucket_of(code, 8);
        let only = |batch: &RecordBatch, id: &str| pick(batch, "rows", |s| s == id).unwrap();
        let moved = |batch: &RecordBatch| {
            plan.apply(
                home..home + 1,
                "rows",
                &only(batch, code),
                &only(batch, &alias),
            )
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
        let left = plan.apply(
            other..other + 1,
            "rows",
            &only(&batches.penalties, &alias),
            &only(&batches.penalties, &alias),
        );
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
