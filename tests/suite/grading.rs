//! What a user sees of `grading`: grades and evidence that add up, exact ends of terms, one case with several decisions,
//! and an explanation that can be checked by hand.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int32Array, Int64Array, ListBuilder,
    RecordBatch, StringArray, StringBuilder,
};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Field, SchemaRef};
use xinheng::grading::explain::explain;
use xinheng::grading::explain::render::{Depth, text};
use xinheng::grading::{BucketGrades, BucketInput, Grading, Unlimited, grade};
use xinheng::record::{Day, EventKind, PenaltyKind, Points, SubjectKind, schema};
use xinheng::rules::model::{
    Anchor, Band, Basis, Bound, ClassPattern, Condition, Direction, Effect, Fold, InForce,
    Indicator, Interval, Join, Key, NoRecord, Population, RecordScope, RecordSel, RepairEffect,
    Roster, Row, Scheme, ScoreRule, Status, Tier, Validity, VersionBy, Window,
};

const FIRM: &str = "91500000MA00000001";

/// Named cells of a row; lists are separated by `;`.
type Cells = Vec<(&'static str, String)>;

fn batch(schema: &SchemaRef, rows: &[Cells]) -> RecordBatch {
    let columns = schema
        .fields()
        .iter()
        .map(|field| column(field, rows))
        .collect();
    RecordBatch::try_new(schema.clone(), columns).unwrap()
}

fn column(field: &Field, rows: &[Cells]) -> ArrayRef {
    let cell = |row: &Cells| {
        row.iter()
            .find(|(name, _)| name == field.name())
            .map(|(_, text)| text.clone())
    };
    let or_zero = |found: Option<i64>| {
        if field.is_nullable() {
            found
        } else {
            Some(found.unwrap_or_default())
        }
    };
    let number = |row: &Cells| or_zero(cell(row).map(|text| text.parse().unwrap()));
    let date = |row: &Cells| or_zero(cell(row).map(|text| i64::from(day(&text).epoch())));
    let small = |value: Option<i64>| value.map(|v| i32::try_from(v).unwrap());
    match field.data_type() {
        DataType::Utf8 if field.is_nullable() => {
            Arc::new(rows.iter().map(cell).collect::<StringArray>())
        }
        DataType::Utf8 => Arc::new(
            rows.iter()
                .map(|row| Some(cell(row).unwrap_or_default()))
                .collect::<StringArray>(),
        ),
        DataType::Int64 => Arc::new(rows.iter().map(number).collect::<Int64Array>()),
        DataType::Int32 => Arc::new(
            rows.iter()
                .map(|row| small(number(row)))
                .collect::<Int32Array>(),
        ),
        DataType::Date32 => Arc::new(
            rows.iter()
                .map(|row| small(date(row)))
                .collect::<Date32Array>(),
        ),
        DataType::Boolean => Arc::new(rows.iter().map(|_| Some(false)).collect::<BooleanArray>()),
        DataType::List(item) => {
            let mut list = ListBuilder::new(StringBuilder::new()).with_field(item.clone());
            for row in rows {
                let text = cell(row).unwrap_or_default();
                text.split(';')
                    .filter(|part| !part.is_empty())
                    .for_each(|part| list.values().append_value(part));
                list.append(true);
            }
            Arc::new(list.finish())
        }
        other => panic!("no test cells of type {other}"),
    }
}

fn day(iso: &str) -> Day {
    Day::parse_iso(iso).unwrap()
}

fn penalty(id: &str, document: &str, decided: &str, kinds: &str) -> Cells {
    vec![
        ("record_id", id.to_owned()),
        ("subject_id", FIRM.to_owned()),
        ("subject_name", "渝州青禾化工有限公司".to_owned()),
        ("subject_kind", "法人及非法人组织".to_owned()),
        ("document_no", document.to_owned()),
        ("case_id", document.to_owned()),
        ("violation", "environment.air.dust".to_owned()),
        ("penalty_kinds", kinds.to_owned()),
        ("decided_on", decided.to_owned()),
    ]
}

fn event(id: &str, subject: &str, kind: &str, document: &str, occurred: &str) -> Cells {
    vec![
        ("record_id", id.to_owned()),
        ("subject_id", subject.to_owned()),
        ("event_kind", kind.to_owned()),
        ("document_no", document.to_owned()),
        ("occurred_on", occurred.to_owned()),
    ]
}

/// The batches of one bucket.
struct Bucket {
    penalties: RecordBatch,
    licenses: RecordBatch,
    events: RecordBatch,
    subjects: RecordBatch,
}

impl Bucket {
    fn of(penalties: &[Cells], events: &[Cells]) -> Self {
        Self {
            penalties: batch(&schema::penalties(), penalties),
            licenses: batch(&schema::licenses(), &[]),
            events: batch(&schema::events(), events),
            subjects: batch(&schema::subjects(), &[]),
        }
    }

    fn input(&self) -> BucketInput<'_> {
        BucketInput {
            penalties: &self.penalties,
            licenses: &self.licenses,
            events: &self.events,
            subjects: &self.subjects,
            linked: None,
        }
    }

    fn graded(&self, scheme: &Scheme, as_of: &str) -> BucketGrades {
        let grading = Grading::new(&[scheme], &Unlimited, "digest", day(as_of))
            .unwrap()
            .with_run("run");
        grade(&self.input(), &grading).unwrap()
    }
}

fn row(id: &str, condition: Condition, effect: Effect, validity: Validity) -> Row {
    Row {
        id: id.to_owned(),
        title: None,
        conditions: vec![condition],
        tests: Vec::new(),
        effect,
        validity,
        at_least: false,
        status: Status::Verified,
        source: String::new(),
        exempts: Vec::new(),
        line: 1,
    }
}

fn indicator(rows: Vec<Row>, join: Join) -> Indicator {
    Indicator {
        id: "penalties".to_owned(),
        title: "行政处罚".to_owned(),
        group: None,
        join,
        window: Window::Always,
        anchor: Anchor::DecidedOn,
        repair: RepairEffect::Drop,
        cap: None,
        carry_over: false,
        repair_shares: Vec::new(),
        repaired_when_rectified: false,
        mid_cycle: false,
        rows,
        basis: Basis("测试办法第三条".to_owned()),
        status: Status::Verified,
        inherited_from: None,
    }
}

/// 100 分起扣：罚款 0.5 分，责令停产停业 20 分；同一违法行为取最重，各违法行为相加。
fn environment() -> Scheme {
    let units = Points::from_units;
    let band = |grade: &str, name: &str, low: i64, upper: Bound<Points>| Band {
        grade: grade.to_owned(),
        name: name.to_owned(),
        colour: None,
        range: Some(Interval {
            lower: Bound::Included(units(low)),
            upper,
        }),
        basis: Basis("测试办法".to_owned()),
        status: Status::Verified,
    };
    let of_kind = |kind: PenaltyKind| Condition::PenaltyAny([kind].into_iter().collect());
    let rows = vec![
        row(
            "fine",
            of_kind(PenaltyKind::Fine),
            Effect::Points(Points::parse("0.5").unwrap()),
            Validity::Unlimited,
        ),
        row(
            "stop",
            of_kind(PenaltyKind::StopProduction),
            Effect::Points(units(20)),
            Validity::Unlimited,
        ),
    ];
    Scheme {
        id: "test/environment".to_owned(),
        version: "2026".to_owned(),
        file: "test/environment-2026.toml".to_owned(),
        title: "测试环境信用评价".to_owned(),
        domain: "environment".to_owned(),
        tier: Tier::Municipality,
        region: "500000".to_owned(),
        basis: vec![Basis("测试办法".to_owned())],
        in_force: InForce {
            from: day("2020-01-01"),
            to: None,
            status: Status::Verified,
        },
        version_by: VersionBy::AsOf,
        records: RecordScope {
            violation: vec![ClassPattern("environment.*".to_owned())],
        },
        subjects: Population {
            kinds: vec![SubjectKind::Entity],
            roster: Roster::AnyRecord,
            no_record: NoRecord::DefaultGrade(1),
            roster_name: None,
            by_site: false,
        },
        cycle: None,
        score: Some(ScoreRule {
            start: units(100),
            direction: Direction::Deduct,
            min: Some(Points::ZERO),
            max: Some(units(108)),
            ledgers_apart: false,
            status: Status::Verified,
        }),
        bands: vec![
            band("A", "环保诚信", 100, Bound::Included(units(108))),
            band("B", "环保良好", 80, Bound::Excluded(units(100))),
            band("C", "环保警示", 60, Bound::Excluded(units(80))),
            band("D", "环保不良", 0, Bound::Excluded(units(60))),
        ],
        group_caps: Vec::new(),
        indicators: vec![indicator(
            rows,
            Join {
                within: Some((Key::Case, Fold::Max)),
                across: Fold::Sum,
            },
        )],
        supervision: Vec::new(),
        counts_past_publicity: None,
    }
}

/// 99.5 lies in [80,100): exact decimals, explicit brackets.
#[test]
fn half_a_point_off_is_good_not_excellent() {
    let bucket = Bucket::of(
        &[penalty("r1", "渝测罚〔2026〕1号", "2026-03-01", "罚款")],
        &[],
    );
    let grades = bucket.graded(&environment(), "2026-11-22").grades;
    let score = grades
        .column_by_name("score")
        .unwrap()
        .as_primitive::<Decimal128Type>();
    assert_eq!((score.value(0), score.scale()), (995_000, 4));
    assert_eq!(
        grades
            .column_by_name("grade")
            .unwrap()
            .as_string::<i32>()
            .value(0),
        "B"
    );
}

/// Several kinds in one decision and several decisions in one case count once, the heaviest; the evidence adds up.
#[test]
fn one_case_counts_its_heaviest_measure_and_the_evidence_adds_up() {
    let penalties = [
        penalty("r1", "渝测罚〔2026〕1号", "2026-03-01", "罚款;责令停产停业"),
        penalty("r2", "渝测罚〔2026〕2号", "2026-03-05", "罚款"),
        penalty("r3", "渝测罚〔2026〕3号", "2026-04-01", "罚款"),
    ];
    let linked = event(
        "e1",
        FIRM,
        "更正",
        "渝测罚〔2026〕1号；渝测罚〔2026〕2号",
        "2026-03-06",
    );
    let result = Bucket::of(&penalties, &[linked]).graded(&environment(), "2026-11-22");
    let evidence = &result.evidence;
    let counted = evidence
        .column_by_name("counted_points")
        .unwrap()
        .as_primitive::<Decimal128Type>();
    assert_eq!(evidence.num_rows(), 4);
    assert_eq!(counted.values().iter().sum::<i128>(), 205_000);
    assert_eq!(result.outcomes[0].standing.score, Points::parse("79.5"));
    let why = evidence
        .column_by_name("why_not")
        .unwrap()
        .as_string::<i32>();
    let silent = (0..4)
        .filter(|&row| why.is_null(row) && counted.value(row) == 0)
        .count();
    assert_eq!(silent, 0);
}

/// NSFC 2023-12-26: 3 and 5 years run to 2026-12-25 and 2028-12-25, both inclusive.
#[test]
fn bans_of_years_end_the_day_before_the_anniversary() {
    let mut scheme = environment();
    scheme.records.violation = vec![ClassPattern("research.*".to_owned())];
    (scheme.score, scheme.bands, scheme.subjects.no_record) =
        (None, Vec::new(), NoRecord::NotRated);
    scheme.subjects.kinds = vec![SubjectKind::Person];
    let term = Validity::FromRecord {
        default_months: None,
        first_day_counts: true,
    };
    let kind = Condition::Kind(vec![RecordSel::Event(EventKind::ResearchMisconduct)]);
    let ban = row("ban", kind, Effect::Flag("ban:apply".to_owned()), term);
    scheme.indicators = vec![indicator(
        vec![ban],
        Join {
            within: None,
            across: Fold::Sum,
        },
    )];
    let handled = |id: &str, months: &str| {
        let mut row = event(
            id,
            "p:0001",
            "科研失信处理",
            "国科金监处〔2023〕1号",
            "2023-12-26",
        );
        row.push(("subject_kind", "自然人".to_owned()));
        row.push(("term_months", months.to_owned()));
        row
    };
    let result =
        Bucket::of(&[], &[handled("e1", "36"), handled("e2", "60")]).graded(&scheme, "2026-11-22");
    let until = result
        .evidence
        .column_by_name("counts_until")
        .unwrap()
        .as_primitive::<Date32Type>();
    let ends: Vec<String> = until
        .values()
        .iter()
        .map(|d| Day::from_epoch(*d).to_string())
        .collect();
    assert_eq!(ends, ["2026-12-25", "2028-12-25"]);
}

/// The explanation names the sum, the way up, and the day of the next change.
#[test]
fn an_explanation_can_be_added_up_by_hand() {
    let penalties = [
        penalty("r1", "渝测罚〔2026〕1号", "2026-03-01", "责令停产停业"),
        penalty("r2", "渝测罚〔2026〕2号", "2026-03-05", "罚款"),
    ];
    let bucket = Bucket::of(&penalties, &[]);
    let scheme = environment();
    let grading = Grading::new(&[&scheme], &Unlimited, "digest", day("2026-11-22")).unwrap();
    let found = explain(&bucket.input(), &grading, FIRM, None).unwrap();
    let words = text(&found[0], Depth::Table);
    assert!(words.contains("算式：100 － 20 － 0.5 = 79.5"), "{words}");
    assert!(
        words.contains("上一等级：环保良好（B），相差0.5分；最少修复1条记录"),
        "{words}"
    );
}
