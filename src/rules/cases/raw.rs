//! The form of a case file: what its TOML may say.

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawFile {
    pub(super) case: Vec<Spanned<RawCase>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) as_of: Datetime,
    #[serde(default)]
    pub(super) subject: Option<String>,
    #[serde(default)]
    pub(super) records: Vec<Spanned<RawRecord>>,
    pub(super) expect: Spanned<RawExpect>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawRecord {
    Penalty(RawPenalty),
    License(RawLicense),
    Event(RawEvent),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPenalty {
    pub(super) document: String,
    pub(super) decided_on: Datetime,
    #[serde(default)]
    pub(super) violation: String,
    pub(super) kinds: Vec<String>,
    pub(super) fine: Option<Number>,
    pub(super) confiscated: Option<Number>,
    pub(super) case: Option<String>,
    #[serde(default)]
    pub(super) cited: Vec<String>,
    #[serde(default)]
    pub(super) authority: String,
    pub(super) region: Option<String>,
    pub(super) valid_until: Option<Datetime>,
    pub(super) published: Option<Datetime>,
    #[serde(default)]
    pub(super) simple_procedure: bool,
    #[serde(default)]
    pub(super) text: String,
    pub(super) of: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLicense {
    pub(super) document: String,
    pub(super) decided_on: Datetime,
    pub(super) valid_from: Option<Datetime>,
    pub(super) valid_until: Option<Datetime>,
    #[serde(default)]
    pub(super) text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEvent {
    pub(super) kind: String,
    pub(super) document: Option<String>,
    pub(super) on: Datetime,
    pub(super) until: Option<Datetime>,
    #[serde(default)]
    pub(super) violation: String,
    pub(super) level: Option<String>,
    pub(super) term_months: Option<i64>,
    pub(super) role: Option<String>,
    #[serde(default)]
    pub(super) authority: String,
    pub(super) list: Option<String>,
    #[serde(default)]
    pub(super) text: String,
    pub(super) of: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExpect {
    #[serde(default)]
    pub(super) absent: bool,
    pub(super) rated: Option<bool>,
    pub(super) score: Option<Number>,
    pub(super) grade: Option<String>,
    pub(super) flags: Option<Vec<String>>,
    pub(super) counted: Option<Vec<String>>,
    pub(super) not_counted: Option<Vec<String>>,
    pub(super) next_change_on: Option<DayOrNone>,
    pub(super) reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a whole number, or a decimal in quotes such as \"5.000001\" (decimals without quotes are not exact)"
)]
pub(super) enum Number {
    Whole(i64),
    Text(String),
}

impl Number {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a day such as 2026-12-26, or \"none\"")]
pub(super) enum DayOrNone {
    Day(Datetime),
    Text(String),
}
