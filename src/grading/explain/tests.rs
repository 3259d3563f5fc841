use super::render::{Depth, text as words};
use super::*;
use crate::grading::Unlimited;
use crate::grading::testing::{Cells, Rows, any_record_scheme, day, event, penalty};

const FIRM: &str = "91500000MA00000001";

fn explained(rows: &Rows, as_of: &str) -> Explanation {
    let scheme = any_record_scheme("environment.*");
    let grading = Grading::new(&[&scheme], &Unlimited, "d", day(as_of)).unwrap();
    explain(&rows.batches().input(), &grading, FIRM, Some("test/plain"))
        .unwrap()
        .remove(0)
}

fn firm() -> Rows {
    let record = |id: &str, document: &str, decided: &str, class: &str, kind: &str| -> Cells {
        penalty(id, FIRM, document, decided, class, &[kind])
    };
    Rows {
        penalties: vec![
            record(
                "r1",
                "渝环罚〔2026〕1号",
                "2026-01-05",
                "environment.air",
                "罚款",
            ),
            record(
                "r2",
                "渝环罚〔2026〕2号",
                "2026-02-05",
                "environment.air",
                "责令停产停业",
            ),
            record(
                "r3",
                "渝环罚〔2026〕3号",
                "2026-03-05",
                "environment.air",
                "罚款",
            ),
            record(
                "r4",
                "渝市监罚〔2026〕4号",
                "2026-03-06",
                "food.label",
                "罚款",
            ),
            record(
                "r5",
                "渝环罚〔2026〕5号",
                "2026-03-07",
                "environment.air",
                "罚款",
            ),
            record("r6", "渝环罚〔2026〕6号", "2026-03-08", "", "罚款"),
            record(
                "r7",
                "渝环罚〔2026〕7号",
                "2026-03-09",
                "environment.air",
                "警告",
            ),
            record(
                "r8",
                "渝环罚〔2027〕8号",
                "2027-01-09",
                "environment.air",
                "罚款",
            ),
        ],
        events: vec![
            event(
                "e1",
                FIRM,
                "信用修复",
                Some("渝环罚〔2026〕3号"),
                "2026-06-01",
            ),
            event("e2", FIRM, "撤销", Some("渝环罚〔2026〕5号"), "2026-06-02"),
            event("e3", FIRM, "异议", Some("渝环罚〔2026〕1号"), "2026-06-03"),
        ],
        ..Rows::default()
    }
}

#[test]
fn every_record_says_what_became_of_it() {
    let found = explained(&firm(), "2026-11-22");
    let became: Vec<(&str, Option<&str>)> = found
        .records
        .iter()
        .map(|r| (r.record_id.as_str(), r.why_none.as_deref()))
        .collect();
    assert_eq!(
        became,
        [
            ("r1", None),
            ("r2", None),
            ("r3", None),
            ("r4", Some("违法行为类别“food.label”不在本方案范围内")),
            ("r5", Some("决定已于2026年6月2日撤销，不再使用")),
            ("r6", Some("违法行为未能归类，不在本方案范围内")),
            ("r7", Some("未命中本方案任何规则行")),
            ("e1", Some("说明其他记录的状态，本身不计分")),
            ("e2", Some("说明其他记录的状态，本身不计分")),
            ("e3", Some("说明其他记录的状态，本身不计分")),
            ("r8", Some("晚于评价日（2026年11月22日）")),
        ]
    );
}

#[test]
fn three_depths_tell_the_same_sum() {
    let found = explained(&firm(), "2026-11-22");
    insta::assert_snapshot!(words(&found, Depth::Line));
    insta::assert_snapshot!(words(&found, Depth::Table));
    insta::assert_snapshot!(words(&found, Depth::Trace));
    assert!(words(&found, Depth::Table).contains("算式：100 － 3 － 20 = 77"));
}

#[test]
fn a_subject_without_anything_in_the_scheme_has_no_explanation() {
    let scheme = any_record_scheme("environment.*");
    let grading = Grading::new(&[&scheme], &Unlimited, "d", day("2026-11-22")).unwrap();
    let rows = firm();
    let batches = rows.batches();
    assert!(
        explain(&batches.input(), &grading, "91500000MA00000009", None)
            .unwrap()
            .is_empty()
    );
    assert!(
        explain(&batches.input(), &grading, FIRM, Some("other/scheme"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn the_json_carries_exact_texts() {
    let found = super::render::json(&explained(&firm(), "2026-11-22"));
    assert_eq!(found["score"], "77");
    assert_eq!(found["sum"]["start"], "100");
    assert_eq!(
        found["evidence"][2]["why_not"],
        "已于2026年6月1日完成信用修复"
    );
    assert_eq!(
        found["better"]["repairs"]["records"][0]["document_no"],
        "渝环罚〔2026〕1号"
    );
    assert_eq!(found["records"].as_array().map(Vec::len), Some(11));
}

#[test]
fn an_alias_is_explained_as_its_subject() {
    let scheme = any_record_scheme("environment.*");
    let grading = Grading::new(&[&scheme], &Unlimited, "d", day("2026-11-22")).unwrap();
    let mut rows = firm();
    let alias = Cells::from([
        ("subject_id", crate::grading::testing::text("reg:1")),
        ("same_as", crate::grading::testing::text(FIRM)),
    ]);
    rows.subjects.push(alias);
    let found = explain(&rows.batches().input(), &grading, "reg:1", None).unwrap();
    assert_eq!(found[0].outcome.subject_id, FIRM);
}
