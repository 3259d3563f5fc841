//! The files of a job, read: held in memory while they are few rows, else on the disk by subject.

use std::io;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use crate::standard::Standards;

use super::outcome::{CheckContext, IngestError};
use super::parts::{Packed, Parts};
use super::read::{Chunk, Format, Refused, Sniffed, SourceFile, read_sniffed};

/// Rows that are held in memory; when there are more, they wait on the disk.
pub const ROWS_AT_A_TIME: u64 = 65_536;
/// Into how many pieces as many rows are cut as would be held in memory: every thread is at work on one or two.
const PIECES: u64 = 8;
/// Chunks that the reader may be ahead of the sorting.
const CHUNKS_AHEAD: usize = 2;

/// Files on their way into the checks.
#[derive(Debug)]
pub struct Gathered {
    most: u64,
    rows: u64,
    whole: Vec<SourceFile>,
    parts: Option<Parts>,
    files: usize,
}

impl Gathered {
    /// Nothing yet; `most` rows stay in memory.
    pub fn new(most: u64) -> Gathered {
        Gathered {
            most,
            rows: 0,
            whole: Vec::new(),
            parts: None,
            files: 0,
        }
    }

    /// Files that were read.
    pub fn len(&self) -> usize {
        self.files
    }

    /// Whether no file was read.
    pub fn is_empty(&self) -> bool {
        self.files == 0
    }

    /// Reads a file that was looked at. The inner result tells that it was refused; then nothing of it stays.
    ///
    /// # Errors
    /// Rows cannot wait on the disk.
    pub fn read(
        &mut self,
        path: &Path,
        found: Sniffed,
        standards: &Standards,
        ctx: &CheckContext<'_>,
    ) -> Result<Result<(), Refused>, IngestError> {
        let mut open = SourceFile {
            name: path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            path: path.to_owned(),
            sha256: found.sha256().to_owned(),
            format: Format::Csv,
            encoding: None,
            notes: Vec::new(),
            sheets: Vec::new(),
        };
        if let Some(parts) = &mut self.parts {
            parts.begin(open.clone());
        }
        let before = self.rows;
        let mut failed: io::Result<()> = Ok(());
        // Cells are cut out of the file while the rows before them are sorted by subject.
        let told = std::thread::scope(|scope| {
            let (give, take) = sync_channel(CHUNKS_AHEAD);
            let reader = scope.spawn(move || {
                read_sniffed(path, found, standards, &mut |chunk| {
                    // Nobody listens any more when a thread of ours has panicked.
                    let _ = give.send(chunk);
                })
            });
            for chunk in take {
                if failed.is_ok() {
                    failed = self.take(&mut open, chunk, ctx);
                }
            }
            reader.join()
        });
        let told = told.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        failed?;
        match told {
            Ok(summary) => {
                self.files += 1;
                let tell = |file: &mut SourceFile| {
                    file.sha256 = summary.sha256;
                    file.format = summary.format;
                    file.encoding = summary.encoding;
                    file.notes = summary.notes;
                };
                match &mut self.parts {
                    Some(parts) => parts.end(tell),
                    None => {
                        tell(&mut open);
                        self.whole.push(open);
                    }
                }
                Ok(Ok(()))
            }
            Err(refused) => {
                self.rows = before;
                if let Some(parts) = &mut self.parts {
                    parts.drop_open()?;
                }
                Ok(Err(refused))
            }
        }
    }

    fn take(
        &mut self,
        open: &mut SourceFile,
        chunk: Chunk,
        ctx: &CheckContext<'_>,
    ) -> io::Result<()> {
        self.rows += chunk.rows.len() as u64;
        if self.parts.is_none() && self.rows > self.most {
            let mut parts = Parts::new(ctx.buckets)?;
            for file in self.whole.drain(..) {
                parts.add(file, ctx)?;
            }
            parts.add(
                SourceFile {
                    sheets: std::mem::take(&mut open.sheets),
                    ..open.clone()
                },
                ctx,
            )?;
            self.parts = Some(parts);
        }
        match &mut self.parts {
            Some(parts) => parts.push(chunk, ctx),
            None => {
                open.collect(chunk);
                Ok(())
            }
        }
    }

    /// What was gathered: all of it at once, or in pieces of which each holds all rows of its subjects. Every piece names all
    /// files.
    pub fn pieces(self) -> Pieces {
        let most = (self.most / PIECES).max(1);
        Pieces {
            whole: self.parts.is_none().then_some(self.whole),
            packed: self
                .parts
                .map(|parts| Box::new(parts.pieces(most)) as Box<Packets>),
        }
    }
}

type Packets = dyn Iterator<Item = io::Result<Packed>> + Send;

/// The pieces of what was gathered, one after the other.
pub struct Pieces {
    whole: Option<Vec<SourceFile>>,
    packed: Option<Box<Packets>>,
}

impl Iterator for Pieces {
    type Item = Result<Piece, IngestError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(files) = self.whole.take() {
            return Some(Ok(Piece(Rows::Whole(files))));
        }
        let packed = self.packed.as_mut()?.next()?;
        Some(
            packed
                .map(|packed| Piece(Rows::Packed(packed)))
                .map_err(IngestError::from),
        )
    }
}

/// Some rows of all files, with all rows of their subjects.
#[derive(Debug)]
pub struct Piece(Rows);

#[derive(Debug)]
enum Rows {
    Whole(Vec<SourceFile>),
    Packed(Packed),
}

impl Piece {
    /// The files with these rows.
    ///
    /// # Errors
    /// A temporary file does not hold what was written to it.
    pub fn files(self) -> Result<Vec<SourceFile>, IngestError> {
        match self.0 {
            Rows::Whole(files) => Ok(files),
            Rows::Packed(packed) => Ok(packed.files()?),
        }
    }
}
