//! The `quarantine` table: one row per finding, with the row's cells from which nobody can be known.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Int32Type, Schema};
use arrow::error::ArrowError;

use crate::record::cells::coded;
use crate::record::{SubjectKind, mask_number, mask_person_name, schema, scrub};
use crate::standard::{Field, FieldSet};

use super::check::{Finding, Severity};
use super::read::Values;

/// One row with findings.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) file: Arc<str>,
    pub(super) sha256: Arc<str>,
    pub(super) sheet: Arc<str>,
    pub(super) row_no: u32,
    pub(super) source_unit: String,
    /// The masked cells as JSON.
    pub(super) raw: String,
    /// Findings with the name of their column.
    pub(super) findings: Vec<(Finding, String)>,
}

/// The cells of a row as a JSON object in the order of the file: columns of numbers, telephones and addresses keep the first 4 and
/// last 2 characters, names of people their surname; other text loses the numbers of people.
///
/// A quarantined row is kept whole, for nothing else holds it, unless it has more than [`MOST_BYTES`]: then long cells end after
/// [`LONGEST_CELL`] characters with a word about the rest, and of cells beyond the header some are kept. Of a row that became a record stay the cells that say which it
/// is, and those that the findings speak of. `subject_kind` is what the row says it is about, where it does.
pub(super) fn masked_json(
    values: &Values,
    subject_kind: Option<SubjectKind>,
    findings: &[(Finding, String)],
) -> String {
    let is_error = |one: &(Finding, String)| one.0.severity == Severity::Error;
    let whole = findings.iter().any(is_error) || values.get(Field::DocumentNo).is_empty();
    let spoken_of = findings.iter().filter_map(|one| one.0.field);
    let asked: FieldSet = TELLING.into_iter().chain(spoken_of).collect();
    let is_asked = |field: Option<Field>| whole || field.is_some_and(|field| asked.contains(field));
    let name = values.get(Field::SubjectName);
    let hides_name = match subject_kind {
        Some(kind) => kind == SubjectKind::Person,
        // Who knows: a certificate number beside it, or nothing longer than a person's name.
        None => !values.get(Field::IdNo).is_empty() || name.chars().count() <= 4,
    };
    let mut out = String::with_capacity(if whole {
        WHOLE_BYTES + values.text().len()
    } else {
        TELLING_BYTES
    });
    out.push('{');
    let cut = values.text().len() > MOST_BYTES;
    let columns = values.mapping().headers().len();
    for cell in values.cells() {
        if !is_asked(cell.field) || (cut && cell.index >= columns + CELLS_BEYOND) {
            continue;
        }
        let text = cell.text.trim();
        if text.is_empty() && cell.header.is_empty() {
            continue;
        }
        let value = match cell.field {
            Some(Field::LegalRep) => Cow::Owned(mask_person_name(text)),
            Some(Field::SubjectName) if hides_name => Cow::Owned(mask_person_name(text)),
            _ if cell.sensitive || cell.field.is_some_and(Field::is_sensitive) => {
                Cow::Owned(mask_number(text))
            }
            Some(field) if is_code(field) => Cow::Borrowed(text),
            _ => {
                let clean = scrub(text);
                if hides_name && name.chars().count() > 1 && clean.contains(name) {
                    Cow::Owned(clean.replace(name, &mask_person_name(name)))
                } else {
                    clean
                }
            }
        };
        let value = if cut { shortened(value) } else { value };
        if out.len() > 1 {
            out.push(',');
        }
        push_json_text(&mut out, cell.header);
        out.push(':');
        push_json_text(&mut out, &value);
    }
    out.push('}');
    out
}

/// Bytes of cells up to which a row is kept whole: 31 cells of 700 characters each.
const MOST_BYTES: usize = 64 << 10;
/// Characters that are kept of a cell of a longer row, and cells beyond its header.
const LONGEST_CELL: usize = 2_000;
const CELLS_BEYOND: usize = 100;

/// The beginning of a long text, and how long it is.
fn shortened(text: Cow<'_, str>) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_CELL) {
        Some((end, _)) => {
            let all = text.chars().count();
            Cow::Owned(format!("{}……（全文{all}字）", &text[..end]))
        }
        None => text,
    }
}

/// Bytes that the headers of a whole row take, and those of the cells that tell a record; mostly no more.
const WHOLE_BYTES: usize = 1_024;
const TELLING_BYTES: usize = 512;

/// The cells that say which record a row became.
const TELLING: [Field; 10] = [
    Field::SubjectName,
    Field::Uscc,
    Field::OrgCode,
    Field::RegistrationNo,
    Field::IdType,
    Field::IdNo,
    Field::DocumentNo,
    Field::DecidedOn,
    Field::OccurredOn,
    Field::EventKind,
];

/// Codes of bodies are public and stay whole; a citizen number may have slipped into any other column.
const fn is_code(field: Field) -> bool {
    matches!(field, Field::AuthorityCode | Field::SourceUnitCode)
}

/// Adds a JSON string. Text without anything to escape, which is nearly all, is copied.
fn push_json_text(out: &mut String, text: &str) {
    let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    // Without an early end the compiler looks at many bytes at a time.
    if !text
        .bytes()
        .fold(false, |found, byte| found | special(byte))
    {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

/// The batch of the `quarantine` table.
pub(super) fn batch(rows: &[Found], batch_id: &str) -> Result<RecordBatch, ArrowError> {
    let flat: Vec<(&Found, &Finding, &str)> = rows
        .iter()
        .flat_map(|row| {
            row.findings
                .iter()
                .map(move |(finding, column)| (row, finding, column.as_str()))
        })
        .collect();
    fn texts<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
        Arc::new(StringArray::from_iter_values(values))
    }
    let of_row =
        |value: for<'a> fn(&'a Found) -> &'a str| texts(flat.iter().map(|one| value(one.0)));
    // A row may have many findings; its cells are held once.
    let numbers = (0..).zip(rows).flat_map(|(number, row)| {
        let findings = row.findings.len();
        std::iter::repeat_n(number, findings)
    });
    let raw = DictionaryArray::<Int32Type>::try_new(
        Int32Array::from_iter_values(numbers),
        texts(rows.iter().map(|row| row.raw.as_str())),
    )?;
    let columns: Vec<ArrayRef> = vec![
        of_row(|row| &row.file),
        of_row(|row| &row.sheet),
        Arc::new(Int64Array::from_iter_values(
            flat.iter().map(|(row, _, _)| i64::from(row.row_no)),
        )),
        texts(flat.iter().map(|(_, finding, _)| finding.code)),
        texts(flat.iter().map(|(_, finding, _)| finding.severity.letter())),
        texts(flat.iter().map(|(_, _, column)| *column)),
        texts(flat.iter().map(|(_, finding, _)| finding.message.as_str())),
        Arc::new(raw),
        of_row(|row| &row.source_unit),
        texts(flat.iter().map(|_| batch_id)),
        of_row(|row| &row.sha256),
    ];
    let of = schema::quarantine();
    let fields = of.fields().iter().map(|field| {
        let is_raw = field.name() == "raw";
        let field = field.as_ref().clone();
        match is_raw {
            true => field.clone().with_data_type(coded(field.data_type())),
            false => field,
        }
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(Arc::new(schema), columns)
}
