//! Differentiated supervision: what the scheme's own document says follows from a grade, and nothing else.
//!
//! Inspection figures are caps (渝环办〔2025〕24号); 承诺免检 replaces routine inspection until a promise is broken.

use std::collections::BTreeMap;

use super::rows::{self, Bodies, Text};
use crate::grading::{BucketInput, Outcome};
use crate::record::{Day, EventKind};
use crate::rules::model::{Scheme, Status, SupervisionRule};

/// One row of the table `supervision`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Supervision {
    pub scheme: String,
    pub subject_id: String,
    pub grade: Option<String>,
    pub flag: String,
    pub inspection_ratio: Option<String>,
    /// Upper limit of routine inspections in each `per`.
    pub max_inspections: Option<i64>,
    /// `year` or `quarter`.
    pub per: Option<String>,
    pub content: String,
    pub basis: String,
    pub provisional: bool,
    pub bucket: i32,
}

const EXEMPTION_FLAG: &str = "承诺免检";
const EXEMPTION_BASIS: &str = "渝环办〔2025〕24号";

/// Subjects whose 承诺免检 is in effect on the day: promised, and not broken since.
fn exempt_subjects(input: &BucketInput<'_>, as_of: Day) -> BTreeMap<String, Day> {
    let text = |column| Text::if_any(input.events, column);
    let (event_kind, list, detail) = (text("event_kind"), text("list_or_scheme"), text("detail"));
    let subject_id = text("subject_id");
    let occurred_on = rows::days_if_any(input.events, "occurred_on");
    let ends_on = rows::days_if_any(input.events, "ends_on");
    let bodies = Bodies::of(input.subjects);
    let mut promised: BTreeMap<String, Day> = BTreeMap::new();
    let mut broken: BTreeMap<String, Day> = BTreeMap::new();
    for row in 0..input.events.num_rows() {
        let latest = match EventKind::from_zh(event_kind.get(row)) {
            Some(EventKind::Commitment) => &mut promised,
            Some(EventKind::CommitmentBroken) => &mut broken,
            _ => continue,
        };
        let about = list.get(row).contains(EXEMPTION_FLAG)
            || detail.get(row).contains(EXEMPTION_FLAG)
            || detail.get(row).contains("免检");
        let day_of = |days| rows::day(days, row);
        let Some(day) = occurred_on.and_then(day_of) else {
            continue;
        };
        if !about || day > as_of || ends_on.and_then(day_of).is_some_and(|end| end < as_of) {
            continue;
        }
        let id = subject_id.get(row);
        let entry = latest
            .entry(bodies.end(id).map_or(id, |(subject, _)| subject).to_owned())
            .or_insert(day);
        *entry = (*entry).max(day);
    }
    promised.retain(|subject, day| broken.get(subject).is_none_or(|b| b < day));
    promised
}

/// The rows of a bucket, from its outcomes and the schemes' `[[supervision]]` tables.
pub fn supervise(
    input: &BucketInput<'_>,
    outcomes: &[Outcome],
    schemes: &[&Scheme],
    as_of: Day,
) -> Vec<Supervision> {
    let exempt = exempt_subjects(input, as_of);
    let mut rows = Vec::new();
    for outcome in outcomes {
        let Some(scheme) = schemes
            .iter()
            .find(|s| crate::grading::scheme_name(s) == *outcome.scheme)
        else {
            continue;
        };
        let Some(grade) = outcome.standing.grade.as_ref() else {
            continue;
        };
        for rule in scheme
            .supervision
            .iter()
            .filter(|r| r.grades.contains(&grade.band))
        {
            rows.push(row(outcome, rule));
        }
        if scheme.domain == "environment"
            && let Some(since) = exempt.get(&outcome.subject_id)
        {
            rows.push(Supervision {
                scheme: outcome.scheme.to_string(),
                subject_id: outcome.subject_id.clone(),
                grade: Some(grade.grade.to_string()),
                flag: EXEMPTION_FLAG.to_owned(),
                inspection_ratio: None,
                max_inspections: Some(0),
                per: Some("year".to_owned()),
                content: format!(
                    "{since} 起公开承诺，不安排日常检查；发现违法的从重处罚并取消免检"
                ),
                basis: EXEMPTION_BASIS.to_owned(),
                provisional: outcome.provisional,
                bucket: outcome.bucket,
            });
        }
    }
    rows.sort();
    rows
}

fn row(outcome: &Outcome, rule: &SupervisionRule) -> Supervision {
    Supervision {
        scheme: outcome.scheme.to_string(),
        subject_id: outcome.subject_id.clone(),
        grade: outcome.grade().map(str::to_owned),
        flag: rule.flag.clone(),
        inspection_ratio: rule.inspection_ratio.clone(),
        max_inspections: rule.max_inspections.map(i64::from),
        per: rule.per.clone(),
        content: rule.content.clone(),
        basis: rule.basis.0.clone(),
        provisional: outcome.provisional || rule.status != Status::Verified,
        bucket: outcome.bucket,
    }
}
