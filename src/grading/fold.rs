//! Joining and capping: the figures of one indicator's hits become what reaches the score.

use std::borrow::Cow;

use super::columns::Table;
use super::hit::Hit;
use super::program::{Fold, Indicator, Key};
use crate::record::Day;

/// Why a live hit's figure does not reach the score in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    None,
    Joined,
    Capped(i64),
    GroupCapped(i64),
    /// A bonus beside points, in a scheme that keeps their books apart.
    Apart,
}

/// A figure on its way through joins and caps. Figures of one pool have one sign; amounts are absolute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Index of the hit.
    pub(crate) hit: usize,
    pub(crate) amount: i64,
    pub(crate) counted: i64,
    /// Left over by the joins.
    pub(crate) chosen: bool,
    pub(crate) loss: Loss,
}

impl Share {
    pub(crate) fn new(hit: usize, amount: i64) -> Self {
        Self {
            hit,
            amount,
            counted: 0,
            chosen: false,
            loss: Loss::None,
        }
    }
}

/// Joins one pool of an indicator. `pool` is sorted by (decided_on, record id, row order), which breaks ties.
pub(crate) fn join(pool: &mut [Share], indicator: &Indicator, hits: &[Hit<'_>]) {
    if pool.len() == 1 || (indicator.within.is_none() && indicator.across == Fold::Sum) {
        pool.iter_mut().for_each(choose);
        return;
    }
    let groups = within(pool, indicator, hits);
    let kept: Vec<usize> = match indicator.across {
        Fold::Sum => (0..groups.len()).collect(),
        Fold::Max => heaviest(
            groups
                .iter()
                .map(|g| g.iter().map(|&s| pool[s].amount).sum()),
        )
        .into_iter()
        .collect(),
        Fold::First => {
            if groups.is_empty() {
                Vec::new()
            } else {
                vec![0]
            }
        }
    };
    pool.iter_mut().for_each(|share| share.loss = Loss::Joined);
    for group in kept {
        groups[group].iter().for_each(|&s| choose(&mut pool[s]));
    }
}

fn choose(share: &mut Share) {
    share.counted = share.amount;
    share.chosen = true;
    share.loss = Loss::None;
}

/// The shares that each key keeps, keys in the order of their first kept share.
fn within(pool: &[Share], indicator: &Indicator, hits: &[Hit<'_>]) -> Vec<Vec<usize>> {
    let Some((key, fold)) = indicator.within else {
        return (0..pool.len()).map(|share| vec![share]).collect();
    };
    let mut order: Vec<usize> = (0..pool.len()).collect();
    order.sort_by(|&a, &b| key_of(key, &hits[pool[a].hit]).cmp(&key_of(key, &hits[pool[b].hit])));
    let mut groups: Vec<Vec<usize>> = order
        .chunk_by(|&a, &b| key_of(key, &hits[pool[a].hit]) == key_of(key, &hits[pool[b].hit]))
        .map(|members| match fold {
            Fold::Sum => members.to_vec(),
            Fold::Max => heaviest(members.iter().map(|&s| pool[s].amount))
                .map(|best| members[best])
                .into_iter()
                .collect(),
            Fold::First => members.first().copied().into_iter().collect(),
        })
        .collect();
    groups.sort_by_key(|group| group.first().copied());
    groups
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum KeyValue<'a> {
    Text(Cow<'a, str>),
    Record(Table, usize),
    Row(usize),
    Month(i32, u32),
    One,
}

fn key_of<'a>(key: Key, hit: &Hit<'a>) -> KeyValue<'a> {
    match key {
        // What a row says of all its records together stands for itself.
        Key::Record | Key::Case if hit.summary => KeyValue::Row(hit.rule),
        // By its place: scores alone are made without the ids of records.
        Key::Record => KeyValue::Record(hit.facts.table, hit.facts.row),
        Key::Case => KeyValue::Text(hit.facts.case.text()),
        Key::Month => {
            let (year, month, _) = Day::from_epoch(hit.facts.decided).ymd();
            KeyValue::Month(year, month)
        }
        Key::Subject => KeyValue::One,
    }
}

/// Position of the greatest amount, the first of equals.
fn heaviest(amounts: impl Iterator<Item = i64>) -> Option<usize> {
    let mut best: Option<(usize, i64)> = None;
    for (index, amount) in amounts.enumerate() {
        if best.is_none_or(|(_, most)| amount > most) {
            best = Some((index, amount));
        }
    }
    best.map(|(index, _)| index)
}

/// Lets a pool count up to `cap`, earlier figures first.
pub(crate) fn cap<'s>(
    pool: impl Iterator<Item = &'s mut Share>,
    cap: i64,
    loss: impl Fn(i64) -> Loss,
) {
    let mut left = cap;
    for share in pool.filter(|share| share.chosen) {
        let taken = share.counted.min(left);
        if taken < share.counted {
            share.loss = loss(cap);
            share.counted = taken;
        }
        left -= taken;
    }
}
