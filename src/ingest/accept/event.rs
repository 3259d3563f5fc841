//! Events, and the revocation that a version A row reports in its 当前状态.

use crate::ingest::identity::{comparable, document_no};
use crate::record::digest::short_id;
use crate::record::{Day, Event, EventKind, RecordKind, parse_citations};
use crate::standard::Field;

use super::Draft;
use super::values::{Row, content_digest, day_part};

/// 内容 of the revocation that a version A row reports by its state.
pub const REVOKED_STATE: &str = "来源记录的当前状态为撤销";

/// The record of a row; `None` when its kind is not known (which a check has told).
pub(super) fn draft(row: &Row<'_>) -> Option<Draft> {
    let view = row.view;
    let kind = EventKind::from_zh(view.get(Field::EventKind))?;
    let detail = row.free(Field::Detail);
    let violation = row
        .ctx
        .classifier
        .class_of(&parse_citations(&detail), &detail, "")
        .unwrap_or_default();
    let mut event = bare(row, kind, row.decided_on, detail);
    event.violation = violation;
    event.ends_on = view.day(Field::EndsOn);
    event.level = row.opt(Field::Level);
    event.term_months = view.get(Field::TermMonths).parse().ok();
    event.role = row.opt(Field::Role);
    event.list_or_scheme = row.opt(Field::ListOrScheme);
    event.linked_unit = row.code(Field::LinkedUnit);
    seal(&mut event);
    Some(Draft::Event(Box::new(event)))
}

/// The revocation of a decision whose version A state is 撤销. The template does not say when it was revoked: the day of the
/// sender's time stamp, else the received date.
pub(super) fn revocation(row: &Row<'_>) -> Option<Box<Event>> {
    let view = row.view;
    if view.layout.kind == RecordKind::Event
        || view.get(Field::Status).is_empty()
        || row.listed(Field::Status) != "撤销"
    {
        return None;
    }
    let revoked_on = view
        .sent_at
        .as_deref()
        .and_then(|stamp| stamp.get(..10))
        .and_then(Day::parse_iso)
        .map_or(row.ctx.received, |day| {
            day.clamp(row.decided_on, row.ctx.received)
        });
    let detail = REVOKED_STATE.to_owned();
    let mut event = bare(row, EventKind::Revocation, revoked_on, detail);
    seal(&mut event);
    Some(Box::new(event))
}

fn bare(row: &Row<'_>, kind: EventKind, occurred_on: Day, detail: String) -> Event {
    Event {
        record_id: String::new(),
        subject_id: row.subject.id.as_str().to_owned(),
        event_kind: kind,
        document_no: document_no(row.view),
        occurred_on,
        ends_on: None,
        level: None,
        term_months: None,
        role: None,
        list_or_scheme: None,
        authority: row.view.get(Field::Authority).to_owned(),
        detail,
        received_on: row.ctx.received,
        version_key: String::new(),
        batch_id: row.ctx.batch_id.to_owned(),
        bucket: row.bucket(),
        decision_id: String::new(),
        part_no: 1,
        content_digest: String::new(),
        subject_name: row.subject.name.clone(),
        subject_kind: row.subject.kind,
        violation: String::new(),
        authority_code: row.code(Field::AuthorityCode),
        region: row.region(),
        source_unit: row.source_unit(),
        uscc: row.subject.uscc.clone(),
        org_code: row.subject.org_code.clone(),
        minor: row.subject.minor,
        linked_unit: None,
    }
}

/// Key and content digest. One document may see several events, so kind, day, list and role belong to the key; without a
/// document so does the text.
fn seal(event: &mut Event) {
    let text = match event.document_no {
        Some(_) => String::new(),
        None => comparable(&event.detail).into_owned(),
    };
    event.decision_id = short_id(&[
        "event",
        &event.subject_id,
        event.event_kind.zh(),
        event.document_no.as_deref().unwrap_or(""),
        &event.occurred_on.iso(),
        &comparable(event.list_or_scheme.as_deref().unwrap_or("")),
        &comparable(event.role.as_deref().unwrap_or("")),
        &text,
    ]);
    let level = event.level.as_deref().unwrap_or("");
    let months = event
        .term_months
        .map(|months| months.to_string())
        .unwrap_or_default();
    let ends_on = day_part(event.ends_on);
    let mut content = vec![
        level,
        &months,
        &ends_on,
        &event.authority,
        &event.detail,
        &event.subject_name,
    ];
    // Left out where there is none: events without a link keep the digest that they have always had.
    content.extend(event.linked_unit.as_deref());
    event.content_digest = content_digest(&content);
}
