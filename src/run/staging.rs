//! Pieces of rows on their way into the store: all threads check some while one stages those before them, in their order.

use arrow::array::RecordBatch;
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

    /// Takes the records and findings of a piece, and gives its counts per file.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn take(
        &mut self,
        made: Made,
        writer: &mut Writer,
    ) -> Result<Vec<InputFile>, RunError> {
        for (table, batch) in made.records {
            for (_, pending) in self.pending.iter_mut().filter(|(t, _)| *t == table) {
                pending.push(batch.clone());
                let rows: usize = pending.iter().map(RecordBatch::num_rows).sum();
                if rows >= self.file_rows {
                    writer.append_file(table, std::mem::take(pending))?;
                }
            }
        }
        writer.append(Table::Quarantine, made.quarantine)?;
        self.figures.join(made.figures);
        Ok(made.files)
    }

    /// Stages what is left; gives the figures of all rows.
    ///
    /// # Errors
    /// The store cannot be written.
    pub(super) fn finish(mut self, writer: &mut Writer) -> Result<Figures, RunError> {
        for (table, pending) in &mut self.pending {
            writer.append_file(*table, std::mem::take(pending))?;
        }
        Ok(self.figures)
    }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn usage(text: &str) -> RunError {
        RunError::Usage(text.to_owned())
    }

    #[test]
    fn results_come_in_the_order_of_the_pieces_and_few_are_held() {
        let (made, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let mut taken = Vec::new();
        in_order(
            (0..500).map(Ok),
            |piece: usize| {
                let held = made.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(held, Ordering::SeqCst);
                // Later pieces are done sooner.
                std::thread::sleep(std::time::Duration::from_micros(
                    7 * (50 - piece as u64 % 50),
                ));
                Ok(piece)
            },
            |piece| {
                made.fetch_sub(1, Ordering::SeqCst);
                taken.push(piece);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(taken, (0..500).collect::<Vec<_>>());
        assert!(most.into_inner() <= 4 * rayon::current_num_threads());
    }

    #[test]
    fn the_first_failure_ends_it() {
        let fails = |piece: usize| match piece {
            7 => Err(usage("seven")),
            9 => Err(usage("nine")),
            other => Ok(other),
        };
        let told = in_order((0..500).map(Ok), fails, |_| Ok(())).unwrap_err();
        assert_eq!(told.to_string(), "seven");
        let pieces = (0..500).map(|piece| {
            if piece == 300 {
                Err(usage("disk"))
            } else {
                Ok(piece)
            }
        });
        let mut taken = 0;
        let told = in_order(pieces, Ok, |_: usize| {
            taken += 1;
            Ok(())
        });
        assert_eq!(told.unwrap_err().to_string(), "disk");
        assert!(taken < 300);
        let full = in_order((0..500).map(Ok), Ok, |piece: usize| match piece {
            20 => Err(usage("full")),
            _ => Ok(()),
        });
        assert_eq!(full.unwrap_err().to_string(), "full");
    }
}
