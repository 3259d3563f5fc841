//! Tests of a row over all its records together, over the time known, and over earlier grades.

use super::super::model::{Amount, Band, Interval, Period, Test};
use super::reader::{Reader, Section};
use super::row::interval;
use super::scheme::band_index;
use super::values;

const UNITS: [(&str, Period); 4] = [
    ("month", Period::Month),
    ("quarter", Period::Quarter),
    ("half-year", Period::HalfYear),
    ("year", Period::Year),
];

const AMOUNTS: [(&str, Amount); 4] = [
    ("count", Amount::Count),
    ("cases", Amount::Cases),
    ("fines", Amount::Fines),
    ("confiscations", Amount::Confiscated),
];

/// A key that only says how another test is meant.
const COMPANIONS: [(&str, &[&str]); 6] = [
    ("unit", &["running"]),
    ("ratio_of", &["ratio"]),
    ("per", &["ratio"]),
    ("times", &["clean"]),
    ("after", &["clean"]),
    ("cycles", &["was"]),
];

pub(super) fn read_tests(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    bands: &[Band],
    has_cycle: bool,
) -> Vec<Test> {
    for (key, of) in COMPANIONS {
        if section.has(key) && !of.iter().any(|test| section.has(test)) {
            let span = span(reader, section, key);
            let why = format!("it belongs to `{}`, which is not there", of.join("`, `"));
            reader.problem("RULE-S05", span, format!("`{key}` alone says nothing"), why);
        }
    }
    let mut list = Vec::new();
    let unit = reader
        .choice(section, "unit", &UNITS)
        .unwrap_or(Period::Month);
    let (count, running) = (
        whole_interval(reader, section, "count"),
        whole_interval(reader, section, "running"),
    );
    if section.has("was") {
        list.extend(was(reader, section, bands, (count, running)));
        if !has_cycle {
            let span = span(reader, section, "was");
            let why = "earlier grades stand at the ends of a [cycle], and this scheme has none";
            reader.problem("RULE-S05", span, "`was` without [cycle]", why);
        }
        if section.has("unit") {
            let span = span(reader, section, "unit");
            let why = "`was` runs over cycle ends";
            reader.problem("RULE-S04", span, "`unit` beside `was`", why);
        }
    } else {
        list.extend(count.map(Test::Count));
        list.extend(running.map(|range| Test::Running { unit, range }));
    }
    list.extend(whole_interval(reader, section, "cases").map(Test::Cases));
    list.extend(interval(reader, section, "fines", values::wan_yuan).map(Test::Fines));
    let confiscated = interval(reader, section, "confiscations", values::wan_yuan);
    list.extend(confiscated.map(Test::Confiscated));
    if section.has("ratio") {
        let range = interval(reader, section, "ratio", values::rate);
        let of = reader.choice(section, "ratio_of", &AMOUNTS);
        let per = reader.required_word(section, "per");
        if let (Some(range), Some(per)) = (range, per) {
            list.push(Test::Ratio {
                of: of.unwrap_or(Amount::Count),
                per: per.text,
                range,
            });
        }
    }
    if section.has("clean") {
        list.extend(clean(reader, section));
    }
    list.extend(whole_interval(reader, section, "known_months").map(Test::Known));
    if !list.is_empty() {
        for key in ["valid", "exempts", "value", "fact"] {
            if section.has(key) {
                let span = span(reader, section, key);
                let why = "the row speaks of all its records together, not of one";
                let title = format!("`{key}` in a row that counts records");
                reader.problem("RULE-S04", span, title, why);
            }
        }
    }
    list
}

fn span(reader: &Reader<'_>, section: &Section<'_, '_>, key: &str) -> std::ops::Range<usize> {
    section
        .get(key)
        .map_or_else(|| reader.spans.of(&section.path), toml::Spanned::span)
}

fn whole_interval(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    key: &str,
) -> Option<Interval<i64>> {
    interval(reader, section, key, |text| {
        text.parse::<i64>().ok().filter(|n| *n >= 0)
    })
}

fn clean(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<Test> {
    let word = reader.word(section, "clean")?;
    let months = values::months(&word.text);
    if months.is_none() {
        let why = "write \"12 months\" or \"2 years\"";
        reader.problem("RULE-S04", word.span, "a length of time is wanted", why);
    }
    let given = reader.whole(section, "times");
    let times = given.map_or(Some(1), |n| u16::try_from(n).ok().filter(|n| *n > 0));
    if times.is_none() {
        let span = span(reader, section, "times");
        reader.problem(
            "RULE-S04",
            span,
            "a number of times is wanted",
            "at least 1",
        );
    }
    let after = reader.word(section, "after").map(|word| word.text);
    let (months, times) = (months?, times?);
    if months.checked_mul(times).is_none_or(|all| all > 1200) {
        let span = span(reader, section, "clean");
        let why = "`clean` times `times` is more than a hundred years";
        reader.problem("RULE-S04", span, "this term is too long", why);
        return None;
    }
    Some(Test::Clean {
        months,
        times,
        after,
    })
}

fn was(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    bands: &[Band],
    (count, running): (Option<Interval<i64>>, Option<Interval<i64>>),
) -> Option<Test> {
    let mut grades = Vec::new();
    for word in reader.words(section, "was") {
        grades.extend(band_index(reader, &word, bands));
    }
    let given = reader.whole(section, "cycles");
    let cycles = given.map_or(Some(1), |n| u16::try_from(n).ok().filter(|n| *n > 0));
    if cycles.is_none() {
        let span = span(reader, section, "cycles");
        reader.problem(
            "RULE-S04",
            span,
            "a number of cycles is wanted",
            "at least 1",
        );
    }
    if count.is_some() && running.is_some() {
        let span = span(reader, section, "running");
        let why = "keep one of `count` and `running`";
        reader.problem("RULE-S04", span, "`running` beside `count`", why);
    }
    let any = Interval {
        lower: super::super::model::Bound::Included(1),
        upper: super::super::model::Bound::Unbounded,
    };
    Some(Test::Was {
        grades,
        cycles: cycles?,
        range: running.or(count).unwrap_or(any),
        running: running.is_some(),
    })
}
