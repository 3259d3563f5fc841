//! Records of one subject that an event links to another: a person's records roll up to the unit that the event names
//! (关联单位), so that one matter may count against both.
//!
//! The person lives in another bucket than the unit. Before buckets are graded, the linked records are copied under the
//! unit's id, with the events that speak of them, so that a repair or a revocation reaches both at once and buckets stay
//! independent. Only rows that ask for linked records see the copies; nothing else does. Records of minors stay where
//! they are.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::compute::{SortColumn, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, UInt32Type};

use super::GradingError;
use super::columns::{Columns, Source, Table};
use super::state::named_documents;
use crate::record::{bucket_of, normal_document_no};

/// What one subject shares with one other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Share {
    /// Normalised numbers of the documents.
    documents: BTreeSet<String>,
    /// Linking events without a document.
    records: BTreeSet<String>,
}

/// Which records are linked to which subjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// Own subject → linked subject → what.
    shares: BTreeMap<String, BTreeMap<String, Share>>,
}

impl Links {
    /// Reads the events that name a linked unit: columns `subject_id`, `record_id`, `document_no`, `linked_unit`.
    ///
    /// # Errors
    /// When a column is missing.
    pub fn of(events: &RecordBatch) -> Result<Self, GradingError> {
        let columns = Columns {
            batch: events,
            table: "events",
        };
        let (subject, record, document, unit) = (
            columns.need_text("subject_id")?,
            columns.need_text("record_id")?,
            columns.need_text("document_no")?,
            columns.need_text("linked_unit")?,
        );
        let mut links = Self::default();
        for row in 0..events.num_rows() {
            let (own, other) = (subject.or_empty(row), unit.or_empty(row));
            if other.is_empty() || own == other {
                continue;
            }
            let named = named_documents(document.or_empty(row));
            let units = links.shares.entry(own.to_owned()).or_default();
            let share = units.entry(other.to_owned()).or_default();
            if named.is_empty() {
                share.records.insert(record.or_empty(row).to_owned());
            }
            share
                .documents
                .extend(named.into_iter().map(Cow::into_owned));
        }
        Ok(links)
    }

    /// Nothing is linked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shares.is_empty()
    }

    /// The links to some subjects alone.
    #[must_use]
    pub fn to(&self, subjects: &BTreeSet<String>) -> Self {
        let mut shares = self.shares.clone();
        for units in shares.values_mut() {
            units.retain(|unit, _| subjects.contains(unit));
        }
        shares.retain(|_, units| !units.is_empty());
        Self { shares }
    }

    /// The subjects whose records are linked, for one look-up of their rows.
    pub fn owners(&self) -> impl Iterator<Item = &str> {
        self.shares.keys().map(String::as_str)
    }

    /// The linked rows of a batch of penalties under the ids of the subjects that they are linked to, sorted by (bucket,
    /// subject); `buckets` is the number of buckets of the store.
    ///
    /// # Errors
    /// When a column is missing or has another type.
    pub fn penalties(&self, rows: &RecordBatch, buckets: u32) -> Result<RecordBatch, GradingError> {
        self.apply(rows, Table::LinkedPenalties, buckets)
    }

    /// As [`Links::penalties`], for events.
    ///
    /// # Errors
    /// When a column is missing or has another type.
    pub fn events(&self, rows: &RecordBatch, buckets: u32) -> Result<RecordBatch, GradingError> {
        self.apply(rows, Table::LinkedEvents, buckets)
    }

    fn apply(
        &self,
        rows: &RecordBatch,
        table: Table,
        buckets: u32,
    ) -> Result<RecordBatch, GradingError> {
        let source = Source::of(rows, table)?;
        let (mut picked, mut units, mut homes, mut owners) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for row in 0..source.len {
            let own = source.subject_id.or_empty(row);
            let Some(shares) = self.shares.get(own).filter(|_| !source.is_minor(row)) else {
                continue;
            };
            let text = source.document_no.or_empty(row);
            let named = match table.holds_events() {
                true => named_documents(text),
                false => vec![normal_document_no(text)],
            };
            let record = source.record_id.or_empty(row);
            for (unit, share) in shares {
                if share.records.contains(record)
                    || named
                        .iter()
                        .any(|doc| share.documents.contains(doc.as_ref()))
                {
                    picked.push(u32::try_from(row).unwrap_or(u32::MAX));
                    units.push(unit.as_str());
                    homes.push(i32::try_from(bucket_of(unit, buckets)).unwrap_or(i32::MAX));
                    owners.push(own);
                }
            }
        }
        let picked = arrow::array::PrimitiveArray::<UInt32Type>::from(picked);
        let taken = take_record_batch(rows, &picked)?;
        let mut fields: Vec<Arc<Field>> = taken.schema().fields().iter().cloned().collect();
        let mut columns: Vec<ArrayRef> = taken.columns().to_vec();
        let units: ArrayRef = Arc::new(StringArray::from(units));
        let homes: ArrayRef = Arc::new(Int32Array::from(homes));
        for (name, values) in [("subject_id", &units), ("bucket", &homes)] {
            match taken.schema().column_with_name(name) {
                Some((index, _)) => {
                    columns[index] = Arc::clone(values);
                    fields[index] = Arc::new(Field::new(name, values.data_type().clone(), false));
                }
                None => {
                    return Err(GradingError::MissingColumn {
                        table: super::columns::table_name(table),
                        column: name.to_owned(),
                    });
                }
            }
        }
        fields.push(Arc::new(Field::new("linked_from", DataType::Utf8, false)));
        columns.push(Arc::new(StringArray::from(owners)));
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        sorted(&batch, table)
    }
}

/// By bucket, subject, day, record and the subject that the record is of.
fn sorted(batch: &RecordBatch, table: Table) -> Result<RecordBatch, GradingError> {
    let day = if table.holds_events() {
        "occurred_on"
    } else {
        "decided_on"
    };
    let keys: Vec<SortColumn> = ["bucket", "subject_id", day, "record_id", "linked_from"]
        .iter()
        .filter_map(|name| batch.column_by_name(name))
        .map(|values| SortColumn {
            values: Arc::clone(values),
            options: None,
        })
        .collect();
    let order = lexsort_to_indices(&keys, None)?;
    Ok(take_record_batch(batch, &order)?)
}

/// The rows of a linked batch whose bucket lies in a range.
///
/// # Errors
/// When the batch has no buckets.
pub fn in_buckets(
    batch: &RecordBatch,
    buckets: &std::ops::Range<u32>,
) -> Result<RecordBatch, GradingError> {
    let column = batch
        .column_by_name("bucket")
        .and_then(|column| column.as_primitive_opt::<arrow::datatypes::Int32Type>())
        .ok_or_else(|| GradingError::MissingColumn {
            table: "records",
            column: "bucket".to_owned(),
        })?;
    let place = |bucket: u32| {
        let bucket = i32::try_from(bucket).unwrap_or(i32::MAX);
        column.values().partition_point(|own| *own < bucket)
    };
    let (start, end) = (place(buckets.start), place(buckets.end));
    Ok(batch.slice(start, end - start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::testing::{Cell, Cells, Rows, any_record_scheme, cells, text};
    use crate::grading::{Grading, LinkedInput, Unlimited, grade};
    use crate::record::{Day, EventKind, Points};
    use crate::rules::model as m;

    const UNIT: &str = "91500000MA00000001";

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn event(id: &str, owner: &str, kind: EventKind, on: &str, document: &str) -> Cells {
        cells([
            ("record_id", text(id)),
            ("subject_id", text(owner)),
            ("subject_kind", text("自然人")),
            ("event_kind", text(kind.zh())),
            ("occurred_on", Cell::Day(day(on))),
            ("document_no", text(document)),
            ("violation", text("a.b")),
        ])
    }

    /// Two persons of one unit under the same document number; the second is repaired later.
    fn rows() -> Rows {
        let misconduct = EventKind::ResearchMisconduct;
        let mut rows = Rows::default();
        for (id, person) in [("r1", "p:1"), ("r2", "p:2")] {
            let mut row = event(id, person, misconduct, "2026-01-10", "渝科诚〔2026〕1号");
            row.insert("linked_unit", text(UNIT));
            rows.events.push(row);
        }
        rows.events.push(event(
            "r3",
            "p:2",
            EventKind::Repair,
            "2026-03-01",
            "渝科诚[2026]1号",
        ));
        rows.events.push(event(
            "r4",
            "p:3",
            misconduct,
            "2026-01-10",
            "渝科诚〔2026〕1号",
        ));
        rows
    }

    /// −3 for each matter of a linked person.
    fn scheme() -> m::Scheme {
        let mut scheme = any_record_scheme("a.*");
        let row = &mut scheme.indicators[0].rows[0];
        row.conditions = vec![
            m::Condition::Kind(vec![m::RecordSel::Event(EventKind::ResearchMisconduct)]),
            m::Condition::Linked,
        ];
        row.effect = m::Effect::Points(Points::from_units(3));
        scheme
    }

    fn scores(rows: &Rows, scheme: &m::Scheme, as_of: &str) -> Vec<(String, Option<Points>)> {
        let batches = rows.batches();
        let links = Links::of(&batches.events).unwrap();
        let penalties = links.penalties(&batches.penalties, 64).unwrap();
        let events = links.events(&batches.events, 64).unwrap();
        let mut input = batches.input();
        input.linked = Some(LinkedInput {
            penalties: &penalties,
            events: &events,
        });
        let grading = Grading::new(&[scheme], &Unlimited, "d", day(as_of)).unwrap();
        let graded = grade(&input, &grading).unwrap();
        graded
            .outcomes
            .into_iter()
            .map(|outcome| (outcome.subject_id, outcome.standing.score))
            .collect()
    }

    #[test]
    fn one_matter_counts_against_the_unit_until_it_is_repaired() {
        let (rows, scheme) = (rows(), scheme());
        let score = |as_of| {
            let found = scores(&rows, &scheme, as_of);
            let of_unit = found.iter().find(|(id, _)| id == UNIT);
            of_unit.and_then(|(_, score)| *score)
        };
        assert_eq!(score("2026-02-01"), Some(Points::from_units(94)));
        // The repair of one person speaks of that person's record alone.
        assert_eq!(score("2026-03-01"), Some(Points::from_units(97)));
    }

    #[test]
    fn a_row_that_does_not_ask_sees_no_record_of_others() {
        let rows = rows();
        let mut scheme = scheme();
        scheme.indicators[0].rows[0].conditions.pop();
        let found = scores(&rows, &scheme, "2026-02-01");
        assert!(found.iter().all(|(id, _)| id != UNIT));
    }

    #[test]
    fn a_revoked_matter_leaves_the_unit_too_and_minors_stay_out() {
        let (mut rows, scheme) = (rows(), scheme());
        rows.events.push(event(
            "r5",
            "p:1",
            EventKind::Revocation,
            "2026-05-01",
            "渝科诚〔2026〕1号",
        ));
        rows.events[1].insert("minor", Cell::Flag(true));
        let found = scores(&rows, &scheme, "2026-02-01");
        assert!(found.iter().all(|(id, _)| id != UNIT));
    }
}
