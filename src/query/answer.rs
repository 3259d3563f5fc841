//! The forms of an answer, written batch by batch. Decimals stay exact: they are written digit by digit, in JSON as texts.

use std::borrow::Cow;
use std::io::Write;

use comfy_table::CellAlignment;
use polars::prelude::*;

use super::{Format, QueryError};
use crate::report::{JsonArray, TABLE_ROWS};

/// Writes an answer whose batches come one after the other.
pub(super) enum Pen<'o> {
    Csv(Box<csv::Writer<&'o mut (dyn Write + Send)>>),
    Json(JsonArray<'o>),
    Parquet(Box<polars::io::parquet::write::BatchedWriter<&'o mut (dyn Write + Send)>>),
    Table {
        out: &'o mut (dyn Write + Send),
        shown: Box<comfy_table::Table>,
        rows: usize,
    },
}

fn failed(error: impl std::fmt::Display) -> QueryError {
    QueryError::Write(error.to_string())
}

impl<'o> Pen<'o> {
    /// Begins an answer with some columns.
    pub(super) fn new(
        out: &'o mut (dyn Write + Send),
        format: Format,
        schema: &Schema,
    ) -> Result<Self, QueryError> {
        let names = || schema.iter_names().map(PlSmallStr::as_str);
        Ok(match format {
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(out);
                writer.write_record(names()).map_err(failed)?;
                Self::Csv(Box::new(writer))
            }
            Format::Json => Self::Json(JsonArray::new(out)),
            Format::Parquet => {
                let writer = ParquetWriter::new(out).batched(schema).map_err(failed)?;
                Self::Parquet(Box::new(writer))
            }
            Format::Table => {
                let mut shown = comfy_table::Table::new();
                shown.load_preset(comfy_table::presets::UTF8_FULL_CONDENSED);
                shown.set_header(names());
                for (at, (_, dtype)) in schema.iter().enumerate() {
                    if dtype.is_numeric()
                        && let Some(column) = shown.column_mut(at)
                    {
                        column.set_cell_alignment(CellAlignment::Right);
                    }
                }
                let shown = Box::new(shown);
                Self::Table {
                    out,
                    shown,
                    rows: 0,
                }
            }
        })
    }

    /// Writes the next rows.
    pub(super) fn write(&mut self, batch: &DataFrame) -> Result<(), QueryError> {
        match self {
            Self::Parquet(writer) => writer.write_batch(batch).map_err(failed),
            Self::Csv(writer) => each_row(batch, |cells| {
                let texts: Vec<_> = cells.iter().map(text).collect();
                writer
                    .write_record(texts.iter().map(|text| text.as_bytes()))
                    .map_err(failed)
            }),
            Self::Json(array) => {
                let names: Vec<_> = (batch.get_column_names().into_iter())
                    .map(ToString::to_string)
                    .collect();
                each_row(batch, |cells| {
                    let object = names.iter().cloned().zip(cells.iter().map(json));
                    let object = serde_json::Value::Object(object.collect());
                    array.push(&object).map_err(failed)
                })
            }
            Self::Table { shown, rows, .. } => each_row(batch, |cells| {
                *rows += 1;
                if *rows > TABLE_ROWS {
                    return Err(QueryError::TooLong(TABLE_ROWS));
                }
                shown.add_row(cells.iter().map(text));
                Ok(())
            }),
        }
    }

    /// Ends the answer.
    pub(super) fn finish(self) -> Result<(), QueryError> {
        match self {
            Self::Csv(mut writer) => writer.flush().map_err(failed),
            Self::Json(array) => array.finish().map_err(failed),
            Self::Parquet(writer) => writer.finish().map(|_| ()).map_err(failed),
            Self::Table { out, shown, rows } => {
                writeln!(out, "{shown}\n{rows} rows").map_err(failed)
            }
        }
    }
}

/// The cells of each row of a batch.
fn each_row(
    batch: &DataFrame,
    mut row: impl FnMut(&[AnyValue<'_>]) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    let columns = batch.columns().iter();
    let columns: Vec<Series> = columns
        .map(|column| column.as_materialized_series().rechunk())
        .collect();
    let mut cells = Vec::with_capacity(columns.len());
    for at in 0..batch.height() {
        cells.clear();
        for column in &columns {
            cells.push(column.get(at).map_err(failed)?);
        }
        row(&cells)?;
    }
    Ok(())
}

/// A value as text.
fn text<'v>(value: &'v AnyValue<'_>) -> Cow<'v, str> {
    match value {
        AnyValue::Null => Cow::Borrowed(""),
        AnyValue::String(text) => Cow::Borrowed(text),
        other => match json(other) {
            serde_json::Value::Null => Cow::Borrowed(""),
            serde_json::Value::String(text) => Cow::Owned(text),
            serde_json::Value::Array(items) => {
                let texts = items.iter().filter_map(serde_json::Value::as_str);
                Cow::Owned(texts.collect::<Vec<_>>().join("；"))
            }
            other => Cow::Owned(other.to_string()),
        },
    }
}

fn json(value: &AnyValue<'_>) -> serde_json::Value {
    use serde_json::Value as V;
    match value {
        AnyValue::Null => V::Null,
        AnyValue::Boolean(b) => (*b).into(),
        AnyValue::String(s) => (*s).into(),
        AnyValue::StringOwned(s) => s.as_str().into(),
        AnyValue::Decimal(n, _, scale) => decimal(*n, *scale).into(),
        AnyValue::Int8(n) => (*n).into(),
        AnyValue::Int16(n) => (*n).into(),
        AnyValue::UInt8(n) => (*n).into(),
        AnyValue::UInt16(n) => (*n).into(),
        AnyValue::Float32(n) => {
            serde_json::Number::from_f64(f64::from(*n)).map_or(V::Null, V::Number)
        }
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

/// An unscaled decimal with all the digits of its scale.
fn decimal(unscaled: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if rest.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{rest}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_every_digit() {
        assert_eq!(decimal(-5, 4), "-0.0005");
        assert_eq!(decimal(1_234_500, 4), "123.4500");
        assert_eq!(decimal(7, 0), "7");
        assert_eq!(
            decimal(i128::MAX, 1),
            "17014118346046923173168730371588410572.7"
        );
    }

    /// An answer of a row for each text, in two batches.
    fn written(texts: &[&str], format: Format) -> String {
        let frame = |texts: &[&str]| {
            let lengths = texts
                .iter()
                .map(|text| 5 * 240_i64.pow(text.chars().count() as u32 - 1));
            df!("等级" => texts, "n" => lengths.collect::<Vec<_>>()).unwrap()
        };
        let (one, rest) = texts.split_at(1.min(texts.len()));
        let mut bytes = Vec::new();
        let mut pen = Pen::new(&mut bytes, format, frame(texts).schema()).unwrap();
        for batch in [frame(one), frame(rest)] {
            pen.write(&batch).unwrap();
        }
        pen.finish().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_table_that_nobody_can_read_is_refused() {
        let long = df!("n" => vec![1i64; TABLE_ROWS + 1]).unwrap();
        let mut bytes = Vec::new();
        let mut pen = Pen::new(&mut bytes, Format::Table, long.schema()).unwrap();
        let error = pen.write(&long).unwrap_err().to_string();
        assert!(error.contains("more than 100000 rows"), "{error}");
        assert!(error.contains("--format csv"), "{error}");
    }

    #[test]
    fn numbers_stand_to_the_right_and_chinese_is_two_wide() {
        let text = written(&["优", "良好"], Format::Table);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[3], "│ 优   ┆    5 │");
        assert_eq!(rows[4], "│ 良好 ┆ 1200 │");
    }
}
