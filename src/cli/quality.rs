//! `xinheng quality`: data quality per source unit and month.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Outcome, deliver, say};
use crate::quality::{Sums, csv, json, return_files, table, xlsx};
use crate::run::{RunError, open};
use crate::store::Table;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Xlsx,
}

/// Data quality per source unit and month
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Only this month of receipt
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// File to write (needed for xlsx)
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Folder for one return-to-sender workbook per source unit
    #[arg(long, value_name = "DIR")]
    returns: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Outcome {
    if let Some(month) = &args.month
        && format!("{month}-01").parse::<crate::record::Day>().is_err()
    {
        return Err(RunError::Usage(format!(
            "read --month {month:?}: write it as YYYY-MM"
        )));
    }
    let snapshot = open(&args.store)?;
    let (mut sums, mut wrong) = (Sums::default(), None);
    snapshot.stream(Table::Quality, None, &mut |batch| {
        if let Err(error) = sums.add(&batch, args.month.as_deref()) {
            wrong.get_or_insert(error);
        }
        Ok(())
    })?;
    if let Some(error) = wrong {
        return Err(error.into());
    }
    let lines = sums.lines();
    let out = args.out.as_deref();
    match args.format {
        Format::Table => deliver(&format!("{}\n", table(&lines)), out)?,
        Format::Json => deliver(&format!("{:#}\n", json(&lines)), out)?,
        Format::Csv => deliver(&csv(&lines)?, out)?,
        Format::Xlsx => {
            let path = out.ok_or_else(|| {
                RunError::Usage("write a workbook: give --out FILE.xlsx".to_owned())
            })?;
            xlsx(&lines, path)?;
        }
    }
    if let Some(folder) = &args.returns {
        for path in return_files(&snapshot.open_findings()?, folder)? {
            say(&format!("wrote {}", path.display()));
        }
    }
    Ok(0)
}
