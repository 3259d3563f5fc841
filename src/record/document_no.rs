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
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return true,
            [b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-', rest @ ..] => rest,
            [0xE5..=0xE9, _, _, rest @ ..] => rest,
            [0xE3, 0x80, 0x94 | 0x95, rest @ ..] => rest,
            [0xE4, 0xB8..=0xBF, _, rest @ ..] => rest,
            _ => return false,
        };
    }
}

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
