//! Pieces of rows on their way into the store: all threads check some while one stages those before them, in their order.

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use rayon::prelude::*;

use super::RunError;
use super::intake::facts;
use crate::ingest::read::SourceFile;
use crate::ingest::{CheckContext, Known, Subjects, ingest_files};
use crate::quality::Figures;
use crate::store::{InputFile, Table, Writer};

/// What the rows of a piece became.
pub(super) struct Made {
    records: [(Table, RecordBatch); 3],
    quarantine: RecordBatch,
    figures: Figures,
    pub(super) subjects: Subjects,
    /// Counts per file.
    pub(super) files: Vec<InputFile>,
}

impl Made {
    /// Checks the rows of a piece.
    ///
    /// # Errors
    /// The store cannot be read, or rows do not add up (a bug of ours).
    pub(super) fn of(
        files: Vec<SourceFile>,
        known: &dyn Known,
        context: &CheckContext<'_>,
    ) -> Result<Made, RunError> {
        let mut subjects = Subjects::default();
        let mut outcome = ingest_files(files, known, &mut subjects, context)?;
        let mut figures = Figures::default();
        figures.add(&facts(&outcome.checked));
        Ok(Made {
            records: outcome.take_records()?,
            quarantine: outcome.quarantine,
            figures,
            subjects,
            files: outcome.files,
        })
    }
}

/// Rows on their way into data files.
pub(super) struct Staging {
    /// Rows of a data file.
    file_rows: usize,
    pending: Vec<(Table, Vec<RecordBatch>)>,
    figures: Figures,
}

impl Staging {
    /// Data files of about so many rows.
    pub(super) fn new(file_rows: usize) -> Staging {
        let pending = Table::RECORDS.into_iter().map(|t| (t, Vec::new()));
        Staging {
            file_rows,
            pending: pending.collect(),
            figures: Figures::default(),
        }
    }

    /// Takes the records and findings of a piece, and gives its subjects and counts per file.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn take(
        &mut self,
        made: Made,
        writer: &mut Writer,
    ) -> Result<(Subjects, Vec<InputFile>), RunError> {
        for (table, batch) in made.records {
            for (_, pending) in self.pending.iter_mut().filter(|(t, _)| *t == table) {
                pending.push(batch.clone());
                let rows: usize = pending.iter().map(RecordBatch::num_rows).sum();
                if rows >= self.file_rows {
                    append(table, pending, writer)?;
                }
            }
        }
        writer.append(Table::Quarantine, made.quarantine)?;
        self.figures.join(made.figures);
        Ok((made.subjects, made.files))
    }

    /// Stages what is left; gives the figures of all rows.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn finish(mut self, writer: &mut Writer) -> Result<Figures, RunError> {
        for (table, pending) in &mut self.pending {
            append(*table, pending, writer)?;
        }
        Ok(self.figures)
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

/// Makes something of every piece, some at a time and in parallel, and hands the results over in the order of the pieces, while
/// the next ones are made.
///
/// # Errors
/// The first failure in the order of the pieces.
pub(super) fn in_order<P: Send, M: Send>(
    mut pieces: impl Iterator<Item = Result<P, RunError>>,
    make: impl Fn(P) -> Result<M, RunError> + Sync,
    mut take: impl FnMut(M) -> Result<(), RunError> + Send,
) -> Result<(), RunError> {
    let at_once = 2 * rayon::current_num_threads();
    let mut done: Vec<M> = Vec::new();
    loop {
        let next: Vec<P> = pieces.by_ref().take(at_once).collect::<Result<_, _>>()?;
        let is_last = next.is_empty();
        let (made, taken) = rayon::join(
            || next.into_par_iter().map(&make).collect::<Vec<_>>(),
            || done.drain(..).try_for_each(&mut take),
        );
        taken?;
        if is_last {
            return Ok(());
        }
        done = made.into_iter().collect::<Result<_, _>>()?;
    }
}
