//! Days of decisions and the ways files write them.

use crate::record::Day;

use super::rng::Rng;

/// First day of the 生态环境法典 (its art. 1242).
pub(crate) fn code_in_force() -> Day {
    ymd(2026, 8, 15)
}

/// A day that is known to exist; the epoch otherwise.
pub(crate) fn ymd(year: i32, month: u32, day: u32) -> Day {
    Day::from_ymd(year, month, day).unwrap_or(Day::from_epoch(0))
}

/// A weekday on or before `day`, never later.
fn weekday_before(day: Day) -> Day {
    match day.weekday() {
        6 => day.plus_days(-1),
        7 => day.plus_days(-2),
        _ => day,
    }
}

/// A decision day: two thirds within the last 23 months before `until`, the others up to 44 months back.
pub(crate) fn decided(rng: &mut Rng, until: Day) -> Day {
    let back = if rng.chance(670) {
        rng.range(0, 690)
    } else {
        rng.range(690, 1330)
    };
    weekday_before(until.plus_days(-(back as i32)))
}

/// How many days after the decision the row was sent: mostly within the duty of 7 working days.
pub(crate) fn sent_after(rng: &mut Rng) -> i32 {
    if rng.chance(940) {
        rng.range(1, 8) as i32
    } else {
        rng.range(12, 60) as i32
    }
}

/// How a file writes days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateStyle {
    /// `2026/11/20`, as the standard says.
    Slash,
    /// `2026-11-20`, as databases do.
    Dash,
    /// Milliseconds since 1970-01-01 00:00 in China (UTC+8), as JSON interfaces return them.
    EpochMillis,
}

impl DateStyle {
    /// `day` in this style.
    pub(crate) fn write(self, day: Day) -> String {
        match self {
            DateStyle::Slash => day.to_string().replace('-', "/"),
            DateStyle::Dash => day.to_string(),
            DateStyle::EpochMillis => epoch_millis(day, 0).to_string(),
        }
    }

    /// A point in time: the day and seconds after midnight.
    pub(crate) fn write_time(self, day: Day, seconds: u32) -> String {
        if self == DateStyle::EpochMillis {
            return epoch_millis(day, seconds).to_string();
        }
        let mut text = self.write(day);
        for (mark, value) in [
            (' ', seconds / 3600 % 24),
            (':', seconds / 60 % 60),
            (':', seconds % 60),
        ] {
            let digit = |value: u32| char::from(b'0' + (value % 10) as u8);
            text.extend([mark, digit(value / 10), digit(value)]);
        }
        text
    }
}

/// Milliseconds since 1970-01-01 00:00 UTC of a time of day in China.
fn epoch_millis(day: Day, seconds: u32) -> i64 {
    (i64::from(day.epoch()) * 86_400 + i64::from(seconds) - 8 * 3600) * 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_fall_on_weekdays_before_the_last_day() {
        let until = ymd(2026, 11, 22);
        let mut rng = Rng::new(1, 1, 1);
        for _ in 0..500 {
            let day = decided(&mut rng, until);
            assert!(day <= until && day.weekday() <= 5, "{day}");
        }
    }

    #[test]
    fn styles() {
        let day = ymd(2019, 9, 11);
        assert_eq!(DateStyle::Slash.write(day), "2019/09/11");
        // The time stamp printed in a city platform's own sample: 2019-09-11 13:46:21 in China.
        assert_eq!(
            DateStyle::EpochMillis.write_time(day, 13 * 3600 + 46 * 60 + 21),
            "1568180781000"
        );
        assert_eq!(DateStyle::Dash.write_time(day, 3661), "2019-09-11 01:01:01");
    }
}
