//! Gates about the law: list, basis in force, relation, term.

use super::{Gate, GateDoc, Verdict};
use crate::consequence::candidate::Candidate;
use crate::consequence::catalogue::{Basis, ListRowStatus};
use crate::consequence::term::Length;

/// 2 清单: in the national edition in force.
pub(super) struct List;

impl Gate for List {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 2,
            name: "清单",
            test: "在现行版次《全国失信惩戒措施基础清单》之内；该行未经核对的不直接提出",
            codes: &["NOT_ON_LIST", "LIST_ROW_ASSUMED"],
            source: "国办发〔2020〕49号（清单制管理）；发改财金规〔2024〕203号",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        match candidate.edition {
            Some(edition) if candidate.row.list_editions.contains(&edition.name) => {
                match candidate.row.list_row_status {
                    ListRowStatus::Verified => Verdict::Pass,
                    ListRowStatus::Assumed => Verdict::Review(edition.assumed.as_str().into()),
                }
            }
            Some(edition) => {
                Verdict::Exclude(format!("NOT_ON_LIST 不在《清单》（{}）之内", edition.name).into())
            }
            None => Verdict::Exclude("NOT_ON_LIST 该日没有现行版次的清单".into()),
        }
    }
}

/// 3 依据有效: the document cites the article, and the article was in force for the act.
pub(super) struct InForce;

impl Gate for InForce {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 3,
            name: "依据有效",
            test: "决定引用了该条款，且该条款在行为时有效；新旧法适用由人判断",
            codes: &[
                "BASIS_NOT_CITED",
                "BASIS_NOT_IN_FORCE",
                "BASIS_REPEALED",
                "LIGHTER_LAW_REVIEW",
            ],
            source: "生态环境法典 1057（从旧兼从轻）、1242（废止十部法律）；行政处罚法 37",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        if candidate.needs_no_citation() {
            return Verdict::Pass;
        }
        let Some(basis) = candidate.cited_basis() else {
            let wanted: Vec<String> = candidate.row.triggers().iter().map(Basis::zh).collect();
            return Verdict::Exclude(
                format!("BASIS_NOT_CITED 决定未引用{}", wanted.join("、")).into(),
            );
        };
        let (decided, act) = (candidate.trigger.decided_on, candidate.trigger.act_day());
        if basis.from.is_some_and(|from| decided < from) {
            return Verdict::Exclude(
                format!("BASIS_NOT_IN_FORCE {}在决定之日尚未施行", basis.zh()).into(),
            );
        }
        if let Some(to) = basis.to.filter(|to| *to < decided) {
            return match &basis.replaced_by {
                Some(new) if act.is_none_or(|act| act <= to) => Verdict::Review(format!(
                    "LIGHTER_LAW_REVIEW {}自{}起失效，由{new}取代；行为时间须核实，新旧法从旧兼从轻由人判断",
                    basis.zh(),
                    to.plus_days(1).zh()
                ).into()),
                _ => Verdict::Exclude(format!(
                    "BASIS_REPEALED {}自{}起已失效",
                    basis.zh(),
                    to.plus_days(1).zh()
                ).into()),
            };
        }
        match (basis.from, act) {
            (Some(from), Some(act)) if act < from => Verdict::Review(
                format!(
                    "LIGHTER_LAW_REVIEW 事实所载{}早于{}施行之日，从旧兼从轻由人判断",
                    act.zh(),
                    basis.zh()
                )
                .into(),
            ),
            _ => Verdict::Pass,
        }
    }
}

/// 5 关联: same field as the misconduct.
pub(super) struct Related;

impl Gate for Related {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 5,
            name: "关联",
            test: "与失信行为同一领域，法律规定跨领域效果的除外",
            codes: &["NOT_RELATED"],
            source: "深圳经济特区社会信用条例 65–69（依据、关联性、相当性）",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        let (row, class) = (candidate.row, candidate.trigger.class);
        let inside = |field: &String| {
            class
                .strip_prefix(field.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        if row.cross_field || row.field.iter().any(inside) {
            return Verdict::Pass;
        }
        if class.is_empty() {
            return Verdict::Review("NOT_RELATED 违法行为未能归类，关联性须人工确认".into());
        }
        Verdict::Exclude("NOT_RELATED 与违法行为不属同一领域".into())
    }
}

/// 6 时限幅度: the statutory band; the actual term only from the decision.
pub(super) struct Term;

impl Gate for Term {
    fn doc(&self) -> GateDoc {
        GateDoc {
            number: 6,
            name: "时限幅度",
            test: "期限在法定幅度之内；须由有权机关决定的，决定文书本身载明该禁止和期限；起算日条文、文书均未载明的注明",
            codes: &[
                "TERM_FROM_AUTHORITY",
                "TERM_OUT_OF_BAND",
                "START_NOT_STATED",
            ],
            source: "各条文的期限和起算；行政处罚法 9（四）：限制从业本身即处罚",
        }
    }

    fn test<'c>(&self, candidate: &'c Candidate<'_>) -> Verdict<'c> {
        let (row, band) = (candidate.row, candidate.row.term);
        if !row.reduces_right {
            return Verdict::Pass;
        }
        if row.authority_imposed {
            if !candidate.is_imposed() {
                return Verdict::Review(
                    "TERM_FROM_AUTHORITY 须由有权机关决定：决定文书未载明该项禁止".into(),
                );
            }
            match candidate.length() {
                None if candidate.ends_on().is_none() => {
                    return Verdict::Review(
                        "TERM_FROM_AUTHORITY 须由有权机关决定：决定文书未载明期限".into(),
                    );
                }
                Some(Length::Span(..)) => {
                    return Verdict::Review(
                        "TERM_FROM_AUTHORITY 须由有权机关决定：决定文书只载明幅度，未载明具体期限"
                            .into(),
                    );
                }
                _ => {}
            }
        }
        let outside = match candidate.length() {
            Some(Length::Permanent) => band.is_stated() && !band.permanent,
            Some(Length::Months(months)) if band.is_stated() => {
                band.min_months.is_some_and(|min| months < min)
                    || band.max_months.map_or(!band.permanent, |max| months > max)
            }
            _ => false,
        };
        if outside {
            return Verdict::Review(
                "TERM_OUT_OF_BAND 决定文书的期限不在法定幅度之内，须核对".into(),
            );
        }
        if candidate.has_own_term() && candidate.starts_on().is_none() {
            let longest = candidate.weight().2;
            if candidate.trigger.decided_on.plus_months(i32::from(longest)) < candidate.as_of {
                return Verdict::Review(
                    "START_NOT_STATED 起算日条文和文书均未载明，自决定之日计已届满，须由人核定"
                        .into(),
                );
            }
            return Verdict::Note(
                "START_NOT_STATED 起算日条文和文书均未载明，须由有权机关明确".into(),
            );
        }
        Verdict::Pass
    }
}
