//! Key figures of one scheme under one pack. Exact: scores are kept by value, never as floats.

use std::collections::BTreeMap;

use super::place::Place;
use crate::grading::Outcome;
use crate::record::{Day, Points};

/// A result that time alone changes within so many days counts as changing soon.
pub const SOON_DAYS: i32 = 90;

/// What a scheme says under one pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Subjects with a rating.
    pub rated: u64,
    /// Subjects that the scheme knows and does not rate.
    pub not_rated: u64,
    /// Results that rest on a figure that is not verified.
    pub provisional: u64,
    /// Results whose next change lies within [`SOON_DAYS`] days.
    pub changing_soon: u64,
    /// Subjects by place.
    pub places: BTreeMap<Place, u64>,
    /// Subjects by score.
    scores: BTreeMap<Points, u64>,
}

impl Figures {
    pub(super) fn add(&mut self, outcome: &Outcome, as_of: Day) {
        let standing = &outcome.standing;
        if standing.rated {
            self.rated += 1;
        } else {
            self.not_rated += 1;
        }
        self.provisional += u64::from(outcome.provisional);
        let soon = as_of.plus_days(SOON_DAYS);
        let next = outcome.next_change.as_ref();
        self.changing_soon += u64::from(next.is_some_and(|next| next.on <= soon));
        *self.places.entry(Place::of(Some(outcome))).or_default() += 1;
        if let Some(score) = standing.score {
            *self.scores.entry(score).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.rated += other.rated;
        self.not_rated += other.not_rated;
        self.provisional += other.provisional;
        self.changing_soon += other.changing_soon;
        for (place, count) in &other.places {
            *self.places.entry(place.clone()).or_default() += count;
        }
        for (score, count) in &other.scores {
            *self.scores.entry(*score).or_default() += count;
        }
    }

    /// Subjects that the scheme knows.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.rated + self.not_rated
    }

    /// Subjects with a score.
    #[must_use]
    pub fn scored(&self) -> u64 {
        self.scores.values().sum()
    }

    /// Mean of the scores, rounded half away from zero at the fourth decimal; `None` without a score.
    #[must_use]
    pub fn mean(&self) -> Option<Points> {
        let sum: i128 = self
            .scores
            .iter()
            .map(|(score, count)| i128::from(score.raw()) * i128::from(*count))
            .sum();
        divided(sum, i128::from(self.scored()))
    }

    /// Median of the scores; of an even number the mean of the two in the middle, rounded as [`Figures::mean`].
    #[must_use]
    pub fn median(&self) -> Option<Points> {
        let all = self.scored();
        let low = self.ranked(all.checked_sub(1)? / 2)?;
        let high = self.ranked(all / 2)?;
        divided(i128::from(low.raw()) + i128::from(high.raw()), 2)
    }

    /// The score of a rank, 0 = lowest.
    fn ranked(&self, rank: u64) -> Option<Points> {
        let mut below = 0;
        self.scores.iter().find_map(|(score, count)| {
            below += count;
            (rank < below).then_some(*score)
        })
    }
}

/// `sum / count` in ten-thousandths, rounded half away from zero.
fn divided(sum: i128, count: i128) -> Option<Points> {
    if count == 0 {
        return None;
    }
    let rounded = (2 * sum.abs() + count) / (2 * count);
    let signed = if sum < 0 { -rounded } else { rounded };
    i64::try_from(signed).ok().map(Points::from_raw)
}

/// `part` of `whole` in percent with two decimals, rounded half up: `33.33%`; `—` of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "—".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    let hundredths = (2 * part * 10_000 + whole) / (2 * whole);
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scores: &[&str]) -> Figures {
        let mut figures = Figures::default();
        for score in scores {
            *figures
                .scores
                .entry(Points::parse(score).unwrap())
                .or_default() += 1;
        }
        figures
    }

    #[test]
    fn mean_and_median_are_exact_decimals() {
        let three = of(&["97", "100", "80.5"]);
        assert_eq!(three.mean().unwrap().to_string(), "92.5");
        assert_eq!(three.median().unwrap().to_string(), "97");
        let four = of(&["0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(four.mean().unwrap().to_string(), "0.25");
        assert_eq!(four.median().unwrap().to_string(), "0.25");
        let thirds = of(&["1", "0", "0"]);
        assert_eq!(thirds.mean().unwrap().to_string(), "0.3333");
        assert_eq!(
            of(&["-1", "0", "-1"]).mean().unwrap().to_string(),
            "-0.6667"
        );
        assert_eq!((of(&[]).mean(), of(&[]).median()), (None, None));
        assert_eq!(of(&["5", "5", "9"]).median().unwrap().to_string(), "5");
    }

    #[test]
    fn parts_in_any_order_give_the_same_figures() {
        let (one, other) = (of(&["1", "2"]), of(&["2", "7"]));
        let (mut left, mut right) = (one.clone(), other.clone());
        left.merge(&other);
        right.merge(&one);
        assert_eq!(left, right);
        assert_eq!(left.median().unwrap().to_string(), "2");
    }

    #[test]
    fn shares_round_half_up_and_nothing_has_no_share() {
        assert_eq!(percent(1, 3), "33.33%");
        assert_eq!(percent(2, 3), "66.67%");
        assert_eq!(percent(1, 20_000), "0.01%");
        assert_eq!(percent(3, 3), "100.00%");
        assert_eq!(percent(0, 0), "—");
    }
}
