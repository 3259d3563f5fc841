//! A hit = one rule row that matched one record, with the days on which it can count.

use std::borrow::Cow;

use super::columns::Table;
use super::program::{
    Indicator, Row, STATE_NOT_RECTIFIED, STATE_NOT_REPAIRED, STATE_OBJECTION, STATE_RECTIFIED,
    STATE_REPAIRED, Validity, Window,
};
use super::publicity::Term;
use super::state::RecordState;
use crate::record::Day;

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

/// What matching and time need to know of a record.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) table: Table,
    pub(crate) row: usize,
    pub(crate) record_id: &'a str,
    pub(crate) case: Cow<'a, str>,
    pub(crate) decided: i32,
    /// `valid_until` or `ends_on`.
    pub(crate) ends: Option<i32>,
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
    /// Day of repair, `NEVER` without one.
    pub(crate) repaired: i32,
    /// The end rests on a publicity term that is not verified.
    pub(crate) provisional_end: bool,
}

impl<'a> Hit<'a> {
    pub(crate) fn new(
        facts: Facts<'a>,
        rule: usize,
        row: &Row,
        indicator: &Indicator,
        publicity: Term,
    ) -> Self {
        let anchor = match facts.ends {
            Some(ends) if indicator.anchored_at_end => ends,
            _ => facts.decided,
        };
        let (start, mut until) = window(indicator, anchor, &facts);
        let (valid_from, valid_until) = validity(row.validity, anchor, &facts);
        let from = start.max(valid_from).max(facts.decided);
        let mut end = End::Window;
        let mut sooner = |day: i32, cause: End| {
            if day < until {
                until = day;
                end = cause;
            }
        };
        sooner(valid_until, End::Validity);
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
        let provisional_end = end == End::Publicity && publicity.provisional;
        let repaired = facts.state.repaired_on.map_or(NEVER, Day::epoch);
        Self {
            facts,
            rule,
            from,
            until,
            end,
            repaired,
            provisional_end,
        }
    }

    /// Whether the row's conditions on the record's state hold on a day.
    pub(crate) fn state_holds(&self, row: &Row, day: i32) -> bool {
        if row.states.is_empty() {
            return true;
        }
        let state = self.facts.state;
        let on = Day::from_epoch(day);
        let mut now = if self.repaired <= day {
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
        add(self.repaired);
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

/// First and last day in the indicator's window. A record that must still be rectified stays (carry-over).
fn window(indicator: &Indicator, anchor: i32, facts: &Facts<'_>) -> (i32, i32) {
    let (from, until) = match indicator.window {
        Window::Always => (i32::MIN, NEVER),
        // The first day is not counted, so the last is the like day (民法典 201、202).
        Window::Rolling(months) => (i32::MIN, plus_months(anchor, months)),
        Window::PreviousYear => year(anchor, 1),
        Window::CurrentYear => year(anchor, 0),
    };
    if !indicator.carry_over {
        return (from, until);
    }
    let kept = facts
        .state
        .rectified_on
        .map_or(NEVER, |day| day.epoch() - 1);
    (from, until.max(kept))
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

fn plus_months(day: i32, months: i32) -> i32 {
    Day::from_epoch(day).plus_months(months).epoch()
}

/// 1 January and 31 December of the day's year plus `later` years.
fn year(day: i32, later: i32) -> (i32, i32) {
    let year = Day::from_epoch(day).ymd().0 + later;
    let edge = |month, date, open| Day::from_ymd(year, month, date).map_or(open, Day::epoch);
    (edge(1, 1, i32::MIN), edge(12, 31, NEVER))
}
