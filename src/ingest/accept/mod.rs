//! From a row without errors to a record: values in their stored form, people made unknowable, the class found.
//!
//! Owns: what is stored of a cell and what never is (法定代表人, numbers of certificates, telephones, addresses).
//! Does not own: verdicts (`check`), versions (`dedupe`). May never know: the store, other rows.

mod event;
mod license;
mod memo;
mod penalty;
mod values;

use crate::record::{Event, License, Penalty, RecordKind};

use super::check::{Finding, RowView, W01};
use super::identity::{self, Subject};
use super::outcome::CheckContext;
use crate::standard::Field;

pub use event::REVOKED_STATE;
pub(super) use memo::Memo;
pub(super) use values::source_unit;

/// A record that is not yet placed among the versions of its decision.
#[derive(Clone, Debug)]
pub(super) enum Draft {
    /// A part of a penalty decision.
    Penalty(Box<Penalty>),
    /// A license decision.
    License(Box<License>),
    /// An event.
    Event(Box<Event>),
}

impl Draft {
    /// The decision that it belongs to.
    pub(super) fn decision_id(&self) -> &str {
        match self {
            Draft::Penalty(record) => &record.decision_id,
            Draft::License(record) => &record.decision_id,
            Draft::Event(record) => &record.decision_id,
        }
    }

    /// Its subject.
    pub(super) fn subject_id(&self) -> &str {
        match self {
            Draft::Penalty(record) => &record.subject_id,
            Draft::License(record) => &record.subject_id,
            Draft::Event(record) => &record.subject_id,
        }
    }

    /// The bucket of its subject.
    pub(super) fn bucket(&self) -> u32 {
        let bucket = match self {
            Draft::Penalty(record) => record.bucket,
            Draft::License(record) => record.bucket,
            Draft::Event(record) => record.bucket,
        };
        u32::try_from(bucket).unwrap_or(0)
    }
}

/// What one row gives.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    /// The subject that the row speaks of.
    pub(super) subject: Subject,
    /// The row's record.
    pub(super) draft: Draft,
    /// Its 违法行为类型 in comparable form: parts of one decision differ in it. "" for licenses and events.
    pub(super) part_key: String,
    /// The sender's time stamp.
    pub(super) sent_at: Option<String>,
    /// A revocation that the row itself reports (version A, 当前状态 1).
    pub(super) revocation: Option<Box<Event>>,
}

/// The record of a row.
///
/// # Errors
/// The finding that stands against it: nothing identifies the subject.
pub(super) fn accept(
    view: &RowView<'_>,
    ctx: &CheckContext<'_>,
    memo: &mut Memo,
) -> Result<(Accepted, Option<Finding>), Finding> {
    let unidentified = || {
        Finding::error(
            "SGS-R01",
            Field::Uscc,
            "没有可用的代码或证件号码，无法确定主体。请补填后重新报送",
        )
    };
    let decided_on = view.decided_on().ok_or_else(unidentified)?;
    let subject = identity::subject(view, ctx.key, decided_on).ok_or_else(unidentified)?;
    let row = values::Row::new(view, ctx, &subject, decided_on);
    let (draft, part_key) = match view.layout.kind {
        RecordKind::Penalty => penalty::draft(&row, memo),
        RecordKind::License => (license::draft(&row), String::new()),
        RecordKind::Event => (event::draft(&row).ok_or_else(unidentified)?, String::new()),
    };
    let revocation = event::revocation(&row);
    let note = revocation.as_ref().map(|_| {
        Finding::note(
            W01,
            Field::Status,
            "当前状态为1（撤销）：决定已入库，并按撤销处理。撤销日期请另报信用事件",
        )
    });
    let accepted = Accepted {
        draft,
        part_key,
        sent_at: view.sent_at.clone(),
        revocation,
        subject,
    };
    Ok((accepted, note))
}
