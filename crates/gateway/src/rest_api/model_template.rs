//! A sample template for a model: what makes its form of a payload that has that form already.

use super::{RestApis, errors};
use serde_json::{Map, Value};
use std::fmt::Write as _;
use tinderbox_base::{Caller, Result};

/// How deep objects and lists are written; below stands nothing.
const MAX_DEPTH: usize = 16;
/// Bytes of a template that is written; the rest of a model is left out.
const MAX_BYTES: usize = 256 * 1024;
/// What stands for texts and numbers.
const TEXT: &str = "\"foo\"";
const NUMBER: &str = "42";

impl RestApis {
    /// A sample template for a model.
    ///
    /// # Errors
    /// `NotFound`, or the model's schema is none.
    pub fn model_template(&self, caller: &Caller, api: &str, name: &str) -> Result<String> {
        let model = self.get_model(caller, api, name)?;
        let schema: Option<Value> = model.schema.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let schema =
            schema.ok_or_else(|| errors::bad("The model has no schema that a template could be made of"))?;
        Ok(template(&schema))
    }
}

fn template(schema: &Value) -> String {
    let mut out = "#set($inputRoot = $input.path('$'))\n".to_owned();
    write(schema, "$inputRoot", 0, &mut out);
    out
}

fn write(schema: &Value, from: &str, depth: usize, out: &mut String) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        // Of several, the first that says anything.
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or_default()
        }
        _ if properties.is_some() => "object",
        _ => "",
    };
    let full = depth >= MAX_DEPTH || out.len() > MAX_BYTES;
    match kind {
        "object" if full => out.push_str("{ }"),
        "array" if full => out.push_str("[ ]"),
        "object" => object(properties, from, depth, out),
        "array" => array(schema.get("items").unwrap_or(&Value::Null), from, depth, out),
        "integer" | "number" => out.push_str(NUMBER),
        "boolean" => out.push_str("true"),
        "null" => out.push_str("null"),
        "string" => out.push_str(TEXT),
        _ => out.push_str("{ }"),
    }
}

fn object(properties: Option<&Map<String, Value>>, from: &str, depth: usize, out: &mut String) {
    let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
        out.push_str("{ }");
        return;
    };
    let indent = "  ".repeat(depth + 1);
    out.push('{');
    for (place, (name, schema)) in properties.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        // Writing to a string does not fail.
        let _ = write!(out, "{comma}\n{indent}{} : ", Value::from(name.as_str()));
        write(schema, &format!("{from}.{name}"), depth + 1, out);
    }
    let _ = write!(out, "\n{}}}", "  ".repeat(depth));
}

fn array(items: &Value, from: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth + 1);
    let _ = write!(
        out,
        "[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in {from})\n{indent}"
    );
    write(items, "$elem", depth + 1, out);
    let _ = write!(out, "#if($foreach.hasNext),#end\n#end\n{}]", "  ".repeat(depth));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates() {
        fn check(schema: Value, expect: &str) {
            let found = template(&schema);
            assert_eq!(found.strip_prefix("#set($inputRoot = $input.path('$'))\n"), Some(expect), "{schema}");
        }
        check(json!({}), "{ }");
        check(
            json!({"type": "object", "properties": {"message": {"type": "string"}}}),
            "{\n  \"message\" : \"foo\"\n}",
        );
        check(
            json!({"properties": {"a": {"type": "integer"}, "b": {"type": "object", "properties": {"c": {"type": "boolean"}}}}}),
            "{\n  \"a\" : 42,\n  \"b\" : {\n    \"c\" : true\n  }\n}",
        );
        check(
            json!({"type": "array", "items": {"type": "string"}}),
            "[\n##TODO: Update this foreach loop to reference array from input json\n#foreach($elem in $inputRoot)\n  \"foo\"#if($foreach.hasNext),#end\n#end\n]",
        );
        let mut deep = json!({"type": "string"});
        for _ in 0..100 {
            deep = json!({"type": "array", "items": deep});
        }
        assert!(template(&deep).len() < MAX_BYTES);
    }
}
