//! Measures by state, excluded candidates joined where only the document differs, publicity and repair by document.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Subject;
use crate::report::labels::{code_zh, coded, plain};

impl Subject<'_> {
    /// 建议采取, 待人工复核, 不予采取.
    pub(super) fn measure_parts(&self) -> Vec<Value> {
        [
            ("建议采取的措施", "proposed"),
            ("待人工复核的措施", "needs_review"),
            ("不予采取的措施及理由", "excluded"),
        ]
        .iter()
        .map(|(title, state)| {
            let rows = self.measures(state);
            let count: u64 = rows.iter().filter_map(|r| r["count"].as_u64()).sum();
            json!({ "title": title, "state": state, "rows": rows, "count": count })
        })
        .collect()
    }

    /// Candidates that differ only in the document are one line with several documents.
    fn measures(&self, state: &str) -> Vec<Value> {
        let m = self.part.measures.rows();
        let mut lines: Vec<(Value, Vec<Value>)> = Vec::new();
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for i in self.part.measures.of_subject(self.id) {
            if m.str(i, "state") != state {
                continue;
            }
            let (code, words) = coded(m.str(i, "reason"));
            // Reasons of exclusion may differ by document; dates and words of the others make lines of their own.
            let own = match state {
                "excluded" => String::new(),
                _ => ["starts_on", "ends_on", "term", "reason"]
                    .map(|c| m.text(i, c))
                    .join("|"),
            };
            let key = [m.str(i, "row_id"), m.str(i, "content"), code, &own].join("|");
            let words = plain(words);
            let document = json!({
                "no": m.str(i, "trigger_document_no"), "on": m.text(i, "trigger_decided_on"), "words": words,
            });
            if let Some(&line) = at.get(&key) {
                let (cells, documents) = &mut lines[line];
                if cells["words"] != words.as_str() {
                    cells["each_says"] = true.into();
                }
                documents.push(document);
                continue;
            }
            at.insert(key, lines.len());
            let (measure, name) = m
                .str(i, "measure")
                .split_once(' ')
                .unwrap_or(("", m.str(i, "measure")));
            let origin = match m.str(i, "list_row_status") {
                "verified" => "已核",
                "assumed" => "推定，未核",
                other => other,
            };
            let cells = json!({
                "code": measure, "name": name, "row_id": m.str(i, "row_id"), "category": m.str(i, "category"),
                "content": m.str(i, "content"), "basis": m.str(i, "basis"), "edition": m.str(i, "list_edition"),
                "list_no": m.str(i, "list_no"), "origin": origin, "role": m.str(i, "target_role"),
                "body": m.str(i, "body"), "starts_on": m.text(i, "starts_on"), "ends_on": m.text(i, "ends_on"),
                "term": m.str(i, "term"), "facts": m.str(i, "trigger_facts"), "why": code_zh(code), "words": words,
                "reason_code": code, "provisional": m.flag(i, "provisional"),
            });
            lines.push((cells, vec![document]));
        }
        lines
            .into_iter()
            .map(|(mut cells, documents)| {
                cells["count"] = documents.len().into();
                cells["documents"] = documents.into();
                cells
            })
            .collect()
    }

    /// Publicity and repair of each document that triggers a measure.
    pub(super) fn publicity(&self) -> Vec<Value> {
        let m = self.part.measures.rows();
        let mut documents: BTreeMap<(String, &str), Value> = BTreeMap::new();
        for i in self.part.measures.of_subject(self.id) {
            let (until, repair) = (m.day(i, "publicity_until"), m.day(i, "repair_from"));
            if until.is_none() && repair.is_none() {
                continue;
            }
            let as_of = self.night.as_of;
            let stand = match (until, repair) {
                (Some(until), _) if until < as_of => "公示期已届满",
                (_, Some(from)) if from <= as_of => "现在可以申请修复",
                _ => "未到可修复起算日",
            };
            let key = (
                m.text(i, "trigger_decided_on"),
                m.str(i, "trigger_document_no"),
            );
            let line = json!({
                "no": key.1, "on": key.0, "until": until.map(|d| d.to_string()),
                "repair": repair.map(|d| d.to_string()), "stand": stand,
            });
            documents.insert(key, line);
        }
        documents.into_values().collect()
    }
}
