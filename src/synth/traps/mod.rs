//! Rows written by hand for every trap of `records.md`, each with what ingest must make of it.
//!
//! The rows stand in `*.psv` beside this file: the trap, a trade for its subject, the changes to a clean row, the
//! expected outcome and the codes it must carry. A change is `COLUMN=value`; a value that begins with `@` is an edit
//! (see [`edit`]).

mod edit;
mod sheet;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::amount::WAN;
use super::cases::{Line, cell, subject, table};
use super::days::ymd;
use super::event::EventDraft;
use super::layout::{Form, Kind, Layout};
use super::license::LicenseDraft;
use super::penalty::{PenaltyDraft, document_no};
use super::places::{Field, Organs};
use super::sink::Format;
use super::subject::{Sector, Subject};
use super::{Options, SynthError};
use edit::Cell;

/// What ingest must make of one trap row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// File name inside the inbox.
    pub file: &'static str,
    /// Row of the sheet, the header being row 1 (for CSV: record, the header being 1).
    pub row: u32,
    /// What is wrong or unusual, in Chinese.
    pub trap: &'static str,
    /// `accepted`, `quarantined`, `duplicate`, `superseded` or `skipped`.
    pub outcome: &'static str,
    /// Check codes that the row must carry (more may follow).
    pub codes: Vec<&'static str>,
}

/// One file of traps.
struct Spec {
    file: &'static str,
    sheet: &'static str,
    format: Format,
    kind: Kind,
    /// Whether the sender's time stamp follows the columns of template C.
    stamped: bool,
    table: &'static str,
    /// Subjects and document numbers of the file begin here.
    first: u64,
}

const PENALTIES: Spec = Spec {
    file: "14-手工陷阱-行政处罚.xlsx",
    sheet: "行政处罚",
    format: Format::Xlsx,
    kind: Kind::Penalty,
    stamped: true,
    table: include_str!("penalties.psv"),
    first: 94_000,
};

const SPECS: [Spec; 5] = [
    PENALTIES,
    Spec {
        file: "15-手工陷阱-行政处罚.csv",
        sheet: "",
        format: Format::CsvPlain,
        kind: Kind::Penalty,
        stamped: false,
        table: include_str!("penalties-csv.psv"),
        first: 95_000,
    },
    Spec {
        file: "16-手工陷阱-行政许可.csv",
        sheet: "",
        format: Format::CsvGb18030,
        kind: Kind::License,
        stamped: false,
        table: include_str!("licenses.psv"),
        first: 96_000,
    },
    Spec {
        file: "17-手工陷阱-信用事件.csv",
        sheet: "",
        format: Format::Csv,
        kind: Kind::Event,
        stamped: false,
        table: include_str!("events.psv"),
        first: 97_000,
    },
    Spec {
        file: "18-更正报送-行政处罚.xlsx",
        sheet: "行政处罚",
        format: Format::Xlsx,
        kind: Kind::Penalty,
        stamped: true,
        table: include_str!("corrections.psv"),
        first: 98_000,
    },
];

impl Spec {
    fn layout(&self) -> Layout {
        let layout = match self.kind {
            Kind::Penalty => Layout::penalties(Form::C),
            Kind::License => Layout::licenses(Form::C),
            Kind::Event => Layout::events(),
        };
        if self.stamped {
            layout.stamped()
        } else {
            layout
        }
    }
}

/// Column keys of the tables: the codes of template C, `SENT`, or the headers of the events file.
fn keys(spec: &Spec, layout: &Layout) -> Vec<&'static str> {
    let coded = match spec.kind {
        Kind::Penalty => Layout::penalties(Form::Interface),
        Kind::License => Layout::licenses(Form::Interface),
        Kind::Event => return layout.columns.iter().map(|column| column.header).collect(),
    };
    let code = |at: usize| {
        coded
            .columns
            .iter()
            .find(|column| column.at == at)
            .map_or("", |column| column.header)
    };
    layout
        .columns
        .iter()
        .map(|column| {
            if code(column.at) == "CREATE_DATE" {
                "SENT"
            } else {
                code(column.at)
            }
        })
        .collect()
}

/// A clean row of a trap file.
fn clean(
    spec: &Spec,
    organs: &Organs,
    layout: &Layout,
    subject: &Subject,
    number: u64,
) -> Vec<Cell> {
    let cells: Vec<Cow<'_, str>>;
    let (penalty, license, event);
    match spec.kind {
        Kind::Penalty => {
            penalty = clean_penalty(spec, subject, number);
            cells = layout
                .columns
                .iter()
                .map(|column| penalty.cell(column.at, subject, organs, layout.days))
                .collect();
        }
        Kind::License => {
            license = clean_license(subject, number);
            cells = layout
                .columns
                .iter()
                .map(|column| license.cell(column.at, subject, organs, layout.days))
                .collect();
        }
        Kind::Event => {
            event = EventDraft::bare(
                "整改完成",
                Field::Environment,
                subject.place,
                ymd(2026, 10, 19),
                "违法行为已改正，经复查符合要求",
            );
            cells = layout
                .columns
                .iter()
                .map(|column| event.cell(column.at, subject, organs, layout.days))
                .collect();
        }
    }
    cells
        .into_iter()
        .map(|cell| Cell::Text(cell.into_owned()))
        .collect()
}

fn clean_penalty(spec: &Spec, subject: &Subject, number: u64) -> PenaltyDraft {
    let stamped = spec.stamped;
    let field = if stamped {
        Field::Market
    } else {
        Field::Construction
    };
    let decided_on = if stamped {
        ymd(2026, 10, 20)
    } else {
        ymd(2026, 11, 17)
    };
    let (violation, basis) = if stamped {
        ("广告违法行为", "《中华人民共和国广告法》第五十五条第一款")
    } else {
        (
            "施工现场安全防护不到位",
            "《建设工程安全生产管理条例》第六十二条",
        )
    };
    PenaltyDraft {
        field,
        place: subject.place,
        document_no: document_no(field, subject.place, 2026, number),
        violation: Cow::Borrowed(violation),
        title: Cow::Borrowed(violation),
        facts: if stamped {
            format!("{}在其店铺页面发布虚假广告。", subject.name)
        } else {
            format!(
                "{}未在施工现场的危险部位设置明显的安全警示标志。",
                subject.name
            )
        },
        basis: Cow::Borrowed(basis),
        kinds: Cow::Borrowed("罚款"),
        content: "罚款人民币叁万元整（￥30000）".to_owned(),
        fine: Some(3 * WAN),
        confiscated: None,
        seized: String::new(),
        decided_on,
        valid_until: decided_on.plus_months(12),
        publicity_ends_on: None,
        sent: (ymd(2026, 10, 23), 10 * 3600),
        remark: String::new(),
        ordinal: number,
    }
}

fn clean_license(subject: &Subject, number: u64) -> LicenseDraft {
    let discharger = subject.sector == Sector::Discharger;
    LicenseDraft {
        field: if discharger {
            Field::Environment
        } else {
            Field::Market
        },
        place: subject.place,
        document_name: Cow::Borrowed(if discharger {
            "排污许可证审批决定书"
        } else {
            "食品经营许可决定书"
        }),
        document_no: format!("{}市监许〔2026〕{number}号", subject.place().short),
        kind: Cow::Borrowed("普通"),
        certificate: Cow::Borrowed(if discharger {
            "排污许可证"
        } else {
            "食品经营许可证"
        }),
        certificate_no: if discharger {
            format!("{}001P", subject.uscc)
        } else {
            format!("JY150011{number:08}")
        },
        content: Cow::Borrowed("预包装食品销售；热食类食品制售"),
        decided_on: ymd(2026, 11, 17),
        valid_from: ymd(2026, 11, 18),
        valid_until: ymd(2031, 11, 17),
        status: "1",
        sent: (ymd(2026, 11, 18), 10 * 3600),
        remark: String::new(),
        ordinal: number,
    }
}

/// The rows of one file, each with its line of the table.
fn rows(
    spec: &Spec,
    organs: &Organs,
    options: &Options,
    layout: &Layout,
) -> Vec<(Line, Vec<Cell>)> {
    let keys = keys(spec, layout);
    let mut out: Vec<(Line, Vec<Cell>)> = Vec::new();
    for (index, line) in table(spec.table).into_iter().enumerate() {
        let number = spec.first + index as u64;
        let sector = Sector::from_key(cell(&line, "sector")).unwrap_or(Sector::Food);
        let subject = subject(options, number, sector);
        let mut row = clean(spec, organs, layout, &subject, number);
        for change in cell(&line, "changes")
            .split(";;")
            .filter(|change| !change.is_empty())
        {
            match change.split_once('=').filter(|(key, _)| keys.contains(key)) {
                Some((key, value)) => {
                    if let Some(at) = keys.iter().position(|one| *one == key) {
                        row[at] = edit::apply(&row[at], value, &subject, options.seed);
                    }
                }
                None => row = whole_row(change, row, &out, organs, options),
            }
        }
        out.push((line, row));
    }
    out
}

/// Changes that replace the whole row.
fn whole_row(
    change: &str,
    row: Vec<Cell>,
    before: &[(Line, Vec<Cell>)],
    organs: &Organs,
    options: &Options,
) -> Vec<Cell> {
    if change == "@same" {
        return before.last().map_or(row, |(_, last)| last.clone());
    }
    if let Some(trap) = change.strip_prefix("@of:") {
        let earlier = rows(&PENALTIES, organs, options, &PENALTIES.layout());
        return earlier
            .into_iter()
            .find(|(line, _)| cell(line, "trap") == trap)
            .map_or(row, |(_, found)| found);
    }
    let first = change.strip_prefix("@row:").unwrap_or("");
    let blanks = row.len().saturating_sub(1);
    std::iter::once(first)
        .chain(std::iter::repeat_n("", blanks))
        .map(|text| Cell::Text(text.to_owned()))
        .collect()
}

/// Writes the files of traps.
pub(super) fn write(
    organs: &Organs,
    options: &Options,
    folder: &Path,
) -> Result<Vec<PathBuf>, SynthError> {
    let mut paths = Vec::new();
    for spec in &SPECS {
        let layout = spec.layout();
        let rows: Vec<Vec<Cell>> = rows(spec, organs, options, &layout)
            .into_iter()
            .map(|(_, row)| row)
            .collect();
        let path = folder.join(spec.file);
        match spec.format {
            Format::Xlsx => sheet::xlsx(&path, spec.sheet, &layout, &rows)?,
            format => sheet::csv(&path, format, &layout, &rows)?,
        }
        paths.push(path);
    }
    Ok(paths)
}

/// What ingest must make of every trap row of the sample inbox.
pub fn expectations() -> Vec<Expectation> {
    let mut out = Vec::new();
    for spec in &SPECS {
        for (index, line) in table(spec.table).iter().enumerate() {
            out.push(Expectation {
                file: spec.file,
                row: index as u32 + 2,
                trap: cell(line, "trap"),
                outcome: cell(line, "expect"),
                codes: cell(line, "codes")
                    .split(' ')
                    .filter(|code| !code.is_empty())
                    .collect(),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_names_a_column_or_an_edit() {
        for spec in &SPECS {
            let keys = keys(spec, &spec.layout());
            for line in table(spec.table) {
                for change in cell(&line, "changes")
                    .split(";;")
                    .filter(|change| !change.is_empty())
                {
                    let known = change
                        .split_once('=')
                        .is_some_and(|(key, _)| keys.contains(&key));
                    assert!(known || change.starts_with('@'), "{}: {change}", spec.file);
                }
                let outcome = cell(&line, "expect");
                assert!(
                    [
                        "accepted",
                        "quarantined",
                        "duplicate",
                        "superseded",
                        "skipped"
                    ]
                    .contains(&outcome),
                    "{line:?}"
                );
                assert!(
                    outcome != "quarantined" || !cell(&line, "codes").is_empty(),
                    "{line:?}"
                );
            }
        }
    }
}
