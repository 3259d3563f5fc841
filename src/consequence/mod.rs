//! What follows from records and grades: measures (失信惩戒), supervision and incentives.
//!
//! Owns: the catalogue of measures (`rules/measures/`), the gates that a candidate must pass, and the rows of the
//! `measures` table, excluded candidates with their reasons among them.
//! Does not own: what events say of a record (`grading`), publicity terms (`rules::publicity`).
//! May never know: the store, a path, the clock. A pure function of one bucket.

mod candidate;
mod catalogue;
mod derive;
mod error;
pub mod gates;
mod incentive;
pub mod measure;
mod rows;
mod supervision;
mod table;
mod term;
#[cfg(test)]
mod tests;

pub use candidate::Candidate;
pub(crate) use catalogue::MeasureFile;
pub use catalogue::{
    Basis, Catalogue, Edition, Exemption, ListRowStatus, MajorViolation, Row, StartEvent, TermBand,
};
pub use derive::{ConsequenceContext, Consequences, derive};
pub use error::{CatalogueError, ConsequenceError};
pub use gates::{Gate, reference_markdown};
pub(crate) use incentive::File as IncentiveFile;
pub use incentive::{Incentive, IncentiveError, IncentiveRow, Incentives};
pub use measure::{Checklist, Measure, propose};
pub use supervision::{Supervision, supervise};
