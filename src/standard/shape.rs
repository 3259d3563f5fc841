//! The shape of `rules/standards/*.toml`, key by key (see the README there).

use serde::Deserialize;

use crate::record::RecordKind;

use super::{Carrier, ColumnType, Need, Trust};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldsFile {
    pub(super) words: WordsToml,
    pub(super) field: Vec<FieldToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WordsToml {
    pub(super) instruction: Vec<String>,
    pub(super) total: Vec<String>,
    pub(super) example: Vec<String>,
    pub(super) null: Vec<String>,
    pub(super) null_as_text: Vec<String>,
    pub(super) sensitive: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldToml {
    pub(super) id: String,
    #[serde(default)]
    pub(super) any: Vec<String>,
    #[serde(default)]
    pub(super) penalty: Vec<String>,
    #[serde(default)]
    pub(super) license: Vec<String>,
    #[serde(default)]
    pub(super) event: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListsFile {
    pub(super) list: Vec<ListToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListToml {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) trust: TrustToml,
    pub(super) values: Vec<ValueToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ValueToml {
    pub(super) value: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) since: Option<String>,
    pub(super) until: Option<String>,
    #[serde(default)]
    pub(super) must_name: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LayoutsFile {
    pub(super) layout: Vec<LayoutToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LayoutToml {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: String,
    pub(super) kind: KindToml,
    pub(super) source: String,
    pub(super) trust: TrustToml,
    pub(super) carriers: Option<Vec<CarrierToml>>,
    #[serde(default)]
    pub(super) by_own_names: bool,
    pub(super) extends: Option<String>,
    #[serde(default)]
    pub(super) drop: Vec<String>,
    pub(super) same_header_from: Option<String>,
    pub(super) implied_kind: Option<ImpliedToml>,
    pub(super) essentials: Option<Vec<String>>,
    pub(super) any_filled: Option<Vec<Vec<String>>>,
    pub(super) columns: Vec<ColumnToml>,
    pub(super) derive: Option<Vec<DeriveToml>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum KindToml {
    Penalty,
    License,
    Event,
}

#[derive(Deserialize, Clone, Copy)]
pub(super) enum TrustToml {
    V,
    V2,
    D,
    M,
    P,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum CarrierToml {
    Table,
    Keyed,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ImpliedToml {
    Column,
    Person,
    ByIdentifier,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum NeedToml {
    Required,
    Conditional,
    Optional,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
pub(super) enum TypeToml {
    Text,
    Date,
    Timestamp,
    AmountWan,
    AmountYuan,
    Integer,
    Uscc,
    OrgCode,
    RegistrationNo,
    CitizenId,
    IdNumber,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnToml {
    pub(super) field: String,
    #[serde(default)]
    pub(super) code: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(rename = "type")]
    pub(super) kind: Option<TypeToml>,
    pub(super) need: NeedToml,
    #[serde(default)]
    pub(super) when: Vec<ConditionToml>,
    #[serde(default)]
    pub(super) blank_when: Vec<ConditionToml>,
    pub(super) max: Option<u32>,
    pub(super) max_trust: Option<TrustToml>,
    pub(super) need_trust: Option<TrustToml>,
    pub(super) max_wan: Option<u32>,
    pub(super) one_of: Option<String>,
    #[serde(default)]
    pub(super) many: bool,
    #[serde(default)]
    pub(super) coded: bool,
    #[serde(default)]
    pub(super) may_miss: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionToml {
    #[serde(default)]
    pub(super) subject_kind: Vec<String>,
    #[serde(default)]
    pub(super) penalty_kind: Vec<String>,
    pub(super) placeholder_uscc: Option<bool>,
    #[serde(default)]
    pub(super) filled: Vec<String>,
    #[serde(default)]
    pub(super) blank: Vec<String>,
    pub(super) says: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeriveToml {
    pub(super) to: String,
    pub(super) join: Option<Vec<String>>,
    pub(super) first_of: Option<Vec<String>>,
    pub(super) constant: Option<String>,
    pub(super) filled: Option<String>,
    pub(super) from_yuan: Option<String>,
    pub(super) fine_in: Option<String>,
    pub(super) confiscated_in: Option<String>,
}

impl From<KindToml> for RecordKind {
    fn from(kind: KindToml) -> Self {
        match kind {
            KindToml::Penalty => RecordKind::Penalty,
            KindToml::License => RecordKind::License,
            KindToml::Event => RecordKind::Event,
        }
    }
}

impl From<TrustToml> for Trust {
    fn from(trust: TrustToml) -> Self {
        match trust {
            TrustToml::V => Trust::Read,
            TrustToml::V2 => Trust::Agreed,
            TrustToml::D => Trust::Derived,
            TrustToml::M => Trust::Memory,
            TrustToml::P => Trust::Proposed,
        }
    }
}

impl From<CarrierToml> for Carrier {
    fn from(carrier: CarrierToml) -> Self {
        match carrier {
            CarrierToml::Table => Carrier::Table,
            CarrierToml::Keyed => Carrier::Keyed,
        }
    }
}

impl From<NeedToml> for Need {
    fn from(need: NeedToml) -> Self {
        match need {
            NeedToml::Required => Need::Required,
            NeedToml::Conditional => Need::Conditional,
            NeedToml::Optional => Need::Optional,
        }
    }
}

impl From<TypeToml> for ColumnType {
    fn from(kind: TypeToml) -> Self {
        match kind {
            TypeToml::Text => ColumnType::Text,
            TypeToml::Date => ColumnType::Date,
            TypeToml::Timestamp => ColumnType::Timestamp,
            TypeToml::AmountWan => ColumnType::AmountWan,
            TypeToml::AmountYuan => ColumnType::AmountYuan,
            TypeToml::Integer => ColumnType::Integer,
            TypeToml::Uscc => ColumnType::Uscc,
            TypeToml::OrgCode => ColumnType::OrgCode,
            TypeToml::RegistrationNo => ColumnType::RegistrationNo,
            TypeToml::CitizenId => ColumnType::CitizenId,
            TypeToml::IdNumber => ColumnType::IdNumber,
        }
    }
}
