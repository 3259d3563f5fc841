//! `xinheng query`: SQL over all tables.

use std::path::PathBuf;

use clap::ValueEnum;

use super::view::{View, log};
use super::{Outcome, stream};
use crate::query::{Format, run as run_query};
use crate::run::{RunError, open};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    Table,
    Json,
    Csv,
    Parquet,
}

/// SQL over all tables; rows in force under the plain names, the logs as *_log
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// For example: SELECT grade, COUNT(*) AS n FROM grades GROUP BY grade ORDER BY grade
    sql: String,
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Only rows of this subject
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Shape,
    /// File to write (needed for parquet)
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "public")]
    view: View,
}

pub(super) fn run(args: &Args) -> Outcome {
    let snapshot = open(&args.store)?;
    let internal = log(
        args.view,
        &args.store,
        &snapshot,
        "query",
        args.subject.as_deref().unwrap_or(""),
        &args.sql,
    )?;
    let format = match args.format {
        Shape::Table => Format::Table,
        Shape::Json => Format::Json,
        Shape::Csv => Format::Csv,
        Shape::Parquet => Format::Parquet,
    };
    if args.out.is_none() && format == Format::Parquet {
        return Err(RunError::Usage(
            "write Parquet: give --out FILE.parquet".to_owned(),
        ));
    }
    stream(args.out.as_deref(), |out| {
        let subject = args.subject.as_deref();
        run_query(&args.sql, &snapshot, subject, internal, format, out)?;
        Ok(())
    })?;
    Ok(0)
}
