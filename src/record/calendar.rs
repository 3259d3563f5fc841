//! Working days under the yearly holiday arrangement of the State Council (国务院办公厅关于…节假日安排的通知).

use std::collections::{BTreeMap, BTreeSet};

use super::day::Day;

/// The exceptions of one year: days off and, for them, worked weekend days (调休).
#[derive(Debug, Clone, Default, Eq, PartialEq)]
pub struct YearDays {
    /// Days off; weekend days may be among them.
    pub off: BTreeSet<Day>,
    /// Saturdays and Sundays that are worked.
    pub work: BTreeSet<Day>,
}

/// Which days are working days, for the years whose arrangement is known.
#[derive(Debug, Clone, Default, Eq, PartialEq)]
pub struct Calendar {
    years: BTreeMap<i32, YearDays>,
    /// Per year, how many working days it has up to and including its nth day; position 0 is the eve of the year.
    counts: BTreeMap<i32, Vec<u32>>,
}

impl Calendar {
    /// A calendar of these years. An arrangement binds its own year only: the days off that it gives at the turn of
    /// the year belong to the entry of the year in which they lie.
    pub fn new(years: BTreeMap<i32, YearDays>) -> Calendar {
        let mut calendar = Calendar {
            years,
            counts: BTreeMap::new(),
        };
        for &year in calendar.years.keys() {
            if let Some(counts) = calendar.count(year) {
                calendar.counts.insert(year, counts);
            }
        }
        calendar
    }

    /// The running count of working days of a known year.
    fn count(&self, year: i32) -> Option<Vec<u32>> {
        let mut at = Day::from_ymd(year, 1, 1)?;
        let last = Day::from_ymd(year, 12, 31)?;
        let mut counts = vec![0];
        let mut sum = 0;
        while at <= last {
            sum += u32::from(self.is_working_day(at)?);
            counts.push(sum);
            at = at.plus_days(1);
        }
        Some(counts)
    }

    /// The years known, ascending.
    pub fn years(&self) -> impl Iterator<Item = i32> + '_ {
        self.years.keys().copied()
    }

    /// Whether `day` is a working day; `None` if its year is not known.
    pub fn is_working_day(&self, day: Day) -> Option<bool> {
        let (year, _, _) = day.ymd();
        let exceptions = self.years.get(&year)?;
        if exceptions.work.contains(&day) {
            return Some(true);
        }
        Some(day.weekday() <= 5 && !exceptions.off.contains(&day))
    }

    /// The `count`th working day after `day`, which itself does not count (民法典 第201条); `day` for 0.
    ///
    /// `None` if a year on the way is not known.
    pub fn nth_working_day_after(&self, day: Day, count: u32) -> Option<Day> {
        // Within one year the running counts tell.
        let (year, ..) = day.ymd();
        if let (Some(counts), Some(first)) = (self.counts.get(&year), Day::from_ymd(year, 1, 1)) {
            let nth = usize::try_from(day.epoch() - first.epoch()).ok()? + 1;
            let wanted = counts.get(nth)? + count;
            let found = counts[nth..].iter().position(|sum| *sum >= wanted);
            if let Some(days) = found {
                return Some(day.plus_days(i32::try_from(days).ok()?));
            }
        }
        let mut at = day;
        let mut left = count;
        while left > 0 {
            at = at.plus_days(1);
            if self.is_working_day(at)? {
                left -= 1;
            }
        }
        Some(at)
    }

    /// How many working days lie after `after` and not after `until`; 0 if `until` is not later.
    ///
    /// `None` if a year on the way is not known.
    pub fn working_days_between(&self, after: Day, until: Day) -> Option<u32> {
        if until <= after {
            return Some(0);
        }
        // Counted from the day after, whose year alone needs to be known.
        let (first_year, ..) = after.plus_days(1).ymd();
        let (last_year, ..) = until.ymd();
        let upto = |year: i32, day: Day| {
            let eve = Day::from_ymd(year, 1, 1)?.plus_days(-1);
            let nth = usize::try_from(day.epoch() - eve.epoch()).ok()?;
            self.counts.get(&year)?.get(nth).copied()
        };
        let mut count = 0;
        for year in first_year..last_year {
            count += self.counts.get(&year)?.last()?;
        }
        Some(count + upto(last_year, until)? - upto(first_year, after)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    #[test]
    fn counts_agree_with_a_walk_over_the_days() {
        let mut years = BTreeMap::new();
        for year in [2023, 2024, 2025] {
            let mut days = YearDays::default();
            for nth in 1..=7 {
                days.off.extend(Day::from_ymd(year, 10, nth));
            }
            days.work.extend(Day::from_ymd(year, 10, 12));
            years.insert(year, days);
        }
        let calendar = Calendar::new(years);
        for nth in (0..1130).step_by(13) {
            let after = day("2022-12-29").plus_days(nth);
            let mut walked = Some(0_u32);
            let mut until = after;
            for _ in 0..1200 {
                assert_eq!(
                    calendar.working_days_between(after, until),
                    walked,
                    "{after} {until}"
                );
                until = until.plus_days(1);
                walked = match (walked, calendar.is_working_day(until)) {
                    (Some(sum), Some(works)) => Some(sum + u32::from(works)),
                    _ => None,
                };
            }
        }
        for nth in 0..1090 {
            let start = day("2022-12-29").plus_days(nth);
            for count in [0, 1, 7, 20] {
                let mut walked = Some(start);
                for _ in 0..count {
                    walked = walked.and_then(|mut at| {
                        loop {
                            at = at.plus_days(1);
                            if calendar.is_working_day(at)? {
                                return Some(at);
                            }
                        }
                    });
                }
                assert_eq!(
                    calendar.nth_working_day_after(start, count),
                    walked,
                    "{start} {count}"
                );
            }
        }
        // The eve of the first known year does not need to be known.
        assert_eq!(
            calendar.working_days_between(day("2022-12-31"), day("2023-01-02")),
            Some(1)
        );
        assert_eq!(
            calendar.working_days_between(day("2025-12-31"), day("2026-01-01")),
            None
        );
    }
}
