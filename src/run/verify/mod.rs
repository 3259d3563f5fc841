//! `verify`: whether the store still holds what its runs said, and whether its sums add up.
//!
//! Owns: the registry of checks over a committed run and how a difference is named. Does not own: any repair; a check
//! only reads. May never know: the command line, the pseudonym key.

mod counts;
mod digests;
mod files;
mod references;
mod replay;
mod rules;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use super::{House, RunError};
use crate::store::{RunRecord, Snapshot, TableDigest};

/// Rows of the record tables whose results are looked at together; bounds memory.
const ROWS_AT_A_TIME: usize = 200_000;
/// Differences of one check that are named; the rest is counted.
const NAMED: usize = 1_000;

/// One difference: where, what should be there, what is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Table, file or row.
    pub place: String,
    pub expected: String,
    pub found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: expected {}, found {}",
            self.place, self.expected, self.found
        )
    }
}

/// The differences of one check.
#[derive(Debug, Default)]
pub struct Differences {
    /// The first [`NAMED`] ones.
    pub named: Vec<Difference>,
    /// How many there are.
    pub count: usize,
}

impl Differences {
    fn add(
        &mut self,
        place: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(Difference {
                place: place.into(),
                expected: expected.into(),
                found: found.into(),
            });
        }
    }

    /// What the check says: all agree (with a note of what was compared), or these.
    fn verdict(self, compared: impl Into<String>) -> Verdict {
        if self.count == 0 {
            Verdict::Agrees(compared.into())
        } else {
            Verdict::Differs(self)
        }
    }
}

/// The result of one check.
#[derive(Debug)]
pub enum Verdict {
    /// Everything compared agrees; what was compared.
    Agrees(String),
    /// Sums, digests or references that disagree.
    Differs(Differences),
    /// Files whose bytes are not those that were written.
    Damaged(Differences),
    /// The run holds nothing that this check could compare; why.
    NotAsked(String),
    /// The check failed before its end.
    CouldNotRun(RunError),
}

impl Verdict {
    /// 0 agrees or not asked, 4 damaged or unreadable, 5 disagrees.
    pub fn exit_code(&self) -> u8 {
        match self {
            Verdict::Agrees(_) | Verdict::NotAsked(_) => 0,
            Verdict::Damaged(_) => 4,
            Verdict::Differs(_) => 5,
            Verdict::CouldNotRun(error) => error.exit_code(),
        }
    }
}

/// One check of the registry.
pub struct Check {
    /// Short name, the first word of its line.
    pub name: &'static str,
    /// What it compares.
    pub what: &'static str,
    run: fn(&Case<'_>) -> Result<Verdict, RunError>,
}

/// Every check, in the order in which they are printed: the bytes first, since nothing else is sure without them.
pub const CHECKS: [Check; 11] = [
    files::CHECK,
    files::EARLIER,
    rules::CHECK,
    digests::CHECK,
    sums::CHECK,
    references::SUBJECTS,
    references::TRIGGERS,
    references::LAW,
    counts::FILES,
    counts::RECORDS,
    replay::CHECK,
];

/// The run under examination.
struct Case<'a> {
    /// The store as that run left it.
    snapshot: &'a Snapshot,
    run: &'a RunRecord,
    /// Whether it is the newest complete run.
    is_newest: bool,
    /// The run that made the results that stand in this state, and the store as it left it.
    graded: Option<(Snapshot, RunRecord)>,
}

impl<'a> Case<'a> {
    fn of(snapshot: &'a Snapshot, run: &'a RunRecord, is_newest: bool) -> Result<Self, RunError> {
        let maker = snapshot.runs()?.into_iter().rev().find(RunRecord::grades);
        let graded = match maker {
            Some(maker) => Some((snapshot.at_run(maker.seq)?, maker)),
            None => None,
        };
        Ok(Case {
            snapshot,
            run,
            is_newest,
            graded,
        })
    }

    /// The rules under which the standing results were made, from the archive.
    fn house(&self) -> Result<Option<House>, RunError> {
        let Some((_, maker)) = &self.graded else {
            return Ok(None);
        };
        House::archived(self.snapshot, &maker.rules_digest)
    }
}

/// What every check said of one run.
pub struct Report {
    pub run: RunRecord,
    pub verdicts: Vec<(&'static Check, Verdict)>,
}

impl Report {
    /// Whether a check ran and found a difference.
    pub fn differs(&self) -> bool {
        let differs = |verdict: &Verdict| matches!(verdict, Verdict::Differs(_));
        self.verdicts.iter().any(|(_, verdict)| differs(verdict))
    }

    /// The command's exit code: a damaged store (4) before sums that disagree (5).
    pub fn exit_code(&self) -> u8 {
        let codes: BTreeMap<u8, ()> = self
            .verdicts
            .iter()
            .map(|(_, verdict)| (verdict.exit_code(), ()))
            .collect();
        match () {
            () if codes.contains_key(&4) => 4,
            () if codes.contains_key(&5) => 5,
            () => codes.keys().next_back().copied().unwrap_or(0),
        }
    }
}

/// Examines the newest complete run, or the one named.
///
/// # Errors
/// There is no such run, or its tables can no longer be read at all. A check that fails is in the report.
pub fn verify(newest: &Snapshot, run_id: Option<&str>) -> Result<Report, RunError> {
    let last = newest
        .last_run()
        .ok_or(RunError::Report(crate::report::ReportError::NoRun))?;
    let older = match run_id.filter(|id| *id != last.run_id) {
        None => None,
        Some(id) => {
            let run = newest.runs()?.into_iter().find(|r| r.run_id == id);
            let run = run.ok_or_else(|| {
                RunError::Usage(format!(
                    "find run {id:?}: the store has no such run; `xinheng query 'SELECT run_id FROM runs'` lists them"
                ))
            })?;
            Some(newest.at_run(run.seq)?)
        }
    };
    let snapshot = older.as_ref().unwrap_or(newest);
    let run = snapshot.last_run().unwrap_or(last);
    let is_newest = older.is_none();
    let case = Case::of(snapshot, run, is_newest);
    let mut verdicts = Vec::with_capacity(CHECKS.len());
    match case {
        Ok(case) => {
            for check in &CHECKS {
                let verdict = (check.run)(&case).unwrap_or_else(Verdict::CouldNotRun);
                verdicts.push((check, verdict));
            }
        }
        // The runs or an old state cannot be read: the damaged files can still be named.
        Err(error) => {
            let bare = Case {
                snapshot,
                run,
                is_newest,
                graded: None,
            };
            let files = (files::CHECK.run)(&bare).unwrap_or_else(Verdict::CouldNotRun);
            let sound = files.exit_code() == 0;
            verdicts.push((&CHECKS[0], files));
            if sound {
                return Err(error);
            }
        }
    }
    Ok(Report {
        run: run.clone(),
        verdicts,
    })
}

/// The digest of a table whose rows may have been set aside on disk.
fn finished(digest: TableDigest) -> Result<String, RunError> {
    digest.finish().map_err(|source| RunError::Input {
        path: std::env::temp_dir().display().to_string(),
        source,
    })
}
