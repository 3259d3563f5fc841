//! What is purged is gone everywhere, stays out, and the store holds together.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use arrow::array::AsArray as _;

use super::{Rule, purge};
use crate::ingest::REVOKED_STATE;
use crate::record::{Day, PseudonymKey};
use crate::report::Rows;
use crate::run::verify::{Verdict, verify};
use crate::run::{Done, House, Job, input_files, perform};
use crate::store::{Snapshot, Store, StoreError, Table};

fn key() -> PseudonymKey {
    PseudonymKey::new(&[7; 32]).unwrap()
}

fn house() -> &'static House {
    static HOUSE: OnceLock<House> = OnceLock::new();
    HOUSE.get_or_init(|| House::open(None).unwrap())
}

fn inbox() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/inbox")
}

fn night(store: &Path, inbox: &Path, day: &str) -> Done {
    let day = Day::parse_iso(day).unwrap();
    let job = Job {
        kind: "run",
        store,
        files: input_files(&[inbox.to_owned()]).unwrap(),
        as_of: day,
        received: day,
        known_at: None,
        source_unit: None,
        schemes: Vec::new(),
        grade: true,
        no_compaction: false,
    };
    perform(&job, house(), &key(), &|_| {}).unwrap()
}

fn assert_holds(store: &Path) {
    let report = verify(&Store::open(store).unwrap(), None).unwrap();
    for (check, verdict) in &report.verdicts {
        assert!(
            matches!(verdict, Verdict::Agrees(_) | Verdict::NotAsked(_)),
            "{}: {verdict:?}",
            check.name
        );
    }
}

/// Version A: a penalty whose row says that it was revoked.
const REVOKED: &str = "CF_WSH,CF_CFMC,CF_CFLB1,CF_CFLB2,CF_SY,CF_YJ,CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_ZDM,CF_XDR_GSDJ,CF_XDR_SWDJ,CF_XDR_SFZ,CF_FR,CF_JG,CF_JDRQ,CF_XZJG,CF_ZT,DFBM,SJC,BZ
江环罚〔2017〕1号,江州示例化工超标排放案,罚款,,超标排放,环境保护法第六十条,江州示例化工有限公司,,71526726X,,,,王某,罚款贰万元整,2017/3/1,江州市环境保护局,1,500000,2017-03-02 10:00:00,
";

/// The CSV files of the sample inbox and the revoked penalty, with some bytes at the end of each.
fn inbox_with(folder: &Path, tail: &str) {
    std::fs::create_dir(folder).unwrap();
    std::fs::write(folder.join("a.csv"), REVOKED.to_owned() + tail).unwrap();
    for file in input_files(&[inbox()]).unwrap() {
        if file.extension().is_some_and(|x| x == "csv") {
            let mut bytes = std::fs::read(&file).unwrap();
            bytes.extend_from_slice(tail.as_bytes());
            std::fs::write(folder.join(file.file_name().unwrap()), bytes).unwrap();
        }
    }
}

/// Everything that all tables of a run say, `tombstones` apart.
fn all_text(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for table in Table::of_a_run().filter(|t| *t != Table::Tombstones) {
        let batch = snapshot.read(table).unwrap();
        let rows = Rows(&batch);
        for row in 0..rows.len() {
            text.push_str(&rows.object(row).to_string());
        }
    }
    text
}

/// Names of data files, and the text of all log entries.
fn on_disk(store: &Path) -> (Vec<String>, String) {
    let (mut files, mut log) = (Vec::new(), String::new());
    for table in Table::of_a_run() {
        let folder = store.join(table.name());
        for entry in std::fs::read_dir(&folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".parquet") {
                files.push(format!("{}/{name}", table.name()));
            }
        }
        for entry in std::fs::read_dir(folder.join("_delta_log")).unwrap() {
            let path = entry.unwrap().path();
            assert!(!path.to_string_lossy().contains(".tmp-"));
            if path.extension().is_some_and(|x| x == "json") {
                log.push_str(&std::fs::read_to_string(path).unwrap());
                log.push('\n');
            }
        }
    }
    files.sort();
    (files, log)
}

fn live(snapshot: &Snapshot) -> Vec<String> {
    let mut files = Vec::new();
    for table in Table::of_a_run() {
        for path in snapshot.files(table).unwrap() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.push(format!("{}/{name}", table.name()));
        }
    }
    files.sort();
    files
}

fn codes(snapshot: &Snapshot, run: &str) -> Vec<(String, String)> {
    let batch = snapshot.read(Table::Quarantine).unwrap();
    let rows = Rows(&batch);
    (0..rows.len())
        .filter(|row| rows.text(*row, "batch_id") == run)
        .map(|row| (rows.text(row, "code"), rows.text(row, "raw")))
        .collect()
}

#[test]
fn a_purged_decision_is_gone_everywhere_and_stays_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let sent = dir.path().join("sent");
    inbox_with(&sent, "");
    night(&store, &sent, "2026-11-22");
    let before = Store::open(&store).unwrap();
    // A decision whose row reported its own revocation, so that two records and a finding come from it.
    let events = before.read(Table::Events).unwrap();
    let events = Rows(&events);
    let revoked: Vec<String> = (0..events.len())
        .filter(|row| events.text(*row, "detail") == REVOKED_STATE)
        .map(|row| events.text(row, "document_no"))
        .collect();
    let rows = before.read(Table::Penalties).unwrap();
    let texts = |name: &str| rows.column_by_name(name).unwrap().as_string::<i32>();
    let (record, document) = (0..rows.num_rows())
        .map(|row| {
            (
                texts("record_id").value(row),
                texts("document_no").value(row),
            )
        })
        .find(|(_, document)| revoked.iter().any(|one| one == document))
        .unwrap();
    assert!(all_text(&before).contains(record));
    let penalties = before.count(Table::Penalties).unwrap();

    let rule = Rule::Record(record.to_owned());
    let done = purge(&store, &rule, "当事人申请", &key(), &|_| {}).unwrap();
    assert_eq!((done.decisions, done.rows["events"]), (2, 1));
    assert_eq!(done.run.kind, "purge");
    let after = Store::open(&store).unwrap();
    let left = all_text(&after);
    assert!(
        !left.contains(record) && !left.contains(document),
        "{document}"
    );
    assert_eq!(
        after.count(Table::Penalties).unwrap() + done.rows["penalties"],
        penalties
    );
    // On the disk there is nothing but what is live, and the log has no bounds of what is gone.
    let (files, log) = on_disk(&store);
    assert_eq!(files, live(&after));
    for line in log.lines().filter(|line| !line.is_empty()) {
        let action: serde_json::Value = serde_json::from_str(line).unwrap();
        let Some(path) = action["add"]["path"].as_str() else {
            continue;
        };
        let is_live = files.iter().any(|f| f.ends_with(path));
        let stats = action["add"]["stats"].as_str().unwrap();
        assert_eq!(stats.contains("minValues"), is_live, "{path} {stats}");
    }
    assert!(matches!(
        after.at_run(1),
        Err(StoreError::Vacuumed { seq: 1, .. })
    ));
    assert_holds(&store);

    // The same job changes nothing; the same purge matches nothing.
    assert!(night(&store, &sent, "2026-11-22").unchanged);
    let again = purge(&store, &rule, "当事人申请", &key(), &|_| {}).unwrap();
    assert!(again.rows.is_empty());
    assert_eq!(again.run.run_id, done.run.run_id);

    // The rows again, in files of other bytes: refused under a code of their own, without their cells.
    let copy = dir.path().join("again");
    inbox_with(&copy, "\r\n");
    let sent = night(&store, &copy, "2026-11-23");
    let last = Store::open(&store).unwrap();
    let refused: Vec<_> = codes(&last, &sent.run.run_id)
        .into_iter()
        .filter(|(code, _)| code == "SGS-K03")
        .collect();
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|(_, raw)| raw == "{}"));
    assert!(!all_text(&last).contains(record));
    assert_holds(&store);
}

#[test]
fn what_is_older_than_the_day_goes_and_the_rest_agrees() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    night(&store, &inbox(), "2026-11-22");
    let day = |text: &str| Rule::Before(Day::parse_iso(text).unwrap());
    let nothing = purge(&store, &day("1990-01-01"), "期满", &key(), &|_| {}).unwrap();
    assert!(nothing.rows.is_empty());
    assert_eq!(Store::open(&store).unwrap().last_run().unwrap().seq, 1);

    let limit = Day::parse_iso("2026-09-01").unwrap();
    let done = purge(&store, &Rule::Before(limit), "期满", &key(), &|_| {}).unwrap();
    let after = Store::open(&store).unwrap();
    let mut left = 0;
    for table in Table::RECORDS {
        let batch = after.read(table).unwrap();
        let rows = Rows(&batch);
        for row in 0..rows.len() {
            let decided = rows.text(row, "decided_on") + &rows.text(row, "occurred_on");
            assert!(decided.as_str() >= "2026-09-01", "{decided}");
            left += 1;
        }
    }
    assert!(left > 0 && done.rows["penalties"] > 0 && done.rows["subjects"] > 0);
    assert_eq!(after.count(Table::Tombstones).unwrap(), done.decisions);
    let reasons = after.read(Table::Tombstones).unwrap();
    assert_eq!(Rows(&reasons).text(0, "reason"), "期满");
    assert_eq!(Rows(&reasons).text(0, "rule"), "before");
    assert_eq!(on_disk(&store).0, live(&after));
    assert_holds(&store);
    let next = night(&store, &inbox(), "2026-11-23");
    assert!(!next.unchanged && next.run.inputs.is_empty());
    assert_holds(&store);
}
