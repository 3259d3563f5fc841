//! The publicity rules of the pack, as grading asks them.

use super::publicity::{PenaltyFacts, Publicity, Term};
use crate::record::Day;
use crate::rules::publicity::PublicityRules;

impl Publicity for PublicityRules {
    fn term(&self, penalty: &PenaltyFacts, as_of: Day) -> Term {
        let (until, provisional) = self.until(
            penalty.kinds,
            penalty.simple_procedure,
            penalty.decided_on,
            as_of,
        );
        Term { until, provisional }
    }

    fn changes_after(&self, as_of: Day) -> Vec<Day> {
        self.regime_starts_after(as_of)
    }
}
