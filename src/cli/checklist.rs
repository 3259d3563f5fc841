//! `xinheng checklist`: the measures of one subject or of all.

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::Value;

use super::view::{View, log};
use super::{Outcome, deliver};
use crate::report::{ReportError, Rows, checklist_xlsx, subject_html};
use crate::run::{House, RunError, open, read_report};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Xlsx,
    Html,
}

/// The checklist of measures, with exclusions and their reasons
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// The store; it must hold a complete run
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Only this subject (needed for html)
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
    #[arg(long, value_enum, default_value = "table")]
    format: Format,
    /// File to write (needed for xlsx)
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "public")]
    view: View,
}

pub(super) fn run(args: &Args) -> Outcome {
    let snapshot = open(&args.store)?;
    let digest = snapshot
        .last_run()
        .map(|r| r.rules_digest.clone())
        .unwrap_or_default();
    let house = match House::archived(&snapshot, &digest)? {
        Some(house) => house,
        None => House::open(None)?,
    };
    let subject = args.subject.as_deref();
    let internal = log(
        args.view,
        &args.store,
        &snapshot,
        "checklist",
        subject.unwrap_or(""),
        "",
    )?;
    let data = read_report(&snapshot, &house, internal)?;
    if let Some(subject) = subject
        && !data.names().contains_key(subject)
    {
        return Err(RunError::Report(ReportError::UnknownSubject(
            subject.to_owned(),
        )));
    }
    let out = args.out.as_deref();
    let rows = Rows(&data.measures);
    let chosen: Vec<usize> = (0..rows.len())
        .filter(|i| subject.is_none_or(|s| rows.text(*i, "subject_id") == s))
        .collect();
    match args.format {
        Format::Xlsx => {
            let path = out.ok_or_else(|| {
                RunError::Usage("write a workbook: give --out FILE.xlsx".to_owned())
            })?;
            checklist_xlsx(&data, subject, path)?;
        }
        Format::Html => {
            let subject = subject.ok_or_else(|| {
                RunError::Usage("write a page: give --subject SUBJECT".to_owned())
            })?;
            deliver(&subject_html(&data, subject)?, out)?;
        }
        Format::Json => {
            let all: Vec<Value> = chosen.iter().map(|i| rows.object(*i)).collect();
            deliver(&format!("{:#}\n", Value::from(all)), out)?;
        }
        Format::Table => {
            let mut table = comfy_table::Table::new();
            table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
            table.set_header(["主体", "措施", "触发文书", "起止", "公示至", "状态", "说明"]);
            let names = data.names();
            for i in chosen {
                let id = rows.text(i, "subject_id");
                let name = names.get(&id).cloned().unwrap_or(id);
                let term = format!("{} {}", rows.text(i, "starts_on"), rows.text(i, "ends_on"));
                let cell = |column: &str| rows.text(i, column);
                table.add_row([
                    name,
                    cell("measure"),
                    cell("trigger_document_no"),
                    term,
                    cell("publicity_until"),
                    cell("state"),
                    cell("reason"),
                ]);
            }
            deliver(&format!("{table}\n"), out)?;
        }
    }
    Ok(0)
}
