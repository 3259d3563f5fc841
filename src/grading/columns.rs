//! One face for the three record tables: columns by name, plain or dictionary-encoded text, absent columns as `None`.

use arrow::array::{Array, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::DataType;

use super::{BucketInput, GradingError};
pub(crate) use crate::record::cells::{Text, Texts};
use crate::record::{Day, EventKind, PenaltyKind, PenaltyKinds, SubjectKind};

/// Which of the record tables a source is: the subjects' own three, and what links bring in from other subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub(crate) enum Table {
    Penalties = 0,
    Licenses = 1,
    Events = 2,
    /// Penalties of others.
    LinkedPenalties = 3,
    /// Events of others.
    LinkedEvents = 4,
}

impl Table {
    /// How many there are.
    pub(crate) const COUNT: usize = 5;

    /// The table of a place among the sources.
    pub(crate) fn at(place: usize) -> Option<Self> {
        [
            Self::Penalties,
            Self::Licenses,
            Self::Events,
            Self::LinkedPenalties,
            Self::LinkedEvents,
        ]
        .get(place)
        .copied()
    }

    /// Its rows are records of other subjects.
    pub(crate) fn is_linked(self) -> bool {
        matches!(self, Self::LinkedPenalties | Self::LinkedEvents)
    }

    /// The own table with the same columns.
    pub(crate) fn kind(self) -> Self {
        match self {
            Self::LinkedPenalties => Self::Penalties,
            Self::LinkedEvents => Self::Events,
            own => own,
        }
    }

    /// Its rows are events.
    pub(crate) fn holds_events(self) -> bool {
        self.kind() == Self::Events
    }
}

/// One record table behind the common face that matching and evidence use.
pub(crate) struct Source<'a> {
    pub(crate) table: Table,
    pub(crate) len: usize,
    pub(crate) record_id: Text<'a>,
    pub(crate) subject_id: Text<'a>,
    pub(crate) subject_name: Text<'a>,
    pub(crate) subject_kind: Text<'a>,
    pub(crate) document_no: Text<'a>,
    pub(crate) case_id: Text<'a>,
    pub(crate) violation: Text<'a>,
    pub(crate) facts: Text<'a>,
    /// `content`, or `detail` of an event.
    pub(crate) content: Text<'a>,
    pub(crate) citations: Texts<'a>,
    pub(crate) penalty_kinds: Texts<'a>,
    pub(crate) fine: Option<&'a Int64Array>,
    pub(crate) confiscated: Option<&'a Int64Array>,
    /// `decided_on`, or `occurred_on` of an event.
    decided: &'a Date32Array,
    /// `valid_until`, or `ends_on` of an event.
    ends: Option<&'a Date32Array>,
    /// `valid_from` of a license.
    starts: Option<&'a Date32Array>,
    received: Option<&'a Date32Array>,
    sent_at: Text<'a>,
    pub(crate) authority: Text<'a>,
    pub(crate) region: Text<'a>,
    pub(crate) event_kind: Text<'a>,
    /// The kind that each text of a coded `event_kind` names.
    kinds: Vec<Option<EventKind>>,
    /// The kind that each text of coded `penalty_kinds` names.
    penalties: Vec<Option<PenaltyKind>>,
    pub(crate) level: Text<'a>,
    pub(crate) term_months: Option<&'a Int64Array>,
    pub(crate) role: Text<'a>,
    pub(crate) list: Text<'a>,
    minor: Option<&'a BooleanArray>,
    simple_procedure: Option<&'a BooleanArray>,
    bucket: Option<&'a Int32Array>,
    /// The subject whose record a linked row is.
    pub(crate) linked_from: Text<'a>,
}

impl<'a> Source<'a> {
    pub(crate) fn of(batch: &'a RecordBatch, table: Table) -> Result<Self, GradingError> {
        let event = table.holds_events();
        let cols = Columns {
            batch,
            table: table_name(table),
        };
        let event_kind = cols.text("event_kind")?;
        let penalty_kinds = cols.texts("penalty_kinds")?;
        Ok(Self {
            table,
            len: batch.num_rows(),
            record_id: cols.text("record_id")?,
            subject_id: cols.need_text("subject_id")?,
            subject_name: cols.text("subject_name")?,
            subject_kind: cols.text("subject_kind")?,
            document_no: cols.text("document_no")?,
            case_id: cols.text("case_id")?,
            violation: cols.text("violation")?,
            facts: cols.text("facts")?,
            content: cols.text(if event { "detail" } else { "content" })?,
            citations: cols.texts("citations")?,
            penalties: named(penalty_kinds.items, PenaltyKind::from_zh),
            penalty_kinds,
            fine: cols.ints("fine_fen")?,
            confiscated: cols.ints("confiscated_fen")?,
            decided: cols.need_days(if event { "occurred_on" } else { "decided_on" })?,
            ends: cols.days(if event { "ends_on" } else { "valid_until" })?,
            starts: cols.days("valid_from")?,
            received: cols.days("received_on")?,
            sent_at: cols.text("sent_at")?,
            authority: cols.text("authority")?,
            region: cols.text("region")?,
            kinds: named(event_kind, EventKind::from_zh),
            event_kind,
            level: cols.text("level")?,
            term_months: cols.ints("term_months")?,
            role: cols.text("role")?,
            list: cols.text("list_or_scheme")?,
            minor: cols.bools("minor")?,
            simple_procedure: cols.bools("simple_procedure")?,
            bucket: cols.smalls("bucket")?,
            linked_from: cols.text("linked_from")?,
        })
    }

    /// The sources of a bucket, each at the place of its table; the linked ones only where there are links.
    pub(crate) fn all(input: &BucketInput<'a>) -> Result<Vec<Self>, GradingError> {
        let mut sources = vec![
            Self::of(input.penalties, Table::Penalties)?,
            Self::of(input.licenses, Table::Licenses)?,
            Self::of(input.events, Table::Events)?,
        ];
        if let Some(linked) = input.linked {
            sources.push(Self::of(linked.penalties, Table::LinkedPenalties)?);
            sources.push(Self::of(linked.events, Table::LinkedEvents)?);
        }
        Ok(sources)
    }

    /// Evidence names records by their ids.
    ///
    /// # Errors
    /// When rows come without ids.
    pub(crate) fn need_ids(&self) -> Result<(), GradingError> {
        if self.record_id.is_absent() && self.len > 0 {
            return Err(GradingError::MissingColumn {
                table: table_name(self.table),
                column: "record_id".to_owned(),
            });
        }
        Ok(())
    }

    /// Whose record a row is: the subject that a link took it from, else the row's own.
    pub(crate) fn owner(&self, row: usize) -> &'a str {
        self.linked_from
            .get(row)
            .unwrap_or_else(|| self.subject_id.or_empty(row))
    }

    /// What kind of event a row is.
    ///
    /// # Errors
    /// When the text names none.
    pub(crate) fn kind(&self, row: usize) -> Result<EventKind, GradingError> {
        known(self.event_kind, &self.kinds, row)
            .or_else(|| EventKind::from_zh(self.event_kind.or_empty(row)))
            .ok_or_else(|| GradingError::UnknownValue {
                table: "events",
                column: "event_kind",
                value: self.event_kind.or_empty(row).to_owned(),
            })
    }

    /// The kinds of a penalty.
    ///
    /// # Errors
    /// When a text names none.
    pub(crate) fn kinds_of_penalty(&self, row: usize) -> Result<PenaltyKinds, GradingError> {
        let items = self.penalty_kinds.items;
        let mut kinds = PenaltyKinds::default();
        for item in self.penalty_kinds.span(row) {
            let Some(name) = items.get(item) else {
                continue;
            };
            let kind = known(items, &self.penalties, item).or_else(|| PenaltyKind::from_zh(name));
            kinds.insert(kind.ok_or_else(|| GradingError::UnknownValue {
                table: "penalties",
                column: "penalty_kinds",
                value: name.to_owned(),
            })?);
        }
        Ok(kinds)
    }

    pub(crate) fn decided(&self, row: usize) -> i32 {
        self.decided.value(row)
    }

    pub(crate) fn decided_on(&self, row: usize) -> Day {
        Day::from_epoch(self.decided.value(row))
    }

    pub(crate) fn ends(&self, row: usize) -> Option<i32> {
        self.ends.filter(|c| c.is_valid(row)).map(|c| c.value(row))
    }

    pub(crate) fn starts(&self, row: usize) -> Option<i32> {
        self.starts
            .filter(|c| c.is_valid(row))
            .map(|c| c.value(row))
    }

    pub(crate) fn received_on(&self, row: usize) -> Option<Day> {
        let column = self.received.filter(|c| c.is_valid(row))?;
        Some(Day::from_epoch(column.value(row)))
    }

    /// The sender's own time stamp.
    pub(crate) fn sent_at(&self, row: usize) -> Option<&'a str> {
        self.sent_at.get(row)
    }

    /// The day of publication: that of the sender's stamp, else the received date; within decision and receipt.
    pub(crate) fn published(&self, row: usize) -> Option<i32> {
        let received = self.received_on(row)?.epoch();
        let stamp = self.sent_at(row).and_then(|stamp| stamp.get(..10));
        let sent = stamp.and_then(Day::parse_iso).map(Day::epoch);
        Some(
            sent.unwrap_or(received)
                .min(received)
                .max(self.decided(row)),
        )
    }

    pub(crate) fn int(column: Option<&Int64Array>, row: usize) -> Option<i64> {
        column.filter(|c| c.is_valid(row)).map(|c| c.value(row))
    }

    pub(crate) fn is_minor(&self, row: usize) -> bool {
        self.minor.is_some_and(|c| c.is_valid(row) && c.value(row))
    }

    pub(crate) fn is_simple(&self, row: usize) -> bool {
        self.simple_procedure
            .is_some_and(|c| c.is_valid(row) && c.value(row))
    }

    pub(crate) fn bucket(&self, row: usize) -> i32 {
        self.bucket.map_or(0, |c| c.value(row))
    }
}

/// What each text of a coded column names; nothing of other columns.
fn named<K>(column: Text<'_>, of: impl Fn(&str) -> Option<K>) -> Vec<Option<K>> {
    match column {
        Text::Coded(_, texts) => texts.iter().map(|text| text.and_then(&of)).collect(),
        _ => Vec::new(),
    }
}

/// What the text of a row names, where its column is coded.
fn known<K: Copy>(column: Text<'_>, named: &[Option<K>], row: usize) -> Option<K> {
    match column {
        Text::Coded(keys, _) if keys.is_valid(row) => {
            let key = usize::try_from(keys.value(row)).ok()?;
            named.get(key).copied().flatten()
        }
        _ => None,
    }
}

/// The subjects table.
pub(crate) struct Subjects<'a> {
    pub(crate) len: usize,
    pub(crate) subject_id: Text<'a>,
    pub(crate) name: Text<'a>,
    pub(crate) kind: Text<'a>,
    /// The kind that each text of a coded `kind` names.
    kinds: Vec<Option<SubjectKind>>,
    pub(crate) region: Text<'a>,
    pub(crate) same_as: Text<'a>,
    bucket: Option<&'a Int32Array>,
    minor: Option<&'a BooleanArray>,
}

impl<'a> Subjects<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self, GradingError> {
        let cols = Columns {
            batch,
            table: "subjects",
        };
        let kind = cols.text("kind")?;
        Ok(Self {
            len: batch.num_rows(),
            subject_id: cols.need_text("subject_id")?,
            name: cols.text("name")?,
            kinds: named(kind, SubjectKind::from_zh),
            kind,
            region: cols.text("region")?,
            same_as: cols.text("same_as")?,
            bucket: cols.smalls("bucket")?,
            minor: cols.bools("minor")?,
        })
    }

    pub(crate) fn bucket(&self, row: usize) -> i32 {
        self.bucket.map_or(0, |c| c.value(row))
    }

    /// The kind of a subject, where its text names one.
    pub(crate) fn kind(&self, row: usize) -> Option<SubjectKind> {
        known(self.kind, &self.kinds, row)
            .or_else(|| self.kind.get(row).and_then(SubjectKind::from_zh))
    }

    pub(crate) fn is_minor(&self, row: usize) -> bool {
        self.minor.is_some_and(|c| c.is_valid(row) && c.value(row))
    }
}

/// Columns of a batch by name.
pub(crate) struct Columns<'a> {
    pub(crate) batch: &'a RecordBatch,
    pub(crate) table: &'static str,
}

impl<'a> Columns<'a> {
    fn array(&self, name: &str) -> Option<&'a dyn Array> {
        self.batch.column_by_name(name).map(AsRef::as_ref)
    }

    fn missing(&self, column: &str) -> GradingError {
        GradingError::MissingColumn {
            table: self.table,
            column: column.to_owned(),
        }
    }

    fn text(&self, name: &str) -> Result<Text<'a>, GradingError> {
        let Some(array) = self.array(name) else {
            return Ok(Text::Absent);
        };
        Text::of(array).ok_or_else(|| wrong_type(self.table, name, array.data_type()))
    }

    pub(crate) fn need_text(&self, name: &str) -> Result<Text<'a>, GradingError> {
        match self.text(name)? {
            Text::Absent => Err(self.missing(name)),
            found => Ok(found),
        }
    }

    fn texts(&self, name: &str) -> Result<Texts<'a>, GradingError> {
        let Some(array) = self.array(name) else {
            return Ok(Texts::ABSENT);
        };
        Texts::of(array).ok_or_else(|| wrong_type(self.table, name, array.data_type()))
    }

    fn typed<T: 'static>(&self, name: &str) -> Result<Option<&'a T>, GradingError> {
        match self.array(name) {
            None => Ok(None),
            Some(array) => match array.as_any().downcast_ref::<T>() {
                Some(found) => Ok(Some(found)),
                None => Err(wrong_type(self.table, name, array.data_type())),
            },
        }
    }

    fn ints(&self, name: &str) -> Result<Option<&'a Int64Array>, GradingError> {
        self.typed(name)
    }

    fn smalls(&self, name: &str) -> Result<Option<&'a Int32Array>, GradingError> {
        self.typed(name)
    }

    fn bools(&self, name: &str) -> Result<Option<&'a BooleanArray>, GradingError> {
        self.typed(name)
    }

    fn days(&self, name: &str) -> Result<Option<&'a Date32Array>, GradingError> {
        self.typed(name)
    }

    fn need_days(&self, name: &str) -> Result<&'a Date32Array, GradingError> {
        self.days(name)?.ok_or_else(|| self.missing(name))
    }
}

fn wrong_type(table: &'static str, column: &str, found: &DataType) -> GradingError {
    GradingError::ColumnType {
        table,
        column: column.to_owned(),
        found: found.to_string(),
    }
}

pub(crate) fn table_name(table: Table) -> &'static str {
    match table.kind() {
        Table::Penalties => "penalties",
        Table::Licenses => "licenses",
        _ => "events",
    }
}
