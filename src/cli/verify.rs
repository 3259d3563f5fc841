//! `xinheng verify`: whether the store still holds what its runs said.

use std::path::PathBuf;

use super::Outcome;
use crate::run::open;
use crate::run::verify::{Verdict, verify};

/// Check a run: file digests, table digests, sums, references, counts, and a replay of its grading
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Identifier of the run [default: the newest complete run]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let report = verify(&open(&args.store)?, args.run.as_deref())?;
    println!(
        "run {} ({}, as of {})",
        report.run.run_id, report.run.kind, report.run.as_of
    );
    for (check, verdict) in &report.verdicts {
        match verdict {
            Verdict::Agrees(what) => println!("{:<9} agrees: {what}", check.name),
            Verdict::NotAsked(why) => println!("{:<9} nothing to compare: {why}", check.name),
            Verdict::CouldNotRun(error) => println!(
                "{:<9} COULD NOT RUN ({}): failed to {error}",
                check.name, check.what
            ),
            Verdict::Differs(found) | Verdict::Damaged(found) => {
                let word = match verdict {
                    Verdict::Damaged(_) => "DAMAGED",
                    _ => "DIFFERS",
                };
                println!(
                    "{:<9} {word}: {} of {}",
                    check.name, found.count, check.what
                );
                for one in &found.named {
                    println!("  {one}");
                }
                if found.count > found.named.len() {
                    println!("  and {} more", found.count - found.named.len());
                }
            }
        }
    }
    let code = report.exit_code();
    println!(
        "{}",
        match code {
            0 => "all agree",
            4 =>
                "the store is damaged: restore the files named above from a backup, then verify again",
            _ if report.differs() => "sums disagree: keep the store as it is and report this",
            _ =>
                "what could be checked agrees; the checks above that could not run say what they lack",
        }
    );
    Ok(code)
}
