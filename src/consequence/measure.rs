//! From the records of a bucket to the rows of the `measures` table.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;

use super::candidate::{Candidate, Trigger, candidates, triggers};
use super::catalogue::Catalogue;
use super::error::ConsequenceError;
use super::gates::{Passed, Stopped, walk};
use super::table::{Line, MeasureState, batch};
use crate::grading::{BucketInput, States};
use crate::record::{Day, Lookup};
use crate::rules::publicity::PublicityRules;

/// A measure that may be proposed. Made only from the proof that its candidate passed every gate.
///
/// ```compile_fail
/// let measure = xinheng::consequence::Measure { candidate: todo!(), passed: todo!() };
/// ```
#[derive(Debug)]
pub struct Measure<'c, 'a> {
    candidate: &'c Candidate<'a>,
    passed: Passed,
}

impl<'c, 'a> Measure<'c, 'a> {
    /// Leads the candidate through the gates.
    ///
    /// # Errors
    /// Why it is no measure.
    pub fn admit(candidate: &'c Candidate<'a>) -> Result<Self, Stopped> {
        Ok(Measure {
            candidate,
            passed: walk(candidate)?,
        })
    }

    fn line(&self) -> Line<'c, 'a> {
        let mut reason = "ALL_GATES_PASSED 各项条件均已通过".to_owned();
        for note in self.passed.notes() {
            reason.push('；');
            reason.push_str(note);
        }
        Line::new(self.candidate, MeasureState::Proposed, reason)
    }
}

/// The checklist of a bucket.
#[derive(Debug)]
pub struct Checklist {
    /// Rows of the `measures` table.
    pub rows: RecordBatch,
    /// Subjects with a row that is not excluded.
    pub burdened: BTreeSet<String>,
}

/// The checklist of a bucket: proposed measures, candidates that need a person, and excluded ones with their reason.
/// Sorted by (subject, decision day, record, row). Every row awaits human sign-off (个人信息保护法 24).
///
/// # Errors
/// When the bucket lacks a column or holds an unknown value.
pub fn propose(
    input: &BucketInput<'_>,
    states: &States,
    catalogue: &Catalogue,
    publicity: &PublicityRules,
    as_of: Day,
    run_id: &str,
) -> Result<Checklist, ConsequenceError> {
    let triggers = triggers(input, states, catalogue, publicity, as_of)?;
    let mut all: Vec<Candidate<'_>> = triggers
        .iter()
        .flat_map(|t| candidates(t, catalogue, as_of))
        .collect();
    merge(&mut all);
    let mut lines = Vec::with_capacity(all.len());
    for candidate in &all {
        match Measure::admit(candidate) {
            Ok(measure) => lines.push(measure.line()),
            Err(Stopped::Vanished) => {}
            Err(Stopped::Excluded(reason)) => {
                lines.push(Line::new(candidate, MeasureState::Excluded, reason));
            }
            Err(Stopped::NeedsReview(reasons)) => {
                let reason = reasons.join("；");
                lines.push(Line::new(candidate, MeasureState::NeedsReview, reason));
            }
        }
    }
    lines.sort_by(|a, b| a.order().cmp(&b.order()));
    let mut burdened: Vec<&str> = lines
        .iter()
        .filter(|line| line.state != MeasureState::Excluded)
        .map(Line::subject_id)
        .collect();
    burdened.dedup();
    Ok(Checklist {
        rows: batch(&lines, run_id)?,
        burdened: burdened.into_iter().map(str::to_owned).collect(),
    })
}

/// Names the rival of every candidate for which a longer one of the same kind stands (gate 12).
fn merge(all: &mut [Candidate<'_>]) {
    // Of each candidate its case, counted from 0, and the row that it is like.
    let mut cases: Lookup<(&str, &str), usize> = Lookup::default();
    let mut keys: Vec<(usize, usize, usize)> = Vec::with_capacity(all.len());
    let mut last: Option<(&Trigger<'_>, usize)> = None;
    for (at, candidate) in all.iter().enumerate() {
        let trigger = candidate.trigger;
        let case = match last {
            Some((same, case)) if std::ptr::eq(same, trigger) => case,
            _ => {
                let next = cases.len();
                let key = (trigger.subject_id, trigger.case_id);
                *cases.entry(key).or_insert(next)
            }
        };
        last = Some((trigger, case));
        keys.push((case, candidate.row.alike, at));
    }
    keys.sort_unstable();
    let groups: Vec<Vec<usize>> = keys
        .chunk_by(|a, b| (a.0, a.1) == (b.0, b.1))
        .filter(|group| group.len() > 1)
        .map(|group| group.iter().map(|key| key.2).collect())
        .collect();
    let mut losers: Vec<(usize, String)> = Vec::new();
    for mut group in groups {
        group.retain(|at| {
            !matches!(
                walk(&all[*at]),
                Err(Stopped::Vanished | Stopped::Excluded(_))
            )
        });
        let rank = |at: &usize| {
            let candidate = &all[*at];
            let order = (candidate.trigger.record_id, candidate.row.id.as_str());
            (
                candidate.weight(),
                walk(candidate).is_ok(),
                std::cmp::Reverse(order),
            )
        };
        let Some(winner) = group.iter().copied().max_by(|a, b| rank(a).cmp(&rank(b))) else {
            continue;
        };
        losers.extend(
            group
                .into_iter()
                .filter(|at| *at != winner)
                .map(|at| (at, all[winner].row.id.clone())),
        );
    }
    for (at, winner) in losers {
        all[at].rival = Some(winner);
    }
}
