//! SGS-X01 … X03: document numbers of an odd shape, words of test data, characters that are damage.

use crate::record::{RecordKind, normal_document_no};
use crate::standard::Field;

use super::codes::{X01, X02, X03};
use super::{Finding, RowView};

pub(super) fn check(view: &RowView<'_>, found: &mut Vec<Finding>) {
    document_no(view, found);
    test_words(view, found);
    damage(view, found);
}

/// A penalty's number holds 罚, a year in brackets and 号 (`records.md` §2.3).
fn document_no(view: &RowView<'_>, found: &mut Vec<Finding>) {
    let cell = view.get(Field::DocumentNo);
    if view.layout.kind != RecordKind::Penalty || cell.is_empty() {
        return;
    }
    let number = normal_document_no(cell);
    let has_year = number
        .split_once('〔')
        .and_then(|(_, rest)| rest.split_once('〕'))
        .is_some_and(|(year, _)| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()));
    let has_word = number.contains('罚') || number.contains('处');
    if !(has_year && has_word && number.contains('号')) {
        found.push(Finding::warning(
            X01,
            Field::DocumentNo,
            format!(
                "“{}”不像处罚决定书文号（应含“罚”、年份〔YYYY〕和“号”）。请核对",
                view.name(Field::DocumentNo)
            ),
        ));
    }
}

/// Whole cells that only a test would hold.
const TEST_CELLS: [&str; 9] = [
    "1", "11", "111", "1111", "123", "test", "测试", "aaa", "xxx",
];
/// Beginnings and parts of test data.
const TEST_STARTS: [&str; 2] = ["测试", "test"];
const TEST_PARTS: [&str; 2] = ["测试数据", "测试企业"];

fn test_words(view: &RowView<'_>, found: &mut Vec<Finding>) {
    for field in [
        Field::SubjectName,
        Field::ViolationText,
        Field::Facts,
        Field::Basis,
        Field::Content,
        Field::Authority,
    ] {
        let cell = view.get(field);
        let is_test = TEST_CELLS
            .iter()
            .any(|word| cell.eq_ignore_ascii_case(word))
            || (field == Field::SubjectName
                && TEST_STARTS.iter().any(|word| starts_with(cell, word)))
            || (cell.contains("测试") && TEST_PARTS.iter().any(|word| cell.contains(word)));
        if is_test {
            found.push(Finding::warning(
                X02,
                field,
                format!(
                    "“{}”疑似测试数据。如为测试请撤回，否则请填写真实内容",
                    view.name(field)
                ),
            ));
        }
    }
}

/// What UTF-8 read as GBK leaves behind; short needles are found faster, so its beginning is looked for first.
const MOJIBAKE: [&str; 2] = ["锟斤", "锟斤拷"];

fn damage(view: &RowView<'_>, found: &mut Vec<Finding>) {
    // One look at the whole row decides for nearly all.
    if !is_damaged(view.row.values.text()) {
        return;
    }
    for cell in view.row.values.cells() {
        if is_damaged(cell.text) {
            found.push(Finding::warning(
                X03,
                cell.field,
                format!(
                    "“{}”含有乱码或控制字符。请检查编码后重新导出",
                    cell.header.trim()
                ),
            ));
        }
    }
}

fn is_damaged(text: &str) -> bool {
    let control =
        |byte: u8| (byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t')) | (byte == 0x7F);
    // Without an early end the compiler looks at many bytes at a time.
    let (controls, latin) = text
        .bytes()
        .fold((false, false), |(controls, latin), byte| {
            (controls | control(byte), latin | (byte == 0xC2))
        });
    // U+0080 to U+009F stand behind 0xC2.
    controls
        || (latin && text.chars().any(|c| ('\u{80}'..='\u{9F}').contains(&c)))
        || MOJIBAKE.iter().all(|part| text.contains(part))
        || text.contains('\u{FFFD}')
}

/// Whether a text starts with a word, in any case of its letters.
fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::super::testing::codes;
    use super::*;

    #[test]
    fn numbers_of_penalties_have_a_shape() {
        for number in [
            "渝北市监处罚【2026】1号",
            "渝环罚(2026)1号",
            "渝市监不罚〔2026〕1号",
        ] {
            assert_eq!(
                codes(&[(Field::DocumentNo, number)]),
                Vec::<String>::new(),
                "{number}"
            );
        }
        for number in ["95005", "渝环罚2026年1号", "渝环罚〔26〕1号"] {
            assert_eq!(
                codes(&[(Field::DocumentNo, number)]),
                ["SGS-X01 W"],
                "{number}"
            );
        }
    }

    #[test]
    fn test_data_and_damage() {
        assert_eq!(codes(&[(Field::Facts, "111")]), ["SGS-X02 W"]);
        assert_eq!(
            codes(&[(Field::SubjectName, "拟安软件测试有限公司")]),
            Vec::<String>::new()
        );
        for name in ["测试企业", "TEST公司", "Test"] {
            assert_eq!(codes(&[(Field::SubjectName, name)]), ["SGS-X02 W"]);
        }
        for text in ["虚\u{FFFD}", "锟斤拷", "虚\u{7}", "虚\u{85}"] {
            assert_eq!(codes(&[(Field::Facts, text)]), ["SGS-X03 W"]);
        }
        assert_eq!(
            codes(&[(Field::Facts, "虚\n假\t广告")]),
            Vec::<String>::new()
        );
    }
}
