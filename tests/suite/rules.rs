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
        "重庆市企业环境信用评价（environment/chongqing-2021）\n依据：渝环规〔2021〕7号"
    ));
    assert!(text.contains("【暂定："));
    assert!(text.contains("罚款(0,5]万元"), "{text}");
    assert_eq!(show(&rules, "environment/nowhere"), None);
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
