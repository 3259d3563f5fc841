//! Civil days, counted as Arrow's `Date32` counts them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of the Gregorian calendar: days since 1970-01-01.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct Day(i32);

/// Why a text is not a day.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a day of the form YYYY-MM-DD: {0:?}")]
pub struct DayError(pub String);

impl Day {
    /// 2099-12-31, the 长期 (no end) of the 双公示 templates.
    pub const LONG_TERM: Day = Day(47_481);

    pub const fn from_epoch(days: i32) -> Day {
        Day(days)
    }

    pub const fn epoch(self) -> i32 {
        self.0
    }

    /// `None` when there is no such day (2023-02-31) or the year is outside 1..=9999.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Day> {
        let valid = (1..=9999).contains(&year)
            && (1..=12).contains(&month)
            && day >= 1
            && day <= month_length(year, month);
        valid.then(|| Day(days_from_civil(year, month, day)))
    }

    pub fn ymd(self) -> (i32, u32, u32) {
        let z = i64::from(self.0) + 719_468;
        let era = z.div_euclid(146_097);
        let doe = z.rem_euclid(146_097);
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
        let mp = (5 * doy + 2) / 153;
        let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
        let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
        ((yoe + era * 400 + i64::from(month <= 2)) as i32, month, day)
    }

    /// Exactly `YYYY-MM-DD`.
    pub fn parse_iso(text: &str) -> Option<Day> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return None;
        }
        let number = |range: std::ops::Range<usize>| -> Option<u32> {
            bytes[range].iter().try_fold(0u32, |n, b| {
                b.is_ascii_digit().then(|| n * 10 + u32::from(b - b'0'))
            })
        };
        Day::from_ymd(
            i32::try_from(number(0..4)?).ok()?,
            number(5..7)?,
            number(8..10)?,
        )
    }

    /// Saturating.
    pub fn plus_days(self, days: i32) -> Day {
        Day(self.0.saturating_add(days))
    }

    /// The like day `months` later, or the month's last day where it has none (民法典 202).
    pub fn plus_months(self, months: i32) -> Day {
        let (year, month, day) = self.ymd();
        let index = year * 12 + month as i32 - 1 + months;
        let (year, month) = (index.div_euclid(12), index.rem_euclid(12) as u32 + 1);
        Day(days_from_civil(
            year,
            month,
            day.min(month_length(year, month)),
        ))
    }

    /// `YYYY-MM-DD`, as it is displayed. Rows by the million are stamped with days, and the formatter's own ways are slow.
    pub fn iso(self) -> String {
        match self.letters() {
            Some(letters) => String::from_utf8_lossy(&letters).into_owned(),
            None => self.to_string(),
        }
    }

    /// The letters of a day of the years 0 to 9999.
    fn letters(self) -> Option<[u8; 10]> {
        let (year, month, day) = self.ymd();
        let year = u32::try_from(year).ok().filter(|year| *year <= 9_999)?;
        let digit = |value: u32| b'0' + (value % 10) as u8;
        Some([
            digit(year / 1000),
            digit(year / 100),
            digit(year / 10),
            digit(year),
            b'-',
            digit(month / 10),
            digit(month),
            b'-',
            digit(day / 10),
            digit(day),
        ])
    }

    /// 1 = Monday … 7 = Sunday.
    pub fn weekday(self) -> u8 {
        ((self.0 + 3).rem_euclid(7) + 1) as u8
    }

    /// `2026-11`.
    pub fn month(self) -> String {
        let (year, month, _) = self.ymd();
        format!("{year:04}-{month:02}")
    }

    /// `2026年11月22日`.
    pub fn zh(self) -> String {
        let (year, month, day) = self.ymd();
        format!("{year}年{month}月{day}日")
    }
}

fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let mp = i64::from((month + 9) % 12);
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    (era * 146_097 + doe - 719_468) as i32
}

fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(letters) = self.letters() {
            return f.write_str(std::str::from_utf8(&letters).unwrap_or_default());
        }
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Day, DayError> {
        Day::parse_iso(text).ok_or_else(|| DayError(text.to_owned()))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert_eq!(Day::from_ymd(2023, 2, 31), None);
        assert_eq!(Day::parse_iso("2023-2-01"), None);
        assert_eq!(day("2024-02-29").ymd(), (2024, 2, 29));
        assert_eq!(day("2099-12-31"), Day::LONG_TERM);
        assert_eq!(day("1970-01-01").epoch(), 0);
    }

    #[test]
    fn a_month_ends_on_the_like_day_or_its_last() {
        assert_eq!(day("2024-01-31").plus_months(1), day("2024-02-29"));
        assert_eq!(day("2024-02-29").plus_months(12), day("2025-02-28"));
        assert_eq!(day("2026-10-20").plus_months(3), day("2027-01-20"));
        assert_eq!(day("2026-01-15").plus_months(-2), day("2025-11-15"));
    }

    #[test]
    fn weekdays_and_words() {
        assert_eq!(day("2026-11-22").weekday(), 7);
        assert_eq!(day("2026-11-22").month(), "2026-11");
        assert_eq!(day("2026-01-02").zh(), "2026年1月2日");
    }
}
