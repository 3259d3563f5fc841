//! The slow, obvious evaluator: every record against every row, from the typed schemes, with nothing shared with the
//! kernel but the types of results and record states. Tests hold the kernel to it; nothing else should call it.
//!
//! It reads as the rule language does, step by step, and looks for the next change day by day.

mod conclude;
mod conditions;
mod decide;
mod fold;
mod join;
mod past;
mod time;
mod together;
mod world;

use super::outcome::{Evidence, NextChange, Outcome, Standing};
use super::publicity::Publicity;
use super::state::States;
use super::tables::{RunFacts, Tables};
use super::{BucketGrades, BucketInput, GradingError};
use crate::record::Day;
use crate::rules::model::Scheme;
use world::{Subject, World};

/// How the oracle is asked.
pub struct Oracle<'a> {
    /// The schemes of the night, all versions.
    pub schemes: Vec<&'a Scheme>,
    /// Publicity terms.
    pub publicity: &'a dyn Publicity,
    /// The day on which results are stated.
    pub as_of: Day,
    /// Printed in the rows.
    pub rules_digest: &'a str,
    /// Printed in the rows.
    pub run_id: &'a str,
    /// The next change is looked for day by day up to this day.
    pub look_until: Day,
}

/// Grades one bucket row by row.
///
/// # Errors
/// When rows break a promise of the store or a score has no band.
pub fn grade(input: &BucketInput<'_>, oracle: &Oracle<'_>) -> Result<BucketGrades, GradingError> {
    let mut tables = Tables::new();
    let run = RunFacts {
        as_of: oracle.as_of,
        rules_digest: oracle.rules_digest,
        run_id: oracle.run_id,
    };
    let mut outcomes = Vec::new();
    for (mut outcome, evidence) in judge(input, oracle)? {
        tables.add(&mut outcome, &evidence, &run);
        outcomes.push(outcome);
    }
    let (grades, evidence) = tables.finish()?;
    Ok(BucketGrades {
        grades,
        evidence,
        outcomes,
        states: States::of(input)?,
    })
}

/// The outcomes with their evidence, in (bucket, subject, scheme) order.
///
/// # Errors
/// As [`grade`].
pub fn judge(
    input: &BucketInput<'_>,
    oracle: &Oracle<'_>,
) -> Result<Vec<(Outcome, Vec<Evidence<'static>>)>, GradingError> {
    let states = States::of(input)?;
    let world = World::read(input, &states)?;
    let mut ids: Vec<&str> = oracle
        .schemes
        .iter()
        .map(|scheme| scheme.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut found = Vec::new();
    for subject in &world.subjects {
        for id in &ids {
            let versions: Vec<&Scheme> = oracle
                .schemes
                .iter()
                .copied()
                .filter(|s| s.id == *id)
                .collect();
            found.extend(judge_one(subject, &versions, oracle)?);
        }
    }
    Ok(found)
}

fn judge_one(
    subject: &Subject<'_>,
    versions: &[&Scheme],
    oracle: &Oracle<'_>,
) -> Result<Option<(Outcome, Vec<Evidence<'static>>)>, GradingError> {
    let Some(now) = fold::result_on(subject, versions, oracle.publicity, oracle.as_of)? else {
        return Ok(None);
    };
    let mut day = oracle.as_of;
    let mut next_change = None;
    while day < oracle.look_until {
        day = day.plus_days(1);
        let Some(then) = fold::result_on(subject, versions, oracle.publicity, day)? else {
            continue;
        };
        if differs(&now.standing, &then.standing) {
            next_change = Some(NextChange {
                on: day,
                to: then.standing,
            });
            break;
        }
    }
    let outcome = Outcome {
        scheme: now.scheme.as_str().into(),
        subject_id: subject.id.to_owned(),
        subject_name: subject.name_on(oracle.as_of),
        subject_kind: subject.kind,
        region: subject.region.to_owned(),
        minor: subject.minor,
        bucket: subject.bucket,
        standing: now.standing,
        provisional: now.provisional,
        next_change,
        evidence: 0..0,
    };
    Ok(Some((outcome, now.evidence)))
}

/// Rated, score, grade by its short name, names of flags.
fn differs(a: &Standing, b: &Standing) -> bool {
    let grade = |s: &Standing| s.grade.as_ref().map(|g| g.grade.clone());
    (a.rated, a.score, grade(a), a.flag_names()) != (b.rated, b.score, grade(b), b.flag_names())
}
