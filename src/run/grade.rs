//! Grades and consequences of a whole store, bucket by bucket in parallel, in bucket order.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use arrow::array::RecordBatch;
use rayon::prelude::*;

use super::timings::timed;
use super::walk::{ROWS_AT_A_TIME, Step, of_a_night, read, walk};
use super::{House, RunError, Timings};
use crate::consequence::{ConsequenceContext, derive};
use crate::grading::scores::{Needs, counts_from_publication, scores};
use crate::grading::{Grading, grade};
use crate::record::Day;
use crate::rules::model::Scheme;
use crate::store::{Ready, Snapshot, Table, Writer};

/// The result tables of a night, or of some buckets of it.
#[derive(Debug)]
pub struct GradedTables {
    pub grades: Ready,
    pub evidence: Ready,
    pub supervision: Ready,
    pub measures: Ready,
    pub incentives: Ready,
}

/// What [`grade_groups`] hands over.
#[derive(Debug)]
pub enum Graded {
    /// Result tables of some subjects; together they are those of the night, in the order of the buckets.
    Tables(Box<GradedTables>),
    /// All tables of these buckets have been handed over.
    End(Range<u32>),
}

/// Grades a view of the store and derives what follows, some buckets at a time and in their order.
///
/// # Errors
/// A damaged store, columns that disagree (a bug), or an error of `each`.
pub fn grade_groups(
    view: &Snapshot,
    house: &House,
    schemes: &[&Scheme],
    as_of: Day,
    known_at: Option<Day>,
    run_id: &str,
    each: &mut dyn FnMut(Graded) -> Result<(), RunError>,
) -> Result<Timings, RunError> {
    let grading =
        Grading::new(schemes, &house.rules.publicity, &house.rules.digest, as_of)?.with_run(run_id);
    let context = ConsequenceContext {
        schemes,
        publicity: &house.rules.publicity,
        catalogue: &house.catalogue,
        incentives: &house.incentives,
        as_of,
        run_id,
    };
    let stamped = counts_from_publication(grading.program());
    let columns = |table: Table| {
        let mut columns = of_a_night(table);
        columns.retain(|name| stamped || name != "sent_at");
        columns
    };
    let (mut grades, mut follows) = (Duration::ZERO, Duration::ZERO);
    let mut timings = walk(
        view,
        known_at,
        &columns,
        |owned| {
            let (mut grades, mut follows) = (Duration::ZERO, Duration::ZERO);
            let input = owned.input();
            let graded = timed(&mut grades, || grade(&input, &grading))?;
            let derived = timed(&mut follows, || derive(&input, &graded, &context))?;
            let tables = GradedTables {
                grades: Ready::of(Table::Grades, graded.grades)?,
                evidence: Ready::of(Table::Evidence, graded.evidence)?,
                supervision: Ready::of(Table::Supervision, derived.supervision)?,
                measures: Ready::of(Table::Measures, derived.measures)?,
                incentives: Ready::of(Table::Incentives, derived.incentives)?,
            };
            Ok((tables, grades, follows))
        },
        &mut |step| match step {
            Step::Part((tables, grading, deriving)) => {
                grades += grading;
                follows += deriving;
                each(Graded::Tables(Box::new(tables)))
            }
            Step::End(range) => each(Graded::End(range)),
        },
    )?;
    timings.grading += grades;
    timings.consequences += follows;
    Ok(timings)
}

/// The columns that scores under a program rest on.
fn of_scores(needs: &Needs, table: Table) -> Vec<String> {
    let names = match table {
        Table::Penalties => &needs.penalties,
        Table::Licenses => &needs.licenses,
        Table::Events => &needs.events,
        Table::Subjects => &needs.subjects,
        _ => return Vec::new(),
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Scores and grades of a view of the store under some schemes, without evidence and consequences, in batches of
/// [`scores_schema`](crate::grading::scores::scores_schema). Reads only the columns that the schemes ask for and writes
/// nothing.
///
/// # Errors
/// As [`grade_groups`].
pub fn score_groups(
    view: &Snapshot,
    house: &House,
    schemes: &[&Scheme],
    as_of: Day,
    known_at: Option<Day>,
    each: &mut dyn FnMut(RecordBatch) -> Result<(), RunError>,
) -> Result<Timings, RunError> {
    let grading = Grading::new(schemes, &house.rules.publicity, &house.rules.digest, as_of)?;
    let needs = Needs::of(grading.program());
    walk(
        view,
        known_at,
        &|table| of_scores(&needs, table),
        |owned| Ok(scores(&owned.input(), &grading)?),
        &mut |step| match step {
            Step::Part(part) => each(part),
            Step::End(_) => Ok(()),
        },
    )
}

/// Decodes what [`score_groups`] reads and throws it away: the floor under its time. Gives the number of rows.
///
/// # Errors
/// A damaged store, or rules that cannot be compiled.
pub fn decode_groups(
    view: &Snapshot,
    house: &House,
    schemes: &[&Scheme],
    as_of: Day,
) -> Result<usize, RunError> {
    let grading = Grading::new(schemes, &house.rules.publicity, &house.rules.digest, as_of)?;
    let needs = Needs::of(grading.program());
    let mut rows = 0;
    for section in view.sections(ROWS_AT_A_TIME)? {
        let read = |table| read(view, table, &section, None, &|t| of_scores(&needs, t));
        let tables = [
            Table::Penalties,
            Table::Licenses,
            Table::Events,
            Table::Subjects,
        ];
        let batches: Vec<_> = tables.into_par_iter().map(read).collect();
        for batch in batches {
            rows += batch?.num_rows();
        }
    }
    Ok(rows)
}

impl GradedTables {
    /// The five tables.
    pub fn all(&self) -> [&Ready; 5] {
        [
            &self.grades,
            &self.evidence,
            &self.supervision,
            &self.measures,
            &self.incentives,
        ]
    }

    /// Stages the tables. With `only`, the rows of these schemes are replaced and the others stay; measures and
    /// incentives do not belong to a scheme and are replaced whole.
    pub(super) fn write(
        self,
        writer: &mut Writer,
        schemes: &BTreeSet<String>,
        only: bool,
    ) -> Result<(), RunError> {
        for rows in [self.grades, self.evidence, self.supervision] {
            if only {
                writer.replace_where_scheme(schemes, rows)?;
            } else {
                writer.replace_ready(rows)?;
            }
        }
        writer.replace_ready(self.measures)?;
        if !only {
            writer.replace_ready(self.incentives)?;
        }
        Ok(())
    }
}
