//! Parts of a table that can be read apart: some buckets, or of a large bucket some of its subjects.

use std::ops::Range;

use arrow::array::{BooleanArray, RecordBatch};
use parquet::arrow::arrow_reader::RowSelection;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::data_file::edges;
use super::error::StoreError;
use super::scan::{DataReader, Wanted};
use super::snapshot::Snapshot;
use super::table::Table;
use crate::record::cells::{Text, first_not};

/// Subjects that follow one another: ids from `from` on and before `to`. The default holds every subject.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from: String,
    /// `None`: to the end.
    pub to: Option<String>,
}

/// Some buckets, or of one bucket some subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub buckets: Range<u32>,
    pub subjects: Span,
}

impl Span {
    /// Whether these are all subjects.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.from.is_empty() && self.to.is_none()
    }

    fn holds(&self, id: &str) -> bool {
        self.from.as_str() <= id && self.to.as_deref().is_none_or(|to| id < to)
    }

    /// Whether ids between these two may be among the subjects.
    fn meets(&self, least: &[u8], greatest: &[u8]) -> bool {
        greatest >= self.from.as_bytes() && self.to.as_ref().is_none_or(|to| least < to.as_bytes())
    }
}

impl Section {
    /// All subjects of some buckets.
    #[must_use]
    pub fn of(buckets: Range<u32>) -> Self {
        Self {
            buckets,
            subjects: Span::default(),
        }
    }

    /// Whether its buckets end with it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.subjects.to.is_none()
    }

    pub(super) fn wanted(&self) -> Wanted {
        Wanted {
            buckets: Some(self.buckets.clone()),
            span: (!self.subjects.is_whole()).then(|| self.subjects.clone()),
            ..Wanted::default()
        }
    }
}

impl Snapshot {
    /// The groups of [`Snapshot::bucket_groups`], of which those that are one bucket with more than `max_rows` rows are cut
    /// between subjects, by the page indexes of the record tables: a section holds about `max_rows` rows, however large the store.
    ///
    /// # Errors
    ///
    /// A log or a file is damaged.
    pub fn sections(&self, max_rows: usize) -> Result<Vec<Section>, StoreError> {
        let mut sections = Vec::new();
        for buckets in self.bucket_groups(max_rows)? {
            if buckets.len() > 1 {
                sections.push(Section::of(buckets));
                continue;
            }
            let mut from = String::new();
            for to in self.cuts(buckets.start, max_rows)? {
                sections.push(Section {
                    buckets: buckets.clone(),
                    subjects: Span {
                        from: std::mem::replace(&mut from, to.clone()),
                        to: Some(to),
                    },
                });
            }
            sections.push(Section {
                buckets,
                subjects: Span { from, to: None },
            });
        }
        Ok(sections)
    }

    /// Subjects at which a bucket can be cut into parts of about so many rows.
    fn cuts(&self, bucket: u32, max_rows: usize) -> Result<Vec<String>, StoreError> {
        let wanted = Section::of(bucket..bucket + 1).wanted();
        let mut pages: Vec<(String, usize)> = Vec::new();
        for table in Table::RECORDS {
            let live = self.live(table)?;
            for path in live.iter().filter(|file| file.may_hold(&wanted)) {
                let reader = DataReader::open(table, path, &self.cache)?;
                if reader.holds(&wanted) {
                    reader.pages_of(bucket, &mut pages);
                }
            }
        }
        pages.sort_unstable();
        let mut cuts: Vec<String> = Vec::new();
        let mut held = 0;
        for (first, rows) in pages {
            let before = cuts.last().map_or("", String::as_str);
            if held + rows > max_rows && held > 0 && before < first.as_str() {
                cuts.push(first);
                held = 0;
            }
            held += rows;
        }
        Ok(cuts)
    }
}

impl DataReader<'_> {
    /// Adds the first subject of each page of a bucket, and its rows. Pages of row groups that hold other buckets too are left
    /// out: such a file adds little to a bucket that must be cut.
    fn pages_of(&self, bucket: u32, found: &mut Vec<(String, usize)>) {
        for group in 0..self.metadata().num_row_groups() {
            if self.buckets_of(group) != Some((bucket, bucket)) {
                continue;
            }
            let Some((index, pages)) = self.pages(group, "subject_id") else {
                continue;
            };
            let ColumnIndexMetaData::BYTE_ARRAY(index) = index else {
                continue;
            };
            for (page, rows) in pages.into_iter().enumerate() {
                let first = index.min_value(page).map(String::from_utf8_lossy);
                found.extend(first.map(|first| (first.into_owned(), rows.len())));
            }
        }
    }

    /// The pages of a column in a row group: what the index says of them, and their rows within the group.
    pub(super) fn pages(
        &self,
        group: usize,
        column: &str,
    ) -> Option<(&ColumnIndexMetaData, Vec<Range<usize>>)> {
        let leaf = self.leaf(column)?;
        let index = self.metadata().column_index()?.get(group)?.get(leaf)?;
        let offsets = self.metadata().offset_index()?.get(group)?.get(leaf)?;
        let starts = offsets.page_locations().iter();
        let starts = starts.map(|page| usize::try_from(page.first_row_index).ok());
        let mut starts: Vec<usize> = starts.collect::<Option<_>>()?;
        starts.push(self.rows_of(group));
        Some((index, starts.windows(2).map(|two| two[0]..two[1]).collect()))
    }

    /// Pages of the chosen groups that may hold rows of wanted subjects; `None` for all.
    pub(super) fn span_selection(&self, groups: &[usize], wanted: &Wanted) -> Option<RowSelection> {
        let span = wanted.span.as_ref()?;
        self.selected(groups, "subject_id", |index, page| {
            let ColumnIndexMetaData::BYTE_ARRAY(index) = index else {
                return true;
            };
            match (index.min_value(page), index.max_value(page)) {
                (Some(least), Some(greatest)) => span.meets(least, greatest),
                _ => true,
            }
        })
    }

    /// The rows of the pages of a column for which `may` holds; `None` for all.
    pub(super) fn selected(
        &self,
        groups: &[usize],
        column: &str,
        may: impl Fn(&ColumnIndexMetaData, usize) -> bool,
    ) -> Option<RowSelection> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut base = 0;
        let mut all = true;
        for &group in groups {
            let (index, pages) = self.pages(group, column)?;
            for (page, rows) in pages.into_iter().enumerate() {
                if may(index, page) {
                    ranges.push(base + rows.start..base + rows.end);
                } else {
                    all = false;
                }
            }
            base += self.rows_of(group);
        }
        (!all).then(|| RowSelection::from_consecutive_ranges(ranges.into_iter(), base))
    }

    /// Whether a row group may hold rows of wanted subjects.
    pub(super) fn meets(&self, group: usize, wanted: &Wanted) -> bool {
        let (Some(span), Some(leaf)) = (&wanted.span, self.leaf("subject_id")) else {
            return true;
        };
        let group = self.metadata().row_group(group);
        let Some(Statistics::ByteArray(bounds)) = group.column(leaf).statistics() else {
            return true;
        };
        match (bounds.min_opt(), bounds.max_opt()) {
            (Some(least), Some(greatest)) => span.meets(least.data(), greatest.data()),
            _ => true,
        }
    }

    /// The rows of wanted subjects; of a file whose rows stand in order, decoded from one bucket, they follow one another.
    pub(super) fn within(
        &self,
        batch: RecordBatch,
        wanted: &Wanted,
    ) -> Result<RecordBatch, StoreError> {
        let Some(span) = &wanted.span else {
            return Ok(batch);
        };
        let ids = Text::of(self.column(&batch, "subject_id")?.as_ref());
        let ids = ids.ok_or_else(|| self.damaged(&"column subject_id is not text"))?;
        let rows = 0..batch.num_rows();
        if edges(self.metadata()).is_some() {
            let from = first_not(rows.clone(), |row| ids.or_empty(row) < span.from.as_str());
            let to = span.to.as_deref();
            let to = to.map_or(rows.end, |to| first_not(rows, |row| ids.or_empty(row) < to));
            return Ok(batch.slice(from, to.saturating_sub(from)));
        }
        let keep: BooleanArray = rows
            .map(|row| Some(span.holds(ids.or_empty(row))))
            .collect();
        arrow::compute::filter_record_batch(&batch, &keep).map_err(|e| self.damaged(&e))
    }
}
