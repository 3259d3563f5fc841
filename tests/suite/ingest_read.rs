//! What a user sees of reading: which rows are data, how cells read, which files are refused and why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field as ArrowField, Schema};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use tempfile::TempDir;
use xinheng::ingest::read::{Format, Notice, SourceFile, read_chunks, read_file};
use xinheng::standard::{Field, Standards};

pub(crate) fn standards() -> Standards {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/standards");
    let files: BTreeMap<String, String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| {
            (
                format!("standards/{}", path.file_name().unwrap().to_string_lossy()),
                fs::read_to_string(&path).unwrap(),
            )
        })
        .collect();
    Standards::load(&files).unwrap()
}

pub(crate) struct Inbox(pub TempDir);

impl Inbox {
    pub(crate) fn new() -> Inbox {
        Inbox(TempDir::new().unwrap())
    }

    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> SourceFile {
        let file = read_file(&self.file(name, bytes), &standards()).unwrap();
        assert_eq!(file.name, name);
        file
    }

    pub(crate) fn refused(&self, name: &str, bytes: impl AsRef<[u8]>) -> (String, &'static str) {
        let refused = read_file(&self.file(name, bytes), &standards()).unwrap_err();
        (refused.to_string(), refused.code())
    }
}

pub(crate) const PENALTY_C: &str = "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(工商注册号),\
行政相对人代码_3(组织机构代码),行政相对人代码_4(税务登记号),行政相对人代码_5(事业单位证书号),行政相对人代码_6(社会组织登记证号),\
法定代表人,法定代表人证件类型,法定代表人证件号码,证件类型,证件号码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,\
处罚内容,罚款金额（万元）,没收违法所得、没收非法财物的金额（万元）,暂扣或吊销证照名称及编号,处罚决定日期,处罚有效期,公示截止期,\
处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,备注";

pub(crate) const LICENSE_C_CODES: &str = "XK_XDR_MC,XK_XDR_LB,XK_XDR_SHXYM,XK_XDR_GSZC,XK_XDR_ZZJG,XK_XDR_SWDJ,XK_XDR_SYDW,XK_XDR_SHZZ,XK_FRDB,\
XK_FR_ZJLX,XK_FR_ZJHM,XK_XDR_ZJLX,XK_XDR_ZJHM,XK_XKWS,XK_WSH,XK_XKLB,XK_XKZS,XK_XKBH,XK_NR,XK_JDRQ,XK_YXQZ,XK_YXQZI,XK_XKJG,XK_XKJGDM,\
XK_ZT,XK_LYDW,XK_LYDWDM,BZ";

/// A row of template C with these cells, the rest blank.
pub(crate) fn penalty_row(cells: &[(usize, &str)]) -> String {
    let mut row = vec![""; 30];
    for (index, cell) in cells {
        row[*index] = cell;
    }
    row.join(",")
}

pub(crate) fn plain_row() -> String {
    penalty_row(&[
        (0, "江州示例化工有限公司"),
        (13, "江环罚〔2026〕12号"),
        (19, "2.5"),
        (22, "2026/01/05"),
    ])
}

/// Headers of every layout of records.md §1 and §4, with the layout they belong to.
#[test]
fn encodings_and_delimiters() {
    let inbox = Inbox::new();
    let text = format!("{PENALTY_C}\n{}\n", plain_row());
    let expect = |file: SourceFile, encoding: &str| {
        assert_eq!(file.encoding, Some(encoding));
        assert_eq!(
            file.sheets[0].rows[0].values.get(Field::SubjectName),
            "江州示例化工有限公司"
        );
        assert_eq!(file.rows_read(), 1);
    };
    expect(
        inbox.read("bom.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        "UTF-8",
    );
    expect(
        inbox.read("gb.csv", encoding_rs::GB18030.encode(&text).0),
        "gb18030",
    );
    let wide: Vec<u8> = std::iter::once(0xFEFF)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    expect(inbox.read("wide.txt", wide), "UTF-16LE");
    for (name, delimiter) in [("x.tsv", "\t"), ("x.psv", "|"), ("x.txt", ";")] {
        expect(inbox.read(name, text.replace(',', delimiter)), "UTF-8");
    }
    expect(inbox.read("crlf.csv", text.replace('\n', "\r\n")), "UTF-8");
    expect(inbox.read("名不副实.xls", &text), "UTF-8");
    let mut broken = text.into_bytes();
    let at = broken
        .windows(3)
        .position(|three| three == "化".as_bytes())
        .unwrap();
    broken[at + 2] = b'?';
    let file = inbox.read("broken.csv", broken);
    assert!(
        file.sheets[0].rows[0]
            .values
            .get(Field::SubjectName)
            .contains('\u{FFFD}')
    );
    assert_eq!(file.notes.len(), 1, "{:?}", file.notes);
}

#[test]
fn every_row_below_the_header_is_data_or_named() {
    let inbox = Inbox::new();
    let row = plain_row();
    let blank = ",".repeat(29);
    let text = format!(
        "江州市双公示数据报送表{blank}\n填报单位：江州市生态环境局{blank}\n{PENALTY_C}\n{row}\n\n{blank}\n{PENALTY_C}\n{row}\n\
         合计,,,,,,,,,,,,,,,,,,,5{}\n表格说明：红色为必填项{blank}\n2.日期格式为YYYY/MM/DD{blank}\n\n\n",
        ",".repeat(10)
    );
    let file = inbox.read("x.csv", text);
    let sheet = &file.sheets[0];
    assert_eq!(sheet.header_row, 3);
    assert_eq!(
        sheet.rows.iter().map(|row| row.row_no).collect::<Vec<_>>(),
        [4, 8]
    );
    let skipped: Vec<(u32, &str)> = sheet
        .skipped
        .iter()
        .map(|skipped| (skipped.row_no, skipped.reason.as_str()))
        .collect();
    assert_eq!(
        skipped,
        [
            (5, "空行"),
            (6, "空行"),
            (7, "重复的表头行"),
            (9, "合计行"),
            (10, "说明行"),
            (11, "说明行（续）")
        ]
    );
    assert_eq!(file.rows_read(), 8);
}

#[test]
fn rows_that_belong_to_the_form_are_no_data() {
    let inbox = Inbox::new();
    let numbers: Vec<String> = (1..=30).map(|number| number.to_string()).collect();
    let row = plain_row();
    let blank = ",".repeat(29);
    let text = format!(
        "序号,{PENALTY_C}\n,{}\n示例,{row}\n1,{row}\n2,{blank}\n说明：,{blank}\n一、红色为必填项,{blank}\n\
         填表人：王某,审核人：李某,填报日期：2026年1月{}\n3,{row}\n",
        numbers.join(","),
        ",".repeat(28)
    );
    let file = inbox.read("x.csv", text);
    let sheet = &file.sheets[0];
    let skipped: Vec<(u32, &str)> = sheet
        .skipped
        .iter()
        .map(|skipped| (skipped.row_no, skipped.reason.as_str()))
        .collect();
    assert_eq!(
        skipped,
        [
            (2, "栏次行"),
            (3, "示例行"),
            (5, "空行（仅有序号）"),
            (6, "说明行"),
            (7, "说明行（续）"),
            (8, "说明行")
        ]
    );
    assert_eq!(
        sheet.rows.iter().map(|row| row.row_no).collect::<Vec<_>>(),
        [4, 9]
    );
}

#[test]
fn cells_are_read_without_what_cannot_be_seen() {
    let inbox = Inbox::new();
    let row = penalty_row(&[
        (0, "\u{3000}江州示例化工有限公司\u{200B} "),
        (2, "'91500000MA5U6ABC1X"),
    ]);
    let file = inbox.read("x.csv", format!("{PENALTY_C}\n{row}\n"));
    let values = &file.sheets[0].rows[0].values;
    assert_eq!(values.get(Field::SubjectName), "江州示例化工有限公司");
    assert_eq!(values.get(Field::Uscc), "91500000MA5U6ABC1X");
}

#[test]
fn long_short_and_unclosed_rows_are_noticed() {
    let inbox = Inbox::new();
    let text = format!(
        "{PENALTY_C}\n{},多出一格\n江州示例化工有限公司,法人及非法人组织\n\"江州{}\n",
        plain_row(),
        ",".repeat(29)
    );
    let file = inbox.read("x.csv", text);
    let notices: Vec<_> = file.sheets[0]
        .rows
        .iter()
        .map(|row| row.notices.as_slice())
        .collect();
    assert_eq!(
        notices[0],
        [Notice::TooManyCells {
            cells: 31,
            columns: 30
        }]
    );
    assert_eq!(
        notices[1],
        [Notice::TooFewCells {
            cells: 2,
            columns: 30
        }]
    );
    assert_eq!(notices[2], [Notice::OpenQuote]);
}

#[test]
fn null_markers_are_blank_and_extra_columns_are_kept() {
    let inbox = Inbox::new();
    for null in ["\\N", "--", "-", "/", "无", "空", "NULL", "（空）"] {
        let row = penalty_row(&[
            (0, "江州示例化工有限公司"),
            (2, null),
            (24, null),
            (29, "无"),
        ]);
        let file = inbox.read("x.csv", format!("{PENALTY_C},网格员\n{row},张三\n"));
        let values = &file.sheets[0].rows[0].values;
        assert_eq!(
            (values.get(Field::Uscc), values.get(Field::PublicityEndsOn)),
            ("", ""),
            "{null}"
        );
        assert_eq!(
            values.get(Field::Remark),
            "无",
            "无 is an answer in a remark"
        );
        assert_eq!(values.extras().collect::<Vec<_>>(), [("网格员", "张三")]);
        assert_eq!(values.cell(2), null, "the cell itself stays");
    }
}

#[test]
fn workbooks_with_titles_several_sheets_and_typed_cells() {
    let inbox = Inbox::new();
    let path = inbox.0.path().join("book.xlsx");
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("法人").unwrap();
    sheet.write(0, 0, "双公示报送表").unwrap();
    let names: Vec<&str> = PENALTY_C.split(',').collect();
    for (column, name) in (0_u16..).zip(&names) {
        sheet.write(1, column, *name).unwrap();
    }
    let date = CellFormat::new().set_num_format("yyyy/mm/dd");
    sheet.write(2, 0, "江州示例化工有限公司").unwrap();
    sheet.write(2, 2, 914_403_001_922_038_216_f64).unwrap();
    sheet.write(2, 19, 0.000_05).unwrap();
    sheet
        .write_with_format(2, 22, ExcelDateTime::from_ymd(2026, 1, 5).unwrap(), &date)
        .unwrap();
    sheet.write(2, 23, 43607).unwrap();
    sheet.write(4, 0, "江州示例建材有限公司").unwrap();
    sheet.write(6, 0, "表格说明：红色为必填项").unwrap();
    book.add_worksheet().set_name("空").unwrap();
    let note = book.add_worksheet().set_name("填表说明").unwrap();
    note.write(0, 0, "一、填报范围").unwrap();
    note.write(1, 0, "二、填报时限").unwrap();
    let second = book.add_worksheet().set_name("许可").unwrap();
    for (column, code) in (0_u16..).zip(LICENSE_C_CODES.split(',')) {
        second.write(0, column, code).unwrap();
        second.write(1, column, "值").unwrap();
    }
    book.save(&path).unwrap();

    let file = read_file(&path, &standards()).unwrap();
    assert_eq!(file.format, Format::Xlsx);
    let [penalties, licenses] = file.sheets.as_slice() else {
        panic!("two data sheets")
    };
    assert_eq!(
        (penalties.name.as_str(), licenses.name.as_str()),
        ("法人", "许可")
    );
    assert_eq!(
        penalties
            .rows
            .iter()
            .map(|row| row.row_no)
            .collect::<Vec<_>>(),
        [3, 5]
    );
    let get = |field| penalties.rows[0].values.get(field);
    assert_eq!(get(Field::Uscc), "9.14403001922038E+17");
    assert!(xinheng::ingest::normalise::eaten_by_excel(get(Field::Uscc)));
    assert_eq!(
        (
            get(Field::Fine),
            get(Field::DecidedOn),
            get(Field::ValidUntil)
        ),
        ("0.00005", "2026-01-05", "43607")
    );
    let skipped: Vec<(u32, &str)> = penalties
        .skipped
        .iter()
        .map(|skipped| (skipped.row_no, skipped.reason.as_str()))
        .collect();
    assert_eq!(skipped, [(4, "空行"), (6, "空行"), (7, "说明行")]);
    assert_eq!(file.rows_read(), 6);
}

#[test]
fn json_lines_arrays_and_wrapped_arrays() {
    let inbox = Inbox::new();
    let penalty = r#"{"CF_WSH":"江环罚〔2026〕1号","CF_XDR_LB":"法人及非法人组织","COMP_NAME":"江州示例化工有限公司","CF_JDRQ":"2026-01-05","CF_NR_FK":0.00001,"CF_CFLB":"罚款","CREATE_DATE":1568180781000,"CHECK_FLAG":"1","BZ":null}"#;
    let license = r#"{"xk_wsh":"江许〔2026〕2号","xk_xdr_mc":"江州示例建材有限公司","xk_jdrq":"2026-01-06","xk_zt":1,"xk_xdr_shxym":914403001922038216,"xk_xdr_lb":"法人及非法人组织"}"#;
    for (name, text) in [
        ("lines.jsonl", format!("{penalty}\n{license}\n")),
        ("array.json", format!("[{penalty},\n{license}]")),
        (
            "wrapped.json",
            format!(
                "{{\"code\":200,\"msg\":\"ok\",\"data\":{{\"total\":2,\"list\":[{penalty},{license}]}}}}"
            ),
        ),
    ] {
        let file = inbox.read(name, text);
        assert_eq!(file.format, Format::Json);
        let [penalties, licenses] = file.sheets.as_slice() else {
            panic!("{name}: two sheets")
        };
        assert_eq!(
            (penalties.layout.id.as_str(), penalties.name.as_str()),
            ("api/penalty", "行政处罚")
        );
        let values = &penalties.rows[0].values;
        assert_eq!(
            values.get(Field::SubjectName),
            "江州示例化工有限公司",
            "COMP_NAME stands in for CF_XDR_MC"
        );
        assert_eq!(
            (values.get(Field::Fine), values.get(Field::SentAt)),
            ("0.00001", "1568180781000")
        );
        assert_eq!(licenses.rows[0].row_no, 2);
        assert_eq!(
            licenses.rows[0].values.get(Field::Uscc),
            "914403001922038216",
            "JSON keeps all 18 digits"
        );
        assert_eq!(file.rows_read(), 2);
    }
}

#[test]
fn arrays_inside_a_record_are_no_records() {
    let inbox = Inbox::new();
    let record = r#"{"CF_WSH":"1","CF_XDR_MC":"甲","CF_JDRQ":"2026-01-05","files":[{"url":"a"}],"tags":[],"more":{"x":1}}"#;
    for text in [
        format!("{record}\n{record}\n"),
        format!("[{record},{record}]"),
        format!("{{\"data\":[null,{record}]}}"),
    ] {
        let file = inbox.read("x.json", &text);
        assert_eq!(file.rows_read(), 2, "{text}");
        assert_eq!(file.sheets[0].rows[0].values.get(Field::DocumentNo), "1");
    }
    let one = inbox.read("x.json", format!("{{\"code\":0,\"data\":{record}}}"));
    assert_eq!(one.rows_read(), 1);
}

#[test]
fn keys_that_come_later_widen_the_sheet() {
    let inbox = Inbox::new();
    let mut lines = String::new();
    for number in 0..1500 {
        let extra = if number == 1400 {
            r#","CF_GSJZQ":"2026-12-31","网格":"三""#
        } else {
            ""
        };
        lines.push_str(&format!("{{\"CF_WSH\":\"{number}\",\"CF_XDR_MC\":\"甲\",\"CF_JDRQ\":\"2026-01-05\",\"CF_CFLB\":\"警告\"{extra}}}\n"));
    }
    let file = inbox.read("x.jsonl", lines);
    let rows = &file.sheets[0].rows;
    assert_eq!(rows.len(), 1500);
    assert_eq!(rows[1400].values.get(Field::PublicityEndsOn), "2026-12-31");
    assert_eq!(
        rows[1400].values.extras().collect::<Vec<_>>(),
        [("网格", "三")]
    );
    assert_eq!(rows[1401].values.get(Field::PublicityEndsOn), "");
    assert_eq!(rows[1499].values.get(Field::DocumentNo), "1499");
}

#[test]
fn xml_exchanges_of_three_shapes() {
    let inbox = Inbox::new();
    let fields = "<CF_WSH>江环罚〔2026〕1号</CF_WSH><CF_XDR_MC>江州示例&amp;化工</CF_XDR_MC><CF_JDRQ>2026-01-05</CF_JDRQ><CF_CFLB><![CDATA[罚款]]></CF_CFLB>";
    let exchange = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ExchangeMessage><Header><sender>江州</sender><time>2026-01-06</time></Header><Body><fields>{fields}</fields><fields>{fields}</fields></Body></ExchangeMessage>"
    );
    let package = format!(
        "<Package><PackageHead><count>2</count></PackageHead><Data><Record index=\"1\">{fields}</Record><Record index=\"2\">{fields}</Record></Data></Package>"
    );
    let request = format!(
        "<Request><Head><from>x</from></Head><Body><![CDATA[<?xml version=\"1.0\"?><list><row>{}</row><row>{}</row></list>]]></Body></Request>",
        fields.replace("<![CDATA[罚款]]>", "罚款"),
        fields.replace("<![CDATA[罚款]]>", "罚款")
    );
    for (name, text) in [
        ("exchange.xml", exchange),
        ("package.xml", package),
        ("request.xml", request),
    ] {
        let gbk = encoding_rs::GB18030
            .encode(&text.replace("UTF-8", "GBK"))
            .0
            .into_owned();
        for bytes in [text.clone().into_bytes(), gbk] {
            let file = inbox.read(name, bytes);
            assert_eq!(
                (file.format, file.sheets.len(), file.rows_read()),
                (Format::Xml, 1, 2),
                "{name}"
            );
            let values = &file.sheets[0].rows[1].values;
            assert_eq!(values.get(Field::DocumentNo), "江环罚〔2026〕1号");
            assert_eq!(values.get(Field::SubjectName), "江州示例&化工");
            assert_eq!(values.get(Field::PenaltyKinds), "罚款");
        }
    }
}

#[test]
fn xml_with_columns_in_attributes() {
    let inbox = Inbox::new();
    let rows = r#"<rows><row CF_WSH="1" CF_XDR_MC="甲" CF_JDRQ="2026-1-5"/><row CF_WSH="2" CF_XDR_MC="&quot;乙&quot;" CF_JDRQ="2026-1-6"/></rows>"#;
    let fields = r#"<Data><Record><field name="CF_WSH">1</field><field name="CF_XDR_MC">甲</field><field name="CF_JDRQ">2026-1-5</field></Record>
        <Record><field name="CF_WSH" value="2"/><field name="CF_XDR_MC">"乙"</field></Record><Record/></Data>"#;
    for (text, skipped) in [(rows, 0), (fields, 1)] {
        let file = inbox.read("x.xml", text);
        let sheet = &file.sheets[0];
        assert_eq!(sheet.rows.len(), 2);
        assert_eq!(sheet.rows[1].values.get(Field::DocumentNo), "2");
        assert_eq!(sheet.rows[1].values.get(Field::SubjectName), "\"乙\"");
        assert_eq!(sheet.skipped.len(), skipped, "an empty record is counted");
    }
}

#[test]
fn old_workbooks() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/template-c.xls");
    let file = read_file(&path, &standards()).unwrap();
    assert_eq!(
        (file.format, file.layouts().as_str()),
        (Format::Xls, "C/penalty")
    );
    let sheet = &file.sheets[0];
    let get = |row: usize, field| sheet.rows[row].values.get(field);
    assert_eq!(
        (get(0, Field::Fine), get(0, Field::DecidedOn)),
        ("0.5", "2026-01-05")
    );
    assert_eq!(get(1, Field::Uscc), "9.14403001922038E+17");
    let skipped: Vec<(u32, &str)> = sheet
        .skipped
        .iter()
        .map(|skipped| (skipped.row_no, skipped.reason.as_str()))
        .collect();
    assert_eq!(skipped, [(4, "空行"), (5, "说明行")]);
}

#[test]
fn chunks_are_small_and_add_up() {
    let inbox = Inbox::new();
    let row = plain_row();
    let text = format!("{PENALTY_C}\n{}", format!("{row}\n").repeat(10_000));
    let path = inbox.file("big.csv", text);
    let mut sizes = Vec::new();
    let mut last = 1;
    let summary = read_chunks(&path, &standards(), &mut |chunk| {
        sizes.push(chunk.rows.len());
        for row in &chunk.rows {
            assert_eq!(row.row_no, last + 1);
            last = row.row_no;
        }
    })
    .unwrap();
    assert_eq!(
        (summary.rows_read, sizes.iter().sum::<usize>()),
        (10_000, 10_000)
    );
    assert!(
        sizes
            .iter()
            .all(|size| *size <= xinheng::ingest::read::CHUNK_ROWS)
    );
}

#[test]
fn parquet_with_text_columns() {
    let inbox = Inbox::new();
    let names: Vec<&str> = PENALTY_C.split(',').collect();
    let fields: Vec<ArrowField> = names
        .iter()
        .map(|name| ArrowField::new(*name, DataType::Utf8, true))
        .collect();
    let cell = |index: usize| match index {
        0 => vec![Some("江州示例化工有限公司"), None],
        22 => vec![Some("2026/01/05"), None],
        _ => vec![None, None],
    };
    let columns: Vec<ArrayRef> = (0..names.len())
        .map(|index| Arc::new(StringArray::from(cell(index))) as ArrayRef)
        .collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let file = inbox.read("c.parquet", &bytes);
    assert_eq!(file.format, Format::Parquet);
    let sheet = &file.sheets[0];
    assert_eq!(sheet.layout.id, "C/penalty");
    assert_eq!(sheet.rows[0].row_no, 1);
    assert_eq!(sheet.rows[0].values.get(Field::DecidedOn), "2026/01/05");
    assert_eq!(sheet.skipped[0].reason, "空行");
    assert_eq!(file.rows_read(), 2);
    bytes.truncate(bytes.len() - 8);
    assert_eq!(inbox.refused("c.parquet", &bytes).1, "SGS-F04");
}
