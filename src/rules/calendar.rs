//! Reads `calendar/cn-YYYY.toml`: the days off and the worked weekend days of one year per file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::model::Status;
use crate::record::{Calendar, Day, YearDays};

/// The arrangement behind one year of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearSource {
    /// The year.
    pub year: i32,
    /// The notice of the State Council that arranges it.
    pub basis: String,
    /// How far the file can be trusted.
    pub status: Status,
}

/// What is wrong with a calendar file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CalendarError {
    /// Not TOML, or not the keys of a calendar file.
    #[error("read the calendar {path}: {source}")]
    Syntax {
        /// Path under `rules/`.
        path: String,
        /// What the parser found, with its place.
        source: Box<toml::de::Error>,
    },
    /// The file name does not say the year in the file.
    #[error("read the calendar {path}: it must be named calendar/cn-{year}.toml")]
    Name {
        /// Path under `rules/`.
        path: String,
        /// The year in the file.
        year: i32,
    },
    /// A value that should be a day is not one, or has a time of day.
    #[error("read the calendar {path}: {found} is no day")]
    NoDay {
        /// Path under `rules/`.
        path: String,
        /// The value.
        found: String,
    },
    /// A day of another year.
    #[error("read the calendar {path}: {day} is not in {year}")]
    OtherYear {
        /// Path under `rules/`.
        path: String,
        /// The day.
        day: Day,
        /// The year of the file.
        year: i32,
    },
    /// A day that is listed twice, be it as a day off or as a worked day.
    #[error("read the calendar {path}: {day} is listed twice")]
    Twice {
        /// Path under `rules/`.
        path: String,
        /// The day.
        day: Day,
    },
    /// A worked day that is no Saturday or Sunday.
    #[error("read the calendar {path}: {day} is worked anyway, it is no weekend day")]
    NoWeekend {
        /// Path under `rules/`.
        path: String,
        /// The day.
        day: Day,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileToml {
    year: i32,
    basis: String,
    #[serde(default)]
    status: StatusToml,
    note: Option<String>,
    #[serde(default)]
    holiday: Vec<HolidayToml>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum StatusToml {
    #[default]
    Verified,
    Provisional,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayToml {
    /// For the reader of the file only; every holiday must say which it is.
    #[serde(rename = "name")]
    _name: String,
    #[serde(default)]
    off: Vec<toml::value::Datetime>,
    #[serde(default)]
    work: Vec<toml::value::Datetime>,
}

/// The calendar of all `calendar/*.toml` among `files` (path under `rules/` → text).
pub fn load(files: &BTreeMap<String, String>) -> Result<Calendar, CalendarError> {
    load_with_sources(files).map(|(calendar, _)| calendar)
}

/// As [`load`], with the arrangement behind each year, ascending.
pub fn load_with_sources(
    files: &BTreeMap<String, String>,
) -> Result<(Calendar, Vec<YearSource>), CalendarError> {
    let mut years = BTreeMap::new();
    let mut sources = Vec::new();
    for (path, text) in files {
        if !path.starts_with("calendar/") || !path.ends_with(".toml") {
            continue;
        }
        let file: FileToml = toml::from_str(text).map_err(|source| CalendarError::Syntax {
            path: path.clone(),
            source: Box::new(source),
        })?;
        let year = file.year;
        if *path != format!("calendar/cn-{year}.toml") {
            return Err(CalendarError::Name {
                path: path.clone(),
                year,
            });
        }
        years.insert(year, year_days(path, &file)?);
        sources.push(YearSource {
            year,
            basis: file.basis,
            status: match file.status {
                StatusToml::Verified => Status::Verified,
                StatusToml::Provisional => Status::Provisional(file.note.unwrap_or_default()),
            },
        });
    }
    sources.sort_by_key(|source| source.year);
    Ok((Calendar::new(years), sources))
}

fn year_days(path: &str, file: &FileToml) -> Result<YearDays, CalendarError> {
    let mut days = YearDays::default();
    let in_year = |value: &toml::value::Datetime| {
        let day = day_of(value).ok_or_else(|| CalendarError::NoDay {
            path: path.to_owned(),
            found: value.to_string(),
        })?;
        if day.ymd().0 == file.year {
            Ok(day)
        } else {
            Err(CalendarError::OtherYear {
                path: path.to_owned(),
                day,
                year: file.year,
            })
        }
    };
    for holiday in &file.holiday {
        for value in &holiday.off {
            let day = in_year(value)?;
            if !days.off.insert(day) {
                return Err(twice(path, day));
            }
        }
        for value in &holiday.work {
            let day = in_year(value)?;
            if day.weekday() <= 5 {
                return Err(CalendarError::NoWeekend {
                    path: path.to_owned(),
                    day,
                });
            }
            if !days.work.insert(day) {
                return Err(twice(path, day));
            }
        }
    }
    match days.off.intersection(&days.work).next() {
        Some(day) => Err(twice(path, *day)),
        None => Ok(days),
    }
}

fn twice(path: &str, day: Day) -> CalendarError {
    CalendarError::Twice {
        path: path.to_owned(),
        day,
    }
}

/// A TOML local date as a day; `None` for anything with a time of day.
pub(super) fn day_of(value: &toml::value::Datetime) -> Option<Day> {
    let date = value.date.filter(|_| value.time.is_none())?;
    Day::from_ymd(
        i32::from(date.year),
        u32::from(date.month),
        u32::from(date.day),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> BTreeMap<String, String> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/calendar");
        std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                let text = std::fs::read_to_string(entry.path()).unwrap();
                (format!("calendar/{name}"), text)
            })
            .collect()
    }

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn one(text: &str) -> Result<Calendar, CalendarError> {
        load(&BTreeMap::from([(
            "calendar/cn-2024.toml".to_owned(),
            text.to_owned(),
        )]))
    }

    #[test]
    fn the_seventh_working_day_follows_the_arrangements() {
        let calendar = load(&shipped()).unwrap();
        for (decided, due) in [
            ("2022-05-10", "2022-05-19"),
            ("2023-04-27", "2023-05-10"),
            ("2024-02-06", "2024-02-21"),
            ("2024-02-09", "2024-02-26"),
            ("2024-09-27", "2024-10-12"),
            ("2025-01-24", "2025-02-10"),
            ("2025-09-28", "2025-10-14"),
        ] {
            let (decided, due) = (day(decided), day(due));
            assert_eq!(calendar.nth_working_day_after(decided, 7), Some(due));
            assert_eq!(calendar.working_days_between(decided, due), Some(7));
        }
    }

    #[test]
    fn a_missing_year_makes_the_answer_unknown() {
        let calendar = load(&shipped()).unwrap();
        assert_eq!(
            calendar.years().collect::<Vec<_>>(),
            (2015..=2026).collect::<Vec<_>>()
        );
        assert_eq!(calendar.is_working_day(day("2027-01-04")), None);
        assert_eq!(calendar.nth_working_day_after(day("2026-12-28"), 7), None);
        assert_eq!(
            calendar.working_days_between(day("2014-12-30"), day("2015-01-05")),
            None
        );
        assert_eq!(
            calendar.nth_working_day_after(day("2027-01-04"), 0),
            Some(day("2027-01-04"))
        );
        assert_eq!(
            calendar.working_days_between(day("2024-01-05"), day("2024-01-05")),
            Some(0)
        );
    }

    #[test]
    fn every_shipped_year_names_its_notice() {
        let (_, sources) = load_with_sources(&shipped()).unwrap();
        for source in sources {
            assert!(source.basis.contains(&source.year.to_string()));
            assert!(
                !matches!(source.status, Status::Provisional(reason) if reason.is_empty()),
                "{}",
                source.year
            );
        }
    }

    #[test]
    fn impossible_days_are_refused() {
        let year = "year = 2024\nbasis = \"通知\"\n[[holiday]]\nname = \"元旦\"\n";
        let refused = |days: &str| one(&format!("{year}{days}")).unwrap_err();
        assert!(matches!(
            refused("off = [2023-12-31]"),
            CalendarError::OtherYear { .. }
        ));
        assert!(matches!(
            refused("off = [2024-01-06]\nwork = [2024-01-06]"),
            CalendarError::Twice { .. }
        ));
        assert!(matches!(
            refused("off = [2024-01-01, 2024-01-01]"),
            CalendarError::Twice { .. }
        ));
        assert!(matches!(
            refused("work = [2024-01-05]"),
            CalendarError::NoWeekend { .. }
        ));
        assert!(matches!(
            refused("off = [2024-01-01T00:00:00]"),
            CalendarError::NoDay { .. }
        ));
        assert!(matches!(
            refused("of = [2024-01-01]"),
            CalendarError::Syntax { .. }
        ));
        assert!(matches!(
            one("year = 2025\nbasis = \"通知\"\n").unwrap_err(),
            CalendarError::Name { year: 2025, .. }
        ));
    }
}
