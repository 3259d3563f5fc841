//! `xinheng verify`: whether the store still holds what its runs said.

use std::path::PathBuf;

use super::{Outcome, print};
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
    let mut lines = vec![format!(
        "run {} ({}, as of {})",
        report.run.run_id, report.run.kind, report.run.as_of
    )];
    for (check, verdict) in &report.verdicts {
        let of = check.name;
        match verdict {
            Verdict::Agrees(what) => lines.push(format!("{of:<9} agrees: {what}")),
            Verdict::NotAsked(why) => lines.push(format!("{of:<9} nothing to compare: {why}")),
            Verdict::CouldNotRun(error) => lines.push(format!(
                "{of:<9} COULD NOT RUN ({}): failed to {error}",
                check.what
            )),
            Verdict::Differs(found) | Verdict::Damaged(found) => {
                let word = match verdict {
                    Verdict::Damaged(_) => "DAMAGED",
                    _ => "DIFFERS",
                };
                lines.push(format!("{of:<9} {word}: {} of {}", found.count, check.what));
                lines.extend(found.named.iter().map(|one| format!("  {one}")));
                if found.count > found.named.len() {
                    lines.push(format!("  and {} more", found.count - found.named.len()));
                }
            }
        }
    }
    let code = report.exit_code();
    let sum = match code {
        0 => "all agree",
        4 => "the store is damaged: restore the files named above from a backup, then verify again",
        _ if report.differs() => "sums disagree: keep the store as it is and report this",
        _ => "what could be checked agrees; the checks above that could not run say what they lack",
    };
    lines.push(sum.to_owned());
    print(&lines.join("\n"))?;
    Ok(code)
}
