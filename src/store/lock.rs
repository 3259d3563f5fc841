//! One writer at a time, by an operating-system lock on `<store>/.lock`.
//!
//! The lock belongs to the open file and dies with the process, so the file's mere existence means
//! nothing: a killed run never leaves a store locked. A writer empties the file at its end, so that a store at rest has no
//! byte that nothing vouches for.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use super::error::StoreError;

/// Name of the lock file, which also marks a folder as a store.
pub(super) const LOCK_FILE: &str = ".lock";
/// Lock file of the access log, which is written outside runs.
pub(super) const ACCESS_LOCK_FILE: &str = ".access.lock";

/// The writer's lock, held as long as this lives.
#[derive(Debug)]
pub(super) struct WriterLock(File);

impl Drop for WriterLock {
    fn drop(&mut self) {
        // What the file says is a courtesy; the lock itself ends with the file.
        let _ = self.0.set_len(0);
    }
}

fn open(path: &Path) -> Result<File, StoreError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(StoreError::io("open the lock file", path))
}

/// Takes the writer's lock or says who has it.
pub(super) fn acquire(root: &Path) -> Result<WriterLock, StoreError> {
    let path = root.join(LOCK_FILE);
    let mut file = open(&path)?;
    match try_for_a_moment(&file) {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            // The number is a courtesy to the operator; a file that cannot be read changes nothing.
            let read = file.read_to_string(&mut text).is_ok();
            let pid = text.trim();
            let known = read && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit());
            return Err(StoreError::Locked {
                root: root.to_owned(),
                holder: if known {
                    format!(" (process {pid})")
                } else {
                    String::new()
                },
            });
        }
        Err(TryLockError::Error(source)) => {
            return Err(StoreError::io("lock", &path)(source));
        }
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(StoreError::io("write the lock file", &path))?;
    Ok(WriterLock(file))
}

/// Tries for a fifth of a second: a process just started by this one shares the lock until it runs
/// its own program, and a run that is about to end may as well end.
fn try_for_a_moment(file: &File) -> Result<(), TryLockError> {
    for _ in 0..10 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            other => return other,
        }
    }
    file.try_lock()
}

/// Waits for the access log's lock; it is held for milliseconds.
pub(super) fn acquire_access(root: &Path) -> Result<File, StoreError> {
    let path = root.join(ACCESS_LOCK_FILE);
    let file = open(&path)?;
    file.lock().map_err(StoreError::io("lock", &path))?;
    Ok(file)
}
