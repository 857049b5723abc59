//! Values as text, the way Java writes them.

use crate::{Fault, Heap, Value, json, limits::MAX_DEPTH};
use std::{fmt::Write as _, rc::Rc};

impl Heap {
    /// `value` as text: nothing is empty.
    pub fn display(&mut self, value: &Value) -> Result<Rc<str>, Fault> {
        if let Value::Text(text) = value {
            return Ok(Rc::clone(text));
        }
        let mut out = String::new();
        if !value.is_null() {
            self.write(value, &mut out, 0)?;
        }
        Ok(out.into())
    }

    fn write(&mut self, value: &Value, out: &mut String, depth: usize) -> Result<(), Fault> {
        self.spend(1)?;
        if depth > MAX_DEPTH {
            return Err(Fault::limit("A value is nested too deeply to be written"));
        }
        let before = out.len();
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => drop(write!(out, "{b}")),
            Value::Int(n) => drop(write!(out, "{n}")),
            Value::Float(x) => out.push_str(&java_double(*x)),
            Value::Text(text) => out.push_str(text),
            Value::List(id) if self.is_json(*id) => json::write(self, value, out, depth)?,
            Value::List(id) => {
                out.push('[');
                for at in 0..self.items(*id).len() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    let Some(item) = self.items(*id).get(at).cloned() else { break };
                    self.write(&item, out, depth + 1)?;
                }
                out.push(']');
            }
            Value::Map(id) => {
                out.push('{');
                let entries: Vec<_> = self.entries(*id).map(|(k, v)| (k.clone(), v.clone())).collect();
                for (at, (key, value)) in entries.iter().enumerate() {
                    let _ = write!(out, "{}{key}=", if at == 0 { "" } else { ", " });
                    self.write(value, out, depth + 1)?;
                }
                out.push('}');
            }
            Value::Entry(entry) => {
                let _ = write!(out, "{}=", entry.key);
                self.write(&entry.value, out, depth + 1)?;
            }
            Value::Object(object) => out.push_str(&object.text()),
            Value::Block(_) | Value::Loop(_) => {}
        }
        // What is nested was charged where it was written.
        if !matches!(value, Value::List(_) | Value::Map(_) | Value::Entry(_)) {
            self.charge(out.len().saturating_sub(before))?;
        }
        Ok(())
    }
}

/// A number as `Double.toString` of Java writes it: always with a point, in scientific notation from 10^7 on and
/// below 10^-3.
pub fn java_double(x: f64) -> String {
    let size = x.abs();
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{x:?}");
    }
    let text = format!("{x:E}");
    let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles() {
        fn check(x: f64, text: &str) {
            assert_eq!(java_double(x), text);
        }
        check(0.0, "0.0");
        check(1.0, "1.0");
        check(-2.5, "-2.5");
        check(0.001, "0.001");
        check(0.0001, "1.0E-4");
        check(9_999_999.0, "9999999.0");
        check(1e7, "1.0E7");
        check(1.25e20, "1.25E20");
        check(f64::NAN, "NaN");
        check(f64::NEG_INFINITY, "-Infinity");
    }

    #[test]
    fn a_list_that_holds_itself_is_an_error() {
        let mut heap = Heap::default();
        let list = heap.list(vec![]).expect("a list");
        let Value::List(id) = list else { panic!("{list:?}") };
        heap.items_mut(id, 1).expect("the list").push(list.clone());
        assert!(heap.display(&list).is_err());
    }
}
