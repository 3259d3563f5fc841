//! The checklist as workbooks: 封面, 清单, 待复核, 不予采取及理由, 等级, 差异化监管, 激励. The same bytes for the same night.
//!
//! Owns: sheets and columns, and how many rows make a workbook. Does not own: any figure. May never know: the clock.

mod columns;
mod cover;
mod volume;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(in crate::report) use columns::per_zh;

use super::ReportError;
use super::night::Night;
use super::part::Part;
use crate::store::Snapshot;
use cover::Cover;
use volume::Volume;

/// Whose results the workbooks of a night list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Listed {
    /// Every subject with a result.
    #[default]
    All,
    /// Subjects whose grades or measures differ from the run before; every subject where there is none to compare with.
    Changed,
}

/// How much goes into the files of a night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub listed: Listed,
    /// Measures of a store from which on the workbooks of a night list the changed subjects alone.
    pub changed_from: usize,
    /// Rows of a sheet below its head; the next rows go to a sheet that continues it. Excel holds 1,048,575.
    pub sheet_rows: u32,
    /// Rows of a workbook over all sheets, after which the next one is begun; a subject is never split.
    pub volume_rows: usize,
    /// Records read at a time; bounds memory and where a workbook can end.
    pub group_records: usize,
    /// Pages of subjects written in a night.
    pub pages: usize,
}

impl Limits {
    /// Measures, about ten workbooks of them, from which on nobody reads a list of every subject each morning.
    pub const MANY_MEASURES: usize = 2_000_000;
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            listed: Listed::All,
            changed_from: usize::MAX,
            sheet_rows: 1_000_000,
            volume_rows: 200_000,
            group_records: 60_000,
            pages: 30_000,
        }
    }
}

/// Subjects whose results are read at a time where not all of their buckets are listed; bounds memory.
const SUBJECTS_AT_A_TIME: usize = 5_000;

/// Results that follow one another in a workbook: of some buckets, or of some subjects of theirs.
#[derive(Debug)]
enum Stretch {
    Buckets(Range<u32>),
    Subjects(Vec<String>),
}

/// The workbooks of a night: `checklist.xlsx`, then `checklist-2.xlsx` …, each from the results of some buckets.
#[derive(Debug)]
pub struct Volumes {
    limits: Limits,
    /// What each workbook lists.
    groups: Vec<Vec<Stretch>>,
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

    /// Plans the results of the next buckets, or those of `only` some of their subjects: into the last workbook, or the next
    /// where that one is full.
    pub fn plan(&mut self, buckets: &Range<u32>, part: &Part, only: Option<&BTreeSet<String>>) {
        match only {
            None => self.put(Stretch::Buckets(buckets.clone()), part.listed_rows()),
            Some(only) => {
                let listed = part.result_subjects();
                let listed: Vec<&str> = (only.iter().map(String::as_str))
                    .filter(|id| listed.contains(id))
                    .collect();
                for some in listed.chunks(SUBJECTS_AT_A_TIME) {
                    let rows = some.iter().map(|id| part.listed_rows_of(id)).sum();
                    let names = some.iter().map(|id| (*id).to_owned()).collect();
                    self.put(Stretch::Subjects(names), rows);
                }
            }
        }
    }

    fn put(&mut self, stretch: Stretch, rows: usize) {
        let full = self.rows > 0 && self.rows + rows > self.limits.volume_rows;
        match self.groups.last_mut().filter(|_| !full) {
            Some(last) => {
                last.push(stretch);
                self.rows += rows;
            }
            None => {
                self.groups.push(vec![stretch]);
                self.rows = rows;
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
        stretches: &[Stretch],
    ) -> Result<PathBuf, ReportError> {
        let path = match number {
            1 => first.to_owned(),
            n => {
                let stem = first.file_stem().unwrap_or_default().to_string_lossy();
                first.with_file_name(format!("{stem}-{n}.xlsx"))
            }
        };
        let mut volume = Volume::new(night, self.limits, &path)?;
        for stretch in stretches {
            let part = match stretch {
                Stretch::Buckets(buckets) => Part::of_buckets(snapshot, night, buckets)?,
                Stretch::Subjects(some) => {
                    let some: Vec<&str> = some.iter().map(String::as_str).collect();
                    Part::of_subjects(snapshot, night, &some)?
                }
            };
            volume.add(night, &part, None)?;
        }
        let cover = Cover {
            night,
            only: None,
            listed: self.limits.listed,
            volume: number,
            several: self.count() > 1,
        };
        volume.save(&cover)?;
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
    let mut volume = Volume::new(night, Limits::default(), path)?;
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
        listed: Listed::All,
        volume: 1,
        several: false,
    };
    volume.save(&cover)
}
