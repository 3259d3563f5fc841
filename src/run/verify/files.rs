//! The bytes of every data file against the digest in its name, and of every log file against its seal.

use super::{Case, Check, Differences, Verdict};
use crate::run::RunError;
use crate::store::{StoreError, Table};

pub(super) const CHECK: Check = Check {
    name: "files",
    what: "the bytes of every live data file against the digest in its name, and of the logs against their seals",
    run,
};

pub(super) const EARLIER: Check = Check {
    name: "earlier",
    what: "the bytes of the data files that only earlier runs use against the digests in their names",
    run: run_earlier,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let found = named(case.snapshot.damages());
    if found.count > 0 {
        return Ok(Verdict::Damaged(found));
    }
    let mut files = 0;
    for table in Table::ALL {
        files += case.snapshot.files(table)?.len();
    }
    Ok(Verdict::Agrees(format!("{files} files")))
}

fn run_earlier(case: &Case<'_>) -> Result<Verdict, RunError> {
    if !case.is_newest {
        let why = "asked of the newest run only";
        return Ok(Verdict::NotAsked(why.to_owned()));
    }
    let (files, damages) = case.snapshot.damages_of_earlier()?;
    let found = named(damages);
    Ok(match found.count {
        0 => Verdict::Agrees(format!("{files} files")),
        _ => Verdict::Damaged(found),
    })
}

/// Damages as differences.
fn named(damages: Vec<StoreError>) -> Differences {
    let mut found = Differences::default();
    for error in damages {
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
    found
}
