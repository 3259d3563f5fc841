//! Damaged files are named, and hide nothing else.

use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use xinheng::store::{Store, StoreError, Table};

use super::kill::walk;
use super::nights::{KEY, all_buckets, draft, fingerprint, night, subject};
use super::rows::{Row, batch, penalty, t};

/// After a power cut a log entry may have its name and length but not its bytes.
#[test]
fn a_log_entry_that_never_reached_the_disk_is_no_run() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let before = fingerprint(&Store::open(dir.path()).unwrap());
    let entry = |table: &str| {
        dir.path()
            .join(table)
            .join("_delta_log/00000000000000000002.json")
    };
    for (table, bytes) in [("runs", &[0_u8; 300][..]), ("grades", &[][..])] {
        std::fs::write(entry(table), bytes).unwrap();
        assert_eq!(fingerprint(&Store::open(dir.path()).unwrap()), before);
    }
    night(dir.path(), 2).unwrap();
    let snapshot = Store::open(dir.path()).unwrap();
    assert_eq!(snapshot.last_run().unwrap().seq, 2);
    // The entry that a complete run relies on is damage, not a leftover.
    std::fs::write(entry("grades"), []).unwrap();
    let error = Store::open(dir.path())
        .unwrap()
        .read(Table::Grades)
        .unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    let error = Store::begin(dir.path(), KEY).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn every_damaged_file_is_listed() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let snapshot = Store::open(dir.path()).unwrap();
    assert!(snapshot.damages().is_empty());
    let mut bad = Vec::new();
    for table in [Table::Events, Table::Grades, Table::Runs] {
        let file = snapshot.files(table).unwrap()[0].clone();
        let mut bytes = std::fs::read(&file).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&file, bytes).unwrap();
        bad.push(file);
    }
    let found: Vec<_> = snapshot
        .damages()
        .into_iter()
        .map(|e| match e {
            StoreError::Damaged { file, .. } => file,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!(found, bad);
}

#[test]
fn damage_is_named() {
    let dir = tempfile::tempdir().unwrap();
    night(dir.path(), 1).unwrap();
    let file = Store::open(dir.path())
        .unwrap()
        .files(Table::Penalties)
        .unwrap()[0]
        .clone();
    let good = std::fs::read(&file).unwrap();
    let read = || {
        Store::open(dir.path())
            .unwrap()
            .read_buckets(Table::Penalties, all_buckets(), None)
    };
    let mut flipped = good.clone();
    flipped[good.len() / 3] ^= 4;
    for bad in [&flipped[..], &good[..good.len() - 9], &[][..]] {
        std::fs::write(&file, bad).unwrap();
        match read() {
            Err(StoreError::Damaged {
                table, file: named, ..
            }) => {
                assert_eq!((table, named), ("penalties", file.clone()));
            }
            other => panic!("damage went unseen: {other:?}"),
        }
    }
    std::fs::remove_file(&file).unwrap();
    let message = read().unwrap_err().to_string();
    assert!(message.contains("missing"), "{message}");
    // The other tables can still be read.
    assert!(Store::open(dir.path()).unwrap().read(Table::Grades).is_ok());
    std::fs::write(&file, &good).unwrap();
    read().unwrap();

    let log = dir
        .path()
        .join("penalties/_delta_log/00000000000000000001.json");
    let entry = std::fs::read(&log).unwrap();
    std::fs::write(&log, &entry[..entry.len() / 2]).unwrap();
    match read() {
        Err(StoreError::Damaged { file, .. }) => assert_eq!(file, log.canonicalize().unwrap()),
        other => panic!("damage went unseen: {other:?}"),
    }
}

/// Files beyond 4 MiB are read in parts, and each part is compared with its checksum; polars reads behind such a comparison.
#[test]
fn a_flipped_bit_of_a_large_file_is_named_by_whoever_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Store::begin(dir.path(), KEY).unwrap();
    // Digits that hardly pack.
    let noise = |n: u64| {
        let mut state = n;
        (0..12).fold(String::new(), |text, _| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .rotate_left(17)
                ^ n;
            text + &format!("{state:016x}")
        })
    };
    let rows: Vec<Row> = (0..50_000)
        .map(|n| {
            let decision = format!("d{n}");
            let mut row = penalty(&subject(n % 9_001), &decision, 1, 20_000, 20_801);
            row.insert("facts", t(noise(n)));
            row
        })
        .collect();
    writer
        .append(Table::Penalties, batch(Table::Penalties, &rows))
        .unwrap();
    writer.commit(draft(1)).unwrap();
    let open = || Store::open(dir.path()).unwrap();
    let file = open().files(Table::Penalties).unwrap()[0].clone();
    let good = std::fs::read(&file).unwrap();
    assert!(good.len() > 5 << 20, "{}", good.len());
    let whole = || open().read_buckets(Table::Penalties, all_buckets(), None);
    let ids = || open().read_columns(Table::Penalties, &["record_id"]);
    let checked = |column| open().check(Table::Penalties, &[column], None);
    let asked = |sql: &str| {
        let sql = format!("SELECT {sql} FROM penalties_log");
        let (format, mut answer) = (xinheng::query::Format::Csv, Vec::new());
        xinheng::query::run(&sql, &open(), None, true, format, &mut answer).map(|()| answer)
    };
    whole().unwrap();
    ids().unwrap();
    asked("MAX(facts)").unwrap();

    // Where the facts stand, at the page index, and at the footer.
    let reader = SerializedFileReader::new(std::fs::File::open(&file).unwrap()).unwrap();
    let group = reader.metadata().row_group(0);
    let column = |name: &str| {
        let mut columns = group.columns().iter();
        let found = columns.find(|column| column.column_path().string() == name);
        found.unwrap()
    };
    let (start, length) = column("facts").byte_range();
    let facts = usize::try_from(start + length / 2).unwrap();
    let index = column("subject_id").column_index_offset().unwrap();
    let index = usize::try_from(index).unwrap() + 8;
    for (at, in_data) in [(facts, true), (index, false), (good.len() - 12, false)] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        let named = |by: &str, told: Result<(), StoreError>| match told {
            Err(StoreError::Damaged { file: named, .. }) => assert_eq!(named, file, "byte {at}"),
            other => panic!("byte {at} went unseen by {by}: {other:?}"),
        };
        named("a read of all columns", whole().map(drop));
        named("a check of the column", checked("facts"));
        let told = asked("MAX(facts)").unwrap_err().to_string();
        assert!(told.contains("penalties"), "{told}");
        assert_eq!(open().damages().len(), 1, "byte {at}");
        // Columns that do not hold the bit can still be read.
        assert_eq!(ids().is_ok(), in_data, "byte {at}");
        assert_eq!(checked("record_id").is_ok(), in_data, "byte {at}");
        assert_eq!(
            asked("COUNT(*), MAX(record_id)").is_ok(),
            in_data,
            "byte {at}"
        );
    }
}

/// Every file of a store with its length, but those of the table of runs, its seals and the lock.
fn all_but_runs(root: &Path) -> Vec<(PathBuf, u64)> {
    let files = walk(root).into_iter().map(PathBuf::from);
    let mut found: Vec<_> = files
        .map(|path| {
            let length = path.metadata().map_or(0, |m| m.len());
            (path, length)
        })
        .collect();
    found.retain(|(path, _)| {
        let mut parts = path.strip_prefix(root).unwrap().iter();
        !parts.any(|part| part == "runs" || part == ".lock")
    });
    found.sort();
    found
}

/// Without the runs everything would look like what a killed first run left, and would be undone.
#[test]
fn lost_runs_stop_the_next_writer_before_it_undoes_anything() {
    fn last_entry(root: &Path) {
        let log = root.join("runs/_delta_log");
        let mut entries: Vec<_> = std::fs::read_dir(log)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|x| x == "json"))
            .collect();
        entries.sort();
        std::fs::remove_file(entries.last().unwrap()).unwrap();
    }
    let first = |root: &Path| {
        std::fs::remove_file(root.join("runs/_delta_log/00000000000000000000.json")).unwrap();
    };
    let log = |root: &Path| std::fs::remove_dir_all(root.join("runs/_delta_log")).unwrap();
    let folder = |root: &Path| std::fs::remove_dir_all(root.join("runs")).unwrap();
    let and_seals = |root: &Path| {
        std::fs::remove_dir_all(root.join("runs")).unwrap();
        std::fs::remove_file(root.join(".seals/runs")).unwrap();
    };
    let older = |root: &Path| {
        last_entry(root);
        last_entry(root);
        std::fs::remove_file(root.join(".seals/runs")).unwrap();
    };
    type Loss<'a> = (&'a str, u64, &'a dyn Fn(&Path));
    let losses: [Loss<'_>; 8] = [
        ("the last entry", 2, &last_entry),
        ("the only run", 1, &last_entry),
        ("the first entry", 2, &first),
        ("the log", 1, &log),
        ("the folder", 1, &folder),
        ("the folder and its seals", 1, &and_seals),
        ("the folder and its seals", 3, &and_seals),
        ("two entries and the seals", 3, &older),
    ];
    for (what, nights, lose) in losses {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for seq in 1..=nights {
            night(root, seq).unwrap();
        }
        lose(root);
        let before = all_but_runs(root);
        for _ in 0..2 {
            let error = Store::begin(root, KEY).unwrap_err();
            let said = error.to_string();
            assert!(
                matches!(error, StoreError::Damaged { table: "runs", .. }),
                "{what}: {said}"
            );
            // An older night can still be read, whole, where it is the newest that is known.
            match Store::open(root) {
                Ok(snapshot) => assert!(what == "two entries and the seals", "{snapshot:?}"),
                Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
            }
            assert_eq!(all_but_runs(root), before, "{what} of {nights}");
        }
    }
}

/// A file that cannot be looked at is not a file that is not there.
#[cfg(unix)]
#[test]
fn what_cannot_be_looked_at_is_not_taken_for_gone() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    for seq in 1..=2 {
        night(root, seq).unwrap();
    }
    let snapshot = Store::open(root).unwrap();
    let replaced = snapshot.at_run(1).unwrap().files(Table::Grades).unwrap()[0].clone();
    assert!(!snapshot.files(Table::Grades).unwrap().contains(&replaced));
    // The system refuses to follow a link to itself, whoever asks.
    std::fs::remove_file(&replaced).unwrap();
    symlink(&replaced, &replaced).unwrap();
    let error = snapshot.at_run(1).unwrap_err();
    assert!(matches!(error, StoreError::Io { .. }), "{error}");

    let entry = root.join("runs/_delta_log/00000000000000000000.json");
    let away = root.join("away.json");
    std::fs::rename(&entry, &away).unwrap();
    symlink(&entry, &entry).unwrap();
    let before = all_but_runs(root);
    for error in [
        Store::open(root).unwrap_err(),
        Store::begin(root, KEY).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Io { .. }), "{error}");
    }
    assert_eq!(all_but_runs(root), before);
    std::fs::remove_file(&entry).unwrap();
    std::fs::rename(&away, &entry).unwrap();
    night(root, 3).unwrap();
}
