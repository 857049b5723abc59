//! Lambda proxy integration: the event that a function gets, and what its answer means.
//!
//! This is the format of REST APIs, which HTTP APIs call payload format 1.0.

mod answer;
mod event;
mod headers;

pub(crate) use answer::{Answer, Form};
pub(crate) use event::{Event, Shown, shown_by_rest_apis, shown_headers};
pub(crate) use headers::{forwarded, put as put_header, set as set_header};
