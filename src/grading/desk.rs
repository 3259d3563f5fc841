//! What lies before the judge: the dossiers of one subject, a family of schemes each.

use std::ptr;
use std::rc::Rc;

use super::program::Program;
use super::verdict::Dossier;

/// Names of which the families are kept; rosters have few.
const MOST_NAMED: usize = 16;

/// One dossier per family, kept from subject to subject for its buffers.
pub(super) struct Desk<'a> {
    pub(super) dossiers: Vec<Dossier<'a>>,
    /// Families that the subject at hand has to do with.
    pub(super) open: Vec<usize>,
    /// The list and role of a roster entry, and the families that they name: entries of one list follow one another.
    named: Vec<(&'a str, &'a str, Rc<[usize]>)>,
}

impl<'a> Desk<'a> {
    pub(super) fn new(program: &'a Program) -> Self {
        Self {
            dossiers: program.families.iter().map(Dossier::new).collect(),
            open: Vec::new(),
            named: Vec::new(),
        }
    }

    /// The families that a roster entry names by its list or role.
    pub(super) fn families_of(
        &mut self,
        program: &Program,
        list: &'a str,
        role: &'a str,
    ) -> Rc<[usize]> {
        // The texts of a coded column are one and the same where they are equal.
        let mut known = self.named.iter();
        if let Some((.., families)) = known.find(|(l, r, _)| ptr::eq(*l, list) && ptr::eq(*r, role))
        {
            return Rc::clone(families);
        }
        let mut known = self.named.iter_mut();
        if let Some(known) = known.find(|(l, r, _)| (*l, *r) == (list, role)) {
            (known.0, known.1) = (list, role);
            return Rc::clone(&known.2);
        }
        let names = |family: &usize| {
            let versions = &program.families[*family].versions;
            let mut names = versions.iter().flat_map(|&v| &program.versions[v].names);
            names.any(|name| name == list || name == role)
        };
        let families: Rc<[usize]> = (0..program.families.len()).filter(names).collect();
        if self.named.len() >= MOST_NAMED {
            self.named.clear();
        }
        self.named.push((list, role, Rc::clone(&families)));
        families
    }

    pub(super) fn clear(&mut self) {
        for family in self.open.drain(..) {
            self.dossiers[family].clear();
        }
    }

    pub(super) fn dossier(&mut self, family: usize) -> &mut Dossier<'a> {
        if !self.open.contains(&family) {
            self.open.push(family);
        }
        &mut self.dossiers[family]
    }
}
