//! XML exchanges: ExchangeMessage/Header/Body/fields, Package/PackageHead/Data/Record, Request/Head/Body with the list in a CDATA section.
//!
//! An element whose leaves (or attributes) are columns of a layout is a record, whatever its name and depth. Elements of that name are
//! records from there on even when they are nearly empty.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::decode::Text;
use super::json;
use super::keyed::{Fields, Records};
use super::{Chunk, RefusedCause};
use crate::standard::Standards;

/// Elements that carry the column in an attribute: `<field name="CF_WSH">…</field>`.
const CARRIERS: [&str; 8] = [
    "field", "item", "column", "col", "property", "param", "data", "value",
];
const NAME_ATTRIBUTES: [&str; 5] = ["name", "code", "key", "field", "id"];

/// Reads the records of an XML file.
pub(super) fn read(
    text: Text,
    standards: &Standards,
    sink: &mut dyn FnMut(Chunk),
) -> Result<(), RefusedCause> {
    let mut records = Records::new(standards, sink);
    let mut state = State {
        names: BTreeSet::new(),
        depth: 0,
    };
    state.read(
        Reader::from_reader(BufReader::with_capacity(64 * 1024, text)),
        &mut records,
    )?;
    if records.count() == 0 {
        return Err(RefusedCause::Unsupported(
            "XML中没有带双公示列名（CF_、XK_ 开头）的记录".to_owned(),
        ));
    }
    records.finish()
}

struct State {
    /// Names of elements that were records.
    names: BTreeSet<String>,
    /// How deep in CDATA sections.
    depth: u8,
}

#[derive(Default)]
struct Element {
    name: String,
    attributes: Fields,
    text: String,
    has_cdata: bool,
    leaves: Fields,
    has_children: bool,
}

impl State {
    fn read<R: BufRead>(
        &mut self,
        mut xml: Reader<R>,
        records: &mut Records<'_>,
    ) -> Result<(), RefusedCause> {
        let mut stack: Vec<Element> = Vec::new();
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            let event = xml.read_event_into(&mut buffer);
            let position = xml.buffer_position();
            let damaged =
                |what: &str| RefusedCause::Damaged(format!("XML第{position}字节处{what}"));
            match event.map_err(|_| damaged("不合语法"))? {
                Event::Start(start) => {
                    let element = element(&start);
                    check_root(&element, stack.is_empty())?;
                    if let Some(parent) = stack.last_mut() {
                        parent.has_children = true;
                    }
                    stack.push(element);
                }
                Event::Empty(start) => {
                    let element = element(&start);
                    if let Some(parent) = stack.last_mut() {
                        parent.has_children = true;
                    }
                    self.close(element, stack.last_mut(), records)?;
                }
                Event::End(_) => {
                    let Some(element) = stack.pop() else {
                        return Err(damaged("多出结束标记"));
                    };
                    self.close(element, stack.last_mut(), records)?;
                }
                Event::Text(text) => append(stack.last_mut(), &text.xml10_content(), false),
                Event::CData(text) => append(stack.last_mut(), &text.xml10_content(), true),
                Event::GeneralRef(reference) => {
                    append(stack.last_mut(), &resolve(&reference), false);
                }
                Event::Eof if stack.is_empty() => return Ok(()),
                Event::Eof => return Err(damaged("中途结束")),
                _ => {}
            }
        }
    }

    fn close(
        &mut self,
        element: Element,
        parent: Option<&mut Element>,
        records: &mut Records<'_>,
    ) -> Result<(), RefusedCause> {
        let text = element.text.trim();
        if element.has_cdata && self.depth < 4 {
            match text.chars().next() {
                Some('<') => {
                    self.depth += 1;
                    let wrapped = format!("<cdata>{}</cdata>", without_declaration(text));
                    self.read(Reader::from_reader(wrapped.as_bytes()), records)?;
                    self.depth -= 1;
                    return Ok(());
                }
                Some('[' | '{') => return json::read_nested(text, records),
                _ => {}
            }
        }
        let mut fields = element.attributes.clone();
        fields.extend(element.leaves.iter().cloned());
        if self.is_record(&element, &fields, records) {
            self.names.insert(element.name);
            return records.push(fields);
        }
        if let Some(parent) = parent
            && !element.has_children
        {
            parent.leaves.push(leaf(element));
        }
        Ok(())
    }

    fn is_record(&self, element: &Element, fields: &Fields, records: &mut Records<'_>) -> bool {
        let is_leaf = !element.has_children && element.attributes.is_empty();
        if is_leaf {
            return self.names.contains(&element.name) && element.text.trim().is_empty();
        }
        self.names.contains(&element.name)
            || fields.iter().any(|(key, _)| has_code(key))
            || (fields.len() >= 4 && records.is_record(fields))
    }
}

/// `CF_…` and `XK_…`, in any case.
fn has_code(key: &str) -> bool {
    key.get(..3)
        .is_some_and(|start| start.eq_ignore_ascii_case("cf_") || start.eq_ignore_ascii_case("xk_"))
}

fn element(start: &BytesStart<'_>) -> Element {
    let mut attributes = Fields::new();
    for attribute in start.attributes().flatten() {
        let key: &str = attribute.key.as_ref();
        if key != "xmlns" && !key.starts_with("xmlns:") && !key.starts_with("xsi:") {
            let value: &str = attribute.value.as_ref();
            attributes.push((
                key.to_owned(),
                unescape(value).map_or_else(|_| value.to_owned(), std::borrow::Cow::into_owned),
            ));
        }
    }
    let name: &str = start.local_name().into_inner();
    Element {
        name: name.to_owned(),
        attributes,
        ..Element::default()
    }
}

/// The column and value of a leaf.
fn leaf(element: Element) -> (String, String) {
    let is_carrier = CARRIERS
        .iter()
        .any(|carrier| element.name.eq_ignore_ascii_case(carrier));
    let attribute = |names: &[&str]| {
        element
            .attributes
            .iter()
            .find(|(key, _)| names.iter().any(|name| key.eq_ignore_ascii_case(name)))
            .map(|(_, value)| value.clone())
    };
    let text = element.text.trim().to_owned();
    match attribute(&NAME_ATTRIBUTES) {
        Some(column) if is_carrier => {
            let value = if text.is_empty() {
                attribute(&["value"]).unwrap_or_default()
            } else {
                text
            };
            (column, value)
        }
        _ => (element.name, text),
    }
}

fn append(element: Option<&mut Element>, text: &str, is_cdata: bool) {
    if let Some(element) = element {
        element.text.push_str(text);
        element.has_cdata |= is_cdata;
    }
}

fn resolve(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    match &*reference.xml10_content() {
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "amp" => "&".to_owned(),
        "apos" => "'".to_owned(),
        "quot" => "\"".to_owned(),
        "nbsp" => " ".to_owned(),
        other => format!("&{other};"),
    }
}

fn without_declaration(text: &str) -> &str {
    match text
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split_once("?>"))
    {
        Some((_, rest)) => rest,
        None => text,
    }
}

/// Web pages and XML workbooks that carry the extension of a spreadsheet.
fn check_root(element: &Element, is_root: bool) -> Result<(), RefusedCause> {
    let what = match element.name.to_ascii_lowercase().as_str() {
        "html" | "table" | "body" => "网页格式的表格",
        "workbook" => "XML格式的电子表格（2003）",
        _ => return Ok(()),
    };
    if is_root {
        Err(RefusedCause::Unsupported(format!(
            "{what}，请用电子表格软件打开后另存为XLSX"
        )))
    } else {
        Ok(())
    }
}
