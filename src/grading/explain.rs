//! Why a subject has its grade: a sum that can be checked by hand, every record with what became of it, the next change,
//! and the fewest records whose repair would lift the grade.

pub mod render;
mod repair;

use std::collections::HashMap;

use super::columns::{Source, Table};
use super::emit::{Labels, evidence, outcome};
use super::engine::{Bench, Judged};
use super::group::aliases;
use super::outcome::{Evidence, GradeLabel, Outcome};
use super::state::{RecordState, States, speaks_of_others};
use super::verdict::{Dossier, Verdict};
use super::{BucketInput, Grading, GradingError};
use crate::record::{Day, Points};

/// One subject under one scheme on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The result.
    pub outcome: Outcome,
    /// The day it is stated for.
    pub as_of: Day,
    /// How the score is made; absent without a score or a rating.
    pub sum: Option<Sum>,
    /// Every matched row, counted or not.
    pub evidence: Vec<Evidence<'static>>,
    /// Every record of the subject.
    pub records: Vec<RecordTrace>,
    /// What lies between the subject and the next better grade; absent at the best grade or when not rated.
    pub better: Option<Better>,
}

/// score = start − Σ counted (or + where more points are worse), exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Where the scheme starts.
    pub start: Points,
    /// Σ of the counted points of the evidence, signed.
    pub counted: Points,
    /// More points are worse: counted points are added.
    pub accumulate: bool,
    /// The score.
    pub score: Points,
}

/// One record and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTrace {
    /// 行政处罚, 行政许可, or the kind of the event.
    pub kind: String,
    /// Record id.
    pub record_id: String,
    /// Document number.
    pub document_no: Option<String>,
    /// Decision day, or the day of the event.
    pub decided_on: Day,
    /// Class of violation; empty = unclassified.
    pub class: String,
    /// What later events say of it, in Chinese; empty = nothing.
    pub state: String,
    /// Positions in `evidence` of the rows that matched it.
    pub matched: Vec<usize>,
    /// Why no row matched; absent where one did.
    pub why_none: Option<String>,
}

/// The way to the next better grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Better {
    /// The next better grade.
    pub grade: GradeLabel,
    /// Points missing to it, where the score alone decides.
    pub points: Option<Points>,
    /// The fewest records whose repair would lift the grade; absent when no set of repairs does.
    pub repairs: Option<RepairSet>,
}

/// Records whose repair, all together, lifts the grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepairSet {
    /// Record id and document number, by decision day.
    pub records: Vec<(String, Option<String>)>,
    /// The grade then.
    pub grade: GradeLabel,
    /// The score then.
    pub score: Option<Points>,
    /// No smaller set does it. False = found greedily among more than 20 records.
    pub exact: bool,
}

/// Explains a subject (or the subject that an alias stands for) under every scheme that has something to say about it,
/// or under one.
///
/// # Errors
/// As [`super::grade`].
pub fn explain(
    input: &BucketInput<'_>,
    ctx: &Grading<'_>,
    subject: &str,
    scheme: Option<&str>,
) -> Result<Vec<Explanation>, GradingError> {
    let mut bench = ctx.bench(input)?;
    let subject = aliases(&bench.subjects)?
        .get(subject)
        .copied()
        .unwrap_or(subject);
    bench.groups.retain(|group| group.subject == subject);
    let states = States::of_groups(&bench.sources, &bench.groups)?;
    let labels = Labels::of(&ctx.program);
    let mut found = Vec::new();
    bench.judge(&states, true, |judged| {
        let version = &ctx.program.versions[judged.verdict.version];
        let wanted = scheme.is_none_or(|s| s == version.scheme || s == judged.dossier.family.id);
        if wanted {
            found.push(explain_one(&bench, &states, &labels, judged)?);
        }
        Ok(())
    })?;
    Ok(found)
}

fn explain_one(
    bench: &Bench<'_>,
    states: &States,
    labels: &Labels,
    judged: &Judged<'_, '_>,
) -> Result<Explanation, GradingError> {
    let program = bench.program;
    let (dossier, verdict) = (judged.dossier, &judged.verdict);
    let mut outcome = outcome(judged, program, labels, &bench.sources);
    let evidence: Vec<Evidence<'static>> = evidence(dossier, verdict, program, &bench.sources)
        .into_iter()
        .map(Evidence::into_owned)
        .collect();
    outcome.evidence = 0..evidence.len();
    let rules = &program.versions[verdict.version];
    let sum = match (&rules.score, verdict.score) {
        (Some(rule), Some(score)) => Some(Sum {
            start: Points::from_raw(rule.start),
            counted: evidence.iter().map(|row| row.counted_points).sum(),
            accumulate: rule.accumulate,
            score: Points::from_raw(score),
        }),
        _ => None,
    };
    let records = trace(bench, states, judged.profile.subject, &evidence, verdict)?;
    let better = better(bench, labels, dossier, verdict)?;
    Ok(Explanation {
        outcome,
        as_of: bench.as_of,
        sum,
        evidence,
        records,
        better,
    })
}

fn better(
    bench: &Bench<'_>,
    labels: &Labels,
    dossier: &Dossier<'_>,
    verdict: &Verdict,
) -> Result<Option<Better>, GradingError> {
    let program = bench.program;
    let rules = &program.versions[verdict.version];
    let Some(target) = verdict
        .band
        .and_then(|band| band.checked_sub(1))
        .filter(|_| verdict.rated)
    else {
        return Ok(None);
    };
    let range = rules.bands[target].range;
    let points = match (verdict.score, range, &verdict.ground) {
        (Some(score), Some(range), super::verdict::Ground::Score) => {
            let missing = if score < range.low {
                range.low - score
            } else {
                score - range.high
            };
            Some(Points::from_raw(missing))
        }
        _ => None,
    };
    let repairs = repair::shortest(program, dossier, verdict)?.map(|found| RepairSet {
        records: found
            .hits
            .iter()
            .map(|&hit| {
                let facts = &dossier.hits[hit].facts;
                let document = bench.sources[facts.table as usize]
                    .document_no
                    .get(facts.row);
                (facts.record_id.to_owned(), document.map(str::to_owned))
            })
            .collect(),
        grade: labels.band(
            found.verdict.version,
            found.verdict.band.unwrap_or_default(),
        ),
        score: found.verdict.score.map(Points::from_raw),
        exact: found.exact,
    });
    Ok(Some(Better {
        grade: labels.band(verdict.version, target),
        points,
        repairs,
    }))
}

/// Every record of the subject, by decision day, with the evidence that speaks of it.
fn trace(
    bench: &Bench<'_>,
    states: &States,
    subject: &str,
    evidence: &[Evidence<'_>],
    verdict: &Verdict,
) -> Result<Vec<RecordTrace>, GradingError> {
    let mut found = Vec::new();
    let Some(group) = bench.groups.iter().find(|group| group.subject == subject) else {
        return Ok(found);
    };
    let mut of_record: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, row) in evidence.iter().enumerate() {
        let of_this = of_record.entry(row.record_id.as_ref()).or_default();
        of_this.push(index);
    }
    for source in &bench.sources {
        for row in group.rows(source.table) {
            let record_id = source.record_id.or_empty(row);
            let matched = of_record.get(record_id).cloned().unwrap_or_default();
            let state = states.get(source.table, row);
            let why_none = if matched.is_empty() {
                Some(why_none(bench, source, row, state, verdict)?)
            } else {
                None
            };
            found.push(RecordTrace {
                kind: kind_of(source, row),
                record_id: record_id.to_owned(),
                document_no: source.document_no.get(row).map(str::to_owned),
                decided_on: source.decided_on(row),
                class: source.violation.or_empty(row).to_owned(),
                state: in_words(state, bench.as_of),
                matched,
                why_none,
            });
        }
    }
    found.sort_by(|a, b| (a.decided_on, &a.record_id).cmp(&(b.decided_on, &b.record_id)));
    Ok(found)
}

/// What a record is; a linked one says so.
fn kind_of(source: &Source<'_>, row: usize) -> String {
    let kind = match source.table.kind() {
        Table::Penalties => "行政处罚",
        Table::Licenses => "行政许可",
        _ => source.event_kind.or_empty(row),
    };
    if source.table.is_linked() {
        format!("{kind}（关联主体）")
    } else {
        kind.to_owned()
    }
}

/// Why no row of the scheme matched a record.
fn why_none(
    bench: &Bench<'_>,
    source: &Source<'_>,
    row: usize,
    state: &RecordState,
    verdict: &Verdict,
) -> Result<String, GradingError> {
    if let Some(day) = state.revoked_on {
        return Ok(format!("决定已于{}撤销，不再使用", day.zh()));
    }
    if source.decided_on(row) > bench.as_of {
        return Ok(format!("晚于评价日（{}）", bench.as_of.zh()));
    }
    if source.table.holds_events() && speaks_of_others(source.kind(row)?) {
        return Ok("说明其他记录的状态，本身不计分".to_owned());
    }
    let rules = &bench.program.versions[verdict.version];
    let class = source.violation.or_empty(row);
    if source.table.kind() == Table::Penalties && class.is_empty() {
        return Ok("违法行为未能归类，不在本方案范围内".to_owned());
    }
    let inside = rules
        .scope
        .iter()
        .any(|p| crate::rules::model::ClassPattern(p.clone()).covers(class));
    if !class.is_empty() && !inside {
        return Ok(format!("违法行为类别“{class}”不在本方案范围内"));
    }
    Ok("未命中本方案任何规则行".to_owned())
}

fn in_words(state: &RecordState, as_of: Day) -> String {
    let mut words = Vec::new();
    let mut say = |day: Option<Day>, what: &str| {
        if let Some(day) = day {
            words.push(format!("{}{what}", day.zh()));
        }
    };
    say(state.revoked_on, "撤销");
    say(state.corrected_on, "更正");
    say(state.repaired_on, "信用修复");
    say(state.rectified_on, "整改完成");
    say(state.delisted_on, "移出名单");
    if state.is_under_objection(as_of) {
        words.push("异议处理中".to_owned());
    }
    if let Some(case) = &state.linked_case {
        words.push(format!("与{case}并为同一违法行为"));
    }
    words.join("，")
}

#[cfg(test)]
mod tests;
