//! SGS-T01, T02: uploads later than 7 working days after the decision (发改办财金〔2018〕424号).

use crate::record::{Day, RecordKind};

use super::codes::{T01, T02};
use super::{Finding, RowView};

/// Working days that a unit has, the day after the decision being the first (发改办财金〔2018〕424号).
pub const UPLOAD_WORKING_DAYS: u32 = 7;

/// Whether a decision was uploaded in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// Within the working days.
    InTime,
    /// Late by so many working days.
    Late(u32),
    /// The working days of a year in question are not published or not loaded.
    Unknown,
    /// Not a decision, or its date cannot be read.
    NotAsked,
}

impl Timeliness {
    /// Late or not, when it could be judged.
    pub const fn late(self) -> Option<bool> {
        match self {
            Timeliness::InTime => Some(false),
            Timeliness::Late(_) => Some(true),
            Timeliness::Unknown | Timeliness::NotAsked => None,
        }
    }
}

/// The upload day is the sender's own time stamp where there is one (never after the received date), else the received date.
pub(super) fn judge(view: &RowView<'_>) -> Timeliness {
    let Some(decided_on) = view.decided_on() else {
        return Timeliness::NotAsked;
    };
    if view.layout.kind == RecordKind::Event || decided_on > view.received {
        return Timeliness::NotAsked;
    }
    let uploaded = uploaded_on(view);
    if uploaded <= decided_on {
        return Timeliness::InTime;
    }
    let Some(deadline) = view
        .calendar
        .nth_working_day_after(decided_on, UPLOAD_WORKING_DAYS)
    else {
        return Timeliness::Unknown;
    };
    if uploaded <= deadline {
        return Timeliness::InTime;
    }
    match view.calendar.working_days_between(deadline, uploaded) {
        Some(0) => Timeliness::InTime,
        Some(days) => Timeliness::Late(days),
        None => Timeliness::Unknown,
    }
}

fn uploaded_on(view: &RowView<'_>) -> Day {
    view.sent_at
        .as_deref()
        .and_then(|stamp| stamp.get(..10))
        .and_then(Day::parse_iso)
        .map_or(view.received, |day| day.min(view.received))
}

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    match view.timeliness() {
        Timeliness::InTime | Timeliness::NotAsked => {}
        Timeliness::Late(days) => found.push(Finding::warning(
            T01,
            crate::standard::Field::DecidedOn,
            format!("迟报：应在决定之日起{UPLOAD_WORKING_DAYS}个工作日内报送，已超过{days}个工作日。以后请按期报送"),
        )),
        Timeliness::Unknown => found.push(Finding::note(
            T02,
            crate::standard::Field::DecidedOn,
            "未能判定是否迟报：所涉年份的工作日历未载入（rules/calendar）",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, findings};
    use super::*;
    use crate::standard::Field;

    #[test]
    fn late_is_counted_in_working_days_from_the_day_after() {
        // Received on Sunday 2026-11-22; Monday to Friday are worked.
        let decided = |cell| codes(&[(Field::DecidedOn, cell)]);
        assert_eq!(decided("2026/11/11"), Vec::<String>::new());
        assert_eq!(decided("2026/11/10"), ["SGS-T01 W"]);
        let found = findings(&[(Field::DecidedOn, "2026/11/09")]);
        assert!(
            found[0].message.contains("超过2个工作日"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn a_year_without_a_calendar_is_said_aloud() {
        assert_eq!(codes(&[(Field::DecidedOn, "2025/11/10")]), ["SGS-T02 I"]);
        assert_eq!(Timeliness::Unknown.late(), None);
        assert_eq!(Timeliness::InTime.late(), Some(false));
    }
}
