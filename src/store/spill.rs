//! Sorted runs of row digests in a file without a name, for tables whose digests do not fit into memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::source::read_exact_at;

/// Bytes of a row digest.
const WIDTH: usize = 32;
/// A row digest as the numbers that its bytes are, most significant first: they have its order and compare in one step.
pub(super) type RowDigest = [u64; 4];

/// The numbers of a digest.
pub(super) fn numbers(digest: [u8; WIDTH]) -> RowDigest {
    let (words, _) = digest.as_chunks::<8>();
    std::array::from_fn(|at| words.get(at).map_or(0, |word| u64::from_be_bytes(*word)))
}

/// The digest that these numbers are.
pub(super) fn bytes(row: &RowDigest) -> [u8; WIDTH] {
    let mut digest = [0; WIDTH];
    for (word, number) in digest.chunks_exact_mut(8).zip(row) {
        word.copy_from_slice(&number.to_be_bytes());
    }
    digest
}

/// Digests of a run that are read at a time.
const BLOCK_ROWS: u64 = 8_192;

/// Runs of row digests, each in ascending order.
#[derive(Debug)]
pub(super) struct Spill {
    file: File,
    /// Digests in each run, in the order of writing.
    runs: Vec<u64>,
}

impl Spill {
    /// Adds a sorted run, making the file with the first one. On an error nothing is added.
    pub(super) fn put(
        spill: &mut Option<Spill>,
        folder: Option<&Path>,
        sorted: &[RowDigest],
    ) -> std::io::Result<()> {
        let made = match spill {
            Some(made) => made,
            None => spill.insert(Spill {
                file: match folder {
                    Some(folder) => tempfile::tempfile_in(folder)?,
                    None => tempfile::tempfile()?,
                },
                runs: Vec::new(),
            }),
        };
        made.file
            .seek(SeekFrom::Start(made.rows() * WIDTH as u64))?;
        let mut writer = BufWriter::with_capacity(1 << 20, &made.file);
        for row in sorted {
            writer.write_all(&bytes(row))?;
        }
        writer.flush()?;
        drop(writer);
        made.runs.push(sorted.len() as u64);
        Ok(())
    }

    /// Digests in all runs.
    pub(super) fn rows(&self) -> u64 {
        self.runs.iter().sum()
    }

    /// Calls `each` with every digest of the runs and of `kept`, which is sorted, in ascending order.
    ///
    /// # Errors
    /// The file cannot be read back.
    pub(super) fn merge(
        &self,
        kept: &[RowDigest],
        each: &mut dyn FnMut(&RowDigest),
    ) -> std::io::Result<()> {
        let mut start = 0;
        let mut cursors = Vec::with_capacity(self.runs.len());
        for rows in &self.runs {
            cursors.push(Cursor::new(&self.file, start, start + rows));
            start += rows;
        }
        let mut heap = BinaryHeap::with_capacity(cursors.len() + 1);
        for (number, cursor) in cursors.iter_mut().enumerate() {
            heap.extend(cursor.next()?.map(|row| Reverse((row, number))));
        }
        let mut kept = kept.iter();
        heap.extend(kept.next().map(|row| Reverse((*row, cursors.len()))));
        while let Some(mut least) = heap.peek_mut() {
            let Reverse((row, number)) = &mut *least;
            each(row);
            let next = match cursors.get_mut(*number) {
                Some(cursor) => cursor.next()?,
                None => kept.next().copied(),
            };
            match next {
                Some(next) => *row = next,
                None => drop(PeekMut::pop(least)),
            }
        }
        Ok(())
    }
}

/// A place in a run.
struct Cursor<'a> {
    file: &'a File,
    /// Next digest to read, counted from the beginning of the file.
    at: u64,
    end: u64,
    block: Vec<u8>,
    used: usize,
}

impl<'a> Cursor<'a> {
    fn new(file: &'a File, at: u64, end: u64) -> Self {
        Self {
            file,
            at,
            end,
            block: Vec::new(),
            used: 0,
        }
    }

    fn next(&mut self) -> std::io::Result<Option<RowDigest>> {
        if self.used == self.block.len() {
            let rows = (self.end - self.at).min(BLOCK_ROWS);
            self.block.resize(rows as usize * WIDTH, 0);
            read_exact_at(self.file, &mut self.block, self.at * WIDTH as u64)?;
            self.at += rows;
            self.used = 0;
        }
        let row = self.block[self.used..].first_chunk::<WIDTH>().copied();
        self.used += row.map_or(0, |row| row.len());
        Ok(row.map(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back_as_one_ascending_sequence() {
        let row = |n: u32| {
            let mut row = [0u8; WIDTH];
            row[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
            assert_eq!(bytes(&numbers(row)), row);
            numbers(row)
        };
        let mut all: Vec<RowDigest> = (0..50_000).map(row).collect();
        let mut spill = None;
        let mut parts: Vec<Vec<RowDigest>> = all.chunks(20_000).map(<[_]>::to_vec).collect();
        for part in &mut parts {
            part.sort_unstable();
        }
        for part in &parts[..2] {
            Spill::put(&mut spill, None, part).unwrap();
        }
        let spill = spill.unwrap();
        assert_eq!(spill.rows(), 40_000);
        let mut seen = Vec::new();
        spill.merge(&parts[2], &mut |row| seen.push(*row)).unwrap();
        all.sort_unstable();
        assert!(seen == all);
    }
}
