//! Which service, protocol and operation a request is for.

mod identify;
mod paths;
mod query_string;
mod scope;

pub(crate) use identify::{Found, Head, Identified, identify, identify_form};
pub(crate) use paths::Paths;
pub(crate) use query_string::{decode_component, parse as parse_query};
pub(crate) use scope::Scope;
