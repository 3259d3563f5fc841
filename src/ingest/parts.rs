//! Files too large to be held at once: their rows wait on the disk, by subject, and come back a piece at a time.
//!
//! All rows of a decision are in one piece, and mostly all of a subject: only one with more rows than a piece is cut, between
//! document numbers. Within a piece rows stand in the order of files and rows. Rows that name no subject are in the first pieces. Pieces
//! follow one another in the order of buckets and subjects, and are no larger where there are more rows. The files on the disk have no
//! name and end with the process.
//!
//! A row on the disk: file, sheet and mapping by number and the length of its cells (4 bytes each, little endian), the beginning of
//! its subject's id, its cells.

mod cut;

use std::fs::File;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Arc;

use rayon::prelude::*;

pub(crate) use cut::beginnings;
use cut::{Cut, Held};

use super::check::RowView;
use super::identity;
use super::outcome::CheckContext;
use super::read::packed::{pack, unpack};
use super::read::{Skipped, SourceFile, SourceRow, SourceSheet};
use crate::record::normal_document_no;
use crate::standard::{Field, Mapping};

/// Bytes that wait in memory for each bucket before they go to the disk.
const BUFFER: usize = 128 * 1024;

/// A bucket of at most so many bytes is loaded whole; of a larger one each part is read when its turn comes.
const LOADED: u64 = 48 << 20;

/// Bytes of cells that make a row; a longer one counts for several.
const BYTES_OF_A_ROW: usize = 2_048;

/// For how many rows one with so many bytes counts.
pub(super) fn weight(bytes: usize) -> u64 {
    (bytes / BYTES_OF_A_ROW).max(1) as u64
}

/// The beginning of a subject's id; where nothing tells the subject, zeros, which stand before all.
type Key = [u8; 16];

/// Rows on the disk, by the bucket of their subject.
#[derive(Debug)]
pub(super) struct Parts {
    buckets: Vec<Bucket>,
    mappings: Vec<Arc<Mapping>>,
}

#[derive(Debug)]
struct Bucket {
    file: File,
    buffer: Vec<u8>,
    bytes: u64,
    /// By [`weight`].
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
            mappings: Vec::new(),
        })
    }

    /// Takes rows of a sheet of a file, both by number.
    ///
    /// # Errors
    /// The disk is full, or cannot be written.
    pub(super) fn push(
        &mut self,
        (file, sheet): (usize, usize),
        rows: &[SourceRow],
        ctx: &CheckContext<'_>,
    ) -> io::Result<()> {
        let places: Vec<(u32, Key)> = rows.par_iter().map(|row| place_of(row, ctx)).collect();
        for (row, (place, key)) in rows.iter().zip(places) {
            let mapping = self.mapping(row.values.mapping());
            let place = (place as usize).min(self.buckets.len() - 1);
            let bucket = &mut self.buckets[place];
            for number in [file, sheet, mapping] {
                bucket.buffer.extend_from_slice(&four_bytes(number)?);
            }
            let length_at = bucket.buffer.len();
            bucket.buffer.extend_from_slice(&[0; 4]);
            bucket.buffer.extend_from_slice(&key);
            let start = bucket.buffer.len();
            pack(row, &mut bucket.buffer);
            let length = four_bytes(bucket.buffer.len() - start)?;
            bucket.buffer[length_at..length_at + 4].copy_from_slice(&length);
            bucket.rows += weight(bucket.buffer.len() - start);
            if bucket.buffer.len() >= BUFFER {
                bucket.flush()?;
            }
        }
        Ok(())
    }

    /// Gives the rows back in pieces of about `rows` rows: of some buckets, or of some subjects of a bucket that has more. Every
    /// piece names all the `files`, each with its rows of the piece; the rows without data are in the first. `places` says where the
    /// files that rows were taken of stand among them; rows of others are left out.
    pub(super) fn pieces(
        self,
        rows: u64,
        mut files: Vec<SourceFile>,
        places: Vec<Option<usize>>,
    ) -> impl Iterator<Item = io::Result<Packed>> {
        let mut skipped: Vec<Vec<Vec<Skipped>>> = files
            .iter_mut()
            .map(|file| {
                let of = |sheet: &mut SourceSheet| std::mem::take(&mut sheet.skipped);
                file.sheets.iter_mut().map(of).collect()
            })
            .collect();
        let frame = Arc::new(Frame {
            files,
            places,
            mappings: self.mappings,
        });
        let mut buckets = self.buckets.into_iter().peekable();
        let mut cut: Option<Cut> = None;
        std::iter::from_fn(move || {
            let mut packed = Packed {
                frame: frame.clone(),
                skipped: Vec::new(),
                parts: Vec::new(),
            };
            let found = next_parts(&mut buckets, &mut cut, rows, &frame, &mut packed.parts);
            if !packed.parts.is_empty() {
                packed.skipped = std::mem::take(&mut skipped);
            }
            match found {
                Ok(()) => (!packed.parts.is_empty()).then_some(Ok(packed)),
                Err(error) => Some(Err(error)),
            }
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

/// The files without rows, where those that rows were taken of stand among them, and the mappings of all rows.
#[derive(Debug)]
struct Frame {
    files: Vec<SourceFile>,
    places: Vec<Option<usize>>,
    mappings: Vec<Arc<Mapping>>,
}

/// Takes the rows of the next piece.
fn next_parts(
    buckets: &mut std::iter::Peekable<std::vec::IntoIter<Bucket>>,
    cut: &mut Option<Cut>,
    rows: u64,
    frame: &Frame,
    parts: &mut Vec<Vec<u8>>,
) -> io::Result<()> {
    if let Some(part) = cut.as_mut().and_then(Cut::next) {
        parts.push(part?);
        return Ok(());
    }
    let mut held = 0;
    while held < rows {
        let is_large = |bucket: &Bucket| bucket.rows > rows + rows / 2;
        let Some(mut bucket) = buckets.next_if(|bucket| held == 0 || !is_large(bucket)) else {
            break;
        };
        if is_large(&bucket) {
            let most = usize::try_from(rows).unwrap_or(usize::MAX);
            let document = |row: &[u8]| document_of(row, frame);
            let cut = cut.insert(Cut::of(bucket.held()?, most, &document)?);
            if let Some(part) = cut.next() {
                parts.push(part?);
            }
            break;
        }
        held += bucket.rows;
        parts.push(bucket.load()?);
    }
    Ok(())
}

/// A number of the document number of a row.
fn document_of(row: &[u8], frame: &Frame) -> io::Result<u64> {
    let (head, mut rest) = Head::read(row).ok_or_else(damaged)?;
    let mapping = frame.mappings.get(head.place[2]).ok_or_else(damaged)?;
    let row = unpack(&mut rest, mapping).ok_or_else(damaged)?;
    let mut hasher = DefaultHasher::new();
    normal_document_no(row.values.get(Field::DocumentNo)).hash(&mut hasher);
    Ok(hasher.finish())
}

/// The rows of a piece as bytes.
#[derive(Debug)]
pub(super) struct Packed {
    frame: Arc<Frame>,
    /// Rows without data, by file and sheet; in the first piece only.
    skipped: Vec<Vec<Vec<Skipped>>>,
    parts: Vec<Vec<u8>>,
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
        for bytes in self.parts {
            put_rows(&bytes, &self.frame, &mut files)?;
        }
        Ok(files)
    }
}

/// What stands before the cells of a row.
struct Head {
    /// File, sheet and mapping by number.
    place: [usize; 3],
    /// Bytes of the cells.
    length: usize,
    key: Key,
}

impl Head {
    /// Bytes of a head.
    const BYTES: usize = 32;

    /// The head, and what comes after it.
    fn read(mut rest: &[u8]) -> Option<(Self, &[u8])> {
        let mut numbers = [0_usize; 4];
        for number in &mut numbers {
            let (one, after) = rest.split_first_chunk::<4>()?;
            (*number, rest) = (u32::from_le_bytes(*one) as usize, after);
        }
        let [file, sheet, mapping, length] = numbers;
        let (key, rest) = rest.split_first_chunk()?;
        let head = Self {
            place: [file, sheet, mapping],
            length,
            key: *key,
        };
        Some((head, rest))
    }
}

fn four_bytes(number: usize) -> io::Result<[u8; 4]> {
    let number = u32::try_from(number).map_err(io::Error::other)?;
    Ok(number.to_le_bytes())
}

fn damaged() -> io::Error {
    io::Error::other("a temporary file does not hold what was written to it")
}

/// Adds packed rows to the files that they came from.
fn put_rows(bytes: &[u8], frame: &Frame, files: &mut [SourceFile]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (head, after) = Head::read(rest).ok_or_else(damaged)?;
        let [file, sheet, mapping] = head.place;
        let Some(file) = frame.places.get(file).copied().ok_or_else(damaged)? else {
            // Its file was refused.
            rest = after.get(head.length..).ok_or_else(damaged)?;
            continue;
        };
        rest = after;
        let mapping = frame.mappings.get(mapping).ok_or_else(damaged)?;
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

    /// The same, left on the disk where they are many.
    fn held(mut self) -> io::Result<Held> {
        self.flush()?;
        if self.bytes <= LOADED {
            return Ok(Held::Memory(self.load()?));
        }
        Ok(Held::Disk(self.file))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.bytes += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
}

/// The bucket of the subject of a row, and the beginning of its id; zeros where nothing tells it.
fn place_of(row: &SourceRow, ctx: &CheckContext<'_>) -> (u32, Key) {
    let layout = row.values.mapping().layout();
    let view = RowView::of_subject(row, layout, ctx.received, ctx.calendar);
    let subject = view
        .decided_on()
        .and_then(|day| identity::subject(&view, ctx.key, day));
    let Some(subject) = subject else {
        return (0, Key::default());
    };
    let mut key = Key::default();
    let id = subject.id.as_str().as_bytes();
    let length = id.len().min(key.len());
    key[..length].copy_from_slice(&id[..length]);
    (subject.id.bucket(ctx.buckets), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_row_counts_for_several() {
        assert_eq!([0, 2_047, 2_048, 5_000].map(weight), [1, 1, 1, 2]);
    }
}
