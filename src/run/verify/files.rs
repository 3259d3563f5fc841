//! The bytes of every live data file against the digest in its name, and of every log file against its seal.

use super::{Case, Check, Differences, Verdict};
use crate::run::RunError;
use crate::store::{StoreError, Table};

pub(super) const CHECK: Check = Check {
    name: "files",
    what: "the bytes of every live data file against the digest in its name, and of the logs against their seals",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let mut found = Differences::default();
    for error in case.snapshot.damages() {
        match error {
            StoreError::Damaged {
                table,
                file,
                reason,
            } => found.add(
                format!("{table} {}", file.display()),
                "the file as it was written",
                reason,
            ),
            other => found.add("store", "a file that can be read", other.to_string()),
        }
    }
    if found.count > 0 {
        return Ok(Verdict::Damaged(found));
    }
    let mut files = 0;
    for table in Table::ALL {
        files += case.snapshot.files(table)?.len();
    }
    Ok(Verdict::Agrees(format!("{files} files")))
}
