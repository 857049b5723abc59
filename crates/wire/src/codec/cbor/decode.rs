//! CBOR to values. Members go by the model's names.

use super::reader::{Reader, Token};
use crate::{
    Value,
    codec::{Budget, Malformed, timestamp},
    schema::{Kind, ServiceSchema, Shape, ShapeId},
};

/// Reads `body` as the shape `id`.
pub(crate) fn decode(service: &ServiceSchema, id: ShapeId, body: &[u8]) -> Result<Value, Malformed> {
    let mut decoder = Decoder { service, reader: Reader::new(body), budget: Budget::default() };
    let token = decoder.reader.token()?;
    let value = decoder.value(token, service.shape(id), 0)?;
    if decoder.reader.is_empty() { Ok(value) } else { Err(Malformed::new("The body goes on after its end")) }
}

struct Decoder<'a> {
    service: &'a ServiceSchema,
    reader: Reader<'a>,
    budget: Budget,
}

impl Decoder<'_> {
    fn value(&mut self, token: Token, shape: &Shape, depth: usize) -> Result<Value, Malformed> {
        let depth = Budget::deeper(depth)?;
        self.budget.take(1)?;
        match token {
            Token::Null => Ok(Value::Null),
            Token::Bool(flag) => match shape.kind {
                Kind::Boolean => Ok(Value::Bool(flag)),
                _ => Err(Malformed::wrong(if flag { "TRUE_VALUE" } else { "FALSE_VALUE" }, shape)),
            },
            Token::Int(number) => integer(number, shape),
            Token::Float(number) => match shape.kind {
                Kind::Double => Ok(Value::Float(number)),
                Kind::Timestamp(_) => moment(number, shape),
                _ if number.fract() == 0.0 && number.abs() < 9e15 => integer(Some(number as i64), shape),
                _ => Err(Malformed::wrong("NUMBER_VALUE", shape)),
            },
            Token::Bytes(length) => match shape.kind {
                Kind::Blob => Ok(Value::Blob(self.reader.string(length)?.into())),
                _ => Err(Malformed::wrong("BINARY_VALUE", shape)),
            },
            Token::Text(length) => match shape.kind {
                Kind::String(_) => Ok(Value::String(self.reader.text(length)?)),
                _ => Err(Malformed::wrong("STRING_VALUE", shape)),
            },
            Token::Tag(1) => match (shape.kind, self.reader.token()?) {
                (Kind::Timestamp(_), Token::Float(number)) => moment(number, shape),
                (Kind::Timestamp(_), Token::Int(Some(number))) => moment(number as f64, shape),
                _ => Err(Malformed::wrong("TIMESTAMP_VALUE", shape)),
            },
            // Other tags say nothing that a shape asks for.
            Token::Tag(_) => {
                let token = self.reader.token()?;
                self.value(token, shape, depth)
            }
            Token::Array(length) => match shape.kind {
                Kind::List { member, .. } => self.list(length, self.service.shape(member), depth),
                _ => Err(Malformed::list_unexpected()),
            },
            Token::Map(length) => match shape.kind {
                Kind::Structure(_) | Kind::Union(_) => self.structure(length, shape, depth),
                Kind::Map { value, .. } => self.map(length, value, depth),
                _ => Err(Malformed::structure_unexpected()),
            },
            Token::Break => Err(Malformed::new("Could not parse the body as CBOR")),
        }
    }

    /// The next item's token, unless the collection ends here.
    fn next(&mut self, left: &mut Option<u64>) -> Result<Option<Token>, Malformed> {
        match left {
            Some(0) => return Ok(None),
            Some(count) => *count -= 1,
            None => {}
        }
        match self.reader.token()? {
            Token::Break if left.is_none() => Ok(None),
            token => Ok(Some(token)),
        }
    }

    fn list(&mut self, mut left: Option<u64>, shape: &Shape, depth: usize) -> Result<Value, Malformed> {
        let mut items = Vec::new();
        while let Some(token) = self.next(&mut left)? {
            items.push(self.value(token, shape, depth)?);
        }
        Ok(Value::List(items))
    }

    fn key(&mut self, token: Token) -> Result<String, Malformed> {
        match token {
            Token::Text(length) => self.reader.text(length),
            _ => Err(Malformed::new("Could not parse the body as CBOR: a key must be text")),
        }
    }

    fn map(&mut self, mut left: Option<u64>, value: ShapeId, depth: usize) -> Result<Value, Malformed> {
        let shape = self.service.shape(value);
        let mut entries = Vec::new();
        while let Some(token) = self.next(&mut left)? {
            let key = self.key(token)?;
            let token = self.reader.token()?;
            entries.push((key, self.value(token, shape, depth)?));
        }
        Ok(Value::Map(entries))
    }

    fn structure(&mut self, mut left: Option<u64>, shape: &Shape, depth: usize) -> Result<Value, Malformed> {
        let members = shape.members();
        self.budget.take(members.len())?;
        let mut values = vec![Value::Null; members.len()];
        while let Some(token) = self.next(&mut left)? {
            let key = self.key(token)?;
            let token = self.reader.token()?;
            let index = members.iter().position(|member| member.name == key);
            match index.and_then(|index| Some((values.get_mut(index)?, members.get(index)?))) {
                Some((slot, member)) => *slot = self.value(token, self.service.shape(member.shape), depth)?,
                None => self.reader.skip(token, depth)?,
            }
        }
        Ok(Value::Struct(values))
    }
}

fn integer(number: Option<i64>, shape: &Shape) -> Result<Value, Malformed> {
    match (shape.kind, number) {
        (Kind::Integer, Some(n)) if i32::try_from(n).is_ok() => Ok(Value::Int(n)),
        (Kind::Long, Some(n)) => Ok(Value::Int(n)),
        (Kind::Double, Some(n)) => Ok(Value::Float(n as f64)),
        (Kind::Timestamp(_), Some(n)) => moment(n as f64, shape),
        _ => Err(Malformed::wrong("NUMBER_VALUE", shape)),
    }
}

fn moment(seconds: f64, shape: &Shape) -> Result<Value, Malformed> {
    timestamp::from_seconds(seconds)
        .map(Value::Timestamp)
        .ok_or_else(|| Malformed::wrong("NUMBER_VALUE", shape))
}
