//! What a user sees of `rules`: a pack that loads, and what a wrong file is told.

use std::collections::BTreeMap;

use xinheng::grading::{Grading, Unlimited};
use xinheng::record::Day;
use xinheng::rules::{Pack, RuleSet, check, keys_markdown, reference_markdown, show};

const CHONGQING: &str = "environment/chongqing-2021.toml";

/// The shipped pack with one text of a file replaced.
fn shipped_but(file: &str, from: &str, to: &str) -> Pack {
    let mut files: BTreeMap<String, String> = Pack::builtin().files().clone();
    let text = files[file].replacen(from, to, 1);
    assert_ne!(text, files[file], "{file} does not contain {from}");
    files.insert(file.to_owned(), text);
    Pack::from_files(files)
}

#[test]
fn the_shipped_pack_is_accepted_and_can_be_graded_with() {
    let found = check(&Pack::builtin());
    assert!(!found.has_errors(), "{}", found.only_errors());
    let rules = RuleSet::load(&Pack::builtin()).unwrap();
    let as_of = Day::parse_iso("2026-11-22").unwrap();
    let schemes = rules.active_schemes(as_of);
    assert_eq!(schemes.len(), 3);
    Grading::new(&schemes, &Unlimited, &rules.digest, as_of).unwrap();
    let all: Vec<_> = rules.schemes.iter().collect();
    Grading::new(&all, &Unlimited, &rules.digest, as_of).unwrap();
}

#[test]
fn provisional_values_are_listed_and_never_refused() {
    let found = check(&Pack::builtin());
    let notes: Vec<_> = found.notes().collect();
    let provisional = notes.iter().filter(|note| note.code == "RULE-P01");
    assert!(provisional.count() > 10);
    assert!(notes.iter().all(|note| !note.why.is_empty()));
}

#[test]
fn a_wrong_file_is_told_where_why_and_what_to_do() {
    let pack = shipped_but(CHONGQING, "range = \"[80,100)\"", "range = \"[80,99]\"");
    let drawn = RuleSet::load(&pack).unwrap_err().render();
    let lines: Vec<&str> = drawn.lines().collect();
    assert_eq!(
        lines[0], "error[RULE-B02]: no grade between B and A",
        "{drawn}"
    );
    assert!(
        lines[1].contains("environment/chongqing-2021.toml:"),
        "{drawn}"
    );
    assert!(drawn.contains("99.0001 to 99.9999 has no grade"), "{drawn}");
    assert!(
        drawn.contains("help: let the lower range end where the upper begins"),
        "{drawn}"
    );
}

#[test]
fn all_problems_of_all_files_are_found_in_one_pass() {
    let one = shipped_but(
        CHONGQING,
        "direction = \"deduct\"",
        "direction = \"reduce\"",
    );
    let mut files = one.files().clone();
    let ningxia = "environment/ningxia-2025.toml";
    let text = files[ningxia].replacen("通报批评", "通报批平", 1);
    let text = text.replacen(
        "[records]\nviolation = [\"environment.*\"]",
        "[records]\nviolation = [\"enviroment.*\"]",
        1,
    );
    files.insert(ningxia.to_owned(), text);
    let found = check(&Pack::from_files(files));
    let codes: Vec<(&str, &str)> = found.errors().map(|e| (e.file.as_str(), e.code)).collect();
    assert!(codes.contains(&(CHONGQING, "RULE-S03")), "{codes:?}");
    assert!(codes.contains(&(ningxia, "RULE-R05")), "{codes:?}");
}

#[test]
fn a_scheme_reads_as_chinese_text_with_its_provisional_marks() {
    let rules = RuleSet::load(&Pack::builtin()).unwrap();
    let text = show(&rules, "environment/chongqing-2021").unwrap();
    assert!(text.starts_with(
        "重庆市企业环境信用评价（environment/chongqing-2021）\n文件：environment/chongqing-2021.toml\n依据：渝环规〔2021〕7号"
    ));
    assert!(text.contains("【暂定："));
    assert!(text.contains("罚款(0,5]万元"), "{text}");
    assert_eq!(show(&rules, "environment/nowhere"), None);
}

/// Every row says in which file and line it stands, also where a lower tier inherits it, and what it inherits.
#[test]
fn a_scheme_shows_where_each_value_comes_from() {
    let rules = RuleSet::load(&Pack::builtin()).unwrap();
    for scheme in &rules.schemes {
        let name = format!("{}-{}", scheme.id, scheme.version);
        let text = show(&rules, &name).unwrap();
        assert!(text.contains(&format!("文件：{name}.toml")), "{text}");
        let mut rows = 0;
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.windows(2) {
            let Some((_, place)) = pair[1]
                .strip_prefix("      来源：")
                .and_then(|line| line.trim_end_matches("行）").rsplit_once('（'))
            else {
                continue;
            };
            let (file, line) = place.split_once(" 第").unwrap();
            let written = rules.files[file]
                .lines()
                .nth(line.parse::<usize>().unwrap() - 1);
            let id = written
                .and_then(|line| line.split("id = \"").nth(1))
                .and_then(|rest| rest.split('"').next())
                .unwrap_or_else(|| panic!("{place}: {written:?}"));
            assert!(pair[0].contains(id), "{place}: {id} is not in {}", pair[0]);
            rows += 1;
        }
        let own: usize = scheme.indicators.iter().map(|one| one.rows.len()).sum();
        assert_eq!(rows, own, "{name}");
    }
    let text = show(&rules, "environment/tongliang-2023").unwrap();
    assert!(
        text.contains("沿用：environment/chongqing-2021.toml 的 fines、other-penalties、incident、vetoes、bonus"),
        "{text}"
    );
    assert!(
        text.contains("（environment/chongqing-2021.toml 第"),
        "{text}"
    );
    // Classes and exempted rows are named, not only their ids.
    let text = show(&rules, "research-integrity/national-2022").unwrap();
    assert!(
        text.contains("免于计入较轻：诫勉、警告、暂缓（light）"),
        "{text}"
    );
    assert!(text.contains("起算当日计入"), "{text}");
}

#[test]
fn manuals_come_from_the_tables_that_are_used() {
    assert!(keys_markdown().contains("| `no_record` |"));
    assert!(reference_markdown().contains("## RULE-B01: bands overlap"));
}

const NATIONAL: &str = "environment/national-2013.toml";

/// Codes and messages that the shipped pack gets for one changed text.
fn refused(file: &str, from: &str, to: &str) -> Vec<(&'static str, String)> {
    let found = check(&shipped_but(file, from, to)).only_errors();
    found
        .iter()
        .map(|d| (d.code, format!("{}: {}", d.title, d.why)))
        .collect()
}

#[test]
fn weights_that_do_not_add_up_are_refused() {
    let over = refused(NATIONAL, "\nweight = 15", "\nweight = 54.5");
    assert_eq!(over.len(), 1, "{over:?}");
    assert_eq!(over[0].0, "RULE-N05");
    assert_eq!(
        over[0].1,
        "the indicators of group \"management\" weigh 54.5: the group weighs 54"
    );
    let short = refused(NATIONAL, "\nweight = 29", "\nweight = 28");
    assert_eq!(short.len(), 1, "{short:?}");
    assert_eq!(
        short[0].1,
        "the weights of the groups add up to 99: the score starts at 100"
    );
    let lone = refused(NATIONAL, "group = \"management\"\n", "");
    assert_eq!(lone[0].0, "RULE-N05", "{lone:?}");
    let worse = refused(
        NATIONAL,
        "direction = \"deduct\"",
        "direction = \"accumulate\"",
    );
    assert!(
        worse.iter().any(|(code, _)| *code == "RULE-N05"),
        "{worse:?}"
    );
}

#[test]
fn values_and_points_do_not_mix() {
    for (from, to, code) in [
        ("value = 0,", "value = 101,", "RULE-S04"),
        ("value = 0,", "value = 99.99999,", "RULE-S04"),
        ("value = 0,", "points = 15,", "RULE-S04"),
        ("\nweight = 15", "\nweight = 0", "RULE-S04"),
        ("\nweight = 15", "\nweight = 15\njoin = \"sum\"", "RULE-S04"),
        ("\nweight = 15", "\nweight = 15\ncap = 10", "RULE-S04"),
        ("\nweight = 54", "\nweight = 54\ncap = 54", "RULE-S04"),
    ] {
        let found = refused(NATIONAL, from, to);
        assert!(
            found.iter().any(|(found, _)| *found == code),
            "{to}: {found:?}"
        );
    }
    let loose = refused(CHONGQING, "points = 3,", "value = 3,");
    assert_eq!(loose[0].0, "RULE-S05", "{loose:?}");
}

#[test]
fn a_floor_that_rewards_a_penalty_or_holds_nothing_up_is_refused() {
    let rewarded = refused(CHONGQING, "points = 3,", "floor = \"B\",");
    assert!(
        rewarded
            .iter()
            .any(|(code, why)| *code == "RULE-N01" && why.contains("speaks of penalties")),
        "{rewarded:?}"
    );
    let idle = refused(CHONGQING, "bonus = 1, at_least = true,", "floor = \"D\",");
    assert!(
        idle.iter()
            .any(|(code, why)| *code == "RULE-N04" && why.contains("worst grade")),
        "{idle:?}"
    );
    let classes = refused(
        "environment/ningxia-2025.toml",
        "kind = \"event:名单列入\", grade = \"D\"",
        "kind = \"event:名单列入\", floor = \"B\"",
    );
    assert!(
        classes.iter().any(|(code, _)| *code == "RULE-S05"),
        "{classes:?}"
    );
}

#[test]
fn the_register_ends_ten_laws_when_the_environmental_code_begins() {
    let pack = Pack::builtin();
    let laws = &pack.files()["statutes/laws.toml"];
    let ended: Vec<_> = laws
        .lines()
        .filter(|line| line.contains("replaced_by = \"生态环境法典\""))
        .collect();
    assert_eq!(ended.len(), 10, "{ended:#?}");
    assert!(
        ended
            .iter()
            .all(|line| line.contains("in_force_to = 2026-08-14"))
    );
    let code = pack.files()["statutes/supplement.toml"]
        .lines()
        .find(|line| line.contains("title = \"生态环境法典\""))
        .unwrap();
    assert!(
        code.contains("articles = 1242") && code.contains("in_force_from = 2026-08-15"),
        "{code}"
    );
}

/// The shipped pack with the schemes of `tests/schemes`, which were written from their facts without a change of the
/// program: tax credit, customs credit, driving points, staff of a research unit, plants of a firm.
fn with_test_schemes() -> Pack {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemes");
    let mut files: BTreeMap<String, String> = Pack::builtin().files().clone();
    files.extend(Pack::from_dir(&root).unwrap().files().clone());
    let classes = files.get_mut("classification/classes.toml").unwrap();
    for (id, title) in [
        ("customs", "海关"),
        ("customs.declaration", "申报不实"),
        ("traffic", "道路交通安全"),
        ("traffic.drunk", "饮酒后驾驶"),
        ("traffic.speed", "超速"),
        ("traffic.signal", "不按交通信号灯通行"),
        ("traffic.phone", "驾驶时拨打手持电话"),
    ] {
        classes.push_str(&format!("\"{id}\" = \"{title}\"\n"));
    }
    Pack::from_files(files)
}

#[test]
fn new_schemes_need_no_change_of_the_program() {
    let pack = with_test_schemes();
    let report = xinheng::run::test_cases(&pack).unwrap();
    assert!(!report.has_failures(), "{report}");
    for name in [
        "tax/credit-2025",
        "customs/credit-2026",
        "traffic/points-2022",
        "research-unit/staff-2024",
        "sites/plants-2024",
        "practice/ledgers-2024",
    ] {
        let file = report
            .files
            .iter()
            .find(|file| file.scheme == name)
            .unwrap();
        assert!(file.cases.len() >= 2, "{name}");
        assert!(
            file.unexercised.is_empty(),
            "{name}: {:?}",
            file.unexercised
        );
    }
}

/// Wrong files of every kind: all problems in one pass, each with its code, place and hint.
#[test]
fn every_refusal_says_where_why_and_what_to_write() {
    let wrong = [
        (
            "no_record = \"default-grade:A\"",
            "no_rekord = \"A\"",
            "RULE-S02",
        ),
        ("start = 100", "start = \"100\"", "RULE-S04"),
        ("range = \"[80,100)\"", "range = \"[70,100)\"", "RULE-B01"),
        ("range = \"[80,100)\"", "range = \"[81,100)\"", "RULE-B02"),
        ("basis = [\"渝环规〔2021〕7号\"]\n", "", "RULE-S05"),
        ("points = 3", "points = 3.00001", "RULE-S04"),
        ("points = 3", "points = -3", "RULE-N01"),
        ("direction = \"deduct\"", "direction = \"down\"", "RULE-S03"),
        (
            "violation = [\"environment.*\"]",
            "violation = [\"environmant.*\"]",
            "RULE-R05",
        ),
        (
            "window = \"previous-year\"",
            "window = \"last year\"",
            "RULE-S03",
        ),
        ("id = \"fine-over-5\"", "id = \"fine-to-5\"", "RULE-S06"),
        ("title = \"没收\"", "title = \"没收", "RULE-S01"),
        ("fine = \"(0,5]\"", "fine = \"0-5\"", "RULE-S04"),
        ("bonus = 1", "bonus = 1, clean = \"a year\"", "RULE-S04"),
        ("bonus = 1", "bonus = 1, was = \"D\"", "RULE-S05"),
    ];
    for (from, to, code) in wrong {
        let found = check(&shipped_but(CHONGQING, from, to));
        let errors: Vec<_> = found.errors().collect();
        assert!(
            errors.iter().any(|e| e.code == code),
            "{to}: {}",
            found.only_errors()
        );
        for error in errors {
            assert!(error.hint.is_some(), "{to}: {error:?} has no hint");
            assert!(
                !error.why.is_empty() && !error.span.is_empty(),
                "{to}: {error:?}"
            );
        }
    }
}

#[test]
fn a_broken_table_hides_no_other_problem() {
    let mut files: BTreeMap<String, String> = Pack::builtin().files().clone();
    let text = files[CHONGQING]
        .replacen("no_record", "no_rekord", 1)
        .replacen("range = \"[80,100)\"", "range = \"[70,100)\"", 1)
        .replacen("points = 3", "points = -3", 1);
    files.insert(CHONGQING.to_owned(), text);
    let found = check(&Pack::from_files(files));
    let codes: Vec<&str> = found.errors().map(|e| e.code).collect();
    for code in ["RULE-S02", "RULE-B01", "RULE-N01"] {
        assert!(codes.contains(&code), "{codes:?} lacks {code}");
    }
}

#[test]
fn bytes_that_are_no_text_are_one_finding_with_a_line() {
    let root = std::env::temp_dir().join(format!("xinheng-rules-{}", std::process::id()));
    let folder = root.join("environment");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("x-1.toml"),
        b"[scheme]\ntitle = \"\xb9\xe6\xd4\xf2\"\n",
    )
    .unwrap();
    let pack = Pack::from_dir(&root).unwrap();
    std::fs::remove_dir_all(&root).unwrap();
    let found = check(&pack);
    let ours: Vec<_> = found
        .errors()
        .filter(|e| e.file == "environment/x-1.toml")
        .collect();
    assert_eq!(ours.len(), 1, "{found}");
    assert_eq!((ours[0].code, found.line(ours[0])), ("RULE-S01", 2));
}

/// The guide to writing schemes names, for each thing that a scheme can say, a case that there is.
#[test]
fn every_case_that_the_guide_names_exists() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/writing-schemes.md")).unwrap();
    let mut named = 0;
    for line in guide.lines().filter(|line| line.starts_with("| ")) {
        let Some((scheme, case)) = line
            .rsplit('`')
            .nth(1)
            .and_then(|last| last.split_once('#'))
        else {
            continue;
        };
        named += 1;
        let file = format!("{scheme}.cases.toml");
        let text = ["rules", "tests/schemes"]
            .iter()
            .find_map(|folder| std::fs::read_to_string(root.join(folder).join(&file)).ok());
        let text = text.unwrap_or_else(|| panic!("there is no {file}"));
        let id = format!("id = \"{case}\"");
        assert!(text.contains(&id), "{file} has no case {case}");
    }
    assert!(named > 40, "only {named} cases are named");
}
