//! Whether a word stands un-negated in a Chinese text.

/// What directly before a word turns it into its denial.
const DENIALS: [&str; 16] = [
    "不",
    "未",
    "非",
    "无",
    "没有",
    "并非",
    "不属于",
    "不构成",
    "未构成",
    "不存在",
    "未发现",
    "未造成",
    "未达到",
    "不具有",
    "不涉及",
    "尚未",
];

/// Whether `word` occurs in `text` at least once without a denial directly before it (“情节严重” does, “未达到情节严重” does not).
#[must_use]
pub fn stands_unnegated(text: &str, word: &str) -> bool {
    // `contains` is much faster than an iterator over matches, and most texts hold no match.
    if word.is_empty() || !text.contains(word) {
        return false;
    }
    text.match_indices(word).any(|(at, _)| {
        let before = &text[..at];
        !DENIALS.iter().any(|denial| before.ends_with(denial))
    })
}

#[cfg(test)]
mod tests {
    use super::stands_unnegated;

    #[test]
    fn a_denial_directly_before_the_word_hides_it() {
        assert!(stands_unnegated("情节严重", "情节严重"));
        assert!(stands_unnegated("无证排污，情节严重", "情节严重"));
        assert!(!stands_unnegated("未达到情节严重的程度", "情节严重"));
        assert!(!stands_unnegated("不构成情节严重", "情节严重"));
        assert!(stands_unnegated(
            "首次不构成情节严重，二次情节严重",
            "情节严重"
        ));
        assert!(!stands_unnegated("情节较轻", "情节严重"));
        assert!(!stands_unnegated("任何文字", ""));
    }
}
