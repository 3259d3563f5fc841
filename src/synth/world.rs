//! From (seed, subjects, records) to blocks of records, each computable alone.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::ingest::beginnings;
use crate::record::{Day, normal_document_no};

use super::event::{EventDraft, events_of};
use super::license::LicenseDraft;
use super::penalty::PenaltyDraft;
use super::places::Organs;
use super::rng::Rng;
use super::subject::{Sector, Subject, stream};

/// How many subjects one block holds.
const BLOCK: u64 = 2048;

/// The whole of one generation: sizes, shares and organs, but no records.
#[derive(Debug)]
pub(crate) struct World {
    seed: u64,
    subjects: u64,
    records: u64,
    until: Day,
    /// Sum of the weights of all subjects before each block, and the total at the end.
    weights_before: Vec<u64>,
    /// Every organ.
    pub(crate) organs: Organs,
}

/// The records of a run of subjects, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// The subjects.
    pub(crate) subjects: Vec<Subject>,
    /// Penalties with the position of their subject in `subjects`.
    pub(crate) penalties: Vec<(u32, PenaltyDraft)>,
    /// Licenses, likewise.
    pub(crate) licenses: Vec<(u32, LicenseDraft)>,
    /// Events, likewise.
    pub(crate) events: Vec<(u32, EventDraft)>,
}

impl Block {
    /// The records of one subject in parts of about `records`, those of a document number in one part.
    pub(crate) fn cut(self, records: usize) -> Vec<Block> {
        let documents = (self.penalties.iter().map(|(_, one)| &one.document_no))
            .chain(self.licenses.iter().map(|(_, one)| &one.document_no))
            .chain(self.events.iter().map(|(_, one)| &one.document_no));
        let mut numbers: Vec<Cow<'_, str>> = documents.map(|no| normal_document_no(no)).collect();
        numbers.par_sort_unstable();
        let firsts: Vec<String> = (beginnings(&numbers, records).into_iter())
            .map(|at| numbers[at].to_string())
            .collect();
        drop(numbers);
        let mut parts: Vec<Block> = (0..=firsts.len())
            .map(|_| Block {
                subjects: self.subjects.clone(),
                ..Block::default()
            })
            .collect();
        let place = |document_no: &str| {
            let number = normal_document_no(document_no);
            firsts.partition_point(|first| first.as_str() <= number.as_ref())
        };
        for one in self.penalties {
            parts[place(&one.1.document_no)].penalties.push(one);
        }
        for one in self.licenses {
            parts[place(&one.1.document_no)].licenses.push(one);
        }
        for one in self.events {
            parts[place(&one.1.document_no)].events.push(one);
        }
        parts
    }
}

impl World {
    /// Prepares the shares: one pass over the weights of all subjects, no strings.
    pub(crate) fn new(seed: u64, subjects: u64, records: u64, until: Day) -> World {
        let blocks = subjects.div_ceil(BLOCK);
        let levels = Subject::levels(subjects);
        let mut weights_before = Vec::with_capacity(blocks as usize + 1);
        let mut total = 0;
        for block in 0..blocks {
            weights_before.push(total);
            let end = (block * BLOCK + BLOCK).min(subjects);
            total += (block * BLOCK..end)
                .map(|index| Subject::weight(seed, index, levels))
                .sum::<u64>();
        }
        weights_before.push(total);
        World {
            seed,
            subjects,
            records,
            until,
            weights_before,
            organs: Organs::new(),
        }
    }

    /// How many blocks there are.
    pub(crate) fn blocks(&self) -> u64 {
        self.subjects.div_ceil(BLOCK)
    }

    /// How many of all records belong to subjects before the one whose weights before sum to `weight`.
    fn records_before(&self, weight: u64) -> u64 {
        let total = self.weights_before.last().copied().unwrap_or(0).max(1);
        (u128::from(self.records) * u128::from(weight) / u128::from(total)) as u64
    }

    /// Subject and record counts of one block: (index, first ordinal, count).
    pub(crate) fn shares(&self, block: u64) -> Vec<(u64, u64, u64)> {
        let mut weight = self
            .weights_before
            .get(block as usize)
            .copied()
            .unwrap_or(0);
        let mut first = self.records_before(weight);
        let end = (block * BLOCK + BLOCK).min(self.subjects);
        (block * BLOCK..end)
            .map(|index| {
                weight += Subject::weight(self.seed, index, Subject::levels(self.subjects));
                let next = self.records_before(weight);
                let share = (index, first, next - first);
                first = next;
                share
            })
            .collect()
    }

    /// One block, its records sorted by the day on which they were decided (ties by number).
    pub(crate) fn block(&self, block: u64) -> Block {
        let shares = self.shares(block).into_iter();
        let mut out = self.of_subjects(
            shares.map(|(index, first, count)| (Subject::new(self.seed, index), first, count)),
        );
        out.penalties
            .sort_by_key(|(_, one)| (one.decided_on, one.ordinal));
        out.licenses
            .sort_by_key(|(_, one)| (one.decided_on, one.ordinal));
        out.events
            .sort_by_key(|(position, one)| (one.occurred_on, *position));
        out
    }

    /// The records of some subjects with their shares (first ordinal, count), subject by subject.
    pub(crate) fn of_subjects(&self, subjects: impl Iterator<Item = (Subject, u64, u64)>) -> Block {
        let mut out = Block::default();
        for (subject, first, count) in subjects {
            let position = out.subjects.len() as u32;
            let (penalties, licenses, events) = self.records_of(&subject, first, count);
            out.subjects.push(subject);
            out.penalties
                .extend(penalties.into_iter().map(|one| (position, one)));
            out.licenses
                .extend(licenses.into_iter().map(|one| (position, one)));
            out.events
                .extend(events.into_iter().map(|one| (position, one)));
        }
        out
    }

    /// All records of one subject.
    fn records_of(
        &self,
        subject: &Subject,
        first: u64,
        count: u64,
    ) -> (Vec<PenaltyDraft>, Vec<LicenseDraft>, Vec<EventDraft>) {
        let mut rng = Rng::new(self.seed, stream::RECORDS, subject.index);
        let penal_share = match subject.sector {
            Sector::Discharger | Sector::EnvironmentService => 560,
            Sector::Builder | Sector::Supplier => 620,
            Sector::Citizen => 700,
            Sector::Researcher => 200,
            Sector::Research | Sector::Social => 300,
            _ => 450,
        };
        let mut penalties: Vec<PenaltyDraft> = Vec::new();
        let mut licenses = Vec::new();
        for ordinal in first..first + count {
            if rng.chance(penal_share) {
                // One decision in forty has a second part: the same document, another 违法行为类型.
                let second_part = rng.chance(25);
                let draft = match penalties.last().filter(|_| second_part) {
                    Some(last) => PenaltyDraft::second_part(&mut rng, subject, last, ordinal),
                    None => PenaltyDraft::new(&mut rng, subject, self.until, ordinal),
                };
                penalties.push(draft);
            } else {
                licenses.push(LicenseDraft::new(&mut rng, subject, self.until, ordinal));
            }
        }
        let events = events_of(&mut rng, subject, &penalties, self.until);
        (penalties, licenses, events)
    }
}
