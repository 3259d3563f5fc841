//! Spellings of single values: intervals, joins, windows, terms, citations. Exact; no floats.

use super::super::model::{
    Bound, CitedPattern, Delay, Fold, Interval, Join, Key, Period, Rate, Validity, Window,
};
use crate::record::{Fen, Points};

/// `3`, `-0.5`, `+12.25`: at most four decimals.
pub(super) fn points(text: &str) -> Option<Points> {
    decimal(text, 4).map(Points::from_raw)
}

/// 万元 → 分: at most six decimals, no sign.
pub(super) fn wan_yuan(text: &str) -> Option<Fen> {
    decimal(text, 6).filter(|fen| *fen >= 0).map(Fen)
}

/// A ratio: at most six decimals, no sign.
pub(super) fn rate(text: &str) -> Option<Rate> {
    decimal(text, 6).filter(|rate| *rate >= 0).map(Rate)
}

/// A decimal number in units of 10⁻ⁿ.
fn decimal(text: &str, places: usize) -> Option<i64> {
    let text = text.trim().replace('_', "");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |s: &str| s.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) || fraction.len() > places {
        return None;
    }
    let raw: i64 = format!("{whole}{fraction:0<places$}").parse().ok()?;
    Some(if negative { -raw } else { raw })
}

/// `(0,5]`, `[100,108]`, `(5,)`, `(,5]`: brackets always stand.
pub(super) fn interval<T: Copy + PartialOrd>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Interval<T>, &'static str> {
    let text = text.replace('，', ",");
    let text = text.trim();
    let mut inner = text.chars();
    let (open, close) = (inner.next(), inner.next_back());
    let lower_in = match open {
        Some('[') => true,
        Some('(') => false,
        _ => return Err("an interval begins with `[` (included) or `(` (not included)"),
    };
    let upper_in = match close {
        Some(']') => true,
        Some(')') => false,
        _ => return Err("an interval ends with `]` (included) or `)` (not included)"),
    };
    let (low, high) = inner
        .as_str()
        .split_once(',')
        .ok_or("an interval has two ends: `(0,5]`")?;
    let end = |text: &str, included: bool| match text.trim() {
        "" | "-∞" | "∞" | "+∞" => Ok(Bound::Unbounded),
        number => match read(number) {
            Some(value) if included => Ok(Bound::Included(value)),
            Some(value) => Ok(Bound::Excluded(value)),
            None => Err("the ends of an interval are numbers"),
        },
    };
    let found = Interval {
        lower: end(low, lower_in)?,
        upper: end(high, upper_in)?,
    };
    if is_empty(&found) {
        return Err("no number lies in this interval");
    }
    Ok(found)
}

fn is_empty<T: Copy + PartialOrd>(interval: &Interval<T>) -> bool {
    match (interval.lower, interval.upper) {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (
            Bound::Included(low) | Bound::Excluded(low),
            Bound::Included(high) | Bound::Excluded(high),
        ) => low >= high,
        _ => false,
    }
}

/// `sum`, `max-per-case, sum`, `once-per-subject`.
pub(super) fn join(text: &str) -> Option<Join> {
    let mut steps = text.split([',', '，']).map(str::trim);
    let first = steps.next()?;
    let second = steps.next();
    if steps.next().is_some() {
        return None;
    }
    match (first.split_once("-per-"), second) {
        (None, None) => Some(Join {
            within: None,
            across: fold(first)?,
        }),
        (Some((how, what)), across) => Some(Join {
            within: Some((key(what)?, fold(how)?)),
            across: across.map_or(Some(Fold::Sum), fold)?,
        }),
        (None, Some(_)) => None,
    }
}

fn fold(text: &str) -> Option<Fold> {
    Some(match text {
        "sum" => Fold::Sum,
        "max" => Fold::Max,
        "first" | "once" => Fold::First,
        _ => return None,
    })
}

fn key(text: &str) -> Option<Key> {
    Some(match text {
        "record" => Key::Record,
        "case" => Key::Case,
        "month" => Key::Month,
        "subject" => Key::Subject,
        _ => return None,
    })
}

/// `previous-year`, `current-year`, `rolling 12 months`, `always`.
pub(super) fn window(text: &str) -> Option<Window> {
    Some(match text {
        "always" => Window::Always,
        "previous-year" => Window::PreviousYear,
        "current-year" => Window::CurrentYear,
        other => match (
            other.strip_prefix("current-"),
            other.strip_prefix("previous-"),
        ) {
            (Some(unit), _) => Window::Calendar {
                unit: period(unit)?,
                back: 0,
            },
            (_, Some(unit)) => Window::Calendar {
                unit: period(unit)?,
                back: 1,
            },
            _ => Window::Rolling {
                months: months(other.strip_prefix("rolling ")?)?,
            },
        },
    })
}

/// `month`, `quarter`, `half-year`.
fn period(text: &str) -> Option<Period> {
    Some(match text {
        "month" => Period::Month,
        "quarter" => Period::Quarter,
        "half-year" => Period::HalfYear,
        _ => return None,
    })
}

/// `30 days`, `3 months`, `same-year`, `next-year`, `any`.
pub(super) fn delay(text: &str) -> Option<Delay> {
    Some(match text {
        "same-year" => Delay::SameYear,
        "next-year" => Delay::NextYear,
        "any" => Delay::Any,
        other => match days(other) {
            Some(days) => Delay::Days(days),
            None => Delay::Months(months(other)?),
        },
    })
}

/// `6 months`, `1 month`, `3 years`.
pub(super) fn months(text: &str) -> Option<u16> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u16 = number.parse().ok().filter(|n| *n > 0)?;
    match unit.trim() {
        "month" | "months" => Some(number),
        "year" | "years" => number.checked_mul(12),
        _ => None,
    }
}

/// `15 days`.
pub(super) fn days(text: &str) -> Option<u16> {
    let (number, unit) = text.trim().split_once(' ')?;
    matches!(unit.trim(), "day" | "days").then(|| number.parse().ok())?
}

/// `6 months`, `from-record`, `from-record, else 36 months`, `unlimited`.
pub(super) fn validity(text: &str, delay_days: u16, first_day_counts: bool) -> Option<Validity> {
    Some(match text {
        "unlimited" | "permanent" => Validity::Unlimited,
        "from-record" => Validity::FromRecord {
            default_months: None,
            first_day_counts,
        },
        other => match other.strip_prefix("from-record,") {
            Some(rest) => Validity::FromRecord {
                default_months: Some(months(rest.trim().strip_prefix("else ")?)?),
                first_day_counts,
            },
            None => Validity::Months {
                months: months(other)?,
                delay_days,
                first_day_counts,
            },
        },
    })
}

/// `大气污染防治法99-100`, `水污染防治法83,85`, `环境保护法`.
pub(super) fn cited(text: &str) -> Option<CitedPattern> {
    let text = text.trim().trim_start_matches('《').replace('》', "");
    let at = text
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(text.len());
    let statute = text[..at].trim().trim_end_matches('第').trim();
    let numbers = text[at..].trim().trim_end_matches('条');
    if statute.is_empty() {
        return None;
    }
    let mut articles = Vec::new();
    for part in numbers
        .split([',', '，', '、'])
        .filter(|part| !part.is_empty())
    {
        let (low, high) = part.split_once(['-', '–', '至']).unwrap_or((part, part));
        let (low, high): (u16, u16) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        if low == 0 || low > high {
            return None;
        }
        articles.extend(low..=high);
    }
    Some(CitedPattern {
        statute: statute.to_owned(),
        articles,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_keep_their_brackets_and_their_fractions() {
        let fines = interval("(0.5,5]", wan_yuan).unwrap();
        assert_eq!(fines.lower, Bound::Excluded(Fen(500_000)));
        assert_eq!(fines.upper, Bound::Included(Fen(5_000_000)));
        assert_eq!(interval("[12,)", points).unwrap().upper, Bound::Unbounded);
        for wrong in [
            "0,5",
            "(5,5]",
            "[6,5]",
            "(a,5]",
            "(0,5",
            "[1]",
            "(0,0.00000001]",
        ] {
            assert!(interval(wrong, wan_yuan).is_err(), "{wrong}");
        }
        assert!(interval("[5,5]", points).is_ok());
    }

    #[test]
    fn points_are_exact() {
        assert_eq!(points("0.5"), Some(Points::from_raw(5_000)));
        assert_eq!(points("-12"), Some(Points::from_raw(-120_000)));
        assert_eq!(points("1e3"), None);
        assert_eq!(points("0.00001"), None);
    }

    #[test]
    fn joins_read_as_within_then_across() {
        let two = join("max-per-case, sum").unwrap();
        assert_eq!(
            two,
            Join {
                within: Some((Key::Case, Fold::Max)),
                across: Fold::Sum
            }
        );
        assert_eq!(
            join("sum").unwrap(),
            Join {
                within: None,
                across: Fold::Sum
            }
        );
        let once = join("once-per-subject").unwrap();
        assert_eq!(
            once,
            Join {
                within: Some((Key::Subject, Fold::First)),
                across: Fold::Sum
            }
        );
        assert_eq!(join("sum, max"), None);
        assert_eq!(join("most-per-case, sum"), None);
    }

    #[test]
    fn terms_and_windows() {
        assert_eq!(
            window("rolling 12 months"),
            Some(Window::Rolling { months: 12 })
        );
        assert_eq!(
            window("rolling 1 year"),
            Some(Window::Rolling { months: 12 })
        );
        assert_eq!(window("rolling 0 months"), None);
        assert_eq!(
            validity("6 months", 15, false),
            Some(Validity::Months {
                months: 6,
                delay_days: 15,
                first_day_counts: false
            })
        );
        assert_eq!(
            validity("from-record, else 36 months", 0, true),
            Some(Validity::FromRecord {
                default_months: Some(36),
                first_day_counts: true
            })
        );
        assert_eq!(validity("half a year", 0, false), None);
        assert_eq!(days("15 days"), Some(15));
        assert_eq!(days("15"), None);
    }

    #[test]
    fn citations_name_a_statute_and_its_articles() {
        let two = cited("大气污染防治法99-101").unwrap();
        assert_eq!(
            (two.statute.as_str(), two.articles),
            ("大气污染防治法", vec![99, 100, 101])
        );
        assert_eq!(cited("环境保护法").unwrap().articles, Vec::<u16>::new());
        assert_eq!(
            cited("《水污染防治法》第83、85条").unwrap().articles,
            vec![83, 85]
        );
        assert!(cited("99").is_none());
        assert!(cited("大气污染防治法100-99").is_none());
    }
}
