//! How the columns of a data file are encoded: by their names, the same in every table.

use arrow::datatypes::{DataType, Field};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::{ROW_GROUP_ROWS, notes};
use crate::store::pieces::Rows;

/// Most rows in a data page: the grain of look-ups by page index.
const PAGE_ROWS: usize = 4_096;
/// Long free text: compressed harder, since the kernel seldom reads it.
const LONG_TEXT: [&str; 10] = [
    "trigger_facts",
    "violation_text",
    "facts",
    "basis_text",
    "content",
    "detail",
    "remark",
    "raw",
    "basis",
    "inputs",
];
/// Hexadecimal digits of digests, which hardly repeat. Only the entropy of single digits can be saved, which Snappy does not see: it takes longer over them and
/// leaves them as they are.
const DIGESTS: [&str; 5] = [
    "record_id",
    "decision_id",
    "content_digest",
    "version_key",
    "trigger_record_id",
];
/// Further columns whose values hardly repeat: a dictionary would only be built to be thrown away.
const UNIQUE_TEXT: [&str; 5] = [
    "document_no",
    "case_id",
    "facts",
    "trigger_document_no",
    "trigger_facts",
];

/// Texts in the order of their table, or nearly so, and those of which a reader asks where there is any. The least and the greatest of
/// texts in no order tell a reader nothing.
const BOUNDED_TEXT: [&str; 9] = [
    "subject_id",
    "scheme",
    "source_unit",
    "month",
    "run_id",
    "batch_id",
    "file",
    "same_as",
    "linked_unit",
];

/// The same as [`UNIQUE_TEXT`], in the table of subjects.
const UNIQUE_IN_SUBJECTS: [&str; 5] = ["subject_id", "name", "uscc", "org_code", "registration_no"];

/// How the columns of a file are encoded, and what its footer says.
pub(super) fn properties(
    rows: &Rows,
    runs: &[(i32, usize, usize)],
    superseded: Option<&[u32]>,
) -> WriterProperties {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("xinheng ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS / 4);
    let first = rows.pieces.first();
    let has = |name: &str| first.is_some_and(|piece| piece.column_by_name(name).is_some());
    for field in first.iter().flat_map(|piece| piece.schema_ref().fields()) {
        if let Some(path) = unbounded(field) {
            builder = builder.set_column_statistics_enabled(path, EnabledStatistics::None);
        }
    }
    if let Ok(level) = ZstdLevel::try_new(1) {
        for name in LONG_TEXT.into_iter().chain(DIGESTS).filter(|n| has(n)) {
            builder = builder.set_column_compression(name.into(), Compression::ZSTD(level));
        }
    }
    let of_subjects = UNIQUE_IN_SUBJECTS.into_iter().filter(|_| has("same_as"));
    for name in UNIQUE_TEXT
        .into_iter()
        .chain(DIGESTS)
        .chain(of_subjects)
        .filter(|n| has(n))
    {
        builder = builder.set_column_dictionary_enabled(name.into(), false);
    }
    if has("subject_id") {
        builder = bloom_filter(builder, "subject_id", 0.01, rows.len());
    }
    if superseded.is_some() {
        // A night asks it for some thousand decisions.
        builder = bloom_filter(builder, "decision_id", 0.001, rows.len());
    }
    let notes = notes::of(rows, runs, superseded);
    if !notes.is_empty() {
        builder = builder.set_key_value_metadata(Some(notes));
    }
    builder.build()
}

/// The column of a text, or of a list of texts, whose bounds and nulls nobody asks for.
fn unbounded(field: &Field) -> Option<ColumnPath> {
    let name = field.name();
    let parts: &[&str] = match field.data_type() {
        DataType::Utf8 | DataType::Dictionary(..) => &[name],
        DataType::List(item) => &[name, "list", item.name()],
        _ => return None,
    };
    let parts = parts.iter().map(|part| (*part).to_owned()).collect();
    (!BOUNDED_TEXT.contains(&name.as_str())).then(|| ColumnPath::new(parts))
}

fn bloom_filter(
    builder: WriterPropertiesBuilder,
    column: &str,
    false_positives: f64,
    rows: usize,
) -> WriterPropertiesBuilder {
    let column = ColumnPath::from(column);
    builder
        .set_column_bloom_filter_enabled(column.clone(), true)
        .set_column_bloom_filter_fpp(column.clone(), false_positives)
        // An upper bound; the writer folds the filter to the values that really occur.
        .set_column_bloom_filter_max_ndv(column, rows.clamp(1, ROW_GROUP_ROWS) as u64)
}
