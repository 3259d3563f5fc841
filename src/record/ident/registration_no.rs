//! 工商注册号, GS 15-2006.

use std::fmt;

use super::first_outside;

/// A 工商注册号: 15 digits whose last follows from the others, or 13 digits of before 2007, which carry no check.
#[derive(Debug, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct RegistrationNo {
    number: String,
    checked: bool,
}

/// Which rule of GS 15-2006 a text breaks.
#[derive(Debug, Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationNoError {
    /// Neither 15 nor 13 characters.
    #[error("read a registration number of {found} characters instead of 15 (13 before 2007)")]
    Length {
        /// Number of characters found.
        found: usize,
    },
    /// A character that is no digit.
    #[error("read a registration number with the character {found:?} at place {place}")]
    Charset {
        /// The character.
        found: char,
        /// Its place, from 1.
        place: usize,
    },
    /// The 15th digit does not follow from the other 14.
    #[error("check a registration number: the check digit should be {expected}")]
    CheckDigit {
        /// The digit that would be right.
        expected: char,
    },
}

impl RegistrationNo {
    /// Reads 15 digits with their check, or 13 digits without one.
    pub fn parse(text: &str) -> Result<RegistrationNo, RegistrationNoError> {
        let found = text.chars().count();
        if found != 15 && found != 13 {
            return Err(RegistrationNoError::Length { found });
        }
        if let Some((found, place)) = first_outside(text, |_, c| c.is_ascii_digit()) {
            return Err(RegistrationNoError::Charset { found, place });
        }
        if found == 15 {
            let expected = text
                .get(..14)
                .and_then(RegistrationNo::compute_check)
                .ok_or(RegistrationNoError::Length { found })?;
            if !text.ends_with(expected) {
                return Err(RegistrationNoError::CheckDigit { expected });
            }
        }
        Ok(RegistrationNo {
            number: text.to_owned(),
            checked: found == 15,
        })
    }

    /// The check digit of the first 14 digits (ISO 7064 MOD 11,10); `None` if they are not 14 digits.
    pub fn compute_check(body: &str) -> Option<char> {
        if body.len() != 14 {
            return None;
        }
        let mut product = 10;
        for character in body.chars() {
            let sum = (product + character.to_digit(10)?) % 10;
            product = (if sum == 0 { 10 } else { sum } * 2) % 11;
        }
        char::from_digit((11 - product) % 10, 10)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// Whether a check digit was there to be checked; `false` for the 13-digit form.
    pub fn is_checked(&self) -> bool {
        self.checked
    }
}

impl fmt::Display for RegistrationNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_pass() {
        for number in [
            "110108000000016",
            "440301103448669",
            "440301103097413",
            "330100400013364",
            "440301104087508",
        ] {
            assert!(RegistrationNo::parse(number).is_ok_and(|n| n.is_checked()));
        }
    }

    #[test]
    fn old_numbers_are_taken_unchecked() {
        let old = RegistrationNo::parse("5001121800123").unwrap();
        assert!(!old.is_checked());
        assert_eq!(old.as_str(), "5001121800123");
    }

    #[test]
    fn each_rule_has_its_error() {
        assert_eq!(
            RegistrationNo::parse("11010800000001"),
            Err(RegistrationNoError::Length { found: 14 })
        );
        assert_eq!(
            RegistrationNo::parse("11010800000001X"),
            Err(RegistrationNoError::Charset {
                found: 'X',
                place: 15
            })
        );
        assert_eq!(
            RegistrationNo::parse("110108000000017"),
            Err(RegistrationNoError::CheckDigit { expected: '6' })
        );
    }
}
