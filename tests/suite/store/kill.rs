//! Killed at any instant, the store opens, readers see the previous night, the next run finishes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use xinheng::store::{Store, StoreError};

use super::nights::{NIGHTS, fingerprint, night, scratch};

const ROOT: &str = "XINHENG_TEST_STORE";
const LAST: &str = "XINHENG_TEST_NIGHTS";

/// Not a test by itself: what the killed processes do.
#[test]
#[ignore = "started by the kill tests in a process of its own"]
fn child() {
    let root = std::env::var(ROOT).expect("the kill tests name a store");
    let last = std::env::var(LAST).unwrap().parse().unwrap();
    for n in 1..=last {
        night(Path::new(&root), n).unwrap();
    }
}

fn command(root: &Path, nights: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["store::kill::child", "--exact", "--ignored"])
        .env(ROOT, root)
        .env(LAST, nights.to_string())
        .env_remove("XINHENG_FAULT")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Fingerprints after each night of a store that nobody disturbed.
fn undisturbed() -> Vec<Vec<String>> {
    let dir = scratch();
    (1..=NIGHTS)
        .map(|n| {
            night(dir.path(), n).unwrap();
            fingerprint(&Store::open(dir.path()).unwrap())
        })
        .collect()
}

/// The store must show exactly the nights that were completed. Returns how many.
fn assert_whole(root: &Path, want: &[Vec<String>], what: &str) -> u64 {
    match Store::open(root) {
        Ok(snapshot) => {
            let nights = snapshot.last_run().unwrap().seq;
            assert_eq!(
                fingerprint(&snapshot),
                want[nights as usize - 1],
                "after {what} the store shows part of a night"
            );
            nights
        }
        Err(StoreError::NoRun { .. } | StoreError::NotAStore { .. }) => 0,
        Err(error) => panic!("after {what} the store does not open: {error}"),
    }
}

fn assert_finishes(root: &Path, want: &[Vec<String>], nights: u64, what: &str) {
    for n in 1..=nights {
        night(root, n).unwrap_or_else(|e| panic!("after {what} the next run fails: {e}"));
    }
    assert_eq!(assert_whole(root, want, what), nights, "{what}");
    let stray: Vec<_> = walk(root)
        .into_iter()
        .filter(|p| p.contains(".tmp-") || p.contains('#'))
        .collect();
    assert!(stray.is_empty(), "after {what} there remain {stray:?}");
}

/// Every file below a folder.
pub(super) fn walk(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(walk(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Walks through every fault point of two nights, twice at each: the second process meets what the
/// first one left and is killed at the same step again.
#[test]
fn killed_at_every_step() {
    let want = undisturbed();
    let mut steps = 0;
    for step in 1.. {
        let dir = scratch();
        let what = format!("a kill at step {step}");
        let fault = format!("step:{step}");
        let killed = |_: u32| {
            let ended = command(dir.path(), 2)
                .env("XINHENG_FAULT", &fault)
                .status()
                .unwrap();
            assert_whole(dir.path(), &want, &what);
            !ended.success()
        };
        if !killed(1) {
            break;
        }
        killed(2);
        assert_finishes(dir.path(), &want, 2, &what);
        steps = step;
    }
    assert!(steps > 60, "only {steps} steps were walked through");
}

#[test]
fn killed_at_named_steps_of_a_later_night() {
    let want = undisturbed();
    for fault in [
        "recovered",
        "half-file:penalties",
        "file:grades",
        "rules",
        "staged",
        "commit:penalties",
        "commit:incentives",
        "before-runs",
        "file:runs",
        "after-runs",
    ] {
        let dir = scratch();
        assert!(command(dir.path(), 2).status().unwrap().success());
        let ended = command(dir.path(), 3)
            .env("XINHENG_FAULT", fault)
            .status()
            .unwrap();
        assert!(!ended.success(), "nothing passed {fault}");
        let nights = assert_whole(dir.path(), &want, fault);
        // `recovered` already dies when night 1 is found done.
        assert_eq!(nights, if fault == "after-runs" { 3 } else { 2 }, "{fault}");
        assert_finishes(dir.path(), &want, 3, fault);
    }
}

/// Recovery itself is killed after each restoring commit.
#[test]
fn killed_during_recovery() {
    let want = undisturbed();
    for table in ["penalties", "grades", "incentives"] {
        let dir = scratch();
        assert!(command(dir.path(), 1).status().unwrap().success());
        let dies = |fault: &str| {
            let ended = command(dir.path(), 2)
                .env("XINHENG_FAULT", fault)
                .status()
                .unwrap();
            assert!(!ended.success(), "nothing passed {fault}");
            assert_eq!(assert_whole(dir.path(), &want, fault), 1);
        };
        dies("before-runs");
        dies(&format!("restore:{table}"));
        dies("before-runs");
        assert_finishes(dir.path(), &want, 2, table);
    }
}

/// `kill -9` by the clock, wherever the process happens to be.
#[test]
fn killed_at_random_moments() {
    let want = undisturbed();
    let dir = scratch();
    // A fixed sequence of waiting times between 1 and 120 ms, spread over the length of a night.
    let mut wait = 17_u64;
    for round in 0..25 {
        wait = (wait * 37 + 11) % 120 + 1;
        let mut child = command(dir.path(), NIGHTS).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole(dir.path(), &want, &format!("kill {round} after {wait} ms"));
    }
    assert_finishes(dir.path(), &want, NIGHTS, "25 kills");
}
