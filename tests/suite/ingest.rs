//! What a user sees of `ingest`: every row of the sample inbox has its outcome, its reasons, and is counted once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use xinheng::ingest::check::{reading_digest, reference};
use xinheng::ingest::classify::Classifier;
use xinheng::ingest::read::{RefusedCause, SourceFile, read_file, sniff};
use xinheng::ingest::{
    CheckContext, Disposition, Gathered, IngestOutcome, Known, Subjects, ingest_files,
};
use xinheng::record::cells::Text;
use xinheng::record::{Calendar, DEFAULT_BUCKETS, Day, PseudonymKey, SubjectKind};
use xinheng::store::{KnownVersion, Sought, StoreError, Table, Versions};
use xinheng::synth;

use crate::ingest_read::{Inbox, PENALTY_C, penalty_row, plain_row, standards};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder of `rules/`, by their path in it.
fn rules(folder: &str) -> BTreeMap<String, String> {
    fs::read_dir(root().join("rules").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (
                format!("{folder}/{name}"),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

fn calendar() -> Calendar {
    xinheng::rules::calendar::load(&rules("calendar")).unwrap()
}

fn inbox_paths() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(root().join("sample-data/inbox"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    paths
}

fn inbox() -> Vec<SourceFile> {
    let standards = standards();
    inbox_paths()
        .iter()
        .map(|path| read_file(path, &standards).unwrap())
        .collect()
}

/// What a night gave, and the subjects known after it.
struct Night {
    outcome: IngestOutcome,
    subjects: RecordBatch,
}

impl Deref for Night {
    type Target = IngestOutcome;

    fn deref(&self) -> &IngestOutcome {
        &self.outcome
    }
}

fn ingest(files: Vec<SourceFile>) -> Night {
    ingest_after(files, &[])
}

fn ingest_after(files: Vec<SourceFile>, nights: &[&Night]) -> Night {
    let mut subjects = nights.last().map_or_else(Subjects::default, |night| {
        Subjects::of(&night.subjects).unwrap()
    });
    let outcome =
        with_context(|ctx| ingest_files(files, &Nights(nights), &mut subjects, ctx).unwrap());
    Night {
        outcome,
        subjects: subjects.table(DEFAULT_BUCKETS).unwrap(),
    }
}

fn with_context<T>(act: impl FnOnce(&CheckContext<'_>) -> T) -> T {
    let classifier = Classifier::load(&rules("classification")).unwrap();
    let key = PseudonymKey::new(&[7; 32]).unwrap();
    let calendar = calendar();
    let digest = reading_digest(standards().digest());
    act(&CheckContext {
        reading_digest: &digest,
        calendar: &calendar,
        classifier: &classifier,
        key: &key,
        received: Day::parse_iso("2026-11-22").unwrap(),
        source_unit: None,
        batch_id: "test",
        buckets: DEFAULT_BUCKETS,
    })
}

fn sample() -> &'static Night {
    static OUTCOME: OnceLock<Night> = OnceLock::new();
    OUTCOME.get_or_init(|| ingest(inbox()))
}

fn outcome_word(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Accepted | Disposition::Corrected => "accepted",
        Disposition::Duplicate => "duplicate",
        Disposition::Superseded => "superseded",
        Disposition::Quarantined => "quarantined",
    }
}

#[test]
fn every_trap_row_has_its_outcome_and_codes() {
    let rows: BTreeMap<(&str, u32), _> = sample()
        .checked
        .iter()
        .map(|row| ((&*row.file, row.row_no), row))
        .collect();
    let mut wrong = Vec::new();
    for expected in synth::expectations() {
        let found = rows.get(&(expected.file, expected.row));
        let outcome = found.map_or("skipped", |row| outcome_word(row.disposition));
        let codes: BTreeSet<&str> = found
            .map(|row| row.codes.iter().copied().collect())
            .unwrap_or_default();
        let has_codes = expected.codes.iter().all(|code| codes.contains(code));
        if outcome != expected.outcome || !has_codes {
            wrong.push(format!(
                "{} {} {}: {outcome} {codes:?}, expected {} {:?}",
                expected.file, expected.row, expected.trap, expected.outcome, expected.codes
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_every_file_is_counted_once() {
    let outcome = sample();
    assert_eq!(outcome.files.len(), 18);
    for file in &outcome.files {
        let counted =
            file.accepted + file.duplicate + file.superseded + file.quarantined + file.skipped;
        assert_eq!(counted, file.rows_read, "{}", file.file);
        let checked = outcome.checked.iter().filter(|row| *row.file == *file.file);
        assert_eq!(checked.count() as u64 + file.skipped, file.rows_read);
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> &'a arrow::array::StringArray {
    batch.column_by_name(name).unwrap().as_string::<i32>()
}

#[test]
fn a_row_is_quarantined_when_and_only_when_it_has_an_error() {
    let outcome = sample();
    let (files, severities) = (
        column(&outcome.quarantine, "file"),
        column(&outcome.quarantine, "severity"),
    );
    let rows = outcome.quarantine.column_by_name("row_no").unwrap();
    let rows = rows.as_primitive::<Int64Type>();
    let sheets = column(&outcome.quarantine, "sheet");
    let with_error: BTreeSet<(&str, &str, i64)> = (0..outcome.quarantine.num_rows())
        .filter(|row| severities.value(*row) == "E")
        .map(|row| (files.value(row), sheets.value(row), rows.value(row)))
        .collect();
    let quarantined: BTreeSet<(&str, &str, i64)> = outcome
        .checked
        .iter()
        .filter(|row| row.disposition == Disposition::Quarantined)
        .map(|row| (&*row.file, &*row.sheet, i64::from(row.row_no)))
        .collect();
    assert_eq!(with_error, quarantined);
    assert!(!quarantined.is_empty());
}

#[test]
fn the_order_of_files_changes_nothing() {
    let mut files = inbox();
    files.reverse();
    let reversed = ingest(files);
    let outcome = sample();
    assert_eq!(outcome.penalties, reversed.penalties);
    assert_eq!(outcome.licenses, reversed.licenses);
    assert_eq!(outcome.events, reversed.events);
    assert_eq!(outcome.subjects, reversed.subjects);
    assert_eq!(outcome.quarantine, reversed.quarantine);
    assert_eq!(outcome.files, reversed.files);
    assert_eq!(outcome.checked, reversed.checked);
}

#[test]
fn nobody_can_be_known_from_what_is_kept() {
    let outcome = sample();
    let people: Vec<_> = outcome
        .penalties
        .iter()
        .filter(|one| one.subject_kind == SubjectKind::Person)
        .collect();
    assert!(!people.is_empty());
    for one in people {
        assert!(one.subject_id.starts_with("p:") && one.subject_id.len() == 66);
        assert!(
            one.subject_name.ends_with(['某', '*']),
            "{}",
            one.subject_name
        );
        assert!(one.uscc.is_none() && one.registration_no.is_none());
    }
    assert!(outcome.penalties.iter().any(|one| one.minor));
    // Every citizen number of the sample, wherever it stands in a file.
    let mut numbers = BTreeSet::new();
    for file in inbox() {
        for row in file.sheets.iter().flat_map(|sheet| &sheet.rows) {
            for cell in row.values.cells().filter(|cell| cell.sensitive) {
                if cell.text.len() >= 15 {
                    numbers.insert(cell.text.to_owned());
                }
            }
        }
    }
    assert!(numbers.len() > 100);
    let raw = outcome.quarantine.column_by_name("raw").unwrap();
    let raw = Text::of(raw).unwrap();
    let message = column(&outcome.quarantine, "message");
    let mut kept: Vec<String> = (0..outcome.quarantine.num_rows())
        .map(|row| format!("{} {}", raw.or_empty(row), message.value(row)))
        .collect();
    kept.extend(outcome.penalties.iter().map(|one| format!("{one:?}")));
    kept.extend(outcome.licenses.iter().map(|one| format!("{one:?}")));
    kept.extend(outcome.events.iter().map(|one| format!("{one:?}")));
    let kept = kept.join("\n");
    for number in numbers {
        assert!(!kept.contains(&number), "a number is kept: {number}");
    }
    assert!(!kept.contains("13900000000") && !kept.contains("500112196501019018"));
}

/// A quarantined row is kept whole; of one that is longer than any real one the beginnings of its cells are.
#[test]
fn endless_cells_are_kept_in_part() {
    let inbox = Inbox::new();
    let rows = ["短".repeat(10_000), "长".repeat(300_000)]
        .map(|facts| penalty_row(&[(0, "江州示例化工有限公司"), (15, &facts)]));
    let beyond = format!("{}{}", plain_row(), ",多".repeat(40_000));
    let text = format!("{PENALTY_C}\n{}\n{beyond}\n", rows.join("\n"));
    let outcome = ingest(vec![inbox.read("long.csv", text)]);
    let raw = outcome.quarantine.column_by_name("raw").unwrap();
    let raw = Text::of(raw).unwrap();
    let numbers = outcome.quarantine.column_by_name("row_no").unwrap();
    let numbers = numbers.as_primitive::<Int64Type>();
    let of_row = |row_no: i64| {
        let row = (0..numbers.len()).find(|row| numbers.value(*row) == row_no);
        raw.or_empty(row.unwrap())
    };
    assert!(of_row(2).contains(&"短".repeat(10_000)));
    assert!(of_row(3).contains(&format!("{}……（全文300000字）", "长".repeat(2_000))));
    assert!(of_row(3).len() < 10_000);
    let kept = of_row(4).matches("多").count();
    assert!((50..=100).contains(&kept), "{kept}");
}

#[test]
fn a_correction_wins_over_the_decision_that_it_corrects() {
    let versions: Vec<_> = sample()
        .penalties
        .iter()
        .filter(|one| one.document_no.as_deref() == Some("江北市监处罚〔2026〕95009号"))
        .collect();
    assert_eq!(versions.len(), 2);
    let newest = versions.iter().max_by_key(|one| &one.version_key).unwrap();
    assert_eq!(newest.fine_fen.map(|fen| fen.0), Some(1_000_000));
    assert_eq!(versions[0].record_id, versions[1].record_id);
}

/// What earlier nights left, as a store would tell it.
struct Nights<'a>(&'a [&'a Night]);

/// Decision, version, record and content of every row of one table.
fn log(outcome: &IngestOutcome, table: Table) -> Vec<[&str; 4]> {
    match table {
        Table::Penalties => (outcome.penalties.iter())
            .map(|r| {
                [
                    &*r.decision_id,
                    &*r.version_key,
                    &*r.record_id,
                    &*r.content_digest,
                ]
            })
            .collect(),
        Table::Licenses => (outcome.licenses.iter())
            .map(|r| {
                [
                    &*r.decision_id,
                    &*r.version_key,
                    &*r.record_id,
                    &*r.content_digest,
                ]
            })
            .collect(),
        _ => (outcome.events.iter())
            .map(|r| {
                [
                    &*r.decision_id,
                    &*r.version_key,
                    &*r.record_id,
                    &*r.content_digest,
                ]
            })
            .collect(),
    }
}

impl Known for Nights<'_> {
    fn versions(&self, table: Table, decisions: &Sought<'_>) -> Result<Versions, StoreError> {
        let mut known: HashMap<String, BTreeSet<String>> = HashMap::new();
        for [decision, version, _, _] in self.0.iter().flat_map(|night| log(night, table)) {
            if decisions.contains_key(decision) {
                known
                    .entry(decision.to_owned())
                    .or_default()
                    .insert(version.to_owned());
            }
        }
        let version = |version_key: String| KnownVersion {
            set_digest: version_key.rsplit('|').next().unwrap().to_owned(),
            version_key,
        };
        Ok(known
            .into_iter()
            .map(|(decision, keys)| (decision, keys.into_iter().map(version).collect()))
            .collect())
    }
}

/// The rows in force after some nights: of each decision those of the greatest version.
fn in_force(nights: &[&Night], table: Table) -> BTreeSet<[String; 4]> {
    let rows: Vec<[&str; 4]> = nights.iter().flat_map(|night| log(night, table)).collect();
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for [decision, version, _, _] in &rows {
        let greatest = newest.entry(decision).or_insert(version);
        *greatest = (*greatest).max(version);
    }
    rows.into_iter()
        .filter(|[decision, version, _, _]| newest[decision] == *version)
        .map(|row| row.map(str::to_owned))
        .collect()
}

#[test]
fn the_same_files_again_add_nothing() {
    let again = ingest_after(inbox(), &[sample()]);
    assert!(again.penalties.is_empty() && again.licenses.is_empty() && again.events.is_empty());
    assert_eq!(again.subjects, sample().subjects);
    assert!(again.checked.iter().all(|row| matches!(
        row.disposition,
        Disposition::Duplicate | Disposition::Quarantined
    )));
}

#[test]
fn nights_that_share_the_records_end_like_one_night() {
    let tables = [Table::Penalties, Table::Licenses, Table::Events];
    for first_takes in [0, 1] {
        let is_first = |index: usize| index % 2 == first_takes;
        let part = |wanted: bool| -> Vec<SourceFile> {
            inbox()
                .into_iter()
                .enumerate()
                .filter(|(index, _)| is_first(*index) == wanted)
                .map(|(_, file)| file)
                .collect()
        };
        let first = ingest(part(true));
        let second = ingest_after(part(false), &[&first]);
        for table in tables {
            assert_eq!(
                in_force(&[&first, &second], table),
                in_force(&[sample()], table)
            );
        }
        assert_eq!(second.subjects, sample().subjects);
    }
}

#[test]
fn the_manual_of_the_codes_is_up_to_date() {
    let manual = fs::read_to_string(root().join("docs/check-codes.md")).unwrap();
    assert!(manual.contains(&xinheng::ingest::check::reference_markdown()));
    for (code, reason) in RefusedCause::MANUAL {
        assert!(manual.contains(&format!("| {code} | {reason} |")), "{code}");
    }
}

#[test]
fn every_code_that_is_found_is_explained() {
    let known: BTreeSet<&str> = reference().iter().map(|one| one.code).collect();
    let found: BTreeSet<&str> = (sample().checked.iter())
        .flat_map(|row| row.codes.iter().copied())
        .collect();
    assert!(found.is_subset(&known), "{found:?}");
    assert!(found.len() > 25, "{found:?}");
}

/// The rows of the `quarantine` table as text, in no order.
fn lines(batch: &RecordBatch) -> Vec<String> {
    let cell = |column: usize, row: usize| match Text::of(batch.column(column)) {
        Some(texts) => texts.or_empty(row).to_owned(),
        None => batch
            .column(column)
            .as_primitive::<Int64Type>()
            .value(row)
            .to_string(),
    };
    let line = |row| -> Vec<String> { (0..batch.num_columns()).map(|c| cell(c, row)).collect() };
    let mut lines: Vec<String> = (0..batch.num_rows())
        .map(|row| line(row).join("|"))
        .collect();
    lines.sort();
    lines
}

/// Files of more rows than may be held go through the disk and give the same, in parts of which none is large.
#[test]
fn files_too_large_to_be_held_give_the_same() {
    let whole = sample();
    let standards = standards();
    let mut subjects = Subjects::default();
    let mut parts: Vec<IngestOutcome> = Vec::new();
    with_context(|ctx| {
        let mut gathered = Gathered::new(300);
        // Thousands of good rows, then a fault that refuses the whole.
        let folder = tempfile::tempdir().unwrap();
        let bad = folder.path().join("断.jsonl");
        let lines =
            fs::read_to_string(root().join("sample-data/inbox/09-城市平台接口-双公示.jsonl"));
        fs::write(&bad, lines.unwrap().repeat(14) + "\n{\"CF_WSH\": ").unwrap();
        let mut paths = inbox_paths();
        // A refused file leaves nothing behind, wherever it stands.
        paths.insert(6, bad.clone());
        let files = paths
            .iter()
            .map(|path| (path.clone(), sniff(path).unwrap()));
        let told = gathered.read(files.collect(), &standards, ctx).unwrap();
        for (path, told) in paths.iter().zip(told) {
            assert_eq!(told.is_err(), *path == bad, "{}", path.display());
        }
        assert_eq!(gathered.len(), whole.files.len());
        let known = Nights(&[]);
        for piece in gathered.pieces() {
            let files = piece.unwrap().files().unwrap();
            let mut of_piece = Subjects::default();
            parts.push(ingest_files(files, &known, &mut of_piece, ctx).unwrap());
            subjects.join(of_piece);
        }
    });
    assert!(parts.len() > 8, "{} parts", parts.len());
    let rows = |part: &IngestOutcome| part.checked.len();
    assert!(parts.iter().all(|part| rows(part) < 60));
    assert_eq!(parts.iter().map(rows).sum::<usize>(), rows(whole));

    fn sorted<T: Clone + std::fmt::Debug>(rows: impl Iterator<Item = T>) -> Vec<String> {
        let mut shown: Vec<String> = rows.map(|row| format!("{row:?}")).collect();
        shown.sort();
        shown
    }
    let all = || parts.iter();
    // The pieces follow one another by bucket and subject; a subject with many rows is split, a decision is not.
    let places = |part: &IngestOutcome| -> BTreeSet<(i32, String, String)> {
        let penalties = part.penalties.iter();
        let licenses = part.licenses.iter();
        let events = part.events.iter();
        penalties
            .map(|r| (r.bucket, r.subject_id.clone(), r.decision_id.clone()))
            .chain(licenses.map(|r| (r.bucket, r.subject_id.clone(), r.decision_id.clone())))
            .chain(events.map(|r| (r.bucket, r.subject_id.clone(), r.decision_id.clone())))
            .collect()
    };
    let mut split = 0;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut last = None;
    for part in all() {
        let places = places(part);
        let subject = |place: &(i32, String, String)| (place.0, place.1.clone());
        if let (Some(first), Some(end)) = (places.first(), places.last()) {
            assert!(last <= Some(subject(first)), "{last:?}, {first:?}");
            split += usize::from(last == Some(subject(first)));
            last = Some(subject(end));
        }
        for (_, _, decision) in places {
            assert!(seen.insert(decision.clone()), "{decision}");
        }
    }
    assert!(split > 3, "{split}");
    assert_eq!(
        sorted(all().flat_map(|part| part.penalties.iter())),
        sorted(whole.penalties.iter())
    );
    assert_eq!(
        sorted(all().flat_map(|part| part.licenses.iter())),
        sorted(whole.licenses.iter())
    );
    assert_eq!(
        sorted(all().flat_map(|part| part.events.iter())),
        sorted(whole.events.iter())
    );
    assert_eq!(
        sorted(all().flat_map(|part| part.checked.iter())),
        sorted(whole.checked.iter())
    );
    assert_eq!(subjects.table(DEFAULT_BUCKETS).unwrap(), whole.subjects);
    let found: Vec<&RecordBatch> = all().map(|part| &part.quarantine).collect();
    let found = arrow::compute::concat_batches(&whole.quarantine.schema(), found).unwrap();
    assert_eq!(lines(&found), lines(&whole.quarantine));
    for (index, file) in whole.files.iter().enumerate() {
        let mut sum = parts[0].files[index].clone();
        for part in &parts[1..] {
            sum.add(&part.files[index]);
        }
        assert_eq!(&sum, file);
    }
}
