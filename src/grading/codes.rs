//! Small numbers for repeated values, so that a condition is evaluated once per distinct value.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use arrow::array::{Array as _, Int32Array};

use super::columns::{Text, Texts};

/// A code for each of some rows, by their place among them, or one code for all.
pub(crate) enum Codes<'a> {
    Constant(u32),
    Rows(Vec<u32>),
    /// Of all rows of a coded column; 0 for null, else its key + 1.
    Keys(&'a Int32Array),
}

impl Codes<'_> {
    /// The code of the row at a place.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> u32 {
        match self {
            Self::Constant(code) => *code,
            Self::Rows(codes) => codes[place],
            Self::Keys(keys) => code_of(keys, place),
        }
    }

    /// Tells of the rows, all `len` of them, whose code is picked.
    pub(crate) fn each_picked(&self, len: usize, picked: &[bool], mut each: impl FnMut(usize)) {
        match self {
            Self::Keys(keys) if keys.null_count() == 0 => {
                // The first stands for null.
                let picked = &picked[1..];
                for (row, key) in keys.values().iter().enumerate() {
                    if usize::try_from(*key).is_ok_and(|key| picked[key]) {
                        each(row);
                    }
                }
            }
            _ => (0..len)
                .filter(|row| picked[self.at(*row) as usize])
                .for_each(each),
        }
    }

    pub(crate) fn constant(code: u32) -> Self {
        Self::Constant(code)
    }

    pub(crate) fn from_rows(codes: impl Iterator<Item = u32>) -> Self {
        Self::Rows(codes.collect())
    }
}

/// Gives the texts of a column their codes; code 0 = null.
struct Coder<'a> {
    column: Text<'a>,
    /// The text of each code. The texts of a dictionary stand there from the beginning, in its order.
    texts: Vec<Option<&'a str>>,
    seen: Interner<&'a str>,
    last: Option<(&'a str, u32)>,
}

impl<'a> Coder<'a> {
    fn new(column: Text<'a>) -> Self {
        let mut texts = vec![None];
        if let Text::Coded(_, values) = column {
            texts.extend(values.iter());
        }
        Self {
            column,
            texts,
            seen: Interner::default(),
            last: None,
        }
    }

    #[inline]
    fn code(&mut self, row: usize) -> u32 {
        if let Text::Coded(keys, _) = self.column {
            return code_of(keys, row);
        }
        let Some(text) = self.column.get(row) else {
            return 0;
        };
        if let Some((previous, code)) = self.last
            && previous == text
        {
            return code;
        }
        let code = *self.seen.entry(text).or_insert_with(|| {
            self.texts.push(Some(text));
            (self.texts.len() - 1) as u32
        });
        self.last = Some((text, code));
        code
    }
}

#[inline]
fn code_of(keys: &Int32Array, row: usize) -> u32 {
    if keys.is_null(row) {
        return 0;
    }
    u32::try_from(keys.value(row)).map_or(0, |key| key + 1)
}

/// Codes of all rows of a text column and the text of each code; code 0 = null.
pub(crate) fn intern_all(column: Text<'_>, len: usize) -> (Codes<'_>, Vec<Option<&str>>) {
    match column {
        Text::Coded(keys, _) => (Codes::Keys(keys), Coder::new(column).texts),
        _ => intern_text(column, 0..len),
    }
}

/// Codes of some rows of a text column and the text of each code; code 0 = null.
pub(crate) fn intern_text<'a>(
    column: Text<'a>,
    rows: impl Iterator<Item = usize>,
) -> (Codes<'a>, Vec<Option<&'a str>>) {
    if column.is_absent() {
        return (Codes::Constant(0), vec![None]);
    }
    let mut coder = Coder::new(column);
    let codes = rows.map(|row| coder.code(row)).collect();
    (Codes::Rows(codes), coder.texts)
}

/// Codes of some rows of a list column and the items of each code, in list order.
pub(crate) fn intern_lists<'a>(
    column: &Texts<'a>,
    rows: impl Iterator<Item = usize>,
) -> (Codes<'a>, Vec<Vec<&'a str>>) {
    if column.lists.is_none() {
        return (Codes::Constant(0), vec![Vec::new()]);
    }
    let mut coder = Coder::new(column.items);
    let mut sets: Vec<Vec<&'a str>> = Vec::new();
    let mut seen: HashMap<Vec<u32>, u32, BuildHasherDefault<Fx>> = HashMap::default();
    // Most lists hold one item: those are looked up by the item alone.
    let mut single: Vec<Option<u32>> = Vec::new();
    let mut buffer: Vec<u32> = Vec::new();
    let mut code_of = |row: usize| {
        let span = column.span(row);
        if span.len() == 1 {
            let item = coder.code(span.start) as usize;
            if single.len() <= item {
                single.resize(coder.texts.len().max(item + 1), None);
            }
            return *single[item].get_or_insert_with(|| {
                sets.push(coder.texts[item].into_iter().collect());
                (sets.len() - 1) as u32
            });
        }
        buffer.clear();
        buffer.extend(span.map(|at| coder.code(at)));
        if let Some(&code) = seen.get(buffer.as_slice()) {
            return code;
        }
        let code = sets.len() as u32;
        let items = buffer.iter();
        sets.push(
            items
                .filter_map(|&item| coder.texts[item as usize])
                .collect(),
        );
        seen.insert(buffer.clone(), code);
        code
    };
    let codes = rows.map(&mut code_of).collect();
    if sets.is_empty() {
        sets.push(Vec::new());
    }
    (Codes::Rows(codes), sets)
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
