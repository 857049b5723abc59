//! What a function's log says: the platform's lines, the streams they lie in, and the tail a caller asks for.

mod stream;
mod tail;
pub mod text;

pub use stream::stream_name;
pub use tail::{MAX_TAIL, Tail};
