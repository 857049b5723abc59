//! Bodies that nobody would write. What is read is written and read again: the same.

use super::SERVICE;
use crate::{
    Value,
    codec::{Malformed, Scope, cbor, form::Form, json, xml},
    event_stream::Decoder,
    schema::Protocol,
};

/// Words of the schema and of every format.
const WORDS: [&str; 34] = [
    "Text",
    "raw",
    "Bytes",
    "Flag",
    "Whole",
    "Large",
    "Real",
    "Seconds",
    "Moment",
    "Texts",
    "Flat",
    "Numbers",
    "FlatMap",
    "Inner",
    "Inners",
    "Either",
    "Deeper",
    "More",
    "Name",
    "Id",
    "member",
    "entry",
    "key",
    "value",
    "item",
    "true",
    "null",
    "NaN",
    "-Infinity",
    "1e308",
    "2026-01-31T23:59:59Z",
    "aGk=",
    "\\u00e9",
    "1",
];

/// What was made of an input, told coarsely: which kinds of values where, or which complaint.
fn outcome(read: &Result<Value, Malformed>) -> String {
    match read {
        Ok(value) => {
            let mut out = String::new();
            sketch(value, 0, &mut out);
            out
        }
        Err(malformed) => {
            // Numbers in complaints are positions, which tell inputs apart for no good reason.
            malformed.message(Protocol::RestJson1).chars().filter(|c| !c.is_ascii_digit()).take(80).collect()
        }
    }
}

fn sketch(value: &Value, depth: usize, out: &mut String) {
    let mut all = |mark: char, items: &mut dyn Iterator<Item = &Value>| {
        out.push(mark);
        if depth < 3 {
            items.take(20).for_each(|item| sketch(item, depth + 1, out));
        }
        out.push('.');
    };
    match value {
        Value::Null => out.push('-'),
        Value::Bool(_) => out.push('b'),
        Value::Int(number) => out.push(if *number < 0 { 'm' } else { 'i' }),
        Value::Float(number) => out.push(if number.is_finite() { 'f' } else { 'n' }),
        Value::String(text) => out.push(if text.is_ascii() { 's' } else { 'u' }),
        Value::Blob(_) => out.push('x'),
        Value::Timestamp(_) => out.push('t'),
        Value::Document(_) => out.push('d'),
        Value::List(items) => all('[', &mut items.iter().take(3)),
        Value::Map(entries) => all('{', &mut entries.iter().map(|(_, item)| item).take(3)),
        Value::Struct(members) => all('(', &mut members.iter()),
    }
}

#[test]
fn fuzz_json() {
    let syntax = ["{\"", "\":", "\",", "[", "]", "}", "{\"Inner\":", "{\"Deeper\":", "[[", "\"\\ud800\""];
    tinderbox_fuzz::run("json", &[&WORDS[..], &syntax].concat(), |input| {
        let read = json::decode(&SERVICE, 0, Scope::Everything, input);
        if let Ok(value) = &read {
            let write = |value| {
                let mut body = Vec::new();
                json::write_structure(&SERVICE, 0, Scope::Everything, value, &mut body);
                body
            };
            let body = write(value);
            let again =
                json::decode(&SERVICE, 0, Scope::Everything, &body).expect("what was written is read");
            assert_eq!(write(&again), body);
        }
        outcome(&read)
    });
}

#[test]
fn fuzz_cbor() {
    let syntax = ["\u{0}", "\u{7f}", "\u{1}"];
    tinderbox_fuzz::run("cbor", &[&WORDS[..], &syntax].concat(), |input| {
        let read = cbor::decode(&SERVICE, 0, input);
        if let Ok(value @ Value::Struct(_)) = &read {
            let write = |value| {
                let mut body = Vec::new();
                cbor::structure(&SERVICE, 0, value, &mut body);
                body
            };
            let body = write(value);
            let again = cbor::decode(&SERVICE, 0, &body).expect("what was written is read");
            assert_eq!(write(&again), body);
        }
        outcome(&read)
    });
}

#[test]
fn fuzz_xml() {
    let syntax = [
        "<Everything>",
        "</Everything>",
        "<",
        "</",
        ">",
        "/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "&amp;",
        "&#x41;",
        "&#0;",
        "<!DOCTYPE a [<!ENTITY b \"c\">]>",
        "<?xml version=\"1.0\"?>",
        " xmlns=\"a\"",
        "<entry><key>",
        "</key><value>",
    ];
    tinderbox_fuzz::run("xml", &[&WORDS[..], &syntax].concat(), |input| {
        let read = xml::decode(&SERVICE, 0, Scope::Everything, input);
        if let Ok(value @ Value::Struct(_)) = &read {
            let write = |value| {
                let mut writer = xml::Writer::new();
                writer.root(&SERVICE, "Everything", 0, Scope::Everything, value);
                writer.finish()
            };
            let body = write(value);
            let again = xml::decode(&SERVICE, 0, Scope::Everything, &body).expect("what was written is read");
            assert_eq!(write(&again), body);
        }
        outcome(&read)
    });
}

#[test]
fn fuzz_form() {
    let syntax = [
        "&",
        "=",
        ".",
        ".member.1",
        ".entry.1.key=",
        "%41",
        "%",
        "+",
        ".1.",
        "Flat.1",
        "Inner.Deeper.",
        "&Texts.member.4294967295=",
    ];
    tinderbox_fuzz::run("form", &[&WORDS[..], &syntax].concat(), |input| {
        let parameters = crate::route::parse_query(input);
        parameters.map(|parameters| outcome(&Form::new(&parameters).structure(&SERVICE, 0)))
    });
}

#[test]
fn fuzz_event_stream() {
    let words = [":message-type", ":event-type", "event", "\u{7}", "\u{0}\u{0}\u{0}\u{10}"];
    tinderbox_fuzz::run("event_stream", &words, |input| {
        // Checksums keep mutation out, so half of the inputs get right ones.
        let sealed = seal(input);
        [input, &sealed].map(|input| {
            let mut decoder = Decoder::default();
            decoder.feed(input);
            let read = decoder.message();
            if let Ok(Some(message)) = &read {
                let bytes = message.encode().expect("what was read can be written");
                assert_eq!(Some(&bytes[..]), input.get(..bytes.len()));
            }
            read.map(|message| message.map(|m| (m.headers.len(), m.payload.len().min(4))))
        })
    });
}

/// `input` as headers and a payload of a message with the right lengths and checksums.
fn seal(input: &[u8]) -> Vec<u8> {
    let (headers, content) =
        input.split_first().map_or((0, input), |(n, rest)| (usize::from(*n).min(rest.len()), rest));
    let mut out = (u32::try_from(content.len()).unwrap_or_default() + 16).to_be_bytes().to_vec();
    out.extend(u32::try_from(headers).unwrap_or_default().to_be_bytes());
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out.extend(content);
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out
}
