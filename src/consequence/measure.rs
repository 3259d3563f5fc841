//! From the records of a bucket to the rows of the `measures` table.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::RecordBatch;

use super::candidate::{Candidate, candidates, triggers};
use super::catalogue::Catalogue;
use super::error::ConsequenceError;
use super::gates::{Passed, Stopped, walk};
use super::table::{Line, MeasureState, batch};
use crate::grading::{BucketInput, States};
use crate::record::Day;
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
    let burdened = lines
        .iter()
        .filter(|line| line.state != MeasureState::Excluded)
        .map(|line| line.subject_id().to_owned())
        .collect();
    Ok(Checklist {
        rows: batch(&lines, run_id)?,
        burdened,
    })
}

/// Names the rival of every candidate for which a longer one of the same kind stands (gate 12).
fn merge(all: &mut [Candidate<'_>]) {
    // The first of each group; few groups have a second.
    let mut firsts: HashMap<(&str, &str, &str, &str), usize> = HashMap::new();
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, candidate) in all.iter().enumerate() {
        let (trigger, row) = (candidate.trigger, candidate.row);
        let key = (
            trigger.subject_id,
            trigger.case_id,
            row.measure.as_str(),
            row.target_role.as_str(),
        );
        let first = *firsts.entry(key).or_insert(at);
        if first != at {
            groups.entry(first).or_insert_with(|| vec![first]).push(at);
        }
    }
    let mut losers: Vec<(usize, String)> = Vec::new();
    for mut group in groups.into_values() {
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
