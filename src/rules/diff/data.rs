//! What differs between two files that are not schemes, key by key: calendars, statutes, measures, incentives, publicity,
//! classification, standards, cases.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

/// Longest text of one value in a line, in characters.
const LONGEST: usize = 120;

/// Keys by which the elements of a list are known, tried in this order; all of a set together name an element.
const IDENTITIES: [&[&str]; 11] = [
    &["id"],
    &["title", "version"],
    &["number", "version"],
    &["title"],
    &["field"],
    &["class"],
    &["value"],
    &["name"],
    &["number"],
    &["row"],
    &["law"],
];

/// Files that only one pack has, by what they are.
pub(super) fn file_list(
    old: &BTreeMap<String, String>,
    new: &BTreeMap<String, String>,
) -> Vec<(String, Vec<String>)> {
    let data = |(file, text): &(&String, &String)| !super::is_scheme(file, text);
    let only = |of: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
        let own = of.iter().filter(data);
        let own = own.filter(|(file, _)| !other.contains_key(*file));
        own.map(|(file, _)| file.clone()).collect()
    };
    let mut lines = Vec::new();
    lines.extend(
        only(new, old)
            .iter()
            .map(|file| format!("新增文件：{}", file_title(file))),
    );
    lines.extend(
        only(old, new)
            .iter()
            .map(|file| format!("删去文件：{}", file_title(file))),
    );
    vec![("规则文件".to_owned(), lines)]
}

/// `措施 measures/research.toml`.
pub(super) fn file_title(file: &str) -> String {
    let folder = file.split_once('/').map_or("", |(folder, _)| folder);
    let what = match folder {
        _ if file.ends_with(".cases.toml") => "案例",
        "calendar" => "工作日历",
        "statutes" => "法规登记",
        "measures" => "惩戒措施",
        "incentives" => "守信激励",
        "publicity" => "公示与修复",
        "classification" => "违法行为分类",
        "standards" => "数据标准",
        _ if file == "pack.toml" => "启用清单",
        _ => "文件",
    };
    format!("{what} {file}")
}

/// The differences of two texts of one file; empty when they say the same.
pub(super) fn file_differences(old: &str, new: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match (old.parse::<Table>(), new.parse::<Table>()) {
        (Ok(old), Ok(new)) => tables(&mut lines, "", &old, &new),
        // Both packs were accepted, so both can be read; a file that no room reads may be anything.
        _ => lines.push("内容有改动（不是TOML，未逐项比较）".to_owned()),
    }
    lines
}

fn tables(lines: &mut Vec<String>, path: &str, old: &Table, new: &Table) {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let place = join(path, &key_name(key));
        match (old.get(key), new.get(key)) {
            (Some(old), Some(new)) => values(lines, &place, old, new),
            (Some(gone), None) => lines.push(format!("{place}：删去，原为{}", shown(gone))),
            (None, Some(added)) => lines.push(format!("{place}：新增{}", shown(added))),
            (None, None) => {}
        }
    }
}

fn values(lines: &mut Vec<String>, place: &str, old: &Value, new: &Value) {
    match (old, new) {
        _ if old == new => {}
        (Value::Table(old), Value::Table(new)) => tables(lines, place, old, new),
        (Value::Array(old), Value::Array(new)) => lists(lines, place, old, new),
        _ => lines.push(format!("{place}：{} → {}", shown(old), shown(new))),
    }
}

fn lists(lines: &mut Vec<String>, place: &str, old: &[Value], new: &[Value]) {
    let keyed = IDENTITIES
        .iter()
        .find_map(|keys| Some((named(old, keys)?, named(new, keys)?)));
    let before = lines.len();
    if let Some((old, new)) = keyed {
        for (name, gone) in old.iter().filter(|(name, _)| !new.contains_key(*name)) {
            lines.push(format!("{place} {name}：删去，原为{}", shown(gone)));
        }
        for (name, value) in &new {
            match old.get(name) {
                Some(before) => values(lines, &format!("{place} {name}"), before, value),
                None => lines.push(format!("{place} {name}：新增{}", shown(value))),
            }
        }
    } else {
        let only = |of: &[Value], other: &[Value]| -> Vec<String> {
            let mut rest: Vec<&Value> = other.iter().collect();
            let mut own = Vec::new();
            for value in of {
                match rest.iter().position(|v| *v == value) {
                    Some(place) => drop(rest.swap_remove(place)),
                    None => own.push(shown(value)),
                }
            }
            own
        };
        let (gone, added) = (only(old, new), only(new, old));
        if !added.is_empty() {
            lines.push(format!("{place}：增加{}", added.join("、")));
        }
        if !gone.is_empty() {
            lines.push(format!("{place}：删去{}", gone.join("、")));
        }
    }
    if lines.len() == before {
        // The same elements in another order: the first of equals wins in several of these files.
        lines.push(format!("{place}：次序有改动"));
    }
}

/// Elements by name; `None` when one has none or two share one.
fn named<'v>(list: &'v [Value], keys: &[&str]) -> Option<BTreeMap<String, &'v Value>> {
    let mut found = BTreeMap::new();
    for value in list {
        let table = value.as_table()?;
        let parts: Option<Vec<String>> = keys
            .iter()
            .map(|key| {
                table
                    .get(*key)
                    .filter(|v| !v.is_table() && !v.is_array())
                    .map(shown)
            })
            .collect();
        if found.insert(parts?.join(" "), value).is_some() {
            return None;
        }
    }
    Some(found)
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path} 的{key}")
    }
}

/// A value in one line; a long one is cut and says so.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Boolean(true) => "是".to_owned(),
        Value::Boolean(false) => "否".to_owned(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join("、"),
        Value::Table(table) => {
            let pairs = table.iter();
            let pairs = pairs.map(|(key, value)| format!("{}：{}", key_name(key), shown(value)));
            format!("（{}）", pairs.collect::<Vec<_>>().join("，"))
        }
        other => other.to_string(),
    };
    if text.chars().count() > LONGEST {
        let head: String = text.chars().take(LONGEST).collect();
        return format!("{head}……（以下略）");
    }
    text
}

/// Keys in words where there is one; others stand as written.
fn key_name(key: &str) -> String {
    let words = match key {
        "active" => "启用方案",
        "articles" => "条文数",
        "authority_imposed" => "须由有权机关决定",
        "basis" => "依据",
        "body" => "实施主体",
        "case" => "案例",
        "category" => "类别",
        "class" => "违法行为类别",
        "classes" => "类别表",
        "columns" => "列",
        "condition" => "条件",
        "content" => "内容",
        "document" => "文件",
        "edition" => "版次",
        "exemption" => "免责项",
        "from" => "起始日",
        "grades" => "等级",
        "holiday" => "节日",
        "in_force_from" => "施行日",
        "incentive" => "激励",
        "keywords" => "关键词",
        "kinds" => "处罚类别",
        "layout" => "模板",
        "level" => "效力层级",
        "list" => "清单",
        "list_editions" => "清单版次",
        "max" => "最大长度",
        "max_months" => "最长月数",
        "measure" => "措施",
        "min_months" => "最短月数",
        "name" => "名称",
        "need" => "填报要求",
        "note" => "备注",
        "number" => "文号",
        "off" => "休息日",
        "published" => "公示",
        "reason" => "理由",
        "reduces_right" => "减损权益",
        "regime" => "办法",
        "row" => "行",
        "source" => "出处",
        "start_event" => "起算事件",
        "status" => "状态",
        "statutes" => "法规",
        "subject_kinds" => "主体类别",
        "target_role" => "对象",
        "term" => "期限",
        "tier" => "档",
        "title" => "名称",
        "to" => "截止日",
        "trigger_words" => "触发词",
        "values" => "取值",
        "version" => "版本",
        "work" => "调休上班日",
        "year" => "年份",
        other => return other.to_owned(),
    };
    words.to_owned()
}
