//! What result rows point at: subjects, trigger records, the law behind a proposed measure.

use std::collections::{BTreeSet, HashSet};

use arrow::array::{Array as _, AsArray as _, StringArray};

use super::{Case, Check, Differences, ROWS_AT_A_TIME, Verdict};
use crate::run::RunError;
use crate::store::{StoreError, Table};

pub(super) const SUBJECTS: Check = Check {
    name: "subjects",
    what: "every grade against the subject that it names",
    run: subjects,
};

pub(super) const TRIGGERS: Check = Check {
    name: "triggers",
    what: "every measure against the record in force that triggered it",
    run: triggers,
};

pub(super) const LAW: Check = Check {
    name: "law",
    what: "every proposed measure against its basis, document and list edition",
    run: law,
};

fn subjects(case: &Case<'_>) -> Result<Verdict, RunError> {
    let mut found = Differences::default();
    let mut compared = 0;
    for range in case.snapshot.bucket_groups(ROWS_AT_A_TIME)? {
        let of = |table, columns| {
            case.snapshot
                .read_buckets_columns(table, range.clone(), None, columns)
        };
        let known = of(Table::Subjects, &["subject_id"])?;
        let known: BTreeSet<&str> = known
            .column(0)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect();
        let grades = of(Table::Grades, &["subject_id", "scheme"])?;
        let (ids, schemes) = (grades.column(0).as_string::<i32>(), grades.column(1));
        let schemes = schemes.as_string::<i32>();
        for row in 0..grades.num_rows() {
            compared += 1;
            if !known.contains(ids.value(row)) {
                found.add(
                    format!("grades {} {}", schemes.value(row), ids.value(row)),
                    "a row of `subjects`",
                    "none",
                );
            }
        }
    }
    Ok(found.verdict(format!("{compared} grades")))
}

fn triggers(case: &Case<'_>) -> Result<Verdict, RunError> {
    let Some((state, maker)) = &case.graded else {
        return Ok(Verdict::NotAsked("no run has graded yet".to_owned()));
    };
    let triggers = ["trigger_record_id"];
    // The state that was graded, not the newest: a record may have been corrected since.
    let records =
        |table, range| state.read_buckets_columns(table, range, maker.known_at, &["record_id"]);
    let mut compared = 0;
    // Ids of records that do not stand in the buckets of their measures: those of a subject that stands for another.
    let mut open: HashSet<String> = HashSet::new();
    let mut ranges = state.bucket_groups(ROWS_AT_A_TIME)?;
    let rest = ranges.last().map_or(0, |range| range.end)..u32::MAX;
    ranges.push(rest);
    for range in &ranges {
        let measures =
            case.snapshot
                .read_buckets_columns(Table::Measures, range.clone(), None, &triggers)?;
        compared += measures.num_rows();
        let mut here: HashSet<&str> = measures
            .column(0)
            .as_string::<i32>()
            .iter()
            .flatten()
            .collect();
        for table in Table::RECORDS {
            if here.is_empty() {
                break;
            }
            let rows = records(table, range.clone())?;
            for id in rows.column(0).as_string::<i32>().iter().flatten() {
                here.remove(id);
            }
        }
        open.extend(here.into_iter().map(str::to_owned));
    }
    for range in ranges {
        if open.is_empty() {
            break;
        }
        for table in Table::RECORDS {
            let rows = records(table, range.clone())?;
            for id in rows.column(0).as_string::<i32>().iter().flatten() {
                open.remove(id);
            }
        }
    }
    let mut found = Differences::default();
    if !open.is_empty() {
        let columns = ["trigger_record_id", "subject_id", "measure"];
        case.snapshot
            .stream(Table::Measures, Some(&columns), &mut |batch| {
                let text = |column: usize| batch.column(column).as_string::<i32>();
                let ids = text(0);
                for row in (0..batch.num_rows()).filter(|row| open.contains(ids.value(*row))) {
                    found.add(
                        format!("measures {} {}", text(1).value(row), text(2).value(row)),
                        format!("record {} in force", ids.value(row)),
                        "none",
                    );
                }
                Ok(())
            })?;
    }
    Ok(found.verdict(format!("{compared} measures")))
}

fn law(case: &Case<'_>) -> Result<Verdict, RunError> {
    const GROUNDS: [&str; 3] = ["basis", "trigger_document_no", "list_edition"];
    let mut columns = vec!["subject_id", "measure", "trigger_record_id", "state"];
    columns.extend(GROUNDS);
    let mut found = Differences::default();
    let mut compared = 0;
    case.snapshot
        .stream(Table::Measures, Some(&columns), &mut |batch| {
            let text = |name: &str| -> Result<&StringArray, StoreError> {
                batch
                    .column_by_name(name)
                    .and_then(|c| c.as_string_opt::<i32>())
                    .ok_or_else(|| StoreError::Schema {
                        table: Table::Measures.name(),
                        reason: format!("there is no text column {name}"),
                    })
            };
            let (subjects, measures) = (text("subject_id")?, text("measure")?);
            let (records, states) = (text("trigger_record_id")?, text("state")?);
            for row in (0..batch.num_rows()).filter(|row| states.value(*row) == "proposed") {
                compared += 1;
                for name in GROUNDS {
                    let ground = text(name)?;
                    if ground.is_null(row) || ground.value(row).trim().is_empty() {
                        found.add(
                            format!(
                                "measures {} {} (record {})",
                                subjects.value(row),
                                measures.value(row),
                                records.value(row)
                            ),
                            format!("a {name}"),
                            "none",
                        );
                    }
                }
            }
            Ok(())
        })?;
    Ok(found.verdict(format!("{compared} proposed measures")))
}
