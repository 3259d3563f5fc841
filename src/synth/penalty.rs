//! Penalty decisions: what is decided, on which day, for how much, in which words.

use std::borrow::Cow;

use crate::record::Day;

use super::acts::{self, Act};
use super::amount::{self, YUAN};
use super::days::{self, DateStyle};
use super::places::{Field, Organs, PLACES};
use super::rng::Rng;
use super::subject::{Sector, Subject};

/// A penalty decision about one subject.
#[derive(Clone, Debug)]
pub(crate) struct PenaltyDraft {
    /// The field of the deciding organ.
    pub(crate) field: Field,
    /// The deciding organ's place (index of [`PLACES`]).
    pub(crate) place: usize,
    /// 行政处罚决定书文号.
    pub(crate) document_no: String,
    /// 违法行为类型.
    pub(crate) violation: Cow<'static, str>,
    /// The act as it stands in a case name.
    pub(crate) title: Cow<'static, str>,
    /// 违法事实.
    pub(crate) facts: String,
    /// 处罚依据.
    pub(crate) basis: Cow<'static, str>,
    /// 处罚类别, joined with `;`.
    pub(crate) kinds: Cow<'static, str>,
    /// 处罚内容.
    pub(crate) content: String,
    /// 罚款金额 in 分.
    pub(crate) fine: Option<i64>,
    /// 没收金额 in 分.
    pub(crate) confiscated: Option<i64>,
    /// 暂扣或吊销证照名称及编号.
    pub(crate) seized: String,
    /// 处罚决定日期.
    pub(crate) decided_on: Day,
    /// 处罚有效期.
    pub(crate) valid_until: Day,
    /// 公示截止期.
    pub(crate) publicity_ends_on: Option<Day>,
    /// Day and second on which the sender entered the row.
    pub(crate) sent: (Day, u32),
    /// 备注.
    pub(crate) remark: String,
    /// 行政处罚 number in the whole data, for sender's record ids.
    pub(crate) ordinal: u64,
}

/// Templates with `{名}`, `{日}` and `{数}` filled.
fn fill(template: &str, subject: &str, day: Day, number: i64) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        let (value, tail) = match rest[at..].split_once('}') {
            Some((key, tail)) => (&key[1..], tail),
            None => break,
        };
        match value {
            "名" => text.push_str(subject),
            "日" => text.push_str(&day.zh()),
            _ => text.push_str(&number.to_string()),
        }
        rest = tail;
    }
    text.push_str(rest);
    text
}

/// A fine inside the act's range, more often low than high, in the steps organs use.
fn draw_fine(rng: &mut Rng, act: &Act) -> i64 {
    let (low, high) = act.fine;
    let a = rng.range(low, high);
    let b = rng.range(low, high);
    let raw = a.min(b);
    let step = match raw {
        0..50 => 1,
        50..500 => 10,
        500..2000 => 100,
        _ => 500,
    };
    let stepped = (raw / step * step).max(low);
    let fine = stepped * 100 * YUAN;
    // One in twelve carries an amount that is no round figure (a multiple of a price).
    if rng.chance(80) {
        fine + rng.range(1, 9_999)
    } else {
        fine
    }
}

/// Which document number an organ gives its `number`th decision of a year.
pub(crate) fn document_no(field: Field, place: usize, year: i32, number: u64) -> String {
    let short = PLACES[place].short;
    let mark = field.mark();
    match field {
        Field::Market => format!("{short}市监处罚〔{year}〕{number}号"),
        Field::Safety => format!("（{short}）应急罚〔{year}〕{number}号"),
        Field::Environment if place == 0 => format!("渝环执罚〔{year}〕{number}号"),
        Field::Urban => format!("{short}城管罚决字〔{year}〕第{number:05}号"),
        _ => format!("{short}{mark}罚〔{year}〕{number}号"),
    }
}

/// The words of a fine, in the styles of `records.md` §5.2.
pub(crate) fn fine_words(style: u64, fen: i64) -> String {
    let whole = fen % YUAN == 0;
    match style % 6 {
        0 if whole => format!(
            "罚款人民币{}（￥{}）",
            amount::capitals(fen),
            amount::yuan(fen)
        ),
        1 if whole => format!("罚款{}", amount::capitals(fen)),
        2 if fen % amount::WAN == 0 => format!("罚款{}万元", amount::wan(fen)),
        3 => format!("处罚款{}元", amount::yuan(fen)),
        4 if fen % (amount::WAN / 10) == 0 => format!("罚款:{}（万元）", amount::wan(fen)),
        _ => format!("罚款{}元", amount::yuan(fen)),
    }
}

/// The words of one decision from its kinds and amounts.
pub(crate) fn content_words(
    style: u64,
    kinds: &str,
    fine: Option<i64>,
    confiscated: Option<i64>,
    license: &str,
) -> String {
    let mut parts: Vec<String> = Vec::with_capacity(3);
    for kind in kinds.split(';') {
        let part = match kind {
            "警告" => "给予警告".to_owned(),
            "通报批评" => "给予通报批评".to_owned(),
            "罚款" => fine_words(style, fine.unwrap_or(0)),
            "没收违法所得" => {
                format!("没收违法所得{}元", amount::yuan(confiscated.unwrap_or(0)))
            }
            "没收非法财物" => format!(
                "没收非法财物（货值{}元）",
                amount::yuan(confiscated.unwrap_or(0))
            ),
            "暂扣许可证件" => format!("暂扣{license}三十日"),
            "降低资质等级" => "降低资质等级为三级".to_owned(),
            "吊销许可证件" => format!("吊销{license}"),
            "限制开展生产经营活动" => "限制生产三个月".to_owned(),
            "责令停产停业" => "责令停产整治".to_owned(),
            "责令关闭" => "责令关闭".to_owned(),
            "行政拘留" => "对直接负责的主管人员行政拘留五日".to_owned(),
            other => other.trim_start_matches("其他-").to_owned(),
        };
        parts.push(part);
    }
    if style % 7 == 3 && parts.len() > 1 {
        let numbered = parts
            .iter()
            .enumerate()
            .map(|(i, part)| format!("{}、{part}", i + 1));
        return numbered.collect::<Vec<_>>().join("；") + "。";
    }
    parts.join("；")
}

/// The license that a decision of `field` suspends or revokes.
pub(crate) fn license_of(field: Field, subject: &Subject) -> String {
    match field {
        Field::Environment => format!("排污许可证（编号：{}001P）", subject.uscc),
        Field::Construction => format!(
            "建筑施工企业安全生产许可证（编号：（渝）JZ安许证字〔2024〕{:06}）",
            subject.index
        ),
        Field::Safety => format!(
            "危险化学品经营许可证（编号：渝危化经字{:06}）",
            subject.index
        ),
        Field::Health => format!("医疗机构执业许可证（编号：PDY{:08}）", subject.index),
        _ => format!("营业执照（编号：{}）", subject.uscc),
    }
}

/// When publicity ends: three months, a year or three years after the decision, by the weight of the kinds.
fn publicity(kinds: &str, fine: i64, decided_on: Day) -> Day {
    let heavy = ["吊销", "停产", "限制", "关闭", "降低"]
        .iter()
        .any(|word| kinds.contains(word));
    let months = if heavy || fine >= 50 * amount::WAN {
        36
    } else if fine >= 2 * amount::WAN || kinds.contains("没收") {
        12
    } else {
        3
    };
    decided_on.plus_months(months)
}

impl PenaltyDraft {
    /// A decision on `subject`; `ordinal` numbers all records of the data.
    pub(crate) fn new(rng: &mut Rng, subject: &Subject, until: Day, ordinal: u64) -> PenaltyDraft {
        let field = rng.weighted(subject.sector.penal_fields());
        let act = PenaltyDraft::act_of(rng, subject, field, "");
        let decided_on = days::decided(rng, until);
        let kinds = rng.weighted(act.kinds);
        PenaltyDraft::of_act(rng, subject, field, act, kinds, decided_on, ordinal)
    }

    /// Another violation punished by the decision `first`.
    pub(crate) fn second_part(
        rng: &mut Rng,
        subject: &Subject,
        first: &PenaltyDraft,
        ordinal: u64,
    ) -> PenaltyDraft {
        let act = PenaltyDraft::act_of(rng, subject, first.field, &first.violation);
        let kinds = rng.weighted(act.kinds);
        let draft = PenaltyDraft::of_act(
            rng,
            subject,
            first.field,
            act,
            kinds,
            first.decided_on,
            ordinal,
        );
        PenaltyDraft {
            document_no: first.document_no.clone(),
            place: first.place,
            valid_until: first.valid_until,
            publicity_ends_on: first.publicity_ends_on,
            sent: first.sent,
            ..draft
        }
    }

    /// An act of `field` that fits the subject's trade and is not `except`; after some tries any act.
    fn act_of(rng: &mut Rng, subject: &Subject, field: Field, except: &str) -> &'static Act {
        let acts = acts::of(field);
        let mut act = &acts[rng.below(acts.len() as u64) as usize];
        for _ in 0..12 {
            let fits = act.sectors.is_empty() || act.sectors.contains(&subject.sector);
            if fits && act.violation != except {
                break;
            }
            act = &acts[rng.below(acts.len() as u64) as usize];
        }
        act
    }

    /// A decision on `subject` for a given act on a given day.
    pub(crate) fn of_act(
        rng: &mut Rng,
        subject: &Subject,
        field: Field,
        act: &'static Act,
        kinds: &'static str,
        decided_on: Day,
        ordinal: u64,
    ) -> PenaltyDraft {
        // One organ in eight decisions is the city's own.
        let place = if rng.chance(120) && subject.sector == Sector::Discharger {
            0
        } else {
            subject.place
        };
        let fine = kinds
            .split(';')
            .any(|kind| kind == "罚款")
            .then(|| draw_fine(rng, act));
        let confiscated = kinds
            .contains("没收")
            .then(|| rng.range(40, 731_000) * 100 / 10);
        let inspected = decided_on.plus_days(-(rng.range(20, 90) as i32));
        // After 2026-08-15 one decision in eight still rests on the law of the time of the act (法典 art. 1057).
        let under_code = decided_on >= days::code_in_force()
            && (inspected >= days::code_in_force() || !rng.chance(125));
        let basis = match act.basis_code {
            Some(code) if under_code => code,
            _ => act.basis,
        };
        let licensed = kinds.contains("许可证件");
        let license = if licensed {
            license_of(field, subject)
        } else {
            String::new()
        };
        let facts = fill(act.facts, &subject.name, inspected, rng.range(2, 9));
        let publicity_ends_on = publicity(kinds, fine.unwrap_or(0), decided_on);
        let (year, _, _) = decided_on.ymd();
        let sent_on = decided_on.plus_days(days::sent_after(rng));
        PenaltyDraft {
            field,
            place,
            document_no: document_no(field, place, year, ordinal + 1),
            violation: Cow::Borrowed(act.violation),
            title: Cow::Borrowed(act.title),
            facts,
            basis: Cow::Borrowed(basis),
            kinds: Cow::Borrowed(kinds),
            content: content_words(rng.below(42), kinds, fine, confiscated, &license),
            fine,
            confiscated,
            seized: license,
            decided_on,
            valid_until: if rng.chance(300) {
                Day::LONG_TERM
            } else {
                decided_on.plus_months(12)
            },
            publicity_ends_on: rng.chance(700).then_some(publicity_ends_on),
            sent: (sent_on, rng.range(8 * 3600, 18 * 3600) as u32),
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
            col::DOCUMENT_NO => Cow::Borrowed(&self.document_no),
            col::VIOLATION => Cow::Borrowed(&self.violation),
            col::FACTS => Cow::Borrowed(&self.facts),
            col::BASIS => Cow::Borrowed(&self.basis),
            col::KINDS => Cow::Borrowed(&self.kinds),
            col::CONTENT => Cow::Borrowed(&self.content),
            col::FINE => self
                .fine
                .map_or(Cow::Borrowed(""), |fen| Cow::Owned(amount::wan(fen))),
            col::CONFISCATED => self
                .confiscated
                .map_or(Cow::Borrowed(""), |fen| Cow::Owned(amount::wan(fen))),
            col::SEIZED => Cow::Borrowed(&self.seized),
            col::DECIDED_ON => Cow::Owned(style.write(self.decided_on)),
            col::VALID_UNTIL => Cow::Owned(style.write(self.valid_until)),
            col::PUBLICITY => self
                .publicity_ends_on
                .map_or(Cow::Borrowed(""), |day| Cow::Owned(style.write(day))),
            col::AUTHORITY | col::SOURCE => Cow::Borrowed(&organ.name),
            col::AUTHORITY_CODE | col::SOURCE_CODE => Cow::Borrowed(&organ.code),
            col::REMARK => Cow::Borrowed(&self.remark),
            col::SENT_AT => Cow::Owned(style.write_time(self.sent.0, self.sent.1)),
            col::CASE_NAME => Cow::Owned(format!("{}{}案", subject.name, self.title)),
            col::KIND_1 => Cow::Borrowed(self.kinds.split(';').next().unwrap_or("")),
            col::KIND_2 => Cow::Borrowed(self.kinds.split_once(';').map_or("", |(_, rest)| rest)),
            col::AREA => Cow::Borrowed(PLACES[self.place].code),
            col::STATUS => Cow::Borrowed("0"),
            col::RECORD_ID => Cow::Owned(format!("CF{:010}", self.ordinal)),
            _ => subject_cell(column, subject),
        }
    }
}

/// Columns of the penalty template C, in its order, then those other layouts derive.
pub(crate) mod col {
    pub(crate) use super::super::subject_col::*;

    pub(crate) const DOCUMENT_NO: usize = 13;
    pub(crate) const VIOLATION: usize = 14;
    pub(crate) const FACTS: usize = 15;
    pub(crate) const BASIS: usize = 16;
    pub(crate) const KINDS: usize = 17;
    pub(crate) const CONTENT: usize = 18;
    pub(crate) const FINE: usize = 19;
    pub(crate) const CONFISCATED: usize = 20;
    pub(crate) const SEIZED: usize = 21;
    pub(crate) const DECIDED_ON: usize = 22;
    pub(crate) const VALID_UNTIL: usize = 23;
    pub(crate) const PUBLICITY: usize = 24;
    pub(crate) const AUTHORITY: usize = 25;
    pub(crate) const AUTHORITY_CODE: usize = 26;
    pub(crate) const SOURCE: usize = 27;
    pub(crate) const SOURCE_CODE: usize = 28;
    pub(crate) const REMARK: usize = 29;
    /// 数据更新时间戳
    pub(crate) const SENT_AT: usize = 30;
    /// 处罚名称 (version A)
    pub(crate) const CASE_NAME: usize = 31;
    /// 处罚类别1 (version A)
    pub(crate) const KIND_1: usize = 32;
    /// 处罚类别2 (version A)
    pub(crate) const KIND_2: usize = 33;
    /// 地方编码 (version A)
    pub(crate) const AREA: usize = 34;
    /// 当前状态 (version A)
    pub(crate) const STATUS: usize = 35;
    /// The sender's record id (interfaces)
    pub(crate) const RECORD_ID: usize = 36;
    /// 居民身份证号 (version A)
    pub(crate) const CITIZEN: usize = 37;
}

/// The cells that describe the subject; the same columns in both templates.
pub(crate) fn subject_cell(column: usize, subject: &Subject) -> Cow<'_, str> {
    match column {
        col::NAME => Cow::Borrowed(subject.name.as_str()),
        col::KIND => Cow::Borrowed(subject.kind.zh()),
        col::USCC => Cow::Borrowed(&subject.uscc),
        col::REGISTRATION => Cow::Borrowed(&subject.registration_no),
        col::ORG_CODE if subject.index.is_multiple_of(3) => Cow::Borrowed(subject.org_code()),
        col::REPRESENTATIVE => Cow::Borrowed(&subject.representative),
        col::REPRESENTATIVE_ID_TYPE if !subject.representative_id.is_empty() => {
            Cow::Borrowed("身份证")
        }
        col::REPRESENTATIVE_ID => Cow::Borrowed(&subject.representative_id),
        col::ID_TYPE => Cow::Borrowed(subject.id_type),
        col::ID_NUMBER | col::CITIZEN => Cow::Borrowed(&subject.id_number),
        _ => Cow::Borrowed(""),
    }
}
