//! The default as-of day. The clock is read here and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::record::Day;

/// Today in China (UTC+8).
pub(super) fn today() -> Day {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    Day::from_epoch(i32::try_from((seconds + 8 * 3600) / 86_400).unwrap_or(0))
}
