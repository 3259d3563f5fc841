//! License decisions (`records.md` §5.3).

use std::borrow::Cow;

use crate::record::Day;

use super::days::{self, DateStyle};
use super::penalty::subject_cell;
use super::places::{Field, Organs, PLACES};
use super::rng::Rng;
use super::subject::{Kind, Subject};

/// One kind of license.
#[derive(Debug)]
struct Permit {
    /// 许可证书名称.
    certificate: &'static str,
    /// 行政许可决定文书名称.
    document: &'static str,
    /// 许可类别.
    kind: &'static str,
    /// 许可内容.
    content: &'static str,
    /// Head of the certificate number; `{码}` stands for the subject's code.
    number: &'static str,
    /// Validity in months; 0 = 长期.
    months: i32,
    /// For natural persons.
    personal: bool,
}

const fn permit(
    certificate: &'static str,
    document: &'static str,
    kind: &'static str,
    content: &'static str,
    number: &'static str,
    months: i32,
    personal: bool,
) -> Permit {
    Permit {
        certificate,
        document,
        kind,
        content,
        number,
        months,
        personal,
    }
}

static ENVIRONMENT: [Permit; 4] = [
    permit(
        "排污许可证",
        "排污许可证审批决定书",
        "普通",
        "准予核发排污许可证（重点管理）",
        "{码}001P",
        60,
        false,
    ),
    permit(
        "排污许可证",
        "排污许可证延续决定书",
        "普通",
        "准予延续排污许可证（简化管理）",
        "{码}001V",
        60,
        false,
    ),
    permit(
        "",
        "环境影响报告表批准书",
        "普通",
        "同意建设项目环境影响报告表所列的性质、规模、地点和污染防治措施",
        "",
        0,
        false,
    ),
    permit(
        "危险废物经营许可证",
        "危险废物经营许可决定书",
        "普通",
        "准予从事危险废物收集、贮存经营活动",
        "CQ50",
        60,
        false,
    ),
];

static MARKET: [Permit; 5] = [
    permit(
        "食品经营许可证",
        "食品经营许可决定书",
        "普通",
        "预包装食品销售；热食类食品制售",
        "JY15001",
        60,
        false,
    ),
    permit(
        "药品经营许可证",
        "药品经营许可决定书",
        "普通",
        "准予从事药品零售",
        "渝DA023",
        60,
        false,
    ),
    permit(
        "特种设备使用登记证",
        "特种设备使用登记决定书",
        "登记",
        "准予办理压力容器使用登记",
        "容15渝",
        0,
        false,
    ),
    permit(
        "检验检测机构资质认定证书",
        "资质认定决定书",
        "认可",
        "准予检验检测机构资质认定",
        "24220001",
        72,
        false,
    ),
    permit(
        "特种设备安全管理和作业人员证",
        "特种设备作业人员资格认定书",
        "认可",
        "叉车司机（N1）",
        "TS6",
        48,
        true,
    ),
];

static CONSTRUCTION: [Permit; 3] = [
    permit(
        "建筑工程施工许可证",
        "建筑工程施工许可决定书",
        "普通",
        "准予建筑工程施工",
        "5001",
        0,
        false,
    ),
    permit(
        "安全生产许可证",
        "建筑施工企业安全生产许可决定书",
        "普通",
        "准予从事建筑施工",
        "（渝）JZ安许证字",
        36,
        false,
    ),
    permit(
        "二级建造师注册证书",
        "二级建造师注册决定书",
        "认可",
        "准予二级建造师（建筑工程）注册",
        "渝2",
        36,
        true,
    ),
];

static OTHERS: [(Field, &[Permit]); 6] = [
    (
        Field::Transport,
        &[
            permit(
                "道路运输经营许可证",
                "道路运输经营许可决定书",
                "普通",
                "普通货运",
                "渝交运管许可字",
                48,
                false,
            ),
            permit(
                "道路货物运输驾驶员从业资格证",
                "从业资格许可决定书",
                "认可",
                "准予从事道路货物运输",
                "5002",
                72,
                true,
            ),
        ],
    ),
    (
        Field::Health,
        &[
            permit(
                "公共场所卫生许可证",
                "公共场所卫生许可决定书",
                "普通",
                "准予从事理发、美容经营",
                "渝卫公证字",
                48,
                false,
            ),
            permit(
                "医师执业证书",
                "医师执业注册决定书",
                "登记",
                "准予执业注册（内科专业）",
                "1105",
                0,
                true,
            ),
        ],
    ),
    (
        Field::Safety,
        &[permit(
            "危险化学品经营许可证",
            "危险化学品经营许可决定书",
            "普通",
            "准予经营（带储存设施）",
            "渝危化经字",
            36,
            false,
        )],
    ),
    (
        Field::Agriculture,
        &[permit(
            "动物防疫条件合格证",
            "动物防疫条件审查决定书",
            "核准",
            "动物防疫条件合格",
            "（渝）动防合字第",
            0,
            false,
        )],
    ),
    (
        Field::Tobacco,
        &[permit(
            "烟草专卖零售许可证",
            "准予行政许可决定书",
            "普通",
            "准予零售卷烟、雪茄烟",
            "5001",
            60,
            false,
        )],
    ),
    (
        Field::Urban,
        &[permit(
            "",
            "临时占用城市道路许可决定书",
            "其他-临时占用道路",
            "准予临时占用城市道路",
            "",
            3,
            false,
        )],
    ),
];

fn permits(field: Field) -> &'static [Permit] {
    match field {
        Field::Environment => &ENVIRONMENT,
        Field::Market => &MARKET,
        Field::Construction => &CONSTRUCTION,
        _ => OTHERS
            .iter()
            .find(|(one, _)| *one == field)
            .map_or(&MARKET, |(_, permits)| permits),
    }
}

/// A license decision about one subject.
#[derive(Clone, Debug)]
pub(crate) struct LicenseDraft {
    /// The field of the deciding organ.
    pub(crate) field: Field,
    /// The deciding organ's place.
    pub(crate) place: usize,
    /// 行政许可决定文书名称.
    pub(crate) document_name: Cow<'static, str>,
    /// 行政许可决定文书号.
    pub(crate) document_no: String,
    /// 许可类别.
    pub(crate) kind: Cow<'static, str>,
    /// 许可证书名称.
    pub(crate) certificate: Cow<'static, str>,
    /// 许可编号.
    pub(crate) certificate_no: String,
    /// 许可内容.
    pub(crate) content: Cow<'static, str>,
    /// 许可决定日期.
    pub(crate) decided_on: Day,
    /// 有效期自.
    pub(crate) valid_from: Day,
    /// 有效期至.
    pub(crate) valid_until: Day,
    /// 当前状态: 1 有效, 2 无效.
    pub(crate) status: &'static str,
    /// Day and second on which the sender entered the row.
    pub(crate) sent: (Day, u32),
    /// 备注.
    pub(crate) remark: String,
    /// Number in the whole data, for sender's record ids.
    pub(crate) ordinal: u64,
}

impl LicenseDraft {
    /// A license of `subject`; `ordinal` numbers all records of the data.
    pub(crate) fn new(rng: &mut Rng, subject: &Subject, until: Day, ordinal: u64) -> LicenseDraft {
        let field = rng.weighted(subject.sector.license_fields());
        let personal = subject.kind == Kind::Person;
        let list = permits(field);
        let mut permit = &list[rng.below(list.len() as u64) as usize];
        for _ in 0..12 {
            if permit.personal == personal {
                break;
            }
            permit = &list[rng.below(list.len() as u64) as usize];
        }
        let decided_on = days::decided(rng, until);
        let valid_from = decided_on.plus_days(rng.range(0, 5) as i32);
        let (year, _, _) = decided_on.ymd();
        let short = PLACES[subject.place].short;
        let certificate_no = if permit.number.is_empty() {
            String::new()
        } else if let Some(tail) = permit.number.strip_prefix("{码}") {
            format!("{}{tail}", subject.uscc)
        } else {
            format!("{}{year}{:07}", permit.number, ordinal + 1)
        };
        let valid_until = if permit.months == 0 {
            Day::LONG_TERM
        } else {
            valid_from.plus_months(permit.months).plus_days(-1)
        };
        LicenseDraft {
            field,
            place: subject.place,
            document_name: Cow::Borrowed(permit.document),
            document_no: format!("{short}{}许〔{year}〕{}号", field.mark(), ordinal + 1),
            kind: Cow::Borrowed(permit.kind),
            certificate: Cow::Borrowed(permit.certificate),
            certificate_no,
            content: Cow::Borrowed(permit.content),
            decided_on,
            valid_from,
            valid_until,
            status: if rng.chance(960) && valid_until >= until {
                "1"
            } else {
                "2"
            },
            sent: (
                decided_on.plus_days(days::sent_after(rng)),
                rng.range(8 * 3600, 18 * 3600) as u32,
            ),
            remark: String::new(),
            ordinal,
        }
    }

    /// The cell of a column (see [`col`]); blank for columns without a value here.
    pub(crate) fn cell<'a>(
        &'a self,
        column: usize,
        subject: &'a Subject,
        organs: &'a Organs,
        style: DateStyle,
    ) -> Cow<'a, str> {
        let organ = organs.get(self.field, self.place);
        match column {
            col::DOCUMENT_NAME => Cow::Borrowed(&self.document_name),
            col::DOCUMENT_NO => Cow::Borrowed(&self.document_no),
            col::LICENSE_KIND => Cow::Borrowed(&self.kind),
            col::CERTIFICATE => Cow::Borrowed(&self.certificate),
            col::CERTIFICATE_NO => Cow::Borrowed(&self.certificate_no),
            col::CONTENT => Cow::Borrowed(&self.content),
            col::DECIDED_ON => Cow::Owned(style.write(self.decided_on)),
            col::VALID_FROM => Cow::Owned(style.write(self.valid_from)),
            col::VALID_UNTIL => Cow::Owned(style.write(self.valid_until)),
            col::AUTHORITY | col::SOURCE => Cow::Borrowed(&organ.name),
            col::AUTHORITY_CODE | col::SOURCE_CODE => Cow::Borrowed(&organ.code),
            col::STATUS => Cow::Borrowed(self.status),
            col::REMARK => Cow::Borrowed(&self.remark),
            col::SENT_AT => Cow::Owned(style.write_time(self.sent.0, self.sent.1)),
            col::PROJECT => Cow::Owned(format!("{}{}", subject.name, self.document_name)),
            col::AREA => Cow::Borrowed(PLACES[self.place].code),
            col::STATUS_A => Cow::Borrowed(if self.status == "1" { "0" } else { "3" }),
            col::RECORD_ID => Cow::Owned(format!("XK{:010}", self.ordinal)),
            _ => subject_cell(column, subject),
        }
    }
}

/// Columns of the license template C, in its order, then those other layouts derive.
pub(crate) mod col {
    pub(crate) use super::super::subject_col::*;

    pub(crate) const DOCUMENT_NAME: usize = 13;
    pub(crate) const DOCUMENT_NO: usize = 14;
    pub(crate) const LICENSE_KIND: usize = 15;
    pub(crate) const CERTIFICATE: usize = 16;
    pub(crate) const CERTIFICATE_NO: usize = 17;
    pub(crate) const CONTENT: usize = 18;
    pub(crate) const DECIDED_ON: usize = 19;
    pub(crate) const VALID_FROM: usize = 20;
    pub(crate) const VALID_UNTIL: usize = 21;
    pub(crate) const AUTHORITY: usize = 22;
    pub(crate) const AUTHORITY_CODE: usize = 23;
    pub(crate) const STATUS: usize = 24;
    pub(crate) const SOURCE: usize = 25;
    pub(crate) const SOURCE_CODE: usize = 26;
    pub(crate) const REMARK: usize = 27;
    /// 数据更新时间戳
    pub(crate) const SENT_AT: usize = 30;
    /// 项目名称 (version A)
    pub(crate) const PROJECT: usize = 31;
    /// 地方编码 (version A)
    pub(crate) const AREA: usize = 34;
    /// 当前状态 of version A: 0 正常, 3 其他
    pub(crate) const STATUS_A: usize = 35;
    /// The sender's record id (interfaces)
    pub(crate) const RECORD_ID: usize = 36;
    /// 居民身份证号 (version A)
    pub(crate) const CITIZEN: usize = 37;
}
