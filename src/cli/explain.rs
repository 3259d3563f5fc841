//! `xinheng explain`: why a subject has its grade, in three depths, on any day.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::ValueEnum;

use super::view::{View, log};
use super::{Outcome, deliver};
use crate::grading::explain::{explain, render};
use crate::record::Day;
use crate::rules::Pack;
use crate::run::{House, RunError, open, subject_input};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Depth {
    Line,
    Table,
    Trace,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// Explain a subject's grades so that they can be added up by hand
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// 统一社会信用代码, `org:…`, `reg:…` or `p:…`
    subject: String,
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Only this scheme
    #[arg(long, value_name = "ID")]
    scheme: Option<String>,
    /// [default: the newest run's as-of day]
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Only records received by this day
    #[arg(long, value_name = "DATE")]
    known_at: Option<Day>,
    #[arg(long, value_enum, default_value = "table")]
    depth: Depth,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    #[arg(long, value_enum, default_value = "public")]
    view: View,
}

pub(super) fn run(args: &Args) -> Outcome {
    let snapshot = open(&args.store)?;
    let Some(last) = snapshot.last_run().cloned() else {
        return Err(RunError::Report(crate::report::ReportError::NoRun));
    };
    let house = match snapshot.rule_pack(&last.rules_digest)? {
        Some(files) => House::of(&Pack::from_files(files))?,
        None => House::open(None)?,
    };
    let internal = log(
        args.view,
        &args.store,
        &snapshot,
        "explain",
        &args.subject,
        "",
    )?;
    let as_of = args.as_of.unwrap_or(last.as_of);
    let named: Vec<String> = args.scheme.iter().cloned().collect();
    let schemes = house.schemes(&named, as_of)?;
    let wanted = BTreeSet::from([args.subject.clone()]);
    let owned = subject_input(&snapshot, &wanted, args.known_at.or(last.known_at))?;
    let rows = crate::report::Rows(&owned.subjects);
    let unknown = || {
        RunError::Report(crate::report::ReportError::UnknownSubject(
            args.subject.clone(),
        ))
    };
    if rows.is_empty() || (!internal && (0..rows.len()).any(|i| rows.flag(i, "minor"))) {
        return Err(unknown());
    }
    let grading =
        crate::grading::Grading::new(&schemes, &house.rules.publicity, &house.rules.digest, as_of)?;
    let found = explain(&owned.input(), &grading, &args.subject, None)?;
    if found.is_empty() {
        return Err(unknown());
    }
    let depth = match args.depth {
        Depth::Line => render::Depth::Line,
        Depth::Table => render::Depth::Table,
        Depth::Trace => render::Depth::Trace,
    };
    let text = match args.format {
        Format::Table => found
            .iter()
            .map(|e| render::text(e, depth))
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Json => {
            let all: Vec<_> = found.iter().map(render::json).collect();
            format!("{:#}", serde_json::Value::from(all))
        }
    };
    deliver(&format!("{}\n", text.trim_end()), None)?;
    Ok(0)
}
