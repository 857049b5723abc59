//! What server, spawner and inits say to each other.

use crate::{network::Uplink, spec::Rlimits};
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, path::PathBuf};

/// Server to spawner; carries one descriptor, init's end of the sandbox's own channel.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spawn {
    pub(crate) id: u64,
    /// Its program is a zygote: it must see the pid namespaces of all sandboxes, so it gets none of its own.
    pub(crate) zygote: bool,
}

/// Spawner to server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SpawnerEvent {
    /// The spawner is up and sees nothing of the host's files.
    Up,
    /// The spawner could not prepare itself.
    Broken { step: String, errno: i32 },
    /// Init runs; carries its pidfd.
    Spawned { id: u64 },
    /// Init could not be made.
    Failed { id: u64, errno: i32 },
}

/// Server to init.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Build the sandbox. Descriptors: one a [`Entry::Mount`] in order, the scratch
    /// volume, one a [`Cgroup`] in order, then the router's namespace if there is a way out.
    Setup(Setup),
    /// Build nothing: the program will be a plain process with these limits.
    Prepare(SetupRlimits),
    /// Start the program. Descriptors: one a number in `fds`.
    Start(Start),
    /// Show more of the host. Descriptors: one a target, which must exist.
    Attach { targets: Vec<String> },
    /// Give up every privilege: the program was forked from a zygote, and nothing more will be asked.
    Retire,
}

/// What init builds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) hostname: String,
    pub(crate) uid: u32,
    pub(crate) entries: Vec<Entry>,
    pub(crate) listeners: Vec<(Transport, SocketAddr)>,
    pub(crate) cgroups: Vec<Cgroup>,
    pub(crate) rlimits: SetupRlimits,
    pub(crate) landlock: bool,
    pub(crate) program: Program,
    /// The way out, if there is one; the router's namespace is then the last descriptor.
    pub(crate) uplink: Option<Uplink>,
    /// Bytes that /dev/shm may hold.
    pub(crate) shm: u64,
}

/// Whose the process is that becomes the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Program {
    /// A process of init's, confined before anything of the program's runs.
    Confined,
    /// The fork of a zygote, which enters what init built. Init keeps no process ready, and hands out the landlock
    /// ruleset after the listeners, if there is one.
    Entering,
    /// A process of init's that keeps what a zygote needs: it enters sandboxes.
    Zygote,
}

/// What a socket speaks.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Transport {
    Tcp,
    Udp,
}

/// How a process joins one hierarchy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Cgroup {
    /// By writing `0` to the descriptor, which is a `cgroup.procs`.
    Write,
    /// By being born in the descriptor, which is a cgroup v2 directory.
    Born,
}

/// One thing in the root of a sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Entry {
    /// A detached mount at `target`, made if absent.
    Mount { target: String, directory: bool },
    /// A file of the sandbox's own.
    File {
        path: String,
        #[serde(with = "serde_bytes")]
        content: Vec<u8>,
    },
    /// An empty directory.
    Directory { path: String },
    /// A symbolic link.
    Symlink { target: String, link: String },
}

/// [`Rlimits`] in a form that can be sent.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SetupRlimits {
    pub(crate) open_files: u64,
    pub(crate) locked_memory: u64,
    pub(crate) stack: u64,
    pub(crate) processes: u64,
}

impl SetupRlimits {
    pub(crate) fn new(rlimits: Rlimits, pids: u32) -> Self {
        let Rlimits { open_files, locked_memory, stack } = rlimits;
        Self { open_files, locked_memory, stack, processes: pids.into() }
    }
}

/// Server to zygote, as JSON: fork a process that enters a sandbox.
///
/// Descriptors: the socket on which the fork is told of, init's pidfd, `cgroups` files to join by, the landlock ruleset if
/// there is one, then one a number in `numbers`.
#[derive(Debug, Serialize)]
pub(crate) struct ZygoteOrder {
    pub(crate) uid: u32,
    pub(crate) cgroups: usize,
    pub(crate) landlock: bool,
    /// Resource and limit, in setrlimit(2)'s numbers.
    pub(crate) rlimits: Vec<(u32, u64)>,
    pub(crate) numbers: Vec<i32>,
    /// The seccomp filter, in hexadecimal digits.
    pub(crate) filter: &'static str,
}

/// Zygote to server, and what it tells of a fork on that one's own socket. The order is known to the bootstraps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ZygoteEvent {
    /// The zygote has booted.
    Up,
    /// The fork, which sends this itself, is confined; the packet names its pid.
    Entered,
    /// It could not be made or confined.
    Failed { step: String, errno: i32 },
    /// It ended with this wait status.
    Exited { status: i32 },
}

/// What is started; without arguments it is a trial of everything but exec.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    #[serde(with = "byte_strings")]
    pub(crate) argv: Vec<Vec<u8>>,
    #[serde(with = "byte_strings")]
    pub(crate) env: Vec<Vec<u8>>,
    pub(crate) cwd: PathBuf,
    pub(crate) fds: Vec<i32>,
}

/// A seat to init. Silence and a closed channel mean that its program runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SeatEvent {
    /// The seat could not confine itself or execute.
    Failed { step: String, errno: i32 },
}

/// Init to server.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The sandbox is built; carries its listeners.
    Ready,
    /// The program runs; the packet names its pid.
    Started,
    /// The program runs in the server's own pid namespace, with this pid.
    StartedAs { pid: i32 },
    /// The mounts are there.
    Attached,
    /// Init holds no privilege any more.
    Retired,
    /// The request failed.
    Failed { step: String, errno: i32 },
    /// The program ended with this wait status.
    Exited { status: i32 },
}

mod byte_strings {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_bytes::{ByteBuf, Bytes};

    pub(super) fn serialize<S: Serializer>(strings: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
        strings.iter().map(|s| Bytes::new(s)).collect::<Vec<_>>().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<u8>>, D::Error> {
        Ok(Vec::<ByteBuf>::deserialize(deserializer)?.into_iter().map(ByteBuf::into_vec).collect())
    }
}
