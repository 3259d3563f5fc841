//! The checks of 双公示 rows (`records.md` §2.4): one small unit per subject, listed in one registry.
//!
//! Owns: the verdict on each cell and row, its code, its severity and its Chinese message; every reason of a row is gathered, never only
//! the first. Does not own: reading and normalising cells, what happens to a row (`accept`, `dedupe`).
//! May never know: the store, grades, the clock ("today" is the received date).

mod amounts;
mod codes;
mod dates;
mod finding;
mod identifiers;
mod lists;
mod persons;
mod presence;
mod registry;
#[cfg(test)]
mod testing;
mod texts;
mod timeliness;
mod view;

pub use finding::{Finding, Severity};
pub use registry::{CheckDoc, reading_digest, reference, reference_markdown};
pub use timeliness::{Timeliness, UPLOAD_WORKING_DAYS};

pub(in crate::ingest) use codes::{K01, K02, K03, W01};
pub(in crate::ingest) use persons::identity_card_type;
pub(in crate::ingest) use presence::completeness;
pub(in crate::ingest) use view::RowView;

/// One unit: it looks at a row and adds what it finds.
type Check = fn(&RowView<'_>, &mut Vec<Finding>);

/// Every unit, in the order in which reasons are listed.
const CHECKS: [Check; 8] = [
    presence::check,
    lists::check,
    identifiers::check,
    persons::check,
    dates::check,
    amounts::check,
    texts::check,
    timeliness::check,
];

/// Every finding on a row.
pub(in crate::ingest) fn check_row(view: &RowView<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for check in CHECKS {
        check(view, &mut found);
    }
    found
}
