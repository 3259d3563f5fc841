//! Which version of a decision is in force, which row is a duplicate (`design.md` §5, Identity).
//!
//! Rows of one file with the same key are one *set*: rows with different 违法行为类型 are parts of the decision. Rows that repeat a
//! 违法行为类型 with another content are rival versions: each rank of rivals makes a set of its own, completed with the parts that have
//! no rival. Sets are ordered by version key, known ones included, and the greatest is in force. A set is a duplicate when its content is
//! that of its neighbour in this order, or when it has no time stamp, or the same one, to claim that it is newer than an equal set
//! known before: the same message sent again is no correction of what corrected it.
//! Nothing depends on the order of files.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::record::digest::short_id;
use crate::record::{Day, leading};
use crate::store::KnownVersion;

use super::identity::{set_digest, version_key};
use super::outcome::Disposition;

/// A row that wants to be a record.
#[derive(Clone, Debug)]
pub(super) struct Candidate<'a> {
    /// The decision.
    pub(super) decision_id: &'a str,
    /// The file, by content: rows of equal files are equal.
    pub(super) sha256: &'a str,
    /// What tells parts apart.
    pub(super) part_key: &'a str,
    /// The content.
    pub(super) digest: &'a str,
    /// The sender's stamp.
    pub(super) sent_at: Option<&'a str>,
}

/// A row of the log that a candidate becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    /// Which candidate.
    pub(super) candidate: usize,
    /// Its place among the parts, from 1.
    pub(super) part_no: i32,
    /// Hash of decision and part.
    pub(super) record_id: String,
    /// Of the set.
    pub(super) version_key: String,
}

/// What became of the candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Resolved {
    /// New rows of the log.
    pub(super) versions: Vec<Version>,
    /// Of each candidate, in their order.
    pub(super) dispositions: Vec<Disposition>,
    /// Candidates whose decision came with another content under the same dates (K02).
    pub(super) rivals: BTreeSet<usize>,
}

/// One version of a decision: known, or made of candidates.
struct Set<'a> {
    key: String,
    digest: String,
    stamped: bool,
    sha256: &'a str,
    /// Candidates; empty for a known version.
    rows: Vec<usize>,
}

/// Resolves all candidates of one record table. They stand in the order of files (by content) and rows.
pub(super) fn resolve<'k>(
    candidates: &[Candidate<'_>],
    received: Day,
    known: &(dyn Fn(&str) -> &'k [KnownVersion] + Sync),
) -> Resolved {
    let received = &*received.iso();
    // By decision, then by file; of equal ones in the order of the rows.
    let mut order: Vec<(u128, usize)> = (candidates.par_iter().enumerate())
        .map(|(row, one)| (leading(one.decision_id), row))
        .collect();
    order.par_sort_unstable_by(|a, b| {
        let key = |row: usize| (candidates[row].decision_id, candidates[row].sha256, row);
        a.0.cmp(&b.0).then_with(|| key(a.1).cmp(&key(b.1)))
    });
    let order: Vec<usize> = order.into_iter().map(|(_, row)| row).collect();
    let decisions: Vec<&[usize]> = order
        .chunk_by(|a, b| candidates[*a].decision_id == candidates[*b].decision_id)
        .collect();
    let pieces: Vec<Piece> = decisions
        .par_chunks(1024)
        .map(|decisions| {
            let mut piece = Piece::default();
            for rows in decisions {
                resolve_one(candidates, rows, received, known, &mut piece);
            }
            piece
        })
        .collect();
    let mut out = Resolved {
        dispositions: vec![Disposition::Duplicate; candidates.len()],
        ..Resolved::default()
    };
    for piece in pieces {
        out.versions.extend(piece.versions);
        out.rivals.extend(piece.rivals);
        for (row, disposition) in piece.dispositions {
            out.dispositions[row] = disposition;
        }
    }
    out
}

/// What some decisions give.
#[derive(Default)]
struct Piece {
    versions: Vec<Version>,
    /// The last word on a row counts; a row without one is a duplicate.
    dispositions: Vec<(usize, Disposition)>,
    rivals: Vec<usize>,
}

/// Resolves one decision; `rows` are its candidates by file.
fn resolve_one<'k>(
    candidates: &[Candidate<'_>],
    rows: &[usize],
    received: &str,
    known: &(dyn Fn(&str) -> &'k [KnownVersion] + Sync),
    out: &mut Piece,
) {
    let Some(&first) = rows.first() else {
        return;
    };
    let decision_id = candidates[first].decision_id;
    // Nearly all decisions are new and have one row.
    if let ([row], []) = (rows, known(decision_id)) {
        let one = &candidates[*row];
        let digest = set_digest(std::iter::once(one.digest));
        out.dispositions.push((*row, Disposition::Accepted));
        out.versions.push(Version {
            candidate: *row,
            part_no: 1,
            record_id: short_id(&[decision_id, "1"]),
            version_key: version_key(one.sent_at, received, &digest),
        });
        return;
    }
    let mut sets: Vec<Set<'_>> = known(decision_id)
        .iter()
        .map(|version| Set {
            key: version.version_key.clone(),
            digest: version.set_digest.clone(),
            stamped: true,
            sha256: "",
            rows: Vec::new(),
        })
        .collect();
    for rows in rows.chunk_by(|a, b| candidates[*a].sha256 == candidates[*b].sha256) {
        let sha256 = candidates[rows[0]].sha256;
        sets.extend(sets_of_file(candidates, rows, sha256, received));
    }
    sets.sort_by(|a, b| {
        (&a.key, !a.rows.is_empty(), a.sha256).cmp(&(&b.key, !b.rows.is_empty(), b.sha256))
    });
    decide(candidates, decision_id, &sets, out);
}

/// The sets of one decision in one file.
fn sets_of_file<'a>(
    candidates: &[Candidate<'_>],
    rows: &[usize],
    sha256: &'a str,
    received: &str,
) -> Vec<Set<'a>> {
    // Nearly all decisions have one row.
    if let [row] = *rows {
        let one = &candidates[row];
        let digest = set_digest(std::iter::once(one.digest));
        return vec![Set {
            key: version_key(one.sent_at, received, &digest),
            digest,
            stamped: one.sent_at.is_some(),
            sha256,
            rows: vec![row],
        }];
    }
    let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
    for &row in rows {
        let one = &candidates[row];
        // Of equal rows the first one counts.
        if seen.insert((one.part_key, one.digest)) {
            parts.entry(one.part_key).or_default().push(row);
        }
    }
    for rivals in parts.values_mut() {
        rivals.sort_by_key(|&row| {
            std::cmp::Reverse((candidates[row].sent_at, candidates[row].digest))
        });
    }
    let ranks = parts.values().map(Vec::len).max().unwrap_or(0);
    (0..ranks)
        .map(|rank| {
            let rows: Vec<usize> = parts
                .values()
                .filter_map(|rivals| rivals.get(rank).or_else(|| rivals.first()).copied())
                .collect();
            // The stamp of a later rank is that of the rivals in it: a part without rivals does not make them newer.
            let sent_at = parts
                .values()
                .filter_map(|rivals| rivals.get(rank))
                .filter_map(|&row| candidates[row].sent_at)
                .max();
            let digest = set_digest(rows.iter().map(|&row| candidates[row].digest));
            Set {
                key: version_key(sent_at, received, &digest),
                digest,
                stamped: sent_at.is_some(),
                sha256,
                rows,
            }
        })
        .collect()
}

/// Keeps, drops and ranks the sets of one decision, which stand in the order of their keys.
fn decide(candidates: &[Candidate<'_>], decision_id: &str, sets: &[Set<'_>], out: &mut Piece) {
    // Sets of one content: few, however many versions there are.
    let mut equal: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, set) in sets.iter().enumerate() {
        equal.entry(&set.digest).or_default().push(index);
    }
    let mut kept: Vec<usize> = Vec::new();
    for (index, set) in sets.iter().enumerate() {
        let is_known = set.rows.is_empty();
        let repeats_last = kept
            .last()
            .is_some_and(|&last| sets[last].digest == set.digest);
        let repeats_next = sets
            .get(index + 1)
            .is_some_and(|next| next.rows.is_empty() && next.digest == set.digest);
        let claims_nothing = equal[set.digest.as_str()].iter().any(|&other| {
            let one = &sets[other];
            (!set.stamped || stamp(&one.key) == stamp(&set.key))
                && (other < index || (one.rows.is_empty() && other != index))
        });
        if is_known || !(repeats_last || repeats_next || claims_nothing) {
            kept.push(index);
        }
    }
    // A row that repeats a known version says again that the decision has rivals, if it has.
    let known = Disputed::of(sets.iter().filter(|set| set.rows.is_empty()));
    for set in sets.iter().filter(|set| !set.rows.is_empty()) {
        let equal = equal[set.digest.as_str()].iter().map(|&one| &sets[one]);
        let mut equal = equal.filter(|one| one.rows.is_empty());
        if equal.any(|one| known.holds(one)) {
            out.rivals.extend_from_slice(&set.rows);
        }
    }
    let Some(&newest) = kept.last() else {
        return;
    };
    let replaces = kept.len() > 1;
    let disputed = Disputed::of(kept.iter().map(|&index| &sets[index]));
    for &index in &kept {
        let set = &sets[index];
        for &row in &set.rows {
            let disposition = match (index == newest, replaces) {
                (true, true) => Disposition::Corrected,
                (true, false) => Disposition::Accepted,
                (false, _) => Disposition::Superseded,
            };
            // Kept sets come in ascending order, so the newest set of a row has the last word.
            out.dispositions.push((row, disposition));
        }
        if disputed.holds(set) {
            out.rivals.extend_from_slice(&set.rows);
        }
        let mut rows = set.rows.clone();
        rows.sort_by_key(|&row| (candidates[row].part_key, candidates[row].digest));
        for (part, candidate) in rows.into_iter().enumerate() {
            let part_no = i32::try_from(part).unwrap_or(i32::MAX).saturating_add(1);
            out.versions.push(Version {
                candidate,
                part_no,
                record_id: short_id(&[decision_id, &part_no.to_string()]),
                version_key: set.key.clone(),
            });
        }
    }
}

/// The dates under which a decision has several contents.
struct Disputed<'s>(BTreeSet<&'s str>);

impl<'s> Disputed<'s> {
    fn of<'a: 's>(sets: impl Iterator<Item = &'s Set<'a>>) -> Self {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        let mut disputed = BTreeSet::new();
        for set in sets {
            let dates = dates(&set.key);
            if *first.entry(dates).or_insert(&set.digest) != set.digest {
                disputed.insert(dates);
            }
        }
        Self(disputed)
    }

    fn holds(&self, set: &Set<'_>) -> bool {
        self.0.contains(dates(&set.key))
    }
}

/// The sender's time stamp in a version key.
fn stamp(key: &str) -> &str {
    key.split_once('|').map_or(key, |(stamp, _)| stamp)
}

/// A version key without its digest.
fn dates(key: &str) -> &str {
    key.rsplit_once('|').map_or(key, |(dates, _)| dates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one<'a>(
        sha256: &'a str,
        part_key: &'a str,
        digest: &'a str,
        sent_at: Option<&'a str>,
    ) -> Candidate<'a> {
        Candidate {
            decision_id: "d",
            sha256,
            part_key,
            digest,
            sent_at,
        }
    }

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn fresh(candidates: &[Candidate<'_>]) -> Resolved {
        resolve(candidates, day("2026-11-22"), &|_| &[])
    }

    /// What a first night leaves in the store.
    fn stored(resolved: &Resolved) -> Vec<KnownVersion> {
        let keys: BTreeSet<String> = resolved
            .versions
            .iter()
            .map(|version| version.version_key.clone())
            .collect();
        keys.into_iter()
            .map(|version_key| KnownVersion {
                set_digest: version_key.rsplit('|').next().unwrap().to_owned(),
                version_key,
            })
            .collect()
    }

    #[test]
    fn equal_rows_are_duplicates_and_the_first_counts() {
        let found = fresh(&[one("f", "a", "x", None), one("f", "a", "x", None)]);
        assert_eq!(
            found.dispositions,
            [Disposition::Accepted, Disposition::Duplicate]
        );
        assert_eq!(found.versions.len(), 1);
        assert!(found.rivals.is_empty());
    }

    #[test]
    fn different_violations_are_parts_of_one_version() {
        let found = fresh(&[one("f", "b", "y", None), one("f", "a", "x", None)]);
        assert_eq!(found.dispositions, [Disposition::Accepted; 2]);
        assert_eq!(found.versions[0].version_key, found.versions[1].version_key);
        let parts: Vec<(usize, i32)> = found
            .versions
            .iter()
            .map(|version| (version.candidate, version.part_no))
            .collect();
        assert_eq!(parts, [(1, 1), (0, 2)]);
    }

    #[test]
    fn rivals_of_one_day_warn_and_one_of_them_is_in_force() {
        let rows = [
            one("f", "a", "x", Some("2026-10-23T10:00:00")),
            one("f", "a", "y", Some("2026-10-23T10:00:00")),
            one("f", "b", "z", Some("2026-10-23T10:00:00")),
        ];
        let found = fresh(&rows);
        assert_eq!(found.rivals.len(), 3);
        let in_force = found.versions.iter().map(|v| &v.version_key).max().unwrap();
        let parts: BTreeSet<usize> = found
            .versions
            .iter()
            .filter(|version| version.version_key == *in_force)
            .map(|version| version.candidate)
            .collect();
        assert!(parts.contains(&2) && parts.len() == 2);
        assert_eq!(found.dispositions[2], Disposition::Corrected);
        let superseded = found
            .dispositions
            .iter()
            .filter(|one| **one == Disposition::Superseded);
        assert_eq!(superseded.count(), 1);
    }

    #[test]
    fn the_newer_stamp_wins_whatever_the_file() {
        let old = one("b", "a", "x", Some("2026-10-23T10:00:00"));
        let new = one("a", "a", "y", Some("2026-11-05T15:20:00"));
        let found = fresh(&[new.clone(), old.clone()]);
        assert_eq!(
            found.dispositions,
            [Disposition::Corrected, Disposition::Superseded]
        );
        assert!(found.rivals.is_empty());
        // The old version arrives a night later: kept in the log, not in force.
        let first = stored(&fresh(&[new]));
        let late = resolve(&[old], day("2026-11-23"), &|_| &first);
        assert_eq!(late.dispositions, [Disposition::Superseded]);
        assert!(late.versions[0].version_key < first[0].version_key);
    }

    #[test]
    fn the_same_rows_again_change_nothing() {
        let rows = [
            one("f", "a", "x", None),
            one("f", "b", "y", Some("2026-10-23T10:00:00")),
        ];
        let first = stored(&fresh(&rows));
        let again = resolve(&rows, day("2026-11-23"), &|_| &first);
        assert_eq!(again.dispositions, [Disposition::Duplicate; 2]);
        assert!(again.versions.is_empty());
    }

    #[test]
    fn rivals_read_again_on_another_day_change_nothing() {
        let rows = [
            one("f", "a", "x", Some("2026-10-23T10:00:00")),
            one("f", "a", "y", Some("2026-10-23T10:00:00")),
        ];
        let first = stored(&fresh(&rows));
        let again = resolve(&rows, day("2026-11-23"), &|_| &first);
        assert_eq!(again.dispositions, [Disposition::Duplicate; 2]);
        assert!(again.versions.is_empty());
        // A newer stamp claims that the old content is right after all.
        let back = one("g", "a", "x", Some("2026-11-23T08:00:00"));
        let back = resolve(&[back], day("2026-11-23"), &|_| &first);
        assert_eq!(back.versions.len(), 1);
    }

    #[test]
    fn an_old_content_sent_again_without_a_stamp_undoes_no_correction() {
        let first = stored(&fresh(&[one("f", "a", "x", None)]));
        let second = resolve(&[one("g", "a", "y", None)], day("2026-11-23"), &|_| &first);
        assert_eq!(second.dispositions, [Disposition::Corrected]);
        let known: Vec<KnownVersion> = first.into_iter().chain(stored(&second)).collect();
        let third = resolve(&[one("h", "a", "x", None)], day("2026-11-24"), &|_| &known);
        assert_eq!(third.dispositions, [Disposition::Duplicate]);
    }
}
