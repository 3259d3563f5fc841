//! Seals of the Delta logs: the SHA-256 of every log file that we wrote, so that a flipped byte is seen.
//!
//! Data files carry their digest in their name; the files of a log have names that Delta gives them. Their seals stand in
//! `<store>/.seals/<table>`, a line each: name, blank, 64 hexadecimal digits. A file is sealed after it was written, so
//! a killed run may leave its last files without a seal; the next writer seals them. Where a purge rewrites an entry it
//! seals the new text first: a file is right when any of its seals fits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::delta::{entry_name, log_folder};
use super::digest::hex;
use super::durable;
use super::error::StoreError;
use super::recover::names_in;
use super::table::Table;

/// Folder below the store.
const FOLDER: &str = ".seals";

fn file_of(root: &Path, table: Table) -> PathBuf {
    root.join(FOLDER).join(table.name())
}

/// The seals of one table's log.
#[derive(Debug, Default)]
pub(super) struct Seals {
    seals: BTreeMap<String, BTreeSet<String>>,
    /// There is a line that is no seal.
    strange: bool,
}

impl Seals {
    /// Reads them; a store of before there were seals has none. Lines that are no seals are passed over: what they sealed
    /// counts as unsealed.
    ///
    /// # Errors
    ///
    /// The operating system refuses.
    pub(super) fn read(root: &Path, table: Table) -> Result<Seals, StoreError> {
        let path = file_of(root, table);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Seals::default()),
            Err(e) => return Err(StoreError::io("read", path)(e)),
        };
        let mut seals: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut strange = false;
        for line in String::from_utf8_lossy(&bytes).lines() {
            match line.split_once(' ') {
                Some((name, digest)) if is_sealed(name) && is_digest(digest) => {
                    let of = seals.entry(name.to_owned()).or_default();
                    of.insert(digest.to_owned());
                }
                _ => strange |= !line.is_empty(),
            }
        }
        Ok(Seals { seals, strange })
    }

    /// Whether the bytes fit a seal of the file; `None` when it has none.
    fn fits(&self, name: &str, bytes: &[u8]) -> Option<bool> {
        let seals = self.seals.get(name)?;
        Some(seals.contains(&digest(bytes)))
    }

    /// The last entry of the log that has a seal; no entry goes once it is sealed.
    pub(super) fn last_entry(&self) -> Option<u64> {
        let entries = self.seals.keys().filter_map(|n| n.strip_suffix(".json"));
        entries.filter_map(|digits| digits.parse().ok()).max()
    }

    /// Refuses a log file whose bytes fit none of its seals.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] with the file.
    pub(super) fn check(&self, table: Table, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
        match self.fits(&name_of(path), bytes) {
            Some(false) => Err(altered(table, path)),
            _ => Ok(()),
        }
    }
}

fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn altered(table: Table, path: &Path) -> StoreError {
    StoreError::Damaged {
        table: table.name(),
        file: path.to_owned(),
        reason: format!(
            "its bytes do not have the digest that {FOLDER}/{} names",
            table.name()
        ),
    }
}

/// Seals a file of a table's log as these bytes.
///
/// # Errors
///
/// The operating system refuses.
pub(super) fn seal_bytes(
    root: &Path,
    table: Table,
    path: &Path,
    bytes: &[u8],
) -> Result<(), StoreError> {
    append(root, table, &[(name_of(path), digest(bytes))])
}

/// Seals a file of a table's log as it stands.
///
/// # Errors
///
/// The operating system refuses.
pub(super) fn seal(root: &Path, table: Table, path: &Path) -> Result<(), StoreError> {
    let bytes = std::fs::read(path).map_err(StoreError::io("read", path))?;
    seal_bytes(root, table, path, &bytes)
}

/// Seals the files of a table's log that have no seal: those of a killed run, or of a store of before there were seals.
///
/// # Errors
///
/// The operating system refuses.
pub(super) fn seal_rest(root: &Path, table: Table) -> Result<(), StoreError> {
    let seals = Seals::read(root, table)?;
    let folder = log_folder(root, table);
    if seals.strange {
        let mut text = String::new();
        for (name, digests) in &seals.seals {
            for digest in digests {
                text.push_str(&format!("{name} {digest}\n"));
            }
        }
        durable::write_whole(&file_of(root, table), text.as_bytes())?;
    }
    let mut more = Vec::new();
    for name in log_files(root, table)? {
        if !seals.seals.contains_key(&name) {
            let path = folder.join(&name);
            let bytes = std::fs::read(&path).map_err(StoreError::io("read", &path))?;
            more.push((name, digest(&bytes)));
        }
    }
    append(root, table, &more)
}

fn append(root: &Path, table: Table, seals: &[(String, String)]) -> Result<(), StoreError> {
    if seals.is_empty() {
        return Ok(());
    }
    let folder = root.join(FOLDER);
    let path = file_of(root, table);
    if !path.exists() {
        std::fs::create_dir_all(&folder).map_err(StoreError::io("create the folder", &folder))?;
    }
    // A line that a killed run left unfinished must not swallow the next one.
    let mut text = String::from("\n");
    for (name, digest) in seals {
        text.push_str(&format!("{name} {digest}\n"));
    }
    let write = || {
        let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(StoreError::io("write", &path))?;
    durable::sync_dir(&folder)
}

/// Whether a file of a log is sealed: entries, checkpoints and the pointer to the last one are.
fn is_sealed(name: &str) -> bool {
    let digits = |suffix: &str| {
        name.strip_suffix(suffix)
            .is_some_and(|n| n.len() == 20 && n.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(".json") || digits(".checkpoint.parquet") || name == "_last_checkpoint"
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Names of the files of a log that are sealed.
fn log_files(root: &Path, table: Table) -> Result<Vec<String>, StoreError> {
    let folder = log_folder(root, table);
    let mut names: Vec<String> = names_in(&folder)?
        .into_iter()
        .filter(|name| is_sealed(name))
        .collect();
    names.sort();
    Ok(names)
}

/// Every file of a table's log up to version `newest` (or all) against its seals. The entry `newest` may be without one, since a
/// run may have been killed between the two; other files without a seal count as altered.
pub(super) fn damages(root: &Path, table: Table, newest: Option<u64>) -> Vec<StoreError> {
    let read = || Ok::<_, StoreError>((Seals::read(root, table)?, log_files(root, table)?));
    let (seals, names) = match read() {
        Ok(read) => read,
        Err(error) => return vec![error],
    };
    let folder = log_folder(root, table);
    let written = names.iter().rfind(|name| name.ends_with(".json"));
    let last = newest.map_or_else(|| written.cloned().unwrap_or_default(), entry_name);
    let mut found = Vec::new();
    // An entry is never removed once it is sealed.
    let gone = |name: &&String| name.ends_with(".json") && !names.contains(*name);
    if seals.strange || seals.seals.keys().any(|name| gone(&name)) {
        found.push(StoreError::Damaged {
            table: table.name(),
            file: file_of(root, table),
            reason: "it has a line that seals no file of the log".to_owned(),
        });
    }
    for name in names {
        if name.ends_with(".json") && name > last {
            continue;
        }
        let path = folder.join(&name);
        match std::fs::read(&path) {
            Ok(bytes) => match seals.fits(&name, &bytes) {
                Some(true) => {}
                None if name == last || seals.seals.is_empty() => {}
                _ => found.push(altered(table, &path)),
            },
            Err(error) => found.push(StoreError::io("read", path)(error)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_byte_of_a_log_is_named_and_an_unfinished_line_is_made_good() {
        let dir = tempfile::tempdir().unwrap();
        let (root, table) = (dir.path(), Table::Grades);
        let folder = log_folder(root, table);
        std::fs::create_dir_all(&folder).unwrap();
        let path = |version: u64| folder.join(entry_name(version));
        for version in 0..3 {
            std::fs::write(path(version), format!("{{\"n\":{version}}}\n")).unwrap();
        }
        seal(root, table, &path(0)).unwrap();
        let torn = format!("{} 1234", entry_name(1));
        let file = file_of(root, table);
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str(&torn);
        std::fs::write(&file, text).unwrap();
        let torn = damages(root, table, Some(1));
        assert_eq!(torn.len(), 1, "{torn:?}");
        assert!(torn[0].to_string().contains(".seals/grades"), "{torn:?}");
        assert_eq!(
            damages(root, table, Some(2)).len(),
            2,
            "an older entry may not wait"
        );
        seal_rest(root, table).unwrap();
        assert!(damages(root, table, Some(2)).is_empty());
        std::fs::write(path(0), "{\"n\":8}\n").unwrap();
        let found = damages(root, table, Some(2));
        assert!(found[0].to_string().contains(&entry_name(0)), "{found:?}");
        // A rewritten entry is sealed before it is written.
        seal_bytes(root, table, &path(0), b"{\"n\":8}\n").unwrap();
        assert!(damages(root, table, Some(2)).is_empty());
        let seals = Seals::read(root, table).unwrap();
        assert!(seals.check(table, &path(1), b"{}").is_err());
        assert!(seals.check(table, &path(7), b"{}").is_ok());
    }
}
