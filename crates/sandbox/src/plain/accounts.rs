//! What is known of a process tree without cgroups.

use crate::{cgroup::Version, message::Cgroup};
use rustix::process::Pid;
use std::{fs, io, os::fd::OwnedFd, path::Path, time::Duration};

/// The file, in a sandbox's directory, that holds the number of its first process.
pub(crate) const PID_FILE: &str = "pid";

/// Room for a process's status as far as its memory.
const STATUS: usize = 4096;

/// Nothing is limited; what is told is told by the first process's entry in /proc, as long as there is one.
#[derive(Debug)]
pub(crate) struct Plain;

impl Version for Plain {
    fn name(&self) -> &'static str {
        "none"
    }

    fn set_memory(&self, _: &Path, _: u64) -> io::Result<()> {
        Ok(())
    }

    /// The first process's own account; its children are not counted.
    fn open_memory_peak(&self, dir: &Path) -> io::Result<OwnedFd> {
        Ok(fs::File::open(process(dir)?.join("status"))?.into())
    }

    fn read_memory_peak(&self, file: &OwnedFd) -> io::Result<u64> {
        let mut text = [0; STATUS];
        let length = rustix::io::pread(file, &mut text, 0)?;
        let status = String::from_utf8_lossy(&text[..length]);
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        kib.map(|kib| kib << 10).ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    fn memory_kills(&self, _: &Path) -> io::Result<u64> {
        Ok(0)
    }

    fn set_cpu(&self, _: &Path, _: u32, _: Option<u32>) -> io::Result<()> {
        Ok(())
    }

    fn set_pids(&self, _: &Path, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Nobody sums up a tree whose members come and go.
    fn cpu_time(&self, _: &Path) -> io::Result<Duration> {
        Ok(Duration::ZERO)
    }

    /// Those of the first process; its children are not known.
    fn threads(&self, dir: &Path) -> io::Result<Vec<Pid>> {
        let threads = fs::read_dir(process(dir)?.join("task"))?;
        Ok(threads
            .filter_map(|entry| Pid::from_raw(entry.ok()?.file_name().to_str()?.parse().ok()?))
            .collect())
    }

    fn set_frozen(&self, _: &Path, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn is_frozen(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }

    fn join(&self, _: &Path) -> io::Result<Option<(Cgroup, OwnedFd)>> {
        Ok(None)
    }

    fn remove(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir_all(dir)
    }
}

fn process(dir: &Path) -> io::Result<std::path::PathBuf> {
    Ok(Path::new("/proc").join(fs::read_to_string(dir.join(PID_FILE))?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_its_own_memory() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Plain.open_memory_peak(dir.path()).is_err());
        fs::write(dir.path().join(PID_FILE), "self").unwrap();
        let file = Plain.open_memory_peak(dir.path()).unwrap();
        assert!(Plain.read_memory_peak(&file).unwrap() > 1 << 20);
    }
}
