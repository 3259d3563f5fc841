//! Workbooks where one is not enough, and that of one subject.

use std::collections::BTreeMap;
use std::path::PathBuf;

use calamine::Reader as _;
use xinheng::report::Limits;
use xinheng::run::{House, write_output};

use super::{
    MEASURE_SHEETS, done, listed_measures, manifest, night, sheet, store, stored_measures, workbook,
};

#[test]
fn rows_beyond_a_limit_go_to_continued_sheets_and_further_workbooks() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let store = store(night());
    let limits = Limits {
        sheet_rows: 100,
        volume_rows: 500,
        group_records: 200,
        pages: 10,
        ..Limits::default()
    };
    let house = House::open(None).unwrap();
    let summary = write_output(&store, &house, limits, &out, &|_, _| ())
        .unwrap()
        .unwrap();
    assert_eq!(summary.subjects, 10);
    assert!(summary.left_out > 500);
    let manifest = manifest(&out);
    assert_eq!(manifest.pages_left_out, summary.left_out as u64);
    let report = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(report.contains(&format!("另有 {} 个主体未写页面", summary.left_out)));

    let books: Vec<PathBuf> = manifest
        .files
        .keys()
        .filter(|f| f.ends_with(".xlsx"))
        .map(|f| out.join(f))
        .collect();
    assert!(books.len() > 3, "{books:?}");
    assert_eq!(listed_measures(&books), stored_measures(&store));
    let mut continued = 0;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (at, path) in books.iter().enumerate() {
        let mut book = workbook(path);
        for name in book.sheet_names() {
            continued += usize::from(name.ends_with("（2）"));
            if name == "封面" {
                continue;
            }
            let rows = sheet(&mut book, &name);
            assert!(rows.len() <= 100, "{name} of {}", path.display());
            for row in rows {
                let id = row["主体标识"].to_string();
                let first = *seen.entry(id.clone()).or_insert(at);
                assert_eq!(first, at, "{id} stands in two workbooks");
            }
        }
        let cover = book.worksheet_range("封面").unwrap();
        assert!(
            cover.rows().any(|r| r[0] == *"分册"),
            "the cover says which part it is"
        );
    }
    assert!(continued > 0, "a sheet is continued");
}

#[test]
fn one_subjects_checklist_has_its_rows_alone_and_its_grade_on_the_cover() {
    let dir = tempfile::tempdir().unwrap();
    let store_path = night().join("store");
    let id = "91500114MAXKXK3A0G";
    done(
        dir.path(),
        &format!(
            "checklist --store {} --subject {id} --format xlsx --out one.xlsx",
            store_path.display()
        ),
    );
    let mut book = workbook(&dir.path().join("one.xlsx"));
    let cover = book.worksheet_range("封面").unwrap();
    let grade = cover.rows().find(|r| r[0] == *"信用等级").unwrap();
    assert!(grade[1].to_string().contains("D 环保不良"), "{}", grade[1]);
    let mut rows = 0;
    for (name, _) in MEASURE_SHEETS {
        for row in sheet(&mut book, name) {
            assert_eq!(row["主体标识"].to_string(), id);
            rows += 1;
        }
    }
    let of_subject = stored_measures(&store(night()))
        .iter()
        .filter(|m| m[1] == id)
        .count();
    assert!(rows > 0 && rows == of_subject, "{rows} of {of_subject}");
}
