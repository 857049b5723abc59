//! What makes and ends the processes of instances.

use crate::{Listeners, Processors, RuntimeClass, Version};
use async_trait::async_trait;
use std::{net::TcpListener, os::fd::OwnedFd, sync::Arc};
use tinderbox_base::Error;

/// What is to be launched.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The runtime.
    pub class: Arc<RuntimeClass>,
    /// The complete environment of the process.
    pub env: Vec<(String, String)>,
    /// The version, when the process is made for one: its mounts and limits are in place before the
    /// process starts. Absent for a generic instance, which gets them by [`Control::attach`].
    pub version: Option<Arc<Version>>,
}

/// A process that was launched, and the ends of its channels that are ours.
pub struct Launched {
    /// Power over it.
    pub control: Box<dyn Control>,
    /// How to talk to it.
    pub link: LinkEnd,
    /// The read end of its stdout and stderr.
    pub log: OwnedFd,
    /// Other sockets inside it.
    pub listeners: Listeners,
}

/// Our end of the conversation with a process.
#[derive(Debug)]
pub enum LinkEnd {
    /// Frames on two pipes. A round trip over them takes half as long as over a socket, whose readers
    /// wake the writer too.
    Frames {
        /// What the process says.
        from: OwnedFd,
        /// What is said to it.
        to: OwnedFd,
    },
    /// The HTTP Runtime API's listening socket.
    Http(TcpListener),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself.
    Code(i32),
    /// By a signal.
    Signal {
        /// Which.
        signal: i32,
        /// Whether the kernel sent it at the memory limit.
        out_of_memory: bool,
    },
}

/// Power over one sandboxed process tree. Dropping it kills the tree.
#[async_trait]
pub trait Control: Send + Sync {
    /// Gives a generic instance a version's mounts and limits. Called once.
    ///
    /// # Errors
    /// When the host refuses; the instance is of no use then.
    async fn attach(&mut self, version: &Version) -> Result<(), Error>;

    /// Puts the places that the head of a LOAD frame tells, after [`Control::attach`], into those of this instance. Only
    /// an instance that is not isolated has others than it is told.
    fn localize(&self, _head: &mut serde_json::Value) {}

    /// Waits until the process has ended. Cancel safe; answers again when asked again.
    async fn exited(&mut self) -> Exit;

    /// Kills everything inside, without waiting.
    fn kill(&self);

    /// Stops everything inside from running.
    async fn freeze(&self);

    /// Lets it run again.
    async fn thaw(&self);

    /// The most memory used so far, in bytes; zero when unknown.
    fn memory_peak(&self) -> u64;

    /// Where its threads run, if that can be decided. To be used while the process has not ended.
    fn processors(&self) -> Option<Arc<dyn Processors>>;

    /// Kills everything and waits until nothing is left of it.
    async fn destroy(self: Box<Self>);
}

/// The host's memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostMemory {
    /// What it has.
    pub total: u64,
    /// What new processes can have without others being swapped out (`MemAvailable` of proc_meminfo(5)).
    pub available: u64,
}

/// Makes instances. The real one uses the sandbox; tests have a fake.
#[async_trait]
pub trait Launcher: Send + Sync {
    /// Makes a sandbox and starts the process in it.
    ///
    /// # Errors
    /// When the host refuses. Nothing is left behind then.
    async fn launch(&self, launch: Launch) -> Result<Launched, Error>;

    /// The memory of the host on which instances run, if it can be known.
    fn host_memory(&self) -> Option<HostMemory>;
}
