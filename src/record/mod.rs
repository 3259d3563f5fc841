//! The vocabulary of the house: identifiers, money, dates, citations and the canonical record types.
//!
//! Owns: every checked value type and the Arrow schema of every table.
//! Does not own: reading, storing, judging. May never know: any other room, files, the clock.

pub mod schema;
