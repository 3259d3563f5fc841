//! The schema of scheme files, from the registry of keys.

use serde_json::{Map, Value, json};

use super::DIALECT;
use crate::record::{EventKind, PenaltyKind, SubjectKind};
use crate::rules::keys::{KEYS, Key, Table};
use crate::rules::pack::Pack;

/// The schema of a scheme file. Classes of violations come from the pack; without a class tree any text is one.
#[must_use]
pub fn scheme_schema(pack: &Pack) -> Value {
    let classes = crate::rules::check::class_ids(pack);
    let patterns = patterns(&classes);
    let mut definitions = Map::new();
    for table in Table::ALL {
        if !matches!(table, Table::Pack | Table::File) {
            definitions.insert(name(table).to_owned(), definition(table));
        }
    }
    definitions.insert("violation-pattern".to_owned(), patterns);
    let mut schema = definition(Table::File);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), DIALECT.into());
        object.insert(
            "title".to_owned(),
            "信衡评价方案文件（一个方案的一个版本）".into(),
        );
        object.insert("$defs".to_owned(), Value::Object(definitions));
    }
    schema
}

/// A table: its keys and no others.
fn definition(table: Table) -> Value {
    let keys: Vec<&Key> = KEYS.iter().filter(|key| key.table == table).collect();
    let mut properties = Map::new();
    for key in &keys {
        let mut value = shape(key);
        if let Some(object) = value.as_object_mut() {
            object.insert("description".to_owned(), key.doc.into());
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = keys
        .iter()
        .filter(|k| is_required(k))
        .map(|k| k.name)
        .collect();
    json!({
        "type": "object",
        "description": table.written(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// The registry says so at the end of a key's meaning; "Required unless …" is for the loader to judge.
fn is_required(key: &Key) -> bool {
    key.doc.ends_with("Required.")
}

fn name(table: Table) -> &'static str {
    match table {
        Table::Pack => "pack",
        Table::File => "file",
        Table::Scheme => "scheme",
        Table::InForce => "in_force",
        Table::Inherits => "inherits",
        Table::Records => "records",
        Table::Subjects => "subjects",
        Table::Score => "score",
        Table::Cycle => "cycle",
        Table::Time => "time",
        Table::RepairShare => "repair_share",
        Table::Band => "band",
        Table::Group => "group",
        Table::Indicator => "indicator",
        Table::Row => "row",
        Table::Supervision => "supervision",
    }
}

fn reference(definition: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{definition}") })
}

/// One value, or a list of them; an empty list is refused by the loader.
fn one_or_many(item: &Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item, "minItems": 1 }] })
}

fn text() -> Value {
    json!({ "type": "string", "minLength": 1 })
}

fn pattern(pattern: &str, examples: &[&str]) -> Value {
    json!({ "type": "string", "pattern": pattern, "examples": examples })
}

fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> Value {
    json!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

/// The value of a key, from the form that the registry states.
fn shape(key: &Key) -> Value {
    known_shape(key).unwrap_or_else(|| json!({}))
}

/// `None` for a form that no arm knows; a test refuses that.
pub(super) fn known_shape(key: &Key) -> Option<Value> {
    let months = "[1-9][0-9]* (months?|years?)";
    Some(match key.form {
        "text" | "grade" | "scheme name" => text(),
        "text or list"
        | "texts"
        | "row ids"
        | "grades"
        | "list of scheme names"
        | "list of indicator ids" => one_or_many(&text()),
        "table" => reference(key.name),
        "tables" => one_or_many(&reference(key.name)),
        "list of rows" => one_or_many(&reference("row")),
        "number" => json!({ "type": "number" }),
        "number, 0 to 100" => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
        "whole number" => json!({ "type": "integer" }),
        "true | false" => json!({ "type": "boolean" }),
        "date" => json!({ "type": "string", "format": "date" }),
        "status" => pattern("^(verified|provisional.*)$", &["provisional", "verified"]),
        "interval" | "interval, 万元" => {
            pattern("^[\\[(].*[,，].*[\\])]$", &["(0,5]", "[80,100)", "(5,)"])
        }
        "join" => pattern(
            "^((sum|max|first|once)(-per-(record|case|month|subject)([,，] *(sum|max|first|once))?)?)$",
            &["sum", "max", "max-per-case, sum"],
        ),
        "window"
        | "previous-year | current-year | rolling n months | always | current- or previous- with month, quarter or half-year" => {
            pattern(
                &format!(
                    "^(always|(current|previous)-(month|quarter|half-year|year)|rolling {months})$"
                ),
                &[
                    "previous-year",
                    "current-year",
                    "rolling 12 months",
                    "always",
                    "previous-quarter",
                ],
            )
        }
        "yearly | half-yearly | quarterly | monthly | list of MM-DD" => one_or_many(&pattern(
            "^(yearly|half-yearly|quarterly|monthly|[0-9]{1,2}-[0-9]{1,2})$",
            &["half-yearly", "04-30"],
        )),
        "n days | n months | same-year | next-year | any" => pattern(
            &format!("^([0-9]+ days?|{months}|same-year|next-year|any)$"),
            &["30 days", "same-year", "any"],
        ),
        "list of { within, gives_back }" => one_or_many(&reference("repair_share")),
        "n months" => pattern(&format!("^{months}$"), &["12 months"]),
        "whole number, 0 to 100" => json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
        "row id" => text(),
        "true" => json!({ "const": true }),
        "anchor" | "repair" => {
            let stated = KEYS
                .iter()
                .find(|k| k.table == Table::Time && k.name == key.form)?;
            alternatives(stated.form)?
        }
        "GB/T 2260 code" => pattern("^[0-9]{6}$", &["500000"]),
        "GB/T 2260 prefixes" => one_or_many(&text()),
        "default-grade:X | not-rated" => pattern(
            "^(not-rated|default-grade:.+)$",
            &["not-rated", "default-grade:A"],
        ),
        "class patterns" => one_or_many(&reference("violation-pattern")),
        "penalty kinds" => one_or_many(&words(PenaltyKind::ALL.iter().map(|kind| kind.zh()))),
        "subject kinds" | "法人及非法人组织 | 个体工商户 | 自然人" => {
            one_or_many(&words(SubjectKind::ALL.iter().map(|kind| kind.zh())))
        }
        "penalty | license | event:NAME" => {
            let events = EventKind::ALL
                .iter()
                .map(|kind| format!("event:{}", kind.zh()));
            let kinds = ["penalty", "license"].map(str::to_owned).into_iter();
            let all: Vec<String> = kinds.chain(events).collect();
            one_or_many(&words(all.iter().map(String::as_str)))
        }
        "citations" => one_or_many(&text()),
        "n months | from-record | from-record, else n months | unlimited" => pattern(
            &format!("^(unlimited|permanent|from-record(, *else {months})?|{months})$"),
            &[
                "6 months",
                "3 years",
                "from-record",
                "from-record, else 36 months",
                "unlimited",
            ],
        ),
        "n days" => pattern("^[0-9]+ days?$", &["15 days"]),
        form => {
            let one = alternatives(form)?;
            // The states of a row are a list; every other choice is one word.
            if key.table == Table::Row && key.name == "state" {
                one_or_many(&one)
            } else {
                one
            }
        }
    })
}

/// `deduct | accumulate` → those words; `None` when the form is no list of words.
fn alternatives(form: &str) -> Option<Value> {
    let found: Vec<&str> = form.split(" | ").collect();
    let word = |text: &&str| {
        text.bytes()
            .all(|b| b.is_ascii_lowercase() || b == b'-' || b == b'_')
    };
    (found.len() > 1 && found.iter().all(word)).then(|| words(found))
}

/// A class of the tree, or one with everything below it.
fn patterns(classes: &[String]) -> Value {
    if classes.is_empty() {
        return text();
    }
    let below = classes.iter().map(|class| format!("{class}.*"));
    let all: Vec<String> = classes.iter().cloned().chain(below).collect();
    words(all.iter().map(String::as_str))
}
