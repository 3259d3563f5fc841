//! The first 13 columns of both templates C, which describe the subject.

pub(crate) const NAME: usize = 0;
pub(crate) const KIND: usize = 1;
pub(crate) const USCC: usize = 2;
pub(crate) const REGISTRATION: usize = 3;
pub(crate) const ORG_CODE: usize = 4;
pub(crate) const TAX: usize = 5;
pub(crate) const INSTITUTION: usize = 6;
pub(crate) const SOCIAL: usize = 7;
pub(crate) const REPRESENTATIVE: usize = 8;
pub(crate) const REPRESENTATIVE_ID_TYPE: usize = 9;
pub(crate) const REPRESENTATIVE_ID: usize = 10;
pub(crate) const ID_TYPE: usize = 11;
pub(crate) const ID_NUMBER: usize = 12;
