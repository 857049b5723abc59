//! One thread does every write: it gathers what waits, checks it, writes it once and syncs once.

use crate::{
    Claimed, Commit, Committed, Epoch, Key, KeyRange, StoreError, Version,
    engine::{Engine, View},
    group::{Group, Trimmed},
    limits::COMMIT_LIMIT,
    row,
    watchers::Watchers,
};
use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};
use tinderbox_base::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// The most requests that wait for the thread; more callers wait in line for a place.
pub(crate) const QUEUE_LIMIT: usize = 1024;

/// The most bytes of commits that wait for the thread.
pub(crate) const QUEUED_BYTES: usize = 32 << 20;

/// The most requests in one group.
const GROUP_LIMIT: usize = 256;

/// A group takes no more requests once it holds this many bytes.
const GROUP_BYTES: usize = 4 << 20;

/// What is asked of the thread, and whom to tell.
enum Request {
    Commit(Commit, Reply<Committed>),
    Claim {
        range: KeyRange,
        n: usize,
        owner: String,
        duration: Duration,
        reply: Reply<Vec<Claimed>>,
    },
    Release(Key, Epoch, Reply<()>),
    Trim(Key, u64, Reply<Trimmed>),
    /// Only whether anything can be written.
    Probe(Reply<()>),
}

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// A request and its share of the queue's bytes.
struct Queued {
    request: Request,
    size: usize,
    _share: OwnedSemaphorePermit,
}

/// The way to the thread that writes.
#[derive(Debug)]
pub(crate) struct Committer {
    queue: Option<mpsc::Sender<Queued>>,
    bytes: Arc<Semaphore>,
    trouble: Arc<Trouble>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Committer {
    /// Starts the thread over `engine`.
    pub(crate) fn start<E: Engine>(
        engine: Arc<E>,
        clock: Arc<dyn Clock>,
        watchers: Arc<Watchers>,
    ) -> Result<Self, StoreError> {
        let last = match engine.view()?.get(&row::VERSION_ROW)? {
            Some(found) => Version(row::decode_number(&found)?),
            None => Version(0),
        };
        let (queue, requests) = mpsc::channel(QUEUE_LIMIT);
        let trouble = Arc::<Trouble>::default();
        let writer = Writer { engine, clock, watchers, last, trouble: Arc::clone(&trouble), requests };
        let thread = thread::Builder::new().name("store-commit".to_owned()).spawn(|| writer.run())?;
        let bytes = Arc::new(Semaphore::new(QUEUED_BYTES));
        Ok(Self { queue: Some(queue), bytes, trouble, thread: Some(thread) })
    }

    pub(crate) async fn commit(&self, commit: Commit, size: usize) -> Result<Committed, StoreError> {
        self.ask(size, |reply| Request::Commit(commit, reply)).await
    }

    pub(crate) async fn claim(
        &self,
        range: KeyRange,
        n: usize,
        owner: String,
        duration: Duration,
    ) -> Result<Vec<Claimed>, StoreError> {
        self.ask(0, |reply| Request::Claim { range, n, owner, duration, reply }).await
    }

    pub(crate) async fn release(&self, key: Key, epoch: Epoch) -> Result<(), StoreError> {
        self.ask(0, |reply| Request::Release(key, epoch, reply)).await
    }

    pub(crate) async fn trim(&self, log: Key, offset: u64) -> Result<Trimmed, StoreError> {
        self.ask(0, |reply| Request::Trim(log, offset, reply)).await
    }

    /// Why nothing can be written. Where the last group could not be, it is tried anew.
    pub(crate) async fn trouble(&self) -> Option<StoreError> {
        let known = self.trouble.known()?;
        match self.ask(0, Request::Probe).await {
            Ok(()) => None,
            // The thread has ended: what it last said holds.
            Err(_) => Some(self.trouble.known().unwrap_or(known)),
        }
    }

    async fn ask<T>(&self, size: usize, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, StoreError> {
        // No commit is larger than the queue, so that every caller gets its share in the end.
        const { assert!(COMMIT_LIMIT <= QUEUED_BYTES && QUEUED_BYTES <= u32::MAX as usize) };
        let share = Arc::clone(&self.bytes).acquire_many_owned(size as u32).await.map_err(|_| stopped())?;
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(stopped)?;
        let queued = Queued { request: request(reply), size, _share: share };
        queue.send(queued).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Drop for Committer {
    /// Waits for the thread, so that a dropped store has let go of its files.
    fn drop(&mut self) {
        self.queue = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Io(io::Error::other("the store's thread has stopped"))
}

/// Why the last group could not be written; nothing if it was.
#[derive(Debug, Default)]
struct Trouble(Mutex<Option<StoreError>>);

impl Trouble {
    fn known(&self) -> Option<StoreError> {
        self.lock().as_ref().map(StoreError::again)
    }

    fn lock(&self) -> MutexGuard<'_, Option<StoreError>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state of the thread.
struct Writer<E> {
    engine: Arc<E>,
    clock: Arc<dyn Clock>,
    watchers: Arc<Watchers>,
    last: Version,
    trouble: Arc<Trouble>,
    requests: mpsc::Receiver<Queued>,
}

/// Tells a caller what became of its request, given whether the group was written.
type Answer = Box<dyn FnOnce(Result<(), &StoreError>) + Send>;

impl<E: Engine> Writer<E> {
    fn run(mut self) {
        while let Some(first) = self.requests.blocking_recv() {
            let mut waiting = vec![first];
            let mut size = waiting[0].size;
            while waiting.len() < GROUP_LIMIT
                && size < GROUP_BYTES
                && let Ok(next) = self.requests.try_recv()
            {
                size += next.size;
                waiting.push(next);
            }
            self.write(waiting);
        }
    }

    /// Does the requests of one group and tells each caller once the group is durable.
    fn write(&mut self, waiting: Vec<Queued>) {
        let view = match self.engine.view() {
            Ok(view) => view,
            Err(error) => {
                self.note(Some(&error));
                waiting.into_iter().for_each(|queued| queued.request.refuse(&error));
                return;
            }
        };
        let mut group = Group::new(view, self.last, self.clock.now());
        let answers: Vec<Answer> =
            waiting.into_iter().map(|queued| queued.request.add_to(&mut group)).collect();
        let (rows, changed, last) = group.finish();
        // A version that was given to a commit that then failed is not given again.
        self.last = last;
        let written = if rows.is_empty() { Ok(()) } else { self.engine.apply(&rows) };
        if !rows.is_empty() {
            self.note(written.as_ref().err());
        }
        if written.is_ok() {
            self.watchers.wake(&changed);
        }
        for answer in answers {
            answer(written.as_ref().map(|_| ()));
        }
    }
}

impl<E> Writer<E> {
    /// Tells the operator when writing begins to fail, a full disk for one, and when it works again: not each time, since
    /// every caller hears of its own.
    fn note(&mut self, error: Option<&StoreError>) {
        let mut trouble = self.trouble.lock();
        match (error, trouble.is_some()) {
            (Some(error), false) => tracing::error!(%error, "nothing durable is accepted until it is over"),
            (None, true) => tracing::warn!("the store writes again"),
            _ => {}
        }
        *trouble = error.map(StoreError::again);
    }
}

impl Request {
    /// Adds the request to `group`; the answer waits until the group is written.
    ///
    /// A request that failed may have failed because of an earlier one of the group, so even its
    /// answer depends on whether the group was written.
    fn add_to<V: View>(self, group: &mut Group<V>) -> Answer {
        match self {
            Self::Commit(commit, reply) => answer(group.commit(commit), reply),
            Self::Claim { range, n, owner, duration, reply } => {
                answer(group.claim(&range, n, &owner, duration), reply)
            }
            Self::Release(key, epoch, reply) => answer(group.release(key, epoch), reply),
            Self::Trim(log, offset, reply) => answer(group.trim(&log, offset), reply),
            Self::Probe(reply) => {
                group.touch();
                answer(Ok(()), reply)
            }
        }
    }

    fn refuse(self, error: &StoreError) {
        let error = error.again();
        match self {
            Self::Commit(_, reply) => tell(reply, Err(error)),
            Self::Claim { reply, .. } => tell(reply, Err(error)),
            Self::Release(_, _, reply) => tell(reply, Err(error)),
            Self::Trim(_, _, reply) => tell(reply, Err(error)),
            Self::Probe(reply) => tell(reply, Err(error)),
        }
    }
}

fn answer<T: Send + 'static>(outcome: Result<T, StoreError>, reply: Reply<T>) -> Answer {
    Box::new(move |written| {
        tell(
            reply,
            match written {
                Ok(()) => outcome,
                Err(error) => Err(error.again()),
            },
        );
    })
}

/// A caller that went away misses its answer; what it asked for is done all the same.
fn tell<T>(reply: Reply<T>, outcome: Result<T, StoreError>) {
    reply.send(outcome).ok();
}
