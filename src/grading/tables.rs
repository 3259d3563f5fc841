//! From typed outcomes and evidence to the rows of the `grades` and `evidence` tables.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder,
    ListBuilder, RecordBatch, StringBuilder,
};
use arrow::datatypes::{DataType, Field};

use super::GradingError;
use super::outcome::{Evidence, Outcome};
use crate::record::{Day, schema};

/// Rows of `grades` and `evidence` under construction.
pub(crate) struct Tables {
    grades: GradeRows,
    evidence: EvidenceRows,
    rows: usize,
}

impl Tables {
    pub(crate) fn new() -> Self {
        Self {
            grades: GradeRows::new(),
            evidence: EvidenceRows::default(),
            rows: 0,
        }
    }

    /// Adds an outcome and its evidence; the outcome learns where its evidence stands.
    pub(crate) fn add(
        &mut self,
        outcome: &mut Outcome,
        evidence: &[Evidence<'_>],
        run: &RunFacts<'_>,
    ) {
        let start = self.rows;
        for row in evidence {
            self.evidence.add(row, outcome, run);
        }
        self.rows += evidence.len();
        outcome.evidence = start..self.rows;
        self.grades.add(outcome, run);
    }

    pub(crate) fn finish(self) -> Result<(RecordBatch, RecordBatch), GradingError> {
        Ok((self.grades.finish()?, self.evidence.finish()?))
    }
}

/// What every result row carries of the run.
#[derive(Clone, Copy)]
pub(crate) struct RunFacts<'r> {
    pub(crate) as_of: Day,
    pub(crate) rules_digest: &'r str,
    pub(crate) run_id: &'r str,
}

fn decimals() -> Decimal128Builder {
    Decimal128Builder::new().with_data_type(schema::POINTS_TYPE)
}

struct GradeRows {
    scheme: StringBuilder,
    subject_id: StringBuilder,
    subject_name: StringBuilder,
    region: StringBuilder,
    as_of: Date32Builder,
    rated: BooleanBuilder,
    score: Decimal128Builder,
    grade: StringBuilder,
    grade_name: StringBuilder,
    order_key: Int64Builder,
    reason: StringBuilder,
    next_change_on: Date32Builder,
    provisional: BooleanBuilder,
    rules_digest: StringBuilder,
    run_id: StringBuilder,
    subject_kind: StringBuilder,
    next_change_to: StringBuilder,
    flags: ListBuilder<StringBuilder>,
    minor: BooleanBuilder,
    bucket: Int32Builder,
}

impl GradeRows {
    fn new() -> Self {
        let element = Field::new("element", DataType::Utf8, false);
        Self {
            scheme: StringBuilder::new(),
            subject_id: StringBuilder::new(),
            subject_name: StringBuilder::new(),
            region: StringBuilder::new(),
            as_of: Date32Builder::new(),
            rated: BooleanBuilder::new(),
            score: decimals(),
            grade: StringBuilder::new(),
            grade_name: StringBuilder::new(),
            order_key: Int64Builder::new(),
            reason: StringBuilder::new(),
            next_change_on: Date32Builder::new(),
            provisional: BooleanBuilder::new(),
            rules_digest: StringBuilder::new(),
            run_id: StringBuilder::new(),
            subject_kind: StringBuilder::new(),
            next_change_to: StringBuilder::new(),
            flags: ListBuilder::new(StringBuilder::new()).with_field(element),
            minor: BooleanBuilder::new(),
            bucket: Int32Builder::new(),
        }
    }

    fn add(&mut self, outcome: &Outcome, run: &RunFacts<'_>) {
        let standing = &outcome.standing;
        let grade = standing.grade.as_ref();
        self.scheme.append_value(&outcome.scheme);
        self.subject_id.append_value(&outcome.subject_id);
        self.subject_name.append_value(&outcome.subject_name);
        self.region.append_value(&outcome.region);
        self.as_of.append_value(run.as_of.epoch());
        self.rated.append_value(standing.rated);
        self.score
            .append_option(standing.score.map(|s| i128::from(s.raw())));
        self.grade.append_option(grade.map(|g| &g.grade));
        self.grade_name.append_option(grade.map(|g| &g.name));
        self.order_key
            .append_option(grade.and_then(|g| i64::try_from(g.band + 1).ok()));
        self.reason.append_value(&standing.reason);
        self.next_change_on
            .append_option(outcome.next_change.as_ref().map(|next| next.on.epoch()));
        self.provisional.append_value(outcome.provisional);
        self.rules_digest.append_value(run.rules_digest);
        self.run_id.append_value(run.run_id);
        self.subject_kind.append_value(outcome.subject_kind.zh());
        self.next_change_to
            .append_option(outcome.next_change.as_ref().map(|next| next.to.in_words()));
        for name in standing.flag_names() {
            self.flags.values().append_value(name);
        }
        self.flags.append(true);
        self.minor.append_value(outcome.minor);
        self.bucket.append_value(outcome.bucket);
    }

    fn finish(mut self) -> Result<RecordBatch, GradingError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.scheme.finish()),
            Arc::new(self.subject_id.finish()),
            Arc::new(self.subject_name.finish()),
            Arc::new(self.region.finish()),
            Arc::new(self.as_of.finish()),
            Arc::new(self.rated.finish()),
            Arc::new(self.score.finish()),
            Arc::new(self.grade.finish()),
            Arc::new(self.grade_name.finish()),
            Arc::new(self.order_key.finish()),
            Arc::new(self.reason.finish()),
            Arc::new(self.next_change_on.finish()),
            Arc::new(self.provisional.finish()),
            Arc::new(self.rules_digest.finish()),
            Arc::new(self.run_id.finish()),
            Arc::new(self.subject_kind.finish()),
            Arc::new(self.next_change_to.finish()),
            Arc::new(self.flags.finish()),
            Arc::new(self.minor.finish()),
            Arc::new(self.bucket.finish()),
        ];
        Ok(RecordBatch::try_new(schema::grades(), columns)?)
    }
}

struct EvidenceRows {
    scheme: StringBuilder,
    subject_id: StringBuilder,
    row_id: StringBuilder,
    record_id: StringBuilder,
    document_no: StringBuilder,
    decided_on: Date32Builder,
    points: Decimal128Builder,
    counted_points: Decimal128Builder,
    counted: BooleanBuilder,
    why_not: StringBuilder,
    counts_from: Date32Builder,
    counts_until: Date32Builder,
    basis: StringBuilder,
    run_id: StringBuilder,
    effect: StringBuilder,
    indicator: StringBuilder,
    provisional: BooleanBuilder,
    bucket: Int32Builder,
}

impl Default for EvidenceRows {
    fn default() -> Self {
        Self {
            scheme: StringBuilder::new(),
            subject_id: StringBuilder::new(),
            row_id: StringBuilder::new(),
            record_id: StringBuilder::new(),
            document_no: StringBuilder::new(),
            decided_on: Date32Builder::new(),
            points: decimals(),
            counted_points: decimals(),
            counted: BooleanBuilder::new(),
            why_not: StringBuilder::new(),
            counts_from: Date32Builder::new(),
            counts_until: Date32Builder::new(),
            basis: StringBuilder::new(),
            run_id: StringBuilder::new(),
            effect: StringBuilder::new(),
            indicator: StringBuilder::new(),
            provisional: BooleanBuilder::new(),
            bucket: Int32Builder::new(),
        }
    }
}

impl EvidenceRows {
    fn add(&mut self, row: &Evidence<'_>, outcome: &Outcome, run: &RunFacts<'_>) {
        self.scheme.append_value(&outcome.scheme);
        self.subject_id.append_value(&outcome.subject_id);
        self.row_id.append_value(&row.row_id);
        self.record_id.append_value(&row.record_id);
        self.document_no.append_option(row.document_no.as_deref());
        self.decided_on.append_value(row.decided_on.epoch());
        self.points.append_value(i128::from(row.points.raw()));
        self.counted_points
            .append_value(i128::from(row.counted_points.raw()));
        self.counted.append_value(row.counted);
        self.why_not.append_option(row.why_not.as_deref());
        self.counts_from
            .append_option(row.counts_from.map(Day::epoch));
        self.counts_until
            .append_option(row.counts_until.map(Day::epoch));
        self.basis.append_value(&row.basis);
        self.run_id.append_value(run.run_id);
        self.effect.append_value(&row.effect);
        self.indicator.append_value(&row.indicator);
        self.provisional.append_value(row.provisional);
        self.bucket.append_value(outcome.bucket);
    }

    fn finish(mut self) -> Result<RecordBatch, GradingError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.scheme.finish()),
            Arc::new(self.subject_id.finish()),
            Arc::new(self.row_id.finish()),
            Arc::new(self.record_id.finish()),
            Arc::new(self.document_no.finish()),
            Arc::new(self.decided_on.finish()),
            Arc::new(self.points.finish()),
            Arc::new(self.counted_points.finish()),
            Arc::new(self.counted.finish()),
            Arc::new(self.why_not.finish()),
            Arc::new(self.counts_from.finish()),
            Arc::new(self.counts_until.finish()),
            Arc::new(self.basis.finish()),
            Arc::new(self.run_id.finish()),
            Arc::new(self.effect.finish()),
            Arc::new(self.indicator.finish()),
            Arc::new(self.provisional.finish()),
            Arc::new(self.bucket.finish()),
        ];
        Ok(RecordBatch::try_new(schema::evidence(), columns)?)
    }
}
