//! What can stop a run, and the exit code that says whose matter it is.

use std::error::Error;
use std::io::{self, ErrorKind};

use rust_xlsxwriter::XlsxError;

use crate::consequence::{CatalogueError, ConsequenceError, IncentiveError};
use crate::grading::GradingError;
use crate::ingest::IngestError;
use crate::ingest::classify::ClassifyError;
use crate::quality::QualityError;
use crate::query::QueryError;
use crate::report::ReportError;
use crate::rules::PackError;
use crate::simulate::WaitingError;
use crate::standard::StandardError;
use crate::store::StoreError;
use crate::synth::SynthError;

/// Why a command stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Ingest(#[from] IngestError),
    #[error("grade: {0}")]
    Grading(#[from] GradingError),
    #[error("derive consequences: {0}")]
    Consequence(#[from] ConsequenceError),
    #[error("{0}")]
    Report(#[from] ReportError),
    #[error("{0}")]
    Quality(#[from] QualityError),
    #[error("handle columns: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("read the rule pack: {0}")]
    Pack(#[from] PackError),
    #[error("{rendered}\nthe rule pack was refused: {count} error(s); nothing was touched")]
    Rules { rendered: String, count: usize },
    #[error("{0}")]
    Cases(#[from] crate::rules::cases::CaseErrors),
    #[error("read rules/standards: {0}")]
    Standards(#[from] StandardError),
    #[error("read rules/classification: {0}")]
    Classes(#[from] ClassifyError),
    #[error("read rules/measures: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error("{0}")]
    Incentives(#[from] IncentiveError),
    #[error("{0}")]
    Schema(#[from] crate::rules::schema::ProbeError),
    #[error("find scheme {0:?}: it is in no rule file; `xinheng rules check` lists them")]
    UnknownScheme(String),
    #[error("read {path}: {source}; check that it exists and may be read")]
    Input {
        path: String,
        source: std::io::Error,
    },
    #[error(
        "write {out}: {source}; the night is in the store as run {run_id}: make room or name another folder, and run the same command again"
    )]
    Output {
        out: String,
        run_id: String,
        source: Box<RunError>,
    },
    #[error("make records in {out}: {source}")]
    Synth { out: String, source: SynthError },
    #[error("{0}")]
    Waiting(#[from] WaitingError),
    #[error("{0}")]
    Query(#[from] QueryError),
    #[error("{0}")]
    Usage(String),
}

/// Whether a disk, or what else a result was written to, took no more.
fn took_no_more(error: &RunError) -> bool {
    let of_the_disk = |error: &io::Error| {
        let kinds = [
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
            ErrorKind::FileTooLarge,
            ErrorKind::ReadOnlyFilesystem,
        ];
        kinds.contains(&error.kind())
    };
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(one) = cause {
        let failed = match one.downcast_ref::<XlsxError>() {
            Some(XlsxError::IoError(failed)) => Some(failed),
            _ => one.downcast_ref::<io::Error>(),
        };
        if failed.is_some_and(of_the_disk) {
            return true;
        }
        cause = one.source();
    }
    false
}

impl RunError {
    /// 2 wrong usage or rules, 4 the store or a result that cannot be written, 5 a check of ours failed (a bug).
    pub fn exit_code(&self) -> u8 {
        match self {
            RunError::Store(StoreError::Schema { .. } | StoreError::BadDigest { .. }) => 5,
            RunError::Store(_) => 4,
            RunError::Ingest(IngestError::Store(_) | IngestError::Waiting { .. }) => 4,
            RunError::Query(QueryError::Store(_)) => 4,
            RunError::Ingest(_)
            | RunError::Grading(_)
            | RunError::Consequence(_)
            | RunError::Schema(_)
            | RunError::Arrow(_) => 5,
            RunError::Report(ReportError::NoRun | ReportError::Store(_)) => 4,
            RunError::Waiting(_) | RunError::Report(ReportError::Waiting(_)) => 4,
            RunError::Output { .. } => 4,
            error if took_no_more(error) => 4,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_no_wrong_usage() {
        let full = || io::Error::from(ErrorKind::StorageFull);
        let written = |source| ReportError::Io {
            path: "answer.csv".to_owned(),
            source,
        };
        for error in [
            RunError::Report(written(full())),
            RunError::Report(XlsxError::IoError(full()).into()),
            RunError::Quality(XlsxError::IoError(full()).into()),
            RunError::Synth {
                out: "inbox".to_owned(),
                source: SynthError::Io(full()),
            },
        ] {
            assert_eq!(error.exit_code(), 4, "{error}");
        }
        let nowhere = written(io::Error::from(ErrorKind::NotFound));
        assert_eq!(RunError::Report(nowhere).exit_code(), 2);
    }

    #[test]
    fn a_damaged_store_is_the_stores_matter_whoever_meets_it() {
        let damaged = || StoreError::Damaged {
            table: "penalties",
            file: "a.parquet".into(),
            reason: "a bit is flipped".to_owned(),
        };
        for error in [
            RunError::Store(damaged()),
            RunError::Ingest(IngestError::Store(damaged())),
            RunError::Query(QueryError::Store(damaged())),
            RunError::Report(ReportError::Store(damaged())),
        ] {
            assert_eq!(error.exit_code(), 4, "{error}");
        }
    }
}
