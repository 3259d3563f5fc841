//! One event around a record or a subject.

use std::borrow::Borrow;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::batch::{columns, days, flags, ints, opt_texts, smalls, texts};
use super::day::Day;
use super::kind::{EventKind, SubjectKind};
use super::schema;

/// One event around a record or a subject. Columns and types as in [`schema::events`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub record_id: String,
    pub subject_id: String,
    pub event_kind: EventKind,
    /// 文书号, normalised.
    pub document_no: Option<String>,
    /// 发生日期.
    pub occurred_on: Day,
    /// 截止日期.
    pub ends_on: Option<Day>,
    /// 程度.
    pub level: Option<String>,
    /// 期限(月).
    pub term_months: Option<i64>,
    /// 角色.
    pub role: Option<String>,
    /// 名录或方案.
    pub list_or_scheme: Option<String>,
    pub authority: String,
    pub detail: String,
    pub received_on: Day,
    /// Sortable: sender's timestamp, received date, content digest of the set.
    pub version_key: String,
    pub batch_id: String,
    /// See `bucket_of`.
    pub bucket: i32,
    pub decision_id: String,
    /// 1-based; parts of one decision are numbered by content.
    pub part_no: i32,
    pub content_digest: String,
    pub subject_name: String,
    pub subject_kind: SubjectKind,
    /// Our class of the violation; empty when nothing matched.
    pub violation: String,
    pub authority_code: Option<String>,
    pub region: String,
    pub source_unit: String,
    pub uscc: Option<String>,
    pub org_code: Option<String>,
    /// The person was under 18 on the decision day.
    pub minor: bool,
    /// 关联单位: code of the unit that answers for the same matter.
    pub linked_unit: Option<String>,
}

/// The rows as one batch of schema [`schema::events`].
///
/// # Errors
/// Only when the columns disagree with the schema, which is a bug.
pub fn events_batch<R: Borrow<Event>>(rows: &[R]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&Event> = rows.iter().map(Borrow::borrow).collect();
    let columns = columns![
        texts(rows.iter().map(|r| r.record_id.as_str())),
        texts(rows.iter().map(|r| r.subject_id.as_str())),
        texts(rows.iter().map(|r| r.event_kind.zh())),
        opt_texts(rows.iter().map(|r| r.document_no.as_deref())),
        days(rows.iter().map(|r| Some(r.occurred_on))),
        days(rows.iter().map(|r| r.ends_on)),
        opt_texts(rows.iter().map(|r| r.level.as_deref())),
        ints(rows.iter().map(|r| r.term_months)),
        opt_texts(rows.iter().map(|r| r.role.as_deref())),
        opt_texts(rows.iter().map(|r| r.list_or_scheme.as_deref())),
        texts(rows.iter().map(|r| r.authority.as_str())),
        texts(rows.iter().map(|r| r.detail.as_str())),
        days(rows.iter().map(|r| Some(r.received_on))),
        texts(rows.iter().map(|r| r.version_key.as_str())),
        texts(rows.iter().map(|r| r.batch_id.as_str())),
        smalls(rows.iter().map(|r| r.bucket)),
        texts(rows.iter().map(|r| r.decision_id.as_str())),
        smalls(rows.iter().map(|r| r.part_no)),
        texts(rows.iter().map(|r| r.content_digest.as_str())),
        texts(rows.iter().map(|r| r.subject_name.as_str())),
        texts(rows.iter().map(|r| r.subject_kind.zh())),
        texts(rows.iter().map(|r| r.violation.as_str())),
        opt_texts(rows.iter().map(|r| r.authority_code.as_deref())),
        texts(rows.iter().map(|r| r.region.as_str())),
        texts(rows.iter().map(|r| r.source_unit.as_str())),
        opt_texts(rows.iter().map(|r| r.uscc.as_deref())),
        opt_texts(rows.iter().map(|r| r.org_code.as_deref())),
        flags(rows.iter().map(|r| r.minor)),
        opt_texts(rows.iter().map(|r| r.linked_unit.as_deref())),
    ];
    RecordBatch::try_new(schema::events(), columns)
}
