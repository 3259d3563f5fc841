//! Fictional records for the tests of consequences.

use xinheng::record::{Event, EventKind, Fen, Penalty, SubjectKind};

use super::{DOCUMENT, FIRM, day};

pub(super) fn penalty(id: &str, decided_on: &str, class: &str) -> Penalty {
    Penalty {
        record_id: id.into(),
        subject_id: FIRM.into(),
        subject_name: "渝州青禾化工有限公司".into(),
        subject_kind: SubjectKind::Entity,
        document_no: Some(DOCUMENT.into()),
        case_id: DOCUMENT.into(),
        violation_text: String::new(),
        violation: class.into(),
        facts: String::new(),
        basis_text: String::new(),
        citations: Vec::new(),
        penalty_kinds: vec!["罚款".into()],
        content: "罚款".into(),
        fine_fen: Some(Fen(1_000_000)),
        confiscated_fen: None,
        decided_on: day(decided_on),
        valid_until: None,
        publicity_ends_on: None,
        authority: "重庆市生态环境局".into(),
        authority_code: None,
        region: "500000".into(),
        source_unit: "重庆市生态环境局".into(),
        source_unit_code: None,
        received_on: day(decided_on),
        version_key: "1".into(),
        batch_id: "b".into(),
        bucket: 0,
        decision_id: id.into(),
        part_no: 1,
        sent_at: None,
        content_digest: id.into(),
        uscc: Some(FIRM.into()),
        org_code: None,
        registration_no: None,
        minor: false,
        simple_procedure: false,
        remark: None,
    }
}

pub(super) fn event(kind: EventKind, on: &str, document: &str, list: &str) -> Event {
    Event {
        record_id: format!("e-{}-{on}", kind.zh()),
        subject_id: FIRM.into(),
        event_kind: kind,
        document_no: Some(document.to_owned()).filter(|d| !d.is_empty()),
        occurred_on: day(on),
        ends_on: None,
        level: None,
        term_months: None,
        role: None,
        list_or_scheme: Some(list.to_owned()).filter(|l| !l.is_empty()),
        authority: "重庆市生态环境局".into(),
        detail: String::new(),
        received_on: day(on),
        version_key: "1".into(),
        batch_id: "b".into(),
        bucket: 0,
        decision_id: format!("{}-{on}", kind.zh()),
        part_no: 1,
        content_digest: "c".into(),
        subject_name: "渝州青禾化工有限公司".into(),
        subject_kind: SubjectKind::Entity,
        violation: String::new(),
        authority_code: None,
        region: "500000".into(),
        source_unit: "重庆市生态环境局".into(),
        uscc: Some(FIRM.into()),
        org_code: None,
        minor: false,
        linked_unit: None,
    }
}

pub(super) fn on_the_roster() -> Event {
    event(
        EventKind::Roster,
        "2025-01-15",
        "",
        "environment/chongqing-2021",
    )
}
