//! The tree of violation classes.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::load::{ClassifyError, Trust};

/// Where the tree stands in a rule pack.
const FILE: &str = "classification/classes.toml";

/// Violation classes by dotted id, with their Chinese titles. A class lies below another when its id continues it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassTree {
    titles: BTreeMap<String, String>,
    source: String,
    status: Trust,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TreeFile {
    tree: Head,
    classes: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    source: String,
    status: Trust,
}

impl ClassTree {
    /// Reads `classification/classes.toml` of a rule pack; keys are paths relative to `rules/`.
    ///
    /// # Errors
    ///
    /// The file is missing, is not the expected TOML, or holds an id that is malformed, untitled or without its parent.
    pub fn load(files: &BTreeMap<String, String>) -> Result<ClassTree, ClassifyError> {
        let text = files.get(FILE).ok_or(ClassifyError::NoTree(FILE))?;
        let file: TreeFile =
            toml::from_str(text).map_err(|error| ClassifyError::syntax(FILE, &error))?;
        for (id, title) in &file.classes {
            let well_formed = id.split('.').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            });
            let parent = id.rsplit_once('.').map(|(parent, _)| parent);
            if !well_formed
                || title.trim().is_empty()
                || parent.is_some_and(|parent| !file.classes.contains_key(parent))
            {
                return Err(ClassifyError::BadClass(id.clone()));
            }
        }
        Ok(ClassTree {
            titles: file.classes,
            source: file.tree.source,
            status: file.tree.status,
        })
    }

    /// Whether a pattern of a scheme (`environment.water.*`, or one id) names at least one class.
    pub fn exists(&self, pattern: &str) -> bool {
        let id = pattern.strip_suffix(".*").unwrap_or(pattern);
        self.titles.contains_key(id)
    }

    /// The Chinese title of a class.
    pub fn title(&self, id: &str) -> Option<&str> {
        self.titles.get(id).map(String::as_str)
    }

    /// Ids and titles, parents before children.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.titles
            .iter()
            .map(|(id, title)| (id.as_str(), title.as_str()))
    }

    /// The ground of the tree and how far it can be trusted.
    pub fn source(&self) -> (&str, Trust) {
        (&self.source, self.status)
    }

    /// Whether `class` lies strictly below `above`.
    pub(super) fn is_below(&self, class: &str, above: &str) -> bool {
        class
            .strip_prefix(above)
            .is_some_and(|rest| rest.starts_with('.'))
    }

    /// The deepest class that is each of `classes` or lies above it; `None` for no classes or none in common.
    pub(super) fn common<'a>(
        &'a self,
        mut classes: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let mut common = classes.next()?;
        for class in classes {
            while class != common && !self.is_below(class, common) {
                common = common.rsplit_once('.')?.0;
            }
        }
        Some(common)
    }
}
