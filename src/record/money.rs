//! Money in whole 分. The 万元 columns of the templates have six decimals, which is exactly 0.01 元.

use serde::{Deserialize, Serialize};

/// An amount in whole 分 (1 万元 = 1,000,000 分).
#[derive(
    Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Fen(pub i64);

/// Why a text is not an amount.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone)]
#[non_exhaustive]
pub enum MoneyError {
    #[error("read an amount: not a number: {0:?}")]
    NotANumber(String),
    #[error("read an amount: more decimals than 0.01 元 allows: {0:?}")]
    TooManyDecimals(String),
    #[error("read an amount: out of range: {0:?}")]
    OutOfRange(String),
}

impl Fen {
    pub const PER_YUAN: i64 = 100;
    pub const PER_WAN_YUAN: i64 = 1_000_000;

    /// 万元 without a sign, at most six decimals.
    pub fn parse_wan_yuan(text: &str) -> Result<Fen, MoneyError> {
        scaled(text, 6)
    }

    /// 元 without a sign, at most two decimals.
    pub fn parse_yuan(text: &str) -> Result<Fen, MoneyError> {
        scaled(text, 2)
    }

    /// The shortest exact form in 万元: `0.05`.
    pub fn to_wan_yuan(self) -> String {
        decimal(self.0, 6)
    }

    /// The shortest exact form in 元.
    pub fn to_yuan(self) -> String {
        decimal(self.0, 2)
    }
}

fn decimal(fen: i64, scale: u32) -> String {
    let unit = 10u64.pow(scale);
    let sign = if fen < 0 { "-" } else { "" };
    let (whole, fraction) = (fen.unsigned_abs() / unit, fen.unsigned_abs() % unit);
    if fraction == 0 {
        // Most amounts; faster than formatting.
        let mut whole = whole.to_string();
        whole.insert_str(0, sign);
        return whole;
    }
    let (mut fraction, mut width) = (fraction, scale as usize);
    while fraction % 10 == 0 {
        (fraction, width) = (fraction / 10, width - 1);
    }
    format!("{sign}{whole}.{fraction:0width$}")
}

fn scaled(text: &str, scale: u32) -> Result<Fen, MoneyError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(MoneyError::NotANumber(text.to_owned()));
    }
    if fraction.len() > scale as usize {
        return Err(MoneyError::TooManyDecimals(text.to_owned()));
    }
    let out_of_range = || MoneyError::OutOfRange(text.to_owned());
    let unit = 10i64.pow(scale);
    let part = if fraction.is_empty() {
        0
    } else {
        let shift = 10i64.pow(scale - fraction.len() as u32);
        fraction.parse::<i64>().map_err(|_| out_of_range())? * shift
    };
    whole
        .parse::<i64>()
        .ok()
        .and_then(|n| n.checked_mul(unit)?.checked_add(part))
        .map(Fen)
        .ok_or_else(out_of_range)
}

/// An amount in Chinese numerals, 大写 or 小写, ending in 元, 圆, 角, 分 or 整: `伍拾肆万元整`, `贰仟叁佰元伍角`.
/// `None` when a character does not belong there.
pub fn parse_chinese_amount(text: &str) -> Option<Fen> {
    let (mut fen, mut total, mut section, mut digit) = (0i64, 0i64, 0i64, 0i64);
    let mut seen = false;
    let mut after_yuan = false;
    for c in text.trim().chars() {
        if let Some(value) = numeral(c) {
            digit = value;
            seen = true;
            continue;
        }
        match c {
            '拾' | '十' => section += digit.max(1) * 10,
            '佰' | '百' => section += digit * 100,
            '仟' | '千' => section += digit * 1000,
            '万' | '萬' => {
                total = (total + section + digit).checked_mul(10_000)?;
                section = 0;
            }
            '亿' | '億' => {
                total = (total + section + digit).checked_mul(100_000_000)?;
                section = 0;
            }
            '元' | '圆' | '圓' => {
                fen = (total + section + digit).checked_mul(100)?;
                (total, section) = (0, 0);
                after_yuan = true;
            }
            '角' if after_yuan => fen += digit * 10,
            '分' if after_yuan => fen += digit,
            '整' | '正' if after_yuan => {}
            _ => return None,
        }
        seen = true;
        digit = 0;
    }
    (seen && after_yuan).then_some(Fen(fen))
}

fn numeral(c: char) -> Option<i64> {
    Some(match c {
        '零' | '〇' => 0,
        '壹' | '一' => 1,
        '贰' | '貳' | '二' | '两' => 2,
        '叁' | '三' => 3,
        '肆' | '四' => 4,
        '伍' | '五' => 5,
        '陆' | '六' => 6,
        '柒' | '七' => 7,
        '捌' | '八' => 8,
        '玖' | '九' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wan_yuan_is_exact_to_the_fen() {
        assert_eq!(Fen::parse_wan_yuan("0.05"), Ok(Fen(50_000)));
        assert_eq!(Fen::parse_wan_yuan("0.000001"), Ok(Fen(1)));
        assert_eq!(Fen::parse_wan_yuan("8.050000"), Ok(Fen(8_050_000)));
        assert!(matches!(
            Fen::parse_wan_yuan("0.0000001"),
            Err(MoneyError::TooManyDecimals(_))
        ));
        assert!(matches!(
            Fen::parse_wan_yuan("-1"),
            Err(MoneyError::NotANumber(_))
        ));
        assert_eq!(Fen(50_000).to_wan_yuan(), "0.05");
        assert_eq!(Fen(1_500).to_yuan(), "15");
    }

    #[test]
    fn capitals() {
        let fen = |t: &str| parse_chinese_amount(t).map(Fen::to_yuan);
        assert_eq!(fen("伍拾肆万元整").as_deref(), Some("540000"));
        assert_eq!(fen("贰万元整").as_deref(), Some("20000"));
        assert_eq!(fen("叁仟零伍元伍角").as_deref(), Some("3005.5"));
        assert_eq!(fen("拾万元").as_deref(), Some("100000"));
        assert_eq!(fen("壹拾贰元").as_deref(), Some("12"));
        assert_eq!(fen("壹佰一十万元").as_deref(), Some("1100000"));
        assert_eq!(parse_chinese_amount("罚款"), None);
        assert_eq!(parse_chinese_amount("伍拾"), None);
    }
}
