//! What a user sees of reading: which layouts are recognised, which rows are data, which files are refused and why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use tempfile::TempDir;
use xinheng::ingest::read::{Format, Notice, SourceFile, read_chunks, read_file};
use xinheng::standard::{Field, Standards};

fn standards() -> Standards {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/standards");
    let files: BTreeMap<String, String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "toml"))
        .map(|path| {
            (format!("standards/{}", path.file_name().unwrap().to_string_lossy()), fs::read_to_string(&path).unwrap())
        })
        .collect();
    Standards::load(&files).unwrap()
}

struct Inbox(TempDir);

impl Inbox {
    fn new() -> Inbox {
        Inbox(TempDir::new().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str, bytes: impl AsRef<[u8]>) -> SourceFile {
        let file = read_file(&self.file(name, bytes), &standards()).unwrap();
        assert_eq!(file.name, name);
        file
    }

    fn refused(&self, name: &str, bytes: impl AsRef<[u8]>) -> (String, &'static str) {
        let refused = read_file(&self.file(name, bytes), &standards()).unwrap_err();
        (refused.to_string(), refused.code())
    }
}

const PENALTY_C: &str = "行政相对人名称,行政相对人类别,行政相对人代码_1(统一社会信用代码),行政相对人代码_2(工商注册号),\
行政相对人代码_3(组织机构代码),行政相对人代码_4(税务登记号),行政相对人代码_5(事业单位证书号),行政相对人代码_6(社会组织登记证号),\
法定代表人,法定代表人证件类型,法定代表人证件号码,证件类型,证件号码,行政处罚决定书文号,违法行为类型,违法事实,处罚依据,处罚类别,\
处罚内容,罚款金额（万元）,没收违法所得、没收非法财物的金额（万元）,暂扣或吊销证照名称及编号,处罚决定日期,处罚有效期,公示截止期,\
处罚机关,处罚机关统一社会信用代码,数据来源单位,数据来源单位统一社会信用代码,备注";

const LICENSE_C_CODES: &str = "XK_XDR_MC,XK_XDR_LB,XK_XDR_SHXYM,XK_XDR_GSZC,XK_XDR_ZZJG,XK_XDR_SWDJ,XK_XDR_SYDW,XK_XDR_SHZZ,XK_FRDB,\
XK_FR_ZJLX,XK_FR_ZJHM,XK_XDR_ZJLX,XK_XDR_ZJHM,XK_XKWS,XK_WSH,XK_XKLB,XK_XKZS,XK_XKBH,XK_NR,XK_JDRQ,XK_YXQZ,XK_YXQZI,XK_XKJG,XK_XKJGDM,\
XK_ZT,XK_LYDW,XK_LYDWDM,BZ";

/// A row of template C with these cells, the rest blank.
fn penalty_row(cells: &[(usize, &str)]) -> String {
    let mut row = vec![""; 30];
    for (index, cell) in cells {
        row[*index] = cell;
    }
    row.join(",")
}

fn plain_row() -> String {
    penalty_row(&[(0, "江州示例化工有限公司"), (13, "江环罚〔2026〕12号"), (19, "2.5"), (22, "2026/01/05")])
}

#[test]
fn template_c_by_names_and_by_codes() {
    let inbox = Inbox::new();
    let file = inbox.read("处罚.csv", format!("{PENALTY_C}\n{}\n", plain_row()));
    let sheet = &file.sheets[0];
    assert_eq!((file.format, file.encoding, sheet.layout.id.as_str()), (Format::Csv, Some("UTF-8"), "C/penalty"));
    let row = &sheet.rows[0];
    assert_eq!(row.row_no, 2);
    assert_eq!(row.values.get(Field::SubjectName), "江州示例化工有限公司");
    assert_eq!(row.values.get(Field::DocumentNo), "江环罚〔2026〕12号");
    assert_eq!(row.values.get(Field::Fine), "2.5");
    assert!(row.notices.is_empty(), "{:?}", row.notices);

    let codes = inbox.read("许可.csv", format!("{LICENSE_C_CODES}\n甲{}\n", ",".repeat(27)));
    assert_eq!(codes.sheets[0].layout.id, "C/license");
    let lower = inbox.read("lower.csv", format!("{}\n甲{}\n", LICENSE_C_CODES.to_lowercase(), ",".repeat(27)));
    assert_eq!(lower.sheets[0].layout.id, "C/license");
}

#[test]
fn version_d_is_chosen_by_the_decision_day() {
    let standards = standards();
    let layout = standards.layout("C/penalty").unwrap();
    let on = |text: &str| layout.on(xinheng::record::Day::parse_iso(text)).id.clone();
    assert_eq!(on("2021-07-14"), "C/penalty");
    assert_eq!(on("2021-07-15"), "D/penalty");
    assert_eq!(layout.on(None).id, "C/penalty");
    assert!(standards.layout("D/penalty").is_none(), "D is never recognised by its header");
}

/// Headers of every layout of records.md §1 and §4, with the layout they belong to.
#[test]
fn every_version_is_told_from_its_header() {
    let drop = |header: &str, unwanted: &[&str]| {
        header.split(',').filter(|name| !unwanted.contains(name)).map(str::to_owned).collect::<Vec<_>>()
    };
    let body = ["行政相对人代码_1(统一社会信用代码)", "行政相对人代码_2(工商注册号)", "行政相对人代码_3(组织机构代码)",
        "行政相对人代码_4(税务登记号)", "行政相对人代码_5(事业单位证书号)", "行政相对人代码_6(社会组织登记证号)", "法定代表人"];
    let new_in_c = ["行政相对人类别", "法定代表人证件类型", "法定代表人证件号码"];
    let person = ["证件类型", "证件号码"];
    let split = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let mut b_body = drop(PENALTY_C, &[&new_in_c[..], &person].concat());
    assert_eq!(b_body.len(), 25);
    b_body.insert(8, "法定代表人身份证号".to_owned());
    let mut b_merged = drop(PENALTY_C, &new_in_c);
    b_merged.insert(8, "法定代表人身份证号".to_owned());
    let b_person = drop(PENALTY_C, &[&new_in_c[..], &body].concat());
    assert_eq!(b_person.len(), 20);
    let a = "行政处罚决定书文号,处罚名称,处罚类别1,处罚类别2,处罚事由,处罚依据,行政相对人名称,行政相对人代码_1(统一社会信用代码),\
行政相对人代码_2(组织机构代码),行政相对人代码_3(工商登记码),行政相对人代码_4(税务登记号),行政相对人代码_5(居民身份证号),法定代表人姓名,\
处罚结果,处罚决定日期,处罚机关,当前状态,地方编码,数据更新时间戳,备注";
    let a_license = "行政许可决定文书号,项目名称,审批类别,许可内容,行政相对人名称,行政相对人代码_1(统一社会信用代码),\
行政相对人代码_2(组织机构代码),行政相对人代码_3(工商登记码),行政相对人代码_4(税务登记号),行政相对人代码_5(居民身份证号),\
法定代表人姓名,许可决定日期,许可截止期,许可机关,当前状态,地方编码,数据更新时间戳,备注";
    let a_codes = "CF_WSH,CF_CFMC,CF_CFLB1,CF_CFLB2,CF_SY,CF_YJ,CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_ZDM,CF_XDR_GSDJ,CF_XDR_SWDJ,CF_XDR_SFZ,CF_FR,CF_JG,\
CF_JDRQ,CF_XZJG,CF_ZT,DFBM,SJC,BZ";
    let jiangsu = "CF_BM,CF_WSH,CF_AJMC,CF_CFLB1,CF_CFLB2,CF_SY,CF_YJ,CF_XDR,CF_XDR_SHXYM,CF_XDR_ZDM,CF_XDR_GSDJ,CF_XDR_SWDJ,CF_XDR_SFZ,CF_FR,CF_JG,\
CF_JDRQ,CF_XZJG,CF_ZT,CF_SYFW,CF_SXYZCD,CF_JZQ,CF_GSJZQ,DFBM,SJC,BZ";
    let market = "lic_id,pripid,uni_social_crd_cd,taxer_nm,admin_punish_doc,punish_rea,punish_dt,punish_result,legal_per,legal_per_ident";
    let tax = "taxer_nm,uuid,uni_social_crd_cd,punish_dt,punish_amt,taxer_no,admin_punish_doc,reg_no,punish_rea";
    let events = "行政相对人名称,行政相对人类别,统一社会信用代码,证件类型,证件号码,事件类型,关联文书号,认定单位,认定单位代码,发生日期,截止日期,程度,\
期限(月),角色,名录或方案,内容,数据来源单位";
    let standards = standards();
    for (header, id) in [
        (split(PENALTY_C), "C/penalty"),
        (b_body, "B/penalty-body"),
        (b_person, "B/penalty-person"),
        (b_merged, "B/penalty"),
        (split(a), "A/penalty"),
        (split(a_codes), "A/penalty"),
        (split(a_license), "A/license"),
        (split(jiangsu), "A'/penalty"),
        (split(market), "db/penalty-market"),
        (split(tax), "db/penalty-tax"),
        (split(events), "events"),
    ] {
        let mapping = standards.recognise(&header).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(mapping.layout().id, id);
        let unknown: Vec<_> = (0..header.len()).filter(|at| mapping.field_at(*at).is_none()).map(|at| &header[at]).collect();
        assert!(unknown.is_empty() || id == "db/penalty-market", "{id}: {unknown:?}");
    }
}

#[test]
fn codes_of_the_subject_are_mapped_by_the_words_in_the_brackets() {
    let standards = standards();
    let header = |two: &str, three: &str| {
        PENALTY_C
            .replace("行政相对人代码_2(工商注册号)", &format!("行政相对人代码_2({two})"))
            .replace("行政相对人代码_3(组织机构代码)", &format!("行政相对人代码_3({three})"))
    };
    let swapped = header("组织机构代码", "工商登记码");
    let mapping = standards.recognise(&swapped.split(',').collect::<Vec<_>>()).unwrap();
    assert_eq!((mapping.index_of(Field::OrgCode), mapping.index_of(Field::RegistrationNo)), (Some(3), Some(4)));
    let bare = PENALTY_C.replace("行政相对人代码_2(工商注册号)", "行政相对人代码_2");
    let mapping = standards.recognise(&bare.split(',').collect::<Vec<_>>()).unwrap();
    assert_eq!(mapping.index_of(Field::RegistrationNo), None);
    assert!(mapping.notes().iter().any(|note| note.contains("代码_2")), "{:?}", mapping.notes());
}

#[test]
fn header_spellings_that_were_met() {
    let dirty = PENALTY_C
        .replace("行政相对人代码_1(统一社会信用代码)", "\"行政相对人代码＿1（统一社会\n信用代码）\"")
        .replace("行政相对人代码_4(税务登记号)", "行政相对人代码-4 (税务登记号）")
        .replace("没收违法所得、没收非法财物的金额（万元）", "没收违法所得、没收非法财务的金额 (万元)")
        .replace("行政处罚决定书文号", "\"文,号\"")
        .replace("罚款金额（万元）", "处罚金额（万元）")
        .replace("法定代表人,", "法人代表,")
        .replace("数据来源单位,", "数据来源,");
    let inbox = Inbox::new();
    let file = inbox.read("x.csv", format!("序号,{dirty},数据导出时间\n1,{},2026-02-01 10:00:00\n", plain_row()));
    let sheet = &file.sheets[0];
    assert_eq!(sheet.layout.id, "C/penalty");
    assert_eq!(sheet.mapping.fields().iter().count(), 32, "30 columns, the running number and the export time");
    assert_eq!(sheet.rows[0].values.get(Field::DocumentNo), "江环罚〔2026〕12号");
    assert_eq!(sheet.rows[0].row_no, 2, "a newline inside a header cell makes no row");
    assert_eq!(sheet.rows[0].values.get(Field::ExportedAt), "2026-02-01 10:00:00");
}

#[test]
fn encodings_and_delimiters() {
    let inbox = Inbox::new();
    let text = format!("{PENALTY_C}\n{}\n", plain_row());
    let expect = |file: SourceFile, encoding: &str| {
        assert_eq!(file.encoding, Some(encoding));
        assert_eq!(file.sheets[0].rows[0].values.get(Field::SubjectName), "江州示例化工有限公司");
        assert_eq!(file.rows_read(), 1);
    };
    expect(inbox.read("bom.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat()), "UTF-8");
    expect(inbox.read("gb.csv", encoding_rs::GB18030.encode(&text).0), "gb18030");
    let wide: Vec<u8> = std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    expect(inbox.read("wide.txt", wide), "UTF-16LE");
    for (name, delimiter) in [("x.tsv", "\t"), ("x.psv", "|"), ("x.txt", ";")] {
        expect(inbox.read(name, text.replace(',', delimiter)), "UTF-8");
    }
    expect(inbox.read("crlf.csv", text.replace('\n', "\r\n")), "UTF-8");
    expect(inbox.read("名不副实.xls", &text), "UTF-8");
    let mut broken = text.into_bytes();
    let at = broken.windows(3).position(|three| three == "化".as_bytes()).unwrap();
    broken[at + 2] = b'?';
    let file = inbox.read("broken.csv", broken);
    assert!(file.sheets[0].rows[0].values.get(Field::SubjectName).contains('\u{FFFD}'));
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
    assert_eq!(sheet.rows.iter().map(|row| row.row_no).collect::<Vec<_>>(), [4, 8]);
    let skipped: Vec<(u32, &str)> = sheet.skipped.iter().map(|skipped| (skipped.row_no, skipped.reason.as_str())).collect();
    assert_eq!(
        skipped,
        [(5, "空行"), (6, "空行"), (7, "重复的表头行"), (9, "合计行"), (10, "说明行"), (11, "说明行（续）")]
    );
    assert_eq!(file.rows_read(), 8);
}

#[test]
fn a_row_of_codes_under_the_names_is_a_header_too() {
    let inbox = Inbox::new();
    let names = "行政许可决定文书号,项目名称,审批类别,许可内容,行政相对人名称,许可决定日期,许可机关";
    let codes = "XK_WSH,XK_XMMC,XK_SPLB,XK_NR,XK_XDR,XK_JDRQ,XK_XZJG";
    let row = "江许〔2016〕3号,取水,普通,取水许可,江州示例水务有限公司,2016-03-01,江州市水利局";
    for text in [format!("{names}\n{codes}\n{row}\n"), format!("{codes}\n{names}\n必填,必填,选填,必填,必填,必填,必填\n{row}\n")] {
        let file = inbox.read("x.csv", text);
        assert_eq!(file.sheets[0].layout.id, "A/license");
        assert_eq!(file.sheets[0].rows.len(), 1);
        assert!(file.sheets[0].skipped.iter().all(|skipped| skipped.reason != "空行"));
    }
}

#[test]
fn long_short_and_unclosed_rows_are_noticed() {
    let inbox = Inbox::new();
    let text = format!("{PENALTY_C}\n{},多出一格\n江州示例化工有限公司,法人及非法人组织\n\"江州{}\n", plain_row(), ",".repeat(29));
    let file = inbox.read("x.csv", text);
    let notices: Vec<_> = file.sheets[0].rows.iter().map(|row| row.notices.as_slice()).collect();
    assert_eq!(notices[0], [Notice::TooManyCells { cells: 31, columns: 30 }]);
    assert_eq!(notices[1], [Notice::TooFewCells { cells: 2, columns: 30 }]);
    assert_eq!(notices[2], [Notice::OpenQuote]);
}

#[test]
fn null_markers_are_blank_and_extra_columns_are_kept() {
    let inbox = Inbox::new();
    for null in ["\\N", "--", "-", "/", "无", "空", "NULL", "（空）"] {
        let row = penalty_row(&[(0, "江州示例化工有限公司"), (2, null), (24, null), (29, "无")]);
        let file = inbox.read("x.csv", format!("{PENALTY_C},网格员\n{row},张三\n"));
        let values = &file.sheets[0].rows[0].values;
        assert_eq!((values.get(Field::Uscc), values.get(Field::PublicityEndsOn)), ("", ""), "{null}");
        assert_eq!(values.get(Field::Remark), "无", "无 is an answer in a remark");
        assert_eq!(values.extras().collect::<Vec<_>>(), [("网格员", "张三")]);
        assert_eq!(values.cell(2), null, "the cell itself stays");
    }
}

#[test]
fn version_a_fills_the_columns_of_version_c() {
    let inbox = Inbox::new();
    let text = "CF_WSH,CF_CFMC,CF_CFLB1,CF_CFLB2,CF_SY,CF_YJ,CF_XDR_MC,CF_XDR_SHXYM,CF_XDR_ZDM,CF_XDR_GSDJ,CF_XDR_SWDJ,CF_XDR_SFZ,CF_FR,CF_JG,CF_JDRQ,\
CF_XZJG,CF_ZT,DFBM,SJC,BZ\n\
江环罚〔2017〕1号,江州示例化工超标排放案,罚款,没收违法所得,超标排放,环境保护法第六十条,江州示例化工有限公司,,71526726X,,,,王某,罚款贰万元整;没收违法所得500元,\
2017/3/1,江州市环境保护局,0,500000,2017-03-02 10:00:00,\n\
江公罚〔2017〕2号,某案,警告,,某事,某法,李某,,,,,11010519491231002X,,警告,2017/3/1,江州市公安局,0,500000,,\n";
    let file = inbox.read("a.csv", text);
    let [body, person] = file.sheets[0].rows.as_slice() else { panic!("two rows") };
    let get = |field| body.values.get(field);
    assert_eq!(get(Field::PenaltyKinds), "罚款;没收违法所得");
    assert_eq!((get(Field::Fine), get(Field::Confiscated)), ("2", "0.05"));
    assert_eq!((get(Field::ViolationText), get(Field::SubjectKind)), ("江州示例化工超标排放案", "法人及非法人组织"));
    assert_eq!(get(Field::OrgCode), "71526726X");
    assert_eq!(get(Field::IdType), "");
    let get = |field| person.values.get(field);
    assert_eq!((get(Field::IdType), get(Field::IdNo)), ("身份证", "11010519491231002X"));
    assert_eq!((get(Field::SubjectKind), get(Field::PenaltyKinds), get(Field::Fine)), ("自然人", "警告", ""));
    assert!(person.values.cells().any(|cell| cell.sensitive && cell.text.starts_with("1101")), "the number is marked for masking");
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
    sheet.write_with_format(2, 22, &ExcelDateTime::from_ymd(2026, 1, 5).unwrap(), &date).unwrap();
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
    let [penalties, licenses] = file.sheets.as_slice() else { panic!("two data sheets") };
    assert_eq!((penalties.name.as_str(), licenses.name.as_str()), ("法人", "许可"));
    assert_eq!(penalties.rows.iter().map(|row| row.row_no).collect::<Vec<_>>(), [3, 5]);
    let get = |field| penalties.rows[0].values.get(field);
    assert_eq!(get(Field::Uscc), "9.14403001922038E+17");
    assert!(xinheng::ingest::normalise::eaten_by_excel(get(Field::Uscc)));
    assert_eq!((get(Field::Fine), get(Field::DecidedOn), get(Field::ValidUntil)), ("0.00005", "2026-01-05", "43607"));
    let skipped: Vec<(u32, &str)> = penalties.skipped.iter().map(|skipped| (skipped.row_no, skipped.reason.as_str())).collect();
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
        ("wrapped.json", format!("{{\"code\":200,\"msg\":\"ok\",\"data\":{{\"total\":2,\"list\":[{penalty},{license}]}}}}")),
    ] {
        let file = inbox.read(name, text);
        assert_eq!(file.format, Format::Json);
        let [penalties, licenses] = file.sheets.as_slice() else { panic!("{name}: two sheets") };
        assert_eq!((penalties.layout.id.as_str(), penalties.name.as_str()), ("api/penalty", "行政处罚"));
        let values = &penalties.rows[0].values;
        assert_eq!(values.get(Field::SubjectName), "江州示例化工有限公司", "COMP_NAME stands in for CF_XDR_MC");
        assert_eq!((values.get(Field::Fine), values.get(Field::SentAt)), ("0.00001", "1568180781000"));
        assert_eq!(licenses.rows[0].row_no, 2);
        assert_eq!(licenses.rows[0].values.get(Field::Uscc), "914403001922038216", "JSON keeps all 18 digits");
        assert_eq!(file.rows_read(), 2);
    }
}

#[test]
fn keys_that_come_later_widen_the_sheet() {
    let inbox = Inbox::new();
    let mut lines = String::new();
    for number in 0..1500 {
        let extra = if number == 1400 { r#","CF_GSJZQ":"2026-12-31","网格":"三""# } else { "" };
        lines.push_str(&format!("{{\"CF_WSH\":\"{number}\",\"CF_XDR_MC\":\"甲\",\"CF_JDRQ\":\"2026-01-05\",\"CF_CFLB\":\"警告\"{extra}}}\n"));
    }
    let file = inbox.read("x.jsonl", lines);
    let rows = &file.sheets[0].rows;
    assert_eq!(rows.len(), 1500);
    assert_eq!(rows[1400].values.get(Field::PublicityEndsOn), "2026-12-31");
    assert_eq!(rows[1400].values.extras().collect::<Vec<_>>(), [("网格", "三")]);
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
    for (name, text) in [("exchange.xml", exchange), ("package.xml", package), ("request.xml", request)] {
        let gbk = encoding_rs::GB18030.encode(&text.replace("UTF-8", "GBK")).0.into_owned();
        for bytes in [text.clone().into_bytes(), gbk] {
            let file = inbox.read(name, bytes);
            assert_eq!((file.format, file.sheets.len(), file.rows_read()), (Format::Xml, 1, 2), "{name}");
            let values = &file.sheets[0].rows[1].values;
            assert_eq!(values.get(Field::DocumentNo), "江环罚〔2026〕1号");
            assert_eq!(values.get(Field::SubjectName), "江州示例&化工");
            assert_eq!(values.get(Field::PenaltyKinds), "罚款");
        }
    }
}

#[test]
fn refused_files_say_what_and_what_to_do() {
    let inbox = Inbox::new();
    let (message, code) = inbox.refused("空.csv", "");
    assert_eq!((message.as_str(), code), ("文件“空.csv”未能读取：文件是空的（0字节或没有任何内容）。请重新导出后报送", "SGS-F01"));
    assert_eq!(inbox.refused("空白.csv", " \n\n").1, "SGS-F01");
    let (message, code) = inbox.refused("无行.csv", format!("{PENALTY_C}\n"));
    assert!(code == "SGS-F02" && message.contains("没有数据行"), "{message}");
    assert_eq!(inbox.refused("x.pdf", b"%PDF-1.7 ...").1, "SGS-F06");
    assert_eq!(inbox.refused("x.zip", b"PK\x03\x04 no workbook").1, "SGS-F04");
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
    let header = PENALTY_C.replace("处罚依据,", "").replace("处罚有效期,", "期限备注,");
    let (message, code) = inbox.refused("缺列.csv", format!("{header}\n{}\n", ",x".repeat(28)));
    assert_eq!(code, "SGS-H01");
    for part in ["第1行", "C/penalty", "缺少必需列：处罚依据、处罚有效期", "不认识的列：期限备注"] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let (message, code) = inbox.refused("乱.csv", "甲,乙,丙\n1,2,3\n");
    assert!(code == "SGS-H01" && message.contains("甲、乙、丙"), "{message}");
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
    assert_eq!((summary.rows_read, sizes.iter().sum::<usize>()), (10_000, 10_000));
    assert!(sizes.iter().all(|size| *size <= xinheng::ingest::read::CHUNK_ROWS));
}
