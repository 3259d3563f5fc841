//! Sums of the `quality` table.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;

use super::QualityError;
use super::facts::{Metric, share};
use crate::record::Points;

/// The unit's name on lines that sum over all units.
pub const ALL_UNITS: &str = "全部单位";

/// One figure, summed over batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityLine {
    /// 数据来源单位; empty when the rows name none.
    pub source_unit: String,
    /// `2026-11`
    pub month: String,
    pub metric: Metric,
    pub numerator: i64,
    pub denominator: i64,
}

impl QualityLine {
    /// A share of 0 to 1 with four decimals; `None` when there was nothing to divide by.
    pub fn value(&self) -> Option<Points> {
        share(self.numerator, self.denominator)
    }

    /// `95.24%`, or `—` when there was nothing to divide by.
    pub fn percent(&self) -> String {
        self.value().map_or_else(
            || "—".to_owned(),
            |value| {
                let hundredths = value.raw();
                format!("{}.{:02}%", hundredths / 100, hundredths % 100)
            },
        )
    }

    /// The unit as it is shown: a missing name is said.
    pub fn unit_shown(&self) -> &str {
        if self.source_unit.is_empty() {
            "（未填数据来源单位）"
        } else {
            &self.source_unit
        }
    }
}

/// Sums the rows of the `quality` table over batches, for one month or for each, sorted by unit, month and metric.
///
/// # Errors
///
/// The batch is not of the `quality` table, or names a metric that this version does not know.
pub fn aggregate(
    quality: &RecordBatch,
    month: Option<&str>,
) -> Result<Vec<QualityLine>, QualityError> {
    let mut sums = Sums::default();
    sums.add(quality, month)?;
    Ok(sums.lines())
}

/// Sums of [`aggregate`] over a table that comes in batches.
#[derive(Clone, Debug, Default)]
pub struct Sums(BTreeMap<(String, String, Metric), (i64, i64)>);

impl Sums {
    /// Adds rows of the table, those of one month or all.
    ///
    /// # Errors
    ///
    /// As [`aggregate`].
    pub fn add(&mut self, quality: &RecordBatch, month: Option<&str>) -> Result<(), QualityError> {
        for ((unit, of, metric), (numerator, denominator)) in summed(quality, month)? {
            let sum = self
                .0
                .entry((unit.to_owned(), of.to_owned(), metric))
                .or_default();
            *sum = (sum.0 + numerator, sum.1 + denominator);
        }
        Ok(())
    }

    /// The sums, sorted by unit, month and metric.
    pub fn lines(self) -> Vec<QualityLine> {
        let line = |((source_unit, month, metric), (numerator, denominator))| QualityLine {
            source_unit,
            month,
            metric,
            numerator,
            denominator,
        };
        self.0.into_iter().map(line).collect()
    }
}

/// Unit, month and metric with their numerator and denominator.
type Summed<'a> = BTreeMap<(&'a str, &'a str, Metric), (i64, i64)>;

fn summed<'a>(quality: &'a RecordBatch, month: Option<&str>) -> Result<Summed<'a>, QualityError> {
    let units = texts(quality, "source_unit")?;
    let months = texts(quality, "month")?;
    let metrics = texts(quality, "metric")?;
    let numerators = ints(quality, "numerator")?;
    let denominators = ints(quality, "denominator")?;
    let mut sums = Summed::new();
    for row in 0..quality.num_rows() {
        if month.is_some_and(|month| month != months.value(row)) {
            continue;
        }
        let name = metrics.value(row);
        let metric = Metric::from_zh(name).ok_or_else(|| QualityError::Metric(name.to_owned()))?;
        let sum = sums
            .entry((units.value(row), months.value(row), metric))
            .or_default();
        *sum = (
            sum.0 + numerators.value(row),
            sum.1 + denominators.value(row),
        );
    }
    Ok(sums)
}

/// The sums over all units, a line per month and metric, under the name [`ALL_UNITS`].
pub fn totals(lines: &[QualityLine]) -> Vec<QualityLine> {
    let mut sums: BTreeMap<(&str, Metric), QualityLine> = BTreeMap::new();
    for line in lines {
        let total = sums
            .entry((&line.month, line.metric))
            .or_insert_with(|| QualityLine {
                source_unit: ALL_UNITS.to_owned(),
                numerator: 0,
                denominator: 0,
                ..line.clone()
            });
        total.numerator += line.numerator;
        total.denominator += line.denominator;
    }
    sums.into_values().collect()
}

pub(super) fn texts<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a StringArray, QualityError> {
    batch
        .column_by_name(name)
        .and_then(|c| c.as_string_opt())
        .ok_or(QualityError::Column(name))
}

pub(super) fn ints<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a Int64Array, QualityError> {
    let column = batch
        .column_by_name(name)
        .and_then(|c| c.as_primitive_opt::<Int64Type>());
    column
        .filter(|c| c.null_count() == 0)
        .ok_or(QualityError::Column(name))
}
