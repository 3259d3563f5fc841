//! A row as bytes, for rows that wait on the disk (`ingest::parts`).

use std::sync::Arc;

use super::{Notice, SourceRow, Values};
use crate::standard::{Field, Mapping};

/// Adds a row to the bytes. Its mapping is not part of them.
pub(in crate::ingest) fn pack(row: &SourceRow, out: &mut Vec<u8>) {
    put(out, row.row_no);
    put_text(out, row.values.text());
    put_len(out, row.values.ends().len());
    for end in row.values.ends() {
        put(out, *end);
    }
    put_len(out, row.values.all_derived().len());
    for (field, value) in row.values.all_derived() {
        out.push(*field as u8);
        put_text(out, value);
    }
    put_len(out, row.notices.len());
    for notice in &row.notices {
        let (tag, numbers) = match *notice {
            Notice::TooManyCells { cells, columns } => (0, [cells, columns]),
            Notice::TooFewCells { cells, columns } => (1, [cells, columns]),
            Notice::ErrorCell(index) => (2, [index, 0]),
            Notice::OpenQuote => (3, [0, 0]),
        };
        out.push(tag);
        for number in numbers {
            put_len(out, number);
        }
    }
}

/// Takes a row off the front of the bytes; `None` when they are not a row.
pub(in crate::ingest) fn unpack(bytes: &mut &[u8], mapping: &Arc<Mapping>) -> Option<SourceRow> {
    let row_no = take(bytes)?;
    let text = take_text(bytes)?;
    let count = take(bytes)?;
    let ends: Vec<u32> = (0..count).map(|_| take(bytes)).collect::<Option<_>>()?;
    let mut values = Values::new(mapping.clone(), text, &ends);
    for _ in 0..take(bytes)? {
        let field = *Field::ALL.get(usize::from(take_byte(bytes)?))?;
        values.derive(field, take_text(bytes)?);
    }
    let mut notices = Vec::new();
    for _ in 0..take(bytes)? {
        let tag = take_byte(bytes)?;
        let (one, two) = (take(bytes)? as usize, take(bytes)? as usize);
        notices.push(match tag {
            0 => Notice::TooManyCells {
                cells: one,
                columns: two,
            },
            1 => Notice::TooFewCells {
                cells: one,
                columns: two,
            },
            2 => Notice::ErrorCell(one),
            3 => Notice::OpenQuote,
            _ => return None,
        });
    }
    Some(SourceRow {
        row_no,
        values,
        notices,
    })
}

fn put(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_len(out: &mut Vec<u8>, number: usize) {
    put(out, u32::try_from(number).unwrap_or(u32::MAX));
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_len(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*byte)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = take(bytes)? as usize;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    simdutf8::basic::from_utf8(text).ok()
}
