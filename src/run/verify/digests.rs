//! The digest of every table against the one that the run recorded.
//!
//! Tables that a run replaces: their whole content. Tables that grow: the rows that the run added, known by their
//! `batch_id` or `run_id`.

use std::collections::BTreeMap;

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::{Case, Check, Differences, Verdict};
use crate::run::RunError;
use crate::store::{StoreError, Table, TableDigest};

pub(super) const CHECK: Check = Check {
    name: "digests",
    what: "the digest of every table against the one that the run recorded",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let mut found = Differences::default();
    let mut compared = 0;
    let recorded: BTreeMap<&str, &str> = case
        .run
        .digests
        .iter()
        .map(|(table, digest)| (table.as_str(), digest.as_str()))
        .collect();
    for table in Table::of_a_run() {
        let mut digest = TableDigest::new(&table.schema());
        case.snapshot.stream(table, None, &mut |batch| {
            digest.push(&own_rows(table, batch, &case.run.run_id)?);
            Ok(())
        })?;
        let rows = digest.rows();
        let now = super::finished(digest)?;
        compared += 1;
        match recorded.get(table.name()) {
            Some(then) if *then == now => {}
            // A run that added nothing to a table that grows records no digest of it.
            None if rows == 0 => {}
            Some(then) => found.add(table.name(), *then, format!("{now} ({rows} rows)")),
            None => found.add(
                table.name(),
                "no rows of this run",
                format!("{rows} rows with digest {now}"),
            ),
        }
    }
    Ok(found.verdict(format!("{compared} tables")))
}

/// Of a table that grows, the rows that the run added; of another, all.
fn own_rows(table: Table, batch: RecordBatch, run_id: &str) -> Result<RecordBatch, StoreError> {
    if !table.grows() {
        return Ok(batch);
    }
    let misfit = |reason: String| StoreError::Schema {
        table: table.name(),
        reason,
    };
    let ids = batch
        .column_by_name("batch_id")
        .or_else(|| batch.column_by_name("run_id"))
        .or_else(|| batch.column_by_name("purged_on_run"))
        .and_then(|c| c.as_string_opt::<i32>())
        .ok_or_else(|| misfit("there is no column batch_id or run_id".to_owned()))?;
    let own: BooleanArray = ids.iter().map(|id| Some(id == Some(run_id))).collect();
    filter_record_batch(&batch, &own).map_err(|e| misfit(e.to_string()))
}
