//! Case files as written: unknown keys, unknown names and impossible figures are refused with file and line.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;
use toml::value::Datetime;

use super::super::diagnostic::{line_of, nearest};
use super::super::model::Scheme;
use super::super::pack::Pack;
use super::raw::{DayOrNone, Number, RawCase, RawEvent, RawExpect, RawFile, RawPenalty, RawRecord};
use super::{CLAMP, scheme_name};
use crate::record::{Citation, Day, EventKind, Fen, PenaltyKind, Points, SubjectKind};

/// Ends the name of a case file.
const SUFFIX: &str = ".cases.toml";

/// What is wrong at one place of a case file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    /// Path under `rules/`.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// What is wrong, and what to write instead where that is known.
    pub message: String,
}

/// Everything wrong in the case files of a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct CaseErrors(pub Vec<CaseError>);

impl fmt::Display for CaseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("read the case files:")?;
        for error in &self.0 {
            write!(
                f,
                "\nrules/{}:{}: {}",
                error.file, error.line, error.message
            )?;
        }
        Ok(())
    }
}

/// The cases of one scheme version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// Path under `rules/`.
    pub file: String,
    /// File stem of the scheme version.
    pub scheme: String,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// Records in, result out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Unique in the file.
    pub id: String,
    /// What the case shows.
    pub title: String,
    /// 1-based line of the case.
    pub line: usize,
    /// The day on which the result is stated.
    pub as_of: Day,
    /// Kind of the one subject of the case.
    pub subject: SubjectKind,
    pub(super) records: Vec<CaseRecord>,
    pub(super) expect: Expect,
}

/// A record of a case, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CaseRecord {
    Penalty(CasePenalty),
    License(CaseLicense),
    Event(CaseEvent),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CasePenalty {
    pub(super) document: String,
    pub(super) decided_on: Day,
    pub(super) violation: String,
    pub(super) kinds: Vec<String>,
    pub(super) fine: Option<Fen>,
    pub(super) confiscated: Option<Fen>,
    pub(super) case: Option<String>,
    pub(super) cited: Vec<String>,
    pub(super) authority: String,
    pub(super) region: Option<String>,
    pub(super) valid_until: Option<Day>,
    /// Day of publication; the decision day where it is not said.
    pub(super) published: Option<Day>,
    pub(super) simple_procedure: bool,
    pub(super) text: String,
    /// The other subject whose record it is, linked to the one of the case.
    pub(super) of: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CaseLicense {
    pub(super) document: String,
    pub(super) decided_on: Day,
    pub(super) valid_from: Option<Day>,
    pub(super) valid_until: Option<Day>,
    pub(super) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CaseEvent {
    pub(super) kind: EventKind,
    pub(super) document: Option<String>,
    pub(super) on: Day,
    pub(super) until: Option<Day>,
    pub(super) violation: String,
    pub(super) level: Option<String>,
    pub(super) term_months: Option<i64>,
    pub(super) role: Option<String>,
    pub(super) authority: String,
    pub(super) list: Option<String>,
    pub(super) text: String,
    /// As of a penalty.
    pub(super) of: Option<String>,
}

/// What a case says of the result; what it leaves out is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expect {
    /// The subject is no matter of the scheme: no result at all.
    pub(super) absent: bool,
    pub(super) rated: Option<bool>,
    /// `Some(None)`: a result without a score.
    pub(super) score: Option<Option<Points>>,
    pub(super) grade: Option<String>,
    /// Name, and the last day of the term where the case names it (`None` inside: permanent).
    pub(super) flags: Option<Vec<(String, Option<Option<Day>>)>>,
    /// Row ids, one for each record that counts under the row.
    pub(super) counted: Option<Vec<String>>,
    /// Row ids that matched without counting.
    pub(super) not_counted: Option<Vec<String>>,
    /// `Some(None)`: nothing changes by time alone.
    pub(super) next_change_on: Option<Option<Day>>,
    /// A part of the reason.
    pub(super) reason: Option<String>,
}

/// Reads every case file of a pack.
///
/// # Errors
/// All problems of all files in one pass.
pub fn load(pack: &Pack, schemes: &[Scheme]) -> Result<Vec<CaseFile>, CaseErrors> {
    let classes = classes(pack);
    let mut files = Vec::new();
    let mut errors = Vec::new();
    for (name, text) in pack.files() {
        let Some(stem) = name.strip_suffix(SUFFIX) else {
            continue;
        };
        let mut reader = Reader {
            file: name,
            text,
            classes: &classes,
            scheme: None,
            errors: Vec::new(),
        };
        reader.scheme = schemes.iter().find(|scheme| scheme_name(scheme) == stem);
        if reader.scheme.is_none() {
            reader.refuse(
                0,
                format!("no scheme file {stem}.toml stands beside these cases"),
            );
        } else if let Some(cases) = reader.read() {
            files.push(CaseFile {
                file: name.clone(),
                scheme: stem.to_owned(),
                cases,
            });
        }
        errors.append(&mut reader.errors);
    }
    if errors.is_empty() {
        Ok(files)
    } else {
        Err(CaseErrors(errors))
    }
}

/// Ids of the class tree; empty when the pack has none, and then classes are not compared.
fn classes(pack: &Pack) -> BTreeSet<String> {
    #[derive(Deserialize)]
    struct Tree {
        #[serde(default)]
        classes: BTreeMap<String, toml::Value>,
    }
    let tree = pack.files().get("classification/classes.toml");
    let tree = tree.and_then(|text| toml::from_str::<Tree>(text).ok());
    tree.map(|tree| tree.classes.into_keys().collect())
        .unwrap_or_default()
}

struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    classes: &'a BTreeSet<String>,
    scheme: Option<&'a Scheme>,
    errors: Vec<CaseError>,
}

impl Reader<'_> {
    fn refuse(&mut self, at: usize, message: impl Into<String>) {
        let line = line_of(self.text, at);
        self.errors.push(CaseError {
            file: self.file.to_owned(),
            line,
            message: message.into(),
        });
    }

    fn read(&mut self) -> Option<Vec<Case>> {
        let raw: RawFile = match toml::from_str(self.text) {
            Ok(raw) => raw,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.refuse(at, error.message().to_owned());
                return None;
            }
        };
        let mut cases = Vec::new();
        let mut seen = BTreeSet::new();
        for raw in raw.case {
            let at = raw.span().start;
            let raw = raw.into_inner();
            if !seen.insert(raw.id.clone()) {
                self.refuse(at, format!("case id {:?} is used twice", raw.id));
            }
            cases.push(self.case(at, raw)?);
        }
        Some(cases)
    }

    fn case(&mut self, at: usize, raw: RawCase) -> Option<Case> {
        let as_of = self.day(at, "as_of", &raw.as_of);
        let subject = match raw.subject.as_deref() {
            None => Some(SubjectKind::Entity),
            Some(text) => {
                let all = SubjectKind::ALL.iter().map(|kind| kind.zh());
                self.name(at, "subject", text, SubjectKind::from_zh(text), all)
            }
        };
        let mut records = Vec::new();
        for record in raw.records {
            let at = record.span().start;
            records.push(self.record(at, record.into_inner()));
        }
        let expect = self.expect(raw.expect.span().start, raw.expect.into_inner());
        Some(Case {
            line: line_of(self.text, at),
            id: raw.id,
            title: raw.title,
            as_of: as_of?,
            subject: subject?,
            records: records.into_iter().collect::<Option<_>>()?,
            expect: expect?,
        })
    }

    fn record(&mut self, at: usize, raw: RawRecord) -> Option<CaseRecord> {
        match raw {
            RawRecord::Penalty(raw) => self.penalty(at, raw).map(CaseRecord::Penalty),
            RawRecord::License(raw) => Some(CaseRecord::License(CaseLicense {
                decided_on: self.day(at, "decided_on", &raw.decided_on)?,
                valid_until: self.opt_day(at, "valid_until", raw.valid_until.as_ref())?,
                valid_from: self.opt_day(at, "valid_from", raw.valid_from.as_ref())?,
                document: raw.document,
                text: raw.text,
            })),
            RawRecord::Event(raw) => self.event(at, raw).map(CaseRecord::Event),
        }
    }

    fn penalty(&mut self, at: usize, raw: RawPenalty) -> Option<CasePenalty> {
        for kind in &raw.kinds {
            let all = PenaltyKind::ALL.iter().map(|kind| kind.zh());
            self.name(at, "kinds", kind, PenaltyKind::from_zh(kind), all)?;
        }
        for cited in &raw.cited {
            if let Err(error) = cited.parse::<Citation>() {
                self.refuse(at, format!("cited {cited:?}: {error}"));
                return None;
            }
        }
        self.class(at, &raw.violation)?;
        Some(CasePenalty {
            decided_on: self.day(at, "decided_on", &raw.decided_on)?,
            published: self.opt_day(at, "published", raw.published.as_ref())?,
            valid_until: self.opt_day(at, "valid_until", raw.valid_until.as_ref())?,
            fine: self.money(at, "fine", raw.fine.as_ref())?,
            confiscated: self.money(at, "confiscated", raw.confiscated.as_ref())?,
            document: raw.document,
            violation: raw.violation,
            kinds: raw.kinds,
            case: raw.case,
            cited: raw.cited,
            authority: raw.authority,
            region: raw.region,
            simple_procedure: raw.simple_procedure,
            text: raw.text,
            of: raw.of,
        })
    }

    fn event(&mut self, at: usize, raw: RawEvent) -> Option<CaseEvent> {
        let all = EventKind::ALL.iter().map(|kind| kind.zh());
        let kind = self.name(at, "kind", &raw.kind, EventKind::from_zh(&raw.kind), all)?;
        self.class(at, &raw.violation)?;
        let on_roster = (kind == EventKind::Roster)
            .then(|| self.scheme.map(|s| s.id.clone()))
            .flatten();
        Some(CaseEvent {
            kind,
            on: self.day(at, "on", &raw.on)?,
            until: self.opt_day(at, "until", raw.until.as_ref())?,
            document: raw.document,
            violation: raw.violation,
            level: raw.level,
            term_months: raw.term_months,
            role: raw.role,
            authority: raw.authority,
            list: raw.list.or(on_roster),
            text: raw.text,
            of: raw.of,
        })
    }

    fn expect(&mut self, at: usize, raw: RawExpect) -> Option<Expect> {
        let score = match raw.score.as_ref().map(Number::text) {
            None => None,
            Some(text) if text == "none" => Some(None),
            Some(text) => match Points::parse(&text) {
                Some(points) => Some(Some(points)),
                None => {
                    self.refuse(
                        at,
                        format!("score {text:?} is no decimal of at most four places"),
                    );
                    return None;
                }
            },
        };
        let next_change_on = match &raw.next_change_on {
            None => None,
            Some(DayOrNone::Day(day)) => Some(Some(self.day(at, "next_change_on", day)?)),
            Some(DayOrNone::Text(text)) if text == "none" => Some(None),
            Some(DayOrNone::Text(text)) => {
                self.refuse(
                    at,
                    format!("next_change_on {text:?}: write a day without quotes, or \"none\""),
                );
                return None;
            }
        };
        let flags = match raw.flags {
            None => None,
            Some(flags) => Some(
                flags
                    .into_iter()
                    .map(|flag| self.flag(at, &flag))
                    .collect::<Option<Vec<_>>>()?,
            ),
        };
        if let (Some(grade), Some(scheme)) = (&raw.grade, self.scheme) {
            let known = scheme.bands.iter().map(|band| band.grade.as_str());
            let found = known.clone().any(|known| known == grade).then_some(());
            self.name(at, "grade", grade, found, known)?;
        }
        for row in raw.counted.iter().chain(&raw.not_counted).flatten() {
            let Some(scheme) = self.scheme else { continue };
            let known = scheme
                .indicators
                .iter()
                .flat_map(|i| &i.rows)
                .map(|row| row.id.as_str())
                .chain([CLAMP]);
            let found = known.clone().any(|known| known == row).then_some(());
            self.name(at, "row", row, found, known)?;
        }
        let expect = Expect {
            absent: raw.absent,
            rated: raw.rated,
            score,
            grade: raw.grade,
            flags,
            counted: raw.counted.map(sorted),
            not_counted: raw.not_counted.map(sorted),
            next_change_on,
            reason: raw.reason,
        };
        let nothing = Expect {
            absent: expect.absent,
            ..Expect::default()
        };
        if expect.absent != (expect == nothing) {
            self.refuse(
                at,
                "a case expects either `absent = true` alone, or at least one value",
            );
            return None;
        }
        Some(expect)
    }

    /// `name`, `name 至 2026-12-25` or `name 至 长期`.
    fn flag(&mut self, at: usize, text: &str) -> Option<(String, Option<Option<Day>>)> {
        let Some((name, until)) = text.split_once(" 至 ") else {
            return Some((text.to_owned(), None));
        };
        let until = if until == "长期" {
            Some(None)
        } else {
            Day::parse_iso(until).map(Some)
        };
        if until.is_none() {
            self.refuse(
                at,
                format!("flag {text:?}: after 至 comes a day such as 2026-12-25, or 长期"),
            );
        }
        until.map(|until| (name.to_owned(), Some(until)))
    }

    /// A value of a closed list.
    fn name<'n, T>(
        &mut self,
        at: usize,
        key: &str,
        text: &str,
        found: Option<T>,
        known: impl Iterator<Item = &'n str>,
    ) -> Option<T> {
        if found.is_none() {
            let hint = nearest(text, known)
                .map_or_else(String::new, |near| format!("; did you mean {near:?}?"));
            self.refuse(at, format!("{key} {text:?} is not known{hint}"));
        }
        found
    }

    fn class(&mut self, at: usize, class: &str) -> Option<()> {
        let classes = self.classes;
        let known = class.is_empty() || classes.is_empty() || classes.contains(class);
        self.name(
            at,
            "violation",
            class,
            known.then_some(()),
            classes.iter().map(String::as_str),
        )
    }

    fn day(&mut self, at: usize, key: &str, day: &Datetime) -> Option<Day> {
        let parsed = Day::parse_iso(&day.to_string());
        if parsed.is_none() {
            self.refuse(
                at,
                format!("{key} {day} is no calendar day; write it as 2026-11-22"),
            );
        }
        parsed
    }

    fn opt_day(&mut self, at: usize, key: &str, day: Option<&Datetime>) -> Option<Option<Day>> {
        match day {
            None => Some(None),
            Some(day) => self.day(at, key, day).map(Some),
        }
    }

    /// An amount in 万元.
    fn money(&mut self, at: usize, key: &str, amount: Option<&Number>) -> Option<Option<Fen>> {
        let Some(amount) = amount else {
            return Some(None);
        };
        match Fen::parse_wan_yuan(&amount.text()) {
            Ok(fen) => Some(Some(fen)),
            Err(error) => {
                self.refuse(at, format!("{key} {:?} (万元): {error}", amount.text()));
                None
            }
        }
    }
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}
