//! What is wrong with a rule file: where, why, and what to write instead.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::pack::Pack;

/// Whether a diagnostic refuses the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The pack is refused.
    Error,
    /// Said, never refused: provisional values, what could not be shown.
    Note,
}

/// One finding in one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Code of the check, `RULE-B01`; `check::reference_markdown` explains it.
    pub code: &'static str,
    /// Whether it refuses the pack.
    pub weight: Weight,
    /// Path under `rules/`.
    pub file: String,
    /// Bytes of the file that are underlined; empty where a file is missing.
    pub span: Range<usize>,
    /// What is wrong, one sentence.
    pub title: String,
    /// Why, at the underlined text.
    pub why: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A refusal.
    pub(super) fn error(
        code: &'static str,
        file: &str,
        span: Range<usize>,
        title: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        Self {
            code,
            weight: Weight::Error,
            file: file.to_owned(),
            span,
            title: title.into(),
            why: why.into(),
            hint: None,
        }
    }

    /// A remark.
    pub(super) fn note(
        code: &'static str,
        file: &str,
        span: Range<usize>,
        title: impl Into<String>,
        why: impl Into<String>,
    ) -> Self {
        let weight = Weight::Note;
        Self {
            weight,
            ..Self::error(code, file, span, title, why)
        }
    }

    /// The same with a hint.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Every finding of a pack, with the texts needed to draw them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    sources: BTreeMap<String, String>,
}

impl Diagnostics {
    pub(super) fn new(mut list: Vec<Diagnostic>, pack: &Pack) -> Self {
        let place = |d: &Diagnostic| (d.weight, d.file.clone(), d.span.start, d.code);
        list.sort_by(|a, b| place(a).cmp(&place(b)).then_with(|| a.title.cmp(&b.title)));
        list.dedup();
        let named: Vec<&String> = list.iter().map(|d| &d.file).collect();
        let files = pack.files().iter().filter(|(name, _)| named.contains(name));
        let sources = files.map(|(n, t)| (n.clone(), t.clone())).collect();
        Self { list, sources }
    }

    /// All findings: errors first, then by file and place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Those that refuse the pack.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|d| d.weight == Weight::Error)
    }

    /// Those that do not.
    pub fn notes(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|d| d.weight == Weight::Note)
    }

    /// Whether the pack is refused.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// 1-based line of a finding; 1 where the file is missing.
    #[must_use]
    pub fn line(&self, diagnostic: &Diagnostic) -> usize {
        let text = self
            .sources
            .get(&diagnostic.file)
            .map_or("", String::as_str);
        line_of(text, diagnostic.span.start)
    }

    /// Refusals alone, for a run that stops.
    #[must_use]
    pub fn only_errors(mut self) -> Self {
        self.list.retain(|d| d.weight == Weight::Error);
        self
    }

    /// Every finding drawn with its line, the text underlined and the hint.
    #[must_use]
    pub fn render(&self) -> String {
        let drawn: Vec<String> = self.list.iter().map(|d| self.draw(d)).collect();
        drawn.join("\n\n")
    }

    fn draw(&self, diagnostic: &Diagnostic) -> String {
        let text = self
            .sources
            .get(&diagnostic.file)
            .map_or("", String::as_str);
        let level = match diagnostic.weight {
            Weight::Error => Level::ERROR,
            Weight::Note => Level::NOTE,
        };
        let span = first_line(text, &diagnostic.span);
        let snippet = Snippet::source(text)
            .path(diagnostic.file.as_str())
            .annotation(
                AnnotationKind::Primary
                    .span(span)
                    .label(diagnostic.why.as_str()),
            );
        let title = level
            .primary_title(diagnostic.title.as_str())
            .id(diagnostic.code);
        let mut report = vec![title.element(snippet)];
        if let Some(hint) = &diagnostic.hint {
            report.push(Group::with_title(
                Level::HELP.secondary_title(hint.as_str()),
            ));
        }
        Renderer::plain().render(&report)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render())
    }
}

impl std::error::Error for Diagnostics {}

/// 1-based line of a byte.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

/// A span cut at the end of its first line and to characters, never past the text.
fn first_line(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[start..end]
        .find('\n')
        .map_or(end, |length| start + length);
    start..end.max(start)
}

/// The known word nearest to a mistyped one, when it is near enough to be meant.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known
        .into_iter()
        .map(|k| (strsim::jaro_winkler(word, k), k));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    best.filter(|(score, _)| *score >= 0.75)
        .map(|(_, known)| known)
}
