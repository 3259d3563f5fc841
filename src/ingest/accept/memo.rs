//! What was read out of texts that come again and again.

use std::rc::Rc;

use crate::record::{Citation, Lookup, parse_citations};

/// Texts that are kept; a bureau cites a few hundred provisions.
const MOST: usize = 4_096;

/// The citations of a 处罚依据, and their stored form.
#[derive(Debug, Default)]
pub(super) struct Cited {
    pub(super) citations: Vec<Citation>,
    pub(super) stored: Vec<String>,
}

/// The memory of one thread over some rows. No result depends on it.
#[derive(Debug, Default)]
pub(in crate::ingest) struct Memo {
    cited: Lookup<String, Rc<Cited>>,
}

impl Memo {
    /// What a 处罚依据 cites.
    pub(super) fn cited(&mut self, basis: &str) -> Rc<Cited> {
        if let Some(known) = self.cited.get(basis) {
            return known.clone();
        }
        let citations = parse_citations(basis);
        let cited = Rc::new(Cited {
            stored: citations.iter().map(Citation::to_string).collect(),
            citations,
        });
        if self.cited.len() >= MOST {
            self.cited.clear();
        }
        self.cited.insert(basis.to_owned(), cited.clone());
        cited
    }
}
