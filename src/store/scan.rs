//! Reading data files: which row groups, which pages, which rows.
//!
//! A look-up goes from coarse to fine: the footer's bounds on `bucket` choose row groups, the bloom
//! filter on `subject_id` drops groups, the page index drops pages, and what is left is decoded and
//! filtered row by row. Footers and small files are kept for the life of a snapshot.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{cast, concat_batches, filter_record_batch, is_not_null};
use arrow::datatypes::{Date32Type, Field, Int32Type, Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions,
    ParquetRecordBatchReaderBuilder, RowFilter, RowSelection,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::data_file::{bucket_counts, edges, superseded_rows};
use super::error::StoreError;
use super::source::{Cache, Opened, Source, damaged};
use super::stats::leaf_of;
use super::table::{LATER_COLUMNS, REPEATED_TEXT, Table};
use crate::record::{Day, cells};

/// Rows decoded at a time.
const BATCH_ROWS: usize = 32_768;

/// Which rows of a table are wanted. The default wants all.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Buckets from (inclusive) to (exclusive).
    pub buckets: Option<Range<u32>>,
    /// Only these buckets, within the range.
    pub bucket_set: Option<BTreeSet<u32>>,
    /// Only these subjects.
    pub subjects: Option<Arc<HashSet<String>>>,
    /// Only rows with a value in this column.
    pub present: Option<&'static str>,
    /// Only rows whose flag of this name is set.
    pub flag: Option<&'static str>,
    /// Only rows received on this day or before.
    pub known_at: Option<Day>,
    /// Text columns with few values come coded by a dictionary.
    pub coded: bool,
    /// Without the rows that a later version in the same file supersedes, as its footer names them.
    pub newest_in_file: bool,
}

impl Wanted {
    fn bucket(&self, bucket: i32) -> bool {
        let Ok(bucket) = u32::try_from(bucket) else {
            return self.buckets.is_none() && self.bucket_set.is_none();
        };
        self.buckets.as_ref().is_none_or(|r| r.contains(&bucket))
            && self.bucket_set.as_ref().is_none_or(|s| s.contains(&bucket))
    }

    fn any_bucket_in(&self, least: i32, greatest: i32) -> bool {
        if let Some(range) = &self.buckets {
            let (from, to) = (i64::from(range.start), i64::from(range.end));
            if i64::from(greatest) < from || i64::from(least) >= to {
                return false;
            }
        }
        match (&self.bucket_set, u32::try_from(greatest)) {
            (Some(set), Ok(greatest)) => {
                let least = u32::try_from(least).unwrap_or(0);
                least <= greatest && set.range(least..=greatest).next().is_some()
            }
            (Some(_), Err(_)) => false,
            (None, _) => true,
        }
    }

    fn limits_buckets(&self) -> bool {
        self.buckets.is_some() || self.bucket_set.is_some()
    }
}

/// One data file of a table, opened for reading.
pub(super) struct DataReader<'a> {
    table: Table,
    path: &'a Path,
    opened: Opened,
}

impl<'a> DataReader<'a> {
    /// Opens a file, through the cache of its snapshot.
    pub(super) fn open(table: Table, path: &'a Path, cache: &Cache) -> Result<Self, StoreError> {
        Ok(Self {
            table,
            path,
            opened: cache.open(table, path)?,
        })
    }

    /// Number of rows in the file.
    pub(super) fn rows(&self) -> usize {
        usize::try_from(self.metadata().file_metadata().num_rows()).unwrap_or(0)
    }

    /// The footer as a reader that wants coded columns takes it. A column that another engine wrote in another type stays
    /// as it is; [`DataReader::conform`] casts it.
    fn coded_footer(&self) -> Result<ArrowReaderMetadata, StoreError> {
        let own = self.opened.footer.schema();
        let fields: Vec<Field> = own.fields().iter().map(|f| coded_field(f)).collect();
        let schema = Schema::new_with_metadata(fields, own.metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        ArrowReaderMetadata::try_new(Arc::clone(self.metadata()), options)
            .map_err(|e| self.damaged(&e))
    }

    fn metadata(&self) -> &Arc<ParquetMetaData> {
        self.opened.footer.metadata()
    }

    /// Calls `each` with batches of the wanted rows, in file order, with the columns named (all
    /// columns of the table's schema when `None`). Columns needed only to choose rows are read too
    /// and dropped.
    pub(super) fn scan(
        &self,
        columns: Option<&[&str]>,
        wanted: &Wanted,
        each: &mut dyn FnMut(RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if wanted.present.is_some_and(|name| self.predates(name)) {
            return Ok(());
        }
        let schema = projected(self.table, columns, wanted.coded)?;
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let mut read: BTreeSet<&str> = names.iter().copied().collect();
        if wanted.limits_buckets() {
            read.insert("bucket");
        }
        if wanted.subjects.is_some() {
            read.insert("subject_id");
        }
        if wanted.known_at.is_some() {
            read.insert("received_on");
        }

        let source = Source::of(self.table, self.path, &self.opened)?;
        let footer = if wanted.coded {
            self.coded_footer()?
        } else {
            self.opened.footer.clone()
        };
        let builder =
            ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), footer.clone());
        let groups = self.row_groups(&builder, wanted)?;
        let root: Vec<usize> = builder
            .schema()
            .fields()
            .iter()
            .enumerate()
            .filter(|(_, f)| read.contains(f.name().as_str()))
            .map(|(i, _)| i)
            .collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), root);
        // A dictionary belongs to a row group: a batch that reaches into the next would have to build one of its own.
        let pieces: Vec<&[usize]> = match wanted.coded {
            true => groups.chunks(1).collect(),
            false => groups.chunks(groups.len().max(1)).collect(),
        };
        for groups in pieces {
            let mut builder =
                ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), footer.clone())
                    .with_row_groups(groups.to_vec())
                    .with_projection(mask.clone())
                    .with_batch_size(if wanted.coded {
                        self.rows_of(groups[0])
                    } else {
                        BATCH_ROWS
                    });
            if let Some(selection) = self.selection(groups, wanted) {
                builder = builder.with_row_selection(selection);
            }
            let filters = self.filters(&builder, wanted);
            if !filters.is_empty() {
                builder = builder.with_row_filter(RowFilter::new(filters));
            }
            let reader = builder.build().map_err(|e| self.damaged(&e))?;
            for batch in reader {
                let batch = batch.map_err(|e| self.damaged(&e))?;
                let batch = match self.keep(&batch, wanted)? {
                    Some(mask) => {
                        filter_record_batch(&batch, &mask).map_err(|e| self.damaged(&e))?
                    }
                    None => batch,
                };
                if batch.num_rows() > 0 {
                    each(self.conform(&batch, &schema)?)?;
                }
            }
        }
        Ok(())
    }

    /// Rows of the chosen groups that may be wanted; `None` for all.
    fn selection(&self, groups: &[usize], wanted: &Wanted) -> Option<RowSelection> {
        let buckets = self
            .bucket_selection(groups, wanted)
            .or_else(|| self.page_selection(groups, wanted));
        let newest = wanted.newest_in_file.then(|| self.newest(groups)).flatten();
        match (buckets, newest) {
            (Some(buckets), Some(newest)) => Some(buckets.intersection(&newest)),
            (buckets, newest) => buckets.or(newest),
        }
    }

    fn rows_of(&self, group: usize) -> usize {
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
    fn filters(
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
                let ids = batch.column(0).as_string_opt::<i32>().ok_or_else(|| {
                    ArrowError::SchemaError("column subject_id is not text".to_owned())
                })?;
                // Rows of a subject follow one another: look each one up once.
                let mut last = ("", false);
                Ok((0..ids.len())
                    .map(|row| {
                        let id = ids.value(row);
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
        if let Some(pairs) = bucket_counts(self.metadata()) {
            for (bucket, rows) in pairs {
                *counts.entry(bucket).or_default() += rows;
            }
            return Ok(());
        }
        self.scan(Some(&["bucket"]), &Wanted::default(), &mut |batch| {
            for bucket in batch.column(0).as_primitive::<Int32Type>().values() {
                *counts.entry((*bucket).max(0) as u32).or_default() += 1;
            }
            Ok(())
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

    /// Row groups that may hold wanted rows.
    fn row_groups(
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
        let leaf = self.leaf("bucket")?;
        let columns = self.metadata().column_index()?;
        let offsets = self.metadata().offset_index()?;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut base = 0_usize;
        let mut all = true;
        for group in groups {
            let rows = usize::try_from(self.metadata().row_group(*group).num_rows()).ok()?;
            let pages = offsets.get(*group)?.get(leaf)?.page_locations();
            let ColumnIndexMetaData::INT32(index) = columns.get(*group)?.get(leaf)? else {
                return None;
            };
            for (page, location) in pages.iter().enumerate() {
                let start = usize::try_from(location.first_row_index).ok()?;
                let end = match pages.get(page + 1) {
                    Some(next) => usize::try_from(next.first_row_index).ok()?,
                    None => rows,
                };
                let may = match (index.min_value(page), index.max_value(page)) {
                    (Some(least), Some(greatest)) => wanted.any_bucket_in(*least, *greatest),
                    _ => true,
                };
                if may {
                    ranges.push(base + start..base + end);
                } else {
                    all = false;
                }
            }
            base += rows;
        }
        (!all).then(|| RowSelection::from_consecutive_ranges(ranges.into_iter(), base))
    }

    /// Which rows of a decoded batch are wanted; `None` when all are.
    fn keep(
        &self,
        batch: &RecordBatch,
        wanted: &Wanted,
    ) -> Result<Option<BooleanArray>, StoreError> {
        let rows = batch.num_rows();
        let mut keep: Option<Vec<bool>> = None;
        if wanted.limits_buckets() {
            let column = self.column(batch, "bucket")?;
            let buckets = column
                .as_primitive_opt::<Int32Type>()
                .ok_or_else(|| self.damaged(&"column bucket is not an integer"))?;
            keep = Some(buckets.values().iter().map(|b| wanted.bucket(*b)).collect());
        }
        if let Some(subjects) = &wanted.subjects {
            let column = self.column(batch, "subject_id")?;
            let ids = column
                .as_string_opt::<i32>()
                .ok_or_else(|| self.damaged(&"column subject_id is not text"))?;
            let keep = keep.get_or_insert_with(|| vec![true; rows]);
            for (row, kept) in keep.iter_mut().enumerate() {
                *kept = *kept && subjects.contains(ids.value(row));
            }
        }
        if let Some(day) = wanted.known_at {
            let column = self.column(batch, "received_on")?;
            let received = column
                .as_primitive_opt::<Date32Type>()
                .ok_or_else(|| self.damaged(&"column received_on is not a day"))?;
            let keep = keep.get_or_insert_with(|| vec![true; rows]);
            for (kept, received) in keep.iter_mut().zip(received.values()) {
                *kept = *kept && *received <= day.epoch();
            }
        }
        Ok(keep
            .filter(|k| k.iter().any(|kept| !kept))
            .map(BooleanArray::from))
    }

    fn column<'b>(
        &self,
        batch: &'b RecordBatch,
        name: &str,
    ) -> Result<&'b arrow::array::ArrayRef, StoreError> {
        batch
            .column_by_name(name)
            .ok_or_else(|| self.damaged(&format!("column {name} is missing")))
    }

    /// The batch with exactly the wanted columns in their order and types.
    fn conform(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, StoreError> {
        let arrays = schema
            .fields()
            .iter()
            .map(|field| {
                if batch.column_by_name(field.name()).is_none() && self.predates(field.name()) {
                    return Ok(new_null_array(field.data_type(), batch.num_rows()));
                }
                let array = self.column(batch, field.name())?;
                if array.data_type() == field.data_type() {
                    Ok(Arc::clone(array))
                } else {
                    // A file rewritten by another engine may say the same in another type.
                    cast(array, field.data_type()).map_err(|e| self.damaged(&e))
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|e| self.damaged(&e))
    }

    /// Whether the file was written before its table got a column. A file with a column that no schema knows is no such
    /// file but a damaged one.
    fn predates(&self, name: &str) -> bool {
        let own = self.opened.footer.schema();
        let ours = self.table.schema();
        LATER_COLUMNS.contains(&name)
            && own.column_with_name(name).is_none()
            && own
                .fields()
                .iter()
                .all(|field| ours.column_with_name(field.name()).is_some())
    }

    fn leaf(&self, name: &str) -> Option<usize> {
        leaf_of(self.metadata(), name, 0)
    }

    fn damaged(&self, reason: &dyn std::fmt::Display) -> StoreError {
        damaged(self.table, self.path, reason)
    }
}

/// The schema of a table reduced to some columns, in the order asked for; `coded` with dictionaries where they pay.
pub(super) fn projected(
    table: Table,
    columns: Option<&[&str]>,
    coded: bool,
) -> Result<SchemaRef, StoreError> {
    let schema = table.schema();
    let field_of = |name: &str| {
        let field = schema
            .field_with_name(name)
            .map_err(|_| StoreError::Schema {
                table: table.name(),
                reason: format!("there is no column {name}"),
            })?;
        Ok(if coded {
            coded_field(field)
        } else {
            field.clone()
        })
    };
    let fields = match columns {
        None if !coded => return Ok(schema),
        None => {
            let names = schema.fields().iter().map(|f| f.name().as_str());
            names.map(field_of).collect::<Result<Vec<_>, _>>()?
        }
        Some(columns) => columns
            .iter()
            .map(|name| field_of(name))
            .collect::<Result<Vec<_>, _>>()?,
    };
    Ok(Arc::new(Schema::new(fields)))
}

fn coded_field(field: &Field) -> Field {
    let field = field.clone();
    if !REPEATED_TEXT.contains(&field.name().as_str()) {
        return field;
    }
    let coded = cells::coded(field.data_type());
    field.with_data_type(coded)
}

/// All rows of some files as one batch, in the order of the files.
pub(super) fn read_files(table: Table, paths: &[PathBuf]) -> Result<RecordBatch, StoreError> {
    let cache = Cache::default();
    let mut batches = Vec::new();
    for path in paths {
        DataReader::open(table, path, &cache)?.scan(None, &Wanted::default(), &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
    }
    concat_batches(&table.schema(), &batches).map_err(|e| StoreError::Schema {
        table: table.name(),
        reason: e.to_string(),
    })
}
