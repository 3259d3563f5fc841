//! Reading the rows of `rules/classification`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::Deserialize;

use super::tree::ClassTree;
use crate::ingest::identity::comparable;
use crate::record::short_title;

/// How far a row can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trust {
    /// The article was read in an official text or two independent copies.
    Verified,
    /// From memory, or a choice of this system.
    Provisional,
}

/// One class and what leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Dotted id in the [`ClassTree`].
    pub class: String,
    /// Path of the file relative to `rules/`.
    pub file: String,
    /// Ground of the row: document and article.
    pub source: String,
    pub status: Trust,
    /// Statute (short title) and the part of it.
    pub(super) cited: Vec<(String, Cited)>,
    /// Words that lead to the class by themselves.
    pub(super) keywords: Vec<String>,
    /// Words that count only when the decision cites the row.
    pub(super) keywords_if_cited: Vec<String>,
}

impl Row {
    /// Statutes (short titles) that the row cites, with the articles; `None` for the whole statute. For checks against the
    /// register of statutes.
    pub fn citations(&self) -> impl Iterator<Item = (&str, Option<RangeInclusive<u16>>)> {
        let articles = |cited: &Cited| (!cited.whole()).then_some(cited.from..=cited.to);
        self.cited
            .iter()
            .map(move |(statute, cited)| (statute.as_str(), articles(cited)))
    }
}

/// A part of a statute: articles `from..=to`, one item of them, or the whole (`from` 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cited {
    from: u16,
    to: u16,
    pub(super) item: Option<u16>,
}

impl Cited {
    pub(super) fn whole(self) -> bool {
        self.from == 0
    }

    pub(super) fn covers(self, article: u16) -> bool {
        !self.whole() && (self.from..=self.to).contains(&article)
    }
}

/// What is wrong with `rules/classification`. Every variant is the author's fault, none is ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassifyError {
    #[error("find the class tree {0} in the rule pack")]
    NoTree(&'static str),
    #[error("read {file}: {message}")]
    Syntax { file: String, message: String },
    #[error(
        "accept class {0:?}: ids are dotted lower-case words, have a title, and their parent is a class too"
    )]
    BadClass(String),
    #[error("accept a row of {file}: class {class:?} is not in the tree")]
    UnknownClass { file: String, class: String },
    #[error(
        "accept the row of {class:?} in {file}: {cited:?} is not a statute with article, range or item, such as 大气污染防治法100(3)"
    )]
    BadCitation {
        file: String,
        class: String,
        cited: String,
    },
    #[error(
        "accept the row of {class:?} in {file}: nothing leads to it, or a word is empty or its source is missing"
    )]
    EmptyRow { file: String, class: String },
    #[error("accept keyword {word:?}: by itself it leads to {first:?} and to {second:?}")]
    TwoClasses {
        word: String,
        first: String,
        second: String,
    },
    #[error("prepare the keywords: {0}")]
    Words(String),
}

impl ClassifyError {
    pub(super) fn syntax(file: &str, error: &toml::de::Error) -> ClassifyError {
        ClassifyError::Syntax {
            file: file.to_owned(),
            message: error.to_string(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowFile {
    row: Vec<RawRow>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRow {
    class: String,
    #[serde(default)]
    cited: Vec<String>,
    #[serde(default)]
    keywords: Vec<String>,
    #[serde(default)]
    keywords_if_cited: Vec<String>,
    source: String,
    status: Trust,
}

/// The rows of every file of `classification/` but the tree, in the order of file names and rows.
pub(super) fn rows(
    files: &BTreeMap<String, String>,
    tree: &ClassTree,
) -> Result<Vec<Row>, ClassifyError> {
    let mut rows = Vec::new();
    let mut leads: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in files {
        let of_ours = file.starts_with("classification/") && file.ends_with(".toml");
        if !of_ours || file == "classification/classes.toml" {
            continue;
        }
        let parsed: RowFile =
            toml::from_str(text).map_err(|error| ClassifyError::syntax(file, &error))?;
        for raw in parsed.row {
            let row = row(file, raw, tree)?;
            for word in &row.keywords {
                let first = leads
                    .entry(word.clone())
                    .or_insert_with(|| row.class.clone());
                if *first != row.class {
                    return Err(ClassifyError::TwoClasses {
                        word: word.clone(),
                        first: first.clone(),
                        second: row.class,
                    });
                }
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn row(file: &str, raw: RawRow, tree: &ClassTree) -> Result<Row, ClassifyError> {
    let class = raw.class;
    if tree.title(&class).is_none() {
        return Err(ClassifyError::UnknownClass {
            file: file.to_owned(),
            class,
        });
    }
    let words = |words: &[String]| {
        words
            .iter()
            .map(|word| comparable(word).into_owned())
            .collect::<Vec<_>>()
    };
    let (keywords, keywords_if_cited) = (words(&raw.keywords), words(&raw.keywords_if_cited));
    let blank = keywords
        .iter()
        .chain(&keywords_if_cited)
        .any(String::is_empty);
    let led_to = !raw.cited.is_empty() || !keywords.is_empty();
    if blank || !led_to || raw.source.trim().is_empty() {
        return Err(ClassifyError::EmptyRow {
            file: file.to_owned(),
            class,
        });
    }
    let mut cited = Vec::with_capacity(raw.cited.len());
    for text in raw.cited {
        match parse_cited(&text) {
            Some(part) => cited.push(part),
            None => {
                return Err(ClassifyError::BadCitation {
                    file: file.to_owned(),
                    class,
                    cited: text,
                });
            }
        }
    }
    Ok(Row {
        class,
        file: file.to_owned(),
        source: raw.source,
        status: raw.status,
        cited,
        keywords,
        keywords_if_cited,
    })
}

/// `大气污染防治法`, `大气污染防治法99`, `水污染防治法89-90`, `排污许可管理条例36(6)` → short title and part.
fn parse_cited(text: &str) -> Option<(String, Cited)> {
    let text = comparable(text);
    let (text, item) = match text.strip_suffix(')') {
        Some(rest) => {
            let (head, item) = rest.rsplit_once('(')?;
            (
                head,
                Some(item.parse::<u16>().ok().filter(|&item| item > 0)?),
            )
        }
        None => (text.as_ref(), None),
    };
    let end = text
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '-')
        .len();
    let (title, numbers) = text.split_at(end);
    let statute = short_title(title);
    if statute.is_empty() {
        return None;
    }
    if numbers.is_empty() {
        return item.is_none().then_some((
            statute,
            Cited {
                from: 0,
                to: 0,
                item: None,
            },
        ));
    }
    let (from, to) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let (from, to) = (from.parse::<u16>().ok()?, to.parse::<u16>().ok()?);
    (from > 0 && from <= to).then_some((statute, Cited { from, to, item }))
}
