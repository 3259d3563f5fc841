//! Small charts as inline SVG: horizontal bars with their figures, printable in black and white.

use std::fmt::Write;

/// A horizontal bar chart of counts, in the order given.
pub(super) fn bars(title: &str, rows: &[(String, u64)]) -> String {
    let most = rows.iter().map(|r| r.1).max().unwrap_or(0).max(1);
    let height = 34 + rows.len() * 26;
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"chart\" viewBox=\"0 0 640 {height}\" role=\"img\" aria-label=\"{}\">\
         <text x=\"0\" y=\"18\" class=\"t\">{}</text>",
        escape(title),
        escape(title)
    );
    for (i, (label, count)) in rows.iter().enumerate() {
        let y = 30 + i * 26;
        // Widths are whole pixels; a non-zero count is never an invisible bar.
        let width = (count * 380 / most).max(u64::from(*count > 0) * 2);
        let _ = write!(
            svg,
            "<text x=\"150\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect x=\"160\" y=\"{y}\" width=\"{width}\" height=\"18\" class=\"b{}\"/>\
             <text x=\"{}\" y=\"{}\">{count}</text>",
            y + 14,
            escape(label),
            i % 5,
            168 + width,
            y + 14,
        );
    }
    svg.push_str("</svg>");
    svg
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
        assert!(
            chart.contains("a&lt;b") && chart.contains("x&quot;y") && chart.contains(">3</text>")
        );
    }
}
