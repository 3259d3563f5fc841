//! Nothing is lost: the rows of every input file against what became of them.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;

use super::{Case, Check, Differences, ROWS_AT_A_TIME, Verdict};
use crate::ingest::REVOKED_STATE;
use crate::run::RunError;
use crate::store::Table;

pub(super) const FILES: Check = Check {
    name: "rows",
    what: "rows read of every input file against accepted + duplicate + superseded + quarantined + skipped, and its rows in `quarantine`",
    run: files,
};

pub(super) const RECORDS: Check = Check {
    name: "records",
    what: "rows accepted from the files of the run against the records in force that it added",
    run: records,
};

fn no_files() -> Result<Verdict, RunError> {
    Ok(Verdict::NotAsked("the run took in no file".to_owned()))
}

fn files(case: &Case<'_>) -> Result<Verdict, RunError> {
    if case.run.inputs.is_empty() {
        return no_files();
    }
    let mut found = Differences::default();
    // Of each file, by content: the rows that have an error.
    let mut quarantined: BTreeMap<String, BTreeSet<(String, i64)>> = BTreeMap::new();
    let columns = [
        "batch_id",
        "severity",
        "file_sha256",
        "sheet",
        "row_no",
        "file",
    ];
    case.snapshot
        .stream(Table::Quarantine, Some(&columns), &mut |batch| {
            let text = |column: usize| batch.column(column).as_string::<i32>();
            let (batches, severities) = (text(0), text(1));
            let numbers = batch.column(4).as_primitive::<Int64Type>();
            for row in 0..batch.num_rows() {
                if batches.value(row) == case.run.run_id && severities.value(row) == "E" {
                    quarantined
                        .entry(text(2).value(row).to_owned())
                        .or_default()
                        .insert((text(3).value(row).to_owned(), numbers.value(row)));
                }
            }
            Ok(())
        })?;
    for input in &case.run.inputs {
        let place = |what: &str| format!("{} ({}): {what}", input.file, short(&input.sha256));
        let sum =
            input.accepted + input.duplicate + input.superseded + input.quarantined + input.skipped;
        if input.refused.is_none() && sum != input.rows_read {
            found.add(
                place("rows read"),
                input.rows_read.to_string(),
                format!("{sum} accounted for"),
            );
        }
        let rows = quarantined
            .remove(&input.sha256)
            .map_or(0, |rows| rows.len() as u64);
        if rows != input.quarantined {
            found.add(
                place("rows quarantined"),
                input.quarantined.to_string(),
                format!("{rows} rows with an error in quarantine"),
            );
        }
    }
    for (sha256, rows) in quarantined {
        found.add(
            format!("quarantine, file {}", short(&sha256)),
            "a file among the inputs of the run",
            format!("{} rows", rows.len()),
        );
    }
    Ok(found.verdict(format!("{} files", case.run.inputs.len())))
}

fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// An accepted row is a row of the newest version of its decision, so that the records of the run in force after it
/// are its accepted rows; rows of older versions are in the log and counted as superseded. Revocations that a version A row
/// reports by its state follow that row and are not counted.
fn records(case: &Case<'_>) -> Result<Verdict, RunError> {
    if case.run.inputs.is_empty() {
        return no_files();
    }
    let accepted: u64 = case.run.inputs.iter().map(|f| f.accepted).sum();
    let mut added: BTreeMap<&str, u64> = BTreeMap::new();
    for range in case.snapshot.bucket_groups(ROWS_AT_A_TIME)? {
        for table in Table::RECORDS {
            let columns: &[&str] = match table {
                Table::Events => &["batch_id", "detail"],
                _ => &["batch_id"],
            };
            let rows = case
                .snapshot
                .read_buckets_columns(table, range.clone(), None, columns)?;
            let batches = rows.column(0).as_string::<i32>();
            let own = (0..rows.num_rows())
                .filter(|row| batches.value(*row) == case.run.run_id)
                .filter(|row| {
                    table != Table::Events
                        || rows.column(1).as_string::<i32>().value(*row) != REVOKED_STATE
                });
            *added.entry(table.name()).or_default() += own.count() as u64;
        }
    }
    let sum: u64 = added.values().sum();
    let mut found = Differences::default();
    if sum != accepted {
        let parts: Vec<String> = added
            .iter()
            .map(|(table, count)| format!("{count} in {table}"))
            .collect();
        found.add(
            "penalties, licenses and events",
            format!("{accepted} rows accepted"),
            format!("{sum} records ({})", parts.join(", ")),
        );
    }
    Ok(found.verdict(format!("{accepted} rows")))
}
