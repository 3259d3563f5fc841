//! `xinheng ingest`: files into the store, without grading.

use std::path::{Path, PathBuf};

use super::{Outcome, key, print, run::summary, say, today::today};
use crate::record::Day;
use crate::run::{House, Job, input_files, perform};

/// Take files or folders into the store, without grading
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Files or folders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The store; made when it does not exist
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Source unit of rows that name none
    #[arg(long, value_name = "NAME")]
    source_unit: Option<String>,
    /// The day on which the files were received [default: the as-of day]
    #[arg(long, value_name = "DATE")]
    received: Option<Day>,
    /// [default: today in China]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Rule pack instead of the one built in
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Leave small data files as they are; a later run joins them
    #[arg(long)]
    no_compaction: bool,
}

pub(super) fn run(args: &Args, key_file: Option<&Path>) -> Outcome {
    let as_of = args.as_of.unwrap_or_else(today);
    let house = House::open(args.rules.as_deref())?;
    let job = Job {
        kind: "ingest",
        store: &args.store,
        files: input_files(&args.paths)?,
        as_of,
        received: args.received.unwrap_or(as_of),
        known_at: None,
        source_unit: args.source_unit.as_deref(),
        schemes: Vec::new(),
        grade: false,
        no_compaction: args.no_compaction,
    };
    let done = perform(&job, &house, &key::load(key_file)?, &say)?;
    for name in &done.seen {
        print(&format!("seen before, not read again: {name}"))?;
    }
    if done.unchanged {
        print("nothing changed: every file is known to the store")?;
        return Ok(0);
    }
    summary(&done.run.inputs)?;
    print(&format!("run {} committed", done.run.run_id))?;
    Ok(if done.refused() > 0 { 3 } else { 0 })
}
