//! Rule packs kept under their digest, so that a past night can be graded again.
//!
//! A pack is one JSON file `<store>/rules/<digest>.json`: an object from file name to text. The
//! digest is the caller's; the same digest always means the same pack, so a pack is written once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::durable;
use super::error::StoreError;

/// Folder of the packs.
pub(super) const FOLDER: &str = "rules";

fn path(root: &Path, digest: &str) -> Result<PathBuf, StoreError> {
    // The digest becomes a file name: letters and digits only.
    let fits = !digest.is_empty()
        && digest.len() <= 128
        && digest.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits {
        return Err(StoreError::BadDigest {
            digest: digest.to_owned(),
        });
    }
    Ok(root.join(FOLDER).join(format!("{digest}.json")))
}

/// Keeps a pack; does nothing when it is there already and whole.
pub(super) fn put(
    root: &Path,
    digest: &str,
    files: &BTreeMap<String, String>,
) -> Result<(), StoreError> {
    let path = path(root, digest)?;
    let bytes = serde_json::to_vec(files)
        .map_err(|e| StoreError::io("write", &path)(std::io::Error::other(e)))?;
    if std::fs::read(&path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = root.join(FOLDER);
    std::fs::create_dir_all(&folder).map_err(StoreError::io("create the folder", &folder))?;
    durable::sync_dir(root)?;
    durable::write_whole(&path, &bytes)
}

/// The pack of that digest, if the store has it.
pub(super) fn get(
    root: &Path,
    digest: &str,
) -> Result<Option<BTreeMap<String, String>>, StoreError> {
    let path = path(root, digest)?;
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(StoreError::io("read", &path)(e)),
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|e| StoreError::Damaged {
            table: FOLDER,
            file: path,
            reason: e.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pack_comes_back_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let pack = BTreeMap::from([("pack.toml".to_owned(), "active = []\n".to_owned())]);
        put(dir.path(), "abc123", &pack).unwrap();
        put(dir.path(), "abc123", &pack).unwrap();
        assert_eq!(get(dir.path(), "abc123").unwrap(), Some(pack));
        assert_eq!(get(dir.path(), "def456").unwrap(), None);
        assert!(matches!(
            get(dir.path(), "../secret"),
            Err(StoreError::BadDigest { .. })
        ));
    }
}
