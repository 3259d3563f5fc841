//! What is different between two packs or two versions of a scheme, in words that a lawyer reads.
//!
//! Owns: which differences have a meaning (comments, formatting and the place of a file's lines have none) and their words.
//! Does not own: what a difference does to real subjects (`simulate`). May never know: records, the store, the clock.

mod data;
mod indicator;
mod scheme;
pub(super) mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::model::Scheme;
use super::pack::is_scheme;
use super::ruleset::RuleSet;

/// Everything that differs, by file or scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    sections: Vec<Section>,
    /// Files with another text and the same content.
    only_form: Vec<String>,
}

/// What differs in one scheme or file.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    title: String,
    lines: Vec<String>,
}

impl Differences {
    /// Nothing differs but comments, formatting or order without a meaning.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    fn add(&mut self, title: String, lines: Vec<String>) {
        if !lines.is_empty() {
            self.sections.push(Section { title, lines });
        }
    }
}

impl fmt::Display for Differences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sections.is_empty() {
            writeln!(f, "没有实质差异")?;
        }
        for (index, section) in self.sections.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            writeln!(f, "{}", section.title)?;
            for line in &section.lines {
                writeln!(f, "  {line}")?;
            }
        }
        if !self.only_form.is_empty() {
            writeln!(
                f,
                "仅注释、格式或无意义的次序不同：{}",
                self.only_form.join("、")
            )?;
        }
        Ok(())
    }
}

/// The differences of two packs: schemes by id and version, every other file by its keys.
#[must_use]
pub fn diff(old: &RuleSet, new: &RuleSet) -> Differences {
    let mut found = Differences::default();
    for (title, lines) in data::file_list(&old.files, &new.files) {
        found.add(title, lines);
    }
    for (before, after) in paired(&old.schemes, &new.schemes) {
        match (before, after) {
            (Some(before), Some(after)) => {
                let (title, lines) = one_scheme(before, after);
                if lines.is_empty() && old.files.get(&before.file) != new.files.get(&after.file) {
                    found.only_form.push(after.file.clone());
                }
                found.add(title, lines);
            }
            (Some(gone), None) => found.add(
                format!("方案 {}", name(gone)),
                vec![format!("删去整个版本：{}", gone.title)],
            ),
            (None, Some(added)) => found.add(
                format!("方案 {}", name(added)),
                vec![format!(
                    "新增版本：{}，自{}起施行",
                    added.title,
                    added.in_force.from.zh()
                )],
            ),
            (None, None) => {}
        }
    }
    let data = |(file, text): &(&String, &String)| !is_scheme(file, text);
    for (file, before) in old.files.iter().filter(data) {
        let Some(after) = new.files.get(file).filter(|after| *after != before) else {
            continue;
        };
        let lines = data::file_differences(before, after);
        if lines.is_empty() {
            found.only_form.push(file.clone());
        }
        found.add(data::file_title(file), lines);
    }
    found.only_form.sort();
    found
}

/// The differences of two schemes, be they two versions or two of different names.
#[must_use]
pub fn diff_schemes(old: &Scheme, new: &Scheme) -> Differences {
    let mut found = Differences::default();
    let (title, lines) = one_scheme(old, new);
    found.add(title, lines);
    found
}

fn one_scheme(old: &Scheme, new: &Scheme) -> (String, Vec<String>) {
    let title = if name(old) == name(new) {
        format!("方案 {}（{}）", name(new), new.title)
    } else {
        format!("方案 {} → {}（{}）", name(old), name(new), new.title)
    };
    (title, scheme::differences(old, new))
}

/// `environment/chongqing-2021`.
fn name(scheme: &Scheme) -> String {
    format!("{}-{}", scheme.id, scheme.version)
}

type Pair<'a> = (Option<&'a Scheme>, Option<&'a Scheme>);

/// Versions by id and version. Where of one id a single version left and a single one came, they meet as well.
fn paired<'a>(old: &'a [Scheme], new: &'a [Scheme]) -> Vec<Pair<'a>> {
    let by_name = |schemes: &'a [Scheme]| -> BTreeMap<(&'a str, &'a str), &'a Scheme> {
        let keyed = schemes.iter();
        keyed
            .map(|s| ((s.id.as_str(), s.version.as_str()), s))
            .collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    let ids: BTreeSet<&str> = before.keys().chain(after.keys()).map(|key| key.0).collect();
    let mut pairs = Vec::new();
    for id in ids {
        let only = |of: &BTreeMap<(&'a str, &'a str), &'a Scheme>,
                    other: &BTreeMap<(&'a str, &'a str), &'a Scheme>|
         -> Vec<&'a Scheme> {
            let own = of.iter().filter(|(key, _)| key.0 == id);
            let own = own.filter(|(key, _)| !other.contains_key(*key));
            own.map(|(_, scheme)| *scheme).collect()
        };
        for (key, scheme) in before.iter().filter(|(key, _)| key.0 == id) {
            if let Some(same) = after.get(key) {
                pairs.push((Some(*scheme), Some(*same)));
            }
        }
        match (
            only(&before, &after).as_slice(),
            only(&after, &before).as_slice(),
        ) {
            ([gone], [came]) => pairs.push((Some(*gone), Some(*came))),
            (gone, came) => {
                pairs.extend(gone.iter().map(|scheme| (Some(*scheme), None)));
                pairs.extend(came.iter().map(|scheme| (None, Some(*scheme))));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests;
