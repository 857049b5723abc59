//! `java.lang.String`. Lengths and places are in UTF-16 units, as Java counts them.

use super::{found, int, numbers::sign, patterns};
use crate::{Fault, Heap, Value};

pub(super) fn call(heap: &mut Heap, text: &str, name: &str, arguments: &[Value]) -> Result<Value, Fault> {
    heap.spend(text.len() / 64)?;
    Ok(match (name, arguments) {
        ("length", []) => int(units(text)),
        ("isEmpty", []) => Value::Bool(text.is_empty()),
        ("isBlank", []) => Value::Bool(text.trim().is_empty()),
        ("contains", [Value::Text(part)]) => Value::Bool(text.contains(&**part)),
        ("startsWith", [Value::Text(part)]) => Value::Bool(text.starts_with(&**part)),
        ("startsWith", [Value::Text(part), Value::Int(from)]) => {
            let rest = byte(text, *from).and_then(|at| text.get(at..));
            Value::Bool(rest.is_some_and(|rest| rest.starts_with(&**part)))
        }
        ("endsWith", [Value::Text(part)]) => Value::Bool(text.ends_with(&**part)),
        ("equalsIgnoreCase", [other]) => match other {
            Value::Text(other) => Value::Bool(text.to_lowercase() == other.to_lowercase()),
            _ => Value::Bool(false),
        },
        ("compareTo", [Value::Text(other)]) => Value::Int(compare(text, other)),
        ("compareToIgnoreCase", [Value::Text(other)]) => {
            Value::Int(compare(&text.to_lowercase(), &other.to_lowercase()))
        }
        ("indexOf", [part]) => index_of(heap, text, part, 0)?,
        ("indexOf", [part, Value::Int(from)]) => {
            let from = byte(text, (*from).max(0)).unwrap_or(text.len());
            index_of(heap, text, part, from)?
        }
        ("lastIndexOf", [part]) => {
            let part = needle(heap, part)?;
            found(part.and_then(|part| text.rfind(&part)).map(|at| units(before(text, at))))
        }
        ("charAt", [Value::Int(n)]) => substring(heap, text, *n, n.saturating_add(1))?,
        ("substring" | "subSequence", [Value::Int(from), Value::Int(to)]) => {
            substring(heap, text, *from, *to)?
        }
        ("substring", [Value::Int(from)]) => {
            let end = i64::try_from(units(text)).unwrap_or(i64::MAX);
            substring(heap, text, *from, end)?
        }
        ("trim" | "strip", []) => heap.text(text.trim_matches(|c: char| c <= ' '))?,
        ("toUpperCase", []) => heap.text(text.to_uppercase())?,
        ("toLowerCase", []) => heap.text(text.to_lowercase())?,
        ("concat", [Value::Text(other)]) => heap.text([text, other].concat())?,
        ("repeat", [Value::Int(n)]) => {
            let n = usize::try_from(*n).map_err(|_| Fault::method(format!("count is negative: {n}")))?;
            heap.charge(text.len().saturating_mul(n))?;
            Value::Text(text.repeat(n).into())
        }
        ("replace", [from, to]) => replace(heap, text, from, to)?,
        ("replaceAll", [Value::Text(pattern), Value::Text(with)]) => {
            patterns::replace(heap, text, pattern, with, true)?
        }
        ("replaceFirst", [Value::Text(pattern), Value::Text(with)]) => {
            patterns::replace(heap, text, pattern, with, false)?
        }
        ("matches", [Value::Text(pattern)]) => patterns::matches(heap, text, pattern)?,
        ("split", [Value::Text(pattern)]) => patterns::split(heap, text, pattern, 0)?,
        ("split", [Value::Text(pattern), Value::Int(limit)]) => patterns::split(heap, text, pattern, *limit)?,
        ("toCharArray", []) => {
            heap.charge(text.len())?;
            let chars = text.chars().map(|c| heap.text(c.to_string())).collect::<Result<_, _>>()?;
            heap.list(chars)?
        }
        ("hashCode", []) => Value::Int(hash(text).into()),
        // Static methods, reached through any text.
        ("valueOf", [value]) => Value::Text(heap.display(value)?),
        ("join", [Value::Text(between), Value::List(list)]) => {
            let mut joined = String::new();
            for (at, item) in heap.items(*list).to_vec().iter().enumerate() {
                let before = joined.len();
                joined.push_str(if at == 0 { "" } else { between });
                joined.push_str(&heap.display(item)?);
                heap.charge(joined.len() - before)?;
            }
            Value::Text(joined.into())
        }
        _ => Value::Null,
    })
}

/// UTF-16 units of a text.
fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

/// The byte at which UTF-16 unit `n` begins; the end counts, the middle of a character does not.
fn byte(text: &str, n: i64) -> Option<usize> {
    let n = usize::try_from(n).ok()?;
    if text.is_ascii() {
        return (n <= text.len()).then_some(n);
    }
    let mut seen = 0;
    for (at, c) in text.char_indices() {
        if seen >= n {
            return (seen == n).then_some(at);
        }
        seen += c.len_utf16();
    }
    (seen == n).then_some(text.len())
}

fn substring(heap: &mut Heap, text: &str, from: i64, to: i64) -> Result<Value, Fault> {
    let part = byte(text, from).zip(byte(text, to)).and_then(|(from, to)| text.get(from..to));
    let part = part.ok_or_else(|| {
        Fault::method(format!("begin {from}, end {to}, length {} is out of bounds", units(text)))
    })?;
    heap.text(part)
}

/// What is looked for: a text, or the character of a number.
fn needle(heap: &mut Heap, part: &Value) -> Result<Option<String>, Fault> {
    Ok(match part {
        Value::Text(part) => Some(heap.display(&Value::Text(part.clone()))?.to_string()),
        Value::Int(code) => u32::try_from(*code).ok().and_then(char::from_u32).map(String::from),
        _ => None,
    })
}

fn index_of(heap: &mut Heap, text: &str, part: &Value, from: usize) -> Result<Value, Fault> {
    let Some(part) = needle(heap, part)? else { return Ok(Value::Null) };
    let at = text.get(from..).and_then(|rest| rest.find(&part)).map(|at| at + from);
    Ok(found(at.map(|at| units(before(text, at)))))
}

fn replace(heap: &mut Heap, text: &str, from: &Value, to: &Value) -> Result<Value, Fault> {
    let (Value::Text(from), Value::Text(to)) = (from, to) else { return Ok(Value::Null) };
    // An empty text is found between all characters.
    let most = if from.is_empty() { text.len() + 1 } else { text.matches(&**from).count() };
    heap.charge(most.saturating_mul(to.len()).saturating_add(text.len()))?;
    Ok(Value::Text(text.replace(&**from, to).into()))
}

/// The difference of the first units that differ, or of the lengths.
fn compare(a: &str, b: &str) -> i64 {
    let differ = a.encode_utf16().zip(b.encode_utf16()).find(|(a, b)| a != b);
    match differ {
        Some((a, b)) => i64::from(a) - i64::from(b),
        None => {
            let (a, b) = (units(a), units(b));
            let size = i64::try_from(a.abs_diff(b)).unwrap_or(i64::MAX);
            sign(a.cmp(&b)) * size
        }
    }
}

fn hash(text: &str) -> i32 {
    text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}
