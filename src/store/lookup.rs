//! Reading rows of some buckets or subjects: those in force, in the order of the table.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use rayon::prelude::*;

use super::error::StoreError;
use super::in_force::{NEEDED, in_force};
use super::ready::misfit;
use super::scan::{DataReader, Wanted, projected};
use super::section::Section;
use super::snapshot::{Snapshot, bucket_range, of_subjects};
use super::table::Table;
use crate::record::Day;

/// Which rows of a batch are meant.
pub type Named<'f> = &'f (dyn Fn(&RecordBatch) -> Result<BooleanArray, StoreError> + Sync);

impl Snapshot {
    /// The rows of some buckets. Of a record table: the rows in force among those received on
    /// `known_at` or before (all when `None`), sorted by (bucket, subject_id, decided_on or
    /// occurred_on, record_id). Of another table with buckets: its rows, sorted by
    /// (bucket, subject_id); `known_at` does not apply.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged; the table has no buckets; the rows do not fit one batch.
    pub fn read_buckets(
        &self,
        table: Table,
        buckets: Range<u32>,
        known_at: Option<Day>,
    ) -> Result<RecordBatch, StoreError> {
        self.read_in_force(table, None, bucket_range(buckets), known_at)
    }

    /// As [`Snapshot::read_buckets`], with only the columns named, in that order.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_buckets`], or there is no such column.
    pub fn read_buckets_columns(
        &self,
        table: Table,
        buckets: Range<u32>,
        known_at: Option<Day>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        self.read_in_force(table, Some(columns), bucket_range(buckets), known_at)
    }

    /// Some columns of all rows of some buckets, whether in force or not, in file order.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged, there is no such column, or the rows do not fit one batch.
    pub fn read_log_buckets(
        &self,
        table: Table,
        buckets: Range<u32>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        self.collect(table, Some(columns), &bucket_range(buckets))
    }

    /// As [`Snapshot::read_buckets_columns`], with the texts of columns that hold few values coded by a dictionary
    /// (see [`crate::record::cells`]): less memory, and a condition need be looked at once per value only.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_buckets_columns`].
    pub fn read_buckets_coded(
        &self,
        table: Table,
        buckets: Range<u32>,
        known_at: Option<Day>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        let wanted = Wanted {
            coded: true,
            ..bucket_range(buckets)
        };
        self.read_in_force(table, Some(columns), wanted, known_at)
    }

    /// As [`Snapshot::read_buckets_coded`], of a section.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_buckets_coded`].
    pub fn read_section_coded(
        &self,
        table: Table,
        section: &Section,
        known_at: Option<Day>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        let wanted = Wanted {
            coded: true,
            ..section.wanted()
        };
        self.read_in_force(table, Some(columns), wanted, known_at)
    }

    /// The rows of some subjects only, in force and sorted as by [`Snapshot::read_buckets`]: by
    /// bucket, bloom filter and page index, so that a look-up reads little of a large store.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_buckets`].
    pub fn read_subjects(
        &self,
        table: Table,
        subjects: &[&str],
        known_at: Option<Day>,
    ) -> Result<RecordBatch, StoreError> {
        self.read_in_force(table, None, of_subjects(subjects), known_at)
    }

    /// As [`Snapshot::read_subjects`], with only the columns named, in that order.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_subjects`], or there is no such column.
    pub fn read_subjects_columns(
        &self,
        table: Table,
        subjects: &[&str],
        known_at: Option<Day>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        self.read_in_force(table, Some(columns), of_subjects(subjects), known_at)
    }

    /// As [`Snapshot::read_subjects_columns`], coded like [`Snapshot::read_buckets_coded`].
    ///
    /// # Errors
    ///
    /// As [`Snapshot::read_subjects_columns`].
    pub fn read_subjects_coded(
        &self,
        table: Table,
        subjects: &[&str],
        known_at: Option<Day>,
        columns: &[&str],
    ) -> Result<RecordBatch, StoreError> {
        let wanted = Wanted {
            coded: true,
            ..of_subjects(subjects)
        };
        self.read_in_force(table, Some(columns), wanted, known_at)
    }

    /// Some columns of the rows that have a value in the column `present`, in file order. Row groups without one are not
    /// opened, so that a column with few values is found fast.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged, or there is no such column.
    pub fn read_not_null(
        &self,
        table: Table,
        columns: &[&str],
        present: &'static str,
    ) -> Result<RecordBatch, StoreError> {
        let wanted = Wanted {
            present: Some(present),
            ..Wanted::default()
        };
        self.collect(table, Some(columns), &wanted)
    }

    /// As [`Snapshot::stream`], of the rows of some buckets if they are named.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::stream`].
    pub fn stream_buckets(
        &self,
        table: Table,
        columns: &[&str],
        buckets: Option<&BTreeSet<u32>>,
        each: &mut dyn FnMut(RecordBatch) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let wanted = Wanted {
            bucket_set: buckets.cloned(),
            ..Wanted::default()
        };
        for reader in self.holding(table, &self.live(table)?, &wanted)? {
            reader.scan(Some(columns), &wanted, each)?;
        }
        Ok(())
    }

    /// Some columns of the rows that `wanted` names by them, in file order. Files are looked at side by side.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged, there is no such column, or `wanted` fails.
    pub fn find(
        &self,
        table: Table,
        columns: &[&str],
        wanted: Named<'_>,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let found: Vec<Vec<RecordBatch>> =
            self.side_by_side(table, columns, |found: &mut Vec<_>, batch| {
                let rows = filter_record_batch(&batch, &wanted(&batch)?);
                let rows = rows.map_err(|e| misfit(table, &e))?;
                if rows.num_rows() > 0 {
                    found.push(rows);
                }
                Ok(())
            })?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The files with a row that `wanted` names by some of its columns.
    pub(super) fn files_with(
        &self,
        table: Table,
        columns: &[&str],
        wanted: Named<'_>,
    ) -> Result<BTreeSet<PathBuf>, StoreError> {
        let has: Vec<bool> = self.side_by_side(table, columns, |has, batch| {
            *has = *has || wanted(&batch)?.true_count() > 0;
            Ok(())
        })?;
        let live = self.live(table)?;
        let found = live.iter().zip(has).filter(|(_, has)| *has);
        Ok(found.map(|(path, _)| path.to_path_buf()).collect())
    }

    /// What is made of each file, from some columns of its rows, batch by batch.
    fn side_by_side<T: Default + Send>(
        &self,
        table: Table,
        columns: &[&str],
        take: impl Fn(&mut T, RecordBatch) -> Result<(), StoreError> + Sync,
    ) -> Result<Vec<T>, StoreError> {
        let live = self.live(table)?;
        live.par_iter()
            .map(|path| {
                let mut made = T::default();
                let reader = DataReader::open(table, path, &self.cache)?;
                reader.scan(Some(columns), &Wanted::default(), &mut |batch| {
                    take(&mut made, batch)
                })?;
                Ok(made)
            })
            .collect()
    }

    /// Some columns of the rows whose flag `flag` is set, in file order. Row groups without one are not opened.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged, or there is no such column.
    pub fn read_flagged(
        &self,
        table: Table,
        columns: &[&str],
        flag: &'static str,
    ) -> Result<RecordBatch, StoreError> {
        let wanted = Wanted {
            flag: Some(flag),
            ..Wanted::default()
        };
        self.collect(table, Some(columns), &wanted)
    }

    /// Compares what a program that reads the files of a table by itself will find in some columns with the checksums of the files:
    /// of all rows, or of those of one subject.
    ///
    /// # Errors
    ///
    /// The first damaged file by name, or a log that is damaged.
    pub fn check(
        &self,
        table: Table,
        columns: &[&str],
        subject: Option<&str>,
    ) -> Result<(), StoreError> {
        let bucketed = table.is_bucketed();
        let wanted = match subject.filter(|_| bucketed) {
            Some(id) => of_subjects(&[id]),
            None => Wanted::default(),
        };
        let live = self.live(table)?;
        let files: Vec<_> = live.iter().filter(|file| file.may_hold(&wanted)).collect();
        let found: Vec<Result<(), StoreError>> = files
            .par_iter()
            .map(|file| DataReader::open(table, file, &self.cache)?.check(columns, &wanted))
            .collect();
        found.into_iter().collect()
    }

    fn read_in_force(
        &self,
        table: Table,
        columns: Option<&[&str]>,
        mut wanted: Wanted,
        known_at: Option<Day>,
    ) -> Result<RecordBatch, StoreError> {
        if !table.is_bucketed() {
            return Err(StoreError::Schema {
                table: table.name(),
                reason: "the table has no buckets".to_owned(),
            });
        }
        let target = projected(table, columns, wanted.coded)?;
        let mut needed: Vec<&str> = target.fields().iter().map(|f| f.name().as_str()).collect();
        let too_much = |e: arrow::error::ArrowError| StoreError::Schema {
            table: table.name(),
            reason: e.to_string(),
        };
        if table.is_record_log() {
            wanted.known_at = known_at;
            if self.stands_apart(table, &wanted)? {
                wanted.newest_in_file = true;
                let batches = self.batches(table, &needed, &wanted)?;
                return concat_batches(&target, &batches).map_err(too_much);
            }
            if let Some(rows) = self.overlaid(table, &wanted, &target)? {
                return Ok(rows);
            }
        }
        let extra: &[&str] = if table.is_record_log() { &NEEDED } else { &[] };
        for name in table.sort_columns().iter().chain(extra) {
            if !needed.contains(name) {
                needed.push(name);
            }
        }
        let batches = self.batches(table, &needed, &wanted)?;
        if table.is_record_log() {
            return in_force(table, &batches, &target).map_err(too_much);
        }
        let schema = projected(table, Some(&needed), wanted.coded)?;
        let rows = concat_batches(&schema, &batches).map_err(too_much)?;
        let rows = super::keys::sorted(&rows, table.sort_columns()).map_err(too_much)?;
        let keep: Vec<usize> = (0..target.fields().len()).collect();
        rows.project(&keep).map_err(too_much)
    }

    /// Whether the wanted rows of a record table stand in order from file to file, no subject lies in two files, and each
    /// file knows which of its rows are in force. Neither versions nor sort columns need be read then.
    fn stands_apart(&self, table: Table, wanted: &Wanted) -> Result<bool, StoreError> {
        let mut before = None;
        let live = self.live(table)?;
        for path in live.iter().filter(|file| file.may_hold(wanted)) {
            let reader = DataReader::open(table, path, &self.cache)?;
            if !reader.holds(wanted) {
                continue;
            }
            let Some([first, last]) = reader.settled(wanted) else {
                return Ok(false);
            };
            if before.is_some_and(|before| before >= first) {
                return Ok(false);
            }
            before = Some(last);
        }
        Ok(true)
    }

    /// The wanted rows, file by file.
    fn batches(
        &self,
        table: Table,
        columns: &[&str],
        wanted: &Wanted,
    ) -> Result<Vec<RecordBatch>, StoreError> {
        let mut batches = Vec::new();
        let live = self.live(table)?;
        for path in live.iter().filter(|file| file.may_hold(wanted)) {
            let reader = DataReader::open(table, path, &self.cache)?;
            batches.extend(reader.batches(columns, wanted)?);
        }
        Ok(batches)
    }

    pub(super) fn collect(
        &self,
        table: Table,
        columns: Option<&[&str]>,
        wanted: &Wanted,
    ) -> Result<RecordBatch, StoreError> {
        let schema = projected(table, columns, wanted.coded)?;
        let names: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let batches = self.batches(table, &names, wanted)?;
        match batches.as_slice() {
            [] => Ok(RecordBatch::new_empty(schema)),
            [one] => Ok(one.clone()),
            many => concat_batches(&schema, many).map_err(|e| StoreError::Schema {
                table: table.name(),
                reason: e.to_string(),
            }),
        }
    }
}
