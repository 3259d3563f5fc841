//! SQL for regulators and analysts over the tables of a store, by polars.
//!
//! Owns: which rows a table name shows (in force, public) and the forms of an answer.
//! Does not own: the tables. May never know: how grades come about.

mod answer;
mod statement;

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;

use polars::error::PolarsWarning;
use polars::prelude::*;
use polars::sql::SQLContext;

use self::statement::Statement;
use crate::record::{DEFAULT_BUCKETS, bucket_of};
use crate::store::{FileRows, Snapshot, StoreError, Table};

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Csv,
    Parquet,
}

/// Why a query gave no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    #[error("run the SQL: {0}")]
    Sql(String),
    #[error("run the SQL: {0}; a query is one SELECT, for example SELECT COUNT(*) FROM grades")]
    NotOneSelect(String),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("write the answer: {0}")]
    Write(String),
    #[error(
        "write the answer: a table of more than {0} rows; use --format csv, json or parquet, or LIMIT"
    )]
    TooLong(usize),
}

/// Runs one SELECT and writes its answer, batch by batch as it comes. Record tables show the rows in force under their plain name and the log as `NAME_log`; `quarantine` shows
/// the open findings, `quarantine_log` all.
/// Without `internal`, rows about minors are left out. With `subject`, every table shows that subject's rows only.
///
/// Only the tables that the statement names are opened, and of them only the columns in use. What is about one subject
/// (`subject`, or a plain `WHERE subject_id = '…'`) reads that subject's bucket only. Before polars reads them, the bytes of those
/// columns are compared with their checksums.
///
/// # Errors
/// A statement that is not one SELECT or that polars does not understand, an unknown table or column, a damaged store, an
/// answer that cannot be written; of the last, a part may have been written.
pub fn run(
    sql: &str,
    snapshot: &Snapshot,
    subject: Option<&str>,
    internal: bool,
    format: Format,
    out: &mut (dyn Write + Send),
) -> Result<(), QueryError> {
    polars::error::set_warning_function(pass_on);
    let statement = Statement::parse(sql)?;
    let one = subject.or_else(|| statement.subject());
    let whole = match one {
        None => statement.row_by_row(),
        Some(_) => None,
    };
    let view = View {
        snapshot,
        statement: &statement,
        minors: match internal {
            true => Vec::new(),
            false => minors(snapshot)?,
        },
        one,
    };
    let tables = view.tables()?;
    // An answer that is made row by row is that of the first file, then that of the second, and so on.
    let files = match (whole, tables.as_slice()) {
        (Some(table), [named]) if named.table == table => named.files.len(),
        _ => 0,
    };
    let mut parts = match files {
        0 | 1 => vec![None],
        files => (0..files).map(Some).collect(),
    }
    .into_iter();
    let answer = |part| view.context(&tables, part)?.execute(sql).map_err(sql_error);
    let write = || {
        let mut first = answer(parts.next().flatten())?;
        let schema = first.collect_schema().map_err(sql_error)?;
        let mut pen = answer::Pen::new(out, format, &schema)?;
        pour(first, &mut pen)?;
        for part in parts {
            pour(answer(part)?, &mut pen)?;
        }
        pen.finish()
    };
    let written = write();
    if matches!(written, Err(QueryError::Sql(_))) {
        // polars opens a file when its turn comes.
        for named in &tables {
            snapshot.still_there(named.table)?;
        }
    }
    written
}

/// What a statement may see of the tables that it names.
struct View<'v> {
    snapshot: &'v Snapshot,
    statement: &'v Statement,
    minors: Vec<String>,
    one: Option<&'v str>,
}

/// A table that a statement names.
struct Named {
    table: Table,
    files: Vec<PathBuf>,
    /// By its own name, not by that of its log alone.
    plain: bool,
    /// The rows of a record table that are not in force, file by file.
    rows: Vec<FileRows>,
}

impl View<'_> {
    /// The tables that the statement names, once the bytes of what it reads of them are found whole.
    fn tables(&self) -> Result<Vec<Named>, QueryError> {
        let mut tables = Vec::new();
        for table in Table::ALL {
            let plain = self.statement.names(table.name());
            if !plain && !self.statement.names(&log_of(table)) {
                continue;
            }
            let schema = table.schema();
            let mut columns = self.statement.columns(&schema);
            // Columns by which rows are left out, whatever the statement names.
            if self.one.is_some() || !self.minors.is_empty() {
                columns.extend(["subject_id", "bucket"]);
            }
            if table == Table::Quarantine {
                columns.extend(["batch_id", "file_sha256"]);
            }
            columns.retain(|name| schema.column_with_name(name).is_some());
            self.snapshot.check(table, &columns, self.one)?;
            tables.push(Named {
                table,
                files: self.snapshot.files(table)?,
                plain,
                rows: match plain && table.is_record_log() {
                    true => self.snapshot.superseded(table, self.one)?,
                    false => Vec::new(),
                },
            });
        }
        Ok(tables)
    }

    /// The tables as polars sees them; with `part` as if they had this file alone.
    fn context(&self, tables: &[Named], part: Option<usize>) -> Result<SQLContext, QueryError> {
        let context = SQLContext::new();
        for named in tables {
            let table = named.table;
            let within = part.map_or(0..named.files.len(), |file| file..file + 1);
            let files = named.files.get(within.clone()).unwrap_or_default();
            let frame = self.shown(table, scan(files, table, None)?);
            if table.is_record_log() {
                if named.plain {
                    let rows = named.rows.get(within).unwrap_or_default();
                    let in_force = in_force(files, table, rows)?;
                    context.register(table.name(), self.shown(table, in_force));
                }
                context.register(&log_of(table), frame);
            } else if table == Table::Quarantine {
                if named.plain {
                    context.register(table.name(), open(frame.clone(), self.snapshot)?);
                }
                context.register(&log_of(table), frame);
            } else {
                context.register(table.name(), frame);
            }
        }
        Ok(context)
    }

    /// The rows of a table that whoever asks may see and asks about.
    fn shown(&self, table: Table, frame: LazyFrame) -> LazyFrame {
        let frame = public(frame, table, &self.minors);
        match self.one {
            Some(id) => of_subject(frame, table, id),
            None => frame,
        }
    }
}

/// The name under which a table shows all its rows.
fn log_of(table: Table) -> String {
    format!("{}_log", table.name())
}

/// What polars has to say to whoever asks; what it says to programmers stays away.
#[expect(clippy::needless_pass_by_value, reason = "as polars calls it")]
fn pass_on(text: &str, kind: PolarsWarning) {
    if !matches!(kind, PolarsWarning::Deprecation) {
        // A full journal does not end a query.
        let _ = writeln!(std::io::stderr(), "note: {text}");
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn sql_error(error: PolarsError) -> QueryError {
    QueryError::Sql(error.to_string())
}

/// Rows of an answer that are held at a time.
const BATCH_ROWS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// Writes an answer while it is computed, so that it may be larger than memory.
fn pour(answer: LazyFrame, pen: &mut answer::Pen<'_>) -> Result<(), QueryError> {
    let (send, batches) = sync_channel::<DataFrame>(1);
    // Nobody listens any more after an error: then the query stops.
    let hand_over = PlanCallback::new(move |batch| Ok(send.send(batch).is_err()));
    let answer = answer.sink_batches(hand_over, true, Some(BATCH_ROWS));
    let answer = answer.map_err(sql_error)?;
    let (computed, written) = std::thread::scope(|scope| {
        let computed = scope.spawn(|| answer.collect_with_engine(Engine::Streaming));
        let written = batches.into_iter().try_for_each(|batch| pen.write(&batch));
        let computed = computed.join();
        (
            computed.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            written,
        )
    });
    written?;
    computed.map_err(sql_error)?;
    Ok(())
}

/// The rows that the public may see.
fn public(frame: LazyFrame, table: Table, minors: &[String]) -> LazyFrame {
    if minors.is_empty() || table.schema().column_with_name("subject_id").is_none() {
        return frame;
    }
    let ids = Series::new("minors".into(), minors);
    frame.filter(col("subject_id").is_in(lit(ids).implode(true), false).not())
}

/// The rows of one subject; by the bucket, which the row groups' bounds tell, and by the id.
fn of_subject(frame: LazyFrame, table: Table, id: &str) -> LazyFrame {
    if table.schema().column_with_name("subject_id").is_none() {
        return frame;
    }
    let frame = frame.filter(col("subject_id").eq(lit(id)));
    match i32::try_from(bucket_of(id, DEFAULT_BUCKETS)) {
        Ok(bucket) if table.is_bucketed() => frame.filter(col("bucket").eq(lit(bucket))),
        _ => frame,
    }
}

/// The name of a column that tells rows apart and that no answer shows.
const ROW: &str = "#row";

/// Some files of a record table without the superseded rows; nothing is looked at when there are none.
fn in_force(files: &[PathBuf], table: Table, rows: &[FileRows]) -> Result<LazyFrame, QueryError> {
    let old = FileRows::numbered(rows);
    if old.is_empty() {
        return scan(files, table, None);
    }
    let old: Result<Vec<IdxSize>, _> = old.into_iter().map(IdxSize::try_from).collect();
    let old = old.map_err(|_| QueryError::Sql(format!("{} has too many rows", table.name())))?;
    let old = IdxCa::from_vec("superseded".into(), old).into_series();
    let is_old = col(ROW).is_in(lit(old).implode(true), false);
    Ok(scan(files, table, Some(ROW))?
        .filter(is_old.not())
        .drop(by_name([ROW], true, false)))
}

/// The open findings: those of readings that no later reading of the same file replaced.
fn open(frame: LazyFrame, snapshot: &Snapshot) -> Result<LazyFrame, QueryError> {
    let mut frame = frame;
    for (run, files) in snapshot.replaced_readings()? {
        let files: Vec<String> = files.into_iter().collect();
        let files = Series::new("files".into(), &files);
        let replaced = col("batch_id")
            .eq(lit(run))
            .and(col("file_sha256").is_in(lit(files).implode(true), false));
        frame = frame.filter(replaced.not());
    }
    Ok(frame)
}

/// Some files of a table as one lazy frame, with a column that numbers their rows if it is named; without files it is empty with
/// the table's columns.
fn scan(files: &[PathBuf], table: Table, numbers: Option<&str>) -> Result<LazyFrame, QueryError> {
    if files.is_empty() {
        return Ok(empty(table));
    }
    // One scan of many files; polars cannot count the rows of a union of scans.
    let paths: Vec<PlRefPath> = files
        .iter()
        .map(|file| PlRefPath::new(file.to_string_lossy().as_ref()))
        .collect();
    let args = ScanArgsParquet {
        glob: false,
        low_memory: true,
        rechunk: false,
        row_index: numbers.map(|name| RowIndex {
            name: name.into(),
            offset: 0,
        }),
        // Files from before a table got a column lack it.
        schema: table.has_later_columns().then(|| Arc::new(schema(table))),
        allow_missing_columns: table.has_later_columns(),
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(paths.into(), args).map_err(|e| QueryError::Sql(e.to_string()))
}

fn empty(table: Table) -> LazyFrame {
    DataFrame::empty_with_schema(&schema(table)).lazy()
}

fn schema(table: Table) -> Schema {
    use arrow::datatypes::DataType as A;
    let fields = table
        .schema()
        .fields()
        .iter()
        .map(|f| {
            let dtype = match f.data_type() {
                A::Int32 => DataType::Int32,
                A::Int64 => DataType::Int64,
                A::Boolean => DataType::Boolean,
                A::Date32 => DataType::Date,
                A::Decimal128(p, s) => {
                    DataType::Decimal(usize::from(*p), usize::try_from(*s).unwrap_or(0))
                }
                A::List(_) => DataType::List(Box::new(DataType::String)),
                _ => DataType::String,
            };
            Field::new(f.name().as_str().into(), dtype)
        })
        .collect::<Vec<_>>();
    Schema::from_iter(fields)
}

fn minors(snapshot: &Snapshot) -> Result<Vec<String>, QueryError> {
    let batch = snapshot.read_flagged(Table::Subjects, &["subject_id"], "minor")?;
    let rows = crate::report::Rows(&batch);
    Ok((0..rows.len())
        .map(|i| rows.text(i, "subject_id"))
        .collect())
}
