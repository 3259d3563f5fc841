//! The schema of a type that serde reads, found by letting the type read from a source that answers every question and
//! writes down what was asked. So the schema cannot differ from the reader.
//!
//! A type is read once to see its fields, then once more per field with that field left out: where that fails, the field
//! is required. Choices with content are read once per alternative; the first alternative of such a choice must have content.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Value, json};

use super::DIALECT;

/// A type that refuses every answer; it reads its values in a way that this probe does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("find the schema of a file: {0}")]
pub struct ProbeError(String);

impl serde::de::Error for ProbeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// The schema of the files that `T` reads.
///
/// # Errors
/// When `T` reads its values in a way that the probe does not know.
pub fn schema_of<T: DeserializeOwned>(title: &str) -> Result<Value, ProbeError> {
    let mut whole = run::<T>(&Plan::default())?;
    // Every alternative of a choice is seen once; those inside one another in turn.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    while let Some((path, count)) = first_new(&whole, "", &seen) {
        for choice in 1..count {
            let mut plan = Plan::default();
            plan.choices.insert(path.clone(), choice);
            let other = run::<T>(&plan)?;
            merge(&mut whole, &other);
        }
        seen.insert(path, count);
    }
    let mut paths = Vec::new();
    fields(&whole, "", &BTreeMap::new(), &mut paths);
    let mut required = Vec::new();
    for (path, choices) in paths {
        let plan = Plan {
            choices,
            omit: Some(path.clone()),
        };
        if run::<T>(&plan).is_err() {
            required.push(path);
        }
    }
    let mut schema = written(&whole, "", &required);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), DIALECT.into());
        object.insert("title".to_owned(), title.into());
    }
    Ok(schema)
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Shape {
    #[default]
    Any,
    Bool,
    Integer,
    Number,
    Text,
    Date,
    /// One of these words.
    Words(Vec<&'static str>),
    List(Box<Shape>),
    /// Any keys, values of one shape.
    Map(Box<Shape>),
    Table(Vec<(&'static str, Shape)>),
    /// A table with one key, which says what stands in it.
    Tagged(Vec<(&'static str, Option<Shape>)>),
}

/// How to answer: which field to leave out, which alternative to take.
#[derive(Default)]
struct Plan {
    omit: Option<String>,
    choices: BTreeMap<String, usize>,
}

fn run<T: DeserializeOwned>(plan: &Plan) -> Result<Shape, ProbeError> {
    let shape = RefCell::new(Shape::Any);
    let probe = Probe {
        plan,
        path: String::new(),
        shape: &shape,
    };
    T::deserialize(probe)?;
    Ok(shape.into_inner())
}

/// Answers for the value at a path and writes its shape down.
struct Probe<'p> {
    plan: &'p Plan,
    path: String,
    shape: &'p RefCell<Shape>,
}

impl Probe<'_> {
    fn note(&self, shape: Shape) {
        *self.shape.borrow_mut() = shape;
    }
}

/// Reads an inner value at a path; gives back its shape.
fn inner<'de, S: DeserializeSeed<'de>>(
    plan: &Plan,
    path: String,
    seed: S,
) -> Result<(S::Value, Shape), ProbeError> {
    let shape = RefCell::new(Shape::Any);
    let value = seed.deserialize(Probe {
        plan,
        path,
        shape: &shape,
    })?;
    Ok((value, shape.into_inner()))
}

macro_rules! answer {
    ($($method:ident => $visit:ident($($value:expr)?), $shape:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
            self.note(Shape::$shape);
            visitor.$visit($($value)?)
        })*
    };
}

impl<'de> serde::Deserializer<'de> for Probe<'_> {
    type Error = ProbeError;

    answer! {
        deserialize_any => visit_str("none"), Any;
        deserialize_bool => visit_bool(false), Bool;
        deserialize_i8 => visit_i8(1), Integer;
        deserialize_i16 => visit_i16(1), Integer;
        deserialize_i32 => visit_i32(1), Integer;
        deserialize_i64 => visit_i64(1), Integer;
        deserialize_u8 => visit_u8(1), Integer;
        deserialize_u16 => visit_u16(1), Integer;
        deserialize_u32 => visit_u32(1), Integer;
        deserialize_u64 => visit_u64(1), Integer;
        deserialize_f32 => visit_f32(1.0), Number;
        deserialize_f64 => visit_f64(1.0), Number;
        deserialize_char => visit_char('x'), Text;
        deserialize_str => visit_str("x"), Text;
        deserialize_string => visit_str("x"), Text;
        deserialize_bytes => visit_bytes(b"x"), Text;
        deserialize_byte_buf => visit_bytes(b"x"), Text;
        deserialize_unit => visit_unit(), Any;
        deserialize_identifier => visit_str("x"), Text;
        deserialize_ignored_any => visit_unit(), Any;
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        let item = RefCell::new(Shape::Any);
        let value = visitor.visit_seq(One {
            plan: self.plan,
            path: format!("{}[]", self.path),
            shape: &item,
            left: true,
        })?;
        self.note(Shape::List(Box::new(item.into_inner())));
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ProbeError> {
        let item = RefCell::new(Shape::Any);
        let value = visitor.visit_map(One {
            plan: self.plan,
            path: format!("{}{{}}", self.path),
            shape: &item,
            left: true,
        })?;
        self.note(Shape::Map(Box::new(item.into_inner())));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        let shapes = RefCell::new(Vec::new());
        let value = visitor.visit_map(Fields {
            plan: self.plan,
            path: self.path.clone(),
            fields,
            next: 0,
            shapes: &shapes,
        })?;
        let mut shapes = shapes.into_inner();
        // Types of the toml library hide behind structs of such names: a date, and a value with its place.
        let shape = if name.contains("Datetime") {
            Shape::Date
        } else if name.contains("Spanned") {
            shapes.pop().map(|(_, shape)| shape).unwrap_or_default()
        } else {
            Shape::Table(shapes)
        };
        self.note(shape);
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        let taken = self.plan.choices.get(&self.path).copied().unwrap_or(0);
        let content = RefCell::new(None);
        let value = visitor.visit_enum(Chosen {
            plan: self.plan,
            path: self.path.clone(),
            variant: variants.get(taken).copied().unwrap_or(""),
            content: &content,
        })?;
        let content = content.into_inner();
        self.note(if content.is_none() && taken == 0 {
            Shape::Words(variants.to_vec())
        } else {
            let seen = |(i, name): (usize, &&'static str)| {
                (*name, if i == taken { content.clone() } else { None })
            };
            Shape::Tagged(variants.iter().enumerate().map(seen).collect())
        });
        Ok(value)
    }
}

/// One element of a list, or one key of a map.
struct One<'p> {
    plan: &'p Plan,
    path: String,
    shape: &'p RefCell<Shape>,
    left: bool,
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = ProbeError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ProbeError> {
        if !std::mem::take(&mut self.left) {
            return Ok(None);
        }
        let (value, shape) = inner(self.plan, self.path.clone(), seed)?;
        *self.shape.borrow_mut() = shape;
        Ok(Some(value))
    }
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = ProbeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ProbeError> {
        if !std::mem::take(&mut self.left) {
            return Ok(None);
        }
        seed.deserialize("x".into_deserializer()).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ProbeError> {
        let (value, shape) = inner(self.plan, self.path.clone(), seed)?;
        *self.shape.borrow_mut() = shape;
        Ok(value)
    }
}

/// The fields of a table in turn, without the one to leave out.
struct Fields<'p> {
    plan: &'p Plan,
    path: String,
    fields: &'static [&'static str],
    next: usize,
    shapes: &'p RefCell<Vec<(&'static str, Shape)>>,
}

impl Fields<'_> {
    fn path_of(&self, field: &str) -> String {
        format!("{}.{field}", self.path)
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = ProbeError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, ProbeError> {
        while let Some(field) = self.fields.get(self.next) {
            if self.plan.omit.as_ref() == Some(&self.path_of(field)) {
                self.next += 1;
                continue;
            }
            let key = BorrowedStrDeserializer::new(field);
            return seed.deserialize(key).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, ProbeError> {
        let field = self.fields.get(self.next).copied();
        let field = field.ok_or_else(|| ProbeError::custom("a value without a key"))?;
        self.next += 1;
        // The date of the toml library is the text of one hidden field.
        if field.contains("toml_private_datetime") {
            return seed.deserialize("2026-01-01".into_deserializer());
        }
        // The place of a value: its start and end are numbers, the value itself comes last.
        let hidden = field.starts_with("$__");
        let path = if hidden {
            self.path.clone()
        } else {
            self.path_of(field)
        };
        let (value, shape) = inner(self.plan, path, seed)?;
        self.shapes.borrow_mut().push((field, shape));
        Ok(value)
    }
}

/// One alternative of a choice.
struct Chosen<'p> {
    plan: &'p Plan,
    path: String,
    variant: &'static str,
    content: &'p RefCell<Option<Shape>>,
}

impl<'de, 'p> EnumAccess<'de> for Chosen<'p> {
    type Error = ProbeError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self), ProbeError> {
        let value = seed.deserialize(self.variant.into_deserializer())?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Chosen<'_> {
    type Error = ProbeError;

    fn unit_variant(self) -> Result<(), ProbeError> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, ProbeError> {
        let path = format!("{}:{}", self.path, self.variant);
        let (value, shape) = inner(self.plan, path, seed)?;
        *self.content.borrow_mut() = Some(shape);
        Ok(value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, ProbeError> {
        Err(ProbeError::custom("an alternative with several values"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ProbeError> {
        let shapes = RefCell::new(Vec::new());
        let value = visitor.visit_map(Fields {
            plan: self.plan,
            path: format!("{}:{}", self.path, self.variant),
            fields,
            next: 0,
            shapes: &shapes,
        })?;
        *self.content.borrow_mut() = Some(Shape::Table(shapes.into_inner()));
        Ok(value)
    }
}

/// The first choice with content that has not been followed yet, with the number of its alternatives.
fn first_new(shape: &Shape, path: &str, seen: &BTreeMap<String, usize>) -> Option<(String, usize)> {
    match shape {
        Shape::List(item) => first_new(item, &format!("{path}[]"), seen),
        Shape::Map(item) => first_new(item, &format!("{path}{{}}"), seen),
        Shape::Table(fields) => fields
            .iter()
            .find_map(|(name, shape)| first_new(shape, &format!("{path}.{name}"), seen)),
        Shape::Tagged(variants) if !seen.contains_key(path) => {
            Some((path.to_owned(), variants.len()))
        }
        Shape::Tagged(variants) => variants.iter().find_map(|(name, content)| {
            first_new(content.as_ref()?, &format!("{path}:{name}"), seen)
        }),
        _ => None,
    }
}

/// Takes over the alternatives that another reading has seen.
fn merge(whole: &mut Shape, other: &Shape) {
    match (whole, other) {
        (Shape::List(a), Shape::List(b)) | (Shape::Map(a), Shape::Map(b)) => merge(a, b),
        (Shape::Table(a), Shape::Table(b)) => {
            for (name, shape) in a {
                if let Some((_, other)) = b.iter().find(|(n, _)| n == name) {
                    merge(shape, other);
                }
            }
        }
        (Shape::Tagged(a), Shape::Tagged(b)) => {
            for ((_, own), (_, other)) in a.iter_mut().zip(b) {
                match (own, other) {
                    (Some(own), Some(other)) => merge(own, other),
                    (own @ None, Some(other)) => *own = Some(other.clone()),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

type Choices = BTreeMap<String, usize>;

/// Every field with the choices that lead to it.
fn fields(shape: &Shape, path: &str, choices: &Choices, found: &mut Vec<(String, Choices)>) {
    match shape {
        Shape::List(item) => fields(item, &format!("{path}[]"), choices, found),
        Shape::Map(item) => fields(item, &format!("{path}{{}}"), choices, found),
        Shape::Table(table) => {
            for (name, shape) in table {
                let path = format!("{path}.{name}");
                fields(shape, &path, choices, found);
                found.push((path, choices.clone()));
            }
        }
        Shape::Tagged(variants) => {
            for (place, (name, content)) in variants.iter().enumerate() {
                if let Some(content) = content {
                    let mut choices = choices.clone();
                    choices.insert(path.to_owned(), place);
                    fields(content, &format!("{path}:{name}"), &choices, found);
                }
            }
        }
        _ => {}
    }
}

/// A shape as JSON Schema.
fn written(shape: &Shape, path: &str, required: &[String]) -> Value {
    match shape {
        Shape::Any => json!({}),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Number => json!({ "type": "number" }),
        Shape::Text => json!({ "type": "string" }),
        Shape::Date => json!({ "type": "string", "format": "date" }),
        Shape::Words(words) => json!({ "type": "string", "enum": words }),
        Shape::List(item) => {
            json!({ "type": "array", "items": written(item, &format!("{path}[]"), required) })
        }
        Shape::Map(item) => {
            let values = written(item, &format!("{path}{{}}"), required);
            json!({ "type": "object", "additionalProperties": values })
        }
        Shape::Table(table) => {
            let mut properties = Map::new();
            let mut needed = Vec::new();
            for (name, shape) in table {
                let path = format!("{path}.{name}");
                properties.insert((*name).to_owned(), written(shape, &path, required));
                if required.contains(&path) {
                    needed.push(*name);
                }
            }
            json!({
                "type": "object", "properties": properties, "required": needed,
                "additionalProperties": false,
            })
        }
        Shape::Tagged(variants) => {
            let alternatives = variants.iter().map(|(name, content)| match content {
                None => json!({ "type": "string", "enum": [name] }),
                Some(content) => {
                    let content = written(content, &format!("{path}:{name}"), required);
                    let mut properties = Map::new();
                    properties.insert((*name).to_owned(), content);
                    json!({
                        "type": "object", "properties": properties, "required": [name],
                        "additionalProperties": false,
                    })
                }
            });
            json!({ "anyOf": alternatives.collect::<Vec<_>>() })
        }
    }
}
