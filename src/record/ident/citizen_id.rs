//! 公民身份号码, GB 11643-1999.

use std::fmt;

use super::{PROVINCES, first_outside, province_of};
use crate::record::day::Day;

/// 2 to the power of (18 − place), modulo 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// ISO 7064 MOD 11-2: check character by remainder.
const CHECKS: &[u8; 11] = b"10X98765432";

/// First digits given besides the provinces: 83 港澳台居民居住证 for Taiwan, 91 外国人永久居留身份证 since 2023.
const OTHER_REGIONS: [u8; 2] = [83, 91];

/// Months of eighteen years.
const MAJORITY_MONTHS: i32 = 18 * 12;

/// A checked 公民身份号码 of 18 characters. Printing it with `{:?}` shows first 4 and last 2 only.
#[derive(Clone, Eq, PartialEq, Ord, PartialOrd, Hash)]
pub struct CitizenId {
    number: String,
    birth: Day,
}

/// Which rule of GB 11643-1999 a text breaks. The messages never repeat the number.
#[derive(Debug, Clone, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CitizenIdError {
    /// Neither 18 nor 15 characters.
    #[error("read a citizen number of {found} characters instead of 18")]
    Length {
        /// Number of characters found.
        found: usize,
    },
    /// A character that is no digit (X may stand at place 18).
    #[error("read a citizen number: place {place} is no digit")]
    Charset {
        /// The place, from 1.
        place: usize,
    },
    /// Places 1–6 are no region of GB/T 2260.
    #[error("read a citizen number: no such region")]
    Region,
    /// Places 7–14 are no day of 1800 or later.
    #[error("read a citizen number: no such day of birth")]
    BirthDate,
    /// The 18th character does not follow from the other 17.
    #[error("check a citizen number: the check character should be {expected}")]
    CheckDigit {
        /// The character that would be right.
        expected: char,
    },
}

impl CitizenId {
    /// Reads 18 characters (a small x is taken as X), or 15 digits of the first generation, which are widened with
    /// the century 19 and their check character.
    ///
    /// Whether the birth lies in the future is for the caller, who knows the date.
    pub fn parse(text: &str) -> Result<CitizenId, CitizenIdError> {
        let found = text.chars().count();
        if found != 18 && found != 15 {
            return Err(CitizenIdError::Length { found });
        }
        let allowed =
            |index: usize, c: char| c.is_ascii_digit() || (index == 17 && matches!(c, 'X' | 'x'));
        if let Some((_, place)) = first_outside(text, allowed) {
            return Err(CitizenIdError::Charset { place });
        }
        let (region, rest) = text
            .split_at_checked(6)
            .ok_or(CitizenIdError::Length { found })?;
        let mut number = if found == 15 {
            format!("{region}19{rest}")
        } else {
            text.to_ascii_uppercase()
        };
        if !province_of(region)
            .is_some_and(|p| PROVINCES.contains(&p) || OTHER_REGIONS.contains(&p))
        {
            return Err(CitizenIdError::Region);
        }
        let birth = birth_of(&number).ok_or(CitizenIdError::BirthDate)?;
        let expected = number
            .get(..17)
            .and_then(CitizenId::compute_check)
            .ok_or(CitizenIdError::Length { found })?;
        if found == 15 {
            number.push(expected);
        } else if !number.ends_with(expected) {
            return Err(CitizenIdError::CheckDigit { expected });
        }
        Ok(CitizenId { number, birth })
    }

    /// The check character of the first 17 digits; `None` if they are not 17 digits.
    pub fn compute_check(body: &str) -> Option<char> {
        if body.len() != WEIGHTS.len() {
            return None;
        }
        let mut sum = 0;
        for (character, weight) in body.chars().zip(WEIGHTS) {
            sum += character.to_digit(10)? * weight;
        }
        CHECKS.get((sum % 11) as usize).map(|b| char::from(*b))
    }

    /// All 18 characters: for digests only, never for output.
    pub fn as_str(&self) -> &str {
        &self.number
    }

    /// Day of birth.
    pub fn birth(&self) -> Day {
        self.birth
    }

    /// Whether the person is under eighteen on `day`.
    ///
    /// The eighteenth year ends with the day of the month on which the person was born (民法典 第201、202条), so that
    /// the eighteenth birthday itself still counts as minor: in doubt, the protection stays.
    pub fn is_minor_on(&self, day: Day) -> bool {
        day <= self.birth.plus_months(MAJORITY_MONTHS)
    }
}

/// Places 7–14 as a day from 1800 on.
fn birth_of(number: &str) -> Option<Day> {
    let year: i32 = number.get(6..10)?.parse().ok()?;
    let month: u32 = number.get(10..12)?.parse().ok()?;
    let day: u32 = number.get(12..14)?.parse().ok()?;
    (year >= 1800)
        .then(|| Day::from_ymd(year, month, day))
        .flatten()
}

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.number.get(..4).unwrap_or_default();
        let last = self.number.get(16..).unwrap_or_default();
        write!(f, "CitizenId({first}************{last})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> Day {
        Day::from_ymd(year, month, day).unwrap()
    }

    #[test]
    fn samples_of_the_standard_pass() {
        let first = CitizenId::parse("11010519491231002X").unwrap();
        assert_eq!(first.birth(), day(1949, 12, 31));
        let second = CitizenId::parse("440524188001010014").unwrap();
        assert_eq!(second.birth(), day(1880, 1, 1));
        assert_eq!(CitizenId::parse("11010519491231002x"), Ok(first));
    }

    #[test]
    fn fifteen_digits_are_widened() {
        let id = CitizenId::parse("110105491231002").unwrap();
        assert_eq!(id.as_str(), "11010519491231002X");
    }

    #[test]
    fn each_rule_has_its_error() {
        assert_eq!(
            CitizenId::parse("1101051949123100"),
            Err(CitizenIdError::Length { found: 16 })
        );
        assert_eq!(
            CitizenId::parse("1101051949123100XX"),
            Err(CitizenIdError::Charset { place: 17 })
        );
        assert_eq!(
            CitizenId::parse("99010519491231002X"),
            Err(CitizenIdError::Region)
        );
        assert_eq!(
            CitizenId::parse("110105194902300028"),
            Err(CitizenIdError::BirthDate)
        );
        assert_eq!(
            CitizenId::parse("110105179901010028"),
            Err(CitizenIdError::BirthDate)
        );
        assert_eq!(
            CitizenId::parse("110105194912310021"),
            Err(CitizenIdError::CheckDigit { expected: 'X' })
        );
    }

    #[test]
    fn minority_ends_with_the_eighteenth_birthday() {
        let id = CitizenId::parse("11010519491231002X").unwrap();
        assert!(id.is_minor_on(day(1967, 12, 31)));
        assert!(!id.is_minor_on(day(1968, 1, 1)));
    }

    #[test]
    fn debug_hides_the_number() {
        let id = CitizenId::parse("11010519491231002X").unwrap();
        assert_eq!(format!("{id:?}"), "CitizenId(1101************2X)");
    }
}
