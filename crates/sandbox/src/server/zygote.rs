//! Zygotes: programs that have booted once, and of which others are forks.
//!
//! An interpreter takes tens of milliseconds to boot and a fork of one that has takes one. So a zygote boots outside of
//! every sandbox, as root, runs nothing of any function's, and forks processes that enter a finished sandbox, confine
//! themselves as a seat does and go on from there (SOCK: Oakes et al., USENIX ATC 2018). None of what a fork says about
//! itself is believed: [`super::verify`] looks from outside before anything of a function's reaches it.

use super::{link::Link, sandbox::Sandbox};
use crate::{
    error::SandboxError,
    message::{SetupRlimits, ZygoteEvent, ZygoteOrder},
    spec::{Command, Limits, Rlimits},
    sys::channel,
};
use rustix::process::Resource;
use std::{
    fmt,
    os::fd::OwnedFd,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::time::timeout;

/// Where a zygote hears its orders.
const ORDERS_FD: i32 = 3;

/// The longest that booting may take.
const BOOT_LIMIT: Duration = Duration::from_secs(30);

/// Forks of one zygote. They share the places of things in memory and the seed of Python's hashes, so that who learns
/// them of one instance knows them of its siblings; a new zygote now and then bounds how many these are.
const FORKS_MAX: u32 = 512;

/// Forks that one may make while no other takes its place.
const FORKS_LIMIT: u32 = 3000;

/// What a zygote may use. What its forks touch before they join their own cgroups counts as its own (about 1 MB each).
pub(super) const LIMITS: Limits =
    Limits { memory: 4 << 30, cpu_weight: 100, cpu_quota_millis: None, pids: 16_384 };

/// What it may have open: a socket for each fork that lives.
pub(super) const RLIMITS: Rlimits = Rlimits { open_files: 4096, locked_memory: 64 << 10, stack: 8 << 20 };

/// A booted program. Its forks keep it alive, since their ends are told by it.
pub struct Zygote {
    // The process ends with it.
    sandbox: Sandbox,
    orders: Link,
    forks: AtomicU32,
    shared_memory: u64,
}

impl fmt::Debug for Zygote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zygote").field("sandbox", &self.sandbox.id()).finish_non_exhaustive()
    }
}

impl Zygote {
    /// Starts the program in `sandbox`, which was made for one, and waits until it has booted.
    pub(super) async fn start(mut sandbox: Sandbox, mut command: Command) -> Result<Self, SandboxError> {
        let (ours, theirs) = channel::pair().map_err(SandboxError::step("making a channel"))?;
        command.fds.push((theirs, ORDERS_FD));
        let orders = Link::new(ours).map_err(SandboxError::step("making a channel"))?;
        let pid = sandbox.start(command).await?;
        let up = timeout(BOOT_LIMIT, orders.receive::<ZygoteEvent>()).await;
        match up.map_err(|_| SandboxError::TimedOut("booting a zygote"))? {
            Ok(Some(packet)) if matches!(packet.message, ZygoteEvent::Up) => {}
            Ok(_) => return Err(SandboxError::Gone),
            Err(error) => return Err(SandboxError::step("booting a zygote")(error)),
        }
        let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()))
            .map_err(SandboxError::step("reading what a zygote uses"))?;
        let shared_memory = anonymous_memory(&status).unwrap_or(0);
        Ok(Self { sandbox, orders, forks: AtomicU32::new(0), shared_memory })
    }

    /// Whether it can make forks: it lives, and could hold a socket for each that it has made.
    pub fn is_alive(&self) -> bool {
        self.forks.load(Ordering::Relaxed) < FORKS_LIMIT && !self.orders.is_closed()
    }

    /// Whether it has made as many forks as it should, so that another should take its place.
    pub fn is_old(&self) -> bool {
        self.forks.load(Ordering::Relaxed) >= FORKS_MAX
    }

    /// Bytes that its forks share with it; they are in no cgroup of theirs.
    pub(super) fn shared_memory(&self) -> u64 {
        self.shared_memory
    }

    /// Has a fork made: `fds` are what it is told, and hears, in the order that [`ZygoteOrder`] says.
    pub(super) async fn fork(&self, order: &ZygoteOrder, fds: &[OwnedFd]) -> Result<(), SandboxError> {
        self.forks.fetch_add(1, Ordering::Relaxed);
        let encoded = channel::encode_json(order).map_err(SandboxError::step("writing the order"))?;
        let sent = self.orders.send_encoded(&encoded, fds).await;
        sent.map_err(SandboxError::step("asking the zygote"))
    }
}

impl ZygoteOrder {
    pub(super) fn new(
        uid: u32,
        cgroups: usize,
        landlock: bool,
        rlimits: SetupRlimits,
        numbers: Vec<i32>,
    ) -> Self {
        let SetupRlimits { open_files, locked_memory, stack, processes } = rlimits;
        let rlimits = [
            (Resource::Core, crate::init::CORE),
            (Resource::Nofile, open_files),
            (Resource::Memlock, locked_memory),
            (Resource::Stack, stack),
            (Resource::Nproc, processes),
        ];
        let rlimits = rlimits.map(|(resource, limit)| (resource as u32, limit)).to_vec();
        Self { uid, cgroups, landlock, rlimits, numbers, filter: crate::seccomp::encoded() }
    }
}

/// `RssAnon` of proc_pid_status(5), in bytes.
fn anonymous_memory(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anonymous_memory_is_read() {
        let check = |status: &str, expect| assert_eq!(anonymous_memory(status), expect, "{status}");
        check("VmRSS:\t  13680 kB\nRssAnon:\t    8192 kB\nRssFile:\t 1 kB\n", Some(8 << 20));
        check("RssAnon:\t    8192\n", None);
        check("", None);
    }
}
