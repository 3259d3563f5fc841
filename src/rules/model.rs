//! The typed form of a scheme file: what the loader produces and what grading reads.
//!
//! Everything here is resolved: names are indices into `bands`, patterns are checked against the class tree,
//! amounts are whole 分, points are fixed decimals.

use crate::record::{Day, EventKind, Fen, PenaltyKinds, Points, SubjectKind};

/// How far a figure can be trusted; anything but `Verified` is printed wherever the figure is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Read in the official text or an official page.
    Verified,
    /// Not verified: the reason, in words for the reader.
    Provisional(String),
}

/// A statement's ground: the document (number or title, with article where there is one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis(pub String);

/// One end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound<T> {
    Unbounded,
    Included(T),
    Excluded(T),
}

/// An interval with explicit brackets (以上/以下 include the number, 民法典 1259).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval<T> {
    pub lower: Bound<T>,
    pub upper: Bound<T>,
}

impl<T: PartialOrd> Interval<T> {
    /// Whether `value` lies inside.
    pub fn contains(&self, value: &T) -> bool {
        let above = match &self.lower {
            Bound::Unbounded => true,
            Bound::Included(b) => value >= b,
            Bound::Excluded(b) => value > b,
        };
        let below = match &self.upper {
            Bound::Unbounded => true,
            Bound::Included(b) => value <= b,
            Bound::Excluded(b) => value < b,
        };
        above && below
    }
}

/// `nation > province or municipality > district`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    Nation,
    Province,
    Municipality,
    District,
}

/// The days on which a version may be used (both inclusive; `to` absent = open).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    pub from: Day,
    pub to: Option<Day>,
    pub status: Status,
}

/// Which date chooses the version of a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionBy {
    AsOf,
    DecidedOn,
}

/// A class or a subtree of classes: `environment.water.*` or `environment.eia.built-before-approval`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassPattern(pub String);

impl ClassPattern {
    /// Whether the dotted class lies under this pattern (`x.*` covers `x` and everything below).
    pub fn covers(&self, class: &str) -> bool {
        match self.0.strip_suffix(".*") {
            Some(stem) => {
                class == stem
                    || class
                        .strip_prefix(stem)
                        .is_some_and(|rest| rest.starts_with('.'))
            }
            None => class == self.0,
        }
    }
}

/// Which records a row or a scheme may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordSel {
    Penalty,
    License,
    Event(EventKind),
}

/// The scope ANDed to every row of a scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordScope {
    pub violation: Vec<ClassPattern>,
}

/// Who is graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    pub kinds: Vec<SubjectKind>,
    pub roster: Roster,
    pub no_record: NoRecord,
    /// 参评名录 events name the scheme by this text in `list_or_scheme`.
    pub roster_name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roster {
    /// Subjects on the scheme's roster (参评名录 event in effect) at as-of.
    Required,
    /// Subjects with a record inside the scheme's record scope (matched by a row or not).
    AnyRecord,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRecord {
    /// Index into `bands`.
    DefaultGrade(usize),
    NotRated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Fewer points = worse; rows subtract.
    Deduct,
    /// More points = worse; rows add.
    Accumulate,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreRule {
    pub start: Points,
    pub direction: Direction,
    pub min: Option<Points>,
    pub max: Option<Points>,
    pub status: Status,
}

/// One grade. Listed best first; `order_key` = position + 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    pub grade: String,
    pub name: String,
    pub colour: Option<String>,
    /// Absent in class-only schemes: then the worst class among matched rows is the grade, the best band the default.
    pub range: Option<Interval<Points>>,
    pub basis: Basis,
    pub status: Status,
}

/// How hits of one indicator become one figure. Steps apply in order: first within a key, then across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Sum,
    /// The heaviest (by absolute points); ties: earliest `decided_on`, then record id, then row order.
    Max,
    /// The first by `decided_on`, record id, row order.
    First,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Record,
    Case,
    Month,
    Subject,
}

/// `join = "max-per-case, sum"` → `within = Some((Case, Max))`, `across = Sum`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    pub within: Option<(Key, Fold)>,
    pub across: Fold,
}

/// The day from which a record's time is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    DecidedOn,
    /// 有效期至 / ends_on where the record carries it; a record without it uses the decision day and says so.
    ValidUntil,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// No window: the record counts as long as nothing else ends it.
    Always,
    /// The last `months` months before as-of.
    Rolling { months: u16 },
    /// 1 January to 31 December of the year before as-of.
    PreviousYear,
    /// 1 January of as-of's year to as-of.
    CurrentYear,
}

/// A row's own term: counts from anchor + delay for `months` months, or permanently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    Unlimited,
    Months {
        months: u16,
        delay_days: u16,
        first_day_counts: bool,
    },
    /// Term taken from the record (`term_months`, or `ends_on`); `default_months` where it carries neither.
    FromRecord {
        default_months: Option<u16>,
        first_day_counts: bool,
    },
}

/// What a repair (信用修复) does to a hit from the day it occurred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepairEffect {
    /// No longer counts.
    Drop,
    /// Keeps counting (statutory bans with their own term).
    Keep,
    /// Points vanish, the grade that they led to stays until the window ends (Hebei).
    ClearsPointsKeepsGrade,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indicator {
    pub id: String,
    pub title: String,
    pub group: Option<String>,
    pub join: Join,
    pub window: Window,
    pub anchor: Anchor,
    pub repair: RepairEffect,
    /// Largest absolute figure of this indicator.
    pub cap: Option<Points>,
    /// An unrectified record stays in the window until 整改完成.
    pub carry_over: bool,
    pub rows: Vec<Row>,
    pub basis: Basis,
    pub status: Status,
}

/// A decision-table row: all conditions hold → the effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub title: Option<String>,
    pub conditions: Vec<Condition>,
    pub effect: Effect,
    pub validity: Validity,
    /// The true figure may be heavier: printed as "至少".
    pub at_least: bool,
    pub status: Status,
    pub source: String,
    /// Rows whose hits on the same record this row removes (尽职免责).
    pub exempts: Vec<String>,
    /// 1-based line in the scheme file.
    pub line: usize,
}

/// A condition on one field; a row's conditions are ANDed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Kind(Vec<RecordSel>),
    Violation(Vec<ClassPattern>),
    /// At least one of these kinds.
    PenaltyAny(PenaltyKinds),
    /// At least one kind and none outside these.
    PenaltyOnly(PenaltyKinds),
    /// None of these kinds.
    PenaltyNone(PenaltyKinds),
    /// Fine in 分; a decision without a fine has none and matches no interval.
    Fine(Interval<Fen>),
    Confiscated(Interval<Fen>),
    /// The authority's name contains one of these.
    Authority(Vec<String>),
    /// One of these statutes, at one of these articles (empty = any article), is cited.
    Cited(Vec<CitedPattern>),
    SubjectKind(Vec<SubjectKind>),
    /// GB/T 2260 prefixes: `5001` covers all of them.
    Region(Vec<String>),
    /// `level` (程度) of an event.
    Severity(Vec<String>),
    /// `role` of an event.
    Role(Vec<String>),
    /// `list_or_scheme` of an event.
    List(Vec<String>),
    /// `term_months` of an event.
    TermMonths(Interval<i64>),
    /// One of these words stands un-negated in content or facts (detail for events).
    Words(Vec<String>),
    State(Vec<StateSel>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CitedPattern {
    pub statute: String,
    pub articles: Vec<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateSel {
    Repaired,
    NotRepaired,
    Rectified,
    NotRectified,
    UnderObjection,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Absolute points; direction comes from the scheme.
    Points(Points),
    /// Added in the good direction, up to the score's `max`.
    Bonus(Points),
    /// Direct grade (一票否决, class of record): index into `bands`; the worst wins.
    Grade(usize),
    /// Not better than this band.
    Ceiling(usize),
    /// Not worse than this band by score; direct grades, ceilings and moves still apply after it.
    Floor(usize),
    /// Moves the grade by n bands (positive = worse).
    Move(i8),
    /// A named flag in `grades.flags`, e.g. `ban:apply` with the term from the row's validity.
    Flag(String),
    /// Removes hits of other rows on the same record (see `exempts`), nothing else.
    Exempt,
}

/// Inspection or treatment that follows from a grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupervisionRule {
    pub id: String,
    pub grades: Vec<usize>,
    pub levels: Vec<String>,
    pub flag: String,
    pub inspection_ratio: Option<String>,
    pub max_inspections: Option<u32>,
    pub per: Option<String>,
    pub content: String,
    pub basis: Basis,
    pub status: Status,
}

/// One version of one scheme, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    pub id: String,
    pub version: String,
    pub file: String,
    pub title: String,
    pub domain: String,
    pub tier: Tier,
    pub region: String,
    pub basis: Vec<Basis>,
    pub in_force: InForce,
    pub version_by: VersionBy,
    pub records: RecordScope,
    pub subjects: Population,
    pub score: Option<ScoreRule>,
    pub bands: Vec<Band>,
    /// Caps of groups of indicators.
    pub group_caps: Vec<(String, Points)>,
    pub indicators: Vec<Indicator>,
    pub supervision: Vec<SupervisionRule>,
    /// A record past its maximum publicity keeps counting, on this basis; absent = it stops the next day.
    pub counts_past_publicity: Option<Basis>,
}
