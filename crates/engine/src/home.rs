//! Where an instance's descriptors are watched.
//!
//! A request is carried by the thread that serves its connection, from its first byte to its last. If
//! the instance's socket and log pipe are watched by that thread too, an invocation needs no other
//! thread to wake. So an instance moves to the home of the request it is given, and the scheduler
//! prefers one that is there already.

use std::cell::Cell;

/// Names a thread that runs a single-threaded tokio runtime of its own, or, as 0, all others: they
/// share the runtime on which the engine was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Home(u16);

thread_local! {
    static HERE: Cell<Home> = const { Cell::new(Home(0)) };
}

impl Home {
    /// Makes the current thread, and with it the runtime it alone runs, a home of its own.
    ///
    /// `number` is above 0 and no other thread's. That runtime must live until the engine is drained:
    /// instances whose descriptors it watches are idle for a while before they leave it.
    pub fn found(number: u16) {
        HERE.set(Self(number));
    }

    /// The home of what runs on this thread.
    pub(crate) fn current() -> Self {
        HERE.get()
    }

    pub(crate) fn number(self) -> usize {
        self.0.into()
    }

    #[cfg(test)]
    pub(crate) fn numbered(number: u16) -> Self {
        Self(number)
    }
}
