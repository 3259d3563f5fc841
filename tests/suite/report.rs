//! What a user finds in `out/`: workbooks, pages, the run report and the manifest, against the tables they speak of.

mod nights;
mod volumes;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use xinheng::record::digest::sha256_hex;
use xinheng::record::{Day, Points};
use xinheng::report::{Manifest, Rows};
use xinheng::store::{Snapshot, Store, Table};

use super::synth_store::done;

fn sample_inbox() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox")
}

fn run(dir: &Path, options: &str) {
    let inbox = sample_inbox();
    done(
        dir,
        &format!(
            "{options} run --inbox {} --store store --out out --as-of 2026-11-22",
            inbox.display()
        ),
    );
}

/// One night over the sample inbox, shared by the tests that only read it.
fn night() -> &'static Path {
    static NIGHT: OnceLock<tempfile::TempDir> = OnceLock::new();
    NIGHT
        .get_or_init(|| {
            let dir = tempfile::tempdir().unwrap();
            run(dir.path(), "--threads 2");
            dir
        })
        .path()
}

fn store(dir: &Path) -> Snapshot {
    Store::open(&dir.join("store")).unwrap()
}

fn manifest(out: &Path) -> Manifest {
    serde_json::from_slice(&std::fs::read(out.join("manifest.json")).unwrap()).unwrap()
}

/// Every file below a folder, by path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path
                    .strip_prefix(folder)
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// A sheet as rows of named cells.
fn sheet(
    book: &mut Xlsx<std::io::BufReader<std::fs::File>>,
    name: &str,
) -> Vec<BTreeMap<String, Data>> {
    let range = book.worksheet_range(name).unwrap();
    let mut rows = range.rows();
    let head: Vec<String> = rows
        .next()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    rows.map(|row| head.iter().cloned().zip(row.iter().cloned()).collect())
        .collect()
}

fn workbook(path: &Path) -> Xlsx<std::io::BufReader<std::fs::File>> {
    open_workbook(path).unwrap()
}

/// The rows of a sheet and of those that continue it.
fn pieces(
    book: &mut Xlsx<std::io::BufReader<std::fs::File>>,
    name: &str,
) -> Vec<BTreeMap<String, Data>> {
    let continued = format!("{name}（");
    let names = book.sheet_names();
    let names = names
        .iter()
        .filter(|n| *n == name || n.starts_with(&continued));
    let names: Vec<String> = names.cloned().collect();
    names.iter().flat_map(|n| sheet(book, n)).collect()
}

const MEASURE_SHEETS: [(&str, &str); 3] = [
    ("清单", "proposed"),
    ("待复核", "needs_review"),
    ("不予采取及理由", "excluded"),
];

/// (state, subject, measure, content, document, day) of every measure that the table holds, sorted.
fn stored_measures(store: &Snapshot) -> Vec<[String; 6]> {
    let hidden = minors(store);
    let batch = store.read(Table::Measures).unwrap();
    let rows = Rows(&batch);
    let columns = [
        "state",
        "subject_id",
        "measure",
        "content",
        "trigger_document_no",
        "trigger_decided_on",
    ];
    let mut all: Vec<[String; 6]> = (0..rows.len())
        .filter(|i| !hidden.contains(rows.str(*i, "subject_id")))
        .map(|i| columns.map(|c| rows.text(i, c)))
        .collect();
    all.sort();
    all
}

fn minors(store: &Snapshot) -> BTreeSet<String> {
    let batch = store.read(Table::Subjects).unwrap();
    let rows = Rows(&batch);
    (0..rows.len())
        .filter(|i| rows.flag(*i, "minor"))
        .map(|i| rows.text(i, "subject_id"))
        .collect()
}

/// The same of the workbooks.
fn listed_measures(books: &[PathBuf]) -> Vec<[String; 6]> {
    let mut all = Vec::new();
    for path in books {
        let mut book = workbook(path);
        for (name, state) in MEASURE_SHEETS {
            for row in pieces(&mut book, name) {
                let cell = |column: &str| row[column].to_string();
                let day = match &row["决定日期"] {
                    Data::DateTime(day) => {
                        Day::from_epoch(day.as_f64() as i32 - 25_569).to_string()
                    }
                    Data::Empty => String::new(),
                    other => panic!("the day of a decision is no day: {other:?}"),
                };
                all.push([
                    state.to_owned(),
                    cell("主体标识"),
                    cell("措施代码/名称"),
                    cell("具体内容"),
                    cell("触发文书号"),
                    day,
                ]);
            }
        }
    }
    all.sort();
    all
}

#[test]
fn the_checklist_has_the_sheets_and_columns_of_a_checklist_document() {
    let mut book = workbook(&night().join("out/checklist.xlsx"));
    assert_eq!(
        book.sheet_names(),
        [
            "封面",
            "清单",
            "待复核",
            "不予采取及理由",
            "等级",
            "差异化监管",
            "激励"
        ]
    );
    let head = |book: &mut Xlsx<_>, name: &str| -> Vec<String> {
        let range = book.worksheet_range(name).unwrap();
        range
            .rows()
            .next()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let measures = head(&mut book, "清单");
    for column in [
        "序号",
        "措施代码/名称",
        "类别",
        "具体内容",
        "依据（法名+条款）",
        "清单出处",
        "触发文书号",
        "决定日期",
        "触发事实",
        "对象",
        "实施主体",
        "起始日",
        "截止日",
        "期限",
        "公示",
        "公示截止日",
        "可修复起算日",
        "救济途径",
        "复核人",
        "状态",
    ] {
        assert!(
            measures.iter().any(|c| c == column),
            "清单 has no column {column}"
        );
    }
    assert_eq!(measures, head(&mut book, "待复核"));
    let excluded = head(&mut book, "不予采取及理由");
    for column in [
        "依据（法名+条款）",
        "触发文书号",
        "理由类别",
        "理由",
        "暂定",
    ] {
        assert!(
            excluded.iter().any(|c| c == column),
            "不予采取及理由 has no column {column}"
        );
    }
    let grades = sheet(&mut book, "等级");
    assert!(
        grades.iter().any(|r| matches!(r["得分"], Data::Float(_))),
        "scores are numbers"
    );
    assert!(
        grades
            .iter()
            .any(|r| matches!(r["下次变化日"], Data::DateTime(_))),
        "days are days"
    );
}

#[test]
fn the_cover_names_rules_list_day_remedies_and_every_provisional_figure() {
    let mut book = workbook(&night().join("out/checklist.xlsx"));
    let range = book.worksheet_range("封面").unwrap();
    let cover: Vec<(String, String)> = range
        .rows()
        .map(|r| {
            (
                r[0].to_string(),
                r.get(1).map(ToString::to_string).unwrap_or_default(),
            )
        })
        .collect();
    let of = |label: &str| -> &str {
        &cover
            .iter()
            .find(|r| r.0 == label)
            .unwrap_or_else(|| panic!("no {label}"))
            .1
    };
    let run = store(night()).last_run().unwrap().clone();
    assert_eq!(of("规则包摘要（SHA-256）"), run.rules_digest);
    assert_eq!(of("惩戒措施清单版次"), "2024年版");
    assert_eq!(of("评价基准日"), "2026年11月22日");
    assert!(of("救济1").contains("行政复议") && of("签发").contains("复核人"));
    assert!(of("图例：未评级").contains("不是“无违法”"));
    let veto = cover
        .iter()
        .find(|r| r.0 == "暂定：重庆市企业环境信用评价" && r.1.starts_with("行政拘留"));
    assert!(
        veto.unwrap().1.contains("重庆否决清单未取得"),
        "a provisional figure has its reason"
    );
    let proposed = stored_measures(&store(night()))
        .iter()
        .filter(|m| m[0] == "proposed")
        .count();
    assert_eq!(of("清单（行）"), proposed.to_string());
}

#[test]
fn every_result_row_is_listed_exactly_once() {
    let store = store(night());
    let books = [night().join("out/checklist.xlsx")];
    let stored = stored_measures(&store);
    assert!(stored.len() > 2_000);
    assert_eq!(listed_measures(&books), stored);
    let hidden = minors(&store);
    let mut book = workbook(&books[0]);
    for (name, table) in [
        ("等级", Table::Grades),
        ("差异化监管", Table::Supervision),
        ("激励", Table::Incentives),
    ] {
        let batch = store.read(table).unwrap();
        let rows = Rows(&batch);
        let mut ids: Vec<String> = (0..rows.len())
            .map(|i| rows.text(i, "subject_id"))
            .collect();
        ids.retain(|id| !hidden.contains(id));
        ids.sort();
        let mut listed: Vec<String> = sheet(&mut book, name)
            .iter()
            .map(|r| r["主体标识"].to_string())
            .collect();
        listed.sort();
        assert_eq!(listed, ids, "{name}");
    }
}

#[test]
fn every_exclusion_has_its_reason_in_words() {
    let mut book = workbook(&night().join("out/checklist.xlsx"));
    let rows = sheet(&mut book, "不予采取及理由");
    assert!(rows.len() > 2_000);
    for row in &rows {
        let (kind, reason) = (row["理由类别"].to_string(), row["理由"].to_string());
        assert!(!kind.is_empty() && !reason.is_empty(), "{row:?}");
        let code = |text: &str| text.contains('_');
        assert!(
            !code(&kind) && !code(&reason),
            "a code is no reason: {kind} {reason}"
        );
    }
}

#[test]
fn persons_are_masked_and_minors_absent_in_every_file() {
    let out = night().join("out");
    let store = store(night());
    let batch = store.read(Table::Subjects).unwrap();
    let rows = Rows(&batch);
    let persons: Vec<(String, String)> = (0..rows.len())
        .filter(|i| rows.str(*i, "kind") == "自然人")
        .map(|i| (rows.text(i, "subject_id"), rows.text(i, "name")))
        .collect();
    assert!(persons.len() > 20);
    let hidden = minors(&store);
    assert!(!hidden.is_empty(), "the sample has minors");

    // Names and numbers as they were sent.
    let sent = std::fs::read(sample_inbox().join("04-市场监管-行政处罚-自然人.csv")).unwrap();
    let sent = String::from_utf8_lossy(&sent);
    let numbers: BTreeSet<&str> = sent
        .split([',', '\n', '"'])
        .map(str::trim)
        .filter(|c| c.len() == 18 && c.bytes().take(17).all(|b| b.is_ascii_digit()))
        .collect();
    assert!(
        numbers.len() > 20,
        "numbers of persons are in the file sent"
    );

    let mut texts = files(&out);
    let mut book = workbook(&out.join("checklist.xlsx"));
    let cells: String = book
        .sheet_names()
        .iter()
        .flat_map(|n| {
            book.worksheet_range(n)
                .unwrap()
                .rows()
                .flatten()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        })
        .collect::<Vec<_>>()
        .join("\n");
    texts.insert("checklist.xlsx".to_owned(), cells.into_bytes());
    for (name, bytes) in &texts {
        let text = String::from_utf8_lossy(bytes);
        for minor in &hidden {
            assert!(!text.contains(minor.as_str()), "{name} names a minor");
        }
        for number in &numbers {
            assert!(
                !text.contains(number),
                "{name} holds the number of a person"
            );
        }
    }
    for row in sheet(&mut book, "等级") {
        if row["主体类别"] == *"自然人" {
            let name = row["主体名称"].to_string();
            assert!(
                matches!(name.chars().count(), 2 | 3) && name.ends_with('某'),
                "{name} is not masked"
            );
        }
    }
    assert!(
        hidden
            .iter()
            .all(|m| !texts.contains_key(&format!("subjects/{}.html", m.replace(':', "_"))))
    );
}

#[test]
fn the_manifest_names_every_file_and_table_with_its_digest() {
    let out = night().join("out");
    let manifest = manifest(&out);
    let mut found = files(&out);
    found.remove("manifest.json");
    let digests: BTreeMap<String, String> = found
        .iter()
        .map(|(name, bytes)| (name.clone(), sha256_hex(bytes)))
        .collect();
    assert_eq!(manifest.files, digests);
    assert_eq!(manifest.pages_left_out, 0);
    let store = store(night());
    for table in [
        Table::Grades,
        Table::Evidence,
        Table::Measures,
        Table::Supervision,
    ] {
        assert_eq!(
            manifest.tables[table.name()],
            store.digest(table).unwrap(),
            "{}",
            table.name()
        );
    }
}

/// The sum printed on a page, its result, and the total as printed: `100 − 3 − 3 = 94`.
fn equation(page: &str) -> Option<(Points, Points)> {
    let (_, rest) = page.split_once("<p class=\"equation\">")?;
    let (sum, rest) = rest.split_once(" = ")?;
    let result = rest.split(['　', '<']).next()?.trim();
    let mut total = Points::ZERO;
    let mut sign = 1;
    for word in sum.split(' ') {
        match word {
            "+" => sign = 1,
            "−" => sign = -1,
            number => {
                let step = Points::parse(number).unwrap_or_else(|| panic!("{number} in {sum}"));
                total = total + step.mul_ratio(sign, 1);
            }
        }
    }
    Some((total, Points::parse(result)?))
}

#[test]
fn every_score_on_a_page_adds_up_and_is_the_score_of_the_table() {
    let store = store(night());
    let batch = store.read(Table::Grades).unwrap();
    let g = Rows(&batch);
    let evidence = store.read(Table::Evidence).unwrap();
    let e = Rows(&evidence);
    let (mut checked, mut with_steps, mut moved) = (0, 0, 0);
    for i in 0..g.len() {
        let score = g.points(i, "score");
        if g.str(i, "scheme") != "environment/chongqing-2021" || score.is_none() {
            continue;
        }
        let id = g.str(i, "subject_id");
        let path = night().join(format!("out/subjects/{}.html", id.replace(':', "_")));
        let page = std::fs::read_to_string(path).unwrap();
        let (total, printed) = equation(&page).unwrap();
        assert_eq!(Some(total), score, "{id}: the sum printed");
        assert_eq!(Some(printed), score, "{id}: the score printed");
        let counted: Points = (0..e.len())
            .filter(|r| e.str(*r, "subject_id") == id && e.str(*r, "scheme") == g.str(i, "scheme"))
            .filter_map(|r| e.points(r, "counted_points"))
            .sum();
        assert_eq!(
            Points::parse("100").unwrap() - counted,
            total,
            "{id}: the evidence table"
        );
        assert!(!page.contains("合计与得分不符"));
        // The interval printed holds the score; a grade that the score alone would not give is told from it.
        let (range, by_score) = match total {
            t if t < Points::from_units(60) => ("[0,60)", "D"),
            t if t < Points::from_units(80) => ("[60,80)", "C"),
            t if t < Points::from_units(100) => ("[80,100)", "B"),
            _ => ("[100,108]", "A"),
        };
        assert!(
            page.contains(&format!("∈ {range}")),
            "{id}: {total} {range}"
        );
        let moved_away = by_score != g.str(i, "grade");
        assert_eq!(page.contains("（按得分）"), moved_away, "{id}");
        moved += usize::from(moved_away);
        checked += 1;
        with_steps += usize::from(counted != Points::ZERO);
    }
    assert!(
        checked > 100 && with_steps > 50 && moved > 5,
        "{checked} scores, {with_steps} with deductions"
    );
}

#[test]
fn a_page_shows_titles_documents_reasons_exclusions_remedies_and_a_place_to_sign() {
    // 重庆拟…有限公司 of the sample: detained, several fines, one repaired.
    let page =
        std::fs::read_to_string(night().join("out/subjects/91500114MAXKXK3A0G.html")).unwrap();
    for words in [
        "规则行“行政拘留（veto-detention）”直接定级：环保不良",
        "100 − 3 − 3 − 3 − 3 = 88",
        "罚款5万元以下",
        "黔江环罚〔2025〕4097号",
        "已于2025年12月20日完成信用修复",
        "行政拘留",
        "不予采取的措施及理由",
        "《政府采购法》第22条",
        "触发条件未证明",
        "重点监管对象",
        "每季度不超过 1 次",
        "签收人",
        "陈述申辩",
        "行政复议",
        "重庆否决清单未取得",
        "附：证据链",
        "未命中",
    ] {
        assert!(page.contains(words), "the page does not say {words}");
    }
}

#[test]
fn the_run_report_adds_up_and_says_what_did_not_run() {
    let report = std::fs::read_to_string(night().join("out/report.html")).unwrap();
    let run = store(night()).last_run().unwrap().clone();
    for input in &run.inputs {
        assert!(
            report.contains(&input.file) && report.contains(&input.sha256[..12]),
            "{}",
            input.file
        );
    }
    assert_eq!(report.matches("<td>相符</td>").count(), run.inputs.len());
    assert!(!report.contains("不相符"));
    let accepted: u64 = run.inputs.iter().map(|f| f.accepted).sum();
    assert!(report.contains(&format!("入库<b>{accepted}</b>")));
    for words in [
        "各等级主体数",
        "未评级的原因",
        "不评级：未列入参评名录",
        "未运行、未到达、未评级",
        "整份拒收的文件",
        "首期运行，或者上期的表已清理",
        "清单条目核对",
        "暂定数值",
        "问题多的在前",
    ] {
        assert!(report.contains(words), "the report does not say {words}");
    }
}

#[test]
fn the_output_has_the_same_bytes_for_one_thread_and_two() {
    let dir = tempfile::tempdir().unwrap();
    run(dir.path(), "--threads 1");
    let (one, two) = (files(&dir.path().join("out")), files(&night().join("out")));
    assert_eq!(
        one.keys().collect::<Vec<_>>(),
        two.keys().collect::<Vec<_>>()
    );
    for (name, bytes) in &one {
        assert!(*bytes == two[name], "{name} differs");
    }
}
