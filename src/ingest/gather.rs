//! The files of a job, read, as many at a time as there are threads: held in memory while they are few rows, else on the disk by
//! subject.

use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::standard::Standards;

use super::outcome::{CheckContext, IngestError};
use super::parts::{Packed, Parts, weight};
use super::read::{
    Chunk, FileSummary, Format, Refused, Sniffed, SourceFile, name_of, read_sniffed,
};

/// Rows that are held in memory; when there are more, they wait on the disk.
pub const ROWS_AT_A_TIME: u64 = 65_536;
/// Into how many pieces as many rows are cut as would be held in memory: few rows at a time stay in a cache.
const PIECES: u64 = 32;
/// Chunks that each reader may be ahead of the sorting.
const CHUNKS_AHEAD: usize = 2;

/// Files on their way into the checks.
#[derive(Debug)]
pub struct Gathered {
    most: u64,
    rows: u64,
    files: Vec<Held>,
    /// Where the rows are when there are many; the files then have none.
    parts: Option<Parts>,
}

/// A file that was read or is being read.
#[derive(Debug)]
struct Held {
    file: SourceFile,
    /// By [`weight`], as those of all.
    rows: u64,
    is_refused: bool,
}

impl Held {
    fn new(path: &Path, found: &Sniffed) -> Held {
        Held {
            file: SourceFile {
                name: name_of(path),
                path: path.to_owned(),
                sha256: found.sha256().to_owned(),
                format: Format::Csv,
                encoding: None,
                notes: Vec::new(),
                sheets: Vec::new(),
            },
            rows: 0,
            is_refused: false,
        }
    }
}

/// What a reader says of its file.
enum Said {
    Rows(Chunk),
    End(Result<FileSummary, Refused>),
}

impl Gathered {
    /// Nothing yet; `most` rows stay in memory.
    pub fn new(most: u64) -> Gathered {
        Gathered {
            most,
            rows: 0,
            files: Vec::new(),
            parts: None,
        }
    }

    /// Files that were read.
    pub fn len(&self) -> usize {
        self.files.iter().filter(|held| !held.is_refused).count()
    }

    /// Whether no file was read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads files that were looked at, and tells of each in their order whether it was refused; then nothing of it stays.
    ///
    /// # Errors
    /// Rows cannot wait on the disk.
    pub fn read(
        &mut self,
        files: Vec<(PathBuf, Sniffed)>,
        standards: &Standards,
        ctx: &CheckContext<'_>,
    ) -> Result<Vec<Result<(), Refused>>, IngestError> {
        let first = self.files.len();
        let held = files.iter().map(|(path, found)| Held::new(path, found));
        self.files.extend(held);
        let mut told: Vec<Result<(), Refused>> = files.iter().map(|_| Ok(())).collect();
        let readers = rayon::current_num_threads().min(files.len());
        let queue = Mutex::new(files.into_iter().enumerate());
        // Cells are cut out of the files while the rows before them are sorted by subject.
        thread::scope(|scope| {
            let (give, take) = sync_channel(CHUNKS_AHEAD * readers.max(1));
            let readers: Vec<_> = (0..readers)
                .map(|_| {
                    let (give, queue) = (give.clone(), &queue);
                    scope.spawn(move || {
                        let next = || queue.lock().ok().and_then(|mut files| files.next());
                        while let Some((number, (path, found))) = next() {
                            let read = read_sniffed(&path, found, standards, &mut |chunk| {
                                // Nobody listens any more when the disk is full.
                                let _ = give.send((number, Said::Rows(chunk)));
                            });
                            if give.send((number, Said::End(read))).is_err() {
                                return;
                            }
                        }
                    })
                })
                .collect();
            drop(give);
            let mut failed: io::Result<()> = Ok(());
            for (number, said) in take {
                match said {
                    Said::Rows(chunk) => failed = self.take(first + number, chunk, ctx),
                    Said::End(read) => told[number] = self.end(first + number, read),
                }
                if failed.is_err() {
                    break;
                }
            }
            for reader in readers {
                reader.join().unwrap_or_else(|panic| resume_unwind(panic));
            }
            failed
        })?;
        Ok(told)
    }

    /// Takes a chunk of a file that is being read.
    fn take(&mut self, number: usize, chunk: Chunk, ctx: &CheckContext<'_>) -> io::Result<()> {
        let rows = chunk.rows.iter();
        let count: u64 = rows.map(|row| weight(row.values.text().len())).sum();
        self.rows += count;
        if self.parts.is_none() && self.rows > self.most {
            let mut parts = Parts::new(ctx.buckets)?;
            for (number, held) in self.files.iter_mut().enumerate() {
                for (sheet, of) in held.file.sheets.iter_mut().enumerate() {
                    parts.push((number, sheet), &std::mem::take(&mut of.rows), ctx)?;
                }
            }
            self.parts = Some(parts);
        }
        let held = &mut self.files[number];
        held.rows += count;
        let Some(parts) = &mut self.parts else {
            held.file.collect(chunk);
            return Ok(());
        };
        let (sheet, rows) = (chunk.sheet.index, chunk.rows);
        held.file.collect(Chunk {
            rows: Vec::new(),
            ..chunk
        });
        parts.push((number, sheet), &rows, ctx)
    }

    /// Ends a file that was read.
    fn end(&mut self, number: usize, read: Result<FileSummary, Refused>) -> Result<(), Refused> {
        let held = &mut self.files[number];
        match read {
            Ok(summary) => {
                held.file.sha256 = summary.sha256;
                held.file.format = summary.format;
                held.file.encoding = summary.encoding;
                held.file.notes = summary.notes;
                Ok(())
            }
            Err(refused) => {
                self.rows -= held.rows;
                held.is_refused = true;
                held.file.sheets.clear();
                Err(refused)
            }
        }
    }

    /// What was gathered: all of it at once, or in pieces of which each holds all rows of its decisions. Every piece names all
    /// files.
    pub fn pieces(self) -> Pieces {
        let most = (self.most / PIECES).max(1);
        // Of every file its place among those that stay.
        let mut places: Vec<Option<usize>> = Vec::with_capacity(self.files.len());
        let mut files: Vec<SourceFile> = Vec::new();
        for held in self.files {
            places.push((!held.is_refused).then_some(files.len()));
            if !held.is_refused {
                files.push(held.file);
            }
        }
        match self.parts {
            None => Pieces {
                whole: Some(files),
                packed: None,
            },
            Some(parts) => Pieces {
                whole: None,
                packed: Some(Box::new(parts.pieces(most, files, places))),
            },
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

/// Some rows of all files, with all rows of their decisions.
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
