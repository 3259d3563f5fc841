//! Points and scores as fixed decimals.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// Points with four decimals (Arrow `Decimal128(18, 4)`), so that 0.1 is 0.1.
#[derive(
    Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Points(i64);

impl Points {
    pub const ZERO: Points = Points(0);
    /// Ten-thousandths in one point.
    pub const ONE_RAW: i64 = 10_000;

    pub const fn from_units(units: i64) -> Points {
        Points(units * Self::ONE_RAW)
    }

    /// From ten-thousandths.
    pub const fn from_raw(raw: i64) -> Points {
        Points(raw)
    }

    /// In ten-thousandths.
    pub const fn raw(self) -> i64 {
        self.0
    }

    pub const fn abs(self) -> Points {
        Points(self.0.abs())
    }

    /// `-?digits(.digits{1,4})?`; `None` for anything else or out of range.
    pub fn parse(text: &str) -> Option<Points> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 4 {
            return None;
        }
        let scale = 10i64.pow(4 - fraction.len() as u32);
        let raw = whole
            .parse::<i64>()
            .ok()?
            .checked_mul(Self::ONE_RAW)?
            .checked_add(fraction.parse::<i64>().ok()? * scale)?;
        Some(Points(if negative { -raw } else { raw }))
    }

    /// `self × num / den`, rounded half away from zero at the fourth decimal. `den` must not be 0 (0 gives 0).
    pub fn mul_ratio(self, num: i64, den: i64) -> Points {
        if den == 0 {
            return Points::ZERO;
        }
        let product = i128::from(self.0) * i128::from(num);
        let den = i128::from(den);
        let (product, den) = if den < 0 {
            (-product, -den)
        } else {
            (product, den)
        };
        let rounded = (2 * product.abs() + den) / (2 * den);
        let value = if product < 0 { -rounded } else { rounded };
        Points(i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Add for Points {
    type Output = Points;
    fn add(self, other: Points) -> Points {
        Points(self.0.saturating_add(other.0))
    }
}

impl Sub for Points {
    type Output = Points;
    fn sub(self, other: Points) -> Points {
        Points(self.0.saturating_sub(other.0))
    }
}

impl Neg for Points {
    type Output = Points;
    fn neg(self) -> Points {
        Points(self.0.saturating_neg())
    }
}

impl Sum for Points {
    fn sum<I: Iterator<Item = Points>>(iter: I) -> Points {
        iter.fold(Points::ZERO, Add::add)
    }
}

impl fmt::Display for Points {
    /// The shortest exact form: `99.5`, `-3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (magnitude / 10_000, magnitude % 10_000);
        if fraction == 0 {
            return f.pad(&format!("{sign}{whole}"));
        }
        let decimals = format!("{fraction:04}");
        f.pad(&format!("{sign}{whole}.{}", decimals.trim_end_matches('0')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenths_are_exact() {
        let sum: Points = (0..10).filter_map(|_| Points::parse("0.1")).sum();
        assert_eq!(sum, Points::from_units(1));
        assert_eq!(
            Points::parse("99.5").map(|p| p.to_string()).as_deref(),
            Some("99.5")
        );
        assert_eq!(Points::parse("-3"), Some(Points::from_units(-3)));
        assert_eq!(Points::parse("1.23456"), None);
        assert_eq!(Points::parse("1e3"), None);
    }

    #[test]
    fn shares_round_half_away_from_zero() {
        assert_eq!(Points::from_units(11).mul_ratio(80, 100).to_string(), "8.8");
        assert_eq!(Points::from_raw(1).mul_ratio(1, 2), Points::from_raw(1));
        assert_eq!(Points::from_raw(-1).mul_ratio(1, 2), Points::from_raw(-1));
    }
}
