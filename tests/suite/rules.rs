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
