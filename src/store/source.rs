//! The bytes of a data file: small ones in memory and checked, large ones read where needed and checked block by block.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Cursor, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use deltalake_core::logstore::object_store::PutPayload;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use parquet::file::reader::{ChunkReader, Length};

use super::blocks::Blocks;
use super::check::{Content, digest_of_bytes, tail_sum};
use super::data_file::block_sums;
use super::error::StoreError;
use super::table::Table;

/// The buffer type of the Parquet reader (`bytes::Bytes`), named without depending on its crate.
pub(super) type Bytes = <PutPayload as IntoIterator>::Item;

/// Files up to this size are read whole and compared with the digest in their name.
const WHOLE_BYTES: u64 = 4 << 20;
/// Bytes of whole files that a snapshot keeps; a year of nightly files read again for each group of
/// buckets then costs no system calls.
const KEPT_BYTES: usize = 128 << 20;

/// An opened data file.
#[derive(Clone)]
pub(super) struct Opened {
    /// Its footer, with the page index.
    pub footer: ArrowReaderMetadata,
    whole: Option<Bytes>,
    /// Checksums of its blocks; `None` for a file that another program, or an earlier version of this one, wrote.
    blocks: Option<Arc<Blocks>>,
}

/// Files opened by a snapshot, by path.
#[derive(Default)]
pub(super) struct Cache {
    files: Mutex<HashMap<PathBuf, Opened>>,
    kept: Mutex<usize>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

impl Cache {
    /// Opens a file, or finds it opened.
    pub(super) fn open(&self, table: Table, path: &Path) -> Result<Opened, StoreError> {
        let known = lock(&self.files).get(path).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let opened = open(table, path)?;
        let mut entry = opened.clone();
        if let Some(bytes) = &opened.whole {
            let mut kept = lock(&self.kept);
            if *kept + bytes.len() <= KEPT_BYTES {
                *kept += bytes.len();
            } else {
                entry.whole = None;
            }
        }
        lock(&self.files).insert(path.to_owned(), entry);
        Ok(opened)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open(table: Table, path: &Path) -> Result<Opened, StoreError> {
    let file = File::open(path).map_err(|e| gone(table, path, e))?;
    let size = file.metadata().map_err(StoreError::io("read", path))?.len();
    let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional);
    let failed = |e: ParquetError| damaged(table, path, &e);
    if size > WHOLE_BYTES {
        let footer = ArrowReaderMetadata::load(&file, options).map_err(failed)?;
        let blocks = match tail_sum(path) {
            Some(sum) => Some(Arc::new(checked_footer(
                (table, path),
                &file,
                size,
                sum,
                &footer,
            )?)),
            None => None,
        };
        return Ok(Opened {
            footer,
            whole: None,
            blocks,
        });
    }
    let bytes = std::fs::read(path).map_err(|e| gone(table, path, e))?;
    if digest_of_bytes(path, &bytes) == Content::Altered {
        return Err(damaged(
            table,
            path,
            &"its bytes do not have the digest that its name carries",
        ));
    }
    let bytes = Bytes::from(bytes);
    let footer = ArrowReaderMetadata::load(&bytes, options).map_err(failed)?;
    Ok(Opened {
        blocks: block_sums(footer.metadata()).map(Arc::new),
        footer,
        whole: Some(bytes),
    })
}

/// The checksums that a footer holds, after comparing page index and footer with the one in the file's name.
fn checked_footer(
    (table, path): (Table, &Path),
    file: &File,
    size: u64,
    sum: u32,
    footer: &ArrowReaderMetadata,
) -> Result<Blocks, StoreError> {
    let altered = || {
        let reason = "its page index and footer do not have the checksum that its name carries";
        damaged(table, path, &reason)
    };
    let blocks = block_sums(footer.metadata()).ok_or_else(altered)?;
    let length = size.checked_sub(blocks.end()).ok_or_else(altered)?;
    let mut tail = vec![0; usize::try_from(length).map_err(|_| altered())?];
    read_exact_at(file, &mut tail, blocks.end()).map_err(StoreError::io("read", path))?;
    if crc32fast::hash(&tail) != sum {
        return Err(altered());
    }
    Ok(blocks)
}

/// Where the Parquet reader takes its bytes from.
#[derive(Clone)]
pub(super) enum Source {
    /// A file in memory.
    Whole(Bytes),
    /// A file on disk, read at positions: threads share it without sharing a position.
    Disk(Disk),
}

/// A file on disk, and the checksums of its blocks where it has any.
#[derive(Clone)]
pub(super) struct Disk {
    file: Arc<File>,
    blocks: Option<Arc<Blocks>>,
}

impl Disk {
    fn bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        if let Some(blocks) = &self.blocks {
            return blocks.read(&self.file, start, length);
        }
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, start)?;
        Ok(Bytes::from(bytes))
    }
}

impl Source {
    /// The bytes of an opened file.
    pub(super) fn of(table: Table, path: &Path, opened: &Opened) -> Result<Self, StoreError> {
        match &opened.whole {
            Some(bytes) => Ok(Self::Whole(bytes.clone())),
            None => {
                let file = File::open(path).map_err(|e| gone(table, path, e))?;
                Ok(Self::Disk(Disk {
                    file: Arc::new(file),
                    blocks: opened.blocks.clone(),
                }))
            }
        }
    }
}

impl Source {
    /// Compares some bytes with their checksums. Those of a file in memory have been compared.
    pub(super) fn check(&self, bytes: Range<u64>) -> Result<(), ParquetError> {
        match self {
            Self::Disk(Disk {
                file,
                blocks: Some(blocks),
            }) => blocks.check(file, bytes),
            _ => Ok(()),
        }
    }
}

impl Length for Source {
    fn len(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Disk(disk) => disk.file.metadata().map_or(0, |m| m.len()),
        }
    }
}

impl ChunkReader for Source {
    type T = Box<dyn Read>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        match self {
            Self::Whole(bytes) => {
                let mut cursor = Cursor::new(bytes.clone());
                cursor.set_position(start);
                Ok(Box::new(cursor))
            }
            Self::Disk(disk) => Ok(Box::new(BufReader::new(At {
                length: self.len(),
                disk: disk.clone(),
                position: start,
            }))),
        }
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        match self {
            Self::Whole(bytes) => {
                let from = usize::try_from(start).unwrap_or(usize::MAX);
                match from.checked_add(length) {
                    Some(to) if to <= bytes.len() => Ok(bytes.slice(from..to)),
                    _ => Err(ParquetError::EOF(format!(
                        "bytes {start} to {start} + {length} lie beyond the end"
                    ))),
                }
            }
            Self::Disk(disk) => disk.bytes(start, length),
        }
    }
}

/// A file read from a position of its own.
struct At {
    disk: Disk,
    position: u64,
    length: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.position));
        let n = buffer.len().min(left.unwrap_or(usize::MAX));
        let bytes = self
            .disk
            .bytes(self.position, n)
            .map_err(std::io::Error::other)?;
        buffer[..n].copy_from_slice(&bytes);
        self.position += n as u64;
        Ok(n)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> std::io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, position)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], position: u64) -> std::io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, position)
}

pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], position: u64) -> std::io::Result<()> {
    let mut done = 0;
    while done < buffer.len() {
        match read_at(file, &mut buffer[done..], position + done as u64) {
            Ok(0) => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => done += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// A file that cannot be opened: missing means damaged, anything else is the system's business.
pub(super) fn gone(table: Table, path: &Path, error: std::io::Error) -> StoreError {
    if error.kind() == std::io::ErrorKind::NotFound {
        damaged(
            table,
            path,
            &"the file is missing (if a purge has just ended, run the command again)",
        )
    } else {
        StoreError::io("read", path)(error)
    }
}

/// A file that does not hold what it should.
pub(super) fn damaged(table: Table, path: &Path, reason: &dyn std::fmt::Display) -> StoreError {
    StoreError::Damaged {
        table: table.name(),
        file: path.to_owned(),
        reason: reason.to_string(),
    }
}
