use crate::record::Points;

/// Why a bucket could not be graded. All but `Arrow` say that rules or rows break a promise of an earlier room.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GradingError {
    /// A column that matching needs is not in the batch.
    #[error("find column {column} in the {table} rows")]
    MissingColumn { table: &'static str, column: String },
    /// A column has another type than the table's schema says.
    #[error("read column {column} of the {table} rows: unexpected type {found}")]
    ColumnType {
        table: &'static str,
        column: String,
        found: String,
    },
    /// Rows of a table are not sorted by (bucket, subject).
    #[error("group the {table} rows: row {row} is out of (bucket, subject) order")]
    NotSorted { table: &'static str, row: usize },
    /// `same_as` of two subjects point at each other.
    #[error("join subject {subject}: its same_as entries form a circle")]
    AliasCircle { subject: String },
    /// A text that must be one of a fixed set is not.
    #[error("read {column} of a row in {table}: unknown value {value:?}")]
    UnknownValue {
        table: &'static str,
        column: &'static str,
        value: String,
    },
    /// Two exceptions of one scheme remove each other.
    #[error("compile scheme {scheme}: rows {first} and {second} are exceptions to each other")]
    ExceptionsDisagree {
        scheme: String,
        first: String,
        second: String,
    },
    /// `exempts` names a row that the scheme does not have.
    #[error("compile scheme {scheme}: row {row} is an exception to unknown row {target}")]
    UnknownExempted {
        scheme: String,
        row: String,
        target: String,
    },
    /// `after` or `per` names a row that the scheme does not have.
    #[error("compile scheme {scheme}: row {row} speaks of unknown row {target}")]
    UnknownFact {
        scheme: String,
        row: String,
        target: String,
    },
    /// Two rows of one scheme share an id.
    #[error("compile scheme {scheme}: row id {row} is used twice")]
    DuplicateRow { scheme: String, row: String },
    /// A band index of the scheme is out of range.
    #[error("compile scheme {scheme}: band {band} does not exist")]
    UnknownBand { scheme: String, band: usize },
    /// Two versions of one scheme are in force on the same day.
    #[error("compile scheme {scheme}: versions {first} and {second} are in force on the same days")]
    VersionsOverlap {
        scheme: String,
        first: String,
        second: String,
    },
    /// No band holds the score.
    #[error("grade by scheme {scheme}: no band holds the score {score}")]
    NoBand { scheme: String, score: Points },
    /// Result rows could not be put into a batch.
    #[error("build the result rows")]
    Arrow(#[from] arrow::error::ArrowError),
}
