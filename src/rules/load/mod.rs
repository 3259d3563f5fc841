//! Scheme files → `model::Scheme`, by walking the TOML tree with its places; every problem of a file is collected.
//!
//! Owns: keys, types and spellings. Does not own: what a scheme may sensibly say (`check`).

mod cycle;
mod head;
mod indicator;
mod inherit;
mod reader;
mod row;
mod scheme;
mod shares;
mod summary;
mod supervision;
mod values;
mod weights;

use std::collections::BTreeMap;
use std::ops::Range;

pub(super) use inherit::resolve;
pub(super) use reader::parse_file;
pub(super) use scheme::read_scheme;

use super::model::Scheme;

/// Places of values in a file: `row.fine-1.points` → bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spans(BTreeMap<String, Range<usize>>);

impl Spans {
    pub(super) fn put(&mut self, path: String, span: Range<usize>) {
        self.0.entry(path).or_insert(span);
    }

    /// The place of a value, else that of its table, else the start of the file.
    pub(crate) fn of(&self, path: &str) -> Range<usize> {
        let mut path = path;
        loop {
            if let Some(span) = self.0.get(path) {
                return span.clone();
            }
            match path.rfind('.') {
                Some(dot) => path = &path[..dot],
                None => return 0..0,
            }
        }
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

/// A value that is not verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Provisional {
    pub(crate) span: Range<usize>,
    /// Path of the table that carries it.
    pub(crate) path: String,
    pub(crate) reason: String,
}

/// `inherits`, before it is resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inherits {
    pub(crate) from: String,
    pub(crate) from_span: Range<usize>,
    pub(crate) parts: Vec<(String, Range<usize>)>,
    pub(crate) status: super::model::Status,
}

/// A scheme with the places of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Loaded {
    pub(crate) scheme: Scheme,
    pub(crate) spans: Spans,
    pub(crate) provisional: Vec<Provisional>,
    pub(crate) inherits: Option<Inherits>,
}

impl Loaded {
    /// `environment/chongqing-2021`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.scheme.id, self.scheme.version)
    }
}
