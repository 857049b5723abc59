//! The HTTP Runtime API of one instance, for custom runtimes and AWS's own runtime clients.
//!
//! One [`RuntimeApi`] serves one listening socket inside one instance, so there is nobody to tell
//! apart: whoever can connect is the instance. What comes in is bounded, and answered as AWS answers.

mod reply;
mod server;
mod session;
mod stream;

pub use server::RuntimeApi;
pub use session::{Answer, Event, Started};
pub use stream::{Part, Parts};

/// The largest body of a response or an error, in bytes (the number AWS's own refusal names).
pub const MAX_BODY_BYTES: u64 = 6_291_556;
