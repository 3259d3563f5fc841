//! The rule pack that the run archived against the digest that the run names.

use super::{Case, Check, Differences, Verdict};
use crate::rules::Pack;
use crate::run::RunError;

pub(super) const CHECK: Check = Check {
    name: "rules",
    what: "the archived rule pack against the digest that the run names",
    run,
};

fn run(case: &Case<'_>) -> Result<Verdict, RunError> {
    let digest = &case.run.rules_digest;
    let mut found = Differences::default();
    match case.snapshot.rule_pack(digest)? {
        None => found.add("rules", digest.as_str(), "no archived pack"),
        Some(files) => {
            let pack = Pack::from_files(files);
            if pack.digest() != digest {
                found.add(format!("rules {digest}"), digest.as_str(), pack.digest());
            }
        }
    }
    Ok(found.verdict("1 pack"))
}
