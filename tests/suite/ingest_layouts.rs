//! What a user sees of the template layouts: every version is told from its header, in every spelling that was met.

use xinheng::ingest::read::Format;
use xinheng::standard::Field;

use crate::ingest_read::{Inbox, LICENSE_C_CODES, PENALTY_C, plain_row, standards};

#[test]
fn template_c_by_names_and_by_codes() {
    let inbox = Inbox::new();
    let file = inbox.read("处罚.csv", format!("{PENALTY_C}\n{}\n", plain_row()));
    let sheet = &file.sheets[0];
    assert_eq!(
        (file.format, file.encoding, sheet.layout.id.as_str()),
        (Format::Csv, Some("UTF-8"), "C/penalty")
    );
    let row = &sheet.rows[0];
    assert_eq!(row.row_no, 2);
    assert_eq!(row.values.get(Field::SubjectName), "江州示例化工有限公司");
    assert_eq!(row.values.get(Field::DocumentNo), "江环罚〔2026〕12号");
    assert_eq!(row.values.get(Field::Fine), "2.5");
    assert!(row.notices.is_empty(), "{:?}", row.notices);

    let codes = inbox.read(
        "许可.csv",
        format!("{LICENSE_C_CODES}\n甲{}\n", ",".repeat(27)),
    );
    assert_eq!(codes.sheets[0].layout.id, "C/license");
    let lower = inbox.read(
        "lower.csv",
        format!("{}\n甲{}\n", LICENSE_C_CODES.to_lowercase(), ",".repeat(27)),
    );
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
    assert!(
        standards.layout("D/penalty").is_none(),
        "D is never recognised by its header"
    );
}

#[test]
fn every_version_is_told_from_its_header() {
    let drop = |header: &str, unwanted: &[&str]| {
        header
            .split(',')
            .filter(|name| !unwanted.contains(name))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let body = [
        "行政相对人代码_1(统一社会信用代码)",
        "行政相对人代码_2(工商注册号)",
        "行政相对人代码_3(组织机构代码)",
        "行政相对人代码_4(税务登记号)",
        "行政相对人代码_5(事业单位证书号)",
        "行政相对人代码_6(社会组织登记证号)",
        "法定代表人",
    ];
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
        let mapping = standards
            .recognise(&header)
            .unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(mapping.layout().id, id);
        let unknown: Vec<_> = (0..header.len())
            .filter(|at| mapping.field_at(*at).is_none())
            .map(|at| &header[at])
            .collect();
        assert!(
            unknown.is_empty() || id == "db/penalty-market",
            "{id}: {unknown:?}"
        );
    }
}

#[test]
fn codes_of_the_subject_are_mapped_by_the_words_in_the_brackets() {
    let standards = standards();
    let header = |two: &str, three: &str| {
        PENALTY_C
            .replace(
                "行政相对人代码_2(工商注册号)",
                &format!("行政相对人代码_2({two})"),
            )
            .replace(
                "行政相对人代码_3(组织机构代码)",
                &format!("行政相对人代码_3({three})"),
            )
    };
    let swapped = header("组织机构代码", "工商登记码");
    let mapping = standards
        .recognise(&swapped.split(',').collect::<Vec<_>>())
        .unwrap();
    assert_eq!(
        (
            mapping.index_of(Field::OrgCode),
            mapping.index_of(Field::RegistrationNo)
        ),
        (Some(3), Some(4))
    );
    let bare = PENALTY_C.replace("行政相对人代码_2(工商注册号)", "行政相对人代码_2");
    let mapping = standards
        .recognise(&bare.split(',').collect::<Vec<_>>())
        .unwrap();
    assert_eq!(mapping.index_of(Field::RegistrationNo), None);
    assert!(
        mapping.notes().iter().any(|note| note.contains("代码_2")),
        "{:?}",
        mapping.notes()
    );
}

#[test]
fn header_spellings_that_were_met() {
    let dirty = PENALTY_C
        .replace(
            "行政相对人代码_1(统一社会信用代码)",
            "\"行政相对人代码＿1（统一社会\n信用代码）\"",
        )
        .replace(
            "行政相对人代码_4(税务登记号)",
            "行政相对人代码-4 (税务登记号）",
        )
        .replace(
            "没收违法所得、没收非法财物的金额（万元）",
            "没收违法所得、没收非法财务的金额 (万元)",
        )
        .replace("行政处罚决定书文号", "\"文,号\"")
        .replace("罚款金额（万元）", "处罚金额（万元）")
        .replace("法定代表人,", "法人代表,")
        .replace("数据来源单位,", "数据来源,");
    let inbox = Inbox::new();
    let file = inbox.read(
        "x.csv",
        format!(
            "序号,{dirty},数据导出时间\n1,{},2026-02-01 10:00:00\n",
            plain_row()
        ),
    );
    let sheet = &file.sheets[0];
    assert_eq!(sheet.layout.id, "C/penalty");
    assert_eq!(
        sheet.mapping.fields().iter().count(),
        32,
        "30 columns, the running number and the export time"
    );
    assert_eq!(
        sheet.rows[0].values.get(Field::DocumentNo),
        "江环罚〔2026〕12号"
    );
    assert_eq!(
        sheet.rows[0].row_no, 2,
        "a newline inside a header cell makes no row"
    );
    assert_eq!(
        sheet.rows[0].values.get(Field::ExportedAt),
        "2026-02-01 10:00:00"
    );
}

#[test]
fn a_row_of_codes_under_the_names_is_a_header_too() {
    let inbox = Inbox::new();
    let names =
        "行政许可决定文书号,项目名称,审批类别,许可内容,行政相对人名称,许可决定日期,许可机关";
    let codes = "XK_WSH,XK_XMMC,XK_SPLB,XK_NR,XK_XDR,XK_JDRQ,XK_XZJG";
    let row = "江许〔2016〕3号,取水,普通,取水许可,江州示例水务有限公司,2016-03-01,江州市水利局";
    for text in [
        format!("{names}\n{codes}\n{row}\n"),
        format!("{codes}\n{names}\n必填,必填,选填,必填,必填,必填,必填\n{row}\n"),
    ] {
        let file = inbox.read("x.csv", text);
        assert_eq!(file.sheets[0].layout.id, "A/license");
        assert_eq!(file.sheets[0].rows.len(), 1);
        assert!(
            file.sheets[0]
                .skipped
                .iter()
                .all(|skipped| skipped.reason != "空行")
        );
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
    let [body, person] = file.sheets[0].rows.as_slice() else {
        panic!("two rows")
    };
    let get = |field| body.values.get(field);
    assert_eq!(get(Field::PenaltyKinds), "罚款;没收违法所得");
    assert_eq!((get(Field::Fine), get(Field::Confiscated)), ("2", "0.05"));
    assert_eq!(
        (get(Field::ViolationText), get(Field::SubjectKind)),
        ("江州示例化工超标排放案", "法人及非法人组织")
    );
    assert_eq!(get(Field::OrgCode), "71526726X");
    assert_eq!(get(Field::IdType), "");
    let get = |field| person.values.get(field);
    assert_eq!(
        (get(Field::IdType), get(Field::IdNo)),
        ("身份证", "11010519491231002X")
    );
    assert_eq!(
        (
            get(Field::SubjectKind),
            get(Field::PenaltyKinds),
            get(Field::Fine)
        ),
        ("自然人", "警告", "")
    );
    assert!(
        person
            .values
            .cells()
            .any(|cell| cell.sensitive && cell.text.starts_with("1101")),
        "the number is marked for masking"
    );
}

/// The spellings of records.md §4.2 and some more, one by one in an otherwise clean template.
#[test]
fn every_spelling_leads_to_its_column() {
    let standards = standards();
    let penalty = [
        (
            "行政相对人代码_1(统一社会信用代码)",
            Field::Uscc,
            "统一社会信用代码|代码_1 (统一社会信用代码)|行政相对人代码_1|行政相对人代码＿1（统一社会\n信用代码）",
        ),
        (
            "行政相对人代码_2(工商注册号)",
            Field::RegistrationNo,
            "代码-2(工商注册号)|代码_3(工商登记码)|工商注册号",
        ),
        (
            "行政相对人代码_4(税务登记号)",
            Field::TaxNo,
            "税务登记号）|代码_4（税务登记号） |纳税人识别号",
        ),
        (
            "法定代表人",
            Field::LegalRep,
            "法定代表人姓名|法人代表|法定代表人（负责人）|CF_FDDB",
        ),
        (
            "行政处罚决定书文号",
            Field::DocumentNo,
            "行政处罚决定文书号|处罚决定书文号|文号|文,号|文书字轨|*行政处罚决定书文号（必填）",
        ),
        (
            "罚款金额（万元）",
            Field::Fine,
            "罚款金额 (万元)|罚款金额(万元)|处罚金额（万元）|罚款金额",
        ),
        (
            "没收违法所得、没收非法财物的金额（万元）",
            Field::Confiscated,
            "没收违法所得、没收非法财务的金额（万元）|没收违法所得|没收违法所得、没收非法财",
        ),
        (
            "处罚决定日期",
            Field::DecidedOn,
            "处罚决定日期(YYYY/MM/DD)|行政处罚决定日期|处罚日期",
        ),
        (
            "处罚机关",
            Field::Authority,
            "行政处罚机关|处罚机构|CF_XZJG",
        ),
        (
            "数据来源单位",
            Field::SourceUnit,
            "数据来源|CF_SJLY 数据来源单位",
        ),
        ("备注", Field::Remark, "BZ|备 注"),
    ];
    for (name, field, spellings) in penalty {
        let names: Vec<&str> = PENALTY_C.split(',').collect();
        let at = names.iter().position(|one| *one == name).unwrap();
        for spelling in spellings.split('|') {
            let mut header = names.clone();
            header[at] = spelling;
            let mapping = standards
                .recognise(&header)
                .unwrap_or_else(|error| panic!("{spelling}: {error}"));
            assert_eq!(mapping.field_at(at), Some(field), "{spelling}");
            assert_eq!(mapping.layout().id, "C/penalty", "{spelling}");
        }
    }
    let yuan = PENALTY_C.replace("罚款金额（万元）", "罚款金额（元）");
    let mapping = standards
        .recognise(&yuan.split(',').collect::<Vec<_>>())
        .unwrap();
    assert_eq!(
        mapping.field_at(19),
        Some(Field::FineYuan),
        "元 is not 万元"
    );
}
