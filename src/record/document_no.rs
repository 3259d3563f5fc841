//! 文书号 in the one form in which they are compared.

use std::borrow::Cow;

use super::nfkc;

/// NFKC, every bracket form of the year → 〔〕, no white space.
pub fn normalise_document_no(text: &str) -> String {
    normal_document_no(text).into_owned()
}

/// As [`normalise_document_no`], without a copy of a number that is in this form already, as most are.
pub fn normal_document_no(text: &str) -> Cow<'_, str> {
    if is_normal(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in nfkc(text).chars() {
        match c {
            '[' | '(' | '{' | '【' | '〔' | '〖' | '〈' | '<' | '「' | '『' | '《' => {
                out.push('〔');
            }
            ']' | ')' | '}' | '】' | '〕' | '〗' | '〉' | '>' | '」' | '』' | '》' => {
                out.push('〕');
            }
            c if c.is_whitespace() || c == '\u{200b}' || c == '\u{feff}' => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Only Han (U+4E00–9FFF), ASCII letters, digits and hyphens, and the brackets of the form: they stay as they are, whatever
/// stands beside them. Looks at the UTF-8 bytes of a text.
fn is_normal(text: &[u8]) -> bool {
    if text
        .iter()
        .fold(0, |seen, b| seen | FOREIGN[usize::from(*b)])
        != 0
    {
        return false;
    }
    text.windows(3).all(|at| match at[0] {
        0xE3 => at[1] == 0x80 && matches!(at[2], 0x94 | 0x95),
        0xE4 => at[1] >= 0xB8,
        _ => true,
    })
}

/// 1 for a byte that no letter of the normal form has; what follows a first byte in UTF-8 is 0.
const FOREIGN: [u8; 256] = {
    let mut foreign = [1; 256];
    let mut byte = 0;
    while byte < 256 {
        if let b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | 0x80..=0xBF | 0xE3..=0xE9 =
            byte as u8
        {
            foreign[byte] = 0;
        }
        byte += 1;
    }
    foreign
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bracket_styles_meet() {
        for form in [
            "渝环罚【2026】12号",
            "渝环罚[2026]12号",
            "渝环罚（2026）12 号",
            "渝环罚〔2026〕12号",
            "渝环罚(２０２６)12号",
        ] {
            assert_eq!(normalise_document_no(form), "渝环罚〔2026〕12号");
        }
    }

    #[test]
    fn what_is_taken_for_normal_is_what_nfkc_leaves_alone() {
        for c in ('\u{1}'..='\u{d7ff}').chain('\u{e000}'..='\u{2ffff}') {
            let text = format!("渝{c}号");
            if let Cow::Borrowed(same) = normal_document_no(&text) {
                assert_eq!(nfkc(same), same, "{c:?}");
            }
        }
        assert!(matches!(
            normal_document_no("渝环罚〔2026〕12号"),
            Cow::Borrowed(_)
        ));
    }
}
