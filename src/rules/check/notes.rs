//! What is said and never refused: values that are not verified, and what the checks could not show.

use super::super::diagnostic::Diagnostic;
use super::super::model::{Bound, Condition, Effect, Fold, Interval, RecordSel, Test};
use super::cover::{covers, kinds};
use super::{Check, Found, Workspace};

pub(super) const CHECKS: &[Check] = &[
    Check {
        code: "RULE-P01",
        title: "provisional value (note)",
        doc: "The value is not verified. It is used, and marked wherever it is printed.",
        good: "points = 10",
        bad: "points = 10\nstatus = \"provisional: 分档未取得\"",
        run: Some(provisional),
    },
    Check {
        code: "RULE-P02",
        title: "not shown that a further penalty never helps (note)",
        doc: "Rows that ask only for what is present, joined by sum or max, can only add to the burden. `penalty_only` and \
              `penalty_none` stop matching when a decision carries a further kind, and `first` may take a lighter record; \
              for these the property test decides.",
        good: "penalty = \"责令关闭\"",
        bad: "penalty_only = \"责令关闭\"",
        run: Some(not_shown),
    },
];

fn provisional(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        for value in &loaded.provisional {
            let place = value.path.replacen('.', " ", 1);
            let title = format!("provisional: {place}");
            let span = value.span.clone();
            let file = &loaded.scheme.file;
            found.push(Diagnostic::note(
                "RULE-P01",
                file,
                span,
                title,
                value.reason.clone(),
            ));
        }
    }
}

fn not_shown(workspace: &Workspace<'_>, found: &mut Found) {
    for loaded in &workspace.schemes {
        let file = &loaded.scheme.file;
        for indicator in &loaded.scheme.indicators {
            let path = format!("indicator.{}", indicator.id);
            if !loaded.spans.has(&path) {
                continue;
            }
            let within_first = indicator
                .join
                .within
                .is_some_and(|(_, fold)| fold == Fold::First);
            let mut effects = indicator.rows.iter().map(|row| &row.effect);
            let first = effects.next();
            let alike = effects.all(|effect| Some(effect) == first);
            if (within_first || indicator.join.across == Fold::First) && !alike {
                let title = format!("not shown for indicator \"{}\"", indicator.id);
                let why = "`first` may take a lighter record than before";
                let span = loaded.spans.of(&format!("{path}.join"));
                found.push(Diagnostic::note("RULE-P02", file, span, title, why));
            }
            for row in indicator.rows.iter().filter(|row| harms(&row.effect)) {
                if let Some(key) = bounded(row) {
                    let title = format!("not shown for row \"{}\"", row.id);
                    let why = "one more record may take the subject out of this interval";
                    let span = loaded.spans.of(&format!("row.{}.{key}", row.id));
                    found.push(Diagnostic::note("RULE-P02", file, span, title, why));
                }
                let narrowing = row.conditions.iter().find_map(|condition| match condition {
                    Condition::PenaltyOnly(_) => Some("penalty_only"),
                    Condition::PenaltyNone(_) => Some("penalty_none"),
                    _ => None,
                });
                let Some(key) = narrowing else { continue };
                if kinds(row).contains(&RecordSel::Penalty) && !caught(&loaded.scheme, row) {
                    let title = format!("not shown for row \"{}\"", row.id);
                    let why = "a further kind of penalty takes the decision out of this row";
                    let span = loaded.spans.of(&format!("row.{}.{key}", row.id));
                    found.push(Diagnostic::note("RULE-P02", file, span, title, why));
                }
            }
        }
    }
}

/// The test of a row that a further record can end.
fn bounded(row: &super::super::model::Row) -> Option<&'static str> {
    fn open<T>(range: &Interval<T>) -> bool {
        matches!(range.upper, Bound::Unbounded)
    }
    row.tests.iter().find_map(|test| match test {
        Test::Count(range) if !open(range) => Some("count"),
        Test::Cases(range) if !open(range) => Some("cases"),
        Test::Fines(range) if !open(range) => Some("fines"),
        Test::Confiscated(range) if !open(range) => Some("confiscations"),
        Test::Running { range, .. } if !open(range) => Some("running"),
        Test::Ratio { range, .. } if !open(range) => Some("ratio"),
        _ => None,
    })
}

fn harms(effect: &Effect) -> bool {
    match effect {
        Effect::Points(points) => points.raw() > 0,
        Effect::Grade(_) | Effect::Ceiling(_) | Effect::Flag(_) => true,
        Effect::Move(steps) => *steps > 0,
        Effect::Bonus(_) | Effect::Floor(_) | Effect::Exempt | Effect::Fact => false,
    }
}

/// Whether a row without the narrowing condition weighs as much on every decision that this one loses.
fn caught(scheme: &super::super::model::Scheme, row: &super::super::model::Row) -> bool {
    let mut wide = row.clone();
    wide.conditions
        .retain(|c| !matches!(c, Condition::PenaltyOnly(_) | Condition::PenaltyNone(_)));
    let rows = scheme
        .indicators
        .iter()
        .flat_map(|indicator| &indicator.rows);
    rows.filter(|other| other.id != row.id).any(|other| {
        let heavier = match (&row.effect, &other.effect) {
            (Effect::Points(a), Effect::Points(b)) => b >= a,
            (Effect::Grade(a), Effect::Grade(b)) | (Effect::Ceiling(a), Effect::Ceiling(b)) => {
                b >= a
            }
            (Effect::Flag(a), Effect::Flag(b)) => a == b,
            _ => false,
        };
        heavier && covers(other, &wide)
    })
}
