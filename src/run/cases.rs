//! The case files of a pack, judged by the same grading that a night uses.

use super::{House, RunError};
use crate::grading::{BucketInput, Grading, LinkedInput, Outcome, grade};
use crate::record::{Day, Points};
use crate::report::Rows;
use crate::rules::cases::{self, CaseTables, Observed, ObservedFlag, ObservedRow, Report};
use crate::rules::model::Scheme;
use crate::rules::{Pack, PublicityRules};

/// Runs every case of a pack: each against its own version of the scheme and the publicity rules of the pack.
///
/// # Errors
/// A pack or case file that is refused. Cases that fail are in the report.
pub fn test_cases(pack: &Pack) -> Result<Report, RunError> {
    let house = House::of(pack)?;
    let rules = &house.rules;
    let files = cases::load(pack, &rules.schemes)?;
    Ok(cases::run(
        &files,
        &rules.schemes,
        |scheme, as_of, tables| {
            observe(scheme, &rules.publicity, as_of, tables).map_err(|error| error.to_string())
        },
    ))
}

fn observe(
    scheme: &Scheme,
    publicity: &PublicityRules,
    as_of: Day,
    tables: &CaseTables,
) -> Result<Option<Observed>, RunError> {
    let grading = Grading::new(&[scheme], publicity, "", as_of)?;
    let input = BucketInput {
        penalties: &tables.penalties,
        licenses: &tables.licenses,
        events: &tables.events,
        subjects: &tables.subjects,
        linked: tables
            .linked
            .as_ref()
            .map(|(penalties, events)| LinkedInput { penalties, events }),
    };
    let graded = grade(&input, &grading)?;
    let rows = Rows(&graded.evidence);
    let rows = (0..rows.len()).map(|i| ObservedRow {
        row_id: rows.text(i, "row_id"),
        document_no: Some(rows.text(i, "document_no")).filter(|text| !text.is_empty()),
        counted: rows.flag(i, "counted"),
        points: Points::parse(&rows.text(i, "counted_points")).unwrap_or(Points::ZERO),
        why_not: Some(rows.text(i, "why_not")).filter(|text| !text.is_empty()),
    });
    let rows = rows.collect();
    Ok(graded
        .outcomes
        .into_iter()
        .next()
        .map(|outcome| observed(outcome, rows)))
}

fn observed(outcome: Outcome, rows: Vec<ObservedRow>) -> Observed {
    let grade = outcome.grade().map(ToOwned::to_owned);
    let standing = outcome.standing;
    let flag = |flag: crate::grading::Flag| ObservedFlag {
        name: flag.name,
        until: flag.until,
    };
    Observed {
        rated: standing.rated,
        score: standing.score,
        grade,
        reason: standing.reason,
        flags: standing.flags.into_iter().map(flag).collect(),
        rows,
        next_change_on: outcome.next_change.map(|next| next.on),
    }
}
