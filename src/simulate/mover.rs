//! A result that moves, with the rows that move it: those that the two packs count differently.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::place::{Movement, Place};
use crate::grading::Outcome;
use crate::record::{Points, SubjectKind};
use crate::report::Rows;

/// A subject whose result under one scheme moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mover {
    /// Scheme without version.
    pub scheme: String,
    pub subject_id: String,
    /// Name as stored: natural persons masked.
    pub name: String,
    pub kind: SubjectKind,
    /// GB/T 2260 code.
    pub region: String,
    pub movement: Movement,
    pub from: Place,
    pub to: Place,
    /// Old and new score, where there is one.
    pub scores: (Option<Points>, Option<Points>),
    /// Old and new flags, each name once.
    pub flags: (Vec<String>, Vec<String>),
    /// Why the result is what it is; empty where the scheme has nothing to say.
    pub reasons: (String, String),
    /// Whether the result rests on a figure that is not verified.
    pub provisional: (bool, bool),
    /// Rows counted under one pack and not, or otherwise, under the other; empty when the move comes from elsewhere
    /// (bands, start, population).
    pub rows: Vec<RowChange>,
}

/// A rule row on a record that the two packs count differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowChange {
    pub row_id: String,
    pub document_no: String,
    /// ISO day.
    pub decided_on: String,
    /// `None` where the row does not match the record, or does not exist.
    pub old: Option<RowEffect>,
    pub new: Option<RowEffect>,
}

/// What a row does to the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowEffect {
    pub counted: bool,
    /// Points that reached the score; positive = worse.
    pub points: Points,
    /// As in the evidence table: `points`, `bonus`, `grade:D` …
    pub effect: String,
    /// Why it does not count, or not in full.
    pub why_not: String,
    pub provisional: bool,
}

impl RowEffect {
    fn at(rows: Rows<'_>, row: usize) -> Self {
        Self {
            counted: rows.flag(row, "counted"),
            points: Points::parse(&rows.text(row, "counted_points")).unwrap_or(Points::ZERO),
            effect: rows.text(row, "effect"),
            why_not: rows.text(row, "why_not"),
            provisional: rows.flag(row, "provisional"),
        }
    }

    /// What it brings to the result; `None` = nothing.
    fn weight(&self) -> Option<(Points, &str)> {
        self.counted.then_some((self.points, self.effect.as_str()))
    }
}

/// The evidence of one outcome: the table and the rows of it.
pub(super) type EvidenceOf<'a> = (Rows<'a>, Range<usize>);

/// Rows that the two packs count differently, by record and row as in the evidence.
pub(super) fn row_changes(
    old: Option<EvidenceOf<'_>>,
    new: Option<EvidenceOf<'_>>,
) -> Vec<RowChange> {
    let mut found: BTreeMap<(String, String, String), RowChange> = BTreeMap::new();
    for (side, evidence) in [old, new].into_iter().enumerate() {
        let Some((rows, range)) = evidence else {
            continue;
        };
        for row in range {
            let text = |column| rows.text(row, column);
            let key = (text("decided_on"), text("record_id"), text("row_id"));
            let change = found.entry(key).or_insert_with(|| RowChange {
                row_id: text("row_id"),
                document_no: text("document_no"),
                decided_on: text("decided_on"),
                old: None,
                new: None,
            });
            let effect = Some(RowEffect::at(rows, row));
            if side == 0 {
                change.old = effect;
            } else {
                change.new = effect;
            }
        }
    }
    let weight = |effect: &Option<RowEffect>| {
        let weight = effect.as_ref().and_then(RowEffect::weight);
        weight.map(|(points, effect)| (points, effect.to_owned()))
    };
    found
        .into_values()
        .filter(|change| weight(&change.old) != weight(&change.new))
        .collect()
}

/// Flags of a result, each name once.
pub(super) fn flags(outcome: Option<&Outcome>) -> Vec<String> {
    let names = outcome.map(|o| o.standing.flag_names()).unwrap_or_default();
    names.into_iter().map(str::to_owned).collect()
}
