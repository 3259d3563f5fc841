//! Ids of one body are joined in the table of subjects, whatever nights its records come in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use xinheng::report::Rows;
use xinheng::store::{Store, Table};

use super::ingest_read::{PENALTY_C, penalty_row};
use super::synth_store::done;

/// Two numbers of registration; the greater is the later one of a body that has both.
const LESS: &str = "440301103097413";
const MORE: &str = "500102953923969";
const FIRST: &str = "91500229MAXX282H1B";
const SECOND: &str = "91500108MATGF2PHXU";

/// What a trader without a credit code writes instead of one.
const NO_CODE: &str = "00000000000000000X";

/// A penalty of a trader with a number of registration and, mostly, a credit code.
fn penalty(code: &str, number: &str, document: &str) -> String {
    penalty_row(&[
        (0, "重庆拟汐芃市政工程有限公司"),
        (1, "个体工商户"),
        (2, code),
        (3, number),
        (8, "萧拟远"),
        (13, document),
        (14, "施工现场安全防护不到位"),
        (15, "临边防护缺失8处。"),
        (16, "《建设工程安全生产管理条例》第六十二条"),
        (17, "罚款"),
        (18, "罚款：0.5（万元）"),
        (19, "0.5"),
        (22, "2026/05/05"),
        (23, "2099/12/31"),
        (24, "2029/05/05"),
        (25, "重庆市南岸区住房和城乡建设委员会"),
        (26, "11500108MBX0TBL61J"),
        (27, "重庆市南岸区住房和城乡建设委员会"),
        (28, "11500108MBX0TBL61J"),
    ])
}

/// Each subject and what it is joined to, after some nights of rows.
fn joined(nights: &[&[&String]]) -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for (at, rows) in nights.iter().enumerate() {
        let text: Vec<&str> = rows.iter().map(|row| row.as_str()).collect();
        let text = format!("{PENALTY_C}\n{}\n", text.join("\n"));
        std::fs::write(dir.join(format!("{at}.csv")), text).unwrap();
        done(
            dir,
            &format!("ingest {at}.csv --store store --received 2026-05-10 --as-of 2026-05-10"),
        );
    }
    subjects(dir)
}

fn subjects(dir: &Path) -> BTreeMap<String, String> {
    let store = Store::open(&dir.join("store")).unwrap();
    let batch = store.read(Table::Subjects).unwrap();
    let rows = Rows(&batch);
    (0..rows.len())
        .map(|row| (rows.text(row, "subject_id"), rows.text(row, "same_as")))
        .collect()
}

#[test]
fn a_number_leads_to_the_one_body_that_has_it_whatever_the_nights() {
    let body = penalty(FIRST, LESS, "南岸建罚〔2026〕1号");
    let alias = penalty(NO_CODE, LESS, "南岸建罚〔2026〕2号");
    let other = penalty(SECOND, MORE, "南岸建罚〔2026〕3号");
    let expected = joined(&[&[&body, &alias, &other]]);
    assert_eq!(expected[&format!("reg:{LESS}")], FIRST);
    assert_eq!(expected.len(), 3);
    for nights in [
        &[&[&body][..], &[&alias], &[&other]][..],
        &[&[&alias], &[&other], &[&body]],
        &[&[&other, &alias], &[&body]],
        &[&[&body, &other], &[&alias]],
    ] {
        assert_eq!(joined(nights), expected);
    }
}

/// What a record under an old number leads to is listed with the body, wherever the number's own rows stand.
#[test]
fn measures_of_a_number_are_found_with_its_body() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let body = penalty(FIRST, LESS, "南岸建罚〔2026〕1号");
    let alias = penalty(NO_CODE, LESS, "南岸建罚〔2026〕2号");
    std::fs::write(dir.join("0.csv"), format!("{PENALTY_C}\n{body}\n{alias}\n")).unwrap();
    done(
        dir,
        "run --inbox 0.csv --store store --out out --as-of 2026-05-10",
    );
    let store = Store::open(&dir.join("store")).unwrap();
    let listed = store
        .read_subjects(Table::Measures, &[FIRST], None)
        .unwrap();
    assert_eq!(store.count(Table::Measures).unwrap(), listed.num_rows());
    let rows = Rows(&listed);
    let documents: BTreeSet<String> = (0..rows.len())
        .map(|row| rows.text(row, "trigger_document_no"))
        .collect();
    let both = ["南岸建罚〔2026〕1号", "南岸建罚〔2026〕2号"].map(str::to_owned);
    assert_eq!(documents, BTreeSet::from(both));
}

#[test]
fn two_bodies_with_one_number_are_joined_to_nobody() {
    let first = penalty(FIRST, LESS, "南岸建罚〔2026〕1号");
    let second = penalty(SECOND, LESS, "南岸建罚〔2026〕2号");
    let alias = penalty(NO_CODE, LESS, "南岸建罚〔2026〕3号");
    let expected = joined(&[&[&first, &second, &alias]]);
    assert_eq!(expected[&format!("reg:{LESS}")], "");
    for nights in [
        &[&[&first, &alias][..], &[&second]][..],
        &[&[&alias], &[&first], &[&second]],
        &[&[&second], &[&first], &[&alias]],
    ] {
        assert_eq!(joined(nights), expected);
    }
}

#[test]
fn a_body_that_has_another_number_now_gives_up_the_old_one() {
    let old = penalty(FIRST, LESS, "南岸建罚〔2026〕1号");
    let new = penalty(FIRST, MORE, "南岸建罚〔2026〕2号");
    let aliases =
        [LESS, MORE].map(|number| penalty(NO_CODE, number, &format!("南岸建罚〔2026〕{number}号")));
    let expected = joined(&[&[&old, &new, &aliases[0], &aliases[1]]]);
    assert_eq!(expected[&format!("reg:{LESS}")], "");
    assert_eq!(expected[&format!("reg:{MORE}")], FIRST);
    for nights in [
        // The number asked for is that of the store, the greater one comes tonight, and the other way round.
        &[&[&old, &aliases[0], &aliases[1]][..], &[&new]][..],
        &[&[&new, &aliases[1]], &[&old, &aliases[0]]],
        &[&[&aliases[0]], &[&old], &[&new], &[&aliases[1]]],
        &[&[&new], &[&aliases[0], &aliases[1]], &[&old]],
        &[&[&old], &[&new], &[&aliases[1], &aliases[0]]],
    ] {
        assert_eq!(joined(nights), expected);
    }
}

/// A body with more rows than are held at once is heard piece by piece; its greatest number counts all the same.
#[test]
fn a_body_with_very_many_rows_is_joined_by_all_of_them() {
    let row = |number, at| penalty(FIRST, number, &format!("南岸建罚〔2026〕{at}号"));
    let mut rows: Vec<String> = (0..66_000).map(|at| row(LESS, at)).collect();
    rows.push(row(MORE, 66_000));
    let aliases =
        [LESS, MORE].map(|number| penalty(NO_CODE, number, &format!("南岸建罚〔2026〕{number}号")));
    rows.extend(aliases);
    let rows: Vec<&String> = rows.iter().collect();
    let found = joined(&[&rows]);
    assert_eq!(found[&format!("reg:{LESS}")], "");
    assert_eq!(found[&format!("reg:{MORE}")], FIRST);
    assert_eq!(found.len(), 3);
}
