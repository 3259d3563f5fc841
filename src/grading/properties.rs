//! Properties that hold for any rules and any records: the kernel agrees with the oracle, evidence adds up, and neither
//! the partition into buckets nor the way through the compiled form changes a result.

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::Decimal128Type;
use proptest::prelude::*;

use super::emit::{Labels, evidence, outcome};
use super::engine::Bench;
use super::matcher::Matcher;
use super::oracle::{self, Oracle};
use super::outcome::{Evidence, Outcome};
use super::publicity::Publicity;
use super::random::{Rng, TwoRegimes, origin, records, schemes};
use super::scores::{Needs, scores};
use super::state::States;
use super::testing::{Batches, Cell, Cells, Rows};
use super::{BucketInput, Grading, Program};
use crate::record::cells::{Text, coded};
use crate::record::{Day, Points};
use crate::rules::model::{Direction, Scheme};

fn by_kernel(
    input: &BucketInput<'_>,
    program: &Program,
    publicity: &dyn Publicity,
    as_of: Day,
) -> Vec<(Outcome, Vec<Evidence<'static>>)> {
    let bench = Bench::open(input, program, &Matcher::new(program), publicity, as_of)
        .and_then(Bench::of_all)
        .unwrap();
    let states = States::of_groups(&bench.sources, &bench.groups).unwrap();
    let labels = Labels::of(program);
    let mut found = Vec::new();
    bench
        .judge(&states, true, |judged| {
            let outcome = outcome(judged, program, &labels, &bench.sources);
            let rows = evidence(judged.dossier, &judged.verdict, program, &bench.sources);
            found.push((
                outcome,
                rows.into_iter().map(Evidence::into_owned).collect(),
            ));
            Ok(())
        })
        .unwrap();
    found
}

/// Some columns of a batch, texts coded by dictionaries; no rows where no column is wanted.
fn needed(batch: &RecordBatch, names: &[&str]) -> RecordBatch {
    if names.is_empty() {
        return RecordBatch::new_empty(batch.schema());
    }
    let columns = names.iter().map(|name| {
        let column = batch.column_by_name(name).unwrap();
        (*name, cast(column, &coded(column.data_type())).unwrap())
    });
    RecordBatch::try_from_iter(columns).unwrap()
}

struct World {
    schemes: Vec<Scheme>,
    rows: Rows,
    publicity: TwoRegimes,
    as_of: Day,
}

fn world(seed: u64, rule_rows: usize, subjects: usize, per_subject: usize) -> World {
    let mut rng = Rng(seed);
    let schemes = schemes(&mut rng, rule_rows);
    let rows = records(&mut rng, subjects, per_subject, 3);
    let as_of = origin().plus_days(300 + rng.below(700) as i32);
    let publicity = TwoRegimes {
        second_from: origin().plus_days(rng.below(1_500) as i32),
    };
    World {
        schemes,
        rows,
        publicity,
        as_of,
    }
}

impl World {
    fn program(&self) -> Program {
        let schemes: Vec<&Scheme> = self.schemes.iter().collect();
        Program::compile(&schemes, "digest").unwrap()
    }

    fn kernel(&self, batches: &Batches) -> Vec<(Outcome, Vec<Evidence<'static>>)> {
        by_kernel(
            &batches.input(),
            &self.program(),
            &self.publicity,
            self.as_of,
        )
    }

    fn oracle(&self, batches: &Batches, look_until: Day) -> Vec<(Outcome, Vec<Evidence<'static>>)> {
        let asked = Oracle {
            schemes: self.schemes.iter().collect(),
            publicity: &self.publicity,
            as_of: self.as_of,
            rules_digest: "digest",
            run_id: "",
            look_until,
        };
        oracle::judge(&batches.input(), &asked).unwrap()
    }
}

/// Changes past the day up to which the oracle looks are not compared.
fn up_to(
    mut found: Vec<(Outcome, Vec<Evidence<'static>>)>,
    day: Day,
) -> Vec<(Outcome, Vec<Evidence<'static>>)> {
    for (outcome, _) in &mut found {
        if outcome
            .next_change
            .as_ref()
            .is_some_and(|next| next.on > day)
        {
            outcome.next_change = None;
        }
    }
    found
}

fn in_bucket(rows: &[Cells], bucket: i64) -> Vec<Cells> {
    let own = |row: &&Cells| matches!(row.get("bucket"), Some(Cell::Int(b)) if *b == bucket);
    rows.iter().filter(own).cloned().collect()
}

fn scores_alone_are_those_of_the_kernel(world: &World) -> Result<(), TestCaseError> {
    let batches = world.rows.batches();
    let program = world.program();
    let needs = Needs::of(&program);
    let tables = [
        needed(&batches.penalties, &needs.penalties),
        needed(&batches.licenses, &needs.licenses),
        needed(&batches.events, &needs.events),
        needed(&batches.subjects, &needs.subjects),
    ];
    let [penalties, licenses, events, subjects] = &tables;
    let input = BucketInput {
        penalties,
        licenses,
        events,
        subjects,
        ..batches.input()
    };
    let grading = Grading::of_program(program, &world.publicity, world.as_of);
    let found = scores(&input, &grading).unwrap();
    let text = |row: usize, column: usize| Text::of(found.column(column)).unwrap().get(row);
    let kernel = world.kernel(&batches);
    prop_assert_eq!(found.num_rows(), kernel.len());
    for (row, (outcome, _)) in kernel.iter().enumerate() {
        prop_assert_eq!(text(row, 0), Some(&*outcome.scheme));
        prop_assert_eq!(text(row, 1), Some(outcome.subject_id.as_str()));
        prop_assert_eq!(
            found.column(2).as_boolean().value(row),
            outcome.standing.rated
        );
        let score = found.column(3).as_primitive::<Decimal128Type>();
        let score = score.is_valid(row).then(|| score.value(row));
        prop_assert_eq!(score, outcome.standing.score.map(|s| i128::from(s.raw())));
        prop_assert_eq!(
            text(row, 4),
            outcome.standing.grade.as_ref().map(|g| &*g.grade)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Grades, reasons, flags, evidence and the next change are those of the row-by-row evaluator.
    #[test]
    fn the_kernel_agrees_with_the_oracle(
        seed in any::<u64>(), rule_rows in 1usize..14, subjects in 1usize..4, per_subject in 0usize..12,
    ) {
        let world = world(seed, rule_rows, subjects, per_subject);
        let batches = world.rows.batches();
        let look_until = world.as_of.plus_days(250);
        let kernel = up_to(world.kernel(&batches), look_until);
        let oracle = world.oracle(&batches, look_until);
        for (left, right) in kernel.iter().zip(&oracle) {
            prop_assert_eq!(left, right);
        }
        prop_assert_eq!(kernel.len(), oracle.len());
    }

    /// Scores alone, from no more columns than the rules need and with all texts coded, are those of the kernel.
    #[test]
    fn scores_need_no_other_columns(
        seed in any::<u64>(), rule_rows in 1usize..14, subjects in 1usize..4, per_subject in 0usize..12,
    ) {
        let mut worlds = vec![(seed, rule_rows, subjects, per_subject)];
        // Here records without their ids were once taken for one record.
        worlds.push((33_110_337_406_656_287, 1, 2, 5));
        for (seed, rule_rows, subjects, per_subject) in worlds {
            scores_alone_are_those_of_the_kernel(&world(seed, rule_rows, subjects, per_subject))?;
        }
    }

    /// score = start ∓ Σ counted points, clamp included; a row that does not count says why.
    #[test]
    fn scores_add_up_from_the_evidence(
        seed in any::<u64>(), rule_rows in 1usize..14, subjects in 1usize..4, per_subject in 0usize..20,
    ) {
        let world = world(seed, rule_rows, subjects, per_subject);
        for (outcome, evidence) in world.kernel(&world.rows.batches()) {
            let scheme = world.schemes.iter().find(|s| super::scheme_name(s) == *outcome.scheme).unwrap();
            let sum: Points = evidence.iter().map(|row| row.counted_points).sum();
            if let (Some(rule), Some(score)) = (&scheme.score, outcome.standing.score) {
                let expected = match rule.direction {
                    Direction::Deduct => rule.start - sum,
                    Direction::Accumulate => rule.start + sum,
                };
                prop_assert_eq!(score, expected);
            }
            for row in &evidence {
                prop_assert!(row.counted || row.why_not.is_some(), "{:?} is silent", row);
                prop_assert!(row.counted || row.counted_points == Points::ZERO, "{:?} counts in secret", row);
            }
        }
    }

    /// Buckets graded apart give what all rows together give.
    #[test]
    fn the_partition_does_not_matter(
        seed in any::<u64>(), rule_rows in 1usize..14, subjects in 1usize..8, per_subject in 0usize..8,
    ) {
        let world = world(seed, rule_rows, subjects, per_subject);
        let whole = world.kernel(&world.rows.batches());
        let mut parts = Vec::new();
        for bucket in 0..3 {
            let rows = Rows {
                penalties: in_bucket(&world.rows.penalties, bucket),
                licenses: in_bucket(&world.rows.licenses, bucket),
                events: in_bucket(&world.rows.events, bucket),
                subjects: in_bucket(&world.rows.subjects, bucket),
                linked_penalties: in_bucket(&world.rows.linked_penalties, bucket),
                linked_events: in_bucket(&world.rows.linked_events, bucket),
            };
            parts.extend(world.kernel(&rows.batches()));
        }
        prop_assert_eq!(whole, parts);
    }

    /// The compiled form survives being written down and read back.
    #[test]
    fn the_compiled_form_can_be_shipped(seed in any::<u64>(), rule_rows in 1usize..30) {
        let program = world(seed, rule_rows, 1, 1).program();
        let shipped = serde_json::to_string(&program).unwrap();
        prop_assert_eq!(serde_json::from_str::<Program>(&shipped).unwrap(), program);
    }
}

/// The random worlds reach every reason and every way not to count, so the properties above are not empty.
#[test]
fn random_worlds_reach_every_outcome() {
    let mut seen = std::collections::BTreeSet::new();
    let (mut next_changes, mut linked) = (0, 0);
    for seed in 0..1_500 {
        let world = world(seed, 12, 3, 12);
        let of_others: Vec<&Cell> = (world.rows.linked_penalties.iter())
            .chain(&world.rows.linked_events)
            .filter_map(|row| row.get("record_id"))
            .collect();
        for (outcome, evidence) in world.kernel(&world.rows.batches()) {
            next_changes += usize::from(outcome.next_change.is_some());
            seen.insert(outcome.standing.reason);
            seen.extend(evidence.iter().filter_map(|row| row.why_not.clone()));
            linked += evidence
                .iter()
                .filter(|row| row.counted)
                .filter(|row| {
                    let is = |cell: &&Cell| matches!(cell, Cell::Text(id) if *id == row.record_id);
                    of_others.iter().any(is)
                })
                .count();
            seen.extend(evidence.into_iter().map(|row| row.effect.into_owned()));
        }
    }
    let wanted = [
        "不评级：评价日无有效版本",
        "未列入参评名录",
        "参评资格已于",
        "关停",
        "不评级：无计入记录",
        "按方案默认等级",
        "得分",
        "直接定级",
        "限定等级上限",
        "调整为",
        "按最重一类记录",
        "无降级记录",
        "原等级保留",
        "只记标记与期限",
        "例外：",
        "尚未起算",
        "超出计分周期",
        "有效期已于",
        "最长公示期已于",
        "移出名单",
        "列入期限已于",
        "完成信用修复",
        "分值清零，等级保留",
        "合并计分",
        "超出指标上限",
        "超出指标组上限",
        "本期不评级，不计分",
        "等级已冻结",
        "受上一周期等级",
        "返还分值",
        "累计条件未满足",
        "分册登记",
        "tally",
        "fact",
        "clamp",
        "bonus",
        "grade:",
        "ceiling:",
        "move:-1",
        "flag:",
        "exempt",
        "属其他场所",
        "取最差场所",
    ];
    for text in wanted {
        assert!(
            seen.iter().any(|line| line.contains(text)),
            "no random world reaches {text}"
        );
    }
    assert!(
        next_changes > 300,
        "only {next_changes} results change with time"
    );
    assert!(linked > 100, "only {linked} records of others count");
}
