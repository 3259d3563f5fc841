//! Records that name each value (JSON objects, XML elements): one sheet per kind of record, whatever order they come in.
//!
//! A null may leave its key out, so the columns of a sheet are the union of the keys. The first records are held back until the
//! layout can be chosen by the union of their keys; a later new key widens the mapping from there on.

use std::collections::HashMap;
use std::sync::Arc;

use crate::ingest::normalise::fill_from_others;
use crate::record::RecordKind;
use crate::standard::{HeaderError, Mapping, Standards};

use super::{CHUNK_BYTES, CHUNK_ROWS, Chunk, RefusedCause, SheetHead, Skipped, SourceRow, Values};

/// Records held back before the layouts are chosen.
const HELD: usize = 1000;

/// Most keys that records of one kind have together; every row has a cell for each.
const MOST_KEYS: usize = 1_000;

/// The named values of one record, in the order of the source.
pub(super) type Fields = Vec<(String, String)>;

/// Sorts records into sheets.
pub(super) struct Records<'a> {
    standards: &'a Standards,
    sink: &'a mut dyn FnMut(Chunk),
    held: Vec<(u32, Fields)>,
    is_holding: bool,
    sheets: Vec<Sheet>,
    /// Which kind a list of keys belongs to.
    kinds: HashMap<Vec<String>, Option<RecordKind>>,
    count: u32,
    first_error: Option<HeaderError>,
}

struct Sheet {
    kind: RecordKind,
    head: Arc<SheetHead>,
    mapping: Arc<Mapping>,
    places: HashMap<String, usize>,
    rows: Vec<SourceRow>,
    /// Bytes of their cells.
    bytes: usize,
    skipped: Vec<Skipped>,
}

impl<'a> Records<'a> {
    pub(super) fn new(standards: &'a Standards, sink: &'a mut dyn FnMut(Chunk)) -> Records<'a> {
        Records {
            standards,
            sink,
            held: Vec::new(),
            is_holding: true,
            sheets: Vec::new(),
            kinds: HashMap::new(),
            count: 0,
            first_error: None,
        }
    }

    /// How many records came so far.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Whether the keys are those of a record.
    pub(super) fn is_record(&mut self, fields: &Fields) -> bool {
        self.kind_of(fields).is_some()
    }

    /// Takes a record.
    pub(super) fn push(&mut self, fields: Fields) -> Result<(), RefusedCause> {
        self.count = self.count.saturating_add(1);
        if !self.is_holding {
            return self.place(self.count, &fields);
        }
        self.held.push((self.count, fields));
        if self.held.len() >= HELD {
            self.release()
        } else {
            Ok(())
        }
    }

    /// Ends the file and gives on what is left.
    pub(super) fn finish(mut self) -> Result<(), RefusedCause> {
        self.release()?;
        let sink = self.sink;
        for sheet in &mut self.sheets {
            sheet.flush(sink);
        }
        Ok(())
    }

    fn kind_of(&mut self, fields: &Fields) -> Option<RecordKind> {
        let keys: Vec<String> = fields.iter().map(|(key, _)| key.clone()).collect();
        if let Some(kind) = self.kinds.get(&keys) {
            return *kind;
        }
        let kind = match self.standards.recognise_keys(&keys) {
            Ok(mapping) => Some(mapping.layout().kind),
            Err(error) => {
                if self.first_error.is_none() {
                    self.first_error = Some(error);
                }
                None
            }
        };
        self.kinds.insert(keys, kind);
        kind
    }

    /// Chooses the layouts and places the records that were held back.
    fn release(&mut self) -> Result<(), RefusedCause> {
        if !self.is_holding {
            return Ok(());
        }
        self.is_holding = false;
        let held = std::mem::take(&mut self.held);
        let mut unions: Vec<(RecordKind, Vec<String>)> = Vec::new();
        for (_, fields) in &held {
            let Some(kind) = self.kind_of(fields) else {
                continue;
            };
            let at = match unions.iter().position(|(of, _)| *of == kind) {
                Some(at) => at,
                None => {
                    unions.push((kind, Vec::new()));
                    unions.len() - 1
                }
            };
            for (key, _) in fields {
                if !unions[at].1.contains(key) {
                    unions[at].1.push(key.clone());
                }
            }
        }
        for (kind, keys) in unions {
            if let Ok(mapping) = self.standards.recognise_keys(&keys)
                && mapping.layout().kind == kind
            {
                self.add_sheet(mapping, &keys);
            }
        }
        held.iter()
            .try_for_each(|(number, fields)| self.place(*number, fields))
    }

    fn add_sheet(&mut self, mapping: Mapping, keys: &[String]) -> usize {
        let mapping = Arc::new(mapping);
        let layout = mapping.layout().clone();
        let name = match layout.kind {
            RecordKind::Penalty => "行政处罚",
            RecordKind::License => "行政许可",
            RecordKind::Event => "信用事件",
        };
        let index = self.sheets.len();
        self.sheets.push(Sheet {
            kind: layout.kind,
            head: Arc::new(SheetHead {
                index,
                name: name.to_owned(),
                layout,
                mapping: mapping.clone(),
                header_row: 0,
            }),
            mapping,
            places: keys
                .iter()
                .enumerate()
                .map(|(place, key)| (key.clone(), place))
                .collect(),
            rows: Vec::new(),
            bytes: 0,
            skipped: Vec::new(),
        });
        index
    }

    fn place(&mut self, number: u32, fields: &Fields) -> Result<(), RefusedCause> {
        let index = match self.kind_of(fields) {
            Some(kind) => match self.sheets.iter().position(|sheet| sheet.kind == kind) {
                Some(index) => index,
                None => {
                    let keys: Vec<String> = fields.iter().map(|(key, _)| key.clone()).collect();
                    let mapping = self
                        .standards
                        .recognise_keys(&keys)
                        .map_err(|error| header(number, error))?;
                    self.add_sheet(mapping, &keys)
                }
            },
            // A record with unknown keys among known ones stays with them, and is judged there.
            None if !self.sheets.is_empty() => self.sheets.len() - 1,
            None => {
                let error = self.first_error.take().unwrap_or_else(HeaderError::none);
                return Err(header(number, error));
            }
        };
        let standards = self.standards;
        let Some(sheet) = self.sheets.get_mut(index) else {
            return Ok(());
        };
        sheet.push(standards, number, fields)?;
        if sheet.rows.len() >= CHUNK_ROWS || sheet.bytes >= CHUNK_BYTES {
            sheet.flush(self.sink);
        }
        Ok(())
    }
}

fn header(number: u32, error: HeaderError) -> RefusedCause {
    RefusedCause::header(format!("第{number}条记录："), error)
}

impl Sheet {
    fn push(
        &mut self,
        standards: &Standards,
        number: u32,
        fields: &Fields,
    ) -> Result<(), RefusedCause> {
        if fields.iter().all(|(_, value)| value.trim().is_empty()) {
            self.skipped.push(Skipped {
                row_no: number,
                reason: "空记录".to_owned(),
            });
            return Ok(());
        }
        if fields.iter().any(|(key, _)| !self.places.contains_key(key)) {
            let mut keys = self.mapping.headers().to_vec();
            for (key, _) in fields {
                if !self.places.contains_key(key) {
                    self.places.insert(key.clone(), keys.len());
                    keys.push(key.clone());
                }
            }
            if keys.len() > MOST_KEYS {
                return Err(RefusedCause::Damaged(format!(
                    "到第{number}条记录时，键名已超过{MOST_KEYS}种，不像双公示记录"
                )));
            }
            self.mapping = Arc::new(standards.map_to(&self.head.layout, &keys));
        }
        let mut cells: Vec<&str> = vec![""; self.mapping.headers().len()];
        for (key, value) in fields {
            if let Some(cell) = self.places.get(key).and_then(|place| cells.get_mut(*place)) {
                *cell = value;
            }
        }
        let mut values = Values::from_cells(self.mapping.clone(), &cells);
        fill_from_others(&mut values);
        self.bytes += values.text().len();
        self.rows.push(SourceRow {
            row_no: number,
            values,
            notices: Vec::new(),
        });
        Ok(())
    }

    fn flush(&mut self, sink: &mut dyn FnMut(Chunk)) {
        if !self.rows.is_empty() || !self.skipped.is_empty() {
            self.bytes = 0;
            sink(Chunk {
                sheet: self.head.clone(),
                rows: std::mem::take(&mut self.rows),
                skipped: std::mem::take(&mut self.skipped),
            });
        }
    }
}
