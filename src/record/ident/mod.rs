//! The numbers by which bodies and persons are known: 统一社会信用代码, 组织机构代码, 公民身份号码, 工商注册号.
//!
//! Owns: the shape, the check character and the plausible region of each number; a value of these types always passed
//! its rules. Does not own: what a wrong number means for a record. May never know: files, messages to source units.

mod citizen_id;
mod org_code;
mod registration_no;
mod uscc;

pub use citizen_id::{CitizenId, CitizenIdError};
pub use org_code::{OrgCode, OrgCodeError};
pub use registration_no::{RegistrationNo, RegistrationNoError};
pub use uscc::{PLACEHOLDER_USCC, Uscc, UsccError, UsccStructure};

/// First two digits of GB/T 2260: the province-level regions.
const PROVINCES: [u8; 34] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82,
];

/// The province number of a region code, if the code is six digits.
///
/// Only the province is compared: counties are renamed, merged and created every year, and numbers keep the code of
/// the day on which they were given.
fn province_of(region: &str) -> Option<u8> {
    if region.len() != 6 || !region.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    region.get(..2)?.parse().ok()
}

/// The first character of `text` that `allowed` refuses, with its position counted from 1.
fn first_outside(text: &str, allowed: impl Fn(usize, char) -> bool) -> Option<(char, usize)> {
    text.chars()
        .enumerate()
        .find(|(index, found)| !allowed(*index, *found))
        .map(|(index, found)| (found, index + 1))
}
