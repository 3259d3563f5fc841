//! SGS-P01, P02: numbers of identity cards. Other certificates have no published check.

use crate::record::{CitizenId, CitizenIdError};
use crate::standard::{ColumnType, Field};

use super::codes::{P01, P02};
use super::{Finding, RowView};

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for (number, kind) in [
        (Field::IdNo, Field::IdType),
        (Field::LegalRepIdNo, Field::LegalRepIdType),
    ] {
        let cell = view.get(number);
        if cell.is_empty() || !is_identity_card(view, number, kind) {
            continue;
        }
        let (code, message) = match CitizenId::parse(cell) {
            Ok(_) => continue,
            Err(CitizenIdError::BirthDate | CitizenIdError::Region) => {
                (P02, "中的行政区划或出生日期不存在。请核对证件后重新报送")
            }
            Err(_) => (
                P01,
                "不是有效的居民身份证号码（18位，校验码按GB 11643-1999；或旧版15位）。请核对证件后重新报送",
            ),
        };
        found.push(Finding::error(
            code,
            number,
            format!("“{}”{message}", view.name(number)),
        ));
    }
}

/// Whether the number is that of an identity card: the type says so, or the column holds nothing else.
fn is_identity_card(view: &RowView<'_>, number: Field, kind: Field) -> bool {
    let type_cell = view.get(kind);
    let by_column = || {
        view.layout
            .column(number)
            .is_some_and(|column| column.kind == ColumnType::CitizenId)
    };
    if type_cell.is_empty() {
        by_column()
    } else {
        id_type(type_cell) == IDENTITY_CARD
    }
}

/// The certificate type of the standard for an identity card.
const IDENTITY_CARD: &str = "身份证";

/// One name for each certificate, so that a person is the same whatever the wording, and whether it is an identity card.
/// A blank type under a column of identity numbers is an identity card.
pub(in crate::ingest) fn identity_card_type(cell: &str) -> (String, bool) {
    let name = id_type(if cell.is_empty() { IDENTITY_CARD } else { cell });
    (name.to_owned(), name == IDENTITY_CARD)
}

/// Other spellings and local codes of certificates (`rules/standards/enumerations.toml`, id_type).
fn id_type(cell: &str) -> &str {
    match cell {
        "居民身份证" | "公民身份证" | "二代身份证" | "01" | "1" | "10" | "111" => {
            IDENTITY_CARD
        }
        "护照" | "414" => "护照号",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{codes, findings};
    use super::*;

    fn person(number: &str) -> Vec<String> {
        codes(&[
            (Field::SubjectKind, "自然人"),
            (Field::SubjectName, "王拟安"),
            (Field::Uscc, ""),
            (Field::LegalRep, ""),
            (Field::IdType, "居民身份证"),
            (Field::IdNo, number),
        ])
        .into_iter()
        .filter(|code| code.contains("-P"))
        .collect()
    }

    #[test]
    fn numbers_of_identity_cards() {
        assert_eq!(person("11010519491231002X"), Vec::<String>::new());
        assert_eq!(person("110105491231002"), Vec::<String>::new());
        assert_eq!(person("110105194912310021"), ["SGS-P01 E"]);
        assert_eq!(person("110105194902300021"), ["SGS-P02 E"]);
        assert_eq!(person("990105194912310021"), ["SGS-P02 E"]);
    }

    #[test]
    fn messages_never_repeat_the_number() {
        let found = findings(&[
            (Field::LegalRepIdType, "身份证"),
            (Field::LegalRepIdNo, "110105194912310021"),
        ]);
        assert_eq!(found[0].code, P01);
        assert!(!found[0].message.contains("1949"));
    }
}
