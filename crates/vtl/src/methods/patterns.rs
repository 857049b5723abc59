//! The methods of `String` that take regular expressions.
//!
//! Expressions are those of the `regex` crate, which run in linear time: what needs looking around or back is
//! refused with an error that says so.

use crate::{Fault, Heap, Value};
use regex::{Captures, Regex, RegexBuilder};

/// Bytes of a compiled expression.
const MAX_COMPILED: usize = 1 << 20;
/// What compiling an expression counts for, in steps.
const COMPILING: usize = 2_000;

fn compile(heap: &mut Heap, pattern: &str) -> Result<Regex, Fault> {
    heap.spend(COMPILING + pattern.len())?;
    let built = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build();
    built.map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim().to_owned();
        Fault::method(format!("The regular expression {pattern:?} cannot be used: {reason}"))
    })
}

pub(super) fn matches(heap: &mut Heap, text: &str, pattern: &str) -> Result<Value, Fault> {
    let whole = compile(heap, &format!("^(?:{pattern})$"))?;
    heap.spend(text.len() / 16)?;
    // `$` also matches before a last line break in Java, but `matches` there takes everything in.
    Ok(Value::Bool(whole.find(text).is_some_and(|found| found.len() == text.len())))
}

/// Replaces the first match, or all. In `with`, `$1` is a group and a backslash takes meaning away.
pub(super) fn replace(
    heap: &mut Heap,
    text: &str,
    pattern: &str,
    with: &str,
    all: bool,
) -> Result<Value, Fault> {
    let pattern = compile(heap, pattern)?;
    let parts = replacement(with, pattern.captures_len())?;
    heap.spend(text.len() / 16)?;
    let mut out = String::new();
    let mut from = 0;
    for captures in pattern.captures_iter(text).take(if all { usize::MAX } else { 1 }) {
        let Some(found) = captures.get(0) else { break };
        let before = out.len();
        out.push_str(text.get(from..found.start()).unwrap_or_default());
        expand(&parts, &captures, &mut out);
        from = found.end();
        // A long replacement of many matches is stopped before it fills the memory.
        heap.charge(out.len() - before)?;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    heap.text(out)
}

enum Part {
    Text(String),
    Group(usize),
}

fn expand(parts: &[Part], captures: &Captures<'_>, out: &mut String) {
    for part in parts {
        match part {
            Part::Text(text) => out.push_str(text),
            Part::Group(n) => out.push_str(captures.get(*n).map_or("", |group| group.as_str())),
        }
    }
}

/// Takes a replacement apart for an expression with `groups` groups, the whole counted as one.
fn replacement(with: &str, groups: usize) -> Result<Vec<Part>, Fault> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = with.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => {
                let next = rest.next();
                text.push(next.ok_or_else(|| Fault::method("character to be escaped is missing"))?);
            }
            '$' => {
                let digit = rest.next().and_then(|c| c.to_digit(10)).map(|d| d as usize);
                let mut group = digit.ok_or_else(|| Fault::method("Illegal group reference"))?;
                if group >= groups {
                    return Err(Fault::method(format!("No group {group}")));
                }
                // Further digits belong to the number as long as there is such a group.
                while let Some(digit) = rest.peek().and_then(|c| c.to_digit(10)) {
                    let longer = group * 10 + digit as usize;
                    if longer >= groups {
                        break;
                    }
                    group = longer;
                    rest.next();
                }
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Part::Group(group));
            }
            c => text.push(c),
        }
    }
    parts.push(Part::Text(text));
    Ok(parts)
}

/// Splits at matches, as Java does: empty texts at the end are left out if `limit` is 0, and a match of nothing at
/// the beginning makes no empty text there.
pub(super) fn split(heap: &mut Heap, text: &str, pattern: &str, limit: i64) -> Result<Value, Fault> {
    let pattern = compile(heap, pattern)?;
    heap.spend(text.len() / 16)?;
    let most = usize::try_from(limit).ok().filter(|n| *n > 0).unwrap_or(usize::MAX);
    let mut parts: Vec<&str> = Vec::new();
    let mut from = 0;
    for found in pattern.find_iter(text) {
        if parts.len() + 1 >= most {
            break;
        }
        if found.end() == 0 || (found.is_empty() && found.start() == text.len()) {
            continue;
        }
        parts.push(text.get(from..found.start()).unwrap_or_default());
        heap.spend(1)?;
        from = found.end();
    }
    parts.push(text.get(from..).unwrap_or_default());
    if limit == 0 && parts.len() > 1 {
        let kept = parts.iter().rposition(|part| !part.is_empty()).map_or(0, |last| last + 1);
        parts.truncate(kept);
    }
    let parts = parts.into_iter().map(|part| heap.text(part)).collect::<Result<_, _>>()?;
    heap.list(parts)
}
