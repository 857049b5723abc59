//! Between [`Value`] and Rust types: what generated structures are made of.

use crate::Value;
use bytes::Bytes;
use std::collections::BTreeMap;
use tinderbox_base::Timestamp;

/// A value that does not fit the type it is read into: a schema and its types disagree, a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a value of another kind where {0} was expected")]
pub struct Mismatch(pub &'static str);

/// A type that is read from a [`Value`]. Nothing reads as the default.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The value is of another kind.
    fn from_value(value: Value) -> Result<Self, Mismatch>;
}

/// A type that is written to a [`Value`].
pub trait IntoValue {
    /// Writes it.
    fn into_value(self) -> Value;
}

macro_rules! scalar {
    ($($type:ty, $variant:ident;)*) => { $(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self, Mismatch> {
                match value {
                    Value::$variant(inner) => Ok(inner),
                    Value::Null => Ok(Self::default()),
                    _ => Err(Mismatch(stringify!($variant))),
                }
            }
        }

        impl IntoValue for $type {
            fn into_value(self) -> Value {
                Value::$variant(self)
            }
        }
    )* };
}

scalar! {
    bool, Bool;
    i64, Int;
    f64, Float;
    String, String;
    Bytes, Blob;
    Timestamp, Timestamp;
    serde_json::Value, Document;
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<T: FromValue> FromValue for Box<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        T::from_value(value).map(Self::new)
    }
}

impl<T: IntoValue> IntoValue for Box<T> {
    fn into_value(self) -> Value {
        (*self).into_value()
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::List(items) => items.into_iter().map(T::from_value).collect(),
            Value::Null => Ok(Self::new()),
            _ => Err(Mismatch("List")),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(T::into_value).collect())
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Map(entries) => entries.into_iter().map(|(k, v)| Ok((k, T::from_value(v)?))).collect(),
            Value::Null => Ok(Self::new()),
            _ => Err(Mismatch("Map")),
        }
    }
}

impl<T: IntoValue> IntoValue for BTreeMap<String, T> {
    fn into_value(self) -> Value {
        Value::Map(self.into_iter().map(|(k, v)| (k, v.into_value())).collect())
    }
}

/// No input or no output.
impl FromValue for () {
    fn from_value(_: Value) -> Result<Self, Mismatch> {
        Ok(())
    }
}

impl IntoValue for () {
    fn into_value(self) -> Value {
        Value::Struct(Vec::new())
    }
}

/// The members of a structure, one after the other.
#[derive(Debug)]
pub struct Members(std::vec::IntoIter<Value>);

impl Members {
    /// The members of `value`.
    ///
    /// # Errors
    /// It is no structure.
    pub fn of(value: Value) -> Result<Self, Mismatch> {
        match value {
            Value::Struct(members) => Ok(Self(members.into_iter())),
            Value::Null => Ok(Self(Vec::new().into_iter())),
            _ => Err(Mismatch("Struct")),
        }
    }

    /// The next member.
    ///
    /// # Errors
    /// It is of another kind.
    pub fn take<T: FromValue>(&mut self) -> Result<T, Mismatch> {
        T::from_value(self.0.next().unwrap_or_default())
    }
}

/// Declares structures whose fields are the members of their schemas, in the same order.
#[macro_export]
macro_rules! structures {
    ($($(#[$meta:meta])* pub struct $name:ident { $(pub $field:ident: $type:ty,)* })*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name { $(pub $field: $type,)* }

        impl $crate::FromValue for $name {
            #[allow(unused_mut, unused_variables, reason = "a structure may have no members")]
            fn from_value(value: $crate::Value) -> ::std::result::Result<Self, $crate::Mismatch> {
                let mut members = $crate::Members::of(value)?;
                ::std::result::Result::Ok(Self { $($field: members.take()?,)* })
            }
        }

        impl $crate::IntoValue for $name {
            fn into_value(self) -> $crate::Value {
                $crate::Value::Struct(::std::vec![$($crate::IntoValue::into_value(self.$field),)*])
            }
        }
    )* };
}

/// Declares which structures are errors: `Structure = "ShapeName", message_field;`.
#[macro_export]
macro_rules! modeled_errors {
    ($($name:ident = $shape:literal, $message:ident;)*) => { $(
        impl $name {
            /// The error with its message and nothing else.
            pub fn new(message: impl ::std::convert::Into<::std::string::String>) -> Self {
                let mut error = Self::default();
                error.$message = ::std::convert::From::from(message.into());
                error
            }
        }

        impl ::std::convert::From<$name> for $crate::ServiceError {
            fn from(error: $name) -> Self {
                Self::modeled($shape, $crate::IntoValue::into_value(error))
            }
        }
    )* };
}
