//! Step 5: joins within and across, the indicator's cap, the group's cap.

use super::fold::Hit;
use crate::grading::wording::WhyNot;
use crate::record::{Day, Points};
use crate::rules::model::{Effect, Fold, Key, Scheme};

/// What is left of each hit's figure after joining and capping; same positions as the hits.
#[derive(Clone)]
pub(super) struct Share {
    /// Signed: points, or bands of a move.
    pub(super) value: Points,
    pub(super) kept: bool,
    pub(super) loss: Option<WhyNot<'static>>,
}

/// The kinds of figures that are joined and capped apart.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pool {
    Bad,
    Good,
    Down,
    Up,
}

fn figure(hit: &Hit<'_, '_>, day: Day) -> Option<(Pool, Points)> {
    match hit.row.effect {
        Effect::Move(bands) if bands > 0 => Some((Pool::Down, steps(hit, bands))),
        Effect::Move(bands) if bands < 0 => Some((Pool::Up, steps(hit, bands))),
        _ => hit.points_on(day).map(|p| {
            (
                if hit.points().is_some_and(|whole| whole < Points::ZERO) {
                    Pool::Good
                } else {
                    Pool::Bad
                },
                p,
            )
        }),
    }
}

fn steps(hit: &Hit<'_, '_>, bands: i8) -> Points {
    Points::from_raw(i64::from(bands) * i64::from(hit.together.unwrap_or(1)))
}

fn size(points: Points) -> i64 {
    points.raw().abs()
}

/// Step 5. `chosen` are the hits that stand, by (decided_on, record id, row order).
pub(super) fn join_and_cap(hits: &[Hit<'_, '_>], chosen: &[usize], day: Day) -> Vec<Share> {
    let mut shares = vec![
        Share {
            value: Points::ZERO,
            kept: false,
            loss: None
        };
        hits.len()
    ];
    let mut done: Vec<(&str, &str, Pool)> = Vec::new();
    for &i in chosen {
        let Some((pool, _)) = figure(&hits[i], day) else {
            continue;
        };
        let key = (
            hits[i].scheme.version.as_str(),
            hits[i].indicator.id.as_str(),
            pool,
        );
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let members: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|&j| {
                figure(&hits[j], day).is_some_and(|(p, _)| p == pool)
                    && std::ptr::eq(hits[j].indicator, hits[i].indicator)
            })
            .collect();
        let kept = joined(hits, &members, day);
        for &j in &members {
            if kept.contains(&j) {
                shares[j].kept = true;
                shares[j].value = figure(&hits[j], day).map_or(Points::ZERO, |(_, value)| value);
            } else {
                shares[j].loss = Some(WhyNot::JoinedAway);
            }
        }
        if let (Some(cap), Pool::Bad | Pool::Good) = (hits[i].indicator.cap, pool) {
            let cap = Points::from_raw(size(cap));
            limit(&mut shares, &members, cap, WhyNot::Capped { cap });
        }
    }
    cap_groups(hits, chosen, &mut shares, day);
    shares
}

fn cap_groups(hits: &[Hit<'_, '_>], chosen: &[usize], shares: &mut [Share], day: Day) {
    let mut schemes: Vec<&Scheme> = Vec::new();
    for &i in chosen {
        if !schemes.iter().any(|s| std::ptr::eq(*s, hits[i].scheme)) {
            schemes.push(hits[i].scheme);
        }
    }
    for scheme in schemes {
        for (group, cap) in &scheme.group_caps {
            let cap = Points::from_raw(size(*cap));
            for pool in [Pool::Bad, Pool::Good] {
                let members: Vec<usize> = chosen
                    .iter()
                    .copied()
                    .filter(|&i| {
                        std::ptr::eq(hits[i].scheme, scheme)
                            && hits[i].indicator.group.as_ref() == Some(group)
                            && figure(&hits[i], day).is_some_and(|(p, _)| p == pool)
                    })
                    .collect();
                limit(shares, &members, cap, WhyNot::GroupCapped { cap });
            }
        }
    }
}

/// Earlier figures count first, until the cap is reached.
fn limit(shares: &mut [Share], members: &[usize], cap: Points, why: WhyNot<'static>) {
    let mut used = 0;
    for &i in members {
        if !shares[i].kept {
            continue;
        }
        let room = size(cap) - used;
        let own = size(shares[i].value);
        if own > room {
            let sign = if shares[i].value < Points::ZERO {
                -1
            } else {
                1
            };
            shares[i].value = Points::from_raw(room * sign);
            shares[i].loss = Some(why);
        }
        used += own.min(room);
    }
}

/// The members that an indicator's join keeps.
fn joined(hits: &[Hit<'_, '_>], members: &[usize], day: Day) -> Vec<usize> {
    let weight = |i: usize| figure(&hits[i], day).map_or(0, |(_, value)| size(value));
    let join = hits[members[0]].indicator.join;
    let mut groups: Vec<Vec<usize>> = Vec::new();
    match join.within {
        None => groups.extend(members.iter().map(|&i| vec![i])),
        Some((key, fold)) => {
            let same = |a: usize, b: usize| match key {
                Key::Record => {
                    hits[a].record.id == hits[b].record.id
                        && hits[a].together.is_some() == hits[b].together.is_some()
                        && (hits[a].together.is_none() || hits[a].row.id == hits[b].row.id)
                }
                Key::Case => hits[a].record.case == hits[b].record.case,
                Key::Month => {
                    hits[a].record.decided_on.month() == hits[b].record.decided_on.month()
                }
                Key::Subject => true,
            };
            let mut sets: Vec<Vec<usize>> = Vec::new();
            for &i in members {
                match sets.iter_mut().find(|set| same(set[0], i)) {
                    Some(set) => set.push(i),
                    None => sets.push(vec![i]),
                }
            }
            for set in sets {
                groups.push(match fold {
                    Fold::Sum => set,
                    Fold::First => vec![set[0]],
                    Fold::Max => vec![
                        set.iter()
                            .copied()
                            .rev()
                            .max_by_key(|&i| weight(i))
                            .unwrap_or(set[0]),
                    ],
                });
            }
        }
    }
    groups.sort_by_key(|group| members.iter().position(|&m| m == group[0]));
    let total = |group: &Vec<usize>| group.iter().map(|&i| weight(i)).sum::<i64>();
    match join.across {
        Fold::Sum => groups.concat(),
        Fold::First => groups.first().cloned().unwrap_or_default(),
        Fold::Max => groups
            .iter()
            .rev()
            .max_by_key(|group| total(group))
            .cloned()
            .unwrap_or_default(),
    }
}
