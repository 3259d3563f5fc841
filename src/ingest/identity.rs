//! Who a record speaks of and which decision it is (`design.md` §5, Identity): pure functions of the row.

use std::borrow::Cow;

use crate::record::digest::short_id;
use crate::record::{
    CitizenId, Day, OrgCode, PseudonymKey, RecordKind, RegistrationNo, SubjectId, SubjectKind,
    nfkc, normalise_document_no,
};
use crate::standard::Field;

use super::check::{RowView, identity_card_type};

/// A subject as its row names it.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    /// Its key.
    pub(super) id: SubjectId,
    /// The kind that the row says.
    pub(super) kind: SubjectKind,
    /// The name to store: masked for natural persons.
    pub(super) name: String,
    /// The 18-character code.
    pub(super) uscc: Option<String>,
    /// 组织机构代码, written or inside the code.
    pub(super) org_code: Option<String>,
    /// 工商注册号.
    pub(super) registration_no: Option<String>,
    /// Under 18 on the decision day.
    pub(super) minor: bool,
}

/// The subject of a row without errors. `None` when nothing identifies it.
pub(super) fn subject(view: &RowView<'_>, key: &PseudonymKey, decided_on: Day) -> Option<Subject> {
    let kind = view.subject_kind?;
    let name = view.get(Field::SubjectName);
    if kind == SubjectKind::Person {
        let (id_type, card) = identity_card_type(view.get(Field::IdType));
        let written = view.get(Field::IdNo);
        if written.is_empty() {
            return None;
        }
        let citizen = card.then(|| CitizenId::parse(written).ok()).flatten();
        let number = match &citizen {
            Some(citizen) => citizen.as_str().to_owned(),
            None => nfkc(written)
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
                .to_uppercase(),
        };
        return Some(Subject {
            id: SubjectId::person(key, &id_type, &number),
            kind,
            name: crate::record::mask_person_name(name),
            uscc: None,
            org_code: None,
            registration_no: None,
            minor: citizen.is_some_and(|citizen| citizen.is_minor_on(decided_on)),
        });
    }
    let written_org = OrgCode::parse(view.get(Field::OrgCode)).ok();
    let registration = RegistrationNo::parse(view.get(Field::RegistrationNo)).ok();
    let code = view.uscc.code();
    let id = match (code, &written_org, &registration) {
        (Some(code), _, _) => SubjectId::from_uscc(code),
        (None, Some(org), _) => SubjectId::from_org(org),
        (None, None, Some(number)) => SubjectId::from_registration(number.as_str()),
        (None, None, None) => return None,
    };
    Some(Subject {
        id,
        kind,
        name: name.to_owned(),
        uscc: code.map(|code| code.as_str().to_owned()),
        org_code: code
            .filter(|code| code.embedded_org_code_ok())
            .map(|code| code.org_code().to_owned())
            .or_else(|| written_org.map(|org| org.as_str().to_owned())),
        registration_no: registration.map(|number| number.as_str().to_owned()),
        minor: false,
    })
}

/// Text in the form in which contents are compared: NFKC without white space.
pub(super) fn comparable(text: &str) -> Cow<'_, str> {
    let form = nfkc(text);
    // NFKC leaves few kinds of white space: ASCII's, U+0085, U+1680, U+2028 and U+2029.
    // Quotation marks and dashes begin with the byte of the last two.
    let may_be_space = |byte: u8| matches!(byte, b'\t'..=b'\r' | b' ' | 0xC2 | 0xE1);
    let (may_hold_one, may_hold_separator) =
        form.bytes().fold((false, false), |(space, mark), byte| {
            (space | may_be_space(byte), mark | (byte == 0xE2))
        });
    let has_separator = || {
        let bytes = form.as_bytes();
        let is_one = |three: &[u8]| matches!(three, [0xE2, 0x80, 0xA8 | 0xA9]);
        may_hold_separator && bytes.windows(3).any(is_one)
    };
    if !has_separator() && (!may_hold_one || !form.contains(char::is_whitespace)) {
        return form;
    }
    let mut out = String::with_capacity(form.len());
    out.extend(form.chars().filter(|c| !c.is_whitespace()));
    Cow::Owned(out)
}

/// The 文书号 of a row in its one form.
pub(super) fn document_no(view: &RowView<'_>) -> Option<String> {
    let number = normalise_document_no(view.get(Field::DocumentNo));
    (!number.is_empty()).then_some(number)
}

/// The key of a decision. Without a number the day and the content tell it apart.
pub(super) fn decision_id(
    kind: RecordKind,
    subject: &SubjectId,
    document_no: Option<&str>,
    decided_on: Day,
    content: &str,
) -> String {
    let kind = match kind {
        RecordKind::Penalty => "penalty",
        RecordKind::License => "license",
        RecordKind::Event => "event",
    };
    match document_no {
        Some(number) => short_id(&[kind, subject.as_str(), number]),
        None => short_id(&[
            kind,
            subject.as_str(),
            "",
            &decided_on.iso(),
            &comparable(content),
        ]),
    }
}

/// The sender's time stamp of a row that has none: sorts before every other.
const NO_STAMP: &str = "0000-00-00T00:00:00";

/// `sent_at|received_on|set_digest`: fixed width, greater = newer.
pub(super) fn version_key(sent_at: Option<&str>, received_on: &str, set_digest: &str) -> String {
    [sent_at.unwrap_or(NO_STAMP), received_on, set_digest].join("|")
}

/// The digest of the parts of one decision, whatever their order.
pub(super) fn set_digest<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let mut digests: Vec<&str> = parts.collect();
    digests.sort_unstable();
    short_id(&digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    #[test]
    fn a_number_makes_the_decision_and_its_absence_the_content() {
        let subject = SubjectId::from_registration("110108000000016");
        let id = |number, on, content| {
            decision_id(RecordKind::Penalty, &subject, number, day(on), content)
        };
        assert_eq!(
            id(Some("甲罚〔2026〕1号"), "2026-01-01", "a"),
            id(Some("甲罚〔2026〕1号"), "2026-02-01", "b")
        );
        assert_ne!(id(None, "2026-01-01", "a"), id(None, "2026-01-01", "b"));
        assert_ne!(id(None, "2026-01-01", "a"), id(None, "2026-01-02", "a"));
        assert_eq!(
            id(None, "2026-01-01", "罚 款"),
            id(None, "2026-01-01", "罚款")
        );
    }

    #[test]
    fn newer_versions_sort_later() {
        let received = "2026-11-22";
        let none = version_key(None, received, "ff");
        let early = version_key(Some("2026-10-01T08:00:00"), received, "ff");
        let late = version_key(Some("2026-10-02T08:00:00"), received, "00");
        assert!(none < early && early < late);
        assert!(version_key(None, received, "ff") < version_key(None, "2026-11-23", "00"));
        assert_eq!(none.len(), early.len());
    }

    #[test]
    fn a_set_has_no_order() {
        assert_eq!(
            set_digest(["b", "a"].into_iter()),
            set_digest(["a", "b"].into_iter())
        );
        assert_ne!(
            set_digest(["a"].into_iter()),
            set_digest(["a", "a"].into_iter())
        );
    }
}
