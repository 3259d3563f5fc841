//! Damaged files are named, and hide nothing else.

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use xinheng::store::{Store, StoreError, Table};

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
    let rows: Vec<Row> = (0..40_000)
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
    let mut columns = group.columns().iter();
    let (start, length) = columns
        .find(|column| column.column_path().string() == "facts")
        .unwrap()
        .byte_range();
    let facts = usize::try_from(start + length / 2).unwrap();
    let index = group.column(0).column_index_offset().unwrap();
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
