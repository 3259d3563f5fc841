//! The folder `out/` of a night, written beside and put in place whole, bucket group by bucket group.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use rayon::prelude::*;

use super::ReportError;
use super::changed::{GRADES, MEASURES, differing};
use super::checklist::{Limits, Listed, Volumes};
use super::manifest::Manifest;
use super::night::Night;
use super::part::{Background, Part};
use super::run_report::{Written, run_report_html};
use super::subject_html::Pages;
use super::tally::Tally;
use crate::record::digest::sha256_hex;
use crate::store::{Snapshot, Table};

/// Subjects whose pages are made at a time; bounds memory.
const PAGES_AT_A_TIME: usize = 1_000;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutSummary {
    pub files: usize,
    /// Pages of subjects.
    pub subjects: usize,
    /// Subjects that changed but have no page.
    pub left_out: usize,
    /// Whose results the workbooks list.
    pub listed: Listed,
}

/// What a night is reported from.
pub struct Sources<'a> {
    pub snapshot: &'a Snapshot,
    /// The run before; none for the first, or when its tables are gone.
    pub before: Option<&'a Snapshot>,
    pub night: &'a Night,
    /// Findings of the night by check code, most first.
    pub findings: &'a [(String, u64)],
}

/// Whether a folder may be replaced by the output of a night: it is absent, empty, or an earlier output.
///
/// # Errors
/// [`ReportError::NotAnOutFolder`] for anything else.
pub fn check_out(out: &Path) -> Result<(), ReportError> {
    let refused = |reason: String| ReportError::NotAnOutFolder {
        path: out.display().to_string(),
        reason,
    };
    if out.file_name().is_none() {
        return Err(refused("the folder has no name of its own".to_owned()));
    }
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        return Err(refused("it is a file".to_owned()));
    }
    let mut foreign = Vec::new();
    for entry in fs::read_dir(out).map_err(io(out))? {
        let name = entry.map_err(io(out))?.file_name();
        let name = name.to_string_lossy().into_owned();
        if !is_ours(&name) {
            foreign.push(name);
        }
    }
    foreign.sort();
    match foreign.first() {
        None => Ok(()),
        Some(first) => Err(refused(format!(
            "it holds what no run wrote, such as {first}"
        ))),
    }
}

/// What a run writes into `out/`; anything else there belongs to someone.
fn is_ours(name: &str) -> bool {
    matches!(name, "manifest.json" | "report.html" | "subjects")
        || (name.starts_with("checklist") && name.ends_with(".xlsx"))
}

/// Writes checklists, pages of the changed subjects, run report and manifest. The folder appears whole or not at all;
/// an earlier output that stood there is replaced. `step` hears how much of how much is done.
///
/// # Errors
/// When the folder may not be replaced, or a table or a file cannot be read or written.
pub fn write_out(
    sources: &Sources<'_>,
    limits: Limits,
    out: &Path,
    step: &dyn Fn(usize, usize),
) -> Result<OutSummary, ReportError> {
    check_out(out)?;
    let name = out
        .file_name()
        .map_or_else(|| "out".into(), |n| n.to_string_lossy().into_owned());
    let parent = out.parent().map_or_else(PathBuf::new, Path::to_path_buf);
    let next = parent.join(format!(".{name}.next"));
    if next.exists() {
        fs::remove_dir_all(&next).map_err(io(&next))?;
    }
    fs::create_dir_all(next.join("subjects")).map_err(io(&next))?;

    let night = sources.night;
    let only_changed = limits.listed == Listed::Changed && sources.before.is_some();
    let listed = if only_changed {
        Listed::Changed
    } else {
        Listed::All
    };
    let limits = Limits { listed, ..limits };
    let mut volumes = Volumes::new(limits);
    let mut tally = Tally::default();
    let mut pages = PageWriter {
        pages: Pages::new()?,
        folder: &next,
        most: limits.pages,
        files: BTreeMap::new(),
        index: Vec::new(),
        left_out: 0,
    };
    let groups = sources.snapshot.bucket_groups(limits.group_records)?;
    for (done, buckets) in groups.iter().enumerate() {
        let (part, past) = rayon::join(
            || Part::of_buckets(sources.snapshot, night, buckets),
            || Past::of_buckets(sources.before, buckets),
        );
        let (part, past) = (part?, past?);
        let (changed, ()) = rayon::join(
            || changed(past.as_ref(), &part),
            || tally.add(&part, night.as_of),
        );
        drop(past);
        let changed = changed?;
        volumes.plan(buckets, &part, only_changed.then_some(&changed));
        pages.write(sources, &part, &changed)?;
        step(done + 1, 2 * groups.len());
    }
    // How many workbooks there will be is known only now: together they count as much as the groups.
    let (count, first) = (volumes.count(), next.join("checklist.xlsx"));
    let volumes = volumes.write(sources.snapshot, night, &first, &|done| {
        step(groups.len() + done * groups.len() / count, 2 * groups.len());
    })?;
    let mut files = std::mem::take(&mut pages.files);
    let mut names = Vec::new();
    for path in volumes {
        let bytes = fs::read(&path).map_err(io(&path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.insert(name.clone().into_owned(), sha256_hex(&bytes));
        names.push(name.into_owned());
    }
    let report = run_report_html(
        sources,
        &tally,
        &Written {
            pages: &pages.index,
            left_out: pages.left_out,
            volumes: &names,
            listed: limits.listed,
        },
    )?;
    let path = next.join("report.html");
    files.insert("report.html".to_owned(), sha256_hex(report.as_bytes()));
    fs::write(&path, report).map_err(io(&path))?;
    let manifest = Manifest {
        run_id: night.run.run_id.clone(),
        as_of: night.as_of.to_string(),
        rules_digest: night.run.rules_digest.clone(),
        list_edition: night.words.list_edition.clone(),
        checklist: limits.listed,
        pages_left_out: pages.left_out as u64,
        tables: night.run.digests.clone(),
        files,
    };
    let path = next.join("manifest.json");
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    fs::write(&path, text).map_err(io(&path))?;
    put_in_place(&next, out, &parent.join(format!(".{name}.old")))?;
    Ok(OutSummary {
        files: manifest.files.len() + 1,
        subjects: pages.index.len(),
        left_out: pages.left_out,
        listed,
    })
}

/// Pages on their way to the disk.
struct PageWriter<'a> {
    pages: Pages,
    folder: &'a Path,
    most: usize,
    files: BTreeMap<String, String>,
    /// Name and file of each page.
    index: Vec<(String, String)>,
    left_out: usize,
}

impl PageWriter<'_> {
    fn write(
        &mut self,
        sources: &Sources<'_>,
        part: &Part,
        changed: &BTreeSet<String>,
    ) -> Result<(), ReportError> {
        let results = part.result_subjects();
        // Bodies that left every table have no page.
        let wanted: Vec<&str> = changed
            .iter()
            .map(String::as_str)
            .filter(|id| results.contains(id))
            .collect();
        let room = self.most.saturating_sub(self.index.len());
        let (now, left) = wanted.split_at(room.min(wanted.len()));
        self.left_out += left.len();
        for some in now.chunks(PAGES_AT_A_TIME) {
            let back = Background::of_subjects(sources.snapshot, sources.night, some)?;
            let made: Vec<Result<(String, String), ReportError>> = some
                .par_iter()
                .map(|id| {
                    let page = self.pages.page(sources.night, part, &back, id)?;
                    let file = format!("subjects/{}.html", id.replace(':', "_"));
                    let path = self.folder.join(&file);
                    let sha = sha256_hex(page.as_bytes());
                    fs::write(&path, page).map_err(io(&path))?;
                    Ok((file, sha))
                })
                .collect();
            for (id, made) in some.iter().zip(made) {
                let (file, sha) = made?;
                self.index.push((part.name(id).to_owned(), file.clone()));
                self.files.insert(file, sha);
            }
        }
        Ok(())
    }
}

/// What readers saw of some buckets on the night before.
struct Past {
    grades: RecordBatch,
    measures: RecordBatch,
}

impl Past {
    fn of_buckets(
        before: Option<&Snapshot>,
        buckets: &Range<u32>,
    ) -> Result<Option<Past>, ReportError> {
        let Some(before) = before else {
            return Ok(None);
        };
        let read =
            |table, columns| before.read_buckets_coded(table, buckets.clone(), None, columns);
        Ok(Some(Past {
            grades: read(Table::Grades, &GRADES)?,
            measures: read(Table::Measures, &MEASURES)?,
        }))
    }
}

/// The subjects of a part that read differently than on the night before.
fn changed(past: Option<&Past>, part: &Part) -> Result<BTreeSet<String>, ReportError> {
    let Some(past) = past else {
        let all = part.result_subjects().into_iter().map(str::to_owned);
        return Ok(all.collect());
    };
    let (grades, measures) = rayon::join(
        || differing(&past.grades, part.grades.batch(), &GRADES),
        || differing(&past.measures, part.measures.batch(), &MEASURES),
    );
    let mut changed = grades?;
    changed.append(&mut measures?);
    Ok(changed)
}

fn put_in_place(next: &Path, out: &Path, old: &Path) -> Result<(), ReportError> {
    if !out.exists() {
        return fs::rename(next, out).map_err(io(out));
    }
    if old.exists() {
        fs::remove_dir_all(old).map_err(io(old))?;
    }
    fs::rename(out, old).map_err(io(out))?;
    fs::rename(next, out).map_err(io(out))?;
    fs::remove_dir_all(old).map_err(io(old))
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> ReportError + use<> {
    let path = path.display().to_string();
    move |source| ReportError::Io { path, source }
}
