//! The fewest records whose repair, all on the as-of day, lifts the grade: every set up to 20 records, else greedily.

use crate::grading::GradingError;
use crate::grading::columns::Table;
use crate::grading::program::{Program, Repair};
use crate::grading::verdict::{Dossier, Status, Verdict};

/// Up to this many records every set is tried.
const EXACT_UP_TO: usize = 20;

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
    let attempt = |chosen: &[Record]| -> Result<Option<Verdict>, GradingError> {
        Ok(repaired(program, dossier, chosen, now.day)
            .on(program, now.day)?
            .filter(|then| then.rated && then.band < now.band))
    };
    if records.is_empty() || attempt(&records)?.is_none() {
        return Ok(None);
    }
    let exact = records.len() <= EXACT_UP_TO;
    let found = if exact {
        smallest(&records, &attempt)?
    } else {
        greedy(program, dossier, now, &records)?
    };
    let Some((chosen, verdict)) = found else {
        return Ok(None);
    };
    let first_hit = |record: &Record| {
        dossier
            .hits
            .iter()
            .position(|h| (h.facts.table, h.facts.row) == *record)
    };
    Ok(Some(Found {
        hits: chosen.iter().filter_map(first_hit).collect(),
        verdict,
        exact,
    }))
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

/// The dossier as it would be with these records repaired on a day.
fn repaired<'a>(
    program: &Program,
    dossier: &Dossier<'a>,
    chosen: &[Record],
    day: i32,
) -> Dossier<'a> {
    let mut hits = dossier.hits.clone();
    for hit in &mut hits {
        if chosen.contains(&(hit.facts.table, hit.facts.row)) {
            let row = &program.rows[hit.rule];
            hit.repair(
                &program.versions[row.version].indicators[row.indicator],
                day,
            );
        }
    }
    Dossier {
        hits,
        ..dossier.clone()
    }
}

type Attempt<'f> = dyn Fn(&[Record]) -> Result<Option<Verdict>, GradingError> + 'f;

/// Sets by size, then in the order of the records.
fn smallest(
    records: &[Record],
    attempt: &Attempt<'_>,
) -> Result<Option<(Vec<Record>, Verdict)>, GradingError> {
    for size in 1..=records.len() {
        let mut chosen: Vec<usize> = (0..size).collect();
        loop {
            let set: Vec<Record> = chosen.iter().map(|&i| records[i]).collect();
            if let Some(verdict) = attempt(&set)? {
                return Ok(Some((set, verdict)));
            }
            // The next combination of this size.
            let Some(step) = (0..size)
                .rev()
                .find(|&i| chosen[i] < records.len() - size + i)
            else {
                break;
            };
            chosen[step] += 1;
            for i in step + 1..size {
                chosen[i] = chosen[i - 1] + 1;
            }
        }
    }
    Ok(None)
}

/// Takes the record that helps most until the grade lifts, then drops what was not needed.
fn greedy(
    program: &Program,
    dossier: &Dossier<'_>,
    now: &Verdict,
    records: &[Record],
) -> Result<Option<(Vec<Record>, Verdict)>, GradingError> {
    let rules = &program.versions[now.version];
    let worse_up = rules.score.as_ref().is_some_and(|score| score.accumulate);
    let result = |set: &[Record]| repaired(program, dossier, set, now.day).on(program, now.day);
    // Smaller is better: the band, then how far the score is on the bad side.
    let rank = |verdict: &Verdict| {
        let score = verdict.unclamped.unwrap_or_default();
        (
            verdict.band.unwrap_or(usize::MAX),
            if worse_up { score } else { -score },
        )
    };
    let mut chosen: Vec<Record> = Vec::new();
    while chosen.len() < records.len() {
        let mut best: Option<((usize, i64), Record, Verdict)> = None;
        for record in records.iter().filter(|r| !chosen.contains(r)) {
            let mut set = chosen.clone();
            set.push(*record);
            let Some(verdict) = result(&set)? else {
                continue;
            };
            let rank = rank(&verdict);
            if best.as_ref().is_none_or(|(least, _, _)| rank < *least) {
                best = Some((rank, *record, verdict));
            }
        }
        let Some((_, record, verdict)) = best else {
            return Ok(None);
        };
        chosen.push(record);
        if verdict.rated && verdict.band < now.band {
            break;
        }
    }
    for index in (0..chosen.len()).rev() {
        let mut fewer = chosen.clone();
        fewer.remove(index);
        if result(&fewer)?.is_some_and(|then| then.rated && then.band < now.band) {
            chosen = fewer;
        }
    }
    chosen.sort_by_key(|record| records.iter().position(|r| r == record));
    let verdict = result(&chosen)?.filter(|then| then.rated && then.band < now.band);
    Ok(verdict.map(|verdict| (chosen, verdict)))
}
