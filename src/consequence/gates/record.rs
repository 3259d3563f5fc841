//! Gates about the record: document, state, minors, procedure, grade only.

use super::{Gate, GateDoc, Verdict};
use crate::consequence::candidate::{Candidate, Source};

/// 1 文书: an effective document exists and was not annulled.
pub(super) struct Document;

impl Gate for Document {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 1,
            name: "文书",
            test: "有已生效的文书，未被撤销；被撤销的，依附其上的措施全部消失",
            codes: &["NO_DOCUMENT"],
            source: "国办发〔2020〕49号：认定失信以具有法律效力的文书为依据；行政处罚法 48",
        }
    }

    fn can_vanish(&self) -> bool {
        true
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.trigger.state.is_revoked() {
            return Verdict::Vanish;
        }
        if candidate.trigger.document_no.is_empty() {
            return Verdict::Review("NO_DOCUMENT 触发记录没有文书号，须核对文书".into());
        }
        Verdict::Pass
    }
}

/// 8 状态: repaired, expired or ended drops the measure; a ban with its own statutory term runs on.
pub(super) struct State;

impl Gate for State {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 8,
            name: "状态",
            test: "已修复、公示期满、已移出或者期限届满的解除；法定自有期限的禁止继续，仅停止公示",
            codes: &["TERM_ENDED", "DELISTED", "REPAIRED", "PUBLICITY_ENDED"],
            source: "令36号 3（停止公示、共享与解除措施同步）；政府采购法实施条例 19（禁止期限届满不影响参加）",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        let (trigger, as_of) = (candidate.trigger, candidate.as_of);
        if let Some(end) = candidate.ends_on().filter(|end| *end < as_of) {
            return Verdict::Exclude(format!("TERM_ENDED 期限已于{}届满", end.zh()).into());
        }
        if let Some(day) = trigger.state.delisted_on.filter(|d| *d <= as_of) {
            return Verdict::Exclude(format!("DELISTED 已于{}移出名单", day.zh()).into());
        }
        let repaired = trigger.state.repaired_on.filter(|d| *d <= as_of);
        let expired = trigger
            .publicity
            .as_ref()
            .and_then(|p| p.until)
            .filter(|until| *until < as_of);
        match (repaired, expired) {
            (None, None) => Verdict::Pass,
            (Some(day), _) if candidate.has_own_term() => Verdict::Note(
                format!(
                    "REPAIRED 已于{}修复，停止公示；法定期限的禁止继续执行",
                    day.zh()
                )
                .into(),
            ),
            (None, Some(day)) if candidate.has_own_term() => Verdict::Note(
                format!(
                    "PUBLICITY_ENDED 公示期已于{}届满，停止公示；法定期限的禁止继续执行",
                    day.zh()
                )
                .into(),
            ),
            (Some(day), _) => {
                Verdict::Exclude(format!("REPAIRED 已于{}信用修复，措施同步解除", day.zh()).into())
            }
            (None, Some(day)) => Verdict::Exclude(
                format!("PUBLICITY_ENDED 公示期已于{}届满，措施同步解除", day.zh()).into(),
            ),
        }
    }
}

/// 9 未成年人: nothing at all.
pub(super) struct Minor;

impl Gate for Minor {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 9,
            name: "自然人未成年人",
            test: "未成年人不产生任何措施和公示；自然人默认不公示",
            codes: &[],
            source: "未成年人保护法 103、113；预防未成年人犯罪法 59；个人信息保护法 25、31",
        }
    }

    fn can_vanish(&self) -> bool {
        true
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.trigger.minor {
            Verdict::Vanish
        } else {
            Verdict::Pass
        }
    }
}

/// 11 程序: an open objection blocks issue.
pub(super) struct Procedure;

impl Gate for Procedure {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 11,
            name: "程序",
            test: "书面告知、陈述申辩；异议处理中的注明异议中并暂缓出具；人工复核签字",
            codes: &["UNDER_OBJECTION"],
            source: "国办发〔2020〕49号；个人信息保护法 24",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.trigger.state.is_under_objection(candidate.as_of) {
            return Verdict::Review("UNDER_OBJECTION 异议中，处理完毕前不出具".into());
        }
        Verdict::Pass
    }
}

/// 13 仅凭等级: no measure that reduces a right from a grade.
pub(super) struct GradeOnly;

impl Gate for GradeOnly {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 13,
            name: "仅凭等级",
            test: "信用等级不能单独成为减损权益措施的依据",
            codes: &["GRADE_ONLY"],
            source: "国办发〔2020〕49号：减损权益须有具体事实和直接依据",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.trigger.source == Source::Grade && candidate.row.reduces_right {
            return Verdict::Exclude("GRADE_ONLY 仅有信用等级，没有触发文书".into());
        }
        Verdict::Pass
    }
}
