//! From verdicts to typed outcomes and evidence, and from those to the rows of `grades` and `evidence`.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBuilder, Date32Builder, Decimal128Builder, Int32Builder, Int64Builder,
    ListBuilder, RecordBatch, StringBuilder,
};
use arrow::datatypes::{DataType, Field};

use super::GradingError;
use super::columns::Source;
use super::engine::Judged;
use super::fold::Loss;
use super::hit::{End, Hit, NEVER};
use super::outcome::{Evidence, Flag, GradeLabel, NextChange, Outcome, Standing};
use super::program::{Effect, Program, Repair};
use super::verdict::{Dossier, Fate, Ground, Status, Verdict};
use super::wording::{CLAMP, OBJECTION_FLAG, Reason, WhyNot};
use crate::record::{Day, Points, schema};

/// Names shared by all outcomes of a version.
pub(crate) struct Labels {
    schemes: Vec<Arc<str>>,
    bands: Vec<Vec<GradeLabel>>,
}

impl Labels {
    pub(crate) fn of(program: &Program) -> Self {
        let label = |(band, b): (usize, &super::program::Band)| GradeLabel {
            band,
            grade: b.grade.as_str().into(),
            name: b.name.as_str().into(),
        };
        Self {
            schemes: program
                .versions
                .iter()
                .map(|v| v.scheme.as_str().into())
                .collect(),
            bands: program
                .versions
                .iter()
                .map(|v| v.bands.iter().enumerate().map(label).collect())
                .collect(),
        }
    }
}

impl Labels {
    /// Label of a band of a version.
    pub(crate) fn band(&self, version: usize, band: usize) -> GradeLabel {
        self.bands[version][band].clone()
    }
}

/// Typed outcome of a judgement, without its evidence.
pub(crate) fn outcome(
    judged: &Judged<'_, '_>,
    program: &Program,
    labels: &Labels,
    sources: &[Source<'_>; 3],
) -> Outcome {
    let version = judged.verdict.version;
    let next_change = judged.next.as_ref().map(|(day, verdict)| NextChange {
        on: Day::from_epoch(*day),
        to: standing(judged.dossier, verdict, program, labels, sources),
    });
    Outcome {
        scheme: labels.schemes[version].clone(),
        subject_id: judged.profile.subject.to_owned(),
        subject_name: judged.profile.name.to_owned(),
        subject_kind: judged.profile.kind,
        region: judged.profile.region.to_owned(),
        minor: judged.profile.minor,
        bucket: judged.profile.bucket,
        standing: standing(judged.dossier, judged.verdict, program, labels, sources),
        provisional: provisional(judged.dossier, judged.verdict, program),
        next_change,
        evidence: 0..0,
    }
}

fn standing(
    dossier: &Dossier<'_>,
    verdict: &Verdict,
    program: &Program,
    labels: &Labels,
    sources: &[Source<'_>; 3],
) -> Standing {
    let grade = verdict
        .band
        .and_then(|band| labels.bands[verdict.version].get(band))
        .cloned();
    let flags = if verdict.rated {
        flags(dossier, verdict, program, sources)
    } else {
        Vec::new()
    };
    Standing {
        rated: verdict.rated,
        score: verdict.score.map(Points::from_raw),
        grade,
        reason: reason(dossier, verdict, program),
        flags,
    }
}

fn flags(
    dossier: &Dossier<'_>,
    verdict: &Verdict,
    program: &Program,
    sources: &[Source<'_>; 3],
) -> Vec<Flag> {
    let mut flags = Vec::new();
    let today = Day::from_epoch(verdict.day);
    for (hit, fate) in dossier.hits.iter().zip(&verdict.fates) {
        if !fate.counts || fate.status != Status::Live {
            continue;
        }
        let row = &program.rows[hit.rule];
        let flag = |name: &str, from: Day, until: Option<Day>| Flag {
            name: name.to_owned(),
            record_id: hit.facts.record_id.to_owned(),
            row_id: row.id.clone(),
            document_no: document_of(hit, sources),
            from,
            until,
            basis: row.basis.clone(),
            provisional: row.provisional,
        };
        if let Effect::Flag(name) = &row.effect {
            flags.push(flag(
                name,
                Day::from_epoch(hit.from),
                counts_until(hit, program),
            ));
        }
        let open = hit
            .facts
            .state
            .objections
            .iter()
            .filter(|_| hit.facts.state.is_under_objection(today))
            .next_back();
        if let Some((opened, closed)) = open {
            flags.push(flag(OBJECTION_FLAG, *opened, *closed));
        }
    }
    flags.sort();
    flags
}

fn document_of(hit: &Hit<'_>, sources: &[Source<'_>; 3]) -> Option<String> {
    sources[hit.facts.table as usize]
        .document_no
        .get(hit.facts.row)
        .map(str::to_owned)
}

/// Any figure on which the result rests is not verified.
fn provisional(dossier: &Dossier<'_>, verdict: &Verdict, program: &Program) -> bool {
    let rules = &program.versions[verdict.version];
    if matches!(verdict.ground, Ground::NoVersion) || !verdict.rated {
        return rules.provisional;
    }
    rules.provisional
        || verdict
            .band
            .is_some_and(|band| rules.bands[band].provisional)
        || (verdict.score.is_some() && rules.score.as_ref().is_some_and(|score| score.provisional))
        || dossier
            .hits
            .iter()
            .zip(&verdict.fates)
            .any(|(hit, fate)| match fate.status {
                Status::Live => fate.counts && program.rows[hit.rule].provisional,
                Status::Cleared => program.rows[hit.rule].provisional,
                Status::Ended => hit.provisional_end,
                _ => false,
            })
}

fn reason(dossier: &Dossier<'_>, verdict: &Verdict, program: &Program) -> String {
    let rules = &program.versions[verdict.version];
    let name_of = |band: usize| rules.bands.get(band).map_or("", |b| b.name.as_str());
    let name = verdict.band.map_or("", name_of);
    let row = |hit: usize| program.rows[dossier.hits[hit].rule].id.as_str();
    let reason = match verdict.ground {
        Ground::NoVersion => Reason::NoVersion {
            from: Day::from_epoch(rules.from),
            to: rules.to.map(Day::from_epoch),
        },
        Ground::OffRoster => Reason::OffRoster,
        Ground::RosterOver(until) => Reason::RosterOver {
            until: Day::from_epoch(until),
        },
        Ground::Closed(on) => Reason::Closed {
            on: Day::from_epoch(on),
        },
        Ground::NothingCounted => Reason::NothingCounted,
        Ground::Default => Reason::DefaultGrade { name },
        Ground::Score => Reason::Score {
            score: Points::from_raw(verdict.score.unwrap_or_default()),
            name,
        },
        Ground::Direct(hit) => Reason::Direct {
            name,
            row: row(hit),
        },
        Ground::Ceiling(hit) => Reason::Ceiling {
            name,
            row: row(hit),
        },
        Ground::Moved(from) => Reason::Moved {
            name,
            from: name_of(from),
        },
        Ground::Class(hit) => Reason::Class {
            name,
            row: row(hit),
        },
        Ground::BestClass => Reason::BestClass { name },
        Ground::Kept => Reason::KeptGrade { name },
        Ground::FlagsOnly => Reason::FlagsOnly,
    };
    reason.zh()
}

/// Last day on which a hit can count by itself.
fn counts_until(hit: &Hit<'_>, program: &Program) -> Option<Day> {
    let row = &program.rows[hit.rule];
    let keeps = program.versions[row.version].indicators[row.indicator].repair == Repair::Keep;
    let until = if keeps {
        hit.until
    } else {
        hit.until.min(hit.repaired.saturating_sub(1))
    };
    (until < NEVER - 1).then(|| Day::from_epoch(until))
}

/// Evidence of a judgement: every matched row, by (decided_on, record id, row order), then the clamp.
pub(crate) fn evidence(
    dossier: &Dossier<'_>,
    verdict: &Verdict,
    program: &Program,
    sources: &[Source<'_>; 3],
) -> Vec<Evidence> {
    let mut order: Vec<usize> = (0..dossier.hits.len())
        .filter(|&hit| verdict.fates[hit].status != Status::Absent)
        .collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&dossier.hits[a], &dossier.hits[b]);
        (a.facts.decided, a.facts.record_id, a.rule).cmp(&(
            b.facts.decided,
            b.facts.record_id,
            b.rule,
        ))
    });
    let mut rows: Vec<Evidence> = order
        .into_iter()
        .map(|hit| {
            evidence_row(
                &dossier.hits[hit],
                &verdict.fates[hit],
                verdict,
                program,
                sources,
            )
        })
        .collect();
    let rules = &program.versions[verdict.version];
    if let (Some(score), Some(raw), Some(rule)) = (verdict.score, verdict.unclamped, &rules.score)
        && score != raw
    {
        let points = Points::from_raw(if rule.accumulate {
            score - raw
        } else {
            raw - score
        });
        rows.push(Evidence {
            row_id: CLAMP.to_owned(),
            indicator: String::new(),
            record_id: String::new(),
            case_id: String::new(),
            document_no: None,
            decided_on: Day::from_epoch(verdict.day),
            points,
            counted_points: points,
            counted: true,
            why_not: None,
            counts_from: None,
            counts_until: None,
            basis: rules.basis.clone(),
            effect: CLAMP.to_owned(),
            provisional: rule.provisional,
            at_least: false,
            objected: false,
        });
    }
    rows
}

fn evidence_row(
    hit: &Hit<'_>,
    fate: &Fate,
    verdict: &Verdict,
    program: &Program,
    sources: &[Source<'_>; 3],
) -> Evidence {
    let row = &program.rows[hit.rule];
    let rules = &program.versions[row.version];
    let points = match row.effect {
        Effect::Points(points) => points,
        _ => 0,
    };
    let rated = verdict.rated;
    Evidence {
        row_id: row.id.clone(),
        indicator: rules.indicators[row.indicator].id.clone(),
        record_id: hit.facts.record_id.to_owned(),
        case_id: hit.facts.case.clone().into_owned(),
        document_no: document_of(hit, sources),
        decided_on: Day::from_epoch(hit.facts.decided),
        points: Points::from_raw(points),
        counted_points: Points::from_raw(if rated { fate.counted } else { 0 }),
        counted: rated && fate.counts,
        why_not: why_not(hit, fate, rated, program).map(WhyNot::zh),
        counts_from: Some(Day::from_epoch(hit.from)),
        counts_until: counts_until(hit, program),
        basis: row.basis.clone(),
        effect: effect_name(&row.effect, &rules.bands),
        provisional: row.provisional || (fate.status == Status::Ended && hit.provisional_end),
        at_least: row.at_least,
        objected: hit
            .facts
            .state
            .is_under_objection(Day::from_epoch(verdict.day)),
    }
}

fn why_not<'p>(
    hit: &Hit<'_>,
    fate: &Fate,
    rated: bool,
    program: &'p Program,
) -> Option<WhyNot<'p>> {
    let until = Day::from_epoch(hit.until);
    let repaired = Day::from_epoch(hit.repaired);
    match fate.status {
        Status::Absent => None,
        Status::Exempted(by) => Some(WhyNot::Exempted {
            by: &program.rows[by].id,
        }),
        Status::NotYet => Some(WhyNot::NotYet {
            from: Day::from_epoch(hit.from),
        }),
        Status::Ended => Some(match hit.end {
            End::Window => WhyNot::OutsideWindow { until },
            End::Validity => WhyNot::ValidityOver { until },
            End::Publicity => WhyNot::PublicityOver { until },
            End::Delisted => WhyNot::Delisted {
                on: until.plus_days(1),
            },
            End::Listing => WhyNot::ListingOver { until },
        }),
        Status::Repaired => Some(WhyNot::Repaired { on: repaired }),
        Status::Cleared if rated => Some(WhyNot::ClearedKept { on: repaired }),
        Status::Live | Status::Cleared if !rated => Some(WhyNot::NotRated),
        Status::Live | Status::Cleared => match fate.loss {
            Loss::None => None,
            Loss::Joined => Some(WhyNot::JoinedAway),
            Loss::Capped(cap) => Some(WhyNot::Capped {
                cap: Points::from_raw(cap),
            }),
            Loss::GroupCapped(cap) => Some(WhyNot::GroupCapped {
                cap: Points::from_raw(cap),
            }),
        },
    }
}

fn effect_name(effect: &Effect, bands: &[super::program::Band]) -> String {
    match effect {
        Effect::Points(points) if *points < 0 => "bonus".to_owned(),
        Effect::Points(_) => "points".to_owned(),
        Effect::Grade(band) => format!("grade:{}", bands[*band].grade),
        Effect::Ceiling(band) => format!("ceiling:{}", bands[*band].grade),
        Effect::Move(bands) => format!("move:{bands}"),
        Effect::Flag(name) => format!("flag:{name}"),
        Effect::Exempt => "exempt".to_owned(),
    }
}

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
    pub(crate) fn add(&mut self, outcome: &mut Outcome, evidence: &[Evidence], run: &RunFacts<'_>) {
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
    fn add(&mut self, row: &Evidence, outcome: &Outcome, run: &RunFacts<'_>) {
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
