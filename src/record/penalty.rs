//! One part of a penalty decision (行政处罚) in one version.

use std::borrow::Borrow;

use arrow::array::RecordBatch;
use arrow::error::ArrowError;

use super::batch::{columns, days, flags, ints, lists, opt_texts, smalls, texts};
use super::day::Day;
use super::kind::SubjectKind;
use super::money::Fen;
use super::schema;

/// One part of a penalty decision (行政处罚) in one version. Columns and types as in [`schema::penalties`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Penalty {
    pub record_id: String,
    pub subject_id: String,
    pub subject_name: String,
    pub subject_kind: SubjectKind,
    /// 文书号, normalised.
    pub document_no: Option<String>,
    /// 同一违法行为: the document unless an event links several.
    pub case_id: String,
    pub violation_text: String,
    /// Our class of the violation; empty when nothing matched.
    pub violation: String,
    pub facts: String,
    pub basis_text: String,
    /// `Citation` in its stored form.
    pub citations: Vec<String>,
    /// Chinese names, in the order of the law.
    pub penalty_kinds: Vec<String>,
    pub content: String,
    pub fine_fen: Option<Fen>,
    pub confiscated_fen: Option<Fen>,
    /// 处罚决定日期 / 许可决定日期.
    pub decided_on: Day,
    /// 处罚有效期 / 有效期至.
    pub valid_until: Option<Day>,
    /// 公示截止期 as sent.
    pub publicity_ends_on: Option<Day>,
    pub authority: String,
    pub authority_code: Option<String>,
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
    /// 简易程序 (行政处罚法 51).
    pub simple_procedure: bool,
    pub remark: Option<String>,
}

/// The rows as one batch of schema [`schema::penalties`].
///
/// # Errors
/// Only when the columns disagree with the schema, which is a bug.
pub fn penalties_batch<R: Borrow<Penalty>>(rows: &[R]) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<&Penalty> = rows.iter().map(Borrow::borrow).collect();
    let columns = columns![
        texts(rows.iter().map(|r| r.record_id.as_str())),
        texts(rows.iter().map(|r| r.subject_id.as_str())),
        texts(rows.iter().map(|r| r.subject_name.as_str())),
        texts(rows.iter().map(|r| r.subject_kind.zh())),
        opt_texts(rows.iter().map(|r| r.document_no.as_deref())),
        texts(rows.iter().map(|r| r.case_id.as_str())),
        texts(rows.iter().map(|r| r.violation_text.as_str())),
        texts(rows.iter().map(|r| r.violation.as_str())),
        texts(rows.iter().map(|r| r.facts.as_str())),
        texts(rows.iter().map(|r| r.basis_text.as_str())),
        lists(rows.iter().map(|r| r.citations.as_slice())),
        lists(rows.iter().map(|r| r.penalty_kinds.as_slice())),
        texts(rows.iter().map(|r| r.content.as_str())),
        ints(rows.iter().map(|r| r.fine_fen.map(|f| f.0))),
        ints(rows.iter().map(|r| r.confiscated_fen.map(|f| f.0))),
        days(rows.iter().map(|r| Some(r.decided_on))),
        days(rows.iter().map(|r| r.valid_until)),
        days(rows.iter().map(|r| r.publicity_ends_on)),
        texts(rows.iter().map(|r| r.authority.as_str())),
        opt_texts(rows.iter().map(|r| r.authority_code.as_deref())),
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
        flags(rows.iter().map(|r| r.simple_procedure)),
        opt_texts(rows.iter().map(|r| r.remark.as_deref())),
    ];
    RecordBatch::try_new(schema::penalties(), columns)
}
