//! Rows on their way into a table, with what a writer needs to know of them: most of the work of writing, which any thread can do.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Fields, Schema};
use arrow::error::ArrowError;

use super::digest::TableDigest;
use super::error::StoreError;
use super::keys::sorted;
use super::spill::RowDigest;
use super::table::Table;
use crate::record::cells::coded;

/// Rows of a table under its schema and in its order, with the digest of each.
#[derive(Clone, Debug)]
pub struct Ready {
    pub(super) table: Table,
    pub(super) batch: RecordBatch,
    pub(super) digests: Vec<RowDigest>,
}

impl Ready {
    /// Makes rows ready for their table.
    ///
    /// # Errors
    ///
    /// The batch does not have the table's schema, or is for a table that the store itself writes.
    pub fn of(table: Table, batch: RecordBatch) -> Result<Ready, StoreError> {
        if matches!(table, Table::Runs | Table::AccessLog) {
            return Err(StoreError::Schema {
                table: table.name(),
                reason: "this table is written by the store itself".to_owned(),
            });
        }
        let batch = conforming(table, batch)?;
        let batch = sorted(&batch, table.sort_columns()).map_err(|e| misfit(table, &e))?;
        Ok(Ready {
            digests: TableDigest::new(&table.schema()).rows_of(&batch),
            table,
            batch,
        })
    }

    /// Their table.
    pub fn table(&self) -> Table {
        self.table
    }

    /// The rows.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// How many they are.
    pub fn num_rows(&self) -> usize {
        self.batch.num_rows()
    }
}

/// The batch under exactly the table's schema, but for texts that are coded by a dictionary.
fn conforming(table: Table, batch: RecordBatch) -> Result<RecordBatch, StoreError> {
    let schema = table.schema();
    for (want, have) in schema.fields().iter().zip(batch.schema().fields()) {
        if want.name() != have.name() {
            return Err(StoreError::Schema {
                table: table.name(),
                reason: format!(
                    "column {} stands where {} belongs",
                    have.name(),
                    want.name()
                ),
            });
        }
    }
    let (_, columns, _) = batch.into_parts();
    let of = |(field, column): (&Arc<Field>, &ArrayRef)| {
        let coded = coded(field.data_type());
        if *column.data_type() == coded {
            Arc::new(field.as_ref().clone().with_data_type(coded))
        } else {
            Arc::clone(field)
        }
    };
    let fields: Fields = schema.fields().iter().zip(&columns).map(of).collect();
    let schema = if fields == *schema.fields() {
        schema
    } else {
        Arc::new(Schema::new(fields))
    };
    RecordBatch::try_new(schema, columns).map_err(|e| misfit(table, &e))
}

pub(super) fn misfit(table: Table, error: &ArrowError) -> StoreError {
    StoreError::Schema {
        table: table.name(),
        reason: error.to_string(),
    }
}
