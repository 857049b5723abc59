//! One isolated Linux process tree at a time: namespaces, cgroups v1 and v2, seccomp, landlock, a root of its own.
//!
//! The server asks; a single-threaded *spawner* (this same binary, PID 1 of a pid namespace of ours) forks an *init* for
//! every sandbox, which builds it, starts its program and reports; a *janitor* sees to it that nothing is left when
//! the server is gone, however it went. See [`entrypoint`] for how one binary is all of them.
//!
//! This crate knows no runtime and no provider: it is told what to mount, what to start and what to limit.

mod cgroup;
mod entry;
mod error;
mod host;
mod init;
mod janitor;
mod message;
mod network;
mod options;
mod plain;
mod probe;
mod scratch;
mod seccomp;
mod server;
mod spawner;
mod spec;
mod sweep;
mod sys;

pub use entry::entrypoint;
pub use error::{Missing, SandboxError, StartError};
pub use host::host_mounts_for;
pub use options::{Options, Protections};
pub use rustix::process::Pid;
pub use scratch::ScratchKind;
pub use server::{Processors, Sandbox, Sandboxes, Zygote};
pub use spec::{
    Command, Exit, LISTENERS_MAX, Limits, Listener, MOUNTS_MAX, Mount, PAYLOAD_MAX, Rlimits, SandboxId,
    SandboxSpec,
};
