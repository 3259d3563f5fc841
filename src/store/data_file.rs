//! Writing one Parquet data file: order, row groups, name, statistics.
//!
//! A file is written under a temporary name while its bytes are hashed, flushed to the disk, and
//! then renamed to `<run number>-<part>-<digest>.parquet`. The run number tells recovery which files a
//! killed run left behind; the digest (16 digits of the SHA-256, and the checksum of page index and footer, see `blocks`) makes
//! the name a function of the content and lets a reader find a flipped bit.

mod encoding;
mod notes;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowLeafColumn, compute_leaves,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::blocks::{self, Summing};
use super::check::name_digest;
use super::delta::{DataFile, folder};
use super::durable::{TEMPORARY, sync_dir};
use super::error::StoreError;
use super::fault;
use super::pieces::Rows;
use super::ready::misfit;
use super::stats::delta_stats;
use super::table::Table;

pub(super) use notes::{
    block_sums, bucket_counts, edges, says_cases_are_documents, superseded_rows,
};

/// Most rows in a row group.
const ROW_GROUP_ROWS: usize = 131_072;

/// No store has so many buckets: a file that names a greater one is damaged.
pub(super) const MOST_BUCKETS: i32 = 1 << 20;

/// Sorts the rows and writes them as one data file of the table; durable when this returns. `part`
/// counts the files of one table in one run, so that their order is that of writing.
///
/// # Errors
///
/// The disk refuses, or the rows do not fit the schema.
pub(super) fn write(
    root: &Path,
    table: Table,
    seq: u64,
    part: usize,
    rows: &[RecordBatch],
) -> Result<DataFile, StoreError> {
    let rows = Rows::sorted(table, rows).map_err(|e| misfit(table, &e))?;
    write_rows(root, table, seq, part, &rows)
}

/// As [`write`], for pieces each of which is in the order of the table.
///
/// # Errors
///
/// As [`write`].
pub(super) fn write_in_order(
    root: &Path,
    table: Table,
    seq: u64,
    part: usize,
    pieces: &[RecordBatch],
) -> Result<DataFile, StoreError> {
    let rows = Rows::of_sorted(table, pieces).map_err(|e| misfit(table, &e))?;
    write_rows(root, table, seq, part, &rows)
}

fn write_rows(
    root: &Path,
    table: Table,
    seq: u64,
    part: usize,
    rows: &Rows,
) -> Result<DataFile, StoreError> {
    let runs = rows.bucket_runs(table);
    let superseded = if table.is_record_log() {
        Some(rows.superseded().map_err(|e| misfit(table, &e))?)
    } else {
        None
    };
    let folder = folder(root, table);
    let temporary = folder.join(format!("{TEMPORARY}{seq:08}-{part:04}"));
    let failed = |e: ParquetError| match e {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(source) => StoreError::io("write", &temporary)(*source),
            Err(other) => StoreError::io("write", &temporary)(std::io::Error::other(other)),
        },
        other => StoreError::io("write", &temporary)(std::io::Error::other(other)),
    };

    let file = File::create(&temporary).map_err(StoreError::io("write", &temporary))?;
    let mut sink = HashingFile {
        file: BufWriter::with_capacity(1 << 20, file),
        hash: Sha256::new(),
        sums: Summing::default(),
        size: 0,
    };
    let writer = ArrowWriter::try_new(
        &mut sink,
        table.schema(),
        Some(encoding::properties(rows, &runs, superseded.as_deref())),
    )
    .map_err(failed)?;
    let (mut writer, columns) = writer.into_serialized_writer().map_err(failed)?;
    let groups = row_groups(&runs, rows.len());
    let encoded = |index: usize| {
        let Some(&(start, end)) = groups.get(index) else {
            return Ok(None);
        };
        let encoders = columns.create_column_writers(index)?;
        encode(encoders, &rows.slice(start..end)).map(Some)
    };
    let mut next = encoded(0).map_err(failed)?;
    for index in 1.. {
        let Some(chunks) = next else { break };
        // One row group is written while the next is encoded.
        let (written, ahead) = rayon::join(
            || {
                let mut group = writer.next_row_group()?;
                for chunk in chunks {
                    chunk.append_to_row_group(&mut group)?;
                }
                group.close().map(drop)
            },
            || encoded(index),
        );
        written.map_err(failed)?;
        next = ahead.map_err(failed)?;
        if index == 1 {
            writer
                .inner_mut()
                .flush()
                .map_err(StoreError::io("write", &temporary))?;
            fault::point("half-file", table.name());
        }
    }
    writer
        .flush()
        .map_err(StoreError::io("write", &temporary))?;
    let sums = writer.inner_mut().sums.end_blocks();
    writer.append_key_value_metadata(KeyValue::new(blocks::NOTE.to_owned(), sums));
    let metadata = writer.finish().map_err(failed)?;
    drop(writer);
    let size = sink.size;
    let digest = name_digest(&sink.hash.finalize(), sink.sums.finish());
    let file = sink
        .file
        .into_inner()
        .map_err(|e| StoreError::io("write", &temporary)(e.into_error()))?;
    file.sync_all()
        .map_err(StoreError::io("flush", &temporary))?;
    drop(file);

    let name = format!("{seq:08}-{part:04}-{digest}.parquet");
    let path = folder.join(&name);
    std::fs::rename(&temporary, &path).map_err(StoreError::io("rename to", &path))?;
    sync_dir(&folder)?;
    fault::point("file", table.name());
    Ok(DataFile {
        stats: Some(delta_stats(&table.schema(), &metadata)),
        path: name,
        size,
    })
}

/// Encodes and compresses the columns of a row group, as many at a time as there are threads.
fn encode(
    encoders: Vec<ArrowColumnWriter>,
    pieces: &[RecordBatch],
) -> Result<Vec<ArrowColumnChunk>, ParquetError> {
    // Of each column its leaves, piece by piece.
    let mut leaves: Vec<Vec<ArrowLeafColumn>> = Vec::new();
    leaves.resize_with(encoders.len(), Vec::new);
    for piece in pieces {
        let schema = piece.schema();
        let mut at = 0;
        for (field, array) in schema.fields().iter().zip(piece.columns()) {
            for leaf in compute_leaves(field, array)? {
                leaves[at].push(leaf);
                at += 1;
            }
        }
    }
    encoders
        .into_par_iter()
        .zip(leaves)
        // Columns take very different times: none waits behind others in a piece of several.
        .with_max_len(1)
        .map(|(mut encoder, leaves)| {
            for leaf in &leaves {
                encoder.write(leaf)?;
            }
            encoder.close()
        })
        .collect()
}

/// The run number that a data file's name begins with.
pub(super) fn seq_of_name(name: &str) -> Option<u64> {
    let (digits, rest) = name.split_once('-')?;
    (digits.len() >= 8 && rest.ends_with(".parquet"))
        .then(|| digits.parse().ok())
        .flatten()
}

/// Halves buckets with so many rows each, and the halves again, until each part has at most `most` rows or is one bucket.
/// Parts of the same buckets begin and end at the same ones or contain each other, whatever the rows.
pub(super) fn blocks(rows: &[usize], most: usize) -> Vec<Range<usize>> {
    fn halve(rows: &[usize], block: Range<usize>, most: usize, out: &mut Vec<Range<usize>>) {
        let held = block.start.min(rows.len())..block.end.min(rows.len());
        if held.is_empty() {
            return;
        }
        if block.len() == 1 || rows[held.clone()].iter().sum::<usize>() <= most {
            out.push(held);
            return;
        }
        let middle = block.start.midpoint(block.end);
        halve(rows, block.start..middle, most, out);
        halve(rows, middle..block.end, most, out);
    }
    let mut out = Vec::new();
    halve(rows, 0..rows.len().next_power_of_two(), most, &mut out);
    out
}

/// Cuts the rows into row groups: all buckets in halves, quarters … until each part fits, so that the row groups of
/// different tables and files begin at the same buckets, and with them what is read at a time; a bucket too large for one is cut inside.
fn row_groups(runs: &[(i32, usize, usize)], rows: usize) -> Vec<(usize, usize)> {
    let last = runs.last().map_or(0, |run| run.0.clamp(0, MOST_BUCKETS));
    let counts: Vec<usize> = (0..=last)
        .map(|bucket| {
            let run = runs.binary_search_by_key(&bucket, |run| run.0);
            run.map_or(0, |at| runs[at].2 - runs[at].1)
        })
        .collect();
    let mut cuts: Vec<usize> = vec![0];
    let mut before = 0;
    for block in blocks(&counts, ROW_GROUP_ROWS) {
        before += counts[block].iter().sum::<usize>();
        cuts.push(before);
    }
    cuts.push(rows);
    cuts.sort_unstable();
    cuts.dedup();
    let mut groups = Vec::new();
    for pair in cuts.windows(2) {
        let (start, end) = (pair[0], pair[1]);
        // Equal parts instead of full groups and a small rest.
        let parts = (end - start).div_ceil(ROW_GROUP_ROWS).max(1);
        let step = (end - start).div_ceil(parts).max(1);
        let mut at = start;
        while at < end {
            let next = (at + step).min(end);
            groups.push((at, next));
            at = next;
        }
    }
    groups
}

/// A file that hashes what is written to it.
struct HashingFile {
    file: BufWriter<File>,
    hash: Sha256,
    sums: Summing,
    size: i64,
}

impl Write for HashingFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let n = self.file.write(bytes)?;
        self.hash.update(&bytes[..n]);
        self.sums.add(&bytes[..n]);
        self.size += n as i64;
        Ok(n)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_halve_until_they_fit() {
        assert_eq!(blocks(&[5, 5, 5, 5, 5], 10), [0..2, 2..4, 4..5]);
        assert_eq!(blocks(&[5, 5, 5, 5], 20), vec![0..4]);
        assert_eq!(blocks(&[50, 5, 5, 5], 10), [0..1, 1..2, 2..4]);
        assert!(blocks(&[], 10).is_empty());
    }

    #[test]
    fn small_buckets_share_a_row_group() {
        let runs = [(0, 0, 1000), (1, 1000, 2500), (2, 2500, 3000)];
        assert_eq!(row_groups(&runs, 3000), [(0, 3000)]);
    }

    #[test]
    fn large_buckets_have_their_own_row_groups() {
        let runs = [(0, 0, 1000), (2, 1000, 131_000), (3, 131_000, 135_000)];
        assert_eq!(
            row_groups(&runs, 135_000),
            [(0, 1000), (1000, 131_000), (131_000, 135_000)]
        );
        let runs = [(0, 0, 300_000)];
        assert_eq!(
            row_groups(&runs, 300_000),
            [(0, 100_000), (100_000, 200_000), (200_000, 300_000)]
        );
    }

    #[test]
    fn no_rows_no_row_group() {
        assert!(row_groups(&[], 0).is_empty());
        assert_eq!(row_groups(&[(i32::MAX, 0, 10)], 10), [(0, 10)]);
    }

    #[test]
    fn run_number_is_read_from_the_name() {
        assert_eq!(
            seq_of_name("00000012-0003-0123456789abcdef.parquet"),
            Some(12)
        );
        assert_eq!(seq_of_name("part-0001.parquet"), None);
        assert_eq!(seq_of_name(".tmp-00000012-5"), None);
    }
}
