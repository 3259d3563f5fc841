//! The table `subjects` after a purge: nobody stays of whom no record speaks, and no name that only purged rows gave.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, Date32Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Date32Type;

use super::mask;
use crate::run::RunError;
use crate::store::{Snapshot, Table};

/// The subjects that are left.
pub(super) struct People {
    /// The whole new table.
    pub(super) table: RecordBatch,
    /// Who is gone.
    pub(super) gone: BTreeSet<String>,
}

/// Day, name, kind and region that a record gives its subject; the greatest counts, as at ingest.
type Naming = (i32, String, String, String);

/// Subjects after the rows have gone; `affected` are those that lost rows.
pub(super) fn left(view: &Snapshot, affected: &BTreeSet<String>) -> Result<People, RunError> {
    let mut namings: BTreeMap<String, Naming> = BTreeMap::new();
    for table in Table::RECORDS {
        let day = if table == Table::Events {
            "occurred_on"
        } else {
            "decided_on"
        };
        let columns = ["subject_id", day, "subject_name", "subject_kind", "region"];
        view.stream(table, Some(&columns), &mut |batch| {
            let text = |column: usize| batch.column(column).as_string::<i32>();
            let days = batch.column(1).as_primitive::<Date32Type>();
            for row in (0..batch.num_rows()).filter(|r| affected.contains(text(0).value(*r))) {
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
            Ok(())
        })?;
    }
    let old = view.read(Table::Subjects)?;
    let text = |name: &str| -> Option<&StringArray> {
        old.column_by_name(name).and_then(|c| c.as_string_opt())
    };
    let (Some(ids), Some(bodies)) = (text("subject_id"), text("same_as")) else {
        return Ok(People {
            table: old,
            gone: BTreeSet::new(),
        });
    };
    let speaks =
        |row: usize| !affected.contains(ids.value(row)) || namings.contains_key(ids.value(row));
    // A body without records of its own stays as long as another id stands for it.
    let stood_for: BTreeSet<&str> = (0..old.num_rows())
        .filter(|row| bodies.is_valid(*row) && speaks(*row))
        .map(|row| bodies.value(row))
        .collect();
    let stays = mask(old.num_rows(), |row| {
        speaks(row) || stood_for.contains(ids.value(row))
    });
    let gone = (0..old.num_rows())
        .filter(|row| !stays.value(*row))
        .map(|row| ids.value(row).to_owned())
        .collect();
    let table = filter_record_batch(&renamed(&old, &namings)?, &stays)?;
    Ok(People { table, gone })
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
