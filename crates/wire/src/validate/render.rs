//! A value as AWS's messages show it.

use crate::Value;

/// Characters of a value that a message repeats. AWS repeats all of it, which we bound.
pub(super) const MAX_SHOWN: usize = 32 * 1024;

/// The value, cut where it is long.
pub(super) fn render(value: &Value) -> String {
    let mut out = String::new();
    append(value, &mut out);
    match out.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}...", out.get(..end).unwrap_or_default()),
        None => out,
    }
}

fn append(value: &Value, out: &mut String) {
    if out.len() > MAX_SHOWN * 4 {
        return;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(&flag.to_string()),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => out.push_str(&format!("{number:?}")),
        Value::String(text) => out.extend(text.chars().take(MAX_SHOWN + 1)),
        Value::Blob(bytes) => {
            out.push_str(&format!("java.nio.HeapByteBuffer[pos=0 lim={0} cap={0}]", bytes.len()));
        }
        Value::Timestamp(moment) => out.push_str(&moment.to_string()),
        Value::List(items) | Value::Struct(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                append(item, out);
            }
            out.push(']');
        }
        Value::Map(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(key);
                out.push('=');
                append(item, out);
            }
            out.push('}');
        }
        Value::Document(json) => out.push_str(&json.to_string()),
    }
}
