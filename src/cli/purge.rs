//! `xinheng purge`: remove what may no longer be kept.

use std::path::{Path, PathBuf};

use super::{Outcome, key, print, say};
use crate::record::Day;
use crate::run::purge::{Rule, purge};
use crate::run::{RunError, open};

/// Remove records that may no longer be kept, from the tables and from the disk; this cannot be undone
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("what").required(true).args(["before", "record"]))]
pub(super) struct Args {
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Decisions and events before this day, and findings received before it
    #[arg(long, value_name = "DATE")]
    before: Option<Day>,
    /// Every version of the decision that this record belongs to
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Why; kept with the tombstones and told to units that send the records again (no personal data)
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(args: &Args, key_file: Option<&Path>) -> Outcome {
    let reason = args.reason.trim();
    if reason.is_empty() {
        return Err(RunError::Usage(
            "purge without a reason: give --reason TEXT".to_owned(),
        ));
    }
    let rule = match (&args.before, &args.record) {
        (Some(day), _) => Rule::Before(*day),
        (None, Some(id)) => Rule::Record(id.clone()),
        (None, None) => {
            return Err(RunError::Usage(
                "purge nothing in particular: give --before DATE or --record ID".to_owned(),
            ));
        }
    };
    // A folder that is no store is refused before a key is looked for or made.
    open(&args.store)?;
    let done = purge(&args.store, &rule, reason, &key::load(key_file)?, &say)?;
    if done.rows.is_empty() {
        print("nothing matched: the store is unchanged")?;
        return Ok(0);
    }
    for (table, count) in &done.rows {
        print(&format!("{table}: {count} rows removed"))?;
    }
    print(&format!(
        "run {}: {} decisions purged; earlier runs can no longer be read",
        done.run.run_id, done.decisions
    ))?;
    print(
        "output folders and return files written before still show them: write them again, and treat backups alike",
    )?;
    Ok(0)
}
