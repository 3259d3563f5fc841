//! What moved since the previous night, and why: the previous night's inputs are brought to tonight's step by step, and
//! each step that changes a grade becomes one row. The steps, in this order: corrections, revocations, repairs, new
//! records, rosters, the passing of time, changes of the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Date32Type;

use super::columns::{Source, Table};
use super::horizon::grade;
use super::{BucketInput, Grading, GradingError, LinkedInput};
use crate::record::{Day, EventKind, schema};

/// Why a grade moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A record of the previous night came again with other content, or a 更正 event joined records into one case.
    Correction,
    /// 撤销.
    Revocation,
    /// 信用修复, 整改完成, 名单移出, 异议 and 异议终结.
    Repair,
    /// Records not known before.
    NewRecord,
    /// 参评名录, 关停.
    Roster,
    /// Nothing but time: windows, validity, publicity, rosters that ran out.
    Window,
    /// Another rule pack, or another version in force.
    RuleChange,
}

impl Cause {
    /// All causes in the order of the steps.
    pub const ALL: [Self; 7] = [
        Self::Correction,
        Self::Revocation,
        Self::Repair,
        Self::NewRecord,
        Self::Roster,
        Self::Window,
        Self::RuleChange,
    ];

    /// The word in `grade_changes.cause`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Correction => "correction",
            Self::Revocation => "revocation",
            Self::Repair => "repair",
            Self::NewRecord => "new_record",
            Self::Roster => "roster",
            Self::Window => "window",
            Self::RuleChange => "rule_change",
        }
    }

    /// The cause in words for reports.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Self::Correction => "数据更正",
            Self::Revocation => "决定撤销",
            Self::Repair => "信用修复或整改",
            Self::NewRecord => "新增记录",
            Self::Roster => "参评名录变动",
            Self::Window => "计分周期、有效期或公示期变化",
            Self::RuleChange => "规则调整",
        }
    }
}

/// One step that moved one grade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeChange {
    /// Scheme version of tonight, or of the previous night where tonight has none.
    pub scheme: String,
    /// Canonical subject.
    pub subject_id: String,
    /// Grade before the step; absent = not rated, or no longer a subject of the scheme.
    pub from_grade: Option<String>,
    /// Grade after the step.
    pub to_grade: Option<String>,
    /// The step.
    pub cause: Cause,
    /// In Chinese: the documents that came with the step, or the days.
    pub detail: String,
}

/// One night: its rows in force and how it grades.
pub struct Night<'a> {
    /// Rows in force as known on that night, for the subjects in question.
    pub input: BucketInput<'a>,
    /// Rules, publicity and as-of day of that night.
    pub grading: &'a Grading<'a>,
}

/// Subjects worth asking about: their grade differs between two `grades` tables, or `touched` names them.
///
/// # Errors
/// When a column is missing.
pub fn candidates(
    previous: &RecordBatch,
    current: &RecordBatch,
    touched: &BTreeSet<String>,
) -> Result<BTreeSet<String>, GradingError> {
    let before = grades_by_key(previous)?;
    let after = grades_by_key(current)?;
    let mut found = touched.clone();
    for (key, grade) in &before {
        if after.get(key) != Some(grade) {
            found.insert(key.1.to_owned());
        }
    }
    Ok(found)
}

type Key<'a> = (&'a str, &'a str);

fn grades_by_key(batch: &RecordBatch) -> Result<BTreeMap<Key<'_>, Option<&str>>, GradingError> {
    let text = |name: &str| -> Result<&StringArray, GradingError> {
        let column = batch
            .column_by_name(name)
            .and_then(|c| c.as_string_opt::<i32>());
        column.ok_or_else(|| GradingError::MissingColumn {
            table: "grades",
            column: name.to_owned(),
        })
    };
    let (schemes, subjects, grades) = (text("scheme")?, text("subject_id")?, text("grade")?);
    let row = |i: usize| {
        let grade = grades.is_valid(i).then(|| grades.value(i));
        ((schemes.value(i), subjects.value(i)), grade)
    };
    Ok((0..batch.num_rows()).map(row).collect())
}

/// The chain of causes for every subject that the previous night graded. Both inputs hold the same subjects.
///
/// # Errors
/// As [`super::grade`].
pub fn grade_changes(
    before: &Night<'_>,
    after: &Night<'_>,
) -> Result<Vec<GradeChange>, GradingError> {
    let steps = Steps::of(before, after)?;
    let start = standings(&before.input, before.grading)?;
    let mut changes = Vec::new();
    let mut last = start.clone();
    for cause in Cause::ALL {
        let Some(now) = steps.after(cause, before, after)? else {
            continue;
        };
        for key in start.keys() {
            let from = last.get(key).and_then(|s| s.grade.clone());
            let to = now.get(key).and_then(|s| s.grade.clone());
            if from != to {
                let scheme = now
                    .get(key)
                    .or_else(|| start.get(key))
                    .map(|s| s.scheme.clone());
                changes.push(GradeChange {
                    scheme: scheme.unwrap_or_else(|| key.0.clone()),
                    subject_id: key.1.clone(),
                    from_grade: from,
                    to_grade: to,
                    cause,
                    detail: steps.detail(cause, &key.1, before, after),
                });
            }
        }
        last = now;
    }
    changes.sort_by(|a, b| {
        (&a.subject_id, &a.scheme, a.cause).cmp(&(&b.subject_id, &b.scheme, b.cause))
    });
    Ok(changes)
}

/// Rows of the `grade_changes` table.
///
/// # Errors
/// When the batch cannot be built.
pub fn changes_batch(changes: &[GradeChange], run_id: &str) -> Result<RecordBatch, GradingError> {
    fn text<'a>(
        changes: &'a [GradeChange],
        pick: impl Fn(&'a GradeChange) -> Option<&'a str>,
    ) -> ArrayRef {
        Arc::new(changes.iter().map(pick).collect::<StringArray>())
    }
    let columns = vec![
        text(changes, |c| Some(&c.scheme)),
        text(changes, |c| Some(&c.subject_id)),
        text(changes, |c| c.from_grade.as_deref()),
        text(changes, |c| c.to_grade.as_deref()),
        text(changes, |c| Some(c.cause.name())),
        Arc::new(StringArray::from(vec![run_id; changes.len()])),
        text(changes, |c| Some(&c.detail)),
    ];
    Ok(RecordBatch::try_new(schema::grade_changes(), columns)?)
}

/// Grade of one subject under one scheme id.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Placed {
    scheme: String,
    grade: Option<String>,
}

type Standings = BTreeMap<(String, String), Placed>;

/// (scheme id, subject) → grade, without evidence and without looking ahead.
fn standings(input: &BucketInput<'_>, grading: &Grading<'_>) -> Result<Standings, GradingError> {
    let program = grading.program();
    let bench = grading.bench_of_today(input)?;
    let states = bench.states()?;
    let mut found = Standings::new();
    bench.judge(&states, false, |judged| {
        let placed = Placed {
            scheme: program.versions[judged.verdict.version].scheme.clone(),
            grade: grade(program, &judged.verdict).map(str::to_owned),
        };
        found.insert(
            (
                judged.dossier.family.id.clone(),
                judged.profile.subject.to_owned(),
            ),
            placed,
        );
        Ok(())
    })?;
    Ok(found)
}

/// The step that brings in each of tonight's rows; `None` = it was there, unchanged.
struct Steps {
    stages: [Vec<Option<Cause>>; Table::COUNT],
    /// Steps that bring in at least one row.
    used: BTreeSet<Cause>,
    /// Documents that came with a step, by canonical or own subject id.
    documents: BTreeMap<(Cause, String), Vec<String>>,
}

impl Steps {
    fn of(before: &Night<'_>, after: &Night<'_>) -> Result<Self, GradingError> {
        let mut steps = Self {
            stages: Default::default(),
            used: BTreeSet::new(),
            documents: BTreeMap::new(),
        };
        for (new, table) in tables(&after.input) {
            let old = tables(&before.input).find(|(_, t)| *t == table);
            let known = old.map_or(Ok(BTreeMap::new()), |(old, _)| versions(old))?;
            let source = Source::of(new, table)?;
            let keys = version_columns(new)?;
            let mut stages = Vec::with_capacity(source.len);
            for row in 0..source.len {
                let decision = keys.0.value(row);
                let stage = match known.get(decision) {
                    Some(version) if *version == keys.1.value(row) => None,
                    Some(_) => Some(Cause::Correction),
                    None if table.holds_events() => Some(step_of(source.kind(row)?)),
                    None => Some(Cause::NewRecord),
                };
                if let Some(cause) = stage {
                    steps.used.insert(cause);
                    let key = (cause, source.subject_id.or_empty(row).to_owned());
                    let document = source.document_no.or_empty(row);
                    let documents = steps.documents.entry(key).or_default();
                    if !document.is_empty() && !documents.iter().any(|d| d == document) {
                        documents.push(document.to_owned());
                    }
                }
                stages.push(stage);
            }
            // A decision that is gone (purged) leaves with the corrections.
            let still: BTreeSet<&str> = (0..source.len).map(|row| keys.0.value(row)).collect();
            if known.keys().any(|decision| !still.contains(decision)) {
                steps.used.insert(Cause::Correction);
            }
            steps.stages[table as usize] = stages;
        }
        Ok(steps)
    }

    /// Grades after a step; `None` when the step brings nothing.
    fn after(
        &self,
        cause: Cause,
        before: &Night<'_>,
        after: &Night<'_>,
    ) -> Result<Option<Standings>, GradingError> {
        match cause {
            Cause::RuleChange => Ok(Some(standings(&after.input, after.grading)?)),
            Cause::Window => {
                let tonight = before.grading.on(after.grading.as_of());
                Ok(Some(standings(&after.input, &tonight)?))
            }
            _ if !self.used.contains(&cause) => Ok(None),
            _ => {
                let span = (before.grading.as_of(), after.grading.as_of());
                let penalties =
                    self.staged(after.input.penalties, Table::Penalties, cause, span)?;
                let licenses = self.staged(after.input.licenses, Table::Licenses, cause, span)?;
                let events = self.staged(after.input.events, Table::Events, cause, span)?;
                let subjects = if cause >= Cause::NewRecord {
                    after.input.subjects
                } else {
                    before.input.subjects
                };
                let linked = match after.input.linked {
                    None => None,
                    Some(linked) => Some((
                        self.staged(linked.penalties, Table::LinkedPenalties, cause, span)?,
                        self.staged(linked.events, Table::LinkedEvents, cause, span)?,
                    )),
                };
                let linked = linked
                    .as_ref()
                    .map(|(penalties, events)| LinkedInput { penalties, events });
                let input = BucketInput {
                    penalties: &penalties,
                    licenses: &licenses,
                    events: &events,
                    subjects,
                    linked,
                };
                Ok(Some(standings(&input, before.grading)?))
            }
        }
    }

    /// Tonight's rows up to a step. New rows decided after the previous as-of day are dated back to it, so that their
    /// effect shows in their own step and not in the passing of time.
    fn staged(
        &self,
        batch: &RecordBatch,
        table: Table,
        upto: Cause,
        (earlier, later): (Day, Day),
    ) -> Result<RecordBatch, GradingError> {
        let stages = &self.stages[table as usize];
        let name = if table.holds_events() {
            "occurred_on"
        } else {
            "decided_on"
        };
        let (index, _) = batch.schema_ref().column_with_name(name).ok_or_else(|| {
            GradingError::MissingColumn {
                table: super::columns::table_name(table),
                column: name.to_owned(),
            }
        })?;
        let days = batch.column(index).as_primitive::<Date32Type>();
        let dated: Date32Array = days
            .iter()
            .zip(stages)
            .map(|(day, stage)| match (day, stage) {
                (Some(day), Some(_)) if day > earlier.epoch() && day <= later.epoch() => {
                    Some(earlier.epoch())
                }
                (day, _) => day,
            })
            .collect();
        let mut columns = batch.columns().to_vec();
        columns[index] = Arc::new(dated);
        let batch = RecordBatch::try_new(batch.schema(), columns)?;
        let keep: BooleanArray = stages
            .iter()
            .map(|stage| Some(stage.is_none_or(|s| s <= upto)))
            .collect();
        Ok(filter_record_batch(&batch, &keep)?)
    }

    fn detail(&self, cause: Cause, subject: &str, before: &Night<'_>, after: &Night<'_>) -> String {
        match cause {
            Cause::Window => {
                format!(
                    "{}：{}至{}",
                    cause.zh(),
                    before.grading.as_of(),
                    after.grading.as_of()
                )
            }
            Cause::RuleChange => cause.zh().to_owned(),
            _ => match self.documents.get(&(cause, subject.to_owned())) {
                Some(documents) if !documents.is_empty() => {
                    format!("{}：{}", cause.zh(), documents.join("、"))
                }
                _ => cause.zh().to_owned(),
            },
        }
    }
}

/// The record tables of a bucket.
fn tables<'a>(input: &BucketInput<'a>) -> impl Iterator<Item = (&'a RecordBatch, Table)> + use<'a> {
    let own = [
        (input.penalties, Table::Penalties),
        (input.licenses, Table::Licenses),
        (input.events, Table::Events),
    ];
    let linked = input.linked.map(|linked| {
        [
            (linked.penalties, Table::LinkedPenalties),
            (linked.events, Table::LinkedEvents),
        ]
    });
    own.into_iter().chain(linked.into_iter().flatten())
}

/// The step that a new event belongs to.
fn step_of(kind: EventKind) -> Cause {
    match kind {
        EventKind::Correction => Cause::Correction,
        EventKind::Revocation => Cause::Revocation,
        EventKind::Repair
        | EventKind::Rectified
        | EventKind::Delisted
        | EventKind::Objection
        | EventKind::ObjectionClosed => Cause::Repair,
        EventKind::Roster | EventKind::Closed => Cause::Roster,
        _ => Cause::NewRecord,
    }
}

fn version_columns(batch: &RecordBatch) -> Result<(&StringArray, &StringArray), GradingError> {
    let text = |name: &str| {
        let column = batch
            .column_by_name(name)
            .and_then(|c| c.as_string_opt::<i32>());
        column.ok_or_else(|| GradingError::MissingColumn {
            table: "records",
            column: name.to_owned(),
        })
    };
    Ok((text("decision_id")?, text("version_key")?))
}

/// decision → version in force.
fn versions(batch: &RecordBatch) -> Result<BTreeMap<&str, &str>, GradingError> {
    let (decisions, keys) = version_columns(batch)?;
    Ok((0..batch.num_rows())
        .map(|row| (decisions.value(row), keys.value(row)))
        .collect())
}

#[cfg(test)]
mod tests;
