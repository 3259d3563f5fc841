//! One subject's page: what was decided, how each grade adds up by hand, measures, exclusions, records, rights.
//!
//! Owns: the order and the words of the page. Does not own: any figure. May never know: other subjects.

mod chain;
mod grade;
mod measures;

use minijinja::{Environment, Value, context};
use serde_json::json;

use super::ReportError;
use super::checklist::per_zh;
use super::labels::state_zh;
use super::night::Night;
use super::part::{Background, Part};
use crate::store::Snapshot;

pub(super) const CSS: &str = include_str!("../templates/page.css");
const TEMPLATE: &str = include_str!("../templates/subject.html");

/// Everything that a page of a subject is made of.
struct Subject<'a> {
    id: &'a str,
    night: &'a Night,
    part: &'a Part,
    back: &'a Background,
}

/// Makes pages; reads the template once.
pub(in crate::report) struct Pages {
    environment: Environment<'static>,
}

impl Pages {
    /// # Errors
    /// Only when the template does not fit, which is a bug.
    pub(in crate::report) fn new() -> Result<Pages, ReportError> {
        let mut environment = Environment::new();
        environment.add_template("subject.html", TEMPLATE)?;
        Ok(Pages { environment })
    }

    /// The page of a subject of a part.
    ///
    /// # Errors
    /// [`ReportError::UnknownSubject`] when no result speaks of it.
    pub(in crate::report) fn page(
        &self,
        night: &Night,
        part: &Part,
        back: &Background,
        id: &str,
    ) -> Result<String, ReportError> {
        let tables = [&part.grades, &part.measures, &part.supervision];
        if !night.shows(id) || tables.iter().all(|t| t.of_subject(id).is_empty()) {
            return Err(ReportError::UnknownSubject(id.to_owned()));
        }
        let subject = Subject {
            id,
            night,
            part,
            back,
        };
        let template = self.environment.get_template("subject.html")?;
        Ok(template.render(subject.context())?)
    }
}

/// The page of one subject of a store.
///
/// # Errors
/// [`ReportError::UnknownSubject`] when no result speaks of it; a store that cannot be read.
pub fn subject_html(
    snapshot: &Snapshot,
    night: &Night,
    subject: &str,
) -> Result<String, ReportError> {
    let part = Part::of_subjects(snapshot, night, &[subject])?;
    let back = Background::of_subjects(snapshot, night, &[subject])?;
    Pages::new()?.page(night, &part, &back, subject)
}

impl Subject<'_> {
    fn context(&self) -> Value {
        let (night, part) = (self.night, self.part);
        let run = &night.run;
        let rows = part.subjects.rows();
        let known = part.subjects.of_subject(self.id).next();
        let of = |column: &str| known.map(|i| rows.str(i, column)).unwrap_or_default();
        let grades = self.grades();
        let parts = self.measure_parts();
        let provisional = self.provisional();
        let notes: Vec<_> = provisional
            .iter()
            .map(|(what, why)| json!({ "what": what, "why": why }))
            .collect();
        context! {
            css => CSS, name => part.name(self.id), subject_id => self.id, kind => of("kind"), region => of("region"),
            person => of("kind") == "自然人", as_of => night.as_of.zh(), run_id => &run.run_id,
            rules_digest => &run.rules_digest, list_edition => &night.words.list_edition,
            grades => page_value(&grades), supervision => page_value(&self.supervision()),
            parts => page_value(&parts), publicity => page_value(&self.publicity()),
            incentives => page_value(&self.incentives()), remedies => page_value(&self.remedies()),
            records => page_value(&self.records()), provisional => page_value(&notes),
        }
    }

    fn supervision(&self) -> Vec<serde_json::Value> {
        let s = self.part.supervision.rows();
        let span = self.part.supervision.of_subject(self.id);
        span.map(|i| {
            let cap = match s.number(i, "max_inspections") {
                Some(most) => format!("每{}不超过 {most} 次", per_zh(s.str(i, "per"))),
                None => s.text(i, "inspection_ratio"),
            };
            json!({
                "scheme": self.night.title(s.str(i, "scheme")), "flag": s.str(i, "flag"),
                "content": s.str(i, "content"), "cap": cap, "basis": s.str(i, "basis"),
                "provisional": s.flag(i, "provisional"),
            })
        })
        .collect()
    }

    fn incentives(&self) -> Vec<serde_json::Value> {
        let n = self.part.incentives.rows();
        let span = self.part.incentives.of_subject(self.id);
        span.map(|i| {
            json!({
                "incentive": n.str(i, "incentive"), "content": n.str(i, "content"),
                "condition": n.str(i, "condition"), "basis": n.str(i, "basis"),
                "reason": n.str(i, "reason"), "state": state_zh(n.str(i, "state")),
            })
        })
        .collect()
    }

    fn remedies(&self) -> Vec<String> {
        let m = self.part.measures.rows();
        let span = self.part.measures.of_subject(self.id);
        let mut remedies: Vec<String> = span
            .map(|i| m.text(i, "remedy"))
            .filter(|r| !r.is_empty())
            .collect();
        remedies.sort();
        remedies.dedup();
        remedies
    }
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
