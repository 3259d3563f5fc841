//! 处罚类别: the thirteen named kinds of 行政处罚法 (2021) art. 9 and 其他, with the names of the old law.

use serde::{Deserialize, Serialize};

use super::kind::named;

named! {
    /// One kind of penalty (行政处罚法 2021 art. 9).
    PenaltyKind {
        Warning = "警告",
        Criticism = "通报批评",
        Fine = "罚款",
        ConfiscateIncome = "没收违法所得",
        ConfiscateProperty = "没收非法财物",
        SuspendLicense = "暂扣许可证件",
        Downgrade = "降低资质等级",
        Revoke = "吊销许可证件",
        RestrictActivity = "限制开展生产经营活动",
        StopProduction = "责令停产停业",
        Close = "责令关闭",
        RestrictPractice = "限制从业",
        Detention = "行政拘留",
        Other = "其他行政处罚",
    }
}

/// A set of kinds.
#[derive(
    Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct PenaltyKinds(u16);

impl PenaltyKinds {
    pub const EMPTY: PenaltyKinds = PenaltyKinds(0);

    pub fn insert(&mut self, kind: PenaltyKind) {
        self.0 |= 1 << kind as u16;
    }

    pub const fn contains(self, kind: PenaltyKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub const fn intersects(self, other: PenaltyKinds) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn is_subset(self, of: PenaltyKinds) -> bool {
        self.0 & !of.0 == 0
    }

    pub const fn union(self, other: PenaltyKinds) -> PenaltyKinds {
        PenaltyKinds(self.0 | other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = PenaltyKind> {
        PenaltyKind::ALL
            .iter()
            .copied()
            .filter(move |k| self.contains(*k))
    }
}

impl FromIterator<PenaltyKind> for PenaltyKinds {
    fn from_iter<I: IntoIterator<Item = PenaltyKind>>(iter: I) -> Self {
        let mut kinds = PenaltyKinds::default();
        iter.into_iter().for_each(|k| kinds.insert(k));
        kinds
    }
}

/// What a 处罚类别 cell says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParsedKinds {
    pub kinds: PenaltyKinds,
    /// Chinese names as stored, in the order of the law.
    pub names: Vec<String>,
    /// Values that are on no published list.
    pub unknown: Vec<String>,
    /// 其他 without the name that the template demands.
    pub other_unnamed: bool,
    /// 其他-不予处罚 and the like: the decision imposes no penalty.
    pub exempt: bool,
}

/// Reads a 处罚类别 cell: several kinds joined by `;` `；` `,` `，` `、`, names or codes of either law, 其他-XXX.
pub fn parse_penalty_kinds(cell: &str) -> ParsedKinds {
    let mut parsed = ParsedKinds::default();
    let cell = cell.replace("没收违法所得、没收非法财物", "没收违法所得;没收非法财物");
    for value in cell.split([';', '；', ',', '，', '、', '\n', '|']) {
        let value = value.trim();
        if !value.is_empty() {
            one(value, &mut parsed);
        }
    }
    parsed.names = parsed.kinds.iter().map(|k| k.zh().to_owned()).collect();
    parsed
}

fn one(value: &str, parsed: &mut ParsedKinds) {
    if let Some(kinds) = known(value) {
        parsed.kinds = parsed.kinds.union(kinds.iter().copied().collect());
        return;
    }
    let other = value
        .strip_prefix("其他行政处罚")
        .or_else(|| value.strip_prefix("其他"))
        .or_else(|| value.strip_prefix("其它"));
    if let Some(rest) = other {
        let name = rest.trim_matches([
            '-', '－', '—', '–', '(', ')', '（', '）', ' ', ':', '：', '_',
        ]);
        if name.is_empty() || name == "其他" || name == "其它" {
            parsed.kinds.insert(PenaltyKind::Other);
            parsed.other_unnamed = true;
        } else if ["不予", "免予", "免于"].iter().any(|w| name.starts_with(w)) {
            parsed.exempt = true;
            parsed.kinds.insert(PenaltyKind::Other);
        } else if let Some(kinds) = known(name) {
            parsed.kinds = parsed.kinds.union(kinds.iter().copied().collect());
        } else {
            parsed.kinds.insert(PenaltyKind::Other);
        }
        return;
    }
    // 警告-其他-其他: a chain of kinds written with dashes.
    if value.contains(['-', '－', '—']) {
        let parts: Vec<&str> = value.split(['-', '－', '—']).map(str::trim).collect();
        if parts
            .iter()
            .all(|p| known(p).is_some() || matches!(*p, "其他" | "其它"))
        {
            for part in parts {
                one(part, parsed);
            }
            return;
        }
    }
    parsed.unknown.push(value.to_owned());
}

/// Names and codes of both laws.
fn known(value: &str) -> Option<&'static [PenaltyKind]> {
    use PenaltyKind as K;
    Some(match value {
        "警告" | "1" | "01" => &[K::Warning],
        "通报批评" => &[K::Criticism],
        "警告、通报批评" => &[K::Warning, K::Criticism],
        "罚款" | "2" | "02" => &[K::Fine],
        "没收违法所得" => &[K::ConfiscateIncome],
        "没收非法财物" | "没收非法财务" => &[K::ConfiscateProperty],
        "3" | "03" => &[K::ConfiscateIncome, K::ConfiscateProperty],
        "暂扣许可证件" | "暂扣许可证" | "暂扣执照" | "暂扣许可证、暂扣执照" => {
            &[K::SuspendLicense]
        }
        "降低资质等级" | "降低资质" => &[K::Downgrade],
        "吊销许可证件" | "吊销许可证" | "吊销执照" | "吊销营业执照" | "吊销许可证、吊销执照" => {
            &[K::Revoke]
        }
        "暂扣或者吊销许可证"
        | "暂扣或者吊销执照"
        | "暂扣或者吊销许可证、暂扣或者吊销执照"
        | "5"
        | "05" => &[K::SuspendLicense, K::Revoke],
        "限制开展生产经营活动" => &[K::RestrictActivity],
        "责令停产停业" | "4" | "04" => &[K::StopProduction],
        "责令关闭" => &[K::Close],
        "限制从业" => &[K::RestrictPractice],
        "行政拘留" | "6" | "06" => &[K::Detention],
        "其他行政处罚" | "法律、行政法规规定的其他行政处罚" | "7" | "07" | "9" | "09" => {
            &[K::Other]
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_really_met() {
        assert_eq!(
            parse_penalty_kinds("没收违法所得;罚款").names,
            ["罚款", "没收违法所得"]
        );
        assert_eq!(
            parse_penalty_kinds("警告；其他-其他").names,
            ["警告", "其他行政处罚"]
        );
        assert!(parse_penalty_kinds("警告；其他-其他").other_unnamed);
        assert!(parse_penalty_kinds("其他-不予行政处罚").exempt);
        assert_eq!(parse_penalty_kinds("其他-警告").names, ["警告"]);
        assert_eq!(
            parse_penalty_kinds("警告-其他-其他").names,
            ["警告", "其他行政处罚"]
        );
        assert_eq!(
            parse_penalty_kinds("没收违法所得、没收非法财物")
                .names
                .len(),
            2
        );
        assert_eq!(parse_penalty_kinds("罚金").unknown, ["罚金"]);
        assert!(!parse_penalty_kinds("其他-责令改正").other_unnamed);
    }
}
