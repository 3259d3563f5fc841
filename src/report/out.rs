//! The folder `out/` of a night, written beside and put in place whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::data::ReportData;
use super::manifest::Manifest;
use super::{ReportError, checklist_xlsx, run_report_html, subject_html};
use crate::record::digest::sha256_hex;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutSummary {
    pub files: usize,
    pub subjects: usize,
}

/// Writes checklist, pages of the changed subjects, run report and manifest. The folder appears whole or not at all;
/// what stood there before is replaced.
///
/// # Errors
/// When the folder or a file cannot be written.
pub fn write_out(
    data: &ReportData,
    changed: &BTreeSet<String>,
    quarantine: &[(String, u64)],
    out: &Path,
) -> Result<OutSummary, ReportError> {
    let io = |path: &Path| {
        let path = path.display().to_string();
        move |source| ReportError::Io { path, source }
    };
    let name = out
        .file_name()
        .map_or_else(|| "out".into(), |n| n.to_string_lossy().into_owned());
    let parent = out.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let next = parent.join(format!(".{name}.next"));
    if next.exists() {
        fs::remove_dir_all(&next).map_err(io(&next))?;
    }
    let pages = next.join("subjects");
    fs::create_dir_all(&pages).map_err(io(&pages))?;
    checklist_xlsx(data, None, &next.join("checklist.xlsx"))?;
    let mut subjects = 0;
    let mut index = Vec::new();
    for subject in changed {
        let page = match subject_html(data, subject) {
            Err(ReportError::UnknownSubject(_)) => continue, // minors, and bodies that left every table
            page => page?,
        };
        let file = format!("subjects/{}.html", subject.replace(':', "_"));
        let path = next.join(&file);
        fs::write(&path, page).map_err(io(&path))?;
        index.push((subject.clone(), file));
        subjects += 1;
    }
    let report = next.join("report.html");
    fs::write(&report, run_report_html(data, &index, quarantine)?).map_err(io(&report))?;
    let mut files = BTreeMap::new();
    for file in ["checklist.xlsx", "report.html"]
        .map(str::to_owned)
        .into_iter()
        .chain(index.into_iter().map(|(_, f)| f))
    {
        let path = next.join(&file);
        let bytes = fs::read(&path).map_err(io(&path))?;
        files.insert(file, sha256_hex(&bytes));
    }
    let manifest = Manifest {
        run_id: data.run.run_id.clone(),
        as_of: data.as_of.to_string(),
        rules_digest: data.run.rules_digest.clone(),
        list_edition: data.list_edition.clone(),
        tables: data.run.digests.clone(),
        files,
    };
    let path = next.join("manifest.json");
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    fs::write(&path, text).map_err(io(&path))?;
    if out.exists() {
        let old = parent.join(format!(".{name}.old"));
        if old.exists() {
            fs::remove_dir_all(&old).map_err(io(&old))?;
        }
        fs::rename(out, &old).map_err(io(out))?;
        fs::rename(&next, out).map_err(io(out))?;
        fs::remove_dir_all(&old).map_err(io(&old))?;
    } else {
        fs::rename(&next, out).map_err(io(out))?;
    }
    Ok(OutSummary {
        files: manifest.files.len() + 1,
        subjects,
    })
}
