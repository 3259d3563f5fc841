//! A clean template C row and the findings that changes to it bring.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::ingest::normalise::fill_from_others;
use crate::ingest::read::{SourceRow, Values};
use crate::record::{Calendar, Day, YearDays};
use crate::standard::{Field, Mapping, Standards};

use super::{Finding, RowView, check_row};

/// A valid code of a body that was never registered.
pub(super) const CODE: &str = "91350100M000100Y43";

const CLEAN: [(Field, &str); 18] = [
    (Field::SubjectName, "拟安贸易有限公司"),
    (Field::SubjectKind, "法人及非法人组织"),
    (Field::Uscc, CODE),
    (Field::LegalRep, "王拟安"),
    (Field::DocumentNo, "渝北市监处罚〔2026〕1号"),
    (Field::ViolationText, "广告违法行为"),
    (Field::Facts, "发布虚假广告"),
    (Field::Basis, "《中华人民共和国广告法》第五十五条"),
    (Field::PenaltyKinds, "罚款"),
    (Field::Content, "罚款30000元"),
    (Field::Fine, "3"),
    (Field::DecidedOn, "2026/11/17"),
    (Field::ValidUntil, "2027/11/17"),
    (Field::Authority, "渝北区市场监督管理局"),
    (Field::AuthorityCode, "11100000000013039Y"),
    (Field::SourceUnit, "渝北区市场监督管理局"),
    (Field::SourceUnitCode, "11100000000013039Y"),
    (Field::Remark, "说明"),
];

fn mapping() -> Arc<Mapping> {
    static MAPPING: OnceLock<Arc<Mapping>> = OnceLock::new();
    MAPPING
        .get_or_init(|| {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/standards");
            let files: BTreeMap<String, String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
                .map(|path| {
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    (
                        format!("standards/{name}"),
                        std::fs::read_to_string(path).unwrap(),
                    )
                })
                .collect();
            let standards = Standards::load(&files).unwrap();
            let layout = standards.layout("C/penalty").unwrap().clone();
            let header: Vec<String> = layout
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect();
            Arc::new(standards.map_to(&layout, &header))
        })
        .clone()
}

/// 2026 alone is known, with Monday to Friday as working days.
fn calendar() -> Calendar {
    let days = YearDays {
        off: BTreeSet::new(),
        work: BTreeSet::new(),
    };
    Calendar::new(BTreeMap::from([(2026, days)]))
}

/// Every finding on the clean row with these cells changed.
pub(super) fn findings(changes: &[(Field, &str)]) -> Vec<Finding> {
    on_row(changes, check_row)
}

/// What `look` sees on the clean row with these cells changed.
pub(super) fn on_row<T>(changes: &[(Field, &str)], look: impl Fn(&RowView<'_>) -> T) -> T {
    let mapping = mapping();
    let mut cells = vec![""; mapping.headers().len()];
    for (field, text) in CLEAN.iter().chain(changes) {
        cells[mapping.index_of(*field).unwrap()] = text;
    }
    let mut values = Values::from_cells(mapping.clone(), &cells);
    fill_from_others(&mut values);
    let row = SourceRow {
        row_no: 2,
        values,
        notices: Vec::new(),
    };
    let calendar = calendar();
    let received = Day::parse_iso("2026-11-22").unwrap();
    look(&RowView::new(
        &row,
        mapping.layout(),
        received,
        &calendar,
        None,
    ))
}

/// Codes with their severity, e.g. `SGS-U02 E`.
pub(super) fn codes(changes: &[(Field, &str)]) -> Vec<String> {
    findings(changes)
        .iter()
        .map(|one| format!("{} {}", one.code, one.severity))
        .collect()
}

#[test]
fn the_clean_row_is_clean() {
    assert_eq!(codes(&[]), Vec::<String>::new());
}

#[test]
fn every_message_says_what_to_do() {
    let all = findings(&[
        (Field::Uscc, "911100006605015136"),
        (Field::DecidedOn, "2026-02-31"),
        (Field::PenaltyKinds, "罚酒"),
        (Field::Facts, ""),
        (Field::Fine, "若干"),
    ]);
    assert_eq!(all.len(), 5, "{all:?}");
    for one in all {
        assert!(one.message.contains("请"), "{}", one.message);
    }
}
