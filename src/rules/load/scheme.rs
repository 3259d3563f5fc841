//! A scheme file as a whole: its head, then `[records]`, `[subjects]`, `[score]`, bands, groups and supervision.

use super::super::keys::Table;
use super::super::model::{
    Band, Basis, ClassPattern, Direction, NoRecord, Population, RecordScope, Roster, Scheme,
    ScoreRule, SupervisionRule,
};
use super::head::read_head;
use super::indicator::read_indicator;
use super::reader::{Reader, Section, Word, parse_file};
use super::supervision::read_supervision;
use super::weights::Weighted;
use super::{Inherits, Loaded, values};
use crate::record::{Points, SubjectKind};
use crate::rules::diagnostic::Diagnostic;

/// Reads one scheme file; `None` when so much is wrong that no scheme can be built.
pub(in super::super) fn read_scheme(file: &str, text: &str) -> (Option<Loaded>, Vec<Diagnostic>) {
    let (mut reader, tree) = parse_file(file, text);
    let root = reader.root(Table::File, &tree);
    let parsed = read(&mut reader, &root);
    let loaded = parsed.map(|(scheme, inherits)| Loaded {
        scheme,
        inherits,
        spans: std::mem::take(&mut reader.spans),
        provisional: std::mem::take(&mut reader.provisional),
    });
    (loaded, reader.into_problems())
}

fn read(reader: &mut Reader<'_>, root: &Section<'_, '_>) -> Option<(Scheme, Option<Inherits>)> {
    let head = reader.required_section(root, "scheme", Table::Scheme);
    let head = head.and_then(|section| read_head(reader, &section));
    let records = reader.required_section(root, "records", Table::Records);
    let records = records.map(|section| RecordScope {
        violation: patterns(reader, &section, true),
    });
    let basis = head
        .as_ref()
        .map_or_else(Vec::new, |head| head.basis.clone());
    let score = root
        .get("score")
        .and_then(|v| reader.section(v, Table::Score, "score"));
    let score = score.and_then(|section| read_score(reader, &section));
    let has_score = root.has("score");
    if !root.has("band") {
        reader.missing(root, "band");
    }
    // A score that no band measures stands beside the class of record, which alone is the grade.
    let ranges = Ranges {
        allowed: has_score,
        required: has_score && any_range(root),
    };
    let mut bands: Vec<Band> = Vec::new();
    for (index, value) in reader.elements(root, "band").into_iter().enumerate() {
        if let Some(section) = reader.section(value, Table::Band, format!("band.{index}"))
            && let Some(band) = read_band(reader, &section, &ranges, &basis)
        {
            if bands.iter().any(|other| other.grade == band.grade) {
                let why = "this grade stands above already";
                let span = reader.spans.of(&format!("band.{index}.grade"));
                reader.problem(
                    "RULE-S06",
                    span,
                    format!("grade \"{}\" stands twice", band.grade),
                    why,
                );
            }
            bands.push(band);
        }
    }
    let subjects = reader.required_section(root, "subjects", Table::Subjects);
    let subjects = subjects.and_then(|section| read_population(reader, &section, &bands));
    let (group_caps, weighted_groups) = read_groups(reader, root);
    let time = root
        .get("time")
        .and_then(|value| reader.section(value, Table::Time, "time"));
    let cycle = super::cycle::read_cycle(reader, root);
    let indicators = super::indicator::Context {
        bands: &bands,
        groups: &group_caps,
        basis: &basis,
        frozen: cycle.as_ref().is_some_and(|cycle| cycle.freeze),
        has_cycle: root.has("cycle"),
        time: time.as_ref(),
    };
    if let Some(section) = &time {
        // Says what is wrong once; indicators read the same values quietly.
        super::indicator::read_times(reader, section);
        super::shares::read_shares(reader, section);
        reader.status(section);
    }
    let (mut list, mut weighted) = (Vec::new(), Vec::new());
    for value in reader.elements(root, "indicator") {
        if let Some((indicator, weight)) = read_indicator(reader, value, &indicators) {
            list.push(indicator);
            weighted.extend(weight);
        }
    }
    super::weights::check(reader, score.as_ref(), &weighted_groups, &weighted);
    refuse_duplicates(reader, &list);
    let supervision = reader.elements(root, "supervision");
    let supervision: Vec<SupervisionRule> = supervision
        .into_iter()
        .filter_map(|value| read_supervision(reader, value, &bands))
        .collect();
    let mut seen: Vec<&str> = Vec::new();
    for rule in &supervision {
        if seen.contains(&rule.id.as_str()) {
            let span = reader.spans.of(&format!("supervision.{}", rule.id));
            reader.problem(
                "RULE-S06",
                span,
                format!("id \"{}\" stands twice", rule.id),
                "second one",
            );
        }
        seen.push(&rule.id);
    }
    // What could not be read stands for anything, so that the rest is still checked; the pack is refused all the same.
    let head = head?;
    let records = records.unwrap_or(RecordScope {
        violation: Vec::new(),
    });
    let subjects = subjects.unwrap_or_else(|| Population {
        kinds: ALL_KINDS.to_vec(),
        roster: Roster::AnyRecord,
        no_record: NoRecord::NotRated,
        roster_name: None,
        by_site: false,
    });
    let scheme = Scheme {
        id: head.id,
        version: head.version,
        file: reader.file.to_owned(),
        title: head.title,
        domain: head.domain,
        tier: head.tier,
        region: head.region,
        basis: head.basis,
        in_force: head.in_force,
        version_by: head.version_by,
        records,
        subjects,
        score,
        cycle,
        bands,
        group_caps,
        indicators: list,
        supervision,
        counts_past_publicity: head.counts_past_publicity,
    };
    Some((scheme, head.inherits))
}

/// Whether bands may or must carry a range.
struct Ranges {
    allowed: bool,
    required: bool,
}

fn any_range(root: &Section<'_, '_>) -> bool {
    let bands = root
        .get("band")
        .and_then(|value| value.get_ref().as_array());
    bands.is_some_and(|list| {
        list.iter()
            .any(|band| band.get_ref().get("range").is_some())
    })
}

fn refuse_duplicates(reader: &mut Reader<'_>, indicators: &[super::super::model::Indicator]) {
    let mut seen: Vec<&str> = Vec::new();
    let ids = indicators
        .iter()
        .map(|indicator| (indicator.id.as_str(), "indicator"));
    for (id, kind) in ids {
        if seen.contains(&id) {
            let span = reader.spans.of(&format!("{kind}.{id}"));
            reader.problem(
                "RULE-S06",
                span,
                format!("id \"{id}\" stands twice"),
                "an id stands once in a file",
            );
        }
        seen.push(id);
    }
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for row in indicators.iter().flat_map(|indicator| &indicator.rows) {
        if let Some((_, line)) = seen.iter().find(|(id, _)| *id == row.id) {
            let span = id_span(reader.text, row.line, &row.id);
            let why = format!("first in line {line}; an id stands once in a file");
            reader.problem(
                "RULE-S06",
                span,
                format!("id \"{}\" stands twice", row.id),
                why,
            );
        }
        seen.push((&row.id, row.line));
    }
}

/// The id in the row that begins in a 1-based line, else that line.
fn id_span(text: &str, line: usize, id: &str) -> std::ops::Range<usize> {
    let whole = line_span(text, line);
    let quoted = format!("\"{id}\"");
    match text[whole.start..].find(&quoted) {
        Some(at) => whole.start + at..whole.start + at + quoted.len(),
        None => whole,
    }
}

/// Bytes of a 1-based line.
fn line_span(text: &str, line: usize) -> std::ops::Range<usize> {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let length = text[start..].find('\n').unwrap_or(text.len() - start);
    start..start + length
}

/// Class patterns; whether the classes exist is a check of its own.
pub(super) fn patterns(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    required: bool,
) -> Vec<ClassPattern> {
    let words = if required {
        reader.required_words(section, "violation")
    } else {
        reader.words(section, "violation")
    };
    let mut list = Vec::new();
    for word in words {
        let stem = word.text.strip_suffix(".*").unwrap_or(&word.text);
        if stem.contains('*') || stem.split('.').any(str::is_empty) {
            let why = "dotted names, `.*` only at the end: environment.water.*";
            reader.problem(
                "RULE-S03",
                word.span.clone(),
                "this is not a class pattern",
                why,
            );
        } else {
            list.push(ClassPattern(word.text));
        }
    }
    list
}

const ALL_KINDS: [SubjectKind; 3] = [
    SubjectKind::Entity,
    SubjectKind::IndividualBusiness,
    SubjectKind::Person,
];

pub(super) fn subject_kinds(words: Vec<Word>, reader: &mut Reader<'_>) -> Vec<SubjectKind> {
    let mut list = Vec::new();
    for word in words {
        match SubjectKind::from_zh(&word.text) {
            Some(kind) => list.push(kind),
            None => reader.unknown(
                "RULE-S03",
                &word,
                "kind of subject",
                ALL_KINDS.map(SubjectKind::zh),
            ),
        }
    }
    list
}

fn read_population(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    bands: &[Band],
) -> Option<Population> {
    let kinds = reader.required_words(section, "kinds");
    let kinds = subject_kinds(kinds, reader);
    let rosters = [
        ("required", Roster::Required),
        ("any-record", Roster::AnyRecord),
    ];
    if !section.has("roster") {
        reader.missing(section, "roster");
    }
    let roster = reader.choice(section, "roster", &rosters);
    let no_record = reader.required_word(section, "no_record").and_then(|word| {
        match word.text.strip_prefix("default-grade:") {
            Some(grade) => {
                let grade = Word {
                    text: grade.trim().to_owned(),
                    span: word.span.clone(),
                };
                band_index(reader, &grade, bands).map(NoRecord::DefaultGrade)
            }
            None => reader.choose(&word, "no_record", &[("not-rated", NoRecord::NotRated)]),
        }
    });
    let roster_name = reader.word(section, "roster_name").map(|word| word.text);
    let sites = [("together", false), ("apart", true)];
    let by_site = reader.choice(section, "sites", &sites).unwrap_or(false);
    Some(Population {
        kinds,
        roster: roster?,
        no_record: no_record?,
        roster_name,
        by_site,
    })
}

/// The band that a grade names.
pub(super) fn band_index(reader: &mut Reader<'_>, word: &Word, bands: &[Band]) -> Option<usize> {
    let found = bands
        .iter()
        .position(|band| band.grade == word.text || band.name == word.text);
    if found.is_none() {
        reader.unknown(
            "RULE-S03",
            word,
            "grade",
            bands.iter().map(|band| band.grade.as_str()),
        );
    }
    found
}

fn read_score(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<ScoreRule> {
    for key in ["start", "direction"] {
        if !section.has(key) {
            reader.missing(section, key);
        }
    }
    let start = reader.points(section, "start");
    let directions = [
        ("deduct", Direction::Deduct),
        ("accumulate", Direction::Accumulate),
    ];
    let direction = reader.choice(section, "direction", &directions);
    let (min, max) = (reader.points(section, "min"), reader.points(section, "max"));
    let status = reader.status(section);
    if let (Some(low), Some(high)) = (min, max)
        && high <= low
    {
        let span = reader.spans.of("score.max");
        reader.problem(
            "RULE-B03",
            span,
            "max is not above min",
            "no score lies between",
        );
    }
    let books = [("together", false), ("apart", true)];
    let ledgers = reader.choice(section, "ledgers", &books);
    Some(ScoreRule {
        // A start or direction that could not be read is among the refusals.
        start: start.or(min).unwrap_or(Points::ZERO),
        direction: direction.unwrap_or(Direction::Deduct),
        min,
        max,
        ledgers_apart: ledgers == Some(true),
        status,
    })
}

/// A text or list of documents as one basis; the scheme's where absent.
pub(super) fn basis_or(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    default: &[Basis],
) -> Basis {
    let own: Vec<String> = reader
        .words(section, "basis")
        .into_iter()
        .map(|w| w.text)
        .collect();
    if own.is_empty() {
        let documents: Vec<&str> = default.iter().map(|basis| basis.0.as_str()).collect();
        return Basis(documents.join("；"));
    }
    Basis(own.join("；"))
}

fn read_band(
    reader: &mut Reader<'_>,
    section: &Section<'_, '_>,
    ranges: &Ranges,
    basis: &[Basis],
) -> Option<Band> {
    let grade = reader.required_word(section, "grade");
    let name = reader.required_word(section, "name");
    let colour = reader.word(section, "colour").map(|word| word.text);
    let range = reader.word(section, "range").and_then(|word| {
        let parsed = values::interval::<Points>(&word.text, values::points);
        parsed
            .map_err(|why| {
                reader.problem(
                    "RULE-S04",
                    word.span.clone(),
                    "this is not an interval",
                    why,
                );
            })
            .ok()
    });
    if ranges.required && !section.has("range") {
        reader.missing(section, "range");
    }
    if !ranges.allowed && section.has("range") {
        let span = reader.spans.of(&format!("{}.range", section.path));
        let why = "without [score] there is nothing to measure";
        reader.problem("RULE-S03", span, "a range without a score", why);
    }
    let basis = basis_or(reader, section, basis);
    let status = reader.status(section);
    Some(Band {
        grade: grade?.text,
        name: name?.text,
        colour,
        range,
        basis,
        status,
    })
}

fn read_groups(
    reader: &mut Reader<'_>,
    root: &Section<'_, '_>,
) -> (Vec<(String, Points)>, Vec<Weighted>) {
    let mut list: Vec<(String, Points)> = Vec::new();
    let mut weighted = Vec::new();
    for value in reader.elements(root, "group") {
        let Some(section) = reader.section(value, Table::Group, "group") else {
            continue;
        };
        let id = reader.required_word(&section, "id");
        let section = match &id {
            Some(id) => section.at(format!("group.{}", id.text)),
            None => section,
        };
        if !section.has("cap") && !section.has("weight") {
            reader.missing(&section, "cap");
        }
        let weight = super::weights::read_weight(reader, &section);
        let cap = reader.points(&section, "cap");
        if section.has("cap") && section.has("weight") {
            let span = reader.spans.of(&format!("{}.cap", section.path));
            let why = "the weight is the largest figure already";
            reader.problem("RULE-S04", span, "`cap` beside `weight`", why);
        }
        // A group loses its weight at most.
        let cap = cap.or(weight);
        reader.status(&section);
        if let (Some(id), Some(cap)) = (id, cap) {
            if list.iter().any(|(other, _)| *other == id.text) {
                let title = format!("id \"{}\" stands twice", id.text);
                reader.problem("RULE-S06", id.span, title, "an id stands once in a file");
            } else {
                weighted.extend(weight.map(|weight| Weighted {
                    id: id.text.clone(),
                    group: None,
                    weight,
                }));
                list.push((id.text, cap));
            }
        }
    }
    (list, weighted)
}
