//! What goes: decisions, and what the store says of them elsewhere.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::{Date32Type, Int32Type};

use super::{Rule, mask};
use crate::ingest::REVOKED_STATE;
use crate::record::{DEFAULT_BUCKETS, bucket_of, nfkc, normalise_document_no};
use crate::run::RunError;
use crate::store::{Snapshot, StoreError, Table};

/// Rows of the record tables read at a time.
pub(super) const ROWS_AT_A_TIME: usize = 500_000;

/// Everything that a purge removes. A purge by date may take a quarter of a large store, so decisions that the day alone
/// tells are not held but found again, bucket by bucket.
#[derive(Debug, Default)]
pub(super) struct Doomed {
    /// Decisions that go whole and that the day of their rows does not tell, with the bucket of their subject.
    named: BTreeMap<(Table, String), i32>,
    /// The buckets in which all of that is, where not all need be looked at.
    within: Option<BTreeSet<u32>>,
    /// Rows that say an earlier day than this go, and the decisions whose version in force says it.
    before: Option<i32>,
    traces: Traces,
    /// Subject of `grade_changes` (and the body that it stands for) → record ids and document numbers that go.
    needles: HashMap<String, BTreeSet<String>>,
    /// Runs whose files were received before the day.
    batches: BTreeSet<String>,
}

/// By what the cells of a finding are known to be of a decision that goes: hashes of its document number, or of the text of
/// one without, and of that together with the name or a code of its subject.
#[derive(Debug, Default)]
struct Traces {
    keys: HashSet<u64>,
    owners: HashSet<u64>,
}

impl Traces {
    fn add(&mut self, key: &str, owner: &str) {
        self.keys.insert(hash(key));
        self.owners.insert(hash((key, owner)));
    }

    /// Whether a text is such a number or text, and one of the values its subject.
    fn name(&self, key: &str, values: &HashSet<String>) -> bool {
        let mut values = values.iter();
        self.keys.contains(&hash(key))
            && values.any(|value| self.owners.contains(&hash((key, value.as_str()))))
    }
}

fn hash(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

/// A decision that goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decision {
    pub(super) bucket: i32,
    pub(super) id: String,
    pub(super) table: Table,
}

/// The column of the day of a record.
pub(super) fn day_column(table: Table) -> &'static str {
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
                doomed.of_several_days(snapshot, day.epoch())?;
            }
            Rule::Record(id) => doomed.decision_of(snapshot, id)?,
        }
        if !doomed.is_empty() {
            doomed.gather(snapshot)?;
        }
        Ok(doomed)
    }

    /// Nothing goes.
    pub(super) fn is_empty(&self) -> bool {
        self.before.is_none() && self.named.is_empty()
    }

    /// Whether something of these buckets may go.
    pub(super) fn concerns(&self, buckets: &Range<u32>) -> bool {
        (self.within.as_ref())
            .is_none_or(|within| within.iter().any(|bucket| buckets.contains(bucket)))
    }

    /// Names the decisions whose version in force is older than the day while another row of theirs is not.
    fn of_several_days(&mut self, snapshot: &Snapshot, day: i32) -> Result<(), RunError> {
        for range in snapshot.bucket_groups(ROWS_AT_A_TIME)? {
            for table in Table::RECORDS {
                let early = early(snapshot, table, range.clone(), day)?;
                if early.is_empty() {
                    continue;
                }
                let columns = ["decision_id", day_column(table)];
                let log = snapshot.read_log_buckets(table, range.clone(), &columns)?;
                let ids = log.column(0).as_string::<i32>();
                let days = log.column(1).as_primitive::<Date32Type>();
                for row in (0..log.num_rows()).filter(|row| days.value(*row) >= day) {
                    if let Some((id, bucket)) = early.get_key_value(ids.value(row)) {
                        self.named.insert((table, id.clone()), *bucket);
                    }
                }
            }
        }
        Ok(())
    }

    /// Hands over all decisions that go, some buckets at a time, in the order of bucket and id.
    pub(super) fn each_decision(
        &self,
        snapshot: &Snapshot,
        take: &mut dyn FnMut(&[Decision]) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        for range in snapshot.bucket_groups(ROWS_AT_A_TIME)? {
            let named = self.named.iter().filter(|(_, bucket)| {
                u32::try_from(**bucket).is_ok_and(|bucket| range.contains(&bucket))
            });
            let mut decisions: Vec<Decision> = named
                .map(|((table, id), bucket)| Decision {
                    bucket: *bucket,
                    id: id.clone(),
                    table: *table,
                })
                .collect();
            for table in Table::RECORDS {
                let Some(day) = self.before else { break };
                let early = early(snapshot, table, range.clone(), day)?;
                decisions.extend(early.into_iter().map(|(id, bucket)| Decision {
                    bucket,
                    id,
                    table,
                }));
            }
            decisions.sort_unstable();
            decisions.dedup();
            take(&decisions)?;
        }
        Ok(())
    }

    fn decision_of(&mut self, snapshot: &Snapshot, record_id: &str) -> Result<(), RunError> {
        let mut within = BTreeSet::new();
        let bodies = bodies(snapshot)?;
        for table in Table::RECORDS {
            let columns = ["record_id", "decision_id", "bucket", "subject_id"];
            let is_it = |batch: &RecordBatch| {
                let records = text(table, batch, "record_id")?;
                Ok(mask(batch.num_rows(), |row| {
                    records.value(row) == record_id
                }))
            };
            for batch in snapshot.find(table, &columns, &is_it)? {
                let (ids, subjects) = (batch.column(1).as_string::<i32>(), batch.column(3));
                let subjects = subjects.as_string::<i32>();
                let buckets = batch.column(2).as_primitive::<Int32Type>();
                for row in 0..batch.num_rows() {
                    let key = (table, ids.value(row).to_owned());
                    self.named.insert(key, buckets.value(row));
                    within.extend(u32::try_from(buckets.value(row)));
                    // What a row reported by its state may stand under the body.
                    let body = bodies.get(subjects.value(row));
                    within.extend(body.map(|body| bucket_of(body, DEFAULT_BUCKETS)));
                }
            }
        }
        self.within = Some(within);
        Ok(())
    }

    /// Collects the traces of all rows that go, and names the revocations that rows of decisions that go reported by their state:
    /// they are part of those rows.
    fn gather(&mut self, snapshot: &Snapshot) -> Result<(), RunError> {
        let bodies = bodies(snapshot)?;
        let changed = changed(snapshot)?;
        let within = self.within.clone();
        let revocations = Revocations::of(snapshot, within.as_ref())?;
        let has_findings = snapshot.count(Table::Quarantine)? > 0;
        // The events come last.
        for table in Table::RECORDS {
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
            snapshot.stream_buckets(table, &columns, within.as_ref(), &mut |batch| {
                let goes = self.rows(table, &batch)?;
                let of = |name: &str| text(table, &batch, name);
                let (records, subjects) = (of("record_id")?, of("subject_id")?);
                let (names, documents) = (of("subject_name")?, of("document_no")?);
                let (usccs, contents) = (of("uscc")?, of(words)?);
                for row in (0..batch.num_rows()).filter(|row| goes.value(*row)) {
                    let subject = subjects.value(row);
                    let document = documents.is_valid(row).then(|| documents.value(row));
                    if has_findings {
                        let key =
                            document.map_or_else(|| plain(contents.value(row)), str::to_owned);
                        self.traces.add(&key, &plain(names.value(row)));
                        if usccs.is_valid(row) {
                            self.traces.add(&key, usccs.value(row));
                        }
                    }
                    for id in [Some(subject), bodies.get(subject).map(String::as_str)] {
                        let Some(id) = id else { continue };
                        if changed.contains(id) {
                            let needles = self.needles.entry(id.to_owned()).or_default();
                            needles.insert(records.value(row).to_owned());
                            needles.extend(document.map(str::to_owned));
                        }
                        if let Some(document) = document
                            && table != Table::Events
                        {
                            self.named.extend(revocations.named(id, document));
                        }
                    }
                }
                Ok(())
            })?;
        }
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
            goes.push(early || self.named.contains_key(&key));
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
        if self.traces.keys.is_empty() {
            return false;
        }
        let Ok(cells) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(raw) else {
            return false;
        };
        let texts: Vec<&str> = cells.values().filter_map(|v| v.as_str()).collect();
        let values: HashSet<String> = texts.iter().map(|t| plain(t)).collect();
        let mut texts = texts.into_iter();
        texts.any(|text| {
            self.traces.name(&normalise_document_no(text), &values)
                || self.traces.name(&plain(text), &values)
        })
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

/// The decisions of some buckets whose version in force is older than the day, with their buckets.
fn early(
    snapshot: &Snapshot,
    table: Table,
    range: Range<u32>,
    day: i32,
) -> Result<BTreeMap<String, i32>, RunError> {
    let columns = ["decision_id", day_column(table), "bucket"];
    let rows = snapshot.read_buckets_columns(table, range, None, &columns)?;
    let ids = rows.column(0).as_string::<i32>();
    let days = rows.column(1).as_primitive::<Date32Type>();
    let buckets = rows.column(2).as_primitive::<Int32Type>();
    let early = (0..rows.num_rows()).filter(|row| days.value(*row) < day);
    Ok(early
        .map(|row| (ids.value(row).to_owned(), buckets.value(row)))
        .collect())
}

/// The body that a subject stands for, where it stands for another.
fn bodies(snapshot: &Snapshot) -> Result<HashMap<String, String>, RunError> {
    let columns = ["subject_id", "same_as"];
    let rows = snapshot.read_not_null(Table::Subjects, &columns, "same_as")?;
    let text = |column: usize| rows.column(column).as_string::<i32>();
    let pair = |row| (text(0).value(row).to_owned(), text(1).value(row).to_owned());
    Ok((0..rows.num_rows()).map(pair).collect())
}

/// The subjects of which `grade_changes` speaks.
fn changed(snapshot: &Snapshot) -> Result<HashSet<String>, RunError> {
    let mut changed = HashSet::new();
    snapshot.stream(Table::GradeChanges, Some(&["subject_id"]), &mut |batch| {
        for subject in batch.column(0).as_string::<i32>().iter().flatten() {
            if !changed.contains(subject) {
                changed.insert(subject.to_owned());
            }
        }
        Ok(())
    })?;
    Ok(changed)
}

/// Revocations that rows reported by their state: subject → document number, decision and bucket of the event.
struct Revocations(HashMap<String, Vec<(String, String, i32)>>);

impl Revocations {
    fn of(snapshot: &Snapshot, within: Option<&BTreeSet<u32>>) -> Result<Self, RunError> {
        let columns = [
            "subject_id",
            "document_no",
            "detail",
            "decision_id",
            "bucket",
        ];
        let mut found: HashMap<String, Vec<(String, String, i32)>> = HashMap::new();
        snapshot.stream_buckets(Table::Events, &columns, within, &mut |batch| {
            let text = |column: usize| batch.column(column).as_string::<i32>();
            let buckets = batch.column(4).as_primitive::<Int32Type>();
            for row in (0..batch.num_rows()).filter(|row| text(2).value(*row) == REVOKED_STATE) {
                if text(1).is_valid(row) {
                    let of_subject = found.entry(text(0).value(row).to_owned()).or_default();
                    let owned = |column: usize| text(column).value(row).to_owned();
                    of_subject.push((owned(1), owned(3), buckets.value(row)));
                }
            }
            Ok(())
        })?;
        Ok(Self(found))
    }

    /// The events that speak of a document of a subject.
    fn named(&self, subject: &str, document: &str) -> impl Iterator<Item = ((Table, String), i32)> {
        let of_subject = self.0.get(subject).into_iter().flatten();
        let named = of_subject.filter(move |(of, ..)| of == document);
        named.map(|(_, decision, bucket)| ((Table::Events, decision.clone()), *bucket))
    }
}

/// Text without the differences of writing: NFKC, no white space.
fn plain(text: &str) -> String {
    nfkc(text).chars().filter(|c| !c.is_whitespace()).collect()
}
