//! Files too large to be held at once: their rows wait on the disk, by subject, and come back a piece at a time.
//!
//! All rows of a subject, and so of a decision, are in one piece; within a piece they stand in the order of files and rows. Rows
//! that name no subject are in the first piece. The files on the disk have no name and end with the process.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use rayon::prelude::*;

use super::check::RowView;
use super::identity;
use super::outcome::CheckContext;
use super::read::packed::{pack, unpack};
use super::read::{Chunk, SheetHead, Skipped, SourceFile, SourceRow, SourceSheet};
use crate::standard::Mapping;

/// Bytes that wait in memory for each bucket before they go to the disk.
const BUFFER: usize = 128 * 1024;

/// Rows on the disk, by the bucket of their subject.
#[derive(Debug)]
pub(super) struct Parts {
    buckets: Vec<Bucket>,
    /// The files in hand, without rows; the last one may still be open.
    files: Vec<SourceFile>,
    mappings: Vec<Arc<Mapping>>,
    /// Rows and bytes of the buckets when the open file began: what a refused file left is dropped.
    marks: Vec<(u64, u64)>,
}

#[derive(Debug)]
struct Bucket {
    file: File,
    buffer: Vec<u8>,
    bytes: u64,
    rows: u64,
}

impl Parts {
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub(super) fn new(buckets: u32) -> io::Result<Parts> {
        let bucket = |_| {
            Ok(Bucket {
                file: tempfile::tempfile()?,
                buffer: Vec::new(),
                bytes: 0,
                rows: 0,
            })
        };
        Ok(Parts {
            buckets: (0..buckets.max(1)).map(bucket).collect::<io::Result<_>>()?,
            files: Vec::new(),
            mappings: Vec::new(),
            marks: Vec::new(),
        })
    }

    /// Takes a file with the rows that it has so far; it stays open.
    ///
    /// # Errors
    /// The disk is full, or cannot be written.
    pub(super) fn add(&mut self, mut file: SourceFile, ctx: &CheckContext<'_>) -> io::Result<()> {
        let sheets = std::mem::take(&mut file.sheets);
        self.begin(file);
        for (index, sheet) in sheets.into_iter().enumerate() {
            let head = SheetHead {
                index,
                name: sheet.name,
                layout: sheet.layout,
                mapping: sheet.mapping,
                header_row: sheet.header_row,
            };
            self.push(
                Chunk {
                    sheet: Arc::new(head),
                    rows: sheet.rows,
                    skipped: sheet.skipped,
                },
                ctx,
            )?;
        }
        Ok(())
    }

    /// Opens the next file; `file` has no rows yet.
    pub(super) fn begin(&mut self, file: SourceFile) {
        self.marks = self
            .buckets
            .iter()
            .map(|one| (one.rows, one.bytes + one.buffer.len() as u64))
            .collect();
        self.files.push(file);
    }

    /// Takes a chunk of the open file.
    ///
    /// # Errors
    /// The disk is full, or cannot be written.
    pub(super) fn push(&mut self, chunk: Chunk, ctx: &CheckContext<'_>) -> io::Result<()> {
        let Some((index, file)) = self.files.iter_mut().enumerate().next_back() else {
            return Ok(());
        };
        let sheet = chunk.sheet.index;
        let rows = chunk.rows;
        file.collect(Chunk {
            rows: Vec::new(),
            ..chunk
        });
        let places: Vec<u32> = rows.par_iter().map(|row| bucket_of(row, ctx)).collect();
        for (row, place) in rows.iter().zip(places) {
            let mapping = self.mapping(row.values.mapping());
            let place = (place as usize).min(self.buckets.len() - 1);
            let bucket = &mut self.buckets[place];
            for number in [index, sheet, mapping] {
                let number = u32::try_from(number).map_err(io::Error::other)?;
                bucket.buffer.extend_from_slice(&number.to_le_bytes());
            }
            pack(row, &mut bucket.buffer);
            bucket.rows += 1;
            if bucket.buffer.len() >= BUFFER {
                bucket.flush()?;
            }
        }
        Ok(())
    }

    /// Ends the open file, whose summary is known now.
    pub(super) fn end(&mut self, told: impl FnOnce(&mut SourceFile)) {
        if let Some(file) = self.files.last_mut() {
            told(file);
        }
    }

    /// Drops the open file: it was refused.
    ///
    /// # Errors
    /// The disk cannot be read.
    pub(super) fn drop_open(&mut self) -> io::Result<()> {
        self.files.pop();
        for (bucket, (rows, bytes)) in self.buckets.iter_mut().zip(&self.marks) {
            bucket.flush()?;
            bucket.file.set_len(*bytes)?;
            bucket.file.seek(SeekFrom::Start(*bytes))?;
            (bucket.rows, bucket.bytes) = (*rows, *bytes);
        }
        Ok(())
    }

    /// Gives the rows back, some buckets at a time: pieces of about `rows` rows, or of one bucket where that has more. Every
    /// piece names all the files, each with its rows of the piece; the rows without data are in the first.
    pub(super) fn pieces(mut self, rows: u64) -> impl Iterator<Item = io::Result<Packed>> {
        let mut skipped: Vec<Vec<Vec<Skipped>>> = self
            .files
            .iter_mut()
            .map(|file| {
                let of = |sheet: &mut SourceSheet| std::mem::take(&mut sheet.skipped);
                file.sheets.iter_mut().map(of).collect()
            })
            .collect();
        let frame = Arc::new(Frame {
            files: self.files,
            mappings: self.mappings,
        });
        let mut buckets = self.buckets.into_iter();
        std::iter::from_fn(move || {
            let mut packed = Packed {
                frame: frame.clone(),
                skipped: std::mem::take(&mut skipped),
                buckets: Vec::new(),
            };
            let mut held = 0;
            while held < rows {
                let Some(mut bucket) = buckets.next() else {
                    break;
                };
                held += bucket.rows;
                match bucket.load() {
                    Ok(bytes) => packed.buckets.push(bytes),
                    Err(error) => return Some(Err(error)),
                }
            }
            (!packed.buckets.is_empty()).then_some(Ok(packed))
        })
    }

    /// The number of a mapping; rows of a sheet share one, save in JSON and XML files.
    fn mapping(&mut self, mapping: &Arc<Mapping>) -> usize {
        let same = |one: &Arc<Mapping>| Arc::ptr_eq(one, mapping);
        match self.mappings.iter().rposition(same) {
            Some(found) => found,
            None => {
                self.mappings.push(mapping.clone());
                self.mappings.len() - 1
            }
        }
    }
}

/// The files without rows, and the mappings of all rows.
#[derive(Debug)]
struct Frame {
    files: Vec<SourceFile>,
    mappings: Vec<Arc<Mapping>>,
}

/// The rows of some buckets as bytes.
#[derive(Debug)]
pub(super) struct Packed {
    frame: Arc<Frame>,
    /// Rows without data, by file and sheet; in the first piece only.
    skipped: Vec<Vec<Vec<Skipped>>>,
    buckets: Vec<Vec<u8>>,
}

impl Packed {
    /// The files with their rows of this piece.
    ///
    /// # Errors
    /// The bytes are not those that were written.
    pub(super) fn files(self) -> io::Result<Vec<SourceFile>> {
        let mut files = self.frame.files.clone();
        for (file, skipped) in files.iter_mut().zip(self.skipped) {
            for (sheet, skipped) in file.sheets.iter_mut().zip(skipped) {
                sheet.skipped = skipped;
            }
        }
        for bytes in self.buckets {
            put_rows(&bytes, &self.frame.mappings, &mut files)?;
        }
        Ok(files)
    }
}

/// Adds packed rows to the files that they came from.
fn put_rows(bytes: &[u8], mappings: &[Arc<Mapping>], files: &mut [SourceFile]) -> io::Result<()> {
    let damaged = || io::Error::other("a temporary file does not hold what was written to it");
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut place = [0_usize; 3];
        for number in &mut place {
            let (one, after) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
            (*number, rest) = (u32::from_le_bytes(*one) as usize, after);
        }
        let [file, sheet, mapping] = place;
        let mapping = mappings.get(mapping).ok_or_else(damaged)?;
        let row = unpack(&mut rest, mapping).ok_or_else(damaged)?;
        let sheet = files
            .get_mut(file)
            .and_then(|file| file.sheets.get_mut(sheet));
        sheet.ok_or_else(damaged)?.rows.push(row);
    }
    Ok(())
}

impl Bucket {
    /// All its bytes.
    fn load(&mut self) -> io::Result<Vec<u8>> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::with_capacity(usize::try_from(self.bytes).unwrap_or(0));
        self.file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// The bucket of the subject of a row; 0 where nothing tells it.
fn bucket_of(row: &SourceRow, ctx: &CheckContext<'_>) -> u32 {
    let layout = row.values.mapping().layout();
    let view = RowView::of_subject(row, layout, ctx.received, ctx.calendar);
    view.decided_on()
        .and_then(|day| identity::subject(&view, ctx.key, day))
        .map_or(0, |subject| subject.id.bucket(ctx.buckets))
}
