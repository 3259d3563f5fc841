//! Small charts as inline SVG: horizontal bars with their figures, printable in black and white. Whole pixels only.

use std::fmt::Write;

use crate::record::Points;

/// A horizontal bar chart of counts, in the order given.
pub(super) fn bars(title: &str, rows: &[(String, u64)]) -> String {
    let most = rows.iter().map(|r| r.1).max().unwrap_or(0).max(1);
    let all = rows.iter().map(|r| r.1).sum::<u64>().max(1);
    let height = 34 + rows.len() * 24;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"chart\" viewBox=\"0 0 680 {height}\" role=\"img\" aria-label=\"{}\">\
         <text x=\"0\" y=\"18\" class=\"t\">{}</text>",
        escape(title),
        escape(title)
    );
    for (i, (label, count)) in rows.iter().enumerate() {
        let y = 30 + i * 24;
        // Widths are whole pixels; a non-zero count is never an invisible bar.
        let width = (count * 270 / most).max(u64::from(*count > 0) * 2);
        let (percent, tenth) = (count * 1000 / all / 10, count * 1000 / all % 10);
        let _ = write!(
            svg,
            "<text x=\"270\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect x=\"280\" y=\"{y}\" width=\"{width}\" height=\"16\" class=\"b{}\"/>\
             <text x=\"{}\" y=\"{}\">{count}（{percent}.{tenth}%）</text>",
            y + 13,
            escape(label),
            i % 5,
            288 + width,
            y + 13,
        );
    }
    svg.push_str("</svg>");
    svg
}

/// A small bar of a share of 0 to 1; `high_is_good` chooses its colour.
pub(super) fn share_bar(share: Points, high_is_good: bool) -> String {
    let width = share.mul_ratio(74, 1).raw().clamp(0, 740_000) / 10_000;
    let class = if high_is_good { "t1" } else { "t2" };
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 74 9\" aria-hidden=\"true\"><rect width=\"74\" height=\"9\" class=\"t0\"/>\
         <rect width=\"{width}\" height=\"9\" class=\"{class}\"/></svg>"
    )
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_cannot_break_the_page() {
        let chart = bars("a<b", &[("x\"y".to_owned(), 3), ("z".to_owned(), 0)]);
        assert!(chart.contains("a&lt;b") && chart.contains("x&quot;y"));
        assert!(chart.contains(">3（100.0%）</text>") && chart.contains("width=\"0\""));
    }

    #[test]
    fn a_share_is_as_wide_as_its_part_of_the_bar() {
        let half = share_bar(Points::from_raw(5_000), true);
        assert!(
            half.contains("<rect width=\"37\" height=\"9\" class=\"t1\"/>"),
            "{half}"
        );
        assert!(
            share_bar(Points::from_raw(10_000), false)
                .contains("width=\"74\" height=\"9\" class=\"t2\"")
        );
    }
}
