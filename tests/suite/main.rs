//! One integration crate: what users see, room by room.
mod cli;
mod consequence;
mod grading;
mod ingest;
mod record;
mod report;
mod rules;
mod store;
mod synth;
