//! The table of subjects after a night: what the night's rows say joined to what the store knows, some buckets at a time.

use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{concat_batches, filter_record_batch};

use super::RunError;
use super::staging::in_order;
use crate::ingest::{Claims, Subjects};
use crate::store::{Snapshot, Table, Writer};

/// Rows of the record tables whose buckets' subjects are in memory at a time.
const ROWS_AT_A_TIME: usize = 500_000;

/// Stages the table of subjects. Memory holds the night's subjects, those that may be joined to others, and some buckets of
/// the store; the store may know many more.
///
/// # Errors
/// A store that cannot be read or written.
pub(super) fn stage(
    writer: &mut Writer,
    mut night: Subjects,
    buckets: u32,
) -> Result<(), RunError> {
    let before = writer.before();
    if night.is_empty() && before.count(Table::Subjects)? > 0 {
        return Ok(());
    }
    let mut known: Vec<String> = night.ids().map(str::to_owned).collect();
    before.stream(Table::Subjects, Some(&["subject_id"]), &mut |batch| {
        let ids = text(&batch, 0).iter().flatten();
        let joined = ids.filter(|id| Claims::concern(id) && !night.holds(id));
        known.extend(joined.map(str::to_owned));
        Ok(())
    })?;
    let ids: Vec<&str> = known.iter().map(String::as_str).collect();
    night.hear(&before.read_subjects(Table::Subjects, &ids, None)?)?;
    let mut claims = Claims::on(&night);
    if !claims.is_empty() {
        let columns = ["subject_id", "uscc", "org_code", "registration_no"];
        before.stream(Table::Subjects, Some(&columns), &mut |batch| {
            hear(&batch, &night, &mut claims);
            Ok(())
        })?;
    }
    night.link(claims);
    let ranges = before.bucket_groups(ROWS_AT_A_TIME)?;
    in_order(
        ranges.into_iter().map(Ok),
        |range| of_range(&before, &night, range, buckets),
        |rows| Ok(writer.replace(Table::Subjects, rows)?),
    )
}

/// What the bodies of a batch claim, those of the night aside: they speak for themselves.
fn hear(batch: &RecordBatch, night: &Subjects, claims: &mut Claims) {
    let [ids, usccs, orgs, numbers] = [0, 1, 2, 3].map(|column| text(batch, column));
    fn cell(column: &StringArray, row: usize) -> Option<&str> {
        column.is_valid(row).then(|| column.value(row))
    }
    for row in (0..ids.len()).filter(|row| usccs.is_valid(*row)) {
        if !night.holds(ids.value(row)) {
            claims.hear(ids.value(row), cell(orgs, row), cell(numbers, row));
        }
    }
}

/// The rows of some buckets, by bucket and id.
fn of_range(
    before: &Snapshot,
    night: &Subjects,
    range: Range<u32>,
    buckets: u32,
) -> Result<RecordBatch, RunError> {
    let stored = before.read_buckets(Table::Subjects, range.clone(), None)?;
    let ids = stored.column_by_name("subject_id");
    let ids = ids.and_then(|column| column.as_string_opt::<i32>());
    let stays: BooleanArray = ids
        .into_iter()
        .flat_map(|ids| ids.iter())
        .map(|id| Some(id.is_some_and(|id| !night.holds(id))))
        .collect();
    let stays = filter_record_batch(&stored, &stays)?;
    let fresh = night.rows(range, buckets)?;
    let all = concat_batches(&Table::Subjects.schema(), [&stays, &fresh])?;
    Ok(Table::Subjects.sorted(&all)?)
}

fn text(batch: &RecordBatch, column: usize) -> &StringArray {
    batch.column(column).as_string()
}
