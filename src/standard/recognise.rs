//! From a header row to the layout it belongs to.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

use super::fingerprint::{self, BodyNumber};
use super::load;
use super::{Carrier, Enumeration, Field, Layout, Mapping, Need, RowWords, StandardError};

/// Every layout, list and word of `rules/standards/`.
#[derive(Debug)]
pub struct Standards {
    pub(super) layouts: Vec<LayoutKeys>,
    pub(super) lists: BTreeMap<String, Arc<Enumeration>>,
    pub(super) words: Arc<RowWords>,
    pub(super) digest: String,
}

/// A layout and the header keys that mean its fields, with their ranks: 0 code, 1 name, 2 the layout's alias, 3 a shared alias of
/// one of its fields, 4 a shared alias of another field.
#[derive(Debug)]
pub(super) struct LayoutKeys {
    pub(super) layout: Arc<Layout>,
    pub(super) keys: HashMap<String, (Field, u8)>,
    /// The same keys in order, for the search of misspelt names.
    pub(super) names: Vec<(String, Field)>,
}

/// Rank of a header that was read although it is misspelt.
const MISSPELT: u8 = 5;

impl Standards {
    /// Reads the standards out of a rule pack: the files whose path has a `standards/` folder in it.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Standards, StandardError> {
        load::load(files)
    }

    /// SHA-256 over the names and texts of the files, in hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The layouts, in the order of their files.
    pub fn layouts(&self) -> impl Iterator<Item = &Arc<Layout>> {
        self.layouts.iter().map(|keys| &keys.layout)
    }

    /// A layout by its id.
    pub fn layout(&self, id: &str) -> Option<&Arc<Layout>> {
        self.layouts().find(|layout| layout.id == id)
    }

    /// A list of permitted values by its id.
    pub fn enumeration(&self, id: &str) -> Option<&Arc<Enumeration>> {
        self.lists.get(id)
    }

    /// The words by which rows that are no data are known.
    pub fn words(&self) -> &Arc<RowWords> {
        &self.words
    }

    /// Recognises the header of a table.
    ///
    /// # Errors
    /// [`HeaderError`] when no layout has all its required columns in the header; it names the nearest one.
    pub fn recognise<S: AsRef<str>>(&self, header: &[S]) -> Result<Mapping, HeaderError> {
        self.best(header, Carrier::Table)
    }

    /// Whether a third of the filled cells are headers of one layout as they should be written: a row of data is not, and needs no search
    /// for misspelt ones.
    pub(crate) fn may_be_header<S: AsRef<str>>(&self, cells: &[S]) -> bool {
        let mut keys = header_keys(cells);
        keys.retain(|candidates| !candidates.is_empty());
        self.layouts.iter().any(|one| {
            let known = keys.iter().filter(|key| one.known(key).is_some());
            known.count() * 3 >= keys.len()
        })
    }

    /// Recognises the keys of JSON or XML records. Keys may be missing.
    ///
    /// # Errors
    /// [`HeaderError`] when fewer than three keys are known, or none that only records have (a number, a day, an event).
    pub fn recognise_keys<S: AsRef<str>>(&self, keys: &[S]) -> Result<Mapping, HeaderError> {
        self.best(keys, Carrier::Keyed)
    }

    /// The mapping of a header to a layout that is already known (further keys of a JSON source).
    pub fn map_to<S: AsRef<str>>(&self, layout: &Arc<Layout>, header: &[S]) -> Mapping {
        let keys = header_keys(header);
        match self
            .layouts
            .iter()
            .find(|one| Arc::ptr_eq(&one.layout, layout))
        {
            Some(one) => self.mapping(one, header, &one.read(&keys), Carrier::Keyed),
            None => Mapping::new(
                layout.clone(),
                to_strings(header),
                &[],
                Vec::new(),
                Vec::new(),
                self.words.clone(),
            ),
        }
    }

    fn best<S: AsRef<str>>(&self, header: &[S], carrier: Carrier) -> Result<Mapping, HeaderError> {
        let keys = header_keys(header);
        let mut best: Option<(&LayoutKeys, Score, Vec<Meaning>)> = None;
        let mut nearest: Option<(&LayoutKeys, Score, Vec<Meaning>)> = None;
        for one in self
            .layouts
            .iter()
            .filter(|one| one.layout.carriers.contains(&carrier))
        {
            let meanings = one.read(&keys);
            let score = one.score(&meanings);
            let fits = match carrier {
                Carrier::Table => score.missing.is_empty(),
                Carrier::Keyed => score.own >= 3 && score.anchored,
            };
            let slot = if fits { &mut best } else { &mut nearest };
            if slot.as_ref().is_none_or(|(_, other, _)| {
                if fits {
                    score.beats(other)
                } else {
                    score.is_nearer(other)
                }
            }) {
                *slot = Some((one, score, meanings));
            }
        }
        match best {
            Some((one, _, meanings)) => Ok(self.mapping(one, header, &meanings, carrier)),
            None => Err(HeaderError::new(header, nearest)),
        }
    }

    fn mapping<S: AsRef<str>>(
        &self,
        one: &LayoutKeys,
        header: &[S],
        meanings: &[Meaning],
        carrier: Carrier,
    ) -> Mapping {
        let mut notes = Vec::new();
        let mut sensitive = Vec::with_capacity(header.len());
        let words = self.words.sensitive.iter();
        let words: Vec<String> = words.map(|word| fingerprint::header_key(word)).collect();
        for (text, meaning) in header.iter().zip(meanings) {
            let text = text.as_ref();
            match meaning {
                Meaning::Known(field, MISSPELT) => {
                    notes.push(format!("表头“{text}”按“{}”读取，请改正列名", one.layout.column_name(*field)));
                }
                Meaning::Ambiguous(number) => notes.push(format!(
                    "表头“{text}”没有写明是哪一种代码（代码_{number}在2015年版和2018年版模板中含义相反），此列未采用，请在列名后用括号注明"
                )),
                _ => {}
            }
            let key = fingerprint::header_key(text);
            let by_word = words.iter().any(|word| key.contains(word));
            sensitive.push(meaning.field().map_or(by_word, |(field, _)| {
                field.is_sensitive()
                    || (by_word
                        && matches!(field, Field::TaxNo | Field::SourceRecordId | Field::Remark))
            }));
        }
        let columns = match carrier {
            Carrier::Table => one.layout.columns.as_slice(),
            // A missing key is a null, nothing to remark on.
            Carrier::Keyed => &[],
        };
        for column in columns {
            let missing = !meanings.iter().any(|meaning| {
                meaning
                    .field()
                    .is_some_and(|(field, _)| field == column.field)
            });
            if missing && column.need != Need::Optional {
                notes.push(format!("没有“{}”列", column.name));
            }
        }
        let known: Vec<_> = meanings.iter().map(Meaning::field).collect();
        Mapping::new(
            one.layout.clone(),
            to_strings(header),
            &known,
            sensitive,
            notes,
            self.words.clone(),
        )
    }
}

fn to_strings<S: AsRef<str>>(header: &[S]) -> Vec<String> {
    header
        .iter()
        .map(|text| text.as_ref().trim().to_owned())
        .collect()
}

fn header_keys<S: AsRef<str>>(header: &[S]) -> Vec<Vec<String>> {
    header
        .iter()
        .map(|text| fingerprint::candidates(text.as_ref()))
        .collect()
}

/// What one header means under one layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Known(Field, u8),
    Ambiguous(u32),
    Unknown,
}

impl Meaning {
    fn field(&self) -> Option<(Field, u8)> {
        match self {
            Meaning::Known(field, rank) => Some((*field, *rank)),
            _ => None,
        }
    }
}

/// How well a header fits a layout.
#[derive(Debug)]
struct Score {
    /// Headers that are columns of the layout.
    own: usize,
    /// Headers that are known, but no columns of it.
    foreign: usize,
    /// How many columns the layout has.
    columns: usize,
    /// Required columns that the header lacks.
    missing: Vec<String>,
    /// Whether a column that only records have is there (a number, a day, an event).
    anchored: bool,
}

impl Score {
    fn beats(&self, other: &Score) -> bool {
        (self.own, other.foreign, other.columns) > (other.own, self.foreign, self.columns)
    }

    fn is_nearer(&self, other: &Score) -> bool {
        (self.own + other.missing.len(), other.columns)
            > (other.own + self.missing.len(), self.columns)
    }
}

impl LayoutKeys {
    fn read(&self, header: &[Vec<String>]) -> Vec<Meaning> {
        header
            .iter()
            .map(|candidates| self.meaning(candidates))
            .collect()
    }

    /// What a header means that is written as it should be.
    fn known(&self, candidates: &[String]) -> Option<Meaning> {
        for key in candidates {
            match fingerprint::body_number(key) {
                Some(BodyNumber::Named(words)) => {
                    if let Some((field, rank)) = self.keys.get(words) {
                        return Some(Meaning::Known(*field, *rank));
                    }
                }
                Some(BodyNumber::Numbered(1)) => return Some(Meaning::Known(Field::Uscc, 3)),
                Some(BodyNumber::Numbered(number)) => return Some(Meaning::Ambiguous(number)),
                None => {}
            }
            if let Some((field, rank)) = self.keys.get(key) {
                return Some(Meaning::Known(*field, *rank));
            }
        }
        None
    }

    fn meaning(&self, candidates: &[String]) -> Meaning {
        if let Some(known) = self.known(candidates) {
            return known;
        }
        let names = self
            .names
            .iter()
            .map(|(name, field)| (name.as_str(), *field));
        match candidates
            .first()
            .and_then(|key| fingerprint::misspelt(key, names))
        {
            Some(field) => Meaning::Known(field, MISSPELT),
            None => Meaning::Unknown,
        }
    }

    fn score(&self, meanings: &[Meaning]) -> Score {
        let mut own = 0;
        let mut foreign = 0;
        let mut anchored = false;
        for (field, _) in meanings.iter().filter_map(Meaning::field) {
            if self.layout.fields.contains(field) {
                own += 1;
                anchored |= matches!(
                    field,
                    Field::DocumentNo | Field::DecidedOn | Field::EventKind
                );
            } else if field != Field::RowNumber {
                foreign += 1;
            }
        }
        let worst = if self.layout.by_own_names {
            2
        } else {
            MISSPELT
        };
        let has = |field: Field| {
            meanings.iter().any(|meaning| {
                meaning
                    .field()
                    .is_some_and(|(one, rank)| one == field && rank <= worst)
            })
        };
        let missing = self
            .layout
            .columns
            .iter()
            .filter(|column| {
                column.need == Need::Required && !column.may_miss && !has(column.field)
            })
            .map(|column| column.name.clone())
            .collect();
        Score {
            own,
            foreign,
            columns: self.layout.columns.len(),
            missing,
            anchored,
        }
    }
}

/// A header that belongs to no layout (SGS-H01). Its message is for the unit that sent the file, so Chinese.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// The headers that were found.
    pub found: Vec<String>,
    /// The nearest layout, when any header is known.
    pub nearest: Option<Arc<Layout>>,
    /// How many headers the nearest layout knows.
    pub matched: usize,
    /// Its required columns that the header lacks.
    pub missing: Vec<String>,
    /// Headers that it does not know.
    pub unknown: Vec<String>,
}

impl HeaderError {
    /// A source in which no header was found at all.
    pub const fn none() -> HeaderError {
        HeaderError {
            found: Vec::new(),
            nearest: None,
            matched: 0,
            missing: Vec::new(),
            unknown: Vec::new(),
        }
    }

    fn new<S: AsRef<str>>(
        header: &[S],
        nearest: Option<(&LayoutKeys, Score, Vec<Meaning>)>,
    ) -> HeaderError {
        let found: Vec<String> = to_strings(header)
            .into_iter()
            .filter(|text| !text.is_empty())
            .collect();
        match nearest {
            Some((one, score, meanings)) if score.own > 0 => HeaderError {
                unknown: header
                    .iter()
                    .zip(&meanings)
                    .filter(|(text, meaning)| {
                        meaning.field().is_none() && !text.as_ref().trim().is_empty()
                    })
                    .map(|(text, _)| text.as_ref().trim().to_owned())
                    .collect(),
                found,
                nearest: Some(one.layout.clone()),
                matched: score.own,
                missing: score.missing,
            },
            _ => HeaderError {
                unknown: found.clone(),
                found,
                nearest: None,
                matched: 0,
                missing: Vec::new(),
            },
        }
    }

    /// Whether the row looks like the header of a data table at all, and not like a line of text.
    pub fn looks_like_data(&self) -> bool {
        self.matched >= 3
    }
}

/// At most this many headers are written out.
const SHOWN: usize = 12;

fn list(texts: &[String]) -> String {
    let shown: Vec<String> = texts
        .iter()
        .take(SHOWN)
        .map(|text| text.split_whitespace().collect::<String>())
        .collect();
    let more = if texts.len() > SHOWN {
        format!(" 等{}列", texts.len())
    } else {
        String::new()
    };
    format!("{}{more}", shown.join("、"))
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearest {
            Some(layout) => {
                write!(
                    f,
                    "表头与任何模板都不符。最接近的模板是“{}”（{}，符合{}列）",
                    layout.title, layout.id, self.matched
                )?;
                if !self.missing.is_empty() {
                    write!(f, "，缺少必需列：{}", list(&self.missing))?;
                }
                if !self.unknown.is_empty() {
                    write!(f, "；不认识的列：{}", list(&self.unknown))?;
                }
                f.write_str("。请补齐缺少的列，或按模板列名重新导出后报送")
            }
            None if self.found.is_empty() => {
                f.write_str("没有找到表头。请在数据行上方写明模板列名后报送")
            }
            None => write!(
                f,
                "没有找到可识别的表头，读到的是：{}。请使用双公示数据模板的列名后报送",
                list(&self.found)
            ),
        }
    }
}

impl std::error::Error for HeaderError {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Pack;

    /// A header that is repeated among the rows is told from them, also with headers misspelt and columns of the sender's own.
    #[test]
    fn a_row_of_data_is_no_header() {
        let standards = Standards::load(Pack::builtin().files()).unwrap();
        let may_be = |cells: &[&str]| standards.may_be_header(cells);
        let header = [
            "行政相对人名称",
            "行政相对人类别",
            "行政处罚决定书文号",
            "违法行为类型",
            "处罚机关",
        ];
        assert!(may_be(&header));
        let strange = ["行政相对人名称", "处罚决定书文好", "承办人", "", ""];
        assert!(may_be(&strange));
        let stranger = ["行政相对人名称", "甲", "乙", "丙", ""];
        assert!(!may_be(&stranger));
        let row = [
            "重庆拟沄涵食品有限公司",
            "法人及非法人组织",
            "合川市监处罚〔2023〕618号",
            "其他",
            "重庆市合川区市场监督管理局",
        ];
        assert!(!may_be(&row));
    }
}
