//! Rows for tests: batches from named cells, everything else at the schema's empty value; random rules and records.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, ListBuilder,
    RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Field, SchemaRef};

use crate::record::{Day, PenaltyKind, Points, SubjectKind, schema};
use crate::rules::model as m;

/// A cell of a test row.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Text(String),
    Int(i64),
    Day(Day),
    Flag(bool),
    Texts(Vec<String>),
}

/// A row by column name; columns left out are null, or empty where null is not allowed.
pub(crate) type Cells = BTreeMap<&'static str, Cell>;

/// Rows as a batch of a table's schema.
pub(crate) fn batch(schema: &SchemaRef, rows: &[Cells]) -> RecordBatch {
    let columns = schema
        .fields()
        .iter()
        .map(|field| column(field, rows))
        .collect();
    RecordBatch::try_new(schema.clone(), columns).expect("cells fit the schema")
}

fn column(field: &Field, rows: &[Cells]) -> ArrayRef {
    let nullable = field.is_nullable();
    let cell = |row: &Cells| row.get(field.name().as_str()).cloned();
    let text = |row: &Cells| match cell(row) {
        Some(Cell::Text(text)) => Some(text),
        _ if nullable => None,
        _ => Some(String::new()),
    };
    let int = |row: &Cells| match cell(row) {
        Some(Cell::Int(int)) => Some(int),
        _ if nullable => None,
        _ => Some(0),
    };
    let day = |row: &Cells| match cell(row) {
        Some(Cell::Day(day)) => Some(day.epoch()),
        _ if nullable => None,
        _ => Some(0),
    };
    match field.data_type() {
        DataType::Utf8 => Arc::new(rows.iter().map(text).collect::<StringArray>()),
        DataType::Int64 => Arc::new(rows.iter().map(int).collect::<Int64Array>()),
        DataType::Int32 => Arc::new(
            rows.iter()
                .map(|r| int(r).map(|v| i32::try_from(v).unwrap()))
                .collect::<Int32Array>(),
        ),
        DataType::Date32 => Arc::new(rows.iter().map(day).collect::<Date32Array>()),
        DataType::Boolean => Arc::new(
            rows.iter()
                .map(|r| Some(matches!(cell(r), Some(Cell::Flag(true)))))
                .collect::<BooleanArray>(),
        ),
        DataType::Decimal128(_, _) => {
            let raw = rows.iter().map(|r| int(r).map(i128::from));
            Arc::new(
                raw.collect::<Decimal128Array>()
                    .with_data_type(field.data_type().clone()),
            )
        }
        DataType::List(item) => {
            let mut list = ListBuilder::new(StringBuilder::new()).with_field(item.clone());
            for row in rows {
                if let Some(Cell::Texts(texts)) = cell(row) {
                    texts
                        .iter()
                        .for_each(|text| list.values().append_value(text));
                }
                list.append(true);
            }
            Arc::new(list.finish())
        }
        other => panic!("no test cells of type {other}"),
    }
}

/// The four tables of a bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) penalties: Vec<Cells>,
    pub(crate) licenses: Vec<Cells>,
    pub(crate) events: Vec<Cells>,
    pub(crate) subjects: Vec<Cells>,
    /// Rows of others, with `linked_from`.
    pub(crate) linked_penalties: Vec<Cells>,
    pub(crate) linked_events: Vec<Cells>,
}

/// The batches of a bucket.
pub(crate) struct Batches {
    pub(crate) penalties: RecordBatch,
    pub(crate) licenses: RecordBatch,
    pub(crate) events: RecordBatch,
    pub(crate) subjects: RecordBatch,
    pub(crate) linked: Option<(RecordBatch, RecordBatch)>,
}

impl Rows {
    /// Sorted as the store gives them: bucket, subject, day, record id.
    pub(crate) fn batches(&self) -> Batches {
        let key = |row: &Cells| {
            let text = |name: &str| match row.get(name) {
                Some(Cell::Text(text)) => text.clone(),
                _ => String::new(),
            };
            let bucket = match row.get("bucket") {
                Some(Cell::Int(bucket)) => *bucket,
                _ => 0,
            };
            let day = match row.get("decided_on").or_else(|| row.get("occurred_on")) {
                Some(Cell::Day(day)) => day.epoch(),
                _ => 0,
            };
            (bucket, text("subject_id"), day, text("record_id"))
        };
        let sorted = |rows: &[Cells]| {
            let mut rows = rows.to_vec();
            rows.sort_by_key(key);
            rows
        };
        Batches {
            penalties: batch(&schema::penalties(), &sorted(&self.penalties)),
            licenses: batch(&schema::licenses(), &sorted(&self.licenses)),
            events: batch(&schema::events(), &sorted(&self.events)),
            subjects: batch(&schema::subjects(), &sorted(&self.subjects)),
            linked: (!self.linked_penalties.is_empty() || !self.linked_events.is_empty()).then(
                || {
                    (
                        batch(
                            &with_owner(&schema::penalties()),
                            &sorted(&self.linked_penalties),
                        ),
                        batch(&with_owner(&schema::events()), &sorted(&self.linked_events)),
                    )
                },
            ),
        }
    }
}

/// A schema of linked rows.
fn with_owner(schema: &SchemaRef) -> SchemaRef {
    let mut fields = schema.fields().to_vec();
    fields.push(Arc::new(Field::new("linked_from", DataType::Utf8, false)));
    Arc::new(arrow::datatypes::Schema::new(fields))
}

impl Batches {
    pub(crate) fn input(&self) -> super::BucketInput<'_> {
        super::BucketInput {
            penalties: &self.penalties,
            licenses: &self.licenses,
            events: &self.events,
            subjects: &self.subjects,
            linked: self
                .linked
                .as_ref()
                .map(|(penalties, events)| super::LinkedInput { penalties, events }),
        }
    }
}

/// Builds a row: `cells([("record_id", text("r1")), …])`.
pub(crate) fn cells<const N: usize>(cells: [(&'static str, Cell); N]) -> Cells {
    cells.into_iter().collect()
}

pub(crate) fn text(text: impl Into<String>) -> Cell {
    Cell::Text(text.into())
}

pub(crate) fn day(iso: &str) -> Day {
    Day::parse_iso(iso).expect("an ISO day")
}

/// A penalty of one subject with the columns that grading reads.
pub(crate) fn penalty(
    id: &str,
    subject: &str,
    document: &str,
    decided: &str,
    class: &str,
    kinds: &[&str],
) -> Cells {
    cells([
        ("record_id", text(id)),
        ("decision_id", text(format!("d-{id}"))),
        ("version_key", text("1")),
        ("subject_id", text(subject)),
        ("subject_name", text(format!("企业{subject}"))),
        ("subject_kind", text("法人及非法人组织")),
        ("document_no", text(document)),
        ("case_id", text(document)),
        ("violation", text(class)),
        (
            "penalty_kinds",
            Cell::Texts(kinds.iter().map(|k| (*k).to_owned()).collect()),
        ),
        ("decided_on", Cell::Day(day(decided))),
    ])
}

/// An event about one subject.
pub(crate) fn event(
    id: &str,
    subject: &str,
    kind: &str,
    document: Option<&str>,
    occurred: &str,
) -> Cells {
    let mut row = cells([
        ("record_id", text(id)),
        ("decision_id", text(format!("d-{id}"))),
        ("version_key", text("1")),
        ("subject_id", text(subject)),
        ("subject_name", text(format!("企业{subject}"))),
        ("subject_kind", text("法人及非法人组织")),
        ("event_kind", text(kind)),
        ("occurred_on", Cell::Day(day(occurred))),
    ]);
    if let Some(document) = document {
        row.insert("document_no", text(document));
    }
    row
}

/// 100 points, 3 off for each fine and 20 for a stop of production, four bands, everyone with a record in `scope`.
pub(crate) fn any_record_scheme(scope: &str) -> m::Scheme {
    let row = |id: &str, kind: PenaltyKind, points: i64| m::Row {
        id: id.to_owned(),
        title: None,
        conditions: vec![m::Condition::PenaltyAny([kind].into_iter().collect())],
        tests: Vec::new(),
        effect: m::Effect::Points(Points::from_units(points)),
        validity: m::Validity::Unlimited,
        at_least: false,
        status: m::Status::Verified,
        source: String::new(),
        exempts: Vec::new(),
        line: 1,
    };
    let rows = vec![
        row("fine", PenaltyKind::Fine, 3),
        row("stop", PenaltyKind::StopProduction, 20),
    ];
    m::Scheme {
        id: "test/plain".to_owned(),
        version: "2026".to_owned(),
        file: "test/plain-2026.toml".to_owned(),
        title: "测试方案".to_owned(),
        domain: "environment".to_owned(),
        tier: m::Tier::Municipality,
        region: "500000".to_owned(),
        basis: vec![m::Basis("测试办法".to_owned())],
        in_force: m::InForce {
            from: day("2020-01-01"),
            to: None,
            status: m::Status::Verified,
        },
        version_by: m::VersionBy::AsOf,
        records: m::RecordScope {
            violation: vec![m::ClassPattern(scope.to_owned())],
        },
        subjects: m::Population {
            kinds: vec![SubjectKind::Entity],
            roster: m::Roster::AnyRecord,
            no_record: m::NoRecord::DefaultGrade(1),
            roster_name: None,
            by_site: false,
        },
        score: Some(m::ScoreRule {
            start: Points::from_units(100),
            direction: m::Direction::Deduct,
            min: Some(Points::ZERO),
            max: Some(Points::from_units(108)),
            ledgers_apart: false,
            status: m::Status::Verified,
        }),
        cycle: None,
        bands: hundred_bands(),
        group_caps: Vec::new(),
        indicators: vec![indicator("penalties", rows)],
        supervision: Vec::new(),
        counts_past_publicity: None,
    }
}

/// 诚信 [100,108], 良好 [80,100), 警示 [60,80), 不良 [0,60).
pub(crate) fn hundred_bands() -> Vec<m::Band> {
    let band = |grade: &str, name: &str, low: i64, high: m::Bound<Points>| m::Band {
        grade: grade.to_owned(),
        name: name.to_owned(),
        colour: None,
        range: Some(m::Interval {
            lower: m::Bound::Included(Points::from_units(low)),
            upper: high,
        }),
        basis: m::Basis("测试办法".to_owned()),
        status: m::Status::Verified,
    };
    let below = |units: i64| m::Bound::Excluded(Points::from_units(units));
    vec![
        band(
            "A",
            "诚信",
            100,
            m::Bound::Included(Points::from_units(108)),
        ),
        band("B", "良好", 80, below(100)),
        band("C", "警示", 60, below(80)),
        band("D", "不良", 0, below(60)),
    ]
}

/// An indicator that adds its rows up, without a window.
pub(crate) fn indicator(id: &str, rows: Vec<m::Row>) -> m::Indicator {
    m::Indicator {
        id: id.to_owned(),
        title: id.to_owned(),
        group: None,
        join: m::Join {
            within: None,
            across: m::Fold::Sum,
        },
        window: m::Window::Always,
        anchor: m::Anchor::DecidedOn,
        repair: m::RepairEffect::Drop,
        cap: None,
        carry_over: false,
        repair_shares: Vec::new(),
        repaired_when_rectified: false,
        mid_cycle: false,
        rows,
        basis: m::Basis("测试办法第三条".to_owned()),
        status: m::Status::Verified,
        inherited_from: None,
    }
}
