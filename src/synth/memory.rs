//! Generated rows without files: what the readers would give for template C, for filling a store directly.
//!
//! The rows take the same way through checks, identity and classification as rows of files, so a store filled from
//! here equals one filled from the files.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use crate::ingest::read::{Format, SourceFile, SourceRow, SourceSheet, Values};
use crate::standard::{Mapping, Standards};

use super::files::rows;
use super::layout::{Form, Layout};
use super::world::World;
use super::{Options, SynthError};

/// Generated data as a sequence of files in memory, each with all records of its subjects: a sheet of penalties, one
/// of licenses and one of events. The order and the contents depend on the options alone.
#[derive(Debug)]
pub struct SourceFiles {
    options: Options,
    world: World,
    sheets: Vec<(&'static str, Layout, Arc<Mapping>)>,
    next: u64,
    at_once: u64,
}

impl SourceFiles {
    /// Prepares the sequence. `records_per_file` is aimed at, not kept exactly; memory grows with it.
    ///
    /// # Errors
    /// When the options are out of range or the standards do not know template C or the events file.
    pub fn new(
        options: &Options,
        standards: &Standards,
        records_per_file: u64,
    ) -> Result<SourceFiles, SynthError> {
        options.check()?;
        let world = World::new(
            options.seed,
            options.subjects,
            options.records,
            options.until,
        );
        let layouts = [
            ("行政处罚", Layout::penalties(Form::C).stamped()),
            ("行政许可", Layout::licenses(Form::C).stamped()),
            ("信用事件", Layout::events()),
        ];
        let mut sheets = Vec::with_capacity(layouts.len());
        for (name, layout) in layouts {
            let headers: Vec<&str> = layout.columns.iter().map(|column| column.header).collect();
            let mapping = standards
                .recognise(&headers)
                .map_err(|_| SynthError::Standards { sheet: name })?;
            sheets.push((name, layout, Arc::new(mapping)));
        }
        let per_block = (options.records / world.blocks().max(1)).max(1);
        let at_once = (records_per_file / per_block).max(1);
        Ok(SourceFiles {
            options: options.clone(),
            world,
            sheets,
            next: 0,
            at_once,
        })
    }

    /// The file of the blocks `first..last`.
    fn file(&self, first: u64, last: u64) -> SourceFile {
        let blocks: Vec<Vec<Vec<SourceRow>>> = (first..last)
            .into_par_iter()
            .map(|number| self.block(number))
            .collect();
        let mut sheets: Vec<SourceSheet> = self
            .sheets
            .iter()
            .map(|(name, _, mapping)| SourceSheet {
                name: (*name).to_owned(),
                layout: mapping.layout().clone(),
                mapping: mapping.clone(),
                header_row: 1,
                rows: Vec::new(),
                skipped: Vec::new(),
            })
            .collect();
        for block in blocks {
            for (sheet, rows) in sheets.iter_mut().zip(block) {
                sheet.rows.extend(rows);
            }
        }
        for sheet in &mut sheets {
            for (row, row_no) in sheet.rows.iter_mut().zip(2..) {
                row.row_no = row_no;
            }
        }
        let name = format!("synth-{first:06}");
        SourceFile {
            path: PathBuf::from(&name),
            sha256: self.digest(first, last),
            name,
            format: Format::Parquet,
            encoding: None,
            notes: Vec::new(),
            sheets,
        }
    }

    /// The rows of one block, sheet by sheet, not yet numbered.
    fn block(&self, number: u64) -> Vec<Vec<SourceRow>> {
        let block = self.world.block(number);
        let mut sheets = Vec::with_capacity(self.sheets.len());
        for (_, layout, mapping) in &self.sheets {
            let cells = rows(
                &self.options,
                &self.world,
                &block,
                &super::files::any_format(),
                layout,
            );
            let source = cells.iter().map(|row| SourceRow {
                row_no: 0,
                values: Values::from_cells(mapping.clone(), row),
                notices: Vec::new(),
            });
            sheets.push(source.collect());
        }
        sheets
    }

    /// A digest that names the contents: equal options and bounds give equal rows.
    fn digest(&self, first: u64, last: u64) -> String {
        let Options {
            records,
            subjects,
            seed,
            until,
            ..
        } = &self.options;
        let text = format!(
            "synth|{records}|{subjects}|{seed}|{until}|{}|{first}|{last}",
            self.options.dirt()
        );
        Sha256::digest(text.as_bytes())
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}

impl Iterator for SourceFiles {
    type Item = SourceFile;

    fn next(&mut self) -> Option<SourceFile> {
        let first = self.next;
        if first >= self.world.blocks() {
            return None;
        }
        self.next = (first + self.at_once).min(self.world.blocks());
        Some(self.file(first, self.next))
    }
}
