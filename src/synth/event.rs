//! Events around subjects and decisions, in the vocabulary of the events file (`design.md` §5).

use std::borrow::Cow;

use crate::record::Day;

use super::days::{self, DateStyle, ymd};
use super::penalty::PenaltyDraft;
use super::places::{Field, Organs};
use super::rng::Rng;
use super::subject::{Kind, PLACEHOLDER, Sector, Subject};

/// The scheme on whose roster dischargers stand.
pub(crate) const ENVIRONMENT_SCHEME: &str = "environment/chongqing-2021";
/// The scheme on whose roster research units and persons stand.
pub(crate) const RESEARCH_SCHEME: &str = "research-integrity/chongqing-2021";

/// One event about a subject.
#[derive(Clone, Debug)]
pub(crate) struct EventDraft {
    /// 事件类型.
    pub(crate) kind: &'static str,
    /// 关联文书号.
    pub(crate) document_no: String,
    /// Field of the 认定单位.
    pub(crate) field: Field,
    /// Place of the 认定单位.
    pub(crate) place: usize,
    /// 发生日期.
    pub(crate) occurred_on: Day,
    /// 截止日期.
    pub(crate) ends_on: Option<Day>,
    /// 程度.
    pub(crate) level: &'static str,
    /// 期限(月).
    pub(crate) term_months: Option<u32>,
    /// 角色.
    pub(crate) role: &'static str,
    /// 名录或方案.
    pub(crate) list_or_scheme: &'static str,
    /// 内容.
    pub(crate) detail: Cow<'static, str>,
}

/// A kind of research misconduct (国科发监〔2022〕221号, kinds 1–8).
#[derive(Debug)]
struct Misconduct {
    /// 内容 for persons and units.
    text: &'static str,
    /// Levels with weights and terms in months.
    levels: &'static [(u32, (&'static str, u32))],
}

static MISCONDUCT: [Misconduct; 8] = [
    Misconduct {
        text: "抄袭、剽窃他人研究成果申报科技项目。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(5, ("较重", 24)), (3, ("严重", 48)), (1, ("特别严重", 84))],
    },
    Misconduct {
        text: "编造研究过程，伪造、篡改实验数据和图表。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(5, ("较重", 36)), (4, ("严重", 60)), (1, ("特别严重", 120))],
    },
    Misconduct {
        text: "买卖、代写论文，虚构同行评议专家。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(4, ("较重", 24)), (4, ("严重", 60))],
    },
    Misconduct {
        text: "以弄虚作假方式提供虚假信息获得科研项目立项。依据《国家自然科学基金条例》第三十六条处理。",
        levels: &[(4, ("较重", 24)), (3, ("严重", 48))],
    },
    Misconduct {
        text: "以弄虚作假方式获得科技伦理审查批准。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(4, ("较重", 12)), (2, ("严重", 36))],
    },
    Misconduct {
        text: "无实质学术贡献署名。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(6, ("较轻", 0)), (2, ("较重", 12))],
    },
    Misconduct {
        text: "重复发表、引用与论文内容无关的文献。依据《科研失信行为调查处理规则》（国科发监〔2022〕221号）处理。",
        levels: &[(6, ("较轻", 0)), (1, ("较重", 12))],
    },
    Misconduct {
        text: "无正当理由未按时提交项目结题材料。依据《重庆市科学技术局科技计划项目诚信管理细则》处理。",
        levels: &[(6, ("较轻", 0))],
    },
];

/// Months a repair needs by the weight of the fine, at least.
const REPAIR_AFTER_MONTHS: i32 = 4;

impl EventDraft {
    /// An event with only the parts every kind has.
    pub(crate) fn bare(
        kind: &'static str,
        field: Field,
        place: usize,
        occurred_on: Day,
        detail: &'static str,
    ) -> EventDraft {
        EventDraft {
            kind,
            document_no: String::new(),
            field,
            place,
            occurred_on,
            ends_on: None,
            level: "",
            term_months: None,
            role: "",
            list_or_scheme: "",
            detail: Cow::Borrowed(detail),
        }
    }

    /// The cell of a column of the events file.
    pub(crate) fn cell<'a>(
        &'a self,
        column: usize,
        subject: &'a Subject,
        organs: &'a Organs,
        style: DateStyle,
    ) -> Cow<'a, str> {
        let organ = organs.get(self.field, self.place);
        match column {
            col::NAME => Cow::Borrowed(subject.name.as_str()),
            col::KIND => Cow::Borrowed(subject.kind.zh()),
            col::USCC => Cow::Borrowed(&subject.uscc),
            col::ID_TYPE => Cow::Borrowed(subject.id_type),
            col::ID_NUMBER => Cow::Borrowed(&subject.id_number),
            col::EVENT => Cow::Borrowed(self.kind),
            col::DOCUMENT_NO => Cow::Borrowed(&self.document_no),
            col::AUTHORITY | col::SOURCE => Cow::Borrowed(&organ.name),
            col::AUTHORITY_CODE => Cow::Borrowed(&organ.code),
            col::OCCURRED_ON => Cow::Owned(style.write(self.occurred_on)),
            col::ENDS_ON => self
                .ends_on
                .map_or(Cow::Borrowed(""), |day| Cow::Owned(style.write(day))),
            col::LEVEL => Cow::Borrowed(self.level),
            col::TERM => self
                .term_months
                .map_or(Cow::Borrowed(""), |months| Cow::Owned(months.to_string())),
            col::ROLE => Cow::Borrowed(self.role),
            col::LIST => Cow::Borrowed(self.list_or_scheme),
            col::DETAIL => Cow::Borrowed(&self.detail),
            _ => Cow::Borrowed(""),
        }
    }
}

/// The events of a subject, from what it is and from its penalties.
pub(crate) fn events_of(
    rng: &mut Rng,
    subject: &Subject,
    penalties: &[PenaltyDraft],
    until: Day,
) -> Vec<EventDraft> {
    // The events file has no column for a registration number, so a stall without a code cannot be named in it.
    if subject.uscc == PLACEHOLDER {
        return Vec::new();
    }
    let mut events = Vec::new();
    rosters(rng, subject, until, &mut events);
    for penalty in penalties {
        around_penalty(rng, penalty, until, &mut events);
    }
    if matches!(subject.sector, Sector::Research | Sector::Researcher) && rng.chance(550) {
        events.push(misconduct(rng, subject, until));
    }
    others(rng, subject, until, &mut events);
    events.retain(|event| event.occurred_on <= until);
    events
}

/// Yearly rosters for the last two years up to `until`.
fn rosters(rng: &mut Rng, subject: &Subject, until: Day, events: &mut Vec<EventDraft>) {
    let (year, _, _) = until.ymd();
    let (field, scheme, role) = match subject.sector {
        Sector::Discharger => (Field::Environment, ENVIRONMENT_SCHEME, ""),
        Sector::Research => (Field::Science, RESEARCH_SCHEME, "项目承担单位"),
        Sector::Researcher => (Field::Science, RESEARCH_SCHEME, "项目负责人"),
        _ => return,
    };
    // One in ten is on the city's roster, the others on their district's; one in twelve joined only this year.
    let place = if rng.chance(100) { 0 } else { subject.place };
    let first = if rng.chance(80) { year } else { year - 1 };
    for roster_year in first..=year {
        events.push(EventDraft {
            ends_on: Some(ymd(roster_year, 12, 31)),
            level: if field != Field::Environment {
                ""
            } else if place == 0 {
                "市级"
            } else {
                "区级"
            },
            role,
            list_or_scheme: scheme,
            ..EventDraft::bare(
                "参评名录",
                field,
                place,
                ymd(roster_year, 1, 15),
                "列入年度参评名录",
            )
        });
    }
}

/// Repair, rectification, revocation and objection.
fn around_penalty(rng: &mut Rng, penalty: &PenaltyDraft, until: Day, events: &mut Vec<EventDraft>) {
    let mut push = |kind, day: Day, detail: &'static str| {
        if day <= until {
            events.push(EventDraft {
                document_no: penalty.document_no.clone(),
                ..EventDraft::bare(kind, penalty.field, penalty.place, day, detail)
            });
        }
    };
    if rng.chance(110) {
        push(
            "整改完成",
            penalty.decided_on.plus_days(rng.range(15, 90) as i32),
            "违法行为已改正，经复查符合要求",
        );
    }
    if rng.chance(80) {
        let day = penalty
            .decided_on
            .plus_months(REPAIR_AFTER_MONTHS)
            .plus_days(rng.range(0, 300) as i32);
        push(
            "信用修复",
            day,
            "履行完毕处罚决定并公开作出信用承诺，准予信用修复",
        );
    }
    if rng.chance(12) {
        push(
            "撤销",
            penalty.decided_on.plus_days(rng.range(20, 120) as i32),
            "经行政复议决定撤销原行政处罚决定",
        );
    } else if rng.chance(20) {
        let day = penalty.decided_on.plus_days(rng.range(5, 30) as i32);
        push("异议", day, "当事人对公示的处罚信息提出异议");
        if rng.chance(600) {
            push("异议终结", day.plus_days(7), "经核查维持原记录");
        }
    }
}

/// One finding of research misconduct.
fn misconduct(rng: &mut Rng, subject: &Subject, until: Day) -> EventDraft {
    let kind = &MISCONDUCT[rng.below(MISCONDUCT.len() as u64) as usize];
    let (level, months) = rng.weighted(kind.levels);
    let occurred_on = days::decided(rng, until);
    let person = subject.kind == Kind::Person;
    let role = if person {
        rng.pick(&["项目负责人", "项目参与人", "申请人", "咨询评审专家"])
    } else {
        rng.pick(&["项目承担单位", "依托单位", "科技服务机构"])
    };
    let (year, _, _) = occurred_on.ymd();
    EventDraft {
        document_no: format!("渝科诚信决〔{year}〕{}号", subject.index + 1),
        // W6 of the published cases: n years end on the day before the anniversary.
        ends_on: (months > 0).then(|| occurred_on.plus_months(months as i32).plus_days(-1)),
        level,
        term_months: (months > 0).then_some(months),
        role,
        ..EventDraft::bare("科研失信处理", Field::Science, 0, occurred_on, kind.text)
    }
}

/// Incidents, lists, commitments, honours and closures.
fn others(rng: &mut Rng, subject: &Subject, until: Day, events: &mut Vec<EventDraft>) {
    let place = subject.place;
    let day = |rng: &mut Rng| days::decided(rng, until);
    if subject.sector == Sector::Discharger {
        if rng.chance(25) {
            let level = rng.weighted(&[(8, "一般"), (2, "较大")]);
            let occurred_on = day(rng);
            events.push(EventDraft {
                level,
                ..EventDraft::bare(
                    "环境事件",
                    Field::Environment,
                    place,
                    occurred_on,
                    "发生突发环境事件，造成厂外水体短时超标",
                )
            });
        }
        if rng.chance(60) {
            let (year, _, _) = until.ymd();
            let level = rng.weighted(&[(6, "B"), (3, "A"), (2, "C"), (1, "D")]);
            events.push(EventDraft {
                level,
                list_or_scheme: ENVIRONMENT_SCHEME,
                ..EventDraft::bare(
                    "公布等级",
                    Field::Environment,
                    place,
                    ymd(year, 5, 20),
                    "上年度企业环境信用评价结果",
                )
            });
        }
        if rng.chance(120) {
            let occurred_on = day(rng);
            events.push(EventDraft {
                list_or_scheme: "承诺免检",
                ..EventDraft::bare(
                    "信用承诺",
                    Field::Environment,
                    place,
                    occurred_on,
                    "公开作出生态环境守法承诺，纳入承诺免检",
                )
            });
            if rng.chance(150) {
                events.push(EventDraft {
                    list_or_scheme: "承诺免检",
                    ..EventDraft::bare(
                        "违反承诺",
                        Field::Environment,
                        place,
                        occurred_on.plus_days(60),
                        "承诺免检期间存在违法行为，取消免检",
                    )
                });
            }
        }
    }
    if subject.kind == Kind::Entity && rng.chance(35) {
        let field = if subject.sector == Sector::Discharger {
            Field::Environment
        } else {
            Field::Market
        };
        let detail = if field == Field::Environment {
            "获评市级绿色工厂，环境保护工作成绩突出，予以表彰"
        } else {
            "获评守合同重信用单位"
        };
        let occurred_on = day(rng);
        events.push(EventDraft {
            level: "市级",
            ..EventDraft::bare("表彰奖励", field, 0, occurred_on, detail)
        });
    }
    if subject.kind == Kind::Entity && rng.chance(10) {
        let occurred_on = day(rng);
        events.push(EventDraft {
            ends_on: Some(occurred_on.plus_months(36)),
            list_or_scheme: "市场监督管理严重违法失信名单",
            ..EventDraft::bare(
                "名单列入",
                Field::Market,
                place,
                occurred_on,
                "依法列入严重违法失信名单",
            )
        });
        if rng.chance(300) {
            events.push(EventDraft {
                list_or_scheme: "市场监督管理严重违法失信名单",
                ..EventDraft::bare(
                    "名单移出",
                    Field::Market,
                    place,
                    occurred_on.plus_months(13),
                    "符合移出条件，移出名单",
                )
            });
        }
    }
    if subject.kind == Kind::Entity && rng.chance(12) {
        let occurred_on = day(rng);
        events.push(EventDraft::bare(
            "关停",
            Field::Environment,
            place,
            occurred_on,
            "企业已关停，拆除主要生产设施",
        ));
    }
}

/// Columns of the events file, in its order.
pub(crate) mod col {
    pub(crate) const NAME: usize = 0;
    pub(crate) const KIND: usize = 1;
    pub(crate) const USCC: usize = 2;
    pub(crate) const ID_TYPE: usize = 3;
    pub(crate) const ID_NUMBER: usize = 4;
    pub(crate) const EVENT: usize = 5;
    pub(crate) const DOCUMENT_NO: usize = 6;
    pub(crate) const AUTHORITY: usize = 7;
    pub(crate) const AUTHORITY_CODE: usize = 8;
    pub(crate) const OCCURRED_ON: usize = 9;
    pub(crate) const ENDS_ON: usize = 10;
    pub(crate) const LEVEL: usize = 11;
    pub(crate) const TERM: usize = 12;
    pub(crate) const ROLE: usize = 13;
    pub(crate) const LIST: usize = 14;
    pub(crate) const DETAIL: usize = 15;
    pub(crate) const SOURCE: usize = 16;
}
