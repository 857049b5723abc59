//! Having a zygote's fork become a sandbox's program.

use super::{link::Link, verify, zygote::Zygote};
use crate::{
    cgroup::Joins,
    error::SandboxError,
    message::{Cgroup, SetupRlimits, ZygoteEvent, ZygoteOrder},
    spec::Limits,
    sys::channel,
};
use rustix::{
    fs::{Mode, OFlags, openat},
    process::Pid,
};
use std::{
    fmt, io,
    os::fd::{AsRawFd, OwnedFd},
    sync::Arc,
    time::Duration,
};
use tokio::time::timeout;

/// The longest that a fork may take to confine itself.
const ENTER_LIMIT: Duration = Duration::from_secs(30);

/// What a fork needs to become the program of one sandbox.
pub(super) struct Entrance {
    zygote: Arc<Zygote>,
    /// Files by which it joins the cgroups.
    joins: Vec<OwnedFd>,
    /// The landlock ruleset, made by init; `None` where the kernel has no landlock.
    ruleset: Option<OwnedFd>,
    landlock: bool,
    rlimits: SetupRlimits,
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance").field("zygote", &self.zygote).finish_non_exhaustive()
    }
}

/// The sandbox that is entered, seen from outside.
pub(super) struct Place<'a> {
    pub(super) init: &'a OwnedFd,
    pub(super) uid: u32,
    pub(super) group: &'a str,
}

impl Entrance {
    pub(super) fn new(
        zygote: Arc<Zygote>,
        joins: &Joins,
        landlock: bool,
        rlimits: SetupRlimits,
    ) -> io::Result<Self> {
        let joins = joins.iter().map(|(kind, fd)| match kind {
            Cgroup::Write => fd.try_clone(),
            Cgroup::Born => Ok(openat(fd, "cgroup.procs", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?),
        });
        Ok(Self { zygote, joins: joins.collect::<io::Result<_>>()?, ruleset: None, landlock, rlimits })
    }

    /// Takes what init made for a process that it does not make itself: the last of what it hands out.
    pub(super) fn take_ruleset(&mut self, handed: &mut Vec<OwnedFd>) {
        self.ruleset = if self.landlock { handed.pop() } else { None };
    }

    /// Whether there is a zygote to fork from.
    pub(super) fn is_open(&self) -> bool {
        self.zygote.is_alive()
    }

    /// Bytes that the program shares with its zygote. They are the program's, and outside of its cgroup.
    pub(super) fn shared_memory(&self) -> u64 {
        self.zygote.shared_memory()
    }

    /// What the cgroup may hold so that the program has `limits`.
    pub(super) fn own(&self, limits: &Limits) -> Limits {
        Limits { memory: limits.memory.saturating_sub(self.shared_memory()), ..*limits }
    }

    /// Has a fork made that gets `fds` as `numbers`, and looks whether it is what it should be. Its end is told on the
    /// link.
    pub(super) async fn enter(
        &self,
        place: Place<'_>,
        fds: Vec<OwnedFd>,
        numbers: Vec<i32>,
    ) -> Result<(Pid, Link), SandboxError> {
        let making = SandboxError::step("making a channel");
        let (ours, theirs) = channel::pair().map_err(making)?;
        let link = Link::new(ours).map_err(SandboxError::step("making a channel"))?;
        let order = ZygoteOrder::new(place.uid, self.joins.len(), self.landlock, self.rlimits, numbers);
        let copy = |fd: &OwnedFd| fd.try_clone().map_err(SandboxError::step("copying a descriptor"));
        let mut all = vec![theirs, copy(place.init)?];
        all.extend(self.joins.iter().chain(&self.ruleset).map(copy).collect::<Result<Vec<_>, _>>()?);
        all.extend(fds);
        if self.zygote.fork(&order, &all).await.is_err() {
            return Err(SandboxError::Gone);
        }
        drop(all);
        let told = timeout(ENTER_LIMIT, link.receive::<ZygoteEvent>()).await;
        let packet = told
            .map_err(|_| SandboxError::TimedOut("entering a sandbox"))?
            .map_err(SandboxError::step("entering a sandbox"))?
            .ok_or(SandboxError::Gone)?;
        let process = match packet.message {
            ZygoteEvent::Entered => packet.pid.ok_or(SandboxError::Gone)?,
            ZygoteEvent::Failed { step, errno } => {
                let source = io::Error::from_raw_os_error(errno);
                return Err(SandboxError::Start { program: "a fork".to_owned(), step, source });
            }
            ZygoteEvent::Up | ZygoteEvent::Exited { .. } => return Err(SandboxError::Gone),
        };
        let fdinfo = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", place.init.as_raw_fd()))
            .map_err(SandboxError::step("finding init"))?;
        let init = verify::process_of(&fdinfo).ok_or(SandboxError::Gone)?;
        verify::confined(process, init, place.uid, (place.group, self.joins.len()))
            .map_err(SandboxError::step("verifying a fork"))?;
        Ok((process, link))
    }
}
