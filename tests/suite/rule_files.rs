//! What a user sees of `rules schema` and `rules diff`: the shipped files fit their schemas, wrong ones do not; a
//! difference is told in words.

use serde_json::{Map, Value};
use xinheng::rules::Pack;
use xinheng::run::FileKind;

use super::made::World;

/// A file as an editor sees it: TOML as JSON, days as texts.
fn as_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(day) => day.to_string().into(),
        toml::Value::Array(list) => list.into_iter().map(as_json).collect::<Vec<_>>().into(),
        toml::Value::Table(table) => Value::Object(
            table
                .into_iter()
                .map(|(key, value)| (key, as_json(value)))
                .collect::<Map<_, _>>(),
        ),
    }
}

fn parsed(text: &str) -> Value {
    as_json(toml::Value::Table(text.parse().unwrap()))
}

/// What does not fit: type, enum, required, additionalProperties, items, anyOf, $ref. Patterns are left to editors.
fn misfits(value: &Value, schema: &Value, root: &Value, place: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let pointer = name.strip_prefix('#').unwrap();
        return misfits(value, root.pointer(pointer).unwrap(), root, place);
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        let mut all: Vec<Vec<String>> = choices
            .iter()
            .map(|one| misfits(value, one, root, place))
            .collect();
        all.sort_by_key(Vec::len);
        return if all[0].is_empty() {
            Vec::new()
        } else {
            all.concat()
        };
    }
    let mut found = Vec::new();
    let fits = match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        None => true,
        Some(other) => panic!("the schema has a type {other}"),
    };
    if !fits {
        return vec![format!("{place}: {value} is no {}", schema["type"])];
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        found.push(format!("{place}: {value} is none of the known words"));
    }
    if let Some(items) = value.as_array() {
        for (index, item) in items.iter().enumerate() {
            found.extend(misfits(
                item,
                &schema["items"],
                root,
                &format!("{place}[{index}]"),
            ));
        }
    }
    if let Some(table) = value.as_object() {
        for key in schema["required"].as_array().into_iter().flatten() {
            if !table.contains_key(key.as_str().unwrap()) {
                found.push(format!("{place}: {key} is missing"));
            }
        }
        for (key, value) in table {
            let known = schema["properties"].get(key);
            match (known, &schema["additionalProperties"]) {
                (Some(known), _) => {
                    found.extend(misfits(value, known, root, &format!("{place}.{key}")));
                }
                (None, Value::Bool(false)) => found.push(format!("{place}.{key}: unknown key")),
                (None, other @ Value::Object(_)) => {
                    found.extend(misfits(value, other, root, &format!("{place}.{key}")));
                }
                (None, _) => {}
            }
        }
    }
    found
}

fn check(kind: FileKind, text: &str) -> Vec<String> {
    let schema = kind.schema(&Pack::builtin()).unwrap();
    misfits(&parsed(text), &schema, &schema, "")
}

#[test]
fn every_shipped_file_fits_the_schema_of_its_kind() {
    let pack = Pack::builtin();
    let mut kinds = Vec::new();
    for (file, text) in pack.files() {
        let Some(kind) = FileKind::of(file) else {
            continue;
        };
        assert_eq!(check(kind, text), [""; 0], "{file}");
        kinds.push(kind);
    }
    for (name, kind) in FileKind::ALL {
        assert!(kinds.contains(&kind), "no shipped file is a {name}");
    }
}

#[test]
fn a_wrong_scheme_does_not_fit() {
    let text = Pack::builtin().files()["environment/chongqing-2021.toml"].clone();
    for (from, to, said) in [
        (
            "roster = \"required\"",
            "roster = \"required\"\nrooster = 1",
            ".subjects.rooster: unknown key",
        ),
        (
            "direction = \"deduct\"",
            "direction = \"reduce\"",
            ".score.direction: \"reduce\" is none of",
        ),
        (
            "penalty = \"罚款\"",
            "penalty = \"罚金\"",
            "\"罚金\" is none of",
        ),
        (
            "kind = \"event:环境事件\"",
            "kind = \"event:环保事件\"",
            "\"event:环保事件\" is none of",
        ),
        (
            "violation = [\"environment.*\"]",
            "violation = [\"enviroment.*\"]",
            "\"enviroment.*\" is none of",
        ),
        (
            "kinds = [\"法人及非法人组织\"",
            "kinds = [\"法人\"",
            "\"法人\" is none of",
        ),
        (
            "title = \"重庆市企业环境信用评价\"\n",
            "",
            ".scheme: \"title\" is missing",
        ),
        (
            "start = 100",
            "start = \"100\"",
            ".score.start: \"100\" is no \"number\"",
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let found = check(FileKind::Scheme, &text.replacen(from, to, 1));
        assert!(
            found.iter().any(|line| line.contains(said)),
            "{said}: {found:?}"
        );
    }
}

#[test]
fn wrong_files_of_other_kinds_do_not_fit() {
    let files = Pack::builtin().files().clone();
    for (file, from, to, said) in [
        (
            "measures/research.toml",
            "reduces_right = true",
            "reduces_right = \"yes\"",
            "\"yes\" is no \"boolean\"",
        ),
        (
            "measures/research.toml",
            "start_event =",
            "start_events =",
            "start_events: unknown key",
        ),
        (
            "incentives/chongqing.toml",
            "condition =",
            "conditions =",
            "\"condition\" is missing",
        ),
        (
            "publicity/order-58.toml",
            "min_months = 0",
            "",
            "\"min_months\" is missing",
        ),
        (
            "environment/chongqing-2021.cases.toml",
            "{ event = {",
            "{ evnt = {",
            ".evnt: unknown key",
        ),
        (
            "calendar/cn-2026.toml",
            "work = [2026-01-04]",
            "work = 1",
            "1 is no \"array\"",
        ),
        (
            "statutes/laws.toml",
            "level = \"法律\"",
            "level = \"章程\"",
            "is none of the known words",
        ),
    ] {
        let text = &files[file];
        assert!(text.contains(from), "{file} does not hold {from}");
        let found = check(FileKind::of(file).unwrap(), &text.replacen(from, to, 1));
        assert!(
            found.iter().any(|line| line.contains(said)),
            "{file}, {said}: {found:?}"
        );
    }
}

#[test]
fn the_command_prints_and_writes_schemas() {
    let world = World::empty();
    let said = world.call(&["rules", "schema"]);
    assert_eq!(said.code, 0, "{said:?}");
    let schema: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
    let said = world.call(&[
        "rules",
        "schema",
        "measures",
        "--out",
        "measures.schema.json",
    ]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    let text = std::fs::read_to_string(world.path("measures.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(world.call(&["rules", "schema", "measure"]).code, 2);
}

#[test]
fn two_folders_are_compared_in_words() {
    let world = World::empty();
    world.pack("old", &[]);
    world.pack(
        "new",
        &[(
            "environment/chongqing-2021.toml",
            "points = 3,",
            "points = 5,",
        )],
    );
    let said = world.call(&["rules", "diff", "old", "new"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(
        said.out,
        "方案 environment/chongqing-2021（重庆市企业环境信用评价）\n  指标 fines 的行 fine-to-5：扣分 3 → 5；依据不变\n\n\
         方案 environment/tongliang-2023（铜梁区企业环境信用差异化监管）\n  指标 fines 的行 fine-to-5：扣分 3 → 5；依据不变\n"
    );
    let said = world.call(&["rules", "diff", "builtin", "old"]);
    assert_eq!(
        (said.code, said.out.as_str()),
        (0, "没有实质差异\n"),
        "{said:?}"
    );
    let (one, other) = (
        "old/environment/chongqing-2021.toml",
        "new/environment/chongqing-2021.toml",
    );
    let said = world.call(&["rules", "diff", one, other]);
    assert!(said.out.contains("扣分 3 → 5"), "{said:?}");
    let said = world.call(&[
        "rules",
        "diff",
        "environment/chongqing-2021",
        "environment/ningxia-2025",
    ]);
    assert!(
        said.out
            .starts_with("方案 environment/chongqing-2021 → environment/ningxia-2025"),
        "{said:?}"
    );
    for wrong in [
        ["old", one],
        ["old", "nowhere.toml"],
        ["environment/nowhere", "environment/chongqing"],
    ] {
        let said = world.call(&["rules", "diff", wrong[0], wrong[1]]);
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{said:?}");
    }
    world.pack(
        "bad",
        &[(
            "environment/chongqing-2021.toml",
            "direction = \"deduct\"",
            "direction = \"up\"",
        )],
    );
    let said = world.call(&["rules", "diff", "old", "bad"]);
    assert_eq!(said.code, 2, "{said:?}");
    assert!(said.err.contains("RULE-S03"), "{said:?}");
}
