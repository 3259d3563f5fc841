//! Gates about the subject: target and trigger, persons, own decision of others, overlap.

use super::{Gate, GateDoc, Verdict};
use crate::consequence::candidate::Candidate;
use crate::record::{PenaltyKind, SubjectKind};

/// 4 对象: the kind of subject is named, the trigger words are proved.
pub(super) struct Target;

impl Gate for Target {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 4,
            name: "对象",
            test: "主体属于惩戒对象；情节严重等触发要件在文书中有肯定表述",
            codes: &["TRIGGER_NOT_PROVED", "HONEST_FAILURE"],
            source: "各条文；政府采购法实施条例 19、财库〔2022〕3号；科学技术进步法 68",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        let (row, trigger) = (candidate.row, candidate.trigger);
        if let Some(exemption) = candidate.exemption {
            return Verdict::Exclude(exemption.reason.as_str().into());
        }
        // A unit's document may prove a person's role: gate 7.
        let reaches = row.subject_kinds.contains(&trigger.subject_kind)
            || (row.is_personal() && trigger.subject_kind != SubjectKind::Person);
        if !reaches {
            return Verdict::Exclude(
                format!(
                    "TRIGGER_NOT_PROVED 惩戒对象为{}，主体类别不符",
                    row.target_role
                )
                .into(),
            );
        }
        if let Some(missing) = row.trigger_words.iter().find(|word| !trigger.proves(word)) {
            return Verdict::Exclude(format!("TRIGGER_NOT_PROVED 文书未认定“{missing}”").into());
        }
        let Some(major) = row.major_violation else {
            return Verdict::Pass;
        };
        if trigger.kinds.intersects(major.kinds) {
            return Verdict::Pass;
        }
        let fine = trigger
            .fine
            .filter(|_| trigger.kinds.contains(PenaltyKind::Fine));
        match fine {
            Some(fine) if fine >= major.fine && trigger.decided_on >= major.fine_from => {
                Verdict::Pass
            }
            Some(fine) if fine >= major.fine => Verdict::Review(
                format!(
                    "TRIGGER_NOT_PROVED {}之前较大数额罚款的界限须人工核定",
                    major.fine_from.zh()
                )
                .into(),
            ),
            Some(fine) => Verdict::Exclude(
                format!(
                    "TRIGGER_NOT_PROVED 罚款{}万元，不足{}万元，无停产停业、吊销，不属重大违法记录",
                    fine.to_wan_yuan(),
                    major.fine.to_wan_yuan()
                )
                .into(),
            ),
            None => Verdict::Exclude(
                "TRIGGER_NOT_PROVED 罚款数额不明，无停产停业、吊销，不能认定重大违法记录".into(),
            ),
        }
    }
}

/// 7 个人连带: only where the statute names the class and the role is proved.
pub(super) struct Person;

impl Gate for Person {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 7,
            name: "个人连带",
            test: "条文点名该类人员，且文书证明其行为时的角色；法定代表人不因单位受罚而当然受限",
            codes: &["ROLE_NOT_PROVED"],
            source: "生态环境法典 1064；各条文",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        let (row, trigger) = (candidate.row, candidate.trigger);
        let personal = row.is_personal() || trigger.subject_kind == SubjectKind::Person;
        let named = |class: &String| {
            trigger.role == class.as_str()
                || [trigger.violation_text, trigger.facts, trigger.content]
                    .iter()
                    .any(|t| t.contains(class.as_str()))
        };
        if !personal || row.role_classes.iter().any(named) {
            return Verdict::Pass;
        }
        Verdict::Exclude(
            format!(
                "ROLE_NOT_PROVED 条文只及于{}，文书未证明该角色",
                row.target_role
            )
            .into(),
        )
    }
}

/// 10 自主: what others decide is reference only.
pub(super) struct OwnDecision;

impl Gate for OwnDecision {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 10,
            name: "自主",
            test: "第三类措施由公共管理机构以外的组织自主决定，只作供参考的表述",
            codes: &["FOR_REFERENCE"],
            source: "国办发〔2020〕49号（不得强制金融机构等实施惩戒）",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.row.category == "三" {
            return Verdict::Note("FOR_REFERENCE 供自主参考，不构成义务".into());
        }
        Verdict::Pass
    }
}

/// 12 叠加: of one kind for the same fact the longest stands.
pub(super) struct Overlap;

impl Gate for Overlap {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 12,
            name: "叠加",
            test: "同一事实的同类措施不累加，以期限最长的为准；不同类可以并存",
            codes: &["MERGED"],
            source: "本系统口径（过惩相当）",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        match &candidate.rival {
            Some(row) => {
                Verdict::Exclude(format!("MERGED 同一事实的同类措施不累加，以{row}为准").into())
            }
            None => Verdict::Pass,
        }
    }
}
