//! A store full of fictional records, without files: the way of ingest, piece by piece, in the order of the buckets.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use rayon::prelude::*;

use super::intake::facts;
use super::{House, RunError};
use crate::ingest::{CheckContext, CheckedRow, NothingKnown, Subjects, ingest_files};
use crate::quality::{Earlier, Figures};
use crate::record::{DEFAULT_BUCKETS, PseudonymKey};
use crate::store::{InputFile, RunDraft, RunRecord, Store, Table, Writer};
use crate::synth::{Bucketed, Options, Piece};

/// Records of a piece: what one thread has in memory as rows and records.
const PIECE_RECORDS: u64 = 8_192;
/// Rows of a data file. More than half of what compaction joins, so that no later night rewrites these files.
const FILE_ROWS: usize = 350_000;

/// Fills an empty store with the records of `options`, as one run of the kind `synth`, received on `options.until`.
///
/// # Errors
/// [`RunError::Usage`] when the store holds a run already or the options are out of range; a store that cannot be
/// written. Then nothing becomes visible.
pub fn generate(
    options: &Options,
    store: &std::path::Path,
    house: &House,
    key: &PseudonymKey,
    say: &dyn Fn(&str),
) -> Result<RunRecord, RunError> {
    let usage = |e: crate::synth::SynthError| RunError::Usage(format!("make records: {e}"));
    let mut writer = Store::begin(store, &key.fingerprint())?;
    if let Some(run) = writer.snapshot().last_run() {
        return Err(RunError::Usage(format!(
            "make records in {}: it holds the run {} already; name a new folder",
            store.display(),
            run.run_id
        )));
    }
    let source = Bucketed::new(options, &house.standards, key, DEFAULT_BUCKETS).map_err(usage)?;
    let run_id = writer.run_id().to_owned();
    let context = house.checks(key, options.until, None, &run_id);
    let mut staging = Staging::new(InputFile {
        file: format!(
            "synth --records {} --subjects {} --seed {} --until {}",
            options.records, options.subjects, options.seed, options.until
        ),
        sha256: source.digest(),
        standards_digest: house.reading_digest.clone(),
        layout: "C/penalty, C/license, events".to_owned(),
        ..InputFile::default()
    });
    let at_once = 2 * rayon::current_num_threads();
    let mut waiting: Vec<Piece> = Vec::new();
    for bucket in 0..source.buckets() {
        waiting.extend(source.pieces(bucket, PIECE_RECORDS, key));
        let last = bucket + 1 == source.buckets();
        while waiting.len() >= at_once || (last && !waiting.is_empty()) {
            let now: Vec<Piece> = waiting.drain(..at_once.min(waiting.len())).collect();
            let made: Vec<Result<Made, RunError>> = now
                .into_par_iter()
                .map(|piece| Made::of(&source, piece, &context))
                .collect();
            for one in made {
                staging.take(one?, &mut writer)?;
            }
        }
        if (bucket + 1) % 8 == 0 {
            say(&format!(
                "bucket {} of {}: {} rows",
                bucket + 1,
                source.buckets(),
                staging.input.rows_read
            ));
        }
    }
    let input = staging.finish(&mut writer)?;
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

/// The tables of one piece.
struct Made {
    records: [(Table, RecordBatch); 3],
    subjects: RecordBatch,
    quarantine: RecordBatch,
    checked: Vec<CheckedRow>,
    files: Vec<InputFile>,
}

impl Made {
    fn of(source: &Bucketed, piece: Piece, context: &CheckContext<'_>) -> Result<Made, RunError> {
        let file = source.file(piece);
        let mut subjects = Subjects::default();
        let mut outcome = ingest_files(vec![file], &NothingKnown, &mut subjects, context)?;
        Ok(Made {
            records: outcome.take_records()?,
            subjects: subjects.table(context.buckets)?,
            quarantine: outcome.quarantine,
            checked: outcome.checked,
            files: outcome.files,
        })
    }
}

/// Rows on their way into data files, and the counts of the run.
struct Staging {
    input: InputFile,
    pending: Vec<(Table, Vec<RecordBatch>)>,
    figures: Figures,
}

impl Staging {
    fn new(input: InputFile) -> Staging {
        Staging {
            input,
            pending: Table::RECORDS
                .into_iter()
                .map(|t| (t, Vec::new()))
                .collect(),
            figures: Figures::default(),
        }
    }

    fn take(&mut self, made: Made, writer: &mut Writer) -> Result<(), RunError> {
        for (table, batch) in made.records {
            for (_, pending) in self.pending.iter_mut().filter(|(t, _)| *t == table) {
                pending.push(batch.clone());
                if pending.iter().map(RecordBatch::num_rows).sum::<usize>() >= FILE_ROWS {
                    append(table, pending, writer)?;
                }
            }
        }
        writer.replace(Table::Subjects, made.subjects)?;
        writer.append(Table::Quarantine, made.quarantine)?;
        self.figures.add(&facts(&made.checked));
        for file in made.files {
            self.input.add(&file);
        }
        Ok(())
    }

    fn finish(mut self, writer: &mut Writer) -> Result<InputFile, RunError> {
        for (table, pending) in &mut self.pending {
            append(*table, pending, writer)?;
        }
        let batch_id = writer.run_id().to_owned();
        writer.append(
            Table::Quality,
            self.figures.batch(&Earlier::default(), &batch_id)?,
        )?;
        Ok(self.input)
    }
}

fn append(
    table: Table,
    pending: &mut Vec<RecordBatch>,
    writer: &mut Writer,
) -> Result<(), RunError> {
    let rows = concat_batches(&table.schema(), pending.iter())?;
    pending.clear();
    Ok(writer.append(table, rows)?)
}
