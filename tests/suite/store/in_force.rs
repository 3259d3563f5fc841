//! Rows in force, whatever the nights, files and bucket groups, against the definition written out.

use std::collections::BTreeMap;

use arrow::compute::concat_batches;
use proptest::prelude::*;
use xinheng::record::cells::Text;
use xinheng::record::{DEFAULT_BUCKETS, Day, bucket_of};
use xinheng::store::{FileRows, Section, Snapshot, Span, Store, Table};

use super::nights::{KEY, draft, scratch, subject, texts};
use super::rows::{Row, V, batch, n, penalty, t};

/// One set of a decision: its subject, number of parts, version and day received.
#[derive(Debug, Clone)]
struct Set {
    subject: u64,
    decision: u64,
    parts: i64,
    version: u8,
    received: i64,
}

/// Some sets of decisions of so many subjects, each version of a decision once.
fn sets(
    subjects: u64,
    decisions: u64,
    count: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<Set>> {
    let set = (0..subjects, 0..decisions, 1..4_i64, 0..5_u8, 1..9_i64).prop_map(
        |(subject, decision, parts, version, received)| Set {
            subject,
            decision,
            parts,
            version,
            received,
        },
    );
    prop::collection::vec(set, count).prop_map(|mut sets| {
        sets.sort_by_key(|s| (s.subject, s.decision, s.version));
        sets.dedup_by_key(|s| (s.subject, s.decision, s.version));
        sets
    })
}

fn rows_of(set: &Set) -> Vec<Row> {
    // The subject is part of the key of a decision. Some subjects are not USCCs.
    let who = match set.subject {
        5 => "org:12345678X".to_owned(),
        4 => format!("p:{}", "0f".repeat(32)),
        other => subject(other),
    };
    let decision = format!("d{}-{}", set.subject, set.decision);
    (1..=set.parts)
        .map(|part| {
            let day = 100 + (set.decision as i64 * 31 + part * 7) % 11;
            let mut row = penalty(&who, &decision, part, day, set.received);
            row.insert("version_key", t(format!("2026-{:02}|x", set.version)));
            row.insert("fine_fen", n(i64::from(set.version)));
            // Files in which every case is a document are read another way than files in which one is not.
            let document = format!("渝罚〔2026〕{}号", set.decision);
            let case = match set.decision {
                3 => "渝罚〔2025〕9号".to_owned(),
                _ => document.clone(),
            };
            row.insert("document_no", t(document));
            row.insert("case_id", t(case));
            row
        })
        .collect()
}

fn text(row: &Row, name: &str) -> String {
    match &row[name] {
        V::T(text) => text.clone(),
        V::N(number) => format!("{number:010}"),
        V::L(_) => unreachable!(),
    }
}

/// The definition: of the rows known, those whose version is the greatest of their decision.
fn expected(rows: &[Row], known_at: Option<i64>) -> Vec<String> {
    let known: Vec<&Row> = rows
        .iter()
        .filter(|r| match (&r["received_on"], known_at) {
            (V::N(received), Some(day)) => *received <= day,
            _ => true,
        })
        .collect();
    let mut newest: BTreeMap<String, String> = BTreeMap::new();
    for row in &known {
        let best = newest.entry(text(row, "decision_id")).or_default();
        *best = text(row, "version_key").max(best.clone());
    }
    let mut kept: Vec<&&Row> = known
        .iter()
        .filter(|r| newest[&text(r, "decision_id")] == text(r, "version_key"))
        .collect();
    let order = ["bucket", "subject_id", "decided_on", "record_id"];
    kept.sort_by_key(|r| order.map(|c| text(r, c)));
    kept.iter()
        .map(|r| format!("{} {}", text(r, "record_id"), text(r, "version_key")))
        .collect()
}

/// A bucket, cut at these subjects.
fn sections(bucket: u32, cuts: &[&str]) -> Vec<Section> {
    let ends = cuts.iter().map(|cut| Some((*cut).to_owned()));
    let mut from = String::new();
    ends.chain([None])
        .map(|to| Section {
            buckets: bucket..bucket + 1,
            subjects: Span {
                from: std::mem::replace(&mut from, to.clone().unwrap_or_default()),
                to,
            },
        })
        .collect()
}

/// Stores some nights, and reads them in several ways.
fn check(nights: &[Vec<Row>], rows_of_a_file: usize, group: usize, known_at: Option<i64>) {
    let dir = scratch();
    for (number, rows) in (1..).zip(nights) {
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        // A night may come in several files.
        for part in rows.chunks(rows_of_a_file) {
            writer
                .append(Table::Penalties, batch(Table::Penalties, part))
                .unwrap();
        }
        writer.commit(draft(number)).unwrap();
    }
    let all: Vec<Row> = nights.concat();
    let snapshot = Store::open(dir.path()).unwrap();
    let day = known_at.map(|d| Day::from_epoch(d as i32));
    let groups = snapshot.bucket_groups(group).unwrap();
    let parts: Vec<_> = groups
        .iter()
        .map(|g| {
            snapshot
                .read_buckets(Table::Penalties, g.clone(), day)
                .unwrap()
        })
        .collect();
    let got = concat_batches(&Table::Penalties.schema(), &parts).unwrap();
    let got: Vec<String> = texts(&got, "record_id")
        .into_iter()
        .zip(texts(&got, "version_key"))
        .map(|(id, key)| format!("{id} {key}"))
        .collect();
    assert_eq!(&got, &expected(&all, known_at));
    // The same with texts coded by dictionaries, and with no column that tells versions apart.
    let columns = ["record_id", "subject_kind", "penalty_kinds", "fine_fen"];
    let coded: Vec<String> = groups
        .iter()
        .flat_map(|g| {
            let rows = snapshot.read_buckets_coded(Table::Penalties, g.clone(), day, &columns);
            let rows = rows.unwrap();
            let kinds = Text::of(rows.column(1)).unwrap();
            assert!((0..rows.num_rows()).all(|row| kinds.get(row).is_some()));
            texts(&rows, "record_id")
        })
        .collect();
    let ids: Vec<&str> = got
        .iter()
        .filter_map(|text| text.split(' ').next())
        .collect();
    assert_eq!(coded, ids);
    // And some subjects of a bucket at a time.
    let in_sections: Vec<String> = groups
        .iter()
        .cloned()
        .flatten()
        .flat_map(|bucket| sections(bucket, &[&subject(1), &subject(2), "org:"]))
        .flat_map(|section| {
            let rows = snapshot.read_section_coded(Table::Penalties, &section, day, &["record_id"]);
            texts(&rows.unwrap(), "record_id")
        })
        .collect();
    assert_eq!(in_sections, ids);
    let columns = ["document_no", "case_id"];
    for range in groups {
        let rows = snapshot.read_buckets_coded(Table::Penalties, range, day, &columns);
        let rows = rows.unwrap();
        for (document, case) in texts(&rows, "document_no")
            .into_iter()
            .zip(texts(&rows, "case_id"))
        {
            let apart = document == "渝罚〔2026〕3号";
            assert_eq!(
                case,
                if apart {
                    "渝罚〔2025〕9号".to_owned()
                } else {
                    document
                }
            );
        }
    }
    assert_eq!(snapshot.count(Table::Penalties).unwrap(), all.len());
    check_log(&snapshot, &all);
}

/// The log without the rows that are named as superseded is what is in force; of one subject the same rows are named.
fn check_log(snapshot: &Snapshot, all: &[Row]) {
    let log = snapshot.read(Table::Penalties).unwrap();
    let old = FileRows::numbered(&snapshot.superseded(Table::Penalties, None).unwrap());
    assert!(old.is_sorted_by(|a, b| a < b));
    let named: Vec<String> = texts(&log, "record_id")
        .into_iter()
        .zip(texts(&log, "version_key"))
        .map(|(id, key)| format!("{id} {key}"))
        .collect();
    let kept = (0..)
        .zip(&named)
        .filter(|(row, _)| old.binary_search(row).is_err());
    let mut kept: Vec<&str> = kept.map(|(_, row)| row.as_str()).collect();
    let mut wanted = expected(all, None);
    kept.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(kept, wanted);
    let whose = texts(&log, "subject_id");
    for who in [subject(1), subject(2), "org:12345678X".to_owned()] {
        let mut of_one = old.clone();
        of_one.retain(|row| whose[*row] == who);
        let told = snapshot.superseded(Table::Penalties, Some(&who)).unwrap();
        assert_eq!(FileRows::numbered(&told), of_one);
    }
}

/// However large a bucket is, a section of it holds about as many rows as were asked for, and sections leave nothing out.
#[test]
fn a_large_bucket_is_cut_between_subjects() {
    let bucket = bucket_of(&subject(0), DEFAULT_BUCKETS);
    let is_here = |id: &String| bucket_of(id, DEFAULT_BUCKETS) == bucket;
    let who: Vec<String> = (0..).map(subject).filter(is_here).take(400).collect();
    let other = (0..).map(subject).find(|id| !is_here(id));
    let row = |n: usize, received: i64| {
        let id = &who[n * 7919 % who.len()];
        penalty(id, &format!("d{n}"), 1, 100 + (n % 50) as i64, received)
    };
    let mut first: Vec<Row> = (0..30_000).map(|n| row(n, 1)).collect();
    let order = ["bucket", "subject_id", "decided_on", "record_id"];
    first.sort_by_key(|row| order.map(|column| text(row, column)));
    let stray = penalty(&other.unwrap(), "stray", 1, 100, 1);
    let late: Vec<Row> = (0..40).map(|n| row(n * 31, 2)).collect();
    let dir = scratch();
    for (number, rows) in (1..).zip([first, vec![stray], late]) {
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        let rows = batch(Table::Penalties, &rows);
        writer.append(Table::Penalties, rows).unwrap();
        writer.leave_small_files(true);
        writer.commit(draft(number)).unwrap();
    }
    let snapshot = Store::open(dir.path()).unwrap();
    let columns = ["subject_id", "record_id", "document_no", "received_on"];
    let read = |section: &Section| {
        let read = snapshot.read_section_coded(Table::Penalties, section, None, &columns);
        read.unwrap()
    };
    let whole = read(&Section::of(0..DEFAULT_BUCKETS));
    assert_eq!(whole.num_rows(), 30_001);
    let sections = snapshot.sections(8_000).unwrap();
    let of_bucket = sections
        .iter()
        .filter(|one| one.buckets == (bucket..bucket + 1));
    assert!(of_bucket.clone().count() > 3, "{sections:?}");
    assert_eq!(of_bucket.filter(|one| one.is_last()).count(), 1);
    let parts: Vec<_> = sections.iter().map(read).collect();
    assert!(parts.iter().all(|part| part.num_rows() < 13_000));
    assert_eq!(concat_batches(&whole.schema(), &parts).unwrap(), whole);
    assert_eq!(snapshot.sections(50_000).unwrap().len(), 1);
}

/// A file does not name the rows that it supersedes itself where they are very many; then they are looked for.
#[test]
fn many_superseded_rows_of_one_file_are_found() {
    let row = |n: usize, received: i64| {
        penalty(&subject(n as u64 % 50), &format!("d{n}"), 1, 100, received)
    };
    let first: Vec<Row> = (0..9_000).flat_map(|n| [row(n, 1), row(n, 2)]).collect();
    let late: Vec<Row> = (0..9_000).step_by(500).map(|n| row(n, 3)).collect();
    let more: Vec<Row> = (9_000..99_000).map(|n| row(n, 1)).collect();
    let dir = scratch();
    let nights = [first, late, more];
    for night in 1..=3 {
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        let rows = batch(Table::Penalties, &nights[night - 1]);
        writer.append(Table::Penalties, rows).unwrap();
        writer.leave_small_files(true);
        writer.commit(draft(night as u64)).unwrap();
        check_log(&Store::open(dir.path()).unwrap(), &nights[..night].concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rows_in_force_are_those_of_the_definition(
        sets in sets(6, 4, 1..40),
        split in prop::collection::vec(0..4_usize, 40),
        known_at in prop::option::of(0..10_i64),
        group in 1..30_usize,
        nights_of in 1..5_usize,
        rows_of_a_file in prop::sample::select(vec![5_usize, 1_000]),
    ) {
        let mut nights: Vec<Vec<Row>> = vec![Vec::new(); 4];
        for (set, night) in sets.iter().zip(&split) {
            nights[*night % nights_of].extend(rows_of(set));
        }
        check(&nights, rows_of_a_file, group, known_at);
    }

    /// Few rows after many: versions are compared for some subjects alone.
    #[test]
    fn a_small_night_on_a_large_store_is_no_exception(
        sets in sets(40, 6, 150..220),
        late in prop::collection::vec(1..20_usize, 12),
        known_at in prop::option::weighted(0.2, 0..10_i64),
        group in prop::sample::select(vec![30_usize, 1_000]),
    ) {
        let mut nights: Vec<Vec<Row>> = vec![Vec::new(); 3];
        let mut is_late = vec![0; sets.len()];
        for (at, step) in late.iter().enumerate() {
            let place = (at * 20 + step) % sets.len();
            is_late[place] = 1 + at % 2;
        }
        for (set, night) in sets.iter().zip(is_late) {
            nights[night].extend(rows_of(set));
        }
        // A store keeps its first night as one file in order, as a large ingest leaves it.
        let order = ["bucket", "subject_id", "decided_on", "record_id"];
        nights[0].sort_by_key(|row| order.map(|column| text(row, column)));
        check(&nights, 10_000, group, known_at);
    }
}
