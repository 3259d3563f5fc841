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
}

impl Calendar {
    /// A calendar of these years. An arrangement binds its own year only: the days off that it gives at the turn of
    /// the year belong to the entry of the year in which they lie.
    pub fn new(years: BTreeMap<i32, YearDays>) -> Calendar {
        Calendar { years }
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
        let mut count = 0;
        let mut at = after;
        while at < until {
            at = at.plus_days(1);
            if self.is_working_day(at)? {
                count += 1;
            }
        }
        Some(count)
    }
}
