//! `$util`.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use std::fmt::Write as _;
use tinderbox_vtl::{Fault, Heap, Object, Value};

/// What Java's `URLEncoder` writes as it is; a blank becomes `+`.
const URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'*').remove(b' ');

pub(super) struct Util;

impl Object for Util {
    fn property(&self, _: &str, _: &mut Heap) -> Result<Value, Fault> {
        Ok(Value::Null)
    }

    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Fault> {
        let [argument] = arguments else { return Ok(Value::Null) };
        let text = heap.display(argument)?;
        heap.charge(text.len())?;
        match name {
            "escapeJavaScript" => heap.text(escape(&text)),
            "parseJson" => heap.parse_json(text.as_bytes()),
            "urlEncode" => heap.text(utf8_percent_encode(&text, URL).to_string().replace(' ', "+")),
            "urlDecode" => {
                let text = text.replace('+', " ");
                heap.text(&*percent_decode_str(&text).decode_utf8_lossy())
            }
            "base64Encode" => heap.text(BASE64_STANDARD.encode(text.as_bytes())),
            "base64Decode" => {
                let bytes = BASE64_STANDARD.decode(text.trim().as_bytes());
                let bytes = bytes.map_err(|error| Fault::method(format!("not base64: {error}")))?;
                heap.text(&*String::from_utf8_lossy(&bytes))
            }
            _ => Ok(Value::Null),
        }
    }
}

/// A text as a JavaScript literal, as Commons Lang's `StringEscapeUtils` writes it: `'` and `/` get a backslash too,
/// which is why guides have it undone in JSON.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '\'' | '"' | '\\' | '/' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    out
}
