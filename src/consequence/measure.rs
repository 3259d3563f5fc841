//! From the records of a bucket to the rows of the `measures` table.

use std::collections::BTreeMap;

use arrow::array::RecordBatch;

use super::candidate::{Candidate, candidates, triggers};
use super::catalogue::Catalogue;
use super::error::ConsequenceError;
use super::gates::{Passed, Stopped, walk};
use super::table::{Line, MeasureState, batch};
use crate::grading::{BucketInput, States};
use crate::record::{Day, SubjectKind};
use crate::rules::publicity::PublicityRules;

/// How to object and to be repaired, printed with every row.
const REMEDY: &str = "对处罚决定不服的，可以依法申请行政复议或者提起行政诉讼；对信用信息有异议的，可以通过信用中国或者认定单位提出异议；履行完毕义务并满足最短期限后，可以向信用中国申请信用修复（令36号）";

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

    fn line(&self, run_id: &str) -> Line {
        let mut reason = "ALL_GATES_PASSED 各项条件均已通过".to_owned();
        for note in self.passed.notes() {
            reason.push('；');
            reason.push_str(note);
        }
        line(self.candidate, MeasureState::Proposed, reason, run_id)
    }
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
) -> Result<RecordBatch, ConsequenceError> {
    let triggers = triggers(input, states, publicity, as_of)?;
    let mut all: Vec<Candidate<'_>> = triggers
        .iter()
        .flat_map(|t| candidates(t, catalogue, as_of))
        .collect();
    merge(&mut all);
    let mut lines = Vec::with_capacity(all.len());
    for candidate in &all {
        match Measure::admit(candidate) {
            Ok(measure) => lines.push(measure.line(run_id)),
            Err(Stopped::Vanished) => {}
            Err(Stopped::Excluded(reason)) => {
                lines.push(line(candidate, MeasureState::Excluded, reason, run_id));
            }
            Err(Stopped::NeedsReview(reasons)) => {
                lines.push(line(
                    candidate,
                    MeasureState::NeedsReview,
                    reasons.join("；"),
                    run_id,
                ));
            }
        }
    }
    lines.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(batch(&lines)?)
}

/// Names the rival of every candidate for which a longer one of the same kind stands (gate 12).
fn merge(all: &mut [Candidate<'_>]) {
    let mut groups: BTreeMap<(&str, &str, &str, &str), Vec<usize>> = BTreeMap::new();
    for (at, candidate) in all.iter().enumerate() {
        let (trigger, row) = (candidate.trigger, candidate.row);
        let key = (
            trigger.subject_id,
            trigger.case_id.as_str(),
            row.measure.as_str(),
            row.target_role.as_str(),
        );
        groups.entry(key).or_default().push(at);
    }
    let mut losers: Vec<(usize, String)> = Vec::new();
    for mut group in groups.into_values().filter(|g| g.len() > 1) {
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

fn line(candidate: &Candidate<'_>, state: MeasureState, reason: String, run_id: &str) -> Line {
    let (row, trigger) = (candidate.row, candidate.trigger);
    let person = trigger.subject_kind == SubjectKind::Person;
    let hidden = person
        || trigger.state.is_repaired(candidate.as_of)
        || trigger
            .publicity
            .as_ref()
            .is_none_or(|p| !p.published || p.until.is_some_and(|u| u < candidate.as_of));
    let publicity = trigger.publicity.as_ref();
    let excluded = state == MeasureState::Excluded;
    let content = if row.category == "三" {
        format!("供自主参考：{}", row.content)
    } else {
        row.content.clone()
    };
    let facts = if trigger.facts.is_empty() {
        trigger.violation_text
    } else {
        trigger.facts
    };
    Line {
        subject_id: trigger.subject_id.to_owned(),
        measure: format!("{} {}", row.measure, row.name),
        category: row.category.clone(),
        content,
        basis: row.basis_zh(),
        list_edition: candidate.edition.map(|e| e.name.clone()),
        list_no: row.list_no.clone(),
        list_row_status: row.list_row_status.as_str(),
        trigger_record_id: trigger.record_id.to_owned(),
        trigger_document_no: Some(trigger.document_no.to_owned()).filter(|d| !d.is_empty()),
        target_role: row.target_role.clone(),
        body: row.body.clone(),
        starts_on: candidate.starts_on().filter(|_| !excluded),
        ends_on: candidate.ends_on().filter(|_| !excluded),
        publicity_until: publicity
            .and_then(|p| p.until)
            .filter(|_| !hidden && !excluded),
        repair_from: publicity.and_then(|p| p.repair_from).filter(|_| !excluded),
        remedy: REMEDY,
        state,
        reason,
        run_id: run_id.to_owned(),
        row_id: row.id.clone(),
        term: candidate.term_zh(),
        trigger_facts: facts.to_owned(),
        trigger_decided_on: trigger.decided_on,
        provisional: row.provisional
            || candidate.edition.is_none_or(|e| e.provisional)
            || publicity.is_some_and(|p| p.provisional),
        bucket: trigger.bucket,
    }
}
