//! What regulators read: the checklist as XLSX and HTML, the night's report, the manifest. All in Chinese.
//!
//! Owns: the look of every output and the order of its parts. Does not own: any figure; every cell comes from a table.
//! May never know: how a grade or a measure comes about, the clock.

mod checklist_xlsx;
mod data;
mod manifest;
mod out;
mod rows;
mod run_report;
mod simulation;
mod subject_html;
mod svg;

pub use checklist_xlsx::checklist_xlsx;
pub use data::ReportData;
pub use manifest::{Manifest, out_is_complete};
pub use out::{OutSummary, write_out};
pub use rows::Rows;
pub use run_report::run_report_html;
pub use simulation::{simulation_html, simulation_table, simulation_xlsx};
pub use subject_html::subject_html;

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
    #[error("write the workbook: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    #[error("fill a page: {0}")]
    Template(#[from] minijinja::Error),
    #[error("write JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("select rows: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}
