//! What goes: decisions, and what the store says of them elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int32Type};

use super::{Rule, mask};
use crate::ingest::REVOKED_STATE;
use crate::record::{nfkc, normalise_document_no};
use crate::run::RunError;
use crate::store::{Snapshot, StoreError, Table};

/// Rows of the record tables read at a time.
const ROWS_AT_A_TIME: usize = 500_000;

/// Everything that a purge removes.
#[derive(Debug, Default)]
pub(super) struct Doomed {
    /// Decisions that go whole, with the bucket of their subject.
    pub(super) decisions: BTreeMap<(Table, String), i32>,
    /// Rows of other decisions that say an earlier day than this go too.
    before: Option<i32>,
    /// Subjects of the rows that go.
    pub(super) subjects: BTreeSet<String>,
    /// Document number, or the text of a decision without one → names and codes of its subject.
    traces: HashMap<String, HashSet<String>>,
    /// Subject (and the body that it stands for) → record ids and document numbers that go.
    needles: HashMap<String, BTreeSet<String>>,
    /// Runs whose files were received before the day.
    batches: BTreeSet<String>,
}

/// The column of the day of a record.
fn day_column(table: Table) -> &'static str {
    match table {
        Table::Events => "occurred_on",
        _ => "decided_on",
    }
}

fn text<'a>(
    table: Table,
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a StringArray, StoreError> {
    batch
        .column_by_name(name)
        .and_then(|c| c.as_string_opt::<i32>())
        .ok_or_else(|| StoreError::Schema {
            table: table.name(),
            reason: format!("there is no text column {name}"),
        })
}

impl Doomed {
    /// Finds what the rule names.
    pub(super) fn find(snapshot: &Snapshot, rule: &Rule) -> Result<Self, RunError> {
        let mut doomed = Doomed::default();
        match rule {
            Rule::Before(day) => {
                doomed.before = Some(day.epoch());
                for run in snapshot.runs()? {
                    if run.received_on.is_some_and(|received| received < *day) {
                        doomed.batches.insert(run.run_id);
                    }
                }
                doomed.decided_before(snapshot, day.epoch())?;
            }
            Rule::Record(id) => doomed.decision_of(snapshot, id)?,
        }
        doomed.gather(snapshot)?;
        Ok(doomed)
    }

    fn decided_before(&mut self, snapshot: &Snapshot, day: i32) -> Result<(), RunError> {
        for range in snapshot.bucket_groups(ROWS_AT_A_TIME)? {
            for table in Table::RECORDS {
                let columns = ["decision_id", day_column(table), "bucket"];
                let rows = snapshot.read_buckets_columns(table, range.clone(), None, &columns)?;
                let ids = rows.column(0).as_string::<i32>();
                let days = rows.column(1).as_primitive::<Date32Type>();
                let buckets = rows.column(2).as_primitive::<Int32Type>();
                for row in (0..rows.num_rows()).filter(|row| days.value(*row) < day) {
                    let key = (table, ids.value(row).to_owned());
                    self.decisions.insert(key, buckets.value(row));
                }
            }
        }
        Ok(())
    }

    fn decision_of(&mut self, snapshot: &Snapshot, record_id: &str) -> Result<(), RunError> {
        for table in Table::RECORDS {
            let columns = ["record_id", "decision_id", "bucket"];
            snapshot.stream(table, Some(&columns), &mut |batch| {
                let (records, ids) = (batch.column(0).as_string::<i32>(), batch.column(1));
                let ids = ids.as_string::<i32>();
                let buckets = batch.column(2).as_primitive::<Int32Type>();
                for row in (0..batch.num_rows()).filter(|r| records.value(*r) == record_id) {
                    let key = (table, ids.value(row).to_owned());
                    self.decisions.insert(key, buckets.value(row));
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Collects the traces of all rows that go.
    fn gather(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        let mut same_as: HashMap<String, String> = HashMap::new();
        let columns = ["subject_id", "same_as"];
        snapshot.stream(Table::Subjects, Some(&columns), &mut |batch| {
            let (ids, bodies) = (
                batch.column(0).as_string::<i32>(),
                batch.column(1).as_string::<i32>(),
            );
            for row in (0..batch.num_rows()).filter(|row| bodies.is_valid(*row)) {
                same_as.insert(ids.value(row).to_owned(), bodies.value(row).to_owned());
            }
            Ok(())
        })?;
        for table in Table::RECORDS {
            // The events come last.
            if table == Table::Events {
                self.revocations(snapshot)?;
            }
            let words = if table == Table::Events {
                "detail"
            } else {
                "content"
            };
            let columns = [
                "record_id",
                "decision_id",
                day_column(table),
                "subject_id",
                "subject_name",
                "document_no",
                "uscc",
                words,
            ];
            snapshot.stream(table, Some(&columns), &mut |batch| {
                let goes = self.rows(table, &batch)?;
                let of = |name: &str| text(table, &batch, name);
                let (records, subjects) = (of("record_id")?, of("subject_id")?);
                let (names, documents) = (of("subject_name")?, of("document_no")?);
                let (usccs, contents) = (of("uscc")?, of(words)?);
                for row in (0..batch.num_rows()).filter(|row| goes.value(*row)) {
                    let subject = subjects.value(row);
                    let document = documents.is_valid(row).then(|| documents.value(row));
                    let key = document.map_or_else(|| plain(contents.value(row)), str::to_owned);
                    let who = self.traces.entry(key).or_default();
                    who.insert(plain(names.value(row)));
                    if usccs.is_valid(row) {
                        who.insert(usccs.value(row).to_owned());
                    }
                    for id in [Some(subject), same_as.get(subject).map(String::as_str)] {
                        let Some(id) = id else { continue };
                        let needles = self.needles.entry(id.to_owned()).or_default();
                        needles.insert(records.value(row).to_owned());
                        needles.extend(document.map(str::to_owned));
                    }
                    self.subjects.insert(subject.to_owned());
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Adds the revocations that a row of a decision that goes reported by its state: they are part of that row.
    fn revocations(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        let columns = [
            "subject_id",
            "document_no",
            "detail",
            "decision_id",
            "bucket",
        ];
        let (decisions, needles) = (&mut self.decisions, &self.needles);
        snapshot.stream(Table::Events, Some(&columns), &mut |batch| {
            let text = |column: usize| batch.column(column).as_string::<i32>();
            let buckets = batch.column(4).as_primitive::<Int32Type>();
            let (subjects, documents) = (text(0), text(1));
            for row in (0..batch.num_rows()).filter(|row| text(2).value(*row) == REVOKED_STATE) {
                let known = needles.get(subjects.value(row));
                if documents.is_valid(row)
                    && known.is_some_and(|known| known.contains(documents.value(row)))
                {
                    let key = (Table::Events, text(3).value(row).to_owned());
                    decisions.insert(key, buckets.value(row));
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The rows of a record table that go.
    pub(super) fn rows(
        &self,
        table: Table,
        batch: &RecordBatch,
    ) -> Result<BooleanArray, StoreError> {
        let ids = text(table, batch, "decision_id")?;
        let days = batch
            .column_by_name(day_column(table))
            .and_then(|c| c.as_primitive_opt::<Date32Type>())
            .ok_or_else(|| StoreError::Schema {
                table: table.name(),
                reason: "there is no column with the day".to_owned(),
            })?;
        let mut key = (table, String::new());
        let mut goes = Vec::with_capacity(batch.num_rows());
        for row in 0..batch.num_rows() {
            key.1.clear();
            key.1.push_str(ids.value(row));
            let early = self.before.is_some_and(|day| days.value(row) < day);
            goes.push(early || self.decisions.contains_key(&key));
        }
        Ok(BooleanArray::from(goes))
    }

    /// The findings that go: received before the day, or with the cells of a decision that goes.
    pub(super) fn findings(&self, batch: &RecordBatch) -> Result<BooleanArray, StoreError> {
        let (batches, raws) = (
            text(Table::Quarantine, batch, "batch_id")?,
            text(Table::Quarantine, batch, "raw")?,
        );
        Ok(mask(batch.num_rows(), |row| {
            self.batches.contains(batches.value(row)) || self.has_traces(raws.value(row))
        }))
    }

    /// Whether the cells of a row name a decision that goes and its subject.
    fn has_traces(&self, raw: &str) -> bool {
        if self.traces.is_empty() {
            return false;
        }
        let Ok(cells) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(raw) else {
            return false;
        };
        let texts: Vec<&str> = cells.values().filter_map(|v| v.as_str()).collect();
        let values: HashSet<String> = texts.iter().map(|t| plain(t)).collect();
        let named = |key: &str| {
            let who = self.traces.get(key);
            who.is_some_and(|who| who.iter().any(|one| values.contains(one)))
        };
        texts
            .iter()
            .any(|text| named(&normalise_document_no(text)) || named(&plain(text)))
    }

    /// The rows of `grade_changes` that speak of what goes.
    pub(super) fn changes(
        &self,
        batch: &RecordBatch,
        gone: &BTreeSet<String>,
    ) -> Result<BooleanArray, StoreError> {
        let (subjects, details) = (
            text(Table::GradeChanges, batch, "subject_id")?,
            text(Table::GradeChanges, batch, "detail")?,
        );
        Ok(mask(batch.num_rows(), |row| {
            let subject = subjects.value(row);
            gone.contains(subject)
                || self.needles.get(subject).is_some_and(|needles| {
                    needles
                        .iter()
                        .any(|n| details.value(row).contains(n.as_str()))
                })
        }))
    }
}

/// Text without the differences of writing: NFKC, no white space.
fn plain(text: &str) -> String {
    nfkc(text).chars().filter(|c| !c.is_whitespace()).collect()
}
