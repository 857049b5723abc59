//! `$input`.

use super::{Given, texts};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use tinderbox_vtl::{Fault, Heap, JsonPath, Key, Object, Value};

/// A body and the parameters of a request.
pub(super) struct Input {
    body: Rc<str>,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    /// The body, once it was read as JSON.
    parsed: RefCell<Option<Value>>,
    no_json: Cell<bool>,
}

impl Input {
    pub(super) fn new(given: Given<'_>) -> Self {
        Self {
            // A body that is empty is shown as an empty object.
            body: if given.body.is_empty() {
                "{}".into()
            } else {
                String::from_utf8_lossy(given.body).into()
            },
            path: given.path.to_vec(),
            query: given.query.to_vec(),
            headers: given.headers.to_vec(),
            parsed: RefCell::default(),
            no_json: Cell::default(),
        }
    }

    /// Whether the body was to be read as JSON and is none.
    pub(super) fn is_no_json(&self) -> bool {
        self.no_json.get()
    }

    /// The body as JSON; one that is empty is an empty object.
    fn json(&self, heap: &mut Heap) -> Result<Value, Fault> {
        if let Some(parsed) = &*self.parsed.borrow() {
            return Ok(parsed.clone());
        }
        let body = if self.body.trim().is_empty() { "{}" } else { &self.body };
        let parsed = heap.parse_json(body.as_bytes()).inspect_err(|_| self.no_json.set(true))?;
        *self.parsed.borrow_mut() = Some(parsed.clone());
        Ok(parsed)
    }

    fn find(&self, path: &str, heap: &mut Heap) -> Result<Option<Value>, Fault> {
        let path = JsonPath::parse(path).map_err(|error| Fault::method(error.to_string()))?;
        let root = self.json(heap)?;
        path.find(heap, &root)
    }

    /// A parameter of the path, the query string or the headers, looked for in that order. Of several values of one
    /// name the last counts, as in events.
    fn param(&self, name: &str) -> Option<&str> {
        let found = self.path.iter().rfind(|(own, _)| own == name);
        let found = found.or_else(|| self.query.iter().rfind(|(own, _)| own == name));
        let found = found.or_else(|| self.headers.iter().rfind(|(own, _)| own.eq_ignore_ascii_case(name)));
        found.map(|(_, value)| value.as_str())
    }

    fn params(&self, heap: &mut Heap) -> Result<Value, Fault> {
        let mut groups = Vec::new();
        for (name, pairs) in [("path", &self.path), ("querystring", &self.query), ("header", &self.headers)] {
            let map = texts(heap, pairs.iter().map(|(name, value)| (name, value)))?;
            groups.push((Key::from(name), map));
        }
        heap.map(groups)
    }
}

impl Object for Input {
    fn property(&self, name: &str, _: &mut Heap) -> Result<Value, Fault> {
        Ok(if name == "body" { Value::Text(Rc::clone(&self.body)) } else { Value::Null })
    }

    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Fault> {
        match (name, arguments) {
            ("body" | "getBody", []) => Ok(Value::Text(Rc::clone(&self.body))),
            ("json", [Value::Text(path)]) => {
                // What is not there is an empty text, as JSON.
                let json = match self.find(path, heap)? {
                    Some(found) => heap.to_json(&found)?,
                    None => "\"\"".to_owned(),
                };
                heap.text(json)
            }
            ("path", [Value::Text(path)]) => Ok(self.find(path, heap)?.unwrap_or(Value::Null)),
            ("params", []) => self.params(heap),
            ("params", [Value::Text(name)]) => heap.text(self.param(name).unwrap_or_default()),
            _ => Ok(Value::Null),
        }
    }
}
