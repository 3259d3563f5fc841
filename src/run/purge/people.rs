//! The table `subjects` after a purge: nobody stays of whom no record speaks, and no name that only purged rows gave.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, Date32Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Date32Type;

use super::doomed::{Doomed, ROWS_AT_A_TIME, day_column};
use super::mask;
use crate::run::RunError;
use crate::store::{Snapshot, Table};

/// Day, name, kind and region that a record gives its subject; the greatest counts, as at ingest.
type Naming = (i32, String, String, String);

/// What a purge leaves of the subjects of some buckets.
struct Left {
    /// Those that lost rows.
    affected: HashSet<String>,
    /// What the rows that are left give them.
    namings: BTreeMap<String, Naming>,
}

/// Hands over the new table, in the order of its buckets, and gives those who are gone. `before` has the rows that go, `view`
/// those that are left.
pub(super) fn left(
    before: &Snapshot,
    view: &Snapshot,
    doomed: &Doomed,
    take: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
) -> Result<BTreeSet<String>, RunError> {
    let stood_for = stood_for(before, view, doomed)?;
    let mut gone = BTreeSet::new();
    for range in before.bucket_groups(ROWS_AT_A_TIME)? {
        let left = Left::of(before, view, doomed, &range)?;
        let schema = Table::Subjects.schema();
        let columns: Vec<&str> = schema.fields().iter().map(|f| f.name().as_str()).collect();
        let old = view.read_buckets_columns(Table::Subjects, range, None, &columns)?;
        let ids = old
            .column(schema.index_of("subject_id")?)
            .as_string::<i32>();
        let stays = mask(old.num_rows(), |row| {
            left.speaks_of(ids.value(row)) || stood_for.contains(ids.value(row))
        });
        let lost = (0..old.num_rows()).filter(|row| !stays.value(*row));
        gone.extend(lost.map(|row| ids.value(row).to_owned()));
        take(filter_record_batch(&renamed(&old, &left.namings)?, &stays)?)?;
    }
    Ok(gone)
}

/// The bodies for which another id stands of which records still speak. They stay, with or without records of their own.
fn stood_for(
    before: &Snapshot,
    view: &Snapshot,
    doomed: &Doomed,
) -> Result<HashSet<String>, RunError> {
    let columns = ["subject_id", "same_as", "bucket"];
    let rows = view.read_not_null(Table::Subjects, &columns, "same_as")?;
    let text = |column: usize| rows.column(column).as_string::<i32>();
    let mut stood_for = HashSet::new();
    if rows.num_rows() == 0 {
        return Ok(stood_for);
    }
    for range in before.bucket_groups(ROWS_AT_A_TIME)? {
        let left = Left::of(before, view, doomed, &range)?;
        let buckets = rows.column(2).as_primitive::<arrow::datatypes::Int32Type>();
        for row in 0..rows.num_rows() {
            let here = u32::try_from(buckets.value(row)).is_ok_and(|at| range.contains(&at));
            if here && left.speaks_of(text(0).value(row)) {
                stood_for.insert(text(1).value(row).to_owned());
            }
        }
    }
    Ok(stood_for)
}

impl Left {
    fn of(
        before: &Snapshot,
        view: &Snapshot,
        doomed: &Doomed,
        range: &Range<u32>,
    ) -> Result<Self, RunError> {
        let (mut affected, mut namings) = (HashSet::new(), BTreeMap::<String, Naming>::new());
        if !doomed.concerns(range) {
            return Ok(Self { affected, namings });
        }
        for table in Table::RECORDS {
            let columns = ["subject_id", "decision_id", day_column(table)];
            let rows = before.read_log_buckets(table, range.clone(), &columns)?;
            let goes = doomed.rows(table, &rows)?;
            let ids = rows.column(0).as_string::<i32>();
            for row in (0..rows.num_rows()).filter(|row| goes.value(*row)) {
                if !affected.contains(ids.value(row)) {
                    affected.insert(ids.value(row).to_owned());
                }
            }
        }
        for table in Table::RECORDS {
            let day = day_column(table);
            let columns = ["subject_id", day, "subject_name", "subject_kind", "region"];
            let rows = view.read_log_buckets(table, range.clone(), &columns)?;
            let text = |column: usize| rows.column(column).as_string::<i32>();
            let days = rows.column(1).as_primitive::<Date32Type>();
            for row in (0..rows.num_rows()).filter(|r| affected.contains(text(0).value(*r))) {
                let naming: Naming = (
                    days.value(row),
                    text(2).value(row).to_owned(),
                    text(3).value(row).to_owned(),
                    text(4).value(row).to_owned(),
                );
                let known = namings.entry(text(0).value(row).to_owned()).or_default();
                // The default sorts before every record with a name.
                if known.1.is_empty() || naming > *known {
                    *known = naming;
                }
            }
        }
        Ok(Self { affected, namings })
    }

    /// Whether a subject of these buckets lost nothing, or has rows left.
    fn speaks_of(&self, subject: &str) -> bool {
        !self.affected.contains(subject) || self.namings.contains_key(subject)
    }
}

/// The table with the names that the rows left give.
fn renamed(old: &RecordBatch, namings: &BTreeMap<String, Naming>) -> Result<RecordBatch, RunError> {
    let at = |name: &str| old.schema().index_of(name);
    let ids = old.column(at("subject_id")?).as_string::<i32>();
    let of = |row: usize| namings.get(ids.value(row));
    let texts = |name: &str, pick: &dyn Fn(&Naming) -> String| -> Result<ArrayRef, RunError> {
        let column = old.column(at(name)?).as_string::<i32>();
        Ok(Arc::new(StringArray::from_iter_values(
            (0..old.num_rows())
                .map(|row| of(row).map_or_else(|| column.value(row).to_owned(), pick)),
        )))
    };
    let days = old
        .column(at("name_decided_on")?)
        .as_primitive::<Date32Type>();
    let days = Date32Array::from_iter_values(
        (0..old.num_rows()).map(|row| of(row).map_or_else(|| days.value(row), |n| n.0)),
    );
    let changed: [(&str, ArrayRef); 4] = [
        ("name_decided_on", Arc::new(days)),
        ("name", texts("name", &|n| n.1.clone())?),
        ("kind", texts("kind", &|n| n.2.clone())?),
        ("region", texts("region", &|n| n.3.clone())?),
    ];
    let (schema, mut columns, _) = old.clone().into_parts();
    for (name, column) in changed {
        columns[schema.index_of(name)?] = column;
    }
    Ok(RecordBatch::try_new(schema, columns)?)
}
