//! Live data files with what their log says of them, so that a look-up opens only those that may hold an answer.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::scan::Wanted;

/// A live data file of a table.
#[derive(Debug, Clone)]
pub(super) struct LiveFile {
    path: PathBuf,
    said: Said,
}

/// The part of a file's Delta statistics that look-ups go by.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Said {
    num_records: Option<u64>,
    min_values: Bound,
    max_values: Bound,
    null_count: Nulls,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Bound {
    bucket: Option<i32>,
}

/// Columns that few rows fill.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Nulls {
    same_as: Option<u64>,
    linked_unit: Option<u64>,
}

impl LiveFile {
    /// A file with its statistics in Delta's JSON form; without any it may hold everything.
    pub(super) fn new(path: PathBuf, stats: Option<&str>) -> Self {
        let said = stats.and_then(|text| serde_json::from_str(text).ok());
        Self {
            path,
            said: said.unwrap_or_default(),
        }
    }

    /// Whether the file may hold wanted rows, as far as its log tells.
    pub(super) fn may_hold(&self, wanted: &Wanted) -> bool {
        let said = &self.said;
        if let (Some(least), Some(greatest)) = (said.min_values.bucket, said.max_values.bucket)
            && !wanted.any_bucket_in(least, greatest)
        {
            return false;
        }
        let nulls = match wanted.present {
            Some("same_as") => said.null_count.same_as,
            Some("linked_unit") => said.null_count.linked_unit,
            _ => None,
        };
        nulls.is_none() || nulls != said.num_records
    }
}

impl Deref for LiveFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_rule_files_out() {
        let stats = r#"{"numRecords":7,"minValues":{"bucket":3,"name":"甲"},"maxValues":{"bucket":5},"nullCount":{"same_as":7}}"#;
        let file = LiveFile::new(PathBuf::from("a"), Some(stats));
        let buckets = |range| Wanted {
            buckets: Some(range),
            ..Wanted::default()
        };
        assert!(file.may_hold(&Wanted::default()));
        assert!(file.may_hold(&buckets(0..4)) && file.may_hold(&buckets(5..9)));
        assert!(!file.may_hold(&buckets(0..3)) && !file.may_hold(&buckets(6..9)));
        let present = |column| Wanted {
            present: Some(column),
            ..Wanted::default()
        };
        assert!(!file.may_hold(&present("same_as")) && file.may_hold(&present("linked_unit")));
        // Nothing is known of a file without statistics.
        let silent = LiveFile::new(PathBuf::from("a"), None);
        assert!(silent.may_hold(&buckets(0..1)) && silent.may_hold(&present("same_as")));
    }
}
