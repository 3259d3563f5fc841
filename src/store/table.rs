//! The list of tables: names, schemas, how each grows and how its rows are sorted.

use arrow::datatypes::SchemaRef;

use crate::record::schema;

/// A table of the store; each is one Delta table in the folder of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// 行政许可 decisions.
    Licenses,
    /// 行政处罚 decisions.
    Penalties,
    /// Events around records and subjects.
    Events,
    /// Bodies and persons.
    Subjects,
    /// Findings on ingested rows.
    Quarantine,
    /// Data-quality figures.
    Quality,
    /// Grades of the newest night.
    Grades,
    /// The evidence behind each grade.
    Evidence,
    /// Differentiated supervision.
    Supervision,
    /// 失信惩戒 measures.
    Measures,
    /// 守信激励.
    Incentives,
    /// What moved since the last night, and why.
    GradeChanges,
    /// Decisions that were purged and must not come back.
    Tombstones,
    /// One row per complete writing command.
    Runs,
    /// Uses of the internal view; written outside runs.
    AccessLog,
}

/// Columns that came after a table's first files, all nullable. A file without them reads as if they were null, a row
/// without a value there has the digest that it always had, and the first commit that writes the table adds them to its
/// Delta schema.
pub(super) const LATER_COLUMNS: [&str; 1] = ["linked_unit"];

/// Text columns of record and result tables that hold few different values beside their rows: a reader that asks for it gets
/// them coded by a dictionary, so that a condition is looked at once per value.
pub(super) const REPEATED_TEXT: [&str; 32] = [
    "authority",
    "basis",
    "body",
    "category",
    "citations",
    "condition",
    "content",
    "detail",
    "event_kind",
    "grade",
    "grade_name",
    "incentive",
    "kind",
    "level",
    "list_edition",
    "list_no",
    "list_or_scheme",
    "list_row_status",
    "measure",
    "penalty_kinds",
    "reason",
    "region",
    "remedy",
    "role",
    "run_id",
    "sign_off",
    "state",
    "subject_kind",
    "target_role",
    "term",
    "violation",
    "violation_text",
];

/// Texts that are long and nearly all different: a reader of coded columns takes them as views into the pages, without a copy.
pub(super) const VIEWED_TEXT: [&str; 3] = ["case_id", "document_no", "facts"];

impl Table {
    /// Every table, in the order in which a run commits them (`runs` after all it names).
    pub const ALL: [Table; 15] = [
        Table::Licenses,
        Table::Penalties,
        Table::Events,
        Table::Subjects,
        Table::Quarantine,
        Table::Quality,
        Table::Grades,
        Table::Evidence,
        Table::Supervision,
        Table::Measures,
        Table::Incentives,
        Table::GradeChanges,
        Table::Tombstones,
        Table::Runs,
        Table::AccessLog,
    ];

    /// The tables that a run may write, without `runs` itself and `access_log`.
    pub fn of_a_run() -> impl Iterator<Item = Table> {
        Self::ALL
            .into_iter()
            .filter(|t| !matches!(t, Table::Runs | Table::AccessLog))
    }

    /// The record tables: append-only logs of what was received.
    pub const RECORDS: [Table; 3] = [Table::Licenses, Table::Penalties, Table::Events];

    /// The table's name, which is also its folder.
    pub fn name(self) -> &'static str {
        match self {
            Table::Licenses => "licenses",
            Table::Penalties => "penalties",
            Table::Events => "events",
            Table::Subjects => "subjects",
            Table::Quarantine => "quarantine",
            Table::Quality => "quality",
            Table::Grades => "grades",
            Table::Evidence => "evidence",
            Table::Supervision => "supervision",
            Table::Measures => "measures",
            Table::Incentives => "incentives",
            Table::GradeChanges => "grade_changes",
            Table::Tombstones => "tombstones",
            Table::Runs => "runs",
            Table::AccessLog => "access_log",
        }
    }

    /// The table of that name.
    pub fn from_name(name: &str) -> Option<Table> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }

    /// Whether some of its files may lack a column.
    pub fn has_later_columns(self) -> bool {
        let schema = self.schema();
        LATER_COLUMNS
            .iter()
            .any(|name| schema.column_with_name(name).is_some())
    }

    /// The Arrow schema of its rows.
    pub fn schema(self) -> SchemaRef {
        match self {
            Table::Licenses => schema::licenses(),
            Table::Penalties => schema::penalties(),
            Table::Events => schema::events(),
            Table::Subjects => schema::subjects(),
            Table::Quarantine => schema::quarantine(),
            Table::Quality => schema::quality(),
            Table::Grades => schema::grades(),
            Table::Evidence => schema::evidence(),
            Table::Supervision => schema::supervision(),
            Table::Measures => schema::measures(),
            Table::Incentives => schema::incentives(),
            Table::GradeChanges => schema::grade_changes(),
            Table::Tombstones => schema::tombstones(),
            Table::Runs => schema::runs(),
            Table::AccessLog => schema::access_log(),
        }
    }

    /// Whether it is a log of records with versions (`decision_id`, `version_key`, `received_on`).
    pub fn is_record_log(self) -> bool {
        Self::RECORDS.contains(&self)
    }

    /// Whether a run adds to the table (else it replaces its content).
    pub fn grows(self) -> bool {
        self.is_record_log()
            || matches!(
                self,
                Table::Quarantine
                    | Table::Quality
                    | Table::GradeChanges
                    | Table::Tombstones
                    | Table::Runs
                    | Table::AccessLog
            )
    }

    /// Columns that the rows of one data file are sorted by; empty keeps the order given.
    ///
    /// Rows equal in all of these keep the order given.
    pub fn sort_columns(self) -> &'static [&'static str] {
        match self {
            Table::Licenses | Table::Penalties => &[
                "bucket",
                "subject_id",
                "decided_on",
                "record_id",
                "version_key",
            ],
            Table::Events => &[
                "bucket",
                "subject_id",
                "occurred_on",
                "record_id",
                "version_key",
            ],
            Table::Subjects | Table::Measures | Table::Incentives => &["bucket", "subject_id"],
            Table::Grades | Table::Evidence | Table::Supervision => {
                &["bucket", "subject_id", "scheme"]
            }
            Table::Tombstones => &["bucket", "decision_id"],
            Table::Quarantine
            | Table::Quality
            | Table::GradeChanges
            | Table::Runs
            | Table::AccessLog => &[],
        }
    }

    /// Whether the table has a `bucket` column.
    pub fn is_bucketed(self) -> bool {
        self.sort_columns().first() == Some(&"bucket")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_again() {
        for table in Table::ALL {
            assert_eq!(Table::from_name(table.name()), Some(table));
        }
        assert_eq!(Table::from_name("Penalties"), None);
    }

    #[test]
    fn rows_are_not_sorted_by_coded_columns() {
        for table in Table::ALL {
            let mut columns = table.sort_columns().iter();
            assert!(columns.all(|column| !REPEATED_TEXT.contains(column)));
        }
    }

    #[test]
    fn every_sort_column_is_in_the_schema() {
        for table in Table::ALL {
            for column in table.sort_columns() {
                assert!(
                    table.schema().column_with_name(column).is_some(),
                    "{} has no column {column}",
                    table.name()
                );
            }
        }
    }
}
