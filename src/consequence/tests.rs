//! The worked example of the measures and the traps around it.

mod bench;

use super::{Catalogue, Edition, reference_markdown};
use crate::record::{EventKind, Fen, Penalty, SubjectKind};
use bench::*;

fn worked() -> Penalty {
    let mut penalty = penalty(
        "environment.eia.bad-report",
        "2026-10-20",
        "2026年9月10日，环境影响报告书基础资料虚假，不属于情节严重。主持编制的主要人员李某某。",
        "《中华人民共和国生态环境法典》第一千零九十七条",
        "罚款;没收违法所得",
        "没收违法所得；罚款200000元",
    );
    penalty.fine_fen = Some(Fen(20_000_000));
    penalty
}

#[test]
fn the_worked_example() {
    let rows = run(&[worked()], &[], "2026-11-22");
    assert_eq!(
        shown(&rows),
        [
            "A9 excluded TRIGGER_NOT_PROVED",
            "E100-focus needs_review LIST_ROW_ASSUMED",
            "E3-person needs_review LIST_ROW_ASSUMED",
            "E3-unit excluded TRIGGER_NOT_PROVED",
            "E54-record needs_review LIST_ROW_ASSUMED",
        ]
    );
    let focus = find(&rows, "E100-focus");
    assert_eq!(
        date(&rows, "publicity_until", focus),
        Some(day("2027-10-20"))
    );
    assert_eq!(date(&rows, "repair_from", focus), Some(day("2027-01-21")));
    let person = find(&rows, "E3-person");
    assert!(cell(&rows, "reason", person).contains("TERM_FROM_AUTHORITY 须由有权机关决定"));
    assert_eq!(cell(&rows, "term", person), "5年至10年（法定幅度）");
    assert_eq!(
        (
            date(&rows, "starts_on", person),
            cell(&rows, "sign_off", person)
        ),
        (None, "待人工复核")
    );
}

#[test]
fn the_repeal_trap() {
    let old = |decided, facts| {
        let basis = "《中华人民共和国环境影响评价法》第三十二条第二款";
        penalty(
            "environment.eia.bad-report",
            decided,
            facts,
            basis,
            "罚款",
            "禁止从事环评编制工作",
        )
    };
    let after = run(
        &[old("2026-09-15", "2025年5月1日编制的报告表情节严重")],
        &[],
        "2026-11-22",
    );
    assert!(cell(&after, "reason", find(&after, "E3-old-unit")).contains("LIGHTER_LAW_REVIEW"));
    assert_eq!(
        cell(&after, "state", find(&after, "E3-old-unit")),
        "needs_review"
    );
    let dead = run(
        &[old("2026-09-15", "2026年9月1日编制的报告表情节严重")],
        &[],
        "2026-11-22",
    );
    assert!(cell(&dead, "reason", find(&dead, "E3-old-unit")).starts_with("BASIS_REPEALED"));
    let before = run(&[old("2026-08-14", "报告表情节严重")], &[], "2026-11-22");
    assert!(!cell(&before, "reason", find(&before, "E3-old-unit")).contains("LIGHTER_LAW_REVIEW"));
    assert!(
        shown(&before).iter().all(|l| !l.starts_with("E3-unit")),
        "the Code was not cited"
    );
}

#[test]
fn two_million_yuan_is_a_major_violation_and_one_fen_less_is_not() {
    let fined = |fen| {
        let mut p = penalty(
            "market.product",
            "2026-06-25",
            "销售不合格电线电缆",
            "《产品质量法》第五十条",
            "罚款",
            "罚款",
        );
        p.fine_fen = Some(Fen(fen));
        shown(&run(&[p], &[], "2026-11-22"))
    };
    assert_eq!(fined(199_990_000), ["A9 excluded TRIGGER_NOT_PROVED"]);
    assert_eq!(fined(199_999_999), ["A9 excluded TRIGGER_NOT_PROVED"]);
    assert_eq!(fined(200_000_000), ["A9 needs_review LIST_ROW_ASSUMED"]);
}

fn collusion(facts: &str, content: &str) -> Penalty {
    let basis =
        "《中华人民共和国招标投标法》第五十三条，《中华人民共和国招标投标法实施条例》第六十七条";
    penalty(
        "bidding.collusion",
        "2026-06-03",
        facts,
        basis,
        "限制开展生产经营活动",
        content,
    )
}

#[test]
fn a_ban_that_the_decision_imposes_is_proposed_with_its_term() {
    let imposed = collusion(
        "与其他三家投标人串通投标，情节严重",
        "自2026年6月10日起一年内取消其参加依法必须进行招标的项目的投标资格",
    );
    let rows = run(&[imposed], &[], "2026-11-22");
    assert_eq!(shown(&rows), ["A3 proposed ALL_GATES_PASSED"]);
    assert_eq!(
        (date(&rows, "starts_on", 0), date(&rows, "ends_on", 0)),
        (Some(day("2026-06-10")), Some(day("2027-06-10")))
    );
    assert_eq!(cell(&rows, "term", 0), "1年");
    let silent = run(
        &[collusion("串通投标，情节严重", "给予通报批评")],
        &[],
        "2026-11-22",
    );
    assert!(cell(&silent, "reason", 0).starts_with("TERM_FROM_AUTHORITY"));
    let span = run(
        &[collusion(
            "串通投标，情节严重",
            "取消其一年至二年内的投标资格",
        )],
        &[],
        "2026-11-22",
    );
    assert_eq!(shown(&span), ["A3 needs_review TERM_FROM_AUTHORITY"]);
    let long = run(
        &[collusion("串通投标，情节严重", "取消其五年内的投标资格")],
        &[],
        "2026-11-22",
    );
    assert_eq!(shown(&long), ["A3 needs_review TERM_OUT_OF_BAND"]);
    let undated = run(
        &[collusion("串通投标，情节严重", "取消其一年内的投标资格")],
        &[],
        "2026-11-22",
    );
    assert_eq!(
        (cell(&undated, "state", 0), date(&undated, "starts_on", 0)),
        ("proposed", None)
    );
    assert!(cell(&undated, "reason", 0).contains("START_NOT_STATED"));
}

#[test]
fn a_negated_trigger_word_proves_nothing() {
    let rows = run(
        &[collusion(
            "串通投标，未达到情节严重的程度",
            "取消其一年内的投标资格",
        )],
        &[],
        "2026-11-22",
    );
    assert_eq!(shown(&rows), ["A3 excluded TRIGGER_NOT_PROVED"]);
}

#[test]
fn annulled_repaired_expired_objected_ended() {
    let imposed = || {
        collusion(
            "串通投标，情节严重",
            "自2026年6月10日起一年内取消其投标资格",
        )
    };
    let events = |kind, on| [event(kind, on, "渝环罚〔2026〕1号", "")];
    let annulled = run(
        &[imposed()],
        &events(EventKind::Revocation, "2026-11-01"),
        "2026-11-22",
    );
    assert_eq!(annulled.num_rows(), 0);
    let repaired = run(
        &[imposed()],
        &events(EventKind::Repair, "2026-11-01"),
        "2026-11-22",
    );
    assert_eq!(shown(&repaired), ["A3 proposed ALL_GATES_PASSED"]);
    assert_eq!(
        (
            date(&repaired, "publicity_until", 0),
            date(&repaired, "ends_on", 0)
        ),
        (None, Some(day("2027-06-10")))
    );
    let released = run(
        &[worked()],
        &events(EventKind::Repair, "2026-11-01"),
        "2026-11-22",
    );
    assert!(shown(&released).contains(&"E100-focus excluded REPAIRED".to_owned()));
    let objected = run(
        &[imposed()],
        &events(EventKind::Objection, "2026-11-01"),
        "2026-11-22",
    );
    assert_eq!(cell(&objected, "state", 0), "needs_review");
    assert!(cell(&objected, "reason", 0).contains("异议中"));
    let ended = run(&[imposed()], &[], "2027-06-11");
    assert_eq!(shown(&ended), ["A3 excluded TERM_ENDED"]);
    assert_eq!(
        run(&[imposed()], &[], "2026-06-02").num_rows(),
        0,
        "not yet decided"
    );
}

#[test]
fn a_minor_and_a_grade_produce_nothing_that_reduces_a_right() {
    let mut listed = event(
        EventKind::Listed,
        "2026-06-30",
        "执1号",
        "有履行能力而拒不履行",
    );
    listed.list_or_scheme = Some("失信被执行人名单".into());
    assert_eq!(
        shown(&run(&[], &[listed.clone()], "2026-11-22")),
        ["A12 needs_review LIST_ROW_ASSUMED"]
    );
    listed.minor = true;
    assert_eq!(run(&[], &[listed], "2026-11-22").num_rows(), 0);
    let mut grade = event(EventKind::PublishedGrade, "2026-06-30", "", "D级");
    assert_eq!(run(&[], &[grade.clone()], "2026-11-22").num_rows(), 0);
    grade.detail = "D级，参照《招标投标法》第五十三条".into();
    grade.violation = "bidding.collusion".into();
    assert!(
        shown(&run(&[], &[grade], "2026-11-22"))
            .iter()
            .all(|l| l.contains("excluded"))
    );
}

#[test]
fn a_person_only_where_the_article_names_the_role() {
    let basis = "《招标投标法》第五十三条";
    let mut other = worked();
    other.facts = "报告书基础资料虚假。法定代表人李某某。".into();
    let rows = run(&[other], &[], "2026-11-22");
    assert!(cell(&rows, "reason", find(&rows, "E3-person")).starts_with("ROLE_NOT_PROVED"));
    let unrelated = penalty(
        "market.ad",
        "2026-06-03",
        "投标，情节严重",
        basis,
        "罚款",
        "取消其一年内的投标资格",
    );
    let rows = run(&[unrelated], &[], "2026-11-22");
    assert!(cell(&rows, "reason", find(&rows, "A3")).starts_with("NOT_RELATED"));
}

#[test]
fn the_longest_of_one_kind_stands_and_no_sum() {
    let one = collusion(
        "串通投标，情节严重",
        "自2026年6月10日起一年内取消其投标资格",
    );
    let two = Penalty {
        record_id: "r2".into(),
        part_no: 2,
        ..collusion(
            "串通投标，情节严重",
            "自2026年6月10日起二年内取消其投标资格",
        )
    };
    let rows = run(&[one, two], &[], "2026-11-22");
    assert_eq!(
        shown(&rows),
        ["A3 excluded MERGED", "A3 proposed ALL_GATES_PASSED"]
    );
}

#[test]
fn research_terms_come_from_the_decision() {
    let mut misconduct = event(
        EventKind::ResearchMisconduct,
        "2026-03-26",
        "渝科诚信决〔2026〕1号",
        "提供虚假信息。依据《国家自然科学基金条例》第三十六条",
    );
    misconduct.subject_id = format!("p:{}", "0".repeat(64));
    misconduct.subject_kind = SubjectKind::Person;
    (misconduct.level, misconduct.term_months, misconduct.role) =
        (Some("较重".into()), Some(24), Some("申请人".into()));
    misconduct.ends_on = Some(day("2028-03-25"));
    misconduct.violation = "research.false-information".into();
    let rows = run(&[], &[misconduct.clone()], "2026-11-22");
    let at = find(&rows, "R3");
    assert_eq!(
        (cell(&rows, "state", at), cell(&rows, "term", at)),
        ("needs_review", "2年")
    );
    assert_eq!(date(&rows, "ends_on", at), Some(day("2028-03-25")));
    assert!(cell(&rows, "reason", find(&rows, "R3-serious")).starts_with("TRIGGER_NOT_PROVED"));
    misconduct.violation = "research.honest-failure".into();
    let rows = run(&[], &[misconduct], "2026-11-22");
    assert!(
        shown(&rows)
            .iter()
            .all(|l| l.ends_with("excluded HONEST_FAILURE"))
    );
}

#[test]
fn no_proposed_measure_without_article_document_and_edition() {
    let hidden = penalty(
        "licensing.false-material",
        "2026-05-11",
        "提供虚假材料申请，该许可直接关系公共安全",
        "《行政许可法》第七十八条",
        "警告",
        "给予警告，一年内不得再次申请该行政许可",
    );
    let imposed = Penalty {
        record_id: "r0".into(),
        subject_id: "91500000MA5U0000YY".into(),
        ..collusion("串通投标，情节严重", "取消其一年内的投标资格")
    };
    let rows = run(&[hidden, worked(), imposed], &[], "2026-11-22");
    let proposed: Vec<usize> = (0..rows.num_rows())
        .filter(|r| cell(&rows, "state", *r) == "proposed")
        .collect();
    assert_eq!(proposed.len(), 2, "{:?}", shown(&rows));
    for row in proposed {
        assert!(cell(&rows, "basis", row).contains("条"));
        assert!(!cell(&rows, "trigger_document_no", row).is_empty());
        assert_eq!(
            (
                cell(&rows, "list_edition", row),
                cell(&rows, "list_row_status", row)
            ),
            ("2024年版", "verified")
        );
    }
}

#[test]
fn an_edition_that_does_not_name_the_row_excludes_it() {
    let mut files = files();
    let newer = include_str!("../../rules/measures/list-2024.toml")
        .replace("2024年版\"\ntitle", "2027年版\"\ntitle")
        .replace("from = 2024-02-18", "from = 2027-01-01");
    files.insert("measures/list-2027.toml".into(), newer);
    let catalogue = Catalogue::load(&files).unwrap();
    assert_eq!(catalogue.list_edition(), "2027年版");
    assert_eq!(
        catalogue
            .edition_on(day("2026-12-31"))
            .map(|e: &Edition| e.name.as_str()),
        Some("2024年版")
    );
    let penalty = || {
        [collusion(
            "串通投标，情节严重",
            "自2026年6月10日起一年内取消其投标资格",
        )]
    };
    assert_eq!(
        shown(&run_by(&catalogue, &penalty(), &[], "2026-12-31")),
        ["A3 proposed ALL_GATES_PASSED"]
    );
    assert_eq!(
        shown(&run_by(&catalogue, &penalty(), &[], "2027-01-01")),
        ["A3 excluded NOT_ON_LIST"]
    );
}

#[test]
fn only_gates_that_say_so_let_a_candidate_vanish() {
    let sources = [
        include_str!("gates/law.rs"),
        include_str!("gates/record.rs"),
        include_str!("gates/subject.rs"),
    ];
    let count = |word: &str| {
        sources
            .iter()
            .map(|s| s.matches(word).count())
            .sum::<usize>()
    };
    let saying = super::gates::REGISTRY
        .iter()
        .filter(|gate| gate.can_vanish());
    assert_eq!(count("Verdict::Vanish"), saying.count());
}

#[test]
fn the_manual_lists_thirteen_gates() {
    let manual = reference_markdown();
    assert_eq!(manual.lines().count(), 15);
    for (at, gate) in super::gates::REGISTRY.iter().enumerate() {
        assert_eq!(usize::from(gate.doc().number), at + 1);
    }
}
