//! Grading: from the records of a bucket and compiled rules to grades with their evidence.
//!
//! Owns: what later events say about a record (`state`), matching by bitsets, the fold from rows to a grade in the order
//! of the rule language, the day on which a result changes next, the causes of changes between two nights, the
//! explanation of a result, and a slow row-by-row evaluator of the same rules that checks all of that (`oracle`).
//!
//! Does not own: rule files and what they mean (`rules`), publicity terms, what follows from a grade (`consequence`).
//!
//! May never know: the store, a path, the clock, a thread, a random number, any state outside its arguments. Grading is
//! a pure function of one bucket, so that any engine that speaks Arrow can run it.

pub mod alias;
#[cfg(test)]
mod cases;
pub mod changes;
mod codes;
mod columns;
mod compile;
mod cycle;
mod desk;
mod emit;
mod engine;
mod error;
pub mod explain;
mod fold;
mod group;
mod hit;
mod horizon;
pub mod linked;
mod matcher;
mod noted;
mod open;
pub mod oracle;
mod outcome;
mod points;
mod program;
#[cfg(test)]
mod properties;
mod publicity;
mod publicity_rules;
#[cfg(test)]
mod random;
mod reach;
pub mod scores;
mod sites;
mod state;
mod summary;
mod tables;
#[cfg(test)]
mod testing;
mod verdict;
mod wording;
mod words;

use std::sync::Arc;

use arrow::array::RecordBatch;

pub use error::GradingError;
pub use outcome::{Evidence, Flag, GradeLabel, NextChange, Outcome, Standing};
pub use program::Program;
pub use publicity::{PenaltyFacts, Publicity, Term, Unlimited};
pub use state::{RecordState, States};
pub use wording::scheme_name;
pub use words::stands_unnegated;

use matcher::Matcher;

use crate::record::Day;
use crate::rules::model::Scheme;

/// Rows in force of one bucket (or of several, in bucket order), each table sorted by (bucket, subject_id).
#[derive(Clone, Copy, Debug)]
pub struct BucketInput<'a> {
    /// Penalty decisions.
    pub penalties: &'a RecordBatch,
    /// License decisions.
    pub licenses: &'a RecordBatch,
    /// Events around records and subjects.
    pub events: &'a RecordBatch,
    /// Subjects, with `same_as` of aliases.
    pub subjects: &'a RecordBatch,
    /// Records of other subjects that links bring in (`linked`); `None` without any.
    pub linked: Option<LinkedInput<'a>>,
}

/// Records of other subjects under the subject that an event links them to. Columns as in the tables; `linked_from` names
/// the subject whose record a row is.
#[derive(Clone, Copy, Debug)]
pub struct LinkedInput<'a> {
    /// Penalty decisions.
    pub penalties: &'a RecordBatch,
    /// Events around records.
    pub events: &'a RecordBatch,
}

/// What a bucket is graded by.
pub struct Grading<'a> {
    program: Program,
    /// What the rows of the program ask of records, arranged once.
    matcher: Arc<Matcher>,
    publicity: &'a dyn Publicity,
    as_of: Day,
    run_id: String,
}

impl<'a> Grading<'a> {
    /// Compiles the schemes for an as-of day.
    ///
    /// # Errors
    /// When a scheme breaks a promise that `rules check` gives.
    pub fn new(
        schemes: &[&Scheme],
        publicity: &'a dyn Publicity,
        rules_digest: &str,
        as_of: Day,
    ) -> Result<Self, GradingError> {
        Ok(Self::of_program(
            Program::compile(schemes, rules_digest)?,
            publicity,
            as_of,
        ))
    }

    /// Grades by rules compiled earlier or elsewhere.
    #[must_use]
    pub fn of_program(program: Program, publicity: &'a dyn Publicity, as_of: Day) -> Self {
        Self {
            matcher: Arc::new(Matcher::new(&program)),
            program,
            publicity,
            as_of,
            run_id: String::new(),
        }
    }

    /// Names the run in the result rows.
    #[must_use]
    pub fn with_run(mut self, run_id: &str) -> Self {
        run_id.clone_into(&mut self.run_id);
        self
    }

    /// The same rules on another day.
    #[must_use]
    pub fn on(&self, as_of: Day) -> Self {
        Self {
            program: self.program.clone(),
            matcher: self.matcher.clone(),
            publicity: self.publicity,
            as_of,
            run_id: self.run_id.clone(),
        }
    }

    /// The day on which results are stated.
    #[must_use]
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// A bucket laid out under these rules.
    /// Opens a bucket for whatever is asked of any of its subjects, on any day.
    fn bench<'b>(&'b self, input: &BucketInput<'b>) -> Result<engine::Bench<'b>, GradingError>
    where
        'a: 'b,
    {
        self.opened(input)?.of_all()
    }

    /// Opens a bucket for scores and grades of the as-of day.
    fn bench_of_today<'b>(
        &'b self,
        input: &BucketInput<'b>,
    ) -> Result<engine::Bench<'b>, GradingError>
    where
        'a: 'b,
    {
        self.opened(input)?.of_today()
    }

    fn opened<'b>(&'b self, input: &BucketInput<'b>) -> Result<engine::Bench<'b>, GradingError>
    where
        'a: 'b,
    {
        engine::Bench::open(
            input,
            &self.program,
            &self.matcher,
            self.publicity,
            self.as_of,
        )
    }

    /// The compiled rules.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }
}

/// Results of one bucket.
#[derive(Debug)]
pub struct BucketGrades {
    /// Rows of the `grades` table.
    pub grades: RecordBatch,
    /// Rows of the `evidence` table.
    pub evidence: RecordBatch,
    /// The same results, typed, in the order of `grades`.
    pub outcomes: Vec<Outcome>,
    /// What events say of the records of the bucket.
    pub states: States,
}

/// Grades one bucket. A pure function of its arguments.
///
/// # Errors
/// When rows break a promise of the store (columns, order) or a score has no band.
pub fn grade(input: &BucketInput<'_>, ctx: &Grading<'_>) -> Result<BucketGrades, GradingError> {
    let bench = ctx.bench(input)?;
    for source in &bench.sources {
        source.need_ids()?;
    }
    let states = States::of_groups(&bench.sources, &bench.groups)?;
    let labels = emit::Labels::of(&ctx.program);
    let run = tables::RunFacts {
        as_of: ctx.as_of,
        rules_digest: &ctx.program.rules_digest,
        run_id: &ctx.run_id,
    };
    let mut rows = tables::Tables::new();
    let mut outcomes = Vec::new();
    bench.judge(&states, true, |judged| {
        let mut outcome = emit::outcome(judged, &ctx.program, &labels, &bench.sources);
        let evidence = emit::evidence(
            judged.dossier,
            &judged.verdict,
            &ctx.program,
            &bench.sources,
        );
        rows.add(&mut outcome, &evidence, &run);
        outcomes.push(outcome);
        Ok(())
    })?;
    drop(bench);
    let (grades, evidence) = rows.finish()?;
    Ok(BucketGrades {
        grades,
        evidence,
        outcomes,
        states,
    })
}
