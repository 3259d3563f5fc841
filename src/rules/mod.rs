//! Rule files.

pub mod calendar;
pub mod model;
pub mod publicity;
pub mod register;
