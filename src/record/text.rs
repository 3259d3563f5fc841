//! Text in the forms in which it is compared, and text from which people cannot be known.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// NFKC; borrowed when nothing changes.
pub fn nfkc(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let mut out: Option<String> = None;
    // `text[kept..at]` is its own form and not yet copied.
    let (mut kept, mut at) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        match byte {
            0..0x80 => at += 1,
            // U+5000 to U+9FFF and U+4E00 to U+4FFF: most of what decisions are written with.
            0xE5..=0xE9 => at += 3,
            0xE4 if bytes.get(at + 1).is_some_and(|next| *next >= 0xB8) => at += 3,
            _ => {
                let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else {
                    break;
                };
                match nfkc_of_plain(c) {
                    Some(form) if form == c => {}
                    Some(form) => {
                        let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
                        out.push_str(&text[kept..at]);
                        out.push(form);
                        kept = at + c.len_utf8();
                    }
                    None => return nfkc_in_full(text),
                }
                at += c.len_utf8();
            }
        }
    }
    match out {
        Some(mut out) => {
            out.push_str(&text[kept..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

fn nfkc_in_full(text: &str) -> Cow<'_, str> {
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
    }
}

/// The NFKC form of a character that always stands for itself alone and never joins its neighbours: nearly all that
/// decisions are written with. `None` for any other.
fn nfkc_of_plain(c: char) -> Option<char> {
    match c {
        '\0'..='\u{9F}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{3001}'..='\u{3003}'
        | '\u{3008}'..='\u{3011}'
        | '\u{3014}'..='\u{301B}'
        | '\u{2018}'..='\u{201D}'
        | '\u{2014}'
        | '\u{B7}' => Some(c),
        '\u{3000}' => Some(' '),
        '\u{FFE5}' => Some('\u{A5}'),
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0),
        _ => None,
    }
}

const COMPOUND_SURNAMES: [&str; 20] = [
    "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "令狐", "慕容", "夏侯", "司徒",
    "司空", "宇文", "长孙", "轩辕", "端木", "申屠", "百里", "南宫",
];

/// Surname + 某; for other scripts the first letter + `*`.
pub fn mask_person_name(name: &str) -> String {
    let name = name.trim();
    let mut chars = name.chars();
    let Some(first) = chars.next() else {
        return String::new();
    };
    if first.is_ascii() {
        return format!("{first}*");
    }
    let count = name.chars().count();
    for surname in COMPOUND_SURNAMES {
        if count > 2 && name.starts_with(surname) {
            return format!("{surname}某");
        }
    }
    format!("{first}某")
}

/// First 4 and last 2 characters, `*` between; short values vanish wholly.
pub fn mask_number(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= 6 {
        return "*".repeat(chars.len());
    }
    let mut out: String = chars[..4].iter().collect();
    out.extend(std::iter::repeat_n('*', chars.len() - 6));
    out.extend(&chars[chars.len() - 2..]);
    out
}

/// Masks identity numbers (15, or 17 digits and a digit or X), mobile and land-line telephones and bank accounts in
/// free text, also when written with full-width digits, blanks or dashes. Amounts, dates, document numbers and valid
/// 统一社会信用代码 stay.
///
/// What follows a word for a person's home (住址, 户籍地, 家住 and the like) is masked up to the next mark.
pub fn scrub(text: &str) -> Cow<'_, str> {
    match scrub_numbers(text) {
        Cow::Borrowed(text) => scrub_homes(text),
        Cow::Owned(text) => match scrub_homes(&text) {
            Cow::Owned(text) => Cow::Owned(text),
            Cow::Borrowed(_) => Cow::Owned(text),
        },
    }
}

/// Words that a person's home follows. 住所 and 地址 are not among them: those of bodies are public.
static HOMES: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "家庭住址",
        "户籍地址",
        "户籍所在地",
        "居住地址",
        "户籍地",
        "居住地",
        "现住址",
        "住址",
        "家住",
    ];
    let kind = MatchKind::LeftmostLongest;
    AhoCorasick::builder().match_kind(kind).build(words).ok()
});

fn scrub_homes(text: &str) -> Cow<'_, str> {
    let Some(homes) = HOMES.as_ref() else {
        return Cow::Borrowed(text);
    };
    let (mut out, mut last) = (String::new(), 0);
    for word in homes.find_iter(text).map(|found| found.range()) {
        if word.start < last {
            continue;
        }
        let rest = &text[word.end..];
        let from = rest.trim_start_matches([':', '：', ' ', '为', '是', '在', '于']);
        let home = from
            .find(['，', '。', '；', '、', '）', ',', ';', ')', '\n', '\r'])
            .map_or(from, |end| &from[..end]);
        if home.is_empty() {
            continue;
        }
        let start = text.len() - from.len();
        out.push_str(&text[last..start]);
        out.push_str("***");
        last = start + home.len();
    }
    if last == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[last..]);
    Cow::Owned(out)
}

fn scrub_numbers(text: &str) -> Cow<'_, str> {
    // All of them begin with the byte EF, as full-width marks do.
    let wide = |c| matches!(c, '０'..='９' | 'Ｘ' | 'ｘ' | '－');
    if text.as_bytes().contains(&0xEF) && text.contains(wide) {
        let plain: String = text.chars().map(half_width).collect();
        return Cow::Owned(scrub_plain(&plain).into_owned());
    }
    if holds_run(text.as_bytes()) {
        scrub_plain(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Whether digits, blanks and dashes follow one another in the length of the shortest number that is masked. Of every so many bytes one
/// is looked at, for such a run passes over none.
fn holds_run(bytes: &[u8]) -> bool {
    let is_of_run = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b' ');
    let mut at = SHORTEST - 1;
    while let Some(byte) = bytes.get(at) {
        if is_of_run(byte) {
            let before = bytes[..at].iter().rev().take_while(|b| is_of_run(b));
            let after = bytes[at..].iter().take_while(|b| is_of_run(b)).count();
            if before.count() + after >= SHORTEST {
                return true;
            }
            at += after;
        }
        at += SHORTEST;
    }
    false
}

fn half_width(c: char) -> char {
    match c {
        '０'..='９' | 'Ｘ' | 'ｘ' | '－' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        c => c,
    }
}

fn scrub_plain(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut out: Option<String> = None;
    let (mut last, mut at) = (0, 0);
    while at < bytes.len() {
        if !digit_at(at) {
            at += 1;
            continue;
        }
        let start = at;
        while digit_at(at)
            || (at > start && matches!(bytes.get(at), Some(b'-' | b' ')) && digit_at(at + 1))
        {
            at += 1;
        }
        if matches!(bytes.get(at), Some(b'X' | b'x'))
            && bytes[start..at]
                .iter()
                .filter(|b| b.is_ascii_digit())
                .count()
                == 17
        {
            at += 1;
        }
        let letter_before = start > 0 && bytes[start - 1].is_ascii_alphabetic();
        let letter_after = bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
        if !letter_before && !letter_after && is_sensitive(&text[start..at]) {
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(&text[last..start]);
            out.push_str(&mask_number(&text[start..at]));
            last = at;
        }
    }
    match out {
        Some(mut out) => {
            out.push_str(&text[last..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

/// Bytes of the shortest number that could lead to a person: that of a mobile telephone.
const SHORTEST: usize = 11;

/// A run of digits, perhaps in groups, that could lead to a person.
fn is_sensitive(run: &str) -> bool {
    if run.len() < SHORTEST {
        return false;
    }
    let groups: Vec<&str> = run.split(['-', ' ']).collect();
    let joined = groups.concat();
    let mobile = |number: &str| {
        number.len() == 11
            && number.starts_with('1')
            && !matches!(number.as_bytes()[1], b'0' | b'1' | b'2')
    };
    let landline = |area: &str, number: &str| {
        area.starts_with('0') && (3..=4).contains(&area.len()) && (7..=8).contains(&number.len())
    };
    match groups[..] {
        // 02312345678 needs no dash.
        [number] => {
            let area_codes = joined.starts_with("02") || joined.starts_with("010");
            mobile(number)
                || (matches!(number.len(), 11 | 12)
                    && number.starts_with('0')
                    && (area_codes || matches!(number.as_bytes()[1], b'3'..=b'9')))
                || (matches!(number.len(), 15 | 18)
                    && !number.starts_with("00000")
                    && !is_code_of_a_body(number))
                || matches!(number.len(), 16 | 17 | 19..=24)
        }
        [area, number] if landline(area, number) => true,
        [region, birth, rest] if region.len() == 6 && birth.len() == 8 && rest.len() >= 3 => true,
        // Cards stand in groups of four.
        [ref first @ .., _] => {
            mobile(&joined)
                || groups.iter().any(|group| is_sensitive(group))
                || ((15..=24).contains(&joined.len()) && first.iter().all(|group| group.len() == 4))
        }
        [] => false,
    }
}

/// A valid 统一社会信用代码 or 工商注册号 that is not also a valid identity number.
fn is_code_of_a_body(number: &str) -> bool {
    (super::Uscc::parse(number).is_ok() || super::RegistrationNo::parse(number).is_ok())
        && super::CitizenId::parse(number).is_err()
}

/// The first 16 bytes of a text as a number of the same order: of two texts the one with the lesser number comes first, and
/// only equal numbers need a look at the texts.
pub fn leading(text: &str) -> u128 {
    let mut bytes = [0; 16];
    let length = text.len().min(bytes.len());
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u128::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_characters_have_the_nfkc_of_the_standard() {
        let mut plain = 0;
        for c in '\0'..=char::MAX {
            if let Some(form) = nfkc_of_plain(c) {
                plain += 1;
                assert!(c.to_string().nfkc().eq([form]), "{c:?}");
                // Between others too: nothing joins.
                let text = format!("e{c}甲{c}");
                assert_eq!(nfkc(&text), text.nfkc().collect::<String>(), "{c:?}");
            }
        }
        assert!(plain > 20_000);
        assert_eq!(nfkc("e\u{301}，①"), "é,1");
    }

    #[test]
    fn leading_bytes_have_the_order_of_the_texts() {
        let texts = [
            "",
            "\0",
            "a",
            "a\0",
            "ab",
            "b",
            "c:0123456789abcde",
            "c:0123456789abcdf",
            "重",
        ];
        for pair in texts.windows(2) {
            assert!(leading(pair[0]) <= leading(pair[1]), "{pair:?}");
        }
        assert!(leading("ab") < leading("b"));
        assert_eq!(leading("c:0123456789abcdef"), leading("c:0123456789abcdeg"));
    }

    proptest::proptest! {
        /// A text without a run of the shortest length is left as it is by the slow look too.
        #[test]
        fn a_quick_look_overlooks_no_number(text in "([0-9]{1,13}|[- X甲罚]){0,8}") {
            if !holds_run(text.as_bytes()) {
                proptest::prop_assert_eq!(scrub_plain(&text), text.as_str());
            }
        }
    }

    #[test]
    fn people_are_masked() {
        assert_eq!(mask_person_name("李虚构"), "李某");
        assert_eq!(mask_person_name("欧阳虚构"), "欧阳某");
        assert_eq!(mask_person_name("Smith"), "S*");
        assert_eq!(mask_number("11010519491231002X"), "1101************2X");
        assert_eq!(mask_number("12345"), "*****");
    }

    #[test]
    fn homes_of_people_leave_free_text() {
        assert_eq!(
            scrub("当事人，住址：渝北区某路1号，电话13800001111；家住江北区"),
            "当事人，住址：***，电话1380*****11；家住***"
        );
        assert_eq!(scrub("户籍地址在万州区某街"), "户籍地址在***");
        for kept in ["住所：重庆市渝北区某路1号", "经营地址：渝北区", "住址"]
        {
            assert_eq!(scrub(kept), kept);
        }
    }

    #[test]
    fn numbers_of_people_leave_free_text() {
        assert_eq!(
            scrub("身份证11010519491231002X，电话13800001111，罚款20000元"),
            "身份证1101************2X，电话1380*****11，罚款20000元"
        );
        assert_eq!(
            scrub("座机023-12345678，账号6222020000000000001"),
            "座机023-******78，账号6222*************01"
        );
        assert_eq!(scrub("手机１３８００００１１１１"), "手机1380*****11");
        assert_eq!(scrub("电话138-0000-1111"), "电话138-*******11");
        assert_eq!(
            scrub("卡号6222 0200 0000 0000 001"),
            "卡号6222*****************01"
        );
        assert_eq!(scrub("身份证号110105491231002"), "身份证号1101*********02");
        assert_eq!(
            scrub("身份证110105 19491231 002X"),
            "身份证1101**************2X"
        );
        assert_eq!(scrub("电话13800001111 12"), "电话1380********12");
        assert_eq!(scrub("电话02312345678"), "电话0231*****78");
        for kept in [
            "渝环罚〔2026〕12号，2026-10-20",
            "罚款20000元，没收1234567890元",
            "2026-10-20 2026-10-21",
            "自20260101至20261231，20260101-20261231",
            "统一社会信用代码914403001922038216",
            "排污许可证91230600716671629P001P",
            "注册号110108000000016",
            "许可证JY15001020012345",
        ] {
            assert_eq!(scrub(kept), kept);
        }
    }
}
