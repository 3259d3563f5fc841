//! Records that rules may still match while field after field is looked at, and what matched in the end.

use std::ops::Range;

use super::codes::Codes;

/// Rows that matched each record of one table, in record order.
pub(crate) struct Matches {
    offsets: Vec<u32>,
    rows: Vec<u32>,
}

/// Records that some row may still match, and those rows.
pub(super) struct Open {
    words: usize,
    pub(super) records: Vec<u32>,
    /// `words` of rows for each of the records.
    rows: Vec<u64>,
}

impl Open {
    /// The records whose codes leave a row of `base`.
    pub(super) fn of(len: usize, base: &[u64], tables: &[(Codes<'_>, Vec<u64>)]) -> Self {
        let words = base.len();
        let mut base = base.to_vec();
        let mut coded: Vec<(&Codes<'_>, &Vec<u64>)> = Vec::new();
        for (codes, bits) in tables {
            match codes {
                Codes::Constant(code) => and(&mut base, at(bits, *code, words)),
                _ => coded.push((codes, bits)),
            }
        }
        let mut open = Self {
            words,
            records: Vec::new(),
            rows: Vec::new(),
        };
        if base.iter().all(|word| *word == 0) {
            return open;
        }
        // Most records have a code of which no row speaks.
        let speaks = |of: &[u64]| of.iter().zip(&base).any(|(a, b)| a & b != 0);
        let spoken: Vec<Vec<bool>> = (coded.iter())
            .map(|(_, bits)| bits.chunks_exact(words).map(speaks).collect())
            .collect();
        let is_spoken_of = |record: usize| {
            let mut codes = coded.iter().zip(&spoken).skip(1);
            codes.all(|((codes, _), spoken)| spoken[codes.at(record) as usize])
        };
        let mut look = |record: usize| {
            if !is_spoken_of(record) {
                return;
            }
            let start = open.rows.len();
            open.rows.extend_from_slice(&base);
            let rows = &mut open.rows[start..];
            for (codes, bits) in &coded {
                and(rows, at(bits, codes.at(record), words));
            }
            if rows.iter().all(|word| *word == 0) {
                open.rows.truncate(start);
            } else {
                open.records.push(record as u32);
            }
        };
        match coded.first().zip(spoken.first()) {
            Some(((codes, _), spoken)) => codes.each_picked(len, spoken, look),
            None => (0..len).for_each(&mut look),
        }
        open
    }

    /// Leaves the rows that the code of each record allows.
    pub(super) fn meet(&mut self, codes: &Codes<'_>, bits: &[u64]) {
        for (place, rows) in self.rows.chunks_exact_mut(self.words).enumerate() {
            and(rows, at(bits, codes.at(place), self.words));
        }
    }

    /// Takes away the rows that carry a condition where it does not hold.
    pub(super) fn meet_words(&mut self, carriers: &[u64], holds: impl Fn(usize) -> bool) {
        let of_records = self.rows.chunks_exact_mut(self.words);
        for (record, rows) in self.records.iter().zip(of_records) {
            let asked = rows.iter().zip(carriers).any(|(a, c)| a & c != 0);
            if asked && !holds(*record as usize) {
                and_not(rows, carriers);
            }
        }
    }

    pub(super) fn matches(self, len: usize) -> Matches {
        let mut offsets = Vec::with_capacity(len + 1);
        let mut found = Vec::with_capacity(self.records.len());
        let of_records = self.rows.chunks_exact(self.words);
        for (record, rows) in self.records.iter().zip(of_records) {
            // Up to the beginning of this record nothing more has matched.
            offsets.resize(*record as usize + 1, found.len() as u32);
            for (word, &bits) in rows.iter().enumerate() {
                let mut rest = bits;
                while rest != 0 {
                    found.push((word * 64) as u32 + rest.trailing_zeros());
                    rest &= rest - 1;
                }
            }
        }
        offsets.resize(len + 1, found.len() as u32);
        Matches {
            offsets,
            rows: found,
        }
    }
}

/// The bitset of a code.
fn at(bits: &[u64], code: u32, words: usize) -> &[u64] {
    let start = code as usize * words;
    &bits[start..start + words]
}

impl Matches {
    /// Whether any of some records, which follow one another, is matched by a row.
    pub(crate) fn any(&self, records: &Range<usize>) -> bool {
        self.offsets[records.start] != self.offsets[records.end]
    }

    pub(crate) fn of(&self, record: usize) -> &[u32] {
        &self.rows[self.offsets[record] as usize..self.offsets[record + 1] as usize]
    }
}

fn and(acc: &mut [u64], mask: &[u64]) {
    for (a, m) in acc.iter_mut().zip(mask) {
        *a &= m;
    }
}

pub(super) fn and_not(acc: &mut [u64], mask: &[u64]) {
    for (a, m) in acc.iter_mut().zip(mask) {
        *a &= !m;
    }
}
