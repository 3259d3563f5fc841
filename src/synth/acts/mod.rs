//! Vocabulary of violations: what organs punish, under which article, in which way (`records.md` §5).

mod environment;
mod market;
mod others;
mod works;

use super::places::Field;
use super::subject::Sector;

/// One kind of violation.
#[derive(Debug)]
pub(crate) struct Act {
    /// 违法行为类型.
    pub(crate) violation: &'static str,
    /// The act as it stands in a case name, before 案.
    pub(crate) title: &'static str,
    /// 违法事实; `{名}` is the subject, `{日}` the day of the inspection, `{数}` a small number.
    pub(crate) facts: &'static str,
    /// 处罚依据.
    pub(crate) basis: &'static str,
    /// 处罚依据 of decisions under the 生态环境法典 (from 2026-08-15).
    pub(crate) basis_code: Option<&'static str>,
    /// 处罚类别 with weights.
    pub(crate) kinds: &'static [(u32, &'static str)],
    /// Least and greatest fine in units of 100 元.
    pub(crate) fine: (i64, i64),
    /// Trades that commit it; empty means every trade that the organ meets.
    pub(crate) sectors: &'static [Sector],
}

/// The acts of a field; never empty.
pub(crate) fn of(field: Field) -> &'static [Act] {
    match field {
        Field::Environment => environment::ACTS,
        Field::Market => market::ACTS,
        Field::Construction => works::CONSTRUCTION,
        Field::Bidding => works::BIDDING,
        Field::Procurement => works::PROCUREMENT,
        Field::Safety => works::SAFETY,
        Field::Urban => others::URBAN,
        Field::Transport => others::TRANSPORT,
        Field::Health => others::HEALTH,
        Field::Agriculture => others::AGRICULTURE,
        Field::Science | Field::Tobacco => others::TOBACCO,
    }
}

/// Only a fine.
pub(super) const FINE: &[(u32, &str)] = &[(1, "罚款")];
/// Mostly a fine, sometimes with a warning or only a warning.
pub(super) const FINE_OR_WARNING: &[(u32, &str)] = &[(60, "罚款"), (15, "警告;罚款"), (25, "警告")];
/// Fine and confiscation in both orders.
pub(super) const FINE_AND_INCOME: &[(u32, &str)] = &[
    (40, "罚款"),
    (30, "罚款;没收违法所得"),
    (20, "没收违法所得;罚款"),
    (10, "警告;罚款;没收非法财物"),
];
