//! The rule pack that the run archived against the digest that the run names.

use super::{Case, Check, Differences, Verdict};
use crate::run::RunError;
use crate::run::house::archived_pack;
use crate::store::StoreError;

pub(super) const CHECK: Check = Check {
    name: "rules",
    what: "the archived rule pack against the digest that the run names",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let digest = &case.run.rules_digest;
    let mut found = Differences::default();
    match archived_pack(case.snapshot, digest) {
        Ok(Some(_)) => return Ok(found.verdict("1 pack")),
        Ok(None) => found.add("rules", digest.as_str(), "no archived pack"),
        Err(StoreError::Damaged { file, reason, .. }) => {
            found.add(format!("rules {}", file.display()), digest.as_str(), reason);
        }
        Err(other) => return Err(other.into()),
    }
    Ok(Verdict::Damaged(found))
}
