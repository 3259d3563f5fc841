//! A row of a decision table: conditions on single fields, one effect, a term.

use super::super::keys::Table;
use super::super::model::{
    Band, Condition, Effect, Interval, RecordSel, Row, StateSel, Status, Test, Validity,
};
use super::indicator::Context;
use super::reader::{Reader, Section, Value, Word};
use super::scheme::{band_index, patterns, subject_kinds};
use super::values;
use crate::record::{EventKind, PenaltyKind, PenaltyKinds, Points};

pub(super) fn read_row(
    reader: &mut Reader<'_>,
    value: &Value<'_>,
    context: &Context<'_, '_, '_>,
    inherited: Option<&Word>,
    weight: Option<Points>,
) -> Option<Row> {
    let section = reader.section(value, Table::Row, "row")?;
    let id = reader.required_word(&section, "id");
    let section = match &id {
        Some(id) => section.at(format!("row.{}", id.text)),
        None => section,
    };
    reader.spans.put(section.path.clone(), section.span.clone());
    if let Some(id) = &id {
        reader
            .spans
            .put(format!("{}.id", section.path), id.span.clone());
    }
    let title = reader.word(&section, "title").map(|word| word.text);
    let source = reader.word(&section, "source");
    if source.is_none() && inherited.is_none() && !section.has("source") {
        reader.missing(&section, "source");
    }
    let conditions = read_conditions(reader, &section);
    let exempts: Vec<String> = reader
        .words(&section, "exempts")
        .into_iter()
        .map(|word| word.text)
        .collect();
    let bands = context.bands;
    let tests = super::summary::read_tests(reader, &section, bands, context.has_cycle);
    refuse_idle_conditions(reader, &section, &conditions, &tests);
    let effect = read_effect(reader, &section, bands, !exempts.is_empty(), weight);
    let validity = read_validity(reader, &section);
    let at_least = reader.flag(&section, "at_least").unwrap_or(false);
    let mut status = reader.status(&section);
    if let (Status::Provisional(reason), Some(word)) = (&mut status, inherited)
        && reason == "未核实"
    {
        *reason = word.text.clone();
    }
    let source = source.or_else(|| inherited.cloned());
    let line = reader.line(&section.span);
    Some(Row {
        id: id?.text,
        title,
        conditions,
        tests,
        effect: effect?,
        validity,
        at_least,
        status,
        source: source.map_or_else(String::new, |word| word.text),
        exempts,
        line,
    })
}

const STATES: [(&str, StateSel); 5] = [
    ("repaired", StateSel::Repaired),
    ("not-repaired", StateSel::NotRepaired),
    ("rectified", StateSel::Rectified),
    ("not-rectified", StateSel::NotRectified),
    ("under-objection", StateSel::UnderObjection),
];

fn read_conditions(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Vec<Condition> {
    let mut list = Vec::new();
    if section.has("kind") {
        let words = reader.words(section, "kind");
        list.push(Condition::Kind(
            words
                .iter()
                .filter_map(|word| record_sel(reader, word))
                .collect(),
        ));
    }
    if section.has("violation") {
        list.push(Condition::Violation(patterns(reader, section, false)));
    }
    type Make = fn(PenaltyKinds) -> Condition;
    let penalties: [(&str, Make); 3] = [
        ("penalty", Condition::PenaltyAny),
        ("penalty_only", Condition::PenaltyOnly),
        ("penalty_none", Condition::PenaltyNone),
    ];
    for (key, make) in penalties {
        if section.has(key) {
            list.push(make(penalty_kinds(reader, section, key)));
        }
    }
    list.extend(interval(reader, section, "fine", values::wan_yuan).map(Condition::Fine));
    let confiscated = interval(reader, section, "confiscated", values::wan_yuan);
    list.extend(confiscated.map(Condition::Confiscated));
    if section.has("cited") {
        let mut cited = Vec::new();
        for word in reader.words(section, "cited") {
            match values::cited(&word.text) {
                Some(pattern) => cited.push(pattern),
                None => {
                    let why = "statute, then articles: 大气污染防治法99-100";
                    reader.problem("RULE-S04", word.span, "this is not a citation", why);
                }
            }
        }
        list.push(Condition::Cited(cited));
    }
    if section.has("subject_kind") {
        let words = reader.words(section, "subject_kind");
        list.push(Condition::SubjectKind(subject_kinds(words, reader)));
    }
    type MakeTexts = fn(Vec<String>) -> Condition;
    let texts: [(&str, MakeTexts); 7] = [
        ("authority", Condition::Authority),
        ("region", Condition::Region),
        ("severity", Condition::Severity),
        ("role", Condition::Role),
        ("list", Condition::List),
        ("words", Condition::Words),
        ("level", Condition::Level),
    ];
    for (key, make) in texts {
        if section.has(key) {
            let words = reader.words(section, key);
            list.push(make(words.into_iter().map(|word| word.text).collect()));
        }
    }
    let months = interval(reader, section, "term_months", |text| {
        text.parse::<i64>().ok()
    });
    list.extend(months.map(Condition::TermMonths));
    if reader.flag(section, "linked").unwrap_or(false) {
        list.push(Condition::Linked);
    }
    if section.has("state") {
        let words = reader.words(section, "state");
        let states = words
            .iter()
            .filter_map(|word| reader.choose(word, "state", &STATES));
        list.push(Condition::State(states.collect()));
    }
    list
}

pub(super) fn interval<T: Copy + PartialOrd>(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<Interval<T>> {
    let word = reader.word(section, key)?;
    match values::interval(&word.text, read) {
        Ok(interval) => Some(interval),
        Err(why) => {
            reader.problem("RULE-S04", word.span, "this is not an interval", why);
            None
        }
    }
}

fn record_sel(reader: &mut Reader<'_>, word: &Word) -> Option<RecordSel> {
    match word.text.as_str() {
        "penalty" => return Some(RecordSel::Penalty),
        "license" => return Some(RecordSel::License),
        _ => {}
    }
    let event = word.text.strip_prefix("event:").map(str::trim);
    let found = event.and_then(EventKind::from_zh).map(RecordSel::Event);
    if found.is_none() {
        let events: Vec<String> = EventKind::ALL
            .iter()
            .map(|kind| format!("event:{}", kind.zh()))
            .collect();
        let known = ["penalty", "license"].into_iter();
        reader.unknown(
            "RULE-S03",
            word,
            "kind of record",
            known.chain(events.iter().map(String::as_str)),
        );
    }
    found
}

fn penalty_kinds(reader: &mut Reader<'_>, section: &Section<'_, '_>, key: &str) -> PenaltyKinds {
    let mut kinds = PenaltyKinds::default();
    for word in reader.words(section, key) {
        match PenaltyKind::from_zh(&word.text) {
            Some(kind) => kinds.insert(kind),
            None => {
                let known = PenaltyKind::ALL.iter().map(|kind| kind.zh());
                reader.unknown("RULE-R06", &word, "kind of penalty", known);
            }
        }
    }
    kinds
}

/// A row that asks for the time known or for earlier grades alone has no records that a condition could pick.
fn refuse_idle_conditions(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    conditions: &[Condition],
    tests: &[Test],
) {
    let alone = |test: &Test| matches!(test, Test::Known(_) | Test::Was { .. });
    let idle = |condition: &&Condition| !matches!(condition, Condition::Level(_));
    if tests.is_empty() || !tests.iter().all(alone) || !conditions.iter().any(|c| idle(&c)) {
        return;
    }
    let why = "`known_months` and `was` speak of the subject; this row looks at no record";
    let hint = "take the condition out, or add a test over records such as `count`";
    let span = section.span.clone();
    reader.problem_with(
        "RULE-S04",
        span,
        "a condition on records without records",
        why,
        hint,
    );
}

const EFFECTS: [&str; 9] = [
    "points", "value", "bonus", "grade", "ceiling", "floor", "move", "flag", "fact",
];

fn read_effect(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    bands: &[Band],
    exempts: bool,
    weight: Option<Points>,
) -> Option<Effect> {
    let stated: Vec<&str> = EFFECTS.into_iter().filter(|key| section.has(key)).collect();
    let key = match stated.as_slice() {
        [] if exempts || section.has("exempts") => return Some(Effect::Exempt),
        [] => {
            let hint = format!("one of {}, or exempts", EFFECTS.join(", "));
            let why = "nothing follows from it";
            reader.problem_with(
                "RULE-S05",
                section.span.clone(),
                "this row has no effect",
                why,
                hint,
            );
            return None;
        }
        [key] => *key,
        [_, second, ..] => {
            let span = section
                .get(second)
                .map_or(section.span.clone(), toml::Spanned::span);
            let title = format!("this row has {} effects", stated.len());
            let why = format!("`{}` stands already", stated[0]);
            reader.problem_with(
                "RULE-S04",
                span,
                title,
                why,
                "write a second row with the same conditions",
            );
            return None;
        }
    };
    if weight.is_some() && key != "value" {
        let span = reader.spans.of(&format!("{}.{key}", section.path));
        let why = "its indicator has a `weight`: state the `value` that this row leaves, 0 to 100";
        let title = format!("`{key}` in a weighted indicator");
        reader.problem("RULE-S04", span, title, why);
        return None;
    }
    match key {
        "value" => super::weights::read_value(reader, section, weight).map(Effect::Points),
        "points" => reader.points(section, key).map(Effect::Points),
        "bonus" => reader.points(section, key).map(Effect::Bonus),
        "grade" => grade(reader, section, key, bands).map(Effect::Grade),
        "ceiling" => grade(reader, section, key, bands).map(Effect::Ceiling),
        "floor" => floor(reader, section, bands),
        "move" => {
            let number = reader.whole(section, key)?;
            let found = i8::try_from(number).ok().filter(|n| *n != 0);
            if found.is_none() {
                let span = reader.spans.of(&format!("{}.move", section.path));
                reader.problem(
                    "RULE-S04",
                    span,
                    "a number of grades is wanted",
                    "1 = one grade worse",
                );
            }
            found.map(Effect::Move)
        }
        "fact" => {
            let said = reader.flag(section, key)?;
            if !said {
                let span = reader.spans.of(&format!("{}.fact", section.path));
                let why = "leave the key out, or write true";
                reader.problem("RULE-S04", span, "`fact = false` says nothing", why);
            }
            Some(Effect::Fact)
        }
        _ => reader
            .word(section, key)
            .map(|word| Effect::Flag(word.text)),
    }
}

/// A floor holds up what a score leads to; a class of record has nothing to hold up.
fn floor(reader: &mut Reader<'_>, section: &Section<'_, '_>, bands: &[Band]) -> Option<Effect> {
    let band = grade(reader, section, "floor", bands)?;
    if bands.iter().all(|band| band.range.is_none()) {
        let span = reader.spans.of(&format!("{}.floor", section.path));
        let why = "the class of record alone is the grade here";
        reader.problem("RULE-S05", span, "`floor` without bands of a score", why);
        return None;
    }
    Some(Effect::Floor(band))
}

fn grade(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    key: &str,
    bands: &[Band],
) -> Option<usize> {
    let word = reader.word(section, key)?;
    band_index(reader, &word, bands)
}

fn read_validity(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Validity {
    let delay = reader.word(section, "delay").map_or(0, |word| {
        values::days(&word.text).unwrap_or_else(|| {
            reader.problem(
                "RULE-S04",
                word.span,
                "a number of days is wanted",
                "write \"15 days\"",
            );
            0
        })
    });
    let first = [("counts", true), ("not-counted", false)];
    let first_day = reader.choice(section, "first_day", &first).unwrap_or(false);
    let Some(word) = reader.word(section, "valid") else {
        for key in ["delay", "first_day"] {
            if section.has(key) {
                let span = reader.spans.of(&format!("{}.{key}", section.path));
                let why = "it says how `valid` is counted, and there is no `valid`";
                reader.problem("RULE-S05", span, format!("`{key}` without `valid`"), why);
            }
        }
        return Validity::Unlimited;
    };
    values::validity(&word.text, delay, first_day).unwrap_or_else(|| {
        let known = [
            "6 months",
            "3 years",
            "from-record",
            "from-record, else 36 months",
            "unlimited",
        ];
        reader.unknown("RULE-S03", &word, "value of `valid`", known);
        Validity::Unlimited
    })
}
