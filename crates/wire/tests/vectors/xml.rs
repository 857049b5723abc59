//! XML to compare: elements by their names, with what they hold.

use quick_xml::{Reader, escape::unescape, events::Event};
use tinderbox_wire::schema::{Kind, ServiceSchema};

/// An element. Text beside elements is white space, which says nothing.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    /// The root of a document; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => open.push(Self::started(&start)?),
                Event::Empty(start) => open.last_mut()?.children.push(Self::started(&start)?),
                Event::End(_) => {
                    let element = open.pop()?.settled();
                    open.last_mut()?.children.push(element);
                }
                Event::Text(part) => open.last_mut()?.text.push_str(&part.decode().ok()?),
                Event::CData(part) => open.last_mut()?.text.push_str(&part.decode().ok()?),
                Event::GeneralRef(name) => {
                    let whole = format!("&{};", name.decode().ok()?);
                    open.last_mut()?.text.push_str(&unescape(&whole).ok()?);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let mut document = open.pop().filter(|_| open.is_empty())?;
        (document.children.len() == 1).then(|| document.children.pop()).flatten()
    }

    fn started(start: &quick_xml::events::BytesStart<'_>) -> Option<Self> {
        let name = String::from_utf8_lossy(start.name().as_ref()).into_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            attributes.push((key, attribute.unescape_value().ok()?.into_owned()));
        }
        attributes.sort();
        Some(Self { name, attributes, ..Self::default() })
    }

    /// White space between elements says nothing.
    fn settled(mut self) -> Self {
        if !self.children.is_empty() || self.text.contains('\n') && self.text.trim().is_empty() {
            self.text.clear();
        }
        self
    }

    /// Whether there is a child called `name`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.children.iter().any(|child| child.name == name)
    }

    /// The element, without its children called `name`.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.children.retain(|child| child.name != name);
        self
    }

    /// The element, without the namespace of its own.
    pub(crate) fn outside_namespaces(mut self) -> Self {
        self.attributes.retain(|(name, _)| name != "xmlns");
        self
    }

    /// The element, every request id the same, members by their names and map entries by their keys. The order of
    /// a list's elements, which share a name, stays.
    pub(crate) fn comparable(mut self, schema: &ServiceSchema) -> Self {
        if matches!(self.name.as_str(), "RequestId" | "requestId") {
            self.text = "an id".into();
        }
        self.children = self.children.into_iter().map(|child| child.comparable(schema)).collect();
        self.children.sort_by_key(|child| (child.name.clone(), child.entry_key(schema)));
        self
    }

    /// The key, if this is an entry of one of the schema's maps.
    fn entry_key(&self, schema: &ServiceSchema) -> Option<String> {
        let key = schema.shapes.iter().find_map(|shape| match shape.kind {
            Kind::Map { key_name, .. } => self.children.iter().find(|child| child.name == key_name),
            _ => None,
        })?;
        Some(key.text.clone())
    }
}
