//! What the rows of a job say of their subjects, until the table of subjects is written: piece by piece, and on the disk where
//! they are many.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::ops::Range;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int32Type;
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

use super::RunError;
use crate::ingest::{IngestError, Subjects};
use crate::store::read_exact_at;

/// Subjects held in memory; when there are more, they wait on the disk.
const HELD: usize = 65_536;

/// The subjects of a piece of rows. Another piece speaks of one too where it has very many rows.
pub(super) struct HeardPiece {
    joinable: Subjects,
    rows: RecordBatch,
}

impl HeardPiece {
    /// # Errors
    /// Columns disagree with the schema (a bug of ours).
    pub(super) fn of(mut subjects: Subjects, buckets: u32) -> Result<HeardPiece, ArrowError> {
        let joinable = subjects.take_joinable();
        let rows = subjects.rows(0..buckets, buckets)?;
        Ok(HeardPiece { joinable, rows })
    }
}

/// All subjects of a job.
pub(super) struct Heard {
    /// Those that may be joined to others.
    pub(super) joinable: Subjects,
    pieces: Vec<(Range<u32>, Place)>,
    held: usize,
    /// How many stay in memory.
    most: usize,
    aside: Option<File>,
    /// Subjects of each bucket, the joinable ones aside; one of several pieces counts in each.
    counts: Vec<usize>,
}

/// Where the subjects of a piece are.
enum Place {
    Held(RecordBatch),
    Aside { start: u64, length: usize },
}

impl Heard {
    pub(super) fn new(buckets: u32) -> Heard {
        Heard {
            joinable: Subjects::default(),
            pieces: Vec::new(),
            held: 0,
            most: HELD,
            aside: None,
            counts: vec![0; buckets as usize],
        }
    }

    /// No row spoke of anyone.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.joinable.is_empty()
    }

    /// Adds the subjects of a piece.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub(super) fn add(&mut self, piece: HeardPiece) -> Result<(), RunError> {
        self.joinable.join(piece.joinable);
        let rows = piece.rows;
        let mut range: Option<Range<u32>> = None;
        for bucket in buckets_of(&rows)? {
            self.counts[bucket as usize] += 1;
            let known = range.get_or_insert(bucket..bucket + 1);
            *known = known.start.min(bucket)..known.end.max(bucket + 1);
        }
        let Some(range) = range else {
            return Ok(());
        };
        self.held += rows.num_rows();
        self.pieces.push((range, Place::Held(rows)));
        if self.held > self.most {
            self.put_aside()?;
        }
        Ok(())
    }

    fn put_aside(&mut self) -> Result<(), RunError> {
        let waiting = |source| RunError::Ingest(IngestError::Waiting { source });
        let file = match &mut self.aside {
            Some(file) => file,
            None => self.aside.insert(tempfile::tempfile().map_err(waiting)?),
        };
        for (_, place) in &mut self.pieces {
            if let Place::Held(rows) = place {
                let mut writer = StreamWriter::try_new(Vec::new(), rows.schema_ref())?;
                writer.write(rows)?;
                let bytes = writer.into_inner()?;
                let start = file.seek(SeekFrom::End(0)).map_err(waiting)?;
                file.write_all(&bytes).map_err(waiting)?;
                let length = bytes.len();
                *place = Place::Aside { start, length };
            }
        }
        self.held = 0;
        Ok(())
    }

    /// The buckets in stretches: as given, and cut where they would bring more than so many subjects of the job.
    pub(super) fn cut(&self, stretches: Vec<Range<u32>>, most: usize) -> Vec<Range<u32>> {
        let mut cut = Vec::new();
        for stretch in stretches {
            let (mut start, mut subjects) = (stretch.start, 0);
            for bucket in stretch.clone() {
                let more = self.counts.get(bucket as usize).copied().unwrap_or(0);
                if bucket > start && subjects + more > most {
                    cut.push(start..bucket);
                    (start, subjects) = (bucket, 0);
                }
                subjects += more;
            }
            cut.push(start..stretch.end);
        }
        cut
    }

    /// The subjects piece by piece, the joinable ones aside.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Result<RecordBatch, RunError>> {
        self.pieces.iter().map(|(_, place)| self.rows(place))
    }

    /// The subjects of some buckets, the joinable ones aside.
    ///
    /// # Errors
    /// What waited on the disk cannot be read back.
    pub(super) fn of(&self, range: &Range<u32>) -> Result<Subjects, RunError> {
        let mut found = Subjects::default();
        for (of, place) in &self.pieces {
            if of.end <= range.start || range.end <= of.start {
                continue;
            }
            let rows = self.rows(place)?;
            let wanted = buckets_of(&rows)?.map(|bucket| Some(range.contains(&bucket)));
            found.hear(&filter_record_batch(&rows, &wanted.collect())?)?;
        }
        Ok(found)
    }

    fn rows(&self, place: &Place) -> Result<RecordBatch, RunError> {
        let (start, length) = match place {
            Place::Held(rows) => return Ok(rows.clone()),
            Place::Aside { start, length } => (*start, *length),
        };
        let waiting = |source| RunError::Ingest(IngestError::Waiting { source });
        let lost = || waiting(std::io::ErrorKind::UnexpectedEof.into());
        let mut bytes = vec![0; length];
        let file = self.aside.as_ref().ok_or_else(lost)?;
        read_exact_at(file, &mut bytes, start).map_err(waiting)?;
        let mut batches = StreamReader::try_new(bytes.as_slice(), None)?;
        Ok(batches.next().ok_or_else(lost)??)
    }
}

fn buckets_of(rows: &RecordBatch) -> Result<impl Iterator<Item = u32>, ArrowError> {
    let column = rows.column_by_name("bucket");
    let column = column.and_then(|column| column.as_primitive_opt::<Int32Type>());
    let column =
        column.ok_or_else(|| ArrowError::SchemaError("subjects have no bucket".to_owned()))?;
    // Buckets count from 0.
    Ok(column.values().iter().map(|bucket| bucket.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, StringArray};

    use super::*;
    use crate::record::{bucket_of, schema};

    const BUCKETS: u32 = 8;

    fn subjects(ids: &[String]) -> Subjects {
        let texts = || -> ArrayRef { Arc::new(StringArray::from_iter_values(ids)) };
        let none = || -> ArrayRef { Arc::new(StringArray::new_null(ids.len())) };
        let buckets = ids.iter().map(|id| bucket_of(id, BUCKETS) as i32);
        let columns: Vec<ArrayRef> = vec![
            texts(),
            texts(),
            texts(),
            none(),
            none(),
            none(),
            texts(),
            none(),
            Arc::new(Int32Array::from_iter_values(buckets)),
            Arc::new(Date32Array::from(vec![20_000; ids.len()])),
            Arc::new(BooleanArray::from(vec![false; ids.len()])),
        ];
        Subjects::of(&RecordBatch::try_new(schema::subjects(), columns).unwrap()).unwrap()
    }

    fn ids(from: usize, to: usize) -> Vec<String> {
        (from..to).map(|at| format!("p:{at:04}")).collect()
    }

    #[test]
    fn what_waits_on_the_disk_is_what_was_heard() {
        let all = subjects(&ids(0, 900));
        for most in [0, 250, 10_000] {
            let mut heard = Heard::new(BUCKETS);
            heard.most = most;
            for from in (0..900).step_by(100) {
                let piece = HeardPiece::of(subjects(&ids(from, from + 100)), BUCKETS).unwrap();
                heard.add(piece).unwrap();
            }
            assert_eq!(heard.aside.is_some(), most < 900);
            let mut rows = 0;
            for range in heard.cut(vec![0..3, 3..8], 200) {
                let of_range = heard
                    .of(&range)
                    .unwrap()
                    .rows(range.clone(), BUCKETS)
                    .unwrap();
                assert_eq!(of_range, all.rows(range, BUCKETS).unwrap());
                rows += of_range.num_rows();
            }
            assert_eq!(rows, 900);
            let pieces = heard.pieces().map(|rows| rows.unwrap().num_rows());
            assert_eq!(pieces.collect::<Vec<_>>(), [100; 9]);
        }
    }

    #[test]
    fn stretches_are_cut_between_buckets_where_they_bring_too_many() {
        let mut heard = Heard::new(6);
        heard.counts = vec![5, 5, 20, 1, 1, 1];
        assert_eq!(heard.cut(vec![0..4, 4..6], 10), [0..2, 2..3, 3..4, 4..6]);
        // A store may have more buckets than the job knows of.
        assert_eq!(heard.cut(vec![0..2, 2..9], 1000), [0..2, 2..9]);
    }

    #[test]
    fn those_that_may_be_joined_stay_in_memory() {
        let mut heard = Heard::new(BUCKETS);
        heard.most = 0;
        let known = ["org:192203821".to_owned(), "reg:440301103097413".to_owned()];
        heard
            .add(HeardPiece::of(subjects(&known), BUCKETS).unwrap())
            .unwrap();
        assert!(!heard.is_empty() && heard.pieces().next().is_none());
        assert!(known.iter().all(|id| heard.joinable.holds(id)));
    }
}
