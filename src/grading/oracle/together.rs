//! Rows with tests over all their records.

use super::fold::{Hit, Past};
use super::world::Record;
use crate::record::{Day, Points};
use crate::rules::model::{Amount, Indicator, Interval, Period, Row, Scheme, Test};

/// What a row with tests is asked with.
pub(super) struct Asked<'q, 'w, 'a> {
    pub(super) scheme: &'q Scheme,
    pub(super) members: &'q [&'q Hit<'w, 'a>],
    /// Hits that count by themselves.
    pub(super) all: &'q [&'q Hit<'w, 'a>],
    pub(super) known_since: Option<Day>,
    pub(super) past: &'q Past,
    pub(super) day: Day,
}

/// Asks every row with tests; marks its records, and returns the carriers that stand with how often.
pub(super) fn together(
    hits: &mut [Hit<'_, '_>],
    carriers: &[(&Indicator, &Row, usize, Record<'static>)],
    ask: impl Fn(&Row, &Indicator, &[&Hit<'_, '_>], &[&Hit<'_, '_>]) -> u16,
) -> Vec<(usize, u16)> {
    let mut found = Vec::new();
    let mut marks: Vec<(usize, bool)> = Vec::new();
    for (carrier, (indicator, row, _, _)) in carriers.iter().enumerate() {
        let live = |i: &usize| hits[*i].is_live();
        let own = |i: &usize| std::ptr::eq(hits[*i].row, *row);
        let members: Vec<usize> = (0..hits.len()).filter(live).filter(own).collect();
        let times = {
            let all: Vec<&Hit<'_, '_>> = hits.iter().filter(|hit| hit.is_live()).collect();
            let members: Vec<&Hit<'_, '_>> = members.iter().map(|&i| &hits[i]).collect();
            ask(row, indicator, &members, &all)
        };
        if times > 0 {
            found.push((carrier, times));
        }
        marks.extend(members.into_iter().map(|i| (i, times > 0)));
    }
    for (hit, counts) in marks {
        hits[hit].counts = counts;
        hits[hit].why_not = (!counts).then_some(crate::grading::wording::WhyNot::NotReached);
        hits[hit].tallied = true;
    }
    found
}

impl Asked<'_, '_, '_> {
    /// How often the effect of the row comes; 0 = a test does not hold.
    pub(super) fn times(&self, row: &Row) -> u16 {
        let mut times = 1;
        for test in &row.tests {
            if let Test::Clean {
                months,
                times: most,
                after,
            } = test
            {
                times = self.clean(*months, *most, after.as_deref());
                if times == 0 {
                    return 0;
                }
            } else if !self.holds(test) {
                return 0;
            }
        }
        times
    }

    fn clean(&self, months: u16, most: u16, after: Option<&str>) -> u16 {
        let last = self.members.iter().map(|hit| hit.frame.anchor).max();
        let since = match after {
            None => last.or(self.known_since),
            Some(id) => self
                .all
                .iter()
                .filter(|hit| hit.row.id == id && std::ptr::eq(hit.scheme, self.scheme))
                .map(|hit| hit.record.decided_on)
                .filter(|day| last.is_none_or(|last| *day >= last))
                .min(),
        };
        let Some(since) = since else { return 0 };
        let mut times = 0;
        while times < most && since.plus_months(i32::from(months) * i32::from(times + 1)) < self.day
        {
            times += 1;
        }
        times
    }

    fn holds(&self, test: &Test) -> bool {
        match test {
            Test::Count(range) => range.contains(&self.amount(Amount::Count)),
            Test::Cases(range) => range.contains(&self.amount(Amount::Cases)),
            Test::Fines(range) => inside(range, self.amount(Amount::Fines), |fen| fen.0),
            Test::Confiscated(range) => {
                inside(range, self.amount(Amount::Confiscated), |fen| fen.0)
            }
            Test::Running { unit, range } => {
                let longest = self
                    .members
                    .iter()
                    .map(|hit| self.run_from(hit.record.decided_on, *unit))
                    .max();
                range.contains(&longest.unwrap_or(0))
            }
            Test::Ratio { of, per, range } => {
                let facts = self
                    .all
                    .iter()
                    .filter(|hit| hit.row.id == *per && std::ptr::eq(hit.scheme, self.scheme));
                let Some(fact) = facts.max_by_key(|hit| (hit.record.decided_on, hit.record.id))
                else {
                    return false;
                };
                let number = fact
                    .record
                    .level
                    .and_then(|text| Points::parse(text.trim()));
                let Some(number) = number.filter(|number| *number > Points::ZERO) else {
                    return false;
                };
                // Both sides in the same whole unit: 万元 have 1 000 000 分 and 10 000 raw points.
                let amount = i128::from(self.amount(*of)) * 1_000_000;
                let (left, unit) = match of {
                    Amount::Count | Amount::Cases => (amount * 10_000, 1),
                    Amount::Fines | Amount::Confiscated => (amount, 100),
                };
                let bound = |rate: i64| i128::from(rate) * i128::from(number.raw()) * unit;
                let scaled = Interval {
                    lower: scale(range.lower, &bound),
                    upper: scale(range.upper, &bound),
                };
                scaled.contains(&left)
            }
            Test::Known(range) => {
                let Some(known) = self.known_since else {
                    return false;
                };
                let mut months = 0;
                while known.plus_months(months + 1) <= self.day {
                    months += 1;
                }
                range.contains(&i64::from(months))
            }
            Test::Was {
                grades,
                cycles,
                range,
                running,
            } => {
                let names: Vec<&String> = grades
                    .iter()
                    .map(|&band| &self.scheme.bands[band].grade)
                    .collect();
                let skipped = self.past.len().saturating_sub(usize::from(*cycles));
                let seen: Vec<bool> = self.past[skipped..]
                    .iter()
                    .map(|(_, grade)| grade.as_ref().is_some_and(|g| names.contains(&g)))
                    .collect();
                let number = if *running {
                    seen.split(|had| !had).map(<[bool]>::len).max().unwrap_or(0)
                } else {
                    seen.into_iter().filter(|had| *had).count()
                };
                range.contains(&i64::try_from(number).unwrap_or(i64::MAX))
            }
            Test::Clean { .. } => true,
        }
    }

    fn amount(&self, of: Amount) -> i64 {
        let fen = |hit: &&Hit<'_, '_>| match of {
            Amount::Fines => hit.record.fine.map_or(0, |fen| fen.0),
            Amount::Confiscated => hit.record.confiscated.map_or(0, |fen| fen.0),
            Amount::Count | Amount::Cases => 0,
        };
        match of {
            Amount::Count => i64::try_from(self.members.len()).unwrap_or(i64::MAX),
            Amount::Cases => {
                let mut cases: Vec<&str> = Vec::new();
                for hit in self.members {
                    if !cases.contains(&hit.record.case.as_str()) {
                        cases.push(&hit.record.case);
                    }
                }
                i64::try_from(cases.len()).unwrap_or(i64::MAX)
            }
            Amount::Fines | Amount::Confiscated => self.members.iter().map(fen).sum(),
        }
    }

    /// Periods in a row with a record, from the one that holds a day.
    fn run_from(&self, day: Day, unit: Period) -> i64 {
        let same = |a: Day, b: Day| {
            let number = |day: Day| {
                let (year, month, _) = day.ymd();
                let months = i64::from(year) * 12 + i64::from(month) - 1;
                months / i64::from(unit.months())
            };
            number(a) == number(b)
        };
        let (year, month, _) = day.ymd();
        let mut first = Day::from_ymd(year, month, 1).unwrap_or(day);
        let mut run = 0;
        while self
            .members
            .iter()
            .any(|hit| same(hit.record.decided_on, first))
        {
            run += 1;
            first = first.plus_months(unit.months());
        }
        run
    }
}

fn scale(
    bound: crate::rules::model::Bound<crate::rules::model::Rate>,
    by: &impl Fn(i64) -> i128,
) -> crate::rules::model::Bound<i128> {
    use crate::rules::model::Bound;
    match bound {
        Bound::Unbounded => Bound::Unbounded,
        Bound::Included(rate) => Bound::Included(by(rate.0)),
        Bound::Excluded(rate) => Bound::Excluded(by(rate.0)),
    }
}

fn inside<T: Copy>(range: &Interval<T>, value: i64, raw: impl Fn(T) -> i64) -> bool {
    use crate::rules::model::Bound;
    let above = match range.lower {
        Bound::Unbounded => true,
        Bound::Included(low) => value >= raw(low),
        Bound::Excluded(low) => value > raw(low),
    };
    let below = match range.upper {
        Bound::Unbounded => true,
        Bound::Included(high) => value <= raw(high),
        Bound::Excluded(high) => value < raw(high),
    };
    above && below
}
