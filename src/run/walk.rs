//! A view of the store in parts that can be worked on apart: some columns of some buckets at a time, cut between subjects.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use arrow::array::RecordBatch;

use super::cut::{Away, Linked, Owned, PART_ROWS, guests};
use super::in_order::in_order;
use super::timings::timed;
use super::{RunError, Timings};
use crate::grading::alias::{Rehoming, span};
use crate::grading::linked::{Links, in_buckets};
use crate::record::{DEFAULT_BUCKETS, Day};
use crate::store::{Section, Snapshot, StoreError, Table};

/// Rows of the three record tables read at a time; bounds memory.
pub(super) const ROWS_AT_A_TIME: usize = 250_000;
/// Rows beside which there is no memory for more: of a subject with so many, or of pages without an index.
const MANY_ROWS: usize = 2 * ROWS_AT_A_TIME;

/// Columns of the record tables and the subjects that neither grading nor consequences look at; they are half of the bytes.
const NOT_READ: [&str; 19] = [
    "authority_code",
    "basis_text",
    "batch_id",
    "certificate_no",
    "content_digest",
    "decision_id",
    "document_name",
    "license_kind",
    "name_decided_on",
    "org_code",
    "part_no",
    "publicity_ends_on",
    "registration_no",
    "remark",
    "source_unit",
    "source_unit_code",
    "status",
    "uscc",
    "version_key",
];

/// The columns of a table that a grading reads; none of a table that it does not look at.
pub(super) type Columns<'c> = &'c (dyn Fn(Table) -> Vec<String> + Sync);

/// The columns of a table that a night reads.
pub(super) fn of_a_night(table: Table) -> Vec<String> {
    let schema = table.schema();
    let names = schema.fields().iter().map(|f| f.name());
    names
        .filter(|name| !NOT_READ.contains(&name.as_str()))
        .cloned()
        .collect()
}

/// The rows of `subjects` that name another subject: few, also in a large store.
fn aliases(view: &Snapshot) -> Result<RecordBatch, RunError> {
    let columns = ["subject_id", "same_as", "bucket"];
    Ok(view.read_not_null(Table::Subjects, &columns, "same_as")?)
}

/// The links that hold among the records known: few events name a linked unit, also in a large store.
fn links(view: &Snapshot, known_at: Option<Day>) -> Result<Links, RunError> {
    let naming =
        view.read_not_null(Table::Events, &["subject_id", "linked_unit"], "linked_unit")?;
    let rows = crate::report::Rows(&naming);
    let owners: BTreeSet<String> = (0..rows.len())
        .map(|i| rows.text(i, "subject_id"))
        .collect();
    if owners.is_empty() {
        return Ok(Links::default());
    }
    let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
    let columns = ["subject_id", "record_id", "document_no", "linked_unit"];
    let events = view.read_subjects_columns(Table::Events, &owners, known_at, &columns)?;
    Ok(Links::of(&events)?)
}

impl Linked {
    /// The linked records of the whole view; with `columns` those that a night reads.
    fn read(
        view: &Snapshot,
        links: &Links,
        known_at: Option<Day>,
        columns: Option<fn(Table) -> Vec<String>>,
    ) -> Result<Option<Self>, RunError> {
        if links.is_empty() {
            return Ok(None);
        }
        let owners: Vec<&str> = links.owners().collect();
        let read = |table: Table| match columns {
            None => view.read_subjects(table, &owners, known_at),
            Some(columns) => {
                let columns = columns(table);
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                view.read_subjects_columns(table, &owners, known_at, &columns)
            }
        };
        Ok(Some(Self {
            penalties: links.penalties(&read(Table::Penalties)?, DEFAULT_BUCKETS)?,
            events: links.events(&read(Table::Events)?, DEFAULT_BUCKETS)?,
        }))
    }

    fn in_section(&self, section: &Section) -> Result<Self, RunError> {
        let of = |table: &RecordBatch| -> Result<RecordBatch, RunError> {
            let rows = in_buckets(table, &section.buckets)?;
            if section.subjects.is_whole() {
                return Ok(rows);
            }
            let place = |id: &str| Ok::<_, RunError>(span(&rows, section.buckets.start, id)?.start);
            let from = place(&section.subjects.from)?;
            let to = match &section.subjects.to {
                Some(to) => place(to)?,
                None => rows.num_rows(),
            };
            Ok(rows.slice(from, to.saturating_sub(from)))
        };
        Ok(Self {
            penalties: of(&self.penalties)?,
            events: of(&self.events)?,
        })
    }
}

/// What ties subjects to one another in a view: ids that stand for the same body, and links. Few, also in a large store.
pub(super) struct Ties<'v> {
    view: &'v Snapshot,
    known_at: Option<Day>,
    same_as: RecordBatch,
    links: Links,
}

impl<'v> Ties<'v> {
    pub(super) fn of(view: &'v Snapshot, known_at: Option<Day>) -> Result<Self, RunError> {
        Ok(Self {
            view,
            known_at,
            same_as: aliases(view)?,
            links: links(view, known_at)?,
        })
    }

    /// The rows in force of some subjects and of the ids that stand for the same bodies; with `columns` some of each table.
    pub(super) fn rows_of(
        &self,
        subjects: &BTreeSet<String>,
        columns: Option<Columns<'_>>,
    ) -> Result<Owned, RunError> {
        let rows = crate::report::Rows(&self.same_as);
        let mut ids = subjects.clone();
        for i in 0..rows.len() {
            if subjects.contains(rows.str(i, "same_as")) {
                ids.insert(rows.text(i, "subject_id"));
            }
        }
        let linked = Linked::read(self.view, &self.links.to(&ids), self.known_at, None)?;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let read = |table: Table| {
            let known_at = self.known_at.filter(|_| table != Table::Subjects);
            let Some(columns) = columns else {
                return self.view.read_subjects(table, &ids, known_at);
            };
            let columns = columns(table);
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            self.view
                .read_subjects_columns(table, &ids, known_at, &columns)
        };
        let [penalties, licenses, events, subjects] = side_by_side(read);
        Ok(Owned {
            linked,
            penalties: penalties?,
            licenses: licenses?,
            events: events?,
            subjects: subjects?,
        })
    }
}

/// Rows in force of some subjects and of the ids that stand for the same bodies.
///
/// # Errors
/// When a table cannot be read.
pub fn subject_input(
    view: &Snapshot,
    subjects: &BTreeSet<String>,
    known_at: Option<Day>,
) -> Result<Owned, RunError> {
    Ties::of(view, known_at)?.rows_of(subjects, None)
}

/// What [`walk`] works on and what it hands over.
#[derive(Debug)]
pub(super) enum Step<T> {
    /// Some subjects, or their results; together they are those of the view, in the order of the buckets.
    Part(T),
    /// That was all of these buckets.
    End(Range<u32>),
}

/// Calls `work` with some columns of every part of a view, in parallel, and hands the results over in the order of the store. The next
/// part is read meanwhile, unless it is large. Aliases that live elsewhere than their subject have been brought home.
///
/// # Errors
/// A damaged store, the first failure of `work` in bucket order, or an error of `take`.
pub(super) fn walk<T: Send>(
    view: &Snapshot,
    known_at: Option<Day>,
    columns: Columns<'_>,
    work: impl Fn(&Owned) -> Result<T, RunError> + Sync,
    take: &mut dyn FnMut(Step<T>) -> Result<(), RunError>,
) -> Result<Timings, RunError> {
    let mut timings = Timings::default();
    let sections = timings.read(|| view.sections(ROWS_AT_A_TIME))?;
    timings.add(&walk_sections(
        view, &sections, known_at, columns, work, take,
    )?);
    Ok(timings)
}

/// As [`walk`], cut into these sections, which follow one another.
fn walk_sections<T: Send>(
    view: &Snapshot,
    sections: &[Section],
    known_at: Option<Day>,
    columns: Columns<'_>,
    work: impl Fn(&Owned) -> Result<T, RunError> + Sync,
    take: &mut dyn FnMut(Step<T>) -> Result<(), RunError>,
) -> Result<Timings, RunError> {
    let mut timings = Timings::default();
    let rehoming =
        timings.read(|| Ok::<_, RunError>(Rehoming::of(&aliases(view)?, DEFAULT_BUCKETS)?))?;
    let cut = sections
        .iter()
        .filter(|section| !section.subjects.is_whole());
    let cut: BTreeSet<u32> = cut.map(|section| section.buckets.start).collect();
    let movers: BTreeSet<&str> = rehoming.movers(&cut).collect();
    let moved = timings.read(|| moved(view, &movers, known_at, columns))?;
    let linked = timings.read(|| {
        let links = links(view, known_at)?;
        Linked::read(view, &links, known_at, Some(of_a_night))
    })?;
    let guests = guests(&movers, moved.as_ref(), linked.as_ref());
    let away = Away {
        rehoming,
        guests,
        linked,
    };
    let (mut reading, working) = (Duration::ZERO, Mutex::new(Duration::ZERO));
    let mut before = Hold::default();
    let steps = sections.iter().flat_map(|section| {
        std::mem::take(&mut before).wait();
        let parts = timed(&mut reading, || {
            parts(view, section, &away, known_at, columns)
        });
        let parts = match parts {
            Ok(parts) => parts,
            Err(error) => return vec![Err(error)],
        };
        let rows: usize = parts.iter().map(Owned::rows).sum();
        let (hold, held) = Hold::new(rows > MANY_ROWS);
        before = hold;
        let mut steps: Vec<_> = (parts.into_iter())
            .map(|part| Ok(Step::Part((part, held.clone()))))
            .collect();
        if section.is_last() {
            steps.push(Ok(Step::End(section.buckets.clone())));
        }
        steps
    });
    in_order(
        steps,
        |step| match step {
            Step::Part((part, held)) => {
                let mut time = Duration::ZERO;
                let done = timed(&mut time, || work(&part))?;
                drop((part, held));
                if let Ok(mut working) = working.lock() {
                    *working += time;
                }
                Ok(Step::Part(done))
            }
            Step::End(range) => Ok(Step::End(range)),
        },
        take,
    )?;
    timings.read += reading;
    timings.work += working.into_inner().unwrap_or_default();
    Ok(timings)
}

/// Waits until the parts of a large section are done with, for there is no memory for more of them.
#[derive(Default)]
struct Hold(Option<Receiver<()>>);

/// What each part carries.
type Held = Option<Sender<()>>;

impl Hold {
    fn new(is_large: bool) -> (Self, Held) {
        if !is_large {
            return (Self(None), None);
        }
        let (held, hold) = channel();
        (Self(Some(hold)), Some(held))
    }

    fn wait(self) {
        // Nobody sends: it ends when the last part has been dropped.
        if let Some(hold) = self.0 {
            let _ = hold.recv();
        }
    }
}

/// Rows of the aliases that move elsewhere.
fn moved(
    view: &Snapshot,
    movers: &BTreeSet<&str>,
    known_at: Option<Day>,
    columns: Columns<'_>,
) -> Result<Option<Owned>, RunError> {
    let ids: Vec<&str> = movers.iter().copied().collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let moving = |table: Table, known: Option<Day>| {
        let columns = columns(table);
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        if columns.is_empty() {
            return Ok(RecordBatch::new_empty(table.schema()));
        }
        view.read_subjects_coded(table, &ids, known, &columns)
    };
    Ok(Some(Owned {
        penalties: moving(Table::Penalties, known_at)?,
        licenses: moving(Table::Licenses, known_at)?,
        events: moving(Table::Events, known_at)?,
        subjects: moving(Table::Subjects, None)?,
        linked: None,
    }))
}

/// Some columns of the rows of a section in one table.
pub(super) fn read(
    view: &Snapshot,
    table: Table,
    section: &Section,
    known_at: Option<Day>,
    columns: Columns<'_>,
) -> Result<RecordBatch, StoreError> {
    let columns = columns(table);
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    if columns.is_empty() {
        return Ok(RecordBatch::new_empty(table.schema()));
    }
    let known_at = known_at.filter(|_| table != Table::Subjects);
    view.read_section_coded(table, section, known_at, &columns)
}

/// What is graded.
const INPUTS: [Table; 4] = [
    Table::Penalties,
    Table::Licenses,
    Table::Events,
    Table::Subjects,
];

/// Reads the four tables at the same time.
fn side_by_side<R: Send>(read: impl Fn(Table) -> R + Sync) -> [R; 4] {
    let read = |table: usize| read(INPUTS[table]);
    let ((a, b), (c, d)) = rayon::join(
        || rayon::join(|| read(0), || read(1)),
        || rayon::join(|| read(2), || read(3)),
    );
    [a, b, c, d]
}

/// The rows of a section, in parts that can be graded apart.
fn parts(
    view: &Snapshot,
    section: &Section,
    away: &Away,
    known_at: Option<Day>,
    columns: Columns<'_>,
) -> Result<Vec<Owned>, RunError> {
    let read = |table: Table| read(view, table, section, known_at, columns);
    let [penalties, licenses, events, subjects] = side_by_side(read);
    let owned = Owned {
        penalties: penalties?,
        licenses: licenses?,
        events: events?,
        subjects: subjects?,
        linked: match &away.linked {
            None => None,
            Some(linked) => Some(linked.in_section(section)?),
        },
    };
    Ok(owned.split(section, away, PART_ROWS)?)
}

#[cfg(test)]
mod tests;
