//! What grading says about one subject under one scheme, typed: consequence, explain and changes read these.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::record::{Day, Points, SubjectKind};

/// The result of one scheme for one subject on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// File stem of the scheme version: `environment/chongqing-2021`.
    pub scheme: Arc<str>,
    /// Canonical subject id (aliases of `subjects.same_as` are folded in).
    pub subject_id: String,
    /// Name on the record with the latest decision day.
    pub subject_name: String,
    /// Kind of the subject.
    pub subject_kind: SubjectKind,
    /// GB/T 2260 code of the subject's region.
    pub region: String,
    /// A minor never reaches a public output.
    pub minor: bool,
    /// Bucket of the subject in the store.
    pub bucket: i32,
    /// The state the subject is in on the as-of day.
    pub standing: Standing,
    /// Any figure on which the result rests is not verified.
    pub provisional: bool,
    /// First later day on which the result changes if nothing new arrives.
    pub next_change: Option<NextChange>,
    /// Rows of the evidence table that belong to this outcome: every matched rule row of every record, counted or not.
    pub evidence: Range<usize>,
}

impl Outcome {
    /// The short name of the grade, where there is one.
    #[must_use]
    pub fn grade(&self) -> Option<&str> {
        self.standing.grade.as_ref().map(|g| g.grade.as_ref())
    }

    /// Whether a flag of this name is set.
    #[must_use]
    pub fn has_flag(&self, name: &str) -> bool {
        self.standing.flags.iter().any(|f| f.name == name)
    }
}

/// Rated or not, score, grade and flags on one day: the part of a result that can change with time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// False for the visible states 不参评 / 不评级; then `score` and `grade` are absent.
    pub rated: bool,
    /// Absent without a score or when not rated.
    pub score: Option<Points>,
    /// Absent when not rated, or in a scheme that only sets flags.
    pub grade: Option<GradeLabel>,
    /// Why the result is what it is, in Chinese.
    pub reason: String,
    /// Flags in force, sorted by name, then record.
    pub flags: Vec<Flag>,
}

impl Standing {
    /// Whether a reader would see another result: rated, score, grade or the names of flags differ.
    #[must_use]
    pub fn differs(&self, other: &Self) -> bool {
        self.rated != other.rated
            || self.score != other.score
            || self.grade.as_ref().map(|g| g.band) != other.grade.as_ref().map(|g| g.band)
            || self.flag_names() != other.flag_names()
    }

    /// The result in a few words: `C（得分72）`, `A`, `不评级`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match (&self.grade, self.score) {
            (_, _) if !self.rated => "不评级".to_owned(),
            (Some(grade), Some(score)) => format!("{}（得分{score}）", grade.grade),
            (Some(grade), None) => grade.grade.as_ref().to_owned(),
            (None, Some(score)) => format!("得分{score}"),
            (None, None) => self.flag_names().join("、"),
        }
    }

    /// Distinct names of the flags in force, sorted.
    #[must_use]
    pub fn flag_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.flags.iter().map(|f| f.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// A grade as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeLabel {
    /// Index into the scheme's bands; 0 = best. `order_key` is this plus one.
    pub band: usize,
    /// Short name, e.g. `B`.
    pub grade: Arc<str>,
    /// Published name, e.g. `环保良好`.
    pub name: Arc<str>,
}

/// A named flag with its term, e.g. `ban:apply` after research misconduct.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flag {
    /// Name as in the scheme file.
    pub name: String,
    /// Record that set it.
    pub record_id: String,
    /// Row that set it.
    pub row_id: String,
    /// Document number of the record.
    pub document_no: Option<String>,
    /// First day of the term.
    pub from: Day,
    /// Last day of the term, inclusive; absent = permanent.
    pub until: Option<Day>,
    /// Document and article on which the row rests.
    pub basis: String,
    /// The row or its term is not verified.
    pub provisional: bool,
}

/// The next result that time alone brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextChange {
    /// First day of the new state.
    pub on: Day,
    /// The state then.
    pub to: Standing,
}

/// One matched rule row of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// Row id as in the scheme file; `clamp` for the row that makes a clamped score add up.
    pub row_id: Cow<'a, str>,
    /// Indicator the row belongs to; empty for `clamp`.
    pub indicator: Cow<'a, str>,
    /// Record that the row matched; empty for `clamp`.
    pub record_id: Cow<'a, str>,
    /// Case (同一违法行为) the record belongs to.
    pub case_id: Cow<'a, str>,
    /// Document number of the record.
    pub document_no: Option<Cow<'a, str>>,
    /// Decision day, or the day of the event.
    pub decided_on: Day,
    /// Points of the row before joining and capping. Positive = worse, negative = a bonus.
    pub points: Points,
    /// Points that reached the score: start ∓ Σ counted = score, exactly.
    pub counted_points: Points,
    /// Whether the row has any effect on the result on the as-of day.
    pub counted: bool,
    /// In Chinese; present when not counted, or counted in part only.
    pub why_not: Option<String>,
    /// First day on which this row can count.
    pub counts_from: Option<Day>,
    /// Last day on which this row can count, inclusive; absent = no end.
    pub counts_until: Option<Day>,
    /// Document and source of the row.
    pub basis: Cow<'a, str>,
    /// `points`, `bonus`, `grade:D`, `ceiling:C`, `move:1`, `flag:ban:apply`, `exempt`, `clamp`.
    pub effect: Cow<'a, str>,
    /// The row, the indicator or the publicity term that decided is not verified.
    pub provisional: bool,
    /// The true figure may be heavier (至少).
    pub at_least: bool,
    /// The record is under objection (异议处理中): marked, never dropped.
    pub objected: bool,
}

impl Evidence<'_> {
    /// The same row, free of what it was read from.
    #[must_use]
    pub fn into_owned(self) -> Evidence<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Evidence {
            row_id: own(self.row_id),
            indicator: own(self.indicator),
            record_id: own(self.record_id),
            case_id: own(self.case_id),
            document_no: self.document_no.map(own),
            basis: own(self.basis),
            effect: own(self.effect),
            decided_on: self.decided_on,
            points: self.points,
            counted_points: self.counted_points,
            counted: self.counted,
            why_not: self.why_not,
            counts_from: self.counts_from,
            counts_until: self.counts_until,
            provisional: self.provisional,
            at_least: self.at_least,
            objected: self.objected,
        }
    }
}
