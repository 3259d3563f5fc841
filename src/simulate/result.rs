//! A finished comparison, in the order in which it is printed.

use std::collections::BTreeMap;

use super::compare::{Comparison, Part};
use super::figures::Figures;
use super::movers::Movers;
use super::pack::PackFacts;
use super::tally::Tally;
use crate::record::Day;

/// Two packs over a whole store.
#[derive(Debug)]
pub struct Simulation {
    pub as_of: Day,
    /// Only records received by this day were graded; `None` = all.
    pub known_at: Option<Day>,
    pub old: PackFacts,
    pub new: PackFacts,
    /// Distinct subjects with a result under either pack.
    pub subjects: u64,
    /// Distinct subjects that move.
    pub moving: u64,
    /// By scheme id.
    pub schemes: Vec<SchemeShift>,
    /// By domain, over its schemes.
    pub domains: Vec<Group>,
    /// By scheme, kind of movement, places and subject.
    pub movers: Movers,
    /// Scheme id, rule row → movers that it moves, most first.
    pub rows: Vec<(String, String, u64)>,
    /// What this comparison leaves out, in Chinese.
    pub notes: Vec<String>,
}

/// One scheme under both packs.
#[derive(Clone, Debug)]
pub struct SchemeShift {
    /// Name without version.
    pub id: String,
    pub title: String,
    pub all: Tally,
    /// By GB/T 2260 code of the subject's region.
    pub districts: Vec<Group>,
    /// By kind of subject.
    pub kinds: Vec<Group>,
    pub old: Figures,
    pub new: Figures,
}

/// A part of the results.
#[derive(Clone, Debug)]
pub struct Group {
    pub value: String,
    pub tally: Tally,
}

impl Simulation {
    /// Puts the counts and the movers of all buckets in order.
    #[must_use]
    pub fn of(
        packs: Comparison<'_>,
        part: Part,
        mut movers: Movers,
        known_at: Option<Day>,
        notes: Vec<String>,
    ) -> Self {
        let as_of = packs.as_of();
        let Comparison { old, new, .. } = packs;
        let title = |id: &str| {
            let newest = new.family(id).chain(old.family(id)).next();
            newest.map_or_else(|| id.to_owned(), |facts| facts.title.clone())
        };
        let schemes = part.schemes.into_iter().map(|(id, counts)| SchemeShift {
            title: title(&id),
            id,
            all: counts.all,
            districts: groups(counts.districts),
            kinds: groups(counts.kinds),
            old: counts.old,
            new: counts.new,
        });
        let schemes = schemes.collect();
        movers.sort();
        Self {
            as_of,
            known_at,
            subjects: part.subjects,
            moving: part.moving,
            schemes,
            domains: groups(part.domains),
            rows: movers.by_row(),
            movers,
            notes,
            old,
            new,
        }
    }

    /// Results under either pack: one per subject and scheme.
    #[must_use]
    pub fn results(&self) -> u64 {
        self.schemes.iter().map(|scheme| scheme.all.total()).sum()
    }

    /// Whether every result is the same under both packs.
    #[must_use]
    pub fn nobody_moves(&self) -> bool {
        self.movers.is_empty()
    }
}

fn groups<K: Into<String>>(tallies: BTreeMap<K, Tally>) -> Vec<Group> {
    let group = |(value, tally): (K, Tally)| Group {
        value: value.into(),
        tally,
    };
    tallies.into_iter().map(group).collect()
}
