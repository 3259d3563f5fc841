//! What grading asks of the publicity rules: the last day on which a penalty may be published, and so be used.

use crate::record::{Day, Fen, PenaltyKinds};

/// What decides the publicity term of a penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PenaltyFacts {
    /// Kinds of the decision.
    pub kinds: PenaltyKinds,
    /// Fine, where there is one.
    pub fine: Option<Fen>,
    /// Decision day.
    pub decided_on: Day,
    /// Decided by simple procedure (当场处罚).
    pub simple_procedure: bool,
}

/// The end of a penalty's publicity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// Last day of the maximum publicity, inclusive; absent = none set, the record does not expire.
    pub until: Option<Day>,
    /// The figure is not verified.
    pub provisional: bool,
}

/// Publicity terms as grading sees them (令36号, 令58号; data in `rules/publicity/`).
pub trait Publicity: Sync {
    /// The maximum publicity of a penalty under the regime in force on `as_of`.
    fn term(&self, penalty: &PenaltyFacts, as_of: Day) -> Term;

    /// Days after `as_of` on which another regime begins and terms may differ.
    fn changes_after(&self, _as_of: Day) -> Vec<Day> {
        Vec::new()
    }
}

/// No publicity rules: nothing expires. For schemes tested by themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unlimited;

impl Publicity for Unlimited {
    fn term(&self, _penalty: &PenaltyFacts, _as_of: Day) -> Term {
        Term::default()
    }
}
