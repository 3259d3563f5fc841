//! Edits of single cells, named in the tables of traps.

use crate::record::CitizenId;
use crate::record::Day;

use super::super::codes;
use super::super::days::ymd;
use super::super::subject::Subject;

/// A cell of a trap row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// Text.
    Text(String),
    /// A number cell (text of the number in CSV).
    Number(f64),
    /// A date cell (ISO text in CSV).
    Date(Day),
}

impl Cell {
    /// The cell as text.
    pub(super) fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Number(number) => number.to_string(),
            Cell::Date(day) => day.to_string(),
        }
    }
}

/// The cell after `value`: a literal, or an edit that begins with `@`.
pub(super) fn apply(old: &Cell, value: &str, subject: &Subject, seed: u64) -> Cell {
    let Some(edit) = value.strip_prefix('@') else {
        return Cell::Text(unescape(value));
    };
    let (name, argument) = edit.split_once(':').unwrap_or((edit, ""));
    match name {
        "number" => argument.parse().map_or_else(|_| old.clone(), Cell::Number),
        "date" => Day::parse_iso(argument).map_or_else(|| old.clone(), Cell::Date),
        _ => Cell::Text(edited(&old.text(), name, argument, subject, seed)),
    }
}

fn edited(old: &str, name: &str, argument: &str, subject: &Subject, seed: u64) -> String {
    let region = subject.place().code;
    match name {
        "registration" => codes::registration_no(region, subject.index),
        "letter-o" | "certificate-o" => old.replacen('0', "O", 1),
        "lower" => old.to_lowercase(),
        "wide" => old
            .chars()
            .filter_map(|one| char::from_u32(u32::from(one) + 0xFEE0))
            .collect(),
        "spaced" => format!("{} {}", &old[..8], &old[8..]),
        "cut" => old[..17].to_owned(),
        "wrong-check" => format!(
            "{}{}",
            &old[..17],
            if old.ends_with('1') { '2' } else { '1' }
        ),
        "bad-structure" => codes::subject_uscc("87", region, subject.index, seed),
        "bad-org" => codes::uscc_with_wrong_org_check(old),
        "code" => codes::subject_uscc("91", region, subject.index, seed),
        "person" => codes::citizen_id(subject.index),
        "fifteen" => format!("{}{}", &old[..6], &old[8..17]),
        "wrong-id" => format!(
            "{}{}",
            &old[..17],
            if old.ends_with('1') { '2' } else { '1' }
        ),
        "bad-birth" => {
            let mut number = format!("{region}19600231901");
            number.extend(CitizenId::compute_check(&number));
            number
        }
        "minor" => codes::citizen_id_of(region, ymd(2012, 5, 1), 991),
        "repeat" => {
            let (count, text) = argument.split_once(':').unwrap_or(("1", argument));
            text.repeat(count.parse().unwrap_or(1))
        }
        "padded" => format!(" {old}\u{3000}"),
        "zero-width" => format!("\u{200B}{old}\u{FEFF}"),
        "formula" => format!("=\"{old}\""),
        "apostrophe" => format!("'{old}"),
        _ => old.to_owned(),
    }
}

/// `\n`, `\t` and `\u{…}` as in Rust; any other backslash stands for itself.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('n') {
            out.push('\n');
            rest = after;
        } else if let Some(after) = tail.strip_prefix('t') {
            out.push('\t');
            rest = after;
        } else if let Some((code, after)) = tail
            .strip_prefix("u{")
            .and_then(|tail| tail.split_once('}'))
        {
            out.extend(u32::from_str_radix(code, 16).ok().and_then(char::from_u32));
            rest = after;
        } else {
            out.push('\\');
            rest = tail;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        assert_eq!(unescape("a\\nb\\u{FFFD}c\\N"), "a\nb\u{FFFD}c\\N");
    }
}
