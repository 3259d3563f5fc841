//! The checklist as workbooks: 封面, 清单, 待复核, 不予采取及理由, 等级, 差异化监管, 激励. The same bytes for the same night.
//!
//! Owns: sheets and columns, and how many rows make a workbook. Does not own: any figure. May never know: the clock.

mod columns;
mod cover;
mod volume;

use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub(in crate::report) use columns::per_zh;

use super::ReportError;
use super::night::Night;
use super::part::Part;
use crate::store::Snapshot;
use cover::Cover;
use volume::Volume;

/// How much goes into one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows of a sheet below its head; the next rows go to a sheet that continues it. Excel holds 1,048,575.
    pub sheet_rows: u32,
    /// Rows of a workbook over all sheets, after which the next one is begun; a subject is never split.
    pub volume_rows: usize,
    /// Records read at a time; bounds memory and where a workbook can end.
    pub group_records: usize,
    /// Pages of subjects written in a night.
    pub pages: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            sheet_rows: 1_000_000,
            volume_rows: 200_000,
            group_records: 60_000,
            pages: 30_000,
        }
    }
}

/// The workbooks of a night: `checklist.xlsx`, then `checklist-2.xlsx` …, each from the results of some buckets.
#[derive(Debug)]
pub struct Volumes {
    limits: Limits,
    /// The buckets of each workbook, group by group.
    groups: Vec<Vec<Range<u32>>>,
    /// Rows of the last workbook.
    rows: usize,
}

impl Volumes {
    /// None yet.
    pub fn new(limits: Limits) -> Volumes {
        Volumes {
            limits,
            groups: Vec::new(),
            rows: 0,
        }
    }

    /// Plans the results of the next buckets: into the last workbook, or the next where that one is full.
    pub fn plan(&mut self, buckets: &Range<u32>, part: &Part) {
        let more = part.listed_rows();
        let full = self.rows > 0 && self.rows + more > self.limits.volume_rows;
        match self.groups.last_mut().filter(|_| !full) {
            Some(last) => {
                last.push(buckets.clone());
                self.rows += more;
            }
            None => {
                self.groups.push(vec![buckets.clone()]);
                self.rows = more;
            }
        }
    }

    /// How many workbooks there will be.
    #[must_use]
    pub fn count(&self) -> usize {
        self.groups.len().max(1)
    }

    /// Writes all workbooks, one per thread at a time, the first at `first`; gives their paths. Temporary files stand beside them.
    /// `step` hears how many are written.
    ///
    /// # Errors
    /// When a table cannot be read or a file cannot be written.
    pub fn write(
        &self,
        snapshot: &Snapshot,
        night: &Night,
        first: &Path,
        step: &dyn Fn(usize),
    ) -> Result<Vec<PathBuf>, ReportError> {
        let none = [Vec::new()];
        let groups = match self.groups.as_slice() {
            [] => &none,
            some => some,
        };
        let numbered: Vec<_> = (1..).zip(groups).collect();
        let mut paths = Vec::with_capacity(groups.len());
        for some in numbered.chunks(rayon::current_num_threads()) {
            let written: Vec<Result<PathBuf, ReportError>> = some
                .par_iter()
                .map(|(number, groups)| self.one(snapshot, night, first, *number, groups))
                .collect();
            for path in written {
                paths.push(path?);
            }
            step(paths.len());
        }
        Ok(paths)
    }

    fn one(
        &self,
        snapshot: &Snapshot,
        night: &Night,
        first: &Path,
        number: usize,
        groups: &[Range<u32>],
    ) -> Result<PathBuf, ReportError> {
        let mut volume = Volume::new(night, self.limits, folder(first))?;
        for buckets in groups {
            volume.add(night, &Part::of_buckets(snapshot, night, buckets)?, None)?;
        }
        let path = match number {
            1 => first.to_owned(),
            n => {
                let stem = first.file_stem().unwrap_or_default().to_string_lossy();
                first.with_file_name(format!("{stem}-{n}.xlsx"))
            }
        };
        let cover = Cover {
            night,
            only: None,
            volume: number,
            several: self.count() > 1,
        };
        volume.save(&cover, &path)?;
        Ok(path)
    }
}

/// The checklist of one subject of a part.
///
/// # Errors
/// When the file cannot be written.
pub fn subject_checklist(
    night: &Night,
    part: &Part,
    subject: &str,
    path: &Path,
) -> Result<(), ReportError> {
    let mut volume = Volume::new(night, Limits::default(), folder(path))?;
    volume.add(night, part, Some(subject))?;
    let g = part.grades.rows();
    let grades: Vec<String> = part
        .grades
        .of_subject(subject)
        .map(|i| {
            let grade = if g.flag(i, "rated") {
                format!("{} {}", g.str(i, "grade"), g.str(i, "grade_name"))
            } else {
                format!("未评级（{}）", g.str(i, "reason"))
            };
            format!("{}：{grade}", night.title(g.str(i, "scheme")))
        })
        .collect();
    let cover = Cover {
        night,
        only: Some((
            part.name(subject).to_owned(),
            subject.to_owned(),
            grades.join("\n"),
        )),
        volume: 1,
        several: false,
    };
    volume.save(&cover, path)
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
