//! The forms of a date that were really met (records.md §4.3), and the days that do not exist.

use crate::record::Day;

/// What a date cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateCell {
    /// Nothing.
    Blank,
    /// A day; 长期, 永久 and every date from 2099-12-31 on read [`Day::LONG_TERM`].
    Day(Day),
    /// Excel's day zero (1899-12-30 … 1900-01-00): an empty cell of a date column, exported.
    ExcelZero,
    /// Not a date.
    Bad(DateProblem),
}

/// Why a cell is not a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateProblem {
    /// Looks like a date, but there is no such day (2023-02-31).
    NoSuchDay,
    /// Year and month, but no day.
    NoDay,
    /// Day and month cannot be told apart (5/3/2021), or the year has two digits.
    Ambiguous,
    /// No known form.
    Unreadable,
}

impl DateProblem {
    /// The reason in Chinese, as a fragment: “2023-02-31”…
    pub const fn zh(self) -> &'static str {
        match self {
            DateProblem::NoSuchDay => "没有这一天",
            DateProblem::NoDay => "没有写明日",
            DateProblem::Ambiguous => "年月日的顺序不明确",
            DateProblem::Unreadable => "不是可识别的日期",
        }
    }
}

impl DateCell {
    /// The day, when there is one.
    pub const fn day(self) -> Option<Day> {
        match self {
            DateCell::Day(day) => Some(day),
            _ => None,
        }
    }
}

/// Reads a date cell. Forms: `YYYY/M/D`, `YYYY-MM-DD[ T]hh:mm[:ss[.f]][zone]`, `YYYY.M.D`, `yyyyMMdd`, `yyyyMMddhhmmss`, `yyyy年m月d日`,
/// 二〇二六年一月五日, an Excel serial (43607, 43607.5) and epoch milliseconds or seconds (in China's time) as text, and words for
/// long-term. The time of day is dropped; a zone is not converted, except in epoch counts.
pub fn parse_date(text: &str) -> DateCell {
    let text = text.trim();
    if text.is_empty() {
        return DateCell::Blank;
    }
    if let Some(day) = fast(text.as_bytes()) {
        return day;
    }
    if is_long_term(text) {
        return DateCell::Day(Day::LONG_TERM);
    }
    let text: String = text.chars().map(half_width).collect();
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.bytes().filter(|b| *b == b'.').count() <= 1
    {
        return from_number(&text);
    }
    from_parts(&text)
}

/// Reads a time stamp into the sortable form `YYYY-MM-DDThh:mm:ss`; `None` when the cell is blank or unreadable.
/// Epoch counts are given in China's time.
pub fn parse_timestamp(text: &str) -> Option<String> {
    let text = text.trim();
    if let Some(stamp) = fast_stamp(text) {
        return Some(stamp);
    }
    if text.len() >= 10
        && text.bytes().all(|b| b.is_ascii_digit())
        && !matches!(text.len(), 12 | 14 | 17)
    {
        let count: i64 = text.parse().ok()?;
        let seconds = if text.len() >= 12 {
            count / 1000
        } else {
            count
        };
        let local = seconds.checked_add(8 * 3600)?;
        let day = Day::from_epoch(i32::try_from(local.div_euclid(86_400)).ok()?);
        return Some(stamp(day, local.rem_euclid(86_400)));
    }
    let day = parse_date(text).day()?;
    if text.bytes().all(|b| b.is_ascii_digit()) {
        let clock = text
            .get(8..14)
            .filter(|_| text.len() >= 14)
            .or(text.get(8..12))
            .unwrap_or("");
        let pair = |at: usize| {
            clock
                .get(at..at + 2)
                .and_then(|two| two.parse::<i64>().ok())
                .unwrap_or(0)
        };
        return Some(stamp(day, pair(0) * 3600 + pair(2) * 60 + pair(4)));
    }
    let clock = text
        .split_once([' ', 'T', '\u{3000}'])
        .map_or("", |(_, clock)| clock);
    let mut parts = clock
        .split([':', '.', 'Z', '+', '-'])
        .map(|part| part.trim().parse::<i64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let seconds = next() * 3600 + next() * 60 + next();
    Some(stamp(
        day,
        if (0..86_400).contains(&seconds) {
            seconds
        } else {
            0
        },
    ))
}

fn stamp(day: Day, seconds: i64) -> String {
    let mut stamp = String::with_capacity(19);
    stamp.push_str(&day.iso());
    for (mark, part) in [
        ('T', seconds / 3600),
        (':', seconds / 60 % 60),
        (':', seconds % 60),
    ] {
        let digit = |value: i64| char::from(b'0' + (value % 10) as u8);
        stamp.push(mark);
        stamp.push(digit(part / 10));
        stamp.push(digit(part));
    }
    stamp
}

/// `YYYY-MM-DD hh:mm:ss` with `-` or `/` and a blank or a `T`, nothing else: nine cells of ten.
fn fast_stamp(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() != 19 || !matches!(bytes[10], b' ' | b'T') {
        return None;
    }
    let day = fast(&bytes[..10])?.day()?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = bytes[11..] else {
        return None;
    };
    let pair = |tens: u8, ones: u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let seconds = pair(h1, h2)? * 3600 + pair(m1, m2)? * 60 + pair(s1, s2)?;
    (seconds < 86_400).then(|| stamp(day, seconds))
}

/// `YYYY-MM-DD` and `YYYY/MM/DD`, nothing else: nine cells of ten.
fn fast(bytes: &[u8]) -> Option<DateCell> {
    let [y1, y2, y3, y4, s1, m1, m2, s2, d1, d2] = *bytes else {
        return None;
    };
    if !matches!(s1, b'-' | b'/') || s1 != s2 {
        return None;
    }
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let year = digit(y1)? * 1000 + digit(y2)? * 100 + digit(y3)? * 10 + digit(y4)?;
    Some(from_ymd(
        year,
        digit(m1)? * 10 + digit(m2)?,
        digit(d1)? * 10 + digit(d2)?,
    ))
}

fn from_ymd(year: u32, month: u32, day: u32) -> DateCell {
    if year == 1899 && month == 12 && (30..=31).contains(&day)
        || year == 1900 && month == 1 && day == 0
    {
        return DateCell::ExcelZero;
    }
    if !(1800..=9999).contains(&year) {
        return DateCell::Bad(DateProblem::Unreadable);
    }
    match i32::try_from(year)
        .ok()
        .and_then(|year| Day::from_ymd(year, month, day))
    {
        Some(day) if day >= Day::LONG_TERM => DateCell::Day(Day::LONG_TERM),
        Some(day) => DateCell::Day(day),
        None => DateCell::Bad(DateProblem::NoSuchDay),
    }
}

fn is_long_term(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "长期",
        "永久",
        "无固定期限",
        "长期有效",
        "永久有效",
        "无期限",
        "无固定期",
        "不限期",
        "无限期",
        "永续",
        "长期(永久)",
        "无限制",
    ];
    WORDS.contains(&text)
}

fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{00A0}' => ' ',
        _ => c,
    }
}

/// A cell of digits: `yyyyMMdd…`, an Excel serial, or an epoch count.
fn from_number(text: &str) -> DateCell {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let number = |range: std::ops::Range<usize>| {
        whole
            .get(range)
            .and_then(|part| part.parse::<u32>().ok())
            .unwrap_or(0)
    };
    match whole.len() {
        // 20210503 and 20210503.0
        8 if fraction.bytes().all(|b| b == b'0') => {
            from_ymd(number(0..4), number(4..6), number(6..8))
        }
        12 | 14 | 17 if fraction.is_empty() && looks_like_clock(whole) => {
            from_ymd(number(0..4), number(4..6), number(6..8))
        }
        // Epoch seconds and milliseconds, 2001-09-09 to 2286-11-20.
        10 | 13 => {
            let Ok(count) = whole.parse::<i64>() else {
                return DateCell::Bad(DateProblem::Unreadable);
            };
            let seconds = if whole.len() == 13 {
                count / 1000
            } else {
                count
            };
            let days = (seconds + 8 * 3600).div_euclid(86_400);
            match i32::try_from(days).map(Day::from_epoch) {
                Ok(day) if day >= Day::LONG_TERM => DateCell::Day(Day::LONG_TERM),
                Ok(day) => DateCell::Day(day),
                Err(_) => DateCell::Bad(DateProblem::Unreadable),
            }
        }
        12 => {
            // Epoch milliseconds before 2001-09-09.
            let Ok(count) = whole.parse::<i64>() else {
                return DateCell::Bad(DateProblem::Unreadable);
            };
            let days = (count / 1000 + 8 * 3600).div_euclid(86_400);
            i32::try_from(days).map_or(DateCell::Bad(DateProblem::Unreadable), |days| {
                DateCell::Day(Day::from_epoch(days))
            })
        }
        6 => DateCell::Bad(if fraction.is_empty() {
            DateProblem::NoDay
        } else {
            DateProblem::Unreadable
        }),
        1 if number(0..1) <= 1 => DateCell::ExcelZero,
        // Excel serials of 1949-10-01 (18172) and later; 73050 is 2099-12-31. Serial 25569 is 1970-01-01.
        5 => match whole.parse::<i32>() {
            Ok(serial) if (18_172..=73_050).contains(&serial) => from_serial(serial),
            _ => DateCell::Bad(DateProblem::Unreadable),
        },
        // 2021.5 and 2021 alone
        4 => DateCell::Bad(DateProblem::NoDay),
        _ => DateCell::Bad(DateProblem::Unreadable),
    }
}

fn from_serial(serial: i32) -> DateCell {
    match Day::from_epoch(serial - 25_569) {
        day if day >= Day::LONG_TERM => DateCell::Day(Day::LONG_TERM),
        day => DateCell::Day(day),
    }
}

/// Whether the digits after `yyyyMMdd` can be `hhmm[ss[fff]]` and the first eight a date of this or the last century.
fn looks_like_clock(whole: &str) -> bool {
    let part =
        |range: std::ops::Range<usize>| whole.get(range).and_then(|two| two.parse::<u32>().ok());
    matches!(part(0..4), Some(1900..=2100))
        && matches!(part(4..6), Some(1..=12))
        && matches!(part(8..10), Some(0..=23))
        && matches!(part(10..12), Some(0..=59))
}

/// `y<sep>m<sep>d`, with a clock or a weekday after it; 年月日; Chinese digits.
fn from_parts(text: &str) -> DateCell {
    let has_han_digits =
        text.contains('年') && text.chars().next().is_some_and(|c| han_digit(c).is_some());
    let text = if has_han_digits {
        han_to_ascii(text)
    } else {
        text.to_owned()
    };
    let mut numbers: Vec<(u32, usize)> = Vec::with_capacity(3);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.peek().copied() {
        if !c.is_ascii_digit() {
            break;
        }
        let digits: &str = text[at..]
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or("");
        digits.chars().for_each(|_| {
            chars.next();
        });
        numbers.push((digits.parse().unwrap_or(u32::MAX), digits.len()));
        if numbers.len() == 3 {
            break;
        }
        while chars.peek().is_some_and(|(_, c)| *c == ' ') {
            chars.next();
        }
        match chars.peek() {
            Some((_, '-' | '/' | '.' | '年' | '月' | '\\' | '_' | '—')) => {
                chars.next();
            }
            _ => break,
        }
        while chars.peek().is_some_and(|(_, c)| *c == ' ') {
            chars.next();
        }
    }
    let rest = chars.peek().map_or("", |(at, _)| &text[*at..]);
    match numbers.as_slice() {
        [(year, 4), (month, 1..=2), (day, 1..=2)] if is_clock(rest) => {
            from_ymd(*year, *month, *day)
        }
        [(_, 1..=2), (_, 1..=2), (_, 2 | 4)] => DateCell::Bad(DateProblem::Ambiguous),
        [(1800..=9999, 4)] | [(1800..=9999, 4), (1..=12, 1..=2)] => {
            DateCell::Bad(DateProblem::NoDay)
        }
        _ => DateCell::Bad(DateProblem::Unreadable),
    }
}

/// What may follow the day: 日, a clock with a zone, a weekday in brackets.
fn is_clock(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['日', '号']).trim();
    let rest = rest.strip_prefix('T').unwrap_or(rest);
    rest.bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b'+' | b'-' | b'Z' | b' ' | b'z'))
        && (rest.is_empty() || rest.contains(':') || rest.chars().all(|c| c == '0' || c == ' '))
}

fn han_digit(c: char) -> Option<u32> {
    "〇一二三四五六七八九"
        .chars()
        .position(|one| one == c)
        .or_else(|| matches!(c, '○' | '零' | 'Ｏ').then_some(0))
        .and_then(|n| u32::try_from(n).ok())
}

/// 二〇二六年十一月二十三日 → 2026年11月23日
fn han_to_ascii(text: &str) -> String {
    let mut out = String::new();
    let mut part = String::new();
    for c in text.chars() {
        if han_digit(c).is_some() || c == '十' {
            part.push(c);
        } else {
            out.push_str(&han_number(&part));
            part.clear();
            out.push(c);
        }
    }
    out.push_str(&han_number(&part));
    out
}

fn han_number(part: &str) -> String {
    let digits = |text: &str| {
        text.chars()
            .filter_map(han_digit)
            .map(|n| char::from(b'0' + n as u8))
            .collect::<String>()
    };
    match part.split_once('十') {
        None => digits(part),
        Some((tens, ones)) => {
            let tens = if tens.is_empty() {
                "1".to_owned()
            } else {
                digits(tens)
            };
            let ones = if ones.is_empty() {
                "0".to_owned()
            } else {
                digits(ones)
            };
            format!("{tens}{ones}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> String {
        match parse_date(text) {
            DateCell::Day(day) => day.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_form_that_was_met() {
        for text in [
            "2019/05/22",
            "2019-05-22",
            "2019/5/22",
            "2019-5-22 ",
            "2019.5.22",
            "20190522",
            "20190522.0",
            "2019年5月22日",
            "2019年05月22日",
            "2019-05-22 13:05:00",
            "2019-05-22T13:05:00",
            "2019-05-22 00:00:00.0",
            "2019/5/22 0:00",
            "2019-05-22T00:00:00+08:00",
            "2019-05-22T00:00:00Z",
            "43607",
            "43607.5",
            "1558483200000",
            "1558483200",
            "20190522130500",
            "２０１９－０５－２２",
            "2019 - 05 - 22",
            "二〇一九年五月二十二日",
        ] {
            assert_eq!(day(text), "2019-05-22", "{text}");
        }
        assert_eq!(day("二〇二六年十一月二十日"), "2026-11-20");
        assert_eq!(day("1568180781000"), "2019-09-11");
    }

    #[test]
    fn long_term_in_all_its_forms() {
        for text in [
            "2099/12/31",
            "2099-12-31",
            "9999-12-31",
            "9999/12/31 23:59:59",
            "长期",
            "永久",
            "无固定期限",
            "73050",
        ] {
            assert_eq!(parse_date(text), DateCell::Day(Day::LONG_TERM), "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_bad_with_their_reason() {
        let problem = |text| match parse_date(text) {
            DateCell::Bad(problem) => problem,
            other => panic!("{text}: {other:?}"),
        };
        for text in [
            "2023-02-31",
            "2023/02/29",
            "20230231",
            "2023年13月1日",
            "2023-4-31 00:00:00",
            "2023/00/10",
        ] {
            assert_eq!(problem(text), DateProblem::NoSuchDay, "{text}");
        }
        for text in ["2023-05", "2023年5月", "202305", "2023"] {
            assert_eq!(problem(text), DateProblem::NoDay, "{text}");
        }
        for text in ["5/3/2021", "21-05-03", "03.05.21"] {
            assert_eq!(problem(text), DateProblem::Ambiguous, "{text}");
        }
        for text in [
            "昨天",
            "2021-05-03前",
            "99999",
            "12",
            "2021-05-03至2022-05-03",
            "１",
            "+++",
        ] {
            let is_bad = !matches!(parse_date(text), DateCell::Day(_));
            assert!(is_bad, "{text}");
        }
    }

    #[test]
    fn the_empty_date_of_excel() {
        for text in ["1899-12-31 12:00:00", "1899/12/30", "1900-01-00", "0"] {
            assert_eq!(parse_date(text), DateCell::ExcelZero, "{text}");
        }
        assert_eq!(parse_date("  "), DateCell::Blank);
    }

    #[test]
    fn time_stamps_sort_as_text() {
        assert_eq!(
            parse_timestamp("1568180781000").as_deref(),
            Some("2019-09-11T13:46:21")
        );
        assert_eq!(
            parse_timestamp("2019-09-11 13:46:21.0").as_deref(),
            Some("2019-09-11T13:46:21")
        );
        assert_eq!(
            parse_timestamp("2019/9/11").as_deref(),
            Some("2019-09-11T00:00:00")
        );
        assert_eq!(
            parse_timestamp("20190911134621").as_deref(),
            Some("2019-09-11T13:46:21")
        );
        assert_eq!(parse_timestamp("").as_deref(), None);
        assert_eq!(parse_timestamp("不详"), None);
    }
}
