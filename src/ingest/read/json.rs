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
    /// An object that gave no record.
    Object(Fields, Vec<Fields>),
    /// An array, or an object that gave records.
    Taken,
}

/// A value of the stream's top level.
struct Top<'t, 's, 'r> {
    state: &'t mut State<'s, 'r>,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let node = Wrapper {
            state: &mut *self.state,
        }
        .deserialize(deserializer)?;
        if let Node::Object(own, inner) = node {
            // A record by itself (a line), or one wrapped in an object, or nothing known: then its keys are named in the refusal.
            if !self.state.records.is_record(&own)
                && let Some(fields) = inner
                    .into_iter()
                    .find(|fields| self.state.records.is_record(fields))
            {
                return self.state.push(fields);
            }
            return self.state.push(own);
        }
        Ok(())
    }
}

/// A value in which the records are looked for.
struct Wrapper<'t, 's, 'r> {
    state: &'t mut State<'s, 'r>,
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
        let mut own = Fields::new();
        let mut inner = Vec::new();
        let mut is_wrapper = false;
        while let Some(key) = map.next_key::<String>()? {
            match map.next_value_seed(Wrapper {
                state: &mut *self.state,
            })? {
                Node::Scalar(text) => own.push((key, text)),
                Node::Object(fields, deeper) => {
                    inner.push(fields);
                    inner.extend(deeper);
                }
                Node::Taken => is_wrapper = true,
            }
        }
        Ok(if is_wrapper {
            Node::Taken
        } else {
            Node::Object(own, inner)
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
        self.state.started = true;
        while let Some(value) = seq.next_element::<Value>()? {
            match value {
                Value::Object(fields) => {
                    let fields: Fields = fields
                        .into_iter()
                        .map(|(key, value)| (key, text_of(value)))
                        .collect();
                    self.state.push(fields)?;
                }
                Value::Null => self.state.push(Fields::new())?,
                // An array of arrays or of plain values holds no records that can be named.
                other => {
                    self.state.failed = Some(RefusedCause::Unsupported(format!(
                        "JSON数组中的“{}”不是带列名的记录",
                        text_of(other).chars().take(20).collect::<String>()
                    )));
                    return Err(A::Error::custom("refused"));
                }
            }
        }
        Ok(Node::Taken)
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
