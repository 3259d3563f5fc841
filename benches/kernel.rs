//! The kernel alone over the Parquet files of a store: decode, match, fold; no evidence, no consequences, no tables.
//!
//! ```text
//! cargo bench --bench kernel -- decode STORE AS_OF               the floor: decodes what scores rest on
//! cargo bench --bench kernel -- score  STORE AS_OF [OUT.parquet] scores and grades, in columns of the table `grades`
//! cargo bench --bench kernel -- ... --scheme ID                  one scheme instead of all active ones; may be repeated
//! ```
//!
//! `compare.sh` runs both beside the same schemes written by hand in polars and DuckDB.

#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use arrow::error::ArrowError;
use parquet::arrow::ArrowWriter;
use xinheng::grading::scores::scores_schema;
use xinheng::record::Day;
use xinheng::rules::model::Scheme;
use xinheng::run::{House, decode_groups, score_groups};
use xinheng::store::Store;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "usage: kernel decode|score STORE AS_OF [OUT.parquet] [--scheme ID]...";

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo adds `--bench`.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let (mut places, mut wanted) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--scheme" => wanted.extend(words.next()),
            _ => places.push(word),
        }
    }
    let [what, store, as_of, rest @ ..] = places.as_slice() else {
        return Err(USAGE.into());
    };
    let as_of: Day = as_of.parse()?;
    let house = House::open(None)?;
    let known = |id: &String| {
        house
            .rules
            .active_schemes(as_of)
            .iter()
            .any(|s| s.id == *id)
    };
    if let Some(unknown) = wanted.iter().find(|id| !known(id)) {
        return Err(format!("no active scheme has the id {unknown:?}").into());
    }
    let schemes: Vec<&Scheme> = house
        .rules
        .active_schemes(as_of)
        .into_iter()
        .filter(|scheme| wanted.is_empty() || wanted.contains(&scheme.id))
        .collect();
    let view = Store::open(Path::new(store))?;
    let start = Instant::now();
    match what.as_str() {
        "decode" => {
            let rows = decode_groups(&view, &house, &schemes, as_of)?;
            println!(
                "decoded {rows} rows in {:.3} s",
                start.elapsed().as_secs_f64()
            );
        }
        "score" => {
            let mut out = match rest.first() {
                Some(path) => Some(ArrowWriter::try_new(
                    File::create(path)?,
                    scores_schema(),
                    None,
                )?),
                None => None,
            };
            let mut rows = 0;
            let timings = score_groups(&view, &house, &schemes, as_of, None, &mut |batch| {
                rows += batch.num_rows();
                if let Some(out) = &mut out {
                    out.write(&batch).map_err(ArrowError::from)?;
                }
                Ok(())
            })?;
            if let Some(out) = out {
                out.close()?;
            }
            println!(
                "{rows} grades of {} scheme(s) in {:.3} s: read {:.3} s, work {:.3} s",
                schemes.len(),
                start.elapsed().as_secs_f64(),
                timings.read.as_secs_f64(),
                timings.work.as_secs_f64(),
            );
        }
        other => return Err(format!("{other:?} is neither decode nor score; {USAGE}").into()),
    }
    Ok(())
}
