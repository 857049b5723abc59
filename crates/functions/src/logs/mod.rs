//! What a function's log says: the platform's events, the streams they lie in, and the tail a caller asks for.

pub mod json;
mod stream;
mod tail;
pub mod text;
mod trace;

pub use stream::stream_name;
pub use tail::{MAX_TAIL, Tail};
pub use trace::Trace;
