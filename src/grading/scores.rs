//! Scores and grades alone: the kernel without evidence, reasons and the look ahead, and the columns that it needs.
//!
//! For whoever wants the grades of a whole store on some day and nothing else. The result is that of [`grade`], column by
//! column; a test holds the two together.
//!
//! [`grade`]: super::grade

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{BooleanBuilder, Decimal128Builder, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::program::{Anchor, Condition, Fold, KIND_LICENSE, Program};
use super::{BucketInput, Grading, GradingError};
use crate::record::schema::POINTS_TYPE;

/// Columns of the record tables and of the subjects from which a program computes scores. A table without any is not
/// looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub penalties: Vec<&'static str>,
    pub licenses: Vec<&'static str>,
    pub events: Vec<&'static str>,
    pub subjects: Vec<&'static str>,
}

/// Whether a program counts from the publication of records, for which it asks the sender's stamp.
pub(crate) fn counts_from_publication(program: &Program) -> bool {
    let mut indicators = program.versions.iter().flat_map(|v| &v.indicators);
    indicators.any(|indicator| indicator.anchor == Anchor::Published)
}

impl Needs {
    /// What scores under a program rest on.
    #[must_use]
    pub fn of(program: &Program) -> Self {
        let conditions = program.rows.iter().flat_map(|row| &row.conditions);
        let mut asked: BTreeSet<&'static str> = conditions.flat_map(asked_by).copied().collect();
        if counts_from_publication(program) {
            asked.extend(["received_on", "sent_at"]);
        }
        for indicator in program.versions.iter().flat_map(|v| &v.indicators) {
            // The first of a day is that with the least id.
            let within = indicator.within.map(|(_, fold)| fold);
            if indicator.across == Fold::First || within == Some(Fold::First) {
                asked.insert("record_id");
            }
        }
        if program.versions.iter().any(|version| version.by_site) {
            asked.insert("region");
        }
        if program
            .versions
            .iter()
            .any(|version| !version.past_publicity)
        {
            // The publicity term of a penalty.
            asked.extend(["penalty_kinds", "fine_fen", "simple_procedure"]);
        }
        if program.rows.iter().any(|row| !row.tests.is_empty()) {
            asked.extend(["fine_fen", "confiscated_fen"]);
        }
        let with = |always: &[&'static str], own: &[&'static str]| {
            let own = own.iter().filter(|name| asked.contains(*name));
            always.iter().chain(own).copied().collect::<Vec<_>>()
        };
        let record = [
            "bucket",
            "subject_id",
            "subject_kind",
            "document_no",
            "decided_on",
        ];
        let of_penalty = [
            "penalty_kinds",
            "citations",
            "fine_fen",
            "confiscated_fen",
            "authority",
            "region",
            "facts",
            "content",
            "received_on",
            "record_id",
            "sent_at",
            "simple_procedure",
        ];
        let of_license = [
            "authority",
            "region",
            "content",
            "received_on",
            "record_id",
            "sent_at",
        ];
        let licensed = program
            .rows
            .iter()
            .any(|row| speaks_of_licenses(&row.conditions));
        Self {
            penalties: with(
                &[&record[..], &["case_id", "violation", "valid_until"]].concat(),
                &of_penalty,
            ),
            licenses: if licensed {
                with(
                    &[&record[..], &["valid_from", "valid_until"]].concat(),
                    &of_license,
                )
            } else {
                Vec::new()
            },
            events: with(
                &[
                    "bucket",
                    "subject_id",
                    "subject_kind",
                    "document_no",
                    "occurred_on",
                    "ends_on",
                    "event_kind",
                    "violation",
                    "level",
                    "role",
                    "list_or_scheme",
                    "term_months",
                ],
                &["authority", "region", "detail", "received_on", "record_id"],
            ),
            subjects: vec!["bucket", "subject_id", "kind", "same_as"],
        }
    }
}

/// Columns that a condition looks at, where not every program reads them.
fn asked_by(condition: &Condition) -> &'static [&'static str] {
    match condition {
        Condition::PenaltyAny(_) | Condition::PenaltyOnly(_) | Condition::PenaltyNone(_) => {
            &["penalty_kinds"]
        }
        Condition::Fine(_) => &["fine_fen"],
        Condition::Confiscated(_) => &["confiscated_fen"],
        Condition::Authority(_) => &["authority"],
        Condition::Cited(_) => &["citations"],
        Condition::Region(_) => &["region"],
        Condition::Words(_) => &["facts", "content", "detail"],
        Condition::Kind(_)
        | Condition::Violation(_)
        | Condition::SubjectKind(_)
        | Condition::Severity(_)
        | Condition::Role(_)
        | Condition::List(_)
        | Condition::Term(_)
        | Condition::Linked => &[],
    }
}

/// Whether a row with these conditions can match a license.
fn speaks_of_licenses(conditions: &[Condition]) -> bool {
    conditions.iter().all(|condition| match condition {
        Condition::Kind(kinds) => kinds & (1 << KIND_LICENSE) != 0,
        _ => true,
    })
}

/// Columns of [`scores`], each as in the table `grades`.
#[must_use]
pub fn scores_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("scheme", DataType::Utf8, false),
        Field::new("subject_id", DataType::Utf8, false),
        Field::new("rated", DataType::Boolean, false),
        Field::new("score", POINTS_TYPE, true),
        Field::new("grade", DataType::Utf8, true),
    ]))
}

/// Scores and grades of one bucket, in the order of `grades`. A pure function of its arguments.
///
/// # Errors
/// When rows break a promise of the store (columns, order) or a score has no band.
pub fn scores(input: &BucketInput<'_>, ctx: &Grading<'_>) -> Result<RecordBatch, GradingError> {
    let bench = ctx.bench_of_today(input)?;
    let states = bench.states()?;
    let (mut schemes, mut subjects) = (StringBuilder::new(), StringBuilder::new());
    let (mut rated, mut grades) = (BooleanBuilder::new(), StringBuilder::new());
    let mut points = Decimal128Builder::new().with_data_type(POINTS_TYPE);
    bench.judge(&states, false, |judged| {
        let verdict = &judged.verdict;
        let version = &ctx.program().versions[verdict.version];
        schemes.append_value(&version.scheme);
        subjects.append_value(judged.profile.subject);
        rated.append_value(verdict.rated);
        points.append_option(verdict.score.map(i128::from));
        let band = verdict.band.and_then(|band| version.bands.get(band));
        grades.append_option(band.map(|band| band.grade.as_str()));
        Ok(())
    })?;
    Ok(RecordBatch::try_new(
        scores_schema(),
        vec![
            Arc::new(schemes.finish()),
            Arc::new(subjects.finish()),
            Arc::new(rated.finish()),
            Arc::new(points.finish()),
            Arc::new(grades.finish()),
        ],
    )?)
}
