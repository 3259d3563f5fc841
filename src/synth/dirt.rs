//! Realistic dirt (`records.md` §2.3, §4.3), given to a share of the rows.

use std::borrow::Cow;

use super::layout::{Kind, Layout, Shape};
use super::license::col as license;
use super::penalty::col as penalty;
use super::rng::Rng;
use super::sink::Row;

/// One kind of dirt: changes the row and says whether it could.
type Dirt = fn(&mut Rng, &Layout, &mut Row<'_>) -> bool;

/// Dirt of any record kind and of penalties or licenses.
static COMMON: [Dirt; 14] = [
    compact_date,
    long_date,
    serial_date,
    impossible_date,
    null_marker,
    code_lower_case,
    code_full_width,
    code_letter_o,
    code_wrong_check,
    code_as_number,
    blank_required,
    spaces,
    replacement_character,
    brackets,
];

static PENALTY: [Dirt; 9] = [
    fine_without_amount,
    fine_in_yuan,
    fine_differs,
    kinds_full_width,
    other_without_name,
    text_cut,
    organ_placeholder,
    test_words,
    control_character,
];

/// Soils the row with one kind of dirt that fits it.
pub(crate) fn soil(rng: &mut Rng, layout: &Layout, row: &mut Row<'_>) {
    for _ in 0..20 {
        let all = COMMON.len() as u64
            + if layout.kind == Kind::Penalty {
                PENALTY.len() as u64
            } else {
                0
            };
        let at = rng.below(all) as usize;
        let dirt = COMMON.get(at).or_else(|| PENALTY.get(at - COMMON.len()));
        if dirt.is_some_and(|dirt| dirt(rng, layout, row)) {
            return;
        }
    }
}

/// Replaces the cell of a draft column, if the layout has it and it is not blank.
fn change(
    layout: &Layout,
    row: &mut Row<'_>,
    at: usize,
    new: impl FnOnce(&str) -> Option<String>,
) -> bool {
    let Some(cell) = layout
        .position(at)
        .and_then(|position| row.get_mut(position))
    else {
        return false;
    };
    if cell.is_empty() {
        return false;
    }
    match new(cell) {
        Some(text) => {
            *cell = Cow::Owned(text);
            true
        }
        None => false,
    }
}

fn decided_on(layout: &Layout) -> usize {
    match layout.kind {
        Kind::Penalty => penalty::DECIDED_ON,
        Kind::License => license::DECIDED_ON,
        Kind::Event => super::event::col::OCCURRED_ON,
    }
}

fn uscc(layout: &Layout) -> usize {
    if layout.kind == Kind::Event {
        super::event::col::USCC
    } else {
        penalty::USCC
    }
}

fn document_no(layout: &Layout) -> usize {
    match layout.kind {
        Kind::Penalty => penalty::DOCUMENT_NO,
        Kind::License => license::DOCUMENT_NO,
        Kind::Event => super::event::col::DOCUMENT_NO,
    }
}

fn digits(text: &str) -> Option<(i32, u32, u32)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Some((
        digits.get(..4)?.parse().ok()?,
        digits.get(4..6)?.parse().ok()?,
        digits.get(6..8)?.parse().ok()?,
    ))
}

fn compact_date(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, decided_on(layout), |text| {
        digits(text).map(|(y, m, d)| format!("{y:04}{m:02}{d:02}"))
    })
}

fn long_date(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, decided_on(layout), |text| {
        digits(text).map(|(y, m, d)| format!("{y}年{m}月{d}日"))
    })
}

fn serial_date(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, decided_on(layout), |text| {
        let (year, month, day) = digits(text)?;
        let day = crate::record::Day::from_ymd(year, month, day)?;
        Some((day.epoch() + 25_569).to_string())
    })
}

fn impossible_date(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, decided_on(layout), |text| {
        digits(text).map(|(year, _, _)| format!("{year}-02-31"))
    })
}

fn null_marker(rng: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let Some(at) = layout
        .columns
        .iter()
        .position(|column| column.at == penalty::TAX && layout.kind != Kind::Event)
    else {
        return false;
    };
    row[at] = Cow::Borrowed(rng.pick(&["\\N", "--", "-", "/", "无", "空", "NULL"]));
    true
}

fn code_lower_case(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, uscc(layout), |text| Some(text.to_lowercase()))
}

fn code_full_width(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, uscc(layout), |text| {
        text.chars()
            .map(|one| char::from_u32(u32::from(one) + 0xFEE0))
            .collect::<Option<String>>()
    })
}

fn code_letter_o(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, uscc(layout), |text| {
        let at = text.rfind('0').filter(|_| !text.starts_with("0000"))?;
        Some(format!("{}O{}", &text[..at], &text[at + 1..]))
    })
}

fn code_wrong_check(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, uscc(layout), |text| {
        let head = text.get(..17).filter(|head| !head.starts_with("0000"))?;
        let last = if text.ends_with('1') { '2' } else { '1' };
        Some(format!("{head}{last}"))
    })
}

fn code_as_number(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, uscc(layout), |text| {
        let head = text.get(..6).filter(|_| !text.starts_with("0000"))?;
        Some(format!("{}.{}E+17", &head[..1], &head[1..]))
    })
}

fn blank_required(rng: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let required: &[usize] = match layout.kind {
        Kind::Penalty => &[
            penalty::NAME,
            penalty::FACTS,
            penalty::CONTENT,
            penalty::DECIDED_ON,
            penalty::AUTHORITY,
        ],
        Kind::License => &[
            license::NAME,
            license::CONTENT,
            license::DECIDED_ON,
            license::AUTHORITY,
        ],
        Kind::Event => &[super::event::col::EVENT, super::event::col::OCCURRED_ON],
    };
    change(layout, row, rng.pick(required), |_| Some(String::new()))
}

fn spaces(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::NAME, |text| {
        Some(format!(" {text}\u{3000}"))
    })
}

fn replacement_character(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let at = if layout.kind == Kind::Penalty {
        penalty::FACTS
    } else {
        license::CONTENT
    };
    layout.kind != Kind::Event && change(layout, row, at, |text| Some(format!("{text}锟斤拷")))
}

fn brackets(rng: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let (open, close) = rng.pick(&[("【", "】"), ("[", "]"), ("(", ")"), ("（", "）")]);
    change(layout, row, document_no(layout), |text| {
        text.contains('〔')
            .then(|| text.replace('〔', open).replace('〕', close))
    })
}

fn fine_without_amount(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::FINE, |_| Some(String::new()))
}

fn fine_in_yuan(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::FINE, |text| {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let part: String = part.chars().chain("0000".chars()).take(4).collect();
        let yuan = format!("{whole}{part}");
        Some(yuan.trim_start_matches('0').to_owned())
    })
}

fn fine_differs(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::FINE, |text| Some(format!("7{text}")))
}

fn kinds_full_width(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::KINDS, |text| {
        text.contains(';').then(|| text.replace(';', "；"))
    })
}

fn other_without_name(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::KINDS, |text| {
        Some(format!("{text};其他"))
    })
}

fn text_cut(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::FACTS, |text| {
        let keep = text.chars().count() / 2;
        Some(text.chars().take(keep).collect())
    })
}

fn organ_placeholder(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    change(layout, row, penalty::AUTHORITY_CODE, |_| {
        Some(super::subject::PLACEHOLDER.to_owned())
    })
}

fn test_words(rng: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let word = rng.pick(&["测试", "test", "111"]);
    change(layout, row, penalty::FACTS, |_| Some(word.to_owned()))
}

fn control_character(_: &mut Rng, layout: &Layout, row: &mut Row<'_>) -> bool {
    let at = layout
        .columns
        .iter()
        .find(|column| column.shape == Shape::Text && column.at == penalty::CONTENT);
    at.is_some_and(|column| {
        change(layout, row, column.at, |text| {
            Some(format!("{text}\u{0007}"))
        })
    })
}
