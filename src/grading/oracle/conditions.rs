//! Whether a record meets the conditions of a row, read straight from the model.

use super::world::Record;
use crate::grading::words::stands_unnegated;
use crate::record::Day;
use crate::rules::model::{ClassPattern, Condition, RecordSel, Row, Scheme, StateSel};

/// Whether the record, one of the subject's own, lies inside the scheme's scope by its class.
pub(super) fn class_in_scope(scheme: &Scheme, record: &Record<'_>) -> bool {
    !record.linked && inside(scheme, record)
}

fn inside(scheme: &Scheme, record: &Record<'_>) -> bool {
    !record.class.is_empty() && under(&scheme.records.violation, record.class)
}

/// Whether the row speaks of the record, apart from conditions on its state.
pub(super) fn row_matches(scheme: &Scheme, row: &Row, record: &Record<'_>) -> bool {
    if !row.asks_records() {
        return false;
    }
    let classless = record.class.is_empty() && record.sel != RecordSel::Penalty;
    if !inside(scheme, record) && !classless {
        return false;
    }
    let asks_linked = row
        .conditions
        .iter()
        .any(|c| matches!(c, Condition::Linked));
    if asks_linked != record.linked {
        return false;
    }
    let says_kind = row
        .conditions
        .iter()
        .any(|c| matches!(c, Condition::Kind(_)));
    if !says_kind && record.sel != RecordSel::Penalty {
        return false;
    }
    row.conditions
        .iter()
        .all(|condition| holds(condition, record))
}

fn under(patterns: &[ClassPattern], class: &str) -> bool {
    patterns.iter().any(|pattern| pattern.covers(class))
}

fn is_one_of(texts: &[String], value: Option<&str>) -> bool {
    value.is_some_and(|value| texts.iter().any(|text| text == value))
}

fn holds(condition: &Condition, record: &Record<'_>) -> bool {
    match condition {
        Condition::Kind(kinds) => kinds.contains(&record.sel),
        Condition::Violation(patterns) => under(patterns, record.class),
        Condition::PenaltyAny(wanted) => record.kinds.iter().any(|kind| wanted.contains(kind)),
        Condition::PenaltyOnly(allowed) => {
            record.kinds.iter().next().is_some()
                && record.kinds.iter().all(|kind| allowed.contains(kind))
        }
        Condition::PenaltyNone(barred) => !record.kinds.iter().any(|kind| barred.contains(kind)),
        Condition::Fine(range) => record.fine.is_some_and(|fine| range.contains(&fine)),
        Condition::Confiscated(range) => record.confiscated.is_some_and(|sum| range.contains(&sum)),
        Condition::Authority(names) => record
            .authority
            .is_some_and(|authority| names.iter().any(|name| authority.contains(name))),
        Condition::Cited(patterns) => patterns.iter().any(|pattern| {
            record.citations.iter().any(|citation| {
                citation.statute == pattern.statute
                    && (pattern.articles.is_empty()
                        || citation
                            .article
                            .is_some_and(|a| pattern.articles.contains(&a)))
            })
        }),
        Condition::SubjectKind(kinds) => record
            .subject_kind
            .is_some_and(|kind| kinds.contains(&kind)),
        Condition::Region(prefixes) => record.region.is_some_and(|region| {
            prefixes
                .iter()
                .any(|prefix| region.starts_with(prefix.as_str()))
        }),
        Condition::Severity(levels) => is_one_of(levels, record.level),
        Condition::Role(roles) => is_one_of(roles, record.role),
        Condition::List(lists) => is_one_of(lists, record.list),
        Condition::TermMonths(range) => record
            .term_months
            .is_some_and(|months| range.contains(&months)),
        Condition::Words(words) => words.iter().any(|word| {
            stands_unnegated(record.content, word) || stands_unnegated(record.facts, word)
        }),
        Condition::State(_) | Condition::Level(_) | Condition::Linked => true,
    }
}

/// Whether the row's conditions on the state of the record hold on a day.
pub(super) fn state_matches(row: &Row, record: &Record<'_>, day: Day) -> bool {
    let holds = |state: &StateSel| match state {
        StateSel::Repaired => record.state.is_repaired(day),
        StateSel::NotRepaired => !record.state.is_repaired(day),
        StateSel::Rectified => record.state.is_rectified(day),
        StateSel::NotRectified => !record.state.is_rectified(day),
        StateSel::UnderObjection => record.state.is_under_objection(day),
    };
    row.conditions.iter().all(|condition| match condition {
        Condition::State(wanted) => wanted.iter().any(holds),
        _ => true,
    })
}
