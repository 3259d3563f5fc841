//! Results on their way out: to stdout, or to a file that is there whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::run::RunError;

/// A failed write of a named file.
pub(super) fn cannot_write(path: &Path, source: io::Error) -> RunError {
    RunError::Report(crate::report::ReportError::Io {
        path: path.display().to_string(),
        source,
    })
}

/// To the file, or to stdout.
pub(super) fn deliver(text: &str, out: Option<&Path>) -> Result<(), RunError> {
    stream(out, |out| {
        // What went wrong is remembered, see `Watched`.
        let _ = out.write_all(text.as_bytes());
        Ok(())
    })
}

/// A line to stdout, or some.
pub(super) fn print(line: &str) -> Result<(), RunError> {
    deliver(&format!("{line}\n"), None)
}

/// Hands `write` the file, or stdout. A file takes its name when all of it is there; who reads stdout may stop when he likes.
pub(super) fn stream(
    out: Option<&Path>,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let Some(path) = out else {
        return match watched(io::stdout(), write)? {
            Err(e) if e.kind() != ErrorKind::BrokenPipe => {
                Err(cannot_write(Path::new("stdout"), e))
            }
            _ => Ok(()),
        };
    };
    // A device, or a pipe: nothing to replace.
    if path.exists() && !path.is_file() {
        let file = File::create(path).map_err(|e| cannot_write(path, e))?;
        return watched(file, write)?.map_err(|e| cannot_write(path, e));
    }
    whole(path, |part| {
        let file = File::create(part).map_err(|e| cannot_write(path, e))?;
        watched(file, write)?.map_err(|e| cannot_write(path, e))
    })
}

/// Hands `write` a file beside the one that is wanted; it takes its place when all of it is there.
pub(super) fn whole(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let part = part_of(path);
    let done =
        write(&part).and_then(|()| std::fs::rename(&part, path).map_err(|e| cannot_write(path, e)));
    if done.is_err() {
        // Best effort: what failed is the error to tell.
        let _ = std::fs::remove_file(&part);
    }
    done
}

/// Where a file grows until it is whole.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Writes through a buffer. What the writing itself ran into goes before what it made of that.
fn watched(
    out: impl Write + Send,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), RunError>,
) -> Result<io::Result<()>, RunError> {
    let mut out = BufWriter::new(Watched { out, failed: None });
    let done = write(&mut out);
    let flushed = out.flush();
    if let Some(failed) = out.get_mut().failed.take() {
        return Ok(Err(failed));
    }
    done.map(|()| flushed)
}

/// Remembers the first failure of a writer.
struct Watched<W> {
    out: W,
    failed: Option<io::Error>,
}

impl<W: Write> Watched<W> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() != ErrorKind::Interrupted
            && self.failed.is_none()
        {
            let copy = match error.raw_os_error() {
                Some(code) => io::Error::from_raw_os_error(code),
                None => io::Error::new(error.kind(), error.to_string()),
            };
            self.failed = Some(copy);
        }
        result
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        self.note(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        self.note(flushed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_or_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("answer.csv");
        deliver("before\n", Some(&path)).unwrap();
        let wrong = stream(Some(&path), |out| {
            out.write_all(b"half of i").unwrap();
            Err(RunError::Usage("give another statement".to_owned()))
        });
        assert!(wrong.is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before\n");
        deliver("after\n", Some(&path)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "after\n");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_write_names_the_file() {
        let missing = Path::new("no/such/folder/answer.csv");
        let error = deliver("text", Some(missing)).unwrap_err().to_string();
        assert!(error.contains("no/such/folder/answer.csv"), "{error}");
        let full = Path::new("/dev/full");
        if full.exists() {
            let error = deliver("text", Some(full)).unwrap_err();
            assert!(error.to_string().contains("/dev/full"), "{error}");
        }
    }
}
