//! Candidates: a row of the catalogue beside the record that may trigger it.

use std::borrow::Cow;
use std::rc::Rc;

use super::catalogue::{Basis, Catalogue, Cited, Edition, Exemption, Row, StartEvent, months_zh};
use super::error::ConsequenceError;
use super::rows::{self, Bodies, Text};
use super::term::{Ban, Length, dates, read_ban};
use crate::grading::{BucketInput, RecordState, States, stands_unnegated};
use crate::record::{
    Day, EventKind, Fen, Lookup, PenaltyKind, PenaltyKinds, SubjectKind, parse_citations,
};
use crate::rules::publicity::{Publicity, PublicityRules};

/// What kind of record a measure would rest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Penalty,
    Misconduct,
    Listed,
    /// 公布等级: a grade, never enough.
    Grade,
}

/// The record that may trigger measures.
#[derive(Debug)]
pub(super) struct Trigger<'a> {
    pub(super) source: Source,
    pub(super) record_id: &'a str,
    pub(super) subject_id: &'a str,
    pub(super) subject_kind: SubjectKind,
    pub(super) document_no: &'a str,
    /// 同一违法行为.
    pub(super) case_id: &'a str,
    pub(super) class: &'a str,
    pub(super) violation_text: &'a str,
    pub(super) facts: &'a str,
    /// 处罚内容, or 内容 of an event.
    pub(super) content: &'a str,
    pub(super) level: &'a str,
    pub(super) role: &'a str,
    pub(super) list: &'a str,
    pub(super) citations: Vec<Rc<Cited>>,
    pub(super) decided_on: Day,
    pub(super) ends_on: Option<Day>,
    pub(super) months: Option<i64>,
    pub(super) kinds: PenaltyKinds,
    pub(super) fine: Option<Fen>,
    pub(super) minor: bool,
    pub(super) bucket: i32,
    pub(super) state: &'a RecordState,
    pub(super) publicity: Option<Publicity<'a>>,
    /// Places of the rows of the catalogue that it makes candidates, ascending; at least one.
    pub(super) rows: Vec<usize>,
}

impl Trigger<'_> {
    /// Whether a word of the article stands un-negated in the document.
    pub(super) fn proves(&self, word: &str) -> bool {
        let by_level = match self.level {
            "较重" => word == "情节较重",
            "严重" => word == "情节严重",
            "特别严重" => word == "情节特别严重" || word == "情节严重",
            _ => false,
        };
        by_level
            || [self.violation_text, self.facts, self.content]
                .iter()
                .any(|text| stands_unnegated(text, word))
    }

    /// The earliest day that the facts name: a hint at the day of the act, which no template carries.
    pub(super) fn act_day(&self) -> Option<Day> {
        dates(self.facts)
            .into_iter()
            .map(|(day, _)| day)
            .filter(|d| *d <= self.decided_on)
            .min()
    }
}

/// A row of the catalogue and the record that may trigger it.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub(super) row: &'a Row,
    pub(super) trigger: &'a Trigger<'a>,
    pub(super) edition: Option<&'a Edition>,
    pub(super) exemption: Option<&'a Exemption>,
    pub(super) ban: Option<Ban>,
    pub(super) as_of: Day,
    /// The row that stands instead of this one for the same fact.
    pub(super) rival: Option<String>,
}

impl<'a> Candidate<'a> {
    /// The article of the row that the document cites.
    pub(super) fn cited_basis(&self) -> Option<&'a Basis> {
        let cited = |b: &&Basis| self.trigger.citations.iter().any(|c| b.covers(&c.citation));
        let day = self.trigger.decided_on;
        let in_force =
            |b: &&Basis| b.from.is_none_or(|d| d <= day) && b.to.is_none_or(|d| day <= d);
        let bases = self.row.triggers();
        bases
            .iter()
            .filter(cited)
            .find(in_force)
            .or_else(|| bases.iter().find(cited))
    }

    /// The row rests on a list entry or on a kind of penalty, not on a cited article.
    pub(super) fn needs_no_citation(&self) -> bool {
        let listed = self.trigger.source == Source::Listed
            && self
                .row
                .lists
                .iter()
                .any(|l| self.trigger.list.contains(l.as_str()));
        listed || self.row.major_violation.is_some()
    }

    /// The document itself imposes the ban.
    pub(super) fn is_imposed(&self) -> bool {
        let termed = self.trigger.source == Source::Misconduct
            && (self.trigger.months.is_some_and(|m| m > 0) || self.trigger.ends_on.is_some());
        self.ban.is_some() || termed
    }

    /// How long, where the document or the article leaves one answer or a span.
    pub(super) fn length(&self) -> Option<Length> {
        let read = self.ban.as_ref().and_then(|b| b.length);
        let months = || {
            self.trigger
                .months
                .and_then(|m| u16::try_from(m).ok())
                .filter(|m| *m > 0)
        };
        let event = || {
            (self.trigger.source == Source::Misconduct)
                .then(months)
                .flatten()
                .map(Length::Months)
        };
        let fixed = || {
            self.row
                .term
                .fixed()
                .filter(|_| !self.row.authority_imposed)
                .map(Length::Months)
        };
        read.or_else(event).or_else(fixed)
    }

    /// First day of the term, where the document or the article fixes it.
    pub(super) fn starts_on(&self) -> Option<Day> {
        if let Some(day) = self.ban.as_ref().and_then(|b| b.starts_on) {
            return Some(day);
        }
        let by_event = match self.trigger.source {
            Source::Misconduct => self.trigger.ends_on.is_some(),
            Source::Listed => !self.row.authority_imposed,
            Source::Penalty | Source::Grade => false,
        };
        (by_event || self.row.start_event == StartEvent::DecisionMade)
            .then_some(self.trigger.decided_on)
    }

    /// Last day of the term, inclusive (民法典 201–202).
    pub(super) fn ends_on(&self) -> Option<Day> {
        if let Some(day) = self.ban.as_ref().and_then(|b| b.ends_on) {
            return Some(day);
        }
        let by_event = match self.trigger.source {
            Source::Misconduct => true,
            Source::Listed => !self.row.authority_imposed,
            Source::Penalty | Source::Grade => false,
        };
        if let Some(day) = self.trigger.ends_on.filter(|_| by_event) {
            return Some(day);
        }
        match (self.starts_on(), self.length()) {
            (Some(start), Some(Length::Months(months))) => {
                Some(start.plus_months(i32::from(months)))
            }
            _ => None,
        }
    }

    /// The ban runs by its own statute, whatever becomes of the publicity.
    pub(super) fn has_own_term(&self) -> bool {
        self.row.term.is_stated() || self.is_imposed()
    }

    /// The term in words: what the document fixed, else what the article allows.
    pub(super) fn term_zh(&self) -> Option<Cow<'a, str>> {
        match self.length() {
            Some(Length::Permanent) => Some(Cow::Borrowed("终身")),
            Some(Length::Months(months)) => Some(Cow::Owned(months_zh(months))),
            Some(Length::Span(min, max)) => Some(Cow::Owned(format!(
                "{}至{}",
                months_zh(min),
                months_zh(max)
            ))),
            None => self.row.printed.term.as_deref().map(Cow::Borrowed),
        }
    }

    /// Longer terms stand: permanent, then the last day, then months.
    pub(super) fn weight(&self) -> (bool, Option<Day>, u16) {
        let months = match self.length() {
            Some(Length::Months(m) | Length::Span(_, m)) => m,
            _ => self.row.term.max_months.unwrap_or(0),
        };
        (
            self.length() == Some(Length::Permanent),
            self.ends_on(),
            months,
        )
    }
}

/// Places of the rows of the catalogue, which stand by id, that a record makes candidates.
fn raised(
    catalogue: &Catalogue,
    source: Source,
    citations: &[Rc<Cited>],
    (kinds, list): (PenaltyKinds, &str),
    (decided_on, as_of): (Day, Day),
) -> Vec<usize> {
    let rows = catalogue.rows();
    let mut places: Vec<usize> = Vec::new();
    for cited in citations {
        places.extend(&cited.rows);
    }
    for &at in catalogue.uncited() {
        let row = &rows[at];
        let listed =
            source == Source::Listed && row.lists.iter().any(|l| list.contains(l.as_str()));
        let weighty = source == Source::Penalty
            && row.major_violation.is_some_and(|major| {
                (kinds.intersects(major.kinds) || kinds.contains(PenaltyKind::Fine))
                    && decided_on.plus_months(i32::from(major.within_months)) >= as_of
            });
        if listed || weighty {
            places.push(at);
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Every candidate that a trigger raises, by row id.
pub(super) fn candidates<'a>(
    trigger: &'a Trigger<'a>,
    catalogue: &'a Catalogue,
    as_of: Day,
) -> impl Iterator<Item = Candidate<'a>> {
    let rows = catalogue.rows();
    let reads_bans = trigger.rows.iter().any(|&at| row_reads_bans(&rows[at]));
    let ban = reads_bans
        .then(|| read_ban(trigger.content, trigger.decided_on))
        .flatten();
    let edition = catalogue.edition_on(as_of);
    let exemption = catalogue.exemption(trigger.class);
    trigger.rows.iter().map(move |&at| Candidate {
        // A major violation bars by law; what else the decision bars from does not lengthen it.
        ban: ban.clone().filter(|_| row_reads_bans(&rows[at])),
        row: &rows[at],
        trigger,
        edition,
        exemption,
        as_of,
        rival: None,
    })
}

fn row_reads_bans(row: &Row) -> bool {
    row.reduces_right && row.major_violation.is_none()
}

/// Every record of the bucket, decided by `as_of`, that makes a row of the catalogue a candidate, in the order of the batches.
pub(super) fn triggers<'a>(
    input: &BucketInput<'a>,
    states: &'a States,
    catalogue: &Catalogue,
    publicity: &'a PublicityRules,
    as_of: Day,
) -> Result<Vec<Trigger<'a>>, ConsequenceError> {
    let mut found = penalties(input, states, catalogue, publicity, as_of)?;
    found.extend(events(input, states, catalogue, as_of)?);
    let bodies = Bodies::of(input.subjects);
    for trigger in &mut found {
        if let Some((subject, bucket)) = bodies.end(trigger.subject_id) {
            trigger.subject_id = subject;
            trigger.bucket = bucket.unwrap_or(trigger.bucket);
        }
    }
    Ok(found)
}

/// Cited provisions by their stored text; `None` for a text that is none.
type Provisions<'a> = Lookup<&'a str, Option<Rc<Cited>>>;

fn penalties<'a>(
    input: &BucketInput<'a>,
    states: &'a States,
    catalogue: &Catalogue,
    publicity: &'a PublicityRules,
    as_of: Day,
) -> Result<Vec<Trigger<'a>>, ConsequenceError> {
    let batch = input.penalties;
    let text = |column| Text::of(batch, column);
    let (record_id, subject_id, kind) = (
        text("record_id")?,
        text("subject_id")?,
        text("subject_kind")?,
    );
    let (document_no, case_id, class) =
        (text("document_no")?, text("case_id")?, text("violation")?);
    let (violation_text, facts, content) =
        (text("violation_text")?, text("facts")?, text("content")?);
    let (citations, kinds) = (
        rows::lists(batch, "citations")?,
        rows::lists(batch, "penalty_kinds")?,
    );
    let (decided_on, fine) = (
        rows::days(batch, "decided_on")?,
        rows::ints(batch, "fine_fen")?,
    );
    let (minor, simple) = (
        rows::flags(batch, "minor")?,
        rows::flags(batch, "simple_procedure")?,
    );
    let bucket = rows::smalls(batch, "bucket")?;
    let mut provisions = Provisions::default();
    let mut provision = |text: &'a str| {
        let read = || text.parse().ok().map(|c| Rc::new(catalogue.cited(c)));
        provisions.entry(text).or_insert_with(read).clone()
    };
    let mut found = Vec::with_capacity(batch.num_rows() + input.events.num_rows());
    for row in 0..batch.num_rows() {
        let Some(decided_on) = rows::day(decided_on, row).filter(|d| *d <= as_of) else {
            continue;
        };
        let kinds: PenaltyKinds = kinds.iter(row).filter_map(PenaltyKind::from_zh).collect();
        let citations: Vec<Rc<Cited>> = citations.iter(row).filter_map(&mut provision).collect();
        let said = (kinds, "");
        let days = (decided_on, as_of);
        let rows = raised(catalogue, Source::Penalty, &citations, said, days);
        if rows.is_empty() {
            continue;
        }
        let state = states.penalty(row);
        found.push(Trigger {
            source: Source::Penalty,
            record_id: record_id.get(row),
            subject_id: subject_id.get(row),
            subject_kind: subject_kind(kind.get(row))?,
            document_no: document_no.get(row),
            case_id: state
                .linked_case
                .as_deref()
                .unwrap_or_else(|| case_id.get(row)),
            class: class.get(row),
            violation_text: violation_text.get(row),
            facts: facts.get(row),
            content: content.get(row),
            level: "",
            role: "",
            list: "",
            citations,
            decided_on,
            ends_on: None,
            months: None,
            kinds,
            fine: arrow::array::Array::is_valid(fine, row).then(|| Fen(fine.value(row))),
            minor: minor.value(row),
            bucket: bucket.value(row),
            state,
            publicity: Some(publicity.of(kinds, simple.value(row), decided_on, as_of)),
            rows,
        });
    }
    Ok(found)
}

fn events<'a>(
    input: &BucketInput<'a>,
    states: &'a States,
    catalogue: &Catalogue,
    as_of: Day,
) -> Result<Vec<Trigger<'a>>, ConsequenceError> {
    let batch = input.events;
    let text = |column| Text::of(batch, column);
    let (record_id, subject_id, kind) = (
        text("record_id")?,
        text("subject_id")?,
        text("subject_kind")?,
    );
    let (event_kind, document_no, class) = (
        text("event_kind")?,
        text("document_no")?,
        text("violation")?,
    );
    let (level, role, list, detail) = (
        text("level")?,
        text("role")?,
        text("list_or_scheme")?,
        text("detail")?,
    );
    let (occurred_on, ends_on) = (
        rows::days(batch, "occurred_on")?,
        rows::days(batch, "ends_on")?,
    );
    let (months, minor, bucket) = (
        rows::ints(batch, "term_months")?,
        rows::flags(batch, "minor")?,
        rows::smalls(batch, "bucket")?,
    );
    let mut found = Vec::new();
    for row in 0..batch.num_rows() {
        let source = match EventKind::from_zh(event_kind.get(row)) {
            Some(EventKind::ResearchMisconduct) => Source::Misconduct,
            Some(EventKind::Listed) => Source::Listed,
            Some(EventKind::PublishedGrade) => Source::Grade,
            _ => continue,
        };
        let Some(decided_on) = rows::day(occurred_on, row).filter(|d| *d <= as_of) else {
            continue;
        };
        let citations: Vec<Rc<Cited>> = parse_citations(detail.get(row))
            .into_iter()
            .map(|citation| Rc::new(catalogue.cited(citation)))
            .collect();
        let (said, days) = ((PenaltyKinds::EMPTY, list.get(row)), (decided_on, as_of));
        let rows = raised(catalogue, source, &citations, said, days);
        if rows.is_empty() {
            continue;
        }
        let document = document_no.get(row);
        found.push(Trigger {
            source,
            record_id: record_id.get(row),
            subject_id: subject_id.get(row),
            subject_kind: subject_kind(kind.get(row))?,
            document_no: document,
            case_id: if document.is_empty() {
                record_id.get(row)
            } else {
                document
            },
            class: class.get(row),
            violation_text: "",
            facts: detail.get(row),
            content: detail.get(row),
            level: level.get(row),
            role: role.get(row),
            list: list.get(row),
            citations,
            decided_on,
            ends_on: rows::day(ends_on, row),
            months: arrow::array::Array::is_valid(months, row).then(|| months.value(row)),
            kinds: PenaltyKinds::EMPTY,
            fine: None,
            minor: minor.value(row),
            bucket: bucket.value(row),
            state: states.event(row),
            publicity: None,
            rows,
        });
    }
    Ok(found)
}

fn subject_kind(text: &str) -> Result<SubjectKind, ConsequenceError> {
    SubjectKind::from_zh(text).ok_or_else(|| ConsequenceError::Value {
        column: "subject_kind",
        value: text.to_owned(),
    })
}
