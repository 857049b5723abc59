//! Asynchronous events: one durable queue a function.
//!
//! An event is in the store before its caller hears 202, and leaves it only after an attempt to run
//! it was answered, so it survives a kill of the server and may then run twice. Events start in the
//! order of their acceptance. A throttled event goes back to its place and is tried again later.
//!
//! One attempt is made: what the attempt comes to, an error too, ends the event. Retries,
//! destinations and dead-letter queues are not here yet.

mod event;
mod queues;
mod worker;

pub(crate) use queues::Queues;
