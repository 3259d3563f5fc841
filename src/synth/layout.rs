//! The published templates as the generator writes them: which columns, under which headers, in which order.
//!
//! Names and codes: `records.md` §1.2, §1.3 (C and B), §1.5 (A); events: `design.md` §5.

use super::days::DateStyle;
use super::event::col as event;
use super::license::col as license;
use super::penalty::col as penalty;

/// A published or real layout of one kind of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// 2015/2016 template.
    A,
    /// 2018 template for 法人.
    BEntity,
    /// 2018 template for 自然人.
    BPerson,
    /// 2019 template, one sheet for all subjects.
    C,
    /// Front-end database export: the codes of C in lower case.
    Database,
    /// JSON objects keyed by the codes of C.
    Interface,
}

/// The kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// 行政处罚
    Penalty,
    /// 行政许可
    License,
    /// 信用事件
    Event,
}

/// What a cell holds; decides how typed formats write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Text.
    Text,
    /// A day.
    Day,
    /// Money in 万元.
    Amount,
}

/// One column of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// The header cell or JSON key.
    pub(crate) header: &'static str,
    /// Which column of the draft it shows.
    pub(crate) at: usize,
    /// What it holds.
    pub(crate) shape: Shape,
}

/// A layout of one kind of record.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    /// What kind of record a row is.
    pub(crate) kind: Kind,
    /// Its columns, in order.
    pub(crate) columns: Vec<Column>,
    /// How it writes days.
    pub(crate) days: DateStyle,
}

/// Code, Chinese name and column of the template C.
type Named = (&'static str, &'static str, usize);

/// Column of both templates' heads: (code after `CF_`/`XK_`, B code if another).
static PENALTY_C: [Named; 30] = [
    ("CF_XDR_MC", "行政相对人名称", penalty::NAME),
    ("CF_XDR_LB", "行政相对人类别", penalty::KIND),
    (
        "CF_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
        penalty::USCC,
    ),
    (
        "CF_XDR_GSZC",
        "行政相对人代码_2(工商注册号)",
        penalty::REGISTRATION,
    ),
    (
        "CF_XDR_ZZJG",
        "行政相对人代码_3(组织机构代码)",
        penalty::ORG_CODE,
    ),
    ("CF_XDR_SWDJ", "行政相对人代码_4(税务登记号)", penalty::TAX),
    (
        "CF_XDR_SYDW",
        "行政相对人代码_5(事业单位证书号)",
        penalty::INSTITUTION,
    ),
    (
        "CF_XDR_SHZZ",
        "行政相对人代码_6(社会组织登记证号)",
        penalty::SOCIAL,
    ),
    ("CF_FRDB", "法定代表人", penalty::REPRESENTATIVE),
    (
        "CF_FR_ZJLX",
        "法定代表人证件类型",
        penalty::REPRESENTATIVE_ID_TYPE,
    ),
    (
        "CF_FR_ZJHM",
        "法定代表人证件号码",
        penalty::REPRESENTATIVE_ID,
    ),
    ("CF_XDR_ZJLX", "证件类型", penalty::ID_TYPE),
    ("CF_XDR_ZJHM", "证件号码", penalty::ID_NUMBER),
    ("CF_WSH", "行政处罚决定书文号", penalty::DOCUMENT_NO),
    ("CF_WFXW", "违法行为类型", penalty::VIOLATION),
    ("CF_SY", "违法事实", penalty::FACTS),
    ("CF_YJ", "处罚依据", penalty::BASIS),
    ("CF_CFLB", "处罚类别", penalty::KINDS),
    ("CF_NR", "处罚内容", penalty::CONTENT),
    ("CF_NR_FK", "罚款金额（万元）", penalty::FINE),
    (
        "CF_NR_WFFF",
        "没收违法所得、没收非法财物的金额（万元）",
        penalty::CONFISCATED,
    ),
    ("CF_NR_ZKDX", "暂扣或吊销证照名称及编号", penalty::SEIZED),
    ("CF_JDRQ", "处罚决定日期", penalty::DECIDED_ON),
    ("CF_YXQ", "处罚有效期", penalty::VALID_UNTIL),
    ("CF_GSJZQ", "公示截止期", penalty::PUBLICITY),
    ("CF_CFJG", "处罚机关", penalty::AUTHORITY),
    (
        "CF_CFJGDM",
        "处罚机关统一社会信用代码",
        penalty::AUTHORITY_CODE,
    ),
    ("CF_SJLY", "数据来源单位", penalty::SOURCE),
    (
        "CF_SJLYDM",
        "数据来源单位统一社会信用代码",
        penalty::SOURCE_CODE,
    ),
    ("BZ", "备注", penalty::REMARK),
];

static LICENSE_C: [Named; 28] = [
    ("XK_XDR_MC", "行政相对人名称", license::NAME),
    ("XK_XDR_LB", "行政相对人类别", license::KIND),
    (
        "XK_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
        license::USCC,
    ),
    (
        "XK_XDR_GSZC",
        "行政相对人代码_2(工商注册号)",
        license::REGISTRATION,
    ),
    (
        "XK_XDR_ZZJG",
        "行政相对人代码_3(组织机构代码)",
        license::ORG_CODE,
    ),
    ("XK_XDR_SWDJ", "行政相对人代码_4(税务登记号)", license::TAX),
    (
        "XK_XDR_SYDW",
        "行政相对人代码_5(事业单位证书号)",
        license::INSTITUTION,
    ),
    (
        "XK_XDR_SHZZ",
        "行政相对人代码_6(社会组织登记证号)",
        license::SOCIAL,
    ),
    ("XK_FRDB", "法定代表人", license::REPRESENTATIVE),
    (
        "XK_FR_ZJLX",
        "法定代表人证件类型",
        license::REPRESENTATIVE_ID_TYPE,
    ),
    (
        "XK_FR_ZJHM",
        "法定代表人证件号码",
        license::REPRESENTATIVE_ID,
    ),
    ("XK_XDR_ZJLX", "证件类型", license::ID_TYPE),
    ("XK_XDR_ZJHM", "证件号码", license::ID_NUMBER),
    ("XK_XKWS", "行政许可决定文书名称", license::DOCUMENT_NAME),
    ("XK_WSH", "行政许可决定文书号", license::DOCUMENT_NO),
    ("XK_XKLB", "许可类别", license::LICENSE_KIND),
    ("XK_XKZS", "许可证书名称", license::CERTIFICATE),
    ("XK_XKBH", "许可编号", license::CERTIFICATE_NO),
    ("XK_NR", "许可内容", license::CONTENT),
    ("XK_JDRQ", "许可决定日期", license::DECIDED_ON),
    ("XK_YXQZ", "有效期自", license::VALID_FROM),
    ("XK_YXQZI", "有效期至", license::VALID_UNTIL),
    ("XK_XKJG", "许可机关", license::AUTHORITY),
    (
        "XK_XKJGDM",
        "许可机关统一社会信用代码",
        license::AUTHORITY_CODE,
    ),
    ("XK_ZT", "当前状态", license::STATUS),
    ("XK_LYDW", "数据来源单位", license::SOURCE),
    (
        "XK_LYDWDM",
        "数据来源单位统一社会信用代码",
        license::SOURCE_CODE,
    ),
    ("BZ", "备注", license::REMARK),
];

static PENALTY_A: [Named; 20] = [
    ("CF_WSH", "行政处罚决定书文号", penalty::DOCUMENT_NO),
    ("CF_CFMC", "处罚名称", penalty::CASE_NAME),
    ("CF_CFLB1", "处罚类别1", penalty::KIND_1),
    ("CF_CFLB2", "处罚类别2", penalty::KIND_2),
    ("CF_SY", "处罚事由", penalty::FACTS),
    ("CF_YJ", "处罚依据", penalty::BASIS),
    ("CF_XDR_MC", "行政相对人名称", penalty::NAME),
    (
        "CF_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
        penalty::USCC,
    ),
    (
        "CF_XDR_ZDM",
        "行政相对人代码_2(组织机构代码)",
        penalty::ORG_CODE,
    ),
    (
        "CF_XDR_GSDJ",
        "行政相对人代码_3(工商登记码)",
        penalty::REGISTRATION,
    ),
    ("CF_XDR_SWDJ", "行政相对人代码_4(税务登记号)", penalty::TAX),
    (
        "CF_XDR_SFZ",
        "行政相对人代码_5(居民身份证号)",
        penalty::CITIZEN,
    ),
    ("CF_FR", "法定代表人姓名", penalty::REPRESENTATIVE),
    ("CF_JG", "处罚结果", penalty::CONTENT),
    ("CF_JDRQ", "处罚决定日期", penalty::DECIDED_ON),
    ("CF_XZJG", "处罚机关", penalty::AUTHORITY),
    ("CF_ZT", "当前状态", penalty::STATUS),
    ("DFBM", "地方编码", penalty::AREA),
    ("SJC", "数据更新时间戳", penalty::SENT_AT),
    ("BZ", "备注", penalty::REMARK),
];

static LICENSE_A: [Named; 18] = [
    ("XK_WSH", "行政许可决定书文号", license::DOCUMENT_NO),
    ("XK_XMMC", "项目名称", license::PROJECT),
    ("XK_SPLB", "审批类别", license::LICENSE_KIND),
    ("XK_NR", "许可内容", license::CONTENT),
    ("XK_XDR", "行政相对人名称", license::NAME),
    (
        "XK_XDR_SHXYM",
        "行政相对人代码_1(统一社会信用代码)",
        license::USCC,
    ),
    (
        "XK_XDR_ZDM",
        "行政相对人代码_2(组织机构代码)",
        license::ORG_CODE,
    ),
    (
        "XK_XDR_GSDJ",
        "行政相对人代码_3(工商登记码)",
        license::REGISTRATION,
    ),
    ("XK_XDR_SWDJ", "行政相对人代码_4(税务登记号)", license::TAX),
    (
        "XK_XDR_SFZ",
        "行政相对人代码_5(居民身份证号)",
        license::CITIZEN,
    ),
    ("XK_FR", "法定代表人姓名", license::REPRESENTATIVE),
    ("XK_JDRQ", "许可决定日期", license::DECIDED_ON),
    ("XK_JZQ", "许可截止期", license::VALID_UNTIL),
    ("XK_XZJG", "许可机关", license::AUTHORITY),
    ("XK_ZT", "当前状态", license::STATUS_A),
    ("DFBM", "地方编码", license::AREA),
    ("SJC", "数据更新时间戳", license::SENT_AT),
    ("BZ", "备注", license::REMARK),
];

static EVENT: [Named; 17] = [
    ("", "行政相对人名称", event::NAME),
    ("", "行政相对人类别", event::KIND),
    ("", "统一社会信用代码", event::USCC),
    ("", "证件类型", event::ID_TYPE),
    ("", "证件号码", event::ID_NUMBER),
    ("", "事件类型", event::EVENT),
    ("", "关联文书号", event::DOCUMENT_NO),
    ("", "认定单位", event::AUTHORITY),
    ("", "认定单位代码", event::AUTHORITY_CODE),
    ("", "发生日期", event::OCCURRED_ON),
    ("", "截止日期", event::ENDS_ON),
    ("", "程度", event::LEVEL),
    ("", "期限(月)", event::TERM),
    ("", "角色", event::ROLE),
    ("", "名录或方案", event::LIST),
    ("", "内容", event::DETAIL),
    ("", "数据来源单位", event::SOURCE),
];

/// Codes of the database export, where they are not the template's in lower case. Both lists are in template order.
static PENALTY_DB: [&str; 32] = [
    "cf_xdr_mc",
    "cf_xdr_lb",
    "cf_xdr_shxym",
    "cf_xdr_gszc",
    "cf_xdr_zzjg",
    "cf_xdr_swdj",
    "cf_xdr_sydw",
    "cf_xdr_shzz",
    "cf_frdb",
    "cf_fr_zjlx",
    "cf_fr_zjhm",
    "cf_xdr_zjlx",
    "cf_xdr_zjhm",
    "cf_wsh",
    "cf_wfxw",
    "cf_sy",
    "cf_yj",
    "cf_cflb",
    "cf_nr",
    "cf_nr_fk",
    "cf_nr_wfff",
    "cf_nr_zkdx",
    "cf_jdrq",
    "cf_yxq",
    "cf_gsjzq",
    "cf_cfjg",
    "cf_cfjgdm",
    "cf_sjly",
    "cf_sjlydm",
    "bz",
    "create_time",
    "id",
];

static LICENSE_DB: [&str; 30] = [
    "xk_xdr_mc",
    "xk_xdr_lb",
    "xk_xdr_shxym",
    "xk_xdr_gszc",
    "xk_xdr_zzjg",
    "xk_xdr_swdj",
    "xk_xdr_sydw",
    "xk_xdr_shzz",
    "xk_frdb",
    "xk_fr_zjlx",
    "xk_fr_zjhm",
    "xk_xdr_zjlx",
    "xk_xdr_zjhm",
    "xk_xkws",
    "xk_wsh",
    "xk_xklb",
    "xk_xkzs",
    "xk_xkbh",
    "xk_nr",
    "xk_jdrq",
    "xk_yxqz",
    "xk_yxqzi",
    "xk_xkjg",
    "xk_xkjgdm",
    "xk_zt",
    "xk_lydw",
    "xk_lydwdm",
    "bz",
    "create_time",
    "xk_id",
];

impl Layout {
    /// The layout of `form` for penalties.
    pub(crate) fn penalties(form: Form) -> Layout {
        Layout::new(
            Kind::Penalty,
            form,
            &PENALTY_C,
            &PENALTY_A,
            &PENALTY_DB,
            (penalty::SENT_AT, penalty::RECORD_ID),
        )
    }

    /// The layout of `form` for licenses.
    pub(crate) fn licenses(form: Form) -> Layout {
        Layout::new(
            Kind::License,
            form,
            &LICENSE_C,
            &LICENSE_A,
            &LICENSE_DB,
            (license::SENT_AT, license::RECORD_ID),
        )
    }

    /// The layout of the events file.
    pub(crate) fn events() -> Layout {
        let columns = EVENT
            .iter()
            .map(|(_, name, at)| column(Kind::Event, name, *at))
            .collect();
        Layout {
            kind: Kind::Event,
            columns,
            days: DateStyle::Dash,
        }
    }

    fn new(
        kind: Kind,
        form: Form,
        template: &[Named],
        old: &[Named],
        database: &[&'static str],
        (sent_at, record_id): (usize, usize),
    ) -> Layout {
        let of = |header, at| column(kind, header, at);
        let columns: Vec<Column> = match form {
            Form::A => old.iter().map(|(_, name, at)| of(name, *at)).collect(),
            Form::C => template.iter().map(|(_, name, at)| of(name, *at)).collect(),
            Form::BEntity => template
                .iter()
                .filter(|(_, _, at)| {
                    ![
                        penalty::KIND,
                        penalty::REPRESENTATIVE_ID_TYPE,
                        penalty::ID_TYPE,
                        penalty::ID_NUMBER,
                    ]
                    .contains(at)
                })
                .map(|(_, name, at)| {
                    of(
                        if *at == penalty::REPRESENTATIVE_ID {
                            "法定代表人身份证号"
                        } else {
                            name
                        },
                        *at,
                    )
                })
                .collect(),
            Form::BPerson => template
                .iter()
                .filter(|(_, _, at)| *at == penalty::NAME || *at >= penalty::ID_TYPE)
                .map(|(_, name, at)| of(name, *at))
                .collect(),
            Form::Database => {
                let places = template
                    .iter()
                    .map(|(_, _, at)| *at)
                    .chain([sent_at, record_id]);
                database
                    .iter()
                    .copied()
                    .zip(places)
                    .map(|(code, at)| of(code, at))
                    .collect()
            }
            Form::Interface => {
                let tail = [of("CREATE_DATE", sent_at), of("ID", record_id)];
                template
                    .iter()
                    .map(|(code, _, at)| of(code, *at))
                    .chain(tail)
                    .collect()
            }
        };
        let days = match form {
            Form::A => DateStyle::Dash,
            Form::Database | Form::Interface => DateStyle::Dash,
            _ => DateStyle::Slash,
        };
        Layout {
            kind,
            columns,
            days,
        }
    }

    /// The layout with the sender's time stamp as a tail column, as many systems append it.
    pub(crate) fn stamped(mut self) -> Layout {
        let at = if self.kind == Kind::License {
            license::SENT_AT
        } else {
            penalty::SENT_AT
        };
        self.columns.push(column(self.kind, "数据更新时间", at));
        self
    }

    /// The position of the draft column `at` in this layout.
    pub(crate) fn position(&self, at: usize) -> Option<usize> {
        self.columns.iter().position(|column| column.at == at)
    }
}

/// A column with the shape its place implies.
fn column(kind: Kind, header: &'static str, at: usize) -> Column {
    let shape = match kind {
        Kind::Penalty => match at {
            penalty::DECIDED_ON | penalty::VALID_UNTIL | penalty::PUBLICITY => Shape::Day,
            penalty::FINE | penalty::CONFISCATED => Shape::Amount,
            _ => Shape::Text,
        },
        Kind::License => match at {
            license::DECIDED_ON | license::VALID_FROM | license::VALID_UNTIL => Shape::Day,
            _ => Shape::Text,
        },
        Kind::Event => match at {
            event::OCCURRED_ON | event::ENDS_ON => Shape::Day,
            _ => Shape::Text,
        },
    };
    Column { header, at, shape }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_have_the_published_number_of_columns() {
        for (form, penalties, licenses) in [
            (Form::A, 20, 18),
            (Form::BEntity, 26, 24),
            (Form::BPerson, 20, 18),
            (Form::C, 30, 28),
        ] {
            assert_eq!(Layout::penalties(form).columns.len(), penalties, "{form:?}");
            assert_eq!(Layout::licenses(form).columns.len(), licenses, "{form:?}");
        }
    }

    #[test]
    fn database_codes_stand_at_their_template_places() {
        let database = Layout::penalties(Form::Database);
        for (column, (code, _, at)) in database.columns.iter().zip(&PENALTY_C) {
            assert_eq!(
                (column.header, column.at),
                (code.to_lowercase().as_str(), *at)
            );
        }
        let database = Layout::licenses(Form::Database);
        for (column, (code, _, at)) in database.columns.iter().zip(&LICENSE_C) {
            assert_eq!(
                (column.header, column.at),
                (code.to_lowercase().as_str(), *at)
            );
        }
    }
}
