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
    /// Each site (region of the records) is graded apart; the subject has the grade of its worst site.
    pub by_site: bool,
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
    /// Bonuses and points stand in books of their own: once a point counts, no bonus does.
    pub ledgers_apart: bool,
    pub status: Status,
}

/// The days on which grades are fixed, and what that means for the days between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Month and day of each end in a year, ascending; a day past the month's last means its last.
    pub ends: Vec<(u32, u32)>,
    /// Nothing new counts before the next end. What is repaired, revoked or past its publicity stops at once.
    pub freeze: bool,
    /// At most so many grades better than at the end before.
    pub at_most_up: Option<u8>,
    pub source: String,
    pub status: Status,
}

impl Cycle {
    /// The ends of one year, ascending.
    pub fn ends_in(&self, year: i32) -> impl Iterator<Item = Day> + '_ {
        self.ends.iter().filter_map(move |&(month, day)| {
            (1..=day)
                .rev()
                .find_map(|day| Day::from_ymd(year, month, day))
        })
    }

    /// The last end on or before a day.
    #[must_use]
    pub fn last_end(&self, day: Day) -> Option<Day> {
        let year = day.ymd().0;
        let ends = self.ends_in(year - 1).chain(self.ends_in(year));
        ends.filter(|end| *end <= day).last()
    }

    /// The first end after a day.
    #[must_use]
    pub fn next_end(&self, day: Day) -> Option<Day> {
        let year = day.ymd().0;
        let mut ends = self.ends_in(year).chain(self.ends_in(year + 1));
        ends.find(|end| *end > day)
    }
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
    /// 有效期自 of a license, the day it takes effect; another record uses the decision day.
    ValidFrom,
    /// The day on which the sender's stamp (数据更新时间) says that it was sent for publication, else the received date; not
    /// before the decision nor after the day it was received.
    Published,
    /// 整改完成, the end of the act: until then the record counts without an end, from then on its time runs.
    Rectified,
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
    /// The calendar period of as-of (`back` = 0) or one before it.
    Calendar { unit: Period, back: u8 },
}

/// A period of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Period {
    Month,
    Quarter,
    HalfYear,
    Year,
}

impl Period {
    /// Months in one period.
    #[must_use]
    pub const fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::HalfYear => 6,
            Self::Year => 12,
        }
    }
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
    /// Gives back a share of the points, by the delay between the record and its repair (`repair_shares`).
    Share,
}

/// A step of `repair = "share"`: repaired within this time, so many hundredths of the points come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepairShare {
    pub within: Delay,
    /// 0 to 100.
    pub gives_back: u8,
}

/// Time between a record and its repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// Up to so many days; the first day is not counted.
    Days(u16),
    /// Up to the like day so many months later.
    Months(u16),
    /// In the same calendar year.
    SameYear,
    /// By the end of the next calendar year.
    NextYear,
    /// At any time.
    Any,
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
    /// Steps of `RepairEffect::Share`; the first that fits counts, none = nothing comes back.
    pub repair_shares: Vec<RepairShare>,
    /// The repair is dated by 整改完成 instead of 信用修复.
    pub repaired_when_rectified: bool,
    /// Counts at once, also while grades are frozen.
    pub mid_cycle: bool,
    pub rows: Vec<Row>,
    pub basis: Basis,
    pub status: Status,
    /// File of the scheme that it was inherited from, as `environment/chongqing-2021.toml`; lines of its rows are in it.
    pub inherited_from: Option<String>,
}

/// A decision-table row: all conditions hold → the effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub title: Option<String>,
    pub conditions: Vec<Condition>,
    /// What is asked of all matched records together; then the effect comes once, without a record of its own.
    pub tests: Vec<Test>,
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

impl Row {
    /// The row in words for the reader: its title with the id, or the id alone.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.title {
            Some(title) => format!("{title}（{}）", self.id),
            None => self.id.clone(),
        }
    }

    /// Whether the row looks at records at all: tests of time known and of earlier grades do not.
    #[must_use]
    pub fn asks_records(&self) -> bool {
        let alone = |test: &Test| matches!(test, Test::Known(_) | Test::Was { .. });
        self.tests.is_empty() || !self.tests.iter().all(alone)
    }
}

/// A test over all records that match a row and count on the day; a row's tests are ANDed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Number of records.
    Count(Interval<i64>),
    /// Number of cases (同一违法行为 once).
    Cases(Interval<i64>),
    /// Sum of fines.
    Fines(Interval<Fen>),
    /// Sum of confiscated income and property.
    Confiscated(Interval<Fen>),
    /// Longest run of consecutive periods with a record in each.
    Running { unit: Period, range: Interval<i64> },
    /// A figure divided by the number that an event carries (程度 of the latest record of a `fact` row).
    Ratio {
        of: Amount,
        /// Id of the `fact` row.
        per: String,
        range: Interval<Rate>,
    },
    /// No record for `months`, counted from the last one, from the first day known, or from a record of row `after`;
    /// the effect comes once for each such term, at most `times`.
    Clean {
        months: u16,
        times: u16,
        after: Option<String>,
    },
    /// Whole months since the subject became known (roster, or a record inside the scope).
    Known(Interval<i64>),
    /// Grades at earlier cycle ends: how many of the last `cycles` ends had one of `grades`, in a row where `running`.
    Was {
        grades: Vec<usize>,
        cycles: u16,
        range: Interval<i64>,
        running: bool,
    },
}

/// What a ratio divides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Count,
    Cases,
    /// In 万元, as the number it is divided by.
    Fines,
    /// In 万元.
    Confiscated,
}

/// A ratio in millionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(pub i64);

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
    /// 程度 of the subject's own 参评名录 entry on the day: 市级, 区级.
    Level(Vec<String>),
    /// A record of another subject that an event links to this one (关联单位). Rows without this condition speak of the
    /// subject's own records alone.
    Linked,
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
    /// No effect of its own: another row counts from it or divides by it.
    Fact,
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
    pub cycle: Option<Cycle>,
    pub bands: Vec<Band>,
    /// Caps of groups of indicators.
    pub group_caps: Vec<(String, Points)>,
    pub indicators: Vec<Indicator>,
    pub supervision: Vec<SupervisionRule>,
    /// A record past its maximum publicity keeps counting, on this basis; absent = it stops the next day.
    pub counts_past_publicity: Option<Basis>,
}
