//! The Velocity Template Language, as API mapping templates use it.
//!
//! A [`Template`] is parsed once and rendered many times, each time in a [`Scope`] of its own: variables over a
//! [`Heap`] that holds the lists and maps, and counts what the template spends. What a host offers beyond data,
//! such as `$input`, is an [`Object`]. [`JsonPath`] reads values the way such templates' hosts do.
//!
//! The language is that of Velocity 1.7 (its user guide and VTL reference), with one difference that API Gateway
//! makes: a reference that leads nowhere is rendered as nothing, and equals the empty string. `#include`, `#parse`
//! and `#evaluate`, which reach beyond the template, are refused.
//!
//! Nothing here knows a service, does input or output, or runs without bound: see [`Limits`].

mod error;
#[cfg(test)]
mod fuzz;
mod heap;
mod json;
mod json_path;
mod limits;
mod methods;
mod object;
mod render;
mod syntax;
mod text;
mod value;

pub use error::{Error, ErrorKind, Fault};
pub use heap::{Heap, ListId, MapId};
pub use json_path::{JsonPath, JsonPathError};
pub use limits::{Limits, MAX_ITERATIONS, MAX_NESTING, MAX_TEMPLATE_BYTES};
pub use object::Object;
pub use render::Scope;
pub use syntax::{Block, Template};
pub use text::java_double;
pub use value::{Entry, Key, Value};
