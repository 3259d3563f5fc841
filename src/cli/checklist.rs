//! `xinheng checklist`: the measures of one subject or of all.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::deliver::cannot_write;
use super::view::{View, log};
use super::{Outcome, deliver, say, stream};
use crate::report::{
    JsonArray, Limits, Night, Part, ReportError, Rows, TABLE_ROWS, Volumes, subject_checklist,
    subject_html,
};
use crate::run::{House, RunError, open, read_night};
use crate::store::Snapshot;

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
    let night = read_night(&snapshot, &house, internal)?;
    if let Some(subject) = subject {
        let part = Part::of_subjects(&snapshot, &night, &[subject])?;
        if part.subjects.of_subject(subject).is_empty() {
            return Err(RunError::Report(ReportError::UnknownSubject(
                subject.to_owned(),
            )));
        }
    }
    let out = args.out.as_deref();
    match args.format {
        Format::Xlsx => {
            let path = out.ok_or_else(|| {
                RunError::Usage("write a workbook: give --out FILE.xlsx".to_owned())
            })?;
            for path in workbooks(&snapshot, &night, subject, path)? {
                say(&format!("wrote {}", path.display()));
            }
        }
        Format::Html => {
            let subject = subject.ok_or_else(|| {
                RunError::Usage("write a page: give --subject SUBJECT".to_owned())
            })?;
            deliver(&subject_html(&snapshot, &night, subject)?, out)?;
        }
        Format::Json => stream(out, |out| {
            let mut array = JsonArray::new(out);
            each_part(&snapshot, &night, subject, &mut |part| {
                let rows = part.measures.rows();
                for i in 0..rows.len() {
                    array.push(&rows.object(i)).map_err(not_written)?;
                }
                Ok(())
            })?;
            array.finish().map_err(not_written)
        })?,
        Format::Table => {
            let mut table = comfy_table::Table::new();
            table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
            table.set_header(["主体", "措施", "触发文书", "起止", "公示至", "状态", "说明"]);
            let mut shown = 0;
            each_part(&snapshot, &night, subject, &mut |part| {
                let rows = part.measures.rows();
                shown += rows.len();
                if shown > TABLE_ROWS {
                    return Err(RunError::Usage(format!(
                        "write the checklist as a table of more than {TABLE_ROWS} rows; use --format json or xlsx, or --subject"
                    )));
                }
                for i in 0..rows.len() {
                    table.add_row(line(part, rows, i));
                }
                Ok(())
            })?;
            deliver(&format!("{table}\n"), out)?;
        }
    }
    Ok(0)
}

fn not_written(error: std::io::Error) -> RunError {
    cannot_write(Path::new("the checklist"), error)
}

fn line(part: &Part, rows: Rows<'_>, i: usize) -> [String; 7] {
    let cell = |column: &str| rows.text(i, column);
    [
        part.name(&cell("subject_id")).to_owned(),
        cell("measure"),
        cell("trigger_document_no"),
        format!("{} {}", cell("starts_on"), cell("ends_on")),
        cell("publicity_until"),
        cell("state"),
        cell("reason"),
    ]
}

/// The results of one subject, or of all, part by part.
fn each_part(
    snapshot: &Snapshot,
    night: &Night,
    subject: Option<&str>,
    each: &mut dyn FnMut(&Part) -> Result<(), RunError>,
) -> Result<(), RunError> {
    if let Some(subject) = subject {
        each(&Part::of_subjects(snapshot, night, &[subject])?)?;
        return Ok(());
    }
    for buckets in snapshot.bucket_groups(Limits::default().group_records)? {
        each(&Part::of_buckets(snapshot, night, &buckets)?)?;
    }
    Ok(())
}

/// Writes one workbook, or as many as the rows need.
fn workbooks(
    snapshot: &Snapshot,
    night: &Night,
    subject: Option<&str>,
    path: &Path,
) -> Result<Vec<PathBuf>, RunError> {
    if path.is_dir() {
        return Err(RunError::Usage(format!(
            "write the workbook to {}: it is a folder; give --out FILE.xlsx",
            path.display()
        )));
    }
    if let Some(subject) = subject {
        let part = Part::of_subjects(snapshot, night, &[subject])?;
        subject_checklist(night, &part, subject, path)?;
        return Ok(vec![path.to_owned()]);
    }
    let mut volumes = Volumes::new(Limits::default());
    for buckets in snapshot.bucket_groups(Limits::default().group_records)? {
        volumes.plan(
            &buckets,
            &Part::of_buckets(snapshot, night, &buckets)?,
            None,
        );
    }
    Ok(volumes.write(snapshot, night, path, &|_| {})?)
}
