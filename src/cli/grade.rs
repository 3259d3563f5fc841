//! `xinheng grade`: grade what the store holds.

use std::path::{Path, PathBuf};

use super::{Outcome, key, print, say, today::today};
use crate::record::Day;
use crate::run::{House, Job, perform};

/// Grade what the store holds and derive consequences
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The day that grades speak of [default: today in China]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Only records received by this day
    #[arg(long, value_name = "DATE")]
    known_at: Option<Day>,
    /// Grade only this scheme (repeatable); its rows replace its earlier ones
    #[arg(long, value_name = "ID")]
    scheme: Vec<String>,
    /// Rule pack instead of the one built in
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Say on stderr where the time went
    #[arg(long)]
    timings: bool,
}

pub(super) fn run(args: &Args, key_file: Option<&Path>) -> Outcome {
    let as_of = args.as_of.unwrap_or_else(today);
    let house = House::open(args.rules.as_deref())?;
    let job = Job {
        kind: "grade",
        store: &args.store,
        files: Vec::new(),
        as_of,
        received: as_of,
        known_at: args.known_at,
        source_unit: None,
        schemes: args.scheme.clone(),
        grade: true,
        no_compaction: false,
    };
    let done = perform(&job, &house, &key::load(key_file)?, &say)?;
    if args.timings {
        say(&done.timings.to_string());
    }
    if done.unchanged {
        print(&format!(
            "nothing changed: run {} holds these grades",
            done.run.run_id
        ))?;
    } else {
        print(&format!(
            "run {}: {} grades as of {as_of}",
            done.run.run_id, done.graded
        ))?;
    }
    Ok(0)
}
