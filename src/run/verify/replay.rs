//! The results of the run made again: same records, archived rules, as-of and known-at.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray as _, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

use super::{Case, Check, Differences, Verdict};
use crate::grading::scheme_name;
use crate::report::Rows;
use crate::rules::model::Scheme;
use crate::run::{Graded, House, RunError, grade_groups};
use crate::store::{
    Ready, RunRecord, Snapshot, StoreError, Table, TableDigest, UNDIGESTED_COLUMNS,
};

/// Rows of a table that are named when the table differs.
const ROWS_NAMED: usize = 20;

pub(super) const CHECK: Check = Check {
    name: "replay",
    what: "the result tables against grading the store again under the archived rules, as-of and known-at",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let Some((state, maker)) = &case.graded else {
        return Ok(Verdict::NotAsked("no run has graded yet".to_owned()));
    };
    let mut found = Differences::default();
    let Some(house) = case.house()? else {
        found.add("rules", maker.rules_digest.as_str(), "no archived pack");
        return Ok(Verdict::Damaged(found));
    };
    // `grade --scheme` leaves the rows of other schemes as an earlier run made them.
    let runs = run_of_scheme(case.snapshot)?;
    let others: BTreeSet<String> = runs
        .iter()
        .filter(|(_, run)| **run != maker.run_id)
        .map(|(scheme, _)| scheme.clone())
        .collect();
    let mut first = None;
    for (schemes, whole) in attempts(&house, &runs, &others, maker)? {
        let found = compare(case, state, maker, &house, &schemes, &others, whole)?;
        if found.count == 0 {
            let mut note = format!("the results of run {}", maker.run_id);
            if !others.is_empty() {
                note.push_str(&format!(
                    "; {} schemes stand as an earlier run made them",
                    others.len()
                ));
            }
            return Ok(Verdict::Agrees(note));
        }
        first.get_or_insert(found);
    }
    Ok(Verdict::Differs(first.unwrap_or_default()))
}

/// The schemes that the run may have graded, which it does not record, and whether it then wrote incentives: the
/// active ones; those that have rows of it (`grade --scheme`, which leaves the incentives); both (a purge).
fn attempts<'h>(
    house: &'h House,
    runs: &BTreeMap<String, String>,
    others: &BTreeSet<String>,
    maker: &RunRecord,
) -> Result<Vec<(Vec<&'h Scheme>, bool)>, RunError> {
    let own: Vec<String> = runs
        .keys()
        .filter(|scheme| !others.contains(*scheme))
        .cloned()
        .collect();
    let active = house.schemes(&[], maker.as_of)?;
    if own.is_empty() {
        return Ok(vec![(active, others.is_empty())]);
    }
    let named = house.schemes(&own, maker.as_of)?;
    let names = house.scheme_names(&active);
    let mut both = active.clone();
    both.extend(named.iter().filter(|s| !names.contains(&scheme_name(s))));
    let mut attempts = vec![(named, false)];
    if others.is_empty() {
        let more = both.len() > active.len();
        attempts.insert(0, (active, true));
        if more {
            attempts.push((both, true));
        }
    }
    Ok(attempts)
}

/// The tables of a night's results.
const RESULTS: [Table; 5] = [
    Table::Grades,
    Table::Evidence,
    Table::Supervision,
    Table::Measures,
    Table::Incentives,
];

/// The results of grading again, table by table.
fn graded_again(
    state: &Snapshot,
    maker: &RunRecord,
    house: &House,
    schemes: &[&Scheme],
    each: &mut dyn FnMut(&Ready),
) -> Result<(), RunError> {
    grade_groups(
        state,
        house,
        schemes,
        maker.as_of,
        maker.known_at,
        &maker.run_id,
        &mut |step| {
            if let Graded::Tables(tables) = step {
                tables.all().into_iter().for_each(&mut *each);
            }
            Ok(())
        },
    )?;
    Ok(())
}

/// Grades these schemes again and compares the tables.
fn compare(
    case: &Case<'_>,
    state: &Snapshot,
    maker: &RunRecord,
    house: &House,
    schemes: &[&Scheme],
    others: &BTreeSet<String>,
    whole: bool,
) -> Result<Differences, RunError> {
    let mut found = Differences::default();
    let mut again: BTreeMap<Table, TableDigest> = RESULTS
        .into_iter()
        .map(|table| (table, TableDigest::new(&table.schema())))
        .collect();
    graded_again(state, maker, house, schemes, &mut |rows| {
        if let Some(digest) = again.get_mut(&rows.table()) {
            digest.push_ready(rows);
        }
    })?;
    for (table, again) in again {
        if !whole && table == Table::Incentives {
            continue; // replaced by runs over all schemes only
        }
        let mut stored = TableDigest::new(&table.schema());
        case.snapshot.stream(table, None, &mut |batch| {
            stored.push(&without(table, batch, others)?);
            Ok(())
        })?;
        let rows = (again.rows(), stored.rows());
        let (want, have) = (super::finished(again)?, super::finished(stored)?);
        if want != have {
            found.add(
                table.name(),
                format!("{want} when graded again ({} rows)", rows.0),
                format!("{have} ({} rows)", rows.1),
            );
            let mut replayed = BTreeSet::new();
            graded_again(state, maker, house, schemes, &mut |rows| {
                if rows.table() == table {
                    replayed.extend(lines(rows.batch()));
                }
            })?;
            let mut stored = BTreeSet::new();
            case.snapshot.stream(table, None, &mut |batch| {
                stored.extend(lines(&without(table, batch, others)?));
                Ok(())
            })?;
            name_rows(table, &replayed, &stored, &mut found);
        }
    }
    Ok(found)
}

/// Scheme → the run that made its rows.
fn run_of_scheme(snapshot: &Snapshot) -> Result<BTreeMap<String, String>, StoreError> {
    let mut runs = BTreeMap::new();
    snapshot.stream(Table::Grades, Some(&["scheme", "run_id"]), &mut |batch| {
        let (schemes, ids) = (
            batch.column(0).as_string::<i32>(),
            batch.column(1).as_string::<i32>(),
        );
        for row in 0..batch.num_rows() {
            if !runs.contains_key(schemes.value(row)) {
                runs.insert(schemes.value(row).to_owned(), ids.value(row).to_owned());
            }
        }
        Ok(())
    })?;
    Ok(runs)
}

/// The rows of other schemes than these; a table without schemes stays whole.
fn without(
    table: Table,
    batch: RecordBatch,
    others: &BTreeSet<String>,
) -> Result<RecordBatch, StoreError> {
    let schemes = batch
        .column_by_name("scheme")
        .and_then(|c| c.as_string_opt::<i32>());
    match schemes {
        Some(schemes) if !others.is_empty() => {
            let keep: BooleanArray = schemes
                .iter()
                .map(|s| Some(s.is_none_or(|s| !others.contains(s))))
                .collect();
            filter_record_batch(&batch, &keep).map_err(|e| StoreError::Schema {
                table: table.name(),
                reason: e.to_string(),
            })
        }
        _ => Ok(batch),
    }
}

/// Rows as texts, without the columns that a digest leaves out.
fn lines(batch: &RecordBatch) -> Vec<String> {
    let rows = Rows(batch);
    (0..rows.len())
        .map(|row| {
            let mut object = rows.object(row);
            if let Some(cells) = object.as_object_mut() {
                for column in UNDIGESTED_COLUMNS {
                    cells.remove(column);
                }
            }
            object.to_string()
        })
        .collect()
}

/// Names rows that stand on one side only.
fn name_rows(
    table: Table,
    want: &BTreeSet<String>,
    have: &BTreeSet<String>,
    found: &mut Differences,
) {
    for row in want.difference(have).take(ROWS_NAMED) {
        found.add(format!("{} row", table.name()), row.as_str(), "none");
    }
    for row in have.difference(want).take(ROWS_NAMED) {
        found.add(format!("{} row", table.name()), "none", row.as_str());
    }
}
