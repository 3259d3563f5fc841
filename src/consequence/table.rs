//! Rows of the `measures` table.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, RecordBatch, StringArray};
use arrow::error::ArrowError;

use crate::record::{Day, schema};

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

/// One row, in the order of the schema.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) subject_id: String,
    pub(super) measure: String,
    pub(super) category: String,
    pub(super) content: String,
    pub(super) basis: String,
    pub(super) list_edition: Option<String>,
    pub(super) list_no: Option<String>,
    pub(super) list_row_status: &'static str,
    pub(super) trigger_record_id: String,
    pub(super) trigger_document_no: Option<String>,
    pub(super) target_role: String,
    pub(super) body: String,
    pub(super) starts_on: Option<Day>,
    pub(super) ends_on: Option<Day>,
    pub(super) publicity_until: Option<Day>,
    pub(super) repair_from: Option<Day>,
    pub(super) remedy: &'static str,
    pub(super) state: MeasureState,
    pub(super) reason: String,
    pub(super) run_id: String,
    pub(super) row_id: String,
    pub(super) term: Option<String>,
    pub(super) trigger_facts: String,
    pub(super) trigger_decided_on: Day,
    pub(super) provisional: bool,
    pub(super) bucket: i32,
}

impl Line {
    /// The order of the table.
    pub(super) fn order(&self) -> (&str, Day, &str, &str) {
        (
            &self.subject_id,
            self.trigger_decided_on,
            &self.trigger_record_id,
            &self.row_id,
        )
    }
}

/// Lines as a batch of schema [`schema::measures`].
pub(super) fn batch(lines: &[Line]) -> Result<RecordBatch, ArrowError> {
    fn text<'a>(lines: &'a [Line], of: impl Fn(&'a Line) -> &'a str) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(lines.iter().map(of)))
    }
    fn opt<'a>(lines: &'a [Line], of: impl Fn(&'a Line) -> Option<&'a str>) -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    }
    let day = |of: fn(&Line) -> Option<Day>| -> ArrayRef {
        Arc::new(
            lines
                .iter()
                .map(|l| of(l).map(Day::epoch))
                .collect::<Date32Array>(),
        )
    };
    RecordBatch::try_new(
        schema::measures(),
        vec![
            text(lines, |l| &l.subject_id),
            text(lines, |l| &l.measure),
            text(lines, |l| &l.category),
            text(lines, |l| &l.content),
            text(lines, |l| &l.basis),
            opt(lines, |l| l.list_edition.as_deref()),
            opt(lines, |l| l.list_no.as_deref()),
            opt(lines, |l| Some(l.list_row_status)),
            text(lines, |l| &l.trigger_record_id),
            opt(lines, |l| l.trigger_document_no.as_deref()),
            text(lines, |l| &l.target_role),
            text(lines, |l| &l.body),
            day(|l| l.starts_on),
            day(|l| l.ends_on),
            day(|l| l.publicity_until),
            day(|l| l.repair_from),
            text(lines, |l| l.remedy),
            text(lines, |l| l.state.as_str()),
            text(lines, |l| &l.reason),
            text(lines, |l| &l.run_id),
            text(lines, |l| &l.row_id),
            opt(lines, |l| l.term.as_deref()),
            text(lines, |l| &l.trigger_facts),
            day(|l| Some(l.trigger_decided_on)),
            Arc::new(
                lines
                    .iter()
                    .map(|l| Some(l.provisional))
                    .collect::<BooleanArray>(),
            ),
            text(lines, |_| "待人工复核"),
            Arc::new(Int32Array::from_iter_values(lines.iter().map(|l| l.bucket))),
        ],
    )
}
