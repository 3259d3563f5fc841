//! One row as a source file has it, with its cells reachable by canonical column.

use std::fmt;
use std::sync::Arc;

use crate::standard::{Field, Mapping};

/// Something about a cell or row that its text no longer shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The row has more filled cells than the header has columns: cells may have slipped (SGS-H01, E).
    TooManyCells {
        /// Cells of the row.
        cells: usize,
        /// Columns of the header.
        columns: usize,
    },
    /// The row of a text file ends before the header does; the missing cells count as blank (W).
    TooFewCells {
        /// Cells of the row.
        cells: usize,
        /// Columns of the header.
        columns: usize,
    },
    /// The spreadsheet cell of this column (from 0) holds an error such as `#REF!`.
    ErrorCell(usize),
    /// A quotation mark was opened and never closed; it was read as an ordinary character (W).
    OpenQuote,
}

/// The cells of a row: one piece of text and the ends of the cells in it.
#[derive(Clone)]
pub struct Values {
    text: Box<str>,
    ends: Box<[u32]>,
    mapping: Arc<Mapping>,
    derived: Vec<(Field, Box<str>)>,
}

impl Values {
    /// The cells of a row under a mapping. Cells may be fewer or more than the headers.
    pub fn new(mapping: Arc<Mapping>, text: &str, ends: &[u32]) -> Values {
        Values {
            text: text.into(),
            ends: ends.into(),
            mapping,
            derived: Vec::new(),
        }
    }

    /// The same from separate cells.
    pub fn from_cells<S: AsRef<str>>(mapping: Arc<Mapping>, cells: &[S]) -> Values {
        let bytes = cells.iter().map(|cell| cell.as_ref().len()).sum();
        let mut text = String::with_capacity(bytes);
        let mut ends = Vec::with_capacity(cells.len());
        for cell in cells {
            text.push_str(cell.as_ref());
            ends.push(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        Values {
            text: text.into(),
            ends: ends.into(),
            mapping,
            derived: Vec::new(),
        }
    }

    /// The mapping of the row's sheet.
    pub fn mapping(&self) -> &Arc<Mapping> {
        &self.mapping
    }

    /// The untouched cell at an index (from 0); blank when the row ends before it.
    pub fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else {
            return "";
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        self.text.get(start as usize..*end as usize).unwrap_or("")
    }

    /// All cells in one piece, without what stood between them.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many cells the row has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the row has no cell at all.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value of a canonical column: trimmed, "" when absent, blank or a null marker; filled from other columns as
    /// the layout says.
    pub fn get(&self, field: Field) -> &str {
        if let Some(index) = self.mapping.index_of(field) {
            let value = self.mapping.value(field, self.cell(index));
            if !value.is_empty() {
                return value;
            }
            if self.mapping.has_alternates() {
                for index in self.mapping.alternates(field) {
                    let value = self.mapping.value(field, self.cell(index));
                    if !value.is_empty() {
                        return value;
                    }
                }
            }
        }
        self.derived(field).unwrap_or("")
    }

    /// The fields that can have a value: those with a column, then those that were filled in.
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        let columns = self.mapping.fields();
        let beside = move |field: &Field| !columns.contains(*field);
        let derived = self.derived.iter().map(|(field, _)| *field);
        columns.iter().chain(derived.filter(beside))
    }

    /// The value that was filled in from other columns, if it was.
    pub fn derived(&self, field: Field) -> Option<&str> {
        self.derived
            .iter()
            .find(|(of, _)| *of == field)
            .map(|(_, value)| &**value)
    }

    /// Where each cell ends in [`Values::text`].
    pub(super) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// Every value that was filled in from other columns.
    pub(super) fn all_derived(&self) -> &[(Field, Box<str>)] {
        &self.derived
    }

    /// Whether the file has a column for the field.
    pub fn has_column(&self, field: Field) -> bool {
        self.mapping.index_of(field).is_some()
    }

    /// Fills a blank column from others.
    pub(crate) fn derive(&mut self, field: Field, value: &str) {
        if !value.is_empty() {
            self.derived.push((field, value.into()));
        }
    }

    /// The filled cells of columns that the standard does not know, with their headers.
    pub fn extras(&self) -> impl Iterator<Item = (&str, &str)> {
        self.cells()
            .filter(|cell| cell.field.is_none() && !cell.text.is_empty())
            .map(|cell| (cell.header, cell.text))
    }

    /// Every cell of the row in the order of the file. Cells beyond the header have the header "".
    pub fn cells(&self) -> impl Iterator<Item = RawCell<'_>> {
        (0..self.len().max(self.mapping.headers().len())).map(|index| RawCell {
            index,
            header: self.mapping.headers().get(index).map_or("", String::as_str),
            field: self.mapping.field_at(index),
            sensitive: self.mapping.is_sensitive(index),
            text: self.cell(index),
        })
    }

    /// Whether every cell is blank, the running number aside.
    pub fn is_blank(&self) -> bool {
        (0..self.len()).all(|index| {
            self.mapping.field_at(index) == Some(Field::RowNumber)
                || self.cell(index).trim().is_empty()
        })
    }
}

impl fmt::Debug for Values {
    /// Headers and cell lengths only: cells may hold identity numbers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(
                self.cells()
                    .map(|cell| (cell.header, cell.text.chars().count())),
            )
            .finish()
    }
}

/// A cell as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCell<'a> {
    /// Its column, from 0.
    pub index: usize,
    /// The header text of its column.
    pub header: &'a str,
    /// What the column means.
    pub field: Option<Field>,
    /// Whether it must be masked wherever it is kept.
    pub sensitive: bool,
    /// Its text, untrimmed.
    pub text: &'a str,
}

/// One row of the data area.
#[derive(Clone, Debug)]
pub struct SourceRow {
    /// Its row in the sheet, from 1 and counting the header; for JSON and XML the number of the record in the file, from 1.
    pub row_no: u32,
    /// Its cells.
    pub values: Values,
    /// What the cells no longer show.
    pub notices: Vec<Notice>,
}
