//! Two rule packs over the same records: whose result moves, by which rows, and how the shares of grades change.
//!
//! Owns: the comparison of two results of a bucket, migration counts, movers with the rows that move them, key figures.
//! Does not own: how a result comes about (`grading`), how a comparison looks on paper (`report`).
//! May never know: the command line, the store's layout, a path, the clock, a thread.

mod compare;
mod figures;
mod mover;
mod movers;
mod pack;
mod place;
mod result;
mod tally;

pub use compare::{Comparison, Part, compare};
pub use figures::{Figures, SOON_DAYS, percent};
pub use mover::{Mover, RowChange, RowEffect};
pub use movers::{Movers, WaitingError};
pub use pack::{PackFacts, SchemeFacts};
pub use place::{Movement, Place};
pub use result::{Group, SchemeShift, Simulation};
pub use tally::Tally;
