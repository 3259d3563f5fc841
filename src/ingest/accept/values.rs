//! Values that every kind of record has.

use std::borrow::Cow;

use crate::ingest::check::RowView;
use crate::ingest::identity::{Subject, comparable};
use crate::ingest::outcome::CheckContext;
use crate::record::digest::short_id;
use crate::record::{Day, SubjectKind, Uscc, scrub};
use crate::standard::{EnumMatch, Field};

/// The region of records that name neither a code nor an organ with one: 重庆市.
const DEFAULT_REGION: &str = "500000";

/// A row on its way to a record.
pub(super) struct Row<'a> {
    pub(super) view: &'a RowView<'a>,
    pub(super) ctx: &'a CheckContext<'a>,
    pub(super) subject: &'a Subject,
    pub(super) decided_on: Day,
}

impl<'a> Row<'a> {
    pub(super) fn new(
        view: &'a RowView<'a>,
        ctx: &'a CheckContext<'a>,
        subject: &'a Subject,
        decided_on: Day,
    ) -> Row<'a> {
        Row {
            view,
            ctx,
            subject,
            decided_on,
        }
    }

    /// A cell as it is, `None` when blank.
    pub(super) fn opt(&self, field: Field) -> Option<String> {
        let text = self.view.get(field);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Free text without numbers of people, and without the name of the natural person that it is about.
    pub(super) fn free(&self, field: Field) -> String {
        let text = scrub(self.view.get(field));
        let name = self.view.get(Field::SubjectName);
        let is_person = self.subject.kind == SubjectKind::Person;
        if is_person && name.chars().count() > 1 && text.contains(name) {
            text.replace(name, &self.subject.name)
        } else {
            text.into_owned()
        }
    }

    /// Free text, `None` when blank.
    pub(super) fn opt_free(&self, field: Field) -> Option<String> {
        let text = self.free(field);
        (!text.is_empty()).then_some(text)
    }

    /// A code of an organ in its right form.
    pub(super) fn code(&self, field: Field) -> Option<String> {
        let cell = self.view.get(field);
        Uscc::parse(cell)
            .ok()
            .or_else(|| Uscc::repair(cell))
            .map(|code| code.as_str().to_owned())
    }

    /// The value of a list under its standard name: `1.0` → 有效, `其他-备案` as it is.
    pub(super) fn listed(&self, field: Field) -> String {
        let cell = self.view.get(field);
        let Some(column) = self.view.layout.column(field) else {
            return cell.to_owned();
        };
        let Some(list) = column.one_of.as_deref() else {
            return cell.to_owned();
        };
        match list.find(cell, column.coded) {
            EnumMatch::Known(value, "") => std::iter::once(&value.value)
                .chain(&value.aliases)
                .find(|name| !name.is_ascii())
                .unwrap_or(&value.value)
                .clone(),
            EnumMatch::Known(value, name) => format!("{}-{name}", value.value),
            _ => cell.to_owned(),
        }
    }

    /// Positions 3–8 of the subject's code, else of the deciding organ's.
    pub(super) fn region(&self) -> String {
        let of_code = |code: &str| code.get(2..8).map(str::to_owned);
        self.subject
            .uscc
            .as_deref()
            .and_then(of_code)
            .or_else(|| self.code(Field::AuthorityCode).as_deref().and_then(of_code))
            .unwrap_or_else(|| DEFAULT_REGION.to_owned())
    }

    /// The bucket of the subject.
    pub(super) fn bucket(&self) -> i32 {
        i32::try_from(self.subject.id.bucket(self.ctx.buckets)).unwrap_or(0)
    }

    /// The source unit of the row.
    pub(super) fn source_unit(&self) -> String {
        source_unit(self.view)
    }
}

/// 数据来源单位, else the one given for the whole file, else the deciding organ.
pub(in crate::ingest) fn source_unit(view: &RowView<'_>) -> String {
    let written = view.get(Field::SourceUnit);
    if written.is_empty() {
        view.source_unit
            .unwrap_or_else(|| view.get(Field::Authority))
            .to_owned()
    } else {
        written.to_owned()
    }
}

/// The digest of a record's content: what the decision says, not who sent it, when, or with which remark.
pub(super) fn content_digest(parts: &[&str]) -> String {
    let parts: Vec<Cow<'_, str>> = parts.iter().map(|part| comparable(part)).collect();
    let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
    short_id(&parts)
}

/// A day as a part of a digest.
pub(super) fn day_part(day: Option<Day>) -> String {
    day.map(Day::iso).unwrap_or_default()
}
