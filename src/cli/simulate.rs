//! `xinheng simulate`: what another rule pack would do to the grades of a store.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::deliver::whole;
use super::{Outcome, deliver, say};
use crate::record::Day;
use crate::report::{simulation_html, simulation_table, simulation_xlsx};
use crate::run::{House, RunError, archived, open, simulate};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Xlsx,
    Html,
}

/// Compare two rule packs over the whole store: who moves, and by which rows. Writes nothing to the store
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// The new rule pack
    #[arg(long, value_name = "NEW")]
    rules: PathBuf,
    /// The old rule pack [default: the one that the newest run archived]
    #[arg(long, value_name = "OLD")]
    against: Option<PathBuf>,
    /// [default: the newest run's as-of day]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Only records received by this day [default: as in the newest run]
    #[arg(long, value_name = "DATE")]
    known_at: Option<Day>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// File to write (needed for xlsx)
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Exit with 5 when any result moves: a grade, a rating, a flag, or a score alone
    #[arg(long)]
    fail_on_move: bool,
}

/// A result moved and the caller asked to fail then.
const MOVED: u8 = 5;

pub(super) fn run(args: &Args) -> Outcome {
    let new = House::open(Some(&args.rules))?;
    let snapshot = open(&args.store)?;
    let Some(last) = snapshot.last_run().cloned() else {
        return Err(RunError::Report(crate::report::ReportError::NoRun));
    };
    let old = match args.against.as_deref() {
        Some(folder) => House::open(Some(folder))?,
        None => archived(&snapshot, &last)?,
    };
    let out = args.out.as_deref();
    if let Some(path) = out {
        refuse_inside(path, snapshot.root())?;
    } else if matches!(args.format, Format::Xlsx) {
        return Err(RunError::Usage(
            "write a workbook: give --out FILE.xlsx".to_owned(),
        ));
    }
    let as_of = args.as_of.unwrap_or(last.as_of);
    let known_at = args.known_at.or(last.known_at);
    say(&format!(
        "comparing rule packs {} (old) and {} (new) as of {as_of}",
        short(&old.rules.digest),
        short(&new.rules.digest)
    ));
    let found = simulate(&snapshot, &old, &new, as_of, known_at)?;
    match args.format {
        Format::Table => deliver(&simulation_table(&found)?, out)?,
        Format::Html => deliver(&simulation_html(&found)?, out)?,
        Format::Xlsx => whole(out.unwrap_or(Path::new("")), |part| {
            Ok(simulation_xlsx(&found, part)?)
        })?,
    }
    let results = found.results();
    if found.nobody_moves() {
        say(&format!(
            "nobody moves: {results} results are the same under both packs"
        ));
        return Ok(0);
    }
    say(&format!(
        "{} of {results} results move ({} of {} subjects)",
        found.movers.len(),
        found.moving,
        found.subjects
    ));
    Ok(if args.fail_on_move { MOVED } else { 0 })
}

/// The store is read only here, so nothing may be put into it either.
fn refuse_inside(out: &Path, store: &Path) -> Result<(), RunError> {
    let folder = out.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    if folder.is_ok_and(|folder| folder.starts_with(store)) {
        return Err(RunError::Usage(format!(
            "write {}: it lies inside the store; name a file elsewhere",
            out.display()
        )));
    }
    Ok(())
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
