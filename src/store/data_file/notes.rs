//! What the footer of a data file says of its rows.

use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use parquet::file::metadata::{KeyValue, ParquetMetaData};

use crate::store::blocks::{self, Blocks};
use crate::store::pieces::Rows;

/// Footer entry with the rows per bucket, `bucket:rows` joined by commas.
const BUCKET_COUNTS: &str = "xinheng.bucket_counts";

/// Footer entry with the rows of a record table that a later version in the same file supersedes, numbered from 0 and
/// joined by commas. Absent where they are many.
const SUPERSEDED: &str = "xinheng.superseded_rows";
/// Most rows that the entry names.
const SUPERSEDED_ROWS: usize = 8_192;
/// Footer entries with the first and the last subject of a file whose rows stand by bucket and subject.
const FIRST_SUBJECT: &str = "xinheng.first_subject";
const LAST_SUBJECT: &str = "xinheng.last_subject";

/// Footer entry of a file in which every record has a document number and its case is that number: then the column of cases
/// need not be decoded.
const CASES_ARE_DOCUMENTS: &str = "xinheng.cases_are_documents";

/// The entries of a file.
pub(super) fn of(
    rows: &Rows,
    runs: &[(i32, usize, usize)],
    superseded: Option<&[u32]>,
) -> Vec<KeyValue> {
    let mut notes = Vec::new();
    if let Some(of_old) = superseded.filter(|of_old| of_old.len() <= SUPERSEDED_ROWS) {
        let of_old: Vec<String> = of_old.iter().map(u32::to_string).collect();
        notes.push(KeyValue::new(SUPERSEDED.to_owned(), of_old.join(",")));
        let mut filled = rows.pieces.iter().filter(|piece| piece.num_rows() > 0);
        let subjects = |piece: &RecordBatch| {
            let subjects = piece.column_by_name("subject_id")?;
            let subjects = subjects.as_string_opt::<i32>()?;
            let last = subjects.len() - 1;
            Some((
                subjects.value(0).to_owned(),
                subjects.value(last).to_owned(),
            ))
        };
        let begin = filled.next().and_then(subjects);
        let end = filled
            .next_back()
            .and_then(subjects)
            .or_else(|| begin.clone());
        if let (Some((first, _)), Some((_, last))) = (begin, end) {
            notes.push(KeyValue::new(FIRST_SUBJECT.to_owned(), first));
            notes.push(KeyValue::new(LAST_SUBJECT.to_owned(), last));
        }
    }
    if !runs.is_empty() {
        let counts: Vec<String> = runs
            .iter()
            .map(|(bucket, start, end)| format!("{bucket}:{}", end - start))
            .collect();
        notes.push(KeyValue::new(BUCKET_COUNTS.to_owned(), counts.join(",")));
    }
    if !rows.pieces.is_empty() && rows.pieces.iter().all(cases_are_documents) {
        notes.push(KeyValue::new(
            CASES_ARE_DOCUMENTS.to_owned(),
            "all".to_owned(),
        ));
    }
    notes
}

fn cases_are_documents(batch: &RecordBatch) -> bool {
    let text = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>();
    let both = text("case_id").zip(text("document_no"));
    both.is_some_and(|(cases, documents)| documents.null_count() == 0 && cases == documents)
}

/// Superseded rows as a footer tells them; `None` when the footer says nothing.
pub(in crate::store) fn superseded_rows(metadata: &Arc<ParquetMetaData>) -> Option<Vec<usize>> {
    let text = note(metadata, SUPERSEDED)?;
    let rows = text.split(',').filter(|row| !row.is_empty());
    rows.map(|row| row.parse().ok()).collect()
}

/// The checksums of a file's blocks as a footer tells them.
pub(in crate::store) fn block_sums(metadata: &Arc<ParquetMetaData>) -> Option<Blocks> {
    Blocks::parse(note(metadata, blocks::NOTE)?)
}

/// Whether the case of every record of a file is its document number, as its footer tells.
pub(in crate::store) fn says_cases_are_documents(metadata: &Arc<ParquetMetaData>) -> bool {
    note(metadata, CASES_ARE_DOCUMENTS).is_some()
}

/// First and last (bucket, subject) of a file, as its footer tells them.
pub(in crate::store) fn edges(metadata: &Arc<ParquetMetaData>) -> Option<[(u32, String); 2]> {
    let buckets = bucket_counts(metadata)?;
    let (first, last) = (buckets.first()?.0, buckets.last()?.0);
    let subject = |key: &str| note(metadata, key).map(str::to_owned);
    Some([
        (first, subject(FIRST_SUBJECT)?),
        (last, subject(LAST_SUBJECT)?),
    ])
}

fn note<'m>(metadata: &'m Arc<ParquetMetaData>, key: &str) -> Option<&'m str> {
    let notes = metadata.file_metadata().key_value_metadata()?;
    let found = notes.iter().find(|note| note.key == key)?;
    found.value.as_deref()
}

/// Rows per bucket as a footer tells them; `None` when the footer says nothing.
pub(in crate::store) fn bucket_counts(
    metadata: &Arc<ParquetMetaData>,
) -> Option<Vec<(u32, usize)>> {
    let text = note(metadata, BUCKET_COUNTS)?;
    text.split(',')
        .map(|pair| {
            let (bucket, rows) = pair.split_once(':')?;
            Some((bucket.parse().ok()?, rows.parse().ok()?))
        })
        .collect()
}
