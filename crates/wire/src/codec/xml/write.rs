//! Values to XML.

use crate::{
    Value,
    codec::{Scope, scalar},
    schema::{Kind, Member, ServiceSchema, Shape, ShapeId, TimestampFormat},
};

/// An XML document in the making.
#[derive(Debug)]
pub(crate) struct Writer {
    out: String,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned() }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }

    pub(crate) fn open(&mut self, name: &str) {
        self.open_in(name, None);
    }

    /// Opens an element whose names belong to `namespace`.
    pub(crate) fn open_in(&mut self, name: &str, namespace: Option<&str>) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            self.attribute("xmlns", namespace);
        }
        self.out.push('>');
    }

    pub(crate) fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.open(name);
        self.escape(text);
        self.close(name);
    }

    /// A structure as the element `name`.
    pub(crate) fn structure(&mut self, service: &ServiceSchema, name: &str, id: ShapeId, value: &Value) {
        self.element(service, name, service.shape(id), None, value, None);
    }

    /// A structure as the document's root.
    pub(crate) fn root(
        &mut self,
        service: &ServiceSchema,
        name: &str,
        id: ShapeId,
        scope: Scope,
        value: &Value,
    ) {
        let shape = service.shape(id);
        let Value::Struct(values) = value else { return };
        if scope == Scope::Everything {
            return self.element(service, name, shape, None, value, service.xml_namespace);
        }
        let here = shape.members().iter().zip(values);
        let here = here.map(|(m, v)| if m.in_response_body() { v.clone() } else { Value::Null });
        self.element(service, name, shape, None, &Value::Struct(here.collect()), service.xml_namespace);
    }

    /// One member of a structure; nothing if it is absent.
    pub(crate) fn member(&mut self, service: &ServiceSchema, member: &Member, value: &Value) {
        if value.is_null() || member.xml_attribute {
            return;
        }
        let shape = service.shape(member.shape);
        match (shape.kind, value) {
            (Kind::List { member: element, name }, Value::List(items)) if member.flattened => {
                let element = service.shape(element);
                for item in items {
                    self.element(service, name.unwrap_or(member.wire), element, None, item, None);
                }
            }
            (Kind::Map { .. }, Value::Map(entries)) if member.flattened => {
                for (key, item) in entries {
                    self.entry(service, member.wire, shape, key, item);
                }
            }
            _ => self.element(service, member.wire, shape, member.timestamp, value, None),
        }
    }

    fn element(
        &mut self,
        service: &ServiceSchema,
        name: &str,
        shape: &Shape,
        format: Option<TimestampFormat>,
        value: &Value,
        namespace: Option<&str>,
    ) {
        self.out.push('<');
        self.out.push_str(name);
        if let Some(namespace) = namespace {
            self.attribute("xmlns", namespace);
        }
        for (index, member) in shape.members().iter().enumerate().filter(|(_, m)| m.xml_attribute) {
            if let Some(text) = scalar::format(value.member(index), TimestampFormat::DateTime) {
                self.attribute(member.wire, &text);
            }
        }
        self.out.push('>');
        self.content(service, shape, format, value);
        self.close(name);
    }

    fn content(
        &mut self,
        service: &ServiceSchema,
        shape: &Shape,
        format: Option<TimestampFormat>,
        value: &Value,
    ) {
        match (shape.kind, value) {
            (Kind::Structure(members) | Kind::Union(members), _) => {
                for (index, member) in members.iter().enumerate() {
                    self.member(service, member, value.member(index));
                }
            }
            (Kind::List { member, name }, Value::List(items)) => {
                for item in items {
                    self.element(service, name.unwrap_or("member"), service.shape(member), None, item, None);
                }
            }
            (Kind::Map { .. }, Value::Map(entries)) => {
                for (key, item) in entries {
                    self.entry(service, "entry", shape, key, item);
                }
            }
            (kind, _) => {
                let own = if let Kind::Timestamp(own) = kind { own } else { None };
                let format = format.or(own).unwrap_or(TimestampFormat::DateTime);
                if let Some(text) = scalar::format(value, format) {
                    self.escape(&text);
                }
            }
        }
    }

    fn entry(&mut self, service: &ServiceSchema, name: &str, map: &Shape, key: &str, item: &Value) {
        let Kind::Map { value, key_name, value_name, .. } = map.kind else { return };
        self.open(name);
        self.text(key_name, key);
        self.element(service, value_name, service.shape(value), None, item, None);
        self.close(name);
    }

    fn attribute(&mut self, name: &str, text: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.escape(text);
        self.out.push('"');
    }

    /// Text with what XML gives a meaning to escaped; what XML cannot hold at all becomes U+FFFD.
    fn escape(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\r' => self.out.push_str("&#xD;"),
                '\n' => self.out.push_str("&#xA;"),
                '\t' => self.out.push('\t'),
                '\u{0}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => self.out.push('\u{FFFD}'),
                '\u{85}' => self.out.push_str("&#x85;"),
                '\u{2028}' => self.out.push_str("&#x2028;"),
                c => self.out.push(c),
            }
        }
    }
}
