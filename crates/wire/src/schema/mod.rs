//! What a service's model says, as plain static data: no protocol and no service is named in it.
//!
//! Generated crates hold these as statics. A schema made at run time (test vectors) leaks its parts.

mod operation;
mod shape;

pub use operation::{DEFAULT_BODY_LIMIT, ErrorSchema, OperationSchema, Protocol, ServiceSchema};
pub use shape::{Kind, Location, Member, Shape, ShapeId, TimestampFormat};
