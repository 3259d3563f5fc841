//! What regulators read: the checklist as XLSX and HTML, the night's report, the manifest. All in Chinese.
//!
//! Owns: the look of every output and the order of its parts. Does not own: any figure; every cell comes from a table.
//! May never know: how a grade or a measure comes about, the clock.

mod changed;
mod checklist;
pub(crate) mod guard;
mod json;
mod labels;
mod manifest;
mod night;
mod out;
mod part;
mod rows;
mod run_report;
mod simulation;
mod subject_html;
mod svg;
mod tally;

pub use checklist::{Limits, Listed, Volumes, subject_checklist};
pub use json::JsonArray;
pub use labels::{Labels, labels};
pub use manifest::{Manifest, out_is_complete};
pub use night::{Night, RuleWords};
pub use out::{OutSummary, Sources, check_out, write_out};
pub use part::Part;
pub use rows::Rows;
pub use simulation::{simulation_html, simulation_table, simulation_xlsx};
pub use subject_html::subject_html;

/// Rows that are laid out as a table on a screen at most: their widths are known when the last is there.
pub const TABLE_ROWS: usize = 100_000;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    #[error("report on the store: no complete run yet; do `xinheng run` first")]
    NoRun,
    #[error("report on subject {0}: it is in none of the result tables (or not public)")]
    UnknownSubject(String),
    #[error("{0}")]
    Store(#[from] crate::store::StoreError),
    #[error("write {path}: {source}")]
    Io {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "write the output to {path}: {reason}; name a new folder, or the output of an earlier run"
    )]
    NotAnOutFolder { path: String, reason: String },
    #[error("write the workbook: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    #[error("fill a page: {0}")]
    Template(#[from] minijinja::Error),
    #[error("{0}")]
    Waiting(#[from] crate::simulate::WaitingError),
    #[error("write JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("select rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("add up the quality figures: {0}")]
    Quality(#[from] crate::quality::QualityError),
}
