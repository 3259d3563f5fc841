//! Errors of the disk in the middle of a workbook. The library keeps the rows of a sheet in a temporary file and panics where that
//! cannot be written, on a full disk for one; here such a panic becomes an error.

use std::any::Any;
use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use super::ReportError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does `work` for the workbook at `path`, which nobody looks at again when it fails. Other panics go on.
pub(super) fn guarded<T>(
    path: &Path,
    work: impl FnOnce() -> Result<T, ReportError>,
) -> Result<T, ReportError> {
    disk_errors(work, |source| ReportError::Io {
        path: path.display().to_string(),
        source,
    })
}

/// Does `work`, and makes of a panic that names an error of the disk what `told` makes of the error.
pub(crate) fn disk_errors<T, E>(
    work: impl FnOnce() -> Result<T, E>,
    told: impl FnOnce(io::Error) -> E,
) -> Result<T, E> {
    say_nothing_of_guarded();
    let before = GUARDED.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(before);
    done.unwrap_or_else(|panic| match of_the_disk(panic.as_ref()) {
        Some(error) => Err(told(error)),
        None => resume_unwind(panic),
    })
}

/// The folder of a workbook: its temporary files stand beside it.
pub(crate) fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// From now on a panic that becomes an error leaves no word of its own on stderr.
fn say_nothing_of_guarded() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() || of_the_disk(panic.payload()).is_none() {
                before(panic);
            }
        }));
    });
}

/// The error of the system that a panic names, as the debug form of `io::Error` writes it.
fn of_the_disk(panic: &(dyn Any + Send)) -> Option<io::Error> {
    let text = match panic.downcast_ref::<String>() {
        Some(text) => text.as_str(),
        None => panic.downcast_ref::<&str>()?,
    };
    let (_, named) = text.split_once("Os { code: ")?;
    let (code, _) = named.split_once(',')?;
    Some(io::Error::from_raw_os_error(code.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Panics as the library does.
    fn failing(error: &io::Error) -> Result<(), ReportError> {
        panic!("Couldn't write to xml file: {error:?}")
    }

    #[test]
    fn a_full_disk_is_an_error_and_a_bug_a_panic() {
        let path = Path::new("out/checklist.xlsx");
        let full = io::Error::from_raw_os_error(28);
        let found = guarded(path, || failing(&full)).unwrap_err().to_string();
        assert_eq!(found, format!("write out/checklist.xlsx: {full}"));
        let bug = io::Error::other("a bug");
        let known = AssertUnwindSafe(|| guarded(path, || failing(&bug)));
        assert!(catch_unwind(known).is_err());
        assert!(!GUARDED.get());
        guarded(path, || Ok(())).unwrap();
    }
}
