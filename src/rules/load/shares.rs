//! `repair_shares`: what a repair gives back, by its delay.

use super::super::keys::Table;
use super::super::model::{Effect, RepairShare, Row};
use super::reader::{Reader, Section};
use super::values;
use crate::record::Points;

pub(super) fn read_shares(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Vec<RepairShare> {
    let mut list = Vec::new();
    for value in reader.elements(section, "repair_shares") {
        let path = format!("{}.repair_shares", section.path);
        let Some(step) = reader.section(value, Table::RepairShare, path) else {
            continue;
        };
        let within = reader.required_word(&step, "within").and_then(|word| {
            let parsed = values::delay(&word.text);
            if parsed.is_none() {
                let known = ["30 days", "3 months", "same-year", "next-year", "any"];
                reader.unknown("RULE-S03", &word, "value of `within`", known);
            }
            parsed
        });
        if !step.has("gives_back") {
            reader.missing(&step, "gives_back");
        }
        let given = reader.whole(&step, "gives_back");
        let gives_back = given.and_then(|n| u8::try_from(n).ok().filter(|n| *n <= 100));
        if given.is_some() && gives_back.is_none() {
            let span = step
                .get("gives_back")
                .map_or(step.span.clone(), toml::Spanned::span);
            let why = "hundredths of the points: 0 to 100";
            reader.problem("RULE-S04", span, "no share comes back like this", why);
        }
        if let (Some(within), Some(gives_back)) = (within, gives_back) {
            list.push(RepairShare { within, gives_back });
        }
    }
    list
}

/// Points that are left after a share came back, `None` when they need more than four decimals.
fn left(points: Points, gives_back: u8) -> Option<i64> {
    let product = points.raw().checked_mul(100 - i64::from(gives_back))?;
    (product % 100 == 0).then_some(product / 100)
}

/// Refuses shares that leave points finer than points are.
pub(super) fn refuse_inexact(reader: &mut Reader<'_>, rows: &[Row], shares: &[RepairShare]) {
    for row in rows {
        let Effect::Points(points) = row.effect else {
            continue;
        };
        let inexact = |share: &&RepairShare| left(points, share.gives_back).is_none();
        if let Some(share) = shares.iter().find(inexact) {
            let span = reader.spans.of(&format!("row.{}.points", row.id));
            let title = format!(
                "{} in a hundred of these points cannot be given back",
                share.gives_back
            );
            let why = "what is left needs more than four decimals";
            reader.problem("RULE-S04", span, title, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact() {
        let points = |text: &str| Points::parse(text).unwrap();
        assert_eq!(left(points("11"), 80), Some(points("2.2").raw()));
        assert_eq!(left(points("0.0001"), 80), None);
        assert_eq!(left(points("5"), 100), Some(0));
    }
}
