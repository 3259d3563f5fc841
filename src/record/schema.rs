//! The Arrow schema of every table (`design.md` §5 columns first and in that order, then ours).
//!
//! Money is whole 分 in `Int64`, points and scores `Decimal128(18, 4)`, days `Date32`, lists `List<Utf8>`.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

/// Precision and scale of points and scores.
pub const POINTS_TYPE: DataType = DataType::Decimal128(18, 4);

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, false)
}

fn opt_text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn day(name: &str) -> Field {
    Field::new(name, DataType::Date32, false)
}

fn opt_day(name: &str) -> Field {
    Field::new(name, DataType::Date32, true)
}

fn int(name: &str) -> Field {
    Field::new(name, DataType::Int64, false)
}

fn opt_int(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn small(name: &str) -> Field {
    Field::new(name, DataType::Int32, false)
}

fn flag(name: &str) -> Field {
    Field::new(name, DataType::Boolean, false)
}

fn points(name: &str) -> Field {
    Field::new(name, POINTS_TYPE, false)
}

fn opt_points(name: &str) -> Field {
    Field::new(name, POINTS_TYPE, true)
}

fn texts(name: &str) -> Field {
    let item = Field::new("element", DataType::Utf8, false);
    Field::new(name, DataType::List(Arc::new(item)), false)
}

fn schema(fields: Vec<Field>) -> SchemaRef {
    Arc::new(Schema::new(fields))
}

/// Penalty decisions (行政处罚), one row per part of a decision and version; an append-only log.
pub fn penalties() -> SchemaRef {
    schema(vec![
        text("record_id"),
        text("subject_id"),
        text("subject_name"),
        text("subject_kind"),
        opt_text("document_no"),
        text("case_id"),
        text("violation_text"),
        text("violation"),
        text("facts"),
        text("basis_text"),
        texts("citations"),
        texts("penalty_kinds"),
        text("content"),
        opt_int("fine_fen"),
        opt_int("confiscated_fen"),
        day("decided_on"),
        opt_day("valid_until"),
        opt_day("publicity_ends_on"),
        text("authority"),
        opt_text("authority_code"),
        text("region"),
        text("source_unit"),
        opt_text("source_unit_code"),
        day("received_on"),
        text("version_key"),
        text("batch_id"),
        small("bucket"),
        text("decision_id"),
        small("part_no"),
        opt_text("sent_at"),
        text("content_digest"),
        opt_text("uscc"),
        opt_text("org_code"),
        opt_text("registration_no"),
        flag("minor"),
        flag("simple_procedure"),
        opt_text("remark"),
    ])
}

/// License decisions (行政许可); an append-only log.
pub fn licenses() -> SchemaRef {
    schema(vec![
        text("record_id"),
        text("subject_id"),
        text("subject_name"),
        text("subject_kind"),
        opt_text("document_no"),
        text("document_name"),
        text("license_kind"),
        opt_text("certificate_no"),
        text("content"),
        day("decided_on"),
        opt_day("valid_from"),
        opt_day("valid_until"),
        text("authority"),
        opt_text("authority_code"),
        text("status"),
        text("region"),
        text("source_unit"),
        opt_text("source_unit_code"),
        day("received_on"),
        text("version_key"),
        text("batch_id"),
        small("bucket"),
        text("decision_id"),
        small("part_no"),
        opt_text("sent_at"),
        text("content_digest"),
        opt_text("uscc"),
        opt_text("org_code"),
        opt_text("registration_no"),
        flag("minor"),
        opt_text("remark"),
    ])
}

/// Events around records and subjects (信用修复, 撤销, 参评名录 …); an append-only log.
pub fn events() -> SchemaRef {
    schema(vec![
        text("record_id"),
        text("subject_id"),
        text("event_kind"),
        opt_text("document_no"),
        day("occurred_on"),
        opt_day("ends_on"),
        opt_text("level"),
        opt_int("term_months"),
        opt_text("role"),
        opt_text("list_or_scheme"),
        text("authority"),
        text("detail"),
        day("received_on"),
        text("version_key"),
        text("batch_id"),
        small("bucket"),
        text("decision_id"),
        small("part_no"),
        text("content_digest"),
        text("subject_name"),
        text("subject_kind"),
        text("violation"),
        opt_text("authority_code"),
        text("region"),
        text("source_unit"),
        opt_text("uscc"),
        opt_text("org_code"),
        flag("minor"),
        opt_text("linked_unit"),
    ])
}

/// Every body or person that a record speaks of.
pub fn subjects() -> SchemaRef {
    schema(vec![
        text("subject_id"),
        text("name"),
        text("kind"),
        opt_text("uscc"),
        opt_text("org_code"),
        opt_text("registration_no"),
        text("region"),
        opt_text("same_as"),
        small("bucket"),
        day("name_decided_on"),
        flag("minor"),
    ])
}

/// One row per finding on an ingested row.
pub fn quarantine() -> SchemaRef {
    schema(vec![
        text("file"),
        text("sheet"),
        int("row_no"),
        text("code"),
        text("severity"),
        text("field"),
        text("message"),
        text("raw"),
        text("source_unit"),
        text("batch_id"),
        text("file_sha256"),
    ])
}

/// Data-quality figures per source unit and month; additive over batches.
pub fn quality() -> SchemaRef {
    schema(vec![
        text("source_unit"),
        text("month"),
        text("metric"),
        int("numerator"),
        int("denominator"),
        opt_points("value"),
        text("formula"),
        text("batch_id"),
        text("file_sha256"),
    ])
}

/// The grade of each subject in each active scheme, newest night only.
pub fn grades() -> SchemaRef {
    schema(vec![
        text("scheme"),
        text("subject_id"),
        text("subject_name"),
        text("region"),
        day("as_of"),
        flag("rated"),
        opt_points("score"),
        opt_text("grade"),
        opt_text("grade_name"),
        opt_int("order_key"),
        text("reason"),
        opt_day("next_change_on"),
        flag("provisional"),
        text("rules_digest"),
        text("run_id"),
        text("subject_kind"),
        opt_text("next_change_to"),
        texts("flags"),
        flag("minor"),
        small("bucket"),
    ])
}

/// Every matched rule row of every record, counted or not.
pub fn evidence() -> SchemaRef {
    schema(vec![
        text("scheme"),
        text("subject_id"),
        text("row_id"),
        text("record_id"),
        opt_text("document_no"),
        day("decided_on"),
        points("points"),
        points("counted_points"),
        flag("counted"),
        opt_text("why_not"),
        opt_day("counts_from"),
        opt_day("counts_until"),
        text("basis"),
        text("run_id"),
        text("effect"),
        text("indicator"),
        flag("provisional"),
        small("bucket"),
    ])
}

/// Differentiated supervision that follows from a grade.
pub fn supervision() -> SchemaRef {
    schema(vec![
        text("scheme"),
        text("subject_id"),
        opt_text("grade"),
        text("flag"),
        opt_text("inspection_ratio"),
        opt_int("max_inspections"),
        opt_text("per"),
        text("content"),
        text("basis"),
        text("run_id"),
        flag("provisional"),
        small("bucket"),
    ])
}

/// The checklist of 失信惩戒 measures, with excluded candidates and their reasons.
pub fn measures() -> SchemaRef {
    schema(vec![
        text("subject_id"),
        text("measure"),
        text("category"),
        text("content"),
        text("basis"),
        opt_text("list_edition"),
        opt_text("list_no"),
        opt_text("list_row_status"),
        text("trigger_record_id"),
        opt_text("trigger_document_no"),
        text("target_role"),
        text("body"),
        opt_day("starts_on"),
        opt_day("ends_on"),
        opt_day("publicity_until"),
        opt_day("repair_from"),
        text("remedy"),
        text("state"),
        text("reason"),
        text("run_id"),
        text("row_id"),
        opt_text("term"),
        text("trigger_facts"),
        opt_day("trigger_decided_on"),
        flag("provisional"),
        text("sign_off"),
        small("bucket"),
    ])
}

/// Incentives (守信激励) with a Chongqing or national basis.
pub fn incentives() -> SchemaRef {
    schema(vec![
        text("subject_id"),
        text("incentive"),
        text("content"),
        text("basis"),
        text("condition"),
        text("state"),
        text("reason"),
        text("run_id"),
        small("bucket"),
    ])
}

/// What moved since the last night, one row per cause, chained.
pub fn grade_changes() -> SchemaRef {
    schema(vec![
        text("scheme"),
        text("subject_id"),
        opt_text("from_grade"),
        opt_text("to_grade"),
        text("cause"),
        text("run_id"),
        text("detail"),
    ])
}

/// Decisions that were purged: their rows are gone, and rows of them that are sent again stay out.
///
/// `decision_id` is a hash over the decision's key, in which a natural person is a pseudonym already.
pub fn tombstones() -> SchemaRef {
    schema(vec![
        text("decision_id"),
        text("table"),
        text("purged_on_run"),
        text("reason"),
        text("rule"),
        small("bucket"),
    ])
}

/// One row per complete writing command; its commit makes the night visible.
pub fn runs() -> SchemaRef {
    schema(vec![
        text("run_id"),
        int("seq"),
        text("kind"),
        day("as_of"),
        opt_day("received_on"),
        text("rules_digest"),
        text("key_fingerprint"),
        text("status"),
        text("inputs"),
        text("versions"),
        text("digests"),
        opt_day("known_at"),
    ])
}

/// Uses of the internal view and purges, for accountability.
pub fn access_log() -> SchemaRef {
    schema(vec![
        text("command"),
        text("subject_id"),
        text("view"),
        text("detail"),
        text("run_id"),
        text("at"),
    ])
}
