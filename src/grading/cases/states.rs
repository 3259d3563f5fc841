//! Rosters, scopes, exceptions, carry-over, clamps and repairs.

use super::*;

/// Roster schemes: on it, off it, closed, before the scheme was in force.
#[test]
fn a_roster_scheme_has_visible_states() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.subjects.roster = Roster::Required;
    let mut rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-03-01", 100)]);
    let reason = |rows: &Rows, as_of: &str| only(&scheme, rows, as_of).standing.reason;
    assert_eq!(reason(&rows, "2020-06-01"), "不评级：未列入参评名录");
    let mut listed = event("e1", FIRM, "参评名录", None, "2020-01-01");
    listed.insert("list_or_scheme", text("test/plain-2026"));
    listed.insert("ends_on", Cell::Day(day("2020-12-31")));
    rows.events.push(listed);
    let rated = only(&scheme, &rows, "2020-12-31");
    assert_eq!(
        (rated.standing.in_words().as_str(), rated.standing.rated),
        ("B（得分97）", true)
    );
    assert_eq!(
        rated.next_change.map(|n| (n.on, n.to.in_words())),
        Some((day("2021-01-01"), "不评级".to_owned()))
    );
    assert_eq!(
        reason(&rows, "2021-01-01"),
        "不评级：参评资格已于2020年12月31日届满"
    );
    rows.events
        .push(event("e2", FIRM, "关停", None, "2020-07-01"));
    assert_eq!(reason(&rows, "2020-07-01"), "不评级：已于2020年7月1日关停");
    // Without a record in scope, the roster alone makes a subject of the scheme.
    rows.penalties.clear();
    assert_eq!(
        reason(&rows, "2020-06-01"),
        "无计入记录，按方案默认等级：良好"
    );
    let mut later = scheme.clone();
    later.in_force.from = day("2022-01-07");
    assert_eq!(
        only(&later, &rows, "2020-06-01").standing.reason,
        "不评级：评价日无有效版本（本版本自2022年1月7日起施行）"
    );
}

/// A food fine never touches an environment grade, and persons are graded only where the scheme says so.
#[test]
fn records_outside_the_scope_and_kinds_outside_the_population_stay_out() {
    let scheme = any_record_scheme("environment.*");
    let food = penalty(
        "r1",
        FIRM,
        "测罚〔2020〕1号",
        "2020-03-01",
        "food.label",
        &["罚款"],
    );
    let unclassified = penalty("r2", FIRM, "测罚〔2020〕2号", "2020-03-01", "", &["罚款"]);
    let mut person = penalty(
        "r3",
        "p:1",
        "测罚〔2020〕3号",
        "2020-03-01",
        "environment.air",
        &["罚款"],
    );
    person.insert("subject_kind", text("自然人"));
    let rows = with_penalties(vec![food, unclassified, person]);
    assert!(graded(&scheme, &rows, "2020-06-01").outcomes.is_empty());
}

/// 尽职免责: the exception removes the row on the same record and says so.
#[test]
fn an_exception_removes_its_rows_on_the_same_record() {
    let mut scheme = any_record_scheme("environment.*");
    let mut honest = row(
        "honest",
        vec![Condition::Words(vec!["尽职免责".to_owned()])],
        Effect::Exempt,
    );
    honest.exempts = vec!["fine".to_owned()];
    scheme
        .indicators
        .push(indicator("exceptions", vec![honest]));
    let mut exempted = fine("r1", "测罚〔2020〕1号", "2020-03-01", 100);
    exempted.insert("content", text("经认定适用尽职免责"));
    let mut denied = fine("r2", "测罚〔2020〕2号", "2020-03-02", 100);
    denied.insert("content", text("经认定不构成尽职免责"));
    let found = explained(
        &scheme,
        &with_penalties(vec![exempted, denied]),
        "2020-06-01",
    );
    assert_eq!(
        counted(&found.evidence),
        [
            ("fine", "0".to_owned(), "例外：已由规则行“honest”排除"),
            ("honest", "0".to_owned(), ""),
            ("fine", "3".to_owned(), "")
        ]
    );
}

/// 未整改的记录留在周期内 (Hebei, Hubei): carry-over until 整改完成.
#[test]
fn an_unrectified_record_stays_in_the_window() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].window = Window::Rolling { months: 12 };
    scheme.indicators[0].carry_over = true;
    let mut rows = with_penalties(vec![fine("r1", "测罚〔2020〕1号", "2020-03-01", 100)]);
    let open = only(&scheme, &rows, "2023-01-01");
    assert_eq!(
        (open.standing.score, open.next_change),
        (Some(Points::from_units(97)), None)
    );
    rows.events.push(event(
        "e1",
        FIRM,
        "整改完成",
        Some("测罚〔2020〕1号"),
        "2022-06-01",
    ));
    assert_eq!(only(&scheme, &rows, "2023-01-01").standing.score, None);
    assert_eq!(
        only(&scheme, &rows, "2022-05-31").standing.score,
        Some(Points::from_units(97))
    );
}

/// 陕西: only records that are not yet repaired match; the anchor may be the end of the act.
#[test]
fn conditions_on_state_and_anchors_at_the_end() {
    let mut scheme = any_record_scheme("environment.*");
    scheme.indicators[0].rows[0]
        .conditions
        .push(Condition::State(vec![StateSel::NotRepaired]));
    scheme.indicators[0].window = Window::Rolling { months: 12 };
    scheme.indicators[0].anchor = Anchor::ValidUntil;
    let mut record = fine("r1", "测罚〔2020〕1号", "2020-03-01", 100);
    record.insert("valid_until", Cell::Day(day("2021-03-01")));
    let mut rows = with_penalties(vec![record]);
    assert_eq!(
        only(&scheme, &rows, "2022-03-01").standing.score,
        Some(Points::from_units(97))
    );
    assert_eq!(only(&scheme, &rows, "2022-03-02").standing.score, None);
    rows.events.push(event(
        "e1",
        FIRM,
        "信用修复",
        Some("测罚〔2020〕1号"),
        "2020-05-01",
    ));
    assert_eq!(graded(&scheme, &rows, "2020-06-01").evidence.num_rows(), 0);
}

/// A score below the floor is clamped, and the clamp shows in the sum.
#[test]
fn a_clamped_score_still_adds_up() {
    let scheme = any_record_scheme("environment.*");
    let stop = |n: usize| {
        let (id, document) = (format!("r{n}"), format!("测罚〔2020〕{n}号"));
        penalty(
            &id,
            FIRM,
            &document,
            "2020-03-01",
            "environment.air",
            &["责令停产停业"],
        )
    };
    let found = explained(
        &scheme,
        &with_penalties((0..6).map(stop).collect()),
        "2020-06-01",
    );
    let sum = found.sum.unwrap();
    assert_eq!(
        (sum.score, sum.start - sum.counted),
        (Points::ZERO, Points::ZERO)
    );
    let clamp = found.evidence.last().unwrap();
    assert_eq!(
        (clamp.row_id.as_ref(), clamp.counted_points),
        ("clamp", -Points::from_units(20))
    );
}

/// The fewest records whose repair lifts the grade: one stop of production, not the six fines before it.
#[test]
fn the_shortest_repair_is_found() {
    let scheme = any_record_scheme("environment.*");
    let mut penalties: Vec<_> = (0..6)
        .map(|n| {
            fine(
                &format!("r{n}"),
                &format!("测罚〔2020〕{n}号"),
                "2020-03-01",
                100,
            )
        })
        .collect();
    penalties.push(penalty(
        "s",
        FIRM,
        "测罚〔2020〕9号",
        "2020-04-01",
        "environment.air",
        &["责令停产停业"],
    ));
    let found = explained(&scheme, &with_penalties(penalties.clone()), "2020-06-01");
    assert_eq!(found.outcome.standing.in_words(), "C（得分62）");
    let better = found.better.unwrap();
    assert_eq!(better.points, Some(Points::from_units(18)));
    let repairs = better.repairs.unwrap();
    assert_eq!(
        (
            repairs.records.len(),
            repairs.records[0].0.as_str(),
            repairs.exact
        ),
        (1, "s", true)
    );
    assert_eq!(repairs.score, Some(Points::from_units(82)));
    // More than twenty records: greedy, and marked so.
    penalties.extend((10..30).map(|n| {
        fine(
            &format!("t{n}"),
            &format!("测罚〔2021〕{n}号"),
            "2021-03-01",
            100,
        )
    }));
    let found = explained(&scheme, &with_penalties(penalties.clone()), "2021-06-01");
    assert_eq!(found.outcome.standing.in_words(), "D（得分2）");
    let repairs = found.better.unwrap().repairs.unwrap();
    assert_eq!((repairs.exact, repairs.grade.grade.as_ref()), (false, "C"));
    assert_eq!(repairs.records.len(), 14);
    // Very many: the stop of production and as many fines as must be, not each of them tried.
    penalties.extend((30..600).map(|n| {
        fine(
            &format!("u{n}"),
            &format!("测罚〔2021〕{n}号"),
            "2021-04-01",
            100,
        )
    }));
    let found = explained(&scheme, &with_penalties(penalties), "2021-06-01");
    assert_eq!(found.records.len(), 597);
    let repairs = found.better.unwrap().repairs.unwrap();
    assert_eq!((repairs.exact, repairs.grade.grade.as_ref()), (false, "C"));
    assert!(repairs.records.iter().any(|(id, _)| id == "s"));
    assert_eq!(repairs.records.len(), 597 - 13);
}
