//! What two rows can share: whether one record can match both, and whether one row covers another.
//!
//! Both answers are safe: `disjoint` says yes only when no record can match both rows, `covers` only when every record
//! that matches the one matches the other.

use super::super::model::{
    Bound, ClassPattern, Condition as C, Interval, RecordSel, Row, StateSel,
};

/// Record kinds a row speaks of; a row without `kind` speaks of penalties.
pub(super) fn kinds(row: &Row) -> Vec<RecordSel> {
    let stated = row.conditions.iter().find_map(|condition| match condition {
        C::Kind(kinds) => Some(kinds.clone()),
        _ => None,
    });
    stated.unwrap_or_else(|| vec![RecordSel::Penalty])
}

fn linked(row: &Row) -> bool {
    row.conditions.contains(&C::Linked)
}

/// Whether no record can match both rows.
pub(super) fn disjoint(a: &Row, b: &Row) -> bool {
    let (ka, kb) = (kinds(a), kinds(b));
    if !ka.iter().any(|kind| kb.contains(kind)) {
        return true;
    }
    // Own records and linked ones are never the same.
    if linked(a) != linked(b) {
        return true;
    }
    let pairs = |x: &C| b.conditions.iter().any(|y| apart(x, y) || apart(y, x));
    a.conditions.iter().any(pairs)
}

/// Whether no record can meet both conditions of one row.
pub(super) fn contradict(row: &Row) -> Option<(&C, &C)> {
    let pairs = row
        .conditions
        .iter()
        .flat_map(|x| row.conditions.iter().map(move |y| (x, y)));
    pairs
        .into_iter()
        .find(|(x, y)| !std::ptr::eq(*x, *y) && apart(x, y))
}

fn apart(x: &C, y: &C) -> bool {
    match (x, y) {
        (C::Violation(a), C::Violation(b)) => {
            !a.iter().any(|p| b.iter().any(|q| patterns_meet(p, q)))
        }
        (C::PenaltyAny(any) | C::PenaltyOnly(any), C::PenaltyOnly(only)) => !any.intersects(*only),
        (C::PenaltyAny(any) | C::PenaltyOnly(any), C::PenaltyNone(none)) => any.is_subset(*none),
        (C::Fine(a), C::Fine(b)) | (C::Confiscated(a), C::Confiscated(b)) => apart_spans(a, b),
        (C::TermMonths(a), C::TermMonths(b)) => apart_spans(a, b),
        (C::SubjectKind(a), C::SubjectKind(b)) => !a.iter().any(|kind| b.contains(kind)),
        (C::Severity(a), C::Severity(b)) | (C::Role(a), C::Role(b)) | (C::List(a), C::List(b)) => {
            !a.iter().any(|text| b.contains(text))
        }
        (C::Region(a), C::Region(b)) => {
            let meet =
                |p: &String, q: &String| p.starts_with(q.as_str()) || q.starts_with(p.as_str());
            !a.iter().any(|p| b.iter().any(|q| meet(p, q)))
        }
        (C::State(a), C::State(b)) => !a.iter().any(|s| b.iter().any(|t| !opposite(*s, *t))),
        _ => false,
    }
}

fn opposite(a: StateSel, b: StateSel) -> bool {
    use StateSel as S;
    matches!(
        (a, b),
        (S::Repaired, S::NotRepaired)
            | (S::NotRepaired, S::Repaired)
            | (S::Rectified, S::NotRectified)
            | (S::NotRectified, S::Rectified)
    )
}

/// Whether some class lies under both patterns.
pub(super) fn patterns_meet(a: &ClassPattern, b: &ClassPattern) -> bool {
    fn stem(pattern: &ClassPattern) -> &str {
        pattern.0.strip_suffix(".*").unwrap_or(&pattern.0)
    }
    a.covers(stem(b)) || b.covers(stem(a))
}

fn apart_spans<T: PartialOrd + Copy>(a: &Interval<T>, b: &Interval<T>) -> bool {
    ends_before(a, b) || ends_before(b, a)
}

/// Whether all of `a` lies below all of `b`.
fn ends_before<T: PartialOrd + Copy>(a: &Interval<T>, b: &Interval<T>) -> bool {
    match (a.upper, b.lower) {
        (Bound::Included(high), Bound::Included(low)) => high < low,
        (
            Bound::Included(high) | Bound::Excluded(high),
            Bound::Included(low) | Bound::Excluded(low),
        ) => high <= low,
        _ => false,
    }
}

/// Whether every record that matches `narrow` matches `wide`.
pub(super) fn covers(wide: &Row, narrow: &Row) -> bool {
    let wide_kinds = kinds(wide);
    let alike = linked(wide) == linked(narrow);
    if !alike || !kinds(narrow).iter().all(|kind| wide_kinds.contains(kind)) {
        return false;
    }
    let conditions = wide.conditions.iter().filter(|c| !matches!(c, C::Kind(_)));
    conditions
        .into_iter()
        .all(|w| narrow.conditions.iter().any(|n| implies(n, w)))
}

/// Whether meeting `n` means meeting `w`.
fn implies(n: &C, w: &C) -> bool {
    if n == w {
        return true;
    }
    fn all_in<T: PartialEq>(narrow: &[T], wide: &[T]) -> bool {
        narrow.iter().all(|x| wide.contains(x))
    }
    match (n, w) {
        (C::Violation(n), C::Violation(w)) => n.iter().all(|p| w.iter().any(|q| pattern_in(p, q))),
        (C::PenaltyAny(n) | C::PenaltyOnly(n), C::PenaltyAny(w)) => n.is_subset(*w),
        (C::PenaltyOnly(n), C::PenaltyOnly(w)) => n.is_subset(*w),
        (C::PenaltyOnly(n), C::PenaltyNone(w)) => !n.intersects(*w),
        (C::PenaltyNone(n), C::PenaltyNone(w)) => w.is_subset(*n),
        (C::Fine(n), C::Fine(w)) | (C::Confiscated(n), C::Confiscated(w)) => span_in(n, w),
        (C::TermMonths(n), C::TermMonths(w)) => span_in(n, w),
        (C::SubjectKind(n), C::SubjectKind(w)) => all_in(n, w),
        (C::State(n), C::State(w)) => all_in(n, w),
        (C::Severity(n), C::Severity(w)) | (C::Role(n), C::Role(w)) | (C::List(n), C::List(w)) => {
            all_in(n, w)
        }
        (C::Authority(n), C::Authority(w)) => {
            n.iter().all(|x| w.iter().any(|y| x.contains(y.as_str())))
        }
        // A word inside a longer one may be denied in front of the longer one only, so the words themselves must agree.
        (C::Words(n), C::Words(w)) => all_in(n, w),
        (C::Region(n), C::Region(w)) => n
            .iter()
            .all(|x| w.iter().any(|y| x.starts_with(y.as_str()))),
        (C::Cited(n), C::Cited(w)) => n.iter().all(|x| {
            w.iter().any(|y| {
                x.statute == y.statute
                    && (y.articles.is_empty()
                        || (!x.articles.is_empty() && all_in(&x.articles, &y.articles)))
            })
        }),
        _ => false,
    }
}

fn pattern_in(narrow: &ClassPattern, wide: &ClassPattern) -> bool {
    match narrow.0.strip_suffix(".*") {
        Some(stem) => wide.0.ends_with(".*") && wide.covers(stem),
        None => wide.covers(&narrow.0),
    }
}

fn span_in<T: PartialOrd + Copy>(narrow: &Interval<T>, wide: &Interval<T>) -> bool {
    let low = match (narrow.lower, wide.lower) {
        (_, Bound::Unbounded) => true,
        (Bound::Included(n), Bound::Excluded(w)) => n > w,
        (Bound::Included(n) | Bound::Excluded(n), Bound::Included(w) | Bound::Excluded(w)) => {
            n >= w
        }
        (Bound::Unbounded, _) => false,
    };
    let high = match (narrow.upper, wide.upper) {
        (_, Bound::Unbounded) => true,
        (Bound::Included(n), Bound::Excluded(w)) => n < w,
        (Bound::Included(n) | Bound::Excluded(n), Bound::Included(w) | Bound::Excluded(w)) => {
            n <= w
        }
        (Bound::Unbounded, _) => false,
    };
    low && high
}

/// Name of the key that a condition is written under.
pub(super) const fn key_of(condition: &C) -> &'static str {
    match condition {
        C::Kind(_) => "kind",
        C::Violation(_) => "violation",
        C::PenaltyAny(_) => "penalty",
        C::PenaltyOnly(_) => "penalty_only",
        C::PenaltyNone(_) => "penalty_none",
        C::Fine(_) => "fine",
        C::Confiscated(_) => "confiscated",
        C::Authority(_) => "authority",
        C::Cited(_) => "cited",
        C::SubjectKind(_) => "subject_kind",
        C::Region(_) => "region",
        C::Severity(_) => "severity",
        C::Role(_) => "role",
        C::List(_) => "list",
        C::TermMonths(_) => "term_months",
        C::Words(_) => "words",
        C::State(_) => "state",
        C::Level(_) => "level",
        C::Linked => "linked",
    }
}
