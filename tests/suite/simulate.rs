//! What a user sees of `simulate`: nobody moves under the same rules, a changed row moves exactly whom it concerns and is
//! named, the store stays as it was.

use calamine::{Data, Reader, open_workbook_auto};
use unicode_width::UnicodeWidthStr;

use super::made::{CLEAN, FINED_LITTLE, FINED_MORE, World};

const CHONGQING: &str = "environment/chongqing-2021.toml";
/// The row of small fines costs 25 points instead of 3: 75, grade C.
const DEARER: (&str, &str, &str) = (
    CHONGQING,
    "fine = \"(0,5]\", points = 3",
    "fine = \"(0,5]\", points = 25",
);

fn simulate<'a>(rules: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec!["simulate", "--store", "store", "--rules", rules];
    args.extend(more);
    args
}

#[test]
fn the_same_rules_move_nobody_and_leave_the_store_alone() {
    let world = World::new();
    let same = world.pack("same", &[]);
    let before = world.store_listing();
    let said = world.call(&simulate(&same, &["--fail-on-move"]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("没有主体变动（nobody moves）"),
        "{}",
        said.out
    );
    assert!(said.err.contains("nobody moves: "), "{}", said.err);
    assert!(!said.out.contains("变动主体\n"), "{}", said.out);
    assert!(before.len() > 20, "{before:?}");
    assert_eq!(world.store_listing(), before);
}

#[test]
fn a_changed_row_moves_whom_it_concerns_and_is_named() {
    let world = World::new();
    let new = world.pack("new", &[DEARER]);
    let before = world.store_listing();
    let said = world.call(&simulate(&new, &[]));
    assert_eq!(said.code, 0, "{said:?}");
    let movers: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.contains("B → C"))
        .collect();
    assert_eq!(movers.len(), 1, "{}", said.out);
    assert!(
        movers[0].contains("环境") || said.out.contains("environment/chongqing"),
        "{}",
        said.out
    );
    let list = &said.out[said.out.find("变动主体\n").unwrap()..];
    assert!(
        list.contains(&FINED_LITTLE[..6]) && !list.contains(FINED_MORE) && !list.contains(CLEAN),
        "{list}"
    );
    assert!(list.contains("97 → 75"), "{list}");
    assert!(
        said.out
            .contains("│ environment/chongqing ┆ fine-to-5 ┆        1 │"),
        "{}",
        said.out
    );
    // The same, as a gate.
    let said = world.call(&simulate(&new, &["--fail-on-move"]));
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.err.contains("1 of "), "{}", said.err);
    assert_eq!(world.store_listing(), before);
    // The other way round it is a better grade.
    let said = world.call(&simulate("new", &["--against", "new"]));
    assert!(said.out.contains("nobody moves"), "{}", said.out);
    let shipped = world.pack("shipped", &[]);
    let said = world.call(&simulate(&shipped, &["--against", "new"]));
    assert!(said.out.contains("1项变动：升级1。"), "{}", said.out);
}

#[test]
fn a_score_alone_is_a_move_and_days_can_be_chosen() {
    let world = World::new();
    let new = world.pack("new", &[(CHONGQING, "points = 3,", "points = 4,")]);
    let said = world.call(&simulate(&new, &["--fail-on-move"]));
    assert_eq!(said.code, 5, "{said:?}");
    assert!(said.out.contains("仅得分变动1"), "{}", said.out);
    assert!(said.out.contains("97 → 96"), "{}", said.out);
    // In 2027 the year before is 2026: nothing counts.
    let said = world.call(&simulate(
        &new,
        &["--as-of", "2027-01-01", "--fail-on-move"],
    ));
    assert_eq!(said.code, 0, "{said:?}");
    // Before anything was received there is nobody to compare.
    let said = world.call(&simulate(
        &new,
        &["--known-at", "2026-02-28", "--fail-on-move"],
    ));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.out.contains("0个主体的0项结果"), "{}", said.out);
}

#[test]
fn lines_of_a_table_are_equally_wide() {
    let world = World::new();
    let new = world.pack("new", &[DEARER]);
    let said = world.call(&simulate(&new, &[]));
    let mut tables = 0;
    let mut width = None;
    for line in said.out.lines() {
        if !line.starts_with(['┌', '│', '╞', '└']) {
            width = None;
            continue;
        }
        tables += usize::from(width.is_none());
        assert_eq!(*width.get_or_insert(line.width()), line.width(), "{line}");
    }
    assert!(tables >= 6, "{}", said.out);
}

#[test]
fn persons_are_masked_and_minors_absent() {
    let world = World::new();
    let new = world.pack(
        "new",
        &[(
            "research-integrity/national-2022.toml",
            "severity = \"严重\", grade = \"3\"",
            "severity = \"严重\", grade = \"4\"",
        )],
    );
    let subjects = xinheng::run::open(&world.path("store")).unwrap();
    let subjects = subjects.read(xinheng::store::Table::Subjects).unwrap();
    let rows = xinheng::report::Rows(&subjects);
    assert!(
        (0..rows.len()).any(|row| rows.flag(row, "minor")),
        "the minor was taken in"
    );
    for format in ["table", "html"] {
        let said = world.call(&simulate(&new, &["--format", format]));
        assert_eq!(said.code, 0, "{said:?}");
        assert!(said.out.contains("袁某"), "{}", said.out);
        assert!(
            !said.out.contains("袁拟远") && !said.out.contains("袁拟幼"),
            "{}",
            said.out
        );
        assert!(
            !said.out.contains("500151195709289849") && !said.out.contains("327号"),
            "{}",
            said.out
        );
        assert!(said.out.contains("1项变动：降级1。"), "{}", said.out);
    }
}

#[test]
fn the_workbook_opens_and_says_what_the_table_says() {
    let world = World::new();
    let new = world.pack("new", &[DEARER]);
    let said = world.call(&simulate(&new, &["--format", "xlsx", "--out", "sim.xlsx"]));
    assert_eq!(said.code, 0, "{said:?}");
    let mut book = open_workbook_auto(world.path("sim.xlsx")).unwrap();
    let names = book.sheet_names();
    assert_eq!(names.first().map(String::as_str), Some("概况"));
    assert!(
        names.contains(&"变动主体".to_owned()) && names.contains(&"指标".to_owned()),
        "{names:?}"
    );
    let matrix = names
        .iter()
        .find(|n| n.contains("重庆市企业环境信用评价"))
        .unwrap();
    let cells = |rows: &calamine::Range<Data>| -> Vec<Vec<String>> {
        rows.rows()
            .map(|row| row.iter().map(ToString::to_string).collect())
            .collect()
    };
    let grid = cells(&book.worksheet_range(matrix).unwrap());
    let head = grid.iter().position(|row| row[0] == "原＼新").unwrap();
    let column = grid[head]
        .iter()
        .position(|cell| cell == "C 环保警示")
        .unwrap();
    let row = grid.iter().find(|row| row[0] == "B 环保良好").unwrap();
    assert_eq!(row[column], "1");
    let cover = cells(&book.worksheet_range("概况").unwrap()).concat();
    let old = xinheng::rules::Pack::builtin().digest().to_owned();
    assert!(cover.contains(&old), "the old pack's digest: {cover:?}");
    let changed = xinheng::rules::Pack::from_dir(&world.path("new")).unwrap();
    assert!(
        cover.contains(&changed.digest().to_owned()),
        "the new pack's digest: {cover:?}"
    );
    assert!(cover.contains(&"2026年3月1日".to_owned()), "{cover:?}");
    let movers = cells(&book.worksheet_range("变动主体").unwrap());
    assert_eq!(movers.len(), 2, "{movers:?}");
    assert_eq!(movers[1][3], FINED_LITTLE);
    assert_eq!(movers[1][11], "暂定");
    assert_eq!(
        movers[1][12],
        "fine-to-5（黔江环罚〔2025〕95000号）：计3分（暂定） → 计25分（暂定）"
    );
    let figures = cells(&book.worksheet_range("指标").unwrap());
    let mean = figures
        .iter()
        .find(|row| row[0].contains("环境") && row[1] == "平均得分")
        .unwrap();
    assert_eq!(mean[2..], ["97", "86"], "(97 + 97) / 2, (75 + 97) / 2");
    // The same comparison, the same bytes.
    world.call(&simulate(
        &new,
        &["--format", "xlsx", "--out", "again.xlsx"],
    ));
    let bytes = |name: &str| std::fs::read(world.path(name)).unwrap();
    assert_eq!(bytes("sim.xlsx"), bytes("again.xlsx"));
}

#[test]
fn the_page_stands_alone_and_holds_the_matrix() {
    let world = World::new();
    let new = world.pack("new", &[DEARER]);
    let said = world.call(&simulate(&new, &["--format", "html"]));
    assert_eq!(said.code, 0, "{said:?}");
    let page = &said.out;
    assert!(page.contains("<table class=\"matrix\">"), "{page}");
    assert!(
        page.contains("<td class=\"n worse2\">1</td>"),
        "half of B goes to C: {page}"
    );
    assert!(page.contains("<svg class=\"chart\""));
    assert!(page.contains("size: A4"));
    for outside in ["src=", "href=", "@import", "url("] {
        assert!(!page.contains(outside), "the page refers to {outside}");
    }
}

#[test]
fn a_wrong_pack_is_refused_before_anything_is_written() {
    let world = World::new();
    let new = world.pack(
        "new",
        &[(
            CHONGQING,
            "direction = \"deduct\"",
            "direction = \"reduce\"",
        )],
    );
    let before = world.store_listing();
    let said = world.call(&simulate(&new, &["--format", "html", "--out", "sim.html"]));
    assert_eq!(said.code, 2, "{said:?}");
    assert!(
        said.err.contains("RULE-S03") && said.err.contains("reduce"),
        "{}",
        said.err
    );
    assert!(!world.path("sim.html").exists());
    // Nor may a report be put into the store.
    let good = world.pack("good", &[]);
    let said = world.call(&simulate(
        &good,
        &["--format", "html", "--out", "store/sim.html"],
    ));
    assert_eq!(said.code, 2, "{said:?}");
    assert_eq!(world.store_listing(), before);
}

#[test]
fn what_a_comparison_of_grades_cannot_show_is_said() {
    let world = World::new();
    let new = world.pack(
        "new",
        &[(
            "classification/environment.toml",
            "\"大气污染物超标\"",
            "\"大气污染物超出标准\"",
        )],
    );
    let said = world.call(&simulate(&new, &[]));
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains("未模拟：违法行为分类规则"),
        "{}",
        said.out
    );
}

#[test]
fn the_library_compares_the_same_bucket_under_two_packs() {
    use xinheng::run::{House, open, simulate};
    use xinheng::simulate::Movement;
    let world = World::new();
    world.pack("new", &[DEARER]);
    let old = House::open(None).unwrap();
    let new = House::open(Some(&world.path("new"))).unwrap();
    let view = open(&world.path("store")).unwrap();
    let as_of = view.last_run().unwrap().as_of;
    let found = simulate(&view, &old, &new, as_of, None).unwrap();
    let movers: Vec<_> = found.movers.iter().map(Result::unwrap).collect();
    let moved: Vec<(&str, Movement)> = movers
        .iter()
        .map(|m| (m.subject_id.as_str(), m.movement))
        .collect();
    assert_eq!(moved, [(FINED_LITTLE, Movement::Worse)]);
    let rows: Vec<&str> = movers[0]
        .rows
        .iter()
        .map(|row| row.row_id.as_str())
        .collect();
    assert_eq!(rows, ["fine-to-5"]);
    let scheme = found
        .schemes
        .iter()
        .find(|s| s.id == "environment/chongqing")
        .unwrap();
    assert_eq!((scheme.all.total(), scheme.all.moved()), (3, 1));
    for groups in [&scheme.districts, &scheme.kinds] {
        let sum: u64 = groups.iter().map(|group| group.tally.total()).sum();
        assert_eq!(sum, 3, "{groups:?}");
    }
    assert_eq!(scheme.old.total(), 3);
    assert_eq!(scheme.new.median().unwrap().to_string(), "86");
    assert!(
        simulate(&view, &new, &new, as_of, None)
            .unwrap()
            .nobody_moves()
    );
}
