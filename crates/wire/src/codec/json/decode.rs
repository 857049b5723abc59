//! JSON to values, in one pass over the text.

use crate::{
    Value,
    codec::{Budget, Malformed, Scope, scalar, timestamp},
    schema::{Kind, Location, ServiceSchema, Shape, ShapeId, TimestampFormat},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::{borrow::Cow, cell::RefCell, fmt};

/// Reads `body` as the shape `id`.
pub(crate) fn decode(
    service: &ServiceSchema,
    id: ShapeId,
    scope: Scope,
    body: &[u8],
) -> Result<Value, Malformed> {
    let state = State { service, scope, budget: Budget::default(), failure: RefCell::new(None) };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let seed =
        Seed { state: &state, shape: service.shape(id), format: TimestampFormat::EpochSeconds, depth: 0 };
    let read = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    read.map_err(|error| {
        // Our own messages travel beside serde's error, which would append a position to them.
        let own = state.failure.borrow_mut().take();
        own.unwrap_or_else(|| Malformed::new(format!("Could not parse the body as JSON: {error}")))
    })
}

struct State<'a> {
    service: &'a ServiceSchema,
    scope: Scope,
    budget: Budget,
    failure: RefCell<Option<Malformed>>,
}

impl State<'_> {
    fn fail<E: serde::de::Error>(&self, malformed: Malformed) -> E {
        *self.failure.borrow_mut() = Some(malformed);
        E::custom("")
    }
}

/// What is expected next.
#[derive(Clone, Copy)]
struct Seed<'a> {
    state: &'a State<'a>,
    shape: &'static Shape,
    format: TimestampFormat,
    depth: usize,
}

impl<'a> Seed<'a> {
    fn at<E: serde::de::Error>(self, id: ShapeId, format: Option<TimestampFormat>) -> Result<Seed<'a>, E> {
        let depth = Budget::deeper(self.depth).map_err(|m| self.state.fail(m))?;
        self.take(1)?;
        let shape = self.state.service.shape(id);
        Ok(Seed { shape, depth, format: format.unwrap_or(TimestampFormat::EpochSeconds), ..self })
    }

    fn take<E: serde::de::Error>(self, count: usize) -> Result<(), E> {
        self.state.budget.take(count).map_err(|m| self.state.fail(m))
    }

    /// The error that AWS gives when a JSON token cannot become the shape.
    fn wrong<E: serde::de::Error>(self, token: &'static str) -> E {
        self.state.fail(Malformed::wrong(token, self.shape))
    }

    fn whole<E: serde::de::Error>(self, number: Option<i64>) -> Result<Value, E> {
        let number = number.ok_or_else(|| self.wrong("NUMBER_VALUE"))?;
        match self.shape.kind {
            Kind::Integer if i32::try_from(number).is_err() => Err(self.wrong("NUMBER_VALUE")),
            Kind::Integer | Kind::Long => Ok(Value::Int(number)),
            Kind::Double => Ok(Value::Float(number as f64)),
            Kind::Timestamp(_) => self.moment(number as f64),
            _ => Err(self.wrong("NUMBER_VALUE")),
        }
    }

    fn moment<E: serde::de::Error>(self, seconds: f64) -> Result<Value, E> {
        let moment = timestamp::from_seconds(seconds).ok_or_else(|| self.wrong("NUMBER_VALUE"))?;
        Ok(Value::Timestamp(moment))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if matches!(self.shape.kind, Kind::Document) {
            let json: serde_json::Value = serde::Deserialize::deserialize(deserializer)?;
            return Ok(if json.is_null() { Value::Null } else { Value::Document(json) });
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a value of {}", self.shape.name)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Value, E> {
        match self.shape.kind {
            Kind::Boolean => Ok(Value::Bool(flag)),
            _ => Err(self.wrong(if flag { "TRUE_VALUE" } else { "FALSE_VALUE" })),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        self.whole(Some(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        match self.shape.kind {
            Kind::Double => Ok(Value::Float(number as f64)),
            _ => self.whole(i64::try_from(number).ok()),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        match self.shape.kind {
            Kind::Double => Ok(Value::Float(number)),
            Kind::Timestamp(_) => self.moment(number),
            // Some clients write whole numbers with a fraction of zero.
            _ if number.fract() == 0.0 && number.abs() < 9e15 => self.whole(Some(number as i64)),
            _ => Err(self.wrong("NUMBER_VALUE")),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        match self.shape.kind {
            Kind::String(_) => Ok(Value::String(text.to_owned())),
            Kind::Blob => match STANDARD.decode(text) {
                Ok(bytes) => Ok(Value::Blob(bytes.into())),
                Err(_) => Err(self.state.fail(Malformed::new("The value is not valid base64"))),
            },
            Kind::Timestamp(own) => {
                let moment = timestamp::parse(text, own.unwrap_or(self.format));
                Ok(Value::Timestamp(moment.ok_or_else(|| self.wrong("STRING_VALUE"))?))
            }
            Kind::Double if !text.starts_with(|c: char| c.is_ascii_digit()) => {
                Ok(Value::Float(scalar::parse_float(text).ok_or_else(|| self.wrong("STRING_VALUE"))?))
            }
            _ => Err(self.wrong("STRING_VALUE")),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let Kind::List { member, .. } = self.shape.kind else {
            return Err(self.state.fail(Malformed::list_unexpected()));
        };
        let mut list = Vec::new();
        loop {
            match items.next_element_seed(self.at(member, None)?)? {
                Some(item) => list.push(item),
                None => return Ok(Value::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Value, A::Error> {
        match self.shape.kind {
            Kind::Structure(_) | Kind::Union(_) => self.structure(entries),
            Kind::Map { value, .. } => self.map(entries, value),
            _ => Err(self.state.fail(Malformed::structure_unexpected())),
        }
    }
}

impl Seed<'_> {
    fn structure<'de, A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let members = self.shape.members();
        self.take(members.len())?;
        let everything = self.depth > 0 || self.state.scope == Scope::Everything;
        let mut values = vec![Value::Null; members.len()];
        while let Some(key) = entries.next_key_seed(Key)? {
            let found =
                members.iter().position(|m| m.wire == key && (m.location == Location::Body || everything));
            match found.and_then(|index| Some((values.get_mut(index)?, members.get(index)?))) {
                Some((slot, member)) => {
                    *slot = entries.next_value_seed(self.at(member.shape, member.timestamp)?)?
                }
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Struct(values))
    }

    fn map<'de, A: MapAccess<'de>>(self, mut entries: A, value: ShapeId) -> Result<Value, A::Error> {
        let mut map = Vec::new();
        while let Some(key) = entries.next_key_seed(Key)? {
            map.push((key.into_owned(), entries.next_value_seed(self.at(value, None)?)?));
        }
        Ok(Value::Map(map))
    }
}

/// A key, borrowed from the body where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
