//! JSON to values and back. The order of members is kept.

use crate::{Fault, Heap, Key, Value, java_double, limits::MAX_DEPTH};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt;

impl Heap {
    /// The value that a JSON text holds; its lists are written as JSON again.
    ///
    /// Whole numbers beyond 64 bits become floating point numbers.
    pub fn parse_json(&mut self, text: &[u8]) -> Result<Value, Fault> {
        let mut source = serde_json::Deserializer::from_slice(text);
        let value = Seed(self).deserialize(&mut source);
        let ended = value.and_then(|value| source.end().map(|()| value));
        ended.map_err(|error| Fault::method(format!("not JSON: {error}")))
    }

    /// `value` as JSON.
    pub fn to_json(&mut self, value: &Value) -> Result<String, Fault> {
        let mut out = String::new();
        write(self, value, &mut out, 0)?;
        Ok(out)
    }
}

/// Writes `value` as JSON.
pub(crate) fn write(heap: &mut Heap, value: &Value, out: &mut String, depth: usize) -> Result<(), Fault> {
    heap.spend(1)?;
    if depth > MAX_DEPTH {
        return Err(Fault::limit("A value is nested too deeply to be written"));
    }
    let before = out.len();
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(n) => out.push_str(&n.to_string()),
        Value::Float(x) if x.is_finite() => out.push_str(&java_double(*x)),
        Value::Float(_) => out.push_str("null"),
        Value::List(id) => {
            out.push('[');
            for at in 0..heap.items(*id).len() {
                out.push_str(if at == 0 { "" } else { "," });
                let Some(item) = heap.items(*id).get(at).cloned() else { break };
                write(heap, &item, out, depth + 1)?;
            }
            out.push(']');
            return Ok(());
        }
        Value::Map(id) => {
            out.push('{');
            let entries: Vec<_> = heap.entries(*id).map(|(k, v)| (k.clone(), v.clone())).collect();
            for (at, (key, value)) in entries.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { "," });
                quote(&key.to_string(), out);
                out.push(':');
                write(heap, value, out, depth + 1)?;
            }
            out.push('}');
            return Ok(());
        }
        other => {
            let text = heap.display(other)?;
            quote(&text, out);
        }
    }
    heap.charge(out.len().saturating_sub(before))
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

struct Seed<'a>(&'a mut Heap);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "told in parse_json")]
        Ok(i64::try_from(n).map_or(Value::Float(n as f64), Value::Int))
    }

    fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
        Ok(Value::Float(x))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.text(text).map_err(E::custom)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Seed(self.0))? {
            self.0.spend(1).map_err(A::Error::custom)?;
            list.push(item);
        }
        self.0.json_list(list).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = members.next_key::<String>()? {
            self.0.charge(key.len()).map_err(A::Error::custom)?;
            map.push((Key::Text(key.into()), members.next_value_seed(Seed(self.0))?));
        }
        self.0.map(map).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        fn check(text: &str) {
            let mut heap = Heap::default();
            let value = heap.parse_json(text.as_bytes()).expect("JSON");
            assert_eq!(heap.to_json(&value).expect("JSON"), text);
        }
        check("null");
        check(r#"{"z":1,"a":[true,null,-2.5,"x\"\n"],"b":{}}"#);
        check(r#"[1.0E10,[],"\\"]"#);
    }

    #[test]
    fn what_is_no_json() {
        fn check(text: &str) {
            assert!(Heap::default().parse_json(text.as_bytes()).is_err(), "{text}");
        }
        check("");
        check("{");
        check("1 2");
        check(&"[".repeat(5000));
    }
}
