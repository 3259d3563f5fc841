//! The night on one page: files, grades, changes, measures, data quality.

use std::collections::BTreeMap;

use minijinja::context;
use serde_json::json;

use super::ReportError;
use super::data::ReportData;
use super::rows::Rows;
use super::subject_html::{CSS, page_value, render, state_zh};
use super::svg::bars;
use crate::grading::changes::Cause;
use crate::record::Day;

const TEMPLATE: &str = include_str!("templates/run.html");

/// The run report; `pages` are the subjects' pages of this night, `quarantine` the findings by check code.
///
/// # Errors
/// Only when the template does not fit, which is a bug.
pub fn run_report_html(
    data: &ReportData,
    pages: &[(String, String)],
    quarantine: &[(String, u64)],
) -> Result<String, ReportError> {
    let g = Rows(&data.grades);
    let mut by_scheme: BTreeMap<String, BTreeMap<(i64, String), u64>> = BTreeMap::new();
    let mut provisional = 0u64;
    for i in 0..g.len() {
        let key = if g.flag(i, "rated") {
            (
                g.number(i, "order_key").unwrap_or(0),
                format!("{} {}", g.text(i, "grade"), g.text(i, "grade_name")),
            )
        } else {
            (i64::MAX, "未评级".to_owned())
        };
        *by_scheme
            .entry(g.text(i, "scheme"))
            .or_default()
            .entry(key)
            .or_default() += 1;
        provisional += u64::from(g.flag(i, "provisional"));
    }
    let schemes: Vec<_> = by_scheme
        .iter()
        .map(|(scheme, counts)| {
            let rows: Vec<(String, u64)> = counts.iter().map(|((_, label), n)| (label.clone(), *n)).collect();
            json!({ "title": data.title(scheme), "chart": bars(&format!("{}：各等级主体数", data.title(scheme)), &rows) })
        })
        .collect();
    let names = data.names();
    let c = Rows(&data.changes);
    let changes: Vec<_> = (0..c.len())
        .filter(|i| c.text(*i, "run_id") == data.run.run_id)
        .map(|i| {
            let id = c.text(i, "subject_id");
            json!({ "scheme": data.title(&c.text(i, "scheme")), "name": names.get(&id).unwrap_or(&id), "from_grade": c.text(i, "from_grade"),
                "to_grade": c.text(i, "to_grade"), "cause": Cause::ALL.iter().find(|k| k.name() == c.text(i, "cause")).map_or("", |k| k.zh()), "detail": c.text(i, "detail") })
        })
        .collect();
    let m = Rows(&data.measures);
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for i in 0..m.len() {
        *states
            .entry(state_zh(&m.text(i, "state")).to_owned())
            .or_default() += 1;
    }
    states.insert(
        "激励".to_owned(),
        u64::try_from(data.incentives.num_rows()).unwrap_or(0),
    );
    let states: Vec<(String, u64)> = states.into_iter().collect();
    let q = Rows(&data.quality);
    let batch = &data.run.run_id;
    let quality: Vec<_> = (0..q.len())
        .filter(|i| q.text(*i, "batch_id") == *batch)
        .map(|i| q.object(i))
        .collect();
    let files: Vec<_> = data
        .run
        .inputs
        .iter()
        .map(|f| serde_json::to_value(f).unwrap_or_default())
        .collect();
    let sum = |field: &str| files.iter().filter_map(|f| f[field].as_u64()).sum::<u64>();
    let total = json!({ "rows_read": sum("rows_read"), "accepted": sum("accepted"), "duplicate": sum("duplicate"),
        "superseded": sum("superseded"), "quarantined": sum("quarantined"), "skipped": sum("skipped") });
    let pages: Vec<_> = pages
        .iter()
        .map(|(id, file)| json!({ "file": file, "name": names.get(id).unwrap_or(id) }))
        .collect();
    render(
        "run.html",
        TEMPLATE,
        context! {
            css => CSS, as_of => data.as_of.zh(), received_on => data.run.received_on.map(Day::zh).unwrap_or_default(),
            run_id => &data.run.run_id, rules_digest => &data.run.rules_digest, list_edition => &data.list_edition,
            provisional => provisional, files => page_value(&files), total => page_value(&total),
            quarantine_chart => bars("退回与提示（按核查代码，前 20 项）", quarantine.get(..20.min(quarantine.len())).unwrap_or(quarantine)),
            schemes => page_value(&schemes), changes => page_value(&changes),
            measures_chart => bars("措施与激励（条）", &states), quality => page_value(&quality),
            pages => page_value(&pages),
        },
    )
}
