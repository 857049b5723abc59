//! Mapping templates: what `$input`, `$util`, `$context` and `$stageVariables` are (API Gateway guide, "Mapping template
//! variable reference").

mod input;
mod overrides;
mod util;

pub(crate) use overrides::Overrides;

use quick_cache::sync::Cache;
use serde_json::Value as Json;
use std::{collections::BTreeMap, rc::Rc, sync::Arc};
use tinderbox_vtl::{ErrorKind, Fault, Heap, Key, Scope, Template, Value};

/// Templates that were read and are kept, for all APIs of a process together.
const MAX_TEMPLATES: usize = 1_000;

/// Templates that were read, by their text.
#[derive(Debug)]
pub(crate) struct Templates(Cache<String, Arc<Template>>);

impl Default for Templates {
    fn default() -> Self {
        Self(Cache::new(MAX_TEMPLATES))
    }
}

impl Templates {
    fn get(&self, text: &str) -> Result<Arc<Template>, Broken> {
        if let Some(found) = self.0.get(text) {
            return Ok(found);
        }
        let template = Template::parse(text).map_err(|error| Broken::Template(error.to_string()))?;
        let template = Arc::new(template);
        self.0.insert(text.to_owned(), Arc::clone(&template));
        Ok(template)
    }
}

/// What a template works on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    /// `$input.body`: the request's body, or the integration's answer.
    pub(crate) body: &'a [u8],
    /// The parameters of the request's path.
    pub(crate) path: &'a [(String, String)],
    /// Those of its query string.
    pub(crate) query: &'a [(String, String)],
    /// Its headers, as they were written.
    pub(crate) headers: &'a [(String, String)],
    /// `$context`.
    pub(crate) context: &'a Json,
    /// `$stageVariables`.
    pub(crate) stage_variables: &'a BTreeMap<String, String>,
}

/// What a template made.
#[derive(Debug, Default)]
pub(crate) struct Rendered {
    /// The text.
    pub(crate) text: String,
    /// What it set besides.
    pub(crate) overrides: Overrides,
}

/// Why a template made nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// It wants JSON where there is none: whoever sent the body is to blame.
    Body(String),
    /// The template cannot be read or rendered.
    Template(String),
}

/// Renders a template.
pub(crate) fn render(templates: &Templates, template: &str, given: Given<'_>) -> Result<Rendered, Broken> {
    if !template.contains(['$', '#', '\\']) {
        return Ok(Rendered { text: template.to_owned(), ..Rendered::default() });
    }
    let template = templates.get(template)?;
    let mut scope = Scope::default();
    let failed = |fault: Fault| Broken::Template(fault.to_string());
    let input = Rc::new(input::Input::new(given));
    let context = value(&mut scope.heap, given.context).map_err(failed)?;
    overrides::prepare(&mut scope.heap, &context).map_err(failed)?;
    let variables = texts(&mut scope.heap, given.stage_variables.iter()).map_err(failed)?;
    scope.set("context", context.clone());
    scope.set("stageVariables", variables);
    scope.set("input", Value::Object(Rc::clone(&input) as _));
    scope.set("util", Value::Object(Rc::new(util::Util)));
    match template.render(&mut scope) {
        Ok(text) => {
            let overrides = overrides::read(&mut scope.heap, &context).map_err(failed)?;
            Ok(Rendered { text, overrides })
        }
        Err(error) if error.kind == ErrorKind::Method && input.is_no_json() => {
            Err(Broken::Body(format!("Could not parse request body into json: {}", error.message)))
        }
        Err(error) => Err(Broken::Template(error.to_string())),
    }
}

/// JSON as a value.
fn value(heap: &mut Heap, json: &Json) -> Result<Value, Fault> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => match n.as_i64() {
            Some(n) => Value::Int(n),
            None => Value::Float(n.as_f64().unwrap_or(0.0)),
        },
        Json::String(text) => heap.text(text.as_str())?,
        Json::Array(items) => {
            let items = items.iter().map(|item| value(heap, item)).collect::<Result<_, _>>()?;
            heap.json_list(items)?
        }
        Json::Object(members) => {
            let entry = |(name, json): (&String, &Json)| Ok((Key::from(name.as_str()), value(heap, json)?));
            let entries = members.iter().map(entry).collect::<Result<Vec<_>, Fault>>()?;
            heap.map(entries)?
        }
    })
}

/// Texts by name as a map.
fn texts<'t>(heap: &mut Heap, pairs: impl Iterator<Item = (&'t String, &'t String)>) -> Result<Value, Fault> {
    let entry =
        |(name, text): (&'t String, &'t String)| Ok((Key::from(name.as_str()), heap.text(text.as_str())?));
    let entries = pairs.map(entry).collect::<Result<Vec<_>, Fault>>()?;
    heap.map(entries)
}

/// Sets what is at the dotted `name` in an object of objects.
pub(crate) fn set(object: &mut serde_json::Map<String, Json>, name: &str, value: Json) {
    match name.split_once('.') {
        None => drop(object.insert(name.to_owned(), value)),
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| Json::Object(serde_json::Map::new()));
            if let Json::Object(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
