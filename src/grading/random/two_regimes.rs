//! A world whose publicity terms change on a day.

use crate::grading::publicity::{PenaltyFacts, Publicity, Term};
use crate::record::{Day, Fen, PenaltyKind};

/// Publicity with a change of regime, for tests.
pub(crate) struct TwoRegimes {
    pub(crate) second_from: Day,
}

impl Publicity for TwoRegimes {
    fn term(&self, penalty: &PenaltyFacts, as_of: Day) -> Term {
        if penalty.simple_procedure {
            return Term {
                until: Some(penalty.decided_on.plus_months(3)),
                provisional: false,
            };
        }
        if penalty.kinds.contains(PenaltyKind::StopProduction) {
            return Term::default();
        }
        let months = match (as_of < self.second_from, penalty.fine) {
            (true, _) => 36,
            (false, Some(fine)) if fine > Fen(3_000_000) => 24,
            (false, _) => 12,
        };
        Term {
            until: Some(penalty.decided_on.plus_months(months)),
            provisional: months == 24,
        }
    }

    fn changes_after(&self, as_of: Day) -> Vec<Day> {
        if self.second_from > as_of {
            vec![self.second_from]
        } else {
            Vec::new()
        }
    }
}
