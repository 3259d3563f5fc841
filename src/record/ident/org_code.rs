//! 组织机构代码, GB 11714-1997.

use std::fmt;

use super::first_outside;

const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// An 组织机构代码: 8 digits or capital letters and a check character, kept without the hyphen.
#[derive(Debug, Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct OrgCode(String);

/// Which rule of GB 11714-1997 a text breaks.
#[derive(Debug, Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum OrgCodeError {
    /// Not 9 characters (10 with the hyphen before the last).
    #[error("read an organisation code of {found} characters instead of 9")]
    Length {
        /// Number of characters found, without the hyphen.
        found: usize,
    },
    /// A character that is neither digit nor capital letter, or a check character that is neither digit nor X.
    #[error("read an organisation code with the character {found:?} at place {place}")]
    Charset {
        /// The character.
        found: char,
        /// Its place, from 1, without the hyphen.
        place: usize,
    },
    /// The 9th character does not follow from the other 8.
    #[error("check an organisation code: the check character should be {expected}")]
    CheckDigit {
        /// The character that would be right.
        expected: char,
    },
}

impl OrgCode {
    /// Reads `XXXXXXXXC` or `XXXXXXXX-C`.
    pub fn parse(text: &str) -> Result<OrgCode, OrgCodeError> {
        let plain = match text.split_once('-') {
            Some((body, check)) if body.chars().count() == 8 => format!("{body}{check}"),
            _ => text.to_owned(),
        };
        let found = plain.chars().count();
        if found != 9 {
            return Err(OrgCodeError::Length { found });
        }
        let allowed = |index: usize, c: char| {
            c.is_ascii_digit() || (c.is_ascii_uppercase() && (index < 8 || c == 'X'))
        };
        if let Some((found, place)) = first_outside(&plain, allowed) {
            return Err(OrgCodeError::Charset { found, place });
        }
        match plain.get(..8).and_then(OrgCode::compute_check) {
            Some(expected) if plain.ends_with(expected) => Ok(OrgCode(plain)),
            Some(expected) => Err(OrgCodeError::CheckDigit { expected }),
            None => Err(OrgCodeError::Length { found }),
        }
    }

    /// The check character of the first 8 characters; `None` if they are not 8 digits or capital letters.
    pub fn compute_check(body: &str) -> Option<char> {
        if body.len() != WEIGHTS.len() {
            return None;
        }
        let mut sum = 0;
        for (character, weight) in body.chars().zip(WEIGHTS) {
            if character.is_ascii_lowercase() {
                return None;
            }
            sum += character.to_digit(36)? * weight;
        }
        match 11 - sum % 11 {
            10 => Some('X'),
            11 => Some('0'),
            digit => char::from_digit(digit, 10),
        }
    }

    /// The 9 characters, without hyphen.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for OrgCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_codes_pass() {
        for (code, plain) in [
            ("D2143569-X", "D2143569X"), // sample of the standard
            ("71526726-X", "71526726X"),
            ("00001303-9", "000013039"),
            ("192203821", "192203821"),
            ("M000100Y4", "M000100Y4"),
        ] {
            assert_eq!(OrgCode::parse(code).unwrap().as_str(), plain);
        }
    }

    #[test]
    fn each_rule_has_its_error() {
        assert_eq!(
            OrgCode::parse("D2143569"),
            Err(OrgCodeError::Length { found: 8 })
        );
        assert_eq!(
            OrgCode::parse("d2143569X"),
            Err(OrgCodeError::Charset {
                found: 'd',
                place: 1
            })
        );
        assert_eq!(
            OrgCode::parse("D2143569A"),
            Err(OrgCodeError::Charset {
                found: 'A',
                place: 9
            })
        );
        assert_eq!(
            OrgCode::parse("D2143569-1"),
            Err(OrgCodeError::CheckDigit { expected: 'X' })
        );
        assert_eq!(OrgCode::compute_check("d2143569"), None);
    }
}
