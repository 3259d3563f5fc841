//! `[cycle]`: the days on which grades are fixed.

use super::super::keys::Table;
use super::super::model::Cycle;
use super::reader::{Reader, Section, Word};
use crate::record::Day;

pub(super) fn read_cycle(reader: &mut Reader<'_>, root: &Section<'_, '_>) -> Option<Cycle> {
    let section = reader.section(root.get("cycle")?, Table::Cycle, "cycle")?;
    let words = reader.required_words(&section, "ends");
    let mut ends: Vec<(u32, u32)> = Vec::new();
    for word in &words {
        match named(&word.text).or_else(|| day_of_year(&word.text)) {
            Some(found) => ends.extend(found),
            None => wrong_end(reader, word),
        }
    }
    ends.sort_unstable();
    if let Some(twice) = ends.windows(2).find(|pair| pair[0] == pair[1]) {
        let title = format!("{:02}-{:02} stands twice", twice[0].0, twice[0].1);
        let span = reader.spans.of("cycle.ends");
        reader.problem("RULE-S06", span, title, "an end stands once");
    }
    let freeze = reader.flag(&section, "freeze").unwrap_or(false);
    let up = reader.whole(&section, "at_most_up");
    let at_most_up = up.and_then(|n| u8::try_from(n).ok().filter(|n| *n > 0));
    if up.is_some() && at_most_up.is_none() {
        let span = reader.spans.of("cycle.at_most_up");
        reader.problem(
            "RULE-S04",
            span,
            "a number of grades is wanted",
            "at least 1, or leave the key out",
        );
    }
    let source = reader.required_word(&section, "source");
    let status = reader.status(&section);
    (!ends.is_empty()).then_some(Cycle {
        ends,
        freeze,
        at_most_up,
        source: source.map_or_else(String::new, |word| word.text),
        status,
    })
}

fn named(text: &str) -> Option<Vec<(u32, u32)>> {
    Some(match text {
        "yearly" => vec![(12, 31)],
        "half-yearly" => vec![(6, 30), (12, 31)],
        "quarterly" => vec![(3, 31), (6, 30), (9, 30), (12, 31)],
        "monthly" => (1..=12).map(|month| (month, 31)).collect(),
        _ => return None,
    })
}

/// `04-30`: a day that some year has.
fn day_of_year(text: &str) -> Option<Vec<(u32, u32)>> {
    let (month, day) = text.split_once('-')?;
    let (month, day) = (month.parse().ok()?, day.parse().ok()?);
    Day::from_ymd(2024, month, day).map(|_| vec![(month, day)])
}

fn wrong_end(reader: &mut Reader<'_>, word: &Word) {
    let title = format!("\"{}\" is no end of a cycle", word.text);
    let why = "not a day of the year";
    let hint = "write yearly, half-yearly, quarterly, monthly, or days such as \"04-30\"";
    reader.problem_with("RULE-S04", word.span.clone(), title, why, hint);
}
