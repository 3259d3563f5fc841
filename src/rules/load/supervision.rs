//! `[[supervision]]`: what an inspector does after a grade.

use super::super::keys::Table;
use super::super::model::{Band, SupervisionRule};
use super::reader::{Reader, Value};
use super::scheme::{band_index, basis_or};

pub(super) fn read_supervision(
    reader: &mut Reader<'_>,
    value: &Value<'_>,
    bands: &[Band],
) -> Option<SupervisionRule> {
    let section = reader.section(value, Table::Supervision, "supervision")?;
    let id = reader.required_word(&section, "id")?;
    let section = section.at(format!("supervision.{}", id.text));
    reader.spans.put(section.path.clone(), section.span.clone());
    let mut grades = Vec::new();
    for word in reader.required_words(&section, "grades") {
        grades.extend(band_index(reader, &word, bands));
    }
    let levels = reader
        .words(&section, "levels")
        .into_iter()
        .map(|w| w.text)
        .collect();
    let flag = reader.required_word(&section, "flag");
    let content = reader.required_word(&section, "content");
    let max = reader.whole(&section, "max_inspections");
    let max_inspections = max.and_then(|n| u32::try_from(n).ok());
    if max.is_some() && max_inspections.is_none() {
        let span = reader
            .spans
            .of(&format!("{}.max_inspections", section.path));
        reader.problem(
            "RULE-S04",
            span,
            "a number of inspections is wanted",
            "not below 0",
        );
    }
    let periods = [("year", "year"), ("quarter", "quarter"), ("month", "month")];
    let per = reader.choice(&section, "per", &periods).map(str::to_owned);
    let ratio = reader
        .word(&section, "inspection_ratio")
        .map(|word| word.text);
    if !section.has("basis") {
        reader.missing(&section, "basis");
    }
    let basis = basis_or(reader, &section, &[]);
    let status = reader.status(&section);
    Some(SupervisionRule {
        id: id.text,
        grades,
        levels,
        flag: flag?.text,
        inspection_ratio: ratio,
        max_inspections,
        per,
        content: content?.text,
        basis,
        status,
    })
}
