//! The checklist as workbooks: 封面, 清单, 待复核, 不予采取及理由, 等级, 差异化监管, 激励. The same bytes for the same night.
//!
//! Owns: sheets and columns, and how many rows make a workbook. Does not own: any figure. May never know: the clock.

mod columns;
mod cover;
mod volume;

use std::path::{Path, PathBuf};

pub(in crate::report) use columns::per_zh;

use super::ReportError;
use super::night::Night;
use super::part::Part;
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

/// Writes workbooks part by part: `checklist.xlsx`, then `checklist-2.xlsx` …
pub struct ChecklistWriter<'a> {
    night: &'a Night,
    first: PathBuf,
    limits: Limits,
    volume: Volume,
    written: Vec<PathBuf>,
}

impl<'a> ChecklistWriter<'a> {
    /// Begins at a path; temporary files stand beside it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin(
        night: &'a Night,
        first: &Path,
        limits: Limits,
    ) -> Result<ChecklistWriter<'a>, ReportError> {
        Ok(ChecklistWriter {
            night,
            first: first.to_owned(),
            limits,
            volume: Volume::new(night, limits, folder(first))?,
            written: Vec::new(),
        })
    }

    /// Adds the rows of a part.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn add(&mut self, part: &Part) -> Result<(), ReportError> {
        let full = self.volume.rows + part.listed_rows() > self.limits.volume_rows;
        if full && self.volume.rows > 0 {
            let next = Volume::new(self.night, self.limits, folder(&self.first))?;
            let volume = std::mem::replace(&mut self.volume, next);
            self.save(volume, true)?;
        }
        self.volume.add(self.night, part, None)
    }

    /// Ends the last workbook; gives the paths of all.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn finish(mut self) -> Result<Vec<PathBuf>, ReportError> {
        let last = Volume::new(self.night, self.limits, folder(&self.first))?;
        let volume = std::mem::replace(&mut self.volume, last);
        let several = !self.written.is_empty();
        self.save(volume, several)?;
        Ok(self.written)
    }

    fn save(&mut self, volume: Volume, several: bool) -> Result<(), ReportError> {
        let number = self.written.len() + 1;
        let path = match number {
            1 => self.first.clone(),
            n => {
                let stem = self.first.file_stem().unwrap_or_default().to_string_lossy();
                self.first.with_file_name(format!("{stem}-{n}.xlsx"))
            }
        };
        let cover = Cover {
            night: self.night,
            only: None,
            volume: number,
            several,
        };
        volume.save(&cover, &path)?;
        self.written.push(path);
        Ok(())
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
