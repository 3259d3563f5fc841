//! Reading `rules/standards/*.toml` into layouts.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Deserialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::record::{Day, RecordKind};

use super::fingerprint::header_key;
use super::recognise::{LayoutKeys, Standards};
use super::shape::{
    CarrierToml, ColumnToml, ConditionToml, DeriveToml, FieldsFile, ImpliedToml, LayoutToml,
    LayoutsFile, ListsFile,
};
use super::{
    Carrier, Column, ColumnType, Condition, Derivation, EnumValue, Enumeration, Field, FieldSet,
    Fill, ImpliedKind, Layout, Markers, Need, RowWords, Trust,
};

/// A mistake in `rules/standards/`.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StandardError {
    /// The rule pack has no such file.
    #[error("find the standards: {0} is not in the rule pack")]
    Missing(&'static str),
    /// A file is not valid TOML or has unknown keys; the message draws the line.
    #[error("read {file}: {source}")]
    Toml {
        /// The file.
        file: String,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// A file says something that cannot be.
    #[error("understand {file}: {what}")]
    Content {
        /// The file.
        file: String,
        /// What cannot be.
        what: String,
    },
}

/// Shared aliases: header key → field, for each kind of file.
struct Aliases {
    any: BTreeMap<String, Field>,
    of_kind: [BTreeMap<String, Field>; 3],
}

/// The place of a kind in [`Aliases::of_kind`].
const fn kind_index(kind: RecordKind) -> usize {
    match kind {
        RecordKind::Penalty => 0,
        RecordKind::License => 1,
        RecordKind::Event => 2,
    }
}

pub(super) fn load(files: &BTreeMap<String, String>) -> Result<Standards, StandardError> {
    let mut own: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for (path, text) in files {
        if let Some(at) = path.find("standards/")
            && path.ends_with(".toml")
        {
            own.insert(&path[at + "standards/".len()..], (path, text));
        }
    }
    let take = |name: &'static str| own.get(name).copied().ok_or(StandardError::Missing(name));
    let (path, text) = take("fields.toml")?;
    let fields: FieldsFile = parse(path, text)?;
    let (words, aliases) = read_fields(path, fields)?;
    let (path, text) = take("enumerations.toml")?;
    let lists = read_lists(path, parse(path, text)?)?;

    let mut pending: Vec<(&str, LayoutToml)> = Vec::new();
    for (name, (path, text)) in &own {
        if !matches!(*name, "fields.toml" | "enumerations.toml") {
            let file: LayoutsFile = parse(path, text)?;
            pending.extend(file.layout.into_iter().map(|layout| (*path, layout)));
        }
    }
    let layouts = read_layouts(pending, &lists)?;
    let aliases = with_names_of_layouts(aliases, &layouts);
    let layouts = layouts
        .into_iter()
        .map(|layout| keys_of(layout, &aliases))
        .collect();

    let mut digest = Sha256::new();
    for (name, (_, text)) in &own {
        for part in [*name, *text] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
    }
    let digest = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Standards {
        layouts,
        lists,
        words: Arc::new(words),
        digest,
    })
}

fn parse<T: for<'de> Deserialize<'de>>(file: &str, text: &str) -> Result<T, StandardError> {
    toml::from_str(text).map_err(|source| StandardError::Toml {
        file: file.to_owned(),
        source: Box::new(source),
    })
}

fn wrong(file: &str, what: impl Into<String>) -> StandardError {
    StandardError::Content {
        file: file.to_owned(),
        what: what.into(),
    }
}

fn field(file: &str, id: &str) -> Result<Field, StandardError> {
    Field::from_id(id).ok_or_else(|| wrong(file, format!("there is no field `{id}`")))
}

fn fields_of(file: &str, ids: &[String]) -> Result<Vec<Field>, StandardError> {
    ids.iter().map(|id| field(file, id)).collect()
}

fn day(file: &str, text: Option<&String>) -> Result<Option<Day>, StandardError> {
    text.map(|text| {
        Day::parse_iso(text).ok_or_else(|| wrong(file, format!("`{text}` is no day (YYYY-MM-DD)")))
    })
    .transpose()
}

fn read_fields(file: &str, toml: FieldsFile) -> Result<(RowWords, Aliases), StandardError> {
    let mut aliases = Aliases {
        any: BTreeMap::new(),
        of_kind: Default::default(),
    };
    for one in &toml.field {
        let of = field(file, &one.id)?;
        let [penalty, license, event] = &mut aliases.of_kind;
        for (names, map) in [
            (&one.any, &mut aliases.any),
            (&one.penalty, penalty),
            (&one.license, license),
            (&one.event, event),
        ] {
            for name in names {
                if let Some(other) = map.insert(header_key(name), of)
                    && other != of
                {
                    return Err(wrong(
                        file,
                        format!(
                            "`{name}` stands for both `{}` and `{}`",
                            other.id(),
                            of.id()
                        ),
                    ));
                }
            }
        }
    }
    let words = RowWords {
        instruction: toml.words.instruction,
        total: toml.words.total,
        example: toml.words.example,
        null: Markers::new(toml.words.null),
        null_as_text: fields_of(file, &toml.words.null_as_text)?
            .into_iter()
            .collect(),
        sensitive: toml.words.sensitive,
    };
    Ok((words, aliases))
}

fn read_lists(
    file: &str,
    toml: ListsFile,
) -> Result<BTreeMap<String, Arc<Enumeration>>, StandardError> {
    let mut lists = BTreeMap::new();
    for list in toml.list {
        let mut values = Vec::with_capacity(list.values.len());
        for value in list.values {
            values.push(EnumValue {
                since: day(file, value.since.as_ref())?,
                until: day(file, value.until.as_ref())?,
                value: value.value,
                aliases: value.aliases,
                must_name: value.must_name,
            });
        }
        let one = Enumeration {
            id: list.id.clone(),
            title: list.title,
            values,
            trust: list.trust.into(),
        };
        if lists.insert(list.id.clone(), Arc::new(one)).is_some() {
            return Err(wrong(file, format!("the list `{}` stands twice", list.id)));
        }
    }
    Ok(lists)
}

/// Builds the layouts in an order in which each finds the one it extends.
fn read_layouts(
    mut pending: Vec<(&str, LayoutToml)>,
    lists: &BTreeMap<String, Arc<Enumeration>>,
) -> Result<Vec<Arc<Layout>>, StandardError> {
    let mut order: Vec<String> = Vec::new();
    let mut built: BTreeMap<String, Layout> = BTreeMap::new();
    let mut editions: Vec<(String, Day, String)> = Vec::new();
    while !pending.is_empty() {
        let (ready, waiting): (Vec<_>, Vec<_>) = pending.into_iter().partition(|(_, toml)| {
            toml.extends
                .as_ref()
                .is_none_or(|base| built.contains_key(base))
        });
        if let ([], [(file, toml), ..]) = (ready.as_slice(), waiting.as_slice()) {
            return Err(wrong(
                file,
                format!("`{}` extends a layout that there is not", toml.id),
            ));
        }
        for (file, toml) in ready {
            let base = toml.extends.as_ref().and_then(|base| built.get(base));
            if let (Some(from), Some(base)) = (day(file, toml.same_header_from.as_ref())?, base) {
                editions.push((base.id.clone(), from, toml.id.clone()));
            } else {
                order.push(toml.id.clone());
            }
            let layout = read_layout(file, toml, base, lists)?;
            if let Some(twice) = built.insert(layout.id.clone(), layout) {
                return Err(wrong(
                    file,
                    format!("the layout `{}` stands twice", twice.id),
                ));
            }
        }
        pending = waiting;
    }
    for (base, from, later) in editions {
        if let Some(later) = built.remove(&later)
            && let Some(base) = built.get_mut(&base)
        {
            base.later = Some((from, Arc::new(later)));
        }
    }
    Ok(order
        .iter()
        .filter_map(|id| built.remove(id))
        .map(Arc::new)
        .collect())
}

fn read_layout(
    file: &str,
    toml: LayoutToml,
    base: Option<&Layout>,
    lists: &BTreeMap<String, Arc<Enumeration>>,
) -> Result<Layout, StandardError> {
    let drop = fields_of(file, &toml.drop)?;
    let mut columns: Vec<Column> = base.map(|base| base.columns.clone()).unwrap_or_default();
    columns.retain(|column| !drop.contains(&column.field));
    for column in toml.columns {
        let column = read_column(file, column, lists)?;
        match columns.iter_mut().find(|one| one.field == column.field) {
            Some(one) => *one = column,
            None => columns.push(column),
        }
    }
    let essentials = match &toml.essentials {
        Some(ids) => fields_of(file, ids)?,
        None => base.map(|base| base.essentials.clone()).unwrap_or_default(),
    };
    let any_filled = match &toml.any_filled {
        Some(groups) => groups
            .iter()
            .map(|group| fields_of(file, group))
            .collect::<Result<_, _>>()?,
        None => base.map(|base| base.any_filled.clone()).unwrap_or_default(),
    };
    let derive = match toml.derive {
        Some(rules) => rules
            .iter()
            .map(|rule| read_derivation(file, rule))
            .collect::<Result<_, _>>()?,
        None => base.map(|base| base.derive.clone()).unwrap_or_default(),
    };
    let implied_kind = match toml.implied_kind {
        Some(ImpliedToml::Column) => ImpliedKind::Column,
        Some(ImpliedToml::Person) => ImpliedKind::Person,
        Some(ImpliedToml::ByIdentifier) => ImpliedKind::ByIdentifier,
        None => base.map_or(ImpliedKind::Column, |base| base.implied_kind),
    };
    let carriers = toml
        .carriers
        .unwrap_or_else(|| vec![CarrierToml::Table])
        .into_iter()
        .map(Carrier::from)
        .collect();
    let fields: FieldSet = columns.iter().map(|column| column.field).collect();
    Ok(Layout {
        id: toml.id,
        version: toml.version,
        title: toml.title,
        kind: toml.kind.into(),
        source: toml.source,
        trust: toml.trust.into(),
        carriers,
        by_own_names: toml.by_own_names,
        columns,
        essentials,
        any_filled,
        implied_kind,
        derive,
        later: None,
        fields,
    })
}

fn read_column(
    file: &str,
    toml: ColumnToml,
    lists: &BTreeMap<String, Arc<Enumeration>>,
) -> Result<Column, StandardError> {
    let field = field(file, &toml.field)?;
    let conditions = |list: Vec<ConditionToml>| -> Result<Vec<Condition>, StandardError> {
        list.into_iter()
            .map(|one| read_condition(file, one))
            .collect()
    };
    let need: Need = toml.need.into();
    if (need == Need::Conditional) == toml.when.is_empty() {
        return Err(wrong(
            file,
            format!(
                "`{}`: `when` belongs to need = \"conditional\", and to nothing else",
                toml.name
            ),
        ));
    }
    let one_of = match &toml.one_of {
        None => None,
        Some(id) => Some(
            lists
                .get(id)
                .cloned()
                .ok_or_else(|| wrong(file, format!("there is no list `{id}`")))?,
        ),
    };
    Ok(Column {
        field,
        code: toml.code,
        name: toml.name,
        aliases: toml.aliases,
        kind: toml.kind.map_or(default_type(field), ColumnType::from),
        need,
        required_when: conditions(toml.when)?,
        blank_when: conditions(toml.blank_when)?,
        max_chars: toml.max,
        max_trust: toml.max_trust.map_or(Trust::Memory, Trust::from),
        need_trust: toml.need_trust.map_or(Trust::Memory, Trust::from),
        max_wan: toml.max_wan,
        one_of,
        many: toml.many,
        coded: toml.coded,
        may_miss: toml.may_miss,
    })
}

fn read_condition(file: &str, toml: ConditionToml) -> Result<Condition, StandardError> {
    Ok(Condition {
        subject_kind: toml.subject_kind,
        penalty_kind: toml.penalty_kind,
        placeholder_uscc: toml.placeholder_uscc,
        filled: fields_of(file, &toml.filled)?,
        blank: fields_of(file, &toml.blank)?,
        says: toml.says,
    })
}

fn read_derivation(file: &str, toml: &DeriveToml) -> Result<Derivation, StandardError> {
    let to = field(file, &toml.to)?;
    let one = |id: &String| field(file, id);
    let fill = match (
        &toml.join,
        &toml.first_of,
        &toml.constant,
        &toml.from_yuan,
        &toml.fine_in,
        &toml.confiscated_in,
    ) {
        (Some(ids), None, None, None, None, None) => Fill::Join(fields_of(file, ids)?),
        (None, Some(ids), None, None, None, None) => Fill::FirstOf(fields_of(file, ids)?),
        (None, None, Some(text), None, None, None) => {
            let filled = toml
                .filled
                .as_ref()
                .ok_or_else(|| wrong(file, "`constant` needs `filled`"))?;
            Fill::Constant(text.clone(), one(filled)?)
        }
        (None, None, None, Some(id), None, None) => Fill::FromYuan(one(id)?),
        (None, None, None, None, Some(id), None) => Fill::AmountInText(one(id)?, true),
        (None, None, None, None, None, Some(id)) => Fill::AmountInText(one(id)?, false),
        _ => {
            return Err(wrong(
                file,
                format!("`{}` is derived in no way or in several", toml.to),
            ));
        }
    };
    Ok(Derivation { to, fill })
}

/// Adds the codes and names of every layout to the shared aliases of its kind, so that a column which another version brings is
/// known too.
fn with_names_of_layouts(mut aliases: Aliases, layouts: &[Arc<Layout>]) -> Aliases {
    for layout in layouts.iter().filter(|layout| !layout.by_own_names) {
        let map = &mut aliases.of_kind[kind_index(layout.kind)];
        for column in &layout.columns {
            for text in [&column.code, &column.name] {
                let key = header_key(text);
                if !key.is_empty() && !aliases.any.contains_key(&key) {
                    map.entry(key).or_insert(column.field);
                }
            }
        }
    }
    aliases
}

/// The header keys of a layout: its own codes, names and aliases first, then the shared aliases.
fn keys_of(layout: Arc<Layout>, aliases: &Aliases) -> LayoutKeys {
    let mut keys: HashMap<String, (Field, u8)> = HashMap::new();
    let mut add = |key: String, field: Field, rank: u8| {
        if !key.is_empty() {
            keys.entry(key).or_insert((field, rank));
        }
    };
    for column in &layout.columns {
        add(header_key(&column.code), column.field, 0);
    }
    for column in &layout.columns {
        add(header_key(&column.name), column.field, 1);
    }
    for column in &layout.columns {
        column
            .aliases
            .iter()
            .for_each(|alias| add(header_key(alias), column.field, 2));
    }
    let shared = [&aliases.of_kind[kind_index(layout.kind)], &aliases.any];
    for is_own in [true, false] {
        for (key, field) in shared.into_iter().flatten() {
            if layout.fields.contains(*field) == is_own {
                add(key.clone(), *field, if is_own { 3 } else { 4 });
            }
        }
    }
    let mut names: Vec<(String, Field)> = keys
        .iter()
        .filter(|(_, (_, rank))| *rank <= 3)
        .map(|(key, (field, _))| (key.clone(), *field))
        .collect();
    names.sort();
    LayoutKeys {
        layout,
        keys,
        names,
    }
}

const fn default_type(field: Field) -> ColumnType {
    match field {
        Field::Uscc | Field::AuthorityCode | Field::SourceUnitCode | Field::LinkedUnit => {
            ColumnType::Uscc
        }
        Field::OrgCode => ColumnType::OrgCode,
        Field::RegistrationNo => ColumnType::RegistrationNo,
        Field::CitizenNo => ColumnType::CitizenId,
        Field::IdNo | Field::LegalRepIdNo => ColumnType::IdNumber,
        Field::Fine | Field::Confiscated => ColumnType::AmountWan,
        Field::FineYuan | Field::ConfiscatedYuan => ColumnType::AmountYuan,
        Field::DecidedOn
        | Field::ValidFrom
        | Field::ValidUntil
        | Field::PublicityEndsOn
        | Field::OccurredOn
        | Field::EndsOn => ColumnType::Date,
        Field::SentAt | Field::ExportedAt => ColumnType::Timestamp,
        Field::TermMonths => ColumnType::Integer,
        _ => ColumnType::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "words = { instruction = [], total = [], example = [], null = [], null_as_text = [], sensitive = [] }\n";

    fn load_with(fields: &str, layouts: &str) -> String {
        let files = [
            ("standards/fields.toml", format!("{WORDS}{fields}")),
            ("standards/enumerations.toml", "list = []".to_owned()),
            ("standards/x.toml", layouts.to_owned()),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text)).into();
        match load(&files) {
            Ok(standards) => standards
                .layouts()
                .map(|layout| layout.id.clone())
                .collect(),
            Err(error) => error.to_string(),
        }
    }

    fn layout(rest: &str) -> String {
        format!(
            "[[layout]]\nid = \"X\"\nversion = \"X\"\ntitle = \"X\"\nkind = \"penalty\"\nsource = \"\"\ntrust = \"V\"\n{rest}"
        )
    }

    #[test]
    fn mistakes_are_named_with_their_file() {
        let field = "[[field]]\nid = \"uscc\"\nany = [\"代码\"]\n";
        assert_eq!(load_with(field, &layout("columns = []")), "X");
        for (fields, layouts, message) in [
            (
                "[[field]]\nid = \"nothing\"",
                layout("columns = []"),
                "understand standards/fields.toml: there is no field `nothing`",
            ),
            (
                "[[field]]\nid = \"uscc\"\nany = [\"代码\"]\n[[field]]\nid = \"org_code\"\nany = [\"代_码\"]\n",
                layout("columns = []"),
                "understand standards/fields.toml: `代_码` stands for both `uscc` and `org_code`",
            ),
            (
                field,
                layout("extends = \"Y\"\ncolumns = []"),
                "understand standards/x.toml: `X` extends a layout that there is not",
            ),
            (
                field,
                layout("columns = [{ field = \"uscc\", name = \"代码\", need = \"conditional\" }]"),
                "understand standards/x.toml: `代码`: `when` belongs to need = \"conditional\", and to nothing else",
            ),
            (
                field,
                layout(
                    "columns = [{ field = \"uscc\", name = \"代码\", need = \"optional\", one_of = \"y\" }]",
                ),
                "understand standards/x.toml: there is no list `y`",
            ),
        ] {
            assert_eq!(load_with(fields, &layouts), message);
        }
        let drawn = load_with(field, &layout("columns = []\ncolour = 1"));
        assert!(
            drawn.contains("line 9") && drawn.contains("colour"),
            "{drawn}"
        );
        assert_eq!(
            load(&BTreeMap::new()).err().map(|error| error.to_string()),
            Some("find the standards: fields.toml is not in the rule pack".to_owned())
        );
    }
}
