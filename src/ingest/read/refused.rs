//! Why a file is refused whole. The messages go back to the unit that sent the file, so they are Chinese and say what, where, and what
//! to do.

use thiserror::Error;

use crate::standard::HeaderError;

/// A file that is not taken in at all.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("文件“{file}”未能读取：{cause}")]
pub struct Refused {
    /// The file's name.
    pub file: String,
    /// Why.
    pub cause: RefusedCause,
}

impl Refused {
    /// The check code: `SGS-H01` for a header, `SGS-F01` … for the file itself.
    pub const fn code(&self) -> &'static str {
        self.cause.code()
    }
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RefusedCause {
    /// Nothing in it.
    #[error("文件是空的（0字节或没有任何内容）。请重新导出后报送")]
    Empty,
    /// A header of this layout ("" where there is none), but no row of data.
    #[error("{}没有新数据时无需报送文件；有数据请检查导出范围", no_rows(.0))]
    NoRows(String),
    /// It cannot be opened or read.
    #[error("文件无法打开或读取（{0}）。请检查文件是否仍在传送、是否被占用以及访问权限")]
    Io(String),
    /// Its bytes are damaged.
    #[error("文件已损坏或不完整（{0}）。请重新导出，打开确认无误后再报送")]
    Damaged(String),
    /// It is protected by a password.
    #[error("文件已加密或设有打开密码。请取消密码、另存后报送")]
    Encrypted,
    /// It is no kind of file that is read.
    #[error("不支持这种文件（{0}）。请报送 XLSX、XLS、CSV、JSON、XML 或 Parquet 文件")]
    Unsupported(String),
    /// No layout fits a header.
    #[error("{place}{error}")]
    Header {
        /// Sheet and row, ending in ：, or "".
        place: String,
        /// What was found.
        error: Box<HeaderError>,
    },
}

impl RefusedCause {
    /// The check code.
    pub const fn code(&self) -> &'static str {
        match self {
            RefusedCause::Empty => "SGS-F01",
            RefusedCause::NoRows(_) => "SGS-F02",
            RefusedCause::Io(_) => "SGS-F03",
            RefusedCause::Damaged(_) => "SGS-F04",
            RefusedCause::Encrypted => "SGS-F05",
            RefusedCause::Unsupported(_) => "SGS-F06",
            RefusedCause::Header { .. } => "SGS-H01",
        }
    }

    /// The code and a line for the manual of check codes, for every cause.
    pub const MANUAL: &'static [(&'static str, &'static str)] = &[
        ("SGS-F01", "文件是空的"),
        ("SGS-F02", "只有表头，没有数据行"),
        ("SGS-F03", "文件无法打开或读取"),
        ("SGS-F04", "文件已损坏或不完整"),
        ("SGS-F05", "文件已加密或设有打开密码"),
        ("SGS-F06", "不支持的文件种类"),
        ("SGS-H01", "表头与任何模板都不符，或缺少必需列"),
    ];
}

impl RefusedCause {
    /// A header that no layout fits, at a place that ends in ：.
    pub(super) fn header(place: String, error: HeaderError) -> RefusedCause {
        RefusedCause::Header {
            place,
            error: Box::new(error),
        }
    }
}

fn no_rows(layout: &str) -> String {
    if layout.is_empty() {
        "文件中没有数据记录。".to_owned()
    } else {
        format!("表头符合“{layout}”，但表头以下没有数据行。")
    }
}

impl From<std::io::Error> for RefusedCause {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => RefusedCause::Io("找不到文件".to_owned()),
            std::io::ErrorKind::PermissionDenied => RefusedCause::Io("没有访问权限".to_owned()),
            _ => RefusedCause::Io(error.to_string()),
        }
    }
}
