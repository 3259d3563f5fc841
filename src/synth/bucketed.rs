//! Generated rows without files, bucket by bucket and subject by subject: what fills a store directly.
//!
//! The rows take the same way through checks, identity and classification as rows of files, so a store filled from here
//! has the records of one that took in the files of the layout `db` (template C with the sender's time stamp). Only their
//! order differs: whole subjects in the order (bucket, subject id), so that every data file comes sorted and no more than
//! a few pieces are in memory.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::ingest::read::{Format, SourceFile, SourceRow, SourceSheet, Values};
use crate::record::{PseudonymKey, SubjectId, Uscc};
use crate::standard::{Mapping, Standards};

use super::files::rows;
use super::layout::{Form, Layout};
use super::subject::{Kind, PLACEHOLDER, Subject};
use super::world::{Block, World};
use super::{Options, SynthError};

/// Generated data as pieces, each with all records of its subjects. Order and contents depend on the options and, for
/// natural persons, on the key.
#[derive(Debug)]
pub struct Bucketed {
    options: Options,
    world: World,
    sheets: Vec<(&'static str, Layout, Arc<Mapping>)>,
    /// Which subjects fall into each bucket; 12 bytes a subject.
    buckets: Vec<Vec<Share>>,
}

/// A subject and its share of the records.
#[derive(Clone, Copy, Debug)]
struct Share {
    index: u32,
    first: u32,
    count: u32,
}

/// Some subjects of one bucket, in the order of their ids, or a part of one that has very many records.
#[derive(Debug)]
pub struct Piece {
    name: String,
    of: Of,
    /// Whether it has all of its subjects.
    pub part: Part,
}

/// What of its subjects a piece has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Everything.
    Whole,
    /// Some of the records of one; the next piece has more.
    More,
    /// The last of its records.
    Last,
}

#[derive(Debug)]
enum Of {
    Subjects(Vec<(Subject, Share)>),
    Records(Block),
}

impl Bucketed {
    /// Prepares the sequence: one pass over all subjects to find their buckets.
    ///
    /// # Errors
    /// When the options are out of range, ask for dirt (which changes who a row speaks of), or the standards do not know
    /// template C or the events file.
    pub fn new(
        options: &Options,
        standards: &Standards,
        key: &PseudonymKey,
        buckets: u32,
    ) -> Result<Bucketed, SynthError> {
        options.check()?;
        if options.dirt() > 0 {
            return Err(SynthError::DirtInStore);
        }
        let too_many = SynthError::Records {
            given: options.records,
            most: u32::MAX.into(),
        };
        if options.records > u32::MAX.into() {
            return Err(too_many);
        }
        let world = World::new(
            options.seed,
            options.subjects,
            options.records,
            options.until,
        );
        let mut all: Vec<Vec<Share>> = vec![Vec::new(); buckets.max(1) as usize];
        let at_once = 16 * rayon::current_num_threads() as u64;
        for start in (0..world.blocks()).step_by(at_once as usize) {
            let end = (start + at_once).min(world.blocks());
            let found: Vec<Vec<(u32, Share)>> = (start..end)
                .into_par_iter()
                .map(|block| placed(&world, options.seed, block, key, buckets))
                .collect();
            for (bucket, share) in found.into_iter().flatten() {
                all[bucket as usize].push(share);
            }
        }
        Ok(Bucketed {
            sheets: sheets(standards)?,
            options: options.clone(),
            world,
            buckets: all,
        })
    }

    /// How many buckets there are.
    pub fn buckets(&self) -> usize {
        self.buckets.len()
    }

    /// The subjects of a bucket in the order of their ids, cut into pieces of about `records` records. One with more than twice as many
    /// is cut by itself, between document numbers, when its turn comes.
    pub fn pieces(
        &self,
        bucket: usize,
        records: usize,
        key: &PseudonymKey,
    ) -> impl Iterator<Item = Piece> + Send + use<'_> {
        let shares = self.buckets.get(bucket).map_or(&[][..], Vec::as_slice);
        let mut subjects: Vec<(String, Subject, Share)> = shares
            .par_iter()
            .map(|share| {
                let subject = Subject::new(self.options.seed, share.index.into());
                (subject_id(&subject, key), subject, *share)
            })
            .collect();
        subjects.par_sort_unstable_by(|a, b| (&a.0, a.2.index).cmp(&(&b.0, b.2.index)));
        let is_large = move |share: &Share| share.count as usize > 2 * records;
        let mut pieces: Vec<Vec<(Subject, Share)>> = Vec::new();
        let mut held = usize::MAX;
        for (_, subject, share) in subjects {
            if is_large(&share) || held >= records {
                pieces.push(Vec::new());
                held = 0;
            }
            held = match is_large(&share) {
                true => usize::MAX,
                // A subject without records may still have events.
                false => held + (share.count as usize).max(1),
            };
            if let Some(piece) = pieces.last_mut() {
                piece.push((subject, share));
            }
        }
        let pieces = pieces.into_iter().enumerate();
        pieces.flat_map(move |(number, subjects)| {
            let name = format!("synth-{bucket:02}-{number:05}");
            match subjects.as_slice() {
                [(_, share)] if is_large(share) => self.parts(&name, subjects, records),
                _ => vec![Piece {
                    name,
                    of: Of::Subjects(subjects),
                    part: Part::Whole,
                }],
            }
        })
    }

    /// Pieces of about `records` records of a subject.
    fn parts(&self, name: &str, subject: Vec<(Subject, Share)>, records: usize) -> Vec<Piece> {
        let parts = self.block(subject).cut(records);
        let last = parts.len().saturating_sub(1);
        let parts = parts.into_iter().enumerate();
        parts
            .map(|(number, block)| Piece {
                name: format!("{name}-{number:05}"),
                of: Of::Records(block),
                part: if number < last {
                    Part::More
                } else {
                    Part::Last
                },
            })
            .collect()
    }

    fn block(&self, subjects: Vec<(Subject, Share)>) -> Block {
        let subjects = subjects.into_iter();
        self.world.of_subjects(
            subjects.map(|(subject, share)| (subject, share.first.into(), share.count.into())),
        )
    }

    /// The rows of a piece: a sheet of penalties, one of licenses, one of events.
    pub fn file(&self, piece: Piece) -> SourceFile {
        let name = piece.name;
        let block = match piece.of {
            Of::Subjects(subjects) => self.block(subjects),
            Of::Records(block) => block,
        };
        let sheets = self.sheets.iter().map(|(sheet, layout, mapping)| {
            let cells = rows(
                &self.options,
                &self.world,
                &block,
                &super::files::any_format(),
                layout,
            );
            let rows = cells.iter().zip(2..).map(|(row, row_no)| SourceRow {
                row_no,
                values: Values::from_cells(mapping.clone(), row),
                notices: Vec::new(),
            });
            SourceSheet {
                name: (*sheet).to_owned(),
                layout: mapping.layout().clone(),
                mapping: mapping.clone(),
                header_row: 1,
                rows: rows.collect(),
                skipped: Vec::new(),
            }
        });
        SourceFile {
            path: PathBuf::from(&name),
            sha256: self.digest(),
            sheets: sheets.collect(),
            name,
            format: Format::Parquet,
            encoding: None,
            notes: Vec::new(),
        }
    }

    /// A digest that names the contents: equal options give equal rows.
    pub fn digest(&self) -> String {
        let Options {
            records,
            subjects,
            seed,
            until,
            ..
        } = &self.options;
        let text = format!("synth|{records}|{subjects}|{seed}|{until}");
        Sha256::digest(text.as_bytes())
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

/// The subjects of one block with their buckets.
fn placed(
    world: &World,
    seed: u64,
    block: u64,
    key: &PseudonymKey,
    buckets: u32,
) -> Vec<(u32, Share)> {
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    world
        .shares(block)
        .into_iter()
        .map(|(index, first, count)| {
            let id = subject_id(&Subject::new(seed, index), key);
            let share = Share {
                index: small(index),
                first: small(first),
                count: small(count),
            };
            (crate::record::bucket_of(&id, buckets), share)
        })
        .collect()
}

/// The id that ingest gives the subject: all generated numbers are valid.
fn subject_id(subject: &Subject, key: &PseudonymKey) -> String {
    let id = if subject.kind == Kind::Person {
        SubjectId::person(key, subject.id_type, &subject.id_number)
    } else {
        match Uscc::parse(&subject.uscc) {
            Ok(code) if subject.uscc != PLACEHOLDER => SubjectId::from_uscc(&code),
            _ => SubjectId::from_registration(&subject.registration_no),
        }
    };
    id.as_str().to_owned()
}

type Sheets = Vec<(&'static str, Layout, Arc<Mapping>)>;

/// The three sheets of a piece with their mappings.
fn sheets(standards: &Standards) -> Result<Sheets, SynthError> {
    let layouts = [
        ("行政处罚", Layout::penalties(Form::Database)),
        ("行政许可", Layout::licenses(Form::Database)),
        ("信用事件", Layout::events()),
    ];
    layouts
        .into_iter()
        .map(|(name, layout)| {
            let headers: Vec<&str> = layout.columns.iter().map(|column| column.header).collect();
            let mapping = standards
                .recognise(&headers)
                .map_err(|_| SynthError::Standards { sheet: name })?;
            Ok((name, layout, Arc::new(mapping)))
        })
        .collect()
}
