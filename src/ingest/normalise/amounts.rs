//! Money as cells and decision texts write it, in whole 分 or not at all.

use std::borrow::Cow;

use crate::record::{Fen, parse_chinese_amount};

use super::excel::plain_decimal;

/// What an amount cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountCell {
    /// Nothing.
    Blank,
    /// An amount in the unit of the column.
    Amount(Fen),
    /// An amount that carries its own unit (`500元` in a 万元 column): read in that unit.
    OwnUnit(Fen),
    /// Not an amount.
    Bad(AmountProblem),
}

/// Why a cell is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountProblem {
    /// No number (SGS-A01).
    NotANumber,
    /// Below zero (SGS-A01).
    Negative,
    /// Finer than 分: more than 6 decimals of 万元 or 2 of 元 (SGS-A02).
    TooFine,
    /// More than 92 quadrillion 分.
    TooLarge,
}

impl AmountProblem {
    /// The reason in Chinese, as a fragment.
    pub const fn zh(self) -> &'static str {
        match self {
            AmountProblem::NotANumber => "不是数字",
            AmountProblem::Negative => "是负数",
            AmountProblem::TooFine => "小数位数超过限制（不足1分）",
            AmountProblem::TooLarge => "数额过大",
        }
    }
}

impl AmountCell {
    /// The amount, when there is one.
    pub const fn fen(self) -> Option<Fen> {
        match self {
            AmountCell::Amount(fen) | AmountCell::OwnUnit(fen) => Some(fen),
            _ => None,
        }
    }
}

/// 分 in one 元 and in one 万元.
const YUAN: i64 = 100;
const WAN: i64 = 1_000_000;
const YI: i64 = 10_000_000_000;

/// Reads a cell of a 万元 column: plain, with thousands separators, ￥, a unit, an exponent, or in Chinese capitals.
pub fn parse_amount_wan(text: &str) -> AmountCell {
    parse(text, WAN)
}

/// Reads a cell of a 元 column.
pub fn parse_amount_yuan(text: &str) -> AmountCell {
    parse(text, YUAN)
}

fn parse(text: &str, column_unit: i64) -> AmountCell {
    if text.is_empty() {
        return AmountCell::Blank;
    }
    if let Some(fen) = plain(text, column_unit) {
        return AmountCell::Amount(fen);
    }
    let text: String = text
        .chars()
        .map(half_width)
        .filter(|c| !c.is_whitespace())
        .collect();
    if text.is_empty() {
        return AmountCell::Blank;
    }
    let bare = text
        .trim_start_matches("人民币")
        .trim_start_matches("RMB")
        .trim_start_matches(['¥', '￥', '$', ':'])
        .trim_end_matches(['整', '正', ')', '。', ',', ';']);
    let (number, unit) = split_unit(bare);
    if number.chars().any(is_han_numeral) {
        return match parse_chinese_amount(bare) {
            Some(fen) => AmountCell::OwnUnit(fen),
            None => AmountCell::Bad(AmountProblem::NotANumber),
        };
    }
    match scaled(number, unit.unwrap_or(column_unit)) {
        Ok(fen) if unit.is_some_and(|unit| unit != column_unit) => AmountCell::OwnUnit(fen),
        Ok(fen) => AmountCell::Amount(fen),
        Err(problem) => AmountCell::Bad(problem),
    }
}

/// Digits with at most one point among them, as nearly all amounts are written; `None` for whatever else and for what does not
/// come to whole 分.
fn plain(text: &str, unit: i64) -> Option<Fen> {
    /// Of these not even the greatest unit makes more than an `i64` holds.
    const DIGITS: usize = 8;
    if !(1..=DIGITS + 1).contains(&text.len()) {
        return None;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || whole.len() + fraction.len() > DIGITS {
        return None;
    }
    let (mut mantissa, mut scale) = (0_i64, 1_i64);
    for byte in whole.bytes().chain(fraction.bytes()) {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        mantissa = mantissa * 10 + digit;
    }
    for _ in fraction.bytes() {
        scale *= 10;
    }
    let product = mantissa * unit;
    (product % scale == 0).then(|| Fen(product / scale))
}

/// The number before a unit, and the unit in 分.
fn split_unit(text: &str) -> (&str, Option<i64>) {
    for (word, unit) in [
        ("亿元", YI),
        ("亿", YI),
        ("万元", WAN),
        ("万", WAN),
        ("元", YUAN),
        ("圆", YUAN),
        ("角", 10),
        ("分", 1),
    ] {
        if let Some(number) = text.strip_suffix(word) {
            return (number.trim_end_matches('('), Some(unit));
        }
    }
    (text, None)
}

/// A decimal times a unit, exact.
fn scaled(number: &str, unit: i64) -> Result<Fen, AmountProblem> {
    let plain = plain_decimal(number);
    let (is_negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = without_separators(whole).ok_or(AmountProblem::NotANumber)?;
    let all_digits = whole
        .bytes()
        .chain(fraction.bytes())
        .all(|b| b.is_ascii_digit());
    if !all_digits || (whole.is_empty() && fraction.is_empty()) {
        return Err(AmountProblem::NotANumber);
    }
    let fraction = fraction.trim_end_matches('0');
    let scale = 10_i128
        .checked_pow(u32::try_from(fraction.len()).unwrap_or(u32::MAX))
        .ok_or(AmountProblem::TooFine)?;
    let parse = |text: &str| {
        if text.is_empty() {
            Ok(0)
        } else {
            text.parse::<i128>().map_err(|_| AmountProblem::TooLarge)
        }
    };
    let mantissa = parse(&whole)?
        .checked_mul(scale)
        .ok_or(AmountProblem::TooLarge)?
        + parse(fraction)?;
    let product = mantissa
        .checked_mul(i128::from(unit))
        .ok_or(AmountProblem::TooLarge)?;
    if product % scale != 0 {
        return Err(AmountProblem::TooFine);
    }
    let fen = i64::try_from(product / scale).map_err(|_| AmountProblem::TooLarge)?;
    if is_negative && fen != 0 {
        Err(AmountProblem::Negative)
    } else {
        Ok(Fen(fen))
    }
}

/// `1,234,567` → `1234567`; `None` when the commas do not stand between groups of three.
fn without_separators(whole: &str) -> Option<String> {
    if !whole.contains(',') {
        return Some(whole.to_owned());
    }
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    let well_formed = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    well_formed.then(|| whole.replace(',', ""))
}

fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        _ => c,
    }
}

#[rustfmt::skip]
fn is_han_numeral(c: char) -> bool {
    matches!(
        c,
        '零' | '〇' | '一' | '二' | '三' | '四' | '五' | '六' | '七' | '八' | '九' | '十' | '百' | '千'
            | '壹' | '贰' | '叁' | '肆' | '伍' | '陆' | '柒' | '捌' | '玖' | '拾' | '佰' | '仟'
            | '两' | '貳' | '參' | '陸'
    )
}

/// The fine (`is_fine`) or confiscation that a decision text names, in 分; `None` when it names none.
///
/// Each 罚款 or 没收 claims the first amount after it, else the one just before it (`处2万元罚款`). Different amounts are added up, unless
/// one of them is the sum of the others (合计).
pub fn amount_in_text(text: &str, is_fine: bool) -> Option<Fen> {
    if !text.contains(if is_fine { "罚款" } else { "没收" }) {
        return None;
    }
    // All wide forms begin with the byte EF.
    let text: Cow<'_, str> = match text.as_bytes().contains(&0xEF) {
        true => text.chars().map(half_width).collect(),
        false => Cow::Borrowed(text),
    };
    let mut marks: Vec<(usize, bool)> = text
        .match_indices("罚款")
        .map(|(at, _)| (at, true))
        .collect();
    marks.extend(text.match_indices("没收").map(|(at, _)| (at, false)));
    marks.sort_unstable();
    let mut amounts: Vec<i64> = Vec::new();
    for (index, (at, of_fine)) in marks.iter().enumerate() {
        if *of_fine != is_fine {
            continue;
        }
        let end = marks.get(index + 1).map_or(text.len(), |(next, _)| *next);
        let after = text[*at..end]
            .split(['。', ';', '\n'])
            .next()
            .and_then(|clause| first_amount(clause, false));
        let amount = after.or_else(|| {
            let start = text[..*at]
                .rfind(['。', ';', ',', '、', '\n'])
                .map_or(0, |cut| cut + 1);
            let start = (start..=*at)
                .find(|start| text.is_char_boundary(*start))
                .unwrap_or(*at);
            first_amount(&text[start..*at], true)
        });
        if let Some(Fen(fen)) = amount
            && !amounts.contains(&fen)
        {
            amounts.push(fen);
        }
    }
    let sum: i64 = amounts.iter().fold(0, |sum, fen| sum.saturating_add(*fen));
    match amounts.iter().max() {
        None => None,
        Some(greatest) if amounts.len() > 2 && *greatest == sum - greatest => Some(Fen(*greatest)),
        Some(_) => Some(Fen(sum)),
    }
}

/// The first (or last) amount of a clause: a number or Chinese numerals with a unit, or a number after ￥.
fn first_amount(clause: &str, last: bool) -> Option<Fen> {
    let mut found = None;
    let mut rest = clause;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || c == '.' || is_han_numeral(c))
    {
        let has_sign = rest[..start].trim_end().ends_with(['¥', '￥']);
        let tail = &rest[start..];
        let is_han = tail.chars().next().is_some_and(is_han_numeral);
        let length = tail
            .find(|c: char| {
                if is_han {
                    !(is_han_numeral(c) || c == '万' || c == '亿')
                } else {
                    !(c.is_ascii_digit() || c == '.' || c == ',')
                }
            })
            .unwrap_or(tail.len());
        let (number, after) = tail.split_at(length);
        let unit_text = after.trim_start().trim_start_matches('(').trim_start();
        let unit = [
            ("亿元", YI),
            ("万元", WAN),
            ("万", WAN),
            ("元", YUAN),
            ("圆", YUAN),
        ]
        .into_iter()
        .find(|(word, _)| unit_text.starts_with(word));
        let amount = match (is_han, unit) {
            (true, Some((word, _))) => parse_chinese_amount(&format!("{number}{word}")),
            (false, Some((_, unit))) => scaled(number.trim_end_matches(','), unit).ok(),
            (false, None) if has_sign => scaled(number.trim_end_matches([',', '.']), YUAN).ok(),
            _ => None,
        };
        if amount.is_some() {
            found = amount;
            if !last {
                break;
            }
        }
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wan(text: &str) -> Option<i64> {
        parse_amount_wan(text).fen().map(|fen| fen.0)
    }

    /// Plain numbers take a short way, numbers with their unit the long one.
    #[test]
    fn the_short_way_and_the_long_one_lead_to_the_same_amount() {
        let mut texts: Vec<String> = Vec::new();
        for number in [
            "0",
            "7",
            "30",
            "00012",
            "12345678",
            "123456789",
            "99999999999",
        ] {
            texts.push(number.to_owned());
            for fraction in ["", "0", "5", "05", "123456", "1234567", "5000000"] {
                texts.push(format!("{number}.{fraction}"));
            }
        }
        texts.extend([".5", ".", "1.2.3", "-1", "+1", "1e3", "1 2", "１２"].map(str::to_owned));
        for text in texts {
            assert_eq!(
                parse_amount_wan(&text),
                parse_amount_wan(&format!("{text}万元")),
                "{text}"
            );
            assert_eq!(
                parse_amount_yuan(&text),
                parse_amount_yuan(&format!("{text}元")),
                "{text}"
            );
        }
    }

    #[test]
    fn wan_yuan_in_every_writing() {
        for (text, fen) in [
            ("0.05", 50_000),
            ("0.000001", 1),
            ("2", 2_000_000),
            ("2.0", 2_000_000),
            ("1,234.5", 1_234_500_000),
            ("２．５", 2_500_000),
            ("1e-5", 10),
            ("3万元", 3_000_000),
            ("￥3", 3_000_000),
            (" 8.0（万元）", 8_000_000),
            ("8.0（万元", 8_000_000),
            ("0", 0),
            (".5", 500_000),
        ] {
            assert_eq!(wan(text), Some(fen), "{text}");
        }
        assert_eq!(parse_amount_wan("500元"), AmountCell::OwnUnit(Fen(50_000)));
        assert_eq!(parse_amount_yuan("500元"), AmountCell::Amount(Fen(50_000)));
        assert_eq!(
            parse_amount_wan("伍拾肆万元整"),
            AmountCell::OwnUnit(Fen(54_000_000))
        );
        assert_eq!(parse_amount_wan(" "), AmountCell::Blank);
    }

    #[test]
    fn what_is_no_amount_says_why() {
        for (text, problem) in [
            ("0.0000001", AmountProblem::TooFine),
            ("-1", AmountProblem::Negative),
            ("壹", AmountProblem::NotANumber),
            ("约3万元", AmountProblem::NotANumber),
            ("1,2345", AmountProblem::NotANumber),
            ("1.2.3", AmountProblem::NotANumber),
            ("99999999999999999999", AmountProblem::TooLarge),
            ("0.001元", AmountProblem::TooFine),
            ("元", AmountProblem::NotANumber),
        ] {
            assert_eq!(parse_amount_wan(text), AmountCell::Bad(problem), "{text}");
        }
    }

    #[test]
    fn fines_and_confiscations_in_decision_texts() {
        for (text, fine, confiscated) in [
            ("罚款贰万元整", Some(2_000_000), None),
            ("罚款人民币叁万元整（￥30000）", Some(3_000_000), None),
            ("罚款（大写），人民币伍拾肆万元整", Some(54_000_000), None),
            (
                "罚款:8.0（万元）,其他行政处罚:责令改正",
                Some(8_000_000),
                None,
            ),
            ("1、立即停止运营；2、罚款伍万元", Some(5_000_000), None),
            ("限期整改，罚款3万元", Some(3_000_000), None),
            (
                "没收违法所得500元，并处违法所得2倍罚款1000元",
                Some(100_000),
                Some(50_000),
            ),
            ("处2万元罚款", Some(2_000_000), None),
            ("罚款11100元;没收违法所得", Some(1_110_000), None),
            ("罚款.15元", Some(15), None),
            ("罚款1万元；罚款2万元；合计罚款3万元", Some(3_000_000), None),
            ("责令3个月完成改造治理", None, None),
            ("警告", None, None),
            ("罚款￥30,000", Some(3_000_000), None),
        ] {
            assert_eq!(amount_in_text(text, true).map(|fen| fen.0), fine, "{text}");
            assert_eq!(
                amount_in_text(text, false).map(|fen| fen.0),
                confiscated,
                "{text}"
            );
        }
    }
}
