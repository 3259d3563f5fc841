//! Columns that a layout fills from others, before anything is checked: version A writes both penalty kinds, the certificate and
//! the amounts in places of its own.

use crate::ingest::read::Values;
use crate::record::{Fen, PLACEHOLDER_USCC};
use crate::standard::{Field, Fill, ImpliedKind};

use super::amounts::{amount_in_text, parse_amount_yuan};

/// Fills the blank columns of a row as its layout says; columns in 元 fill those in 万元 under every layout.
pub fn fill_from_others(values: &mut Values) {
    let mapping = values.mapping().clone();
    let layout = mapping.layout();
    for rule in &layout.derive {
        if !values.get(rule.to).is_empty() {
            continue;
        }
        let text = match &rule.fill {
            Fill::Join(fields) => {
                let filled: Vec<&str> = fields
                    .iter()
                    .map(|field| values.get(*field))
                    .filter(|text| !text.is_empty())
                    .collect();
                filled.join(";")
            }
            Fill::FirstOf(fields) => fields
                .iter()
                .map(|field| values.get(*field))
                .find(|text| !text.is_empty())
                .unwrap_or("")
                .to_owned(),
            Fill::Constant(text, filled) if !values.get(*filled).is_empty() => text.clone(),
            Fill::Constant(..) => String::new(),
            Fill::FromYuan(field) => parse_amount_yuan(values.get(*field))
                .fen()
                .map(Fen::to_wan_yuan)
                .unwrap_or_default(),
            Fill::AmountInText(field, is_fine) => amount_in_text(values.get(*field), *is_fine)
                .map(Fen::to_wan_yuan)
                .unwrap_or_default(),
        };
        values.derive(rule.to, &text);
    }
    for (wan, yuan) in [
        (Field::Fine, Field::FineYuan),
        (Field::Confiscated, Field::ConfiscatedYuan),
    ] {
        if values.has_column(yuan)
            && values.get(wan).is_empty()
            && let Some(fen) = parse_amount_yuan(values.get(yuan)).fen()
        {
            values.derive(wan, &fen.to_wan_yuan());
        }
    }
    if layout.implied_kind != ImpliedKind::Column && values.get(Field::SubjectKind).is_empty() {
        let kind = implied_subject_kind(layout.implied_kind, values);
        values.derive(Field::SubjectKind, kind);
    }
}

/// The 行政相对人类别 of a row whose layout has no such column; "" when its identifiers do not tell.
///
/// A code of class 92 and the placeholder of 17 zeros and X belong to 个体工商户 (records.md §1.2 no. 3, §2.3).
pub fn implied_subject_kind(implied: ImpliedKind, values: &Values) -> &'static str {
    const BODY: [Field; 5] = [
        Field::OrgCode,
        Field::RegistrationNo,
        Field::TaxNo,
        Field::InstitutionNo,
        Field::SocialOrgNo,
    ];
    match implied {
        ImpliedKind::Column => "",
        ImpliedKind::Person => "自然人",
        ImpliedKind::ByIdentifier => {
            let uscc = values.get(Field::Uscc);
            if uscc == PLACEHOLDER_USCC || uscc.starts_with("92") {
                "个体工商户"
            } else if !uscc.is_empty() || BODY.iter().any(|field| !values.get(*field).is_empty()) {
                "法人及非法人组织"
            } else if !values.get(Field::IdNo).is_empty()
                || !values.get(Field::CitizenNo).is_empty()
            {
                "自然人"
            } else {
                ""
            }
        }
    }
}
