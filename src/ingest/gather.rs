//! The files of a job, read: held in memory while they are few rows, else on the disk by subject.

use std::io;
use std::path::Path;

use crate::standard::Standards;

use super::outcome::{CheckContext, IngestError};
use super::parts::Parts;
use super::read::{Chunk, Format, Refused, SourceFile, read_chunks};

/// Rows that are held in memory, and rows of a part when there are more.
pub const ROWS_AT_A_TIME: u64 = 200_000;

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

    /// Reads a file with the SHA-256 that it is known by. The inner result tells that it was refused; then nothing of it stays.
    ///
    /// # Errors
    /// Rows cannot wait on the disk.
    pub fn read(
        &mut self,
        path: &Path,
        sha256: &str,
        standards: &Standards,
        ctx: &CheckContext<'_>,
    ) -> Result<Result<(), Refused>, IngestError> {
        let mut open = SourceFile {
            name: path
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            path: path.to_owned(),
            sha256: sha256.to_owned(),
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
        let told = read_chunks(path, standards, &mut |chunk| {
            if failed.is_ok() {
                failed = self.take(&mut open, chunk, ctx);
            }
        });
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

    /// Gives the files on: all at once, or in parts of which each holds all rows of its subjects. Every part names all files.
    ///
    /// # Errors
    /// The rows on the disk cannot be read, or `take` fails.
    pub fn each<E: From<IngestError>>(
        self,
        mut take: impl FnMut(Vec<SourceFile>) -> Result<(), E>,
    ) -> Result<(), E> {
        match self.parts {
            Some(parts) => parts.each(self.most, take),
            None => take(self.whole),
        }
    }
}
