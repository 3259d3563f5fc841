//! Small numbers for repeated values, so that a condition is evaluated once per distinct value.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::columns::{Text, Texts};

/// A code per row, or one code for all rows.
pub(crate) enum Codes {
    Constant(u32),
    Rows(Vec<u32>),
}

impl Codes {
    pub(crate) fn constant(code: u32) -> Self {
        Self::Constant(code)
    }

    pub(crate) fn from_rows(codes: impl Iterator<Item = u32>) -> Self {
        Self::Rows(codes.collect())
    }

    pub(crate) fn is_constant(&self) -> bool {
        matches!(self, Self::Constant(_))
    }

    pub(crate) fn at(&self, row: usize) -> u32 {
        match self {
            Self::Constant(code) => *code,
            Self::Rows(codes) => codes[row],
        }
    }
}

/// Codes of a text column and the text of each code; code 0 = null.
pub(crate) fn intern_text<'a>(column: Text<'a>, len: usize) -> (Codes, Vec<Option<&'a str>>) {
    intern_rows(column, 0..len)
}

/// As [`intern_text`] for some rows alone; the first of them has the first code.
fn intern_rows<'a>(column: Text<'a>, rows: Range<usize>) -> (Codes, Vec<Option<&'a str>>) {
    match column {
        Text::Absent => (Codes::Constant(0), vec![None]),
        Text::Coded(keys, values) => {
            let mut texts = vec![None];
            texts.extend((0..values_len(&column)).map(|key| column_value(values, key)));
            let code = |row: usize| {
                use arrow::array::Array;
                if keys.is_null(row) {
                    0
                } else {
                    u32::try_from(keys.value(row)).map_or(0, |k| k + 1)
                }
            };
            (Codes::Rows(rows.map(code).collect()), texts)
        }
        Text::Plain(_) => {
            let mut codes = Vec::with_capacity(rows.len());
            let mut texts = vec![None];
            let mut seen: Interner<&'a str> = Interner::default();
            let mut last: Option<(&'a str, u32)> = None;
            for row in rows {
                let Some(text) = column.get(row) else {
                    codes.push(0);
                    continue;
                };
                if let Some((previous, code)) = last
                    && previous == text
                {
                    codes.push(code);
                    continue;
                }
                let code = *seen.entry(text).or_insert_with(|| {
                    texts.push(Some(text));
                    (texts.len() - 1) as u32
                });
                last = Some((text, code));
                codes.push(code);
            }
            (Codes::Rows(codes), texts)
        }
    }
}

/// Codes of a list column and the items of each code, in list order.
pub(crate) fn intern_lists<'a>(column: &Texts<'a>, len: usize) -> (Codes, Vec<Vec<&'a str>>) {
    let Some(lists) = column.lists else {
        return (Codes::Constant(0), vec![Vec::new()]);
    };
    // The items of these rows only: the rows may be a part of a large batch.
    let offsets = lists.value_offsets();
    let place = |at: Option<&i32>| at.and_then(|at| usize::try_from(*at).ok()).unwrap_or(0);
    let (first, end) = (place(offsets.first()), place(offsets.get(len)));
    let (items, texts) = intern_rows(column.items, first..end);
    let item_of = |at: usize| items.at(at - first);
    let mut sets: Vec<Vec<&'a str>> = Vec::new();
    let mut seen: HashMap<Vec<u32>, u32, BuildHasherDefault<Fx>> = HashMap::default();
    let mut codes = Vec::with_capacity(len);
    // Most lists hold one item: those are looked up by the item alone.
    let mut single: Vec<Option<u32>> = vec![None; texts.len()];
    let mut buffer: Vec<u32> = Vec::new();
    for row in 0..len {
        let span = column.span(row);
        if span.len() == 1 {
            let item = item_of(span.start) as usize;
            let code = *single[item].get_or_insert_with(|| {
                sets.push(texts[item].into_iter().collect());
                (sets.len() - 1) as u32
            });
            codes.push(code);
            continue;
        }
        buffer.clear();
        buffer.extend(span.map(item_of));
        if let Some(&code) = seen.get(buffer.as_slice()) {
            codes.push(code);
            continue;
        }
        let code = sets.len() as u32;
        sets.push(
            buffer
                .iter()
                .filter_map(|&item| texts[item as usize])
                .collect(),
        );
        seen.insert(buffer.clone(), code);
        codes.push(code);
    }
    if sets.is_empty() {
        sets.push(Vec::new());
    }
    (Codes::Rows(codes), sets)
}

fn values_len(column: &Text<'_>) -> usize {
    use arrow::array::Array;
    match column {
        Text::Coded(_, values) => values.len(),
        _ => 0,
    }
}

fn column_value(values: &arrow::array::StringArray, key: usize) -> Option<&str> {
    use arrow::array::Array;
    values.is_valid(key).then(|| values.value(key))
}

type Interner<K> = HashMap<K, u32, BuildHasherDefault<Fx>>;

/// A fast multiplicative hasher. Only looked up in, never iterated: its order reaches no result.
#[derive(Default)]
pub(crate) struct Fx(u64);

const SEED: u64 = 0x517c_c1b7_2722_0a95;

impl Fx {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(SEED);
    }
}

impl Hasher for Fx {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.add(u64::from_le_bytes(word));
        }
        let mut word = [0; 8];
        let rest = chunks.remainder();
        word[..rest.len()].copy_from_slice(rest);
        self.add(u64::from_le_bytes(word));
    }

    fn write_u8(&mut self, value: u8) {
        self.add(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.add(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.add(value as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}
