//! Reading data files: which row groups, which pages, which rows.
//!
//! A look-up goes from coarse to fine: the footer's bounds on `bucket` choose row groups, the bloom
//! filter on `subject_id` drops groups, the page index drops pages, and what is left is decoded and
//! filtered row by row. Footers and small files are kept for the life of a snapshot.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, new_null_array};
use arrow::compute::{cast, concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Date32Type, Field, Fields, Int32Type, Schema, SchemaRef};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter,
};
use parquet::arrow::{ProjectionMask, RowNumber};
use parquet::file::metadata::ParquetMetaData;
use rayon::prelude::*;

use super::data_file::says_cases_are_documents;
use super::error::StoreError;
use super::section::Span;
use super::source::{Cache, Opened, Source, damaged};
use super::stats::leaf_of;
use super::table::{LATER_COLUMNS, REPEATED_TEXT, Table, VIEWED_TEXT};
use crate::record::Day;
use crate::record::cells::{self, Text};

/// A column that no file has: the number of a row in its file, as `Int64`.
pub(super) const ROW_NUMBER: &str = "row_number";

/// Rows decoded at a time.
const BATCH_ROWS: usize = 32_768;

/// Which rows of a table are wanted. The default wants all.
#[derive(Debug, Clone, Default)]
pub(super) struct Wanted {
    /// Buckets from (inclusive) to (exclusive).
    pub buckets: Option<Range<u32>>,
    /// Only these buckets, within the range.
    pub bucket_set: Option<BTreeSet<u32>>,
    /// Only subjects of this span, of one bucket.
    pub span: Option<Span>,
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
    /// The rows come with their number in the file, from 0, in a last column [`ROW_NUMBER`]; not for coded columns.
    pub numbered: bool,
}

impl Wanted {
    pub(super) fn bucket(&self, bucket: i32) -> bool {
        let Ok(bucket) = u32::try_from(bucket) else {
            return self.buckets.is_none() && self.bucket_set.is_none();
        };
        self.buckets.as_ref().is_none_or(|r| r.contains(&bucket))
            && self.bucket_set.as_ref().is_none_or(|s| s.contains(&bucket))
    }

    pub(super) fn any_bucket_in(&self, least: i32, greatest: i32) -> bool {
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

    pub(super) fn limits_buckets(&self) -> bool {
        self.buckets.is_some() || self.bucket_set.is_some()
    }
}

/// What a scan of a file reads: which columns of which row groups, from where.
struct Plan {
    schema: SchemaRef,
    source: Source,
    footer: ArrowReaderMetadata,
    groups: Vec<usize>,
    mask: ProjectionMask,
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
        let fields = own.fields().iter();
        let fields: Vec<Field> = fields.map(|f| coded_field(self.table, f)).collect();
        let schema = Schema::new_with_metadata(fields, own.metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        ArrowReaderMetadata::try_new(Arc::clone(self.metadata()), options)
            .map_err(|e| self.damaged(&e))
    }

    /// The footer as a reader that wants the numbers of the rows takes it.
    fn numbered_footer(&self) -> Result<ArrowReaderMetadata, StoreError> {
        let number = number_field().with_extension_type(RowNumber);
        ArrowReaderOptions::new()
            .with_virtual_columns(vec![Arc::new(number)])
            .and_then(|options| ArrowReaderMetadata::try_new(Arc::clone(self.metadata()), options))
            .map_err(|e| self.damaged(&e))
    }

    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    pub(super) fn footer(&self) -> &ArrowReaderMetadata {
        &self.opened.footer
    }

    pub(super) fn source(&self) -> Result<Source, StoreError> {
        Source::of(self.table, self.path, &self.opened)
    }

    pub(super) fn metadata(&self) -> &Arc<ParquetMetaData> {
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
        let plan = self.plan(columns, wanted)?;
        let pieces = match wanted.coded {
            true => plan.groups.chunks(1),
            false => plan.groups.chunks(plan.groups.len().max(1)),
        };
        for groups in pieces {
            self.scan_groups(&plan, groups, wanted, each)?;
        }
        Ok(())
    }

    /// As [`DataReader::scan`], for coded columns, with all batches at once; row groups are decoded side by side.
    pub(super) fn batches(
        &self,
        columns: &[&str],
        wanted: &Wanted,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let mut all = Vec::new();
        if !wanted.coded {
            self.scan(Some(columns), wanted, &mut |batch| {
                all.push(batch);
                Ok(())
            })?;
            return Ok(all);
        }
        let plan = self.plan(Some(columns), wanted)?;
        let found: Vec<Vec<RecordBatch>> = plan
            .groups
            .par_chunks(1)
            .map(|groups| {
                let mut found = Vec::new();
                self.scan_groups(&plan, groups, wanted, &mut |batch| {
                    found.push(batch);
                    Ok(())
                })?;
                Ok(found)
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Compares the bytes of some columns of the wanted row groups with their checksums, for readers that do not come through here. Files
    /// without checksums pass.
    pub(super) fn check(&self, columns: &[&str], wanted: &Wanted) -> Result<(), StoreError> {
        let plan = self.plan(Some(columns), wanted)?;
        for group in &plan.groups {
            let group = self.metadata().row_group(*group);
            for column in group.columns() {
                let root = column.column_path().parts().first();
                if root.is_some_and(|root| columns.contains(&root.as_str())) {
                    let (start, length) = column.byte_range();
                    let bytes = start..start.saturating_add(length);
                    plan.source.check(bytes).map_err(|e| self.damaged(&e))?;
                }
            }
        }
        Ok(())
    }

    /// What a scan reads.
    fn plan(&self, columns: Option<&[&str]>, wanted: &Wanted) -> Result<Plan, StoreError> {
        let named = projected(self.table, columns, wanted.coded)?;
        let schema = if wanted.numbered {
            with_number(&named)
        } else {
            Arc::clone(&named)
        };
        let mut read: BTreeSet<&str> = named.fields().iter().map(|f| f.name().as_str()).collect();
        if self.copies_cases(&schema) {
            read.remove("case_id");
        }
        if wanted.limits_buckets() {
            read.insert("bucket");
        }
        if wanted.subjects.is_some() || wanted.span.is_some() {
            read.insert("subject_id");
        }
        if wanted.known_at.is_some() {
            read.insert("received_on");
        }
        let source = self.source()?;
        let footer = if wanted.coded {
            self.coded_footer()?
        } else if wanted.numbered {
            self.numbered_footer()?
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
        Ok(Plan {
            schema,
            source,
            footer,
            groups,
            mask,
        })
    }

    /// Reads some of the row groups of a plan. A dictionary belongs to a row group: a batch of coded columns that reached
    /// into the next would have to build one of its own, so those are read group by group.
    fn scan_groups(
        &self,
        plan: &Plan,
        groups: &[usize],
        wanted: &Wanted,
        each: &mut dyn FnMut(RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let rows = groups.iter().map(|group| self.rows_of(*group)).sum();
        let mut builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
            plan.source.clone(),
            plan.footer.clone(),
        )
        .with_row_groups(groups.to_vec())
        .with_projection(plan.mask.clone())
        .with_batch_size(if wanted.coded { rows } else { BATCH_ROWS });
        if let Some(selection) = self.selection(groups, wanted) {
            builder = builder.with_row_selection(selection);
        }
        let filters = self.filters(&builder, wanted);
        if !filters.is_empty() {
            builder = builder.with_row_filter(RowFilter::new(filters));
        }
        let reader = builder.build().map_err(|e| self.damaged(&e))?;
        for batch in reader {
            let batch = self.within(batch.map_err(|e| self.damaged(&e))?, wanted)?;
            let batch = match self.keep(&batch, wanted)? {
                Some(mask) => filter_record_batch(&batch, &mask).map_err(|e| self.damaged(&e))?,
                None => batch,
            };
            if batch.num_rows() > 0 {
                each(self.conform(&batch, &plan.schema)?)?;
            }
        }
        Ok(())
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
            let ids = Text::of(column.as_ref())
                .ok_or_else(|| self.damaged(&"column subject_id is not text"))?;
            let keep = keep.get_or_insert_with(|| vec![true; rows]);
            for (row, kept) in keep.iter_mut().enumerate() {
                *kept = *kept && subjects.contains(ids.or_empty(row));
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

    pub(super) fn column<'b>(
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
                let name = match field.name().as_str() {
                    "case_id" if self.copies_cases(schema) => "document_no",
                    name => name,
                };
                let array = self.column(batch, name)?;
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

    /// Whether the cases among some columns are taken from the document numbers instead of being decoded: the footer says
    /// that they are the same.
    fn copies_cases(&self, schema: &SchemaRef) -> bool {
        let asked = |name: &str| schema.column_with_name(name).is_some();
        asked("case_id") && asked("document_no") && says_cases_are_documents(self.metadata())
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

    pub(super) fn leaf(&self, name: &str) -> Option<usize> {
        leaf_of(self.metadata(), name, 0)
    }

    pub(super) fn damaged(&self, reason: &dyn std::fmt::Display) -> StoreError {
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
            coded_field(table, field)
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

fn number_field() -> Field {
    Field::new(ROW_NUMBER, DataType::Int64, false)
}

fn with_number(schema: &SchemaRef) -> SchemaRef {
    let fields = schema.fields().iter().cloned();
    let fields = fields.chain([Arc::new(number_field())]);
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

fn coded_field(table: Table, field: &Field) -> Field {
    let name = field.name().as_str();
    let of = field.data_type();
    // The records of a subject follow one another.
    let repeats = name == "subject_id" && table.is_record_log();
    let coded = if repeats || REPEATED_TEXT.contains(&name) {
        cells::coded(of)
    } else if VIEWED_TEXT.contains(&name) && *of == DataType::Utf8 {
        DataType::Utf8View
    } else {
        return field.clone();
    };
    field.clone().with_data_type(coded)
}

/// All rows of some files, in the order of the files.
pub(super) fn read_files(table: Table, paths: &[PathBuf]) -> Result<Vec<RecordBatch>, StoreError> {
    let cache = Cache::default();
    let mut batches = Vec::new();
    for path in paths {
        DataReader::open(table, path, &cache)?.scan(None, &Wanted::default(), &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
    }
    Ok(batches)
}

/// Pieces of a table as one batch.
pub(super) fn together(table: Table, pieces: &[RecordBatch]) -> Result<RecordBatch, StoreError> {
    joined(table, &table.schema(), pieces)
}

/// Pieces of some columns of a table as one batch.
pub(super) fn together_as(
    table: Table,
    columns: &[&str],
    pieces: &[RecordBatch],
) -> Result<RecordBatch, StoreError> {
    joined(table, &projected(table, Some(columns), false)?, pieces)
}

fn joined(
    table: Table,
    schema: &SchemaRef,
    pieces: &[RecordBatch],
) -> Result<RecordBatch, StoreError> {
    concat_batches(schema, pieces).map_err(|e| StoreError::Schema {
        table: table.name(),
        reason: e.to_string(),
    })
}
