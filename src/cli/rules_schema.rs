//! `xinheng rules schema`: JSON Schema of rule files, for editors.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;

use super::{Outcome, deliver};
use crate::rules::Pack;
use crate::run::{FileKind, RunError};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Kind of rule file
    #[arg(default_value = "scheme", value_parser = PossibleValuesParser::new(FileKind::ALL.map(|kind| kind.0)))]
    kind: String,
    /// File to write [default: stdout]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Rule pack whose classes of violations are offered [default: the one built in]
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let pack = match &args.rules {
        Some(folder) => Pack::from_dir(folder)?,
        None => Pack::builtin(),
    };
    let named = FileKind::ALL.iter().find(|(name, _)| *name == args.kind);
    let (_, kind) =
        named.ok_or_else(|| RunError::Usage(format!("find the kind {:?}", args.kind)))?;
    let schema = kind.schema(&pack)?;
    deliver(&format!("{schema:#}\n"), args.out.as_deref())?;
    Ok(0)
}
