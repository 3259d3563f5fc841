//! The forms of an answer. Decimals stay exact: they are written digit by digit, in JSON as texts.

use std::io::Cursor;

use comfy_table::CellAlignment;
use polars::prelude::*;

use super::{Format, QueryError};

pub(super) fn write(answer: &mut DataFrame, format: Format) -> Result<Vec<u8>, QueryError> {
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
                    .write_record(cells(answer, row)?.iter().map(Cell::text))
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
            for (at, column) in answer.columns().iter().enumerate() {
                if column.dtype().is_numeric()
                    && let Some(shown) = table.column_mut(at)
                {
                    shown.set_cell_alignment(CellAlignment::Right);
                }
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

    #[test]
    fn numbers_stand_to_the_right_and_chinese_is_two_wide() {
        let mut frame = df!("等级" => ["优", "良好"], "n" => [5i64, 1200]).unwrap();
        let text = String::from_utf8(write(&mut frame, Format::Table).unwrap()).unwrap();
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[3], "│ 优   ┆    5 │");
        assert_eq!(rows[4], "│ 良好 ┆ 1200 │");
    }
}
