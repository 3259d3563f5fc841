//! The records of a case as tables, in the order that the store gives.

use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;

use super::file::{Case, CaseEvent, CaseLicense, CasePenalty, CaseRecord};
use crate::record::digest::sha256_hex;
use crate::record::{
    Day, Event, License, Penalty, SubjectKind, events_batch, licenses_batch, normalise_document_no,
    penalties_batch, schema,
};

/// The four tables of a case: one subject, everything in force.
#[derive(Clone, Debug)]
pub struct CaseTables {
    /// Rows of the penalties table.
    pub penalties: RecordBatch,
    /// Rows of the licenses table.
    pub licenses: RecordBatch,
    /// Rows of the events table.
    pub events: RecordBatch,
    /// Empty: kind, name and region come from the records.
    pub subjects: RecordBatch,
    /// Penalties and events of others that are linked to the subject (`of`), with `linked_from`; `None` without any.
    pub linked: Option<(RecordBatch, RecordBatch)>,
}

/// Region of a record that names none: 重庆市.
const REGION: &str = "500000";
const NAME: &str = "案例对象";

impl CaseTables {
    /// # Errors
    /// Only when columns disagree with the schema, which is a bug.
    pub(super) fn of(case: &Case) -> Result<Self, ArrowError> {
        let digest = sha256_hex(case.id.as_bytes());
        let subject = match case.subject {
            SubjectKind::Person => format!("p:{digest}"),
            SubjectKind::Entity | SubjectKind::IndividualBusiness => {
                format!("reg:{}", &digest[..15])
            }
        };
        let (mut penalties, mut licenses, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let (mut penalties_of, mut events_of) = (Vec::new(), Vec::new());
        for (index, record) in case.records.iter().enumerate() {
            let of = match record {
                CaseRecord::Penalty(record) => record.of.as_deref(),
                CaseRecord::License(_) => None,
                CaseRecord::Event(record) => record.of.as_deref(),
            };
            let head = Head {
                subject: &subject,
                kind: match of {
                    None => case.subject,
                    Some(_) => SubjectKind::Person,
                },
                record_id: format!("record-{index:03}"),
            };
            match record {
                CaseRecord::Penalty(record) => match of {
                    None => penalties.push(head.penalty(record)),
                    Some(of) => penalties_of.push((head.penalty(record), of)),
                },
                CaseRecord::License(record) => licenses.push(head.license(record)),
                CaseRecord::Event(record) => match of {
                    None => events.push(head.event(record)),
                    Some(of) => events_of.push((head.event(record), of)),
                },
            }
        }
        penalties.sort_by(|a, b| (a.decided_on, &a.record_id).cmp(&(b.decided_on, &b.record_id)));
        licenses.sort_by(|a, b| (a.decided_on, &a.record_id).cmp(&(b.decided_on, &b.record_id)));
        events.sort_by(|a, b| (a.occurred_on, &a.record_id).cmp(&(b.occurred_on, &b.record_id)));
        Ok(Self {
            penalties: penalties_batch(&penalties)?,
            licenses: licenses_batch(&licenses)?,
            events: events_batch(&events)?,
            subjects: RecordBatch::new_empty(schema::subjects()),
            linked: linked(penalties_of, events_of)?,
        })
    }
}

/// The records of others, each with its subject.
fn linked(
    mut penalties: Vec<(Penalty, &str)>,
    mut events: Vec<(Event, &str)>,
) -> Result<Option<(RecordBatch, RecordBatch)>, ArrowError> {
    if penalties.is_empty() && events.is_empty() {
        return Ok(None);
    }
    penalties
        .sort_by(|(a, _), (b, _)| (a.decided_on, &a.record_id).cmp(&(b.decided_on, &b.record_id)));
    events.sort_by(|(a, _), (b, _)| {
        (a.occurred_on, &a.record_id).cmp(&(b.occurred_on, &b.record_id))
    });
    let (penalties, owners): (Vec<Penalty>, Vec<&str>) = penalties.into_iter().unzip();
    let penalties = with_owners(&penalties_batch(&penalties)?, owners)?;
    let (events, owners): (Vec<Event>, Vec<&str>) = events.into_iter().unzip();
    Ok(Some((
        penalties,
        with_owners(&events_batch(&events)?, owners)?,
    )))
}

fn with_owners(batch: &RecordBatch, owners: Vec<&str>) -> Result<RecordBatch, ArrowError> {
    let mut fields = batch.schema().fields().to_vec();
    fields.push(Arc::new(Field::new("linked_from", DataType::Utf8, false)));
    let mut columns = batch.columns().to_vec();
    columns.push(Arc::new(StringArray::from(owners)));
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// What all records of a case share.
struct Head<'a> {
    subject: &'a str,
    kind: SubjectKind,
    record_id: String,
}

impl Head<'_> {
    fn penalty(&self, raw: &CasePenalty) -> Penalty {
        let document = normalise_document_no(&raw.document);
        Penalty {
            record_id: self.record_id.clone(),
            subject_id: self.subject.to_owned(),
            subject_name: NAME.to_owned(),
            subject_kind: self.kind,
            case_id: raw.case.clone().unwrap_or_else(|| document.clone()),
            document_no: Some(document),
            violation_text: String::new(),
            violation: raw.violation.clone(),
            facts: raw.text.clone(),
            basis_text: raw.cited.join("；"),
            citations: raw.cited.clone(),
            penalty_kinds: raw.kinds.clone(),
            content: raw.text.clone(),
            fine_fen: raw.fine,
            confiscated_fen: raw.confiscated,
            decided_on: raw.decided_on,
            valid_until: raw.valid_until,
            publicity_ends_on: None,
            authority: raw.authority.clone(),
            authority_code: None,
            region: raw.region.clone().unwrap_or_else(|| REGION.to_owned()),
            source_unit: String::new(),
            source_unit_code: None,
            received_on: raw.published.unwrap_or(raw.decided_on).max(raw.decided_on),
            version_key: version(raw.decided_on),
            batch_id: String::new(),
            bucket: 0,
            decision_id: self.record_id.clone(),
            part_no: 1,
            sent_at: None,
            content_digest: self.record_id.clone(),
            uscc: None,
            org_code: None,
            registration_no: None,
            minor: false,
            simple_procedure: raw.simple_procedure,
            remark: None,
        }
    }

    fn license(&self, raw: &CaseLicense) -> License {
        License {
            record_id: self.record_id.clone(),
            subject_id: self.subject.to_owned(),
            subject_name: NAME.to_owned(),
            subject_kind: self.kind,
            document_no: Some(normalise_document_no(&raw.document)),
            document_name: String::new(),
            license_kind: String::new(),
            certificate_no: None,
            content: raw.text.clone(),
            decided_on: raw.decided_on,
            valid_from: raw.valid_from,
            valid_until: raw.valid_until,
            authority: String::new(),
            authority_code: None,
            status: String::new(),
            region: REGION.to_owned(),
            source_unit: String::new(),
            source_unit_code: None,
            received_on: raw.decided_on,
            version_key: version(raw.decided_on),
            batch_id: String::new(),
            bucket: 0,
            decision_id: self.record_id.clone(),
            part_no: 1,
            sent_at: None,
            content_digest: self.record_id.clone(),
            uscc: None,
            org_code: None,
            registration_no: None,
            minor: false,
            remark: None,
        }
    }

    fn event(&self, raw: &CaseEvent) -> Event {
        Event {
            record_id: self.record_id.clone(),
            subject_id: self.subject.to_owned(),
            event_kind: raw.kind,
            document_no: raw.document.as_deref().map(normalise_document_no),
            occurred_on: raw.on,
            ends_on: raw.until,
            level: raw.level.clone(),
            term_months: raw.term_months,
            role: raw.role.clone(),
            list_or_scheme: raw.list.clone(),
            authority: raw.authority.clone(),
            detail: raw.text.clone(),
            received_on: raw.on,
            version_key: version(raw.on),
            batch_id: String::new(),
            bucket: 0,
            decision_id: self.record_id.clone(),
            part_no: 1,
            content_digest: self.record_id.clone(),
            subject_name: NAME.to_owned(),
            subject_kind: self.kind,
            violation: raw.violation.clone(),
            authority_code: None,
            region: REGION.to_owned(),
            source_unit: String::new(),
            uscc: None,
            org_code: None,
            minor: false,
            linked_unit: None,
        }
    }
}

fn version(day: Day) -> String {
    format!("|{day}|")
}
