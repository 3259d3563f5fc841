//! The fewest records whose repair, all on the as-of day, lifts the grade: every set up to 20 records, else greedily; of very many
//! records the heaviest first.

use std::collections::HashMap;

use crate::grading::GradingError;
use crate::grading::columns::Table;
use crate::grading::hit::Hit;
use crate::grading::program::{Effect, Program, Repair};
use crate::grading::verdict::{Dossier, Scratch, Status, Verdict};

/// Up to this many records every set is tried.
const EXACT_UP_TO: usize = 20;
/// Up to this many each record is tried in each step.
const GREEDY_UP_TO: usize = 100;
/// In how many pieces it is tried what of very many records was not needed.
const PIECES: usize = 16;

/// A set of records and the result that their repair brings.
pub(super) struct Found {
    /// One hit per record, by decision day.
    pub(super) hits: Vec<usize>,
    pub(super) verdict: Verdict,
    pub(super) exact: bool,
}

type Record = (Table, usize);

/// The shortest set that lifts the grade; the earliest decided of equals. `None` when no set does.
pub(super) fn shortest(
    program: &Program,
    dossier: &Dossier<'_>,
    now: &Verdict,
) -> Result<Option<Found>, GradingError> {
    let records = repairable(program, dossier, now);
    let mut trial = Trial::of(program, dossier, now, &records);
    let all = 0..records.len();
    trial.repair_all(all.clone(), true);
    if records.is_empty() || trial.lifts()?.is_none() {
        return Ok(None);
    }
    if records.len() > GREEDY_UP_TO {
        let order = heaviest_first(program, dossier, now, &trial);
        trial.heaviest(&order)?;
    } else {
        trial.repair_all(all, false);
        match records.len() <= EXACT_UP_TO {
            true => trial.smallest()?,
            false => trial.greedy()?,
        }
    }
    let found = trial.lifts()?.map(|verdict| Found {
        hits: trial.first_hits(),
        verdict,
        exact: records.len() <= EXACT_UP_TO,
    });
    Ok(found)
}

/// Records with a hit that a repair would drop, by decision day and id.
fn repairable(program: &Program, dossier: &Dossier<'_>, now: &Verdict) -> Vec<Record> {
    let mut found: Vec<(i32, &str, Record)> = Vec::new();
    for (hit, fate) in dossier.hits.iter().zip(&now.fates) {
        let row = &program.rows[hit.rule];
        let keeps = program.versions[row.version].indicators[row.indicator].repair == Repair::Keep;
        let looked_at = matches!(fate.status, Status::Live | Status::Tallied) && !hit.summary;
        if looked_at && (!keeps || !row.states.is_empty()) {
            found.push((
                hit.facts.decided,
                hit.facts.record_id,
                (hit.facts.table, hit.facts.row),
            ));
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, _, record)| record).collect()
}

/// A dossier in which records are repaired on a day, and made again as they are.
struct Trial<'t, 'a> {
    program: &'t Program,
    dossier: Dossier<'a>,
    now: &'t Verdict,
    /// Of each record its hits: their place, and what a repair changes them with.
    hits: Vec<Vec<(usize, Hit<'a>)>>,
    is_repaired: Vec<bool>,
    scratch: Scratch,
}

impl<'t, 'a> Trial<'t, 'a> {
    /// With no record repaired.
    fn of(
        program: &'t Program,
        dossier: &Dossier<'a>,
        now: &'t Verdict,
        records: &[Record],
    ) -> Self {
        let places: HashMap<Record, usize> =
            records.iter().enumerate().map(|(n, r)| (*r, n)).collect();
        let mut hits: Vec<Vec<(usize, Hit<'a>)>> = vec![Vec::new(); records.len()];
        for (place, hit) in dossier.hits.iter().enumerate() {
            let Some(&record) = places.get(&(hit.facts.table, hit.facts.row)) else {
                continue;
            };
            let row = &program.rows[hit.rule];
            let indicator = &program.versions[row.version].indicators[row.indicator];
            let mut repaired = hit.clone();
            repaired.repair(indicator, now.day);
            hits[record].push((place, repaired));
        }
        Self {
            program,
            dossier: dossier.clone(),
            now,
            is_repaired: vec![false; hits.len()],
            hits,
            scratch: Scratch::default(),
        }
    }

    /// Repairs a record, or makes it again as it is.
    fn repair(&mut self, record: usize, repaired: bool) {
        if self.is_repaired[record] != repaired {
            self.is_repaired[record] = repaired;
            for (place, other) in &mut self.hits[record] {
                std::mem::swap(&mut self.dossier.hits[*place], other);
            }
        }
    }

    fn repair_all(&mut self, records: impl IntoIterator<Item = usize>, repaired: bool) {
        for record in records {
            self.repair(record, repaired);
        }
    }

    fn result(&mut self) -> Result<Option<Verdict>, GradingError> {
        self.dossier
            .on(self.program, self.now.day, &mut self.scratch)
    }

    /// The result, where it is a better grade than now.
    fn lifts(&mut self) -> Result<Option<Verdict>, GradingError> {
        let now = self.now.band;
        let found = self.result()?;
        Ok(found.filter(|then| then.rated && then.band < now))
    }

    /// The first hit of each repaired record.
    fn first_hits(&self) -> Vec<usize> {
        let repaired = self.hits.iter().zip(&self.is_repaired);
        repaired
            .filter(|(_, is_repaired)| **is_repaired)
            .filter_map(|(hits, _)| hits.first().map(|(place, _)| *place))
            .collect()
    }

    /// Repairs the first set that lifts the grade: sets by size, then in the order of the records.
    fn smallest(&mut self) -> Result<(), GradingError> {
        let records = self.hits.len();
        for size in 1..=records {
            let mut chosen: Vec<usize> = (0..size).collect();
            self.repair_all(chosen.iter().copied(), true);
            loop {
                if let Some(verdict) = self.lifts()? {
                    self.scratch.recycle(verdict);
                    return Ok(());
                }
                // The next combination of this size.
                let Some(step) = (0..size).rev().find(|&i| chosen[i] < records - size + i) else {
                    break;
                };
                self.repair_all(chosen[step..].iter().copied(), false);
                chosen[step] += 1;
                for i in step + 1..size {
                    chosen[i] = chosen[i - 1] + 1;
                }
                self.repair_all(chosen[step..].iter().copied(), true);
            }
            self.repair_all(chosen, false);
        }
        Ok(())
    }

    /// Repairs the record that helps most until the grade lifts, then undoes what was not needed.
    fn greedy(&mut self) -> Result<(), GradingError> {
        let rules = &self.program.versions[self.now.version];
        let worse_up = rules.score.as_ref().is_some_and(|score| score.accumulate);
        // Smaller is better: the band, then how far the score is on the bad side.
        let rank = |verdict: &Verdict| {
            let score = verdict.unclamped.unwrap_or_default();
            (
                verdict.band.unwrap_or(usize::MAX),
                if worse_up { score } else { -score },
            )
        };
        let mut chosen: Vec<usize> = Vec::new();
        while chosen.len() < self.hits.len() {
            let mut best: Option<((usize, i64), usize)> = None;
            for record in 0..self.hits.len() {
                if self.is_repaired[record] {
                    continue;
                }
                self.repair(record, true);
                let found = self.result()?;
                self.repair(record, false);
                let Some(verdict) = found else {
                    continue;
                };
                let rank = rank(&verdict);
                if best.is_none_or(|(least, _)| rank < least) {
                    best = Some((rank, record));
                }
                self.scratch.recycle(verdict);
            }
            let Some((_, record)) = best else {
                return Ok(());
            };
            self.repair(record, true);
            chosen.push(record);
            if self.lifts()?.is_some() {
                break;
            }
        }
        for record in chosen.into_iter().rev() {
            self.drop_if_idle(&[record])?;
        }
        Ok(())
    }

    /// From the repair of all records to that of the fewest of an order that lift the grade, then without the pieces of it that
    /// were not needed.
    fn heaviest(&mut self, order: &[usize]) -> Result<(), GradingError> {
        let (mut too_few, mut enough, mut repaired) = (0, order.len(), order.len());
        while too_few + 1 < enough {
            let middle = too_few.midpoint(enough);
            self.repair_all(order[middle..repaired.max(middle)].iter().copied(), false);
            self.repair_all(order[..middle].iter().copied(), true);
            repaired = middle;
            match self.lifts()? {
                Some(_) => enough = middle,
                None => too_few = middle,
            }
        }
        self.repair_all(order[..enough].iter().copied(), true);
        let piece = enough.div_ceil(PIECES).max(1);
        for records in order[..enough].rchunks(piece) {
            self.drop_if_idle(records)?;
        }
        Ok(())
    }

    /// Makes some records again as they are, if the grade lifts without their repair.
    fn drop_if_idle(&mut self, records: &[usize]) -> Result<(), GradingError> {
        self.repair_all(records.iter().copied(), false);
        if self.lifts()?.is_none() {
            self.repair_all(records.iter().copied(), true);
        }
        Ok(())
    }
}

/// The records by what stands against the subject through them: the worst band that they name, then the points that they count.
fn heaviest_first(
    program: &Program,
    dossier: &Dossier<'_>,
    now: &Verdict,
    trial: &Trial<'_, '_>,
) -> Vec<usize> {
    let weight = |record: usize| {
        let hits = trial.hits[record].iter().map(|(place, _)| *place);
        hits.fold((0, 0), |(band, points): (usize, i64), place| {
            let fate = &now.fates[place];
            let named = match program.rows[dossier.hits[place].rule].effect {
                Effect::Grade(band) | Effect::Ceiling(band) if fate.counts => band + 1,
                _ => 0,
            };
            (band.max(named), points + fate.counted)
        })
    };
    let mut order: Vec<usize> = (0..trial.hits.len()).collect();
    order.sort_by_cached_key(|record| std::cmp::Reverse(weight(*record)));
    order
}
