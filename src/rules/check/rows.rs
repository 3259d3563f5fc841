//! Rows of a decision table against each other and against the class tree.

use super::super::diagnostic::{Diagnostic, nearest};
use super::super::load::Loaded;
use super::super::model::{
    Bound, ClassPattern, Condition, Effect, Fold, Indicator, Interval, Key, RecordSel, Row, Test,
};
use super::cover::{contradict, covers, disjoint, key_of, kinds, patterns_meet};
use super::{Check, Found, Workspace};
use crate::record::Fen;

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-R01",
        title: "rows overlap and add up",
        doc: "One record would match two rows of a table and count twice. Let the join take the heaviest \
              (`max-per-case, sum`), make the rows disjoint, or let one exempt the other.",
        good: "penalty = \"警告\"\npenalty_none = \"通报批评\"",
        bad: "penalty = \"警告\"",
        run: Some(overlap),
    },
    Check {
        code: "RULE-R02",
        title: "row can never match",
        doc: "Its conditions contradict each other, or ask a record for a field that its kind does not carry.",
        good: "kind = \"event:环境事件\"\nseverity = \"较大\"",
        bad: "severity = \"较大\"",
        run: Some(never),
    },
    Check {
        code: "RULE-R03",
        title: "row is shadowed",
        doc: "Every record that matches it matches another row with the same or a heavier effect, and the join takes the \
              heaviest: the row never decides anything.",
        good: "fine = \"(0,5]\"\npoints = 3",
        bad: "fine = \"(6,7]\"\npoints = 3",
        run: Some(shadowed),
    },
    Check {
        code: "RULE-R04",
        title: "hole between intervals",
        doc: "Rows that differ only in their interval tile it; a value between two of them would have no row.",
        good: "fine = \"(5,)\"",
        bad: "fine = \"[6,)\"",
        run: Some(holes),
    },
    Check {
        code: "RULE-R05",
        title: "unknown class of violation",
        doc: "The class is not in the tree of `classification/classes.toml`, so no record can carry it.",
        good: "violation = \"environment.water.*\"",
        bad: "violation = \"environment.watter.*\"",
        run: Some(classes),
    },
    Check {
        code: "RULE-R07",
        title: "exception without its row",
        doc: "`exempts` names a row that is not in the file, or two rows exempt each other.",
        good: "exempts = \"warning\"",
        bad: "exempts = \"warnings\"",
        run: Some(exceptions),
    },
    Check {
        code: "RULE-R08",
        title: "row that speaks of no fact",
        doc: "`after` and `per` name a row of the same file with `fact = true`; a fact that nothing speaks of says nothing.",
        good: "after = \"promise\"",
        bad: "after = \"promises\"",
        run: Some(facts),
    },
];

/// A finding at a key of a row; rows taken over from another file are checked there.
pub(super) fn at_row(
    loaded: &Loaded,
    row: &Row,
    key: &str,
    code: &'static str,
    title: String,
    why: String,
) -> Option<Diagnostic> {
    let path = format!("row.{}", row.id);
    if !loaded.spans.has(&path) {
        return None;
    }
    let span = loaded.spans.of(&format!("{path}.{key}"));
    Some(Diagnostic::error(
        code,
        &loaded.scheme.file,
        span,
        title,
        why,
    ))
}

/// Whether two rows that match one record are added up.
fn adds_up(indicator: &Indicator) -> bool {
    match indicator.join.within {
        Some((_, fold)) => fold != Fold::Max,
        None => indicator.join.across != Fold::Max,
    }
}

fn figure(effect: &Effect) -> Option<i64> {
    match effect {
        Effect::Points(points) => Some(points.raw()),
        Effect::Bonus(points) => Some(-points.raw()),
        _ => None,
    }
}

fn overlap(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        for indicator in loaded.scheme.indicators.iter().filter(|i| adds_up(i)) {
            for (index, row) in indicator.rows.iter().enumerate() {
                let earlier = indicator.rows[..index].iter().find(|other| {
                    // Rows with tests speak of all their records together.
                    let single = row.tests.is_empty() && other.tests.is_empty();
                    let counted =
                        single && figure(&row.effect).is_some() && figure(&other.effect).is_some();
                    let excepted =
                        row.exempts.contains(&other.id) || other.exempts.contains(&row.id);
                    counted && !excepted && !disjoint(row, other)
                });
                let Some(other) = earlier else { continue };
                let title = format!(
                    "rows \"{}\" and \"{}\" can match one record",
                    other.id, row.id
                );
                let why = "the join of this table takes both".to_owned();
                let hint = "join = \"max-per-record, sum\" or \"max-per-case, sum\"; or make them disjoint with penalty_none / penalty_only";
                found.extend(
                    at_row(loaded, row, "id", "RULE-R01", title, why).map(|d| d.hint(hint)),
                );
            }
        }
    }
}

fn never(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let scheme = &loaded.scheme;
        for row in scheme
            .indicators
            .iter()
            .flat_map(|indicator| &indicator.rows)
        {
            let (key, why) = if let Some((x, y)) = contradict(row) {
                (
                    key_of(y),
                    format!("`{}` and `{}` exclude each other", key_of(x), key_of(y)),
                )
            } else if let Some(key) = foreign(row) {
                (
                    key,
                    format!("no kind of record that this row speaks of carries `{key}`"),
                )
            } else if outside(row, &scheme.records.violation) {
                (
                    "violation",
                    "no class lies in both this and [records]".to_owned(),
                )
            } else if !row.conditions.contains(&Condition::Linked)
                && row.conditions.iter().any(|condition| {
                    matches!(condition, Condition::SubjectKind(kinds)
                    if !kinds.iter().any(|kind| scheme.subjects.kinds.contains(kind)))
                })
            {
                (
                    "subject_kind",
                    "the scheme grades no such subject".to_owned(),
                )
            } else {
                continue;
            };
            let title = format!("row \"{}\" can never match", row.id);
            found.extend(at_row(loaded, row, key, "RULE-R02", title, why));
        }
    }
}

/// A field that none of the row's kinds of record carries.
fn foreign(row: &Row) -> Option<&'static str> {
    let kinds = kinds(row);
    let carried = |condition: &Condition| {
        kinds.iter().any(|kind| match condition {
            Condition::PenaltyAny(_)
            | Condition::PenaltyOnly(_)
            | Condition::Fine(_)
            | Condition::Confiscated(_)
            | Condition::Cited(_) => *kind == RecordSel::Penalty,
            Condition::Linked => *kind != RecordSel::License,
            Condition::Severity(_)
            | Condition::Role(_)
            | Condition::List(_)
            | Condition::TermMonths(_) => matches!(kind, RecordSel::Event(_)),
            Condition::Violation(_) => *kind != RecordSel::License,
            _ => true,
        })
    };
    row.conditions
        .iter()
        .find(|condition| !carried(condition))
        .map(key_of)
}

fn outside(row: &Row, scope: &[ClassPattern]) -> bool {
    row.conditions.iter().any(|condition| match condition {
        Condition::Violation(list) => {
            // An empty scope could not be read.
            !list.is_empty()
                && !scope.is_empty()
                && !list
                    .iter()
                    .any(|p| scope.iter().any(|q| patterns_meet(p, q)))
        }
        _ => false,
    })
}

fn shadowed(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        for indicator in &loaded.scheme.indicators {
            for (index, row) in indicator.rows.iter().enumerate() {
                let shadow = indicator.rows.iter().enumerate().find(|(place, other)| {
                    *place != index
                        && row.tests.is_empty()
                        && other.tests.is_empty()
                        && row.validity == other.validity
                        && covers(other, row)
                        && beaten(indicator, &row.effect, &other.effect, *place < index)
                });
                let Some((_, other)) = shadow else { continue };
                let title = format!("row \"{}\" never decides anything", row.id);
                let why = format!(
                    "row \"{}\" matches wherever it does, and weighs as much",
                    other.id
                );
                let hint = "narrow the other row, or take this one out";
                found.extend(
                    at_row(loaded, row, "id", "RULE-R03", title, why).map(|d| d.hint(hint)),
                );
            }
        }
    }
}

/// Whether the effect of a row is lost beside that of a row which always matches with it.
fn beaten(indicator: &Indicator, row: &Effect, other: &Effect, other_is_earlier: bool) -> bool {
    let heaviest = match indicator.join.within {
        Some((Key::Record | Key::Case, fold)) => fold == Fold::Max,
        Some(_) => false,
        None => indicator.join.across == Fold::Max,
    };
    match (row, other) {
        (Effect::Points(a), Effect::Points(b)) | (Effect::Bonus(a), Effect::Bonus(b)) => {
            heaviest && (a.abs() < b.abs() || (a == b && other_is_earlier))
        }
        // Of direct grades and of ceilings the worst wins.
        (Effect::Grade(a), Effect::Grade(b)) | (Effect::Ceiling(a), Effect::Ceiling(b)) => {
            a < b || (a == b && other_is_earlier)
        }
        // Of floors the best wins.
        (Effect::Floor(a), Effect::Floor(b)) => a > b || (a == b && other_is_earlier),
        (Effect::Flag(a), Effect::Flag(b)) => a == b && other_is_earlier,
        _ => false,
    }
}

/// What an interval condition is about, and its ends in whole units.
fn numeric(condition: &Condition) -> Option<(&'static str, i64, i64)> {
    fn ends<T: Copy>(range: &Interval<T>, raw: impl Fn(T) -> i64) -> (i64, i64) {
        let low = match range.lower {
            Bound::Unbounded => i64::MIN,
            Bound::Included(x) => raw(x),
            Bound::Excluded(x) => raw(x).saturating_add(1),
        };
        let high = match range.upper {
            Bound::Unbounded => i64::MAX,
            Bound::Included(x) => raw(x),
            Bound::Excluded(x) => raw(x).saturating_sub(1),
        };
        (low, high)
    }
    let (low, high) = match condition {
        Condition::Fine(range) | Condition::Confiscated(range) => ends(range, |fen: Fen| fen.0),
        Condition::TermMonths(range) => ends(range, |months| months),
        _ => return None,
    };
    Some((key_of(condition), low, high))
}

fn holes(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        for indicator in &loaded.scheme.indicators {
            for row in &indicator.rows {
                hole_above(loaded, indicator, row, found);
            }
        }
    }
}

/// The hole between a row and the next of its kind, if there is one.
fn hole_above(loaded: &Loaded, indicator: &Indicator, row: &Row, found: &mut Found) {
    for condition in &row.conditions {
        let Some((key, _, high)) = numeric(condition) else {
            continue;
        };
        let Some(next) = high.checked_add(1) else {
            continue;
        };
        let others = |r: &Row| -> Vec<Condition> {
            r.conditions
                .iter()
                .filter(|c| key_of(c) != key)
                .cloned()
                .collect()
        };
        let mine = others(row);
        let alike = indicator
            .rows
            .iter()
            .filter(|r| r.id != row.id && r.tests == row.tests && others(r) == mine);
        let spans = alike.filter_map(|r| {
            let spans = r.conditions.iter().filter_map(numeric);
            spans
                .filter(|(k, _, _)| *k == key)
                .map(|(_, low, top)| (low, top, r))
                .next()
        });
        let spans: Vec<(i64, i64, &Row)> = spans.collect();
        if spans
            .iter()
            .any(|(low, top, _)| *low <= next && next <= *top)
        {
            continue;
        }
        let above = spans
            .iter()
            .filter(|(low, _, _)| *low > next)
            .min_by_key(|(low, _, _)| *low);
        if let Some((_, _, other)) = above {
            let title = format!(
                "values between rows \"{}\" and \"{}\" have no row",
                row.id, other.id
            );
            let why = format!("`{}` begins above the end of this one", other.id);
            let hint = "let the next interval begin where this one ends: (0,5] then (5,10]";
            found.extend(at_row(loaded, row, key, "RULE-R04", title, why).map(|d| d.hint(hint)));
        }
    }
}

fn classes(workspace: &Workspace<'_>, found: &mut Found) {
    let Some(classes) = &workspace.classes else {
        return;
    };
    let known = |pattern: &ClassPattern| {
        let stem = pattern.0.strip_suffix(".*").unwrap_or(&pattern.0);
        let below = ClassPattern(format!("{stem}.*"));
        classes.keys().any(|class| below.covers(class))
    };
    let say = |loaded: &Loaded, pattern: &ClassPattern, path: String| {
        let title = format!("unknown class of violation \"{}\"", pattern.0);
        let span = loaded.spans.of(&path);
        let why = "not in classification/classes.toml";
        let problem = Diagnostic::error("RULE-R05", &loaded.scheme.file, span, title, why);
        let stem = pattern.0.strip_suffix(".*").unwrap_or(&pattern.0);
        match nearest(stem, classes.keys().map(String::as_str)) {
            Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
            None => problem,
        }
    };
    for loaded in &workspace.schemes {
        for pattern in loaded.scheme.records.violation.iter().filter(|p| !known(p)) {
            found.push(say(loaded, pattern, "records.violation".to_owned()));
        }
        for row in loaded
            .scheme
            .indicators
            .iter()
            .flat_map(|indicator| &indicator.rows)
        {
            for condition in &row.conditions {
                let Condition::Violation(patterns) = condition else {
                    continue;
                };
                let path = format!("row.{}.violation", row.id);
                let unknown = patterns.iter().filter(|pattern| !known(pattern));
                if loaded.spans.has(&path) {
                    found.extend(unknown.map(|pattern| say(loaded, pattern, path.clone())));
                }
            }
        }
    }
}

fn exceptions(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let rows = || {
            loaded
                .scheme
                .indicators
                .iter()
                .flat_map(|indicator| &indicator.rows)
        };
        for row in rows() {
            for target in &row.exempts {
                let Some(other) = rows().find(|other| other.id == *target) else {
                    let title = format!("row \"{}\" exempts \"{target}\"", row.id);
                    let why = "no row of this file has that id".to_owned();
                    let near = nearest(target, rows().map(|row| row.id.as_str()));
                    let problem = at_row(loaded, row, "exempts", "RULE-R07", title, why);
                    found.extend(problem.map(|d| match near {
                        Some(near) => d.hint(format!("did you mean \"{near}\"?")),
                        None => d,
                    }));
                    continue;
                };
                if other.exempts.contains(&row.id) {
                    let title = format!("rows \"{}\" and \"{target}\" exempt each other", row.id);
                    let why = "two exceptions that both apply and disagree".to_owned();
                    found.extend(at_row(loaded, row, "exempts", "RULE-R07", title, why));
                }
            }
        }
    }
}

fn facts(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let rows = || {
            loaded
                .scheme
                .indicators
                .iter()
                .flat_map(|indicator| &indicator.rows)
        };
        let mut spoken_of: Vec<&str> = Vec::new();
        for row in rows() {
            for test in &row.tests {
                let (key, target) = match test {
                    Test::Ratio { per, .. } => ("per", per),
                    Test::Clean {
                        after: Some(after), ..
                    } => ("after", after),
                    _ => continue,
                };
                spoken_of.push(target);
                let named = rows().find(|other| other.id == *target);
                let why = match named {
                    Some(other) if other.effect == Effect::Fact => continue,
                    Some(_) => "that row has an effect of its own; write a row with `fact = true`",
                    None => "no row of this file has that id",
                };
                let title = format!("row \"{}\" speaks of \"{target}\"", row.id);
                let facts = rows().filter(|other| other.effect == Effect::Fact);
                let near = nearest(target, facts.map(|other| other.id.as_str()));
                let problem = at_row(loaded, row, key, "RULE-R08", title, why.to_owned());
                found.extend(problem.map(|d| match near {
                    Some(near) => d.hint(format!("did you mean \"{near}\"?")),
                    None => d,
                }));
            }
        }
        for row in rows() {
            if row.effect == Effect::Fact && !spoken_of.contains(&row.id.as_str()) {
                let title = format!("row \"{}\" is a fact that nothing speaks of", row.id);
                let why = "no row has it in `after` or `per`".to_owned();
                found.extend(at_row(loaded, row, "fact", "RULE-R08", title, why));
            }
        }
    }
}
