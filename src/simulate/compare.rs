//! One bucket under two packs.

use std::collections::{BTreeMap, BTreeSet};

use super::figures::Figures;
use super::mover::{EvidenceOf, Mover, flags, row_changes};
use super::pack::PackFacts;
use super::place::{Movement, Place};
use super::tally::Tally;
use crate::grading::{BucketGrades, BucketInput, Grading, GradingError, Outcome, grade};
use crate::record::Day;
use crate::report::Rows;

/// Two packs, ready to grade the same records on the same day.
pub struct Comparison<'a> {
    pub(super) old: PackFacts,
    pub(super) new: PackFacts,
    old_grading: Grading<'a>,
    new_grading: Grading<'a>,
}

impl<'a> Comparison<'a> {
    /// Pairs two packs. Both gradings are for the same day.
    #[must_use]
    pub fn new(old: (PackFacts, Grading<'a>), new: (PackFacts, Grading<'a>)) -> Self {
        Self {
            old: old.0,
            new: new.0,
            old_grading: old.1,
            new_grading: new.1,
        }
    }

    /// The day that both packs grade for.
    #[must_use]
    pub fn as_of(&self) -> Day {
        self.new_grading.as_of()
    }
}

/// Counts and movers of some buckets.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Distinct subjects with a result under either pack.
    pub(super) subjects: u64,
    /// Distinct subjects that move.
    pub(super) moving: u64,
    pub(super) schemes: BTreeMap<String, SchemePart>,
    pub(super) domains: BTreeMap<String, Tally>,
    movers: Vec<Mover>,
}

/// Counts of one scheme.
#[derive(Clone, Debug, Default)]
pub(super) struct SchemePart {
    pub(super) all: Tally,
    pub(super) districts: BTreeMap<String, Tally>,
    pub(super) kinds: BTreeMap<&'static str, Tally>,
    pub(super) old: Figures,
    pub(super) new: Figures,
}

impl Part {
    /// Takes the movers out.
    pub fn take_movers(&mut self) -> Vec<Mover> {
        std::mem::take(&mut self.movers)
    }

    /// Takes in the counts of other buckets, not their movers.
    pub fn merge(&mut self, other: Self) {
        self.subjects += other.subjects;
        self.moving += other.moving;
        for (id, part) in other.schemes {
            let own = self.schemes.entry(id).or_default();
            own.all.merge(&part.all);
            for (value, tally) in part.districts {
                own.districts.entry(value).or_default().merge(&tally);
            }
            for (value, tally) in part.kinds {
                own.kinds.entry(value).or_default().merge(&tally);
            }
            own.old.merge(&part.old);
            own.new.merge(&part.new);
        }
        for (domain, tally) in other.domains {
            self.domains.entry(domain).or_default().merge(&tally);
        }
    }
}

/// Grades a bucket under both packs and keeps what differs. Minors are left out, as in every public output.
///
/// # Errors
/// As [`grade`].
pub fn compare(input: &BucketInput<'_>, packs: &Comparison<'_>) -> Result<Part, GradingError> {
    let before = grade(input, &packs.old_grading)?;
    let after = grade(input, &packs.new_grading)?;
    let old = by_key(&before, &packs.old);
    let new = by_key(&after, &packs.new);
    let keys: BTreeSet<&Key<'_>> = old.keys().chain(new.keys()).collect();
    let mut part = Part::default();
    let mut last = "";
    let mut last_mover = "";
    for key in keys {
        let (subject, scheme) = *key;
        let pair = Pair {
            scheme,
            old: old.get(key).copied(),
            new: new.get(key).copied(),
        };
        let moved = pair.count(&mut part, packs);
        if subject != last {
            part.subjects += 1;
            last = subject;
        }
        if let Some(movement) = moved {
            if subject != last_mover {
                part.moving += 1;
                last_mover = subject;
            }
            let rows: [Option<EvidenceOf<'_>>; 2] = [
                pair.old
                    .map(|o| (Rows(&before.evidence), o.evidence.clone())),
                pair.new
                    .map(|o| (Rows(&after.evidence), o.evidence.clone())),
            ];
            part.movers.extend(pair.mover(movement, rows));
        }
    }
    Ok(part)
}

/// (subject, scheme id).
type Key<'a> = (&'a str, &'a str);

fn by_key<'a>(graded: &'a BucketGrades, facts: &'a PackFacts) -> BTreeMap<Key<'a>, &'a Outcome> {
    let public = graded.outcomes.iter().filter(|outcome| !outcome.minor);
    public
        .map(|outcome| {
            let name = outcome.scheme.as_ref();
            let id = facts.version(name).map_or(name, |facts| facts.id.as_str());
            ((outcome.subject_id.as_str(), id), outcome)
        })
        .collect()
}

/// The two results of one subject under one scheme; at least one is there.
struct Pair<'a> {
    scheme: &'a str,
    old: Option<&'a Outcome>,
    new: Option<&'a Outcome>,
}

impl Pair<'_> {
    fn any(&self) -> Option<&Outcome> {
        self.new.or(self.old)
    }

    /// Adds the pair to every count; says whether it moves.
    fn count(&self, part: &mut Part, packs: &Comparison<'_>) -> Option<Movement> {
        let outcome = self.any()?;
        let now = self.new.and_then(|o| packs.new.version(&o.scheme));
        let movement = Movement::between(self.old, self.new, now);
        let (from, to) = (Place::of(self.old), Place::of(self.new));
        let counts = part.schemes.entry(self.scheme.to_owned()).or_default();
        counts.all.add(&from, &to, movement);
        let district = counts.districts.entry(outcome.region.clone());
        district.or_default().add(&from, &to, movement);
        let kind = counts.kinds.entry(outcome.subject_kind.zh());
        kind.or_default().add(&from, &to, movement);
        let as_of = packs.as_of();
        if let Some(outcome) = self.old {
            counts.old.add(outcome, as_of);
        }
        if let Some(outcome) = self.new {
            counts.new.add(outcome, as_of);
        }
        let before = self.old.and_then(|o| packs.old.version(&o.scheme));
        let domain = now.or(before).map_or("", |facts| facts.domain.as_str());
        let domain = part.domains.entry(domain.to_owned());
        domain.or_default().add(&from, &to, movement);
        movement
    }

    fn mover(&self, movement: Movement, [old, new]: [Option<EvidenceOf<'_>>; 2]) -> Option<Mover> {
        let outcome = self.any()?;
        let reason = |side: Option<&Outcome>| side.map(|o| o.standing.reason.clone());
        Some(Mover {
            scheme: self.scheme.to_owned(),
            subject_id: outcome.subject_id.clone(),
            name: outcome.subject_name.clone(),
            kind: outcome.subject_kind,
            region: outcome.region.clone(),
            movement,
            from: Place::of(self.old),
            to: Place::of(self.new),
            scores: (
                self.old.and_then(|o| o.standing.score),
                self.new.and_then(|o| o.standing.score),
            ),
            flags: (flags(self.old), flags(self.new)),
            reasons: (
                reason(self.old).unwrap_or_default(),
                reason(self.new).unwrap_or_default(),
            ),
            provisional: (
                self.old.is_some_and(|o| o.provisional),
                self.new.is_some_and(|o| o.provisional),
            ),
            rows: row_changes(old, new),
        })
    }
}
