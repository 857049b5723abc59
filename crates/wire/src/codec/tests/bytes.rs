//! Arbitrary and hostile bytes: every parser answers, none panics or builds without bound.

use super::SERVICE;
use crate::codec::{MAX_DEPTH, MAX_VALUES, Malformed, Scope, cbor, form::Form, json, xml};
use proptest::{collection::vec, prelude::*};

type Decode = fn(&crate::schema::ServiceSchema, u16, &[u8]) -> Result<crate::Value, Malformed>;
const DECODERS: [(&str, Decode); 3] = [
    ("json", |service, id, body| json::decode(service, id, Scope::Everything, body)),
    ("cbor", cbor::decode),
    ("xml", |service, id, body| xml::decode(service, id, Scope::Everything, body)),
];

proptest! {
    #[test]
    fn any_bytes(body in vec(any::<u8>(), 0..200)) {
        for (_, decode) in DECODERS {
            let _ = decode(&SERVICE, 0, &body);
        }
    }

    #[test]
    fn nearly_json(body in "[\\[\\]{}:,\"0-9a-zA-Z .+\\-]{0,60}") {
        let _ = json::decode(&SERVICE, 0, Scope::Everything, body.as_bytes());
    }

    #[test]
    fn nearly_xml(body in "(<[a-zI]{1,2}>|</[a-zI]{1,2}>|<a b='c'/>|&lt;|&#1;|<!--|-->|<!DOCTYPE|<\\?|x|&){0,20}") {
        let _ = xml::decode(&SERVICE, 0, Scope::Everything, body.as_bytes());
    }

    #[test]
    fn nearly_cbor(head in prop::sample::select(vec![0xbfu8, 0xa1, 0xa3, 0xb8]), body in vec(any::<u8>(), 0..60)) {
        let _ = cbor::decode(&SERVICE, 0, &[&[head][..], b"\x64Text", &body].concat());
    }

    #[test]
    fn any_form(names in vec("((Texts|FlatMap|Inner|Deeper|member|item|entry|1|2|Name|key|x)?[.]?){0,5}", 0..10)) {
        let form: Vec<_> = names.into_iter().map(|name| (name, "1".to_owned())).collect();
        let _ = Form::new(&form).structure(&SERVICE, 0);
    }
}

/// A body of so many levels of `Deeper`, in each format.
fn nested(levels: usize) -> [Vec<u8>; 3] {
    let json = format!("{{\"Inner\":{}{{}}{}}}", "{\"Deeper\":".repeat(levels), "}".repeat(levels));
    let cbor = [b"\xa1\x65Inner".to_vec(), b"\xa1\x66Deeper".repeat(levels), vec![0xa0]].concat();
    let xml = format!("<r><Inner>{}{}</Inner></r>", "<Deeper>".repeat(levels), "</Deeper>".repeat(levels));
    [json.into_bytes(), cbor, xml.into_bytes()]
}

#[test]
fn nesting_is_bounded() {
    for (levels, ok) in [(10, true), (MAX_DEPTH, false), (200_000, false)] {
        for ((name, decode), body) in DECODERS.into_iter().zip(nested(levels)) {
            assert_eq!(decode(&SERVICE, 0, &body).is_ok(), ok, "{name}, {levels} levels");
        }
    }
}

#[test]
fn nesting_of_what_is_ignored_is_harmless_too() {
    let levels = 200_000;
    // JSON is passed over without recursion.
    let json = format!("{{\"Ignored\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    assert!(json::decode(&SERVICE, 0, Scope::Everything, json.as_bytes()).is_ok());
    let cbor = [b"\xa1\x67Ignored".to_vec(), vec![0x81; levels], vec![0xf6]].concat();
    assert!(cbor::decode(&SERVICE, 0, &cbor).is_err());
    let form = [("a.".repeat(levels), String::new())];
    assert!(Form::new(&form).structure(&SERVICE, 0).is_ok());
    let form = [(format!("Inner{}", ".Deeper".repeat(levels)), String::new())];
    assert!(Form::new(&form).structure(&SERVICE, 0).is_err());
}

#[test]
fn the_number_of_values_is_bounded() {
    // Four bytes of JSON make a structure of five values and more.
    let count = MAX_VALUES / 4;
    let json = format!("{{\"Inners\":[{}{{}}]}}", "{},".repeat(count));
    let cbor = [b"\xa1\x66Inners\x9f".to_vec(), vec![0xa0; count], vec![0xff]].concat();
    let xml = format!("<r><Inners>{}</Inners></r>", "<member/>".repeat(count));
    for ((name, decode), body) in DECODERS.into_iter().zip([json.into_bytes(), cbor, xml.into_bytes()]) {
        let Err(Malformed::Other(message)) = decode(&SERVICE, 0, &body) else { panic!("{name} was read") };
        assert!(message.contains("more than 1000000 values"), "{name}: {message}");
    }
}

#[test]
fn announced_lengths_are_not_believed() {
    for body in [
        b"\xa1\x64Text\x7b\x7f\xff\xff\xff\xff\xff\xff\xff".as_slice(),
        b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(cbor::decode(&SERVICE, 0, body).is_err());
    }
    assert!(cbor::decode(&SERVICE, 0, b"\xa1\x65Texts\x9a\xff\xff\xff\xff\x61a").is_err());
}

#[test]
fn document_types_and_entities_are_refused() {
    fn check(xml: &str, ok: bool) {
        assert_eq!(xml::decode(&SERVICE, 0, Scope::Everything, xml.as_bytes()).is_ok(), ok, "{xml}");
    }
    check("<r><Text>a&amp;b&#x41;</Text></r>", true);
    check("<!DOCTYPE r [<!ENTITY x 'y'>]><r/>", false);
    check("<r><Text>&x;</Text></r>", false);
    check("<r></q>", false);
    check("<r/><r/>", false);
    check("<r>", false);
    check("", false);
}
