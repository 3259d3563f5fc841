use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::scheme::known_shape;
use super::*;
use crate::rules::Pack;
use crate::rules::keys::KEYS;

#[test]
fn every_form_of_the_registry_has_a_shape() {
    for key in KEYS {
        assert!(known_shape(key).is_some(), "{key:?}");
    }
}

#[test]
fn enumerations_come_from_their_types_and_from_the_pack() {
    let schema = scheme_schema(&Pack::builtin());
    let row = &schema["$defs"]["row"];
    let kinds = &row["properties"]["penalty"]["anyOf"][0]["enum"];
    assert!(
        kinds.as_array().unwrap().contains(&json!("行政拘留")),
        "{kinds}"
    );
    let records = row["properties"]["kind"]["anyOf"][0]["enum"]
        .as_array()
        .unwrap();
    assert!(records.contains(&json!("event:环境事件")));
    let classes = schema["$defs"]["violation-pattern"]["enum"]
        .as_array()
        .unwrap();
    assert!(classes.contains(&json!("environment.water.*")));
    assert_eq!(row["required"], json!(["id"]));
    assert_eq!(
        schema["required"],
        json!(["scheme", "records", "subjects", "band"])
    );
    assert_eq!(row["additionalProperties"], json!(false));
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
    Green,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "only read")]
enum Act {
    Paint(Paint),
    Wash(Wash),
    Rest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Paint {
    colour: Colour,
    coats: Option<u16>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct Wash {
    on: toml::value::Datetime,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Sample {
    id: toml::Spanned<String>,
    #[serde(default)]
    done: bool,
    #[serde(rename = "act")]
    acts: Vec<toml::Spanned<Act>>,
    grades: BTreeMap<String, Vec<String>>,
}

#[test]
fn a_type_is_asked_what_it_reads() {
    let table = |properties: serde_json::Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false});
    let paint = table(
        json!({"colour": {"type": "string", "enum": ["red", "green"]}, "coats": {"type": "integer"}}),
        &["colour"],
    );
    let wash = table(json!({"on": {"type": "string", "format": "date"}}), &["on"]);
    let mut wanted = table(
        json!({
            "id": {"type": "string"},
            "done": {"type": "boolean"},
            "act": {"type": "array", "items": {"anyOf": [
                table(json!({"paint": paint}), &["paint"]),
                table(json!({"wash": wash}), &["wash"]),
                {"type": "string", "enum": ["rest"]},
            ]}},
            "grades": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        }),
        &["id", "act", "grades"],
    );
    wanted["$schema"] = DIALECT.into();
    wanted["title"] = "样例".into();
    assert_eq!(schema_of::<Sample>("样例").unwrap(), wanted);
}
