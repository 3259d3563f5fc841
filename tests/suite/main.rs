//! One integration crate: what users see, room by room.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]
mod cases;
mod cli;
mod consequence;
mod explain;
mod full_disk;
mod grading;
mod ingest;
mod ingest_layouts;
mod ingest_read;
mod ingest_refused;
mod joined;
mod linked;
mod made;
mod purge;
mod query;
mod record;
mod report;
mod reread;
mod rule_files;
mod rules;
mod simulate;
mod store;
mod synth;
mod synth_store;
