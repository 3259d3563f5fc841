//! Counts over a night's results, gathered part by part.

use std::collections::BTreeMap;

use super::labels::coded;
use super::part::Part;
use crate::record::Day;

/// Days ahead within which a result that will change by itself is announced.
pub(super) const SOON: i32 = 30;

/// Counts of one night; adding parts in any order gives the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub schemes: BTreeMap<String, SchemeTally>,
    /// (state, measure) → rows.
    pub measures: BTreeMap<(String, String), u64>,
    /// (state, code) → rows.
    pub reasons: BTreeMap<(String, String), u64>,
    /// (incentive, state) → rows.
    pub incentives: BTreeMap<(String, String), u64>,
    /// (scheme, flag) → subjects.
    pub supervision: BTreeMap<(String, String), u64>,
    /// Measures whose row or list edition is provisional.
    pub provisional_measures: u64,
    /// Subjects with any result.
    pub subjects: u64,
}

/// Counts of one scheme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SchemeTally {
    /// (order, grade) → subjects; rated ones only.
    pub grades: BTreeMap<(i64, String), u64>,
    /// Why not rated → subjects.
    pub unrated: BTreeMap<String, u64>,
    pub provisional: u64,
    /// Results that change by themselves within [`SOON`] days.
    pub soon: u64,
}

impl SchemeTally {
    pub(super) fn rated(&self) -> u64 {
        self.grades.values().sum()
    }

    pub(super) fn not_rated(&self) -> u64 {
        self.unrated.values().sum()
    }
}

impl Tally {
    /// Adds the rows of a part.
    pub(super) fn add(&mut self, part: &Part, as_of: Day) {
        let g = part.grades.rows();
        let soon = as_of.plus_days(SOON);
        for i in 0..g.len() {
            let tally = self.schemes.entry(g.text(i, "scheme")).or_default();
            if g.flag(i, "rated") {
                let grade = format!("{} {}", g.str(i, "grade"), g.str(i, "grade_name"));
                let key = (g.number(i, "order_key").unwrap_or(i64::MAX), grade);
                *tally.grades.entry(key).or_default() += 1;
            } else {
                *tally
                    .unrated
                    .entry(undated(g.str(i, "reason")))
                    .or_default() += 1;
            }
            tally.provisional += u64::from(g.flag(i, "provisional"));
            let next = g.day(i, "next_change_on");
            tally.soon += u64::from(next.is_some_and(|day| day <= soon));
        }
        let m = part.measures.rows();
        for i in 0..m.len() {
            let state = m.text(i, "state");
            let code = coded(m.str(i, "reason")).0.to_owned();
            *self.reasons.entry((state.clone(), code)).or_default() += 1;
            *self
                .measures
                .entry((state, m.text(i, "measure")))
                .or_default() += 1;
            self.provisional_measures += u64::from(m.flag(i, "provisional"));
        }
        let n = part.incentives.rows();
        for i in 0..n.len() {
            let key = (n.text(i, "incentive"), n.text(i, "state"));
            *self.incentives.entry(key).or_default() += 1;
        }
        let s = part.supervision.rows();
        for i in 0..s.len() {
            let key = (s.text(i, "scheme"), s.text(i, "flag"));
            *self.supervision.entry(key).or_default() += 1;
        }
        self.subjects += part.result_subjects().len() as u64;
    }

    /// Measures of a state.
    pub(super) fn of_state(&self, state: &str) -> u64 {
        let of = self.measures.iter().filter(|((s, _), _)| s == state);
        of.map(|(_, n)| n).sum()
    }
}

/// A reason with its dates taken out, so that equal reasons count as one.
fn undated(reason: &str) -> String {
    let mut text = String::new();
    let mut in_date = false;
    for c in reason.chars() {
        let of_date = c.is_ascii_digit() || (in_date && matches!(c, '年' | '月' | '日' | '-'));
        if of_date && !in_date {
            text.push('某');
            text.push('日');
        }
        in_date = of_date;
        if !of_date {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::undated;

    #[test]
    fn reasons_that_differ_by_a_date_are_one() {
        assert_eq!(
            undated("不评级：参评资格已于2025年12月31日届满"),
            "不评级：参评资格已于某日届满"
        );
        assert_eq!(undated("不评级：未列入参评名录"), "不评级：未列入参评名录");
    }
}
