//! Which rows below a header hold no data: blank rows, instructions, sums, second headers.

use std::sync::Arc;

use super::table::Cells;
use crate::standard::{Field, Mapping, RowWords, Standards, header_key};

/// Rows below the header that may belong to it: codes under names, column numbers, 必填 and 选填.
const NEAR: u32 = 3;

/// Filled cells that are looked at; most rows of data have more.
const LOOK: usize = 4;

/// Judges the rows of one table, in their order.
pub(super) struct Judge {
    mapping: Arc<Mapping>,
    header_row: u32,
    /// The first column that tells a repeated header.
    first: usize,
    after_instruction: bool,
}

impl Judge {
    pub(super) fn new(mapping: Arc<Mapping>, header_row: u32) -> Judge {
        let first = (0..mapping.headers().len())
            .find(|index| {
                mapping
                    .field_at(*index)
                    .is_some_and(|field| field != Field::RowNumber)
            })
            .unwrap_or(0);
        Judge {
            mapping,
            header_row,
            first,
            after_instruction: false,
        }
    }

    /// Why a row holds no data, in Chinese; `None` for a row of data.
    pub(super) fn no_data(
        &mut self,
        standards: &Standards,
        row_no: u32,
        cells: Cells<'_>,
    ) -> Option<&'static str> {
        let reason = self.reason(standards, row_no, cells);
        match reason {
            Some("说明行") => self.after_instruction = true,
            None => self.after_instruction = false,
            Some(_) => {}
        }
        reason
    }

    fn reason(&self, standards: &Standards, row_no: u32, cells: Cells<'_>) -> Option<&'static str> {
        let mut filled = [""; LOOK];
        let mut count = 0;
        let mut number = "";
        for (index, cell) in cells.iter().enumerate() {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            if self.mapping.field_at(index) == Some(Field::RowNumber) {
                number = cell;
                continue;
            }
            if count < LOOK {
                filled[count] = cell;
            }
            count += 1;
            if count > LOOK {
                break;
            }
        }
        let words = standards.words();
        if words.example.iter().any(|word| word == number) {
            return Some("示例行");
        }
        if count <= LOOK
            && let Some(reason) = self.of_few(words, number, &filled[..count])
        {
            return Some(reason);
        }
        let is_near = self.header_row > 0 && row_no <= self.header_row + NEAR;
        if self.is_header_again(standards, is_near, cells) {
            return Some("重复的表头行");
        }
        if is_near && is_column_numbers(cells) {
            return Some("栏次行");
        }
        let is_mark =
            |cell: &str| matches!(cell, "" | "必填" | "选填" | "条件必填" | "非必填" | "可选");
        if is_near && cells.iter().all(|cell| is_mark(cell.trim())) {
            return Some("必填、选填标注行");
        }
        None
    }

    /// A row with few filled cells, the running number apart.
    fn of_few(&self, words: &RowWords, number: &str, filled: &[&str]) -> Option<&'static str> {
        let starts = words.is_instruction(number)
            || filled
                .first()
                .is_some_and(|cell| words.is_instruction(cell));
        let all = filled.iter().all(|cell| words.is_instruction(cell));
        let has_number =
            !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.');
        match filled.len() {
            0 if number.is_empty() => Some("空行"),
            0 if has_number => Some("空行（仅有序号）"),
            0..=2 if starts => Some("说明行"),
            3 | 4 if starts && all => Some("说明行"),
            0 | 1 if self.after_instruction && !has_number => Some("说明行（续）"),
            0 if words.is_total(number) => Some("合计行"),
            0 => Some("空行（仅有序号）"),
            _ if words.is_total(number) || words.is_total(filled[0]) => Some("合计行"),
            _ => None,
        }
    }

    fn is_header_again(&self, standards: &Standards, is_near: bool, cells: Cells<'_>) -> bool {
        let own = self.mapping.headers();
        let layout = self.mapping.layout();
        let cell = cells.get(self.first).trim();
        // A cheap look at one cell decides for nearly every row of data.
        let is_suspect = own.get(self.first).is_some_and(|header| header == cell)
            || layout.columns.iter().any(|column| {
                column.name == cell || (!cell.is_empty() && column.code.eq_ignore_ascii_case(cell))
            });
        if !is_suspect && !is_near {
            return false;
        }
        let same = |index: usize, cell: &str| {
            let column = self
                .mapping
                .field_at(index)
                .and_then(|field| layout.column(field));
            let is_own = own
                .get(index)
                .is_some_and(|header| !header.is_empty() && header_key(header) == header_key(cell));
            is_own
                || column.is_some_and(|column| {
                    column.name == cell
                        || (!column.code.is_empty() && column.code.eq_ignore_ascii_case(cell))
                })
        };
        let filled = || {
            cells
                .iter()
                .enumerate()
                .filter(|(_, cell)| !cell.trim().is_empty())
        };
        let count = filled().count();
        let again = filled()
            .filter(|(index, cell)| same(*index, cell.trim()))
            .count();
        if again * 2 > count {
            return true;
        }
        if !is_near || count < 4 {
            return false;
        }
        let cells = cells.to_strings();
        standards.may_be_header(&cells) && standards.recognise(&cells).is_ok()
    }
}

/// 1, 2, 3 … in the filled cells: the numbers of the columns.
fn is_column_numbers(cells: Cells<'_>) -> bool {
    let numbers: Vec<Option<u32>> = cells
        .iter()
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .map(|cell| cell.trim_matches(['(', ')', '（', '）']).parse().ok())
        .collect();
    numbers.len() >= 5
        && numbers
            .windows(2)
            .all(|pair| matches!(pair, [Some(one), Some(next)] if *next == one + 1))
}
