//! What later events say about a record: revoked, repaired, rectified, under objection, off the list, one case with others.
//!
//! Events and records meet by (canonical subject, document number), both normalised, whichever arrived first. An event
//! that names several documents (`；`, `、` or `，` between them) speaks of each; a 更正 that names several makes them one case.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use super::BucketInput;
use super::GradingError;
use super::columns::{Source, Subjects, Table};
use super::group::{Group, groups};
use crate::record::{Day, EventKind, normal_document_no};

/// The state of one record, from every event known about it. Days are first days of the new state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordState {
    /// 撤销: the record vanishes from every result, also for earlier as-of days.
    pub revoked_on: Option<Day>,
    /// 信用修复.
    pub repaired_on: Option<Day>,
    /// 整改完成.
    pub rectified_on: Option<Day>,
    /// 更正: latest; the corrected content itself is a new version of the record.
    pub corrected_on: Option<Day>,
    /// 名单移出 of a 名单列入.
    pub delisted_on: Option<Day>,
    /// 异议 periods: opened, closed (异议终结).
    pub objections: Vec<(Day, Option<Day>)>,
    /// The case shared with other documents, where an event links them.
    pub linked_case: Option<String>,
}

impl RecordState {
    /// The decision was withdrawn.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked_on.is_some()
    }

    /// Repaired on or before this day.
    #[must_use]
    pub fn is_repaired(&self, on: Day) -> bool {
        self.repaired_on.is_some_and(|d| d <= on)
    }

    /// Rectified on or before this day.
    #[must_use]
    pub fn is_rectified(&self, on: Day) -> bool {
        self.rectified_on.is_some_and(|d| d <= on)
    }

    /// An objection is open on this day. Such a record is marked, never dropped.
    #[must_use]
    pub fn is_under_objection(&self, on: Day) -> bool {
        self.objections
            .iter()
            .any(|(from, closed)| *from <= on && closed.is_none_or(|c| on < c))
    }
}

/// States of the rows of a bucket. Rows that no event speaks of share one empty state.
#[derive(Debug, Default)]
pub struct States {
    /// For each table the place of a row's state in `touched` and 1; 0, or no entry, for a row that no event speaks of.
    places: [Vec<u32>; Table::COUNT],
    touched: Vec<RecordState>,
    untouched: RecordState,
}

impl States {
    /// The state of what no event speaks of.
    pub(crate) fn untouched(&self) -> &RecordState {
        &self.untouched
    }

    /// Computes the states of all rows of a bucket.
    ///
    /// # Errors
    /// When rows are not sorted by subject or a column is missing.
    pub fn of(input: &BucketInput<'_>) -> Result<Self, GradingError> {
        let sources = Source::all(input)?;
        let subjects = Subjects::of(input.subjects)?;
        let groups = groups(&sources, &subjects, |_| true)?;
        Self::of_groups(&sources, &groups)
    }

    pub(crate) fn of_groups(
        sources: &[Source<'_>],
        groups: &[Group<'_>],
    ) -> Result<Self, GradingError> {
        Self::of_some(sources, groups, &|_, _| true)
    }

    /// The states of the rows of some subjects that `asked` picks. What events say of others may be left out.
    pub(crate) fn of_some<'g, 'a: 'g>(
        sources: &[Source<'_>],
        groups: impl IntoIterator<Item = &'g Group<'a>>,
        asked: Asked<'_>,
    ) -> Result<Self, GradingError> {
        let mut states = Self::default();
        let mut desk = Desk::default();
        for group in groups {
            if group.count(Table::Events) > 0 {
                states.add(sources, group, None, asked, &mut desk)?;
            }
            // A linked record has the state that its own subject's events give it.
            if let Some(events) = sources.get(Table::LinkedEvents as usize) {
                let owners: BTreeSet<&str> = group
                    .rows(Table::LinkedEvents)
                    .map(|row| events.owner(row))
                    .collect();
                for owner in owners {
                    states.add(sources, group, Some(owner), asked, &mut desk)?;
                }
            }
        }
        Ok(states)
    }

    /// State of a row of the penalties batch.
    #[must_use]
    pub fn penalty(&self, row: usize) -> &RecordState {
        self.get(Table::Penalties, row)
    }

    /// State of a row of the licenses batch.
    #[must_use]
    pub fn license(&self, row: usize) -> &RecordState {
        self.get(Table::Licenses, row)
    }

    /// State of a row of the events batch (科研失信处理, 名单列入 … are records too).
    #[must_use]
    pub fn event(&self, row: usize) -> &RecordState {
        self.get(Table::Events, row)
    }

    pub(crate) fn get(&self, table: Table, row: usize) -> &RecordState {
        let place = self.places[table as usize].get(row).copied().unwrap_or(0);
        let touched = (place as usize).checked_sub(1);
        touched
            .and_then(|place| self.touched.get(place))
            .unwrap_or(&self.untouched)
    }

    /// The state of a row that an event speaks of.
    fn touch(&mut self, (table, row): (Table, usize)) -> &mut RecordState {
        let places = &mut self.places[table as usize];
        if places.len() <= row {
            places.resize(row + 1, 0);
        }
        if places[row] == 0 {
            self.touched.push(RecordState::default());
            places[row] = u32::try_from(self.touched.len()).unwrap_or(u32::MAX);
        }
        &mut self.touched[places[row] as usize - 1]
    }

    /// Brings in what the subject's events say of its records, or those of a linked subject of theirs.
    fn add<'a>(
        &mut self,
        sources: &[Source<'a>],
        group: &Group<'_>,
        owner: Option<&str>,
        asked: Asked<'_>,
        desk: &mut Desk<'a>,
    ) -> Result<(), GradingError> {
        let table = match owner {
            None => Table::Events,
            Some(_) => Table::LinkedEvents,
        };
        let events = &sources[table as usize];
        desk.clear();
        for row in owned(events, group, owner) {
            let kind = events.kind(row)?;
            if speaks_of_others(kind) {
                desk.speaking.push((row, kind, 0..0));
            }
        }
        if desk.speaking.is_empty() {
            return Ok(());
        }
        numbered(sources, group, owner, asked, &mut desk.records)?;
        let delists = |(_, kind, _): &Speaking| *kind == EventKind::Delisted;
        if desk.records.is_empty() && !desk.speaking.iter().any(delists) {
            return Ok(());
        }
        for (row, _, named) in &mut desk.speaking {
            let start = desk.names.len();
            push_documents(events.document_no.or_empty(*row), &mut desk.names);
            *named = start..desk.names.len();
        }
        desk.documents.fill(&desk.names, &desk.records);
        if desk.documents.records.is_empty() && !desk.speaking.iter().any(delists) {
            return Ok(());
        }
        desk.speaking.sort_by_key(|(row, kind, _)| {
            let closes = *kind == EventKind::ObjectionClosed;
            (events.decided(*row), closes, *row)
        });
        let mut links: Vec<&[Cow<'_, str>]> = Vec::new();
        for (row, kind, named) in &desk.speaking {
            let day = events.decided_on(*row);
            let named = &desk.names[named.clone()];
            if *kind == EventKind::Delisted {
                self.delist(events, group, owner, (*row, named))?;
                continue;
            }
            for record in named
                .iter()
                .flat_map(|doc| desk.documents.get(&desk.names, doc))
            {
                apply(self.touch(record), *kind, day);
            }
            if *kind == EventKind::Correction && named.len() > 1 {
                links.push(named);
            }
        }
        for (case, documents_of_case) in united(&links) {
            let records = documents_of_case
                .iter()
                .flat_map(|doc| desk.documents.get(&desk.names, doc));
            for record in records {
                self.touch(record).linked_case = Some(case.clone());
            }
        }
        Ok(())
    }

    /// 名单移出 ends each earlier 名单列入 of the same list, or of the same document where a list is not named.
    fn delist(
        &mut self,
        events: &Source<'_>,
        group: &Group<'_>,
        owner: Option<&str>,
        (removal, named): (usize, &[Cow<'_, str>]),
    ) -> Result<(), GradingError> {
        let list = events.list.or_empty(removal);
        let day = events.decided_on(removal);
        for row in owned(events, group, owner) {
            if events.kind(row)? != EventKind::Listed || events.decided_on(row) > day {
                continue;
            }
            let listed = events.list.or_empty(row);
            let document = normal_document_no(events.document_no.or_empty(row));
            let same_document = !document.is_empty() && named.contains(&document);
            let same_list = !list.is_empty() && list == listed;
            if same_list || (same_document && (list.is_empty() || listed.is_empty())) {
                let state = self.touch((events.table, row));
                state.delisted_on = earliest(state.delisted_on, day);
            }
        }
        Ok(())
    }
}

fn apply(state: &mut RecordState, kind: EventKind, day: Day) {
    match kind {
        EventKind::Revocation => state.revoked_on = earliest(state.revoked_on, day),
        EventKind::Repair => state.repaired_on = earliest(state.repaired_on, day),
        EventKind::Rectified => state.rectified_on = earliest(state.rectified_on, day),
        EventKind::Correction => state.corrected_on = Some(day),
        EventKind::Objection if !matches!(state.objections.last(), Some((_, None))) => {
            state.objections.push((day, None));
        }
        EventKind::ObjectionClosed => {
            if let Some((_, closed @ None)) = state.objections.last_mut() {
                *closed = Some(day);
            }
        }
        _ => {}
    }
}

fn earliest(known: Option<Day>, day: Day) -> Option<Day> {
    Some(known.map_or(day, |k| k.min(day)))
}

/// Kinds that only change the state of other records.
pub(crate) fn speaks_of_others(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Repair
            | EventKind::Revocation
            | EventKind::Correction
            | EventKind::Objection
            | EventKind::ObjectionClosed
            | EventKind::Rectified
            | EventKind::Delisted
    )
}

/// Whether the state of a row will be asked for.
pub(crate) type Asked<'f> = &'f dyn Fn(&Source<'_>, usize) -> bool;

/// An event that speaks of other records: its row, and the place of what it names among [`Desk::names`].
type Speaking = (usize, EventKind, Range<usize>);

/// What the events of one subject say; the next subject takes over its buffers.
#[derive(Default)]
struct Desk<'a> {
    speaking: Vec<Speaking>,
    /// Document numbers, normalised, event by event.
    names: Vec<Cow<'a, str>>,
    /// Records that events can name, with their document numbers as they stand.
    records: Vec<(Table, usize, &'a str)>,
    documents: Documents,
}

impl Desk<'_> {
    fn clear(&mut self) {
        self.speaking.clear();
        self.names.clear();
        self.records.clear();
    }
}

/// Up to so many numbers it is faster to look at each than to sort them.
const FEW: usize = 8;

/// Document numbers that some events of a subject name, normalised, and the subject's records under each.
#[derive(Default)]
struct Documents {
    /// Of more than [`FEW`] numbers their places, by length, then by text, then as the events name them: most numbers of a sender
    /// have a length of their own.
    sorted: Vec<usize>,
    /// Records by the first place of their number.
    records: Vec<(usize, Table, usize)>,
}

impl Documents {
    fn fill(&mut self, names: &[Cow<'_, str>], records: &[(Table, usize, &str)]) {
        self.sorted.clear();
        self.records.clear();
        if names.is_empty() {
            return;
        }
        if names.len() > FEW {
            self.sorted.extend(0..names.len());
            let key = |at: &usize| (place(&names[*at]), *at);
            self.sorted.sort_unstable_by(|a, b| key(a).cmp(&key(b)));
        }
        for (table, row, text) in records {
            // A number that is named as it stands need not be normalised.
            let at = match self.at(names, text) {
                None => match normal_document_no(text) {
                    Cow::Borrowed(_) => None,
                    Cow::Owned(normal) => self.at(names, &normal),
                },
                at => at,
            };
            if let Some(at) = at {
                self.records.push((at, *table, *row));
            }
        }
        self.records.sort_by_key(|(at, ..)| *at);
    }

    /// The first place of a number.
    fn at(&self, names: &[Cow<'_, str>], document: &str) -> Option<usize> {
        if self.sorted.is_empty() {
            return names.iter().position(|named| named == document);
        }
        let of = |at: &usize| place(&names[*at]);
        let found = (self.sorted).partition_point(|at| of(at) < place(document));
        let found = self.sorted.get(found)?;
        (names[*found] == document).then_some(*found)
    }

    /// The records under a normalised number.
    fn get(
        &self,
        names: &[Cow<'_, str>],
        document: &str,
    ) -> impl Iterator<Item = (Table, usize)> + use<'_> {
        let at = self.at(names, document);
        let from = |at: usize| self.records.partition_point(|(of, ..)| *of < at);
        let records = at.map_or(&[][..], |at| &self.records[from(at)..from(at + 1)]);
        records.iter().map(|(_, table, row)| (*table, *row))
    }
}

fn place(document: &str) -> (usize, &str) {
    (document.len(), document)
}

/// Adds the records of a subject, or of one linked to it, that events can name, with their document numbers as they stand.
fn numbered<'a>(
    sources: &[Source<'a>],
    group: &Group<'_>,
    owner: Option<&str>,
    asked: Asked<'_>,
    records: &mut Vec<(Table, usize, &'a str)>,
) -> Result<(), GradingError> {
    for source in sources {
        if source.table.is_linked() != owner.is_some() {
            continue;
        }
        for row in owned(source, group, owner).filter(|row| asked(source, *row)) {
            let Some(number) = source.document_no.get(row).filter(|text| !text.is_empty()) else {
                continue;
            };
            if !(source.table.holds_events() && speaks_of_others(source.kind(row)?)) {
                records.push((source.table, row, number));
            }
        }
    }
    Ok(())
}

/// The rows of a subject in one table: its own, or those of one linked subject.
fn owned<'r>(
    source: &'r Source<'_>,
    group: &'r Group<'_>,
    owner: Option<&'r str>,
) -> impl Iterator<Item = usize> + 'r {
    group
        .rows(source.table)
        .filter(move |&row| owner.is_none_or(|owner| source.owner(row) == owner))
}

/// The documents that an event names, normalised, in the order given.
pub(crate) fn named_documents(text: &str) -> Vec<Cow<'_, str>> {
    let mut names = Vec::new();
    push_documents(text, &mut names);
    names
}

fn push_documents<'a>(text: &'a str, names: &mut Vec<Cow<'a, str>>) {
    if text.is_empty() {
        return;
    }
    // Nothing in a number of the normal form separates.
    if let one @ Cow::Borrowed(_) = normal_document_no(text) {
        names.push(one);
        return;
    }
    let parts = text.split(['；', ';', '、', '，', ',']);
    names.extend(parts.map(normal_document_no).filter(|doc| !doc.is_empty()));
}

/// Links that share a document become one case, named by its least document number.
fn united(links: &[&[Cow<'_, str>]]) -> Vec<(String, Vec<String>)> {
    let mut cases: Vec<BTreeSet<String>> = Vec::new();
    for link in links {
        let mut merged: BTreeSet<String> = link.iter().map(ToString::to_string).collect();
        cases.retain(|case| {
            let touches = !case.is_disjoint(&merged);
            if touches {
                merged.extend(case.iter().cloned());
            }
            !touches
        });
        cases.push(merged);
    }
    cases
        .into_iter()
        .filter_map(|case| {
            case.first()
                .cloned()
                .map(|name| (name, case.into_iter().collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
