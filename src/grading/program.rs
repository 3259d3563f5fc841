//! The compiled form of a set of schemes: plain values that can be serialised, shipped to another process and run there.
//!
//! Amounts are whole 分, points the raw integers of `Points` (4 decimals), days counted from 1970-01-01, names resolved
//! to indices. Rows of all schemes stand in one list, so that a record is matched once for all of them.

use serde::{Deserialize, Serialize};

/// Everything that grading needs to know about the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Digest of the rule pack, printed in `grades.rules_digest`.
    pub rules_digest: String,
    pub(crate) families: Vec<Family>,
    pub(crate) versions: Vec<Version>,
    pub(crate) rows: Vec<Row>,
}

/// The versions of one scheme id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) id: String,
    /// Indices into `Program::versions`, by first day in force.
    pub(crate) versions: Vec<usize>,
    /// The record's decision day chooses the version of the rows (`version_by = "decided_on"`).
    pub(crate) by_decision: bool,
    /// Rows with tests, in row order.
    pub(crate) summaries: Vec<usize>,
    /// Some version looks at earlier grades.
    pub(crate) looks_back: bool,
    /// Some version has a cycle.
    pub(crate) cyclic: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    /// `environment/chongqing-2021`.
    pub(crate) scheme: String,
    pub(crate) version: String,
    pub(crate) family: usize,
    /// Texts by which a 参评名录 or 关停 event can name this scheme.
    pub(crate) names: Vec<String>,
    pub(crate) from: i32,
    pub(crate) to: Option<i32>,
    /// Bit per subject kind.
    pub(crate) kinds: u8,
    pub(crate) roster_required: bool,
    /// Sites are graded apart, the worst counts.
    pub(crate) by_site: bool,
    pub(crate) no_record: Option<usize>,
    pub(crate) score: Option<Score>,
    pub(crate) cycle: Option<Cycle>,
    pub(crate) bands: Vec<Band>,
    pub(crate) indicators: Vec<Indicator>,
    pub(crate) group_caps: Vec<(String, i64)>,
    /// Records past their maximum publicity keep counting.
    pub(crate) past_publicity: bool,
    /// Patterns of violation classes that the scheme may look at.
    pub(crate) scope: Vec<String>,
    /// First and one-past-last of its rows in `Program::rows`.
    pub(crate) rows: (usize, usize),
    pub(crate) provisional: bool,
    /// Documents of the scheme, for figures that no row carries.
    pub(crate) basis: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Score {
    pub(crate) start: i64,
    pub(crate) accumulate: bool,
    pub(crate) min: Option<i64>,
    pub(crate) max: Option<i64>,
    /// Once a point counts, no bonus does.
    pub(crate) apart: bool,
    pub(crate) provisional: bool,
}

/// Days on which grades are fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cycle {
    /// Month and day, ascending; a day past the month's last means its last.
    pub(crate) ends: Vec<(u32, u32)>,
    pub(crate) freeze: bool,
    pub(crate) at_most_up: Option<usize>,
    pub(crate) provisional: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Band {
    pub(crate) grade: String,
    pub(crate) name: String,
    pub(crate) range: Option<Span>,
    pub(crate) provisional: bool,
}

/// A closed interval of whole numbers; open ends of the rule file are moved in by one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Span {
    pub(crate) low: i64,
    pub(crate) high: i64,
}

impl Span {
    pub(crate) fn holds(self, value: i64) -> bool {
        self.low <= value && value <= self.high
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fold {
    Sum,
    Max,
    First,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Key {
    Record,
    Case,
    Month,
    Subject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Window {
    Always,
    Rolling(i32),
    PreviousYear,
    CurrentYear,
    /// Months of a calendar period, and how many periods later the record counts.
    Calendar {
        months: i32,
        later: i32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Repair {
    Drop,
    Keep,
    ClearsPoints,
    Share,
}

/// Time between a record and its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Delay {
    Days(i32),
    Months(i32),
    Years(i32),
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Indicator {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Index into `Version::group_caps`.
    pub(crate) group: Option<usize>,
    pub(crate) within: Option<(Key, Fold)>,
    pub(crate) across: Fold,
    pub(crate) window: Window,
    pub(crate) anchor: Anchor,
    pub(crate) repair: Repair,
    pub(crate) cap: Option<i64>,
    pub(crate) carry_over: bool,
    /// Steps of a shared repair: delay, hundredths that are left.
    pub(crate) shares: Vec<(Delay, i64)>,
    /// A repair is dated by 整改完成.
    pub(crate) by_rectified: bool,
    /// Counts while grades are frozen.
    pub(crate) mid_cycle: bool,
}

/// The day from which time runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Anchor {
    Decided,
    /// `valid_until` / `ends_on` where the record carries it.
    End,
    /// `valid_from` where the record carries it.
    Start,
    /// The day of publication, as far as it is known.
    Published,
    /// 整改完成; until then time does not run.
    Rectified,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Validity {
    Unlimited,
    Months {
        months: i32,
        delay: i32,
        first_day: bool,
    },
    FromRecord {
        default: Option<i32>,
        first_day: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Effect {
    /// Positive = worse, negative = a bonus.
    Points(i64),
    Grade(usize),
    Ceiling(usize),
    /// By score no worse than this band.
    Floor(usize),
    /// Raw points of whole bands; positive = worse.
    Move(i64),
    Flag(String),
    Exempt,
    /// Other rows speak of it.
    Fact,
}

/// What a row asks of all its hits together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Test {
    Amount(Amount, Span),
    /// Months of a period; longest run.
    Running(i32, Span),
    /// Numerator, row of the denominator, ends in millionths with whether they are included.
    Ratio {
        of: Amount,
        per: usize,
        low: Option<(i64, bool)>,
        high: Option<(i64, bool)>,
    },
    Clean {
        months: i32,
        times: i64,
        after: Option<usize>,
    },
    Known(Span),
    /// Grades, ends looked at, wanted number, in a row.
    Was {
        grades: Vec<String>,
        cycles: usize,
        span: Span,
        running: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Amount {
    Count,
    Cases,
    Fines,
    Confiscated,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    /// Title and id, for the reader.
    pub(crate) label: String,
    /// Its title alone.
    pub(crate) title: Option<String>,
    pub(crate) version: usize,
    /// Index into `Version::indicators`.
    pub(crate) indicator: usize,
    pub(crate) conditions: Vec<Condition>,
    /// Any of these states (bits of `StateBit`); absent = no condition.
    pub(crate) states: Vec<u8>,
    /// Any of these levels of the subject's roster entry; empty = no condition.
    pub(crate) levels: Vec<String>,
    pub(crate) tests: Vec<Test>,
    pub(crate) effect: Effect,
    /// As printed in evidence.
    pub(crate) effect_name: String,
    pub(crate) validity: Validity,
    /// Indices into `Program::rows` of the rows that this one removes.
    pub(crate) exempts: Vec<usize>,
    pub(crate) at_least: bool,
    pub(crate) provisional: bool,
    /// Printed in evidence.
    pub(crate) basis: String,
}

pub(crate) const STATE_REPAIRED: u8 = 1;
pub(crate) const STATE_NOT_REPAIRED: u8 = 2;
pub(crate) const STATE_RECTIFIED: u8 = 4;
pub(crate) const STATE_NOT_RECTIFIED: u8 = 8;
pub(crate) const STATE_OBJECTION: u8 = 16;

/// Kind code of a penalty in `Condition::Kind`.
pub(crate) const KIND_PENALTY: u32 = 0;
/// Kind code of a license.
pub(crate) const KIND_LICENSE: u32 = 1;
/// Kind code of the first event kind.
pub(crate) const KIND_EVENT: u32 = 2;

/// A condition on one field that does not change with time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Condition {
    /// Bits of kind codes.
    Kind(u32),
    Violation(Vec<String>),
    PenaltyAny(u16),
    PenaltyOnly(u16),
    PenaltyNone(u16),
    Fine(Span),
    Confiscated(Span),
    Authority(Vec<String>),
    /// Statute and articles; no articles = any.
    Cited(Vec<(String, Vec<u16>)>),
    /// Bits of subject kinds.
    SubjectKind(u8),
    Region(Vec<String>),
    Severity(Vec<String>),
    Role(Vec<String>),
    List(Vec<String>),
    Term(Span),
    Words(Vec<String>),
    /// A record of a linked subject; rows without this speak of the subject's own.
    Linked,
}

impl Program {
    /// The version of a family in force on a day.
    pub(crate) fn in_force(&self, family: &Family, day: i32) -> Option<usize> {
        family.versions.iter().copied().find(|&v| {
            let version = &self.versions[v];
            version.from <= day && version.to.is_none_or(|to| day <= to)
        })
    }

    /// The version whose name stands for a family on a day without one in force: the last before, else the first.
    pub(crate) fn nearest(&self, family: &Family, day: i32) -> Option<usize> {
        let begun = |v: &&usize| self.versions[**v].from <= day;
        let latest = family.versions.iter().rev().find(begun);
        latest.or(family.versions.first()).copied()
    }
}
