//! The kinds of records, subjects and events, under their published Chinese names.

use serde::{Deserialize, Serialize};

/// What a row reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordKind {
    /// 行政处罚
    Penalty,
    /// 行政许可
    License,
    /// 事件
    Event,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $zh:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Serialize, Deserialize)]
        pub enum $name { $(#[doc = $zh] $variant),* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The published Chinese name.
            pub const fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh),* }
            }

            /// The value of exactly this Chinese name.
            pub fn from_zh(text: &str) -> Option<Self> {
                match text { $($zh => Some($name::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// 行政相对人类别, the three values of the 2019 templates.
    SubjectKind {
        Entity = "法人及非法人组织",
        IndividualBusiness = "个体工商户",
        Person = "自然人",
    }
}

named! {
    /// 事件类型 of the events file.
    EventKind {
        Repair = "信用修复",
        Revocation = "撤销",
        Correction = "更正",
        Objection = "异议",
        ObjectionClosed = "异议终结",
        Rectified = "整改完成",
        Roster = "参评名录",
        ResearchMisconduct = "科研失信处理",
        EnvironmentIncident = "环境事件",
        PublishedGrade = "公布等级",
        Listed = "名单列入",
        Delisted = "名单移出",
        Commitment = "信用承诺",
        CommitmentBroken = "违反承诺",
        Honour = "表彰奖励",
        Closed = "关停",
    }
}
