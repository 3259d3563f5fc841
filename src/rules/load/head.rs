//! The table `[scheme]` of a scheme file: what it is called, whose it is, on what it rests and when it is in force.

use super::super::keys::Table;
use super::super::model::{Basis, InForce, Status, Tier, VersionBy};
use super::Inherits;
use super::reader::{Reader, Section, Word};

/// What `[scheme]` says.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) title: String,
    pub(super) domain: String,
    pub(super) tier: Tier,
    pub(super) region: String,
    pub(super) basis: Vec<Basis>,
    pub(super) in_force: InForce,
    pub(super) version_by: VersionBy,
    pub(super) counts_past_publicity: Option<Basis>,
    pub(super) inherits: Option<Inherits>,
}

const TIERS: [(&str, Tier); 4] = [
    ("nation", Tier::Nation),
    ("province", Tier::Province),
    ("municipality", Tier::Municipality),
    ("district", Tier::District),
];

pub(super) fn read_head(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<Head> {
    let id = reader.required_word(section, "id");
    let title = reader.required_word(section, "title");
    let domain = reader.required_word(section, "domain");
    if !section.has("tier") {
        reader.missing(section, "tier");
    }
    let tier = reader.choice(section, "tier", &TIERS);
    let region = reader.required_word(section, "region");
    if let Some(word) = &region
        && (word.text.len() != 6 || !word.text.bytes().all(|byte| byte.is_ascii_digit()))
    {
        let why = "six digits (GB/T 2260)";
        reader.problem(
            "RULE-S03",
            word.span.clone(),
            "this is not a region code",
            why,
        );
    }
    let basis: Vec<Basis> = reader
        .required_words(section, "basis")
        .into_iter()
        .map(|word| Basis(word.text))
        .collect();
    let in_force = reader.required_section(section, "in_force", Table::InForce);
    let in_force = in_force.and_then(|dates| read_in_force(reader, &dates));
    let by = [
        ("as_of", VersionBy::AsOf),
        ("decided_on", VersionBy::DecidedOn),
    ];
    let version_by = reader
        .choice(section, "version_by", &by)
        .unwrap_or(VersionBy::AsOf);
    let past = reader.word(section, "counts_past_publicity");
    reader.status(section);
    let inherits = section
        .get("inherits")
        .and_then(|value| reader.section(value, Table::Inherits, "scheme.inherits"))
        .and_then(|section| read_inherits(reader, &section));
    let id = id?;
    let version = version_of(reader, &id)?;
    Some(Head {
        id: id.text,
        version,
        title: title?.text,
        domain: domain?.text,
        tier: tier?,
        region: region?.text,
        basis,
        in_force: in_force?,
        version_by,
        counts_past_publicity: past.map(|word| Basis(word.text)),
        inherits,
    })
}

/// The version is what the file name says after the id.
fn version_of(reader: &mut Reader<'_>, id: &Word) -> Option<String> {
    let stem = reader.file.strip_suffix(".toml").unwrap_or(reader.file);
    let version = stem
        .strip_prefix(&id.text)
        .and_then(|rest| rest.strip_prefix('-'));
    let version = version
        .filter(|version| !version.is_empty())
        .map(str::to_owned);
    if version.is_none() {
        let title = "the id and the name of the file disagree";
        let why = format!("the file is {stem}.toml");
        let hint = "the name of a file is id-version.toml: environment/chongqing-2021.toml holds environment/chongqing";
        reader.problem_with("RULE-S07", id.span.clone(), title, why, hint);
    }
    version
}

fn read_in_force(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<InForce> {
    if !section.has("from") {
        reader.missing(section, "from");
    }
    let (from, to) = (reader.day(section, "from"), reader.day(section, "to"));
    let status = reader.status(section);
    if let (Some(first), Some(last)) = (from, to)
        && last < first
    {
        let span = reader.spans.of("scheme.in_force.to");
        reader.problem(
            "RULE-S04",
            span,
            "this version ends before it begins",
            "earlier than `from`",
        );
    }
    Some(InForce {
        from: from?,
        to,
        status,
    })
}

fn read_inherits(reader: &mut Reader<'_>, section: &Section<'_, '_>) -> Option<Inherits> {
    let from = reader.required_word(section, "from");
    let parts = reader.required_words(section, "parts");
    let status = reader.status(section);
    if status == Status::Verified && !section.has("basis") && !section.has("source") {
        reader.missing(section, "basis");
    }
    let from = from?;
    Some(Inherits {
        from: from.text,
        from_span: from.span,
        parts: parts
            .into_iter()
            .map(|word| (word.text, word.span))
            .collect(),
        status,
    })
}
