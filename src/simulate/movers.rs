//! Results that move, in their order, however many: few are held, more wait in sorted runs in a file without a name.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write as _};

use super::mover::Mover;
use crate::store::read_exact_at;

/// Movers that are held; when there are more, they wait on the disk. One takes a kilobyte or two.
const HELD: usize = 32_768;

/// Movers cannot wait on the disk.
#[derive(Debug, thiserror::Error)]
#[error(
    "keep results that move in {}: {source}; make room there, or name another folder for temporary files in TMPDIR, and run the same command again",
    std::env::temp_dir().display()
)]
pub struct WaitingError {
    /// What the disk said.
    #[from]
    source: io::Error,
}

/// Movers by scheme, kind of movement, places and subject.
#[derive(Debug)]
pub struct Movers {
    /// How many are held.
    most: usize,
    /// Sorted when all are there.
    held: Vec<Mover>,
    aside: Option<Aside>,
    count: u64,
    /// (scheme, rule row) → movers that it moves.
    rows: BTreeMap<(String, String), u64>,
}

/// Sorted runs, a mover a line, and where each begins and ends.
#[derive(Debug)]
struct Aside {
    file: File,
    runs: Vec<(u64, u64)>,
}

impl Default for Movers {
    fn default() -> Self {
        Self::holding(HELD)
    }
}

impl Movers {
    /// None yet; at most so many are held.
    pub(super) fn holding(most: usize) -> Self {
        Self {
            most,
            held: Vec::new(),
            aside: None,
            count: 0,
            rows: BTreeMap::new(),
        }
    }

    /// Adds movers of which none was added before.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn add(&mut self, movers: Vec<Mover>) -> Result<(), WaitingError> {
        for mover in &movers {
            let mut ids: Vec<&str> = mover.rows.iter().map(|row| row.row_id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                let key = (mover.scheme.clone(), id.to_owned());
                *self.rows.entry(key).or_default() += 1;
            }
        }
        self.count += movers.len() as u64;
        self.held.extend(movers);
        if self.held.len() > self.most {
            self.put_aside()?;
        }
        Ok(())
    }

    fn put_aside(&mut self) -> io::Result<()> {
        self.sort();
        let aside = match &mut self.aside {
            Some(aside) => aside,
            None => self.aside.insert(Aside {
                file: tempfile::tempfile()?,
                runs: Vec::new(),
            }),
        };
        let start = aside.file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::with_capacity(1 << 20, &aside.file);
        for mover in &self.held {
            serde_json::to_writer(&mut out, mover)?;
            out.write_all(b"\n")?;
        }
        out.flush()?;
        drop(out);
        let end = aside.file.stream_position()?;
        aside.runs.push((start, end));
        self.held = Vec::new();
        Ok(())
    }

    /// Brings those that are held into order: all were added.
    pub(super) fn sort(&mut self) {
        self.held.sort_by(|a, b| order(a).cmp(&order(b)));
    }

    /// How many results move.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// (scheme id, rule row, movers that it moves), most first.
    pub(super) fn by_row(&self) -> Vec<(String, String, u64)> {
        let counts = self.rows.iter();
        let mut rows: Vec<(String, String, u64)> = counts
            .map(|((scheme, row), count)| (scheme.clone(), row.clone(), *count))
            .collect();
        rows.sort_by(|a, b| (b.2, &a.0, &a.1).cmp(&(a.2, &b.0, &b.1)));
        rows
    }

    /// All movers in order.
    pub fn iter(&self) -> Iter<'_> {
        let aside = self.aside.iter();
        let runs = aside.flat_map(|aside| aside.runs.iter().map(|run| Run::of(&aside.file, *run)));
        let mut iter = Iter {
            held: self.held.iter(),
            runs: runs.collect(),
            least: BinaryHeap::new(),
            failed: None,
        };
        for source in 0..=iter.runs.len() {
            iter.draw(source);
        }
        iter
    }
}

fn order(mover: &Mover) -> impl Ord + '_ {
    (
        &mover.scheme,
        mover.movement,
        &mover.from,
        &mover.to,
        &mover.subject_id,
    )
}

/// Movers out of all runs and of those that are held.
pub struct Iter<'a> {
    held: std::slice::Iter<'a, Mover>,
    runs: Vec<Run<'a>>,
    least: BinaryHeap<Reverse<Next>>,
    failed: Option<WaitingError>,
}

impl Iter<'_> {
    /// Takes the next mover of a run; after the last run stand those that are held.
    fn draw(&mut self, source: usize) {
        let next = match self.runs.get_mut(source) {
            Some(run) => run.next(),
            None => Ok(self.held.next().cloned()),
        };
        match next {
            Ok(Some(mover)) => self.least.push(Reverse(Next { mover, source })),
            Ok(None) => {}
            Err(error) => self.failed = Some(error.into()),
        }
    }
}

impl Iterator for Iter<'_> {
    type Item = Result<Mover, WaitingError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            self.least.clear();
            return Some(Err(error));
        }
        let Reverse(Next { mover, source }) = self.least.pop()?;
        self.draw(source);
        Some(Ok(mover))
    }
}

/// The next mover of a run.
struct Next {
    mover: Mover,
    source: usize,
}

impl Ord for Next {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        order(&self.mover).cmp(&order(&other.mover))
    }
}

impl PartialOrd for Next {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Next {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Next {}

/// A sorted run that is read from its beginning.
struct Run<'a> {
    lines: BufReader<Span<'a>>,
    line: String,
}

impl<'a> Run<'a> {
    fn of(file: &'a File, (at, end): (u64, u64)) -> Self {
        Self {
            lines: BufReader::with_capacity(1 << 16, Span { file, at, end }),
            line: String::new(),
        }
    }

    fn next(&mut self) -> io::Result<Option<Mover>> {
        self.line.clear();
        if self.lines.read_line(&mut self.line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&self.line)?))
    }
}

/// A stretch of a file, read without moving the file's own position.
struct Span<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl Read for Span<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let wanted = buffer.len().min(left);
        read_exact_at(self.file, &mut buffer[..wanted], self.at)?;
        self.at += wanted as u64;
        Ok(wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::mover::{RowChange, RowEffect};
    use super::super::place::{Movement, Place};
    use super::*;
    use crate::record::{Points, SubjectKind};

    fn mover(number: usize) -> Mover {
        let graded = |band: usize| Place::Graded {
            band,
            grade: format!("等级{band}"),
        };
        let effect = RowEffect {
            counted: true,
            points: Points::from_raw(12_345),
            effect: "points".to_owned(),
            why_not: "换行\n和“引号”".to_owned(),
            provisional: number.is_multiple_of(2),
        };
        Mover {
            scheme: format!("方案{}", number % 3),
            subject_id: format!("id{:04}", number * 7919 % 10_000),
            name: "渝州示例有限公司".to_owned(),
            kind: SubjectKind::Entity,
            region: "500112".to_owned(),
            movement: Movement::ALL[number % 8],
            from: graded(number % 4),
            to: if number.is_multiple_of(5) {
                Place::Absent
            } else {
                graded(number % 3)
            },
            scores: (Some(Points::from_raw(-1)), None),
            flags: (vec!["限制申请".to_owned()], Vec::new()),
            reasons: (String::new(), "原因".to_owned()),
            provisional: (false, true),
            rows: vec![RowChange {
                row_id: format!("row-{}", number % 4),
                document_no: "渝罚〔2026〕1号".to_owned(),
                decided_on: "2026-01-01".to_owned(),
                old: None,
                new: Some(effect),
            }],
        }
    }

    #[test]
    fn what_waits_on_the_disk_is_what_was_added_in_order() {
        let all: Vec<Mover> = (0..1_000).map(mover).collect();
        let mut sorted = all.clone();
        sorted.sort_by(|a, b| order(a).cmp(&order(b)));
        for most in [0, 150, 999, 1_000] {
            let mut movers = Movers::holding(most);
            for piece in all.chunks(100) {
                movers.add(piece.to_vec()).unwrap();
            }
            movers.sort();
            assert_eq!(movers.aside.is_some(), most < 1_000);
            let read: Vec<Mover> = movers.iter().map(Result::unwrap).collect();
            assert!(read == sorted, "{most}");
            assert_eq!(movers.iter().take(3).count(), 3);
            assert_eq!(movers.len(), 1_000);
            let rows = movers.by_row();
            assert_eq!(rows.iter().map(|(.., count)| count).sum::<u64>(), 1_000);
        }
    }

    #[test]
    fn a_run_that_cannot_be_read_back_is_an_error_and_an_end() {
        let mut movers = Movers::holding(1);
        movers.add((0..20).map(mover).collect()).unwrap();
        movers.add((20..40).map(mover).collect()).unwrap();
        let aside = movers.aside.as_ref().unwrap();
        aside.file.set_len(aside.runs[1].0 + 100).unwrap();
        let told: Vec<_> = movers.iter().collect();
        let failed = told.iter().filter(|one| one.is_err()).count();
        assert_eq!(failed, 1);
        assert!(told.last().unwrap().is_err());
        let text = told.last().unwrap().as_ref().unwrap_err().to_string();
        assert!(text.contains("TMPDIR"), "{text}");
    }
}
