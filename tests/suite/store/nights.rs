//! Three made-up nights, each a function of its number, so that any of them can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use xinheng::record::Day;
use xinheng::record::cells::Text;
use xinheng::store::{InputFile, RunDraft, RunRecord, Snapshot, Store, StoreError, Table};

use super::rows::{Row, batch, event, grade, penalty, plain, t};

pub(super) const KEY: &str = "fingerprint-of-the-test-key";
pub(super) const NIGHTS: u64 = 3;

/// A folder for stores that are killed a hundred times: in memory where there is such a place, since
/// the store flushes every file to the disk.
pub(super) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

pub(super) fn subject(n: u64) -> String {
    format!("9150010{:011}", n * 7919)
}

/// Runs night `n` (1, 2 …) unless the store has it already.
pub(super) fn night(root: &Path, n: u64) -> Result<Option<RunRecord>, StoreError> {
    let mut writer = Store::begin(root, KEY)?;
    if writer.snapshot().last_run().is_some_and(|r| r.seq >= n) {
        return Ok(None);
    }
    assert_eq!(writer.seq(), n, "nights come one after the other");
    let run_id = writer.run_id().to_owned();
    let received = 20_800 + n as i64;
    // Each night brings 40 new decisions and a newer version of every third of the night before.
    let mut penalties: Vec<Row> = Vec::new();
    for k in 0..40 {
        let who = subject((k * 13 + n) % 23);
        penalties.push(penalty(
            &who,
            &format!("d{n}-{k}"),
            1,
            20_000 + k as i64,
            received,
        ));
    }
    if n > 1 {
        for k in (0..40).step_by(3) {
            let who = subject((k * 13 + n - 1) % 23);
            let decision = format!("d{}-{k}", n - 1);
            for part in 1..=2 {
                penalties.push(penalty(&who, &decision, part, 20_000 + k as i64, received));
            }
        }
    }
    for row in &mut penalties {
        row.insert("batch_id", t(&run_id));
    }
    let (early, late) = penalties.split_at(penalties.len() / 2);
    writer.append(Table::Penalties, batch(Table::Penalties, early))?;
    writer.append(Table::Penalties, batch(Table::Penalties, late))?;
    let events: Vec<Row> = (0..5)
        .map(|k| event(&subject(k), &format!("e{n}-{k}"), 20_100, received))
        .collect();
    writer.append(Table::Events, batch(Table::Events, &events))?;
    writer.append(Table::Licenses, batch(Table::Licenses, &[]))?;
    writer.append(
        Table::Quarantine,
        batch(
            Table::Quarantine,
            &[Row::from([
                ("file", t(format!("第{n}晚.csv"))),
                ("code", t("SGS-U02")),
            ])],
        ),
    )?;
    writer.archive_rules(
        &format!("{n:064}"),
        &BTreeMap::from([("pack.toml".to_owned(), format!("night = {n}"))]),
    )?;

    // Like the nightly run: results come from the rows in force, with this night's rows among them.
    let view = writer.view()?;
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for buckets in view.bucket_groups(30)? {
        let rows = view.read_buckets(Table::Penalties, buckets, None)?;
        for who in texts(&rows, "subject_id") {
            *counts.entry(who).or_default() += 1;
        }
    }
    let mut grades = Vec::new();
    let mut plains = Vec::new();
    for (who, count) in &counts {
        grades.push(grade("environment/test-1", who, 100 - count, &run_id));
        plains.push(plain(who, &run_id));
    }
    writer.replace(Table::Grades, batch(Table::Grades, &grades))?;
    writer.replace(Table::Subjects, batch(Table::Subjects, &plains))?;
    for table in [
        Table::Evidence,
        Table::Supervision,
        Table::Measures,
        Table::Incentives,
    ] {
        writer.replace(table, batch(table, &plains))?;
    }
    let run = writer.commit(draft(n))?;
    Ok(Some(run))
}

pub(super) fn draft(n: u64) -> RunDraft {
    RunDraft {
        kind: "run".to_owned(),
        as_of: Day::from_epoch(20_800 + n as i32),
        received_on: Some(Day::from_epoch(20_800 + n as i32)),
        known_at: None,
        rules_digest: format!("{n:064}"),
        inputs: vec![InputFile {
            file: format!("第{n}晚.csv"),
            rows_read: 41,
            accepted: 40,
            quarantined: 1,
            ..InputFile::default()
        }],
    }
}

/// What must be equal between an undisturbed store and one that was killed: every run but its
/// versions, and the digest and size of every table. (A killed run leaves a gap in the versions.)
pub(super) fn fingerprint(snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    for mut run in snapshot.runs().unwrap() {
        run.versions.clear();
        lines.push(format!("{run:?}"));
    }
    for table in Table::of_a_run() {
        lines.push(format!(
            "{} {} rows {}",
            table.name(),
            snapshot.count(table).unwrap(),
            snapshot.digest(table).unwrap()
        ));
    }
    lines
}

pub(super) fn texts(rows: &arrow::array::RecordBatch, column: &str) -> Vec<String> {
    let column = Text::of(rows.column_by_name(column).unwrap()).unwrap();
    (0..rows.num_rows())
        .map(|row| column.or_empty(row).to_owned())
        .collect()
}

pub(super) fn all_buckets() -> std::ops::Range<u32> {
    0..xinheng::record::DEFAULT_BUCKETS
}

pub(super) fn every_bucket() -> BTreeSet<u32> {
    all_buckets().collect()
}
