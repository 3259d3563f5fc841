//! Fault points: named steps at which a test may kill the program.
//!
//! For tests only. With the environment variable `XINHENG_FAULT` unset, a point costs one read of a
//! flag. `XINHENG_FAULT=<name>` aborts the process (no destructor runs, as with `kill -9`) when the
//! step of that name is reached; `XINHENG_FAULT=step:<n>` aborts at the n-th point passed, whatever
//! its name, so that a test can walk through all of them.
//!
//! | name | the process dies … |
//! |---|---|
//! | `create:<table>` | after the first commit of that table, others may still be missing |
//! | `restore:<table>` | during recovery, after the restoring commit of that table |
//! | `recovered` | after recovery, before any new row |
//! | `half-file:<table>` | with a data file half written under its temporary name |
//! | `file:<table>` | after a data file got its final name |
//! | `rules` | after the rule pack was archived |
//! | `staged` | all data files on disk, nothing committed |
//! | `commit:<table>` | after that table's commit |
//! | `before-runs` | every table committed, `runs` not |
//! | `forget:<table>` | during a purge, after a data file of that table was removed from the disk |
//! | `forget-log:<table>` | during a purge, after a log entry of that table lost its statistics |
//! | `after-runs` | after the `runs` commit, before the command could report it |

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

enum Plan {
    Never,
    Name(String),
    Step(u64),
}

/// Dies here if the environment asks for it.
pub(super) fn point(step: &str, table: &str) {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    static PASSED: AtomicU64 = AtomicU64::new(0);
    let plan = PLAN.get_or_init(|| match std::env::var("XINHENG_FAULT") {
        Err(_) => Plan::Never,
        Ok(text) => match text.strip_prefix("step:").and_then(|n| n.parse().ok()) {
            Some(n) => Plan::Step(n),
            None => Plan::Name(text),
        },
    });
    let hit = match plan {
        Plan::Never => false,
        Plan::Step(n) => PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *n,
        Plan::Name(name) => match name.split_once(':') {
            Some((wanted, of)) => wanted == step && of == table,
            None => name == step,
        },
    };
    if hit {
        std::process::abort();
    }
}
