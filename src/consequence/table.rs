//! Rows of the `measures` table.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, DictionaryArray, Int32Array, RecordBatch,
    StringArray,
};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;

use super::candidate::Candidate;
use super::catalogue::Row;
use crate::record::batch::{opt_texts, texts};
use crate::record::{Day, Lookup, SubjectKind, schema};

/// How to object and to be repaired, printed with every row.
const REMEDY: &str = "对处罚决定不服的，可以依法申请行政复议或者提起行政诉讼；对信用信息有异议的，可以通过信用中国或者认定单位提出异议；履行完毕义务并满足最短期限后，可以向信用中国申请信用修复（令36号）";

/// What the checklist says of a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MeasureState {
    Proposed,
    Excluded,
    NeedsReview,
}

impl MeasureState {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Excluded => "excluded",
            Self::NeedsReview => "needs_review",
        }
    }
}

/// One row: a candidate and what became of it.
#[derive(Debug)]
pub(super) struct Line<'c, 'a> {
    candidate: &'c Candidate<'a>,
    pub(super) state: MeasureState,
    reason: String,
}

impl<'c, 'a> Line<'c, 'a> {
    pub(super) fn new(candidate: &'c Candidate<'a>, state: MeasureState, reason: String) -> Self {
        Self {
            candidate,
            state,
            reason,
        }
    }

    pub(super) fn subject_id(&self) -> &'a str {
        self.candidate.trigger.subject_id
    }

    fn document_no(&self) -> Option<&'a str> {
        Some(self.candidate.trigger.document_no).filter(|number| !number.is_empty())
    }

    /// The order of the table.
    pub(super) fn order(&self) -> (&'a str, Day, &'a str, &'a str) {
        let trigger = self.candidate.trigger;
        (
            trigger.subject_id,
            trigger.decided_on,
            trigger.record_id,
            self.candidate.row.id.as_str(),
        )
    }

    /// Days of a candidate that is not excluded.
    fn unless_excluded(&self, day: Option<Day>) -> Option<Day> {
        day.filter(|_| self.state != MeasureState::Excluded)
    }

    /// Last day of publicity, where the record is public at all.
    fn publicity_until(&self) -> Option<Day> {
        let (trigger, as_of) = (self.candidate.trigger, self.candidate.as_of);
        let publicity = trigger.publicity.as_ref()?;
        let hidden = trigger.subject_kind == SubjectKind::Person
            || trigger.state.is_repaired(as_of)
            || !publicity.published
            || publicity.until.is_some_and(|until| until < as_of);
        publicity.until.filter(|_| !hidden)
    }

    fn facts(&self) -> &'a str {
        let trigger = self.candidate.trigger;
        if trigger.facts.is_empty() {
            trigger.violation_text
        } else {
            trigger.facts
        }
    }

    fn is_provisional(&self) -> bool {
        let (row, trigger) = (self.candidate.row, self.candidate.trigger);
        row.provisional
            || self.candidate.edition.is_none_or(|e| e.provisional)
            || trigger.publicity.as_ref().is_some_and(|p| p.provisional)
    }
}

/// Texts that the lines of a batch share, each stored once.
struct Shared<'l> {
    /// Rows of the catalogue that occur.
    rows: Vec<&'l Row>,
    /// Of each line, the place of its row among them.
    keys: Int32Array,
}

impl<'l> Shared<'l> {
    fn of(lines: &'l [Line<'_, '_>]) -> Self {
        let mut rows: Vec<&'l Row> = Vec::new();
        let mut places: Lookup<&'l str, i32> = Lookup::default();
        let keys = lines.iter().map(|line| {
            let row = line.candidate.row;
            *places.entry(row.id.as_str()).or_insert_with(|| {
                rows.push(row);
                (rows.len() - 1) as i32
            })
        });
        let keys = Int32Array::from_iter_values(keys.collect::<Vec<_>>());
        Self { rows, keys }
    }

    /// A text of each line's row.
    fn text(&self, of: impl Fn(&'l Row) -> Option<&'l str>) -> Result<ArrayRef, ArrowError> {
        let texts: StringArray = self.rows.iter().map(|row| of(row)).collect();
        Ok(Arc::new(DictionaryArray::try_new(
            self.keys.clone(),
            Arc::new(texts),
        )?))
    }

    /// One text for all lines.
    fn same(&self, text: Option<&str>) -> Result<ArrayRef, ArrowError> {
        let keys = Int32Array::from_value(0, self.keys.len());
        let texts = StringArray::from(vec![text]);
        Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(texts))?))
    }
}

/// Lines as a batch of schema [`schema::measures`], with the texts of the catalogue coded by dictionaries.
pub(super) fn batch(lines: &[Line<'_, '_>], run_id: &str) -> Result<RecordBatch, ArrowError> {
    let shared = Shared::of(lines);
    let row = |of: for<'x> fn(&'x Row) -> &'x str| shared.text(|row| Some(of(row)));
    let text = |of: for<'x> fn(&'x Candidate<'_>) -> &'x str| -> ArrayRef {
        let cells = lines.iter().map(|l| of(l.candidate));
        texts(cells)
    };
    let day = |of: &dyn Fn(&Line<'_, '_>) -> Option<Day>| -> ArrayRef {
        let days = lines.iter().map(|l| of(l).map(Day::epoch));
        Arc::new(days.collect::<Date32Array>())
    };
    let repair = |c: &Candidate<'_>| c.trigger.publicity.as_ref().and_then(|p| p.repair_from);
    // One night has one edition.
    let edition = lines.first().and_then(|l| l.candidate.edition);
    let columns = vec![
        text(|c| c.trigger.subject_id),
        row(|r| &r.printed.measure)?,
        row(|r| &r.category)?,
        row(|r| &r.printed.content)?,
        row(|r| &r.printed.basis)?,
        shared.same(edition.map(|e| e.name.as_str()))?,
        shared.text(|r| r.list_no.as_deref())?,
        row(|r| r.list_row_status.as_str())?,
        text(|c| c.trigger.record_id),
        opt_texts(lines.iter().map(Line::document_no)),
        row(|r| &r.target_role)?,
        row(|r| &r.body)?,
        day(&|l| l.unless_excluded(l.candidate.starts_on())),
        day(&|l| l.unless_excluded(l.candidate.ends_on())),
        day(&|l| l.unless_excluded(l.publicity_until())),
        day(&|l| l.unless_excluded(repair(l.candidate))),
        shared.same(Some(REMEDY))?,
        states(lines)?,
        texts(lines.iter().map(|l| l.reason.as_str())),
        shared.same(Some(run_id))?,
        row(|r| &r.id)?,
        Arc::new(
            lines
                .iter()
                .map(|l| l.candidate.term_zh())
                .collect::<StringArray>(),
        ),
        texts(lines.iter().map(Line::facts)),
        day(&|l| Some(l.candidate.trigger.decided_on)),
        Arc::new(
            lines
                .iter()
                .map(|l| Some(l.is_provisional()))
                .collect::<BooleanArray>(),
        ),
        shared.same(Some("待人工复核"))?,
        Arc::new(Int32Array::from_iter_values(
            lines.iter().map(|l| l.candidate.trigger.bucket),
        )),
    ];
    coded_batch(columns)
}

fn states(lines: &[Line<'_, '_>]) -> Result<ArrayRef, ArrowError> {
    let all = [
        MeasureState::Proposed,
        MeasureState::Excluded,
        MeasureState::NeedsReview,
    ];
    let keys = Int32Array::from_iter_values(lines.iter().map(|l| l.state as i32));
    let texts = StringArray::from_iter_values(all.map(MeasureState::as_str));
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::new(texts))?))
}

/// Columns under the schema of the table, with the types that they have.
fn coded_batch(columns: Vec<ArrayRef>) -> Result<RecordBatch, ArrowError> {
    let schema = schema::measures();
    let fields = schema.fields().iter().zip(&columns);
    let fields: Vec<Field> = fields
        .map(|(field, column)| {
            field
                .as_ref()
                .clone()
                .with_data_type(column.data_type().clone())
        })
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
