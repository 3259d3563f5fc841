//! The first 13 columns of both templates C, which describe the subject.

pub const NAME: usize = 0;
pub const KIND: usize = 1;
pub const USCC: usize = 2;
pub const REGISTRATION: usize = 3;
pub const ORG_CODE: usize = 4;
pub const TAX: usize = 5;
pub const INSTITUTION: usize = 6;
pub const SOCIAL: usize = 7;
pub const REPRESENTATIVE: usize = 8;
pub const REPRESENTATIVE_ID_TYPE: usize = 9;
pub const REPRESENTATIVE_ID: usize = 10;
pub const ID_TYPE: usize = 11;
pub const ID_NUMBER: usize = 12;
