//! One license decision (行政许可) in one version.

use std::borrow::Borrow;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::batch::{columns, days, flags, opt_texts, smalls, texts};
use super::day::Day;
use super::kind::SubjectKind;
use super::schema;

/// One license decision (行政许可) in one version. Columns and types as in [`schema::licenses`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct License {
    pub record_id: String,
    pub subject_id: String,
    pub subject_name: String,
    pub subject_kind: SubjectKind,
    /// 文书号, normalised.
    pub document_no: Option<String>,
    pub document_name: String,
    pub license_kind: String,
    pub certificate_no: Option<String>,
    pub content: String,
    /// 处罚决定日期 / 许可决定日期.
    pub decided_on: Day,
    pub valid_from: Option<Day>,
    /// 处罚有效期 / 有效期至.
    pub valid_until: Option<Day>,
    pub authority: String,
    pub authority_code: Option<String>,
    /// 当前状态 as sent.
    pub status: String,
    pub region: String,
    pub source_unit: String,
    pub source_unit_code: Option<String>,
    pub received_on: Day,
    /// Sortable: sender's timestamp, received date, content digest of the set.
    pub version_key: String,
    pub batch_id: String,
    /// See `bucket_of`.
    pub bucket: i32,
    pub decision_id: String,
    /// 1-based; parts of one decision are numbered by content.
    pub part_no: i32,
    pub sent_at: Option<String>,
    pub content_digest: String,
    pub uscc: Option<String>,
    pub org_code: Option<String>,
    pub registration_no: Option<String>,
    /// The person was under 18 on the decision day.
    pub minor: bool,
    pub remark: Option<String>,
}

/// The rows as one batch of schema [`schema::licenses`].
///
/// # Errors
/// Only when the columns disagree with the schema, which is a bug.
pub fn licenses_batch<R: Borrow<License>>(rows: &[R]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&License> = rows.iter().map(Borrow::borrow).collect();
    let columns = columns![
        texts(rows.iter().map(|r| r.record_id.as_str())),
        texts(rows.iter().map(|r| r.subject_id.as_str())),
        texts(rows.iter().map(|r| r.subject_name.as_str())),
        texts(rows.iter().map(|r| r.subject_kind.zh())),
        opt_texts(rows.iter().map(|r| r.document_no.as_deref())),
        texts(rows.iter().map(|r| r.document_name.as_str())),
        texts(rows.iter().map(|r| r.license_kind.as_str())),
        opt_texts(rows.iter().map(|r| r.certificate_no.as_deref())),
        texts(rows.iter().map(|r| r.content.as_str())),
        days(rows.iter().map(|r| Some(r.decided_on))),
        days(rows.iter().map(|r| r.valid_from)),
        days(rows.iter().map(|r| r.valid_until)),
        texts(rows.iter().map(|r| r.authority.as_str())),
        opt_texts(rows.iter().map(|r| r.authority_code.as_deref())),
        texts(rows.iter().map(|r| r.status.as_str())),
        texts(rows.iter().map(|r| r.region.as_str())),
        texts(rows.iter().map(|r| r.source_unit.as_str())),
        opt_texts(rows.iter().map(|r| r.source_unit_code.as_deref())),
        days(rows.iter().map(|r| Some(r.received_on))),
        texts(rows.iter().map(|r| r.version_key.as_str())),
        texts(rows.iter().map(|r| r.batch_id.as_str())),
        smalls(rows.iter().map(|r| r.bucket)),
        texts(rows.iter().map(|r| r.decision_id.as_str())),
        smalls(rows.iter().map(|r| r.part_no)),
        opt_texts(rows.iter().map(|r| r.sent_at.as_deref())),
        texts(rows.iter().map(|r| r.content_digest.as_str())),
        opt_texts(rows.iter().map(|r| r.uscc.as_deref())),
        opt_texts(rows.iter().map(|r| r.org_code.as_deref())),
        opt_texts(rows.iter().map(|r| r.registration_no.as_deref())),
        flags(rows.iter().map(|r| r.minor)),
        opt_texts(rows.iter().map(|r| r.remark.as_deref())),
    ];
    RecordBatch::try_new(schema::licenses(), columns)
}
