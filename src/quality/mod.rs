//! 数据质量: 合规率, 及时率, 迟报率, 重复率, 更正率, 完整率 … per source unit and month, and files to send back.
//!
//! Owns: the formulas, the `quality` table's rows, their sums over batches, and how they are shown; the return files.
//! Does not own: the checks (`ingest::check`) and what becomes of a row. May never know: rules, grades, the clock.
//!
//! The names of the metrics are those of the national evaluation of 双公示 data; its formulas were not found in any official
//! text, so every line carries the formula that was used (公式为本系统口径). Numerator and denominator are kept exactly and
//! are additive: sums over batches, units or months are sums of both.

mod facts;
mod lines;
mod render;
mod returns;
mod workbook;

#[cfg(test)]
mod tests;

pub use facts::{Earlier, Figures, Metric, Outcome, RowFacts, Timeliness};
pub use lines::{ALL_UNITS, QualityLine, Sums, aggregate, totals};
pub use render::{csv, json, table};
pub use returns::return_files;
pub use workbook::xlsx;

/// Why quality figures cannot be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QualityError {
    /// A batch does not have the columns of its table: a bug of ours.
    #[error("build or read a batch: {0}")]
    Batch(#[from] arrow::error::ArrowError),
    /// A column of the batch is missing or of another type.
    #[error("find column {0} in the batch")]
    Column(&'static str),
    /// A stored metric is not one of ours.
    #[error("know the metric {0:?} of the quality table")]
    Metric(String),
    #[error("write a workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("write CSV: {0}")]
    Csv(#[from] ::csv::Error),
    #[error("write {path}: {source}")]
    File {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
}
