//! Why measures cannot be derived.

/// A measure file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    #[error("read rules/{file}: {message}")]
    Syntax { file: String, message: String },
    #[error("read rules/{file}, row {row}: {problem}")]
    Row {
        file: String,
        row: String,
        problem: String,
    },
    #[error("read rules/{file}: row id {row} is taken by another row")]
    Duplicate { file: String, row: String },
    #[error("find a list edition: no file of rules/measures has a [list]")]
    NoEdition,
}

/// Rows of a bucket from which nothing can be derived. Each is a broken promise of another room, not of the user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsequenceError {
    #[error("read column {column}: it is missing or of another type")]
    Column { column: &'static str },
    #[error("read column {column}: {value:?} is not a known value")]
    Value { column: &'static str, value: String },
    #[error("build the measures table")]
    Arrow(#[from] arrow::error::ArrowError),
}
