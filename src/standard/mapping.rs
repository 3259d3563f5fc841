//! Which cell of a row holds which canonical column.

use std::fmt;
use std::sync::Arc;

use super::{Field, FieldSet, Layout, RowWords};

/// The columns of one recognised header. Rows share it.
#[derive(Clone)]
pub struct Mapping {
    layout: Arc<Layout>,
    headers: Vec<String>,
    columns: Vec<Option<Field>>,
    sensitive: Vec<bool>,
    slots: [u16; Field::COUNT],
    alternates: Vec<(Field, u16)>,
    fields: FieldSet,
    notes: Vec<String>,
    words: Arc<RowWords>,
}

/// No column for the field.
const NONE: u16 = u16::MAX;

impl Mapping {
    /// A mapping from what each header means. Where two headers mean the same field the one with the lower rank is read
    /// first and the other fills its blanks.
    pub(super) fn new(
        layout: Arc<Layout>,
        headers: Vec<String>,
        meanings: &[Option<(Field, u8)>],
        sensitive: Vec<bool>,
        notes: Vec<String>,
        words: Arc<RowWords>,
    ) -> Mapping {
        let mut slots = [NONE; Field::COUNT];
        let mut ranks = [u8::MAX; Field::COUNT];
        let mut alternates = Vec::new();
        let mut fields = FieldSet::default();
        for (index, meaning) in meanings.iter().enumerate() {
            let (Some((field, rank)), Ok(index)) = (*meaning, u16::try_from(index)) else {
                continue;
            };
            let slot = field as usize;
            fields.insert(field);
            if slots[slot] == NONE {
                (slots[slot], ranks[slot]) = (index, rank);
            } else if rank < ranks[slot] {
                alternates.push((field, slots[slot]));
                (slots[slot], ranks[slot]) = (index, rank);
            } else {
                alternates.push((field, index));
            }
        }
        let columns = meanings
            .iter()
            .map(|meaning| meaning.map(|(field, _)| field))
            .collect();
        Mapping {
            layout,
            headers,
            columns,
            sensitive,
            slots,
            alternates,
            fields,
            notes,
            words,
        }
    }

    /// The recognised layout.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The header texts as the file has them.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The fields that some column of the file stands for.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// What the column at this index (from 0) means; `None` for a column that the standard does not know.
    pub fn field_at(&self, index: usize) -> Option<Field> {
        self.columns.get(index).copied().flatten()
    }

    /// Whether cells of this column (from 0) must be masked wherever they are kept.
    pub fn is_sensitive(&self, index: usize) -> bool {
        self.sensitive.get(index).copied().unwrap_or(false)
    }

    /// The index (from 0) of the column that is read first for a field.
    pub fn index_of(&self, field: Field) -> Option<usize> {
        let index = self.slots[field as usize];
        (index != NONE).then_some(usize::from(index))
    }

    /// Further columns that stand for the field, in the order in which they fill its blanks.
    pub fn alternates(&self, field: Field) -> impl Iterator<Item = usize> {
        self.alternates
            .iter()
            .filter(move |(of, _)| *of == field)
            .map(|(_, index)| usize::from(*index))
    }

    /// Whether any field has further columns.
    pub fn has_alternates(&self) -> bool {
        !self.alternates.is_empty()
    }

    /// A cell as a value of the field: without white space, characters without width and a leading apostrophe, "" when it is blank or a null marker.
    pub fn value<'a>(&self, field: Field, cell: &'a str) -> &'a str {
        if cell.is_empty() {
            return "";
        }
        let value = if is_trimmed(cell) {
            cell
        } else {
            cell.trim_matches(is_padding)
        };
        // The mark by which spreadsheets keep a number as text.
        let value = value.strip_prefix('\'').unwrap_or(value);
        // The formula by which exports do the same: ="0123".
        let value = value
            .strip_prefix("=\"")
            .and_then(|value| value.strip_suffix('"'))
            .map_or(value, |value| value.trim_matches(is_padding));
        if self.words.is_null(field, value) {
            ""
        } else {
            value
        }
    }

    /// What was noticed about the header, in Chinese (e.g. a 代码_2 without the name of the code).
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Whether a text surely begins and ends with a character that is not padding: a printing ASCII character or one of U+4000 to
/// U+9FFF. True for nearly every cell, and cheaper than looking at characters.
fn is_trimmed(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return true;
    };
    let ascii = |byte: u8| (0x21..0x7F).contains(&byte);
    let ideograph = |byte: u8| (0xE4..=0xE9).contains(&byte);
    let lead = bytes.len().checked_sub(3).map(|at| bytes[at]);
    (ascii(*first) || ideograph(*first)) && (ascii(*last) || lead.is_some_and(ideograph))
}

/// White space and characters without width.
fn is_padding(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping")
            .field("layout", &self.layout.id)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}
