//! What a sandbox is made of, in the words of those who order one.

use crate::server::Zygote;
use std::{
    ffi::OsString,
    fmt,
    net::SocketAddr,
    os::fd::{OwnedFd, RawFd},
    path::PathBuf,
    sync::Arc,
};

/// The most mounts one sandbox may have at creation or at attach.
///
/// Each is one descriptor in a single message; the kernel passes at most 253 (`SCM_MAX_FD`).
pub const MOUNTS_MAX: usize = 128;

/// The most sockets one sandbox may be given.
pub const LISTENERS_MAX: usize = 32;

/// The most bytes of generated files and of arguments and environment, each.
pub const PAYLOAD_MAX: usize = 8 * 1024 * 1024;

/// Names one sandbox within its process's life; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SandboxId(pub(crate) u64);

impl fmt::Display for SandboxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// Everything that exists before any process of the runtime does.
#[derive(Clone, Debug)]
pub struct SandboxSpec {
    /// What of the host is seen inside, always read-only, in the order given.
    pub mounts: Vec<Mount>,
    /// Small generated files, owned by root, mode 0644; they replace the defaults of the same path
    /// (`/etc/passwd`, `/etc/group`, `/etc/hosts`, `/etc/resolv.conf`, `/etc/nsswitch.conf`).
    pub files: Vec<(PathBuf, Vec<u8>)>,
    /// Sockets to open inside the network namespace; [`crate::Sandbox::listeners`] hands them out in this order.
    pub listeners: Vec<Listener>,
    /// Limits on the processes inside, until [`crate::Sandbox::attach`] sets others.
    pub limits: Limits,
    /// Limits that each process carries.
    pub rlimits: Rlimits,
    /// What `gethostname` answers; at most 64 bytes.
    pub hostname: String,
    /// Of what its program is a fork; `None` for a program that is executed.
    pub zygote: Option<Arc<Zygote>>,
}

impl Default for SandboxSpec {
    fn default() -> Self {
        Self {
            mounts: Vec::new(),
            files: Vec::new(),
            listeners: Vec::new(),
            limits: Limits::default(),
            rlimits: Rlimits::default(),
            hostname: "localhost".to_owned(),
            zygote: None,
        }
    }
}

/// Something of the host, or a link, in the root of a sandbox. Paths are absolute, without `..`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mount {
    /// The file or directory `source` of the host, seen read-only at `target`.
    Bind {
        /// A path of the host; symbolic links are followed.
        source: PathBuf,
        /// A path inside, made if it does not exist.
        target: PathBuf,
    },
    /// A symbolic link at `link` that says `target`.
    Symlink {
        /// What the link says; may be relative.
        target: PathBuf,
        /// Where the link is.
        link: PathBuf,
    },
}

impl Mount {
    /// `source` of the host at `target` inside.
    pub fn bind(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        Self::Bind { source: source.into(), target: target.into() }
    }

    /// `path` of the host at the same path inside.
    pub fn same(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::Bind { source: path.clone(), target: path }
    }

    /// A link at `link` that says `target`.
    pub fn symlink(target: impl Into<PathBuf>, link: impl Into<PathBuf>) -> Self {
        Self::Symlink { target: target.into(), link: link.into() }
    }

    /// Where it is inside.
    pub fn inside(&self) -> &std::path::Path {
        match self {
            Self::Bind { target, .. } => target,
            Self::Symlink { link, .. } => link,
        }
    }
}

/// A socket that the server owns and that lives inside the sandbox's network namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listener {
    /// A listening TCP socket.
    Tcp(SocketAddr),
    /// A bound UDP socket.
    Udp(SocketAddr),
}

/// What the processes inside may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory, page cache and kernel memory included.
    pub memory: u64,
    /// Share of the processor against other sandboxes: 1 to 10,000, where 100 is the usual one (cgroup v2's scale).
    pub cpu_weight: u32,
    /// A hard share in thousandths of one processor; `None` leaves what is idle to whoever wants it.
    pub cpu_quota_millis: Option<u32>,
    /// Processes and threads.
    pub pids: u32,
}

impl Default for Limits {
    /// 128 MiB, weight 100, no quota, 1,024 processes and threads (Lambda quotas page).
    fn default() -> Self {
        Self { memory: 128 << 20, cpu_weight: 100, cpu_quota_millis: None, pids: 1024 }
    }
}

/// Limits of each process (`setrlimit`). Core dumps are always off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rlimits {
    /// Open files: 1,024 (Lambda quotas page).
    pub open_files: u64,
    /// Bytes locked in memory: 64 KiB, the kernel's own default.
    pub locked_memory: u64,
    /// Bytes of stack of the first thread: 8 MiB, the kernel's own default.
    pub stack: u64,
}

impl Default for Rlimits {
    fn default() -> Self {
        Self { open_files: 1024, locked_memory: 64 << 10, stack: 8 << 20 }
    }
}

/// A program to start inside.
#[derive(Debug, Default)]
pub struct Command {
    /// The program's path inside, then its arguments.
    pub argv: Vec<OsString>,
    /// The whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory inside.
    pub cwd: PathBuf,
    /// Descriptors to hand over and the numbers they get; 0, 1 and 2 are `/dev/null` unless they are here.
    pub fds: Vec<(OwnedFd, RawFd)>,
}

/// How the started process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// It ended by itself with this code.
    Code(i32),
    /// A signal ended it.
    Signal {
        /// The signal's number.
        signal: i32,
        /// The kernel killed for memory inside this sandbox.
        out_of_memory: bool,
    },
}
