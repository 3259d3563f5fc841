//! 守信激励: rows with a Chongqing or national basis (`rules/incentives/`), never a lower legal condition.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::grading::Outcome;

/// Why the incentive files cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("read rules/{file}: {message}")]
pub struct IncentiveError {
    pub file: String,
    pub message: String,
}

/// One incentive of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncentiveRow {
    pub id: String,
    pub name: String,
    pub content: String,
    pub basis: String,
    pub condition: String,
    /// Not for a subject with a measure that is proposed or under review.
    pub without_measures: bool,
    /// Scheme → grades that meet the condition.
    pub grades: BTreeMap<String, Vec<String>>,
}

/// The catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Incentives(Vec<IncentiveRow>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    incentive: Vec<IncentiveRow>,
}

/// One row of the table `incentives`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Incentive {
    pub subject_id: String,
    pub incentive: String,
    pub content: String,
    pub basis: String,
    pub condition: String,
    pub state: String,
    pub reason: String,
    pub bucket: i32,
}

impl Incentives {
    /// Reads `incentives/*.toml` of a rule pack (keys are paths below `rules/`).
    ///
    /// # Errors
    /// Wrong syntax or a row without a basis.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Incentives, IncentiveError> {
        let mut all = Vec::new();
        for (file, text) in files.iter().filter(|(f, _)| f.starts_with("incentives/")) {
            let error = |message: String| IncentiveError {
                file: file.clone(),
                message,
            };
            let parsed: File = toml::from_str(text).map_err(|e| error(e.to_string()))?;
            if let Some(row) = parsed.incentive.iter().find(|r| r.basis.trim().is_empty()) {
                return Err(error(format!(
                    "incentive {} has no basis; give document and article",
                    row.id
                )));
            }
            all.extend(parsed.incentive);
        }
        Ok(Incentives(all))
    }

    /// What each graded subject may be offered. A subject with a measure that is proposed or under review is not
    /// offered an incentive that asks for none.
    pub fn offer(&self, outcomes: &[Outcome], burdened: &BTreeSet<String>) -> Vec<Incentive> {
        let mut rows = Vec::new();
        for outcome in outcomes {
            let Some(grade) = outcome.grade() else {
                continue;
            };
            for row in &self.0 {
                let Some(grades) = row.grades.get(&*outcome.scheme) else {
                    continue;
                };
                if !grades.iter().any(|g| g == grade) {
                    continue;
                }
                let barred = row.without_measures && burdened.contains(&outcome.subject_id);
                let (state, reason) = if barred {
                    (
                        "excluded",
                        "有建议采取或待复核的惩戒措施，不符合条件".to_owned(),
                    )
                } else if outcome.provisional {
                    (
                        "needs_review",
                        format!("等级 {grade} 依据的部分数值为暂定，须人工复核"),
                    )
                } else {
                    ("proposed", format!("等级 {grade} 符合条件"))
                };
                rows.push(Incentive {
                    subject_id: outcome.subject_id.clone(),
                    incentive: format!("{} {}", row.id, row.name),
                    content: row.content.clone(),
                    basis: row.basis.clone(),
                    condition: row.condition.clone(),
                    state: state.to_owned(),
                    reason,
                    bucket: outcome.bucket,
                });
            }
        }
        rows.sort();
        rows.dedup();
        rows
    }
}
