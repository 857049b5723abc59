//! What a codec writes it reads back.

use super::{SERVICE, SHAPES};
use crate::{
    Value,
    codec::{Scope, cbor, json, xml},
    schema::{Kind, Shape},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use tinderbox_base::Timestamp;

/// Text of characters that every format can hold.
fn text() -> impl Strategy<Value = String> {
    "[ -~\\t\\n\\räöü€😀]{0,12}"
}

/// Values that fit `shape`; `depth` more levels of structures.
fn fitting(shape: &'static Shape, depth: u32) -> BoxedStrategy<Value> {
    let of = |id: u16| fitting(&SHAPES[usize::from(id)], depth.saturating_sub(1));
    match shape.kind {
        Kind::String(_) => text().prop_map(Value::String).boxed(),
        Kind::Blob => vec(any::<u8>(), 0..20).prop_map(|b| Value::Blob(b.into())).boxed(),
        Kind::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
        Kind::Integer => any::<i32>().prop_map(|n| Value::Int(n.into())).boxed(),
        Kind::Long => any::<i64>().prop_map(Value::Int).boxed(),
        Kind::Double => prop_oneof![
            any::<f64>().prop_filter("NaN equals nothing", |f| !f.is_nan()),
            Just(f64::INFINITY),
            Just(f64::NEG_INFINITY),
            Just(1.0),
        ]
        .prop_map(Value::Float)
        .boxed(),
        Kind::Timestamp(_) => (-100_000_000_000i64..4_000_000_000_000)
            .prop_map(|ms| Value::Timestamp(Timestamp::from_millis(ms)))
            .boxed(),
        // Empty flattened lists and maps are the same as absent ones in XML.
        Kind::List { member, .. } => vec(of(member), 1..4).prop_map(Value::List).boxed(),
        Kind::Map { value, .. } => vec((text(), of(value)), 1..4).prop_map(Value::Map).boxed(),
        Kind::Structure(members) => {
            let values = members.iter().map(|member| {
                let deep =
                    matches!(SHAPES[usize::from(member.shape)].kind, Kind::Structure(_) | Kind::List { .. });
                if deep && depth == 0 {
                    return Just(Value::Null).boxed();
                }
                prop_oneof![Just(Value::Null), of(member.shape)].boxed()
            });
            values.collect::<Vec<_>>().prop_map(Value::Struct).boxed()
        }
        Kind::Union(members) => {
            let values = members.iter().map(|m| of(m.shape)).collect::<Vec<_>>();
            (values, any::<Index>())
                .prop_map(|(mut values, chosen)| {
                    let chosen = chosen.index(values.len());
                    for (index, value) in values.iter_mut().enumerate().filter(|(i, _)| *i != chosen) {
                        let _ = index;
                        *value = Value::Null;
                    }
                    Value::Struct(values)
                })
                .boxed()
        }
        Kind::Document => Just(Value::Null).boxed(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn json(value in fitting(&SHAPES[0], 2)) {
        let mut body = Vec::new();
        json::write_structure(&SERVICE, 0, Scope::Everything, &value, &mut body);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&body).is_ok());
        prop_assert_eq!(json::decode(&SERVICE, 0, Scope::Everything, &body), Ok(value));
    }

    #[test]
    fn cbor(value in fitting(&SHAPES[0], 2)) {
        let mut body = Vec::new();
        cbor::structure(&SERVICE, 0, &value, &mut body);
        prop_assert_eq!(cbor::decode(&SERVICE, 0, &body), Ok(value));
    }

    #[test]
    fn xml(value in fitting(&SHAPES[0], 2)) {
        let mut writer = xml::Writer::new();
        writer.root(&SERVICE, "Everything", 0, Scope::Everything, &value);
        let body = writer.finish();
        prop_assert_eq!(xml::decode(&SERVICE, 0, Scope::Everything, &body), Ok(value), "{}", String::from_utf8_lossy(&body));
    }
}
