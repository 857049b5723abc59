//! XML as a bounded tree.

use crate::codec::{Budget, Malformed};
use quick_xml::{
    Reader,
    escape::resolve_predefined_entity,
    events::{BytesStart, Event},
};

/// An element without its namespace.
#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    pub(super) text: String,
}

impl Element {
    /// Parses a document; its root element.
    pub(super) fn parse(body: &[u8], budget: &Budget) -> Result<Self, Malformed> {
        let broken =
            |e: &dyn std::fmt::Display| Malformed::new(format!("Could not parse the body as XML: {e}"));
        let text = std::str::from_utf8(body).map_err(|e| broken(&e))?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Element> = vec![Element::default()];
        loop {
            match reader.read_event().map_err(|e| broken(&e))? {
                Event::Start(start) => {
                    Budget::deeper(open.len())?;
                    open.push(Self::started(&start, budget)?);
                }
                Event::Empty(start) => {
                    let element = Self::started(&start, budget)?;
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::End(_) => {
                    let element = open.pop().unwrap_or_default();
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::Text(part) => {
                    let part = part.decode().map_err(|e| broken(&e))?;
                    push(&mut open, &part);
                }
                Event::CData(part) => {
                    let part = part.decode().map_err(|e| broken(&e))?;
                    push(&mut open, &part);
                }
                Event::GeneralRef(entity) => {
                    let resolved = match entity.resolve_char_ref().map_err(|e| broken(&e))? {
                        Some(c) => c.to_string(),
                        None => {
                            let name = entity.decode().map_err(|e| broken(&e))?;
                            resolve_predefined_entity(&name)
                                .ok_or_else(|| broken(&"unknown entity"))?
                                .to_owned()
                        }
                    };
                    push(&mut open, &resolved);
                }
                Event::DocType(_) => return Err(broken(&"a document type is not allowed")),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(mut document), true) if document.children.len() == 1 => {
                Ok(document.children.pop().unwrap_or_default())
            }
            _ => Err(broken(&"there must be one root element, and every element must end")),
        }
    }

    fn started(start: &BytesStart<'_>, budget: &Budget) -> Result<Self, Malformed> {
        budget.take(1)?;
        let broken =
            |e: &dyn std::fmt::Display| Malformed::new(format!("Could not parse the body as XML: {e}"));
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            budget.take(1)?;
            let attribute = attribute.map_err(|e| broken(&e))?;
            let key = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            let value = attribute.unescape_value().map_err(|e| broken(&e))?;
            attributes.push((key, value.into_owned()));
        }
        Ok(Self { name, attributes, ..Self::default() })
    }

    pub(super) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        // A prefix belongs to the document, not to the name.
        let local = name.rsplit(':').next().unwrap_or(name);
        self.children.iter().filter(move |child| child.name == local)
    }
}

fn push(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}
