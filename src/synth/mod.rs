//! Fictional records at any scale, the same for the same options.
//!
//! Owns: the generator of subjects, decisions and events; the files it writes in the published layouts; the sample
//! inbox with its typical cases and traps. Does not own: what a record means, how it is checked or stored.
//! May never know: the clock, the store's layout on disk.
//!
//! A subject and all its records are a pure function of (seed, index), so any part of the data can be made without
//! the parts before it; blocks of subjects are made in parallel and written in order.

mod acts;
mod amount;
mod bucketed;
mod cases;
mod codes;
mod days;
mod dirt;
mod event;
mod files;
mod layout;
mod license;
mod names;
mod options;
mod penalty;
mod places;
mod rng;
mod sink;
mod subject;
mod subject_col;
mod traps;
mod world;

pub use bucketed::{Bucketed, Part, Piece};
pub use files::write_files;
pub use options::{FileFormat, FileLayout, Options, SynthError};
pub use traps::{Expectation, expectations};
