//! Writing so that a power cut leaves the old or the new content, never a part.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use super::error::StoreError;

/// Prefix of files that are not finished; no reader looks at them, recovery removes them.
pub(super) const TEMPORARY: &str = ".tmp-";

/// Flushes a finished file to the disk.
pub(super) fn sync_file(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|f| f.sync_all())
        .map_err(StoreError::io("flush", path))
}

/// Flushes a folder, so that names given in it survive a power cut.
pub(super) fn sync_dir(path: &Path) -> Result<(), StoreError> {
    // Some file systems refuse to flush folders; the names are then safe only after their own delay.
    match File::open(path).and_then(|f| f.sync_all()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::InvalidInput => Ok(()),
        Err(e) => Err(StoreError::io("flush the folder", path)(e)),
    }
}

/// Writes a small file whole: temporary name, flush, rename, flush the folder.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
    else {
        return Err(StoreError::io("write", path)(
            std::io::ErrorKind::InvalidInput.into(),
        ));
    };
    let temporary = folder.join(format!("{TEMPORARY}{name}"));
    let write = || {
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(StoreError::io("write", path))?;
    sync_dir(folder)
}
