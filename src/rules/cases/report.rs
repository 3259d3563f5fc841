//! What a grader said against what the cases expect, row by row, and the rows that no case exercises.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use super::super::model::Scheme;
use super::file::{Case, CaseFile, Expect};
use super::tables::CaseTables;
use super::{CLAMP, scheme_name};
use crate::record::{Day, Points};

/// The result of a case's subject, as a grader gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// False for 不参评 and 不评级.
    pub rated: bool,
    /// Absent without a score.
    pub score: Option<Points>,
    /// Short name of the grade.
    pub grade: Option<String>,
    /// In Chinese.
    pub reason: String,
    /// Flags in force.
    pub flags: Vec<ObservedFlag>,
    /// Every matched row of every record.
    pub rows: Vec<ObservedRow>,
    /// First later day on which the result changes by time alone.
    pub next_change_on: Option<Day>,
}

/// A flag with its term.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObservedFlag {
    /// As in the scheme file.
    pub name: String,
    /// Last day, inclusive; absent = permanent.
    pub until: Option<Day>,
}

/// A matched row of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRow {
    /// Row of the scheme.
    pub row_id: String,
    /// Document of the record.
    pub document_no: Option<String>,
    /// Whether the row had an effect.
    pub counted: bool,
    /// Points that reached the score.
    pub points: Points,
    /// Why not, in Chinese.
    pub why_not: Option<String>,
}

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `score`, `grade`, `row fine-to-5` …
    pub what: String,
    /// As the case says.
    pub expected: String,
    /// As graded.
    pub got: String,
}

/// One case and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// Id in the file.
    pub id: String,
    /// What the case shows.
    pub title: String,
    /// 1-based line in the file.
    pub line: usize,
    /// Empty: the case passes.
    pub differences: Vec<Difference>,
    /// Every matched row, for the reader of a difference.
    pub rows: Vec<ObservedRow>,
}

/// The cases of one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// Path under `rules/`.
    pub file: String,
    /// File stem of the scheme version.
    pub scheme: String,
    /// In the order of the file.
    pub cases: Vec<CaseResult>,
    /// Rows of the scheme.
    pub rows: usize,
    /// Rows that count in no case, in the order of the scheme.
    pub unexercised: Vec<String>,
}

/// The cases of a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// By scheme.
    pub files: Vec<FileReport>,
    /// Schemes without a case file.
    pub without_cases: Vec<String>,
}

impl Report {
    /// Cases that pass, and all cases.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        let all = || self.files.iter().flat_map(|file| &file.cases);
        (
            all().filter(|case| case.differences.is_empty()).count(),
            all().count(),
        )
    }

    /// Whether any case fails.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        let (passed, all) = self.totals();
        passed < all
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            let passed = file
                .cases
                .iter()
                .filter(|case| case.differences.is_empty())
                .count();
            let exercised = file.rows - file.unexercised.len();
            writeln!(
                f,
                "{}: {passed} of {} case(s) pass, {exercised} of {} row(s) exercised",
                file.scheme,
                file.cases.len(),
                file.rows
            )?;
            for case in file
                .cases
                .iter()
                .filter(|case| !case.differences.is_empty())
            {
                writeln!(
                    f,
                    "  FAIL {} {} (rules/{}:{})",
                    case.id, case.title, file.file, case.line
                )?;
                for one in &case.differences {
                    writeln!(
                        f,
                        "    {}: expected {}, got {}",
                        one.what, one.expected, one.got
                    )?;
                }
                for row in &case.rows {
                    writeln!(f, "      {}", in_words(row))?;
                }
            }
            for row in &file.unexercised {
                writeln!(f, "  row {row} counts in no case")?;
            }
        }
        for scheme in &self.without_cases {
            writeln!(f, "{scheme}: no case file")?;
        }
        let (passed, all) = self.totals();
        writeln!(f, "{passed} of {all} case(s) pass")
    }
}

fn in_words(row: &ObservedRow) -> String {
    let mut text = row.row_id.clone();
    if let Some(document) = &row.document_no {
        let _ = write!(text, " {document}");
    }
    match (&row.why_not, row.counted) {
        (None, true) => text.push_str(": counted"),
        (Some(why), true) => {
            let _ = write!(text, ": counted in part, {why}");
        }
        (why, false) => {
            let _ = write!(
                text,
                ": not counted, {}",
                why.as_deref().unwrap_or("no reason given")
            );
        }
    }
    if row.points != Points::ZERO {
        let _ = write!(text, " ({} points)", row.points);
    }
    text
}

pub(super) fn judge<'a, F>(file: &'a CaseFile, scheme: &'a Scheme, grader: &mut F) -> FileReport
where
    F: FnMut(&'a Scheme, Day, &CaseTables) -> Result<Option<Observed>, String>,
{
    let mut exercised = BTreeSet::new();
    let mut cases = Vec::new();
    for case in &file.cases {
        let graded = CaseTables::of(case)
            .map_err(|error| error.to_string())
            .and_then(|tables| grader(scheme, case.as_of, &tables));
        let mut result = CaseResult {
            id: case.id.clone(),
            title: case.title.clone(),
            line: case.line,
            differences: Vec::new(),
            rows: Vec::new(),
        };
        match graded {
            Err(error) => result
                .differences
                .push(difference("result", "a result", error)),
            Ok(observed) => {
                result.differences = compare(case, observed.as_ref());
                result.rows = observed.map(|observed| observed.rows).unwrap_or_default();
                let counted = result.rows.iter().filter(|row| row.counted);
                exercised.extend(counted.map(|row| row.row_id.clone()));
            }
        }
        cases.push(result);
    }
    let rows: Vec<&str> = scheme
        .indicators
        .iter()
        .flat_map(|i| &i.rows)
        .map(|row| row.id.as_str())
        .collect();
    let unexercised = rows.iter().filter(|row| !exercised.contains(**row));
    FileReport {
        file: file.file.clone(),
        scheme: scheme_name(scheme),
        cases,
        rows: rows.len(),
        unexercised: unexercised.map(|row| (*row).to_owned()).collect(),
    }
}

fn difference(what: &str, expected: impl fmt::Display, got: impl fmt::Display) -> Difference {
    Difference {
        what: what.to_owned(),
        expected: expected.to_string(),
        got: got.to_string(),
    }
}

/// Text of a value that may be missing.
fn or_none<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

fn compare(case: &Case, observed: Option<&Observed>) -> Vec<Difference> {
    let expect = &case.expect;
    let observed = match (expect.absent, observed) {
        (true, None) => return Vec::new(),
        (true, Some(observed)) => {
            let got = format!("{} ({})", or_none(observed.grade.as_ref()), observed.reason);
            return vec![difference("result", "none: no matter of this scheme", got)];
        }
        (false, None) => {
            return vec![difference(
                "result",
                "a result",
                "none: no matter of this scheme",
            )];
        }
        (false, Some(observed)) => observed,
    };
    let mut found = Vec::new();
    if let Some(rated) = expect.rated.filter(|rated| *rated != observed.rated) {
        found.push(difference(
            "rated",
            rated,
            format!("{} ({})", observed.rated, observed.reason),
        ));
    }
    if let Some(score) = expect.score.filter(|score| *score != observed.score) {
        found.push(difference("score", or_none(score), or_none(observed.score)));
    }
    if expect.grade.is_some() && expect.grade != observed.grade {
        let got = format!("{} ({})", or_none(observed.grade.as_ref()), observed.reason);
        found.push(difference("grade", or_none(expect.grade.as_ref()), got));
    }
    if let Some(part) = expect
        .reason
        .as_ref()
        .filter(|part| !observed.reason.contains(part.as_str()))
    {
        found.push(difference("reason", format!("…{part}…"), &observed.reason));
    }
    if let Some(day) = expect
        .next_change_on
        .filter(|day| *day != observed.next_change_on)
    {
        found.push(difference(
            "next_change_on",
            or_none(day),
            or_none(observed.next_change_on),
        ));
    }
    compare_flags(expect, observed, &mut found);
    compare_rows(expect.counted.as_deref(), true, observed, &mut found);
    compare_rows(expect.not_counted.as_deref(), false, observed, &mut found);
    found
}

fn compare_flags(expect: &Expect, observed: &Observed, found: &mut Vec<Difference>) {
    let Some(expected) = &expect.flags else {
        return;
    };
    let mut left: Vec<&ObservedFlag> = observed.flags.iter().collect();
    for (name, until) in expected {
        let wanted = match until {
            None => name.clone(),
            Some(until) => format!("{name} 至 {}", term(*until)),
        };
        let fits = |flag: &&ObservedFlag| {
            flag.name == *name && until.is_none_or(|until| until == flag.until)
        };
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => {
                let near = observed.flags.iter().find(|flag| flag.name == *name);
                found.push(difference("flag", wanted, or_none(near.map(flag_text))));
            }
        }
    }
    // A flag set by several records needs to be named once.
    left.retain(|flag| !expected.iter().any(|(name, _)| *name == flag.name));
    found.extend(
        left.into_iter()
            .map(|flag| difference("flag", "none", flag_text(flag))),
    );
}

fn flag_text(flag: &ObservedFlag) -> String {
    format!("{} 至 {}", flag.name, term(flag.until))
}

fn term(until: Option<Day>) -> String {
    until.map_or_else(|| "长期".to_owned(), |day| day.to_string())
}

fn compare_rows(
    expected: Option<&[String]>,
    counted: bool,
    observed: &Observed,
    found: &mut Vec<Difference>,
) {
    let Some(expected) = expected else { return };
    let mut times: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for row in expected {
        times.entry(row).or_default().0 += 1;
    }
    // Clamping follows from the score; a case may name it.
    let unasked =
        |row: &ObservedRow| row.row_id == CLAMP && !expected.iter().any(|wanted| wanted == CLAMP);
    let rows = observed.rows.iter().filter(|row| !unasked(row));
    for row in rows.filter(|row| row.counted == counted) {
        times.entry(&row.row_id).or_default().1 += 1;
    }
    let verb = if counted {
        "counted"
    } else {
        "matched without counting"
    };
    for (row, (wanted, got)) in times.into_iter().filter(|(_, (wanted, got))| wanted != got) {
        found.push(difference(
            &format!("row {row}"),
            format!("{verb} {wanted}×"),
            format!("{got}×"),
        ));
    }
}
