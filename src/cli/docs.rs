//! `xinheng docs`: the generated references under `docs/`.

use super::{Outcome, deliver};

/// Print a generated reference
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[arg(value_enum)]
    which: Which,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Which {
    CheckCodes,
    RuleChecks,
    RuleKeys,
    Gates,
}

pub(super) fn run(args: &Args) -> Outcome {
    let text = match args.which {
        Which::CheckCodes => crate::ingest::check::reference_markdown(),
        Which::RuleChecks => crate::rules::reference_markdown(),
        Which::RuleKeys => crate::rules::keys_markdown(),
        Which::Gates => crate::consequence::reference_markdown(),
    };
    deliver(&text, None)?;
    Ok(0)
}
