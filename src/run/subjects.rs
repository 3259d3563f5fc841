//! The table of subjects after a night: what the night's rows say joined to what the store knows, some buckets at a time.

use std::collections::BTreeSet;
use std::ops::Range;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{concat_batches, filter_record_batch};

use super::RunError;
use super::heard::Heard;
use super::in_order::in_order;
use crate::ingest::{Claims, Subjects};
use crate::store::{Ready, Snapshot, Table, Writer};

/// Rows of the record tables whose buckets' subjects are in memory at a time.
const ROWS_AT_A_TIME: usize = 500_000;
/// Subjects of the night that are in memory at a time, unless one bucket has more.
const SUBJECTS_AT_A_TIME: usize = 30_000;

/// Stages the table of subjects. Memory holds the subjects that may be joined to others, and some buckets of the night and of
/// the store; both may know many more.
///
/// # Errors
/// A store that cannot be read or written.
pub(super) fn stage(writer: &mut Writer, mut night: Heard, buckets: u32) -> Result<(), RunError> {
    let before = writer.before();
    if night.is_empty() && before.count(Table::Subjects)? > 0 {
        return Ok(());
    }
    let mut joinable = std::mem::take(&mut night.joinable);
    let mut known: Vec<String> = Vec::new();
    before.stream(Table::Subjects, Some(&["subject_id"]), &mut |batch| {
        let ids = text(&batch, "subject_id").iter().flatten();
        known.extend(ids.filter(|id| Claims::concern(id)).map(str::to_owned));
        Ok(())
    })?;
    let ids: Vec<&str> = known.iter().map(String::as_str).collect();
    joinable.hear(&before.read_subjects(Table::Subjects, &ids, None)?)?;
    let mut claims = Claims::on(&joinable);
    if !claims.is_empty() {
        bodies(&before, &night, &claims)?.tell(&mut claims);
    }
    joinable.link(claims);
    let ranges = night.cut(before.bucket_groups(ROWS_AT_A_TIME)?, SUBJECTS_AT_A_TIME);
    in_order(
        ranges.into_iter().map(Ok),
        |range| of_range(&before, &night, &joinable, range, buckets),
        |rows| Ok(writer.replace_ready(rows)?),
    )
}

/// The bodies with a credit code that claim a code or number of a joinable subject, with all that the night and the store say
/// of them.
fn bodies(before: &Snapshot, night: &Heard, claims: &Claims) -> Result<Subjects, RunError> {
    let mut bodies = Subjects::default();
    for rows in night.pieces() {
        let rows = rows?;
        bodies.hear(&filter_record_batch(&rows, &claiming(&rows, claims))?)?;
    }
    let mut stored: BTreeSet<String> = BTreeSet::new();
    before.stream(Table::Subjects, Some(&CLAIMING), &mut |rows| {
        let claiming = claiming(&rows, claims);
        let ids = text(&rows, "subject_id");
        let claiming = claiming.values().set_indices();
        stored.extend(claiming.map(|row| ids.value(row).to_owned()));
        Ok(())
    })?;
    stored.extend(bodies.ids().map(str::to_owned));
    // A piece, or the store, that does not claim it may still say a greater number.
    if !stored.is_empty() {
        for rows in night.pieces() {
            let rows = rows?;
            let ids = text(&rows, "subject_id").iter().flatten();
            let also: BooleanArray = ids.map(|id| Some(stored.contains(id))).collect();
            bodies.hear(&filter_record_batch(&rows, &also)?)?;
        }
    }
    let ids: Vec<&str> = stored.iter().map(String::as_str).collect();
    bodies.hear(&before.read_subjects(Table::Subjects, &ids, None)?)?;
    Ok(bodies)
}

/// Columns that tell what a body claims.
const CLAIMING: [&str; 4] = ["subject_id", "uscc", "org_code", "registration_no"];

/// The rows of bodies with a credit code that claim a code or a number of a joinable subject.
fn claiming(rows: &RecordBatch, claims: &Claims) -> BooleanArray {
    let [_, usccs, orgs, numbers] = CLAIMING.map(|name| text(rows, name));
    (0..rows.num_rows())
        .map(|row| {
            let asks = || claims.asks(cell(orgs, row), cell(numbers, row));
            Some(usccs.is_valid(row) && asks())
        })
        .collect()
}

/// The rows of some buckets, by bucket and id.
fn of_range(
    before: &Snapshot,
    night: &Heard,
    joinable: &Subjects,
    range: Range<u32>,
    buckets: u32,
) -> Result<Ready, RunError> {
    let stored = before.read_buckets(Table::Subjects, range.clone(), None)?;
    let mut fresh = night.of(&range)?;
    let ids = || text(&stored, "subject_id").iter().flatten();
    let stays: BooleanArray = ids()
        .map(|id| Some(!fresh.holds(id) && !joinable.holds(id)))
        .collect();
    let heard: BooleanArray = ids().map(|id| Some(fresh.holds(id))).collect();
    let stays = filter_record_batch(&stored, &stays)?;
    fresh.hear(&filter_record_batch(&stored, &heard)?)?;
    let (fresh, joined) = (
        fresh.rows(range.clone(), buckets)?,
        joinable.rows(range, buckets)?,
    );
    let all = concat_batches(&Table::Subjects.schema(), [&stays, &fresh, &joined])?;
    Ok(Ready::of(Table::Subjects, all)?)
}

fn cell(column: &StringArray, row: usize) -> Option<&str> {
    column.is_valid(row).then(|| column.value(row))
}

/// A text column of the table.
fn text<'a>(rows: &'a RecordBatch, name: &str) -> &'a StringArray {
    rows[name].as_string()
}
