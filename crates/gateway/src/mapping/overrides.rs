//! What templates set besides the body: `$context.requestOverride` and `$context.responseOverride`.

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
}

/// Puts empty maps into `$context`, for templates to set what is in them.
pub(super) fn prepare(heap: &mut Heap, context: &Value) -> Result<(), Fault> {
    let Value::Map(context) = context else { return Ok(()) };
    let mut request = Vec::new();
    for name in ["header", "querystring", "path"] {
        request.push((Key::from(name), heap.map([])?));
    }
    let request = heap.map(request)?;
    heap.put(*context, Key::from("requestOverride"), request)?;
    let headers = heap.map([])?;
    let response = heap.map([(Key::from("header"), headers)])?;
    heap.put(*context, Key::from("responseOverride"), response)?;
    Ok(())
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
    })
}

fn inner(heap: &Heap, of: &Value, name: &str) -> Option<MapId> {
    let Value::Map(id) = of else { return None };
    match heap.get(*id, &Key::from(name)) {
        Some(Value::Map(inner)) => Some(*inner),
        _ => None,
    }
}
