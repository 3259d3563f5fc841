//! What a user sees of `consequence`: inspection caps that follow from the grade, promises that replace inspections,
//! incentives, and a checklist in which nothing stands without a law, whatever the records say.

mod records;

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, RecordBatch, StringArray,
};
use arrow::datatypes::{Date32Type, Int64Type};
use proptest::prelude::*;
use xinheng::consequence::{
    Catalogue, ConsequenceContext, Consequences, Incentives, derive, reference_markdown,
};
use xinheng::grading::{BucketInput, Grading, grade};
use xinheng::record::cells::Text;
use xinheng::record::{
    Day, Event, EventKind, Fen, Penalty, SubjectKind, events_batch, parse_citations,
    parse_penalty_kinds, penalties_batch, schema,
};
use xinheng::rules::register::Lookup;
use xinheng::rules::{Pack, RuleSet};

use records::{event, on_the_roster, penalty};

const FIRM: &str = "91500000MA5U0000XX";
const DOCUMENT: &str = "渝环罚〔2026〕88号";

fn day(iso: &str) -> Day {
    Day::parse_iso(iso).unwrap()
}

fn subjects(aliases: &[(&str, &str)]) -> RecordBatch {
    let texts = |of: &dyn Fn(&(&str, &str)) -> String| {
        Arc::new(StringArray::from_iter_values(aliases.iter().map(of))) as ArrayRef
    };
    let none = || Arc::new(StringArray::new_null(aliases.len())) as ArrayRef;
    let columns = vec![
        texts(&|a| a.0.to_owned()),
        texts(&|_| "渝州青禾化工有限公司".to_owned()),
        texts(&|_| SubjectKind::Entity.zh().to_owned()),
        none(),
        none(),
        none(),
        texts(&|_| "500000".to_owned()),
        texts(&|a| a.1.to_owned()),
        Arc::new(Int32Array::from(vec![0; aliases.len()])),
        Arc::new(Date32Array::from(vec![0; aliases.len()])),
        Arc::new(BooleanArray::from(vec![false; aliases.len()])),
    ];
    RecordBatch::try_new(schema::subjects(), columns).unwrap()
}

struct House {
    rules: RuleSet,
    catalogue: Catalogue,
    incentives: Incentives,
}

impl House {
    fn new() -> House {
        let pack = Pack::builtin();
        let rules = RuleSet::load(&pack).unwrap();
        let catalogue = Catalogue::load(&rules.files).unwrap();
        let incentives = Incentives::load(&rules.files).unwrap();
        House {
            rules,
            catalogue,
            incentives,
        }
    }

    fn night(&self, penalties: Vec<Penalty>, events: Vec<Event>, as_of: &str) -> Consequences {
        self.night_of(penalties, events, &[], as_of)
    }

    /// `aliases`: another id of a body, and the id that it stands for.
    fn night_of(
        &self,
        mut penalties: Vec<Penalty>,
        mut events: Vec<Event>,
        aliases: &[(&str, &str)],
        as_of: &str,
    ) -> Consequences {
        penalties.sort_by(|a, b| {
            (&a.subject_id, a.decided_on, &a.record_id).cmp(&(
                &b.subject_id,
                b.decided_on,
                &b.record_id,
            ))
        });
        events.sort_by(|a, b| {
            (&a.subject_id, a.occurred_on, &a.record_id).cmp(&(
                &b.subject_id,
                b.occurred_on,
                &b.record_id,
            ))
        });
        let (penalties, events) = (
            penalties_batch(&penalties).unwrap(),
            events_batch(&events).unwrap(),
        );
        let licenses = RecordBatch::new_empty(schema::licenses());
        let subjects = subjects(aliases);
        let input = BucketInput {
            penalties: &penalties,
            licenses: &licenses,
            events: &events,
            subjects: &subjects,
            linked: None,
        };
        let as_of = day(as_of);
        let schemes = self.rules.active_schemes(as_of);
        let grading = Grading::new(&schemes, &self.rules.publicity, &self.rules.digest, as_of)
            .unwrap()
            .with_run("run");
        let context = ConsequenceContext {
            schemes: &schemes,
            publicity: &self.rules.publicity,
            catalogue: &self.catalogue,
            incentives: &self.incentives,
            as_of,
            run_id: "run",
        };
        derive(&input, &grade(&input, &grading).unwrap(), &context).unwrap()
    }
}

fn cell<'a>(batch: &'a RecordBatch, column: &str, row: usize) -> &'a str {
    let column = Text::of(batch.column_by_name(column).unwrap()).unwrap();
    column.or_empty(row)
}

fn date(batch: &RecordBatch, column: &str, row: usize) -> Option<Day> {
    let column = batch
        .column_by_name(column)
        .unwrap()
        .as_primitive::<Date32Type>();
    column
        .is_valid(row)
        .then(|| Day::from_epoch(column.value(row)))
}

/// grade, flag and cap of every supervision row of the environment scheme.
fn supervised(night: &Consequences) -> Vec<String> {
    let batch = &night.supervision;
    let cap = batch
        .column_by_name("max_inspections")
        .unwrap()
        .as_primitive::<Int64Type>();
    (0..batch.num_rows())
        .filter(|row| cell(batch, "scheme", *row) == "environment/chongqing-2021")
        .map(|row| {
            format!(
                "{} {} {}/{}",
                cell(batch, "grade", row),
                cell(batch, "flag", row),
                cap.value(row),
                cell(batch, "per", row)
            )
        })
        .collect()
}

fn states(batch: &RecordBatch, name: &str) -> Vec<String> {
    (0..batch.num_rows())
        .map(|row| format!("{} {}", cell(batch, name, row), cell(batch, "state", row)))
        .collect()
}

/// Records of last year with `count` fines, each of them −3 points.
fn fined(count: usize) -> Vec<Penalty> {
    let one = |n: usize| {
        let number = format!("渝环罚〔2025〕{n}号");
        Penalty {
            document_no: Some(number.clone()),
            case_id: number,
            ..penalty(
                &format!("p{n:02}"),
                "2025-12-10",
                "environment.air.discharge-over-limit",
            )
        }
    };
    (1..=count).map(one).collect()
}

#[test]
fn inspection_caps_follow_the_grade() {
    let house = House::new();
    let caps = |count| supervised(&house.night(fined(count), vec![on_the_roster()], "2026-11-22"));
    assert_eq!(caps(0), ["A 非现场监管优先 1/year"]);
    assert_eq!(caps(1), ["B 一般监管 1/year"]);
    assert_eq!(caps(7), ["C 重点监管对象 1/quarter"]);
    assert_eq!(caps(14), ["D 重点监管对象 1/quarter"]);
    let stranger = house.night(fined(14), Vec::new(), "2026-11-22");
    assert_eq!(
        supervised(&stranger),
        Vec::<String>::new(),
        "not on the roster, not rated, not supervised by it"
    );
}

#[test]
fn a_promise_replaces_routine_inspection_until_it_is_broken() {
    let house = House::new();
    let promise = || event(EventKind::Commitment, "2026-03-01", "", "承诺免检");
    let broken = || event(EventKind::CommitmentBroken, "2026-09-01", "", "承诺免检");
    let night = |events: Vec<Event>, as_of| supervised(&house.night(Vec::new(), events, as_of));
    assert_eq!(
        night(vec![on_the_roster(), promise()], "2026-11-22"),
        ["A 承诺免检 0/year", "A 非现场监管优先 1/year"]
    );
    assert_eq!(
        night(vec![on_the_roster(), promise()], "2026-02-28"),
        ["A 非现场监管优先 1/year"],
        "not promised yet"
    );
    assert_eq!(
        night(vec![on_the_roster(), promise(), broken()], "2026-08-31").len(),
        2,
        "not broken yet"
    );
    assert_eq!(
        night(vec![on_the_roster(), promise(), broken()], "2026-09-01"),
        ["A 非现场监管优先 1/year"]
    );
    let again = event(EventKind::Commitment, "2026-10-01", "", "承诺免检");
    assert_eq!(
        night(
            vec![on_the_roster(), promise(), broken(), again],
            "2026-11-22"
        )
        .len(),
        2,
        "promised anew"
    );
}

#[test]
fn incentives_go_to_the_trusted_and_state_no_rate() {
    let house = House::new();
    let clean = house.night(Vec::new(), vec![on_the_roster()], "2026-11-22");
    let names: Vec<&str> = (0..clean.incentives.num_rows())
        .map(|row| cell(&clean.incentives, "incentive", row))
        .collect();
    assert_eq!(
        names,
        ["I10 非现场监管优先", "I7 信易贷·渝惠融", "Q12 融资便利"]
    );
    for row in 0..clean.incentives.num_rows() {
        assert!(!cell(&clean.incentives, "basis", row).is_empty());
        assert!(!cell(&clean.incentives, "content", row).contains('%'));
    }
    let warned = house.night(fined(7), vec![on_the_roster()], "2026-11-22");
    assert_eq!(warned.incentives.num_rows(), 0);
    // A firm with an open candidate keeps its grade and is refused the row that asks for a clean sheet.
    let listed = event(
        EventKind::Listed,
        "2026-06-30",
        "渝执〔2026〕7号",
        "失信被执行人名单",
    );
    let burdened = house.night(Vec::new(), vec![on_the_roster(), listed], "2026-11-22");
    assert!(
        states(&burdened.incentives, "incentive").contains(&"I7 信易贷·渝惠融 excluded".to_owned())
    );
}

#[test]
fn the_worst_grade_alone_yields_supervision_and_no_measure() {
    let house = House::new();
    let night = house.night(fined(14), vec![on_the_roster()], "2026-11-22");
    assert_eq!(supervised(&night), ["D 重点监管对象 1/quarter"]);
    let lines = states(&night.measures, "row_id");
    assert!(
        lines.iter().all(|l| l.ends_with(" excluded")),
        "fines without a cited article: {lines:?}"
    );
}

#[test]
fn publicity_and_repair_dates_of_both_regimes() {
    let house = House::new();
    let of = |decided_on: &str, kinds: &str| {
        let cited = Penalty {
            citations: parse_citations("《招标投标法》第五十三条")
                .iter()
                .map(ToString::to_string)
                .collect(),
            facts: "串通投标，情节严重".into(),
            content: "三年内取消其投标资格".into(),
            penalty_kinds: parse_penalty_kinds(kinds).names,
            ..penalty("p1", decided_on, "bidding.collusion")
        };
        let night = house.night(vec![cited], Vec::new(), "2026-04-30");
        let row = (0..night.measures.num_rows())
            .find(|row| cell(&night.measures, "row_id", *row) == "A3")
            .unwrap();
        (
            date(&night.measures, "repair_from", row),
            date(&night.measures, "publicity_until", row),
        )
    };
    assert_eq!(
        of("2026-03-31", "罚款"),
        (Some(day("2026-07-01")), Some(day("2029-03-31"))),
        "令58号"
    );
    assert_eq!(
        of("2026-04-01", "罚款"),
        (Some(day("2026-07-02")), Some(day("2027-04-01"))),
        "令36号, 一般"
    );
    assert_eq!(
        of("2026-04-01", "罚款;责令停产停业"),
        (Some(day("2027-04-02")), Some(day("2029-04-01"))),
        "令36号, 严重"
    );
    assert_eq!(of("2026-04-01", "警告").1, None, "轻微 is not published");
    assert_eq!(
        of("2024-02-29", "罚款"),
        (Some(day("2024-05-30")), Some(day("2027-02-28"))),
        "29 February"
    );
}

#[test]
fn a_ban_in_the_decision_is_proposed_and_outlives_its_publicity() {
    let house = House::new();
    let night = |events: Vec<Event>| {
        let decision = Penalty {
            citations: vec!["招标投标法第53条".into()],
            facts: "与其他投标人串通投标，情节严重".into(),
            content:
                "罚款10000元；自2026年5月10日起一年内取消其参加依法必须进行招标的项目的投标资格"
                    .into(),
            ..penalty("p1", "2026-04-30", "bidding.collusion")
        };
        house.night(vec![decision], events, "2026-11-22").measures
    };
    let find =
        |rows: &RecordBatch| (0..rows.num_rows()).find(|row| cell(rows, "row_id", *row) == "A3");
    let plain = night(Vec::new());
    let at = find(&plain).unwrap();
    assert_eq!(
        (cell(&plain, "state", at), cell(&plain, "sign_off", at)),
        ("proposed", "待人工复核")
    );
    assert_eq!(
        (date(&plain, "starts_on", at), date(&plain, "ends_on", at)),
        (Some(day("2026-05-10")), Some(day("2027-05-10")))
    );
    assert_eq!(date(&plain, "publicity_until", at), Some(day("2027-04-30")));
    let repaired = night(vec![event(EventKind::Repair, "2026-09-01", DOCUMENT, "")]);
    let at = find(&repaired).unwrap();
    assert_eq!(
        (
            cell(&repaired, "state", at),
            date(&repaired, "publicity_until", at)
        ),
        ("proposed", None)
    );
    assert_eq!(
        date(&repaired, "ends_on", at),
        Some(day("2027-05-10")),
        "the ban runs on"
    );
    let annulled = night(vec![event(
        EventKind::Revocation,
        "2026-09-01",
        DOCUMENT,
        "",
    )]);
    assert_eq!(annulled.num_rows(), 0);
}

#[test]
fn a_promise_made_under_another_number_of_the_same_body_counts() {
    let house = House::new();
    let promise = Event {
        subject_id: "org:MA5U0000X".into(),
        ..event(EventKind::Commitment, "2026-03-01", "", "承诺免检")
    };
    let night = house.night_of(
        Vec::new(),
        vec![on_the_roster(), promise],
        &[("org:MA5U0000X", FIRM)],
        "2026-11-22",
    );
    assert_eq!(
        supervised(&night),
        ["A 承诺免检 0/year", "A 非现场监管优先 1/year"]
    );
}

#[test]
fn the_manual_of_gates_is_the_registry() {
    let shipped =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/gates.md")).unwrap();
    assert!(
        shipped.ends_with(&reference_markdown()),
        "docs/gates.md is out of date; its table must be:\n{}",
        reference_markdown()
    );
}

fn some_penalty() -> impl Strategy<Value = Penalty> {
    let basis = prop::sample::select(vec![
        "",
        "《招标投标法》第五十三条",
        "《招标投标法》第五十四条",
        "《招标投标法》第六十条",
        "《政府采购法》第七十七条",
        "《行政许可法》第七十八条",
        "《行政许可法》第七十九条",
        "《生态环境法典》第一千零九十七条",
        "《生态环境法典》第一千一百零八条",
        "《环境影响评价法》第三十二条",
        "《碳排放权交易管理暂行条例》第二十三条",
        "《食品安全法》第一百三十五条",
    ]);
    let class = prop::sample::select(vec![
        "",
        "bidding.collusion",
        "procurement.false-material",
        "licensing.fraud",
        "environment.eia.bad-report",
        "environment.water.evading-supervision",
        "market.food.unsafe",
        "research.plagiarism",
    ]);
    let facts = prop::sample::select(vec![
        "",
        "情节严重",
        "未达到情节严重的程度",
        "不属于情节严重",
        "直接关系公共安全",
        "主持编制的主要人员李某某，情节严重",
    ]);
    let content = prop::sample::select(vec![
        "罚款10000元",
        "自2026年5月10日起一年内取消其投标资格",
        "三年内不得再次申请该行政许可",
        "五年内禁止从事环评编制工作",
        "不予取消投标资格",
    ]);
    let kinds = prop::sample::select(vec![
        "罚款",
        "警告",
        "罚款;责令停产停业",
        "吊销许可证件",
        "限制从业",
    ]);
    let fine = prop::sample::select(vec![
        None,
        Some(1_000_000),
        Some(199_999_999),
        Some(200_000_000),
    ]);
    let document = prop::sample::select(vec!["", DOCUMENT]);
    let decided =
        prop::sample::select(vec!["2022-01-10", "2025-06-01", "2026-04-30", "2026-09-15"]);
    (basis, class, facts, content, kinds, fine, document, decided).prop_map(
        |(basis, class, facts, content, kinds, fine, document, decided)| Penalty {
            citations: parse_citations(basis)
                .iter()
                .map(ToString::to_string)
                .collect(),
            basis_text: basis.into(),
            facts: facts.into(),
            content: content.into(),
            penalty_kinds: parse_penalty_kinds(kinds).names,
            fine_fen: fine.map(Fen),
            document_no: Some(document.to_owned()).filter(|d| !d.is_empty()),
            ..penalty("p", decided, class)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// No law, no measure: whatever the records say, a proposed measure has a document that is no grade, an article
    /// that the register knows and that was in force, and a verified row of a list edition.
    #[test]
    fn no_proposed_measure_without_law(
        penalties in prop::collection::vec(some_penalty(), 0..12),
        revoked in any::<bool>(),
        objected in any::<bool>(),
        minor in any::<bool>(),
    ) {
        let house = House::new();
        let penalties: Vec<Penalty> = penalties
            .into_iter()
            .enumerate()
            .map(|(n, p)| Penalty { record_id: format!("p{n:02}"), decision_id: format!("p{n:02}"), minor, ..p })
            .collect();
        let mut events = vec![on_the_roster()];
        events.extend(revoked.then(|| event(EventKind::Revocation, "2026-10-01", DOCUMENT, "")));
        events.extend(objected.then(|| event(EventKind::Objection, "2026-10-02", DOCUMENT, "")));
        let night = house.night(penalties.clone(), events.clone(), "2026-11-22");
        let rows = &night.measures;
        for row in 0..rows.num_rows() {
            prop_assert!(!minor, "a minor stands in the checklist");
            prop_assert!(matches!(cell(rows, "state", row), "proposed" | "needs_review" | "excluded"));
            let code = cell(rows, "reason", row).split(' ').next().unwrap();
            prop_assert!(reference_markdown().contains(code) || code == "ALL_GATES_PASSED", "unknown code {code}");
            if cell(rows, "state", row) != "proposed" {
                continue;
            }
            prop_assert!(!revoked && !objected);
            let trigger = penalties.iter().find(|p| p.record_id == cell(rows, "trigger_record_id", row)).unwrap();
            prop_assert_eq!(cell(rows, "trigger_document_no", row), DOCUMENT);
            prop_assert!(!cell(rows, "list_edition", row).is_empty());
            prop_assert_eq!(cell(rows, "list_row_status", row), "verified");
            prop_assert_ne!(&trigger.violation, "", "an unclassified act was held to be related");
            let row_id = cell(rows, "row_id", row);
            let rule = house.catalogue.rows().iter().find(|r| r.id == row_id).unwrap();
            let cited = rule.triggers().iter().find(|b| trigger.citations.iter().any(|c| b.covers(&c.parse().unwrap())));
            let basis = cited.expect("no cited article");
            let known = house.rules.register.find(&basis.law, trigger.decided_on);
            prop_assert!(matches!(known, Lookup::Found(_)), "{} is not in the register on that day", basis.law);
            prop_assert!(rule.trigger_words.iter().all(|w| trigger.facts.contains(w.as_str()) || trigger.content.contains(w.as_str())));
        }
        let again = house.night(penalties.into_iter().rev().collect(), events, "2026-11-22");
        prop_assert_eq!(rows, &again.measures, "the order of the rows must not matter");
    }
}
