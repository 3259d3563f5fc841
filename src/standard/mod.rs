//! The published templates as data, and the way from a header row to one of them.
//!
//! Owns: the canonical columns ([`Field`]), the layouts of `rules/standards/*.toml` (column codes, names, aliases, lengths,
//! conditions, enumerations) and the recognition of a header ([`Standards::recognise`]).
//! Does not own: reading files, judging cells (the checks evaluate the conditions written here).
//! May never know: rows, files, the store, any rule about grades.

mod field;
mod fingerprint;
mod load;
mod mapping;
mod model;
mod recognise;
mod shape;

pub use field::{Field, FieldSet};
pub use fingerprint::header_key;
pub use load::StandardError;
pub use mapping::Mapping;
pub use model::{
    Carrier, Column, ColumnType, Condition, Derivation, EnumMatch, EnumValue, Enumeration, Facts,
    Fill, ImpliedKind, Layout, Markers, Need, RowWords, Trust,
};
pub use recognise::{HeaderError, Standards};
pub(crate) use shape::{FieldsFile, LayoutsFile, ListsFile};
