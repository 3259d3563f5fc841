//! A row as the checks see it: cells with what they say, read once.

use std::cell::OnceCell;

use crate::ingest::normalise::{
    AmountCell, DateCell, parse_amount_wan, parse_date, parse_timestamp, whole_number,
};
use crate::ingest::read::SourceRow;
use crate::record::{Calendar, Day, ParsedKinds, RecordKind, SubjectKind, parse_penalty_kinds};
use crate::standard::{ColumnType, EnumMatch, Facts, Field, FieldSet, Layout};

use super::identifiers::{UsccCell, read_uscc};
use super::timeliness::Timeliness;

/// A row under the edition of its layout that its decision day asks for.
pub(in crate::ingest) struct RowView<'a> {
    /// The row.
    pub(in crate::ingest) row: &'a SourceRow,
    /// The edition of the layout.
    pub(in crate::ingest) layout: &'a Layout,
    /// The received date, which is "today" for every check.
    pub(in crate::ingest) received: Day,
    /// Working days.
    pub(in crate::ingest) calendar: &'a Calendar,
    /// A source unit given for the whole file.
    pub(in crate::ingest) source_unit: Option<&'a str>,
    /// What the decision (or event) date cell says.
    pub(in crate::ingest) decided: DateCell,
    /// The subject kind, when the cell (or the layout) tells.
    pub(in crate::ingest) subject_kind: Option<SubjectKind>,
    /// What the code cell says.
    pub(in crate::ingest) uscc: UsccCell,
    /// The penalty kinds.
    pub(in crate::ingest) kinds: ParsedKinds,
    /// The fine in the 万元 column (or derived into it).
    pub(in crate::ingest) fine: AmountCell,
    /// The confiscated amount.
    pub(in crate::ingest) confiscated: AmountCell,
    /// The sender's own time stamp in sortable form.
    pub(in crate::ingest) sent_at: Option<String>,
    /// Of every field what [`RowView::get`] says: checks ask for the same cell many times.
    cells: [&'a str; Field::COUNT],
    /// The columns of days, and what their cells say.
    date_fields: FieldSet,
    dates: [DateCell; Field::COUNT],
    /// The fields of which [`Facts::text`] says something.
    filled: FieldSet,
    timeliness: OnceCell<Timeliness>,
}

/// The cells that tell the subject of a row and its day, see [`crate::ingest::identity`].
const WHO_AND_WHEN: [Field; 8] = [
    Field::SubjectKind,
    Field::Uscc,
    Field::OrgCode,
    Field::RegistrationNo,
    Field::IdType,
    Field::IdNo,
    Field::DecidedOn,
    Field::OccurredOn,
];

impl<'a> RowView<'a> {
    /// Reads the cells that several checks need.
    pub(in crate::ingest) fn new(
        row: &'a SourceRow,
        layout: &'a Layout,
        received: Day,
        calendar: &'a Calendar,
        source_unit: Option<&'a str>,
    ) -> RowView<'a> {
        let fields = row.values.fields();
        RowView::of(row, fields, layout, received, calendar, source_unit)
    }

    /// A view that is blind to all cells but those that say who the row speaks of and when it was decided: for sorting rows.
    pub(in crate::ingest) fn of_subject(
        row: &'a SourceRow,
        layout: &'a Layout,
        received: Day,
        calendar: &'a Calendar,
    ) -> RowView<'a> {
        let fields = WHO_AND_WHEN.into_iter();
        RowView::of(row, fields, layout, received, calendar, None)
    }

    fn of(
        row: &'a SourceRow,
        fields: impl Iterator<Item = Field>,
        layout: &'a Layout,
        received: Day,
        calendar: &'a Calendar,
        source_unit: Option<&'a str>,
    ) -> RowView<'a> {
        let mut cells = [""; Field::COUNT];
        let mut filled = FieldSet::default();
        for field in fields {
            let text = cell(row, field);
            if !text.is_empty() {
                cells[field as usize] = text;
                filled.insert(field);
            }
        }
        let at = |field: Field| cells[field as usize];
        let decided = parse_date(at(match layout.kind {
            RecordKind::Event => Field::OccurredOn,
            _ => Field::DecidedOn,
        }));
        let day = match decided {
            DateCell::Day(day) => Some(day),
            _ => None,
        };
        let layout = layout.on(day);
        let subject_kind = subject_kind(layout, at(Field::SubjectKind));
        let mut date_fields = FieldSet::default();
        let mut dates = [DateCell::Blank; Field::COUNT];
        for column in &layout.columns {
            if column.kind == ColumnType::Date {
                date_fields.insert(column.field);
                let date = parse_date(at(column.field));
                dates[column.field as usize] = date;
                if date == DateCell::ExcelZero {
                    filled.remove(column.field);
                }
            }
        }
        RowView {
            row,
            layout,
            received,
            calendar,
            source_unit,
            decided,
            subject_kind,
            uscc: read_uscc(at(Field::Uscc)),
            kinds: parse_penalty_kinds(at(Field::PenaltyKinds)),
            fine: parse_amount_wan(at(Field::Fine)),
            confiscated: parse_amount_wan(at(Field::Confiscated)),
            sent_at: parse_timestamp(at(Field::SentAt)),
            cells,
            date_fields,
            dates,
            filled,
            timeliness: OnceCell::new(),
        }
    }

    /// The cell of a field: trimmed, "" for blank, null markers and absent columns. States lose a decimal point (`1.0`).
    pub(in crate::ingest) fn get(&self, field: Field) -> &'a str {
        self.cells[field as usize]
    }

    /// Whether the cell of a field says something: a day 0 of a spreadsheet does not.
    pub(in crate::ingest) fn is_filled(&self, field: Field) -> bool {
        self.filled.contains(field)
    }

    /// What a date cell says.
    pub(in crate::ingest) fn date(&self, field: Field) -> DateCell {
        if self.date_fields.contains(field) {
            self.dates[field as usize]
        } else {
            parse_date(self.get(field))
        }
    }

    /// The day of a date cell, if it says one.
    pub(in crate::ingest) fn day(&self, field: Field) -> Option<Day> {
        match self.date(field) {
            DateCell::Day(day) => Some(day),
            _ => None,
        }
    }

    /// The decision (or event) day.
    pub(in crate::ingest) fn decided_on(&self) -> Option<Day> {
        match self.decided {
            DateCell::Day(day) => Some(day),
            _ => None,
        }
    }

    /// Whether the row came in time.
    pub(in crate::ingest) fn timeliness(&self) -> Timeliness {
        *self
            .timeliness
            .get_or_init(|| super::timeliness::judge(self))
    }

    /// The layout's own Chinese name of a column.
    pub(in crate::ingest) fn name(&self, field: Field) -> &'a str {
        self.layout.column_name(field)
    }

    /// Whether a fine in the amount column was not written there but read out of the decision text.
    pub(in crate::ingest) fn is_derived(&self, field: Field) -> bool {
        self.row.values.derived(field).is_some()
            && !self.row.values.has_column(match field {
                Field::Fine => Field::FineYuan,
                _ => Field::ConfiscatedYuan,
            })
    }
}

fn cell(row: &SourceRow, field: Field) -> &str {
    let text = row.values.get(field);
    if field == Field::Status || field == Field::TermMonths {
        whole_number(text)
    } else {
        text
    }
}

/// The subject kind that a cell names under a layout (local codes where the layout allows them).
fn subject_kind(layout: &Layout, cell: &str) -> Option<SubjectKind> {
    let column = layout.column(Field::SubjectKind);
    match column.and_then(|column| column.one_of.as_deref().map(|list| (list, column.coded))) {
        Some((list, coded)) => match list.find(cell, coded) {
            EnumMatch::Known(value, _) => SubjectKind::from_zh(&value.value),
            _ => None,
        },
        None => SubjectKind::from_zh(cell),
    }
}

impl Facts for RowView<'_> {
    fn text(&self, field: Field) -> &str {
        if self.is_filled(field) {
            self.get(field)
        } else {
            ""
        }
    }

    fn subject_kind(&self) -> &str {
        self.subject_kind.map_or("", SubjectKind::zh)
    }

    fn has_penalty_kind(&self, name: &str) -> bool {
        self.kinds.kinds.iter().any(|kind| kind.zh() == name)
    }

    fn has_placeholder_uscc(&self) -> bool {
        matches!(self.uscc, UsccCell::Placeholder)
    }
}
