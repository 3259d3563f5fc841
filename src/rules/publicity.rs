//! Publicity and repair dates of a penalty: tiers by penalty kind under the regime in force (令58号, 令36号).
//!
//! Months run from the date of the document; the first day is not counted and a month ends on the like day or the
//! month's last (民法典 201–202).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::record::{Day, PenaltyKind, PenaltyKinds};

/// Why publicity rules cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublicityError {
    #[error("read rules/{file}: {message}")]
    Syntax { file: String, message: String },
    #[error("read rules/{file}: {kind:?} is not a penalty kind (行政处罚法 9)")]
    UnknownKind { file: String, kind: String },
    #[error("find publicity rules: rules/publicity holds no regime or no regime.toml")]
    Missing,
}

/// Which date chooses the regime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegimeBy {
    DocumentDate,
    AsOf,
}

/// One tier (轻微, 一般, 严重) of a regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    pub id: String,
    pub published: bool,
    pub min_months: u16,
    pub max_months: u16,
    pub kinds: PenaltyKinds,
    /// Decisions by simple procedure fall here whatever their kind.
    pub simple_procedure: bool,
    pub provisional: bool,
    pub source: String,
}

/// One regime: tiers from light to heavy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regime {
    pub id: String,
    pub title: String,
    pub basis: String,
    pub from: Day,
    pub to: Option<Day>,
    pub provisional: bool,
    pub source: String,
    pub tiers: Vec<Tier>,
}

/// What the rules say of one penalty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Publicity<'r> {
    /// 轻微, 一般 or 严重; empty when no regime covers the date.
    pub tier: &'r str,
    /// Whether it is published at all.
    pub published: bool,
    /// First day on which repair may be applied for.
    pub repair_from: Option<Day>,
    /// Last day of the longest publicity, inclusive.
    pub until: Option<Day>,
    pub regime: &'r str,
    pub basis: &'r str,
    pub provisional: bool,
}

/// All regimes and the choice between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicityRules {
    regimes: Vec<Regime>,
    regime_by: RegimeBy,
    choice_provisional: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegimeFile {
    regime: RegimeHead,
    tier: Vec<TierRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegimeHead {
    id: String,
    title: String,
    basis: String,
    from: toml::value::Datetime,
    to: Option<toml::value::Datetime>,
    #[serde(default)]
    status: Option<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TierRow {
    id: String,
    published: bool,
    min_months: u16,
    max_months: u16,
    kinds: Vec<String>,
    #[serde(default)]
    simple_procedure: bool,
    #[serde(default)]
    status: Option<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChoiceFile {
    choice: Choice,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    regime_by: RegimeBy,
    #[serde(default)]
    status: Option<String>,
    #[serde(rename = "source")]
    _source: String,
}

impl PublicityRules {
    /// Reads `publicity/*.toml` of a rule pack (keys are paths below `rules/`).
    ///
    /// # Errors
    /// Wrong syntax, an unknown penalty kind, or nothing there.
    pub fn load(files: &BTreeMap<String, String>) -> Result<PublicityRules, PublicityError> {
        let mut regimes = Vec::new();
        let mut choice = None;
        for (file, text) in files.iter().filter(|(f, _)| f.starts_with("publicity/")) {
            let syntax = |e: toml::de::Error| PublicityError::Syntax {
                file: file.clone(),
                message: e.to_string(),
            };
            if file == "publicity/regime.toml" {
                choice = Some(toml::from_str::<ChoiceFile>(text).map_err(syntax)?.choice);
            } else {
                let parsed: RegimeFile = toml::from_str(text).map_err(syntax)?;
                regimes.push(regime(file, parsed)?);
            }
        }
        regimes.sort_by_key(|r| r.from);
        match choice {
            Some(choice) if !regimes.is_empty() => Ok(PublicityRules {
                regimes,
                regime_by: choice.regime_by,
                choice_provisional: choice.status.is_some(),
            }),
            _ => Err(PublicityError::Missing),
        }
    }

    /// All regimes, oldest first.
    pub fn regimes(&self) -> &[Regime] {
        &self.regimes
    }

    /// The tier and dates of a penalty. Several kinds: the heaviest tier governs. A decision that no regime covers
    /// (before the first) falls under the first.
    pub fn of(
        &self,
        kinds: PenaltyKinds,
        simple_procedure: bool,
        decided_on: Day,
        as_of: Day,
    ) -> Publicity<'_> {
        let Some((regime, tier)) = self.tier(kinds, simple_procedure, decided_on, as_of) else {
            return Publicity::none();
        };
        Publicity {
            tier: &tier.id,
            published: tier.published,
            repair_from: Some(
                decided_on
                    .plus_months(i32::from(tier.min_months))
                    .plus_days(1),
            ),
            until: Some(decided_on.plus_months(i32::from(tier.max_months))),
            regime: &regime.id,
            basis: &regime.basis,
            provisional: self.is_provisional(regime, tier),
        }
    }

    /// The last day of the longest publicity of a penalty, as in [`PublicityRules::of`], and whether it is provisional.
    pub fn until(
        &self,
        kinds: PenaltyKinds,
        simple_procedure: bool,
        decided_on: Day,
        as_of: Day,
    ) -> (Option<Day>, bool) {
        match self.tier(kinds, simple_procedure, decided_on, as_of) {
            Some((regime, tier)) => (
                Some(decided_on.plus_months(i32::from(tier.max_months))),
                self.is_provisional(regime, tier),
            ),
            None => (None, true),
        }
    }

    fn is_provisional(&self, regime: &Regime, tier: &Tier) -> bool {
        tier.provisional || regime.provisional || self.choice_provisional
    }

    fn tier(
        &self,
        kinds: PenaltyKinds,
        simple_procedure: bool,
        decided_on: Day,
        as_of: Day,
    ) -> Option<(&Regime, &Tier)> {
        let by = match self.regime_by {
            RegimeBy::DocumentDate => decided_on,
            RegimeBy::AsOf => as_of,
        };
        let mut later_first = self.regimes.iter().rev();
        let regime = later_first
            .find(|r| r.from <= by)
            .or(self.regimes.first())?;
        let tiers = &regime.tiers;
        let heaviest = tiers.iter().rev().find(|t| t.kinds.intersects(kinds));
        let tier = if simple_procedure {
            tiers.iter().find(|t| t.simple_procedure).or(heaviest)
        } else {
            heaviest
        };
        Some((regime, tier.or(tiers.first())?))
    }

    /// Days after `as_of` on which another regime starts and terms may differ; none when the document's date chooses.
    pub fn regime_starts_after(&self, as_of: Day) -> Vec<Day> {
        match self.regime_by {
            RegimeBy::DocumentDate => Vec::new(),
            RegimeBy::AsOf => self
                .regimes
                .iter()
                .map(|r| r.from)
                .filter(|d| *d > as_of)
                .collect(),
        }
    }
}

impl Publicity<'_> {
    fn none() -> Self {
        Publicity {
            tier: "",
            published: false,
            repair_from: None,
            until: None,
            regime: "",
            basis: "",
            provisional: true,
        }
    }
}

fn regime(file: &str, parsed: RegimeFile) -> Result<Regime, PublicityError> {
    let day = |value: &toml::value::Datetime| {
        value
            .to_string()
            .parse::<Day>()
            .map_err(|e| PublicityError::Syntax {
                file: file.to_owned(),
                message: e.to_string(),
            })
    };
    let mut tiers = Vec::with_capacity(parsed.tier.len());
    for row in parsed.tier {
        let mut kinds = PenaltyKinds::EMPTY;
        for name in &row.kinds {
            let kind = PenaltyKind::from_zh(name).ok_or_else(|| PublicityError::UnknownKind {
                file: file.to_owned(),
                kind: name.clone(),
            })?;
            kinds.insert(kind);
        }
        tiers.push(Tier {
            id: row.id,
            published: row.published,
            min_months: row.min_months,
            max_months: row.max_months,
            kinds,
            simple_procedure: row.simple_procedure,
            provisional: row.status.is_some(),
            source: row.source,
        });
    }
    Ok(Regime {
        id: parsed.regime.id,
        title: parsed.regime.title,
        basis: parsed.regime.basis,
        from: day(&parsed.regime.from)?,
        to: parsed.regime.to.as_ref().map(day).transpose()?,
        provisional: parsed.regime.status.is_some(),
        source: parsed.regime.source,
        tiers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PublicityRules {
        let files = ["order-36", "order-58", "regime"]
            .into_iter()
            .zip([
                include_str!("../../rules/publicity/order-36.toml"),
                include_str!("../../rules/publicity/order-58.toml"),
                include_str!("../../rules/publicity/regime.toml"),
            ])
            .map(|(name, text)| (format!("publicity/{name}.toml"), text.to_owned()))
            .collect();
        PublicityRules::load(&files).unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn the_worked_example_of_october_2026() {
        let kinds = [PenaltyKind::Fine, PenaltyKind::ConfiscateIncome]
            .into_iter()
            .collect();
        let rules = shipped();
        let p = rules.of(kinds, false, day("2026-10-20"), day("2026-11-22"));
        assert_eq!(p.tier, "一般");
        assert_eq!(p.repair_from, Some(day("2027-01-21")));
        assert_eq!(p.until, Some(day("2027-10-20")));
        assert!(p.provisional);
    }

    #[test]
    fn the_heaviest_kind_governs_and_the_document_chooses_the_regime() {
        let kinds = [PenaltyKind::Fine, PenaltyKind::Revoke]
            .into_iter()
            .collect();
        let rules = shipped();
        assert_eq!(
            rules
                .of(kinds, false, day("2026-04-01"), day("2026-11-22"))
                .tier,
            "严重"
        );
        let old = rules.of(kinds, false, day("2026-03-31"), day("2026-11-22"));
        assert_eq!(
            (old.regime, old.until),
            ("order-58", Some(day("2029-03-31")))
        );
    }

    #[test]
    fn the_end_of_february() {
        let kinds = [PenaltyKind::Fine].into_iter().collect();
        let rules = shipped();
        let p = rules.of(kinds, false, day("2028-02-29"), day("2028-03-01"));
        assert_eq!(p.until, Some(day("2029-02-28")));
    }
}
