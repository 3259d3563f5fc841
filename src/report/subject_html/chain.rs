//! The records behind a page: where each came from, and what it was used for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Subject;
use crate::report::part::BySubject;
use crate::report::rows::Rows;

/// Letters of a digest that are printed.
const PREFIX: usize = 12;
/// Most records listed; the rest are counted.
const LISTED: usize = 200;

impl Subject<'_> {
    /// Every record in force of the subject, by day.
    pub(super) fn records(&self) -> Value {
        let uses = self.uses();
        let mut found: Vec<(String, Value)> = Vec::new();
        let tables: [(&BySubject, &str); 3] = [
            (&self.back.penalties, "penalty"),
            (&self.back.licenses, "license"),
            (&self.back.events, "event"),
        ];
        for id in self.night.ids_of(self.id) {
            for (table, kind) in tables {
                let rows = table.rows();
                for i in table.of_subject(&id) {
                    found.push(self.record(rows, i, kind, &uses));
                }
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let total = found.len();
        let rows: Vec<Value> = found.into_iter().take(LISTED).map(|r| r.1).collect();
        json!({ "left_off": total - rows.len(), "rows": rows })
    }

    fn record(
        &self,
        rows: Rows<'_>,
        i: usize,
        kind: &str,
        uses: &BTreeMap<&str, Vec<String>>,
    ) -> (String, Value) {
        let (what, detail, day) = match kind {
            "penalty" => {
                let kinds = rows.text(i, "penalty_kinds");
                ("行政处罚", kinds, rows.text(i, "decided_on"))
            }
            "license" => {
                let name = rows.text(i, "document_name");
                ("行政许可", name, rows.text(i, "decided_on"))
            }
            _ => {
                let kind = rows.text(i, "event_kind");
                ("信用事件", kind, rows.text(i, "occurred_on"))
            }
        };
        let batch = rows.str(i, "batch_id");
        let files = self.night.files_of(batch, kind);
        let file = match files.as_slice() {
            [] => "批次文件未登记".to_owned(),
            [one] => format!("{}（SHA-256 {}）", one.file, prefix(&one.sha256)),
            more => format!("本批同类文件 {} 份之一", more.len()),
        };
        let record_id = rows.str(i, "record_id");
        let used = match uses.get(record_id) {
            Some(uses) => uses.join("；"),
            None if kind == "license" => "行政许可本身不计分".to_owned(),
            None if kind == "event" => "说明其他记录或者主体的状态，未命中评价规则行".to_owned(),
            None => "未命中任何评价规则行，也未触发措施".to_owned(),
        };
        let key = format!("{day} {} {record_id}", rows.str(i, "document_no"));
        let cells = json!({
            "kind": what, "detail": detail, "document_no": rows.str(i, "document_no"), "on": day,
            "authority": rows.str(i, "authority"), "source_unit": rows.str(i, "source_unit"),
            "received_on": rows.text(i, "received_on"), "batch": batch, "file": file,
            "digest": prefix(rows.str(i, "content_digest")), "used": used,
        });
        (key, cells)
    }

    /// Record id → what it was used for.
    fn uses(&self) -> BTreeMap<&str, Vec<String>> {
        let mut uses: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let e = self.back.evidence.rows();
        for i in self.back.evidence.of_subject(self.id) {
            let label = self.night.scheme(e.str(i, "scheme"));
            let row = label.row(e.str(i, "row_id")).title;
            let text = if e.flag(i, "counted") {
                let points = e
                    .text(i, "counted_points")
                    .trim_start_matches('-')
                    .to_owned();
                match points.as_str() {
                    "0" | "" => format!("计入：{row}"),
                    points => format!("计入：{row} {points} 分"),
                }
            } else {
                format!("未计：{row}（{}）", e.str(i, "why_not"))
            };
            uses.entry(e.str(i, "record_id")).or_default().push(text);
        }
        let m = self.part.measures.rows();
        let mut measures: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
        for i in self.part.measures.of_subject(self.id) {
            let counts = measures.entry(m.str(i, "trigger_record_id")).or_default();
            match m.str(i, "state") {
                "proposed" => counts[0] += 1,
                "needs_review" => counts[1] += 1,
                _ => counts[2] += 1,
            }
        }
        for (record, [proposed, review, excluded]) in measures {
            let counts = [
                ("建议", proposed),
                ("待复核", review),
                ("不予采取", excluded),
            ];
            let counts: Vec<String> = counts
                .iter()
                .filter(|c| c.1 > 0)
                .map(|(what, n)| format!("{what} {n} 条"))
                .collect();
            let text = format!("候选措施：{}", counts.join("、"));
            uses.entry(record).or_default().push(text);
        }
        for lines in uses.values_mut() {
            lines.dedup();
        }
        uses
    }
}

fn prefix(digest: &str) -> &str {
    digest.get(..PREFIX).unwrap_or(digest)
}
