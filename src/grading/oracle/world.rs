//! The records of a bucket as plain values, one list per canonical subject.

use std::collections::BTreeMap;

use crate::grading::columns::{Source, Subjects, Table};
use crate::grading::engine::{case_of, penalty_facts};
use crate::grading::hit::BEFORE_ALL;
use crate::grading::publicity::PenaltyFacts;
use crate::grading::state::{RecordState, States};
use crate::grading::{BucketInput, GradingError};
use crate::record::{Citation, Day, EventKind, Fen, PenaltyKinds, SubjectKind};
use crate::rules::model::RecordSel;

/// Everything in a bucket.
pub(super) struct World<'a> {
    pub(super) subjects: Vec<Subject<'a>>,
}

/// One canonical subject with its records.
pub(super) struct Subject<'a> {
    pub(super) id: &'a str,
    pub(super) kind: SubjectKind,
    pub(super) region: &'a str,
    pub(super) minor: bool,
    pub(super) bucket: i32,
    own_name: &'a str,
    pub(super) records: Vec<Record<'a>>,
}

/// One record as plain values.
pub(super) struct Record<'a> {
    pub(super) sel: RecordSel,
    pub(super) id: &'a str,
    pub(super) name: &'a str,
    pub(super) subject_kind: Option<SubjectKind>,
    pub(super) document_no: Option<&'a str>,
    pub(super) case: String,
    pub(super) class: &'a str,
    pub(super) content: &'a str,
    pub(super) facts: &'a str,
    pub(super) citations: Vec<Citation>,
    pub(super) kinds: PenaltyKinds,
    pub(super) fine: Option<Fen>,
    pub(super) confiscated: Option<Fen>,
    pub(super) decided_on: Day,
    pub(super) ends_on: Option<Day>,
    pub(super) starts_on: Option<Day>,
    pub(super) published_on: Option<Day>,
    pub(super) authority: Option<&'a str>,
    pub(super) region: Option<&'a str>,
    pub(super) level: Option<&'a str>,
    pub(super) term_months: Option<i64>,
    pub(super) role: Option<&'a str>,
    pub(super) list: Option<&'a str>,
    pub(super) penalty: Option<PenaltyFacts>,
    pub(super) state: RecordState,
    /// A record of another subject, brought in by a link.
    pub(super) linked: bool,
}

impl Subject<'_> {
    /// Name on the record with the latest decision day up to a day; a license or penalty before an event.
    pub(super) fn name_on(&self, day: Day) -> String {
        let known = self
            .records
            .iter()
            .filter(|r| r.decided_on <= day && !r.name.is_empty() && !r.linked);
        let best =
            known.max_by_key(|r| (!matches!(r.sel, RecordSel::Event(_)), r.decided_on, r.name));
        best.map_or(self.own_name, |r| r.name).to_owned()
    }
}

impl<'a> World<'a> {
    pub(super) fn read(input: &BucketInput<'a>, states: &States) -> Result<Self, GradingError> {
        let table = Subjects::of(input.subjects)?;
        let mut same_as: BTreeMap<&str, &str> = BTreeMap::new();
        for row in 0..table.len {
            if let (Some(id), Some(other)) = (table.subject_id.get(row), table.same_as.get(row))
                && !other.is_empty()
                && other != id
            {
                same_as.insert(id, other);
            }
        }
        let canonical = |id: &'a str| {
            let mut id = id;
            while let Some(next) = same_as.get(id) {
                id = next;
            }
            id
        };
        let mut buckets: BTreeMap<&str, i32> = BTreeMap::new();
        let mut records: BTreeMap<&str, Vec<Record<'a>>> = BTreeMap::new();
        let tables = Source::all(input)?;
        for source in &tables {
            for row in 0..source.len {
                let own = source.subject_id.or_empty(row);
                let id = canonical(own);
                if own == id {
                    buckets.insert(id, source.bucket(row));
                } else {
                    buckets.entry(id).or_insert_with(|| source.bucket(row));
                }
                let state = states.get(source.table, row).clone();
                records
                    .entry(id)
                    .or_default()
                    .push(Record::read(source, row, state)?);
            }
        }
        let mut own_rows: BTreeMap<&str, usize> = BTreeMap::new();
        for row in 0..table.len {
            let id = table.subject_id.or_empty(row);
            if canonical(id) == id {
                own_rows.insert(id, row);
                buckets.insert(id, table.bucket(row));
                records.entry(id).or_default();
            }
        }
        let mut subjects: Vec<Subject<'a>> = Vec::new();
        for (id, records) in records {
            let row = own_rows.get(id).copied();
            let by_id = if id.starts_with("p:") {
                SubjectKind::Person
            } else {
                SubjectKind::Entity
            };
            let own = |r: &&Record<'_>| !r.linked;
            let by_record = records.iter().filter(own).find_map(|r| r.subject_kind);
            let own_kind = row
                .and_then(|r| table.kind.get(r))
                .and_then(SubjectKind::from_zh);
            let own_region = row.map_or("", |r| table.region.or_empty(r));
            let record_region = records
                .iter()
                .filter(own)
                .filter_map(|r| r.region)
                .find(|r| !r.is_empty())
                .unwrap_or("");
            let minor_records = tables
                .iter()
                .filter(|s| !s.table.is_linked())
                .any(|source| {
                    (0..source.len).any(|r| {
                        canonical(source.subject_id.or_empty(r)) == id && source.is_minor(r)
                    })
                });
            subjects.push(Subject {
                id,
                kind: own_kind.or(by_record).unwrap_or(by_id),
                region: if own_region.is_empty() {
                    record_region
                } else {
                    own_region
                },
                minor: minor_records || row.is_some_and(|r| table.is_minor(r)),
                bucket: buckets.get(id).copied().unwrap_or_default(),
                own_name: row.map_or("", |r| table.name.or_empty(r)),
                records,
            });
        }
        subjects.sort_by_key(|s| (s.bucket, s.id));
        Ok(Self { subjects })
    }
}

impl<'a> Record<'a> {
    fn read(source: &Source<'a>, row: usize, state: RecordState) -> Result<Self, GradingError> {
        let id = source.record_id.or_empty(row);
        let case = match &state.linked_case {
            Some(case) => case.clone(),
            None => case_of(source, row, None, id).text().into_owned(),
        };
        let penalty = match source.table.kind() {
            Table::Penalties => Some(penalty_facts(source, row)?),
            _ => None,
        };
        Ok(Self {
            sel: match source.table.kind() {
                Table::Penalties => RecordSel::Penalty,
                Table::Licenses => RecordSel::License,
                _ => RecordSel::Event(source.kind(row)?),
            },
            id,
            name: source.subject_name.or_empty(row),
            subject_kind: source.subject_kind.get(row).and_then(SubjectKind::from_zh),
            document_no: source.document_no.get(row),
            case,
            class: source.violation.or_empty(row),
            content: source.content.or_empty(row),
            facts: source.facts.or_empty(row),
            citations: source
                .citations
                .iter(row)
                .filter_map(|text| text.parse().ok())
                .collect(),
            kinds: penalty.map_or_else(PenaltyKinds::default, |p| p.kinds),
            fine: penalty.and_then(|p| p.fine),
            confiscated: Source::int(source.confiscated, row).map(Fen),
            decided_on: source.decided_on(row),
            ends_on: source.ends(row).map(Day::from_epoch),
            starts_on: source.starts(row).map(Day::from_epoch),
            published_on: published_on(source, row),
            authority: source.authority.get(row),
            region: source.region.get(row),
            level: source.level.get(row),
            term_months: Source::int(source.term_months, row),
            role: source.role.get(row),
            list: source.list.get(row),
            penalty,
            state,
            linked: source.table.is_linked(),
        })
    }

    /// Stands for the record of what a row says of all its records together.
    pub(super) fn together(row: &str) -> Self {
        Self {
            sel: RecordSel::License,
            id: "",
            name: "",
            subject_kind: None,
            document_no: None,
            case: format!("/{row}"),
            class: "",
            content: "",
            facts: "",
            citations: Vec::new(),
            kinds: PenaltyKinds::default(),
            fine: None,
            confiscated: None,
            decided_on: Day::from_epoch(BEFORE_ALL),
            ends_on: None,
            starts_on: None,
            published_on: None,
            authority: None,
            region: None,
            level: None,
            term_months: None,
            role: None,
            list: None,
            penalty: None,
            state: RecordState::default(),
            linked: false,
        }
    }

    /// An event of the subject itself.
    pub(super) fn is_event(&self, kind: EventKind) -> bool {
        !self.linked && self.sel == RecordSel::Event(kind)
    }
}

/// The day on which the sender says that it sent the record, or on which it came; no sooner than decided, no later than
/// it came.
fn published_on(source: &Source<'_>, row: usize) -> Option<Day> {
    let decided = source.decided_on(row);
    let received = source.received_on(row)?;
    let sent = source
        .sent_at(row)
        .and_then(|stamp| stamp.split('T').next())
        .and_then(Day::parse_iso);
    Some(match sent {
        Some(day) if day < decided => decided,
        Some(day) if day < received => day,
        _ if received < decided => decided,
        _ => received,
    })
}
