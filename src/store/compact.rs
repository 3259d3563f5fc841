//! Joining small data files, so that a year of nights does not mean a thousand files to open.
//!
//! A night appends one small sorted file to a table. Files are sorted into tiers by their number of
//! rows, each tier [`FAN`] times the one below; when a tier has [`FAN`] files, they are joined into
//! one of a higher tier, in the same commit that appends the night's rows. So every row is rewritten
//! a few times at most, and a large store is never rewritten. Rows are only moved: nothing is
//! dropped, also not versions that are no longer in force, because `--known-at` still needs them.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::RecordBatch;

use super::delta::{DataFile, folder};
use super::error::StoreError;
use super::scan::{read_files, together};
use super::table::Table;

/// Files of one tier that are joined.
const FAN: usize = 8;
/// Files with fewer rows than this are in the lowest tier.
const LOWEST: u64 = 2_048;
/// Most rows of a joined file: they are in memory while it is written, twice where they are brought into order.
const MOST_ROWS: u64 = 327_680;

/// Which files to join, as groups in the order of their runs.
pub(super) fn groups(files: &[DataFile]) -> Vec<Vec<DataFile>> {
    let mut tiers: BTreeMap<u32, Vec<(&DataFile, u64)>> = BTreeMap::new();
    for file in files {
        let rows = file.rows();
        if rows > 0 && rows < MOST_ROWS {
            tiers.entry(tier(rows)).or_default().push((file, rows));
        }
    }
    let mut groups = Vec::new();
    for files in tiers.into_values() {
        for eight in files.chunks_exact(FAN) {
            // In the highest tier fewer than eight fill a file.
            let mut sum = 0;
            let group: Vec<DataFile> = eight
                .iter()
                .take_while(|(_, rows)| {
                    sum += rows;
                    sum <= MOST_ROWS
                })
                .map(|(file, _)| (*file).clone())
                .collect();
            if group.len() > 1 {
                groups.push(group);
            }
        }
    }
    groups
}

fn tier(rows: u64) -> u32 {
    let mut tier = 0;
    let mut bound = LOWEST;
    while rows >= bound {
        tier += 1;
        bound *= FAN as u64;
    }
    tier
}

/// The rows of a group, in the order of its files, in pieces.
pub(super) fn read(
    root: &Path,
    table: Table,
    group: &[DataFile],
) -> Result<Vec<RecordBatch>, StoreError> {
    let folder = folder(root, table);
    let paths: Vec<_> = group.iter().map(|f| folder.join(&f.path)).collect();
    let pieces = read_files(table, &paths)?;
    if table.sort_columns().is_empty() {
        return Ok(pieces);
    }
    // The rows of several files are brought into one order, so that no copy but this one is held beside the sorted one.
    Ok(vec![together(table, &pieces)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(rows: &[u64]) -> Vec<DataFile> {
        rows.iter()
            .enumerate()
            .map(|(i, rows)| DataFile {
                path: format!("{i:08}-0000-x.parquet"),
                size: 1,
                stats: Some(format!("{{\"numRecords\":{rows}}}")),
            })
            .collect()
    }

    #[test]
    fn eight_files_of_a_tier_are_joined() {
        assert!(groups(&files(&[100; 7])).is_empty());
        let found = groups(&files(&[100; 9]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].len(), 8);
        assert_eq!(found[0][0].path, "00000000-0000-x.parquet");
        assert!(groups(&files(&[100, 100, 100, 100, 5_000, 5_000, 5_000, 5_000])).is_empty());
    }

    #[test]
    fn a_row_is_rewritten_a_few_times_and_files_stay_few() {
        // A thousand nights of 20,000 rows.
        let mut live: Vec<u64> = Vec::new();
        let mut rewritten = 0;
        for _ in 0..1000 {
            for group in groups(&files(&live)) {
                let rows: u64 = group.iter().map(DataFile::rows).sum();
                rewritten += rows;
                for file in &group {
                    let at = live.iter().position(|r| *r == file.rows()).unwrap();
                    live.remove(at);
                }
                live.push(rows);
            }
            live.push(20_000);
        }
        assert_eq!(live.iter().sum::<u64>(), 20_000_000);
        assert!(live.len() < 80, "{} files", live.len());
        assert!(rewritten <= 2 * 20_000_000, "{rewritten} rows rewritten");
    }
}
