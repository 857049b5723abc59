//! `Integer`, `Double` and `Boolean`, whose static methods templates reach through any value of the class:
//! `#set($Integer = 0) $Integer.parseInt("12")`.

use crate::{Fault, Heap, Value};
use std::cmp::Ordering;

pub(super) fn call(heap: &mut Heap, value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    Ok(match (name, arguments) {
        ("parseInt" | "parseLong" | "valueOf" | "decode", [Value::Text(text)]) if is_whole(value) => {
            let parsed = text.parse().map(Value::Int);
            parsed.map_err(|_| Fault::method(format!("For input string: \"{text}\"")))?
        }
        ("parseDouble" | "parseFloat" | "valueOf", [Value::Text(text)]) if !is_truth(value) => {
            let parsed = text.trim().parse().map(Value::Float);
            parsed.map_err(|_| Fault::method(format!("For input string: \"{text}\"")))?
        }
        ("parseBoolean" | "valueOf", [Value::Text(text)]) if is_truth(value) => {
            Value::Bool(text.eq_ignore_ascii_case("true"))
        }
        ("booleanValue", []) if is_truth(value) => value.clone(),
        ("valueOf", [number @ (Value::Int(_) | Value::Float(_))]) => number.clone(),
        ("toString", [number @ (Value::Int(_) | Value::Float(_))]) => Value::Text(heap.display(number)?),
        ("intValue" | "longValue" | "shortValue", []) => match value {
            Value::Int(n) => Value::Int(*n),
            #[expect(clippy::cast_possible_truncation, reason = "Java narrows the same way")]
            Value::Float(x) => Value::Int(*x as i64),
            _ => Value::Null,
        },
        ("doubleValue" | "floatValue", []) => value.number().map_or(Value::Null, Value::Float),
        ("compareTo", [other]) => match (value.number(), other.number()) {
            (Some(a), Some(b)) => Value::Int(sign(a.partial_cmp(&b).unwrap_or(Ordering::Equal))),
            _ => Value::Null,
        },
        ("max" | "min" | "sum", [a, b]) => pair(name, a, b),
        ("abs", [Value::Int(n)]) => n.checked_abs().map_or(Value::Null, Value::Int),
        _ => Value::Null,
    })
}

fn pair(name: &str, a: &Value, b: &Value) -> Value {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => match name {
            "max" => Value::Int(*a.max(b)),
            "min" => Value::Int(*a.min(b)),
            _ => a.checked_add(*b).map_or(Value::Null, Value::Int),
        },
        _ => match (a.number(), b.number()) {
            (Some(a), Some(b)) => Value::Float(match name {
                "max" => a.max(b),
                "min" => a.min(b),
                _ => a + b,
            }),
            _ => Value::Null,
        },
    }
}

fn is_whole(value: &Value) -> bool {
    matches!(value, Value::Int(_))
}

fn is_truth(value: &Value) -> bool {
    matches!(value, Value::Bool(_))
}

pub(super) fn sign(order: Ordering) -> i64 {
    order as i64
}
