//! The threads that serve connections.
//!
//! Each runs a single-threaded runtime of its own, so that a request is read, carried through the
//! engine to its instance and answered without waking another thread. Work in the background stays on
//! the program's own runtime.

use rustix::process::setpriority_process;
use std::{
    future::Future,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};
use tinderbox_engine::Home;
use tokio::{
    net::TcpStream,
    runtime::{Builder, Handle},
    sync::{Notify, oneshot},
};

/// How soon a timer is due on a thread with connections: sooner than the shortest timeout of a function.
const BEAT: Duration = Duration::from_millis(500);

/// How the system weighs these threads (`nice`): above the instances. An instance that wakes would otherwise take the
/// processor from the thread that has just given it a call, in the middle of what that thread still has to do for others.
const NICE: i32 = -10;
/// How it weighs everything else.
const USUAL: i32 = 0;

/// The threads. Dropping this ends them, and what they still serve.
pub(crate) struct Shards(Vec<Shard>);

struct Shard {
    runtime: Handle,
    /// Connections it serves.
    connections: Arc<Connections>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Shards {
    /// Starts a thread for each processor.
    pub(crate) fn start() -> io::Result<Self> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        (1..=u16::try_from(processors).unwrap_or(u16::MAX))
            .map(Shard::start)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Hands a connection to the thread that serves fewest.
    pub(crate) fn serve<F>(&self, stream: TcpStream, serve: impl FnOnce(TcpStream) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Some(shard) = self.0.iter().min_by_key(|shard| shard.connections.count.load(Ordering::Relaxed))
        else {
            return;
        };
        // A socket that cannot change hands is closed: its client connects again.
        let Ok(stream) = stream.into_std() else { return };
        let counted = Counted::new(&shard.connections);
        shard.runtime.spawn(async move {
            let _counted = counted;
            if let Ok(stream) = TcpStream::from_std(stream) {
                serve(stream).await;
            }
        });
    }
}

impl Shard {
    fn start(number: u16) -> io::Result<Self> {
        // What blocks runs on threads that this one starts, and is no more urgent than anything else.
        let runtime = Builder::new_current_thread().enable_all().on_thread_start(|| weigh(USUAL)).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let connections = Arc::new(Connections::default());
        let served = Arc::clone(&connections);
        let thread = thread::Builder::new().name(format!("serve-{number}")).spawn(move || {
            Home::found(number);
            weigh(NICE);
            runtime.block_on(async {
                tokio::select! {
                    // Either it is told to stop, or nobody is left who could tell it.
                    _ = stopped => {}
                    () = served.beat() => {}
                }
            });
            // What still blocks a thread must not hold up the end.
            runtime.shutdown_background();
        })?;
        Ok(Self { runtime: handle, connections, stop: Some(stop), thread: Some(thread) })
    }
}

/// Weighs the calling thread, if we may: it is for fairness under load, and nothing depends on it.
fn weigh(nice: i32) {
    if let Err(error) = setpriority_process(None, nice) {
        tracing::debug!(%error, nice, "a thread is weighed as before");
    }
}

impl Drop for Shard {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// The connections of one thread.
#[derive(Default)]
struct Connections {
    count: AtomicUsize,
    first: Notify,
}

impl Connections {
    /// Keeps a timer that is due soon, for as long as there are connections. Never ends.
    ///
    /// Tokio writes to a descriptor of its own, to wake itself, whenever a timer is set that is due
    /// before all others: so every request that finds none would pay for its timeout with a system
    /// call and another turn of the loop.
    async fn beat(&self) {
        loop {
            if self.count.load(Ordering::Acquire) == 0 {
                self.first.notified().await;
            }
            tokio::time::sleep(BEAT).await;
        }
    }
}

/// Counts one connection for as long as it lives.
struct Counted(Arc<Connections>);

impl Counted {
    fn new(connections: &Arc<Connections>) -> Self {
        if connections.count.fetch_add(1, Ordering::AcqRel) == 0 {
            connections.first.notify_one();
        }
        Self(Arc::clone(connections))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::AcqRel);
    }
}
