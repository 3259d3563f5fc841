//! Rule files: the law as data, read, checked and resolved.
//!
//! Owns: the pack, the language of schemes, its checks and manuals, the typed model.
//! Does not own: how a scheme is applied (`grading`), what follows from a grade (`consequence`), source layouts
//! (`standard`). May never know: records of real subjects, the store, the clock.

pub mod calendar;
pub mod cases;
pub mod check;
mod diagnostic;
pub mod diff;
mod keys;
mod load;
pub mod model;
mod pack;
pub mod publicity;
pub mod register;
mod ruleset;
pub mod schema;
mod show;

pub use check::{check, reference_markdown};
pub use diagnostic::{Diagnostic, Diagnostics, Weight};
pub use keys::{KEYS, Key, Table, keys_markdown};
pub use pack::{Pack, PackError};
pub use publicity::PublicityRules;
pub use register::Register;
pub use ruleset::RuleSet;
pub use show::show;
