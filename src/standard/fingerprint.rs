//! Reading one header cell: the key under which it is compared, and the words in it that carry the meaning.

use unicode_normalization::UnicodeNormalization;

/// The key under which headers are compared: NFKC, letters and digits only, lower case.
///
/// `行政相对人代码_1（统一社会信用代码）` and `行政相对人代码＿1 (统一社会\n信用代码)` have one key; so have `CF_XDR_MC` and `cf_xdr_mc`.
pub fn header_key(header: &str) -> String {
    header
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric())
        .collect()
}

/// What a `代码_n(…)` header says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyNumber<'a> {
    /// The words in the brackets.
    Named(&'a str),
    /// Only a number: versions A and B give 2 and 3 opposite meanings.
    Numbered(u32),
}

/// Splits `行政相对人代码_2(工商注册号)` (as a key) into its parts; `None` for every other header.
///
/// The words in the brackets decide, never the number: 代码_2 is 组织机构代码 in version A and 工商注册号 in version B.
pub(super) fn body_number(key: &str) -> Option<BodyNumber<'_>> {
    let rest = ["行政相对人代码", "相对人代码", "代码"]
        .iter()
        .find_map(|prefix| key.strip_prefix(prefix))?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, words) = rest.split_at(digits);
    if !words.is_empty() {
        return Some(BodyNumber::Named(words));
    }
    number.parse().ok().map(BodyNumber::Numbered)
}

/// The keys under which a header is looked up, the best first: as it stands; without 必填/选填; and, where a code and a name
/// share the cell (`行政相对人名称(CF_XDR_MC)`, `处罚决定日期(YYYY/MM/DD)`), each of them.
pub(super) fn candidates(header: &str) -> Vec<String> {
    let key = header_key(header);
    let mut keys = Vec::with_capacity(1);
    if key.is_empty() {
        return keys;
    }
    for suffix in ["必填项", "选填项", "非必填", "必填", "选填", "可选"] {
        if let Some(rest) = key.strip_suffix(suffix)
            && !rest.is_empty()
        {
            keys.push(rest.to_owned());
            break;
        }
    }
    let (ascii, other): (String, String) = key.chars().partition(char::is_ascii);
    if ascii.chars().filter(char::is_ascii_alphabetic).count() >= 2 && !other.is_empty() {
        keys.push(ascii);
        keys.push(other);
    }
    keys.insert(0, key);
    keys
}

/// The one of `known` that a header must mean although it is cut or has one character wrong: at least 6 characters, Chinese,
/// the same digits, and only one candidate.
pub(super) fn misspelt<'a, T: Copy + PartialEq>(
    key: &str,
    known: impl Iterator<Item = (&'a str, T)>,
) -> Option<T> {
    let length = key.chars().count();
    if length < 6 || key.chars().any(|c| c.is_ascii_alphabetic()) {
        return None;
    }
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let own_digits = digits(key);
    let mut found = None;
    for (name, meaning) in known {
        let close = is_one_edit(name, key) || name.starts_with(key);
        if !close || digits(name) != own_digits {
            continue;
        }
        match found {
            None => found = Some(meaning),
            Some(other) if other == meaning => {}
            Some(_) => return None,
        }
    }
    found
}

/// Whether two texts are equal but for one character, put in, left out or changed. Nearly all pairs differ at both ends, so that little of
/// them is looked at.
fn is_one_edit(one: &str, other: &str) -> bool {
    let (mut a, mut b) = (one.chars(), other.chars());
    while let (Some(x), Some(y)) = (a.clone().next(), b.clone().next())
        && x == y
    {
        a.next();
        b.next();
    }
    while let (Some(x), Some(y)) = (a.clone().next_back(), b.clone().next_back())
        && x == y
    {
        a.next_back();
        b.next_back();
    }
    a.nth(1).is_none() && b.nth(1).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_header_share_a_key() {
        let key = "行政相对人代码1统一社会信用代码";
        for header in [
            "行政相对人代码_1(统一社会信用代码)",
            "行政相对人代码_1 (统一社会信用代码)",
            "行政相对人代码＿１（统一社会\n信用代码）",
            " 行政相对人代码-1（统一社会信用代码） ",
        ] {
            assert_eq!(header_key(header), key, "{header}");
        }
        assert_eq!(header_key("文,号"), "文号");
        assert_eq!(header_key("CF_XDR_MC"), header_key("cf_xdr_mc"));
    }

    #[test]
    fn the_words_decide_not_the_number() {
        let named = |header: &str| match body_number(&header_key(header)) {
            Some(BodyNumber::Named(words)) => words.to_owned(),
            other => panic!("{header}: {other:?}"),
        };
        assert_eq!(named("行政相对人代码_2(组织机构代码)"), "组织机构代码");
        assert_eq!(named("代码_2（工商注册号）"), "工商注册号");
        assert_eq!(body_number("代码3"), Some(BodyNumber::Numbered(3)));
        assert_eq!(body_number("处罚机关代码"), None);
        assert_eq!(body_number("行政相对人代码"), None);
    }

    #[test]
    fn code_and_name_in_one_cell() {
        assert_eq!(
            candidates("行政相对人名称(CF_XDR_MC)"),
            ["行政相对人名称cfxdrmc", "cfxdrmc", "行政相对人名称"]
        );
        assert_eq!(
            candidates("*违法事实（必填）"),
            ["违法事实必填", "违法事实"]
        );
        assert!(candidates(" 　\n").is_empty());
    }

    /// What it says is what the general distance says.
    #[test]
    fn one_edit_is_a_distance_of_one() {
        let letters = ["", "违", "法", "违法"];
        let mut texts = Vec::new();
        for a in letters {
            for b in letters {
                for c in letters {
                    texts.push(format!("{a}{b}{c}"));
                }
            }
        }
        for one in &texts {
            for other in &texts {
                let near = strsim::levenshtein(one, other) <= 1;
                assert_eq!(is_one_edit(one, other), near, "{one} {other}");
            }
        }
    }

    #[test]
    fn one_wrong_character_is_read_when_only_one_name_is_near() {
        let known = [
            ("违法行为类型", 1),
            ("处罚决定日期", 2),
            ("许可决定日期", 3),
            ("没收违法所得没收非法财物的金额万元", 4),
        ];
        let find = |key| misspelt(key, known.iter().copied());
        assert_eq!(find("违法行为类形"), Some(1));
        assert_eq!(find("没收违法所得没收非法财"), Some(4));
        assert_eq!(find("处罚日期"), None, "too short to guess");
        assert_eq!(find("处可决定日期"), None, "between two names");
    }
}
