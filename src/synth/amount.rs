//! Amounts of money in the ways decisions write them. Whole 分 throughout.

use std::fmt::Write as _;

/// 1 元 in 分.
pub(crate) const YUAN: i64 = 100;
/// 1 万元 in 分.
pub(crate) const WAN: i64 = 1_000_000;

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];

/// `fen` in 万元 with as many decimals as it needs, at most 6.
pub(crate) fn wan(fen: i64) -> String {
    decimal(fen, WAN, 6)
}

/// `fen` in 元 with as many decimals as it needs, at most 2.
pub(crate) fn yuan(fen: i64) -> String {
    decimal(fen, YUAN, 2)
}

fn decimal(fen: i64, unit: i64, places: usize) -> String {
    let mut text = (fen / unit).to_string();
    let rest = fen % unit;
    if rest != 0 {
        let _ = write!(text, ".{rest:0places$}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// `fen` in formal capitals, e.g. `伍拾肆万元整`. Below 10¹² 元.
pub(crate) fn capitals(fen: i64) -> String {
    let mut text = String::new();
    let whole = fen / YUAN;
    let (jiao, cents) = (fen % YUAN / 10, fen % 10);
    let mut zero = false;
    for (unit, scale) in [(1_0000_0000i64, "亿"), (1_0000, "万"), (1, "")] {
        let group = whole / unit % 1_0000;
        if group == 0 {
            zero |= !text.is_empty();
            continue;
        }
        for (power, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
            let digit = group / power % 10;
            if digit == 0 {
                zero |= !text.is_empty();
            } else {
                if std::mem::take(&mut zero) {
                    text.push('零');
                }
                text.push_str(DIGITS[digit as usize]);
                text.push_str(name);
            }
        }
        text.push_str(scale);
        zero = unit > 1 && whole % unit < unit / 10;
    }
    if text.is_empty() {
        text.push('零');
    }
    text.push('元');
    if jiao == 0 && cents == 0 {
        text.push('整');
        return text;
    }
    if jiao > 0 {
        text.push_str(DIGITS[jiao as usize]);
        text.push('角');
    } else {
        text.push('零');
    }
    if cents > 0 {
        text.push_str(DIGITS[cents as usize]);
        text.push('分');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_short() {
        assert_eq!(wan(50_000), "0.05");
        assert_eq!(wan(200 * WAN), "200");
        assert_eq!(wan(1), "0.000001");
        assert_eq!(wan(1_110_000), "1.11");
        assert_eq!(yuan(123_450), "1234.5");
        assert_eq!(yuan(5), "0.05");
    }

    #[test]
    fn capitals_read_as_on_a_cheque() {
        for (fen, text) in [
            (54 * WAN, "伍拾肆万元整"),
            (2 * WAN, "贰万元整"),
            (1_110_000, "壹万壹仟壹佰元整"),
            (10_005_000 * YUAN, "壹仟万伍仟元整"),
            (10_500 * YUAN, "壹万零伍佰元整"),
            (100_005 * YUAN, "壹拾万零伍元整"),
            (20_010 * YUAN, "贰万零壹拾元整"),
            (500 * YUAN, "伍佰元整"),
            (1_999_900 * YUAN, "壹佰玖拾玖万玖仟玖佰元整"),
            (123_456, "壹仟贰佰叁拾肆元伍角陆分"),
            (100_005, "壹仟元零伍分"),
        ] {
            assert_eq!(capitals(fen), text);
        }
    }
}
