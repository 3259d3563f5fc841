//! JSON Schema (draft 2020-12) of rule files, so that editors complete and check them while they are written.
//!
//! Owns: the schema of scheme files, generated from the registry of keys, and of the files that serde reads, generated
//! from the very types that read them (`probe`). Does not own: what a file may sensibly say (`check`); a file that fits
//! its schema can still be refused. May never know: the command line, the store.

mod probe;
mod scheme;

pub use probe::{ProbeError, schema_of};
pub use scheme::scheme_schema;

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

#[cfg(test)]
mod tests;
