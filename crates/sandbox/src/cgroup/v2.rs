//! cgroup v2: one tree for all controllers.

use super::{Version, open, read_ids, read_keyed, write};
use crate::message::Cgroup;
use rustix::process::Pid;
use std::{fs, io, os::fd::OwnedFd, path::Path, time::Duration};

/// The second version.
#[derive(Debug)]
pub(crate) struct V2;

/// Microseconds in which a quota is counted; the kernel's default.
const PERIOD_US: u64 = 100_000;

impl Version for V2 {
    fn name(&self) -> &'static str {
        "v2"
    }

    fn set_memory(&self, dir: &Path, bytes: u64) -> io::Result<()> {
        write(dir, "memory.max", &bytes.to_string())?;
        // Everything inside dies together: half a process tree serves nobody.
        write(dir, "memory.oom.group", "1")?;
        match write(dir, "memory.swap.max", "0") {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }

    fn open_memory_peak(&self, dir: &Path) -> io::Result<OwnedFd> {
        // `memory.peak` is there since kernel 5.19; before that the present is the best known.
        open(dir, "memory.peak").or_else(|_| open(dir, "memory.current"))
    }

    fn memory_kills(&self, dir: &Path) -> io::Result<u64> {
        read_keyed(dir, "memory.events", "oom_kill")
    }

    fn set_cpu(&self, dir: &Path, weight: u32, quota_millis: Option<u32>) -> io::Result<()> {
        write(dir, "cpu.weight", &weight.clamp(1, 10_000).to_string())?;
        let max = match quota_millis {
            Some(millis) => format!("{} {PERIOD_US}", (u64::from(millis) * PERIOD_US / 1000).max(1000)),
            None => format!("max {PERIOD_US}"),
        };
        write(dir, "cpu.max", &max)
    }

    fn cpu_time(&self, dir: &Path) -> io::Result<Duration> {
        Ok(Duration::from_micros(read_keyed(dir, "cpu.stat", "usage_usec")?))
    }

    fn set_frozen(&self, dir: &Path, frozen: bool) -> io::Result<()> {
        write(dir, "cgroup.freeze", if frozen { "1" } else { "0" })
    }

    fn join(&self, dir: &Path) -> io::Result<Option<(Cgroup, OwnedFd)>> {
        Ok(Some((Cgroup::Born, fs::File::open(dir)?.into())))
    }

    fn threads(&self, dir: &Path) -> io::Result<Vec<Pid>> {
        read_ids(dir, "cgroup.threads")
    }

    fn is_frozen(&self, dir: &Path) -> io::Result<bool> {
        Ok(read_keyed(dir, "cgroup.events", "frozen")? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::read_number_again, *};

    fn check(act: impl Fn(&Path) -> io::Result<()>, file: &str, expect: &str) {
        let dir = tempfile::tempdir().unwrap();
        for file in ["memory.max", "memory.oom.group", "cpu.weight", "cpu.max", "cgroup.freeze", "pids.max"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        act(dir.path()).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(file)).unwrap(), expect);
    }

    #[test]
    fn limits_in_the_kernels_units() {
        check(|dir| V2.set_memory(dir, 128 << 20), "memory.max", "134217728");
        check(|dir| V2.set_memory(dir, 128 << 20), "memory.oom.group", "1");
        check(|dir| V2.set_cpu(dir, 0, None), "cpu.weight", "1");
        check(|dir| V2.set_cpu(dir, 100, None), "cpu.max", "max 100000");
        check(|dir| V2.set_cpu(dir, 100, Some(1500)), "cpu.max", "150000 100000");
        check(|dir| V2.set_pids(dir, 7), "pids.max", "7");
        check(|dir| V2.set_frozen(dir, true), "cgroup.freeze", "1");
    }

    #[test]
    fn what_the_kernel_reports_is_understood() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("memory.events"), "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\n").unwrap();
        fs::write(dir.path().join("memory.current"), "8192\n").unwrap();
        fs::write(dir.path().join("cpu.stat"), "usage_usec 1500\nuser_usec 0\n").unwrap();
        fs::write(dir.path().join("cgroup.events"), "populated 1\nfrozen 1\n").unwrap();
        assert_eq!(V2.memory_kills(dir.path()).unwrap(), 2);
        assert_eq!(read_number_again(&V2.open_memory_peak(dir.path()).unwrap()).unwrap(), 8192);
        assert_eq!(V2.cpu_time(dir.path()).unwrap(), Duration::from_micros(1500));
        assert!(V2.is_frozen(dir.path()).unwrap());
    }
}
