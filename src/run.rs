//! The nightly run: files → records → grades → consequences → reports, as one commit.
//!
//! Owns: the order of the rooms. Does not own: anything that a room decides. May never know: the command line.

mod cases;
mod changes;
mod cut;
mod error;
mod generate;
mod grade;
mod heard;
mod house;
mod in_order;
mod intake;
mod output;
pub mod purge;
mod replay;
mod schemas;
mod simulate;
mod staging;
mod subjects;
mod timings;
pub mod verify;
mod walk;

use std::path::{Path, PathBuf};

use crate::ingest::ROWS_AT_A_TIME;
use crate::record::{Day, PseudonymKey};
use crate::store::{RunDraft, RunRecord, Store, StoreError, Table};

pub use cases::test_cases;
pub use cut::Owned;
pub use error::RunError;
pub use generate::generate;
pub use grade::{Graded, GradedTables, decode_groups, grade_groups, score_groups};
pub use house::House;
pub use intake::{Intake, input_files};
pub use output::{read_night, write_output};
pub use replay::{Replay, archived, canonical_subject, unknown_subject};
pub use schemas::FileKind;
pub use simulate::simulate;
pub use timings::Timings;
pub use walk::subject_input;

/// What a writing command is asked to do.
#[derive(Debug)]
pub struct Job<'a> {
    /// `run`, `ingest` or `grade`: the name in the table `runs`.
    pub kind: &'a str,
    pub store: &'a Path,
    /// Files to take in; empty for `grade`.
    pub files: Vec<PathBuf>,
    pub as_of: Day,
    /// The day on which the files were received.
    pub received: Day,
    pub known_at: Option<Day>,
    pub source_unit: Option<&'a str>,
    /// Schemes to grade; empty = the active ones.
    pub schemes: Vec<String>,
    /// Whether to grade after taking in.
    pub grade: bool,
    /// Leave small data files as they are; a later run joins them.
    pub no_compaction: bool,
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// The run that now stands; an earlier one when nothing changed.
    pub run: RunRecord,
    /// Nothing was new: no commit was made.
    pub unchanged: bool,
    /// Files that were read in an earlier run.
    pub seen: Vec<String>,
    /// Rows in the result tables.
    pub graded: usize,
    /// Where the time went; no result depends on it.
    pub timings: Timings,
}

impl Done {
    /// Files that were refused whole.
    pub fn refused(&self) -> usize {
        self.run
            .inputs
            .iter()
            .filter(|f| f.refused.is_some())
            .count()
    }
}

/// Does a job as one run of the store: everything or nothing becomes visible.
///
/// # Errors
/// Anything that a room reports; then the store stays as it was.
pub fn perform(
    job: &Job<'_>,
    house: &House,
    key: &PseudonymKey,
    say: &dyn Fn(&str),
) -> Result<Done, RunError> {
    let mut writer = Store::begin(job.store, &key.fingerprint())?;
    writer.leave_small_files(job.no_compaction);
    let batch_id = writer.run_id().to_owned();
    let context = house.checks(key, job.received, job.source_unit, &batch_id);
    let most = ROWS_AT_A_TIME;
    let intake = Intake::read(&job.files, writer.snapshot(), house, &context, most, say)?;
    let last = writer.snapshot().last_run().cloned();
    if let Some(last) = &last
        && intake.is_empty()
        && repeats(last, job, house)
    {
        let graded = writer.snapshot().count(Table::Grades)?;
        return Ok(Done {
            run: last.clone(),
            unchanged: true,
            seen: intake.seen,
            graded,
            timings: Timings::default(),
        });
    }
    let seen = intake.seen.clone();
    let inputs = intake.take_in(&mut writer, &context, say)?;
    let mut graded = 0;
    let mut timings = Timings::default();
    if job.grade {
        let view = writer.view()?;
        let schemes = house.schemes(&job.schemes, job.as_of)?;
        say(&format!(
            "grading under {} scheme versions as of {}",
            schemes.len(),
            job.as_of
        ));
        let run_id = writer.run_id().to_owned();
        let named = house.scheme_names(&schemes);
        let only = (!job.schemes.is_empty()).then_some(&named);
        let mut moves = changes::Moves::since_last_night(writer.snapshot())?;
        let mut clock = Timings::default();
        timings = grade_groups(
            &view,
            house,
            &schemes,
            job.as_of,
            job.known_at,
            &run_id,
            &mut |step| match step {
                Graded::Tables(tables) => {
                    graded += tables.grades.num_rows();
                    moves.keep(tables.grades.batch())?;
                    clock.write(|| tables.write(&mut writer, &named, only.is_some()))
                }
                Graded::End(buckets) => {
                    clock.changes(|| moves.compare(writer.snapshot(), buckets, only))
                }
            },
        )?;
        if moves.any() {
            // What readers see while this run writes.
            let before = Store::open(job.store)?;
            let mut take = |moved| Ok(writer.append(Table::GradeChanges, moved)?);
            clock.changes(|| {
                let views = (&before, &view);
                moves.explained(views, house, &schemes, job, &run_id, &mut take)
            })?;
        }
        timings.add(&clock);
    }
    writer.archive_rules(&house.rules.digest, &house.rules.files)?;
    let draft = RunDraft {
        kind: job.kind.to_owned(),
        as_of: job.as_of,
        received_on: (!job.files.is_empty()).then_some(job.received),
        known_at: job.known_at,
        rules_digest: house.rules.digest.clone(),
        inputs,
    };
    let run = timings.write(|| writer.commit(draft).map_err(RunError::from))?;
    Ok(Done {
        run,
        unchanged: false,
        seen,
        graded,
        timings,
    })
}

/// Whether the newest run was this very job, so that doing it again would change nothing.
fn repeats(last: &RunRecord, job: &Job<'_>, house: &House) -> bool {
    let same_grades = last.as_of == job.as_of
        && last.rules_digest == house.rules.digest
        && last.known_at == job.known_at
        && job.schemes.is_empty();
    if job.grade {
        same_grades && last.grades()
    } else {
        true
    }
}

/// Opens a store for reading; a clear error when it has no complete run.
///
/// # Errors
/// See [`StoreError`].
pub fn open(store: &Path) -> Result<crate::store::Snapshot, StoreError> {
    Store::open(store)
}
