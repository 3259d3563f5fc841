//! Delta's per-file statistics, taken from the Parquet footer.

use arrow::datatypes::{DataType, Schema};
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

use crate::record::Day;

/// Delta indexes the first 32 columns by default; other readers ignore more.
const INDEXED_COLUMNS: usize = 32;

/// Text columns whose bounds help a reader to skip files; those of others would only fill the log.
const TEXT_COLUMNS: [&str; 5] = ["subject_id", "scheme", "source_unit", "month", "run_id"];

/// The `stats` text of an Add action: number of rows, and per column the number of nulls and the
/// least and greatest value. Only exact bounds are given; decimals, lists and free text have none.
pub(super) fn delta_stats(schema: &Schema, metadata: &ParquetMetaData) -> String {
    let rows: i64 = metadata
        .row_groups()
        .iter()
        .map(RowGroupMetaData::num_rows)
        .sum();
    let mut min = Map::new();
    let mut max = Map::new();
    let mut nulls = Map::new();
    for (index, field) in schema.fields().iter().enumerate().take(INDEXED_COLUMNS) {
        if matches!(field.data_type(), DataType::List(_)) {
            continue;
        }
        let Some(leaf) = leaf_of(metadata, field.name(), index) else {
            continue;
        };
        let chunks: Vec<&Statistics> = metadata
            .row_groups()
            .iter()
            .filter_map(|g| g.column(leaf).statistics())
            .collect();
        if chunks.len() != metadata.num_row_groups() {
            continue;
        }
        // A chunk without bounds is fine only when it holds nulls alone.
        let bounded = metadata.row_groups().iter().zip(&chunks).all(|(g, s)| {
            s.min_bytes_opt().is_some() && s.max_bytes_opt().is_some()
                || s.null_count_opt() == u64::try_from(g.num_rows()).ok()
        });
        let count: Option<u64> = chunks.iter().map(|s| s.null_count_opt()).sum();
        if let Some(count) = count {
            nulls.insert(field.name().clone(), json!(count));
        }
        if bounded && let Some((least, greatest)) = bounds(field.name(), field.data_type(), &chunks)
        {
            min.insert(field.name().clone(), least);
            max.insert(field.name().clone(), greatest);
        }
    }
    json!({
        "numRecords": rows,
        "minValues": min,
        "maxValues": max,
        "nullCount": nulls,
    })
    .to_string()
}

/// Leaf number of a column that is not nested.
pub(super) fn leaf_of(metadata: &ParquetMetaData, name: &str, hint: usize) -> Option<usize> {
    let descr = metadata.file_metadata().schema_descr();
    let is = |i: usize| {
        let path = descr.column(i).path().clone();
        path.parts().len() == 1 && path.parts()[0] == name
    };
    if hint < descr.num_columns() && is(hint) {
        return Some(hint);
    }
    (0..descr.num_columns()).find(|i| is(*i))
}

fn bounds(name: &str, data_type: &DataType, chunks: &[&Statistics]) -> Option<(Value, Value)> {
    match data_type {
        DataType::Int32 | DataType::Date32 => {
            let (mut least, mut greatest) = (i32::MAX, i32::MIN);
            let mut any = false;
            for chunk in chunks {
                if let Statistics::Int32(s) = chunk
                    && let (Some(lo), Some(hi)) = (s.min_opt(), s.max_opt())
                {
                    least = least.min(*lo);
                    greatest = greatest.max(*hi);
                    any = true;
                }
            }
            let value = |v: i32| match data_type {
                DataType::Date32 => json!(Day::from_epoch(v).to_string()),
                _ => json!(v),
            };
            any.then(|| (value(least), value(greatest)))
        }
        DataType::Int64 => {
            let (mut least, mut greatest) = (i64::MAX, i64::MIN);
            let mut any = false;
            for chunk in chunks {
                if let Statistics::Int64(s) = chunk
                    && let (Some(lo), Some(hi)) = (s.min_opt(), s.max_opt())
                {
                    least = least.min(*lo);
                    greatest = greatest.max(*hi);
                    any = true;
                }
            }
            any.then(|| (json!(least), json!(greatest)))
        }
        DataType::Utf8 if TEXT_COLUMNS.contains(&name) => {
            let mut least: Option<&[u8]> = None;
            let mut greatest: Option<&[u8]> = None;
            for chunk in chunks {
                let (Some(lo), Some(hi)) = (chunk.min_bytes_opt(), chunk.max_bytes_opt()) else {
                    continue;
                };
                if !chunk.min_is_exact() || !chunk.max_is_exact() {
                    return None;
                }
                least = Some(least.map_or(lo, |l| l.min(lo)));
                greatest = Some(greatest.map_or(hi, |g| g.max(hi)));
            }
            let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(|t| json!(t));
            Some((text(least?)?, text(greatest?)?))
        }
        _ => None,
    }
}
