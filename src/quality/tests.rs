use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, Int64Array, RecordBatch, StringArray};
use calamine::{Data, Reader as _, Xlsx, open_workbook};

use super::*;
use crate::record::{Points, schema};

fn row<'a>(unit: &'a str, month: &str, outcome: Outcome, timeliness: Timeliness) -> RowFacts<'a> {
    RowFacts {
        file_sha256: "f1",
        source_unit: unit,
        month: month.into(),
        outcome,
        timeliness,
        warned: timeliness == Timeliness::Late,
        corrected: false,
        required_cells: 13,
        complete_cells: 13,
    }
}

/// The figures of a batch in one piece.
fn measure(
    rows: &[RowFacts<'_>],
    earlier: &Earlier,
    batch_id: &str,
) -> Result<RecordBatch, QualityError> {
    let mut figures = Figures::default();
    figures.add(rows);
    figures.batch(earlier, batch_id)
}

/// Seven rows of 甲局 and one event of a unit without a name.
fn rows() -> Vec<RowFacts<'static>> {
    use Outcome::*;
    let mut rows = vec![
        row("甲局", "2026-11", Accepted, Timeliness::InTime),
        row("甲局", "2026-11", Accepted, Timeliness::Late),
        row("甲局", "2026-11", Duplicate, Timeliness::InTime),
        row("甲局", "2026-11", Superseded, Timeliness::InTime),
        row("甲局", "2026-11", Quarantined, Timeliness::NotAsked),
        row("甲局", "2026-11", Quarantined, Timeliness::Unknown),
        row("甲局", "2026-10", Accepted, Timeliness::InTime),
        row("", "2026-11", Accepted, Timeliness::NotAsked),
    ];
    rows[1].corrected = true;
    rows[4].complete_cells = 11;
    rows[7].required_cells = 0;
    rows[7].complete_cells = 0;
    rows
}

fn figures(
    lines: &[QualityLine],
    unit: &str,
    month: &str,
) -> Vec<(&'static str, i64, i64, Option<String>)> {
    let of = |line: &&QualityLine| line.source_unit == unit && line.month == month;
    let figure = |l: &QualityLine| {
        (
            l.metric.zh(),
            l.numerator,
            l.denominator,
            l.value().map(|v| v.to_string()),
        )
    };
    lines.iter().filter(of).map(figure).collect()
}

#[test]
fn every_metric_counts_what_its_formula_says() {
    let batch = measure(&rows(), &Earlier::default(), "b1").unwrap();
    assert_eq!(batch.schema(), schema::quality());
    let lines = aggregate(&batch, Some("2026-11")).unwrap();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        figures(&lines, "甲局", "2026-11"),
        [
            ("合规率", 4, 6, some("0.6667")),
            ("完整率", 76, 78, some("0.9744")),
            ("及时率", 3, 4, some("0.75")),
            ("迟报率", 1, 4, some("0.25")),
            ("时效未知率", 1, 5, some("0.2")),
            ("重复率", 1, 6, some("0.1667")),
            ("更正率", 1, 6, some("0.1667")),
            ("警告率", 1, 6, some("0.1667")),
        ]
    );
    // An event without required cells or a deadline: nothing to divide by is not nought per cent.
    let event = figures(&lines, "", "2026-11");
    assert_eq!(event[0], ("合规率", 1, 1, some("1")));
    assert_eq!(event[1], ("完整率", 0, 0, None));
    assert_eq!(event[2], ("及时率", 0, 0, None));
    assert!(figures(&lines, "甲局", "2026-10").is_empty());
}

#[test]
fn stored_values_agree_with_the_stored_fractions() {
    let batch = measure(&rows(), &Earlier::default(), "b1").unwrap();
    let values = batch.column_by_name("value").unwrap();
    let lines = aggregate(&batch, None).unwrap();
    assert_eq!(lines.len(), batch.num_rows());
    for (at, line) in lines.iter().enumerate() {
        let stored =
            arrow::array::AsArray::as_primitive::<arrow::datatypes::Decimal128Type>(values);
        let stored = stored
            .is_valid(at)
            .then(|| Points::from_raw(i64::try_from(stored.value(at)).unwrap()));
        assert_eq!(stored, line.value());
    }
    assert!(
        texts_of(&batch, "formula")
            .iter()
            .all(|formula| formula.ends_with("公式为本系统口径"))
    );
}

fn texts_of(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).unwrap();
    column
        .as_any()
        .downcast_ref::<StringArray>()
        .unwrap()
        .iter()
        .map(|t| t.unwrap().to_owned())
        .collect()
}

#[test]
fn batches_add_up_whatever_their_number_and_order() {
    let rows = rows();
    let whole = aggregate(&measure(&rows, &Earlier::default(), "b").unwrap(), None).unwrap();
    let (left, right) = rows.split_at(3);
    let parts = [
        measure(right, &Earlier::default(), "b2").unwrap(),
        measure(left, &Earlier::default(), "b1").unwrap(),
    ];
    let parts = arrow::compute::concat_batches(&schema::quality(), &parts).unwrap();
    assert_eq!(aggregate(&parts, None).unwrap(), whole);

    let all = totals(&aggregate(&parts, Some("2026-11")).unwrap());
    assert_eq!(
        (all[0].unit_shown(), all[0].numerator, all[0].denominator),
        (ALL_UNITS, 5, 7)
    );
    assert_eq!(all.len(), Metric::ALL.len());
}

#[test]
fn figures_of_pieces_join_to_those_of_the_whole() {
    let rows = rows();
    let whole = measure(&rows, &Earlier::default(), "b1").unwrap();
    for cut in 0..=rows.len() {
        let mut joined = Figures::default();
        for part in [&rows[cut..], &rows[..cut]] {
            let mut figures = Figures::default();
            figures.add(part);
            joined.join(figures);
        }
        assert_eq!(joined.batch(&Earlier::default(), "b1").unwrap(), whole);
    }
}

#[test]
fn an_unknown_metric_or_column_is_an_error() {
    let batch = measure(&rows(), &Earlier::default(), "b1").unwrap();
    let at = batch.schema().index_of("metric").unwrap();
    let mut columns = batch.columns().to_vec();
    columns[at] = Arc::new(StringArray::from(vec!["瞒报率"; batch.num_rows()]));
    let strange = RecordBatch::try_new(batch.schema(), columns).unwrap();
    assert!(
        matches!(aggregate(&strange, None), Err(QualityError::Metric(name)) if name == "瞒报率")
    );
    assert!(matches!(
        aggregate(&batch.project(&[0, 1, 2]).unwrap(), None),
        Err(QualityError::Column("numerator"))
    ));
}

#[test]
fn the_table_shows_shares_and_says_how_they_are_made() {
    let lines = aggregate(
        &measure(&rows(), &Earlier::default(), "b1").unwrap(),
        Some("2026-11"),
    )
    .unwrap();
    let shown = table(&lines);
    let line = |name: &str| {
        shown
            .lines()
            .find(|line| line.contains(name))
            .unwrap()
            .replace(['│', '┆', ' '], "|")
    };
    let cells = |name: &str| {
        line(name)
            .split('|')
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        cells("甲局"),
        [
            "甲局", "2026-11", "6", "66.67%", "97.44%", "75.00%", "25.00%", "20.00%", "16.67%",
            "16.67%", "16.67%"
        ]
    );
    assert_eq!(cells("未填数据来源单位")[3..6], ["100.00%", "—", "—"]);
    assert!(shown.ends_with("警告率：有警告的行数÷收到的行数；公式为本系统口径\n"));
}

#[test]
fn json_and_csv_keep_fractions_exact() {
    let lines = aggregate(
        &measure(&rows(), &Earlier::default(), "b1").unwrap(),
        Some("2026-11"),
    )
    .unwrap();
    let first = &json(&lines)[8];
    assert_eq!(
        (&first["source_unit"], &first["metric"], &first["value"]),
        (&"甲局".into(), &"合规率".into(), &"0.6667".into())
    );
    assert!(json(&lines)[1]["value"].is_null());
    let text = csv(&lines).unwrap();
    assert!(text.starts_with("\u{feff}数据来源单位,月份,指标,分子,分母,数值,公式\n"));
    assert!(text.contains(
        "\n甲局,2026-11,完整率,76,78,0.9744,已填的必填项数÷应填的必填项数；公式为本系统口径\n"
    ));
    assert!(text.contains("\n,2026-11,及时率,0,0,,"));
}

#[test]
fn the_workbook_holds_the_same_figures_and_the_same_bytes_each_time() {
    let lines = aggregate(&measure(&rows(), &Earlier::default(), "b1").unwrap(), None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("1.xlsx"), dir.path().join("2.xlsx"));
    xlsx(&lines, &one).unwrap();
    xlsx(&lines, &two).unwrap();
    assert_eq!(std::fs::read(&one).unwrap(), std::fs::read(&two).unwrap());
    let mut book: Xlsx<_> = open_workbook(&one).unwrap();
    assert_eq!(book.sheet_names(), ["数据质量", "分子分母"]);
    let sheet = book.worksheet_range("数据质量").unwrap();
    let text = |row, column| {
        sheet
            .get_value((row, column))
            .map(ToString::to_string)
            .unwrap_or_default()
    };
    assert_eq!(
        [text(1, 0), text(1, 2), text(1, 3)],
        ["数据来源单位", "收到行数", "合规率"]
    );
    assert_eq!([text(2, 0), text(2, 4)], ["（未填数据来源单位）", "—"]);
    assert_eq!(
        [text(4, 0), text(4, 1), text(4, 2), text(4, 3)],
        ["甲局", "2026-11", "6", "0.6667"]
    );
    assert_eq!(
        book.worksheet_range("分子分母").unwrap().height(),
        1 + lines.len()
    );
}

fn quarantine(rows: &[[&str; 9]]) -> RecordBatch {
    let text =
        |at: usize| Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r[at]))) as ArrayRef;
    let same = |value: &str| Arc::new(StringArray::from(vec![value; rows.len()])) as ArrayRef;
    let numbers = Int64Array::from_iter_values(rows.iter().map(|r| r[2].parse::<i64>().unwrap()));
    let columns = vec![
        text(0),
        text(1),
        Arc::new(numbers) as ArrayRef,
        text(3),
        text(4),
        text(5),
        text(6),
        text(7),
        text(8),
        same("b1"),
        same("0"),
    ];
    RecordBatch::try_new(schema::quarantine(), columns).unwrap()
}

#[test]
fn each_unit_gets_its_errors_and_warnings_and_nothing_of_others() {
    let batch = quarantine(&[
        [
            "b.csv",
            "",
            "9",
            "SGS-T01",
            "W",
            "处罚决定日期",
            "迟报",
            r#"{"名称":"渝某公司"}"#,
            "甲局",
        ],
        [
            "a.xlsx",
            "Sheet1",
            "12",
            "SGS-U02",
            "E",
            "统一社会信用代码",
            "校验码不符",
            r#"{"名称":"渝某公司","代码":"9150","备注":""}"#,
            "甲局",
        ],
        [
            "a.xlsx",
            "Sheet1",
            "3",
            "SGS-R01",
            "E",
            "处罚依据",
            "必填",
            r#"{"名称":"渝某厂","依据":""}"#,
            "甲局",
        ],
        [
            "a.xlsx",
            "Sheet1",
            "3",
            "SGS-X01",
            "I",
            "文号",
            "不规范",
            "{}",
            "甲局",
        ],
        [
            "a.xlsx",
            "Sheet1",
            "4",
            "SGS-X01",
            "I",
            "文号",
            "不规范",
            "{}",
            "丙局",
        ],
        [
            "c.csv",
            "",
            "2",
            "SGS-R01",
            "E",
            "处罚依据",
            "必填",
            "破损的行",
            "乙/局",
        ],
        [
            "c.csv",
            "",
            "5",
            "SGS-R01",
            "E",
            "处罚依据",
            "必填",
            "{}",
            "乙_局",
        ],
        [
            "c.csv",
            "",
            "6",
            "SGS-R01",
            "E",
            "数据来源单位",
            "必填",
            "{}",
            "",
        ],
    ]);
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("退回");
    let paths = return_files(&batch, &out).unwrap();
    let names: Vec<_> = paths
        .iter()
        .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(
        names,
        [
            "退回_未填数据来源单位.xlsx",
            "退回_乙_局.xlsx",
            "退回_乙_局_2.xlsx",
            "退回_甲局.xlsx"
        ]
    );

    let mut book: Xlsx<_> = open_workbook(&paths[3]).unwrap();
    let sheet = book.worksheet_range("退回改正清单").unwrap();
    assert_eq!(sheet.height(), 5);
    let cells = |row: u32| {
        (0..9)
            .map(|c| {
                sheet
                    .get_value((row, c))
                    .map(Data::to_string)
                    .unwrap_or_default()
            })
            .collect::<Vec<_>>()
    };
    assert!(cells(0)[0].starts_with("甲局：退回2行，"));
    assert!(cells(0)[0].contains("另有警告的1行"));
    assert_eq!(
        cells(2),
        [
            "1",
            "a.xlsx",
            "Sheet1",
            "3",
            "退回改正",
            "SGS-R01",
            "处罚依据",
            "必填",
            "名称：渝某厂"
        ]
    );
    assert_eq!(
        cells(3),
        [
            "2",
            "a.xlsx",
            "Sheet1",
            "12",
            "退回改正",
            "SGS-U02",
            "统一社会信用代码",
            "校验码不符",
            "名称：渝某公司；代码：9150"
        ]
    );
    assert_eq!(
        cells(4),
        [
            "3",
            "b.csv",
            "",
            "9",
            "请核对",
            "SGS-T01",
            "处罚决定日期",
            "迟报",
            "名称：渝某公司"
        ]
    );

    let first = std::fs::read(&paths[3]).unwrap();
    return_files(&batch, &out).unwrap();
    assert_eq!(std::fs::read(&paths[3]).unwrap(), first);
}

#[test]
fn a_file_read_again_is_counted_once() {
    let facts = rows();
    let first = measure(&facts, &Earlier::default(), "b1").unwrap();
    let earlier = Earlier::of(&first, &BTreeSet::from(["f1"])).unwrap();
    // The same reading again adds nothing at all.
    let same = measure(&facts, &earlier, "b2").unwrap();
    assert_eq!(same.num_rows(), 0);
    // Another reading: every row is a duplicate of itself now, and one more is returned.
    let mut again: Vec<RowFacts<'_>> = facts.clone();
    for row in &mut again {
        if row.outcome != Outcome::Quarantined {
            row.outcome = Outcome::Duplicate;
        }
    }
    again[0].outcome = Outcome::Quarantined;
    let second = measure(&again, &earlier, "b2").unwrap();
    let sum = |batches: &[&RecordBatch], metric: Metric| {
        batches
            .iter()
            .flat_map(|batch| aggregate(batch, None).unwrap())
            .filter(|line| line.metric == metric)
            .fold((0, 0), |s, l| (s.0 + l.numerator, s.1 + l.denominator))
    };
    let (n, d) = sum(&[&first], Metric::Compliant);
    assert_eq!(sum(&[&first, &second], Metric::Compliant), (n - 1, d));
    for metric in [Metric::Duplicate, Metric::Corrected, Metric::InTime] {
        assert_eq!(sum(&[&first, &second], metric), sum(&[&first], metric));
    }
    // A file that is refused at the second reading counts no more.
    let none = measure(&[], &earlier, "b2").unwrap();
    assert_eq!(sum(&[&first, &none], Metric::Compliant), (0, 0));
    // Of another file nothing was known.
    let other = Earlier::of(&first, &BTreeSet::from(["f0", "f2"])).unwrap();
    assert_eq!(measure(&facts, &other, "b1").unwrap(), first);
}
