//! Weighted schemes: an indicator of weight w whose record has the value v (0–100) loses w × (100 − v) / 100 points.
//!
//! The score is Σ weight × value / 100, and an indicator without a matching row has the value 100; so a weighted scheme
//! is a deducting one that starts at the sum of its weights. Loading turns values into points, and the engine knows
//! points only.

use super::super::model::{Direction, Fold, Join, Key, ScoreRule};
use super::reader::{Reader, Section};
use crate::record::Points;

/// The value of an indicator that no row speaks against.
const FULL: Points = Points::from_units(100);

/// Points that a value costs under a weight; `None` when they need more than four decimals or the value is outside
/// 0–100.
fn cost(weight: Points, value: Points) -> Option<Points> {
    if value < Points::from_units(0) || value > FULL {
        return None;
    }
    let missing = i128::from(FULL.raw()) - i128::from(value.raw());
    let product = i128::from(weight.raw()) * missing;
    let full = i128::from(FULL.raw());
    if product.rem_euclid(full) != 0 {
        return None;
    }
    i64::try_from(product / full).ok().map(Points::from_raw)
}

/// Reads `value` of a row and turns it into points.
pub(super) fn read_value(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    weight: Option<Points>,
) -> Option<Points> {
    let value = reader.points(section, "value")?;
    let span = reader.spans.of(&format!("{}.value", section.path));
    let Some(weight) = weight else {
        let why = "its indicator has no `weight`";
        reader.problem("RULE-S05", span, "`value` without `weight`", why);
        return None;
    };
    let points = cost(weight, value);
    if points.is_none() {
        let why = "a value lies within 0 and 100, and weight × (100 − value) / 100 has at most four decimals";
        reader.problem("RULE-S04", span, "this value cannot be weighed", why);
    }
    points
}

/// Reads `weight` of a group or an indicator.
pub(super) fn read_weight(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<Points> {
    let weight = reader.points(section, "weight")?;
    if weight > Points::from_units(0) {
        return Some(weight);
    }
    let span = reader.spans.of(&format!("{}.weight", section.path));
    let why = "an indicator without weight has no say";
    reader.problem("RULE-S04", span, "a weight is above 0", why);
    None
}

/// The join of a weighted indicator: it has one value, the worst.
pub(super) fn read_join(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    stated: Option<Join>,
) -> Join {
    let worst = Join {
        within: None,
        across: Fold::Max,
    };
    let fits = |join: Join| {
        join.across == Fold::Max && matches!(join.within, None | Some((Key::Subject, Fold::Max)))
    };
    if stated.is_some_and(|join| !fits(join)) {
        let span = reader.spans.of(&format!("{}.join", section.path));
        let why = "a weighted indicator has one value, the worst: write `max`";
        reader.problem("RULE-S04", span, "values do not add up", why);
    }
    if section.has("cap") {
        let span = reader.spans.of(&format!("{}.cap", section.path));
        let why = "the weight is the largest figure already";
        reader.problem("RULE-S04", span, "`cap` beside `weight`", why);
    }
    worst
}

/// A weighted indicator or group: id, group that it stands in, weight.
pub(super) struct Weighted {
    pub(super) id: String,
    pub(super) group: Option<String>,
    pub(super) weight: Points,
}

/// Weights add up: those of groups to the start of the score, those of indicators to no more than their group's.
pub(super) fn check(
    reader: &mut Reader<'_>,
    score: Option<&ScoreRule>,
    groups: &[Weighted],
    indicators: &[Weighted],
) {
    let Some(first) = groups.first() else {
        if let Some(lone) = indicators.first() {
            let span = reader.spans.of(&format!("indicator.{}.weight", lone.id));
            let why = "weighted indicators stand in groups with a `weight`";
            reader.problem("RULE-N05", span, "no group is weighted", why);
        }
        return;
    };
    let total = sum(groups.iter());
    let start = score.map(|score| score.start.raw());
    if start != Some(total) {
        let span = reader.spans.of(&format!("group.{}.weight", first.id));
        let title = format!(
            "the weights of the groups add up to {}",
            Points::from_raw(total)
        );
        let why = match score {
            Some(score) => format!("the score starts at {}", score.start),
            None => "there is no [score] that they could add up to".to_owned(),
        };
        reader.problem("RULE-N05", span, title, why);
    }
    if score.is_some_and(|score| score.direction != Direction::Deduct) {
        let span = reader.spans.of("score.direction");
        let why = "a weighted score loses weight × (100 − value) / 100: write \"deduct\"";
        reader.problem(
            "RULE-N05",
            span,
            "weights in a scheme that accumulates",
            why,
        );
    }
    for group in groups {
        let inside = sum(indicators
            .iter()
            .filter(|i| i.group.as_ref() == Some(&group.id)));
        if inside > group.weight.raw() {
            let span = reader.spans.of(&format!("group.{}.weight", group.id));
            let title = format!(
                "the indicators of group \"{}\" weigh {}",
                group.id,
                Points::from_raw(inside)
            );
            let why = format!("the group weighs {}", group.weight);
            reader.problem("RULE-N05", span, title, why);
        }
    }
    for lone in indicators {
        let placed = groups.iter().any(|g| lone.group.as_ref() == Some(&g.id));
        if !placed {
            let span = reader.spans.of(&format!("indicator.{}.weight", lone.id));
            let why = "name the weighted group that it is part of";
            reader.problem("RULE-N05", span, "this weight is part of no group", why);
        }
    }
}

fn sum<'w>(list: impl Iterator<Item = &'w Weighted>) -> i64 {
    list.fold(0, |total, one| total.saturating_add(one.weight.raw()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str) -> Points {
        Points::parse(text).unwrap()
    }

    #[test]
    fn a_value_costs_its_missing_share_of_the_weight() {
        let fifteen = points("15");
        assert_eq!(cost(fifteen, points("0")), Some(fifteen));
        assert_eq!(cost(fifteen, points("79")), Some(points("3.15")));
        assert_eq!(cost(fifteen, points("99.99")), Some(points("0.0015")));
        assert_eq!(cost(fifteen, points("100")), Some(points("0")));
    }

    #[test]
    fn a_value_outside_its_range_or_finer_than_points_is_refused() {
        assert_eq!(cost(points("15"), points("100.0001")), None);
        assert_eq!(cost(points("15"), points("-1")), None);
        assert_eq!(cost(points("0.5"), points("99.9999")), None);
    }
}
