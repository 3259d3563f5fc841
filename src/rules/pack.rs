//! A rule pack: every rule file by its path under `rules/`, with one digest over all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use thiserror::Error;

use crate::record::digest::sha256_hex;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/pack.rs"));
}

/// A rule directory that cannot be read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file or directory cannot be read.
    #[error("read rule file {}: {source}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Rule files: path relative to `rules/` with `/` (`environment/chongqing-2021.toml`) → text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    files: BTreeMap<String, String>,
    digest: String,
}

impl Pack {
    /// The files that are part of the program.
    #[must_use]
    pub fn builtin() -> Self {
        let pairs = embedded::FILES.iter();
        Self::from_files(pairs.map(|&(n, t)| (n.to_owned(), t.to_owned())).collect())
    }

    /// The `.toml` files below a directory.
    ///
    /// # Errors
    /// When a file or directory cannot be read. What is not UTF-8 stands as U+FFFD, which `check` refuses.
    pub fn from_dir(root: &Path) -> Result<Self, PackError> {
        let mut files = BTreeMap::new();
        read_below(root, "", &mut files)?;
        Ok(Self::from_files(files))
    }

    /// A pack of these files.
    #[must_use]
    pub fn from_files(files: BTreeMap<String, String>) -> Self {
        let mut bytes = Vec::new();
        for part in files.iter().flat_map(|(name, text)| [name, text]) {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        let digest = sha256_hex(&bytes);
        Self { files, digest }
    }

    /// Every file by its path.
    #[must_use]
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// SHA-256 over names and texts, hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Files that are neither schemes nor cases nor data.
    pub(super) fn strays(&self) -> impl Iterator<Item = (&str, &str)> {
        let stray = |(name, text): &(&String, &String)| {
            !is_scheme(name, text)
                && name.as_str() != "pack.toml"
                && !name.ends_with(".cases.toml")
                && !DATA.iter().any(|directory| name.starts_with(directory))
        };
        let files = self.files.iter().filter(stray);
        files.map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Files that hold a version of a scheme: in a directory of shipped schemes, or with a `[scheme]` table.
    pub(super) fn scheme_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .filter(|(name, text)| is_scheme(name, text))
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }
}

/// Directories whose files are no schemes.
const DATA: [&str; 7] = [
    "calendar/",
    "classification/",
    "incentives/",
    "measures/",
    "publicity/",
    "standards/",
    "statutes/",
];

/// Whether a file holds a version of a scheme.
pub(super) fn is_scheme(name: &str, text: &str) -> bool {
    if !name.ends_with(".toml") || name.ends_with(".cases.toml") || !name.contains('/') {
        return false;
    }
    let known = ["environment/", "research-integrity/"];
    known.iter().any(|d| name.starts_with(d))
        || text
            .lines()
            .any(|line| line.trim_start().starts_with("[scheme]"))
}

fn read_below(
    directory: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, String>,
) -> Result<(), PackError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PackError::Read { path, source }
    };
    for entry in fs::read_dir(directory).map_err(failed(directory))? {
        let entry = entry.map_err(failed(directory))?;
        let path = entry.path();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let is_folder = match fs::metadata(&path) {
            Ok(found) => found.is_dir(),
            // A link to nowhere.
            Err(e) if e.kind() == io::ErrorKind::NotFound => false,
            Err(e) => return Err(failed(&path)(e)),
        };
        if is_folder {
            read_below(&path, &format!("{name}/"), files)?;
        } else if name.ends_with(".toml") {
            let bytes = fs::read(&path).map_err(failed(&path))?;
            let text = String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
            files.insert(name, text);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_tells_names_from_texts() {
        let one = Pack::from_files([("a".to_owned(), "bc".to_owned())].into());
        let other = Pack::from_files([("ab".to_owned(), "c".to_owned())].into());
        assert_ne!(one.digest(), other.digest());
        assert_eq!(one.digest().len(), 64);
    }

    #[test]
    fn the_program_and_its_directory_hold_the_same_pack() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
        assert_eq!(Pack::from_dir(&root).unwrap(), Pack::builtin());
    }

    #[test]
    fn cases_and_standards_are_not_schemes() {
        assert!(is_scheme("environment/x-1.toml", ""));
        assert!(!is_scheme("environment/x-1.cases.toml", "[scheme]"));
        assert!(!is_scheme("standards/a.toml", "[[layout]]"));
        assert!(!is_scheme("pack.toml", "[scheme]"));
        assert!(is_scheme("mine/x-1.toml", "# x\n[scheme]\n"));
    }
}
