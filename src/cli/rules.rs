//! `xinheng rules`: check, test and show rule files.

use std::path::PathBuf;

use super::{Outcome, deliver, print};
use crate::rules::{Pack, cases, check, show};
use crate::run::{House, RunError, test_cases};

/// Check rule files, run their cases, show a scheme, compare packs, or print the schema of the files
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand, Debug)]
enum What {
    /// Check every rule file, active or not
    Check {
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// Run the cases beside every scheme; exit 2 when one fails
    Test {
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// The resolved scheme
    Show {
        /// For example environment/chongqing-2021
        id: String,
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// What differs between two packs or two schemes, in words: 没有实质差异 when only comments or formatting do
    Diff(super::rules_diff::Args),
    /// JSON Schema of rule files, for editors
    Schema(super::rules_schema::Args),
}

pub(super) fn run(args: &Args) -> Outcome {
    match &args.what {
        What::Check { rules } => {
            let pack = match rules {
                Some(folder) => Pack::from_dir(folder)?,
                None => Pack::builtin(),
            };
            let found = check(&pack);
            deliver(&found.render(), None)?;
            let (errors, notes) = (found.errors().count(), found.notes().count());
            print(&format!(
                "{errors} error(s), {notes} note(s) on provisional values"
            ))?;
            if errors == 0 {
                // Standards, classes, measures, incentives and case files too.
                let house = House::of(&pack)?;
                cases::load(&pack, &house.rules.schemes).map_err(RunError::from)?;
            }
            Ok(if errors > 0 { 2 } else { 0 })
        }
        What::Test { rules } => {
            let pack = match rules {
                Some(folder) => Pack::from_dir(folder)?,
                None => Pack::builtin(),
            };
            let report = test_cases(&pack)?;
            deliver(&report.to_string(), None)?;
            Ok(if report.has_failures() { 2 } else { 0 })
        }
        What::Show { id, rules } => {
            let house = House::open(rules.as_deref())?;
            let text = show(&house.rules, id).ok_or_else(|| RunError::UnknownScheme(id.clone()))?;
            deliver(&text, None)?;
            Ok(0)
        }
        What::Diff(args) => super::rules_diff::run(args),
        What::Schema(args) => super::rules_schema::run(args),
    }
}
