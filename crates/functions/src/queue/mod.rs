//! Asynchronous events: one durable queue a function.
//!
//! An event is in the store before its caller hears 202, and leaves it only after its end: it ran and
//! succeeded, or it was given up, and whoever was to hear of that did. So it survives a kill of the
//! server and may then run twice, never less than once.
//!
//! An event whose run fails is tried twice more, after one minute and after two; how often it failed and
//! when it is due are stored with it. One that a limit or a fault of the platform refuses is tried again
//! until it is too old; its function's line waits a second, then twice as long each time, at most five
//! minutes, and stops waiting as soon as an event of it ends.

mod attempt;
mod deliver;
mod dispatch;
mod event;
mod line;
mod queues;
mod record;
mod schedule;

pub(crate) use queues::Queues;
