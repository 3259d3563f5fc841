//! What a later night writes: pages, workbooks of all subjects or of those that changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use calamine::Reader as _;
use xinheng::report::{Limits, Listed, Rows};
use xinheng::run::{House, write_output};
use xinheng::store::{Snapshot, Table};

use super::{done, files, listed_measures, minors, store, stored_measures, workbook};

/// What a reader sees of each subject, as texts.
fn seen(store: &Snapshot) -> BTreeMap<String, Vec<String>> {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (table, columns) in [
        (Table::Grades, &["scheme", "rated", "score", "grade"][..]),
        (
            Table::Measures,
            &[
                "measure",
                "row_id",
                "trigger_record_id",
                "state",
                "starts_on",
                "ends_on",
                "publicity_until",
            ][..],
        ),
    ] {
        let batch = store.read(table).unwrap();
        let rows = Rows(&batch);
        for i in 0..rows.len() {
            let line: Vec<String> = columns.iter().map(|c| rows.text(i, c)).collect();
            seen.entry(rows.text(i, "subject_id"))
                .or_default()
                .push(line.join("|"));
        }
    }
    for lines in seen.values_mut() {
        lines.sort();
    }
    seen
}

/// Two nights. Gives how many files the first wrote.
fn two_nights(dir: &Path) -> usize {
    done(
        dir,
        "synth --records 600 --subjects 80 --seed 5 --until 2026-11-20 --out first",
    );
    done(
        dir,
        "synth --records 30 --subjects 80 --seed 5 --until 2026-11-21 --out second",
    );
    done(
        dir,
        "run --inbox first --store store --out out --as-of 2026-11-21",
    );
    let all = files(&dir.join("out")).len();
    done(
        dir,
        "run --inbox second --store store --out out --as-of 2026-11-21",
    );
    all
}

/// The pages of the public subjects that read differently than on the night before.
fn changed_pages(store: &Snapshot) -> BTreeSet<String> {
    let past = store.at_run(1).unwrap();
    let (before, after) = (seen(&past), seen(store));
    let hidden = minors(store);
    after
        .keys()
        .filter(|id| before.get(*id) != after.get(*id) && !hidden.contains(*id))
        .map(|id| format!("subjects/{}.html", id.replace(':', "_")))
        .collect()
}

#[test]
fn a_later_night_writes_pages_of_the_changed_subjects_only() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let all = two_nights(dir);
    let store = store(dir);
    let changed = changed_pages(&store);
    let written = files(&dir.join("out"));
    let pages: BTreeSet<String> = written
        .keys()
        .filter(|f| f.starts_with("subjects/"))
        .cloned()
        .collect();
    assert_eq!(pages, changed);
    assert!(
        !pages.is_empty() && written.len() < all,
        "{} of {all}",
        written.len()
    );
    let report = String::from_utf8_lossy(&written["report.html"]).into_owned();
    assert!(report.contains("<td>与上期比较</td><td>已比较</td>"));

    // Again: nothing changes, nothing is written; a file that was damaged is written anew.
    done(
        dir,
        "run --inbox second --store store --out out --as-of 2026-11-21",
    );
    assert!(files(&dir.join("out")) == written);
    std::fs::write(dir.join("out/report.html"), "torn").unwrap();
    done(
        dir,
        "run --inbox second --store store --out out --as-of 2026-11-21",
    );
    assert!(files(&dir.join("out")) == written);
}

#[test]
fn workbooks_can_list_the_changed_subjects_alone() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    two_nights(dir);
    let store = store(dir);
    let changed = changed_pages(&store);
    let written = files(&dir.join("out"));
    // What lists every subject holds the changed too.
    let again = "run --inbox second --store store --as-of 2026-11-21 --checklist changed --out ";
    done(dir, &format!("{again} out"));
    assert!(files(&dir.join("out")) == written);
    done(dir, &format!("{again} some"));
    let some = files(&dir.join("some"));
    let pages = |of: &BTreeMap<String, Vec<u8>>| -> Vec<String> {
        let pages = of.keys().filter(|f| f.starts_with("subjects/"));
        pages.cloned().collect()
    };
    assert_eq!(pages(&some), pages(&written));
    let of_changed = |row: &[String; 6]| {
        changed.contains(&format!("subjects/{}.html", row[1].replace(':', "_")))
    };
    let (listed, left_out): (Vec<_>, Vec<_>) =
        stored_measures(&store).into_iter().partition(of_changed);
    assert!(!listed.is_empty() && !left_out.is_empty());
    let book = dir.join("some/checklist.xlsx");
    assert_eq!(listed_measures(std::slice::from_ref(&book)), listed);
    let cover = workbook(&book).worksheet_range("封面").unwrap();
    let scope = cover.rows().find(|row| row[0] == *"范围").unwrap();
    assert!(
        scope[1].to_string().contains("与上一次运行不同"),
        "{scope:?}"
    );
    let manifest = String::from_utf8_lossy(&some["manifest.json"]).into_owned();
    assert!(manifest.contains(r#""checklist": "changed""#), "{manifest}");
    let report = String::from_utf8_lossy(&some["report.html"]).into_owned();
    assert!(report.contains("只列等级或者措施与上一次运行不同的主体"));
    // Asked for every subject, the folder is written anew.
    done(
        dir,
        "run --inbox second --store store --as-of 2026-11-21 --out some",
    );
    assert!(files(&dir.join("some")) == written);
    // With many measures nobody need ask.
    let house = House::open(None).unwrap();
    let many = Limits {
        changed_from: store.count(Table::Measures).unwrap(),
        ..Limits::default()
    };
    let told = write_output(&store, &house, many, &dir.join("many"), &|_, _| ());
    assert_eq!(told.unwrap().unwrap().listed, Listed::Changed);
    let sheets = |of: &BTreeMap<String, Vec<u8>>| of["checklist.xlsx"].clone();
    assert!(sheets(&files(&dir.join("many"))) == sheets(&some));
    let few = Limits {
        changed_from: many.changed_from + 1,
        ..many
    };
    let told = write_output(&store, &house, few, &dir.join("few"), &|_, _| ());
    assert_eq!(told.unwrap().unwrap().listed, Listed::All);
    assert!(files(&dir.join("few")) == written);
    // A first night has nothing to differ from.
    let first = store.at_run(1).unwrap();
    let told = write_output(&first, &house, many, &dir.join("alone"), &|_, _| ());
    assert_eq!(told.unwrap().unwrap().listed, Listed::All);
}
