//! What a layout says about its columns: names, lengths, when a cell must be filled, which values it may take.
//!
//! Nothing here judges; [`Condition::holds`] is the only evaluation, over [`Facts`] that the checks supply.

use std::fmt;
use std::sync::Arc;

use crate::record::{Day, RecordKind};

use super::{Field, FieldSet};

/// Where the value of a template fact comes from (see `rules/standards/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Read in one source.
    Read,
    /// Two or more independent systems agree.
    Agreed,
    /// Computed or checked by us.
    Derived,
    /// From memory, no source found: provisional, never a reason to reject on its own.
    Memory,
    /// Our own proposal.
    Proposed,
}

impl Trust {
    /// Whether a cell may be rejected on the strength of this fact alone.
    pub const fn is_verified(self) -> bool {
        matches!(self, Trust::Read | Trust::Agreed | Trust::Derived)
    }
}

/// Which sources a layout is looked for in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// Rows under a header: CSV, XLS, XLSX, Parquet.
    Table,
    /// Records that name each value: JSON objects, XML elements. A null value may leave its key out.
    Keyed,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Free text.
    Text,
    /// A day, in any form of [`crate::ingest::normalise::parse_date`].
    Date,
    /// A point in time.
    Timestamp,
    /// Money in 万元, at most 6 decimals (0.000001 万元 = 1 分).
    AmountWan,
    /// Money in 元, at most 2 decimals.
    AmountYuan,
    /// A whole number.
    Integer,
    /// 统一社会信用代码, GB 32100-2015.
    Uscc,
    /// 组织机构代码, GB 11714-1997.
    OrgCode,
    /// 工商注册号, GS 15-2006.
    RegistrationNo,
    /// 公民身份号码, GB 11643-1999.
    CitizenId,
    /// The number of a certificate whose type stands in `IdType` or `LegalRepIdType`.
    IdNumber,
}

/// Whether a cell must be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// In every row.
    Required,
    /// When one of [`Column::required_when`] holds.
    Conditional,
    /// Never.
    Optional,
}

/// The facts of one row that conditions speak of. `text` gives blank ("") for null markers and missing columns.
pub trait Facts {
    /// The cell of a canonical column, blank when there is none.
    fn text(&self, field: Field) -> &str;
    /// The canonical 行政相对人类别, blank when unknown.
    fn subject_kind(&self) -> &str;
    /// Whether the row's penalty kinds hold this one (Chinese name, e.g. 罚款).
    fn has_penalty_kind(&self, name: &str) -> bool;
    /// Whether the code is the placeholder of 17 zeros and X.
    fn has_placeholder_uscc(&self) -> bool;
}

/// A conjunction: every part that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// The subject kind is one of these (empty = any).
    pub subject_kind: Vec<String>,
    /// The penalty kinds hold at least one of these (empty = any).
    pub penalty_kind: Vec<String>,
    /// The USCC is (true) or is not (false) the placeholder.
    pub placeholder_uscc: Option<bool>,
    /// All of these are filled.
    pub filled: Vec<Field>,
    /// All of these are blank.
    pub blank: Vec<Field>,
    /// How the condition reads in a message, e.g. `处罚类别含罚款`.
    pub says: String,
}

impl Condition {
    /// Whether every part holds for the row.
    pub fn holds(&self, row: &dyn Facts) -> bool {
        let kind = row.subject_kind();
        (self.subject_kind.is_empty() || self.subject_kind.iter().any(|one| one == kind))
            && (self.penalty_kind.is_empty()
                || self
                    .penalty_kind
                    .iter()
                    .any(|one| row.has_penalty_kind(one)))
            && self
                .placeholder_uscc
                .is_none_or(|wanted| row.has_placeholder_uscc() == wanted)
            && self.filled.iter().all(|field| !row.text(*field).is_empty())
            && self.blank.iter().all(|field| row.text(*field).is_empty())
    }
}

/// One value of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnumValue {
    /// The value as the standard writes it.
    pub value: String,
    /// Other spellings and local codes, accepted where [`Column::coded`] is set.
    pub aliases: Vec<String>,
    /// The first decision day on which the value may be used.
    pub since: Option<Day>,
    /// The last decision day on which the value may be used.
    pub until: Option<Day>,
    /// Whether the value must be followed by a name (`其他-XXX`).
    pub must_name: bool,
}

/// A list of permitted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enumeration {
    /// Its id in `enumerations.toml`.
    pub id: String,
    /// Its Chinese title.
    pub title: String,
    /// The values, in the order of the standard.
    pub values: Vec<EnumValue>,
    /// How far the list can be relied on.
    pub trust: Trust,
}

/// What an enumeration says about a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnumMatch<'a> {
    /// The value of the standard, and the name behind `其他-` where there is one.
    Known(&'a EnumValue, &'a str),
    /// `其他` without the name it must have.
    Unnamed(&'a EnumValue),
    /// Not in the list.
    Unknown,
}

impl Enumeration {
    /// Looks a single value up. With `coded`, aliases and local codes count too.
    pub fn find<'a>(&'a self, cell: &'a str, coded: bool) -> EnumMatch<'a> {
        for value in &self.values {
            let is_alias = coded && value.aliases.iter().any(|alias| alias == cell);
            if value.value == cell || is_alias {
                return if value.must_name && !is_alias {
                    EnumMatch::Unnamed(value)
                } else {
                    EnumMatch::Known(value, "")
                };
            }
        }
        for value in self.values.iter().filter(|value| value.must_name) {
            if let Some(rest) = cell.strip_prefix(value.value.as_str()) {
                let name = rest
                    .trim_start_matches(['-', '－', '—', '–', '：', ':', '(', '（', ' '])
                    .trim_end_matches([')', '）', ' ']);
                return if name.is_empty() {
                    EnumMatch::Unnamed(value)
                } else {
                    EnumMatch::Known(value, name)
                };
            }
        }
        EnumMatch::Unknown
    }

    /// The values joined by 、 for a message.
    pub fn values_zh(&self) -> String {
        let names: Vec<&str> = self
            .values
            .iter()
            .map(|value| value.value.as_str())
            .collect();
        names.join("、")
    }
}

/// One column of a layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it means.
    pub field: Field,
    /// Its code, e.g. `CF_XDR_MC`; blank where the layout has only names.
    pub code: String,
    /// Its Chinese name; in database layouts without names, the name of the field.
    pub name: String,
    /// Other headers under which this layout's files bring it (besides the shared aliases of `fields.toml`).
    pub aliases: Vec<String>,
    /// What the cell holds.
    pub kind: ColumnType,
    /// Whether the cell must be filled.
    pub need: Need,
    /// For [`Need::Conditional`]: the cell must be filled when any of these holds.
    pub required_when: Vec<Condition>,
    /// The cell must be blank when any of these holds.
    pub blank_when: Vec<Condition>,
    /// Longest permitted cell in characters, after trimming.
    pub max_chars: Option<u32>,
    /// How far `max_chars` can be relied on.
    pub max_trust: Trust,
    /// How far `need` and the conditions can be relied on.
    pub need_trust: Trust,
    /// Greatest permitted amount, in 万元 (Jiangsu: 10000).
    pub max_wan: Option<u32>,
    /// The list of permitted values.
    pub one_of: Option<Arc<Enumeration>>,
    /// Whether several values may stand in one cell, separated by `;`.
    pub many: bool,
    /// Whether aliases and local codes of the list are accepted too.
    pub coded: bool,
    /// Whether a file may leave the column out although its cells are required (the value can come from elsewhere).
    pub may_miss: bool,
}

/// How 行政相对人类别 is known in a layout without that column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpliedKind {
    /// The layout has the column.
    Column,
    /// Every row speaks of a natural person.
    Person,
    /// From the identifiers of the row: the placeholder or a 92 code means 个体工商户, another body number 法人及非法人组织,
    /// only a certificate number 自然人.
    ByIdentifier,
}

/// Fills one canonical column from others when it is blank, before anything is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation {
    /// The column that is filled.
    pub to: Field,
    /// How.
    pub fill: Fill,
}

/// The ways of filling a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The filled ones of these, joined by `;`.
    Join(Vec<Field>),
    /// The first filled one of these.
    FirstOf(Vec<Field>),
    /// This text, when the other field is filled.
    Constant(String, Field),
    /// The amount of this field in 元, as 万元.
    FromYuan(Field),
    /// The fine (true) or the confiscation (false) written in this text, in 万元.
    AmountInText(Field, bool),
}

/// One published layout.
#[derive(Clone, PartialEq, Eq)]
pub struct Layout {
    /// `C/penalty`, `B/penalty-person` …
    pub id: String,
    /// `A`, `A'`, `B`, `C`, `D`, or the family of a database or interface layout.
    pub version: String,
    /// Its Chinese title.
    pub title: String,
    /// What its rows are.
    pub kind: RecordKind,
    /// Where the layout is known from.
    pub source: String,
    /// How far it can be relied on.
    pub trust: Trust,
    /// In which kinds of source it is looked for.
    pub carriers: Vec<Carrier>,
    /// Its required columns are known only by its own codes and names, not by shared aliases: a table with few requirements must
    /// not take in a template that lacks a column.
    pub by_own_names: bool,
    /// The columns, in template order.
    pub columns: Vec<Column>,
    /// Fields without which a row of this kind cannot become a record, whether or not the layout has a column for them.
    pub essentials: Vec<Field>,
    /// Groups of fields of which at least one must be filled (Jiangsu: one of the four body numbers).
    pub any_filled: Vec<Vec<Field>>,
    /// How the subject kind is known.
    pub implied_kind: ImpliedKind,
    /// How blank columns are filled from others, in this order.
    pub derive: Vec<Derivation>,
    /// The same header under a later edition of the standard, and the first decision day it applies to.
    pub later: Option<(Day, Arc<Layout>)>,
    /// The fields that have a column.
    pub fields: FieldSet,
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layout")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Layout {
    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<&Column> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// The layout's own Chinese name of a field, for messages.
    pub fn column_name(&self, field: Field) -> &str {
        self.column(field)
            .map_or(field.zh(), |column| column.name.as_str())
    }

    /// The edition that applies to a decision of this day.
    pub fn on(&self, decided_on: Option<Day>) -> &Layout {
        match (&self.later, decided_on) {
            (Some((from, later)), Some(day)) if day >= *from => later.on(decided_on),
            _ => self,
        }
    }
}

/// Words by which rows and cells that are no data are known (`fields.toml`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowWords {
    /// A row whose only text starts with one of these is an instruction row.
    pub instruction: Vec<String>,
    /// A row whose first text is one of these is a sum row.
    pub total: Vec<String>,
    /// A row whose running number is one of these is an example.
    pub example: Vec<String>,
    /// Cells equal to one of these are blank.
    pub null: Markers,
    /// Fields in which the words of `null_as_text` are kept (remarks).
    pub null_as_text: FieldSet,
    /// Headers holding one of these words are masked wherever the cells are kept.
    pub sensitive: Vec<String>,
}

/// Some words, each cell of a job is compared with; most cells end at their first byte and length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Markers {
    words: Vec<String>,
    /// For each first byte a bit for each length in bytes, the last for all beyond.
    lengths: [u16; 256],
}

impl Default for Markers {
    fn default() -> Markers {
        Markers::new(Vec::new())
    }
}

impl Markers {
    /// These words; an empty one says nothing.
    pub fn new(words: Vec<String>) -> Markers {
        let mut lengths = [0; 256];
        for word in &words {
            if let Some(first) = word.bytes().next() {
                lengths[usize::from(first)] |= length_bit(word);
            }
        }
        Markers { words, lengths }
    }

    /// Whether a cell is one of the words.
    pub fn holds(&self, cell: &str) -> bool {
        let Some(first) = cell.bytes().next() else {
            return false;
        };
        self.lengths[usize::from(first)] & length_bit(cell) != 0
            && self.words.iter().any(|word| word == cell)
    }
}

fn length_bit(text: &str) -> u16 {
    1 << text.len().min(15)
}

impl RowWords {
    /// Whether a text starts like an instruction row: 表格说明, 填报单位： …
    pub fn is_instruction(&self, text: &str) -> bool {
        let has_wide_colon = text.contains('：');
        let text = if has_wide_colon {
            std::borrow::Cow::Owned(text.replace('：', ":"))
        } else {
            std::borrow::Cow::Borrowed(text)
        };
        self.instruction
            .iter()
            .any(|word| text.trim_start().starts_with(word.as_str()))
    }

    /// Whether a text names a sum row: 合计, 共计 …
    pub fn is_total(&self, text: &str) -> bool {
        self.total
            .iter()
            .any(|word| text.trim_end_matches([':', '：']) == word)
    }

    /// Whether a trimmed cell says "nothing" in this field: `\\N`, `--`, `/`, 无 …
    pub fn is_null(&self, field: Field, cell: &str) -> bool {
        self.null.holds(cell)
            && !(self.null_as_text.contains(field)
                && cell.chars().all(|c| c.is_alphabetic() && !c.is_ascii()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row;
    impl Facts for Row {
        fn text(&self, field: Field) -> &str {
            if field == Field::Fine { "2.5" } else { "" }
        }
        fn subject_kind(&self) -> &str {
            "自然人"
        }
        fn has_penalty_kind(&self, name: &str) -> bool {
            name == "罚款"
        }
        fn has_placeholder_uscc(&self) -> bool {
            false
        }
    }

    #[test]
    fn markers_are_whole_words_of_any_length() {
        let long = "未填写（系统自动生成）";
        let words = ["-", "--", "无", "null", "", long].map(str::to_owned);
        let markers = Markers::new(words.to_vec());
        for word in ["-", "--", "无", "null", long] {
            assert!(markers.holds(word), "{word}");
        }
        for other in [
            "",
            "---",
            "无锡",
            "nul",
            "NULL",
            "2026-01-01",
            "未填写（系统自动生成了）",
        ] {
            assert!(!markers.holds(other), "{other}");
        }
    }

    #[test]
    fn a_condition_is_a_conjunction() {
        let both = Condition {
            subject_kind: vec!["自然人".into()],
            penalty_kind: vec!["罚款".into(), "警告".into()],
            filled: vec![Field::Fine],
            blank: vec![Field::Uscc],
            placeholder_uscc: Some(false),
            says: String::new(),
        };
        assert!(both.holds(&Row));
        assert!(
            !Condition {
                blank: vec![Field::Fine],
                ..both.clone()
            }
            .holds(&Row)
        );
        assert!(
            !Condition {
                penalty_kind: vec!["警告".into()],
                ..both
            }
            .holds(&Row)
        );
        assert!(Condition::default().holds(&Row));
    }

    #[test]
    fn other_must_carry_a_name() {
        let value = |text: &str, must_name: bool, alias: &str| EnumValue {
            value: text.into(),
            aliases: vec![alias.into()],
            since: None,
            until: None,
            must_name,
        };
        let list = Enumeration {
            id: "license_kind".into(),
            title: "许可类别".into(),
            values: vec![value("普通", false, "01"), value("其他", true, "06")],
            trust: Trust::Read,
        };
        assert!(matches!(list.find("普通", false), EnumMatch::Known(_, "")));
        assert!(matches!(list.find("01", false), EnumMatch::Unknown));
        assert!(matches!(list.find("01", true), EnumMatch::Known(..)));
        assert!(matches!(list.find("其他", true), EnumMatch::Unnamed(_)));
        assert!(matches!(list.find("其他-", true), EnumMatch::Unnamed(_)));
        assert!(matches!(
            list.find("其他-备案", true),
            EnumMatch::Known(_, "备案")
        ));
        assert_eq!(list.values_zh(), "普通、其他");
    }
}
