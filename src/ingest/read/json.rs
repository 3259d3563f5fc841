//! JSON: lines, one array, or an array wrapped in objects (`{"code":0,"data":{"list":[…]}}`), read as a stream.

use std::fmt;
use std::io::BufReader;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::decode::Text;
use super::keyed::{Fields, Records};
use super::{Chunk, RefusedCause};
use crate::ingest::normalise::plain_decimal;
use crate::standard::Standards;

/// Reads every value of a JSON stream.
pub(super) fn read(
    text: Text,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<(), RefusedCause> {
    let mut records = Records::new(standards, sink);
    read_values(BufReader::with_capacity(64 * 1024, text), &mut records)?;
    records.finish()
}

/// Reads the JSON inside another text (a CDATA section).
pub(super) fn read_nested(text: &str, records: &mut Records<'_>) -> Result<(), RefusedCause> {
    read_values(text.as_bytes(), records)
}

fn read_values<R: std::io::Read>(reader: R, records: &mut Records<'_>) -> Result<(), RefusedCause> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    let mut state = State {
        records,
        started: false,
        failed: None,
    };
    loop {
        state.started = false;
        let value = Top { state: &mut state }.deserialize(&mut json);
        match value {
            Ok(()) => {}
            Err(error) => {
                if let Some(cause) = state.failed.take() {
                    return Err(cause);
                }
                if error.is_eof() && !state.started {
                    return Ok(());
                }
                if error.is_io() {
                    return Err(RefusedCause::Io(error.to_string()));
                }
                let what = if error.is_eof() {
                    "内容在中途结束"
                } else {
                    "不是合法的JSON"
                };
                return Err(RefusedCause::Damaged(format!(
                    "第{}行第{}列{what}",
                    error.line(),
                    error.column()
                )));
            }
        }
    }
}

struct State<'s, 'r> {
    records: &'s mut Records<'r>,
    started: bool,
    failed: Option<RefusedCause>,
}

impl State<'_, '_> {
    fn push<E: serde::de::Error>(&mut self, fields: Fields) -> Result<(), E> {
        self.records.push(fields).map_err(|cause| {
            self.failed = Some(cause);
            E::custom("refused")
        })
    }
}

/// What a value outside of any record was.
enum Node {
    /// A number, a text, a truth value, or null (blank).
    Scalar(String),
    /// An object.
    Object(Found),
    /// An array; its first object, when its objects were not taken as records.
    List(Option<Fields>),
}

/// What an object held.
#[derive(Default)]
struct Found {
    /// Its plain values.
    own: Fields,
    /// The plain values of the objects in it.
    inner: Vec<Fields>,
    /// Whether there was an array in it, so that it may be a wrapper of nothing.
    has_list: bool,
}

/// A value of the stream's top level.
struct Top<'t, 's, 'r> {
    state: &'t mut State<'s, 'r>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let before = self.state.records.count();
        let node = Wrapper {
            state: &mut *self.state,
            is_top: true,
        }
        .deserialize(deserializer)?;
        let Node::Object(found) = node else {
            return Ok(());
        };
        let records = &mut *self.state.records;
        if records.is_record(&found.own) {
            return self.state.push(found.own);
        }
        if records.count() > before {
            return Ok(());
        }
        // One record wrapped in an object; else an empty wrapper; else unknown keys, which the refusal names.
        let inner = found.inner;
        let at = inner.iter().position(|fields| records.is_record(fields));
        match inner.into_iter().nth(at.unwrap_or(0)) {
            Some(fields) => self.state.push(fields),
            None if found.has_list => Ok(()),
            None => self.state.push(found.own),
        }
    }
}

/// A value in which the records are looked for.
struct Wrapper<'t, 's, 'r> {
    state: &'t mut State<'s, 'r>,
    is_top: bool,
}

impl<'de> DeserializeSeed<'de> for Wrapper<'_, '_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wrapper<'_, '_, '_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        self.state.started = true;
        let mut found = Found::default();
        while let Some(key) = map.next_key::<String>()? {
            let seed = Wrapper {
                state: &mut *self.state,
                is_top: false,
            };
            match map.next_value_seed(seed)? {
                Node::Scalar(text) => found.own.push((key, text)),
                Node::Object(nested) => {
                    found.inner.push(nested.own);
                    found.inner.extend(nested.inner);
                    found.has_list |= nested.has_list;
                }
                Node::List(first) => {
                    found.inner.extend(first);
                    found.has_list = true;
                }
            }
        }
        Ok(Node::Object(found))
    }

    /// The array of a wrapper holds records; an array inside a record (attachments) does not: its first object tells.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        self.state.started = true;
        let mut are_records = self.is_top;
        let mut blanks = 0;
        let mut other = None;
        while let Some(value) = seq.next_element::<Value>()? {
            let fields: Fields = match value {
                Value::Object(fields) => fields
                    .into_iter()
                    .map(|(key, value)| (key, text_of(value)))
                    .collect(),
                Value::Null => Fields::new(),
                _ if !are_records => continue,
                plain => {
                    self.state.failed = Some(RefusedCause::Unsupported(format!(
                        "JSON数组中的“{}”不是带列名的记录",
                        text_of(plain).chars().take(20).collect::<String>()
                    )));
                    return Err(A::Error::custom("refused"));
                }
            };
            if are_records {
                self.state.push(fields)?;
            } else if fields.is_empty() {
                blanks += 1;
            } else if other.is_none() && self.state.records.is_record(&fields) {
                are_records = true;
                for _ in 0..blanks {
                    self.state.push(Fields::new())?;
                }
                self.state.push(fields)?;
            } else if other.is_none() {
                other = Some(fields);
            }
        }
        Ok(Node::List(other))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Node, E> {
        self.scalar(text.to_owned())
    }

    fn visit_bool<E: serde::de::Error>(self, is: bool) -> Result<Node, E> {
        self.scalar(is.to_string())
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Node, E> {
        self.scalar(number.to_string())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Node, E> {
        self.scalar(number.to_string())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Node, E> {
        self.scalar(
            serde_json::Number::from_f64(number)
                .map(|number| plain_decimal(&number.to_string()))
                .unwrap_or_default(),
        )
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Node, E> {
        self.scalar(String::new())
    }
}

impl Wrapper<'_, '_, '_> {
    #[expect(
        clippy::unnecessary_wraps,
        reason = "every visitor method returns a Result"
    )]
    fn scalar<E>(self, text: String) -> Result<Node, E> {
        self.state.started = true;
        Ok(Node::Scalar(text))
    }
}

/// A value of a record as cell text: null blank, numbers without an exponent, nested values as JSON.
fn text_of(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Bool(is) => is.to_string(),
        Value::Number(number) => plain_decimal(&number.to_string()),
        nested => nested.to_string(),
    }
}
