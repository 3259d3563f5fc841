//! The register of statutes: which laws, regulations and normative documents exist, under which titles and numbers,
//! how many articles they have and when they are in force (`statutes/*.toml`).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::calendar::day_of;
use super::model::Status;
use crate::record::{Day, normalise_document_no, short_title};

/// Rank of a text (立法法; policy documents are what 国办发〔2020〕49号 admits besides laws and regulations).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Level {
    /// 法律
    #[serde(rename = "法律")]
    Law,
    /// 行政法规
    #[serde(rename = "行政法规")]
    AdministrativeRegulation,
    /// 党中央、国务院政策文件
    #[serde(rename = "政策文件")]
    CentralPolicy,
    /// 司法解释
    #[serde(rename = "司法解释")]
    JudicialInterpretation,
    /// 地方性法规
    #[serde(rename = "地方性法规")]
    LocalRegulation,
    /// 部门规章
    #[serde(rename = "部门规章")]
    DepartmentRule,
    /// 规范性文件
    #[serde(rename = "规范性文件")]
    NormativeDocument,
}

impl Level {
    /// The Chinese name.
    pub fn zh(self) -> &'static str {
        match self {
            Level::Law => "法律",
            Level::AdministrativeRegulation => "行政法规",
            Level::CentralPolicy => "政策文件",
            Level::JudicialInterpretation => "司法解释",
            Level::LocalRegulation => "地方性法规",
            Level::DepartmentRule => "部门规章",
            Level::NormativeDocument => "规范性文件",
        }
    }
}

/// One version of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statute {
    /// Full title; of a document known by its number only, the number.
    pub title: String,
    /// Document numbers under which it is cited, e.g. 渝环规〔2021〕7号.
    pub numbers: Vec<String>,
    /// Rank.
    pub level: Level,
    /// Day on which this version was adopted or issued.
    pub version: Option<Day>,
    /// Number of its last article.
    pub articles: Option<u16>,
    /// First day in force, where known.
    pub in_force_from: Option<Day>,
    /// Last day in force, where it ended.
    pub in_force_to: Option<Day>,
    /// Title or number of the text that took its place.
    pub replaced_by: Option<String>,
    /// Provisional if the file says so, or if the day in force or the number of articles is not known.
    pub status: Status,
    /// First and last day on which this version is taken to be in force; see [`Register::find`].
    span: (Option<Day>, Option<Day>),
}

impl Statute {
    /// Whether the text has this article; `None` if the number of its articles is not known.
    pub fn has_article(&self, article: u16) -> Option<bool> {
        self.articles.map(|last| (1..=last).contains(&article))
    }

    /// Whether this version is taken to be in force on `day`.
    pub fn is_in_force_on(&self, day: Day) -> bool {
        let (from, to) = self.span;
        from.is_none_or(|from| from <= day) && to.is_none_or(|to| day <= to)
    }
}

/// What the register knows of a title or number on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// The version in force.
    Found(&'a Statute),
    /// The text is known, but not in force that day: the version before, or else the first one after.
    NotInForce(&'a Statute),
    /// No such title or number.
    Unknown,
}

/// All texts known, by title and by number.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// Versions of one short title are neighbours, in the order in which they came into force.
    statutes: Vec<Statute>,
    titles: BTreeMap<String, Vec<usize>>,
    numbers: BTreeMap<String, Vec<usize>>,
}

/// What is wrong with the register.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Not TOML, or not the keys of a register file.
    #[error("read the register {path}: {source}")]
    Syntax {
        /// Path under `rules/`.
        path: String,
        /// What the parser found, with its place.
        source: Box<toml::de::Error>,
    },
    /// Neither a title nor a number.
    #[error("read the register {path}: the entry no. {entry} has neither title nor number")]
    Nameless {
        /// Path under `rules/`.
        path: String,
        /// Place of the entry in the file, from 1.
        entry: usize,
    },
    /// Neither the file nor the entry gives a level.
    #[error("read the register {path}: {title} has no level")]
    NoLevel {
        /// Path under `rules/`.
        path: String,
        /// The title.
        title: String,
    },
    /// A value that should be a day is not one.
    #[error("read the register {path}: {title}: {found} is no day")]
    NoDay {
        /// Path under `rules/`.
        path: String,
        /// The title.
        title: String,
        /// The value.
        found: String,
    },
    /// The last day in force lies before the first.
    #[error("read the register: {title} ends ({to}) before it begins ({from})")]
    Backwards {
        /// The title.
        title: String,
        /// First day.
        from: Day,
        /// Last day.
        to: Day,
    },
    /// A later version of a title has neither the day in force nor the day of its version.
    #[error("read the register: only the oldest version of {title} may be without a date")]
    Undated {
        /// The title.
        title: String,
    },
    /// Two versions of one title begin on one day, or one goes on after the next has begun.
    #[error("read the register: two versions of {title} are in force on {day}")]
    Overlap {
        /// The title.
        title: String,
        /// A day on which both are.
        day: Day,
    },
    /// `replaced_by` names nothing in the register.
    #[error(
        "read the register: {title} is replaced by {replaced_by}, which is not in the register"
    )]
    UnknownReplacement {
        /// The title.
        title: String,
        /// The text named.
        replaced_by: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileToml {
    /// Level of all entries that do not give their own.
    level: Option<Level>,
    #[serde(default)]
    statutes: Vec<StatuteToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatuteToml {
    title: Option<String>,
    #[serde(default)]
    numbers: Vec<String>,
    /// Further titles under which it is cited.
    #[serde(default)]
    aliases: Vec<String>,
    level: Option<Level>,
    version: Option<toml::value::Datetime>,
    articles: Option<u16>,
    in_force_from: Option<toml::value::Datetime>,
    in_force_to: Option<toml::value::Datetime>,
    replaced_by: Option<String>,
    #[serde(default)]
    status: StatusToml,
    /// Why it is provisional, in words for the reader.
    note: Option<String>,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum StatusToml {
    #[default]
    Verified,
    Provisional,
}

/// An entry and the keys under which it is found.
struct Entry {
    statute: Statute,
    group: String,
    aliases: Vec<String>,
}

impl Register {
    /// The register of all `statutes/*.toml` among `files` (path under `rules/` → text).
    pub fn load(files: &BTreeMap<String, String>) -> Result<Register, RegisterError> {
        let mut entries = Vec::new();
        for (path, text) in files {
            if path.starts_with("statutes/") && path.ends_with(".toml") {
                read(path, text, &mut entries)?;
            }
        }
        // An unknown beginning sorts first: it is the oldest version that may lack it.
        entries.sort_by(|a, b| (&a.group, begin(&a.statute)).cmp(&(&b.group, begin(&b.statute))));
        for versions in entries.chunk_by_mut(|a, b| a.group == b.group) {
            set_spans(versions)?;
        }
        let mut register = Register::default();
        for (index, entry) in entries.into_iter().enumerate() {
            for title in entry.aliases.into_iter().chain([entry.group]) {
                register.titles.entry(title).or_default().push(index);
            }
            for number in &entry.statute.numbers {
                let places = register.numbers.entry(number_key(number)).or_default();
                places.push(index);
            }
            register.statutes.push(entry.statute);
        }
        for statute in &register.statutes {
            if let Some(replaced_by) = &statute.replaced_by
                && register.candidates(replaced_by).is_empty()
            {
                return Err(RegisterError::UnknownReplacement {
                    title: statute.title.clone(),
                    replaced_by: replaced_by.clone(),
                });
            }
        }
        Ok(register)
    }

    /// The version of a title or document number that is in force on a day.
    ///
    /// Titles are compared by [`short_title`], numbers without regard to brackets and 第. A version begins on its day
    /// in force, or on the day of the version where that is unknown, and goes on until the next one begins. The
    /// oldest version known has no beginning unless its day in force is stated: older ones existed, but are not kept.
    pub fn find(&self, title_or_number: &str, on: Day) -> Lookup<'_> {
        let mut nearest = None;
        for index in self.candidates(title_or_number) {
            let Some(statute) = self.statutes.get(*index) else {
                continue;
            };
            if statute.is_in_force_on(on) {
                return Lookup::Found(statute);
            }
            let begun = statute.span.0.is_none_or(|from| from <= on);
            if begun || nearest.is_none() {
                nearest = Some(statute);
            }
        }
        nearest.map_or(Lookup::Unknown, Lookup::NotInForce)
    }

    /// All versions of all texts, by title.
    pub fn statutes(&self) -> &[Statute] {
        &self.statutes
    }

    fn candidates(&self, title_or_number: &str) -> &[usize] {
        self.numbers
            .get(&number_key(title_or_number))
            .or_else(|| self.titles.get(&short_title(title_or_number)))
            .map_or(&[], Vec::as_slice)
    }
}

/// A document number in the form in which numbers are compared: 令第36号 = 令36号.
fn number_key(number: &str) -> String {
    normalise_document_no(number).replace('第', "")
}

/// The day from which a version counts.
fn begin(statute: &Statute) -> Option<Day> {
    statute.in_force_from.or(statute.version)
}

fn read(path: &str, text: &str, entries: &mut Vec<Entry>) -> Result<(), RegisterError> {
    let file: FileToml = toml::from_str(text).map_err(|source| RegisterError::Syntax {
        path: path.to_owned(),
        source: Box::new(source),
    })?;
    for (index, found) in file.statutes.into_iter().enumerate() {
        let name = found.title.as_ref().or(found.numbers.first());
        let Some(title) = name.cloned() else {
            return Err(RegisterError::Nameless {
                path: path.to_owned(),
                entry: index + 1,
            });
        };
        let day = |value: Option<toml::value::Datetime>| {
            value
                .map(|value| {
                    day_of(&value).ok_or_else(|| RegisterError::NoDay {
                        path: path.to_owned(),
                        title: title.clone(),
                        found: value.to_string(),
                    })
                })
                .transpose()
        };
        let Some(level) = found.level.or(file.level) else {
            let path = path.to_owned();
            return Err(RegisterError::NoLevel { path, title });
        };
        let group = match &found.title {
            Some(title) => short_title(title),
            None => number_key(&title),
        };
        let in_force_from = day(found.in_force_from)?;
        let statute = Statute {
            numbers: found.numbers,
            level,
            version: day(found.version)?,
            articles: found.articles,
            in_force_from,
            in_force_to: day(found.in_force_to)?,
            replaced_by: found.replaced_by,
            status: status(&found.status, found.note, in_force_from, found.articles),
            span: (None, None),
            title,
        };
        entries.push(Entry {
            statute,
            group,
            aliases: found.aliases.iter().map(|a| short_title(a)).collect(),
        });
    }
    Ok(())
}

fn status(
    stated: &StatusToml,
    note: Option<String>,
    in_force_from: Option<Day>,
    articles: Option<u16>,
) -> Status {
    if *stated == StatusToml::Provisional {
        return Status::Provisional(note.unwrap_or_else(|| "未核".to_owned()));
    }
    match (in_force_from, articles) {
        (Some(_), Some(_)) => Status::Verified,
        (None, Some(_)) => Status::Provisional("施行日期未核".to_owned()),
        (Some(_), None) => Status::Provisional("条数未核".to_owned()),
        (None, None) => Status::Provisional("施行日期、条数未核".to_owned()),
    }
}

/// Sets from when to when each version of one title is taken to be in force.
fn set_spans(versions: &mut [Entry]) -> Result<(), RegisterError> {
    let begins: Vec<Option<Day>> = versions.iter().map(|v| begin(&v.statute)).collect();
    for (index, entry) in versions.iter_mut().enumerate() {
        let statute = &mut entry.statute;
        let title = || statute.title.clone();
        let from = if index == 0 {
            statute.in_force_from
        } else {
            begins.get(index).copied().flatten()
        };
        if index > 0 && from.is_none() {
            return Err(RegisterError::Undated { title: title() });
        }
        let next = begins.get(index + 1).copied().flatten();
        let to = match (statute.in_force_to, next) {
            (Some(to), Some(next)) if to >= next => {
                return Err(RegisterError::Overlap {
                    title: title(),
                    day: next,
                });
            }
            (Some(to), _) => Some(to),
            (None, next) => next.map(|day| day.plus_days(-1)),
        };
        if let (Some(from), Some(to)) = (from, to)
            && to < from
        {
            let title = title();
            // Two versions that begin on one day leave the first of them no day at all.
            return Err(if next == Some(from) {
                RegisterError::Overlap { title, day: from }
            } else {
                RegisterError::Backwards { title, from, to }
            });
        }
        statute.span = (from, to);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse_iso(text).unwrap()
    }

    fn shipped() -> BTreeMap<String, String> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/statutes");
        std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                let text = std::fs::read_to_string(entry.path()).unwrap();
                (format!("statutes/{name}"), text)
            })
            .collect()
    }

    fn of(entries: &str) -> Result<Register, RegisterError> {
        let text = format!("level = \"法律\"\nstatutes = [\n{entries}\n]\n");
        Register::load(&BTreeMap::from([("statutes/x.toml".to_owned(), text)]))
    }

    fn found<'a>(register: &'a Register, name: &str, on: &str) -> &'a Statute {
        match register.find(name, day(on)) {
            Lookup::Found(statute) => statute,
            other => panic!("{name} on {on}: {other:?}"),
        }
    }

    #[test]
    fn the_code_takes_the_place_of_ten_laws() {
        let register = Register::load(&shipped()).unwrap();
        let code = found(&register, "生态环境法典", "2026-08-15");
        assert_eq!(code.has_article(1242), Some(true));
        assert_eq!(code.has_article(1243), Some(false));
        assert_eq!(code.status, Status::Verified);
        assert_eq!(
            register.find("《生态环境法典》", day("2026-08-14")),
            Lookup::NotInForce(code)
        );
        for law in [
            "环境保护法",
            "环境影响评价法",
            "海洋环境保护法",
            "大气污染防治法",
            "水污染防治法",
            "土壤污染防治法",
            "固体废物污染环境防治法",
            "噪声污染防治法",
            "放射性污染防治法",
            "清洁生产促进法",
        ] {
            let before = found(&register, law, "2026-08-14");
            assert_eq!(before.replaced_by.as_deref(), Some("生态环境法典"));
            assert_eq!(
                register.find(law, day("2026-08-15")),
                Lookup::NotInForce(before)
            );
        }
    }

    #[test]
    fn titles_and_numbers_are_found_in_their_usual_forms() {
        let register = Register::load(&shipped()).unwrap();
        let law = found(&register, "行政处罚法", "2021-07-15");
        for form in [
            "《中华人民共和国行政处罚法》",
            "中华人民共和国行政处罚法（2021修订）",
            "行政处罚法(2021年修订)",
        ] {
            assert_eq!(found(&register, form, "2026-11-22"), law);
        }
        assert_eq!(
            found(&register, "行政处罚法", "2021-07-14").articles,
            Some(64)
        );
        let rule = found(&register, "令36号", "2026-04-01");
        assert_eq!(rule.title, "信用修复管理办法");
        assert_eq!(
            found(&register, "国家发展和改革委员会令第36号", "2026-04-01"),
            rule
        );
        let document = found(&register, "渝环规〔2021〕7号", "2022-01-07");
        for form in [
            "渝环规[2021]7号",
            "渝环规（2021）7号",
            "重庆市企业环境信用评价办法",
        ] {
            assert_eq!(found(&register, form, "2022-01-07"), document);
        }
        assert_eq!(
            found(&register, "重庆市企业环境信用评价办法", "2022-01-06").numbers,
            ["渝环〔2017〕174号"]
        );
        assert_eq!(register.find("某某法", day("2026-01-01")), Lookup::Unknown);
    }

    #[test]
    fn a_replaced_document_ends_when_the_next_begins() {
        let register = Register::load(&shipped()).unwrap();
        let trial = found(&register, "令58号", "2026-03-31");
        assert_eq!(trial.replaced_by.as_deref(), Some("信用修复管理办法"));
        assert_eq!(
            register.find("令58号", day("2026-04-01")),
            Lookup::NotInForce(trial)
        );
        let edition = found(&register, "全国失信惩戒措施基础清单", "2023-06-01");
        assert_eq!(edition.numbers, ["发改财金规〔2022〕1917号"]);
        assert_eq!(
            found(&register, "全国公共信用信息基础目录", "2026-11-22").numbers,
            ["发改财金规〔2024〕203号"]
        );
        assert_eq!(
            register.find("发改财金规〔2022〕1917号", day("2026-11-22")),
            Lookup::NotInForce(edition)
        );
    }

    #[test]
    fn what_is_not_known_is_provisional() {
        let register = Register::load(&shipped()).unwrap();
        let plan = found(&register, "渝环办〔2025〕24号", "2026-01-01");
        assert_eq!(plan.title, "渝环办〔2025〕24号");
        assert_eq!(plan.has_article(3), None);
        assert_eq!(
            plan.status,
            Status::Provisional("施行日期、条数未核".to_owned())
        );
        // The oldest version known has no stated beginning: a decision before it may well rest on an older one.
        assert!(matches!(
            register.find("食品安全法", day("2018-05-01")),
            Lookup::Found(_)
        ));
    }

    #[test]
    fn contradictions_are_refused() {
        let twice = r#"{ title = "某法", in_force_from = 2020-01-01 }, { title = "中华人民共和国某法", in_force_from = 2020-01-01 }"#;
        assert!(matches!(of(twice), Err(RegisterError::Overlap { .. })));
        let longer = r#"{ title = "某法", in_force_to = 2020-06-30 }, { title = "某法", version = 2020-01-01 }"#;
        assert!(matches!(of(longer), Err(RegisterError::Overlap { .. })));
        let undated = r#"{ title = "某法" }, { title = "某法" }"#;
        assert!(matches!(of(undated), Err(RegisterError::Undated { .. })));
        let backwards =
            r#"{ title = "某法", in_force_from = 2020-01-01, in_force_to = 2019-12-31 }"#;
        assert!(matches!(
            of(backwards),
            Err(RegisterError::Backwards { .. })
        ));
        let dangling = r#"{ title = "某法", replaced_by = "没有的法" }"#;
        assert!(matches!(
            of(dangling),
            Err(RegisterError::UnknownReplacement { .. })
        ));
        assert!(matches!(
            of("{ articles = 3 }"),
            Err(RegisterError::Nameless { entry: 1, .. })
        ));
        assert!(matches!(
            of(r#"{ title = "某法", artikles = 3 }"#),
            Err(RegisterError::Syntax { .. })
        ));
        assert!(matches!(
            of(r#"{ title = "某法", version = 12:00:00 }"#),
            Err(RegisterError::NoDay { .. })
        ));
    }
}
