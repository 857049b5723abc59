//! JSON Schema, draft 4, as models use it: whether a value is of a form.
//!
//! `format` is not looked at, and references lead to `#/definitions/…`, `#`, and to models of the same API by
//! `https://apigateway.amazonaws.com/restapis/API/models/NAME` (API Gateway guide, "Data models for REST APIs").

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Schemas inside each other, references followed, while one value is checked.
const MAX_DEPTH: usize = 64;
/// Schemas applied while one value is checked.
const MAX_STEPS: usize = 200_000;
/// Where references to models begin.
const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";

/// Schemas of an API's models by their names.
pub(super) type Schemas = BTreeMap<String, Value>;

/// Why a value is not of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mismatch(pub(super) String);

/// Checks `value` by `schema`.
pub(super) fn check(schema: &Value, schemas: &Schemas, value: &Value) -> Result<(), Mismatch> {
    Check { schemas, steps: 0 }.apply(schema, schema, value, 0)
}

struct Check<'s> {
    schemas: &'s Schemas,
    steps: usize,
}

impl<'s> Check<'s> {
    /// `root` is the document that `schema` is part of.
    fn apply(
        &mut self,
        root: &'s Value,
        schema: &'s Value,
        value: &Value,
        depth: usize,
    ) -> Result<(), Mismatch> {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return Err(Mismatch("the schema is too deep".into()));
        }
        let Value::Object(schema) = schema else { return Ok(()) };
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let (root, schema) = self.resolve(root, reference)?;
            return self.apply(root, schema, value, depth + 1);
        }
        of_type(schema, value)?;
        of_enum(schema, value)?;
        match value {
            Value::Number(number) => in_range(schema, number.as_f64().unwrap_or(f64::NAN))?,
            Value::String(text) => of_text(schema, text)?,
            Value::Array(items) => self.items(root, schema, items, depth)?,
            Value::Object(members) => self.members(root, schema, members, depth)?,
            Value::Null | Value::Bool(_) => {}
        }
        self.combined(root, schema, value, depth)
    }

    fn resolve(&self, root: &'s Value, reference: &str) -> Result<(&'s Value, &'s Value), Mismatch> {
        let missing = || Mismatch(format!("the reference {reference} leads nowhere"));
        if let Some(rest) = reference.strip_prefix(MODELS) {
            let name = rest.split_once("/models/").map(|(_, name)| name).ok_or_else(missing)?;
            let schema = self.schemas.get(name).ok_or_else(missing)?;
            return Ok((schema, schema));
        }
        let pointer = reference.strip_prefix('#').ok_or_else(missing)?;
        root.pointer(pointer).map(|schema| (root, schema)).ok_or_else(missing)
    }

    fn items(
        &mut self,
        root: &'s Value,
        schema: &'s Map<String, Value>,
        items: &[Value],
        depth: usize,
    ) -> Result<(), Mismatch> {
        let count = |name: &str| schema.get(name).and_then(Value::as_u64);
        let len = items.len() as u64;
        if count("minItems").is_some_and(|least| len < least)
            || count("maxItems").is_some_and(|most| len > most)
        {
            return Err(Mismatch("the number of items is out of range".into()));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen: Vec<String> = items.iter().map(Value::to_string).collect();
            seen.sort_unstable();
            seen.dedup();
            if seen.len() != items.len() {
                return Err(Mismatch("items are not unique".into()));
            }
        }
        match schema.get("items") {
            Some(Value::Array(places)) => {
                for (item, schema) in items.iter().zip(places) {
                    self.apply(root, schema, item, depth + 1)?;
                }
                match schema.get("additionalItems") {
                    Some(Value::Bool(false)) if items.len() > places.len() => {
                        Err(Mismatch("there are more items than allowed".into()))
                    }
                    Some(more @ Value::Object(_)) => items
                        .iter()
                        .skip(places.len())
                        .try_for_each(|item| self.apply(root, more, item, depth + 1)),
                    _ => Ok(()),
                }
            }
            Some(schema) => items.iter().try_for_each(|item| self.apply(root, schema, item, depth + 1)),
            None => Ok(()),
        }
    }

    fn members(
        &mut self,
        root: &'s Value,
        schema: &'s Map<String, Value>,
        members: &Map<String, Value>,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let missing: Vec<_> =
            required.filter_map(Value::as_str).filter(|name| !members.contains_key(*name)).collect();
        if !missing.is_empty() {
            return Err(Mismatch(format!("object has missing required properties ({missing:?})")));
        }
        let count = |name: &str| schema.get(name).and_then(Value::as_u64);
        let len = members.len() as u64;
        if count("minProperties").is_some_and(|least| len < least)
            || count("maxProperties").is_some_and(|most| len > most)
        {
            return Err(Mismatch("the number of properties is out of range".into()));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        for (name, value) in members {
            let own = properties.and_then(|properties| properties.get(name));
            if let Some(schema) = own {
                self.apply(root, schema, value, depth + 1)?;
            }
            let mut known = own.is_some();
            for (pattern, schema) in patterns.into_iter().flatten() {
                if matches(pattern, name) {
                    known = true;
                    self.apply(root, schema, value, depth + 1)?;
                }
            }
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) if !known => {
                    return Err(Mismatch(format!("the property {name} is not allowed")));
                }
                Some(more @ Value::Object(_)) if !known => self.apply(root, more, value, depth + 1)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn combined(
        &mut self,
        root: &'s Value,
        schema: &'s Map<String, Value>,
        value: &Value,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let list = |name: &str| schema.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.apply(root, schema, value, depth + 1)?;
        }
        if let Some(any) = list("anyOf")
            && !any.iter().any(|schema| self.apply(root, schema, value, depth + 1).is_ok())
        {
            return Err(Mismatch("the value is of none of the forms".into()));
        }
        if let Some(one) = list("oneOf")
            && one.iter().filter(|schema| self.apply(root, schema, value, depth + 1).is_ok()).count() != 1
        {
            return Err(Mismatch("the value is not of exactly one of the forms".into()));
        }
        match schema.get("not") {
            Some(not) if self.apply(root, not, value, depth + 1).is_ok() => {
                Err(Mismatch("the value is of a form that it must not have".into()))
            }
            _ => Ok(()),
        }
    }
}

fn of_type(schema: &Map<String, Value>, value: &Value) -> Result<(), Mismatch> {
    let is = |name: &str| match (name, value) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => number.is_i64() || number.is_u64(),
        _ => false,
    };
    let fits = match schema.get("type") {
        Some(Value::String(name)) => is(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    };
    if fits { Ok(()) } else { Err(Mismatch("the value is of another type".into())) }
}

fn of_enum(schema: &Map<String, Value>, value: &Value) -> Result<(), Mismatch> {
    match schema.get("enum").and_then(Value::as_array) {
        Some(values) if !values.contains(value) => Err(Mismatch("the value is none of those allowed".into())),
        _ => Ok(()),
    }
}

fn in_range(schema: &Map<String, Value>, x: f64) -> Result<(), Mismatch> {
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let exclusive = |name: &str| schema.get(name) == Some(&Value::Bool(true));
    let low =
        number("minimum").is_some_and(|least| x < least || (x <= least && exclusive("exclusiveMinimum")));
    let high = number("maximum").is_some_and(|most| x > most || (x >= most && exclusive("exclusiveMaximum")));
    let odd =
        number("multipleOf").is_some_and(|step| step > 0.0 && (x / step - (x / step).round()).abs() > 1e-9);
    if low || high || odd { Err(Mismatch("the number is out of range".into())) } else { Ok(()) }
}

fn of_text(schema: &Map<String, Value>, text: &str) -> Result<(), Mismatch> {
    let count = |name: &str| schema.get(name).and_then(Value::as_u64);
    let len = text.chars().count() as u64;
    if count("minLength").is_some_and(|least| len < least)
        || count("maxLength").is_some_and(|most| len > most)
    {
        return Err(Mismatch("the length of the text is out of range".into()));
    }
    match schema.get("pattern").and_then(Value::as_str) {
        Some(pattern) if !matches(pattern, text) => {
            Err(Mismatch("the text does not match the pattern".into()))
        }
        _ => Ok(()),
    }
}

/// Whether the pattern is somewhere in the text; one that cannot be read is nowhere.
fn matches(pattern: &str, text: &str) -> bool {
    let built = regex::RegexBuilder::new(pattern).size_limit(1 << 20).build();
    built.is_ok_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn forms() {
        fn check(schema: Value, value: Value, expect: bool) {
            let pet = json!({"type": "object", "required": ["name"]});
            let schemas = Schemas::from([("Pet".to_owned(), pet)]);
            assert_eq!(super::check(&schema, &schemas, &value).is_ok(), expect, "{schema} {value}");
        }
        check(json!({}), json!(1), true);
        check(json!({"type": "integer"}), json!(1), true);
        check(json!({"type": "integer"}), json!(1.5), false);
        check(json!({"type": ["string", "null"]}), json!(null), true);
        check(json!({"enum": ["a", 1]}), json!("b"), false);
        check(json!({"minimum": 1, "exclusiveMinimum": true}), json!(1), false);
        check(json!({"maximum": 2}), json!(2), true);
        check(json!({"multipleOf": 0.1}), json!(0.3), true);
        check(json!({"multipleOf": 2}), json!(3), false);
        check(json!({"minLength": 2, "pattern": "^a"}), json!("ab"), true);
        check(json!({"minLength": 2, "pattern": "^a"}), json!("a"), false);
        check(json!({"pattern": "^a"}), json!("ba"), false);
        check(json!({"items": {"type": "string"}}), json!(["a", 1]), false);
        check(json!({"items": [{"type": "string"}], "additionalItems": false}), json!(["a", 1]), false);
        check(json!({"uniqueItems": true}), json!([1, 1]), false);
        check(json!({"maxItems": 1}), json!([1, 2]), false);
        let object = json!({
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": "number"}},
            "patternProperties": {"^x-": {}},
            "additionalProperties": false,
        });
        check(object.clone(), json!({"a": 1, "x-b": 2}), true);
        check(object.clone(), json!({"a": 1, "b": 2}), false);
        check(object.clone(), json!({"a": "1"}), false);
        check(object, json!({}), false);
        check(json!({"anyOf": [{"type": "null"}, {"minimum": 5}]}), json!(4), false);
        check(json!({"oneOf": [{"minimum": 1}, {"minimum": 5}]}), json!(7), false);
        check(json!({"oneOf": [{"minimum": 1}, {"minimum": 5}]}), json!(3), true);
        check(json!({"allOf": [{"minimum": 1}, {"maximum": 5}]}), json!(6), false);
        check(json!({"not": {"type": "null"}}), json!(null), false);
        let local = json!({"$ref": "#/definitions/n", "definitions": {"n": {"type": "number"}}});
        check(local.clone(), json!(1), true);
        check(local, json!("1"), false);
        let model = json!({"$ref": "https://apigateway.amazonaws.com/restapis/abc/models/Pet"});
        check(model.clone(), json!({"name": "x"}), true);
        check(model, json!({}), false);
        check(json!({"$ref": "#"}), json!(1), false);
        check(json!({"$ref": "http://elsewhere"}), json!(1), false);
    }

    proptest! {
        #[test]
        fn any_schema_is_applied(schema in "\\{\"(type|items|\\$ref|enum|allOf|pattern)\":(\"[#a-z(]{0,6}\"|\\[\\]|\\{\\}|1)\\}", value in "(1|\"a\"|\\[1\\]|\\{\"a\":null\\})") {
            let (schema, value) = (serde_json::from_str(&schema), serde_json::from_str(&value));
            if let (Ok(schema), Ok(value)) = (schema, value) {
                let _ = check(&schema, &Schemas::new(), &value);
            }
        }
    }
}
