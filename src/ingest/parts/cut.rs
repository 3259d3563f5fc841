//! The rows of one bucket, cut between subjects, and those of a subject with very many between document numbers.

use std::fs::File;
use std::io::{self, BufReader, Cursor, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;

use rayon::prelude::*;

use super::{Head, Key, damaged, weight};
use crate::store::read_exact_at;

/// Bytes that are read ahead from the disk.
const AHEAD: usize = 1 << 20;

/// Where the rows of a bucket are.
#[derive(Debug)]
pub(super) enum Held {
    Memory(Vec<u8>),
    Disk(File),
}

/// The subject of a row by its key, and a number that rows of one document number share; 0 where nobody asks.
type Place = (Key, u64);

/// The document number of a row, as a number.
pub(super) type DocumentOf<'f> = &'f (dyn Fn(&[u8]) -> io::Result<u64> + Sync);

/// Rows of a bucket in parts.
pub(super) struct Cut {
    held: Held,
    /// Where the rows of each part stand, in the order of the rows; the next part comes last.
    parts: Vec<Vec<Range<u64>>>,
}

impl Cut {
    /// Parts of about `most` rows by [`weight`]. Rows without a subject, which have nothing to do with one another, come
    /// first. Rows of a subject that share a document number stay together.
    pub(super) fn of(held: Held, most: usize, document: DocumentOf<'_>) -> io::Result<Self> {
        let most = most.max(1);
        let mut rows: Vec<(Place, Range<u64>)> = Vec::new();
        let mut nobodys: Vec<Vec<Range<u64>>> = Vec::new();
        let mut room = 0;
        held.rows(&mut |key, at| {
            if key != Key::default() {
                rows.push(((key, 0), at));
                return;
            }
            let taken = weight_of(&at);
            match nobodys.last_mut().filter(|_| taken <= room) {
                Some(last) => last.push(at),
                None => {
                    nobodys.push(vec![at]);
                    room = most;
                }
            }
            room = room.saturating_sub(taken);
        })?;
        let mut places = places_of(&rows);
        let of_one = places.chunk_by(|a, b| a.0 == b.0);
        let heavy: Vec<Key> = of_one
            .filter(|rows| rows.len() > most)
            .map(|rows| rows[0].0)
            .collect();
        if !heavy.is_empty() {
            rows.par_iter_mut()
                .filter(|((key, _), _)| heavy.binary_search(key).is_ok())
                .try_for_each_init(Vec::new, |row, ((_, number), at)| {
                    row.clear();
                    held.copy(at, row)?;
                    *number = document(row)?;
                    Ok::<_, io::Error>(())
                })?;
            places = places_of(&rows);
        }
        let firsts: Vec<Place> = (beginnings(&places, most).into_iter())
            .map(|at| places[at])
            .collect();
        drop(places);
        let mut parts = vec![Vec::new(); firsts.len() + 1];
        for (place, at) in rows {
            let part = firsts.partition_point(|first| *first <= place);
            parts[firsts.len() - part].push(at);
        }
        parts.retain(|part| !part.is_empty());
        parts.extend(nobodys.into_iter().rev());
        Ok(Self { held, parts })
    }

    /// The rows of the next part.
    pub(super) fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        let part = self.parts.pop()?;
        let bytes: u64 = part.iter().map(|at| at.end - at.start).sum();
        let mut rows = Vec::with_capacity(size(bytes));
        let copied = part.iter().try_for_each(|at| self.held.copy(at, &mut rows));
        Some(copied.map(|()| rows))
    }
}

/// Where all parts of a sorted list but the first begin, if each has about `most` and equals stay together.
pub(crate) fn beginnings<T: Ord>(sorted: &[T], most: usize) -> Vec<usize> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(one) = sorted.get(start + most.max(1)) {
        let next = if *one > sorted[start] {
            sorted.partition_point(|other| other < one)
        } else {
            sorted.partition_point(|other| other <= one)
        };
        if next < sorted.len() {
            found.push(next);
        }
        start = next;
    }
    found
}

/// The place of every row, as often as it counts, in order.
fn places_of(rows: &[(Place, Range<u64>)]) -> Vec<Place> {
    let mut places = Vec::with_capacity(rows.len());
    for (place, at) in rows {
        places.extend(std::iter::repeat_n(*place, weight_of(at)));
    }
    places.par_sort_unstable();
    places
}

fn weight_of(at: &Range<u64>) -> usize {
    size(weight(size(at.end - at.start)))
}

fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Held {
    /// Tells of each row whose it is and where it stands.
    fn rows(&self, each: &mut dyn FnMut(Key, Range<u64>)) -> io::Result<()> {
        match self {
            Held::Memory(bytes) => walk(&mut Cursor::new(bytes), bytes.len() as u64, each),
            Held::Disk(file) => {
                let mut reader = BufReader::with_capacity(AHEAD, file);
                let length = reader.seek(SeekFrom::End(0))?;
                reader.rewind()?;
                walk(&mut reader, length, each)
            }
        }
    }

    /// Adds the bytes of a row.
    fn copy(&self, at: &Range<u64>, out: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Held::Memory(bytes) => {
                let row = bytes.get(size(at.start)..size(at.end));
                out.extend_from_slice(row.ok_or_else(damaged)?);
                Ok(())
            }
            Held::Disk(file) => {
                let start = out.len();
                out.resize(start + size(at.end - at.start), 0);
                read_exact_at(file, &mut out[start..], at.start)
            }
        }
    }
}

fn walk(
    reader: &mut (impl Read + Seek),
    length: u64,
    each: &mut dyn FnMut(Key, Range<u64>),
) -> io::Result<()> {
    let mut at = 0;
    while at < length {
        let mut bytes = [0; Head::BYTES];
        reader.read_exact(&mut bytes).map_err(|e| match e.kind() {
            ErrorKind::UnexpectedEof => damaged(),
            _ => e,
        })?;
        let (head, _) = Head::read(&bytes).ok_or_else(damaged)?;
        let end = at + (Head::BYTES + head.length) as u64;
        if end > length {
            return Err(damaged());
        }
        reader.seek_relative(i64::try_from(head.length).map_err(io::Error::other)?)?;
        each(head.key, at..end);
        at = end;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// A row of a bucket: its subject, and cells that say which row it is.
    fn row(subject: &str, number: u32) -> Vec<u8> {
        let mut bytes = vec![0; 12];
        let cells = vec![7; 1 + number as usize % 3];
        bytes.extend_from_slice(&(cells.len() as u32 + 4).to_le_bytes());
        let mut key = Key::default();
        key[..subject.len()].copy_from_slice(subject.as_bytes());
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(&number.to_le_bytes());
        bytes.extend_from_slice(&cells);
        bytes
    }

    fn rows(subjects: &[&str]) -> Vec<Vec<u8>> {
        (0..).zip(subjects).map(|(n, s)| row(s, n)).collect()
    }

    /// Subjects and row numbers of a part.
    fn read(mut rest: &[u8]) -> Vec<(Key, u32)> {
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let (head, cells) = Head::read(rest).unwrap();
            let number = u32::from_le_bytes(*cells.first_chunk().unwrap());
            rows.push((head.key, number));
            rest = &cells[head.length..];
        }
        rows
    }

    /// The parts, the same from memory and from the disk.
    fn parts(
        bytes: &[u8],
        most: usize,
        document: DocumentOf<'_>,
    ) -> io::Result<Vec<Vec<(Key, u32)>>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let [memory, disk] = [Held::Memory(bytes.to_vec()), Held::Disk(file)].map(|held| {
            let mut cut = Cut::of(held, most, document)?;
            let parts = std::iter::from_fn(|| cut.next());
            parts
                .map(|part| Ok(read(&part?)))
                .collect::<io::Result<Vec<_>>>()
        });
        assert_eq!(memory.as_ref().ok(), disk.as_ref().ok());
        memory
    }

    fn one_document(_: &[u8]) -> io::Result<u64> {
        Ok(7)
    }

    #[test]
    fn a_bucket_is_cut_between_subjects_and_rows_keep_their_order() {
        let subjects = ["c", "a", "b", "a", "d", "a", "a", "e", "", "f", "a", "b"];
        let rows = rows(&subjects);
        for most in 1..=subjects.len() + 1 {
            let mut seen = 0;
            let mut last = None;
            for part in parts(&rows.concat(), most, &one_document).unwrap() {
                let (first, end) = (part.iter().min().unwrap().0, part.iter().max().unwrap().0);
                assert!(last.is_none_or(|last| last < first), "{most}");
                assert!(part.len() <= most || first == end, "{most}: {part:?}");
                assert!(part.iter().map(|(_, n)| n).is_sorted(), "{most}: {part:?}");
                last = Some(end);
                seen += part.len();
            }
            assert_eq!(seen, subjects.len());
        }
        let broken = rows.concat();
        let told = parts(&broken[..broken.len() - 1], 3, &one_document).unwrap_err();
        assert_eq!(told.to_string(), damaged().to_string());
    }

    #[test]
    fn rows_without_a_subject_are_cut_anywhere() {
        let mut subjects = [""; 40].to_vec();
        subjects.extend(["c", "a", "b", "a", "d", "a", "a", "e", "", "f", "a", "b"]);
        let rows = rows(&subjects).concat();
        let parts = parts(&rows, 8, &one_document).unwrap();
        assert!(parts.iter().all(|part| part.len() <= 8));
        let all: Vec<_> = parts.concat();
        assert_eq!(all.len(), subjects.len());
        assert!(all[..40].iter().all(|(key, _)| *key == Key::default()));
    }

    #[test]
    fn a_subject_with_very_many_rows_is_cut_between_document_numbers() {
        let mut subjects = ["b"; 13];
        (subjects[0], subjects[12]) = ("a", "c");
        let rows = rows(&subjects).concat();
        // Three rows after another have one number.
        let document = |row: &[u8]| Ok(u64::from(100 - read(row)[0].1 / 3));
        for most in 1..=subjects.len() {
            let parts = parts(&rows, most, &document).unwrap();
            let mut all: Vec<u32> = parts.iter().flatten().map(|(_, n)| *n).collect();
            all.sort_unstable();
            assert_eq!(all, Vec::from_iter(0..subjects.len() as u32));
            for part in &parts {
                assert!(part.len() <= most.max(3), "{most}: {part:?}");
                assert!(part.iter().map(|(_, n)| n).is_sorted(), "{most}: {part:?}");
                for (_, number) in part.iter().filter(|(key, _)| key[0] == b'b') {
                    let mut same = (number / 3 * 3..number / 3 * 3 + 3)
                        .filter(|n| subjects[*n as usize] == "b");
                    let holds = |number: u32| part.iter().any(|(_, n)| *n == number);
                    assert!(same.all(holds), "{most}: {part:?}");
                }
            }
            let keys = |part: &Vec<(Key, u32)>| {
                let keys = part.iter().map(|(key, _)| *key);
                [keys.clone().min(), keys.max()]
            };
            let ends: Vec<_> = parts.iter().flat_map(keys).collect();
            assert!(ends.is_sorted(), "{most}: subjects stay in order");
        }
    }
}
