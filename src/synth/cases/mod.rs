//! Typical cases written by hand: one decision or event for each row of law and each edge of the schemes.
//!
//! The texts stand in `penalties.psv` and `events.psv`; this module gives them subjects, numbers and files.
//! Every discharger and research subject named here also stands on its scheme's roster.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::record::Day;

use super::amount::{WAN, YUAN};
use super::days::{DateStyle, ymd};
use super::event::{ENVIRONMENT_SCHEME, EventDraft, RESEARCH_SCHEME};
use super::layout::{Form, Layout};
use super::penalty::{PenaltyDraft, document_no};
use super::places::{Field, Organs};
use super::rng::Rng;
use super::sink::{CellTypes, Format, Row, Sink, encode};
use super::subject::{Sector, Subject, stream};
use super::{Options, SynthError};

const PENALTIES: &str = include_str!("penalties.psv");
const EVENTS: &str = include_str!("events.psv");

/// Where the subjects of cases stand: beyond every subject of bulk data.
pub(super) const FIRST_SUBJECT: u64 = 140_000_000;
/// Document numbers of cases begin here.
const FIRST_NUMBER: u64 = 90_000;

/// A line of a `|`-separated table by column name.
pub(super) type Line = BTreeMap<&'static str, &'static str>;

/// The lines of an embedded table.
pub(super) fn table(text: &'static str) -> Vec<Line> {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let header: Vec<&str> = lines
        .next()
        .map(|line| line.split('|').collect())
        .unwrap_or_default();
    lines
        .map(|line| header.iter().copied().zip(line.split('|')).collect())
        .collect()
}

/// A cell of a line, blank when absent.
pub(super) fn cell(line: &Line, name: &str) -> &'static str {
    line.get(name).copied().unwrap_or("")
}

/// A day of a line; `None` when blank.
fn day(line: &Line, name: &str) -> Option<Day> {
    Day::parse_iso(cell(line, name))
}

/// An amount in 元 as 分.
fn yuan(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let cents: i64 = format!("{part:0<2}").get(..2)?.parse().ok()?;
    whole.parse::<i64>().ok().map(|whole| whole * YUAN + cents)
}

/// The subject of case number `who`.
pub(super) fn subject(options: &Options, who: u64, sector: Sector) -> Subject {
    let index = FIRST_SUBJECT + who;
    let mut rng = Rng::new(options.seed, stream::SUBJECT, index);
    let mut subject = Subject::of_sector(options.seed, index, sector, &mut rng);
    if subject.uscc == super::subject::PLACEHOLDER {
        subject.uscc = super::codes::subject_uscc("92", subject.place().code, index, options.seed);
    }
    subject
}

fn who(line: &Line) -> u64 {
    cell(line, "who").parse().unwrap_or(0)
}

/// The penalty cases with their subjects, in the order of the table; the name of each case is in `remark`.
fn penalties(options: &Options) -> Vec<(Subject, PenaltyDraft)> {
    let mut out: Vec<(Subject, PenaltyDraft)> = Vec::new();
    for (number, line) in table(PENALTIES).iter().enumerate() {
        let (Some(decided_on), Some(sector), Some(field)) = (
            day(line, "decided_on"),
            Sector::from_key(cell(line, "sector")),
            Field::from_key(cell(line, "field")),
        ) else {
            continue;
        };
        let subject = subject(options, who(line), sector);
        let name = cell(line, "case");
        let (year, _, _) = decided_on.ymd();
        // Parts of one decision share its number; they are named alike up to the last dash.
        let whole = name.rsplit_once('-').map_or(name, |(whole, _)| whole);
        let document = match out.last() {
            Some((_, last)) if name.starts_with("一个决定") && last.remark.starts_with(whole) => {
                last.document_no.clone()
            }
            _ => document_no(field, subject.place, year, FIRST_NUMBER + number as u64),
        };
        let fine = yuan(cell(line, "fine_yuan"));
        let heavy = fine.unwrap_or(0) >= 50 * WAN
            || cell(line, "kinds").contains("限制")
            || cell(line, "kinds").contains("吊销");
        let draft = PenaltyDraft {
            field,
            place: subject.place,
            document_no: document,
            violation: Cow::Borrowed(cell(line, "violation")),
            title: Cow::Borrowed(cell(line, "violation")),
            facts: cell(line, "facts").replace("{名}", &subject.name),
            basis: Cow::Borrowed(cell(line, "basis")),
            kinds: Cow::Borrowed(cell(line, "kinds")),
            content: cell(line, "content").to_owned(),
            fine,
            confiscated: yuan(cell(line, "confiscated_yuan")),
            seized: cell(line, "seized").to_owned(),
            decided_on,
            valid_until: decided_on.plus_months(if heavy { 36 } else { 12 }),
            publicity_ends_on: None,
            sent: (decided_on.plus_days(3), 9 * 3600 + 30 * 60),
            remark: name.to_owned(),
            ordinal: FIRST_NUMBER + number as u64,
        };
        out.push((subject, draft));
    }
    out
}

/// The events around the cases and the rosters on which their subjects stand.
fn events(options: &Options, penalties: &[(Subject, PenaltyDraft)]) -> Vec<(Subject, EventDraft)> {
    let mut out = Vec::new();
    let mut rostered = BTreeSet::new();
    let mut roster = |subject: &Subject, out: &mut Vec<(Subject, EventDraft)>| {
        let (field, scheme, role) = match subject.sector {
            Sector::Discharger => (Field::Environment, ENVIRONMENT_SCHEME, ""),
            Sector::Research => (Field::Science, RESEARCH_SCHEME, "项目承担单位"),
            Sector::Researcher => (Field::Science, RESEARCH_SCHEME, "项目负责人"),
            _ => return,
        };
        if !rostered.insert(subject.index) {
            return;
        }
        let place = if field == Field::Science {
            0
        } else {
            subject.place
        };
        for year in [2025, 2026] {
            let event = EventDraft {
                ends_on: Some(ymd(year, 12, 31)),
                level: if field == Field::Environment {
                    "区级"
                } else {
                    ""
                },
                role,
                list_or_scheme: scheme,
                ..EventDraft::bare(
                    "参评名录",
                    field,
                    place,
                    ymd(year, 1, 15),
                    "列入年度参评名录",
                )
            };
            out.push((subject.clone(), event));
        }
    };
    for (subject, _) in penalties {
        roster(subject, &mut out);
    }
    for line in table(EVENTS) {
        let (Some(occurred_on), Some(sector), Some(field)) = (
            day(&line, "occurred_on"),
            Sector::from_key(cell(&line, "sector")),
            Field::from_key(cell(&line, "field")),
        ) else {
            continue;
        };
        let subject = subject(options, who(&line), sector);
        roster(&subject, &mut out);
        let documents: Vec<&str> = cell(&line, "about")
            .split('；')
            .filter_map(|about| penalties.iter().find(|(_, draft)| draft.remark == about))
            .map(|(_, draft)| draft.document_no.as_str())
            .collect();
        let place = if field == Field::Science {
            0
        } else {
            subject.place
        };
        let (year, _, _) = occurred_on.ymd();
        let document_no = if cell(&line, "kind") == "科研失信处理" {
            format!("渝科诚信决〔{year}〕{}号", FIRST_NUMBER + out.len() as u64)
        } else {
            documents.join("；")
        };
        let event = EventDraft {
            document_no,
            ends_on: day(&line, "ends_on"),
            level: cell(&line, "level"),
            term_months: cell(&line, "term").parse().ok(),
            role: cell(&line, "role"),
            list_or_scheme: cell(&line, "list"),
            ..EventDraft::bare(
                cell(&line, "kind"),
                field,
                place,
                occurred_on,
                cell(&line, "detail"),
            )
        };
        out.push((subject, event));
    }
    out
}

/// Writes the two files of typical cases.
pub(super) fn write(
    organs: &Organs,
    options: &Options,
    folder: &Path,
) -> Result<Vec<PathBuf>, SynthError> {
    let penalties = penalties(options);
    let events = events(options, &penalties);
    let first = folder.join("12-典型案例-行政处罚.xlsx");
    let layout = Layout::penalties(Form::C).stamped();
    let rows = penalties.iter().map(|(subject, draft)| -> Row<'_> {
        layout
            .columns
            .iter()
            .map(|column| draft.cell(column.at, subject, organs, layout.days))
            .collect()
    });
    let mut sink = Sink::create(
        &first,
        Format::Xlsx,
        &layout,
        ("行政处罚", CellTypes::Text),
        false,
    )?;
    sink.write(encode(Format::Xlsx, &layout, rows)?)?;
    sink.finish("")?;

    let second = folder.join("13-典型案例-信用事件.xlsx");
    let layout = Layout::events();
    let rows = events.iter().map(|(subject, draft)| -> Row<'_> {
        layout
            .columns
            .iter()
            .map(|column| draft.cell(column.at, subject, organs, DateStyle::Slash))
            .collect()
    });
    let mut sink = Sink::create(
        &second,
        Format::Xlsx,
        &layout,
        ("信用事件", CellTypes::Text),
        false,
    )?;
    sink.write(encode(Format::Xlsx, &layout, rows)?)?;
    sink.finish("")?;
    Ok(vec![first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        for (text, columns) in [(PENALTIES, 13), (EVENTS, 12)] {
            for line in text.lines() {
                assert_eq!(line.split('|').count(), columns, "{line}");
            }
        }
        for line in table(PENALTIES).iter().chain(&table(EVENTS)) {
            assert!(Sector::from_key(cell(line, "sector")).is_some(), "{line:?}");
            assert!(Field::from_key(cell(line, "field")).is_some(), "{line:?}");
            assert!(
                day(line, "decided_on")
                    .or(day(line, "occurred_on"))
                    .is_some(),
                "{line:?}"
            );
        }
        let cases: BTreeSet<&str> = table(PENALTIES)
            .iter()
            .map(|line| cell(line, "case"))
            .collect();
        for line in table(EVENTS) {
            let known = cell(&line, "about")
                .split('；')
                .all(|about| about.is_empty() || cases.contains(about));
            assert!(known, "{line:?}");
        }
    }

    #[test]
    fn amounts_in_yuan_are_exact() {
        assert_eq!(yuan("50000.01"), Some(5_000_001));
        assert_eq!(yuan("9999"), Some(999_900));
        assert_eq!(yuan(""), None);
    }
}
