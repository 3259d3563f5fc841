//! A grade that can be added up by hand, and the figures on the page that are provisional.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Subject;
use crate::record::{Day, Points};
use crate::report::labels::{BandLabel, effect_zh};

impl Subject<'_> {
    /// Each grade with its sum, row by row, and what did not count.
    pub(super) fn grades(&self) -> Vec<Value> {
        let span = self.part.grades.of_subject(self.id);
        span.map(|i| self.grade(i)).collect()
    }

    fn evidence_of(&self, scheme: &str) -> Vec<usize> {
        let e = self.back.evidence.rows();
        let span = self.back.evidence.of_subject(self.id);
        let mut rows: Vec<usize> = span.filter(|r| e.str(*r, "scheme") == scheme).collect();
        // In the order in which a person adds them up: by decision day; the bounds of the score last.
        rows.sort_by_key(|r| {
            (
                e.str(*r, "row_id") == "clamp",
                e.day(*r, "decided_on"),
                e.str(*r, "document_no"),
                e.str(*r, "row_id"),
            )
        });
        rows
    }

    fn grade(&self, i: usize) -> Value {
        let g = self.part.grades.rows();
        let e = self.back.evidence.rows();
        let scheme = g.str(i, "scheme");
        let label = self.night.scheme(scheme);
        let rated = g.flag(i, "rated");
        let score = g.points(i, "score").filter(|_| rated);
        let rows = self.evidence_of(scheme);
        // Grounds repeat from row to row: they are numbered and printed once.
        let mut grounds: Vec<&str> = Vec::new();
        let mut line = |r: usize| {
            let basis = e.str(r, "basis");
            let at = grounds.iter().position(|b| *b == basis).unwrap_or_else(|| {
                grounds.push(basis);
                grounds.len() - 1
            });
            let row = label.row(e.str(r, "row_id"));
            json!({
                "title": row.title, "indicator": row.indicator, "row_id": e.str(r, "row_id"),
                "document_no": e.str(r, "document_no"), "decided_on": e.text(r, "decided_on"),
                "points": e.text(r, "points"), "effect": effect_zh(e.str(r, "effect")),
                "by_points": matches!(e.str(r, "effect"), "points" | "bonus" | "clamp"),
                "from": e.text(r, "counts_from"), "until": e.text(r, "counts_until"),
                "why_not": e.str(r, "why_not"), "provisional": e.flag(r, "provisional"), "ground": at + 1,
            })
        };
        let mut total = label.start.unwrap_or(Points::ZERO);
        let mut equation = total.to_string();
        let (mut counted, mut uncounted) = (Vec::new(), Vec::new());
        for &r in &rows {
            let mut cells = line(r);
            if !e.flag(r, "counted") {
                uncounted.push(cells);
                continue;
            }
            let points = e.points(r, "counted_points").unwrap_or(Points::ZERO);
            let step = if label.accumulate { points } else { -points };
            total = total + step;
            let sign = if step < Points::ZERO { "−" } else { "+" };
            let size = step.to_string().trim_start_matches('-').to_owned();
            if step != Points::ZERO {
                equation = format!("{equation} {sign} {size}");
                cells["step"] = format!("{sign} {size}").into();
                cells["total"] = total.to_string().into();
            }
            counted.push(cells);
        }
        let band = score.and_then(|score| {
            let holds = |b: &&BandLabel| b.scores.as_ref().is_some_and(|s| s.contains(&score));
            label.bands.iter().find(holds)
        });
        // A direct grade, a ceiling or a move may lead elsewhere than the score.
        let by_score = band
            .filter(|b| b.grade != g.str(i, "grade"))
            .map(|b| format!("{} {}", b.grade, b.name));
        let scale: Vec<Value> = label
            .bands
            .iter()
            .map(|b| {
                json!({ "grade": b.grade, "name": b.name, "range": b.range, "here": rated && b.grade == g.str(i, "grade") })
            })
            .collect();
        let notes: BTreeSet<(String, String)> = rows
            .iter()
            .filter_map(|r| {
                let row = label.row(e.str(*r, "row_id"));
                row.provisional.map(|why| (row.title, why))
            })
            .collect();
        let notes: Vec<Value> = notes
            .into_iter()
            .map(|(what, why)| json!({ "what": what, "why": why }))
            .collect();
        json!({
            "title": label_title(&label.title, scheme), "scheme": scheme, "basis": label.basis, "rated": rated,
            "grade": g.str(i, "grade"), "grade_name": g.str(i, "grade_name"), "order": g.number(i, "order_key"),
            "score": score.map(|s| s.to_string()), "start": label.start.map(|s| s.to_string()),
            "agrees": score.is_none_or(|s| s == total), "equation": equation, "range": band.map(|b| b.range.clone()), "by_score": by_score,
            "accumulate": label.accumulate, "reason": g.str(i, "reason"), "no_record": label.no_record,
            "provisional": g.flag(i, "provisional"), "flags": g.text(i, "flags"),
            "next_change_on": g.day(i, "next_change_on").map(Day::zh), "next_change_to": g.str(i, "next_change_to"),
            "counted": counted, "uncounted": uncounted, "scale": scale, "grounds": grounds, "notes": notes,
        })
    }

    /// What on this page is provisional, and why.
    pub(super) fn provisional(&self) -> Vec<(String, String)> {
        let mut found = BTreeSet::new();
        let g = self.part.grades.rows();
        for i in self.part.grades.of_subject(self.id) {
            if g.flag(i, "provisional") {
                let scheme = g.str(i, "scheme");
                let label = self.night.scheme(scheme);
                let of_rows: BTreeSet<&str> = label.row_titles().collect();
                for (what, why) in &label.provisional {
                    if !of_rows.contains(what.as_str()) {
                        let what = format!("{}：{what}", label_title(&label.title, scheme));
                        found.insert((what, why.clone()));
                    }
                }
            }
        }
        let m = self.part.measures.rows();
        let any = self
            .part
            .measures
            .of_subject(self.id)
            .any(|i| m.flag(i, "provisional"));
        if any {
            let what = format!("失信惩戒措施清单（{}）", self.night.words.list_edition);
            found.insert((what, "清单版次或者对应条目尚未核对到公布文本".to_owned()));
        }
        found.into_iter().collect()
    }
}

fn label_title<'a>(title: &'a str, scheme: &'a str) -> &'a str {
    if title.is_empty() { scheme } else { title }
}
