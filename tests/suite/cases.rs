//! The cases beside the shipped schemes, and what a lawyer sees when one fails or is mistyped.

use xinheng::rules::Pack;
use xinheng::run::test_cases;

/// The shipped pack with one file changed.
fn changed(file: &str, from: &str, to: &str) -> Pack {
    let mut files = Pack::builtin().files().clone();
    let text = files.get_mut(file).expect("the file is in the pack");
    assert!(text.contains(from), "{file} does not hold {from:?}");
    *text = text.replacen(from, to, 1);
    Pack::from_files(files)
}

#[test]
fn every_shipped_case_passes_and_every_row_is_exercised() {
    let report = test_cases(&Pack::builtin()).unwrap();
    assert!(!report.has_failures(), "{report}");
    for file in &report.files {
        assert!(file.cases.len() >= 6, "{} has few cases", file.scheme);
        assert!(
            file.unexercised.is_empty(),
            "{}: {:?}",
            file.scheme,
            file.unexercised
        );
    }
    for active in [
        "environment/chongqing-2021",
        "research-integrity/chongqing-2021",
        "research-integrity/national-2022",
    ] {
        assert!(
            report.files.iter().any(|file| file.scheme == active),
            "{active} has no cases"
        );
    }
}

#[test]
fn a_changed_rule_fails_its_cases_row_by_row() {
    let pack = changed(
        "environment/chongqing-2021.toml",
        "fine = \"(0,5]\"",
        "fine = \"(0,4]\"",
    );
    // (4,5] is now in no row: the fine of exactly 5 万元 does not count any more.
    let pack = match test_cases(&pack) {
        Ok(report) => report,
        Err(error) => {
            // The hole itself may be refused before any case runs.
            assert!(error.to_string().contains("RULE-"), "{error}");
            return;
        }
    };
    assert!(pack.has_failures());
    let text = pack.to_string();
    assert!(text.contains("FAIL fine-of-exactly-5"), "{text}");
    assert!(
        text.contains("row fine-to-5: expected counted 1×, got 0×"),
        "{text}"
    );
}

#[test]
fn a_wrong_expectation_names_both_values_and_the_line() {
    let pack = changed(
        "environment/chongqing-2021.cases.toml",
        "score = 97, grade = \"B\"",
        "score = 96, grade = \"B\"",
    );
    let report = test_cases(&pack).unwrap();
    let (passed, all) = report.totals();
    assert_eq!(passed + 1, all, "{report}");
    let text = report.to_string();
    assert!(text.contains("score: expected 96, got 97"), "{text}");
    assert!(
        text.contains("rules/environment/chongqing-2021.cases.toml:"),
        "{text}"
    );
}

#[test]
fn mistyped_cases_are_refused_with_file_line_and_hint() {
    let file = "environment/ningxia-2025.cases.toml";
    let refusal = |from: &str, to: &str| {
        test_cases(&changed(file, from, to))
            .unwrap_err()
            .to_string()
    };
    let unknown_key = refusal("as_of =", "asof =");
    assert!(
        unknown_key.contains("ningxia-2025.cases.toml:") && unknown_key.contains("asof"),
        "{unknown_key}"
    );
    let row = refusal(
        "counted = [\"only-warning\"]",
        "counted = [\"only-warnin\"]",
    );
    assert!(row.contains("did you mean \"only-warning\"?"), "{row}");
    let kind = refusal("kinds = [\"警告\"]", "kinds = [\"警告书\"]");
    assert!(kind.contains("kinds \"警告书\" is not known"), "{kind}");
    let amount = refusal("fine = 2 ", "fine = 2.5 ");
    assert!(amount.contains("in quotes"), "{amount}");
    let day = refusal("as_of = 2025-06-30", "as_of = 2025-06-30T10:00:00");
    assert!(day.contains("as_of"), "{day}");
    let empty = refusal("expect = { absent = true }", "expect = {}");
    assert!(empty.contains("at least one value"), "{empty}");
}

#[test]
fn cases_without_a_scheme_are_refused() {
    let mut files = Pack::builtin().files().clone();
    let text = files["environment/ningxia-2025.cases.toml"].clone();
    files.insert("environment/ningxia-2099.cases.toml".to_owned(), text);
    let error = test_cases(&Pack::from_files(files))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no scheme file environment/ningxia-2099.toml"),
        "{error}"
    );
}
