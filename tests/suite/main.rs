//! One integration crate: what users see, room by room.
mod cases;
mod cli;
mod consequence;
mod grading;
mod ingest;
mod ingest_layouts;
mod ingest_read;
mod ingest_refused;
mod record;
mod report;
mod rules;
mod store;
mod synth;
