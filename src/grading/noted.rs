//! Events that are read beside the rules: 参评名录, 公布等级 and 关停, see `Bench::note_roster`.

use std::ops::Range;

use super::GradingError;
use super::columns::Source;
use crate::record::EventKind;

/// The rows of such events.
pub(super) struct Noted {
    rows: Vec<u32>,
    /// How many stand before each row, and before the end.
    before: Vec<u32>,
}

impl Noted {
    pub(super) fn of(events: &Source<'_>) -> Result<Self, GradingError> {
        let mut rows = Vec::new();
        let mut before = Vec::with_capacity(events.len + 1);
        for row in 0..events.len {
            before.push(rows.len() as u32);
            if is_noted(events.kind(row)?) {
                rows.push(row as u32);
            }
        }
        before.push(rows.len() as u32);
        Ok(Self { rows, before })
    }

    /// Those among some rows.
    pub(super) fn among(&self, rows: &Range<usize>) -> &[u32] {
        &self.rows[self.before[rows.start] as usize..self.before[rows.end] as usize]
    }
}

fn is_noted(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Roster | EventKind::PublishedGrade | EventKind::Closed
    )
}
