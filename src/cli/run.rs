//! `xinheng run`: the nightly job.

use std::path::{Path, PathBuf};

use super::{Outcome, key, print, progress::Progress, say, today::today};
use crate::record::Day;
use crate::report::{Limits, Listed, check_out};
use crate::run::{House, Job, RunError, input_files, open, perform, write_output};

/// The nightly job: take in an inbox, grade, derive consequences, write the reports
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Folder with the files of the night
    #[arg(long, value_name = "DIR")]
    inbox: PathBuf,
    /// The store; made when it does not exist
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Folder for checklist, pages, run report and manifest; replaced whole
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Rule pack instead of the one built in
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Whose results the workbooks of the checklist list
    #[arg(long, value_enum, value_name = "WHOSE", default_value_t = Checklist::Auto)]
    checklist: Checklist,
    /// Leave small data files as they are; a later run joins them
    #[arg(long)]
    no_compaction: bool,
    /// The day that grades speak of [default: today in China]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// The day on which the files were received [default: the as-of day]
    #[arg(long, value_name = "DATE")]
    received: Option<Day>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Checklist {
    /// Every subject's; on a store with 2 million measures or more those that differ from the run before
    Auto,
    /// Every subject's
    All,
    /// Those that differ from the run before
    Changed,
}

pub(super) fn run(args: &Args, key_file: Option<&Path>) -> Outcome {
    let as_of = args.as_of.unwrap_or_else(today);
    check_out(&args.out)?;
    let house = House::open(args.rules.as_deref())?;
    let files = input_files(std::slice::from_ref(&args.inbox))?;
    if files.is_empty() {
        say(&format!(
            "the inbox {} is empty: grading what the store holds",
            args.inbox.display()
        ));
    }
    let job = Job {
        kind: "run",
        store: &args.store,
        files,
        as_of,
        received: args.received.unwrap_or(as_of),
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: true,
        no_compaction: args.no_compaction,
    };
    let done = perform(&job, &house, &key::load(key_file)?, &say)?;
    for name in &done.seen {
        say(&format!("seen before, not read again: {name}"));
    }
    let limits = Limits {
        listed: match args.checklist {
            Checklist::Auto | Checklist::All => Listed::All,
            Checklist::Changed => Listed::Changed,
        },
        changed_from: match args.checklist {
            Checklist::Auto => Limits::MANY_MEASURES,
            Checklist::All | Checklist::Changed => usize::MAX,
        },
        ..Limits::default()
    };
    let bar = Progress::new("writing the reports");
    let written = write_output(
        &open(&args.store)?,
        &house,
        limits,
        &args.out,
        &|done, all| bar.at(done, all),
    )
    .map_err(|source| RunError::Output {
        out: args.out.display().to_string(),
        run_id: done.run.run_id.clone(),
        source: Box::new(source),
    })?;
    bar.end();
    if done.unchanged {
        print(&format!(
            "nothing changed: run {} already holds these files, as of {as_of}, under these rules",
            done.run.run_id
        ))?;
    } else {
        summary(&done.run.inputs)?;
        print(&format!(
            "run {}: {} grades as of {as_of}",
            done.run.run_id, done.graded
        ))?;
    }
    match written {
        Some(out) => {
            print(&format!(
                "wrote {} files ({} subjects' pages) to {}",
                out.files,
                out.subjects,
                args.out.display()
            ))?;
            if out.listed == Listed::Changed && matches!(args.checklist, Checklist::Auto) {
                print(
                    "the workbooks list the subjects whose results differ from the run before; `--checklist all` lists every subject",
                )?;
            }
            if out.left_out > 0 {
                print(&format!(
                    "{} more subjects changed and have no page: `xinheng checklist --subject … --format html` makes one",
                    out.left_out
                ))?;
            }
        }
        None => print(&format!("{} is complete already", args.out.display()))?,
    }
    let refused = if done.unchanged { 0 } else { done.refused() };
    Ok(if refused > 0 { 3 } else { 0 })
}

/// One line per file, and the sum.
pub(super) fn summary(inputs: &[crate::store::InputFile]) -> Result<(), RunError> {
    let mut sums = [0u64; 6];
    for f in inputs {
        if let Some(why) = &f.refused {
            print(&format!("{}: refused whole: {why}", f.file))?;
            continue;
        }
        let counts = [
            f.rows_read,
            f.accepted,
            f.duplicate,
            f.superseded,
            f.quarantined,
            f.skipped,
        ];
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        print(&format!(
            "{} [{}]: {} rows = {} accepted + {} duplicate + {} superseded + {} quarantined + {} skipped",
            f.file, f.layout, counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]
        ))?;
    }
    if inputs.len() > 1 {
        print(&format!(
            "together: {} rows = {} accepted + {} duplicate + {} superseded + {} quarantined + {} skipped",
            sums[0], sums[1], sums[2], sums[3], sums[4], sums[5]
        ))?;
    }
    Ok(())
}

impl From<crate::record::DayError> for RunError {
    fn from(error: crate::record::DayError) -> RunError {
        RunError::Usage(error.to_string())
    }
}
