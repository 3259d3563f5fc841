//! The generator's own pseudo-random numbers, so that output never depends on a library's version.

/// xoshiro256** (Blackman and Vigna, 2018), seeded through splitmix64.
///
/// Every subject and every record has a stream of its own, named by (seed, stream, index), so that any part of the
/// data can be generated without the parts before it.
#[derive(Clone, Debug)]
pub(crate) struct Rng([u64; 4]);

/// One step of splitmix64: the next state and its mixed value.
const fn splitmix(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (state, z ^ (z >> 31))
}

impl Rng {
    /// The stream `stream` of item `index` under `seed`.
    pub(crate) fn new(seed: u64, stream: u64, index: u64) -> Rng {
        let (_, a) = splitmix(seed);
        let (_, b) = splitmix(a ^ stream.rotate_left(32));
        let mut state = b ^ index;
        let mut words = [0; 4];
        for word in &mut words {
            let (next, value) = splitmix(state);
            state = next;
            *word = value;
        }
        Rng(words)
    }

    /// 64 fresh bits.
    pub(crate) fn bits(&mut self) -> u64 {
        let s = &mut self.0;
        let out = s[1].wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        out
    }

    /// A number in `0..n` (0 when `n` is 0). The bias of the multiply-shift is below 2⁻³² for the ranges used here.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u64
    }

    /// A number in `low..=high`; `low` when the bounds are swapped.
    pub(crate) fn range(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0) as u64;
        low.saturating_add(self.below(span.saturating_add(1)) as i64)
    }

    /// True in `per_mille` of 1000 cases.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// One of a weighted list that is not empty and whose weights are not all zero.
    pub(crate) fn weighted<T: Copy>(&mut self, items: &[(u32, T)]) -> T {
        let total: u64 = items.iter().map(|(weight, _)| u64::from(*weight)).sum();
        let mut at = self.below(total);
        for &(weight, item) in items {
            let weight = u64::from(weight);
            if at < weight {
                return item;
            }
            at -= weight;
        }
        items[items.len() - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_fixed() {
        let mut rng = Rng::new(1, 2, 3);
        let first: Vec<u64> = (0..3).map(|_| rng.below(1_000_000)).collect();
        let mut again = Rng::new(1, 2, 3);
        assert_eq!(
            first,
            (0..3).map(|_| again.below(1_000_000)).collect::<Vec<_>>()
        );
        let mut other = Rng::new(1, 2, 4);
        assert_ne!(
            first,
            (0..3).map(|_| other.below(1_000_000)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn ranges_and_weights_are_kept() {
        let mut rng = Rng::new(7, 0, 0);
        let mut seen = [0u32; 3];
        for _ in 0..3000 {
            let value = rng.range(-2, 2);
            assert!((-2..=2).contains(&value));
            seen[rng.weighted(&[(0, 0usize), (1, 1), (3, 2)])] += 1;
        }
        assert_eq!(seen[0], 0);
        assert!(seen[2] > 2 * seen[1], "{seen:?}");
        assert_eq!(rng.range(5, 1), 5);
    }
}
