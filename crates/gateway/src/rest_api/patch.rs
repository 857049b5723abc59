//! Patch operations: how everything in this service is updated.
//!
//! A thing is patched as its JSON, by rules that say which paths may be written and as what.

use super::errors;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use tinderbox_base::{Error, Result};

/// One operation as the caller sent it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PatchOperation {
    /// `add`, `remove`, `replace` or `copy`.
    pub op: String,
    /// What is written.
    pub path: String,
    /// With what.
    pub value: Option<String>,
    /// From where, for `copy`.
    pub from: Option<String>,
}

/// What a path holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text, or nothing.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
    /// A number.
    Number,
    /// A member of a list of texts; the last segment of the path is the member.
    Member,
    /// Anything that can only be removed.
    Removable,
}

/// Which path may be written: its segments, `*` for any, and what it holds.
pub(super) type Rule = (&'static str, Kind);

/// The segments of a path, with `~1` and `~0` read as `/` and `~`.
pub(super) fn segments(path: &str) -> Vec<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.split('/').map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}

/// The thing after `operations`.
///
/// # Errors
/// `BadRequestException` when a path or value is none that `rules` allow; nothing is changed then.
pub(super) fn patch<T>(target: &T, operations: &[PatchOperation], rules: &[Rule]) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    let mut tree = serde_json::to_value(target).map_err(Error::internal)?;
    for operation in operations {
        apply(&mut tree, operation, rules)?;
    }
    serde_json::from_value(tree).map_err(|error| errors::bad(format!("Invalid patch value: {error}")))
}

/// The thing after `operations`, of which each replaces a part.
///
/// # Errors
/// As [`patch`].
pub(super) fn replace<T>(target: &T, operations: &[PatchOperation], rules: &[Rule]) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    if let Some(operation) = operations.iter().find(|operation| operation.op != "replace") {
        return Err(errors::bad(format!(
            "Invalid patch path  '{}' specified for op '{}'. Please choose supported operations",
            operation.path, operation.op
        )));
    }
    patch(target, operations, rules)
}

/// The thing after `operations`, which add and remove only what its lists and maps have.
///
/// # Errors
/// As [`patch`].
pub(super) fn patch_members<T>(target: &T, operations: &[PatchOperation], rules: &[Rule]) -> Result<T>
where
    T: Serialize + DeserializeOwned,
{
    for PatchOperation { op, path, .. } in operations {
        let Some((template, _)) = find(&segments(path), rules) else {
            return Err(errors::bad(format!("Invalid patch path {path}")));
        };
        if op != "replace" && !template.ends_with("/*") {
            return Err(errors::bad("Invalid patch operation specified. Must be one of: [replace]"));
        }
    }
    patch(target, operations, rules)
}

fn find<'a>(path: &[String], rules: &'a [Rule]) -> Option<&'a Rule> {
    rules.iter().find(|(template, _)| {
        let wanted: Vec<_> = template.trim_start_matches('/').split('/').collect();
        wanted.len() == path.len() && wanted.iter().zip(path).all(|(w, p)| *w == "*" || w == p)
    })
}

fn apply(tree: &mut Value, operation: &PatchOperation, rules: &[Rule]) -> Result<()> {
    let path = segments(&operation.path);
    let rule = find(&path, rules);
    let op = operation.op.as_str();
    let allowed = |kind: Kind| match kind {
        Kind::Removable => op == "remove",
        Kind::Member => matches!(op, "add" | "remove" | "replace"),
        _ => matches!(op, "add" | "remove" | "replace"),
    };
    let Some((_, kind)) = rule.filter(|(_, kind)| allowed(*kind)) else {
        return Err(refused(operation, rules));
    };
    let (Some((last, parents)), value) = (path.split_last(), operation.value.as_deref()) else {
        return Err(refused(operation, rules));
    };
    if *kind == Kind::Member {
        let list = descend(tree, parents).map(|slot| if slot.is_array() { slot } else { reset(slot) });
        let Some(Value::Array(list)) = list else { return Err(refused(operation, rules)) };
        let place = list.iter().position(|item| item.as_str() == Some(last));
        // What is replaced may be named by its place, too.
        let index = || last.parse().ok().filter(|index| op == "replace" && *index < list.len());
        let place = place.or_else(index);
        match (op, place) {
            ("remove", Some(place)) => drop(list.remove(place)),
            ("replace", Some(place)) => list[place] = Value::from(value.unwrap_or(last)),
            ("add", None) => list.push(Value::from(last.as_str())),
            ("add", Some(_)) => {}
            _ => return Err(refused(operation, rules)),
        }
        return Ok(());
    }
    let Some(holder) = descend(tree, parents) else { return Err(refused(operation, rules)) };
    if holder.is_null() {
        *holder = Value::Object(Map::new());
    }
    let Value::Object(holder) = holder else { return Err(refused(operation, rules)) };
    if op == "remove" {
        holder.remove(last);
    } else {
        holder.insert(last.clone(), typed(*kind, value, operation)?);
    }
    Ok(())
}

fn reset(slot: &mut Value) -> &mut Value {
    *slot = Value::Array(Vec::new());
    slot
}

fn descend<'v>(tree: &'v mut Value, path: &[String]) -> Option<&'v mut Value> {
    let mut at = tree;
    for segment in path {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = at.as_object_mut()?.entry(segment.clone()).or_insert(Value::Null);
    }
    Some(at)
}

/// The text as what its place holds.
pub(super) fn typed(kind: Kind, value: Option<&str>, operation: &PatchOperation) -> Result<Value> {
    let wrong = || {
        let value = value.unwrap_or_default();
        errors::bad(format!("Invalid patch value '{value}' specified for path '{}'", operation.path))
    };
    Ok(match kind {
        Kind::Text | Kind::Member | Kind::Removable => value.map_or(Value::Null, Value::from),
        // Whatever is not true is false.
        Kind::Flag => Value::from(value.is_some_and(|value| value.eq_ignore_ascii_case("true"))),
        Kind::Whole => value.and_then(|v| v.parse::<i64>().ok()).map(Value::from).ok_or_else(wrong)?,
        Kind::Number => {
            let number = value.and_then(|v| v.parse::<f64>().ok()).filter(|n| n.is_finite());
            number.map(Value::from).ok_or_else(wrong)?
        }
    })
}

fn refused(operation: &PatchOperation, rules: &[Rule]) -> Error {
    let paths: Vec<_> = rules.iter().map(|(path, _)| *path).collect();
    errors::bad(format!(
        "Invalid patch path  '{}' specified for op '{}'. Must be one of: [{}]",
        operation.path,
        operation.op,
        paths.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const RULES: [Rule; 6] = [
        ("/name", Kind::Text),
        ("/enabled", Kind::Flag),
        ("/types/*", Kind::Member),
        ("/variables/*", Kind::Text),
        ("/throttle/rateLimit", Kind::Number),
        ("/throttle", Kind::Removable),
    ];

    fn operation(op: &str, path: &str, value: Option<&str>) -> PatchOperation {
        PatchOperation { op: op.into(), path: path.into(), value: value.map(Into::into), from: None }
    }

    #[test]
    fn patches() {
        fn check(op: &str, path: &str, value: Option<&str>, expect: Option<Value>) {
            let thing = json!({"name": "a", "enabled": true, "types": ["x/y"], "variables": {"v": "1"}});
            let patched = patch(&thing, &[operation(op, path, value)], &RULES).ok();
            let expect = expect.map(|change| {
                let mut thing = thing.clone();
                for (name, value) in change.as_object().expect("an object") {
                    match value.is_null() {
                        true => drop(thing.as_object_mut().expect("an object").remove(name)),
                        false => thing[name] = value.clone(),
                    }
                }
                thing
            });
            assert_eq!(patched, expect, "{op} {path} {value:?}");
        }
        check("replace", "/name", Some("b"), Some(json!({"name": "b"})));
        check("remove", "/name", None, Some(json!({"name": null})));
        check("replace", "/enabled", Some("False"), Some(json!({"enabled": false})));
        check("replace", "/enabled", Some("TRUE"), Some(json!({"enabled": true})));
        check("replace", "/enabled", Some("no"), Some(json!({"enabled": false})));
        check("replace", "/enabled", None, Some(json!({"enabled": false})));
        check("add", "/types/a~1b", None, Some(json!({"types": ["x/y", "a/b"]})));
        check("add", "/types/x~1y", None, Some(json!({"types": ["x/y"]})));
        check("remove", "/types/x~1y", None, Some(json!({"types": []})));
        check("replace", "/types/x~1y", Some("z/z"), Some(json!({"types": ["z/z"]})));
        check("remove", "/types/none", None, None);
        check("replace", "/types/0", Some("z/z"), Some(json!({"types": ["z/z"]})));
        check("replace", "/types/1", Some("z/z"), None);
        check("add", "/variables/w", Some("2"), Some(json!({"variables": {"v": "1", "w": "2"}})));
        check("remove", "/variables/v", None, Some(json!({"variables": {}})));
        check("replace", "/throttle/rateLimit", Some("1.5"), Some(json!({"throttle": {"rateLimit": 1.5}})));
        check("replace", "/throttle", Some("{}"), None);
        check("replace", "/other", Some("1"), None);
        check("test", "/name", Some("1"), None);
        check("replace", "", None, None);
    }

    #[test]
    fn what_operations_may_do() {
        fn check(patched: Result<Value>, expect: &str) {
            let text = patched.map_or_else(|error| error.message().to_owned(), |thing| thing.to_string());
            assert_eq!(text, expect);
        }
        let thing = json!({"name": "a", "types": []});
        let one = |op: &str, path: &str, value: &str| [operation(op, path, Some(value))];
        let rules = [RULES[0], RULES[2]];
        let refused =
            "Invalid patch path  '/name' specified for op 'add'. Please choose supported operations";
        check(replace(&thing, &one("add", "/name", "b"), &rules), refused);
        let unknown =
            "Invalid patch path  '/x' specified for op 'replace'. Must be one of: [/name, /types/*]";
        check(replace(&thing, &one("replace", "/x", "b"), &rules), unknown);
        check(replace(&thing, &one("replace", "/name", "b"), &rules), r#"{"name":"b","types":[]}"#);
        let only = "Invalid patch operation specified. Must be one of: [replace]";
        check(patch_members(&thing, &one("add", "/name", "b"), &rules), only);
        check(patch_members(&thing, &one("replace", "/types", "b"), &rules), "Invalid patch path /types");
        check(patch_members(&thing, &one("add", "/types/b", ""), &rules), r#"{"name":"a","types":["b"]}"#);
    }

    proptest! {
        #[test]
        fn any_operation_is_answered(op in "add|remove|replace|copy|x", path in "\\PC{0,20}", value in "\\PC{0,5}") {
            let _ = patch(&json!({"name": "a"}), &[operation(&op, &path, Some(&value))], &RULES);
        }
    }
}
