//! From the text of a cell to a value: every form that was really met, and nothing guessed.
//!
//! Owns: dates, amounts, states, what Excel did to a number, and the columns that a layout fills from others.
//! Does not own: identifiers and citations (`record`), the verdict on a bad value (the checks).
//! May never know: files, the store, the clock.

mod amounts;
mod dates;
mod derive;
mod excel;

pub use amounts::{AmountCell, AmountProblem, amount_in_text, parse_amount_wan, parse_amount_yuan};
pub use dates::{DateCell, DateProblem, parse_date, parse_timestamp};
pub use derive::{fill_from_others, implied_subject_kind};
pub use excel::{eaten_by_excel, number_text, plain_decimal, whole_number};
