//! The `subjects` table: every body or person that a record speaks of, and which ids are the same body.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Date32Array, Int32Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Date32Type};
use arrow::error::ArrowError;

use crate::record::{Day, bucket_of, schema};

/// One subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SubjectRow {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) uscc: Option<String>,
    pub(super) org_code: Option<String>,
    pub(super) registration_no: Option<String>,
    pub(super) region: String,
    pub(super) same_as: Option<String>,
    pub(super) name_decided_on: Day,
    pub(super) minor: bool,
}

/// Subjects by id.
#[derive(Debug, Default)]
pub(super) struct Subjects(BTreeMap<String, SubjectRow>);

impl Subjects {
    /// The subjects that the store knows.
    pub(super) fn of(batch: &RecordBatch) -> Result<Subjects, ArrowError> {
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| ArrowError::SchemaError(format!("subjects has no column {name}")))
        };
        let text = |name: &str| -> Result<StringArray, ArrowError> {
            let column = column(name)?;
            if *column.data_type() != DataType::Utf8 {
                return Err(ArrowError::SchemaError(format!("{name} is not text")));
            }
            Ok(column.as_string::<i32>().clone())
        };
        let (ids, names, kinds) = (text("subject_id")?, text("name")?, text("kind")?);
        let (usccs, orgs) = (text("uscc")?, text("org_code")?);
        let (numbers, regions) = (text("registration_no")?, text("region")?);
        let same_as = text("same_as")?;
        let days = column("name_decided_on")?
            .as_primitive_opt::<Date32Type>()
            .ok_or_else(|| ArrowError::SchemaError("name_decided_on is no day".to_owned()))?;
        let minors = column("minor")?
            .as_boolean_opt()
            .ok_or_else(|| ArrowError::SchemaError("minor is no flag".to_owned()))?;
        let opt = |array: &StringArray, row: usize| {
            array.is_valid(row).then(|| array.value(row).to_owned())
        };
        let mut subjects = Subjects::default();
        for row in 0..batch.num_rows() {
            subjects.add(
                ids.value(row),
                SubjectRow {
                    name: names.value(row).to_owned(),
                    kind: kinds.value(row).to_owned(),
                    uscc: opt(&usccs, row),
                    org_code: opt(&orgs, row),
                    registration_no: opt(&numbers, row),
                    region: regions.value(row).to_owned(),
                    same_as: opt(&same_as, row),
                    name_decided_on: Day::from_epoch(days.value(row)),
                    minor: minors.value(row),
                },
            );
        }
        Ok(subjects)
    }

    /// Adds what one record says. The record with the latest day gives the name, ties by bytes; of
    /// several numbers the greatest by bytes stays, so that no order of records matters.
    pub(super) fn add(&mut self, id: &str, new: SubjectRow) {
        let Some(old) = self.0.get_mut(id) else {
            self.0.insert(id.to_owned(), new);
            return;
        };
        let rank = |row: &SubjectRow| {
            (
                row.name_decided_on,
                row.name.clone(),
                row.kind.clone(),
                row.region.clone(),
            )
        };
        let new_wins = rank(&new) > rank(old);
        let (winner, loser) = if new_wins {
            (new, old.clone())
        } else {
            (old.clone(), new)
        };
        *old = SubjectRow {
            uscc: winner.uscc.or(loser.uscc),
            org_code: winner.org_code.max(loser.org_code),
            registration_no: winner.registration_no.max(loser.registration_no),
            same_as: winner.same_as.or(loser.same_as),
            minor: winner.minor || loser.minor,
            ..winner
        };
    }

    /// Links `org:` and `reg:` ids to the one body whose code or number they are; nothing is linked when two bodies claim it.
    pub(super) fn link(&mut self) {
        /// The only claimant, `None` inside once there are two.
        type Claims = BTreeMap<String, Option<String>>;
        fn claim(claims: &mut Claims, key: &str, id: &str) {
            claims
                .entry(key.to_owned())
                .and_modify(|one| {
                    if one.as_deref() != Some(id) {
                        *one = None;
                    }
                })
                .or_insert_with(|| Some(id.to_owned()));
        }
        let mut by_org = Claims::new();
        let mut by_number = Claims::new();
        for (id, row) in self.0.iter().filter(|(_, row)| row.uscc.is_some()) {
            if let Some(org) = &row.org_code {
                claim(&mut by_org, org, id);
            }
            if let Some(number) = &row.registration_no {
                claim(&mut by_number, number, id);
            }
        }
        for (id, row) in self.0.iter().filter(|(id, _)| id.starts_with("org:")) {
            let body = row.org_code.as_ref().and_then(|org| by_org.get(org));
            let body = body.and_then(Option::as_deref).unwrap_or(id).to_owned();
            if let Some(number) = &row.registration_no {
                claim(&mut by_number, number, &body);
            }
        }
        for (id, row) in &mut self.0 {
            let found = if id.starts_with("org:") {
                row.org_code.as_ref().and_then(|org| by_org.get(org))
            } else if id.starts_with("reg:") {
                row.registration_no
                    .as_ref()
                    .and_then(|number| by_number.get(number))
            } else {
                None
            };
            if let Some(one) = found {
                row.same_as.clone_from(one);
            }
        }
    }

    /// The whole table in the order of the ids.
    pub(super) fn batch(&self, buckets: u32) -> Result<RecordBatch, ArrowError> {
        let rows: Vec<(&String, &SubjectRow)> = self.0.iter().collect();
        let texts = |value: &dyn Fn(&SubjectRow) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|(_, row)| value(row)),
            ))
        };
        let opts = |value: &dyn Fn(&SubjectRow) -> Option<String>| -> ArrayRef {
            Arc::new(StringArray::from_iter(
                rows.iter().map(|(_, row)| value(row)),
            ))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|(id, _)| id))),
            texts(&|row| row.name.clone()),
            texts(&|row| row.kind.clone()),
            opts(&|row| row.uscc.clone()),
            opts(&|row| row.org_code.clone()),
            opts(&|row| row.registration_no.clone()),
            texts(&|row| row.region.clone()),
            opts(&|row| row.same_as.clone()),
            Arc::new(Int32Array::from_iter_values(rows.iter().map(|(id, _)| {
                i32::try_from(bucket_of(id, buckets)).unwrap_or(0)
            }))),
            Arc::new(Date32Array::from_iter_values(
                rows.iter().map(|(_, row)| row.name_decided_on.epoch()),
            )),
            Arc::new(BooleanArray::from_iter(
                rows.iter().map(|(_, row)| Some(row.minor)),
            )),
        ];
        RecordBatch::try_new(schema::subjects(), columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, on: i32) -> SubjectRow {
        SubjectRow {
            name: name.to_owned(),
            kind: "法人及非法人组织".to_owned(),
            uscc: None,
            org_code: None,
            registration_no: None,
            region: "500112".to_owned(),
            same_as: None,
            name_decided_on: Day::from_epoch(on),
            minor: false,
        }
    }

    #[test]
    fn the_latest_record_gives_the_name_whatever_the_order() {
        let mut there = Subjects::default();
        let mut back = Subjects::default();
        let rows = [row("甲", 1), row("乙", 3), row("丙", 3), row("丁", 2)];
        for one in &rows {
            there.add("x", one.clone());
        }
        for one in rows.iter().rev() {
            back.add("x", one.clone());
        }
        assert_eq!(there.0, back.0);
        assert_eq!(there.0["x"].name, row("乙", 3).name.max(row("丙", 3).name));
    }

    #[test]
    fn the_table_survives_a_round_trip() {
        let mut subjects = Subjects::default();
        subjects.add("org:192203821", row("甲", 1));
        let again = Subjects::of(&subjects.batch(64).unwrap()).unwrap();
        assert_eq!(again.0, subjects.0);
    }

    #[test]
    fn aliases_point_at_the_only_body_that_claims_them() {
        let body = |code: &str| SubjectRow {
            uscc: Some(code.to_owned()),
            org_code: Some("192203821".to_owned()),
            registration_no: Some("440301103097413".to_owned()),
            ..row("甲", 1)
        };
        let mut subjects = Subjects::default();
        subjects.add("914403001922038216", body("914403001922038216"));
        subjects.add(
            "org:192203821",
            SubjectRow {
                org_code: Some("192203821".to_owned()),
                ..row("甲", 1)
            },
        );
        subjects.add(
            "reg:440301103097413",
            SubjectRow {
                registration_no: Some("440301103097413".to_owned()),
                ..row("甲", 1)
            },
        );
        subjects.link();
        for alias in ["org:192203821", "reg:440301103097413"] {
            assert_eq!(
                subjects.0[alias].same_as.as_deref(),
                Some("914403001922038216")
            );
        }
        subjects.add("914403001922038999", body("914403001922038999"));
        subjects.link();
        assert_eq!(subjects.0["org:192203821"].same_as, None);
    }
}
