//! Rule files.

pub mod model;
