//! A person's matter that an event links to a unit: it counts against both, its state reaches both, and nothing else of the
//! unit knows of it.

use super::made::{AS_OF, FINED_LITTLE, Said, World};

const HEADER: &str = "行政相对人名称,行政相对人类别,统一社会信用代码,证件类型,证件号码,事件类型,关联文书号,认定单位,认定单位代码,发生日期,截止日期,程度,期限(月),角色,名录或方案,内容,数据来源单位,关联单位统一社会信用代码\n";

fn matter(number: u8, unit: &str) -> String {
    format!(
        "袁拟远,自然人,,身份证,500151195709289849,科研失信处理,渝测科诚〔2025〕{number}号,重庆市科学技术局,,2025-06-0{number},,一般,,项目负责人,,抄袭剽窃他人成果,重庆市科学技术局,{unit}\n"
    )
}

/// A store of one night under a pack with a scheme that rolls persons' matters up to their unit.
fn world() -> World {
    let world = World::new();
    world.pack(
        "pack",
        &[(
            "pack.toml",
            "\"environment/chongqing-2021\",",
            "\"environment/chongqing-2021\",\n  \"research-unit/staff-2024\",",
        )],
    );
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemes");
    let name = "research-unit/staff-2024.toml";
    let text = std::fs::read_to_string(root.join(name)).unwrap();
    world.put(&format!("pack/{name}"), &text);
    world
}

fn night(world: &World, as_of: &str) {
    let said = world.call(&[
        "run", "--inbox", "inbox", "--store", "store", "--out", "out", "--rules", "pack",
        "--as-of", as_of,
    ]);
    assert_eq!(said.code, 0, "{said:?}");
}

fn ask(world: &World, sql: &str) -> String {
    let said = world.call(&["query", sql, "--store", "store", "--format", "csv"]);
    assert_eq!(said.code, 0, "{said:?}");
    said.out.lines().skip(1).collect::<Vec<_>>().join("\n")
}

fn explain<'a>(world: &World, more: &[&'a str]) -> Said {
    let mut args: Vec<&'a str> = vec!["explain", FINED_LITTLE, "--store", "store"];
    args.extend(["--scheme", "research-unit/staff"]);
    args.extend(more);
    world.call(&args)
}

fn unit_score(world: &World) -> String {
    ask(
        world,
        &format!(
            "SELECT score FROM grades WHERE scheme = 'research-unit/staff-2024' AND subject_id = '{FINED_LITTLE}'"
        ),
    )
}

#[test]
fn a_linked_matter_counts_against_person_and_unit_until_it_is_revoked() {
    let world = world();
    night(&world, "2026-03-02");
    let rows = matter(1, FINED_LITTLE) + &matter(2, FINED_LITTLE) + &matter(3, "");
    world.put("inbox/关联.csv", &format!("{HEADER}{rows}"));
    night(&world, "2026-03-03");
    assert_eq!(unit_score(&world).trim_end_matches(".0000"), "80");
    // The person answers for all three, the unit has no measure of its own from them.
    let persons = "SELECT COUNT(*) FROM evidence WHERE scheme = 'research-unit/staff-2024' AND row_id = 'own-other' AND counted";
    assert_eq!(ask(&world, persons), "3");
    let unit = format!(
        "SELECT COUNT(*) FROM measures WHERE subject_id = '{FINED_LITTLE}' AND trigger_document_no LIKE '渝测科诚%'"
    );
    assert_eq!(ask(&world, &unit), "0");
    let said = explain(&world, &["--depth", "trace"]);
    assert!(
        said.out.contains("科研失信处理（关联主体）"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("袁拟远") && !said.out.contains("5001511957"));

    // The revocation names the person alone.
    let gone = matter(1, "").replacen("科研失信处理", "撤销", 1);
    world.put("inbox/撤销.csv", &format!("{HEADER}{gone}"));
    night(&world, "2026-03-04");
    assert_eq!(unit_score(&world).trim_end_matches(".0000"), "90");
    let said = world.call(&["verify", "--store", "store"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    // Replayed as known the night before, both matters are back.
    let said = explain(&world, &["--known-at", "2026-03-03", "--depth", "line"]);
    assert!(said.out.contains("80"), "{}", said.out);
}

#[test]
fn a_move_by_a_linked_matter_has_its_cause() {
    let world = world();
    world.put(
        "inbox/先.csv",
        &format!("{HEADER}{}", matter(1, FINED_LITTLE)),
    );
    night(&world, "2026-03-02");
    let rows: String = (2..=3).map(|n| matter(n, FINED_LITTLE)).collect();
    world.put("inbox/关联.csv", &format!("{HEADER}{rows}"));
    night(&world, "2026-03-03");
    assert_eq!(unit_score(&world).trim_end_matches(".0000"), "70");
    let cause = format!(
        "SELECT cause FROM grade_changes WHERE scheme = 'research-unit/staff-2024' AND subject_id = '{FINED_LITTLE}'"
    );
    assert_eq!(ask(&world, &cause), "new_record");
}

#[test]
fn a_link_that_cannot_be_read_stops_the_row() {
    let world = World::new();
    let rows = matter(1, "91500114MAXEBQJ951");
    world.put("links.csv", &format!("{HEADER}{rows}"));
    let said = world.call(&["ingest", "links.csv", "--store", "store", "--as-of", AS_OF]);
    assert_eq!(said.code, 0, "{said:?}");
    let found = ask(
        &world,
        "SELECT code, message FROM quarantine WHERE file = 'links.csv'",
    );
    assert!(
        found.contains("SGS-U02") && found.contains("关联单位统一社会信用代码"),
        "{found}"
    );
}
