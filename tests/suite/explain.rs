//! What a user sees of `explain`: sums that add up, what the answer rests on, past nights, other ids of the same body.

use serde_json::Value;
use xinheng::record::Points;

use super::made::{ALIAS, AS_OF, CLEAN, FINED_LITTLE, World};

fn explain<'a>(subject: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["explain", subject, "--store", "store"];
    args.extend(more);
    args
}

fn json(world: &World, subject: &str, more: &[&str]) -> Value {
    let mut args = explain(
        subject,
        &["--format", "json", "--scheme", "environment/chongqing"],
    );
    args.extend(more);
    let said = world.call(&args);
    assert_eq!(said.code, 0, "{said:?}");
    let all: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(all.as_array().map(Vec::len), Some(1), "{all}");
    all[0].clone()
}

fn points(value: &Value) -> Points {
    Points::parse(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_sum_of_the_evidence_is_the_score() {
    let world = World::new();
    let found = json(&world, FINED_LITTLE, &[]);
    let counted: Points = found["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| points(&row["counted_points"]))
        .sum();
    assert_eq!(found["sum"]["direction"], "deduct");
    assert_eq!(counted, points(&found["sum"]["counted"]));
    assert_eq!(
        points(&found["sum"]["start"]) - counted,
        points(&found["score"])
    );
    assert_eq!(found["score"], "97");
}

#[test]
fn an_answer_says_what_it_rests_on() {
    let world = World::new();
    let digest = xinheng::rules::Pack::builtin().digest().to_owned();
    let found = json(&world, FINED_LITTLE, &[]);
    assert_eq!(found["rules_digest"], digest.as_str());
    assert_eq!(found["known_at"], Value::Null);
    let run = found["run_id"].as_str().unwrap().to_owned();
    for depth in ["line", "table", "trace"] {
        let said = world.call(&explain(FINED_LITTLE, &["--depth", depth]));
        let last = said.out.lines().last().unwrap();
        assert_eq!(
            last,
            format!("依据：运行{run}的规则包 {digest}；评价日2026年3月1日；数据：已接收的全部记录")
        );
    }
    let said = world.call(&explain(FINED_LITTLE, &["--known-at", AS_OF]));
    assert!(
        said.out
            .ends_with("数据：2026年3月1日以前（含当日）接收的记录\n"),
        "{}",
        said.out
    );
}

#[test]
fn a_past_run_is_explained_by_its_own_rules_days_and_records() {
    let world = World::new();
    let first = json(&world, FINED_LITTLE, &[]);
    let run = first["run_id"].as_str().unwrap();
    // The second night brings another decision, another day and other rules.
    let said = world.second_night("2026-03-02");
    assert_eq!(said.code, 0, "{said:?}");
    let dearer = world.pack(
        "dearer",
        &[(
            "environment/chongqing-2021.toml",
            "points = 3,",
            "points = 25,",
        )],
    );
    let said = world.call(&[
        "grade",
        "--store",
        "store",
        "--as-of",
        "2026-03-03",
        "--rules",
        &dearer,
    ]);
    assert_eq!(said.code, 0, "{said:?}");
    let now = json(&world, FINED_LITTLE, &[]);
    assert_eq!(now["score"], "50", "two fines of 25 each");
    let then = json(&world, FINED_LITTLE, &["--run", run]);
    for key in [
        "score",
        "grade",
        "as_of",
        "rules_digest",
        "evidence",
        "records",
        "run_id",
    ] {
        assert_eq!(then[key], first[key], "{key}");
    }
    assert_eq!(then["data"], format!("运行{run}时的存储，已接收的全部记录"));
    // That run's rules on another day: its records are still those of that night.
    let later = json(
        &world,
        FINED_LITTLE,
        &["--run", run, "--as-of", "2026-03-03"],
    );
    assert_eq!(
        (&later["score"], &later["as_of"]),
        (&first["score"], &"2026-03-03".into())
    );
    let said = world.call(&explain(FINED_LITTLE, &["--run", "r000009-00000000"]));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("no such run") && said.err.contains(run),
        "{}",
        said.err
    );
}

#[test]
fn another_id_of_the_same_body_is_explained_as_the_body() {
    let world = World::new();
    let said = world.second_night("2026-03-02");
    assert_eq!(said.code, 0, "{said:?}");
    let body = json(&world, FINED_LITTLE, &[]);
    assert_eq!(body["score"], "94", "two fines of 3 each");
    let alias = json(&world, ALIAS, &[]);
    assert_eq!(alias, body);
}

#[test]
fn a_name_is_answered_with_the_ids_that_carry_it() {
    let world = World::new();
    let said = world.call(&explain("拟麓榆", &[]));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains(&format!(
            "bodies with such a name: {CLEAN} (重庆拟麓榆电镀有限公司)"
        )),
        "{}",
        said.err
    );
    let said = world.call(&explain("无此名称", &[]));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("no body's name contains it"),
        "{}",
        said.err
    );
    // Natural persons are never found by name.
    let said = world.call(&explain("袁某", &[]));
    assert!(
        said.err.contains("no body's name contains it"),
        "{}",
        said.err
    );
}

#[test]
fn a_known_subject_outside_every_scheme_is_told_so() {
    let world = World::new();
    let said = world.call(&explain(CLEAN, &["--as-of", "2015-01-01"]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("没有评价方案涉及该主体"), "{}", said.out);
    assert!(said.err.contains("xinheng checklist"), "{}", said.err);
    let as_json = explain(CLEAN, &["--as-of", "2015-01-01", "--format", "json"]);
    assert_eq!(world.call(&as_json).out.trim(), "[]");
}
