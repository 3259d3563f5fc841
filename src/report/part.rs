//! The result tables of some buckets or of some subjects, public rows only, with the rows of a subject at hand.

use std::collections::BTreeMap;
use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::ReportError;
use super::night::Night;
use super::rows::Rows;
use crate::store::{Snapshot, Table};

/// A table sorted by subject.
#[derive(Clone, Debug)]
pub struct BySubject {
    batch: RecordBatch,
    spans: BTreeMap<String, Range<usize>>,
}

impl BySubject {
    fn of(batch: RecordBatch, night: &Night) -> Result<BySubject, ReportError> {
        let batch = match batch.column_by_name("subject_id") {
            Some(ids) if night.hides_some() => {
                let ids = ids.as_string::<i32>();
                let shown: BooleanArray = (0..ids.len())
                    .map(|i| Some(night.shows(ids.value(i))))
                    .collect();
                filter_record_batch(&batch, &shown)?
            }
            _ => batch,
        };
        let mut spans: BTreeMap<String, Range<usize>> = BTreeMap::new();
        let rows = Rows(&batch);
        let mut start = 0;
        for row in 1..=rows.len() {
            let id = rows.str(start, "subject_id");
            if row == rows.len() || rows.str(row, "subject_id") != id {
                spans.insert(id.to_owned(), start..row);
                start = row;
            }
        }
        Ok(BySubject { batch, spans })
    }

    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    pub fn rows(&self) -> Rows<'_> {
        Rows(&self.batch)
    }

    /// The rows of a subject.
    pub fn of_subject(&self, subject: &str) -> Range<usize> {
        self.spans.get(subject).cloned().unwrap_or(0..0)
    }

    /// The subjects, in the order of their ids.
    pub fn subjects(&self) -> impl Iterator<Item = &str> {
        self.spans.keys().map(String::as_str)
    }
}

/// Results of some subjects.
#[derive(Clone, Debug)]
pub struct Part {
    pub grades: BySubject,
    pub supervision: BySubject,
    pub measures: BySubject,
    pub incentives: BySubject,
    pub subjects: BySubject,
}

/// What a page shows besides the results: evidence and the records behind it.
#[derive(Clone, Debug)]
pub(super) struct Background {
    pub evidence: BySubject,
    pub penalties: BySubject,
    pub licenses: BySubject,
    pub events: BySubject,
}

const NAMED: [&str; 5] = ["subject_id", "name", "kind", "region", "same_as"];
const PENALTY: [&str; 11] = [
    "record_id",
    "subject_id",
    "document_no",
    "violation_text",
    "penalty_kinds",
    "decided_on",
    "authority",
    "source_unit",
    "received_on",
    "batch_id",
    "content_digest",
];
const LICENSE: [&str; 10] = [
    "record_id",
    "subject_id",
    "document_no",
    "document_name",
    "decided_on",
    "authority",
    "source_unit",
    "received_on",
    "batch_id",
    "content_digest",
];
const EVENT: [&str; 10] = [
    "record_id",
    "subject_id",
    "document_no",
    "event_kind",
    "occurred_on",
    "authority",
    "source_unit",
    "received_on",
    "batch_id",
    "content_digest",
];

impl Part {
    /// The results of a range of buckets.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub fn of_buckets(
        snapshot: &Snapshot,
        night: &Night,
        buckets: &Range<u32>,
    ) -> Result<Part, ReportError> {
        // Measures say the same in long texts; a large bucket has three quarters of a million of them.
        let read = |table: Table| {
            let schema = table.schema();
            let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
            let rows = snapshot.read_buckets_coded(table, buckets.clone(), None, &columns)?;
            BySubject::of(rows, night)
        };
        let subjects = || {
            let buckets = buckets.clone();
            let rows = snapshot.read_buckets_columns(Table::Subjects, buckets, None, &NAMED)?;
            BySubject::of(rows, night)
        };
        Part::read(read, subjects)
    }

    /// The four result tables and the subjects, read at the same time.
    fn read(
        read: impl Fn(Table) -> Result<BySubject, ReportError> + Sync,
        subjects: impl Fn() -> Result<BySubject, ReportError> + Sync,
    ) -> Result<Part, ReportError> {
        let ((measures, grades), ((supervision, incentives), subjects)) = rayon::join(
            || rayon::join(|| read(Table::Measures), || read(Table::Grades)),
            || {
                let few = || rayon::join(|| read(Table::Supervision), || read(Table::Incentives));
                rayon::join(few, &subjects)
            },
        );
        Ok(Part {
            grades: grades?,
            supervision: supervision?,
            measures: measures?,
            incentives: incentives?,
            subjects: subjects?,
        })
    }

    /// The results of some subjects.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub fn of_subjects(
        snapshot: &Snapshot,
        night: &Night,
        subjects: &[&str],
    ) -> Result<Part, ReportError> {
        let read =
            |table: Table| BySubject::of(snapshot.read_subjects(table, subjects, None)?, night);
        let named = || {
            let rows = snapshot.read_subjects_columns(Table::Subjects, subjects, None, &NAMED)?;
            BySubject::of(rows, night)
        };
        Part::read(read, named)
    }

    /// The name of a subject as printed; its id where no name is known.
    pub fn name<'a>(&'a self, subject: &'a str) -> &'a str {
        let rows = self.subjects.rows();
        let named = self.subjects.of_subject(subject).next();
        named
            .map(|i| rows.str(i, "name"))
            .filter(|name| !name.is_empty())
            .or_else(|| {
                let rows = self.grades.rows();
                let graded = self.grades.of_subject(subject).next();
                graded.map(|i| rows.str(i, "subject_name"))
            })
            .unwrap_or(subject)
    }

    /// Rows that the checklist has of this part.
    pub fn listed_rows(&self) -> usize {
        self.listed().iter().map(|t| t.batch.num_rows()).sum()
    }

    /// Rows that the checklist has of a subject.
    pub fn listed_rows_of(&self, subject: &str) -> usize {
        self.listed()
            .iter()
            .map(|t| t.of_subject(subject).len())
            .sum()
    }

    fn listed(&self) -> [&BySubject; 4] {
        [
            &self.grades,
            &self.supervision,
            &self.measures,
            &self.incentives,
        ]
    }

    /// Every subject that a result speaks of.
    pub fn result_subjects(&self) -> std::collections::BTreeSet<&str> {
        self.grades
            .subjects()
            .chain(self.measures.subjects())
            .chain(self.supervision.subjects())
            .collect()
    }
}

impl Background {
    /// Evidence and records of some subjects, with those of the ids that stand for the same bodies.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn of_subjects(
        snapshot: &Snapshot,
        night: &Night,
        subjects: &[&str],
    ) -> Result<Background, ReportError> {
        let all: Vec<String> = subjects.iter().flat_map(|s| night.ids_of(s)).collect();
        let ids: Vec<&str> = all.iter().map(String::as_str).collect();
        let known_at = night.run.known_at;
        let records = |table: Table, columns: &[&str]| {
            BySubject::of(
                snapshot.read_subjects_columns(table, &ids, known_at, columns)?,
                night,
            )
        };
        let evidence = || {
            let rows = snapshot.read_subjects(Table::Evidence, subjects, None)?;
            BySubject::of(rows, night)
        };
        let ((evidence, penalties), (licenses, events)) = rayon::join(
            || rayon::join(evidence, || records(Table::Penalties, &PENALTY)),
            || {
                let licenses = || records(Table::Licenses, &LICENSE);
                rayon::join(licenses, || records(Table::Events, &EVENT))
            },
        );
        Ok(Background {
            evidence: evidence?,
            penalties: penalties?,
            licenses: licenses?,
            events: events?,
        })
    }
}
