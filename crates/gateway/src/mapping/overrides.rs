//! What templates set besides the body: `$context.requestOverride` and `$context.responseOverride`.

use serde_json::Value as Json;
use tinderbox_vtl::{Fault, Heap, Key, MapId, Value};

/// Parts of a request and an answer that a template set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// Headers of the request to the integration.
    pub(crate) request_headers: Vec<(String, String)>,
    /// Parameters of its query string.
    pub(crate) query: Vec<(String, String)>,
    /// Parameters of its path.
    pub(crate) path: Vec<(String, String)>,
    /// Headers of the answer.
    pub(crate) response_headers: Vec<(String, String)>,
    /// Its status.
    pub(crate) status: Option<u16>,
    /// `$context.requestOverride` and `$context.responseOverride` whole, with what is none of these.
    request: Json,
    response: Json,
}

/// What a request's overrides are made of, and an answer's.
const REQUEST: [&str; 3] = ["header", "querystring", "path"];
const RESPONSE: [&str; 1] = ["header"];

impl Overrides {
    /// Shows the next template what this one set.
    pub(crate) fn show(&self, context: &mut Json) {
        let Json::Object(context) = context else { return };
        for (name, set) in [("requestOverride", &self.request), ("responseOverride", &self.response)] {
            if !set.is_null() {
                context.insert(name.to_owned(), set.clone());
            }
        }
    }
}

/// Puts empty maps into `$context`, for templates to set what is in them, where there are none yet.
pub(super) fn prepare(heap: &mut Heap, context: &Value) -> Result<(), Fault> {
    let Value::Map(context) = context else { return Ok(()) };
    for (name, parts) in [("requestOverride", &REQUEST[..]), ("responseOverride", &RESPONSE)] {
        let overrides = ensure(heap, *context, name)?;
        for part in parts {
            ensure(heap, overrides, part)?;
        }
    }
    Ok(())
}

fn ensure(heap: &mut Heap, of: MapId, name: &str) -> Result<MapId, Fault> {
    if let Some(found) = inner(heap, &Value::Map(of), name) {
        return Ok(found);
    }
    let made = heap.map([])?;
    heap.put(of, Key::from(name), made.clone())?;
    match made {
        Value::Map(id) => Ok(id),
        _ => Ok(of),
    }
}

/// All that was set in there; nothing if nothing was.
fn all(heap: &mut Heap, overrides: Option<MapId>, parts: &[&str]) -> Json {
    let Some(id) = overrides else { return Json::Null };
    let whole = Value::Map(id);
    let empty =
        |part: &&str| inner(heap, &whole, part).is_some_and(|part| heap.entries(part).next().is_none());
    if heap.entries(id).count() == parts.len() && parts.iter().all(empty) {
        return Json::Null;
    }
    let json = heap.to_json(&whole).ok();
    json.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
}

/// Reads what a template set.
pub(super) fn read(heap: &mut Heap, context: &Value) -> Result<Overrides, Fault> {
    let request = inner(heap, context, "requestOverride");
    let response = inner(heap, context, "responseOverride");
    let part = |heap: &mut Heap, of: Option<MapId>, name: &str| -> Result<Vec<(String, String)>, Fault> {
        let Some(map) = of.and_then(|id| inner(heap, &Value::Map(id), name)) else { return Ok(Vec::new()) };
        let entries: Vec<(Key, Value)> = heap.entries(map).map(|(k, v)| (k.clone(), v.clone())).collect();
        entries
            .into_iter()
            .map(|(key, value)| Ok((key.to_string(), heap.display(&value)?.to_string())))
            .collect()
    };
    let status = response.and_then(|id| heap.get(id, &Key::from("status")).cloned());
    let status = match status {
        Some(value) => heap.display(&value)?.trim().parse().ok(),
        None => None,
    };
    Ok(Overrides {
        request_headers: part(heap, request, "header")?,
        query: part(heap, request, "querystring")?,
        path: part(heap, request, "path")?,
        response_headers: part(heap, response, "header")?,
        status,
        request: all(heap, request, &REQUEST),
        response: all(heap, response, &RESPONSE),
    })
}

fn inner(heap: &Heap, of: &Value, name: &str) -> Option<MapId> {
    let Value::Map(id) = of else { return None };
    match heap.get(*id, &Key::from(name)) {
        Some(Value::Map(inner)) => Some(*inner),
        _ => None,
    }
}
