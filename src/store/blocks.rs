//! Checksums of a data file, block by block: a reader of a few pages finds a flipped bit without reading the whole file.
//!
//! The footer holds the CRC-32 of every block of [`BLOCK`] bytes, from the file's beginning to where its page index begins;
//! the name of the file holds that of everything after (page index and footer). A reader checks the blocks that it touches.

use std::fs::File;
use std::ops::Range;

use crc32fast::Hasher;
use parquet::errors::ParquetError;

use super::source::{Bytes, read_exact_at};

/// Bytes of a block.
const BLOCK: u64 = 16 << 10;

/// Footer entry: the number of bytes that are summed, a colon, and eight hexadecimal digits for each block.
pub(super) const NOTE: &str = "xinheng.block_sums";

/// Sums what is written to a file.
#[derive(Default)]
pub(super) struct Summing {
    sums: Vec<u32>,
    open: Hasher,
    /// Bytes in `open`.
    held: u64,
    /// No more blocks are to come.
    is_past: bool,
}

impl Summing {
    pub(super) fn add(&mut self, mut bytes: &[u8]) {
        while !self.is_past && !bytes.is_empty() {
            let room = usize::try_from(BLOCK - self.held).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.open.update(now);
            self.held += now.len() as u64;
            if self.held == BLOCK {
                self.close();
            }
            bytes = later;
        }
        self.open.update(bytes);
    }

    fn close(&mut self) {
        let block = std::mem::take(&mut self.open);
        self.sums.push(block.finalize());
        self.held = 0;
    }

    /// Ends the last block; what is written from now on is summed apart. Gives the footer's entry.
    pub(super) fn end_blocks(&mut self) -> String {
        let end = self.sums.len() as u64 * BLOCK + self.held;
        if self.held > 0 {
            self.close();
        }
        self.is_past = true;
        let sums = std::mem::take(&mut self.sums);
        let mut note = format!("{end}:");
        note.extend(sums.iter().map(|sum| format!("{sum:08x}")));
        note
    }

    /// The sum of everything after the blocks.
    pub(super) fn finish(self) -> u32 {
        self.open.finalize()
    }
}

/// The sums of the blocks of a file.
#[derive(Debug)]
pub(super) struct Blocks {
    end: u64,
    sums: Vec<u32>,
}

impl Blocks {
    /// Reads the footer's entry; `None` for a text that is none.
    pub(super) fn parse(note: &str) -> Option<Self> {
        let (end, sums) = note.split_once(':')?;
        let end: u64 = end.parse().ok()?;
        let digits = sums.as_bytes().chunks(8);
        let sums = digits.map(|sum| {
            let sum = std::str::from_utf8(sum).ok().filter(|sum| sum.len() == 8)?;
            u32::from_str_radix(sum, 16).ok()
        });
        let sums: Vec<u32> = sums.collect::<Option<_>>()?;
        (sums.len() as u64 == end.div_ceil(BLOCK)).then_some(Self { end, sums })
    }

    /// Where the blocks end and the page index begins.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Some bytes of the file, after comparing the blocks that hold them. Bytes past the blocks come as they are.
    pub(super) fn read(
        &self,
        file: &File,
        start: u64,
        length: usize,
    ) -> Result<Bytes, ParquetError> {
        let wanted = start..start.saturating_add(length as u64);
        let from = wanted.start / BLOCK * BLOCK;
        let to = wanted.end.next_multiple_of(BLOCK).min(self.end);
        if wanted.end > self.end || from >= to {
            let mut bytes = vec![0; length];
            read_exact_at(file, &mut bytes, start)?;
            return Ok(Bytes::from(bytes));
        }
        let bytes = self.checked(file, from..to)?;
        let at = usize::try_from(wanted.start - from).unwrap_or(usize::MAX);
        Ok(Bytes::from(bytes).slice(at..at + length))
    }

    /// Compares the blocks that hold some bytes of the file.
    pub(super) fn check(&self, file: &File, bytes: Range<u64>) -> Result<(), ParquetError> {
        /// Bytes read at a time.
        const STEP: u64 = 1 << 20;
        let mut from = bytes.start / BLOCK * BLOCK;
        let to = bytes.end.next_multiple_of(BLOCK).min(self.end);
        while from < to {
            let next = (from + STEP).min(to);
            self.checked(file, from..next)?;
            from = next;
        }
        Ok(())
    }

    /// The bytes of whole blocks.
    fn checked(&self, file: &File, range: Range<u64>) -> Result<Vec<u8>, ParquetError> {
        let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        read_exact_at(file, &mut bytes, range.start)?;
        let first = usize::try_from(range.start / BLOCK).unwrap_or(usize::MAX);
        for (at, block) in bytes.chunks(BLOCK as usize).enumerate() {
            if self.sums.get(first + at) != Some(&crc32fast::hash(block)) {
                let begin = range.start + at as u64 * BLOCK;
                return Err(ParquetError::General(format!(
                    "its bytes {begin} to {} do not have the checksum that its footer carries",
                    begin + block.len() as u64
                )));
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A file of so many bytes, its sums and that of the 100 bytes after them.
    fn file(length: usize) -> (tempfile::NamedTempFile, Vec<u8>, Blocks, u32) {
        let bytes: Vec<u8> = (0..length + 100).map(|n| (n * n / 7) as u8).collect();
        let mut summing = Summing::default();
        for piece in bytes[..length].chunks(10_007) {
            summing.add(piece);
        }
        let blocks = Blocks::parse(&summing.end_blocks()).unwrap();
        summing.add(&bytes[length..]);
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        (file, bytes, blocks, summing.finish())
    }

    #[test]
    fn whatever_is_read_is_what_was_written() {
        for length in [0, 1, 16_383, 16_384, 16_385, 100_000] {
            let (file, bytes, blocks, tail) = file(length);
            assert_eq!(blocks.end(), length as u64);
            assert_eq!(tail, crc32fast::hash(&bytes[length..]));
            for (start, end) in [
                (0, length),
                (length / 2, length),
                (0, length / 3),
                (length, length + 100),
            ] {
                let read = blocks
                    .read(file.as_file(), start as u64, end - start)
                    .unwrap();
                assert_eq!(read[..], bytes[start..end], "{start} to {end} of {length}");
            }
            blocks.check(file.as_file(), 0..length as u64).unwrap();
        }
    }

    #[test]
    fn a_flipped_bit_is_found_by_whoever_reads_its_block_and_nobody_else() {
        let (file, mut bytes, blocks, _) = file(100_000);
        bytes[50_000] ^= 16;
        std::fs::write(file.path(), &bytes).unwrap();
        let read = |start, length| blocks.read(&File::open(file.path()).unwrap(), start, length);
        assert!(read(0, 16_384 * 3).is_ok());
        assert!(read(70_000, 1_000).is_ok());
        for (start, length) in [(49_999, 2), (49_200, 10), (0, 100_000)] {
            let told = read(start, length).unwrap_err().to_string();
            assert!(told.contains("49152 to 65536"), "{told}");
        }
        let whole = blocks.check(&File::open(file.path()).unwrap(), 0..100_000);
        assert!(whole.is_err());
    }

    #[test]
    fn an_altered_entry_is_no_entry() {
        for note in [
            "",
            "7",
            "x:00",
            "16384:0000000",
            "16385:00000000",
            "5:0000000g",
        ] {
            assert!(Blocks::parse(note).is_none(), "{note}");
        }
        assert_eq!(Blocks::parse("0:").unwrap().end(), 0);
    }
}
