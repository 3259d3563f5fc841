//! The pack whose edits are the examples of the checks.

use std::collections::BTreeMap;

use super::super::pack::Pack;

const FILES: [(&str, &str); 9] = [
    (
        "pack.toml",
        "[pack]\nactive = [\"environment/sample-2024\"]\n",
    ),
    (
        "classification/classes.toml",
        "[classes]\n\"environment\" = \"生态环境\"\n\"environment.water\" = \"水\"\n\"environment.water.outfall\" = \"排污口\"\n\"food\" = \"食品\"\n",
    ),
    (
        "environment/sample-2020.toml",
        include_str!("sample-2020.txt"),
    ),
    (
        "environment/sample-2024.toml",
        include_str!("sample-2024.txt"),
    ),
    ("other/sample-2024.toml", include_str!("sample-other.txt")),
    ("statutes/laws.toml", include_str!("sample-statutes.txt")),
    (
        "calendar/cn-2024.toml",
        include_str!("../../../rules/calendar/cn-2024.toml"),
    ),
    (
        "publicity/order-58.toml",
        include_str!("../../../rules/publicity/order-58.toml"),
    ),
    (
        "publicity/regime.toml",
        include_str!("../../../rules/publicity/regime.toml"),
    ),
];

pub(super) fn pack() -> Pack {
    Pack::from_files(
        FILES
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into(),
    )
}

/// The pack with one text replaced where it first stands, later files first.
pub(super) fn edited(good: &str, bad: &str) -> Pack {
    let mut files: BTreeMap<String, String> = pack().files().clone();
    let file = files.values_mut().rev().find(|text| text.contains(good));
    let file = file.unwrap_or_else(|| panic!("the sample lacks {good}"));
    *file = file.replacen(good, bad, 1);
    Pack::from_files(files)
}
