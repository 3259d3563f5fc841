//! 违法行为 → class: the cited article gives the possible classes, words in 违法行为类型 and 违法事实 choose within it.
//!
//! Owns: the tree of classes (`rules/classification/classes.toml`), the rows of the other files there and the choice.
//! Does not own: reading citations out of 处罚依据 (`record::parse_citations`), what a class costs (`rules`, `grading`).
//! May never know: points, grades, the store, the clock.
//!
//! Both halves are needed because the general liability articles of the 生态环境法典 (1107, 1108; in force 2026-08-15) name no
//! medium, while much older data cites nothing at all. The order of trust, first that answers:
//!
//! 1. a row that is cited and whose word stands in 违法行为类型;
//! 2. a row that is cited and whose word stands in 违法事实;
//! 3. the cited rows, when they all name one class;
//! 4. a word that leads to a class by itself, in 违法行为类型, then in 违法事实;
//! 5. what the cited rows have in common (`environment.air`), or the class of the statute.
//!
//! The longest word wins, then the earlier row. A class so found gives way to one below it that a word of either text names
//! (食品违法行为 + 腐败变质 → `market.food.unsafe`), and a catch-all (`environment.other`) to any beside it. Titles in 《》 are not read for words: 《科研失信行为调查处理规则》 says nothing of the act.

mod load;
mod tree;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::cell::LazyCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;

use crate::ingest::identity::comparable;
use crate::record::Citation;

pub(crate) use load::RowFile;
pub use load::{ClassifyError, Row, Trust};
pub use tree::ClassTree;
pub(crate) use tree::TreeFile;

use load::Cited;

/// The rows of `rules/classification`, ready to answer. Cheap to share between threads, no state.
#[derive(Debug)]
pub struct Classifier {
    tree: ClassTree,
    rows: Vec<Row>,
    /// Statute (short title) → what is cited of it and the row that cites it.
    statutes: BTreeMap<String, Vec<(Cited, usize)>>,
    words: AhoCorasick,
    /// By pattern of `words`.
    entries: Vec<Word>,
    /// The classes that lie above that of a row.
    above: BTreeSet<String>,
}

/// A keyword and the rows that it speaks for.
#[derive(Debug)]
struct Word {
    /// Length in characters.
    chars: usize,
    /// Row and whether the word leads there without a citation.
    rows: Vec<(usize, bool)>,
}

/// A keyword found in a text.
#[derive(Clone, Copy, Debug)]
struct Hit {
    row: usize,
    /// Pattern of `Classifier::words`.
    word: usize,
    chars: usize,
    alone: bool,
}

/// What a decision's citations allow.
#[derive(Debug, Default)]
struct Candidates {
    /// Rows that name a cited article.
    articles: BTreeSet<usize>,
    /// Rows that name a cited statute as a whole.
    statutes: BTreeSet<usize>,
}

impl Classifier {
    /// Reads the tree and the rows from a rule pack; keys are paths relative to `rules/`, such as `classification/environment.toml`.
    ///
    /// # Errors
    ///
    /// The first fault of a file: TOML that cannot be read, a class outside the tree, a citation or status that is not one, a
    /// keyword that leads to two classes by itself, a row that nothing leads to.
    pub fn load(files: &BTreeMap<String, String>) -> Result<Classifier, ClassifyError> {
        let tree = ClassTree::load(files)?;
        let rows = load::rows(files, &tree)?;
        let mut statutes: BTreeMap<String, Vec<(Cited, usize)>> = BTreeMap::new();
        let mut words: BTreeMap<&str, Vec<(usize, bool)>> = BTreeMap::new();
        for (index, row) in rows.iter().enumerate() {
            for (statute, cited) in &row.cited {
                statutes
                    .entry(statute.clone())
                    .or_default()
                    .push((*cited, index));
            }
            let alone = row.keywords.iter().map(|word| (word, true));
            let if_cited = row.keywords_if_cited.iter().map(|word| (word, false));
            for (word, alone) in alone.chain(if_cited) {
                words.entry(word).or_default().push((index, alone));
            }
        }
        let automaton = AhoCorasick::new(words.keys())
            .map_err(|error| ClassifyError::Words(error.to_string()))?;
        let entries = words
            .iter()
            .map(|(word, rows)| Word {
                chars: word.chars().count(),
                rows: rows.clone(),
            })
            .collect();
        let above = rows.iter().flat_map(|row| {
            let dots = row.class.match_indices('.');
            dots.map(|(at, _)| row.class[..at].to_owned())
        });
        Ok(Classifier {
            above: above.collect(),
            words: automaton,
            entries,
            statutes,
            tree,
            rows,
        })
    }

    /// The class of one violation: `environment.water.discharge-over-limit`; `None` when nothing leads anywhere (未分类).
    ///
    /// `violation_text` is 违法行为类型 (or, for a 科研失信处理 event, its 内容), `facts` is 违法事实; either may be empty.
    pub fn class_of(
        &self,
        citations: &[Citation],
        violation_text: &str,
        facts: &str,
    ) -> Option<&str> {
        let candidates = self.candidates(citations);
        let cited = |hit: &Hit| candidates.articles.contains(&hit.row);
        let alone = |hit: &Hit| hit.alone;
        let named = self.hits(violation_text);
        // Facts are long, and often nothing that they tell could change the answer.
        let told = LazyCell::new(|| self.hits(facts));
        let chosen = || self.best(&named, cited).or_else(|| self.best(&told, cited));
        let class = (!candidates.articles.is_empty())
            .then(chosen)
            .flatten()
            .or_else(|| self.only_class(&candidates.articles))
            .or_else(|| self.best(&named, alone).or_else(|| self.best(&told, alone)))
            .or_else(|| self.common_class(&candidates))?;
        // A catch-all gives way to what stands beside it, any other class to what stands below it.
        let above = class.strip_suffix(".other").unwrap_or(class);
        if !self.above.contains(above) {
            return Some(class);
        }
        let below = |hit: &Hit| {
            let named = self.rows[hit.row].class.as_str();
            (hit.alone || cited(hit)) && named != class && self.tree.is_below(named, above)
        };
        let deeper = self.best(&named, below).or_else(|| self.best(&told, below));
        Some(deeper.unwrap_or(class))
    }

    /// The tree of classes.
    pub fn tree(&self) -> &ClassTree {
        &self.tree
    }

    /// Every row in the order of trust between equal words, for lists of provisional rows and for the manual.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The class that the hits choose among those that pass. A word that leads to one class goes before a word that several
    /// share (废水 under an article on all water discharges), which chooses only what lies above them all; then the longest
    /// word, then the earliest row.
    fn best(&self, hits: &[Hit], pass: impl Fn(&Hit) -> bool) -> Option<&str> {
        let passing: Vec<&Hit> = hits.iter().filter(|hit| pass(hit)).collect();
        let sharing = |hit: &Hit| {
            let word = hit.word;
            passing
                .iter()
                .filter(move |other| other.word == word)
                .map(|other| self.rows[other.row].class.as_str())
        };
        let shared = |hit: &Hit| sharing(hit).any(|class| class != self.rows[hit.row].class);
        let winner = passing
            .iter()
            .min_by_key(|hit| (shared(hit), Reverse(hit.chars), hit.row))?;
        self.tree.common(sharing(winner))
    }

    fn hits(&self, text: &str) -> Vec<Hit> {
        let text = without_titles(text);
        // As keywords are kept: 产品（商品） and 产品(商品) are one.
        let text = comparable(&text);
        let mut hits = Vec::new();
        for found in self.words.find_overlapping_iter(text.as_ref()) {
            let index = found.pattern().as_usize();
            let word = &self.entries[index];
            hits.extend(word.rows.iter().map(|&(row, alone)| Hit {
                row,
                word: index,
                chars: word.chars,
                alone,
            }));
        }
        hits
    }

    fn candidates(&self, citations: &[Citation]) -> Candidates {
        let mut candidates = Candidates::default();
        for citation in citations {
            let Some(rows) = self.statutes.get(&citation.statute) else {
                continue;
            };
            candidates.statutes.extend(
                rows.iter()
                    .filter(|(cited, _)| cited.whole())
                    .map(|&(_, row)| row),
            );
            let Some(article) = citation.article else {
                continue;
            };
            let of_article = || rows.iter().filter(|(cited, _)| cited.covers(article));
            let of_item = |item| {
                of_article()
                    .filter(move |(cited, _)| cited.item == item)
                    .map(|&(_, row)| row)
            };
            match citation.item {
                // An item is exact: a row that names it shuts out those that name the article only.
                Some(item) if of_item(Some(item)).next().is_some() => {
                    candidates.articles.extend(of_item(Some(item)));
                }
                Some(_) => candidates.articles.extend(of_item(None)),
                None => candidates
                    .articles
                    .extend(of_article().map(|&(_, row)| row)),
            }
        }
        candidates
    }

    /// The class of the rows when they all name one.
    fn only_class(&self, rows: &BTreeSet<usize>) -> Option<&str> {
        let mut classes = rows.iter().map(|&row| self.rows[row].class.as_str());
        let first = classes.next()?;
        classes.all(|class| class == first).then_some(first)
    }

    /// The deepest class above all rows of the cited articles, or the class of the cited statutes when that says more.
    fn common_class(&self, candidates: &Candidates) -> Option<&str> {
        let above = |rows: &BTreeSet<usize>| {
            self.tree
                .common(rows.iter().map(|&row| self.rows[row].class.as_str()))
        };
        let articles = above(&candidates.articles);
        let statutes = above(&candidates.statutes);
        let depth = |class: Option<&str>| class.map_or(0, |class| class.split('.').count());
        if depth(articles) >= depth(statutes) {
            articles
        } else {
            statutes
        }
    }
}

/// The text outside 《》; an unclosed 《 is kept.
fn without_titles(text: &str) -> Cow<'_, str> {
    if !text.contains('《') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('《') {
        let Some(end) = rest[start..].find('》') else {
            break;
        };
        out.push_str(&rest[..start]);
        // Words must not grow together across the gap.
        out.push('《');
        rest = &rest[start + end + '》'.len_utf8()..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}
