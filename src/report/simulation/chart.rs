//! Charts of a comparison as inline SVG: paired bars per grade, and the shares of both packs as stacked bars. Every bar
//! carries its figure, so that they read in black and white.

use std::fmt::Write as _;

use super::super::svg::escape;
use crate::simulate::percent;

/// Paired horizontal bars: label, old count, new count.
pub(super) fn pairs(title: &str, rows: &[(String, u64, u64)]) -> String {
    let most = rows.iter().map(|row| row.1.max(row.2)).max();
    let most = most.unwrap_or(0).max(1);
    let height = 34 + rows.len() * 42;
    let mut svg = open(title, height);
    for (i, (label, old, new)) in rows.iter().enumerate() {
        let y = 30 + i * 42;
        let _ = write!(
            svg,
            "<text x=\"150\" y=\"{}\" text-anchor=\"end\">{}</text>",
            y + 21,
            escape(label)
        );
        for (name, count, top, class) in [("原", old, y, "old"), ("新", new, y + 17, "new")] {
            // Widths are whole pixels; a non-zero count is never an invisible bar.
            let width = (count * 340 / most).max(u64::from(*count > 0) * 2);
            let _ = write!(
                svg,
                "<text x=\"160\" y=\"{0}\">{name}</text><rect x=\"178\" y=\"{top}\" width=\"{width}\" height=\"14\" class=\"{class}\"/>\
                 <text x=\"{1}\" y=\"{0}\">{count}</text>",
                top + 12,
                186 + width,
            );
        }
    }
    svg.push_str("</svg>");
    svg
}

/// Two bars of full width, one per pack, cut by the shares of the labels.
pub(super) fn shares(title: &str, rows: &[(String, u64, u64)]) -> String {
    let mut svg = open(title, 34 + 2 * 34 + 24 * rows.len().div_ceil(3));
    let sides: [(&str, Vec<u64>); 2] = [
        ("原规则", rows.iter().map(|row| row.1).collect()),
        ("新规则", rows.iter().map(|row| row.2).collect()),
    ];
    for (i, (name, counts)) in sides.iter().enumerate() {
        let y = 30 + i * 34;
        let all: u64 = counts.iter().sum();
        let _ = write!(svg, "<text x=\"0\" y=\"{}\">{name}</text>", y + 17);
        let mut below = 0u64;
        for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // Both ends are cut from the running sum, so that the bars leave no gap.
            let edge = |sum: u64| sum * 560 / all.max(1);
            let (from, to) = (edge(below), edge(below + count));
            below += count;
            let share = percent(*count, all);
            let _ = write!(
                svg,
                "<rect x=\"{}\" y=\"{y}\" width=\"{}\" height=\"24\" class=\"b{}\"><title>{} {share}</title></rect>",
                70 + from,
                to - from,
                place % 5,
                escape(&rows[place].0)
            );
            if to - from >= 60 {
                let _ = write!(
                    svg,
                    "<text x=\"{}\" y=\"{}\" class=\"in\">{share}</text>",
                    70 + from + 6,
                    y + 17
                );
            }
        }
    }
    for (place, (label, _, _)) in rows.iter().enumerate() {
        let (x, y) = (70 + (place % 3) * 190, 102 + (place / 3) * 24);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" class=\"b{}\"/><text x=\"{}\" y=\"{}\">{}</text>",
            place % 5,
            x + 20,
            y + 12,
            escape(label)
        );
    }
    svg.push_str("</svg>");
    svg
}

fn open(title: &str, height: usize) -> String {
    let title = escape(title);
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 640 {height}\" role=\"img\" aria-label=\"{title}\">\
         <text x=\"0\" y=\"18\" class=\"t\">{title}</text>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_carry_their_figures_and_labels_cannot_break_the_page() {
        let rows = [("A<b".to_owned(), 3, 0), ("B".to_owned(), 1, 4)];
        let chart = pairs("等级", &rows);
        assert!(chart.contains("A&lt;b") && chart.contains(">4</text>"));
        assert!(chart.contains("width=\"0\""), "nothing is no bar: {chart}");
        let chart = shares("占比", &rows);
        assert!(chart.contains("75.00%") && chart.contains("100.00%"));
        assert!(chart.contains("x=\"70\" y=\"30\" width=\"420\""), "{chart}");
        assert!(
            chart.contains("x=\"490\" y=\"30\" width=\"140\""),
            "{chart}"
        );
    }
}
