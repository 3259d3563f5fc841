//! When a matched row counts: each bound with the reason it gives, so that the earliest end can be named.

use super::world::Record;
use crate::grading::hit::BEFORE_ALL;
use crate::grading::publicity::{Publicity, Term};
use crate::grading::wording::WhyNot;
use crate::record::{Day, EventKind};
use crate::rules::model::{
    Anchor, Indicator, Period, RecordSel, Row, Scheme, Test, Validity, Window,
};

/// The days on which a hit can count.
pub(super) struct Frame {
    pub(super) from: Day,
    /// Last day and what ends it; absent = no end.
    pub(super) until: Option<(Day, WhyNot<'static>)>,
    /// Last day in the window alone.
    pub(super) window: Option<(Day, WhyNot<'static>)>,
    /// Last day, the window apart.
    pub(super) lasting: Option<(Day, WhyNot<'static>)>,
    /// Day from which time runs.
    pub(super) anchor: Day,
    /// The publicity term is not verified.
    pub(super) provisional_term: bool,
}

impl Frame {
    /// Of what a row says of all its records together: every day.
    pub(super) fn always() -> Self {
        Self {
            from: Day::from_epoch(BEFORE_ALL),
            until: None,
            window: None,
            lasting: None,
            anchor: Day::from_epoch(BEFORE_ALL),
            provisional_term: false,
        }
    }
}

pub(super) fn frame(
    scheme: &Scheme,
    indicator: &Indicator,
    row: &Row,
    record: &Record<'_>,
    publicity: &dyn Publicity,
    as_of: Day,
) -> Frame {
    let rectified_on = record.state.rectified_on;
    let anchor = match indicator.anchor {
        Anchor::DecidedOn => record.decided_on,
        Anchor::ValidUntil => record.ends_on.unwrap_or(record.decided_on),
        Anchor::ValidFrom => record.starts_on.unwrap_or(record.decided_on),
        Anchor::Published => record.published_on.unwrap_or(record.decided_on),
        Anchor::Rectified => rectified_on.unwrap_or(record.decided_on),
    };
    let by_rectified = indicator.anchor == Anchor::Rectified;
    let goes_on = by_rectified && rectified_on.is_none();
    let mut from = record.decided_on;
    let mut ends: Vec<(Day, WhyNot<'static>)> = Vec::new();
    let (year, _, _) = anchor.ymd();
    let clean = row.tests.iter().find_map(|test| match test {
        Test::Clean { months, times, .. } => Some(months * times),
        _ => None,
    });
    let window = match clean {
        Some(months) => Window::Rolling { months },
        None => indicator.window,
    };
    let mut window_frame = None;
    let window_end = match window {
        Window::Always => None,
        Window::Rolling { months } => Some(anchor.plus_months(i32::from(months))),
        Window::PreviousYear => {
            from = from.max(new_year(year + 1));
            Some(new_year(year + 2).plus_days(-1))
        }
        Window::CurrentYear => {
            from = from.max(new_year(year));
            Some(new_year(year + 1).plus_days(-1))
        }
        Window::Calendar { unit, back } => {
            let mut first = anchor;
            // Day by day to the first day of the period.
            while !begins_period(first, unit) {
                first = first.plus_days(-1);
            }
            first = first.plus_months(unit.months() * i32::from(back));
            from = from.max(first);
            Some(first.plus_months(unit.months()).plus_days(-1))
        }
    };
    if let Some(end) = window_end.filter(|_| !goes_on) {
        let kept = match (indicator.carry_over, record.state.rectified_on) {
            (false, _) => Some(end),
            (true, None) => None,
            (true, Some(day)) => Some(end.max(day.plus_days(-1))),
        };
        window_frame = kept.map(|until| (until, WhyNot::OutsideWindow { until }));
    }
    let last = |start: Day, months: u16, first_day_counts: bool| {
        let like_day = start.plus_months(i32::from(months));
        if first_day_counts {
            like_day.plus_days(-1)
        } else {
            like_day
        }
    };
    let validity_end = match row.validity {
        Validity::Unlimited => None,
        Validity::Months {
            months,
            delay_days,
            first_day_counts,
        } => {
            let start = anchor.plus_days(i32::from(delay_days));
            from = from.max(start);
            Some(last(start, months, first_day_counts))
        }
        Validity::FromRecord {
            default_months,
            first_day_counts,
        } => match record.ends_on {
            Some(end) if end >= Day::LONG_TERM => None,
            Some(end) => Some(end),
            None => {
                let own = record.term_months.and_then(|m| u16::try_from(m).ok());
                own.or(default_months)
                    .map(|months| last(anchor, months, first_day_counts))
            }
        },
    };
    if by_rectified {
        from = record.decided_on;
    }
    let validity_end = validity_end.filter(|_| !goes_on);
    ends.extend(validity_end.map(|until| (until, WhyNot::ValidityOver { until })));
    let term = match &record.penalty {
        Some(facts) if scheme.counts_past_publicity.is_none() => publicity.term(facts, as_of),
        _ => Term::default(),
    };
    ends.extend(
        term.until
            .map(|until| (until, WhyNot::PublicityOver { until })),
    );
    if record.sel == RecordSel::Event(EventKind::Listed) {
        let listed_until = record.ends_on.filter(|end| *end < Day::LONG_TERM);
        ends.extend(listed_until.map(|until| (until, WhyNot::ListingOver { until })));
        ends.extend(
            record
                .state
                .delisted_on
                .map(|on| (on.plus_days(-1), WhyNot::Delisted { on })),
        );
    }
    let earliest = |list: Vec<(Day, WhyNot<'static>)>| {
        list.into_iter()
            .reduce(|first, next| if next.0 < first.0 { next } else { first })
    };
    let lasting = earliest(ends);
    let until = earliest(window_frame.into_iter().chain(lasting).collect());
    Frame {
        from,
        until,
        window: window_frame,
        lasting,
        anchor,
        provisional_term: term.provisional,
    }
}

fn begins_period(day: Day, unit: Period) -> bool {
    let (_, month, date) = day.ymd();
    date == 1 && (month - 1) % unit.months().unsigned_abs() == 0
}

fn new_year(year: i32) -> Day {
    Day::from_ymd(year, 1, 1).unwrap_or(Day::LONG_TERM)
}
