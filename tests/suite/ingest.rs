//! What a user sees of `ingest`.
