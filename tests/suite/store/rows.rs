//! Made-up rows for the tables of a store: a few named values, the rest by default.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, ListBuilder,
    RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field};
use xinheng::record::{DEFAULT_BUCKETS, bucket_of};
use xinheng::store::Table;

/// A value of a row.
#[derive(Clone)]
pub(super) enum V {
    T(String),
    N(i64),
    L(Vec<String>),
}

pub(super) type Row = BTreeMap<&'static str, V>;

pub(super) fn t(text: impl Into<String>) -> V {
    V::T(text.into())
}

pub(super) fn n(number: i64) -> V {
    V::N(number)
}

/// A penalty row: decision, part, version and dates; everything else follows from these.
pub(super) fn penalty(
    subject: &str,
    decision: &str,
    part: i64,
    decided: i64,
    received: i64,
) -> Row {
    let set = format!("{decision}-{received}");
    Row::from([
        ("record_id", t(format!("{decision}/{part}"))),
        ("decision_id", t(decision)),
        ("part_no", n(part)),
        ("subject_id", t(subject)),
        ("subject_name", t(format!("渝州示例{subject}有限公司"))),
        ("subject_kind", t("法人及非法人组织")),
        ("document_no", t(format!("渝环罚〔2026〕{decision}号"))),
        ("content", t(format!("罚款 {received} 元"))),
        ("citations", V::L(vec!["大气污染防治法第99条".to_owned()])),
        (
            "penalty_kinds",
            V::L(vec!["罚款".to_owned(), "警告".to_owned()]),
        ),
        ("fine_fen", n(received * 100)),
        ("decided_on", n(decided)),
        ("received_on", n(received)),
        ("version_key", t(format!("|{received:08}|{set}"))),
        ("content_digest", t(format!("{set}-{part}"))),
        ("bucket", n(i64::from(bucket_of(subject, DEFAULT_BUCKETS)))),
    ])
}

/// An event row about a subject.
pub(super) fn event(subject: &str, decision: &str, occurred: i64, received: i64) -> Row {
    Row::from([
        ("record_id", t(format!("{decision}/1"))),
        ("decision_id", t(decision)),
        ("subject_id", t(subject)),
        ("event_kind", t("信用修复")),
        ("occurred_on", n(occurred)),
        ("received_on", n(received)),
        ("version_key", t(format!("|{received:08}|{decision}"))),
        ("bucket", n(i64::from(bucket_of(subject, DEFAULT_BUCKETS)))),
    ])
}

/// A grade row.
pub(super) fn grade(scheme: &str, subject: &str, score: i64, run_id: &str) -> Row {
    Row::from([
        ("scheme", t(scheme)),
        ("subject_id", t(subject)),
        ("score", n(score * 10_000)),
        ("grade", t(if score > 80 { "A" } else { "B" })),
        ("run_id", t(run_id)),
        ("bucket", n(i64::from(bucket_of(subject, DEFAULT_BUCKETS)))),
    ])
}

/// A row with a subject, a bucket and a run, for tables where the test does not mind the rest.
pub(super) fn plain(subject: &str, run_id: &str) -> Row {
    Row::from([
        ("subject_id", t(subject)),
        ("run_id", t(run_id)),
        ("bucket", n(i64::from(bucket_of(subject, DEFAULT_BUCKETS)))),
    ])
}

/// Rows as a batch of their table; a column that a row does not name is null, or empty where the
/// schema allows no null.
pub(super) fn batch(table: Table, rows: &[Row]) -> RecordBatch {
    let schema = table.schema();
    for row in rows {
        for name in row.keys() {
            // `plain` rows may name more than a table has.
            assert!(
                schema.column_with_name(name).is_some() || ["run_id", "bucket"].contains(name),
                "{} has no column {name}",
                table.name()
            );
        }
    }
    let columns = schema.fields().iter().map(|f| column(f, rows)).collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

fn column(field: &Field, rows: &[Row]) -> ArrayRef {
    let texts = |row: &Row| match row.get(field.name().as_str()) {
        Some(V::T(text)) => Some(text.clone()),
        _ => (!field.is_nullable()).then(String::new),
    };
    let numbers = |row: &Row| match row.get(field.name().as_str()) {
        Some(V::N(number)) => Some(*number),
        _ => (!field.is_nullable()).then_some(0),
    };
    match field.data_type() {
        DataType::Utf8 => Arc::new(rows.iter().map(texts).collect::<StringArray>()),
        DataType::Int64 => Arc::new(rows.iter().map(numbers).collect::<Int64Array>()),
        DataType::Int32 => Arc::new(
            rows.iter()
                .map(|r| numbers(r).map(|v| v as i32))
                .collect::<Int32Array>(),
        ),
        DataType::Date32 => Arc::new(
            rows.iter()
                .map(|r| numbers(r).map(|v| v as i32))
                .collect::<Date32Array>(),
        ),
        DataType::Boolean => Arc::new(
            rows.iter()
                .map(|r| numbers(r).map(|v| v != 0))
                .collect::<BooleanArray>(),
        ),
        DataType::Decimal128(precision, scale) => Arc::new(
            rows.iter()
                .map(|r| numbers(r).map(i128::from))
                .collect::<Decimal128Array>()
                .with_precision_and_scale(*precision, *scale)
                .unwrap(),
        ),
        DataType::List(item) => {
            let mut list = ListBuilder::new(StringBuilder::new()).with_field(Arc::clone(item));
            for row in rows {
                if let Some(V::L(items)) = row.get(field.name().as_str()) {
                    items.iter().for_each(|i| list.values().append_value(i));
                }
                list.append(true);
            }
            Arc::new(list.finish())
        }
        other => panic!("no rows of type {other}"),
    }
}
