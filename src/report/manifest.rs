//! What stands in `out/`: the digest of every file and of every table, so that anyone can check a copy.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checklist::Listed;
use crate::record::digest::sha256_hex;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub run_id: String,
    pub as_of: String,
    pub rules_digest: String,
    pub list_edition: String,
    /// Whose results the workbooks list.
    #[serde(default)]
    pub checklist: Listed,
    /// Subjects that changed but have no page, because a night writes only so many.
    pub pages_left_out: u64,
    /// Table → digest (see `store::table_digest`).
    pub tables: BTreeMap<String, String>,
    /// Path below `out/` → SHA-256.
    pub files: BTreeMap<String, String>,
}

/// Whether `out` holds the whole output of this run: manifest and every file that it names, unchanged, with workbooks that list
/// at least the subjects asked for.
pub fn out_is_complete(out: &Path, run_id: &str, listed: Listed) -> bool {
    let Ok(text) = std::fs::read(out.join("manifest.json")) else {
        return false;
    };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&text) else {
        return false;
    };
    manifest.run_id == run_id
        && (manifest.checklist == Listed::All || listed == Listed::Changed)
        && manifest.files.iter().all(|(name, sha)| {
            std::fs::read(out.join(name)).is_ok_and(|bytes| sha256_hex(&bytes) == *sha)
        })
}
