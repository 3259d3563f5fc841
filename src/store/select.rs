//! Which row groups, pages and rows of a data file are looked at.

use std::collections::HashMap;
use std::ops::Range;

use arrow::array::AsArray as _;
use arrow::compute::is_not_null;
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::bloom_filter::Sbbf;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::data_file::{MOST_BUCKETS, bucket_counts, edges, superseded_rows};
use super::error::StoreError;
use super::scan::{DataReader, Wanted};
use super::source::Source;
use crate::record::cells::Text;

impl DataReader<'_> {
    /// Rows of the chosen groups that may be wanted; `None` for all.
    pub(super) fn selection(&self, groups: &[usize], wanted: &Wanted) -> Option<RowSelection> {
        let buckets = self
            .bucket_selection(groups, wanted)
            .or_else(|| self.page_selection(groups, wanted));
        let newest = wanted.newest_in_file.then(|| self.newest(groups)).flatten();
        let subjects = self.span_selection(groups, wanted);
        let all = [buckets, newest, subjects].into_iter().flatten();
        all.reduce(|some, others| some.intersection(&others))
    }

    pub(super) fn rows_of(&self, group: usize) -> usize {
        usize::try_from(self.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// The wanted ones of the file's rows, given as ascending ranges, as a selection over the chosen groups.
    fn over(&self, groups: &[usize], ranges: &[Range<usize>]) -> RowSelection {
        let mut starts = vec![0];
        for group in 0..self.metadata().num_row_groups() {
            starts.push(starts[group] + self.rows_of(group));
        }
        let mut kept = Vec::new();
        let mut base = 0;
        for &group in groups {
            let (first, end) = (starts[group], starts[group + 1]);
            for range in ranges {
                let (from, to) = (range.start.max(first), range.end.min(end));
                if from < to {
                    kept.push(base + from - first..base + to - first);
                }
            }
            base += end - first;
        }
        RowSelection::from_consecutive_ranges(kept.into_iter(), base)
    }

    /// The rows of the wanted buckets exactly, where the footer says that rows stand by bucket.
    fn bucket_selection(&self, groups: &[usize], wanted: &Wanted) -> Option<RowSelection> {
        if !wanted.limits_buckets() {
            return None;
        }
        edges(self.metadata())?;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut start = 0;
        for (bucket, rows) in bucket_counts(self.metadata())? {
            if wanted.bucket(i32::try_from(bucket).ok()?) {
                match ranges.last_mut() {
                    Some(last) if last.end == start => last.end += rows,
                    _ => ranges.push(start..start + rows),
                }
            }
            start += rows;
        }
        Some(self.over(groups, &ranges))
    }

    /// Conditions on single columns that are decoded first; of the others only pages with rows that pass are decoded.
    pub(super) fn filters(
        &self,
        builder: &ParquetRecordBatchReaderBuilder<Source>,
        wanted: &Wanted,
    ) -> Vec<Box<dyn ArrowPredicate>> {
        let column = |name: &str| {
            let (root, _) = builder.schema().column_with_name(name)?;
            Some(ProjectionMask::roots(builder.parquet_schema(), [root]))
        };
        let mut filters: Vec<Box<dyn ArrowPredicate>> = Vec::new();
        if let (Some(subjects), Some(mask)) = (wanted.subjects.clone(), column("subject_id")) {
            filters.push(Box::new(ArrowPredicateFn::new(mask, move |batch| {
                let ids = Text::of(batch.column(0).as_ref()).ok_or_else(|| {
                    ArrowError::SchemaError("column subject_id is not text".to_owned())
                })?;
                // Rows of a subject follow one another: look each one up once.
                let mut last = ("", false);
                Ok((0..batch.num_rows())
                    .map(|row| {
                        let id = ids.or_empty(row);
                        if row == 0 || id != last.0 {
                            last = (id, subjects.contains(id));
                        }
                        Some(last.1)
                    })
                    .collect())
            })));
        }
        if let Some(mask) = wanted.present.and_then(column) {
            filters.push(Box::new(ArrowPredicateFn::new(mask, |batch| {
                is_not_null(batch.column(0))
            })));
        }
        if let Some(mask) = wanted.flag.and_then(column) {
            filters.push(Box::new(ArrowPredicateFn::new(mask, |batch| {
                batch
                    .column(0)
                    .as_boolean_opt()
                    .cloned()
                    .ok_or_else(|| ArrowError::SchemaError("the column is no flag".to_owned()))
            })));
        }
        filters
    }

    /// Adds the rows per bucket of this file to `counts`.
    pub(super) fn count_buckets(&self, counts: &mut HashMap<u32, usize>) -> Result<(), StoreError> {
        let mut count = |bucket: i64, rows: usize| {
            let known = u32::try_from(bucket.max(0)).ok();
            let Some(bucket) = known.filter(|_| bucket <= i64::from(MOST_BUCKETS)) else {
                return Err(self.damaged(&format!("there is no bucket {bucket}")));
            };
            *counts.entry(bucket).or_default() += rows;
            Ok(())
        };
        if let Some(pairs) = bucket_counts(self.metadata()) {
            return (pairs.into_iter()).try_for_each(|(bucket, rows)| count(bucket.into(), rows));
        }
        self.scan(Some(&["bucket"]), &Wanted::default(), &mut |batch| {
            let buckets = batch.column(0).as_primitive::<Int32Type>();
            buckets
                .values()
                .iter()
                .try_for_each(|bucket| count((*bucket).into(), 1))
        })
    }

    /// Whether the file may hold rows of wanted buckets.
    pub(super) fn holds(&self, wanted: &Wanted) -> bool {
        bucket_counts(self.metadata()).is_none_or(|counts| {
            let mut held = counts.into_iter().map(|(bucket, _)| bucket);
            held.any(|bucket| i32::try_from(bucket).is_ok_and(|b| wanted.bucket(b)))
        })
    }

    /// First and last (bucket, subject) of the file, where its footer also says which of its rows are superseded within
    /// it; the rows of such a file stand in order.
    pub(super) fn settled(&self, wanted: &Wanted) -> Option<[(u32, String); 2]> {
        let superseded = superseded_rows(self.metadata())?;
        // What was superseded later was in force before.
        if !superseded.is_empty() && wanted.known_at.is_some() {
            return None;
        }
        edges(self.metadata())
    }

    /// All rows of the chosen groups but those that the footer names as superseded.
    fn newest(&self, groups: &[usize]) -> Option<RowSelection> {
        let superseded = superseded_rows(self.metadata()).filter(|rows| !rows.is_empty())?;
        let mut kept = Vec::with_capacity(superseded.len() + 1);
        let mut from = 0;
        for row in superseded.into_iter().chain([self.rows()]) {
            kept.push(from..row);
            from = row + 1;
        }
        Some(self.over(groups, &kept))
    }

    /// Least and greatest bucket of a row group.
    pub(super) fn buckets_of(&self, group: usize) -> Option<(u32, u32)> {
        let column = self
            .metadata()
            .row_group(group)
            .column(self.leaf("bucket")?);
        let Some(Statistics::Int32(bounds)) = column.statistics() else {
            return None;
        };
        let bound = |bucket: Option<&i32>| u32::try_from(*bucket?).ok();
        Some((bound(bounds.min_opt())?, bound(bounds.max_opt())?))
    }

    /// The bloom filter of a row group on a column, where there is one.
    pub(super) fn bloom(&self, group: usize, column: &str) -> Result<Option<Sbbf>, StoreError> {
        let Some(leaf) = self.leaf(column) else {
            return Ok(None);
        };
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            self.source()?,
            self.footer().clone(),
        );
        builder
            .get_row_group_column_bloom_filter(group, leaf)
            .map_err(|e| self.damaged(&e))
    }

    /// Row groups that may hold wanted rows.
    pub(super) fn row_groups(
        &self,
        builder: &ParquetRecordBatchReaderBuilder<Source>,
        wanted: &Wanted,
    ) -> Result<Vec<usize>, StoreError> {
        let metadata = self.metadata();
        let bucket = wanted
            .limits_buckets()
            .then(|| self.leaf("bucket"))
            .flatten();
        let subject = wanted
            .subjects
            .is_some()
            .then(|| self.leaf("subject_id"))
            .flatten();
        let mut groups = Vec::new();
        for (index, group) in metadata.row_groups().iter().enumerate() {
            if !self.meets(index, wanted) {
                continue;
            }
            if let Some(leaf) = bucket
                && let Some(Statistics::Int32(s)) = group.column(leaf).statistics()
                && let (Some(least), Some(greatest)) = (s.min_opt(), s.max_opt())
                && !wanted.any_bucket_in(*least, *greatest)
            {
                continue;
            }
            if let Some(leaf) = wanted.present.and_then(|name| self.leaf(name))
                && let Some(statistics) = group.column(leaf).statistics()
                && statistics.null_count_opt() == u64::try_from(group.num_rows()).ok()
            {
                continue;
            }
            if let Some(leaf) = wanted.flag.and_then(|name| self.leaf(name))
                && let Some(Statistics::Boolean(s)) = group.column(leaf).statistics()
                && s.max_opt() == Some(&false)
            {
                continue;
            }
            if let (Some(leaf), Some(subjects)) = (subject, &wanted.subjects) {
                let bloom = builder
                    .get_row_group_column_bloom_filter(index, leaf)
                    .map_err(|e| self.damaged(&e))?;
                if let Some(bloom) = bloom
                    && !subjects.iter().any(|s| bloom.check(s.as_str()))
                {
                    continue;
                }
            }
            groups.push(index);
        }
        Ok(groups)
    }

    /// Pages of the chosen groups that may hold wanted rows, by the page index on `bucket`.
    fn page_selection(&self, groups: &[usize], wanted: &Wanted) -> Option<RowSelection> {
        if !wanted.limits_buckets() {
            return None;
        }
        self.selected(groups, "bucket", |index, page| {
            let ColumnIndexMetaData::INT32(index) = index else {
                return true;
            };
            match (index.min_value(page), index.max_value(page)) {
                (Some(least), Some(greatest)) => wanted.any_bucket_in(*least, *greatest),
                _ => true,
            }
        })
    }
}
