//! A hit = one rule row that matched one record, with the days on which it can count.

use std::borrow::Cow;

use super::columns::Table;
use super::program::{
    Anchor, Delay, Indicator, Repair, Row, STATE_NOT_RECTIFIED, STATE_NOT_REPAIRED,
    STATE_OBJECTION, STATE_RECTIFIED, STATE_REPAIRED, Test, Validity, Window,
};
use super::publicity::Term;
use super::state::RecordState;
use crate::record::{Day, normal_document_no};

/// Stands for the decision day of what a row says of all its records together: before every record.
pub(crate) const BEFORE_ALL: i32 = -719_162;

/// Later than every day: no end.
pub(crate) const NEVER: i32 = i32::MAX;

/// What ends the time of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Window,
    Validity,
    Publicity,
    Delisted,
    Listing,
}

/// The case of a record, told by what it is named after: most are never looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Case<'a> {
    /// As linked by events, as ingested, or the record itself.
    Named(&'a str),
    /// A document, as printed.
    Document(&'a str),
    /// A record without number and id.
    Place(Table, usize),
}

impl<'a> Case<'a> {
    /// The text in which cases are compared.
    pub(crate) fn text(self) -> Cow<'a, str> {
        match self {
            Self::Named(text) => Cow::Borrowed(text),
            Self::Document(text) => normal_document_no(text),
            Self::Place(table, row) => Cow::Owned(format!("{table:?} {row}")),
        }
    }
}

/// What matching and time need to know of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) table: Table,
    pub(crate) row: usize,
    pub(crate) record_id: &'a str,
    pub(crate) case: Case<'a>,
    pub(crate) decided: i32,
    /// Site of the record.
    pub(crate) region: &'a str,
    /// `valid_until` or `ends_on`.
    pub(crate) ends: Option<i32>,
    /// `valid_from` of a license.
    pub(crate) starts: Option<i32>,
    /// Day of publication.
    pub(crate) published: Option<i32>,
    pub(crate) term_months: Option<i64>,
    /// A 名单列入 event: its own end and 名单移出 end it.
    pub(crate) listing: bool,
    pub(crate) state: &'a RecordState,
}

/// A matched row with its frame of days, all inclusive.
#[derive(Clone, Debug)]
pub(crate) struct Hit<'a> {
    pub(crate) facts: Facts<'a>,
    /// Index into `Program::rows`.
    pub(crate) rule: usize,
    pub(crate) from: i32,
    pub(crate) until: i32,
    pub(crate) end: End,
    /// Last day in the window alone.
    pub(crate) window: i32,
    /// Last day, the window apart, and what ends it.
    pub(crate) lasting: (i32, End),
    /// Day from which time runs.
    pub(crate) anchor: i32,
    /// Day on which the indicator takes the record for repaired, `NEVER` without one.
    pub(crate) repaired: i32,
    /// Day of 信用修复, `NEVER` without one.
    restored: i32,
    /// Hundredths of the points that the repair leaves, where it gives back a share.
    pub(crate) left: i64,
    /// The publicity term is not verified.
    pub(crate) provisional_term: bool,
    /// Fine and confiscated sum of a record that is counted with others; the number of a fact.
    pub(crate) figures: [i64; 2],
    /// What a row says of all its records together.
    pub(crate) summary: bool,
}

impl<'a> Hit<'a> {
    pub(crate) fn new(
        facts: Facts<'a>,
        rule: usize,
        row: &Row,
        indicator: &Indicator,
        publicity: Term,
    ) -> Self {
        let rectified = facts.state.rectified_on.map(Day::epoch);
        let anchor = match indicator.anchor {
            Anchor::Decided => None,
            Anchor::End => facts.ends,
            Anchor::Start => facts.starts,
            Anchor::Published => facts.published,
            Anchor::Rectified => rectified,
        };
        let anchor = anchor.unwrap_or(facts.decided);
        let (mut start, mut window) = window(indicator, window_of(row, indicator), anchor, &facts);
        let (mut valid_from, mut valid_until) = validity(row.validity, anchor, &facts);
        if indicator.anchor == Anchor::Rectified {
            // An act that goes on counts, without an end until it is rectified.
            (start, valid_from) = (i32::MIN, i32::MIN);
            if rectified.is_none() {
                (window, valid_until) = (NEVER, NEVER);
            }
        }
        let from = start.max(valid_from).max(facts.decided);
        let mut lasting = (valid_until, End::Validity);
        let mut sooner = |day: i32, cause: End| {
            if day < lasting.0 {
                lasting = (day, cause);
            }
        };
        if let Some(last) = publicity.until {
            sooner(last.epoch(), End::Publicity);
        }
        if facts.listing {
            sooner(
                facts
                    .ends
                    .filter(|day| !is_permanent(*day))
                    .unwrap_or(NEVER),
                End::Listing,
            );
            sooner(
                facts.state.delisted_on.map_or(NEVER, |day| day.epoch() - 1),
                End::Delisted,
            );
        }
        let (until, end) = if lasting.0 < window {
            lasting
        } else {
            (window, End::Window)
        };
        let state = facts.state;
        let repaired_on = if indicator.by_rectified {
            state.rectified_on
        } else {
            state.repaired_on
        };
        let repaired = repaired_on.map_or(NEVER, Day::epoch);
        Self {
            facts,
            rule,
            from,
            until,
            end,
            window,
            lasting,
            anchor,
            repaired,
            restored: state.repaired_on.map_or(NEVER, Day::epoch),
            left: left_after(indicator, anchor, repaired),
            provisional_term: publicity.provisional,
            figures: [0; 2],
            summary: false,
        }
    }

    /// The hit that carries what a row with tests says; it stands where the tests hold.
    pub(crate) fn summary(rule: usize, state: &'a RecordState) -> Self {
        Self {
            facts: Facts {
                table: Table::Events,
                row: usize::MAX,
                record_id: "",
                case: Case::Named(""),
                decided: BEFORE_ALL,
                region: "",
                ends: None,
                starts: None,
                published: None,
                term_months: None,
                listing: false,
                state,
            },
            rule,
            from: i32::MIN,
            until: NEVER,
            end: End::Window,
            window: NEVER,
            lasting: (NEVER, End::Validity),
            anchor: BEFORE_ALL,
            repaired: NEVER,
            restored: NEVER,
            left: 100,
            provisional_term: false,
            figures: [0; 2],
            summary: true,
        }
    }

    /// The hit as if its record were repaired on a day, or earlier where it is.
    pub(crate) fn repair(&mut self, indicator: &Indicator, day: i32) {
        self.repaired = self.repaired.min(day);
        self.restored = self.restored.min(day);
        self.left = left_after(indicator, self.anchor, self.repaired);
    }

    /// Hundredths of the hit's figure that count on a day.
    pub(crate) fn left_on(&self, points: bool, day: i32) -> i64 {
        if points && self.repaired <= day {
            self.left
        } else {
            100
        }
    }

    /// Last day for a cause.
    pub(crate) fn ended(&self, cause: End) -> i32 {
        if cause == End::Window {
            self.window
        } else {
            self.lasting.0
        }
    }

    /// Whether the row's conditions on the record's state hold on a day.
    pub(crate) fn state_holds(&self, row: &Row, day: i32) -> bool {
        if row.states.is_empty() {
            return true;
        }
        let state = self.facts.state;
        let on = Day::from_epoch(day);
        let mut now = if self.restored <= day {
            STATE_REPAIRED
        } else {
            STATE_NOT_REPAIRED
        };
        now |= if state.is_rectified(on) {
            STATE_RECTIFIED
        } else {
            STATE_NOT_RECTIFIED
        };
        if state.is_under_objection(on) {
            now |= STATE_OBJECTION;
        }
        row.states.iter().all(|wanted| wanted & now != 0)
    }

    /// Days after `day` on which this hit may begin, end or change.
    pub(crate) fn breakpoints(&self, row: &Row, day: i32, found: &mut Vec<i32>) {
        let mut add = |d: i32| {
            if d > day && d != NEVER {
                found.push(d);
            }
        };
        add(self.facts.decided);
        add(self.from);
        add(self.until.saturating_add(1));
        add(self.lasting.0.saturating_add(1));
        add(self.repaired);
        add(self.restored);
        if !row.states.is_empty() {
            self.facts
                .state
                .rectified_on
                .into_iter()
                .for_each(|d| add(d.epoch()));
        }
        for (opened, closed) in &self.facts.state.objections {
            add(opened.epoch());
            closed.iter().for_each(|d| add(d.epoch()));
        }
    }
}

/// The window of a row: its indicator's, or as far back as its clean terms reach.
fn window_of(row: &Row, indicator: &Indicator) -> Window {
    let clean = row.tests.iter().find_map(|test| match test {
        Test::Clean { months, times, .. } => i32::try_from(*times)
            .ok()
            .and_then(|times| months.checked_mul(times)),
        _ => None,
    });
    clean.map_or(indicator.window, Window::Rolling)
}

/// Hundredths of the points that a repair leaves, where it gives back a share.
fn left_after(indicator: &Indicator, anchor: i32, repaired: i32) -> i64 {
    if indicator.repair != Repair::Share {
        return 100;
    }
    let mut steps = indicator.shares.iter();
    let step = steps.find(|(delay, _)| within(*delay, anchor, repaired));
    step.map_or(100, |(_, left)| *left)
}

/// Whether a repair came within a delay.
fn within(delay: Delay, anchor: i32, repaired: i32) -> bool {
    if repaired == NEVER {
        return false;
    }
    let year = |day: i32| Day::from_epoch(day).ymd().0;
    match delay {
        Delay::Days(days) => repaired <= anchor.saturating_add(days),
        Delay::Months(months) => repaired <= plus_months(anchor, months),
        Delay::Years(later) => year(repaired) <= year(anchor) + later,
        Delay::Any => true,
    }
}

/// First and last day in a window. A record that must still be rectified stays (carry-over).
fn window(indicator: &Indicator, window: Window, anchor: i32, facts: &Facts<'_>) -> (i32, i32) {
    let (from, until) = window_from(window, anchor);
    if !indicator.carry_over {
        return (from, until);
    }
    let kept = facts
        .state
        .rectified_on
        .map_or(NEVER, |day| day.epoch() - 1);
    (from, until.max(kept))
}

/// First and last day in a window of what is dated by a day.
pub(crate) fn window_from(window: Window, anchor: i32) -> (i32, i32) {
    match window {
        Window::Always => (i32::MIN, NEVER),
        // The first day is not counted, so the last is the like day (民法典 201、202).
        Window::Rolling(months) => (i32::MIN, plus_months(anchor, months)),
        Window::PreviousYear => year(anchor, 1),
        Window::CurrentYear => year(anchor, 0),
        Window::Calendar { months, later } => period(anchor, months, later),
    }
}

/// First and last day of the row's own term.
fn validity(validity: Validity, anchor: i32, facts: &Facts<'_>) -> (i32, i32) {
    match validity {
        Validity::Unlimited => (i32::MIN, NEVER),
        Validity::Months {
            months,
            delay,
            first_day,
        } => {
            let start = anchor.saturating_add(delay);
            (start, term_end(start, months, first_day))
        }
        Validity::FromRecord { default, first_day } => {
            let own = facts
                .term_months
                .and_then(|months| u16::try_from(months).ok())
                .map(i32::from)
                .or(default);
            let until = match (facts.ends, own) {
                (Some(ends), _) => {
                    if is_permanent(ends) {
                        NEVER
                    } else {
                        ends
                    }
                }
                (None, Some(months)) => term_end(anchor, months, first_day),
                (None, None) => NEVER,
            };
            (anchor.min(facts.decided), until)
        }
    }
}

/// Last day of a term of months: the like day, or the day before it where the first day counts.
fn term_end(start: i32, months: i32, first_day: bool) -> i32 {
    plus_months(start, months) - i32::from(first_day)
}

fn is_permanent(day: i32) -> bool {
    day >= Day::LONG_TERM.epoch()
}

pub(crate) fn plus_months(day: i32, months: i32) -> i32 {
    Day::from_epoch(day).plus_months(months).epoch()
}

/// 1 January and 31 December of the day's year plus `later` years.
fn year(day: i32, later: i32) -> (i32, i32) {
    let year = Day::from_epoch(day).ymd().0 + later;
    let edge = |month, date, open| Day::from_ymd(year, month, date).map_or(open, Day::epoch);
    (edge(1, 1, i32::MIN), edge(12, 31, NEVER))
}

/// First and last day of the calendar period of some months that holds the day, or of a later one.
fn period(anchor: i32, months: i32, later: i32) -> (i32, i32) {
    let first = (period_of(anchor, months) + later) * months;
    let day = |month: i32, open| {
        let (year, month) = (month.div_euclid(12), month.rem_euclid(12));
        Day::from_ymd(year, month.unsigned_abs() + 1, 1).map_or(open, Day::epoch)
    };
    (day(first, i32::MIN), day(first + months, NEVER) - 1)
}

/// The number of the calendar period of some months that holds the day.
pub(crate) fn period_of(day: i32, months: i32) -> i32 {
    let (year, month, _) = Day::from_epoch(day).ymd();
    let month = i32::try_from(month).unwrap_or(1) - 1;
    (year * 12 + month).div_euclid(months)
}
