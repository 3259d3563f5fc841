//! Published cases and the traps of the sources, on small schemes made for them.

use super::testing::{Cell, Rows, any_record_scheme, cells, day, event, indicator, penalty, text};
use super::{BucketGrades, Evidence, Grading, Outcome, Unlimited, grade};
use crate::grading::explain::{Explanation, explain};
use crate::record::{Day, EventKind, Fen, PenaltyKind, Points, SubjectKind};
use crate::rules::model::{
    Anchor, Band, Basis, Bound, Condition, Direction, Effect, Fold, Interval, Join, Key, NoRecord,
    RecordSel, RepairEffect, Roster, Row, Scheme, ScoreRule, StateSel, Status, Validity, Window,
};

mod states;

const FIRM: &str = "91500000MA00000001";

fn row(id: &str, conditions: Vec<Condition>, effect: Effect) -> Row {
    Row {
        id: id.to_owned(),
        title: None,
        conditions,
        tests: Vec::new(),
        effect,
        validity: Validity::Unlimited,
        at_least: false,
        status: Status::Verified,
        source: String::new(),
        exempts: Vec::new(),
        line: 1,
    }
}

fn of_kind(kind: PenaltyKind) -> Condition {
    Condition::PenaltyAny([kind].into_iter().collect())
}

fn of_event(kind: EventKind) -> Condition {
    Condition::Kind(vec![RecordSel::Event(kind)])
}

fn points(units: i64) -> Effect {
    Effect::Points(Points::from_units(units))
}

fn graded(scheme: &Scheme, rows: &Rows, as_of: &str) -> BucketGrades {
    let grading = Grading::new(&[scheme], &Unlimited, "d", day(as_of)).unwrap();
    grade(&rows.batches().input(), &grading).unwrap()
}

fn only(scheme: &Scheme, rows: &Rows, as_of: &str) -> Outcome {
    let outcomes = graded(scheme, rows, as_of).outcomes;
    assert_eq!(outcomes.len(), 1, "{outcomes:?}");
    outcomes.into_iter().next().unwrap()
}

fn explained(scheme: &Scheme, rows: &Rows, as_of: &str) -> Explanation {
    let grading = Grading::new(&[scheme], &Unlimited, "d", day(as_of)).unwrap();
    let mut found = explain(&rows.batches().input(), &grading, FIRM, None).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// (row, counted points, why not) of every evidence row.
fn counted<'e>(evidence: &'e [Evidence<'_>]) -> Vec<(&'e str, String, &'e str)> {
    evidence
        .iter()
        .map(|e| {
            (
                e.row_id.as_ref(),
                e.counted_points.to_string(),
                e.why_not.as_deref().unwrap_or(""),
            )
        })
        .collect()
}

fn fine(id: &str, document: &str, decided: &str, fen: i64) -> crate::grading::testing::Cells {
    let mut row = penalty(id, FIRM, document, decided, "environment.air", &["罚款"]);
    row.insert("fine_fen", Cell::Int(fen));
    row
}

fn with_penalties(penalties: Vec<crate::grading::testing::Cells>) -> Rows {
    Rows {
        penalties,
        ..Rows::default()
    }
}

/// 江苏 12 分制的形状：新入 9 分，罚款扣 3 分，自第 15 日起半年有效。
fn twelve_points() -> Scheme {
    let mut scheme = any_record_scheme("environment.*");
    let band = |grade: &str, low: Bound<Points>, high: Bound<Points>| Band {
        grade: grade.to_owned(),
        name: grade.to_owned(),
        colour: None,
        range: Some(Interval {
            lower: low,
            upper: high,
        }),
        basis: Basis("测试办法".to_owned()),
        status: Status::Verified,
    };
    let at = |n: i64| Points::from_units(n);
    scheme.bands = vec![
        band("绿", Bound::Excluded(at(10)), Bound::Included(at(12))),
        band("蓝", Bound::Excluded(at(5)), Bound::Included(at(10))),
        band("黄", Bound::Excluded(at(2)), Bound::Included(at(5))),
        band("红", Bound::Excluded(at(0)), Bound::Included(at(2))),
        band("黑", Bound::Unbounded, Bound::Included(at(0))),
    ];
    scheme.score = Some(ScoreRule {
        start: at(9),
        direction: Direction::Deduct,
        min: None,
        max: Some(at(12)),
        ledgers_apart: false,
        status: Status::Verified,
    });
    scheme.subjects.no_record = NoRecord::NotRated;
    scheme.in_force.from = day("2019-01-01");
    let mut fine = row("fine", vec![of_kind(PenaltyKind::Fine)], points(3));
    fine.validity = Validity::Months {
        months: 6,
        delay_days: 0,
        first_day_counts: false,
    };
    scheme.indicators = vec![indicator("fines", vec![fine])];
    scheme
}

/// W1: start 9, a fine of 2019-03-10 takes 3 → 6, still blue; half a year later the points come back.
#[test]
fn w1_jiangsu_a_fine_takes_three_of_nine_points_for_half_a_year() {
    let rows = with_penalties(vec![fine(
        "r1",
        "苏测罚〔2019〕1号",
        "2019-03-10",
        1_000_000,
    )]);
    let now = only(&twelve_points(), &rows, "2019-03-31");
    assert_eq!(
        (now.standing.score, now.grade()),
        (Some(Points::from_units(6)), Some("蓝"))
    );
    // 民法典 201、202: the first day is not counted, the term ends on the like day.
    let next = now.next_change.unwrap();
    assert_eq!((next.on, next.to.rated), (day("2019-09-11"), false));
    let last = only(&twelve_points(), &rows, "2019-09-10");
    assert_eq!(last.standing.score, Some(Points::from_units(6)));
}

/// Validity that begins on day 15 after the record arises.
#[test]
fn a_delayed_start_counts_nothing_before_it() {
    let mut scheme = twelve_points();
    scheme.indicators[0].rows[0].validity = Validity::Months {
        months: 6,
        delay_days: 15,
        first_day_counts: false,
    };
    let rows = with_penalties(vec![fine(
        "r1",
        "苏测罚〔2020〕1号",
        "2020-01-10",
        1_000_000,
    )]);
    let waiting = explained(&scheme, &rows, "2020-01-24");
    assert_eq!(
        counted(&waiting.evidence),
        [("fine", "0".to_owned(), "尚未起算，自2020年1月25日起计")]
    );
    let next = waiting.outcome.next_change.unwrap();
    assert_eq!(
        (next.on, next.to.score),
        (day("2020-01-25"), Some(Points::from_units(6)))
    );
}

/// W2 and W3 by shape: two measures for one violation, the heavier counts (Shandong and Hebei since 2018).
#[test]
fn one_violation_with_several_kinds_or_decisions_counts_its_heaviest_measure() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].join = Join {
        within: Some((Key::Case, Fold::Max)),
        across: Fold::Sum,
    };
    let both = penalty(
        "r1",
        FIRM,
        "鲁测罚〔2020〕1号",
        "2020-03-01",
        "environment.air",
        &["罚款", "责令停产停业"],
    );
    let one = explained(&scheme, &with_penalties(vec![both.clone()]), "2020-06-01");
    assert_eq!(
        counted(&one.evidence),
        [
            ("fine", "0".to_owned(), "合并计分：同组另有记录计入"),
            ("stop", "20".to_owned(), "")
        ]
    );
    // A second decision about another violation adds up; a 更正 that names both documents makes them one case.
    let second = penalty(
        "r2",
        FIRM,
        "鲁测罚〔2020〕2号",
        "2020-04-01",
        "environment.air",
        &["罚款"],
    );
    let mut rows = with_penalties(vec![both, second]);
    assert_eq!(
        only(&scheme, &rows, "2020-06-01").standing.score,
        Some(Points::from_units(77))
    );
    rows.events.push(event(
        "e1",
        FIRM,
        "更正",
        Some("鲁测罚〔2020〕1号；鲁测罚[2020]2号"),
        "2020-05-01",
    ));
    assert_eq!(
        only(&scheme, &rows, "2020-06-01").standing.score,
        Some(Points::from_units(80))
    );
}

/// W6: bans of 3 and 5 years from 2023-12-26 run to 2026-12-25 and 2028-12-25; one person, two ends.
#[test]
fn w6_research_bans_end_the_day_before_the_anniversary() {
    let mut scheme = any_record_scheme("research.*");
    scheme.subjects.kinds = vec![SubjectKind::Person];
    (scheme.score, scheme.bands, scheme.subjects.no_record) =
        (None, Vec::new(), NoRecord::NotRated);
    let ban = |id: &str, role: &str| {
        let conditions = vec![
            of_event(EventKind::ResearchMisconduct),
            Condition::Role(vec![role.to_owned()]),
        ];
        let mut row = row(id, conditions, Effect::Flag(format!("ban:{id}")));
        row.validity = Validity::FromRecord {
            default_months: None,
            first_day_counts: true,
        };
        row
    };
    let mut bans = indicator(
        "bans",
        vec![ban("apply", "申请人"), ban("review", "咨询评审专家")],
    );
    bans.repair = RepairEffect::Keep;
    scheme.indicators = vec![bans];
    let mut rows = Rows::default();
    for (id, role, months) in [("e1", "申请人", 36), ("e2", "咨询评审专家", 60)] {
        let mut row = event(
            id,
            "p:1",
            "科研失信处理",
            Some("国科金监处〔2023〕1号"),
            "2023-12-26",
        );
        row.extend(cells([
            ("subject_kind", text("自然人")),
            ("violation", text("research.plagiarism")),
            ("role", text(role)),
            ("term_months", Cell::Int(months)),
        ]));
        rows.events.push(row);
    }
    let now = only(&scheme, &rows, "2026-12-25");
    let terms: Vec<(&str, Option<Day>)> = now
        .standing
        .flags
        .iter()
        .map(|f| (f.name.as_str(), f.until))
        .collect();
    assert_eq!(
        terms,
        [
            ("ban:apply", Some(day("2026-12-25"))),
            ("ban:review", Some(day("2028-12-25")))
        ]
    );
    assert_eq!(now.next_change.map(|next| next.on), Some(day("2026-12-26")));
    let later = only(&scheme, &rows, "2028-12-26");
    assert!(!later.standing.rated && later.standing.flags.is_empty());
}

/// W7: 15 % at zero leaves 85 → 良好; then a 一般 incident moves the grade down by one.
#[test]
fn w7_an_incident_moves_the_grade_down_by_one() {
    let mut scheme = any_record_scheme("environment.*");
    let incident = |level: &str| {
        vec![
            of_event(EventKind::EnvironmentIncident),
            Condition::Severity(vec![level.to_owned()]),
        ]
    };
    let mut any = indicator("penalty", vec![row("any", vec![], points(15))]);
    any.cap = Some(Points::from_units(15));
    let incidents = indicator(
        "incidents",
        vec![
            row("general", incident("一般"), Effect::Move(1)),
            row("large", incident("较大"), Effect::Grade(3)),
        ],
    );
    scheme.indicators = vec![any, incidents];
    let mut rows = with_penalties(vec![
        fine("r1", "测罚〔2020〕1号", "2020-03-01", 100),
        fine("r2", "测罚〔2020〕2号", "2020-04-01", 100),
    ]);
    let before = only(&scheme, &rows, "2020-06-01");
    assert_eq!(
        (before.standing.score, before.grade()),
        (Some(Points::from_units(85)), Some("B"))
    );
    let mut incident = event("e1", FIRM, "环境事件", None, "2020-05-01");
    incident.insert("level", text("一般"));
    rows.events.push(incident.clone());
    let after = only(&scheme, &rows, "2020-06-01");
    assert_eq!(
        (after.standing.score, after.grade()),
        (Some(Points::from_units(85)), Some("C"))
    );
    assert_eq!(after.standing.reason, "等级由“良好”调整为“警示”");
    let capped = explained(&scheme, &rows, "2020-06-01");
    assert_eq!(
        counted(&capped.evidence)[1],
        ("any", "0".to_owned(), "超出指标上限（15分）部分不计")
    );
    incident.insert("record_id", text("e2"));
    incident.insert("level", text("较大"));
    rows.events.push(incident);
    assert_eq!(only(&scheme, &rows, "2020-06-01").grade(), Some("D"));
}

/// A floor holds up what the score leads to; a direct grade prevails over it.
#[test]
fn a_floor_holds_up_the_score_and_yields_to_a_veto() {
    let mut scheme = any_record_scheme("environment.*");
    let honour = row(
        "honour",
        vec![of_event(EventKind::Honour)],
        Effect::Floor(1),
    );
    let veto = vec![
        of_event(EventKind::EnvironmentIncident),
        Condition::Severity(vec!["较大".to_owned()]),
    ];
    scheme.indicators = vec![
        indicator("penalty", vec![row("any", vec![], points(25))]),
        indicator("honours", vec![honour]),
        indicator("vetoes", vec![row("large", veto, Effect::Grade(3))]),
    ];
    let mut rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-03-01", 100)]);
    assert_eq!(only(&scheme, &rows, "2020-06-01").grade(), Some("C"));
    rows.events
        .push(event("e1", FIRM, "表彰奖励", None, "2020-05-01"));
    let held = only(&scheme, &rows, "2020-06-01");
    assert_eq!(
        (held.standing.score, held.grade()),
        (Some(Points::from_units(75)), Some("B"))
    );
    assert_eq!(held.standing.reason, "规则行“honour”保底等级：良好");
    let mut incident = event("e2", FIRM, "环境事件", None, "2020-05-02");
    incident.insert("level", text("较大"));
    rows.events.push(incident);
    assert_eq!(only(&scheme, &rows, "2020-06-01").grade(), Some("D"));
}

/// §E 2: 99.5 lies in [80,100).
#[test]
fn ninety_nine_and_a_half_is_good_not_excellent() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].rows[0].effect = Effect::Points(Points::parse("0.5").unwrap());
    let rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-03-01", 100)]);
    let outcome = only(&scheme, &rows, "2020-06-01");
    assert_eq!(
        (outcome.standing.in_words().as_str(), outcome.grade()),
        ("B（得分99.5）", Some("B"))
    );
}

/// §E 4: fine bands closed on the right: 5万元 lies in (0,5], one 分 more does not.
#[test]
fn fine_bands_are_closed_on_the_right() {
    let mut scheme = any_record_scheme("environment.*");
    let within = |low: i64, high: Bound<Fen>| {
        Condition::Fine(Interval {
            lower: Bound::Excluded(Fen(low)),
            upper: high,
        })
    };
    scheme.indicators = vec![indicator(
        "fines",
        vec![
            row(
                "to-5",
                vec![within(0, Bound::Included(Fen(5_000_000)))],
                points(3),
            ),
            row(
                "over-5",
                vec![within(5_000_000, Bound::Unbounded)],
                points(10),
            ),
        ],
    )];
    let rows = with_penalties(vec![
        fine("r1", "测罚〔2020〕1号", "2020-03-01", 5_000_000),
        fine("r2", "测罚〔2020〕2号", "2020-03-02", 5_000_001),
        fine("r3", "测罚〔2020〕3号", "2020-03-03", 0),
        penalty(
            "r4",
            FIRM,
            "测罚〔2020〕4号",
            "2020-03-04",
            "environment.air",
            &["罚款"],
        ),
    ]);
    let evidence = explained(&scheme, &rows, "2020-06-01").evidence;
    let matched: Vec<(&str, &str)> = evidence
        .iter()
        .map(|e| (e.record_id.as_ref(), e.row_id.as_ref()))
        .collect();
    assert_eq!(matched, [("r1", "to-5"), ("r2", "over-5")]);
}

/// §E 6, Hebei: after repair the points are cleared, the colour stays until the window ends.
#[test]
fn a_repair_may_clear_points_and_keep_the_grade() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].repair = RepairEffect::ClearsPointsKeepsGrade;
    scheme.indicators[0].window = Window::Rolling { months: 12 };
    let stop = penalty(
        "r1",
        FIRM,
        "冀测罚〔2020〕1号",
        "2020-03-01",
        "environment.air",
        &["责令停产停业", "罚款"],
    );
    let mut rows = with_penalties(vec![stop]);
    rows.events.push(event(
        "e1",
        FIRM,
        "信用修复",
        Some("冀测罚[2020]1号"),
        "2020-05-01",
    ));
    let outcome = only(&scheme, &rows, "2020-06-01");
    assert_eq!(
        (outcome.standing.score, outcome.grade()),
        (Some(Points::from_units(100)), Some("C"))
    );
    assert_eq!(
        outcome.standing.reason,
        "已修复记录分值清零，原等级保留：警示"
    );
    // The like day of the record is the last of the rolling twelve months.
    let next = outcome.next_change.unwrap();
    assert_eq!(
        (next.on, next.to.in_words().as_str()),
        (day("2021-03-02"), "B")
    );
}

/// Where only repair drops the record, it stops on the day of repair; under 异议 it is marked and counts.
#[test]
fn repair_drops_and_objection_marks() {
    let scheme = any_record_scheme("environment.*");
    let mut rows = with_penalties(vec![
        fine("r1", "测罚〔2020〕1号", "2020-03-01", 100),
        fine("r2", "测罚〔2020〕2号", "2020-03-02", 100),
    ]);
    rows.events.push(event(
        "e1",
        FIRM,
        "信用修复",
        Some("测罚〔2020〕1号"),
        "2020-05-01",
    ));
    rows.events.push(event(
        "e2",
        FIRM,
        "异议",
        Some("测罚〔2020〕2号"),
        "2020-05-02",
    ));
    let before = only(&scheme, &rows, "2020-04-30");
    assert_eq!(before.standing.score, Some(Points::from_units(94)));
    let after = explained(&scheme, &rows, "2020-06-01");
    assert_eq!(after.outcome.standing.score, Some(Points::from_units(97)));
    assert_eq!(
        counted(&after.evidence),
        [
            ("fine", "0".to_owned(), "已于2020年5月1日完成信用修复"),
            ("fine", "3".to_owned(), "")
        ]
    );
    assert_eq!(after.evidence[0].counts_until, Some(day("2020-04-30")));
    assert!(after.outcome.has_flag("异议处理中") && after.evidence[1].objected);
    rows.events.push(event(
        "e3",
        FIRM,
        "异议终结",
        Some("测罚〔2020〕2号"),
        "2020-05-20",
    ));
    assert!(!only(&scheme, &rows, "2020-06-01").has_flag("异议处理中"));
}

/// A revoked decision vanishes, also from earlier as-of days; without other records nothing is left to grade.
#[test]
fn a_revoked_decision_vanishes() {
    let scheme = any_record_scheme("environment.*");
    let mut rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-03-01", 100)]);
    rows.events.push(event(
        "e1",
        FIRM,
        "撤销",
        Some("测罚 [2020] 1号"),
        "2020-05-01",
    ));
    let graded = graded(&scheme, &rows, "2020-04-01");
    assert_eq!((graded.outcomes.len(), graded.evidence.num_rows()), (0, 0));
}

/// Nothing that counts is the default grade; an expired record is not better than none.
#[test]
fn nothing_counted_is_the_default_grade_and_the_window_is_inclusive() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].window = Window::PreviousYear;
    let rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-12-31", 100)]);
    let now = only(&scheme, &rows, "2020-12-31");
    assert_eq!((now.grade(), now.standing.score), (Some("B"), None));
    assert_eq!(now.standing.reason, "无计入记录，按方案默认等级：良好");
    assert_eq!(
        now.next_change.map(|n| (n.on, n.to.in_words())),
        Some((day("2021-01-01"), "B（得分97）".to_owned()))
    );
    assert_eq!(
        only(&scheme, &rows, "2021-12-31").standing.score,
        Some(Points::from_units(97))
    );
    assert_eq!(only(&scheme, &rows, "2022-01-01").standing.score, None);
}
