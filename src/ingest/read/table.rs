//! Rows under a header: where the header stands, and which rows below it are data. Shared by every reader of tables.

use std::sync::Arc;

use crate::ingest::normalise::fill_from_others;
use crate::standard::{Field, HeaderError, Mapping, Standards};

use super::rows::Judge;
use super::{CHUNK_BYTES, CHUNK_ROWS, Chunk, Notice, SheetHead, Skipped, SourceRow, Values};

/// Rows searched for a header: titles, reporting units and blank lines stand above it.
const HEADER_ROWS: usize = 30;

/// The cells of a row, as one text with the ends of the cells in it.
#[derive(Clone, Copy)]
pub(super) struct Cells<'a> {
    pub(super) text: &'a str,
    pub(super) ends: &'a [u32],
}

impl<'a> Cells<'a> {
    pub(super) fn iter(self) -> impl Iterator<Item = &'a str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start as usize..*end as usize).unwrap_or("");
            start = *end;
            cell
        })
    }

    pub(super) fn get(self, index: usize) -> &'a str {
        let start = if index == 0 {
            0
        } else {
            self.ends.get(index - 1).copied().unwrap_or(0)
        };
        self.ends
            .get(index)
            .and_then(|end| self.text.get(start as usize..*end as usize))
            .unwrap_or("")
    }

    pub(super) fn to_strings(self) -> Vec<String> {
        self.iter().map(str::to_owned).collect()
    }
}

/// Reads one table row by row.
pub(super) struct Table<'a> {
    standards: &'a Standards,
    sink: &'a mut dyn FnMut(Chunk),
    name: String,
    index: usize,
    keeps_blank_ends: bool,
    state: State,
}

enum State {
    /// Above the header: the row before, and the best failure so far.
    Seeking {
        previous: Vec<String>,
        seen: usize,
        nearest: Option<(u32, HeaderError)>,
    },
    Reading(Reading),
}

struct Reading {
    head: Arc<SheetHead>,
    mapping: Arc<Mapping>,
    has_derivations: bool,
    judge: Judge,
    rows: Vec<SourceRow>,
    /// Bytes of their cells.
    bytes: usize,
    skipped: Vec<Skipped>,
    /// Empty lines that count only when data follows.
    empty: Vec<u32>,
}

/// What a table turned out to be.
pub(super) enum Outcome {
    /// A table under a header; its rows were given on.
    Data,
    /// No header; the rows seen, and the nearest failure with its row.
    NoHeader {
        rows: usize,
        nearest: Option<(u32, HeaderError)>,
    },
}

impl<'a> Table<'a> {
    /// A table with the name of its sheet and its place among the file's data sheets.
    pub(super) fn new(
        standards: &'a Standards,
        name: &str,
        index: usize,
        sink: &'a mut dyn FnMut(Chunk),
    ) -> Table<'a> {
        let state = State::Seeking {
            previous: Vec::new(),
            seen: 0,
            nearest: None,
        };
        Table {
            standards,
            sink,
            name: name.to_owned(),
            index,
            keeps_blank_ends: false,
            state,
        }
    }

    /// Says that the source writes blank cells at the end of a row (text does, a spreadsheet does not), so that a short row is
    /// worth a notice.
    pub(super) fn keeping_blank_ends(mut self) -> Table<'a> {
        self.keeps_blank_ends = true;
        self
    }

    /// Takes a row. Returns false when no header can be found any more.
    pub(super) fn push(&mut self, row_no: u32, cells: Cells<'_>, notices: Vec<Notice>) -> bool {
        match &mut self.state {
            State::Reading(reading) => {
                reading.push(
                    self.standards,
                    row_no,
                    cells,
                    notices,
                    self.keeps_blank_ends,
                );
                if reading.rows.len() >= CHUNK_ROWS || reading.bytes >= CHUNK_BYTES {
                    reading.flush(self.sink);
                }
                true
            }
            State::Seeking { .. } => self.seek(row_no, cells),
        }
    }

    /// Ends the table and gives on what is left.
    pub(super) fn finish(self) -> Outcome {
        match self.state {
            State::Reading(mut reading) => {
                reading.flush(self.sink);
                Outcome::Data
            }
            State::Seeking { seen, nearest, .. } => Outcome::NoHeader {
                rows: seen,
                nearest,
            },
        }
    }

    fn seek(&mut self, row_no: u32, cells: Cells<'_>) -> bool {
        let State::Seeking {
            previous,
            seen,
            nearest,
        } = &mut self.state
        else {
            return true;
        };
        let header = cells.to_strings();
        let filled = header.iter().filter(|cell| !cell.trim().is_empty()).count();
        if filled > 0 {
            *seen += 1;
        }
        if filled >= 2 {
            let two_rows = under(previous, &header);
            for candidate in std::iter::once(&header).chain(two_rows.as_ref()) {
                match self.standards.recognise(candidate) {
                    Ok(mapping) => {
                        let reading = Reading::new(mapping, &self.name, self.index, row_no);
                        // Said even when no row follows: the layout of an empty table is known.
                        (self.sink)(Chunk {
                            sheet: reading.head.clone(),
                            rows: Vec::new(),
                            skipped: Vec::new(),
                        });
                        self.state = State::Reading(reading);
                        return true;
                    }
                    Err(error) => {
                        let is_nearer = nearest.as_ref().is_none_or(|(_, best)| {
                            (error.matched, best.missing.len())
                                > (best.matched, error.missing.len())
                        });
                        if is_nearer {
                            *nearest = Some((row_no, error));
                        }
                    }
                }
            }
        }
        *previous = header;
        *seen < HEADER_ROWS
    }
}

/// A header of two rows: the lower text where there is one, else the upper one; and, where a group (行政相对人代码) stands above
/// several columns, only the lower texts matter.
fn under(upper: &[String], lower: &[String]) -> Option<Vec<String>> {
    let filled = upper.iter().filter(|text| !text.trim().is_empty()).count();
    if filled < 2 {
        return None;
    }
    let width = upper.len().max(lower.len());
    let at =
        |row: &[String], index: usize| row.get(index).map_or("", |text| text.trim()).to_owned();
    Some(
        (0..width)
            .map(|index| {
                Some(at(lower, index))
                    .filter(|text| !text.is_empty())
                    .unwrap_or_else(|| at(upper, index))
            })
            .collect(),
    )
}

impl Reading {
    fn new(mapping: Mapping, name: &str, index: usize, header_row: u32) -> Reading {
        let mapping = Arc::new(mapping);
        let layout = mapping.layout().clone();
        let has_yuan = [Field::FineYuan, Field::ConfiscatedYuan]
            .into_iter()
            .any(|field| mapping.fields().contains(field));
        let implies = layout.implied_kind != crate::standard::ImpliedKind::Column;
        Reading {
            has_derivations: implies || !layout.derive.is_empty() || has_yuan,
            head: Arc::new(SheetHead {
                index,
                name: name.to_owned(),
                layout,
                mapping: mapping.clone(),
                header_row,
            }),
            judge: Judge::new(mapping.clone(), header_row),
            mapping,
            rows: Vec::new(),
            bytes: 0,
            skipped: Vec::new(),
            empty: Vec::new(),
        }
    }

    fn push(
        &mut self,
        standards: &Standards,
        row_no: u32,
        cells: Cells<'_>,
        mut notices: Vec<Notice>,
        keeps_blank_ends: bool,
    ) {
        if cells.ends.len() <= 1 && cells.text.trim().is_empty() {
            self.empty.push(row_no);
            return;
        }
        for row_no in self.empty.drain(..) {
            self.skipped.push(Skipped {
                row_no,
                reason: "空行".to_owned(),
            });
        }
        if let Some(reason) = self.judge.no_data(standards, row_no, cells) {
            self.skipped.push(Skipped {
                row_no,
                reason: reason.to_owned(),
            });
            return;
        }
        let columns = self.mapping.headers().len();
        if cells.ends.len() > columns
            && cells
                .iter()
                .skip(columns)
                .any(|cell| !cell.trim().is_empty())
        {
            notices.push(Notice::TooManyCells {
                cells: cells.ends.len(),
                columns,
            });
        } else if keeps_blank_ends && cells.ends.len() < columns {
            notices.push(Notice::TooFewCells {
                cells: cells.ends.len(),
                columns,
            });
        }
        let mut values = Values::new(self.mapping.clone(), cells.text, cells.ends);
        if self.has_derivations {
            fill_from_others(&mut values);
        }
        self.bytes += values.text().len();
        self.rows.push(SourceRow {
            row_no,
            values,
            notices,
        });
    }

    fn flush(&mut self, sink: &mut dyn FnMut(Chunk)) {
        if self.rows.is_empty() && self.skipped.is_empty() {
            return;
        }
        self.bytes = 0;
        sink(Chunk {
            sheet: self.head.clone(),
            rows: std::mem::take(&mut self.rows),
            skipped: std::mem::take(&mut self.skipped),
        });
    }
}
