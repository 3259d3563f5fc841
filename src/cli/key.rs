//! The pseudonym key: `--key-file` (or `$XINHENG_KEY_FILE`), else a file made on first use in the user's configuration folder.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::say;
use crate::record::PseudonymKey;
use crate::run::RunError;

/// Reads the key, or makes one in the default place.
pub(super) fn load(named: Option<&Path>) -> Result<PseudonymKey, RunError> {
    let path = match named {
        Some(path) => path.to_path_buf(),
        None => default_path()?,
    };
    if !path.exists() {
        make(&path)?;
        say(&format!(
            "made a new pseudonym key: {} (keep it; the store accepts no other)",
            path.display()
        ));
    }
    let bytes = fs::read(&path).map_err(|source| RunError::Input {
        path: path.display().to_string(),
        source,
    })?;
    check_mode(&path)?;
    PseudonymKey::new(&bytes).map_err(|e| RunError::Usage(format!("{e} ({})", path.display())))
}

fn default_path() -> Result<PathBuf, RunError> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config"));
    config
        .or_else(home)
        .map(|c| c.join("xinheng").join("pseudonym.key"))
        .ok_or_else(|| {
            RunError::Usage("find a place for the pseudonym key: give --key-file FILE".to_owned())
        })
}

/// 32 bytes from the system's random source, mode 0600. Never replaces a file.
fn make(path: &Path) -> Result<(), RunError> {
    let error = |source| RunError::Input {
        path: path.display().to_string(),
        source,
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error)?;
    }
    let mut bytes = [0u8; 32];
    fs::File::open("/dev/urandom")
        .and_then(|mut f| f.read_exact(&mut bytes))
        .map_err(error)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(error)?;
    let written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key would be taken for one.
        let _ = fs::remove_file(path);
    }
    written.map_err(error)
}

#[cfg(unix)]
fn check_mode(path: &Path) -> Result<(), RunError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)
        .map_err(|source| RunError::Input {
            path: path.display().to_string(),
            source,
        })?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        return Err(RunError::Usage(format!(
            "use the pseudonym key {}: others may read it (mode {:o}); run `chmod 600` on it",
            path.display(),
            mode & 0o777
        )));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(_: &Path) -> Result<(), RunError> {
    Ok(())
}
