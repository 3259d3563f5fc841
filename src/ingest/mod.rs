//! From files to records: read → normalise → check → identify → classify → de-duplicate.
//!
//! Owns: the readers, the forms of cell values, the checks and the identity of decisions.
//! Does not own: the layouts (`standard`), where records are kept (`store`). May never know: rules, grades, the clock.

pub mod classify;
pub mod normalise;
pub mod read;
