//! Damaged files are named, and hide nothing else.

use xinheng::store::{Store, StoreError, Table};

use super::nights::{KEY, all_buckets, fingerprint, night};

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
