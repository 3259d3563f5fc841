//! What a user sees when a file is refused whole: what, where, and what to do.

use rust_xlsxwriter::Workbook;
use xinheng::ingest::read::read_file;

use crate::ingest_read::{Inbox, PENALTY_C, standards};

#[test]
fn a_data_table_with_a_wrong_header_beside_a_good_sheet_is_not_passed_over() {
    let inbox = Inbox::new();
    let path = inbox.0.path().join("book.xlsx");
    let mut book = Workbook::new();
    for (name, header) in [
        ("一", PENALTY_C.to_owned()),
        ("二", PENALTY_C.replace("处罚依据,", "")),
    ] {
        let sheet = book.add_worksheet().set_name(name).unwrap();
        for (column, text) in (0_u16..).zip(header.split(',')) {
            sheet.write(0, column, text).unwrap();
            sheet.write(1, column, "值").unwrap();
        }
    }
    book.save(&path).unwrap();
    let refused = read_file(&path, &standards()).unwrap_err();
    assert_eq!(refused.code(), "SGS-H01");
    assert!(refused.to_string().contains("工作表“二”第1行"), "{refused}");
}

#[test]
fn refused_files_say_what_and_what_to_do() {
    let inbox = Inbox::new();
    let (message, code) = inbox.refused("空.csv", "");
    assert_eq!(
        (message.as_str(), code),
        (
            "文件“空.csv”未能读取：文件是空的（0字节或没有任何内容）。请重新导出后报送",
            "SGS-F01"
        )
    );
    assert_eq!(inbox.refused("空白.csv", " \n\n").1, "SGS-F01");
    let (message, code) = inbox.refused("无行.csv", format!("{PENALTY_C}\n"));
    assert!(
        code == "SGS-F02" && message.contains("没有数据行"),
        "{message}"
    );
    let (message, code) = inbox.refused("x.json", r#"{"code":0,"data":[]}"#);
    assert!(
        code == "SGS-F02" && message.contains("没有数据记录"),
        "{message}"
    );
    let (message, code) = inbox.refused("x.xls", "<html><body><table></table></body></html>");
    assert!(
        code == "SGS-F06" && message.contains("另存为XLSX"),
        "{message}"
    );
    let keys: Vec<String> = (0..1_500)
        .map(|n| format!(r#"{{"CF_XDR_MC":"x","CF_WSH":"{n}","CF_CFLB":"罚款","k{n}":"v"}}"#))
        .collect();
    let (message, code) = inbox.refused("键.json", format!("[{}]", keys.join(",")));
    assert!(
        code == "SGS-F04" && message.contains("键名已超过1000种"),
        "{message}"
    );
    assert_eq!(inbox.refused("x.pdf", b"%PDF-1.7 ...").1, "SGS-F06");
    // Rows of many megabytes: a file whose line ends were lost, or a cell that holds another file.
    let endless = "a".repeat(20 << 20);
    for (name, text) in [
        ("长.csv", format!("{PENALTY_C}\n{endless},b\n")),
        ("列.csv", format!("{PENALTY_C}\n{}", ",".repeat(20 << 20))),
        (
            "长.json",
            format!(r#"[{{"CF_XDR_MC":"{endless}","CF_WSH":"x","CF_CFLB":"罚款"}}]"#),
        ),
    ] {
        let (message, code) = inbox.refused(name, text);
        let row = if name == "长.json" {
            "第1行"
        } else {
            "第2行"
        };
        assert!(
            code == "SGS-F04" && message.contains(&format!("{row}超过8MB")),
            "{message}"
        );
    }
    assert_eq!(
        inbox.refused("x.zip", b"PK\x03\x04 no workbook").1,
        "SGS-F04"
    );
    assert_eq!(inbox.refused("x.json", "{\"a\":").1, "SGS-F04");
    assert_eq!(inbox.refused("x.xml", "<Package><Data>").1, "SGS-F04");
    let mut encrypted = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(inbox.refused("密.xlsx", encrypted).1, "SGS-F05");
    let missing = read_file(&inbox.0.path().join("没有.csv"), &standards()).unwrap_err();
    assert_eq!(missing.code(), "SGS-F03");
}

#[test]
fn an_unknown_header_names_the_nearest_template_and_what_is_missing() {
    let inbox = Inbox::new();
    let header = PENALTY_C
        .replace("处罚依据,", "")
        .replace("处罚有效期,", "期限备注,");
    let (message, code) = inbox.refused("缺列.csv", format!("{header}\n{}\n", ",x".repeat(28)));
    assert_eq!(code, "SGS-H01");
    for part in [
        "第1行",
        "C/penalty",
        "缺少必需列：处罚依据、处罚有效期",
        "不认识的列：期限备注",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let (message, code) = inbox.refused("乱.csv", "甲,乙,丙\n1,2,3\n");
    assert!(
        code == "SGS-H01" && message.contains("甲、乙、丙"),
        "{message}"
    );
}
