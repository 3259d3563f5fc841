//! From checked rows to the rows of the `quality` table.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Decimal128Array, Int64Array, RecordBatch, StringArray};

use super::QualityError;
use super::lines::{ints, texts};
use crate::record::{Lookup, Points, schema};

/// What became of a row of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Duplicate,
    Superseded,
    Quarantined,
}

/// Whether a decision was uploaded within 7 working days (发改办财金〔2018〕424号).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    InTime,
    Late,
    /// It should be judged, but the working days of a year are not known.
    Unknown,
    /// The deadline does not apply (events) or the decision date cannot be read.
    NotAsked,
}

/// One row of a file after all checks, as far as quality figures need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFacts<'a> {
    /// SHA-256 of the file that the row stands in.
    pub file_sha256: &'a str,
    /// 数据来源单位; may be empty.
    pub source_unit: &'a str,
    /// The month in which the row was received, `2026-11`.
    pub month: Arc<str>,
    pub outcome: Outcome,
    pub timeliness: Timeliness,
    /// Whether a check warned (severity W), whatever the outcome.
    pub warned: bool,
    /// Whether it replaced an earlier version of the same decision.
    pub corrected: bool,
    /// Cells that the layout requires of this row.
    pub required_cells: u32,
    /// Those of them that are filled.
    pub complete_cells: u32,
}

/// A figure per source unit and month, a share of 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// 合规率
    Compliant,
    /// 完整率
    Complete,
    /// 及时率
    InTime,
    /// 迟报率
    Late,
    /// 时效未知率
    TimeUnknown,
    /// 重复率
    Duplicate,
    /// 更正率
    Corrected,
    /// 警告率
    Warned,
}

impl Metric {
    /// In the order in which they are shown.
    pub const ALL: [Metric; 8] = [
        Metric::Compliant,
        Metric::Complete,
        Metric::InTime,
        Metric::Late,
        Metric::TimeUnknown,
        Metric::Duplicate,
        Metric::Corrected,
        Metric::Warned,
    ];

    pub const fn zh(self) -> &'static str {
        match self {
            Metric::Compliant => "合规率",
            Metric::Complete => "完整率",
            Metric::InTime => "及时率",
            Metric::Late => "迟报率",
            Metric::TimeUnknown => "时效未知率",
            Metric::Duplicate => "重复率",
            Metric::Corrected => "更正率",
            Metric::Warned => "警告率",
        }
    }

    pub fn from_zh(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|metric| metric.zh() == name)
    }

    /// What is divided by what, in Chinese.
    pub const fn formula(self) -> &'static str {
        match self {
            Metric::Compliant => "未被退回的行数÷收到的行数；公式为本系统口径",
            Metric::Complete => "已填的必填项数÷应填的必填项数；公式为本系统口径",
            Metric::InTime => "七个工作日内报送的行数÷能判断时效的行数；公式为本系统口径",
            Metric::Late => "超过七个工作日报送的行数÷能判断时效的行数；公式为本系统口径",
            Metric::TimeUnknown => {
                "缺少工作日历无法判断时效的行数÷适用报送时限的行数；公式为本系统口径"
            }
            Metric::Duplicate => "重复报送的行数÷收到的行数；公式为本系统口径",
            Metric::Corrected => "更正已有决定的行数÷收到的行数；公式为本系统口径",
            Metric::Warned => "有警告的行数÷收到的行数；公式为本系统口径",
        }
    }

    /// What one row adds to numerator and denominator.
    fn of(self, row: &RowFacts<'_>) -> (i64, i64) {
        let judged = matches!(row.timeliness, Timeliness::InTime | Timeliness::Late);
        let asked = row.timeliness != Timeliness::NotAsked;
        match self {
            Metric::Compliant => (i64::from(row.outcome != Outcome::Quarantined), 1),
            Metric::Complete => (
                row.complete_cells.min(row.required_cells).into(),
                row.required_cells.into(),
            ),
            Metric::InTime => (
                i64::from(row.timeliness == Timeliness::InTime),
                i64::from(judged),
            ),
            Metric::Late => (
                i64::from(row.timeliness == Timeliness::Late),
                i64::from(judged),
            ),
            Metric::TimeUnknown => (
                i64::from(row.timeliness == Timeliness::Unknown),
                i64::from(asked),
            ),
            Metric::Duplicate => (i64::from(row.outcome == Outcome::Duplicate), 1),
            Metric::Corrected => (i64::from(row.corrected), 1),
            Metric::Warned => (i64::from(row.warned), 1),
        }
    }
}

/// `numerator ÷ denominator` to four decimals, half away from zero; `None` for a denominator of 0 (no such rows).
pub(super) fn share(numerator: i64, denominator: i64) -> Option<Points> {
    (denominator != 0).then(|| Points::from_units(1).mul_ratio(numerator, denominator))
}

/// What figures are counted for: file, unit, month.
type Key = (String, String, String);

/// Numerator and denominator of every metric, in the order of [`Metric::ALL`].
type Sums = [(i64, i64); Metric::ALL.len()];

/// The figures of files that were read before, from the `quality` table.
#[derive(Clone, Debug, Default)]
pub struct Earlier(BTreeMap<Key, Sums>);

impl Earlier {
    /// The figures of these files, over all their readings.
    ///
    /// # Errors
    ///
    /// The batch is not of the `quality` table, or names a metric that this version does not know.
    pub fn of(quality: &RecordBatch, files: &BTreeSet<&str>) -> Result<Earlier, QualityError> {
        let mut earlier = Earlier::default();
        earlier.hear(quality, files)?;
        Ok(earlier)
    }

    /// Adds the figures of these files that more of the table holds.
    ///
    /// # Errors
    ///
    /// As [`Earlier::of`].
    pub fn hear(
        &mut self,
        quality: &RecordBatch,
        files: &BTreeSet<&str>,
    ) -> Result<(), QualityError> {
        add(quality, &mut self.0, |file| files.contains(file))
    }

    fn knows(&self, file: &str) -> bool {
        let from = (file.to_owned(), String::new(), String::new());
        self.0
            .range(from..)
            .next()
            .is_some_and(|((name, ..), _)| name == file)
    }
}

/// Adds the figures of the files that are asked for.
fn add(
    quality: &RecordBatch,
    sums: &mut BTreeMap<Key, Sums>,
    asked: impl Fn(&str) -> bool,
) -> Result<(), QualityError> {
    let (names, units) = (
        texts(quality, "file_sha256")?,
        texts(quality, "source_unit")?,
    );
    let (months, metrics) = (texts(quality, "month")?, texts(quality, "metric")?);
    let (ns, ds) = (ints(quality, "numerator")?, ints(quality, "denominator")?);
    for row in (0..quality.num_rows()).filter(|row| asked(names.value(*row))) {
        let name = metrics.value(row);
        let metric = Metric::from_zh(name).ok_or_else(|| QualityError::Metric(name.to_owned()))?;
        let of = |column: &StringArray| column.value(row).to_owned();
        let sums = sums.entry((of(names), of(units), of(months))).or_default();
        let sum = &mut sums[metric as usize];
        *sum = (sum.0 + ns.value(row), sum.1 + ds.value(row));
    }
    Ok(())
}

fn add_sums(sums: &mut Sums, more: &Sums) {
    for (sum, (numerator, denominator)) in sums.iter_mut().zip(more) {
        *sum = (sum.0 + numerator, sum.1 + denominator);
    }
}

impl Metric {
    /// Whether another reading of the same file replaces the figure. What was a duplicate or a correction was so
    /// when the file came; at a second reading all its rows repeat themselves.
    const fn is_replaced(self) -> bool {
        !matches!(self, Metric::Duplicate | Metric::Corrected)
    }
}

/// The figures of one batch, which may come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Figures(BTreeMap<Key, Sums>);

impl Figures {
    /// Adds rows of the batch.
    pub fn add(&mut self, rows: &[RowFacts<'_>]) {
        // Rows are many, their files, units and months few; rows of one file and month follow one another.
        let mut by_place: Vec<(_, Lookup<&str, Sums>)> = Vec::new();
        for row in rows {
            let place = (row.file_sha256, &*row.month);
            if by_place.last().is_none_or(|(last, _)| *last != place) {
                by_place.push((place, Lookup::default()));
            }
            let Some((_, units)) = by_place.last_mut() else {
                continue;
            };
            let sums = units.entry(row.source_unit).or_default();
            add_sums(sums, &Metric::ALL.map(|metric| metric.of(row)));
        }
        for ((file, month), units) in by_place {
            for (unit, sums) in units {
                let key = (file.to_owned(), unit.to_owned(), month.to_owned());
                add_sums(self.0.entry(key).or_default(), &sums);
            }
        }
    }

    /// Adds the figures of other rows of the batch.
    pub fn join(&mut self, others: Figures) {
        for (key, sums) in others.0 {
            add_sums(self.0.entry(key).or_default(), &sums);
        }
    }

    /// Rows of the `quality` table: every metric for every file, unit and month, in this order. A file that was read
    /// before is not counted twice: its rows here are what this reading adds to the `earlier` ones, which may be less
    /// than nothing, so that sums over batches say what the newest reading found.
    ///
    /// # Errors
    ///
    /// The columns disagree with the schema (a bug of ours).
    pub fn batch(self, earlier: &Earlier, batch_id: &str) -> Result<RecordBatch, QualityError> {
        let mut all = self.0;
        for (key, sums) in &earlier.0 {
            add_sums(
                all.entry(key.clone()).or_default(),
                &sums.map(|(n, d)| (-n, -d)),
            );
        }
        let mut lines = Vec::new();
        for (key, sums) in &all {
            let again = earlier.knows(&key.0);
            for (metric, sum) in Metric::ALL.into_iter().zip(*sums) {
                if !again || (metric.is_replaced() && sum != (0, 0)) {
                    lines.push((key, metric, sum));
                }
            }
        }
        table(&lines, batch_id)
    }
}

/// A row of the `quality` table.
type Line<'a> = (&'a Key, Metric, (i64, i64));

/// Sums per file, unit, month and metric as rows of the `quality` table.
fn table(lines: &[Line<'_>], batch_id: &str) -> Result<RecordBatch, QualityError> {
    fn column<'a>(values: impl Iterator<Item = &'a str>) -> Arc<StringArray> {
        Arc::new(StringArray::from_iter_values(values))
    }
    let counts = |of: fn((i64, i64)) -> i64| {
        Arc::new(Int64Array::from_iter_values(
            lines.iter().map(|line| of(line.2)),
        ))
    };
    let values: Decimal128Array = lines
        .iter()
        .map(|(_, _, (n, d))| share(*n, *d).map(|p| i128::from(p.raw())))
        .collect();
    Ok(RecordBatch::try_new(
        schema::quality(),
        vec![
            column(lines.iter().map(|line| line.0.1.as_str())),
            column(lines.iter().map(|line| line.0.2.as_str())),
            column(lines.iter().map(|line| line.1.zh())),
            counts(|sum| sum.0),
            counts(|sum| sum.1),
            Arc::new(values.with_data_type(schema::POINTS_TYPE)),
            column(lines.iter().map(|line| line.1.formula())),
            column(lines.iter().map(|_| batch_id)),
            column(lines.iter().map(|line| line.0.0.as_str())),
        ],
    )?)
}
