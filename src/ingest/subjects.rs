//! The `subjects` table: every body or person that a record speaks of, and which ids are the same body.

use std::collections::hash_map::Entry;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray as _, BooleanArray, Date32Array, Int32Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Date32Type};
use arrow::error::ArrowError;

use crate::record::{Day, Lookup, bucket_of, schema};

/// What one record says of its subject.
#[derive(Clone, Copy, Debug)]
pub(super) struct Said<'a> {
    pub(super) name: &'a str,
    pub(super) kind: &'a str,
    pub(super) uscc: Option<&'a str>,
    pub(super) org_code: Option<&'a str>,
    pub(super) registration_no: Option<&'a str>,
    pub(super) region: &'a str,
    pub(super) same_as: Option<&'a str>,
    pub(super) name_decided_on: Day,
    pub(super) minor: bool,
}

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

impl SubjectRow {
    fn of(said: &Said<'_>) -> SubjectRow {
        SubjectRow {
            name: said.name.to_owned(),
            kind: said.kind.to_owned(),
            uscc: said.uscc.map(str::to_owned),
            org_code: said.org_code.map(str::to_owned),
            registration_no: said.registration_no.map(str::to_owned),
            region: said.region.to_owned(),
            same_as: said.same_as.map(str::to_owned),
            name_decided_on: said.name_decided_on,
            minor: said.minor,
        }
    }

    /// What one more record says, see [`Subjects::add`].
    fn hear(&mut self, said: &Said<'_>) {
        /// Puts a text in place of another, without a new allocation where they are equal.
        fn put(place: &mut Option<String>, text: Option<&str>) {
            if place.as_deref() != text {
                *place = text.map(str::to_owned);
            }
        }
        let new = (said.name_decided_on, said.name, said.kind, said.region);
        let old = (
            self.name_decided_on,
            self.name.as_str(),
            self.kind.as_str(),
            self.region.as_str(),
        );
        let new_wins = new > old;
        if new_wins {
            self.name_decided_on = said.name_decided_on;
            for (place, text) in [
                (&mut self.name, said.name),
                (&mut self.kind, said.kind),
                (&mut self.region, said.region),
            ] {
                if place != text {
                    text.clone_into(place);
                }
            }
        }
        if said.uscc.is_some() && (new_wins || self.uscc.is_none()) {
            put(&mut self.uscc, said.uscc);
        }
        if said.same_as.is_some() && (new_wins || self.same_as.is_none()) {
            put(&mut self.same_as, said.same_as);
        }
        if said.org_code > self.org_code.as_deref() {
            put(&mut self.org_code, said.org_code);
        }
        if said.registration_no > self.registration_no.as_deref() {
            put(&mut self.registration_no, said.registration_no);
        }
        self.minor |= said.minor;
    }

    fn said(&self) -> Said<'_> {
        Said {
            name: &self.name,
            kind: &self.kind,
            uscc: self.uscc.as_deref(),
            org_code: self.org_code.as_deref(),
            registration_no: self.registration_no.as_deref(),
            region: &self.region,
            same_as: self.same_as.as_deref(),
            name_decided_on: self.name_decided_on,
            minor: self.minor,
        }
    }
}

/// Subjects by id, in no order: [`Subjects::table`] sorts.
#[derive(Debug, Default)]
pub struct Subjects(Lookup<String, SubjectRow>);

impl Subjects {
    /// The subjects that the store knows.
    ///
    /// # Errors
    ///
    /// The batch is not of the `subjects` table.
    pub fn of(batch: &RecordBatch) -> Result<Subjects, ArrowError> {
        let mut subjects = Subjects(Lookup::with_capacity_and_hasher(
            batch.num_rows(),
            Default::default(),
        ));
        subjects.hear(batch)?;
        Ok(subjects)
    }

    /// Adds what the store knows of some subjects; the result is the same before and after rows that speak of them.
    ///
    /// # Errors
    ///
    /// The batch is not of the `subjects` table.
    pub fn hear(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
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
        fn opt(array: &StringArray, row: usize) -> Option<&str> {
            array.is_valid(row).then(|| array.value(row))
        }
        for row in 0..batch.num_rows() {
            self.add(
                ids.value(row),
                &Said {
                    name: names.value(row),
                    kind: kinds.value(row),
                    uscc: opt(&usccs, row),
                    org_code: opt(&orgs, row),
                    registration_no: opt(&numbers, row),
                    region: regions.value(row),
                    same_as: opt(&same_as, row),
                    name_decided_on: Day::from_epoch(days.value(row)),
                    minor: minors.value(row),
                },
            );
        }
        Ok(())
    }

    /// Adds others, as if their rows had come here.
    pub fn join(&mut self, others: Subjects) {
        for (id, row) in others.0 {
            match self.0.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(row);
                }
                Entry::Occupied(mut place) => place.get_mut().hear(&row.said()),
            }
        }
    }

    /// Takes out those that may be joined to others.
    #[must_use]
    pub fn take_joinable(&mut self) -> Subjects {
        Subjects(self.0.extract_if(|id, _| Claims::concern(id)).collect())
    }

    /// Their ids, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// There is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is among them.
    pub fn holds(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Adds what one record says. The record with the latest day gives the name, ties by bytes; of
    /// several numbers the greatest by bytes stays, so that no order of records matters.
    pub(super) fn add(&mut self, id: &str, said: &Said<'_>) {
        match self.0.get_mut(id) {
            Some(row) => row.hear(said),
            None => {
                self.0.insert(id.to_owned(), SubjectRow::of(said));
            }
        }
    }

    /// Tells which codes and numbers the bodies with a credit code have.
    pub fn tell(&self, claims: &mut Claims) {
        for (id, row) in self.0.iter().filter(|(_, row)| row.uscc.is_some()) {
            claims.hear(id, row.org_code.as_deref(), row.registration_no.as_deref());
        }
    }

    /// Links `org:` and `reg:` ids to the one body whose code or number they are; nothing is linked when two bodies claim it.
    /// `claims` has heard every body that is not among these subjects.
    pub fn link(&mut self, mut claims: Claims) {
        self.tell(&mut claims);
        for (id, row) in self.0.iter().filter(|(id, _)| id.starts_with(ORG)) {
            let body = row.org_code.as_ref().and_then(|org| claims.by_org.get(org));
            let body = match body {
                Some(Claim::One(body)) => body.clone(),
                _ => id.clone(),
            };
            claims.hear(&body, None, row.registration_no.as_deref());
        }
        for (id, row) in &mut self.0 {
            let found = if id.starts_with(ORG) {
                row.org_code.as_ref().and_then(|org| claims.by_org.get(org))
            } else if id.starts_with(REG) {
                let number = row.registration_no.as_ref();
                number.and_then(|number| claims.by_number.get(number))
            } else {
                None
            };
            match found {
                None => {}
                Some(Claim::One(body)) => row.same_as = Some(body.clone()),
                // A body that claimed it earlier may have said a greater number since.
                Some(Claim::Nobody | Claim::Several) => row.same_as = None,
            }
        }
    }

    /// The whole table in the order of the ids, with ids of one body joined.
    ///
    /// # Errors
    ///
    /// The columns disagree with the schema (a bug of ours).
    pub fn table(mut self, buckets: u32) -> Result<RecordBatch, ArrowError> {
        self.link(Claims::on(&self));
        self.rows(0..buckets, buckets)
    }

    /// Rows of the table for a range of buckets, by id.
    ///
    /// # Errors
    ///
    /// The columns disagree with the schema (a bug of ours).
    pub fn rows(&self, range: Range<u32>, buckets: u32) -> Result<RecordBatch, ArrowError> {
        let mut rows: Vec<(&String, &SubjectRow)> = self
            .0
            .iter()
            .filter(|(id, _)| range.contains(&bucket_of(id, buckets)))
            .collect();
        rows.sort_unstable_by_key(|(id, _)| *id);
        let texts = |value: for<'a> fn(&'a SubjectRow) -> &'a str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(
                rows.iter().map(|(_, row)| value(row)),
            ))
        };
        let opts = |value: for<'a> fn(&'a SubjectRow) -> Option<&'a str>| -> ArrayRef {
            Arc::new(StringArray::from_iter(
                rows.iter().map(|(_, row)| value(row)),
            ))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|(id, _)| id))),
            texts(|row| &row.name),
            texts(|row| &row.kind),
            opts(|row| row.uscc.as_deref()),
            opts(|row| row.org_code.as_deref()),
            opts(|row| row.registration_no.as_deref()),
            texts(|row| &row.region),
            opts(|row| row.same_as.as_deref()),
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

/// Beginnings of the ids of bodies without a credit code.
const ORG: &str = "org:";
const REG: &str = "reg:";

/// Which bodies claim the organisation codes and registration numbers that ids without a credit code are made of.
#[derive(Debug, Default)]
pub struct Claims {
    by_org: Lookup<String, Claim>,
    by_number: Lookup<String, Claim>,
}

#[derive(Debug, Default)]
enum Claim {
    #[default]
    Nobody,
    One(String),
    Several,
}

impl Claims {
    /// The codes and numbers of those of the subjects that may be joined to others; nobody claims them yet.
    pub fn on(subjects: &Subjects) -> Claims {
        let mut claims = Claims::default();
        for (id, row) in &subjects.0 {
            let (place, key) = if id.starts_with(ORG) {
                (&mut claims.by_org, &row.org_code)
            } else if id.starts_with(REG) {
                (&mut claims.by_number, &row.registration_no)
            } else {
                continue;
            };
            if let Some(key) = key {
                place.insert(key.clone(), Claim::Nobody);
            }
        }
        claims
    }

    /// There is nothing to claim.
    pub fn is_empty(&self) -> bool {
        self.by_org.is_empty() && self.by_number.is_empty()
    }

    /// Whether one of these is a code or number of a subject that may be joined to others.
    pub fn asks(&self, org_code: Option<&str>, registration_no: Option<&str>) -> bool {
        org_code.is_some_and(|code| self.by_org.contains_key(code))
            || registration_no.is_some_and(|number| self.by_number.contains_key(number))
    }

    /// Whether a subject may be joined to another.
    pub fn concern(id: &str) -> bool {
        id.starts_with(ORG) || id.starts_with(REG)
    }

    /// A body with a credit code says which other numbers it has.
    pub fn hear(&mut self, body: &str, org_code: Option<&str>, registration_no: Option<&str>) {
        let org = org_code.and_then(|code| self.by_org.get_mut(code));
        let number = registration_no.and_then(|number| self.by_number.get_mut(number));
        for claim in org.into_iter().chain(number) {
            match claim {
                Claim::Nobody => *claim = Claim::One(body.to_owned()),
                Claim::One(one) if one != body => *claim = Claim::Several,
                Claim::One(_) | Claim::Several => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, on: i32) -> Said<'_> {
        Said {
            name,
            kind: "法人及非法人组织",
            uscc: None,
            org_code: None,
            registration_no: None,
            region: "500112",
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
            there.add("x", one);
        }
        for one in rows.iter().rev() {
            back.add("x", one);
        }
        assert_eq!(there.0, back.0);
        assert_eq!(there.0["x"].name, row("乙", 3).name.max(row("丙", 3).name));
    }

    #[test]
    fn the_table_survives_a_round_trip() {
        let mut subjects = Subjects::default();
        subjects.add("org:192203821", &row("甲", 1));
        let before = subjects.0.clone();
        let again = Subjects::of(&subjects.table(64).unwrap()).unwrap();
        assert_eq!(again.0, before);
    }

    #[test]
    fn aliases_point_at_the_only_body_that_claims_them() {
        fn body(code: &str) -> Said<'_> {
            Said {
                uscc: Some(code),
                org_code: Some("192203821"),
                registration_no: Some("440301103097413"),
                ..row("甲", 1)
            }
        }
        let mut subjects = Subjects::default();
        subjects.add("914403001922038216", &body("914403001922038216"));
        subjects.add(
            "org:192203821",
            &Said {
                org_code: Some("192203821"),
                ..row("甲", 1)
            },
        );
        subjects.add(
            "reg:440301103097413",
            &Said {
                registration_no: Some("440301103097413"),
                ..row("甲", 1)
            },
        );
        subjects.link(Claims::on(&subjects));
        for alias in ["org:192203821", "reg:440301103097413"] {
            assert_eq!(
                subjects.0[alias].same_as.as_deref(),
                Some("914403001922038216")
            );
        }
        subjects.add("914403001922038999", &body("914403001922038999"));
        subjects.link(Claims::on(&subjects));
        assert_eq!(subjects.0["org:192203821"].same_as, None);
    }

    /// A night holds the aliases; the bodies are heard from the store, in any share.
    #[test]
    fn bodies_of_the_store_claim_like_those_of_the_night() {
        let bodies = [
            ("914403001922038216", "192203821", "440301103097413"),
            ("914403001922038999", "192203899", "440301103097413"),
            ("914403001922037777", "192203777", "440301103097777"),
        ];
        let said = |org, number| Said {
            org_code: Some(org),
            registration_no: Some(number),
            ..row("甲", 1)
        };
        let aliases = || {
            let mut subjects = Subjects::default();
            // A body without a credit code claims its own number too.
            subjects.add("org:192203777", &said("192203777", "440301103091111"));
            for number in ["440301103097413", "440301103097777", "440301103091111"] {
                let alias = Said {
                    registration_no: Some(number),
                    ..row("甲", 1)
                };
                subjects.add(&format!("reg:{number}"), &alias);
            }
            subjects
        };
        let linked = |known: &[usize]| {
            let mut night = aliases();
            for (at, (code, org, number)) in bodies.iter().enumerate() {
                if !known.contains(&at) {
                    let body = Said {
                        uscc: Some(code),
                        ..said(org, number)
                    };
                    night.add(code, &body);
                }
            }
            let mut claims = Claims::on(&night);
            for at in known {
                let (code, org, number) = bodies[*at];
                claims.hear(code, Some(org), Some(number));
            }
            night.link(claims);
            let ids = aliases().0.into_keys();
            ids.map(|id| (id.clone(), night.0[&id].same_as.clone()))
                .collect()
        };
        let all: Lookup<String, Option<String>> = linked(&[]);
        let body = Some("914403001922037777".to_owned());
        assert_eq!(all["reg:440301103097413"], None);
        assert_eq!(all["reg:440301103097777"], body);
        assert_eq!(all["reg:440301103091111"], body);
        for known in [&[0][..], &[2], &[1, 0], &[0, 1, 2]] {
            assert_eq!(linked(known), all, "{known:?}");
        }
    }
}
