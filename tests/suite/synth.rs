//! What a user sees of `synth`: the same options give the same bytes, and the committed sample is what it writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use xinheng::synth::{self, FileFormat, FileLayout, Options};

/// File names and bytes of a folder.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder can be listed");
    entries
        .map(|entry| {
            let path = entry.expect("the entry can be read").path();
            let name = path
                .file_name()
                .expect("a file has a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read(&path).expect("the file can be read"))
        })
        .collect()
}

fn generate(options: &Options) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    synth::write_files(options, folder.path()).expect("generation succeeds");
    contents(folder.path())
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox")
}

/// After a wanted change of the generator, `XINHENG_BLESS=1 cargo test` rewrites the committed sample.
fn bless() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    if std::env::var_os("XINHENG_BLESS").is_some() {
        ONCE.call_once(|| {
            let _ = fs::remove_dir_all(sample());
            synth::write_files(&Options::sample(), &sample()).expect("generation succeeds");
            let page = sample().with_file_name("README.md");
            fs::write(page, readme()).expect("the page can be written");
        });
    }
}

#[test]
fn the_committed_inbox_is_what_synth_writes() {
    bless();
    let (committed, generated) = (contents(&sample()), generate(&Options::sample()));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&committed), names(&generated));
    for (name, bytes) in &generated {
        assert!(
            committed.get(name) == Some(bytes),
            "{name} differs from what synth writes"
        );
    }
}

#[test]
fn equal_options_give_equal_bytes_in_every_layout_and_format() {
    let layouts = [
        FileLayout::A,
        FileLayout::B,
        FileLayout::C,
        FileLayout::Db,
        FileLayout::Api,
        FileLayout::Events,
    ];
    let formats = [
        FileFormat::Xlsx,
        FileFormat::Csv,
        FileFormat::CsvGb18030,
        FileFormat::Parquet,
    ];
    for layout in layouts {
        for format in formats {
            let options = Options {
                records: 300,
                subjects: 40,
                seed: 3,
                layout,
                format,
                dirt_per_mille: Some(100),
                ..Options::sample()
            };
            let first = generate(&options);
            assert!(!first.is_empty());
            assert_eq!(first, generate(&options), "{layout:?} {format:?}");
            let other = generate(&Options { seed: 4, ..options });
            assert_ne!(
                first, other,
                "{layout:?} {format:?}: another seed must give other data"
            );
        }
    }
}

#[test]
fn the_asked_number_of_records_is_written() {
    let options = Options {
        records: 5000,
        subjects: 3000,
        seed: 9,
        layout: FileLayout::C,
        format: FileFormat::Csv,
        ..Options::sample()
    };
    let files = generate(&options);
    let rows = |name: &str| {
        let mut reader = csv::Reader::from_reader(files[name].as_slice());
        let records: Result<Vec<_>, _> = reader.byte_records().collect();
        records.expect("rows of equal length").len() as u64
    };
    assert_eq!(rows("penalties-c.csv") + rows("licenses-c.csv"), 5000);
    assert!(rows("events.csv") > 500);
}

#[test]
fn sizes_out_of_range_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let error = synth::write_files(
        &Options {
            subjects: 0,
            ..Options::sample()
        },
        folder.path(),
    )
    .expect_err("no subjects");
    assert_eq!(
        error.to_string(),
        "0 subjects asked for; between 1 and 143145755 are possible"
    );
}

/// File, layout and what it shows, for the table of `sample-data/README.md`.
const FILES: [(&str, &str, &str); 18] = [
    (
        "01-生态环境-行政处罚.xlsx",
        "template C, XLSX, date and number cells, 数据更新时间 as a tail column, 表格说明 below",
        "environment penalties under the old statutes and, from 2026-08-15, the 生态环境法典",
    ),
    (
        "02-生态环境与应急-行政许可.xlsx",
        "template C, XLSX, all text, 表格说明 below",
        "排污许可证, 危险化学品经营许可证, 临时占道",
    ),
    (
        "03-市场监管-行政处罚-法人.csv",
        "template B 法人, GB18030 CSV",
        "market penalties of bodies and 个体工商户",
    ),
    (
        "04-市场监管-行政处罚-自然人.csv",
        "template B 自然人, GB18030 CSV",
        "market penalties of natural persons",
    ),
    (
        "05-住建招投标采购应急-行政处罚.csv",
        "template C, UTF-8 CSV with byte order mark",
        "construction, tendering, procurement, safety",
    ),
    (
        "06-城市管理-行政处罚-旧模板.xlsx",
        "template A (2015/2016), XLSX",
        "city management; amounts only in 处罚结果",
    ),
    (
        "07-前置库导出-行政许可.csv",
        "database export, lower-case codes, UTF-8 CSV without byte order mark",
        "market, construction and tobacco licenses",
    ),
    (
        "08-前置库导出-行政处罚.csv",
        "database export, lower-case codes, UTF-8 CSV without byte order mark",
        "transport penalties",
    ),
    (
        "09-城市平台接口-双公示.jsonl",
        "JSON lines of a city platform, penalties and licenses mixed",
        "health, agriculture, transport; nulls, numbers, epoch milliseconds",
    ),
    (
        "10-信用事件.xlsx",
        "events file, XLSX",
        "rosters of environment/chongqing-2021, repairs, revocations, objections, lists, promises",
    ),
    (
        "11-科研诚信事件.csv",
        "events file, UTF-8 CSV with byte order mark",
        "rosters and findings of research integrity",
    ),
    (
        "12-典型案例-行政处罚.xlsx",
        "template C, XLSX",
        "by hand: one decision per row of law (E1–E11, A1–A11, R9, R10), vetoes, fine bounds, dates at the edges of windows and regimes; the case is named in 备注",
    ),
    (
        "13-典型案例-信用事件.xlsx",
        "events file, XLSX",
        "by hand: rosters of those subjects, repairs, revocations, objections, R1–R12",
    ),
    (
        "14-手工陷阱-行政处罚.xlsx",
        "template C, XLSX, mixed cell types",
        "traps, see below",
    ),
    (
        "15-手工陷阱-行政处罚.csv",
        "template C, UTF-8 CSV without byte order mark",
        "traps, see below",
    ),
    (
        "16-手工陷阱-行政许可.csv",
        "template C, GB18030 CSV",
        "traps, see below",
    ),
    (
        "17-手工陷阱-信用事件.csv",
        "events file, UTF-8 CSV with byte order mark",
        "traps, see below",
    ),
    (
        "18-更正报送-行政处罚.xlsx",
        "template C, XLSX",
        "the corrected version of a decision in 14-手工陷阱-行政处罚.xlsx",
    ),
];

/// Rows below the header.
fn rows(path: &Path) -> usize {
    use calamine::Reader as _;
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("xlsx") => {
            let mut book: calamine::Xlsx<_> =
                calamine::open_workbook(path).expect("the workbook opens");
            let sheet = book
                .worksheet_range_at(0)
                .expect("a sheet")
                .expect("the sheet can be read");
            sheet.end().expect("a sheet that is not empty").0 as usize
        }
        Some("jsonl") => fs::read_to_string(path)
            .expect("the file can be read")
            .lines()
            .count(),
        _ => csv::Reader::from_path(path)
            .expect("the file opens")
            .byte_records()
            .count(),
    }
}

fn readme() -> String {
    let mut text = String::from(include_str!("synth_readme.md"));
    text.push_str("| file | layout | rows | what is in it |\n|---|---|---|---|\n");
    for (name, layout, what) in FILES {
        text.push_str(&format!(
            "| {name} | {layout} | {} | {what} |\n",
            rows(&sample().join(name))
        ));
    }
    text.push_str("\n## Traps\n\nRow 1 is the header. `accepted` rows may carry warnings; the codes given must be among a row's codes.\n");
    let mut file = "";
    for one in synth::expectations() {
        if one.file != file {
            file = one.file;
            text.push_str(&format!(
                "\n### {file}\n\n| row | trap | expected | codes |\n|---|---|---|---|\n"
            ));
        }
        text.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            one.row,
            one.trap,
            one.outcome,
            one.codes.join(" ")
        ));
    }
    text
}

#[test]
fn the_readme_of_the_sample_lists_every_file_and_trap() {
    let path = sample().with_file_name("README.md");
    bless();
    assert_eq!(
        fs::read_to_string(&path).expect("sample-data/README.md"),
        readme()
    );
    let listed: Vec<String> = FILES
        .iter()
        .map(|(name, _, _)| (*name).to_owned())
        .collect();
    assert_eq!(listed, contents(&sample()).into_keys().collect::<Vec<_>>());
}

fn standards() -> xinheng::standard::Standards {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/standards");
    let files = contents(&folder)
        .into_iter()
        .map(|(name, bytes)| {
            (
                format!("standards/{name}"),
                String::from_utf8(bytes).expect("rule files are UTF-8"),
            )
        })
        .collect();
    xinheng::standard::Standards::load(&files).expect("the standards load")
}

#[test]
fn every_file_of_the_inbox_is_recognised_as_the_layout_it_was_written_in() {
    let standards = standards();
    let layouts = [
        "C/penalty",
        "C/license",
        "B/penalty-body",
        "B/penalty-person",
        "C/penalty",
        "A/penalty",
        "C/license",
        "C/penalty",
        "api/license, api/penalty",
        "events",
        "events",
        "C/penalty",
        "events",
        "C/penalty",
        "C/penalty",
        "C/license",
        "events",
        "C/penalty",
    ];
    for ((name, _, _), layout) in FILES.iter().zip(layouts) {
        let file = xinheng::ingest::read::read_file(&sample().join(name), &standards)
            .expect("no file is refused");
        assert_eq!(file.layouts(), layout, "{name}");
        let skipped: usize = file.sheets.iter().map(|sheet| sheet.skipped.len()).sum();
        let expected = synth::expectations()
            .iter()
            .filter(|one| one.file == *name && one.outcome == "skipped")
            .count();
        let notes = usize::from(name.starts_with("01") || name.starts_with("02"));
        assert_eq!(skipped, expected + notes, "{name}");
    }
}
