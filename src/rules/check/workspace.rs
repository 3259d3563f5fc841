//! The pack as checks see it: every scheme with the places of its values, the class tree, the active set.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeTable;

use super::super::calendar;
use super::super::diagnostic::Diagnostic;
use super::super::keys::Table;
use super::super::load::{Loaded, parse_file, read_scheme, resolve};
use super::super::pack::Pack;
use super::super::publicity::PublicityRules;
use super::super::register::Register;
use crate::record::Calendar;

/// Name of the manifest.
const MANIFEST: &str = "pack.toml";
/// Where the class tree is written.
const CLASSES: &str = "classification/classes.toml";

/// A pack, read once for all checks.
pub(in super::super) struct Workspace<'p> {
    pub(in super::super) pack: &'p Pack,
    /// In order of their files.
    pub(in super::super) schemes: Vec<Loaded>,
    /// Names of the active schemes and their places in the manifest.
    pub(in super::super) active: Vec<(String, Range<usize>)>,
    /// Ids of the class tree; absent when the pack has none.
    pub(in crate::rules) classes: Option<BTreeMap<String, String>>,
    /// Absent when their files cannot be read; `problems` says why.
    pub(in super::super) register: Option<Register>,
    pub(in super::super) calendar: Option<Calendar>,
    pub(in super::super) publicity: Option<PublicityRules>,
    /// What reading found.
    pub(super) problems: Vec<Diagnostic>,
}

impl<'p> Workspace<'p> {
    pub(in super::super) fn read(pack: &'p Pack) -> Self {
        let mut problems = Vec::new();
        let mut schemes = Vec::new();
        for (file, text) in pack.files() {
            problems.extend(not_utf8(file, text));
        }
        problems.extend(pack.strays().map(stray));
        for (file, text) in pack.scheme_files() {
            if text.contains(char::REPLACEMENT_CHARACTER) {
                continue;
            }
            let (loaded, found) = read_scheme(file, text);
            problems.extend(found);
            schemes.extend(loaded);
        }
        resolve(&mut schemes, &mut problems);
        let active = read_manifest(pack, &mut problems);
        let files: Vec<&str> = pack.scheme_files().map(|(file, _)| file).collect();
        for (name, span) in &active {
            if !files.contains(&format!("{name}.toml").as_str()) {
                let stems = files.iter().map(|file| file.trim_end_matches(".toml"));
                let near = super::super::diagnostic::nearest(name, stems);
                let title = format!("there is no scheme \"{name}\"");
                let problem =
                    Diagnostic::error("RULE-S08", MANIFEST, span.clone(), title, "no such file");
                problems.push(match near {
                    Some(near) => problem.hint(format!("did you mean \"{near}\"?")),
                    None => problem,
                });
            }
        }
        let classes = read_classes(pack);
        let files = pack.files();
        let mut data = |directory: &str, why: String| {
            let named = files.keys().filter(|file| file.starts_with(directory));
            let file = named.into_iter().find(|file| why.contains(file.as_str()));
            let file = file.map_or(directory, String::as_str);
            let title = format!("the files of {directory} cannot be used");
            problems.push(Diagnostic::error("RULE-S09", file, 0..0, title, why));
        };
        let register = Register::load(files)
            .map_err(|e| data("statutes/", e.to_string()))
            .ok();
        let calendar = calendar::load(files)
            .map_err(|e| data("calendar/", e.to_string()))
            .ok();
        let publicity = PublicityRules::load(files);
        let publicity = publicity
            .map_err(|e| data("publicity/", e.to_string()))
            .ok();
        Self {
            pack,
            schemes,
            active,
            classes,
            register,
            calendar,
            publicity,
            problems,
        }
    }
}

/// The first place of a file that was not UTF-8.
fn not_utf8(file: &str, text: &str) -> Option<Diagnostic> {
    let at = text.find(char::REPLACEMENT_CHARACTER)?;
    let span = at..at + char::REPLACEMENT_CHARACTER.len_utf8();
    let problem = Diagnostic::error(
        "RULE-S01",
        file,
        span,
        "this file is not UTF-8",
        "these bytes are no character",
    );
    Some(problem.hint("save the file as UTF-8; a spreadsheet or an old editor writes GBK"))
}

fn stray((file, text): (&str, &str)) -> Diagnostic {
    let first = text.lines().next().map_or(0, str::len);
    let problem = Diagnostic::error(
        "RULE-S10",
        file,
        0..first,
        "nothing reads this file",
        "it has no [scheme] table, and its directory is none of the program's",
    );
    problem.hint(
        "a scheme begins with [scheme]; cases are named after their scheme: id-version.cases.toml",
    )
}

fn read_manifest(pack: &Pack, problems: &mut Vec<Diagnostic>) -> Vec<(String, Range<usize>)> {
    let Some(text) = pack.files().get(MANIFEST) else {
        let title = "the pack has no pack.toml";
        let why = "it names the schemes graded in a night";
        problems.push(
            Diagnostic::error("RULE-S08", MANIFEST, 0..0, title, why)
                .hint("[pack] active = [\"environment/chongqing-2021\"]"),
        );
        return Vec::new();
    };
    let (mut reader, tree) = parse_file(MANIFEST, text);
    let Some(value) = tree.get_ref().get("pack") else {
        reader.problem_with(
            "RULE-S08",
            0..0,
            "the manifest has no [pack]",
            "it names the schemes graded in a night",
            "[pack] active = [\"environment/chongqing-2021\"]",
        );
        problems.append(&mut reader.into_problems());
        return Vec::new();
    };
    let section = reader.section(value, Table::Pack, "pack");
    let words = section.map_or_else(Vec::new, |s| reader.required_words(&s, "active"));
    problems.append(&mut reader.into_problems());
    words
        .into_iter()
        .map(|word| (word.text, word.span))
        .collect()
}

/// `[classes]` maps ids to titles.
pub(super) fn read_classes(pack: &Pack) -> Option<BTreeMap<String, String>> {
    let text = pack.files().get(CLASSES)?;
    let (tree, _) = DeTable::parse_recoverable(text);
    let table = tree.get_ref().get("classes")?.get_ref().as_table()?;
    let titles: BTreeMap<String, String> = table
        .iter()
        .map(|(id, title)| {
            let title = title.get_ref().as_str().unwrap_or_default();
            (id.get_ref().to_string(), title.to_owned())
        })
        .collect();
    (!titles.is_empty()).then_some(titles)
}
