//! What to generate.

use crate::record::Day;

use super::codes;

/// Which template the files follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileLayout {
    /// 2015/2016 template.
    A,
    /// 2018 template, 法人 and 自然人 apart.
    B,
    /// 2019 template.
    C,
    /// Front-end database export.
    Db,
    /// JSON lines as a city platform's interface returns them.
    Api,
    /// Events only.
    Events,
    /// The sample inbox: every layout, with typical cases and traps.
    All,
}

/// How files are written; JSON lines (`api`) and the sample inbox (`all`) have formats of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// Excel workbook.
    Xlsx,
    /// UTF-8 CSV with a byte order mark.
    Csv,
    /// GB18030 CSV.
    CsvGb18030,
    /// Parquet with text columns.
    Parquet,
}

/// What to generate. Equal options give equal bytes.
#[derive(Clone, Debug)]
pub struct Options {
    /// Penalties and licenses together; events come in addition.
    pub records: u64,
    /// Subjects, at most 143 million.
    pub subjects: u64,
    /// Seed of all random choices.
    pub seed: u64,
    /// Which template the files follow.
    pub layout: FileLayout,
    /// How files are written.
    pub format: FileFormat,
    /// Last day of any record.
    pub until: Day,
    /// Rows of each thousand that get one kind of realistic dirt; `None` is 20 in the sample inbox, else 0.
    pub dirt_per_mille: Option<u64>,
}

impl Options {
    /// The options of the committed sample inbox.
    pub fn sample() -> Options {
        Options {
            records: 4600,
            subjects: 600,
            seed: 20_261_122,
            layout: FileLayout::All,
            format: FileFormat::Csv,
            until: super::days::ymd(2026, 11, 20),
            dirt_per_mille: None,
        }
    }

    /// Refuses sizes that cannot be made.
    pub(super) fn check(&self) -> Result<(), SynthError> {
        if self.subjects == 0 || self.subjects > codes::MAX_SUBJECTS {
            return Err(SynthError::Subjects {
                given: self.subjects,
                most: codes::MAX_SUBJECTS,
            });
        }
        match self.dirt_per_mille {
            Some(given) if given > 1000 => Err(SynthError::Dirt { given }),
            _ => Ok(()),
        }
    }

    /// The share of dirty rows that applies.
    pub(super) fn dirt(&self) -> u64 {
        self.dirt_per_mille
            .unwrap_or(if self.layout == FileLayout::All {
                20
            } else {
                0
            })
    }
}

/// Why data could not be generated. Messages fit after "failed to generate data: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The number of subjects is out of range.
    #[error("{given} subjects asked for; between 1 and {most} are possible")]
    Subjects {
        /// What was asked for.
        given: u64,
        /// The greatest number with distinct codes.
        most: u64,
    },
    /// More than every row cannot be dirty.
    #[error("a dirt share of {given} in 1000 rows is more than all rows")]
    Dirt {
        /// What was asked for.
        given: u64,
    },
    /// More records than a store can be filled with at once.
    #[error("{given} records asked for; at most {most} are possible in one store")]
    Records {
        /// What was asked for.
        given: u64,
        /// The greatest number.
        most: u64,
    },
    /// Dirt changes codes and with them who a row speaks of, so it needs files.
    #[error("dirt is for files; use --out instead of --store")]
    DirtInStore,
    /// A file could not be written.
    #[error("a file could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// CSV encoding failed.
    #[error("a CSV row could not be written: {0}")]
    Csv(#[from] csv::Error),
    /// The XLSX writer refused something.
    #[error("a workbook could not be written: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// Columns did not fit their schema.
    #[error("columns could not be built: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    /// The Parquet writer failed.
    #[error("a Parquet file could not be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The rule pack's standards lack a layout that the generator writes.
    #[error("the standards do not know the layout of the sheet {sheet}")]
    Standards {
        /// The sheet whose header was not recognised.
        sheet: &'static str,
    },
    /// The writing thread came to an end without a result (a bug).
    #[error("the writing thread came to an end without a result")]
    Writer,
    /// Rows were encoded for another format than their file's (a bug).
    #[error("rows were encoded for another format than their file's")]
    FormatMismatch,
}
