//! The catalogue of measures: `rules/measures/*.toml`.
//!
//! The national list is a directory of what other law already allows, so every row names the article behind it
//! (国办发〔2020〕49号). Nature (`reduces_right`) is a field of the row, taken from the statute, whatever category the list prints.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::error::CatalogueError;
use crate::record::{Citation, Day, Fen, PenaltyKind, PenaltyKinds, SubjectKind};

/// An edition of 《全国失信惩戒措施基础清单》.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// `2024年版`
    pub name: String,
    pub document: String,
    pub from: Day,
    pub provisional: bool,
    /// What is said of a measure whose row in the list was not seen.
    pub assumed: String,
}

/// Whether the row was seen in the printed list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ListRowStatus {
    Verified,
    /// Likely, because the list draws on the statute; not seen.
    Assumed,
}

impl ListRowStatus {
    /// The word of the rule file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Assumed => "assumed",
        }
    }
}

/// From what the term runs: differs by article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StartEvent {
    DecisionMade,
    /// The article is silent: only the decision document can fix the start.
    NotStated,
}

/// Articles of one statute, with the days on which they are in force (both inclusive).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basis {
    pub law: String,
    pub articles: Vec<u16>,
    pub paragraph: Option<u16>,
    pub from: Option<Day>,
    pub to: Option<Day>,
    pub replaced_by: Option<String>,
}

impl Basis {
    /// Same statute, one of the articles; paragraphs are not looked at.
    pub fn has_article(&self, citation: &Citation) -> bool {
        self.law == citation.statute && citation.article.is_some_and(|a| self.articles.contains(&a))
    }

    /// As [`Basis::has_article`], and the paragraph does not name another one.
    pub fn covers(&self, citation: &Citation) -> bool {
        let paragraph = match (self.paragraph, citation.paragraph) {
            (Some(ours), Some(cited)) => ours == cited,
            _ => true,
        };
        self.has_article(citation) && paragraph
    }

    /// `《招标投标法》第53条`
    pub fn zh(&self) -> String {
        let articles: Vec<String> = self.articles.iter().map(|a| format!("第{a}条")).collect();
        let paragraph = self
            .paragraph
            .map(|p| format!("第{p}款"))
            .unwrap_or_default();
        format!("《{}》{}{paragraph}", self.law, articles.join("、"))
    }
}

/// What the article allows. Months; both absent when the article fixes no term.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermBand {
    pub min_months: Option<u16>,
    pub max_months: Option<u16>,
    #[serde(default)]
    pub permanent: bool,
}

impl TermBand {
    /// The one term that the article leaves, in months.
    pub fn fixed(&self) -> Option<u16> {
        self.min_months
            .filter(|min| Some(*min) == self.max_months && !self.permanent)
    }

    /// Whether the statute knows a term of its own.
    pub fn is_stated(&self) -> bool {
        self.min_months.is_some() || self.max_months.is_some() || self.permanent
    }

    /// The span in words.
    fn span_zh(&self) -> Option<String> {
        let top = self
            .max_months
            .map(months_zh)
            .or(self.permanent.then(|| "终身".to_owned()));
        let span = match (self.min_months.map(months_zh), top) {
            (Some(min), Some(max)) if min == max => min,
            (Some(min), Some(max)) if self.permanent && self.max_months.is_some() => {
                format!("{min}至{max}，或者终身")
            }
            (Some(min), Some(max)) => format!("{min}至{max}"),
            (None, Some(max)) => max,
            _ => return None,
        };
        Some(format!("{span}（法定幅度）"))
    }
}

/// Months in words, whole years as years.
pub(super) fn months_zh(months: u16) -> String {
    if months.is_multiple_of(12) {
        format!("{}年", months / 12)
    } else {
        format!("{months}个月")
    }
}

/// 重大违法记录 (政府采购法实施条例 19; 财库〔2022〕3号).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MajorViolation {
    pub kinds: PenaltyKinds,
    /// A fine of at least this, in 分, is 较大数额.
    pub fine: Fen,
    /// First decision day for which the line is known.
    pub fine_from: Day,
    pub within_months: u16,
}

/// One measure of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    /// Stable code of ours: `M-ACCESS`.
    pub measure: String,
    pub name: String,
    /// Number in the printed list, where verified.
    pub list_no: Option<String>,
    pub list_editions: BTreeSet<String>,
    pub list_row_status: ListRowStatus,
    /// 一, 二 or 三.
    pub category: String,
    pub reduces_right: bool,
    pub content: String,
    pub subject_kinds: Vec<SubjectKind>,
    pub target_role: String,
    /// Words that prove a person's role. Empty: the row does not reach natural persons by role.
    pub role_classes: Vec<String>,
    pub basis: Vec<Basis>,
    /// Articles whose citation makes the row a candidate, where they are not the basis itself.
    pub cited: Vec<Basis>,
    /// Names of lists whose entry makes the row a candidate.
    pub lists: Vec<String>,
    /// All must stand un-negated in the document.
    pub trigger_words: Vec<String>,
    pub major_violation: Option<MajorViolation>,
    /// Violation classes (subtrees) to which the row is related.
    pub field: Vec<String>,
    pub cross_field: bool,
    pub term: TermBand,
    pub start_event: StartEvent,
    pub body: String,
    /// Only the decision of the authority can impose it.
    pub authority_imposed: bool,
    pub provisional: bool,
    pub source: String,
    /// What every checklist prints of the row.
    pub printed: Printed,
    /// The place of the first row by id with this measure for this role: equal for rows that merge (gate 12).
    pub(super) alike: usize,
}

/// Texts of a row as printed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// Code and name.
    pub measure: String,
    /// With 供自主参考 where others decide.
    pub content: String,
    /// Statutes and articles.
    pub basis: String,
    /// The span that the article allows, where it names one.
    pub term: Option<String>,
}

impl Printed {
    fn of(row: &Row) -> Self {
        let basis: Vec<String> = row.basis.iter().map(Basis::zh).collect();
        Self {
            measure: format!("{} {}", row.measure, row.name),
            content: if row.category == "三" {
                format!("供自主参考：{}", row.content)
            } else {
                row.content.clone()
            },
            basis: basis.join("、"),
            term: row.term.span_zh(),
        }
    }
}

impl Row {
    /// The articles whose citation makes the row a candidate.
    pub fn triggers(&self) -> &[Basis] {
        if self.cited.is_empty() {
            &self.basis
        } else {
            &self.cited
        }
    }

    /// The row is for natural persons only.
    pub fn is_personal(&self) -> bool {
        self.subject_kinds == [SubjectKind::Person]
    }
}

/// A class of acts that the law exempts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    pub id: String,
    pub class: String,
    /// Starts with a code, in Chinese.
    pub reason: String,
    pub status: String,
    pub source: String,
}

/// All measures, and the list editions in which they stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    editions: Vec<Edition>,
    rows: Vec<Row>,
    exemptions: Vec<Exemption>,
    by_law: BTreeMap<String, Vec<usize>>,
    uncited: Vec<usize>,
}

impl Catalogue {
    /// Reads `measures/*.toml` of a rule pack (keys are paths below `rules/`).
    ///
    /// # Errors
    /// Wrong syntax or values, two rows of one id, no list edition.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Catalogue, CatalogueError> {
        let (mut editions, mut rows, mut exemptions) = (Vec::new(), Vec::<Row>::new(), Vec::new());
        for (file, text) in files
            .iter()
            .filter(|(f, _)| f.starts_with("measures/") && f.ends_with(".toml"))
        {
            let parsed: MeasureFile = toml::from_str(text).map_err(|e| CatalogueError::Syntax {
                file: file.clone(),
                message: e.to_string(),
            })?;
            if let Some(list) = parsed.list {
                editions.push(Edition {
                    from: day(file, "list", &list.from)?,
                    assumed: format!(
                        "LIST_ROW_ASSUMED 未核对到《清单》（{}）的对应行",
                        list.edition
                    ),
                    name: list.edition,
                    document: list.document,
                    provisional: list.status != "verified",
                });
            }
            for raw in parsed.row {
                let id = raw.id.clone();
                if rows.iter().any(|r| r.id == id) {
                    return Err(CatalogueError::Duplicate {
                        file: file.clone(),
                        row: id,
                    });
                }
                rows.push(raw.checked(file)?);
            }
            exemptions.extend(parsed.exemption);
        }
        editions.sort_by_key(|e| e.from);
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        for at in 0..rows.len() {
            let alike =
                |r: &Row| r.measure == rows[at].measure && r.target_role == rows[at].target_role;
            rows[at].alike = rows.iter().position(alike).unwrap_or(at);
        }
        if editions.is_empty() {
            return Err(CatalogueError::NoEdition);
        }
        let mut by_law: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            let laws: BTreeSet<&str> = row.triggers().iter().map(|b| b.law.as_str()).collect();
            for law in laws {
                by_law.entry(law.to_owned()).or_default().push(at);
            }
        }
        let uncited = (0..rows.len())
            .filter(|at| !rows[*at].lists.is_empty() || rows[*at].major_violation.is_some())
            .collect();
        Ok(Catalogue {
            editions,
            rows,
            exemptions,
            by_law,
            uncited,
        })
    }

    /// Name of the newest edition loaded.
    pub fn list_edition(&self) -> &str {
        self.editions.last().map_or("", |e| e.name.as_str())
    }

    /// The edition in force on a day; none before the first.
    pub fn edition_on(&self, day: Day) -> Option<&Edition> {
        self.editions.iter().rev().find(|e| e.from <= day)
    }

    /// All rows, by id.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The exemption of a class of acts.
    pub fn exemption(&self, class: &str) -> Option<&Exemption> {
        self.exemptions.iter().find(|e| e.class == class)
    }

    /// A citation with the rows of which it names an article.
    pub(super) fn cited(&self, citation: Citation) -> Cited {
        let of_law = self.by_law.get(&citation.statute);
        let names = |at: &&usize| {
            let bases = self.rows[**at].triggers();
            bases.iter().any(|basis| basis.has_article(&citation))
        };
        let rows = of_law.into_iter().flatten().filter(names).copied();
        Cited {
            rows: rows.collect(),
            citation,
        }
    }

    /// Places of the rows that a list entry or a kind of penalty makes candidates, without a citation.
    pub(super) fn uncited(&self) -> &[usize] {
        &self.uncited
    }
}

/// A cited provision, and the rows that rest on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cited {
    pub(super) citation: Citation,
    /// Places among [`Catalogue::rows`], ascending.
    pub(super) rows: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeasureFile {
    list: Option<RawList>,
    #[serde(default)]
    row: Vec<RawRow>,
    #[serde(default)]
    exemption: Vec<Exemption>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    edition: String,
    #[serde(rename = "title")]
    _title: String,
    document: String,
    from: toml::value::Datetime,
    status: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBasis {
    law: String,
    articles: Vec<u16>,
    paragraph: Option<u16>,
    from: Option<toml::value::Datetime>,
    to: Option<toml::value::Datetime>,
    replaced_by: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMajor {
    kinds: Vec<String>,
    fine_wan_yuan: String,
    fine_from: toml::value::Datetime,
    within_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    id: String,
    measure: String,
    name: String,
    list_no: Option<String>,
    list_editions: BTreeSet<String>,
    list_row_status: ListRowStatus,
    category: String,
    reduces_right: bool,
    content: String,
    subject_kinds: Vec<String>,
    target_role: String,
    #[serde(default)]
    role_classes: Vec<String>,
    basis: Vec<RawBasis>,
    #[serde(default)]
    cited: Vec<RawBasis>,
    #[serde(default)]
    lists: Vec<String>,
    #[serde(default)]
    trigger_words: Vec<String>,
    major_violation: Option<RawMajor>,
    field: Vec<String>,
    #[serde(default)]
    cross_field: bool,
    #[serde(default)]
    term: TermBand,
    start_event: StartEvent,
    body: String,
    authority_imposed: bool,
    status: String,
    source: String,
}

impl RawRow {
    fn checked(self, file: &str) -> Result<Row, CatalogueError> {
        let id = self.id;
        let wrong = |problem: String| CatalogueError::Row {
            file: file.to_owned(),
            row: id.clone(),
            problem,
        };
        if self.basis.is_empty() {
            return Err(wrong("no law, no measure: basis is empty".to_owned()));
        }
        if !matches!(self.category.as_str(), "一" | "二" | "三") {
            return Err(wrong(format!(
                "category {:?} is not 一, 二 or 三",
                self.category
            )));
        }
        let mut subject_kinds = Vec::new();
        for kind in &self.subject_kinds {
            let known = SubjectKind::from_zh(kind);
            subject_kinds
                .push(known.ok_or_else(|| wrong(format!("{kind:?} is not a kind of subject")))?);
        }
        let bases = |raw: Vec<RawBasis>| {
            raw.into_iter()
                .map(|b| basis(file, &id, b))
                .collect::<Result<Vec<_>, _>>()
        };
        let (basis, cited) = (bases(self.basis)?, bases(self.cited)?);
        let major_violation = match self.major_violation {
            None => None,
            Some(raw) => {
                let mut kinds = PenaltyKinds::EMPTY;
                for name in &raw.kinds {
                    let known = PenaltyKind::from_zh(name);
                    kinds.insert(
                        known.ok_or_else(|| wrong(format!("{name:?} is not a penalty kind")))?,
                    );
                }
                Some(MajorViolation {
                    kinds,
                    fine: Fen::parse_wan_yuan(&raw.fine_wan_yuan)
                        .map_err(|e| wrong(e.to_string()))?,
                    fine_from: day(file, &id, &raw.fine_from)?,
                    within_months: raw.within_months,
                })
            }
        };
        let mut row = Row {
            measure: self.measure,
            name: self.name,
            list_no: self.list_no,
            list_editions: self.list_editions,
            list_row_status: self.list_row_status,
            category: self.category,
            reduces_right: self.reduces_right,
            content: self.content,
            subject_kinds,
            target_role: self.target_role,
            role_classes: self.role_classes,
            basis,
            cited,
            lists: self.lists,
            trigger_words: self.trigger_words,
            major_violation,
            field: self.field,
            cross_field: self.cross_field,
            term: self.term,
            start_event: self.start_event,
            body: self.body,
            authority_imposed: self.authority_imposed,
            provisional: self.status != "verified",
            source: self.source,
            id,
            printed: Printed::default(),
            alike: 0,
        };
        row.printed = Printed::of(&row);
        Ok(row)
    }
}

fn basis(file: &str, row: &str, raw: RawBasis) -> Result<Basis, CatalogueError> {
    Ok(Basis {
        law: raw.law,
        articles: raw.articles,
        paragraph: raw.paragraph,
        from: raw.from.as_ref().map(|d| day(file, row, d)).transpose()?,
        to: raw.to.as_ref().map(|d| day(file, row, d)).transpose()?,
        replaced_by: raw.replaced_by,
    })
}

fn day(file: &str, row: &str, value: &toml::value::Datetime) -> Result<Day, CatalogueError> {
    value
        .to_string()
        .parse::<Day>()
        .map_err(|e| CatalogueError::Row {
            file: file.to_owned(),
            row: row.to_owned(),
            problem: e.to_string(),
        })
}
