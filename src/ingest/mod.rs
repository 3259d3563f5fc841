//! From files to records: read → normalise → check → identify → classify → de-duplicate.
//!
//! Owns: the readers, the forms of cell values, the checks, the identity of decisions and what is stored of a row. Every row read is
//! accepted, duplicate, superseded, quarantined or skipped, and the counts must add up per file.
//! Does not own: the layouts (`standard`), where records are kept (`store`). May never know: rules, grades, the clock.

mod accept;
pub mod check;
pub mod classify;
mod dedupe;
mod gather;
mod identity;
pub mod normalise;
mod outcome;
mod parts;
mod pipeline;
mod purged;
mod quarantine;
pub mod read;
mod subjects;

pub use accept::REVOKED_STATE;
pub use gather::{Gathered, Piece, Pieces, ROWS_AT_A_TIME};
pub use outcome::{
    CheckContext, CheckedRow, Classify, Disposition, IngestError, IngestOutcome, Known,
    NothingKnown, Stored,
};
pub(crate) use parts::beginnings;
pub use pipeline::{ingest_files, refused_file};
pub use subjects::{Claims, Subjects};
