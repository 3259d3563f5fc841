//! `xinheng synth`: fictional records, the same for the same options, as files or straight into a store.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::{Outcome, key, print, say, today::today};
use crate::record::Day;
use crate::run::{House, RunError, generate};
use crate::synth::{FileFormat, FileLayout, Options, write_files};

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Layout {
    A,
    B,
    C,
    Db,
    Api,
    Events,
    All,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    Xlsx,
    Csv,
    CsvGb18030,
    Parquet,
}

/// Write fictional records as bureaus send them, or fill a new store with them; the same for the same options
///
/// A store is filled as one run of the kind `synth`, received on the last day, with the records that the files of
/// `--layout db` would give. It must hold no run yet.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Penalties and licenses together; events come in addition
    #[arg(long, value_name = "N")]
    records: u64,
    /// Subjects that these records speak of
    #[arg(long, value_name = "N")]
    subjects: u64,
    #[arg(long, value_name = "S")]
    seed: u64,
    /// Folder for the files
    #[arg(long, value_name = "DIR", required_unless_present = "store")]
    out: Option<PathBuf>,
    /// New store to fill instead of writing files
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "layout", "format", "dirt"])]
    store: Option<PathBuf>,
    /// Template of the files; `all` is the sample inbox with its traps
    #[arg(long, value_enum, default_value = "c")]
    layout: Layout,
    #[arg(long, value_enum, default_value = "csv")]
    format: Shape,
    /// Last day of any record [default: today in China]
    #[arg(long, value_name = "DATE")]
    until: Option<Day>,
    /// Share of rows with realistic dirt, in percent
    #[arg(long, value_name = "PCT")]
    dirt: Option<u64>,
}

pub(super) fn run(args: &Args, key_file: Option<&Path>) -> Outcome {
    let options = Options {
        records: args.records,
        subjects: args.subjects,
        seed: args.seed,
        layout: match args.layout {
            Layout::A => FileLayout::A,
            Layout::B => FileLayout::B,
            Layout::C => FileLayout::C,
            Layout::Db => FileLayout::Db,
            Layout::Api => FileLayout::Api,
            Layout::Events => FileLayout::Events,
            Layout::All => FileLayout::All,
        },
        format: match args.format {
            Shape::Xlsx => FileFormat::Xlsx,
            Shape::Csv => FileFormat::Csv,
            Shape::CsvGb18030 => FileFormat::CsvGb18030,
            Shape::Parquet => FileFormat::Parquet,
        },
        until: args.until.unwrap_or_else(today),
        dirt_per_mille: args
            .dirt
            .map(|percent| percent.saturating_mul(10).min(1000)),
    };
    if let Some(store) = &args.store {
        let house = House::open(None)?;
        let run = generate(&options, store, &house, &key::load(key_file)?, &say)?;
        let rows: u64 = run.inputs.iter().map(|input| input.accepted).sum();
        print(&format!("run {}: {rows} records committed", run.run_id))?;
    } else if let Some(out) = &args.out {
        for path in write(&options, out)? {
            print(&format!("{}", path.display()))?;
        }
    }
    Ok(0)
}

fn write(options: &Options, out: &Path) -> Result<Vec<PathBuf>, RunError> {
    write_files(options, out).map_err(|source| RunError::Synth {
        out: out.display().to_string(),
        source,
    })
}
