//! JSON written straight into a buffer, without a tree between.

use std::io::Write as _;

/// Appends a string with its quotes.
pub(crate) fn string(text: &str, out: &mut Vec<u8>) {
    // Writing into memory cannot fail, and every string is JSON.
    let _ = serde_json::to_writer(out, text);
}

/// Appends a string, or null for none.
pub(crate) fn optional(text: Option<&str>, out: &mut Vec<u8>) {
    match text {
        Some(text) => string(text, out),
        None => out.extend_from_slice(b"null"),
    }
}

/// Appends a whole number.
pub(crate) fn number(number: i64, out: &mut Vec<u8>) {
    let _ = write!(out, "{number}");
}

/// An object under way.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true }
    }

    /// Appends a name; its value is to be written into what this returns.
    pub(crate) fn key(&mut self, name: &str) -> &mut Vec<u8> {
        if !std::mem::replace(&mut self.first, false) {
            self.out.push(b',');
        }
        string(name, self.out);
        self.out.push(b':');
        self.out
    }

    /// Appends a member that is text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        string(value, self.key(name));
    }

    /// Appends a member that is text or null.
    pub(crate) fn maybe(&mut self, name: &str, value: Option<&str>) {
        optional(value, self.key(name));
    }

    /// Appends a member that is JSON already.
    pub(crate) fn raw(&mut self, name: &str, json: &[u8]) {
        self.key(name).extend_from_slice(json);
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// Appends the pairs as an object of the last value of each name, or null if there are none.
pub(crate) fn last_values<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)> + Clone, out: &mut Vec<u8>) {
    by_name(pairs, out, |values, out| string(values.last().unwrap_or_default(), out));
}

/// Appends the pairs as an object of lists, or null if there are none.
pub(crate) fn all_values<'p>(pairs: impl Iterator<Item = (&'p str, &'p str)> + Clone, out: &mut Vec<u8>) {
    by_name(pairs, out, |values, out| {
        out.push(b'[');
        for (place, value) in values.enumerate() {
            if place > 0 {
                out.push(b',');
            }
            string(value, out);
        }
        out.push(b']');
    });
}

/// Appends an object in which `write` writes what becomes of each name's values, or null if there are none.
fn by_name<'p>(
    pairs: impl Iterator<Item = (&'p str, &'p str)> + Clone,
    out: &mut Vec<u8>,
    write: impl Fn(&mut dyn Iterator<Item = &'p str>, &mut Vec<u8>),
) {
    if pairs.clone().next().is_none() {
        out.extend_from_slice(b"null");
        return;
    }
    let mut object = Object::begin(out);
    for (index, (name, _)) in pairs.clone().enumerate() {
        if pairs.clone().take(index).any(|(earlier, _)| earlier == name) {
            continue;
        }
        let own = pairs.clone().skip(index).filter(|(other, _)| *other == name);
        write(&mut own.map(|(_, value)| value), object.key(name));
    }
    object.end();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs() {
        fn check(given: &[(&str, &str)], last: &str, all: &str) {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            last_values(given.iter().copied(), &mut a);
            all_values(given.iter().copied(), &mut b);
            assert_eq!((String::from_utf8_lossy(&a), String::from_utf8_lossy(&b)), (last.into(), all.into()));
        }
        check(&[], "null", "null");
        check(&[("a", "1")], r#"{"a":"1"}"#, r#"{"a":["1"]}"#);
        let given = [("a", "1"), ("b\"", "\n"), ("a", "2")];
        check(&given, r#"{"a":"2","b\"":"\n"}"#, r#"{"a":["1","2"],"b\"":["\n"]}"#);
    }
}
