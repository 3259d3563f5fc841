//! Penalties.

use crate::ingest::identity::{comparable, decision_id, document_no};
use crate::record::{Fen, Penalty, PenaltyKind, PenaltyKinds, RecordKind, SubjectKind};
use crate::standard::Field;

use super::values::{Row, content_digest, day_part};
use super::{Draft, Memo};

/// 行政处罚法 (2021) art. 51: the greatest fine of the simple procedure, for citizens and for bodies.
const SIMPLE_PERSON: Fen = Fen(20_000);
const SIMPLE_BODY: Fen = Fen(300_000);

/// The record of a row, and its part key.
pub(super) fn draft(row: &Row<'_>, memo: &mut Memo) -> (Draft, String) {
    let view = row.view;
    let document_no = document_no(view);
    let violation_text = row.free(Field::ViolationText);
    let facts = row.free(Field::Facts);
    let basis_text = row.free(Field::Basis);
    let content = row.free(Field::Content);
    let cited = memo.cited(&basis_text);
    let (fine, confiscated) = (view.fine.fen(), view.confiscated.fen());
    let kinds = view.kinds.kinds;
    let violation = row
        .ctx
        .classifier
        .class_of(&cited.citations, &violation_text, &facts)
        .unwrap_or_default();
    let amount = |fen: Option<Fen>| fen.map(|fen| fen.0.to_string()).unwrap_or_default();
    let valid_until = view.day(Field::ValidUntil);
    let names = view.kinds.names.join(";");
    let part_key = comparable(&violation_text).into_owned();
    let content_digest = content_digest(&[
        &row.subject.name,
        &violation_text,
        &facts,
        &basis_text,
        &names,
        &content,
        &amount(fine),
        &amount(confiscated),
        &row.decided_on.iso(),
        &day_part(valid_until),
        view.get(Field::Authority),
    ]);
    let decision_id = decision_id(
        RecordKind::Penalty,
        &row.subject.id,
        document_no.as_deref(),
        row.decided_on,
        &content,
    );
    let penalty = Penalty {
        record_id: String::new(),
        subject_id: row.subject.id.as_str().to_owned(),
        subject_name: row.subject.name.clone(),
        subject_kind: row.subject.kind,
        case_id: document_no.clone().unwrap_or_else(|| decision_id.clone()),
        document_no,
        violation,
        citations: cited.stored.clone(),
        penalty_kinds: view.kinds.names.clone(),
        fine_fen: fine,
        confiscated_fen: confiscated,
        decided_on: row.decided_on,
        valid_until,
        publicity_ends_on: view.day(Field::PublicityEndsOn),
        authority: view.get(Field::Authority).to_owned(),
        authority_code: row.code(Field::AuthorityCode),
        region: row.region(),
        source_unit: row.source_unit(),
        source_unit_code: row.code(Field::SourceUnitCode),
        received_on: row.ctx.received,
        version_key: String::new(),
        batch_id: row.ctx.batch_id.to_owned(),
        bucket: row.bucket(),
        decision_id,
        part_no: 1,
        sent_at: view.sent_at.clone(),
        content_digest,
        uscc: row.subject.uscc.clone(),
        org_code: row.subject.org_code.clone(),
        registration_no: row.subject.registration_no.clone(),
        minor: row.subject.minor,
        simple_procedure: is_simple(row.subject.kind, kinds, fine, &[&facts, &content]),
        remark: row.opt_free(Field::Remark),
        violation_text,
        facts,
        basis_text,
        content,
    };
    (Draft::Penalty(Box::new(penalty)), part_key)
}

/// 简易程序: a warning or a small fine and nothing else, and the text says 当场 or 简易.
fn is_simple(kind: SubjectKind, kinds: PenaltyKinds, fine: Option<Fen>, texts: &[&str]) -> bool {
    let limit = if kind == SubjectKind::Person {
        SIMPLE_PERSON
    } else {
        SIMPLE_BODY
    };
    let small: PenaltyKinds = [PenaltyKind::Warning, PenaltyKind::Fine]
        .into_iter()
        .collect();
    let fits = !kinds.is_empty()
        && kinds.is_subset(small)
        && (!kinds.contains(PenaltyKind::Fine) || fine.is_some_and(|fine| fine <= limit));
    fits && texts
        .iter()
        .any(|text| text.contains("当场") || text.contains("简易"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_procedure_needs_the_limit_and_the_words() {
        let fine: PenaltyKinds = [PenaltyKind::Fine].into_iter().collect();
        let simple = |kind, fen, text| is_simple(kind, fine, Some(Fen(fen)), &[text]);
        assert!(simple(SubjectKind::Entity, 300_000, "适用简易程序"));
        assert!(!simple(SubjectKind::Entity, 300_001, "适用简易程序"));
        assert!(!simple(SubjectKind::Person, 300_000, "当场处罚"));
        assert!(simple(SubjectKind::Person, 20_000, "当场处罚"));
        assert!(!simple(SubjectKind::Person, 20_000, "罚款"));
        let revoke: PenaltyKinds = [PenaltyKind::Revoke].into_iter().collect();
        assert!(!is_simple(SubjectKind::Entity, revoke, None, &["当场"]));
    }
}
