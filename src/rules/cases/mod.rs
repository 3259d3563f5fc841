//! The lawyer's tests: `<scheme>.cases.toml` beside a scheme says which records lead to which result, and why.
//!
//! Owns: the form of case files, the record tables that a case stands for, the comparison, rule coverage.
//! Does not own: how a result comes about; the caller brings the grader. May never know: the store, the clock.

mod file;
mod raw;
mod report;
mod tables;

pub use file::{CaseError, CaseErrors, CaseFile, load};
pub(crate) use raw::RawFile;
pub use report::{CaseResult, Difference, FileReport, Observed, ObservedFlag, ObservedRow, Report};
pub use tables::CaseTables;

use super::model::Scheme;
use crate::record::Day;

/// Runs the cases of every file with a grader. The grader gives the result of the one subject of a case, `None` when
/// the subject is no matter of the scheme; its error text fails the case and stops nothing.
pub fn run<'a, F>(files: &'a [CaseFile], schemes: &'a [Scheme], mut grader: F) -> Report
where
    F: FnMut(&'a Scheme, Day, &CaseTables) -> Result<Option<Observed>, String>,
{
    let mut report = Report::default();
    for scheme in schemes {
        let name = scheme_name(scheme);
        match files.iter().find(|file| file.scheme == name) {
            Some(file) => report.files.push(report::judge(file, scheme, &mut grader)),
            None => report.without_cases.push(name),
        }
    }
    report
}

/// Row id under which grading reports a clamped score.
const CLAMP: &str = "clamp";

/// File stem of a scheme version: `environment/chongqing-2021`.
fn scheme_name(scheme: &Scheme) -> String {
    format!("{}-{}", scheme.id, scheme.version)
}
