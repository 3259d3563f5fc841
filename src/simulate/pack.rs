//! What a comparison knows of a pack: its digest and the schemes that it grades by.

use crate::grading::scheme_name;
use crate::rules::model::Scheme;

/// One pack of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackFacts {
    /// SHA-256 over its files, hexadecimal.
    pub digest: String,
    /// Versions graded by, in the order of the pack.
    pub schemes: Vec<SchemeFacts>,
}

/// One version of one scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemeFacts {
    /// File stem: `environment/chongqing-2021`.
    pub name: String,
    /// Name without version; by this a new version meets its old one.
    pub id: String,
    pub title: String,
    pub domain: String,
    /// Short and published name of each grade, best first.
    pub grades: Vec<(String, String)>,
}

impl PackFacts {
    /// The facts of the schemes that a pack grades by.
    #[must_use]
    pub fn of(schemes: &[&Scheme], digest: &str) -> Self {
        let facts = |scheme: &&Scheme| SchemeFacts {
            name: scheme_name(scheme),
            id: scheme.id.clone(),
            title: scheme.title.clone(),
            domain: scheme.domain.clone(),
            grades: scheme
                .bands
                .iter()
                .map(|band| (band.grade.clone(), band.name.clone()))
                .collect(),
        };
        Self {
            digest: digest.to_owned(),
            schemes: schemes.iter().map(facts).collect(),
        }
    }

    /// The version of a name.
    #[must_use]
    pub fn version(&self, name: &str) -> Option<&SchemeFacts> {
        self.schemes.iter().find(|scheme| scheme.name == name)
    }

    /// The versions of an id.
    pub fn family<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a SchemeFacts> {
        self.schemes.iter().filter(move |scheme| scheme.id == id)
    }
}
