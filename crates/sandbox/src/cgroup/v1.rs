//! cgroup v1: a tree for each controller.

use super::{Version, open, read_ids, read_keyed, read_number, write};
use rustix::process::Pid;
use std::{fs, io, os::fd::OwnedFd, path::Path, time::Duration};

/// The first version.
#[derive(Debug)]
pub(crate) struct V1;

/// Microseconds in which a quota is counted; the kernel's default.
const PERIOD_US: u64 = 100_000;

impl Version for V1 {
    fn name(&self) -> &'static str {
        "v1"
    }

    fn set_memory(&self, dir: &Path, bytes: u64) -> io::Result<()> {
        let value = bytes.to_string();
        let (memory, with_swap) = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes");
        // The limit with swap may never be below the one without, so the order depends on the direction.
        let raised = write(dir, memory, &value).or_else(|_| {
            write(dir, with_swap, &value)?;
            write(dir, memory, &value)
        });
        raised?;
        absent_is_fine(write(dir, with_swap, &value))?;
        absent_is_fine(write(dir, "memory.swappiness", "0"))
    }

    fn open_memory_peak(&self, dir: &Path) -> io::Result<OwnedFd> {
        open(dir, "memory.max_usage_in_bytes")
    }

    fn memory_kills(&self, dir: &Path) -> io::Result<u64> {
        read_keyed(dir, "memory.oom_control", "oom_kill")
    }

    fn set_cpu(&self, dir: &Path, weight: u32, quota_millis: Option<u32>) -> io::Result<()> {
        // 100 is the usual weight there, 1,024 here; the kernel's least is 2.
        let shares = (u64::from(weight) * 1024 / 100).clamp(2, 262_144);
        write(dir, "cpu.shares", &shares.to_string())?;
        match quota_millis {
            Some(millis) => {
                write(dir, "cpu.cfs_period_us", &PERIOD_US.to_string())?;
                let quota = (u64::from(millis) * PERIOD_US / 1000).max(1000).to_string();
                match write(dir, "cpu.cfs_quota_us", &quota) {
                    // More than the directory above has, whose quota holds anyway.
                    Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                        write(dir, "cpu.cfs_quota_us", "-1")
                    }
                    result => result,
                }
            }
            None => absent_is_fine(write(dir, "cpu.cfs_quota_us", "-1")),
        }
    }

    fn cpu_time(&self, dir: &Path) -> io::Result<Duration> {
        Ok(Duration::from_nanos(read_number(dir, "cpuacct.usage")?))
    }

    fn set_frozen(&self, dir: &Path, frozen: bool) -> io::Result<()> {
        write(dir, "freezer.state", if frozen { "FROZEN" } else { "THAWED" })
    }

    fn threads(&self, dir: &Path) -> io::Result<Vec<Pid>> {
        read_ids(dir, "tasks")
    }

    fn is_frozen(&self, dir: &Path) -> io::Result<bool> {
        Ok(fs::read_to_string(dir.join("freezer.state"))?.trim() == "FROZEN")
    }
}

/// A kernel built without swap accounting or quotas has no such file, and nothing to limit.
fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::read_number_again, *};

    fn check(quota: Option<u32>, weight: u32, file: &str, expect: &str) {
        let dir = tempfile::tempdir().unwrap();
        for file in ["cpu.shares", "cpu.cfs_period_us", "cpu.cfs_quota_us"] {
            fs::write(dir.path().join(file), "").unwrap();
        }
        V1.set_cpu(dir.path(), weight, quota).unwrap();
        assert_eq!(fs::read_to_string(dir.path().join(file)).unwrap(), expect);
    }

    #[test]
    fn processor_shares_in_the_kernels_units() {
        check(None, 100, "cpu.shares", "1024");
        check(None, 1, "cpu.shares", "10");
        check(None, 10_000, "cpu.shares", "102400");
        check(None, 100, "cpu.cfs_quota_us", "-1");
        check(Some(500), 100, "cpu.cfs_quota_us", "50000");
        check(Some(2000), 100, "cpu.cfs_quota_us", "200000");
        check(Some(1), 100, "cpu.cfs_quota_us", "1000");
    }

    #[test]
    fn what_the_kernel_reports_is_understood() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n")
            .unwrap();
        fs::write(dir.path().join("memory.max_usage_in_bytes"), "4096\n").unwrap();
        fs::write(dir.path().join("cpuacct.usage"), "1500000\n").unwrap();
        fs::write(dir.path().join("freezer.state"), "FREEZING\n").unwrap();
        assert_eq!(V1.memory_kills(dir.path()).unwrap(), 3);
        assert_eq!(read_number_again(&V1.open_memory_peak(dir.path()).unwrap()).unwrap(), 4096);
        assert_eq!(V1.cpu_time(dir.path()).unwrap(), Duration::from_micros(1500));
        assert!(!V1.is_frozen(dir.path()).unwrap());
    }
}
