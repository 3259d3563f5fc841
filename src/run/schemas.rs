//! The schema of every kind of rule file, each from the room that reads it.

use serde_json::Value;

use crate::consequence::{IncentiveFile, MeasureFile};
use crate::ingest::classify::{RowFile, TreeFile};
use crate::rules::schema::{ProbeError, schema_of, scheme_schema};
use crate::rules::{Pack, calendar, cases, publicity, register};
use crate::standard::{FieldsFile, LayoutsFile, ListsFile};

/// A kind of rule file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// One version of a scheme.
    Scheme,
    /// `*.cases.toml` beside a scheme.
    Cases,
    /// `measures/*.toml`.
    Measures,
    /// `incentives/*.toml`.
    Incentives,
    /// `publicity/order-*.toml`.
    Publicity,
    /// `publicity/regime.toml`.
    PublicityChoice,
    /// `statutes/*.toml`.
    Statutes,
    /// `calendar/*.toml`.
    Calendar,
    /// `classification/*.toml`.
    Classification,
    /// `classification/classes.toml`.
    ClassTree,
    /// `standards/*.toml` with templates.
    Standards,
    /// `standards/fields.toml`.
    StandardFields,
    /// `standards/enumerations.toml`.
    StandardLists,
}

impl FileKind {
    /// Every kind with its name on the command line.
    pub const ALL: [(&'static str, Self); 13] = [
        ("scheme", Self::Scheme),
        ("cases", Self::Cases),
        ("measures", Self::Measures),
        ("incentives", Self::Incentives),
        ("publicity", Self::Publicity),
        ("publicity-choice", Self::PublicityChoice),
        ("statutes", Self::Statutes),
        ("calendar", Self::Calendar),
        ("classification", Self::Classification),
        ("class-tree", Self::ClassTree),
        ("standards", Self::Standards),
        ("standard-fields", Self::StandardFields),
        ("standard-lists", Self::StandardLists),
    ];

    /// The kind of a file of a pack; `None` for the manifest.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let (folder, name) = file.split_once('/')?;
        Some(match (folder, name) {
            _ if file.ends_with(".cases.toml") => Self::Cases,
            ("measures", _) => Self::Measures,
            ("incentives", _) => Self::Incentives,
            ("publicity", "regime.toml") => Self::PublicityChoice,
            ("publicity", _) => Self::Publicity,
            ("statutes", _) => Self::Statutes,
            ("calendar", _) => Self::Calendar,
            ("classification", "classes.toml") => Self::ClassTree,
            ("classification", _) => Self::Classification,
            ("standards", "fields.toml") => Self::StandardFields,
            ("standards", "enumerations.toml") => Self::StandardLists,
            ("standards", _) => Self::Standards,
            _ => Self::Scheme,
        })
    }

    /// The JSON Schema of the kind; the classes of violations come from the pack.
    ///
    /// # Errors
    /// When a file is read in a way that the schema cannot show (a bug).
    pub fn schema(self, pack: &Pack) -> Result<Value, ProbeError> {
        match self {
            Self::Scheme => Ok(scheme_schema(pack)),
            Self::Cases => schema_of::<cases::RawFile>("信衡案例文件"),
            Self::Measures => schema_of::<MeasureFile>("信衡惩戒措施文件"),
            Self::Incentives => schema_of::<IncentiveFile>("信衡守信激励文件"),
            Self::Publicity => schema_of::<publicity::RegimeFile>("信衡公示与修复文件"),
            Self::PublicityChoice => schema_of::<publicity::ChoiceFile>("信衡公示办法的选择"),
            Self::Statutes => schema_of::<register::FileToml>("信衡法规登记文件"),
            Self::Calendar => schema_of::<calendar::FileToml>("信衡工作日历文件"),
            Self::Classification => schema_of::<RowFile>("信衡违法行为分类文件"),
            Self::ClassTree => schema_of::<TreeFile>("信衡违法行为类别表"),
            Self::Standards => schema_of::<LayoutsFile>("信衡数据模板文件"),
            Self::StandardFields => schema_of::<FieldsFile>("信衡数据项文件"),
            Self::StandardLists => schema_of::<ListsFile>("信衡取值表文件"),
        }
    }
}
