//! Which files a generation writes, and the streaming of blocks into them.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use rayon::prelude::*;

use super::days::DateStyle;
use super::layout::{Form, Kind, Layout};
use super::places::Field;
use super::rng::Rng;
use super::sink::{CellTypes, Chunk, Format, Row, Sink, encode};
use super::subject::{Kind as SubjectKind, Subject, stream};
use super::world::{Block, World};
use super::{FileFormat, FileLayout, Options, SynthError, cases, traps};

/// One file that is written.
pub(crate) struct Output {
    name: String,
    sheet: &'static str,
    format: Format,
    cells: CellTypes,
    /// One layout, or two for files that mix penalties and licenses.
    layouts: Vec<Layout>,
    takes: fn(&Subject, Field, Kind) -> bool,
    note: &'static str,
}

/// The row many bureaus leave below their tables.
const NOTE: &str = "表格说明：1.行政相对人类别按法人及非法人组织、自然人、个体工商户填写；2.日期格式为YYYY/MM/DD；3.金额单位为万元。";

fn everyone(_: &Subject, _: Field, _: Kind) -> bool {
    true
}

fn bodies(subject: &Subject, _: Field, _: Kind) -> bool {
    subject.kind != SubjectKind::Person
}

fn persons(subject: &Subject, _: Field, _: Kind) -> bool {
    subject.kind == SubjectKind::Person
}

/// Writes the files of `options` into `folder` (created when missing) and returns their paths, sorted by name.
///
/// The bytes depend on the options alone. Files of the same name are replaced.
///
/// # Errors
/// When a file cannot be written.
pub fn write_files(options: &Options, folder: &Path) -> Result<Vec<PathBuf>, SynthError> {
    options.check()?;
    fs::create_dir_all(folder)?;
    let outputs = outputs(options);
    let world = World::new(
        options.seed,
        options.subjects,
        options.records,
        options.until,
    );
    let mut paths = stream_blocks(options, &world, folder, &outputs)?;
    if options.layout == FileLayout::All {
        paths.extend(cases::write(&world.organs, options, folder)?);
        paths.extend(traps::write(&world.organs, options, folder)?);
    }
    paths.sort();
    Ok(paths)
}

/// From so many records on workbooks do not hold their rows.
const MANY_RECORDS: u64 = 20_000;

/// Generates blocks in parallel while the blocks before them are being written, in order.
fn stream_blocks(
    options: &Options,
    world: &World,
    folder: &Path,
    outputs: &[Output],
) -> Result<Vec<PathBuf>, SynthError> {
    let mut sinks = Vec::with_capacity(outputs.len());
    let mut paths = Vec::with_capacity(outputs.len());
    for output in outputs {
        let path = folder.join(&output.name);
        let layout = &output.layouts[0];
        sinks.push(Sink::create(
            &path,
            output.format,
            layout,
            (output.sheet, output.cells),
            options.records > MANY_RECORDS,
        )?);
        paths.push(path);
    }
    let at_once = 4 * rayon::current_num_threads() as u64;
    thread::scope(|scope| {
        let (send, receive) = mpsc::sync_channel(1);
        let writer = scope.spawn(move || write_chunks(sinks, outputs, &receive));
        for first in (0..world.blocks()).step_by(at_once as usize) {
            let last = (first + at_once).min(world.blocks());
            let encoded = (first..last)
                .into_par_iter()
                .map(|number| encode_block(options, world, outputs, number))
                .collect::<Result<Vec<_>, _>>()?;
            // The writer stops early only with an error, which is returned below.
            if send.send(encoded).is_err() {
                break;
            }
        }
        drop(send);
        writer.join().unwrap_or(Err(SynthError::Writer))
    })?;
    Ok(paths)
}

/// The chunks of one block, one for each layout of each file.
fn encode_block(
    options: &Options,
    world: &World,
    outputs: &[Output],
    number: u64,
) -> Result<Vec<Chunk>, SynthError> {
    let block = world.block(number);
    let mut chunks = Vec::new();
    for output in outputs {
        for layout in &output.layouts {
            let rows = rows(options, world, &block, output, layout);
            chunks.push(encode(output.format, layout, rows.into_iter())?);
        }
    }
    Ok(chunks)
}

/// Writes what arrives and closes the files.
fn write_chunks(
    mut sinks: Vec<Sink>,
    outputs: &[Output],
    receive: &mpsc::Receiver<Vec<Vec<Chunk>>>,
) -> Result<(), SynthError> {
    for chunks in receive.iter().flatten() {
        let mut chunks = chunks.into_iter();
        for (sink, output) in sinks.iter_mut().zip(outputs) {
            for chunk in chunks.by_ref().take(output.layouts.len()) {
                sink.write(chunk)?;
            }
        }
    }
    for (sink, output) in sinks.into_iter().zip(outputs) {
        sink.finish(output.note)?;
    }
    Ok(())
}

/// The rows of one block that belong into one file.
pub(crate) fn rows<'a>(
    options: &Options,
    world: &'a World,
    block: &'a Block,
    output: &Output,
    layout: &Layout,
) -> Vec<Row<'a>> {
    let mut out = Vec::new();
    let mut push = |subject: &'a Subject,
                    field: Field,
                    ordinal: u64,
                    cell: &dyn Fn(usize, DateStyle) -> Cow<'a, str>| {
        if !(output.takes)(subject, field, layout.kind) {
            return;
        }
        let stamped = output.format == Format::JsonLines;
        let mut row: Row<'a> = layout
            .columns
            .iter()
            .map(|column| {
                let style = if stamped && column.header == "CREATE_DATE" {
                    DateStyle::EpochMillis
                } else {
                    layout.days
                };
                cell(column.at, style)
            })
            .collect();
        let mut rng = Rng::new(
            options.seed,
            stream::DIRT + ((layout.kind as u64) << 8),
            ordinal,
        );
        if rng.chance(options.dirt()) {
            if rng.chance(60) {
                out.push(row.clone());
            } else {
                super::dirt::soil(&mut rng, layout, &mut row);
            }
        }
        out.push(row);
    };
    match layout.kind {
        Kind::Penalty => {
            for (position, draft) in &block.penalties {
                let subject = &block.subjects[*position as usize];
                push(subject, draft.field, draft.ordinal, &|at, style| {
                    draft.cell(at, subject, &world.organs, style)
                });
            }
        }
        Kind::License => {
            for (position, draft) in &block.licenses {
                let subject = &block.subjects[*position as usize];
                push(subject, draft.field, draft.ordinal, &|at, style| {
                    draft.cell(at, subject, &world.organs, style)
                });
            }
        }
        Kind::Event => {
            for (number, (position, draft)) in block.events.iter().enumerate() {
                let subject = &block.subjects[*position as usize];
                let ordinal = (subject.index << 16) + number as u64;
                push(subject, draft.field, ordinal, &|at, style| {
                    draft.cell(at, subject, &world.organs, style)
                });
            }
        }
    }
    out
}

/// An output that takes every record, for rows that go into no file.
pub(crate) fn any_format() -> Output {
    Output {
        name: String::new(),
        sheet: "",
        format: Format::Parquet,
        cells: CellTypes::Text,
        layouts: Vec::new(),
        takes: everyone,
        note: "",
    }
}

/// The files of a layout.
fn outputs(options: &Options) -> Vec<Output> {
    let format = match options.format {
        FileFormat::Xlsx => Format::Xlsx,
        FileFormat::Csv => Format::Csv,
        FileFormat::CsvGb18030 => Format::CsvGb18030,
        FileFormat::Parquet => Format::Parquet,
    };
    let one = |name: &str, sheet, layout, takes| Output {
        name: format!("{name}.{}", format.extension()),
        sheet,
        format,
        cells: CellTypes::Typed,
        layouts: vec![layout],
        takes,
        note: "",
    };
    let events = || one("events", "信用事件", Layout::events(), everyone);
    match options.layout {
        FileLayout::A => vec![
            one(
                "penalties-a",
                "行政处罚",
                Layout::penalties(Form::A),
                everyone,
            ),
            one(
                "licenses-a",
                "行政许可",
                Layout::licenses(Form::A),
                everyone,
            ),
            events(),
        ],
        FileLayout::B => vec![
            one(
                "penalties-b-bodies",
                "行政处罚（法人）",
                Layout::penalties(Form::BEntity),
                bodies,
            ),
            one(
                "penalties-b-persons",
                "行政处罚（自然人）",
                Layout::penalties(Form::BPerson),
                persons,
            ),
            one(
                "licenses-b-bodies",
                "行政许可（法人）",
                Layout::licenses(Form::BEntity),
                bodies,
            ),
            one(
                "licenses-b-persons",
                "行政许可（自然人）",
                Layout::licenses(Form::BPerson),
                persons,
            ),
            events(),
        ],
        FileLayout::C => vec![
            one(
                "penalties-c",
                "行政处罚",
                Layout::penalties(Form::C),
                everyone,
            ),
            one(
                "licenses-c",
                "行政许可",
                Layout::licenses(Form::C),
                everyone,
            ),
            events(),
        ],
        FileLayout::Db => vec![
            one(
                "penalties-db",
                "cf",
                Layout::penalties(Form::Database),
                everyone,
            ),
            one(
                "licenses-db",
                "xk",
                Layout::licenses(Form::Database),
                everyone,
            ),
            events(),
        ],
        FileLayout::Api => vec![
            Output {
                name: "api.jsonl".to_owned(),
                sheet: "",
                format: Format::JsonLines,
                cells: CellTypes::Text,
                layouts: vec![
                    Layout::licenses(Form::Interface),
                    Layout::penalties(Form::Interface),
                ],
                takes: everyone,
                note: "",
            },
            events(),
        ],
        FileLayout::Events => vec![events()],
        FileLayout::All => inbox(),
    }
}

/// The sample inbox: each bureau sends in its own way.
fn inbox() -> Vec<Output> {
    let one = |name: &str, sheet, format, cells, layouts, takes, note| Output {
        name: name.to_owned(),
        sheet,
        format,
        cells,
        layouts,
        takes,
        note,
    };
    let typed = CellTypes::Typed;
    let text = CellTypes::Text;
    vec![
        one(
            "01-生态环境-行政处罚.xlsx",
            "行政处罚",
            Format::Xlsx,
            typed,
            vec![Layout::penalties(Form::C).stamped()],
            |_, field, _| field == Field::Environment,
            NOTE,
        ),
        one(
            "02-生态环境与应急-行政许可.xlsx",
            "行政许可",
            Format::Xlsx,
            text,
            vec![Layout::licenses(Form::C).stamped()],
            |_, field, _| matches!(field, Field::Environment | Field::Safety | Field::Urban),
            NOTE,
        ),
        one(
            "03-市场监管-行政处罚-法人.csv",
            "",
            Format::CsvGb18030,
            text,
            vec![Layout::penalties(Form::BEntity).stamped()],
            |subject, field, _| field == Field::Market && subject.kind != SubjectKind::Person,
            "",
        ),
        one(
            "04-市场监管-行政处罚-自然人.csv",
            "",
            Format::CsvGb18030,
            text,
            vec![Layout::penalties(Form::BPerson).stamped()],
            |subject, field, _| field == Field::Market && subject.kind == SubjectKind::Person,
            "",
        ),
        one(
            "05-住建招投标采购应急-行政处罚.csv",
            "",
            Format::Csv,
            text,
            vec![Layout::penalties(Form::C).stamped()],
            |_, field, _| {
                matches!(
                    field,
                    Field::Construction | Field::Bidding | Field::Procurement | Field::Safety
                )
            },
            "",
        ),
        one(
            "06-城市管理-行政处罚-旧模板.xlsx",
            "双公示处罚",
            Format::Xlsx,
            text,
            vec![Layout::penalties(Form::A)],
            |_, field, _| matches!(field, Field::Urban | Field::Tobacco),
            "",
        ),
        one(
            "07-前置库导出-行政许可.csv",
            "",
            Format::CsvPlain,
            text,
            vec![Layout::licenses(Form::Database)],
            |_, field, _| matches!(field, Field::Market | Field::Construction | Field::Tobacco),
            "",
        ),
        one(
            "08-前置库导出-行政处罚.csv",
            "",
            Format::CsvPlain,
            text,
            vec![Layout::penalties(Form::Database)],
            |_, field, _| field == Field::Transport,
            "",
        ),
        one(
            "09-城市平台接口-双公示.jsonl",
            "",
            Format::JsonLines,
            text,
            vec![
                Layout::licenses(Form::Interface),
                Layout::penalties(Form::Interface),
            ],
            |_, field, kind| {
                matches!(field, Field::Health | Field::Agriculture)
                    || (kind == Kind::License && field == Field::Transport)
            },
            "",
        ),
        one(
            "10-信用事件.xlsx",
            "信用事件",
            Format::Xlsx,
            typed,
            vec![Layout::events()],
            |_, field, _| field != Field::Science,
            "",
        ),
        one(
            "11-科研诚信事件.csv",
            "",
            Format::Csv,
            text,
            vec![Layout::events()],
            |_, field, _| field == Field::Science,
            "",
        ),
    ]
}
