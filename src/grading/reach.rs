//! Which records can count on one day at all, told by the day of their decision: for whoever asks for no other day.

use super::hit::{NEVER, plus_months, window_from};
use super::program::{Anchor, Program, Row, Window};

/// For each row of a program the first and last decision day of what can count on the day asked for.
pub(crate) struct Reach {
    days: Vec<(i32, i32)>,
}

/// Any day.
const ALL: (i32, i32) = (i32::MIN, i32::MAX);

impl Reach {
    pub(crate) fn of(program: &Program, day: i32) -> Self {
        let days = program.rows.iter().map(|row| of_row(program, row, day));
        Self {
            days: days.collect(),
        }
    }

    /// Whether what was decided on a day may count under a row. Where it may not, it changes neither score nor grade.
    pub(crate) fn holds(&self, row: usize, decided: i32) -> bool {
        let (first, last) = self.days[row];
        first <= decided && decided <= last
    }
}

fn of_row(program: &Program, row: &Row, day: i32) -> (i32, i32) {
    let version = &program.versions[row.version];
    let family = &program.families[version.family];
    // Grades of other days are asked for too, records are counted that no longer stand, or a row that has ended still
    // removes what another says.
    let asks_more = family.looks_back || family.cyclic || !family.summaries.is_empty();
    if asks_more || !row.exempts.is_empty() {
        return ALL;
    }
    let (mut first, mut last) = (i32::MIN, day);
    if family.by_decision {
        first = version.from;
        last = last.min(version.to.unwrap_or(last));
    } else if program.in_force(family, day) != Some(row.version) {
        return (0, -1);
    }
    let indicator = &version.indicators[row.indicator];
    if indicator.anchor == Anchor::Decided && !indicator.carry_over {
        let (from, until) = decided_within(indicator.window, day);
        first = first.max(from);
        last = last.min(until);
    }
    (first, last)
}

/// First and last day from which a window reaches a day.
fn decided_within(window: Window, day: i32) -> (i32, i32) {
    match window {
        Window::Always => ALL,
        Window::Rolling(months) => {
            // Months differ by up to three days, so the first day is one of a few.
            let near = plus_months(day, -months);
            let reaches = |from: &i32| plus_months(*from, months) >= day;
            let first = (near.saturating_sub(4)..=near.saturating_add(4)).find(reaches);
            (first.unwrap_or(i32::MIN), NEVER)
        }
        Window::PreviousYear => window_from(
            Window::Calendar {
                months: 12,
                later: -1,
            },
            day,
        ),
        Window::CurrentYear => window_from(
            Window::Calendar {
                months: 12,
                later: 0,
            },
            day,
        ),
        Window::Calendar { months, later } => {
            let later = -later;
            window_from(Window::Calendar { months, later }, day)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Day;

    #[test]
    fn a_window_is_read_backwards() {
        let windows = [
            Window::Always,
            Window::Rolling(1),
            Window::Rolling(12),
            Window::Rolling(36),
            Window::PreviousYear,
            Window::CurrentYear,
            Window::Calendar {
                months: 3,
                later: 0,
            },
            Window::Calendar {
                months: 6,
                later: 1,
            },
        ];
        let days = |from: &str, until: &str| {
            let day = |text| Day::parse_iso(text).unwrap().epoch();
            day(from)..=day(until)
        };
        for window in windows {
            for day in days("2024-01-25", "2024-03-05").chain(days("2026-12-28", "2027-01-03")) {
                let (first, last) = decided_within(window, day);
                for decided in days("2019-12-25", "2027-03-05") {
                    let (from, until) = window_from(window, decided);
                    let counts = from <= day && day <= until;
                    assert_eq!(
                        counts,
                        first <= decided && decided <= last,
                        "{window:?}: decided {}, on {}",
                        Day::from_epoch(decided),
                        Day::from_epoch(day)
                    );
                }
            }
        }
    }
}
