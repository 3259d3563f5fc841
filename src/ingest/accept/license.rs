//! Licenses. 当前状态 is stored under its name (有效, 无效, 撤销 …).

use crate::ingest::identity::{decision_id, document_no};
use crate::record::{License, RecordKind};
use crate::standard::Field;

use super::Draft;
use super::values::{Row, content_digest, day_part};

/// The record of a row.
pub(super) fn draft(row: &Row<'_>) -> Draft {
    let view = row.view;
    let document_no = document_no(view);
    let content = row.free(Field::Content);
    let document_name = row.free(Field::DocumentName);
    let license_kind = row.listed(Field::LicenseKind);
    let status = row.listed(Field::Status);
    let (valid_from, valid_until) = (view.day(Field::ValidFrom), view.day(Field::ValidUntil));
    let content_digest = content_digest(&[
        &row.subject.name,
        &document_name,
        &license_kind,
        view.get(Field::CertificateNo),
        &content,
        &row.decided_on.iso(),
        &day_part(valid_from),
        &day_part(valid_until),
        view.get(Field::Authority),
        &status,
    ]);
    let decision_id = decision_id(
        RecordKind::License,
        &row.subject.id,
        document_no.as_deref(),
        row.decided_on,
        &content,
    );
    Draft::License(Box::new(License {
        record_id: String::new(),
        subject_id: row.subject.id.as_str().to_owned(),
        subject_name: row.subject.name.clone(),
        subject_kind: row.subject.kind,
        document_no,
        document_name,
        license_kind,
        certificate_no: row.opt(Field::CertificateNo),
        content,
        decided_on: row.decided_on,
        valid_from,
        valid_until,
        authority: view.get(Field::Authority).to_owned(),
        authority_code: row.code(Field::AuthorityCode),
        status,
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
        remark: row.opt_free(Field::Remark),
    }))
}
