//! AWS's protocols: from an HTTP request to an operation of a service, and back.
//!
//! Shapes are generated, protocols are written once: a codec reads bytes into a [`Value`] tree that
//! fits a [`schema`], generated types read and write that tree, and no generated code knows a protocol.
//! A [`Router`] serves all mounted [`Service`]s behind one port.

mod body;
mod codec;
mod context;
mod convert;
mod error;
mod guard;
mod mounted;
mod origin;
mod route;
mod router;
pub mod schema;
mod service;
mod validate;
mod value;

pub use async_trait::async_trait;
pub use body::Body;
pub use codec::{MAX_DEPTH, MAX_VALUES};
pub use context::Context;
pub use convert::{FromValue, IntoValue, Members, Mismatch};
pub use error::ServiceError;
pub use origin::Origin;
pub use router::Router;
pub use service::Service;
pub use value::Value;

/// Any JSON.
pub type Document = serde_json::Value;

/// What an operation answers or fails with.
pub type Result<T> = std::result::Result<T, ServiceError>;
