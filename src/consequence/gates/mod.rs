//! The thirteen gates of proportionality. A measure exists only after it passed every one.
//!
//! One gate, one struct, listed in [`REGISTRY`]; the manual is generated from it.

mod law;
mod record;
mod subject;

use std::borrow::Cow;

use super::candidate::Candidate;

/// What a gate is, for the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateDoc {
    pub number: u8,
    /// 文书, 清单 …
    pub name: &'static str,
    /// What must hold.
    pub test: &'static str,
    /// Codes with which a failing candidate's reason starts.
    pub codes: &'static [&'static str],
    /// Document and article.
    pub source: &'static str,
}

/// What a gate says of a candidate. Texts are Chinese and start with a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<'c> {
    Pass,
    /// Passes; the reader must be told something.
    Note(Cow<'c, str>),
    /// Only a person can decide.
    Review(Cow<'c, str>),
    Exclude(Cow<'c, str>),
    /// Not even a row: the record is no more, or must not be shown.
    Vanish,
}

/// One gate.
pub trait Gate: Sync {
    fn doc(&self) -> GateDoc;
    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c>;
    /// Whether it can let a candidate vanish, which outweighs an exclusion.
    fn can_vanish(&self) -> bool {
        false
    }
}

/// All gates in order.
pub const REGISTRY: [&dyn Gate; 13] = [
    &record::Document,
    &law::List,
    &law::InForce,
    &subject::Target,
    &law::Related,
    &law::Term,
    &subject::Person,
    &record::State,
    &record::Minor,
    &subject::OwnDecision,
    &record::Procedure,
    &subject::Overlap,
    &record::GradeOnly,
];

/// Proof that a candidate passed all gates. Only [`walk`] makes it, so nothing else can make a measure.
#[derive(Debug)]
pub struct Passed {
    notes: Vec<String>,
}

impl Passed {
    /// What the reader must be told.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }
}

/// Why a candidate is no measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    Vanished,
    Excluded(String),
    /// All questions that a person must answer, and notes.
    NeedsReview(Vec<String>),
}

/// Leads a candidate through all gates. An exclusion outweighs questions.
///
/// # Errors
/// Why it stopped.
pub fn walk(candidate: &Candidate<'_>) -> Result<Passed, Stopped> {
    let (mut notes, mut questions, mut excluded) = (Vec::new(), Vec::new(), None);
    for gate in REGISTRY {
        // The first exclusion is the reason; nothing that a later gate says is printed then.
        if excluded.is_some() && !gate.can_vanish() {
            continue;
        }
        match gate.test(candidate) {
            Verdict::Pass => {}
            Verdict::Note(text) => notes.push(text),
            Verdict::Review(text) => questions.push(text),
            Verdict::Exclude(text) => excluded = excluded.or(Some(text)),
            Verdict::Vanish => return Err(Stopped::Vanished),
        }
    }
    if let Some(reason) = excluded {
        return Err(Stopped::Excluded(reason.into_owned()));
    }
    if questions.is_empty() {
        let notes = notes.into_iter().map(Cow::into_owned);
        return Ok(Passed {
            notes: notes.collect(),
        });
    }
    questions.extend(notes);
    let questions = questions.into_iter().map(Cow::into_owned);
    Err(Stopped::NeedsReview(questions.collect()))
}

/// The manual of the gates.
pub fn reference_markdown() -> String {
    let mut out =
        String::from("| 序号 | 名称 | 要求 | 不通过的代码 | 出处 |\n|---|---|---|---|---|\n");
    for gate in REGISTRY {
        let doc = gate.doc();
        let codes = doc.codes.join("、");
        out += &format!(
            "| {} | {} | {} | {codes} | {} |\n",
            doc.number, doc.name, doc.test, doc.source
        );
    }
    out
}
