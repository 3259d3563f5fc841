//! A comparison of two rule packs on paper: a table for the terminal, a workbook, a page.
//!
//! Owns: the look and the order of its parts. Does not own: any figure; every one comes from the comparison.

mod chart;
mod html;
mod table;
mod words;
mod xlsx;

pub use html::simulation_html;
pub use table::simulation_table;
pub use xlsx::simulation_xlsx;
