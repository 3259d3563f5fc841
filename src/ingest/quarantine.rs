//! The `quarantine` table: one row per finding, with the row's cells from which nobody can be known.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::error::ArrowError;

use crate::record::{SubjectKind, mask_number, mask_person_name, schema, scrub};
use crate::standard::Field;

use super::check::{Finding, RowView};

/// One row with findings.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) sheet: String,
    pub(super) row_no: u32,
    pub(super) source_unit: String,
    /// The masked cells as JSON.
    pub(super) raw: String,
    /// Findings with the name of their column.
    pub(super) findings: Vec<(Finding, String)>,
}

/// The cells of a row as a JSON object in the order of the file: columns of numbers, telephones and addresses keep the first 4 and
/// last 2 characters, names of people their surname; other text loses the numbers of people.
pub(super) fn masked_json(view: &RowView<'_>) -> String {
    let name = view.get(Field::SubjectName);
    let hides_name = match view.subject_kind {
        Some(kind) => kind == SubjectKind::Person,
        // Who knows: a certificate number beside it, or nothing longer than a person's name.
        None => !view.get(Field::IdNo).is_empty() || name.chars().count() <= 4,
    };
    let mut out = String::from("{");
    for cell in view.row.values.cells() {
        let text = cell.text.trim();
        if text.is_empty() && cell.header.is_empty() {
            continue;
        }
        let value = match cell.field {
            Some(Field::LegalRep) => mask_person_name(text),
            Some(Field::SubjectName) if hides_name => mask_person_name(text),
            _ if cell.sensitive || cell.field.is_some_and(Field::is_sensitive) => mask_number(text),
            Some(field) if is_code(field) => text.to_owned(),
            _ => {
                let clean = scrub(text);
                if hides_name && name.chars().count() > 1 {
                    clean.replace(name, &mask_person_name(name))
                } else {
                    clean.into_owned()
                }
            }
        };
        if out.len() > 1 {
            out.push(',');
        }
        out.push_str(&json_text(cell.header));
        out.push(':');
        out.push_str(&json_text(&value));
    }
    out.push('}');
    out
}

/// Codes of bodies are public and stay whole; a citizen number may have slipped into any other column.
const fn is_code(field: Field) -> bool {
    matches!(field, Field::AuthorityCode | Field::SourceUnitCode)
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
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
    let texts = |value: &dyn Fn(&(&Found, &Finding, &str)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(flat.iter().map(value)))
    };
    let columns: Vec<ArrayRef> = vec![
        texts(&|(row, _, _)| row.file.clone()),
        texts(&|(row, _, _)| row.sheet.clone()),
        Arc::new(Int64Array::from_iter_values(
            flat.iter().map(|(row, _, _)| i64::from(row.row_no)),
        )),
        texts(&|(_, finding, _)| finding.code.to_owned()),
        texts(&|(_, finding, _)| finding.severity.letter().to_owned()),
        texts(&|(_, _, column)| (*column).to_owned()),
        texts(&|(_, finding, _)| finding.message.clone()),
        texts(&|(row, _, _)| row.raw.clone()),
        texts(&|(row, _, _)| row.source_unit.clone()),
        texts(&|_| batch_id.to_owned()),
        texts(&|(row, _, _)| row.sha256.clone()),
    ];
    RecordBatch::try_new(schema::quarantine(), columns)
}
