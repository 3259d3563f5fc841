//! Quality figures as a text table, JSON and CSV.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::{Value, json};

use super::QualityError;
use super::facts::Metric;
use super::lines::QualityLine;

/// Lines of one unit and month, in the order of [`Metric::ALL`].
pub(super) struct UnitMonth<'a> {
    pub(super) unit: &'a str,
    pub(super) month: &'a str,
    lines: Vec<&'a QualityLine>,
}

impl<'a> UnitMonth<'a> {
    pub(super) fn line(&self, metric: Metric) -> Option<&'a QualityLine> {
        self.lines
            .iter()
            .copied()
            .find(|line| line.metric == metric)
    }

    /// Rows received, the denominator of 合规率.
    pub(super) fn rows(&self) -> i64 {
        self.line(Metric::Compliant)
            .map_or(0, |line| line.denominator)
    }
}

/// Groups neighbouring lines of the same unit and month.
pub(super) fn by_unit_and_month(lines: &[QualityLine]) -> Vec<UnitMonth<'_>> {
    let mut groups: Vec<UnitMonth<'_>> = Vec::new();
    for line in lines {
        match groups.last_mut() {
            Some(group) if group.unit == line.unit_shown() && group.month == line.month => {
                group.lines.push(line);
            }
            _ => groups.push(UnitMonth {
                unit: line.unit_shown(),
                month: &line.month,
                lines: vec![line],
            }),
        }
    }
    groups
}

/// A table for people: one row per unit and month, one column per metric, the formulas below.
pub fn table(lines: &[QualityLine]) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_FULL_CONDENSED);
    let heads = ["数据来源单位", "月份", "收到行数"].into_iter();
    table.set_header(heads.chain(Metric::ALL.into_iter().map(Metric::zh)));
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    for group in by_unit_and_month(lines) {
        let mut row = vec![
            Cell::new(group.unit),
            Cell::new(group.month),
            right(group.rows().to_string()),
        ];
        for metric in Metric::ALL {
            row.push(right(
                group
                    .line(metric)
                    .map_or_else(|| "—".to_owned(), QualityLine::percent),
            ));
        }
        table.add_row(row);
    }
    let mut out = table.to_string();
    out.push('\n');
    for metric in Metric::ALL {
        out.push_str(&format!("{}：{}\n", metric.zh(), metric.formula()));
    }
    out
}

/// An array with one object per line; `value` is a decimal as text, so that it stays exact, or null.
pub fn json(lines: &[QualityLine]) -> Value {
    lines
        .iter()
        .map(|line| {
            json!({
                "source_unit": line.source_unit,
                "month": line.month,
                "metric": line.metric.zh(),
                "numerator": line.numerator,
                "denominator": line.denominator,
                "value": line.value().map(|value| value.to_string()),
                "formula": line.metric.formula(),
            })
        })
        .collect()
}

/// CSV in UTF-8 with a byte order mark (so that spreadsheet programs read the Chinese), one line per figure.
///
/// # Errors
///
/// None is expected: it is written to memory.
pub fn csv(lines: &[QualityLine]) -> Result<String, QualityError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "数据来源单位",
        "月份",
        "指标",
        "分子",
        "分母",
        "数值",
        "公式",
    ])?;
    for line in lines {
        let value = line
            .value()
            .map(|value| value.to_string())
            .unwrap_or_default();
        let (numerator, denominator) = (line.numerator.to_string(), line.denominator.to_string());
        writer.write_record([
            line.source_unit.as_str(),
            &line.month,
            line.metric.zh(),
            &numerator,
            &denominator,
            &value,
            line.metric.formula(),
        ])?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(format!("\u{feff}{}", String::from_utf8_lossy(&bytes)))
}
