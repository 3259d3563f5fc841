//! Walking a TOML tree: sections with known keys, values with wanted types, and the places of both.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::diagnostic::{Diagnostic, line_of, nearest};
use super::super::keys::{self, Table};
use super::super::model::Status;
use super::{Provisional, Spans};
use crate::record::{Day, Points};

pub(in super::super) type Value<'t> = Spanned<DeValue<'t>>;

/// A word of a file and its place.
#[derive(Clone, Debug)]
pub(in super::super) struct Word {
    pub(in super::super) text: String,
    pub(in super::super) span: Range<usize>,
}

/// A table of the file, its keys checked.
#[derive(Clone)]
pub(in super::super) struct Section<'v, 't> {
    pub(in super::super) table: Table,
    /// Path under which places are kept: `row.fine-1`.
    pub(in super::super) path: String,
    pub(in super::super) span: Range<usize>,
    entries: &'v DeTable<'t>,
}

impl<'v, 't> Section<'v, 't> {
    pub(in super::super) fn get(&self, key: &str) -> Option<&'v Value<'t>> {
        self.entries.get(key)
    }

    pub(in super::super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Keeps places under another path.
    pub(in super::super) fn at(mut self, path: String) -> Self {
        self.path = path;
        self
    }
}

/// Collects the problems and places of one file.
pub(in super::super) struct Reader<'f> {
    pub(in super::super) file: &'f str,
    pub(in super::super) text: &'f str,
    pub(in super::super) problems: Vec<Diagnostic>,
    pub(in super::super) spans: Spans,
    pub(in super::super) provisional: Vec<Provisional>,
    /// Places of values with the form that their key takes.
    forms: Vec<(Range<usize>, String)>,
}

/// Parses a file with best-effort recovery; syntax errors become problems.
pub(in super::super) fn parse_file<'f>(
    file: &'f str,
    text: &'f str,
) -> (Reader<'f>, Spanned<DeTable<'f>>) {
    let mut reader = Reader {
        file,
        text,
        problems: Vec::new(),
        spans: Spans::default(),
        provisional: Vec::new(),
        forms: Vec::new(),
    };
    let (tree, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = visible(text, error.span().unwrap_or(0..0));
        reader.problem(
            "RULE-S01",
            span,
            "this is not TOML",
            error.message().to_owned(),
        );
    }
    (reader, tree)
}

/// A span with something to underline: an empty one takes the character before it, which is what the parser read last.
fn visible(text: &str, span: Range<usize>) -> Range<usize> {
    let end = span.end.min(text.len());
    if span.start < end {
        return span;
    }
    let before = text.get(..end).unwrap_or("").trim_end();
    match before.char_indices().next_back() {
        Some((start, _)) => start..before.len(),
        None => 0..text.chars().next().map_or(0, char::len_utf8),
    }
}

impl Reader<'_> {
    pub(in super::super) fn problem(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        title: impl Into<String>,
        why: impl Into<String>,
    ) {
        self.problems
            .push(Diagnostic::error(code, self.file, span, title, why));
    }

    pub(in super::super) fn problem_with(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        title: impl Into<String>,
        why: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let problem = Diagnostic::error(code, self.file, span, title, why);
        self.problems.push(problem.hint(hint));
    }

    /// The problems found, each with a hint: where none was given, the form that the key of the value takes.
    pub(in super::super) fn into_problems(self) -> Vec<Diagnostic> {
        let mut problems = self.problems;
        for problem in problems.iter_mut().filter(|p| p.hint.is_none()) {
            let holding = self.forms.iter().filter(|(span, _)| {
                span.start <= problem.span.start && problem.span.end <= span.end
            });
            let form = holding.min_by_key(|(span, _)| span.len());
            problem.hint = form.map(|(_, form)| form.clone());
        }
        problems
    }

    /// A word that is none of the known ones.
    pub(in super::super) fn unknown<'k>(
        &mut self,
        code: &'static str,
        word: &Word,
        what: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let hint = match nearest(&word.text, known.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None if known.is_empty() || known.len() > 30 => format!("see the manual for {what}"),
            None => format!("known: {}", known.join(", ")),
        };
        let title = format!("unknown {what} \"{}\"", word.text);
        self.problem_with(code, word.span.clone(), title, "not known", hint);
    }

    /// 1-based line of a place.
    pub(in super::super) fn line(&self, span: &Range<usize>) -> usize {
        line_of(self.text, span.start)
    }

    /// The file's own table.
    pub(in super::super) fn root<'v, 't>(
        &mut self,
        table: Table,
        tree: &'v Spanned<DeTable<'t>>,
    ) -> Section<'v, 't> {
        self.open(table, tree.get_ref(), 0..0, String::new())
    }

    fn open<'v, 't>(
        &mut self,
        table: Table,
        entries: &'v DeTable<'t>,
        span: Range<usize>,
        path: String,
    ) -> Section<'v, 't> {
        for (name, _) in entries {
            if !keys::names(table).any(|known| known == name.get_ref().as_ref()) {
                let word = Word {
                    text: name.get_ref().to_string(),
                    span: name.span(),
                };
                let what = format!("key of {}", table.written());
                self.unknown("RULE-S02", &word, &what, keys::names(table));
            }
        }
        for (name, value) in entries {
            let mut known = keys::KEYS.iter();
            let key = known.find(|k| k.table == table && k.name == name.get_ref().as_ref());
            if let Some(key) = key {
                let form = format!("{} = {}: {}", key.name, key.form, key.doc);
                self.forms.push((name.span().start..value.span().end, form));
            }
        }
        Section {
            table,
            path,
            span,
            entries,
        }
    }

    /// A value as a table with known keys.
    pub(in super::super) fn section<'v, 't>(
        &mut self,
        value: &'v Value<'t>,
        table: Table,
        path: impl Into<String>,
    ) -> Option<Section<'v, 't>> {
        match value.get_ref().as_table() {
            Some(entries) => {
                let path = path.into();
                self.spans.put(path.clone(), value.span());
                Some(self.open(table, entries, value.span(), path))
            }
            None => {
                self.wrong_type(value, "a table");
                None
            }
        }
    }

    /// A required table of the file.
    pub(in super::super) fn required_section<'v, 't>(
        &mut self,
        of: &Section<'v, 't>,
        key: &str,
        table: Table,
    ) -> Option<Section<'v, 't>> {
        match of.get(key) {
            Some(value) if of.path.is_empty() => self.section(value, table, key),
            Some(value) => self.section(value, table, format!("{}.{key}", of.path)),
            None => {
                self.missing(of, key);
                None
            }
        }
    }

    /// The elements of an array of tables; a single table stands for itself.
    pub(in super::super) fn elements<'v, 't>(
        &mut self,
        of: &Section<'v, 't>,
        key: &str,
    ) -> Vec<&'v Value<'t>> {
        let Some(value) = of.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            DeValue::Table(_) => vec![value],
            _ => {
                self.wrong_type(value, "a list of tables");
                Vec::new()
            }
        }
    }

    pub(in super::super) fn missing(&mut self, section: &Section<'_, '_>, key: &str) {
        let table = section.table.written();
        let hint = keys::KEYS
            .iter()
            .find(|k| k.table == section.table && k.name == key)
            .map_or_else(String::new, |k| format!("{key} = {}: {}", k.form, k.doc));
        let title = format!("{table} lacks `{key}`");
        let why = format!("`{key}` is required here");
        self.problem_with("RULE-S05", section.span.clone(), title, why, hint);
    }

    pub(in super::super) fn wrong_type(&mut self, value: &Value<'_>, wanted: &str) {
        let found = value.get_ref().type_str();
        let title = format!("{wanted} is wanted, not a TOML {found}");
        self.problem(
            "RULE-S04",
            value.span(),
            title,
            format!("this is a TOML {found}"),
        );
    }

    /// A value of a section, its place kept.
    fn value<'v, 't>(&mut self, section: &Section<'v, 't>, key: &str) -> Option<&'v Value<'t>> {
        let value = section.get(key)?;
        self.spans
            .put(format!("{}.{key}", section.path), value.span());
        Some(value)
    }

    pub(in super::super) fn word(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Word> {
        let value = self.value(section, key)?;
        self.as_word(value)
    }

    fn as_word(&mut self, value: &Value<'_>) -> Option<Word> {
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(Word {
                text: text.trim().to_owned(),
                span: value.span(),
            }),
            Some(_) => {
                self.problem(
                    "RULE-S04",
                    value.span(),
                    "a text is wanted",
                    "this is empty",
                );
                None
            }
            None => {
                self.wrong_type(value, "a text");
                None
            }
        }
    }

    pub(in super::super) fn required_word(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
    ) -> Option<Word> {
        if !section.has(key) {
            self.missing(section, key);
        }
        self.word(section, key)
    }

    /// A list of texts; one text stands for a list of one.
    pub(in super::super) fn words(&mut self, section: &Section<'_, '_>, key: &str) -> Vec<Word> {
        let Some(value) = self.value(section, key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(list) => {
                if list.is_empty() {
                    let why = "nothing can match an empty list";
                    self.problem("RULE-S04", value.span(), "this list is empty", why);
                }
                list.iter().filter_map(|item| self.as_word(item)).collect()
            }
            _ => self.as_word(value).into_iter().collect(),
        }
    }

    pub(in super::super) fn required_words(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
    ) -> Vec<Word> {
        if !section.has(key) {
            self.missing(section, key);
        }
        self.words(section, key)
    }

    pub(in super::super) fn flag(&mut self, section: &Section<'_, '_>, key: &str) -> Option<bool> {
        let value = self.value(section, key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong_type(value, "true or false");
        }
        found
    }

    /// A decimal number, exact: the digits of the file, never a float.
    pub(in super::super) fn points(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
    ) -> Option<Points> {
        let value = self.value(section, key)?;
        let digits = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => {
                self.wrong_type(value, "a number");
                return None;
            }
        };
        let parsed = super::values::points(&digits);
        if parsed.is_none() {
            let why = "at most four decimals, no exponent";
            self.problem(
                "RULE-S04",
                value.span(),
                "this number cannot be points",
                why,
            );
        }
        parsed
    }

    pub(in super::super) fn whole(&mut self, section: &Section<'_, '_>, key: &str) -> Option<i64> {
        let value = self.value(section, key)?;
        let number = value.get_ref().as_integer();
        let parsed = number.and_then(|n| i64::from_str_radix(n.as_str(), n.radix()).ok());
        if parsed.is_none() {
            self.wrong_type(value, "a whole number");
        }
        parsed
    }

    pub(in super::super) fn day(&mut self, section: &Section<'_, '_>, key: &str) -> Option<Day> {
        let value = self.value(section, key)?;
        let written = match value.get_ref() {
            DeValue::Datetime(date) => Some(date.to_string()),
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        let parsed = written.and_then(|text| Day::parse_iso(&text));
        if parsed.is_none() {
            let why = "write a day as 2022-01-07";
            self.problem("RULE-S04", value.span(), "a day is wanted", why);
        }
        parsed
    }

    /// A word out of a table of known ones.
    pub(in super::super) fn choice<T: Copy>(
        &mut self,
        section: &Section<'_, '_>,
        key: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let word = self.word(section, key)?;
        self.choose(&word, key, known)
    }

    pub(in super::super) fn choose<T: Copy>(
        &mut self,
        word: &Word,
        what: &str,
        known: &[(&str, T)],
    ) -> Option<T> {
        let found = known.iter().find(|(name, _)| *name == word.text);
        if found.is_none() {
            let names = known.iter().map(|(name, _)| *name);
            self.unknown("RULE-S03", word, &format!("value of `{what}`"), names);
        }
        found.map(|(_, value)| *value)
    }

    /// `status`, with the `source` beside it as the reason where it gives none.
    pub(in super::super) fn status(&mut self, section: &Section<'_, '_>) -> Status {
        let Some(word) = self.word(section, "status") else {
            return Status::Verified;
        };
        if word.text == "verified" {
            return Status::Verified;
        }
        let Some(rest) = word.text.strip_prefix("provisional") else {
            self.unknown(
                "RULE-S03",
                &word,
                "value of `status`",
                ["provisional", "verified"],
            );
            return Status::Verified;
        };
        let given = rest.trim_start_matches([':', '：', ' ']).trim();
        let source = section
            .get("source")
            .and_then(|value| value.get_ref().as_str());
        let reason = match (given, source) {
            ("", Some(source)) => source.to_owned(),
            ("", None) => "未核实".to_owned(),
            (given, _) => given.to_owned(),
        };
        self.provisional.push(Provisional {
            span: word.span,
            path: section.path.clone(),
            reason: reason.clone(),
        });
        Status::Provisional(reason)
    }
}
