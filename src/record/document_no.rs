//! 文书号 in the one form in which they are compared.

use super::nfkc;

/// NFKC, every bracket form of the year → 〔〕, no white space.
pub fn normalise_document_no(text: &str) -> String {
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
    out
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
}
