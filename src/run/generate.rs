//! A store full of fictional records, without files: the way of ingest, piece by piece, in the order of the buckets.

use super::in_order::in_order;
use super::staging::{Made, Staging};
use super::{House, RunError};
use crate::ingest::{NothingKnown, Subjects};
use crate::quality::Earlier;
use crate::record::{DEFAULT_BUCKETS, PseudonymKey};
use crate::store::{InputFile, Ready, RunDraft, RunRecord, Store, Table};
use crate::synth::{Bucketed, Options, Part};

/// Records of a piece: what one thread has in memory as rows and records.
const PIECE_RECORDS: usize = 2_048;
/// Rows of a data file. More than half of what compaction joins, so that no later night rewrites these files.
const FILE_ROWS: usize = 350_000;

/// What a piece tells of its subjects.
enum Told {
    All(Ready),
    Some(Subjects),
}

/// Fills an empty store with the records of `options`, as one run of the kind `synth`, received on `options.until`.
///
/// # Errors
/// [`RunError::Usage`] when the store holds a run already, [`RunError::Synth`] when the options are out of range; a store that cannot be
/// written. Then nothing becomes visible.
pub fn generate(
    options: &Options,
    store: &std::path::Path,
    house: &House,
    key: &PseudonymKey,
    say: &dyn Fn(&str),
) -> Result<RunRecord, RunError> {
    let refused = |source| RunError::Synth {
        out: store.display().to_string(),
        source,
    };
    let mut writer = Store::begin(store, &key.fingerprint())?;
    if let Some(run) = writer.snapshot().last_run() {
        return Err(RunError::Usage(format!(
            "make records in {}: it holds the run {} already; name a new folder",
            store.display(),
            run.run_id
        )));
    }
    let source = Bucketed::new(options, &house.standards, key, DEFAULT_BUCKETS).map_err(refused)?;
    let run_id = writer.run_id().to_owned();
    let context = house.checks(key, options.until, None, &run_id);
    let mut input = InputFile {
        file: format!(
            "synth --records {} --subjects {} --seed {} --until {}",
            options.records, options.subjects, options.seed, options.until
        ),
        sha256: source.digest(),
        standards_digest: house.reading_digest.clone(),
        layout: "C/penalty, C/license, events".to_owned(),
        ..InputFile::default()
    };
    let buckets = source.buckets();
    let pieces = (0..buckets).flat_map(|bucket| {
        let pieces = source.pieces(bucket, PIECE_RECORDS, key);
        pieces.into_iter().map(move |piece| (bucket, piece))
    });
    let table = |subjects: Subjects| -> Result<Ready, RunError> {
        Ok(Ready::of(
            Table::Subjects,
            subjects.table(context.buckets)?,
        )?)
    };
    let mut said = 0;
    let mut staging = Staging::new(FILE_ROWS);
    // What the pieces before said of a subject that is in several.
    let mut heard = Subjects::default();
    in_order(
        pieces.map(Ok),
        |(bucket, piece)| {
            let part = piece.part;
            let mut made = Made::of(vec![source.file(piece)], &NothingKnown, &context)?;
            let subjects = std::mem::take(&mut made.subjects);
            let subjects = match part {
                Part::Whole => Told::All(table(subjects)?),
                Part::More | Part::Last => Told::Some(subjects),
            };
            Ok((bucket, part, made, subjects))
        },
        |(bucket, part, made, subjects)| {
            if bucket >= said + 8 {
                said = bucket - bucket % 8;
                say(&format!("bucket {said} of {buckets}"));
            }
            let files = staging.take(made, &mut writer)?;
            match subjects {
                Told::All(rows) => writer.replace_ready(rows)?,
                Told::Some(subjects) => heard.join(subjects),
            }
            if part == Part::Last {
                writer.replace_ready(table(std::mem::take(&mut heard))?)?;
            }
            for file in files {
                input.add(&file);
            }
            Ok(())
        },
    )?;
    let figures = staging.finish(&mut writer)?;
    let figures = figures.batch(&Earlier::default(), &run_id)?;
    writer.append(Table::Quality, figures)?;
    writer.archive_rules(&house.rules.digest, &house.rules.files)?;
    Ok(writer.commit(RunDraft {
        kind: "synth".to_owned(),
        as_of: options.until,
        received_on: Some(options.until),
        known_at: None,
        rules_digest: house.rules.digest.clone(),
        inputs: vec![input],
    })?)
}
