//! `xinheng rules diff`: what differs between two packs or two schemes, in words.

use std::path::{Path, PathBuf};

use super::{Outcome, deliver};
use crate::rules::diff::{diff, diff_schemes};
use crate::run::{House, RunError};

#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// A rule folder, `builtin`, a scheme file inside a rule folder, or a scheme's name
    old: String,
    /// The same kind of thing as OLD
    new: String,
    /// Rule pack in which names of schemes are looked up [default: the one built in]
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// One side: a whole pack, or one scheme of it.
struct Side {
    house: House,
    scheme: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let old = side(&args.old, args.rules.as_deref())?;
    let new = side(&args.new, args.rules.as_deref())?;
    let found = match (&old.scheme, &new.scheme) {
        (None, None) => diff(&old.house.rules, &new.house.rules),
        (Some(before), Some(after)) => {
            let of = |side: &Side, name: &str| {
                let found = side.house.rules.scheme(name).cloned();
                found.ok_or_else(|| RunError::UnknownScheme(name.to_owned()))
            };
            diff_schemes(&of(&old, before)?, &of(&new, after)?)
        }
        _ => {
            return Err(RunError::Usage(format!(
                "compare {} with {}: one is a whole pack and the other a scheme; name two of a kind",
                args.old, args.new
            )));
        }
    };
    deliver(&found.to_string(), None)?;
    Ok(0)
}

fn side(text: &str, rules: Option<&Path>) -> Result<Side, RunError> {
    let path = Path::new(text);
    if text == "builtin" || path.is_dir() {
        let folder = (text != "builtin").then_some(path);
        return Ok(Side {
            house: House::open(folder)?,
            scheme: None,
        });
    }
    if path.is_file() {
        let (folder, name) = pack_of(path).ok_or_else(|| {
            RunError::Usage(format!(
                "read {text}: it lies in no rule folder (one with a pack.toml); name a folder or a file in one"
            ))
        })?;
        return Ok(Side {
            house: House::open(Some(&folder))?,
            scheme: Some(name),
        });
    }
    let looks_like_a_path = text.ends_with(".toml") || text.starts_with(['.', '/']);
    if looks_like_a_path {
        return Err(RunError::Usage(format!(
            "read {text}: there is no such file or folder"
        )));
    }
    Ok(Side {
        house: House::open(rules)?,
        scheme: Some(text.to_owned()),
    })
}

/// The rule folder above a scheme file, and the scheme's name in it.
fn pack_of(file: &Path) -> Option<(PathBuf, String)> {
    let file = file.canonicalize().ok()?;
    let folder = file
        .ancestors()
        .skip(1)
        .find(|f| f.join("pack.toml").is_file())?;
    let name = file.strip_prefix(folder).ok()?.to_str()?;
    Some((folder.to_owned(), name.strip_suffix(".toml")?.to_owned()))
}
