//! Scores added up from the evidence: start ∓ Σ counted points = score.

use std::collections::BTreeMap;

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Decimal128Type;

use super::{Case, Check, Differences, ROWS_AT_A_TIME, Verdict};
use crate::record::Points;
use crate::rules::model::Direction;
use crate::run::RunError;
use crate::store::Table;

pub(super) const CHECK: Check = Check {
    name: "scores",
    what: "every score against the start of its scheme and the points counted in `evidence`",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let Some(house) = case.house()? else {
        return Ok(Verdict::NotAsked("no run has graded yet".to_owned()));
    };
    let starts: BTreeMap<String, (Points, Direction)> = house
        .rules
        .schemes
        .iter()
        .filter_map(|s| {
            let score = s.score.as_ref()?;
            Some((
                crate::grading::scheme_name(s),
                (score.start, score.direction),
            ))
        })
        .collect();
    let mut found = Differences::default();
    let mut compared = 0_u64;
    for range in case.snapshot.bucket_groups(ROWS_AT_A_TIME)? {
        let evidence = case.snapshot.read_buckets_columns(
            Table::Evidence,
            range.clone(),
            None,
            &["scheme", "subject_id", "counted_points"],
        )?;
        let grades = case.snapshot.read_buckets_columns(
            Table::Grades,
            range,
            None,
            &["scheme", "subject_id", "score", "rated"],
        )?;
        let schemes = evidence.column(0).as_string::<i32>();
        let subjects = evidence.column(1).as_string::<i32>();
        let points = evidence.column(2).as_primitive::<Decimal128Type>();
        let mut sums: BTreeMap<(&str, &str), i128> = BTreeMap::new();
        for row in 0..evidence.num_rows() {
            *sums
                .entry((schemes.value(row), subjects.value(row)))
                .or_default() += points.value(row);
        }
        let schemes = grades.column(0).as_string::<i32>();
        let subjects = grades.column(1).as_string::<i32>();
        let scores = grades.column(2).as_primitive::<Decimal128Type>();
        let rated = grades.column(3).as_boolean();
        for row in (0..grades.num_rows()).filter(|r| rated.value(*r) && scores.is_valid(*r)) {
            let key = (schemes.value(row), subjects.value(row));
            let place = || format!("grades {} {}", key.0, key.1);
            let score = shown(scores.value(row));
            compared += 1;
            let Some((start, direction)) = starts.get(key.0) else {
                found.add(place(), "a scheme with a score in the archived pack", score);
                continue;
            };
            let sum = sums.get(&key).copied().unwrap_or_default();
            let start = i128::from(start.raw());
            let (sign, want) = match direction {
                Direction::Deduct => ("−", start - sum),
                Direction::Accumulate => ("+", start + sum),
            };
            if want != scores.value(row) {
                found.add(
                    place(),
                    format!(
                        "{} = {} {sign} {} counted in evidence",
                        shown(want),
                        shown(start),
                        shown(sum)
                    ),
                    score,
                );
            }
        }
    }
    Ok(found.verdict(format!("{compared} scores")))
}

fn shown(raw: i128) -> String {
    i64::try_from(raw).map_or_else(|_| raw.to_string(), |raw| Points::from_raw(raw).to_string())
}
