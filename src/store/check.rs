//! Looking for the damaged file behind an error: which log entry, which data file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::digest::hex;

/// The first entry of a Delta log that is not lines of JSON objects, if any.
pub(super) fn first_bad_log_entry(log: &Path) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(log)
        .ok()?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|x| x == "json"))
        .collect();
    entries.sort();
    entries.into_iter().find(|path| !is_json_lines(path))
}

fn is_json_lines(path: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(path) else {
        return false;
    };
    let mut lines = text.lines().filter(|l| !l.trim().is_empty()).peekable();
    lines.peek().is_some()
        && lines.all(|l| matches!(serde_json::from_str(l), Ok(serde_json::Value::Object(_))))
}

/// Length of the content digest in a data file's name, in hexadecimal digits.
pub(super) const NAME_DIGITS: usize = 16;

/// Whether a data file's bytes still have the digest that its name carries; `None` when the name
/// is not one of ours or the file cannot be read.
pub(super) fn content_matches_name(path: &Path) -> Option<bool> {
    let stem = path.file_stem()?.to_str()?;
    let (_, wanted) = stem.rsplit_once('-')?;
    if wanted.len() != NAME_DIGITS {
        return None;
    }
    let mut file = File::open(path).ok()?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let n = file.read(&mut buffer).ok()?;
        if n == 0 {
            break;
        }
        hash.update(&buffer[..n]);
    }
    Some(hex(&hash.finalize()).starts_with(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_entry_that_is_not_json() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("00.json"), "{\"a\":1}\n{\"b\":2}").unwrap();
        std::fs::write(dir.path().join("01.json"), "{\"a\":1}\n{\"b\":").unwrap();
        std::fs::write(dir.path().join("02.json"), "").unwrap();
        assert_eq!(
            first_bad_log_entry(dir.path()),
            Some(dir.path().join("01.json"))
        );
        std::fs::remove_file(dir.path().join("01.json")).unwrap();
        assert_eq!(
            first_bad_log_entry(dir.path()),
            Some(dir.path().join("02.json"))
        );
    }
}
