//! Where a subject stands under one pack, and what kind of step lies between two places.

use serde::{Deserialize, Serialize};

use super::pack::SchemeFacts;
use crate::grading::Outcome;

/// Where a subject stands in a scheme. Ordered best grade first, then the states without a grade.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Place {
    /// A grade; `band` is its position in its own version, 0 = best.
    Graded { band: usize, grade: String },
    /// Rated, but the scheme gives no grade.
    Ungraded,
    /// 不评级: known to the scheme, not rated.
    NotRated,
    /// The scheme has nothing to say about the subject.
    Absent,
}

impl Place {
    pub(super) fn of(outcome: Option<&Outcome>) -> Self {
        let Some(outcome) = outcome else {
            return Self::Absent;
        };
        match &outcome.standing.grade {
            _ if !outcome.standing.rated => Self::NotRated,
            Some(label) => Self::Graded {
                band: label.band,
                grade: label.grade.as_ref().to_owned(),
            },
            None => Self::Ungraded,
        }
    }

    /// As a reader sees it; a grade by its short name.
    #[must_use]
    pub fn zh(&self) -> &str {
        match self {
            Self::Graded { grade, .. } => grade,
            Self::Ungraded => "无等级",
            Self::NotRated => "未评级",
            Self::Absent => "不在方案内",
        }
    }

    /// Whether a reader sees the same; grades are the same by name, wherever they stand in their versions.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Graded { grade: a, .. }, Self::Graded { grade: b, .. }) => a == b,
            _ => self == other,
        }
    }
}

/// The kind of a step from the old result to the new one, heaviest consequence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Movement {
    /// A worse grade.
    Worse,
    /// A better grade.
    Better,
    /// Another grade that the new version does not order against the old one.
    Regraded,
    /// From no grade to a grade.
    Entered,
    /// From a grade to no grade.
    Left,
    /// Between two states without a grade.
    Rescoped,
    /// The same grade with other flags.
    Flags,
    /// The same grade and flags with another score.
    Score,
}

impl Movement {
    /// All kinds, in order.
    pub const ALL: [Self; 8] = [
        Self::Worse,
        Self::Better,
        Self::Regraded,
        Self::Entered,
        Self::Left,
        Self::Rescoped,
        Self::Flags,
        Self::Score,
    ];

    /// As a reader sees it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Worse => "降级",
            Self::Better => "升级",
            Self::Regraded => "等级不可比",
            Self::Entered => "进入评级",
            Self::Left => "退出评级",
            Self::Rescoped => "评价范围变动",
            Self::Flags => "仅标记变动",
            Self::Score => "仅得分变动",
        }
    }

    /// The step between two results; `None` when a reader would see the same one. `now` is the new version.
    pub(super) fn between(
        old: Option<&Outcome>,
        new: Option<&Outcome>,
        now: Option<&SchemeFacts>,
    ) -> Option<Self> {
        let (from, to) = (Place::of(old), Place::of(new));
        if from.same(&to) {
            let standing = |outcome: Option<&Outcome>| outcome.map(|o| o.standing.clone());
            let (old, new) = (standing(old)?, standing(new)?);
            return if old.flag_names() != new.flag_names() {
                Some(Self::Flags)
            } else {
                (old.score != new.score).then_some(Self::Score)
            };
        }
        let known = |place: &Place| match place {
            Place::Graded { grade, .. } => {
                now.and_then(|v| v.grades.iter().position(|(short, _)| short == grade))
            }
            _ => None,
        };
        let graded = |place: &Place| matches!(place, Place::Graded { .. });
        Some(match (graded(&from), graded(&to)) {
            (true, true) => match (known(&from), known(&to)) {
                (Some(before), Some(after)) if after > before => Self::Worse,
                (Some(_), Some(_)) => Self::Better,
                _ => Self::Regraded,
            },
            (false, true) => Self::Entered,
            (true, false) => Self::Left,
            (false, false) => Self::Rescoped,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_the_same_by_name_and_not_by_position() {
        let place = |band, grade: &str| Place::Graded {
            band,
            grade: grade.to_owned(),
        };
        assert!(place(0, "A").same(&place(1, "A")));
        assert!(!place(0, "A").same(&place(0, "AA")));
        assert!(!Place::NotRated.same(&Place::Absent));
    }

    #[test]
    fn places_are_ordered_best_first_and_ungraded_states_last() {
        let b = Place::Graded {
            band: 1,
            grade: "B".to_owned(),
        };
        assert!(b < Place::Ungraded && Place::Ungraded < Place::NotRated);
        assert!(Place::NotRated < Place::Absent);
    }
}
