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
const NAME_DIGITS: usize = 16;
/// Length of the checksum of its page index and footer that follows.
const TAIL_DIGITS: usize = 8;

/// What a data file's name says of its bytes: the first digits of their SHA-256, and the checksum of its page index and footer.
pub(super) fn name_digest(digest: &[u8], tail: u32) -> String {
    let mut name = hex(digest);
    name.truncate(NAME_DIGITS);
    name + &format!("{tail:08x}")
}

/// What a data file's name says of its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// The bytes have the digest in the name.
    Right,
    /// They have another: the file was altered.
    Altered,
    /// The name carries no digest: another program wrote the file.
    Unknown,
}

/// The digits of a name: those of the digest, and those of the checksum, which older files do not have.
fn name_digits(path: &Path) -> Option<(&str, &str)> {
    let (_, digits) = path.file_stem()?.to_str()?.rsplit_once('-')?;
    let known = [NAME_DIGITS, NAME_DIGITS + TAIL_DIGITS].contains(&digits.len());
    (known && digits.bytes().all(|b| b.is_ascii_hexdigit())).then(|| digits.split_at(NAME_DIGITS))
}

/// The checksum of page index and footer that a name carries.
pub(super) fn tail_sum(path: &Path) -> Option<u32> {
    u32::from_str_radix(name_digits(path)?.1, 16).ok()
}

fn compare(path: &Path, digest: &[u8]) -> Content {
    match name_digits(path) {
        None => Content::Unknown,
        Some((wanted, _)) if hex(digest).starts_with(wanted) => Content::Right,
        Some(_) => Content::Altered,
    }
}

/// Compares the bytes of a file with its name.
pub(super) fn digest_of_bytes(path: &Path, bytes: &[u8]) -> Content {
    compare(path, &Sha256::digest(bytes))
}

/// Compares a file on disk with its name, reading it through.
pub(super) fn digest_of_file(path: &Path) -> std::io::Result<Content> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hash.update(&buffer[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(compare(path, &hash.finalize()))
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
