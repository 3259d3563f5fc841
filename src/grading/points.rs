//! From the hits that stand to a grade: joins and caps, score, band, direct grades, floors, ceilings, moves.

use super::GradingError;
use super::fold::{Loss, Share, cap, join};
use super::program::{Effect, Program, Row, Version};
use super::verdict::{Dossier, Fate, Graded, Ground, Scratch, Status};
use crate::record::Points;

impl Dossier<'_> {
    /// Joins, caps, score, band, direct grades, ceilings, moves. `kept` lets cleared hits stand too.
    pub(super) fn grade(
        &self,
        program: &Program,
        (rules, day): (&Version, i32),
        fates: &mut [Fate],
        kept: bool,
        scratch: &mut Scratch,
    ) -> Result<Graded, GradingError> {
        let stands =
            |fate: &Fate| fate.status == Status::Live || (kept && fate.status == Status::Cleared);
        let row = |hit: usize| &program.rows[self.hits[hit].rule];
        let moved = self.pools(program, day, fates, &stands, scratch);
        if rules.score.as_ref().is_some_and(|score| score.apart) {
            keep_apart(fates, &stands);
        }
        let total: i64 = fates.iter().filter(|f| stands(f)).map(|f| f.counted).sum();
        for (hit, fate) in fates
            .iter_mut()
            .enumerate()
            .filter(|(_, fate)| stands(fate))
        {
            fate.counts |= matches!(
                row(hit).effect,
                Effect::Grade(_) | Effect::Ceiling(_) | Effect::Floor(_) | Effect::Flag(_)
            );
        }
        let standing = || (0..fates.len()).filter(|&hit| stands(&fates[hit]));
        let direct = worst(standing(), |hit| match row(hit).effect {
            Effect::Grade(band) => Some(self.band_in(program, rules, row(hit), band)),
            _ => None,
        });
        let ceiling = worst(standing(), |hit| match row(hit).effect {
            Effect::Ceiling(band) => Some(self.band_in(program, rules, row(hit), band)),
            _ => None,
        });
        let floor = best(standing(), |hit| match row(hit).effect {
            Effect::Floor(band) => Some(self.band_in(program, rules, row(hit), band)),
            _ => None,
        });
        let score = rules.score.as_ref().map(|score| {
            let raw = if score.accumulate {
                score.start + total
            } else {
                score.start - total
            };
            let clamped = raw
                .max(score.min.unwrap_or(i64::MIN))
                .min(score.max.unwrap_or(i64::MAX));
            (clamped, raw)
        });
        if rules.bands.is_empty() {
            return Ok(Graded {
                score,
                band: None,
                ground: Ground::FlagsOnly,
            });
        }
        let (mut band, mut ground) = match (score, direct) {
            (Some((score, _)), direct) => {
                let (band, ground) = match (band_of(rules, score)?, floor) {
                    (band, Some((limit, hit))) if limit < band => (limit, Ground::Floor(hit)),
                    (band, _) => (band, Ground::Score),
                };
                match direct {
                    Some((veto, hit)) if veto > band => (veto, Ground::Direct(hit)),
                    _ => (band, ground),
                }
            }
            (None, Some((class, hit))) => (class, Ground::Class(hit)),
            (None, None) => (rules.no_record.unwrap_or(0), Ground::BestClass),
        };
        if let Some((limit, hit)) = ceiling
            && limit > band
        {
            (band, ground) = (limit, Ground::Ceiling(hit));
        }
        if moved != 0 {
            let last = i64::try_from(rules.bands.len() - 1).unwrap_or(i64::MAX);
            let start = i64::try_from(band).unwrap_or(0);
            let target = usize::try_from((start + moved).clamp(0, last)).unwrap_or(0);
            if target != band {
                (band, ground) = (target, Ground::Moved(band));
            }
        }
        Ok(Graded {
            score,
            band: Some(band),
            ground,
        })
    }

    /// Runs joins and caps over points, bonuses and moves apart; fills in what counted. Returns the sum of moves.
    fn pools(
        &self,
        program: &Program,
        day: i32,
        fates: &mut [Fate],
        stands: &impl Fn(&Fate) -> bool,
        scratch: &mut Scratch,
    ) -> i64 {
        let Scratch { points, shares, .. } = scratch;
        points.clear();
        let mut moved = 0;
        let mut start = 0;
        let place = |hit: usize| {
            let row = &program.rows[self.hits[hit].rule];
            (row.version, row.indicator)
        };
        while start < self.hits.len() {
            let end = (start..self.hits.len())
                .find(|&h| place(h) != place(start))
                .unwrap_or(self.hits.len());
            let (version, indicator) = place(start);
            let indicator = &program.versions[version].indicators[indicator];
            for pool in [Pool::Points, Pool::Bonus, Pool::Worse, Pool::Better] {
                shares.clear();
                shares.extend(
                    (start..end)
                        .filter(|&hit| stands(&fates[hit]))
                        .filter_map(|hit| {
                            let amount = pool.amount(&program.rows[self.hits[hit].rule])?;
                            let left = self.hits[hit].left_on(pool == Pool::Points, day);
                            let amount = amount * fates[hit].times * left / 100;
                            Some(Share::new(hit, amount))
                        }),
                );
                if shares.is_empty() {
                    continue;
                }
                join(shares, indicator, &self.hits);
                match pool {
                    Pool::Points | Pool::Bonus => {
                        if let Some(most) = indicator.cap {
                            cap(shares.iter_mut(), most, Loss::Capped);
                        }
                        points.append(shares);
                    }
                    Pool::Worse | Pool::Better => {
                        for share in shares.iter() {
                            let fate = &mut fates[share.hit];
                            (fate.counts, fate.loss) = (share.chosen, share.loss);
                            moved += share.counted * pool.sign();
                        }
                    }
                }
            }
            start = end;
        }
        self.cap_groups(program, points);
        for share in points.iter() {
            let fate = &mut fates[share.hit];
            let sign = if self.is_bonus(program, share.hit) {
                -1
            } else {
                1
            };
            fate.counted = share.counted * sign;
            fate.loss = share.loss;
            fate.counts = share.chosen && (share.counted != 0 || share.amount == 0);
        }
        moved
    }

    fn is_bonus(&self, program: &Program, hit: usize) -> bool {
        matches!(program.rows[self.hits[hit].rule].effect, Effect::Points(points) if points < 0)
    }

    fn cap_groups(&self, program: &Program, points: &mut [Share]) {
        let group_of = |share: &Share| {
            let row = &program.rows[self.hits[share.hit].rule];
            let group = program.versions[row.version].indicators[row.indicator].group?;
            Some((row.version, group, self.is_bonus(program, share.hit)))
        };
        let mut keys: Vec<(usize, usize, bool)> = points.iter().filter_map(group_of).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let (_, most) = program.versions[key.0].group_caps[key.1];
            let mut members: Vec<&mut Share> = points
                .iter_mut()
                .filter(|s| group_of(s) == Some(key))
                .collect();
            members.sort_by_key(|share| {
                let hit = &self.hits[share.hit];
                (hit.facts.decided, hit.facts.record_id, hit.rule)
            });
            cap(members.into_iter(), most, Loss::GroupCapped);
        }
    }

    /// A band of the row's version in the version that grades: by the name of the grade.
    fn band_in(&self, program: &Program, rules: &Version, row: &Row, band: usize) -> usize {
        let own = &program.versions[row.version].bands[band].grade;
        let last = rules.bands.len().saturating_sub(1);
        rules
            .bands
            .iter()
            .position(|b| b.grade == *own)
            .unwrap_or(band.min(last))
    }
}

/// Books apart: once a point counts, no bonus does.
fn keep_apart(fates: &mut [Fate], stands: &impl Fn(&Fate) -> bool) {
    if !fates.iter().any(|fate| stands(fate) && fate.counted > 0) {
        return;
    }
    for fate in fates
        .iter_mut()
        .filter(|fate| stands(fate) && fate.counted < 0)
    {
        (fate.counted, fate.counts, fate.loss) = (0, false, Loss::Apart);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pool {
    Points,
    Bonus,
    Worse,
    Better,
}

impl Pool {
    /// The absolute figure of a row of this pool.
    fn amount(self, row: &Row) -> Option<i64> {
        match (self, &row.effect) {
            (Self::Points, Effect::Points(x)) if *x >= 0 => Some(*x),
            (Self::Bonus, Effect::Points(x)) if *x < 0 => Some(-x),
            (Self::Worse, Effect::Move(n)) if *n > 0 => Some(*n),
            (Self::Better, Effect::Move(n)) if *n < 0 => Some(-n),
            _ => None,
        }
    }

    fn sign(self) -> i64 {
        match self {
            Self::Points | Self::Worse => 1,
            Self::Bonus | Self::Better => -1,
        }
    }
}

/// The worst band that standing hits name, with the first hit that names it.
fn worst(
    standing: impl Iterator<Item = usize>,
    band: impl Fn(usize) -> Option<usize>,
) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    for hit in standing {
        if let Some(band) = band(hit)
            && found.is_none_or(|(most, _)| band > most)
        {
            found = Some((band, hit));
        }
    }
    found
}

/// The best band that a hit names, the first of equals.
fn best(
    standing: impl Iterator<Item = usize>,
    band: impl Fn(usize) -> Option<usize>,
) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    for hit in standing {
        if let Some(band) = band(hit)
            && found.is_none_or(|(least, _)| band < least)
        {
            found = Some((band, hit));
        }
    }
    found
}

fn band_of(rules: &Version, score: i64) -> Result<usize, GradingError> {
    let holding = rules
        .bands
        .iter()
        .position(|band| band.range.is_none_or(|range| range.holds(score)));
    holding.ok_or_else(|| GradingError::NoBand {
        scheme: rules.scheme.clone(),
        score: Points::from_raw(score),
    })
}
