//! Pieces of rows on their way into the store: what the checks made of them, and the data files that it goes into.

use super::RunError;
use super::intake::facts;
use crate::ingest::read::SourceFile;
use crate::ingest::{CheckContext, Known, Subjects, ingest_files};
use crate::quality::Figures;
use crate::store::{InputFile, Ready, Table, Writer};

/// What the rows of a piece became.
pub(super) struct Made {
    records: Vec<Ready>,
    quarantine: Ready,
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
        let records = outcome.take_records()?.into_iter();
        let ready = |(table, rows)| Ready::of(table, rows);
        Ok(Made {
            records: records.map(ready).collect::<Result<_, _>>()?,
            quarantine: Ready::of(Table::Quarantine, outcome.quarantine)?,
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
    pending: Vec<(Table, Vec<Ready>)>,
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

    /// Takes the records and findings of a piece, and gives its counts per file.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn take(
        &mut self,
        made: Made,
        writer: &mut Writer,
    ) -> Result<Vec<InputFile>, RunError> {
        for ready in made.records {
            let table = ready.table();
            if let Some((_, pending)) = self.pending.iter_mut().find(|(t, _)| *t == table) {
                pending.push(ready);
                let rows: usize = pending.iter().map(Ready::num_rows).sum();
                if rows >= self.file_rows {
                    writer.append_file(table, std::mem::take(pending))?;
                }
            }
        }
        writer.append_ready(made.quarantine)?;
        self.figures.join(made.figures);
        Ok(made.files)
    }

    /// Stages what is left; gives the figures of all rows.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn finish(self, writer: &mut Writer) -> Result<Figures, RunError> {
        writer.append_files(self.pending)?;
        Ok(self.figures)
    }
}
