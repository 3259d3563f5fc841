//! Counts of results by their old and new place.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Movement, Place};

/// How many results went from where to where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    cells: BTreeMap<(Place, Place), u64>,
    movements: BTreeMap<Movement, u64>,
}

impl Tally {
    pub(super) fn add(&mut self, from: &Place, to: &Place, movement: Option<Movement>) {
        *self.cells.entry((from.clone(), to.clone())).or_default() += 1;
        if let Some(movement) = movement {
            *self.movements.entry(movement).or_default() += 1;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (cell, count) in &other.cells {
            *self.cells.entry(cell.clone()).or_default() += count;
        }
        for (movement, count) in &other.movements {
            *self.movements.entry(*movement).or_default() += count;
        }
    }

    /// Results with this old and this new place.
    #[must_use]
    pub fn count(&self, from: &Place, to: &Place) -> u64 {
        let cell = (from.clone(), to.clone());
        self.cells.get(&cell).copied().unwrap_or(0)
    }

    /// All results.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.cells.values().sum()
    }

    /// Results that moved in this way.
    #[must_use]
    pub fn moved_by(&self, movement: Movement) -> u64 {
        self.movements.get(&movement).copied().unwrap_or(0)
    }

    /// Results that moved in any way.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.movements.values().sum()
    }

    /// Old places that occur, best first.
    #[must_use]
    pub fn rows(&self) -> Vec<&Place> {
        let places: BTreeSet<&Place> = self.cells.keys().map(|(from, _)| from).collect();
        places.into_iter().collect()
    }

    /// New places that occur, best first.
    #[must_use]
    pub fn columns(&self) -> Vec<&Place> {
        let places: BTreeSet<&Place> = self.cells.keys().map(|(_, to)| to).collect();
        places.into_iter().collect()
    }

    /// Cells whose old and new place differ.
    pub fn flows(&self) -> impl Iterator<Item = (&Place, &Place, u64)> {
        self.cells
            .iter()
            .filter(|((from, to), _)| !from.same(to))
            .map(|((from, to), count)| (from, to, *count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grade(band: usize, grade: &str) -> Place {
        Place::Graded {
            band,
            grade: grade.to_owned(),
        }
    }

    #[test]
    fn counts_add_up_whatever_the_order_of_parts() {
        let (a, b) = (grade(0, "A"), grade(1, "B"));
        let mut one = Tally::default();
        one.add(&a, &a, None);
        one.add(&a, &b, Some(Movement::Worse));
        let mut other = Tally::default();
        other.add(&b, &b, Some(Movement::Score));
        let mut left = one.clone();
        left.merge(&other);
        other.merge(&one);
        assert_eq!(left, other);
        assert_eq!((left.total(), left.moved()), (3, 2));
        assert_eq!(left.flows().collect::<Vec<_>>(), [(&a, &b, 1)]);
        assert_eq!(left.rows(), [&a, &b]);
    }
}
