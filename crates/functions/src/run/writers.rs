//! How many logs instances may still write to, so that someone can wait until none can.

use std::sync::Arc;
use tokio::sync::watch;

/// Counts the logs of versions that are in use.
#[derive(Debug)]
pub(crate) struct Writers(watch::Sender<usize>);

/// One log that may be written to. Dropped with its version, after the last line of its last instance.
#[derive(Debug)]
pub(super) struct Writer(Arc<Writers>);

impl Default for Writers {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Writers {
    pub(super) fn enter(self: &Arc<Self>) -> Writer {
        self.0.send_modify(|count| *count += 1);
        Writer(self.clone())
    }

    /// Resolves when there is none.
    pub(crate) async fn none(&self) {
        // It fails only when the sender is gone, which is borrowed here.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn is_none(writers: &Writers) -> bool {
        tokio::select! {
            biased;
            () = writers.none() => true,
            () = std::future::ready(()) => false,
        }
    }

    #[tokio::test]
    async fn none_is_awaited() {
        let writers = Arc::<Writers>::default();
        assert!(is_none(&writers).await);
        let (one, other) = (writers.enter(), writers.enter());
        drop(one);
        assert!(!is_none(&writers).await);
        drop(other);
        assert!(is_none(&writers).await);
    }
}
