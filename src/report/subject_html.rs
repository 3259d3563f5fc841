//! One subject's page: grades that can be added up by hand, measures, exclusions, incentives, rights.

use minijinja::{Environment, Value, context};
use serde_json::json;

use super::ReportError;
use super::data::ReportData;
use super::rows::Rows;
use crate::record::Points;

pub(super) const CSS: &str = include_str!("templates/page.css");
const TEMPLATE: &str = include_str!("templates/subject.html");

/// The names of measure states on paper.
pub(super) fn state_zh(state: &str) -> &str {
    match state {
        "proposed" => "建议采取",
        "excluded" => "不予采取",
        "needs_review" => "待人工复核",
        other => other,
    }
}

/// The page of one subject.
///
/// # Errors
/// [`ReportError::UnknownSubject`] when no result table speaks of it.
pub fn subject_html(data: &ReportData, subject: &str) -> Result<String, ReportError> {
    let of = |batch: &arrow::array::RecordBatch| -> Vec<usize> {
        let rows = Rows(batch);
        (0..rows.len())
            .filter(|i| rows.text(*i, "subject_id") == subject)
            .collect()
    };
    let (grade_rows, measure_rows) = (of(&data.grades), of(&data.measures));
    let (super_rows, incentive_rows) = (of(&data.supervision), of(&data.incentives));
    if grade_rows.is_empty() && measure_rows.is_empty() && super_rows.is_empty() {
        return Err(ReportError::UnknownSubject(subject.to_owned()));
    }
    let evidence_rows = of(&data.evidence);
    let (g, e, m) = (
        Rows(&data.grades),
        Rows(&data.evidence),
        Rows(&data.measures),
    );
    let (s, n) = (Rows(&data.supervision), Rows(&data.incentives));

    let mut provisional = false;
    let grades: Vec<_> = grade_rows
        .iter()
        .map(|&i| {
            let scheme = g.text(i, "scheme");
            let lines: Vec<usize> = evidence_rows
                .iter()
                .copied()
                .filter(|r| e.text(*r, "scheme") == scheme)
                .collect();
            let sum: Points = lines
                .iter()
                .filter_map(|r| Points::parse(&e.text(*r, "counted_points")))
                .sum();
            provisional |= g.flag(i, "provisional");
            let grade_text = if g.flag(i, "rated") {
                format!("{} {}", g.text(i, "grade"), g.text(i, "grade_name"))
            } else {
                "未评级".to_owned()
            };
            json!({
                "title": data.title(&scheme), "grade_text": grade_text, "score": g.text(i, "score"),
                "reason": g.text(i, "reason"), "provisional": g.flag(i, "provisional"),
                "next_change_on": g.text(i, "next_change_on"), "next_change_to": g.text(i, "next_change_to"),
                "counted_sum": sum.to_string(),
                "evidence": lines.iter().map(|r| {
                    let mut row = texts(e, *r, &["row_id", "document_no", "decided_on", "points", "counted_points", "counts_from", "counts_until", "basis", "why_not"]);
                    row["counted"] = e.flag(*r, "counted").into();
                    row
                }).collect::<Vec<_>>(),
            })
        })
        .collect();
    let parts: Vec<_> = [
        ("三、建议采取的措施", "proposed"),
        ("四、待人工复核的措施", "needs_review"),
        ("五、不予采取的措施及理由", "excluded"),
    ]
    .iter()
    .map(|(title, state)| {
        let rows: Vec<_> = measure_rows
            .iter()
            .filter(|i| m.text(**i, "state") == *state)
            .map(|i| {
                provisional |= m.flag(*i, "provisional");
                texts(
                    m,
                    *i,
                    &[
                        "measure",
                        "category",
                        "content",
                        "basis",
                        "trigger_document_no",
                        "trigger_decided_on",
                        "target_role",
                        "body",
                        "starts_on",
                        "ends_on",
                        "term",
                        "publicity_until",
                        "repair_from",
                        "reason",
                    ],
                )
            })
            .collect();
        json!({ "title": title, "rows": rows })
    })
    .collect();
    let mut remedies: Vec<String> = measure_rows
        .iter()
        .map(|i| m.text(*i, "remedy"))
        .filter(|r| !r.is_empty())
        .collect();
    remedies.sort();
    remedies.dedup();
    let supervision: Vec<_> = super_rows
        .iter()
        .map(|&i| {
            let cap = match s.number(i, "max_inspections") {
                Some(most) => format!("每{}不超过{most}次", if s.text(i, "per") == "quarter" { "季度" } else { "年" }),
                None => s.text(i, "inspection_ratio"),
            };
            provisional |= s.flag(i, "provisional");
            json!({ "scheme": data.title(&s.text(i, "scheme")), "flag": s.text(i, "flag"), "content": s.text(i, "content"), "cap": cap, "basis": s.text(i, "basis"), "provisional": s.flag(i, "provisional") })
        })
        .collect();
    let incentives: Vec<_> = incentive_rows
        .iter()
        .map(|&i| {
            let mut row = texts(
                n,
                i,
                &["incentive", "content", "condition", "basis", "reason"],
            );
            row["state"] = state_zh(&n.text(i, "state")).into();
            row
        })
        .collect();
    let name = data.names().get(subject).cloned().unwrap_or_else(|| {
        grade_rows
            .first()
            .map(|i| g.text(*i, "subject_name"))
            .unwrap_or_default()
    });
    let digest = &data.run.rules_digest;
    render(
        "subject.html",
        TEMPLATE,
        context! {
            css => CSS, name => name, subject_id => subject, as_of => data.as_of.zh(),
            rules_digest => digest.get(..12).unwrap_or(digest), rules_digest_full => digest,
            list_edition => &data.list_edition, provisional => provisional, run_id => &data.run.run_id,
            grades => page_value(&grades), supervision => page_value(&supervision),
            parts => page_value(&parts), incentives => page_value(&incentives),
            remedies => page_value(&remedies),
        },
    )
}

fn texts(rows: Rows<'_>, row: usize, columns: &[&str]) -> serde_json::Value {
    let cells = columns
        .iter()
        .map(|c| ((*c).to_owned(), rows.text(row, c).into()));
    serde_json::Value::Object(cells.collect())
}

/// Fills a page; names ending in `.html` are escaped.
pub(super) fn render(name: &str, template: &str, context: Value) -> Result<String, ReportError> {
    let mut environment = Environment::new();
    environment.add_template(name, template)?;
    Ok(environment.get_template(name)?.render(context)?)
}

/// Anything that serde can write, as a value of a page.
pub(super) fn page_value<T: serde::Serialize>(value: &T) -> Value {
    Value::from(minijinja::value::Serde(value))
}
