//! What the reports are made of: the result tables of one night, public rows only.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::ReportError;
use crate::record::Day;
use crate::store::{RunRecord, Snapshot, Table};

/// The tables of one night. Rows about minors are left out when read for the public view.
#[derive(Debug)]
pub struct ReportData {
    pub run: RunRecord,
    pub as_of: Day,
    pub grades: RecordBatch,
    pub evidence: RecordBatch,
    pub supervision: RecordBatch,
    pub measures: RecordBatch,
    pub incentives: RecordBatch,
    pub changes: RecordBatch,
    pub quality: RecordBatch,
    pub subjects: RecordBatch,
    /// Scheme id → title; from the rule files that the night used.
    pub titles: BTreeMap<String, String>,
    pub list_edition: String,
}

impl ReportData {
    /// Reads the newest night. `internal` keeps rows about minors.
    ///
    /// # Errors
    /// When the store has no complete run or a table cannot be read.
    pub fn read(
        snapshot: &Snapshot,
        titles: BTreeMap<String, String>,
        list_edition: &str,
        internal: bool,
    ) -> Result<ReportData, ReportError> {
        let run = snapshot.last_run().cloned().ok_or(ReportError::NoRun)?;
        let subjects = snapshot.read(Table::Subjects)?;
        let minors = if internal {
            Vec::new()
        } else {
            minors(&subjects)
        };
        let public = |table: Table| -> Result<RecordBatch, ReportError> {
            let batch = snapshot.read(table)?;
            without(&batch, &minors)
        };
        Ok(ReportData {
            as_of: run.as_of,
            grades: public(Table::Grades)?,
            evidence: public(Table::Evidence)?,
            supervision: public(Table::Supervision)?,
            measures: public(Table::Measures)?,
            incentives: public(Table::Incentives)?,
            changes: public(Table::GradeChanges)?,
            quality: snapshot.read(Table::Quality)?,
            subjects: without(&subjects, &minors)?,
            run,
            titles,
            list_edition: list_edition.to_owned(),
        })
    }

    /// The title of a scheme, or its id where the rule files do not name it.
    pub fn title<'a>(&'a self, scheme: &'a str) -> &'a str {
        self.titles.get(scheme).map_or(scheme, String::as_str)
    }

    /// Subject id → name as printed.
    pub fn names(&self) -> BTreeMap<String, String> {
        let rows = super::rows::Rows(&self.subjects);
        (0..rows.len())
            .map(|i| (rows.text(i, "subject_id"), rows.text(i, "name")))
            .collect()
    }
}

fn minors(subjects: &RecordBatch) -> Vec<String> {
    let rows = super::rows::Rows(subjects);
    let mut ids: Vec<String> = (0..rows.len())
        .filter(|i| rows.flag(*i, "minor"))
        .map(|i| rows.text(i, "subject_id"))
        .collect();
    ids.sort();
    ids
}

fn without(batch: &RecordBatch, minors: &[String]) -> Result<RecordBatch, ReportError> {
    let Some(ids) = batch.column_by_name("subject_id") else {
        return Ok(batch.clone());
    };
    if minors.is_empty() {
        return Ok(batch.clone());
    }
    let ids = ids.as_string::<i32>();
    let keep: BooleanArray = (0..ids.len())
        .map(|i| {
            Some(
                minors
                    .binary_search_by(|m| m.as_str().cmp(ids.value(i)))
                    .is_err(),
            )
        })
        .collect();
    Ok(filter_record_batch(batch, &keep)?)
}
