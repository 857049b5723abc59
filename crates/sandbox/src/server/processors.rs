//! On which processors a sandbox's threads run.

use crate::cgroup::Group;
use rustix::{
    io::Errno,
    process::Pid,
    thread::{CpuSet, sched_getaffinity, sched_setaffinity},
};
use std::{io, sync::Arc, time::Duration};

/// Power over where a sandbox runs. Whoever holds it must know that the sandbox's program has not ended: afterwards the
/// kernel may give its number to another process.
#[derive(Clone, Debug)]
pub struct Processors {
    program: Pid,
    group: Arc<Group>,
}

impl Processors {
    pub(super) fn new(program: Pid, group: Arc<Group>) -> Self {
        Self { program, group }
    }

    /// Has the program's first thread, and what that starts from now on, run on one processor only, until
    /// [`Processors::release`].
    ///
    /// # Errors
    ///
    /// The kernel's: the program or the processor is gone.
    pub fn keep_to(&self, processor: usize) -> io::Result<()> {
        if processor >= CpuSet::MAX_CPU {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut only = CpuSet::new();
        only.set(processor);
        Ok(sched_setaffinity(Some(self.program), &only)?)
    }

    /// Lets everything inside run wherever this thread may.
    ///
    /// # Errors
    ///
    /// The kernel's; a thread that ended meanwhile is none.
    pub fn release(&self) -> io::Result<()> {
        let all = sched_getaffinity(None)?;
        for thread in self.group.threads()? {
            match sched_setaffinity(Some(thread), &all) {
                Ok(()) | Err(Errno::SRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Processor time used inside so far; `None` where it cannot be read, zero where nobody counts it.
    pub fn time(&self) -> Option<Duration> {
        self.group.cpu_time().ok()
    }
    /// What the program's first thread has used so far: processor time, and how often it gave its processor up to wait.
    ///
    /// # Errors
    ///
    /// The kernel's, which may not count either.
    pub fn used(&self) -> io::Result<(Duration, u64)> {
        let path = format!("/proc/{}", self.program.as_raw_nonzero());
        let ran = std::fs::read_to_string(format!("{path}/schedstat"))?;
        let status = std::fs::read_to_string(format!("{path}/status"))?;
        let ran = ran.split_ascii_whitespace().next().and_then(|nanos| nanos.parse().ok());
        let waits = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok());
        match (ran, waits) {
            (Some(nanos), Some(waits)) => Ok((Duration::from_nanos(nanos), waits)),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}
