//! Records, files of measures, and what is proposed over them.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};

use crate::consequence::{Catalogue, propose};
use crate::grading::{BucketInput, States};
use crate::record::cells::Text;
use crate::record::{
    Day, Event, EventKind, Penalty, SubjectKind, events_batch, parse_citations,
    parse_penalty_kinds, penalties_batch, schema,
};
use crate::rules::publicity::PublicityRules;

pub(super) const SUBJECT: &str = "91500000MA5U0000XX";

pub(super) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(super) fn catalogue() -> Catalogue {
    Catalogue::load(&files()).unwrap()
}

pub(super) fn files() -> BTreeMap<String, String> {
    [
        (
            "list-2024",
            include_str!("../../../rules/measures/list-2024.toml"),
        ),
        (
            "environment",
            include_str!("../../../rules/measures/environment.toml"),
        ),
        (
            "research",
            include_str!("../../../rules/measures/research.toml"),
        ),
        (
            "procurement-bidding",
            include_str!("../../../rules/measures/procurement-bidding.toml"),
        ),
    ]
    .map(|(name, text)| (format!("measures/{name}.toml"), text.to_owned()))
    .into()
}

pub(super) fn publicity() -> PublicityRules {
    let files = [
        (
            "order-36",
            include_str!("../../../rules/publicity/order-36.toml"),
        ),
        (
            "order-58",
            include_str!("../../../rules/publicity/order-58.toml"),
        ),
        (
            "regime",
            include_str!("../../../rules/publicity/regime.toml"),
        ),
    ]
    .map(|(name, text)| (format!("publicity/{name}.toml"), text.to_owned()));
    PublicityRules::load(&files.into()).unwrap()
}

pub(super) fn penalty(
    class: &str,
    decided_on: &str,
    facts: &str,
    basis: &str,
    kinds: &str,
    content: &str,
) -> Penalty {
    Penalty {
        record_id: "r1".into(),
        subject_id: SUBJECT.into(),
        subject_name: "渝某环境技术有限公司".into(),
        subject_kind: SubjectKind::Entity,
        document_no: Some("渝环罚〔2026〕1号".into()),
        case_id: "渝环罚〔2026〕1号".into(),
        violation_text: String::new(),
        violation: class.into(),
        facts: facts.into(),
        basis_text: basis.into(),
        citations: parse_citations(basis)
            .iter()
            .map(ToString::to_string)
            .collect(),
        penalty_kinds: parse_penalty_kinds(kinds).names,
        content: content.into(),
        fine_fen: None,
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
        bucket: 3,
        decision_id: "d1".into(),
        part_no: 1,
        sent_at: None,
        content_digest: "c".into(),
        uscc: Some(SUBJECT.into()),
        org_code: None,
        registration_no: None,
        minor: false,
        simple_procedure: false,
        remark: None,
    }
}

pub(super) fn event(kind: EventKind, on: &str, document: &str, detail: &str) -> Event {
    Event {
        record_id: format!("e-{}-{on}", kind.zh()),
        subject_id: SUBJECT.into(),
        event_kind: kind,
        document_no: Some(document.into()),
        occurred_on: day(on),
        ends_on: None,
        level: None,
        term_months: None,
        role: None,
        list_or_scheme: None,
        authority: String::new(),
        detail: detail.into(),
        received_on: day(on),
        version_key: "1".into(),
        batch_id: "b".into(),
        bucket: 3,
        decision_id: "d2".into(),
        part_no: 1,
        content_digest: "c".into(),
        subject_name: "渝某环境技术有限公司".into(),
        subject_kind: SubjectKind::Entity,
        violation: String::new(),
        authority_code: None,
        region: "500000".into(),
        source_unit: String::new(),
        uscc: None,
        org_code: None,
        minor: false,
        linked_unit: None,
    }
}

pub(super) fn run_by(
    catalogue: &Catalogue,
    penalties: &[Penalty],
    events: &[Event],
    as_of: &str,
) -> RecordBatch {
    let penalties = penalties_batch(penalties).unwrap();
    let events = events_batch(events).unwrap();
    let licenses = RecordBatch::new_empty(schema::licenses());
    let subjects = RecordBatch::new_empty(schema::subjects());
    let input = BucketInput {
        penalties: &penalties,
        licenses: &licenses,
        events: &events,
        subjects: &subjects,
        linked: None,
    };
    let states = States::of(&input).unwrap();
    let checklist = propose(&input, &states, catalogue, &publicity(), day(as_of), "run");
    checklist.unwrap().rows
}

pub(super) fn run(penalties: &[Penalty], events: &[Event], as_of: &str) -> RecordBatch {
    run_by(&catalogue(), penalties, events, as_of)
}

pub(super) fn cell<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> &'a str {
    let column = Text::of(batch.column_by_name(column).unwrap()).unwrap();
    column.or_empty(row)
}

pub(super) fn date(batch: &RecordBatch, column: &str, row: usize) -> Option<Day> {
    let column = batch
        .column_by_name(column)
        .unwrap()
        .as_primitive::<arrow::datatypes::Date32Type>();
    column
        .is_valid(row)
        .then(|| Day::from_epoch(column.value(row)))
}

pub(super) fn find(batch: &RecordBatch, id: &str) -> usize {
    let found = (0..batch.num_rows()).find(|row| cell(batch, "row_id", *row) == id);
    found.unwrap_or_else(|| panic!("no row {id} in {:?}", shown(batch)))
}

/// row id, state and code of every line.
pub(super) fn shown(batch: &RecordBatch) -> Vec<String> {
    let line = |row| {
        let code = cell(batch, "reason", row)
            .split(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        format!(
            "{} {} {code}",
            cell(batch, "row_id", row),
            cell(batch, "state", row)
        )
    };
    (0..batch.num_rows()).map(line).collect()
}
