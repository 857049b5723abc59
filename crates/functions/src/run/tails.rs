//! Log tails of invocations in flight whose callers asked for them.

use crate::logs::Tail;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tinderbox_base::RequestId;
use tokio::sync::oneshot;

/// How long a caller waits for the last lines after the answer itself.
const PATIENCE: Duration = Duration::from_secs(2);

/// A tail being written, and who waits for it.
type Open = (Tail, oneshot::Sender<Vec<u8>>);

/// The tails being written. There are at most as many as invocations in flight.
#[derive(Debug, Default)]
pub(crate) struct Tails {
    /// Kept apart, so that an invocation without a tail takes no lock.
    count: AtomicUsize,
    open: Mutex<HashMap<RequestId, Open>>,
}

/// A tail that a caller waits for; dropping it forgets the tail.
#[derive(Debug)]
pub(crate) struct TailHandle {
    tails: Arc<Tails>,
    request: RequestId,
    written: oneshot::Receiver<Vec<u8>>,
}

impl Tails {
    /// Begins the tail of `request`.
    pub(crate) fn open(self: &Arc<Self>, request: RequestId) -> TailHandle {
        let (sender, written) = oneshot::channel();
        if self.lock().insert(request, (Tail::default(), sender)).is_none() {
            self.count.fetch_add(1, Ordering::Release);
        }
        TailHandle { tails: self.clone(), request, written }
    }

    /// Adds a line to the tail of `request`, if there is one.
    pub(crate) fn push(&self, request: RequestId, line: &str) {
        if self.count.load(Ordering::Acquire) > 0
            && let Some((tail, _)) = self.lock().get_mut(&request)
        {
            tail.push(line);
        }
    }

    /// The tail of `request` is complete.
    pub(crate) fn finish(&self, request: RequestId) {
        if self.count.load(Ordering::Acquire) > 0
            && let Some((tail, sender)) = self.take(request)
        {
            // The caller may have gone away.
            let _ = sender.send(tail.into_bytes());
        }
    }

    fn take(&self, request: RequestId) -> Option<Open> {
        let taken = self.lock().remove(&request);
        if taken.is_some() {
            self.count.fetch_sub(1, Ordering::Release);
        }
        taken
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TailHandle {
    /// The tail, once the invocation's last line is written.
    pub(crate) async fn read(mut self) -> Vec<u8> {
        match tokio::time::timeout(PATIENCE, &mut self.written).await {
            Ok(Ok(tail)) => tail,
            Ok(Err(_)) | Err(_) => {
                self.tails.take(self.request).map(|(t, _)| t.into_bytes()).unwrap_or_default()
            }
        }
    }
}

impl Drop for TailHandle {
    fn drop(&mut self) {
        self.tails.take(self.request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tinderbox_base::SeededRandom;

    #[tokio::test]
    async fn a_tail_has_the_lines_of_its_request() {
        let (tails, random) = (Arc::<Tails>::default(), SeededRandom::new(1));
        let (one, two) = (RequestId::new(&random), RequestId::new(&random));
        tails.push(one, "too early");
        let handle = tails.open(one);
        tails.push(one, "START\n");
        tails.push(two, "of another");
        tails.push(one, "END\n");
        tails.finish(one);
        tails.push(one, "too late");
        assert_eq!(handle.read().await, b"START\nEND\n");
        assert_eq!(tails.count.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_tail_whose_end_never_comes_is_given_as_it_is() {
        let (tails, request) = (Arc::<Tails>::default(), RequestId::new(&SeededRandom::new(1)));
        let handle = tails.open(request);
        tails.push(request, "START\n");
        assert_eq!(handle.read().await, b"START\n");
        drop(tails.open(request));
        assert_eq!(tails.count.load(Ordering::Relaxed), 0);
    }
}
