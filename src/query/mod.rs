//! SQL for regulators and analysts over the tables of a store, by polars.
//!
//! Owns: which rows a table name shows (in force, public) and the forms of an answer.
//! Does not own: the tables. May never know: how grades come about.

use std::io::Cursor;

use polars::prelude::*;
use polars::sql::SQLContext;

use crate::store::{Snapshot, StoreError, Table};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Csv,
    Parquet,
}

/// Why a query gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    #[error("run the SQL: {0}")]
    Sql(String),
    #[error("read the store")]
    Store(#[from] StoreError),
    #[error("write the answer: {0}")]
    Write(String),
}

/// Runs one SQL statement. Record tables show the rows in force under their plain name and the log as `NAME_log`; `quarantine` shows
/// the open findings, `quarantine_log` all.
/// Without `internal`, rows about minors are left out. With `subject`, every table shows that subject's rows only.
///
/// # Errors
/// A statement that polars does not understand, an unknown table or column, a damaged store.
pub fn run(
    sql: &str,
    snapshot: &Snapshot,
    subject: Option<&str>,
    internal: bool,
    format: Format,
) -> Result<Vec<u8>, QueryError> {
    let sql_error = |e: PolarsError| QueryError::Sql(e.to_string());
    let mut context = SQLContext::new();
    let minors = if internal {
        Vec::new()
    } else {
        minors(snapshot)?
    };
    for table in Table::ALL {
        let Some(frame) = scan(snapshot, table)? else {
            continue;
        };
        let has_subject = table.schema().column_with_name("subject_id").is_some();
        let frame = match subject {
            Some(id) if has_subject => frame.filter(col("subject_id").eq(lit(id))),
            _ => frame,
        };
        let frame = if has_subject && !minors.is_empty() {
            let ids = Series::new("minors".into(), &minors);
            frame.filter(col("subject_id").is_in(lit(ids).implode(true), false).not())
        } else {
            frame
        };
        if table.is_record_log() {
            let newest = col("version_key")
                .max()
                .over([col("decision_id")])
                .map_err(sql_error)?;
            context.register(
                table.name(),
                frame.clone().filter(col("version_key").eq(newest)),
            );
            context.register(&format!("{}_log", table.name()), frame);
        } else if table == Table::Quarantine {
            context.register(table.name(), open(frame.clone(), snapshot)?);
            context.register("quarantine_log", frame);
        } else {
            context.register(table.name(), frame);
        }
    }
    let mut answer = context
        .execute(sql)
        .and_then(LazyFrame::collect)
        .map_err(sql_error)?;
    write(&mut answer, format)
}

/// The open findings: those of readings that no later reading of the same file replaced.
fn open(frame: LazyFrame, snapshot: &Snapshot) -> Result<LazyFrame, QueryError> {
    let mut frame = frame;
    for (run, files) in snapshot.replaced_readings()? {
        let files: Vec<String> = files.into_iter().collect();
        let files = Series::new("files".into(), &files);
        let replaced = col("batch_id")
            .eq(lit(run))
            .and(col("file_sha256").is_in(lit(files).implode(true), false));
        frame = frame.filter(replaced.not());
    }
    Ok(frame)
}

/// The table's live files as one lazy frame; a table without files is empty with its columns.
fn scan(snapshot: &Snapshot, table: Table) -> Result<Option<LazyFrame>, QueryError> {
    let files = snapshot.files(table)?;
    if files.is_empty() {
        return Ok(Some(empty(table)));
    }
    // One scan of many files; polars cannot count the rows of a union of scans.
    let paths: Vec<PlRefPath> = files
        .iter()
        .map(|file| PlRefPath::new(file.to_string_lossy().as_ref()))
        .collect();
    LazyFrame::scan_parquet_files(paths.into(), ScanArgsParquet::default())
        .map(Some)
        .map_err(|e| QueryError::Sql(e.to_string()))
}

fn empty(table: Table) -> LazyFrame {
    use arrow::datatypes::DataType as A;
    let fields = table
        .schema()
        .fields()
        .iter()
        .map(|f| {
            let dtype = match f.data_type() {
                A::Int32 => DataType::Int32,
                A::Int64 => DataType::Int64,
                A::Boolean => DataType::Boolean,
                A::Date32 => DataType::Date,
                A::Decimal128(p, s) => {
                    DataType::Decimal(usize::from(*p), usize::try_from(*s).unwrap_or(0))
                }
                A::List(_) => DataType::List(Box::new(DataType::String)),
                _ => DataType::String,
            };
            Field::new(f.name().as_str().into(), dtype)
        })
        .collect::<Vec<_>>();
    DataFrame::empty_with_schema(&Schema::from_iter(fields)).lazy()
}

fn minors(snapshot: &Snapshot) -> Result<Vec<String>, QueryError> {
    let batch = snapshot.read_columns(Table::Subjects, &["subject_id", "minor"])?;
    let rows = crate::report::Rows(&batch);
    Ok((0..rows.len())
        .filter(|i| rows.flag(*i, "minor"))
        .map(|i| rows.text(i, "subject_id"))
        .collect())
}

fn write(answer: &mut DataFrame, format: Format) -> Result<Vec<u8>, QueryError> {
    let error = |e: PolarsError| QueryError::Write(e.to_string());
    let mut bytes = Cursor::new(Vec::new());
    match format {
        Format::Parquet => {
            ParquetWriter::new(&mut bytes)
                .finish(answer)
                .map_err(error)?;
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut bytes);
            let csv_error = |e: csv::Error| QueryError::Write(e.to_string());
            writer
                .write_record(answer.get_column_names().iter().map(|n| n.as_str()))
                .map_err(csv_error)?;
            for row in 0..answer.height() {
                writer
                    .write_record(cells(answer, row)?.iter().map(|c| c.text()))
                    .map_err(csv_error)?;
            }
            writer
                .flush()
                .map_err(|e| QueryError::Write(e.to_string()))?;
            drop(writer);
        }
        Format::Json => {
            let names: Vec<String> = answer
                .get_column_names()
                .iter()
                .map(ToString::to_string)
                .collect();
            let mut rows = Vec::with_capacity(answer.height());
            for row in 0..answer.height() {
                let object = names
                    .iter()
                    .cloned()
                    .zip(cells(answer, row)?.into_iter().map(|c| c.0));
                rows.push(serde_json::Value::Object(object.collect()));
            }
            return Ok(format!("{:#}\n", serde_json::Value::from(rows)).into_bytes());
        }
        Format::Table => {
            let mut table = comfy_table::Table::new();
            table.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
            table.set_header(answer.get_column_names().iter().map(ToString::to_string));
            for row in 0..answer.height() {
                table.add_row(cells(answer, row)?.iter().map(Cell::text));
            }
            return Ok(format!("{table}\n{} rows\n", answer.height()).into_bytes());
        }
    }
    Ok(bytes.into_inner())
}

/// A value of an answer.
struct Cell(serde_json::Value);

impl Cell {
    fn text(&self) -> String {
        match &self.0 {
            serde_json::Value::Null => String::new(),
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Array(items) => items
                .iter()
                .filter_map(serde_json::Value::as_str)
                .collect::<Vec<_>>()
                .join("；"),
            other => other.to_string(),
        }
    }
}

fn cells(frame: &DataFrame, row: usize) -> Result<Vec<Cell>, QueryError> {
    frame
        .columns()
        .iter()
        .map(|column| {
            let value = column
                .get(row)
                .map_err(|e| QueryError::Write(e.to_string()))?;
            Ok(Cell(json(&value)))
        })
        .collect()
}

fn json(value: &AnyValue<'_>) -> serde_json::Value {
    use serde_json::Value as V;
    match value {
        AnyValue::Null => V::Null,
        AnyValue::Boolean(b) => (*b).into(),
        AnyValue::String(s) => (*s).into(),
        AnyValue::StringOwned(s) => s.as_str().into(),
        AnyValue::Int32(n) => (*n).into(),
        AnyValue::Int64(n) => (*n).into(),
        AnyValue::UInt32(n) => (*n).into(),
        AnyValue::UInt64(n) => (*n).into(),
        AnyValue::Float64(n) => serde_json::Number::from_f64(*n).map_or(V::Null, V::Number),
        AnyValue::Date(days) => crate::record::Day::from_epoch(*days).to_string().into(),
        AnyValue::List(series) => series.iter().map(|v| json(&v)).collect::<Vec<_>>().into(),
        other => other.to_string().into(),
    }
}
