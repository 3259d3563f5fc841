use super::*;
use crate::grading::Unlimited;
use crate::grading::testing::{Cells, Rows, any_record_scheme, day, event, penalty, text};
use crate::record::Points;
use crate::rules::model::{Effect, Roster, Scheme, Window};

const FIRM: &str = "91500000MA00000001";

fn fine(id: &str, document: &str, decided: &str) -> Cells {
    penalty(id, FIRM, document, decided, "environment.air", &["罚款"])
}

fn stop(id: &str, document: &str, decided: &str) -> Cells {
    penalty(
        id,
        FIRM,
        document,
        decided,
        "environment.air",
        &["责令停产停业"],
    )
}

struct Nights {
    before: (Scheme, Rows, &'static str),
    after: (Scheme, Rows, &'static str),
}

impl Nights {
    /// The same rules and rows on two days.
    fn still(rows: Rows) -> Self {
        let scheme = any_record_scheme("environment.*");
        Self {
            before: (scheme.clone(), rows.clone(), "2026-11-21"),
            after: (scheme, rows, "2026-11-22"),
        }
    }

    fn changes(&self) -> Vec<(Cause, Option<String>, Option<String>)> {
        self.rows()
            .into_iter()
            .map(|c| (c.cause, c.from_grade, c.to_grade))
            .collect()
    }

    fn rows(&self) -> Vec<GradeChange> {
        let (first, last) = (self.before.1.batches(), self.after.1.batches());
        let grading = |(scheme, _, as_of): &(Scheme, Rows, &'static str)| {
            Grading::new(&[scheme], &Unlimited, "d", day(as_of)).unwrap()
        };
        let (old, new) = (grading(&self.before), grading(&self.after));
        let before = Night {
            input: first.input(),
            grading: &old,
        };
        let after = Night {
            input: last.input(),
            grading: &new,
        };
        grade_changes(&before, &after).unwrap()
    }
}

fn step(
    cause: Cause,
    from: Option<&str>,
    to: Option<&str>,
) -> (Cause, Option<String>, Option<String>) {
    (cause, from.map(str::to_owned), to.map(str::to_owned))
}

#[test]
fn a_still_night_and_a_first_grade_are_no_changes() {
    let rows = Rows {
        penalties: vec![fine("r1", "测罚〔2026〕1号", "2026-01-01")],
        ..Rows::default()
    };
    assert!(Nights::still(rows.clone()).changes().is_empty());
    let mut nights = Nights::still(rows);
    nights.before.1 = Rows::default();
    assert!(nights.changes().is_empty());
}

#[test]
fn several_causes_of_one_night_are_chained_in_order() {
    let mut nights = Nights::still(Rows {
        penalties: vec![
            fine("r1", "测罚〔2026〕1号", "2026-01-01"),
            stop("r2", "测罚〔2026〕2号", "2026-01-02"),
            stop("r3", "测罚〔2026〕3号", "2026-01-03"),
        ],
        ..Rows::default()
    });
    let tonight = &mut nights.after.1;
    // 57 D → corrected 40 D → revoked 60 C → repaired 80 B → a fine of tonight 77 C → fines weigh 30 now: 50 D.
    let mut corrected = stop("r1", "测罚〔2026〕1号", "2026-01-01");
    corrected.insert("version_key", text("2"));
    tonight.penalties[0] = corrected;
    tonight.events.push(event(
        "e1",
        FIRM,
        "撤销",
        Some("测罚〔2026〕2号"),
        "2026-11-22",
    ));
    tonight.events.push(event(
        "e2",
        FIRM,
        "信用修复",
        Some("测罚〔2026〕3号"),
        "2026-11-22",
    ));
    tonight
        .penalties
        .push(fine("r4", "测罚〔2026〕4号", "2026-11-22"));
    nights.after.0.indicators[0].rows[0].effect = Effect::Points(Points::from_units(30));
    assert_eq!(
        nights.changes(),
        [
            step(Cause::Revocation, Some("D"), Some("C")),
            step(Cause::Repair, Some("C"), Some("B")),
            step(Cause::NewRecord, Some("B"), Some("C")),
            step(Cause::RuleChange, Some("C"), Some("D")),
        ]
    );
    let rows = nights.rows();
    assert_eq!(rows[0].detail, "决定撤销：测罚〔2026〕2号");
    let batch = changes_batch(&rows, "run-1").unwrap();
    assert_eq!(batch.num_rows(), rows.len());
}

#[test]
fn time_alone_and_the_roster_are_their_own_causes() {
    let rows = Rows {
        penalties: vec![
            stop("r1", "测罚〔2025〕1号", "2025-11-21"),
            stop("r2", "测罚〔2025〕2号", "2025-11-21"),
        ],
        ..Rows::default()
    };
    let mut nights = Nights::still(rows);
    for night in [&mut nights.before.0, &mut nights.after.0] {
        night.indicators[0].window = Window::Rolling { months: 12 };
    }
    assert_eq!(
        nights.changes(),
        [step(Cause::Window, Some("C"), Some("B"))]
    );

    for night in [&mut nights.before.0, &mut nights.after.0] {
        night.subjects.roster = Roster::Required;
        night.indicators[0].window = Window::Always;
    }
    let mut listed = event("e1", FIRM, "参评名录", None, "2026-11-22");
    listed.insert("list_or_scheme", text("test/plain"));
    nights.after.1.events.push(listed);
    assert_eq!(nights.changes(), [step(Cause::Roster, None, Some("C"))]);
}

#[test]
fn a_decision_that_was_the_only_record_leaves_with_its_cause() {
    let mut nights = Nights::still(Rows {
        penalties: vec![stop("r1", "测罚〔2026〕1号", "2026-01-01")],
        ..Rows::default()
    });
    nights.after.1.events.push(event(
        "e1",
        FIRM,
        "撤销",
        Some("测罚〔2026〕1号"),
        "2026-11-22",
    ));
    assert_eq!(nights.changes(), [step(Cause::Revocation, Some("B"), None)]);
    nights.after.1.events.clear();
    nights.after.1.penalties.clear();
    assert_eq!(nights.changes(), [step(Cause::Correction, Some("B"), None)]);
}

#[test]
fn candidates_are_the_subjects_whose_grade_differs() {
    let grades = |rows: &[(&str, &str)]| {
        let cells: Vec<Cells> = rows
            .iter()
            .map(|(subject, grade)| {
                Cells::from([
                    ("scheme", text("s")),
                    ("subject_id", text(*subject)),
                    ("grade", text(*grade)),
                ])
            })
            .collect();
        crate::grading::testing::batch(&schema::grades(), &cells)
    };
    let touched = BTreeSet::from(["z".to_owned()]);
    let found = candidates(
        &grades(&[("a", "A"), ("b", "B"), ("c", "C")]),
        &grades(&[("a", "A"), ("b", "C")]),
        &touched,
    );
    assert_eq!(
        found.unwrap().into_iter().collect::<Vec<_>>(),
        ["b", "c", "z"]
    );
}
