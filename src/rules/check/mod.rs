//! `rules check`: everything that can be seen to be wrong in a pack before a record is read.
//!
//! Owns: the checks, one `Check` each, listed in [`CHECKS`], and their manual. Does not own: reading values (`load`).

mod bands;
mod cover;
mod law;
mod notes;
mod rows;
#[cfg(test)]
mod sample;
mod sense;
mod syntax;
mod tiers;
mod time;
mod workspace;

use std::fmt::Write as _;

use super::diagnostic::{Diagnostic, Diagnostics, Weight};
use super::pack::Pack;
pub(super) use workspace::Workspace;

/// What a check reports into.
type Found = Vec<Diagnostic>;

/// One check: what it refuses, why, and what it looks like.
pub struct Check {
    /// `RULE-B01`.
    pub code: &'static str,
    /// What is refused, in a few words.
    pub title: &'static str,
    /// Why.
    pub doc: &'static str,
    /// A fragment as it should be.
    pub good: &'static str,
    /// The same fragment as it is refused.
    pub bad: &'static str,
    /// `None` where reading the file, or the check before it, finds it.
    run: Option<fn(&Workspace<'_>, &mut Found)>,
}

/// Every check.
pub const CHECKS: &[&[Check]] = &[
    syntax::CHECKS,
    bands::CHECKS,
    rows::CHECKS,
    sense::CHECKS,
    law::CHECKS,
    tiers::CHECKS,
    time::CHECKS,
    notes::CHECKS,
];

/// Ids of the class tree of a pack, sorted; empty when it has none.
pub(super) fn class_ids(pack: &Pack) -> Vec<String> {
    let ids = workspace::read_classes(pack).unwrap_or_default();
    ids.into_keys().collect()
}

/// Every finding over every file of a pack, active or not.
#[must_use]
pub fn check(pack: &Pack) -> Diagnostics {
    check_all(&Workspace::read(pack))
}

pub(super) fn check_all(workspace: &Workspace<'_>) -> Diagnostics {
    let mut found = workspace.problems.clone();
    for check in CHECKS.iter().flat_map(|group| group.iter()) {
        if let Some(run) = check.run {
            run(workspace, &mut found);
        }
    }
    for problem in found.iter_mut().filter(|p| p.hint.is_none()) {
        let mut all = CHECKS.iter().flat_map(|group| group.iter());
        let check = all.find(|check| check.code == problem.code);
        problem.hint = check
            .filter(|check| problem.weight == Weight::Error && !check.good.is_empty())
            .map(|check| format!("right would be: {}", check.good.replace('\n', "; ")));
    }
    Diagnostics::new(found, workspace.pack)
}

/// The manual of checks, from the same table.
#[must_use]
pub fn reference_markdown() -> String {
    let mut text = String::from(
        "# What `rules check` refuses\n\nAll problems of all files are found in one pass. Notes (`RULE-P…`) never refuse a pack.\n",
    );
    for check in CHECKS.iter().flat_map(|group| group.iter()) {
        let bad = if check.bad.is_empty() {
            "# (left out)"
        } else {
            check.bad
        };
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n## {}: {}\n\n{}\n\nRight:\n\n```toml\n{}\n```\n\nFound:\n\n```toml\n{}\n```\n",
            check.code, check.title, check.doc, check.good, bad
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(pack: &Pack, weight: Weight) -> Vec<&'static str> {
        let found = check(pack);
        found
            .iter()
            .filter(|d| d.weight == weight)
            .map(|d| d.code)
            .collect()
    }

    #[test]
    fn the_sample_is_right() {
        let found = check(&sample::pack()).only_errors();
        assert!(!found.has_errors(), "{found}");
    }

    #[test]
    fn each_check_finds_its_bad_example_and_not_its_good_one() {
        let quiet = codes(&sample::pack(), Weight::Note);
        for check in CHECKS.iter().flat_map(|group| group.iter()) {
            let pack = sample::edited(check.good, check.bad);
            let errors = codes(&pack, Weight::Error);
            let notes = codes(&pack, Weight::Note);
            let count = |list: &[&str]| list.iter().filter(|c| **c == check.code).count();
            let found = errors.contains(&check.code) || count(&notes) > count(&quiet);
            assert!(found, "{} is not found: {errors:?} {notes:?}", check.code);
        }
    }

    #[test]
    fn codes_are_unique_and_in_the_manual() {
        let manual = reference_markdown();
        let mut seen = Vec::new();
        for check in CHECKS.iter().flat_map(|group| group.iter()) {
            assert!(!seen.contains(&check.code), "{}", check.code);
            assert!(manual.contains(&format!("## {}: ", check.code)));
            seen.push(check.code);
        }
    }

    #[test]
    fn the_shipped_pack_is_accepted() {
        let found = check(&Pack::builtin()).only_errors();
        assert!(!found.has_errors(), "{found}");
    }

    #[test]
    fn a_finding_is_drawn_with_its_line_and_a_hint() {
        let pack = sample::edited(
            "no_record = \"default-grade:B\"",
            "no_rekord = \"default-grade:B\"",
        );
        let drawn = check(&pack).only_errors().render();
        assert!(
            drawn.contains("error[RULE-S02]: unknown key of [subjects] \"no_rekord\""),
            "{drawn}"
        );
        assert!(drawn.contains("environment/sample-2024.toml:"), "{drawn}");
        assert!(
            drawn.contains("help: did you mean \"no_record\"?"),
            "{drawn}"
        );
    }
}
