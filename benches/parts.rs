//! The parts of a night, each by itself on one thread: what a row or a record costs where.
//!
//! ```text
//! cargo bench --bench parts              all
//! cargo bench --bench parts -- kernel    those with this word
//! ```
//!
//! Rows are fictional, 20,000 records over 2,400 subjects, the same every time. Divide a time by the number of items that
//! stands beside it.

#![allow(clippy::unwrap_used, reason = "a bench stops at the first surprise")]

use std::path::PathBuf;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::ItemsCount;
use xinheng::consequence::{ConsequenceContext, derive};
use xinheng::grading::scores::scores;
use xinheng::grading::{Grading, grade};
use xinheng::ingest::normalise::{parse_date, parse_timestamp};
use xinheng::record::{
    Day, PseudonymKey, Uscc, nfkc, normal_document_no, parse_citations, parse_penalty_kinds,
};
use xinheng::rules::model::Scheme;
use xinheng::run::{House, Owned, generate, subject_input};
use xinheng::store::{Snapshot, Store, Table, table_digest};
use xinheng::synth::{FileFormat, FileLayout, Options};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const RECORDS: u64 = 20_000;

fn main() {
    divan::main();
}

/// A store of fictional records, its rules and the day on which it is graded.
struct Made {
    _folder: tempfile::TempDir,
    store: Snapshot,
    house: House,
    as_of: Day,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let house = House::open(None).unwrap();
    let options = options();
    let key = PseudonymKey::new(&[7; 32]).unwrap();
    let store: PathBuf = folder.path().join("store");
    generate(&options, &store, &house, &key, &|_| {}).unwrap();
    Made {
        store: Store::open(&store).unwrap(),
        _folder: folder,
        house,
        as_of: "2026-11-22".parse().unwrap(),
    }
});

fn options() -> Options {
    Options {
        records: RECORDS,
        subjects: RECORDS * 12 / 100,
        seed: 1,
        layout: FileLayout::C,
        format: FileFormat::Csv,
        until: "2026-11-20".parse().unwrap(),
        dirt_per_mille: None,
    }
}

impl Made {
    fn schemes(&self) -> Vec<&Scheme> {
        self.house.rules.active_schemes(self.as_of)
    }

    fn grading(&self) -> Grading<'_> {
        let rules = &self.house.rules;
        Grading::new(&self.schemes(), &rules.publicity, &rules.digest, self.as_of).unwrap()
    }

    /// All rows in force.
    fn rows(&self) -> Owned {
        let subjects = self.store.read_columns(Table::Subjects, &["subject_id"]);
        let subjects = subjects.unwrap();
        let ids = xinheng::record::cells::Text::of(subjects.column(0)).unwrap();
        let ids = (0..subjects.num_rows()).map(|row| ids.or_empty(row).to_owned());
        subject_input(&self.store, &ids.collect(), None).unwrap()
    }
}

fn rows_of(owned: &Owned) -> ItemsCount {
    ItemsCount::new(
        owned.penalties.num_rows() + owned.licenses.num_rows() + owned.events.num_rows(),
    )
}

mod kernel {
    use super::*;

    /// Match and fold: scores and grades alone.
    #[divan::bench]
    fn scores_of_decoded_rows(bencher: Bencher<'_, '_>) {
        let (rows, grading) = (MADE.rows(), MADE.grading());
        let bencher = bencher.counter(rows_of(&rows));
        bencher.bench_local(|| scores(&rows.input(), &grading).unwrap());
    }

    /// The same with evidence, reasons and the look ahead.
    #[divan::bench]
    fn grades_and_evidence(bencher: Bencher<'_, '_>) {
        let (rows, grading) = (MADE.rows(), MADE.grading());
        let bencher = bencher.counter(rows_of(&rows));
        bencher.bench_local(|| grade(&rows.input(), &grading).unwrap());
    }

    /// Measures through the gates, supervision, incentives.
    #[divan::bench]
    fn consequences(bencher: Bencher<'_, '_>) {
        let (rows, grading, schemes) = (MADE.rows(), MADE.grading(), MADE.schemes());
        let graded = grade(&rows.input(), &grading).unwrap();
        let context = ConsequenceContext {
            schemes: &schemes,
            publicity: &MADE.house.rules.publicity,
            catalogue: &MADE.house.catalogue,
            incentives: &MADE.house.incentives,
            as_of: MADE.as_of,
            run_id: "bench",
        };
        let bencher = bencher.counter(rows_of(&rows));
        bencher.bench_local(|| derive(&rows.input(), &graded, &context).unwrap());
    }
}

mod store {
    use super::*;

    /// Rows in force, all columns.
    #[divan::bench]
    fn penalties_in_force(bencher: Bencher<'_, '_>) {
        let read = || {
            MADE.store
                .read_buckets(Table::Penalties, 0..64, None)
                .unwrap()
        };
        let bencher = bencher.counter(ItemsCount::new(read().num_rows()));
        bencher.bench_local(read);
    }

    #[divan::bench]
    fn digest_of_penalties(bencher: Bencher<'_, '_>) {
        let rows = MADE.store.read_buckets(Table::Penalties, 0..64, None);
        let rows = rows.unwrap();
        let bencher = bencher.counter(ItemsCount::new(rows.num_rows()));
        bencher.bench_local(|| table_digest(&rows));
    }
}

/// Files of the same records, read without a check.
mod reader {
    use super::*;
    use calamine::{Reader as _, Xlsx, open_workbook};
    use xinheng::ingest::read::read_chunks;
    use xinheng::synth::write_files;

    /// A folder with the penalties as one file.
    fn file(format: FileFormat) -> (tempfile::TempDir, PathBuf, usize) {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            format,
            ..options()
        };
        let files = write_files(&options, folder.path()).unwrap();
        let penalties = |path: &PathBuf| path.to_string_lossy().contains("penalties");
        let path = files.into_iter().find(penalties).unwrap();
        let rows = rows_of_file(&path);
        (folder, path, rows)
    }

    fn rows_of_file(path: &std::path::Path) -> usize {
        let mut rows = 0;
        let summary = read_chunks(path, &MADE.house.standards, &mut |chunk| {
            rows += chunk.rows.len();
        });
        summary.unwrap();
        rows
    }

    fn bench_rows(bencher: Bencher<'_, '_>, format: FileFormat) {
        let (_folder, path, rows) = file(format);
        let bencher = bencher.counter(ItemsCount::new(rows));
        bencher.bench_local(|| rows_of_file(&path));
    }

    #[divan::bench(sample_count = 5)]
    fn csv(bencher: Bencher<'_, '_>) {
        bench_rows(bencher, FileFormat::Csv);
    }

    #[divan::bench(sample_count = 5)]
    fn csv_gb18030(bencher: Bencher<'_, '_>) {
        bench_rows(bencher, FileFormat::CsvGb18030);
    }

    #[divan::bench(sample_count = 5)]
    fn xlsx(bencher: Bencher<'_, '_>) {
        bench_rows(bencher, FileFormat::Xlsx);
    }

    /// The spreadsheet library alone: every cell as it hands them out.
    #[divan::bench(sample_count = 5)]
    fn xlsx_cells_alone(bencher: Bencher<'_, '_>) {
        let (_folder, path, rows) = file(FileFormat::Xlsx);
        let bencher = bencher.counter(ItemsCount::new(rows));
        bencher.bench_local(|| {
            let mut book: Xlsx<_> = open_workbook(&path).unwrap();
            let mut cells = 0;
            for sheet in book.sheet_names() {
                let mut reader = book.worksheet_cells_reader(&sheet).unwrap();
                while reader.next_cell().unwrap().is_some() {
                    cells += 1;
                }
            }
            cells
        });
    }
}

mod cells {
    use super::*;

    #[divan::bench]
    fn document_number() -> bool {
        normal_document_no(divan::black_box("渝环罚〔2026〕12号")).is_empty()
    }

    #[divan::bench]
    fn text_in_nfkc() -> usize {
        nfkc(divan::black_box("未取得排污许可证排放污染物，情节严重")).len()
    }

    #[divan::bench]
    fn day() -> bool {
        parse_date(divan::black_box("2026/03/05")).day().is_some()
    }

    #[divan::bench]
    fn time_stamp() -> Option<String> {
        parse_timestamp(divan::black_box("2026-03-05 10:20:30"))
    }

    #[divan::bench]
    fn credit_code() -> bool {
        Uscc::parse(divan::black_box("91500000MA5U0000XX")).is_ok()
    }

    #[divan::bench]
    fn citations() -> usize {
        let text = "《中华人民共和国大气污染防治法》第九十九条第（二）项、《中华人民共和国行政处罚法》第三十二条";
        parse_citations(divan::black_box(text)).len()
    }

    #[divan::bench]
    fn penalty_kinds() -> bool {
        let cell = divan::black_box("罚款；没收违法所得");
        parse_penalty_kinds(cell).kinds.iter().next().is_some()
    }
}
