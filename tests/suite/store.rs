//! What a user sees of `store`.

mod damage;
mod in_force;
mod kill;
mod nights;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use arrow::array::{AsArray as _, RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::Int32Type;
use xinheng::record::{DEFAULT_BUCKETS, Day, bucket_of};
use xinheng::store::{AccessEntry, Ready, Sought, Store, StoreError, Table, table_digest};

use nights::{KEY, all_buckets, draft, every_bucket, fingerprint, night, scratch, subject, texts};
use rows::{batch, event, grade, penalty};

fn store_of(penalties: &[&[rows::Row]]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (night, rows) in penalties.iter().enumerate() {
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        writer
            .append(Table::Penalties, batch(Table::Penalties, rows))
            .unwrap();
        writer.commit(draft(night as u64 + 1)).unwrap();
    }
    dir
}

fn ids(rows: &RecordBatch) -> Vec<String> {
    texts(rows, "record_id")
        .into_iter()
        .zip(texts(rows, "version_key"))
        .map(|(id, key)| format!("{id} {}", key.split('|').nth(1).unwrap()))
        .collect()
}

#[test]
fn a_bucket_that_no_store_has_is_named_and_not_counted_up_to() {
    let mut row = penalty(&subject(1), "d1", 1, 100, 1);
    row.insert("bucket", rows::n(2_000_000_000));
    let dir = store_of(&[&[row]]);
    let told = Store::open(dir.path()).unwrap().bucket_groups(1000);
    let told = told.unwrap_err().to_string();
    assert!(told.contains("there is no bucket 2000000000"), "{told}");
    assert!(told.contains("penalties"), "{told}");
}

#[test]
fn all_tables_exist_after_the_first_writing_command() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("信用 store#1?&");
    Store::begin(&root, KEY).unwrap().commit(draft(1)).unwrap();
    let snapshot = Store::open(&root).unwrap();
    for table in Table::ALL {
        let rows = snapshot.read(table).unwrap();
        assert_eq!(rows.schema(), table.schema());
        assert_eq!(rows.num_rows(), usize::from(table == Table::Runs));
    }
    assert_eq!(snapshot.bucket_groups(1000).unwrap(), [all_buckets()]);
    let run = snapshot.last_run().unwrap();
    assert_eq!((run.seq, run.status.as_str()), (1, "complete"));
    assert_eq!(run.versions.len(), Table::ALL.len() - 1);
}

#[test]
fn a_folder_that_is_no_store_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("nowhere");
    assert!(matches!(
        Store::open(&missing),
        Err(StoreError::NotAStore { .. })
    ));
    assert!(matches!(
        Store::open(dir.path()),
        Err(StoreError::NotAStore { .. })
    ));
    let error = Store::begin(&dir.path().join("a%20b"), KEY).unwrap_err();
    assert!(error.to_string().contains("percent"), "{error}");
    assert!(!dir.path().join("a%20b").exists());
    std::fs::write(dir.path().join("letter.txt"), "not ours").unwrap();
    let error = Store::begin(dir.path(), KEY).unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    assert!(!dir.path().join(".lock").exists());
}

#[test]
fn an_unfinished_first_run_is_not_a_night() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::begin(dir.path(), KEY).unwrap());
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::NoRun { .. }), "{error}");
}

#[test]
fn another_key_is_refused_before_anything_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let before = fingerprint(&Store::open(dir.path()).unwrap());
    let error = Store::begin(dir.path(), "another").unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    assert!(error.to_string().contains("--key-file"));
    assert_eq!(fingerprint(&Store::open(dir.path()).unwrap()), before);
}

#[test]
fn one_writer_at_a_time_and_the_lock_file_means_nothing() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join(".lock"), "99999999").unwrap();
    let writer = Store::begin(dir.path(), KEY).unwrap();
    let error = Store::begin(dir.path(), KEY).unwrap_err();
    let message = error.to_string();
    assert!(matches!(error, StoreError::Locked { .. }), "{message}");
    assert!(
        message.contains(&format!("process {}", std::process::id())),
        "{message}"
    );
    drop(writer);
    assert_eq!(std::fs::read(dir.path().join(".lock")).unwrap(), b"");
    Store::begin(dir.path(), KEY).unwrap();
}

#[test]
fn a_writer_dropped_without_commit_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let before = fingerprint(&Store::open(dir.path()).unwrap());
    let files = count_files(dir.path());
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    let row = penalty(&subject(1), "new", 1, 1, 1);
    writer
        .append(Table::Penalties, batch(Table::Penalties, &[row]))
        .unwrap();
    assert_eq!(writer.view().unwrap().count(Table::Penalties).unwrap(), 41);
    drop(writer);
    assert_eq!(fingerprint(&Store::open(dir.path()).unwrap()), before);
    assert_eq!(count_files(dir.path()), files);
}

fn count_files(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| if p.is_dir() { count_files(&p) } else { 1 })
        .sum()
}

#[test]
fn readers_see_one_night_while_a_run_is_written() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let early = Store::open(dir.path()).unwrap();
    let want = fingerprint(&Store::open(dir.path()).unwrap());
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = std::collections::BTreeSet::new();
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                let snapshot = Store::open(dir.path()).unwrap();
                let run = snapshot.last_run().unwrap().clone();
                let grades = snapshot.read(Table::Grades).unwrap();
                assert_eq!(
                    table_digest(&grades),
                    run.digests["grades"],
                    "grades of another night than run {}",
                    run.seq
                );
                assert!(texts(&grades, "run_id").iter().all(|id| *id == run.run_id));
                seen.insert(run.seq);
            }
            seen
        });
        for n in 2..=6 {
            night(dir.path(), n).unwrap();
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
        assert!(reader.join().unwrap().len() > 1);
    });
    // The snapshot opened before still shows its night, though it reads most tables only now.
    assert_eq!(fingerprint(&early), want);
}

#[test]
fn the_whole_newest_set_of_a_decision_is_in_force() {
    let a = subject(1);
    let night1 = [
        penalty(&a, "x", 1, 100, 10),
        penalty(&a, "x", 2, 100, 10),
        penalty(&a, "y", 1, 90, 10),
    ];
    // The correction has one part only: part 2 is gone with its set.
    let night2 = [penalty(&a, "x", 1, 101, 20)];
    // An older version that arrives late does not win.
    let mut late = penalty(&a, "y", 1, 91, 30);
    late.insert("version_key", rows::t("|00000005|y"));
    let dir = store_of(&[&night1, &night2, &[late]]);
    let snapshot = Store::open(dir.path()).unwrap();
    let at = |day: Option<i32>| {
        let day = day.map(Day::from_epoch);
        ids(&snapshot
            .read_buckets(Table::Penalties, all_buckets(), day)
            .unwrap())
    };
    assert_eq!(at(None), ["y/1 00000010", "x/1 00000020"]);
    assert_eq!(at(Some(20)), ["y/1 00000010", "x/1 00000020"]);
    assert_eq!(
        at(Some(19)),
        ["y/1 00000010", "x/1 00000010", "x/2 00000010"]
    );
    assert_eq!(at(Some(9)), [""; 0]);
    assert_eq!(snapshot.count(Table::Penalties).unwrap(), 5);

    let known = snapshot
        .known_versions(Table::Penalties, &every_bucket())
        .unwrap();
    let digests: Vec<&str> = known["x"].iter().map(|v| v.set_digest.as_str()).collect();
    assert_eq!(digests, ["x-10", "x-20"]);
    let none = snapshot
        .known_versions(
            Table::Penalties,
            &[(bucket_of(&a, DEFAULT_BUCKETS) + 1) % 64].into(),
        )
        .unwrap();
    assert!(none.is_empty());
}

/// Few decisions are looked for by bloom filter and subject, many by reading; both find what a search of everything finds.
#[test]
fn the_versions_of_some_decisions_are_those_among_all() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    // Two files of many rows, where every tenth decision has a second version.
    for received in [20_801, 20_802] {
        let rows: Vec<_> = (0..30_000)
            .filter(|n| received == 20_801 || n % 10 == 0)
            .map(|n| penalty(&subject(n % 7_001), &format!("d{n}"), 1, 20_000, received))
            .collect();
        writer
            .append(Table::Penalties, batch(Table::Penalties, &rows))
            .unwrap();
    }
    writer.commit(draft(1)).unwrap();
    let snapshot = Store::open(dir.path()).unwrap();
    let buckets: BTreeSet<u32> = (0..DEFAULT_BUCKETS).collect();
    let all = snapshot.known_versions(Table::Penalties, &buckets).unwrap();
    assert_eq!(all.len(), 30_000);
    assert_eq!(all["d40"].len(), 2);
    for step in [3_000, 500, 1] {
        // One of them is known, the other is not.
        let decisions: Vec<(String, String)> = (0..30_000)
            .step_by(step)
            .flat_map(|n| {
                let who = subject(n % 7_001);
                [(format!("d{n}"), who.clone()), (format!("new{n}"), who)]
            })
            .collect();
        let sought: Sought<'_> = decisions
            .iter()
            .map(|(id, who)| (id.as_str(), (bucket_of(who, DEFAULT_BUCKETS), who.as_str())))
            .collect();
        let found = snapshot
            .known_versions_of(Table::Penalties, &sought)
            .unwrap();
        let mut among = all.clone();
        among.retain(|id, _| sought.contains_key(id.as_str()));
        assert_eq!(among.len(), 30_000_usize.div_ceil(step));
        assert_eq!(found, among, "every {step}th");
    }
}

#[test]
fn buckets_read_apart_make_the_whole() {
    let dir = tempfile::tempdir().unwrap();
    for n in 1..=3 {
        night(dir.path(), n).unwrap();
    }
    let snapshot = Store::open(dir.path()).unwrap();
    for table in [Table::Penalties, Table::Events, Table::Grades] {
        let whole = snapshot.read_buckets(table, all_buckets(), None).unwrap();
        for size in [1, 10, 100_000] {
            let groups = snapshot.bucket_groups(size).unwrap();
            assert_eq!(groups.first().unwrap().start, 0);
            assert_eq!(groups.last().unwrap().end, DEFAULT_BUCKETS);
            assert!(groups.windows(2).all(|w| w[0].end == w[1].start));
            let parts: Vec<RecordBatch> = groups
                .into_iter()
                .map(|g| snapshot.read_buckets(table, g, None).unwrap())
                .collect();
            assert_eq!(concat_batches(&table.schema(), &parts).unwrap(), whole);
        }
        let keys: Vec<(i32, String)> = whole
            .column_by_name("bucket")
            .unwrap()
            .as_primitive::<Int32Type>()
            .values()
            .iter()
            .copied()
            .zip(texts(&whole, "subject_id"))
            .collect();
        assert!(keys.is_sorted());
        let few = snapshot
            .read_subjects(table, &[&subject(2), &subject(4)], None)
            .unwrap();
        let hits = keys
            .iter()
            .filter(|(_, id)| *id == subject(2) || *id == subject(4))
            .count();
        assert!(hits > 0);
        assert_eq!(few.num_rows(), hits);
    }
    let some = snapshot
        .read_buckets_columns(
            Table::Penalties,
            all_buckets(),
            None,
            &["fine_fen", "subject_id"],
        )
        .unwrap();
    assert_eq!(some.num_columns(), 2);
    assert_eq!(some.schema().field(0).name(), "fine_fen");
    let columns = snapshot
        .read_columns(Table::Penalties, &["citations"])
        .unwrap();
    assert_eq!(
        columns.num_rows(),
        snapshot.count(Table::Penalties).unwrap()
    );
}

#[test]
fn the_same_rows_have_the_same_digest_in_any_order_and_layout() {
    let rows: Vec<rows::Row> = (0..50)
        .map(|k| penalty(&subject(k % 7), &format!("d{k}"), 1, k as i64, 5))
        .collect();
    let one = batch(Table::Penalties, &rows);
    let digest = table_digest(&one);
    let turned = take_record_batch(&one, &UInt32Array::from_iter_values((0..50).rev())).unwrap();
    assert_eq!(table_digest(&turned), digest);
    let dir = store_of(&[&rows[30..], &rows[..10], &rows[10..30]]);
    let snapshot = Store::open(dir.path()).unwrap();
    assert_eq!(snapshot.digest(Table::Penalties).unwrap(), digest);

    let mut later = rows.clone();
    later[3].insert("received_on", rows::n(6));
    later[3].insert("batch_id", rows::t("another"));
    assert_eq!(table_digest(&batch(Table::Penalties, &later)), digest);
    let mut other = rows.clone();
    other[3].insert("fine_fen", rows::n(1));
    assert_ne!(table_digest(&batch(Table::Penalties, &other)), digest);
    // A value may not move from one column to its neighbour unseen.
    let mut moved = rows.clone();
    moved[3].insert("facts", rows::t("a"));
    let mut beside = rows;
    beside[3].insert("violation", rows::t("a"));
    assert_ne!(
        table_digest(&batch(Table::Penalties, &moved)),
        table_digest(&batch(Table::Penalties, &beside))
    );
}

#[test]
fn the_digest_is_the_documented_one() {
    // Computed from the documented encoding by another program.
    let row = grade("s", "x", 90, "r1");
    insta::assert_snapshot!(table_digest(&batch(Table::Grades, &[row])), @"621e226a5a2edf804b731c19ed7b8ac9c3ff41794c93568e966c7111b94d3a98");
}

#[test]
fn one_scheme_is_replaced_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    let old = [
        grade("a", &subject(1), 90, "old"),
        grade("b", &subject(1), 70, "old"),
        grade("b", &subject(2), 60, "old"),
    ];
    writer
        .replace(Table::Grades, batch(Table::Grades, &old))
        .unwrap();
    writer.commit(draft(1)).unwrap();
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    let new = [grade("b", &subject(1), 50, "new")];
    writer
        .replace_where_scheme(
            &["b".to_owned()].into(),
            Ready::of(Table::Grades, batch(Table::Grades, &new)).unwrap(),
        )
        .unwrap();
    let run = writer.commit(draft(2)).unwrap();
    let snapshot = Store::open(dir.path()).unwrap();
    let rows = snapshot.read(Table::Grades).unwrap();
    let mut seen: Vec<(String, String)> = texts(&rows, "scheme")
        .into_iter()
        .zip(texts(&rows, "run_id"))
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            ("a".to_owned(), "old".to_owned()),
            ("b".to_owned(), "new".to_owned())
        ]
    );
    assert_eq!(run.digests["grades"], table_digest(&rows));
}

#[test]
fn an_older_run_can_be_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut want = Vec::new();
    for n in 1..=4 {
        night(dir.path(), n).unwrap();
        want.push(fingerprint(&Store::open(dir.path()).unwrap()));
    }
    let snapshot = Store::open(dir.path()).unwrap();
    for n in 1..=4 {
        let old = snapshot.at_run(n).unwrap();
        assert_eq!(fingerprint(&old), want[n as usize - 1]);
    }
    assert!(matches!(
        snapshot.at_run(5),
        Err(StoreError::UnknownRun { seq: 5, newest: 4 })
    ));
    assert_eq!(
        snapshot.rule_pack(&format!("{:064}", 2)).unwrap(),
        Some(BTreeMap::from([(
            "pack.toml".to_owned(),
            "night = 2".to_owned()
        )]))
    );
}

#[test]
fn a_table_the_run_did_not_touch_keeps_its_version_and_digest() {
    let dir = tempfile::tempdir().unwrap();
    let first = night(dir.path(), 1).unwrap().unwrap();
    let second = Store::begin(dir.path(), KEY)
        .unwrap()
        .commit(draft(2))
        .unwrap();
    assert_eq!(second.digests["grades"], first.digests["grades"]);
    assert_eq!(second.versions["grades"], first.versions["grades"]);
    assert!(!second.digests.contains_key("penalties"));
    assert_eq!(second.versions["runs"], first.versions["runs"] + 1);
}

#[test]
fn the_access_log_grows_beside_the_runs_and_is_never_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let entry = AccessEntry {
        command: "explain".to_owned(),
        subject_id: subject(1),
        view: "internal".to_owned(),
        detail: String::new(),
        run_id: "r000001".to_owned(),
    };
    // While a run holds the store, and often enough to be joined into one file.
    let writer = Store::begin(dir.path(), KEY).unwrap();
    for _ in 0..40 {
        Store::log_access(dir.path(), &entry).unwrap();
    }
    drop(writer);
    night(dir.path(), 2).unwrap();
    let snapshot = Store::open(dir.path()).unwrap();
    let rows = snapshot.read(Table::AccessLog).unwrap();
    assert_eq!(rows.num_rows(), 40);
    let at = &texts(&rows, "at")[0];
    assert!(at.len() == 20 && at.ends_with('Z'), "{at}");
    assert!(snapshot.files(Table::AccessLog).unwrap().len() < 33);
}

#[test]
fn many_nights_keep_runs_small_and_old_results_are_removed() {
    let dir = scratch();
    for n in 1..=40 {
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        let row = grade("s", &subject(1), n, "r");
        writer
            .replace(Table::Grades, batch(Table::Grades, &[row]))
            .unwrap();
        writer.commit(draft(n as u64)).unwrap();
    }
    let snapshot = Store::open(dir.path()).unwrap();
    let runs = snapshot.runs().unwrap();
    assert_eq!(runs.len(), 40);
    assert!(runs.iter().zip(1..).all(|(run, seq)| run.seq == seq));
    assert!(snapshot.files(Table::Runs).unwrap().len() <= 17);
    assert!(matches!(
        snapshot.at_run(2),
        Err(StoreError::Vacuumed { seq: 2, .. })
    ));
    let old = snapshot.at_run(10).unwrap().read(Table::Grades).unwrap();
    assert_eq!(old.num_rows(), 1);
}

#[test]
fn small_files_are_joined_and_no_row_is_lost() {
    let dir = scratch();
    let mut all = Vec::new();
    for n in 1..=20 {
        let rows: Vec<rows::Row> = (0..3)
            .map(|k| penalty(&subject(k), &format!("d{}", k + n % 5), 1, 100, n as i64))
            .collect();
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        writer
            .append(Table::Penalties, batch(Table::Penalties, &rows))
            .unwrap();
        writer.commit(draft(n)).unwrap();
        all.extend(rows);
    }
    let snapshot = Store::open(dir.path()).unwrap();
    assert!(snapshot.files(Table::Penalties).unwrap().len() < 10);
    assert_eq!(
        snapshot.digest(Table::Penalties).unwrap(),
        table_digest(&batch(Table::Penalties, &all))
    );
    // The joining moved rows only: a night before it is still there.
    let early = snapshot.at_run(5).unwrap();
    assert_eq!(early.count(Table::Penalties).unwrap(), 15);
    assert!(snapshot.damages().is_empty());
}

#[test]
fn a_run_can_leave_small_files_for_a_later_one() {
    let dir = scratch();
    let night = |n: u64, leave: bool| {
        let row = penalty(&subject(n % 3), &format!("d{n}"), 1, 100, n as i64);
        let mut writer = Store::begin(dir.path(), KEY).unwrap();
        writer.leave_small_files(leave);
        writer
            .append(Table::Penalties, batch(Table::Penalties, &[row]))
            .unwrap();
        writer.commit(draft(n)).unwrap();
        let snapshot = Store::open(dir.path()).unwrap();
        let rows = snapshot
            .read_buckets(Table::Penalties, 0..64, None)
            .unwrap();
        assert_eq!(rows.num_rows() as u64, n);
        snapshot.files(Table::Penalties).unwrap().len()
    };
    let files: Vec<usize> = (1..=12).map(|n| night(n, true)).collect();
    assert_eq!(files, (1..=12).collect::<Vec<_>>());
    // Eight of the twelve become one; the night's own file stays beside them.
    assert_eq!(night(13, false), 6);
}

#[test]
fn rows_of_another_schema_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    let rows = batch(Table::Events, &[event(&subject(1), "e", 1, 1)]);
    let error = writer.append(Table::Penalties, rows).unwrap_err();
    assert!(matches!(error, StoreError::Schema { .. }), "{error}");
    let run = batch(Table::Runs, &[]);
    assert!(writer.append(Table::Runs, run).is_err());
}

/// Opens a store with the `deltalake` package. Skipped where the package is absent, unless
/// `XINHENG_REQUIRE_DELTA=1`. `XINHENG_PYTHON` names the interpreter (default `python3`).
#[test]
fn any_delta_reader_opens_the_tables() {
    let python = std::env::var("XINHENG_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let required = std::env::var("XINHENG_REQUIRE_DELTA").is_ok_and(|v| v == "1");
    let present = Command::new(&python)
        .args(["-c", "import deltalake, pyarrow"])
        .output()
        .is_ok_and(|o| o.status.success());
    if !present {
        assert!(!required, "{python} has no deltalake package");
        eprintln!("skipped: {python} has no deltalake package");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for n in 1..=3 {
        night(dir.path(), n).unwrap();
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/delta_reader.py");
    let output = Command::new(&python)
        .arg(script)
        .arg(dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    for table in Table::ALL {
        assert!(text.contains(table.name()), "{text}");
    }
    assert!(
        text.contains("penalties      version    3 of    3"),
        "{text}"
    );
}
