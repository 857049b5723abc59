//! AWS's protocols: from an HTTP request to an operation of a service, and back.
//!
//! Shapes are generated, protocols are written once: a codec reads bytes into a [`Value`] tree that
//! fits a [`schema`], generated types read and write that tree, and no generated code knows a protocol.
//! A [`Router`] serves all mounted [`Service`]s behind one port.
//!
//! The codecs are our own. The schema-driven smithy server crates have no awsQuery, answer a wrong type with
//! `400 {}` and an unknown target with an empty 404, check no constraints, and took more to compile.
//!
//! # What is assumed about AWS
//!
//! The public models say what is sent; they do not say how it is refused. Where AWS's answers are not documented:
//!
//! - All broken constraints are told at once, up to ten, in the order of the model's members, and for one value in the
//!   order pattern, length or range, values (as STS, Cognito and DynamoDB do). Constraints on elements are told once, at
//!   the list or map, all together, greatest and least first, and last that an element may not be null.
//! - Constraints come before anything else a service checks, and after the form of the body.
//! - A JSON token of a wrong kind is a `SerializationException` whose message stands under `Message`; services of
//!   awsJson 1.0 say `cannot be converted to String`, the others `can not be converted to a String`.
//! - Unknown members are ignored. A null member is an absent one. The last of two equal keys counts.
//! - awsQuery answers what it cannot read with `MalformedInput`, and an unknown action with `InvalidAction`.
//! - An unknown path is a 404, an unknown target a 400, both `UnknownOperationException`.
//! - A request's service is the one that its target, path or action names; a signature decides between several.
//! - An instance's unsigned requests are its role's: its network namespace is its identity.

mod auth;
mod body;
mod codec;
mod context;
mod convert;
mod error;
pub mod event_stream;
mod guard;
mod mounted;
mod origin;
mod route;
mod router;
pub mod schema;
mod service;
pub mod sigv4;
mod validate;
mod value;

pub use async_trait::async_trait;
pub use auth::{Authentication, Authorize, Call, Loopback, Refused, Signed, Unproven};
pub use body::Body;
pub use codec::{MAX_DEPTH, MAX_VALUES};
pub use context::Context;
pub use convert::{FromValue, IntoValue, Members, Mismatch};
pub use error::ServiceError;
pub use origin::{Origin, Peer};
pub use router::Router;
pub use service::Service;
pub use validate::unchecked_patterns;
pub use value::Value;

/// Any JSON.
pub type Document = serde_json::Value;

/// What an operation answers or fails with.
pub type Result<T> = std::result::Result<T, ServiceError>;
