//! Text in the forms in which it is compared, and text from which people cannot be known.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// NFKC; borrowed when nothing changes.
pub fn nfkc(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfkc().collect())
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
/// free text. Amounts, dates and document numbers stay.
pub fn scrub(text: &str) -> Cow<'_, str> {
    let digits = |b: u8| b.is_ascii_digit();
    let bytes = text.as_bytes();
    if !text
        .chars()
        .any(|c| c.is_ascii_digit() || matches!(c, '０'..='９'))
    {
        return Cow::Borrowed(text);
    }
    let mut out: Option<String> = None;
    let mut last = 0;
    let mut at = 0;
    while at < bytes.len() {
        if !digits(bytes[at]) {
            at += 1;
            continue;
        }
        let start = at;
        while at < bytes.len()
            && (digits(bytes[at])
                || (bytes[at] == b'-' && bytes.get(at + 1).copied().is_some_and(digits)))
        {
            at += 1;
        }
        let mut end = at;
        let run = &text[start..end];
        let count = run.bytes().filter(|b| digits(*b)).count();
        let dashed = run.contains('-');
        if count == 17 && !dashed && end < bytes.len() && matches!(bytes[end], b'X' | b'x') {
            end += 1;
            at = end;
        }
        let letter_before = start > 0 && bytes[start - 1].is_ascii_alphabetic();
        let letter_after = end < bytes.len() && bytes[end].is_ascii_alphabetic();
        let sensitive =
            !letter_before && !letter_after && is_sensitive(run, count, dashed, end - start);
        if sensitive {
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            out.push_str(&text[last..start]);
            out.push_str(&mask_number(&text[start..end]));
            last = end;
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

fn is_sensitive(run: &str, count: usize, dashed: bool, length: usize) -> bool {
    if dashed {
        // 023-12345678
        let mut parts = run.split('-');
        let (area, number) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        return parts.next().is_none()
            && area.starts_with('0')
            && (3..=4).contains(&area.len())
            && (7..=8).contains(&number.len());
    }
    let id_like = |n: usize| n == 15 || n == 18;
    let uscc_like = length == 18 && run.starts_with("91");
    (count == 11 && run.starts_with('1') && !run.starts_with("10") && !run.starts_with("12"))
        || (id_like(length) && !uscc_like && !run.starts_with('0'))
        || (length == 18 && count == 17)
        || (16..=19).contains(&count) && length != 18
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_masked() {
        assert_eq!(mask_person_name("李虚构"), "李某");
        assert_eq!(mask_person_name("欧阳虚构"), "欧阳某");
        assert_eq!(mask_person_name("Smith"), "S*");
        assert_eq!(mask_number("11010519491231002X"), "1101************2X");
        assert_eq!(mask_number("12345"), "*****");
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
        assert_eq!(
            scrub("渝环罚〔2026〕12号，2026-10-20"),
            "渝环罚〔2026〕12号，2026-10-20"
        );
    }
}
