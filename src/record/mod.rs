//! The vocabulary of the house: identifiers, money, dates, citations and the canonical record types.
//!
//! Owns: every checked value type and the Arrow schema of every table.
//! Does not own: reading, storing, judging. May never know: any other room, files, the clock.

pub(crate) mod batch;
pub mod calendar;
pub mod cells;
mod citation;
mod day;
pub mod digest;
mod document_no;
mod event;
pub mod ident;
mod key;
mod kind;
mod license;
mod money;
mod penalty;
mod penalty_kind;
mod points;
pub mod schema;
mod subject;
mod text;

/// A hash table that values are looked up in, and nothing else: its order is random. Much faster than that of the standard
/// library for the short texts of records.
pub(crate) type Lookup<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

pub use calendar::*;
pub use citation::{Citation, CitationError, chinese_number, parse_citations, short_title};
pub use day::{Day, DayError};
pub use document_no::{normal_document_no, normalise_document_no};
pub use event::{Event, events_batch};
pub use ident::*;
pub use key::{KeyTooShort, PseudonymKey};
pub use kind::{EventKind, RecordKind, SubjectKind};
pub use license::{License, licenses_batch};
pub use money::{Fen, MoneyError, parse_chinese_amount};
pub use penalty::{Penalty, penalties_batch};
pub use penalty_kind::{ParsedKinds, PenaltyKind, PenaltyKinds, parse_penalty_kinds};
pub use points::Points;
pub use subject::{DEFAULT_BUCKETS, SubjectId, bucket_of};
pub use text::{leading, mask_number, mask_person_name, nfkc, scrub};
