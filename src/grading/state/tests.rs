use super::*;
use crate::grading::testing::{Cells, Rows, day, event, penalty, text};

const FIRM: &str = "91500000MA00000001";

fn record(id: &str, document: &str) -> Cells {
    penalty(
        id,
        FIRM,
        document,
        "2026-01-01",
        "environment.air",
        &["罚款"],
    )
}

/// States of the penalties (one row per document given), in record order.
fn penalties(documents: &[&str], events: Vec<Cells>) -> Vec<RecordState> {
    let penalties: Vec<Cells> = documents
        .iter()
        .enumerate()
        .map(|(n, document)| record(&format!("r{n}"), document))
        .collect();
    let rows = Rows {
        penalties,
        events,
        ..Rows::default()
    };
    let states = States::of(&rows.batches().input()).unwrap();
    (0..documents.len())
        .map(|row| states.penalty(row).clone())
        .collect()
}

#[test]
fn an_event_meets_its_record_under_any_bracket_style() {
    let found = penalties(
        &["渝环罚〔2026〕1号", "渝环罚〔2026〕2号"],
        vec![event(
            "e1",
            FIRM,
            "信用修复",
            Some("渝环罚 [2026] 1号"),
            "2026-02-01",
        )],
    );
    assert_eq!(found[0].repaired_on, Some(day("2026-02-01")));
    assert!(!found[0].is_repaired(day("2026-01-31")) && found[0].is_repaired(day("2026-02-01")));
    assert_eq!(found[1], RecordState::default());
}

#[test]
fn an_event_of_another_subject_or_without_a_number_changes_nothing() {
    let events = vec![
        event(
            "e1",
            "91500000MA00000002",
            "撤销",
            Some("渝环罚〔2026〕1号"),
            "2026-02-01",
        ),
        event("e2", FIRM, "撤销", None, "2026-02-01"),
    ];
    assert_eq!(
        penalties(&["渝环罚〔2026〕1号"], events),
        [RecordState::default()]
    );
}

#[test]
fn the_first_of_several_repairs_and_the_last_correction_count() {
    let events = vec![
        event("e1", FIRM, "信用修复", Some("甲1号"), "2026-03-01"),
        event("e2", FIRM, "信用修复", Some("甲1号"), "2026-02-01"),
        event("e3", FIRM, "更正", Some("甲1号"), "2026-02-01"),
        event("e4", FIRM, "更正", Some("甲1号"), "2026-04-01"),
        event("e5", FIRM, "整改完成", Some("甲1号"), "2026-05-01"),
    ];
    let found = penalties(&["甲1号"], events);
    assert_eq!(found[0].repaired_on, Some(day("2026-02-01")));
    assert_eq!(found[0].corrected_on, Some(day("2026-04-01")));
    assert!(found[0].is_rectified(day("2026-05-01")) && !found[0].is_revoked());
}

#[test]
fn objections_open_and_close() {
    let events = vec![
        event("e1", FIRM, "异议", Some("甲1号"), "2026-02-01"),
        event("e2", FIRM, "异议", Some("甲1号"), "2026-02-05"),
        event("e3", FIRM, "异议终结", Some("甲1号"), "2026-02-10"),
        event("e4", FIRM, "异议", Some("甲1号"), "2026-03-01"),
    ];
    let found = penalties(&["甲1号"], events);
    assert_eq!(
        found[0].objections,
        [
            (day("2026-02-01"), Some(day("2026-02-10"))),
            (day("2026-03-01"), None)
        ]
    );
    let open = |iso: &str| found[0].is_under_objection(day(iso));
    assert!(!open("2026-01-31") && open("2026-02-09") && !open("2026-02-10") && open("2027-01-01"));
}

#[test]
fn an_event_that_names_several_documents_speaks_of_each_but_only_a_correction_joins_them() {
    let documents = ["甲1号", "甲2号", "甲3号", "甲4号"];
    let repaired = penalties(
        &documents,
        vec![event(
            "e1",
            FIRM,
            "信用修复",
            Some("甲1号；甲2号"),
            "2026-02-01",
        )],
    );
    assert!(repaired[1].is_repaired(day("2026-02-01")) && repaired[1].linked_case.is_none());

    // 甲3–甲2 and 甲2–甲1 share a document, so all three are one case.
    let events = vec![
        event("e1", FIRM, "更正", Some("甲3号、甲2号"), "2026-02-01"),
        event("e2", FIRM, "更正", Some("甲2号,甲1号"), "2026-02-01"),
    ];
    let joined = penalties(&documents, events);
    let cases: Vec<Option<&str>> = joined.iter().map(|s| s.linked_case.as_deref()).collect();
    assert_eq!(cases, [Some("甲1号"), Some("甲1号"), Some("甲1号"), None]);
}

#[test]
fn a_removal_ends_the_listing_on_the_same_list_before_it() {
    let on_list = |id: &str, kind: &str, list: &str, document: Option<&str>, occurred: &str| {
        let mut row = event(id, FIRM, kind, document, occurred);
        row.insert("list_or_scheme", text(list));
        row
    };
    let events = vec![
        on_list("e1", "名单列入", "甲名单", None, "2026-01-01"),
        on_list("e2", "名单列入", "乙名单", None, "2026-01-02"),
        on_list("e3", "名单移出", "甲名单", None, "2026-03-01"),
        on_list("e4", "名单列入", "甲名单", None, "2026-04-01"),
    ];
    let rows = Rows {
        events,
        ..Rows::default()
    };
    let states = States::of(&rows.batches().input()).unwrap();
    let ended: Vec<Option<Day>> = (0..4).map(|row| states.event(row).delisted_on).collect();
    assert_eq!(ended, [Some(day("2026-03-01")), None, None, None]);
}

#[test]
fn an_event_may_come_from_an_alias() {
    let alias = "org:MA0000000";
    let rows = Rows {
        penalties: vec![record("r0", "甲1号")],
        events: vec![event("e1", alias, "撤销", Some("甲1号"), "2026-02-01")],
        subjects: vec![Cells::from([
            ("subject_id", text(alias)),
            ("same_as", text(FIRM)),
        ])],
        ..Rows::default()
    };
    let batches = rows.batches();
    assert!(
        States::of(&batches.input())
            .unwrap()
            .penalty(0)
            .is_revoked()
    );
}
