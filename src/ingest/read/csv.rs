//! Delimited text: CSV, TSV, `|`-separated, as spreadsheets and databases really export it.
//!
//! RFC 4180 with the liberties that were met: a quotation mark inside a bare cell is a character; one that is opened and never closed,
//! or closed in the middle of another row's cell, is a character too; `="0012"` is the text 0012; `\r`, `\n` and `\r\n` end rows.

use super::decode::Text;
use super::table::{Cells, Outcome, Table};
use super::{Chunk, LONGEST_ROW, Notice, RefusedCause, too_long};
use crate::standard::{HeaderError, Standards};

/// Delimiters that are tried, in this order.
const DELIMITERS: [u8; 4] = [b',', b'\t', b'|', b';'];

/// Rows that are looked at to find the delimiter.
const SAMPLE_ROWS: usize = 40;

/// Longest quoted cell in bytes; a longer one is an open quotation mark.
const LONGEST_QUOTED: usize = 1 << 20;

/// Reads delimited text.
pub(super) fn read(
    mut text: Text,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<(), RefusedCause> {
    while !text.is_ended() && text.rest().len() < 64 * 1024 {
        text.fill()?;
    }
    let delimiter = delimiter(text.rest(), text.is_ended(), standards);
    let mut table = Table::new(standards, "", 0, sink).keeping_blank_ends();
    let mut record = Record::default();
    let mut row_no = 0_u32;
    loop {
        match record.read(text.rest(), delimiter, text.is_ended()) {
            Step::Row(taken) => {
                text.at += taken;
                row_no = row_no.saturating_add(1);
                let notices = if record.open_quote {
                    vec![Notice::OpenQuote]
                } else {
                    Vec::new()
                };
                if !table.push(
                    row_no,
                    Cells {
                        text: &record.text,
                        ends: &record.ends,
                    },
                    notices,
                ) {
                    break;
                }
            }
            Step::NeedMore if text.rest().len() > LONGEST_ROW => {
                return Err(too_long(row_no.saturating_add(1)));
            }
            Step::NeedMore => {
                text.fill()?;
            }
            Step::End => break,
        }
    }
    match table.finish() {
        Outcome::Data => Ok(()),
        Outcome::NoHeader { rows: 0, .. } => Err(RefusedCause::Empty),
        Outcome::NoHeader {
            nearest: Some((row, error)),
            ..
        } => Err(RefusedCause::header(format!("第{row}行："), error)),
        Outcome::NoHeader { nearest: None, .. } => {
            Err(RefusedCause::header(String::new(), HeaderError::none()))
        }
    }
}

/// The delimiter under which a header is recognised, else the one that occurs most.
fn delimiter(sample: &str, is_whole: bool, standards: &Standards) -> u8 {
    let mut best = (0, 0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let mut record = Record::default();
        let mut at = 0;
        let mut cells = 0;
        for _ in 0..SAMPLE_ROWS {
            let Step::Row(taken) = record.read(&sample[at..], delimiter, is_whole) else {
                break;
            };
            at += taken;
            cells = cells.max(record.ends.len());
            let header: Vec<&str> = Cells {
                text: &record.text,
                ends: &record.ends,
            }
            .iter()
            .collect();
            if header.len() >= 2
                && let Ok(mapping) = standards.recognise(&header)
            {
                let known = mapping.fields().iter().count();
                best = best.max((known, cells, delimiter));
                break;
            }
        }
        if best.0 == 0 && cells > best.1 {
            best = (0, cells, delimiter);
        }
    }
    best.2
}

enum Step {
    /// A row that took this many bytes of the input.
    Row(usize),
    /// The row does not end in the input.
    NeedMore,
    /// Nothing is left.
    End,
}

/// The row that was read last.
#[derive(Default)]
struct Record {
    text: String,
    ends: Vec<u32>,
    open_quote: bool,
}

impl Record {
    /// Reads the row at the start of `input`.
    fn read(&mut self, input: &str, delimiter: u8, is_last: bool) -> Step {
        self.text.clear();
        self.ends.clear();
        self.open_quote = false;
        if input.is_empty() {
            return if is_last { Step::End } else { Step::NeedMore };
        }
        let bytes = input.as_bytes();
        let mut at = 0;
        loop {
            let end = if bytes.get(at) == Some(&b'"') {
                match quoted(bytes, at, delimiter, is_last) {
                    Quoted::Closed { end } => {
                        self.unquote(&input[at + 1..end - 1]);
                        end
                    }
                    Quoted::NeedMore => return Step::NeedMore,
                    Quoted::Open => {
                        self.open_quote = true;
                        let end = bare(bytes, at, delimiter);
                        self.text.push_str(&input[at..end]);
                        end
                    }
                }
            } else {
                let end = bare(bytes, at, delimiter);
                let cell = &input[at..end];
                let cell = cell
                    .strip_prefix("=\"")
                    .and_then(|cell| cell.strip_suffix('"'))
                    .unwrap_or(cell);
                self.text.push_str(cell);
                end
            };
            self.ends
                .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
            match bytes.get(end) {
                Some(byte) if *byte == delimiter => at = end + 1,
                Some(b'\r') => match bytes.get(end + 1) {
                    Some(b'\n') => return Step::Row(end + 2),
                    None if !is_last => return Step::NeedMore,
                    _ => return Step::Row(end + 1),
                },
                Some(_) => return Step::Row(end + 1),
                None if is_last => return Step::Row(end),
                None => return Step::NeedMore,
            }
        }
    }

    /// Adds the inside of a quoted cell; doubled quotation marks are single ones.
    fn unquote(&mut self, inside: &str) {
        let mut rest = inside;
        while let Some(at) = rest.find("\"\"") {
            self.text.push_str(&rest[..=at]);
            rest = &rest[at + 2..];
        }
        self.text.push_str(rest);
    }
}

/// The end of a bare cell: its delimiter, its row's end, or the input's.
fn bare(bytes: &[u8], start: usize, delimiter: u8) -> usize {
    bytes[start..]
        .iter()
        .position(|byte| *byte == delimiter || *byte == b'\n' || *byte == b'\r')
        .map_or(bytes.len(), |length| start + length)
}

enum Quoted {
    /// The byte after the closing quotation mark.
    Closed {
        end: usize,
    },
    NeedMore,
    /// Never closed, or closed where no cell ends.
    Open,
}

fn quoted(bytes: &[u8], start: usize, delimiter: u8, is_last: bool) -> Quoted {
    let mut at = start + 1;
    loop {
        let Some(length) = bytes[at..].iter().position(|byte| *byte == b'"') else {
            return if is_last || bytes.len() - start > LONGEST_QUOTED {
                Quoted::Open
            } else {
                Quoted::NeedMore
            };
        };
        let mark = at + length;
        match bytes.get(mark + 1) {
            Some(b'"') => at = mark + 2,
            Some(byte) if *byte == delimiter || matches!(byte, b'\n' | b'\r') => {
                return Quoted::Closed { end: mark + 1 };
            }
            Some(_) => return Quoted::Open,
            None if is_last => return Quoted::Closed { end: mark + 1 },
            None => return Quoted::NeedMore,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(input: &str) -> Vec<Vec<String>> {
        let mut record = Record::default();
        let mut at = 0;
        let mut rows = Vec::new();
        while let Step::Row(taken) = record.read(&input[at..], b',', true) {
            at += taken;
            rows.push(
                Cells {
                    text: &record.text,
                    ends: &record.ends,
                }
                .iter()
                .map(str::to_owned)
                .collect(),
            );
        }
        rows
    }

    #[test]
    fn quotes_newlines_and_blank_lines() {
        assert_eq!(
            rows("a,\"b,\"\"c\"\"\nd\",e\r\n\r\nx,,\n"),
            [vec!["a", "b,\"c\"\nd", "e"], vec![""], vec!["x", "", ""]]
        );
        assert_eq!(rows("a,b"), [["a", "b"]]);
        assert_eq!(rows("名称,\"\"\n"), [["名称", ""]]);
        assert_eq!(rows("=\"0012\",5\"2\n"), [["0012", "5\"2"]]);
    }

    #[test]
    fn an_open_quote_swallows_nothing() {
        assert_eq!(
            rows("1,\"a,b\n2,\"c\",d\n"),
            [vec!["1", "\"a", "b"], vec!["2", "c", "d"]]
        );
        assert_eq!(rows("1,\"a\n2,b\n"), [["1", "\"a"], ["2", "b"]]);
        assert_eq!(rows("\"a\"b,c\n"), [["\"a\"b", "c"]]);
    }

    #[test]
    fn a_row_cut_by_the_buffer_is_waited_for() {
        let mut record = Record::default();
        for cut in ["a,b", "a,\"b", "a,\"b\"", "a,b\r"] {
            assert!(
                matches!(record.read(cut, b',', false), Step::NeedMore),
                "{cut:?}"
            );
        }
        assert!(matches!(record.read("a,b\n", b',', false), Step::Row(4)));
    }

    proptest::proptest! {
        /// Whatever stands in the cells, and wherever the buffer cuts: what was written is read.
        #[test]
        fn written_cells_are_read(
            cells in proptest::collection::vec(proptest::collection::vec("[a,\"\n;号 ]{0,6}", 2..5), 1..5),
            cut in 0_usize..200,
        ) {
            let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
            let text: String = cells
                .iter()
                .map(|row| row.iter().map(quote).collect::<Vec<_>>().join(",") + "\r\n")
                .collect();
            proptest::prop_assert_eq!(&rows(&text), &cells);
            let cut = (0..=cut.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            let mut record = Record::default();
            let first = match record.read(&text, b',', true) {
                Step::Row(taken) => taken,
                _ => 0,
            };
            // A row read from a cut buffer is the row, not a piece of it.
            if let Step::Row(taken) = record.read(&text[..cut], b',', false) {
                proptest::prop_assert_eq!(taken, first);
            }
        }

        /// Nothing that can stand in a file makes the reader stop short of its end or stand still.
        #[test]
        fn any_text_is_read_to_its_end(text in "[a,\"\n\r号]{0,40}") {
            let mut record = Record::default();
            let mut at = 0;
            while let Step::Row(taken) = record.read(&text[at..], b',', true) {
                proptest::prop_assert!(taken > 0);
                at += taken;
            }
            proptest::prop_assert_eq!(at, text.len());
        }
    }
}
