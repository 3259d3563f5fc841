//! 信衡 (xinheng): credit grades, supervision flags and lawful measures from 双公示 records.
//!
//! The rooms, in the order in which data passes through them, are described in `ARCHITECTURE.md`.

pub mod cli;
pub mod consequence;
pub mod grading;
pub mod ingest;
pub mod quality;
pub mod query;
pub mod record;
pub mod report;
pub mod rules;
pub mod run;
pub mod simulate;
pub mod standard;
pub mod store;
pub mod synth;
