//! Rule files.

pub mod model;
pub mod publicity;
