//! What a fork of a zygote must be, seen from outside.

use rustix::process::Pid;
use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The namespaces that a sandbox has of its own.
const NAMESPACES: [&str; 5] = ["mnt", "pid", "net", "ipc", "uts"];

/// Fails unless `process` is in all of init's namespaces and its root, in the cgroup `group` of as many hierarchies as it
/// was to join, and an unprivileged process of `uid` under our filter that can never be more.
pub(super) fn confined(
    process: Pid,
    init: Pid,
    uid: u32,
    (group, hierarchies): (&str, usize),
) -> io::Result<()> {
    let (process, init) = (directory(process), directory(init));
    for name in NAMESPACES {
        let of = |process: &Path| fs::read_link(process.join("ns").join(name));
        require(of(&process)? == of(&init)?, name)?;
    }
    let root = |process: &Path| fs::metadata(process.join("root")).map(|root| (root.dev(), root.ino()));
    require(root(&process)? == root(&init)?, "root")?;
    let cgroups = fs::read_to_string(process.join("cgroup"))?;
    require(joined(&cgroups, group) == hierarchies, "cgroup")?;
    unprivileged(&fs::read_to_string(process.join("status"))?, uid)
}

fn directory(process: Pid) -> PathBuf {
    Path::new("/proc").join(process.as_raw_nonzero().to_string())
}

/// In how many hierarchies `/proc/PID/cgroup` names our sandbox.
fn joined(cgroups: &str, group: &str) -> usize {
    cgroups.lines().filter(|line| line.rsplit_once('/').is_some_and(|(_, name)| name == group)).count()
}

/// Judges proc_pid_status(5).
fn unprivileged(status: &str, uid: u32) -> io::Result<()> {
    let value = |name: &str| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap_or_default().trim()
    };
    for name in ["Uid", "Gid"] {
        let ids = value(name);
        require(ids.split_whitespace().count() == 4, name)?;
        require(ids.split_whitespace().all(|id| id.parse() == Ok(uid)), name)?;
    }
    require(value("Groups").is_empty(), "Groups")?;
    for name in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        require(u64::from_str_radix(value(name), 16) == Ok(0), name)?;
    }
    require(value("NoNewPrivs") == "1", "NoNewPrivs")?;
    require(value("Seccomp") == "2", "Seccomp")?;
    require(value("Threads") == "1", "Threads")
}

fn require(holds: bool, what: &str) -> io::Result<()> {
    if holds { Ok(()) } else { Err(io::Error::other(format!("a fork is not confined: {what}"))) }
}

/// The process that a pidfd is of, as this process's namespace numbers it (pidfd_open(2), `Pid` of its fdinfo).
pub(super) fn process_of(fdinfo: &str) -> Option<Pid> {
    let line = fdinfo.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    Pid::from_raw(line.trim().parse().ok().filter(|pid| *pid > 0)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Name:\tpython3\nUid:\t7\t7\t7\t7\nGid:\t7\t7\t7\t7\nGroups:\t \nThreads:\t1\nCapInh:\t0000000000000000\n\
        CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nCapAmb:\t0000000000000000\n\
        NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

    #[test]
    fn a_process_with_any_privilege_is_refused() {
        let check = |from: &str, to: &str, good: bool| {
            assert!(GOOD.contains(from));
            assert_eq!(unprivileged(&GOOD.replacen(from, to, 1), 7).is_ok(), good, "{to:?} for {from:?}");
        };
        check("7", "7", true);
        check("Uid:\t7\t7\t7\t7", "Uid:\t7\t7\t7\t0", false);
        check("Uid:\t7\t7\t7\t7", "Uid:\t7", false);
        check("Gid:\t7", "Gid:\t0", false);
        check("Groups:\t ", "Groups:\t0 ", false);
        check("CapEff:\t0000000000000000", "CapEff:\t0000000000200000", false);
        check("CapBnd:\t0000000000000000", "CapBnd:\t0000000000000001", false);
        check("CapAmb:\t0000000000000000\n", "", false);
        check("NoNewPrivs:\t1", "NoNewPrivs:\t0", false);
        check("Seccomp:\t2", "Seccomp:\t0", false);
        check("Threads:\t1", "Threads:\t2", false);
        assert!(unprivileged(GOOD, 8).is_err());
        assert!(unprivileged("", 7).is_err());
    }

    #[test]
    fn cgroups_and_pids_are_read() {
        let check = |cgroups, expect| assert_eq!(joined(cgroups, "0000002a"), expect, "{cgroups}");
        check("4:memory:/tinderbox-x/0000002a\n2:pids:/tinderbox-x/0000002a\n0::/\n", 2);
        check("4:memory:/tinderbox-x/0000002a/b\n0::/tinderbox-x/10000002a\n", 0);
        assert_eq!(process_of("pos:\t0\nPid:\t42\nNSpid:\t42\n"), Pid::from_raw(42));
        assert_eq!(process_of("pos:\t0\nPid:\t-1\n"), None);
        assert_eq!(process_of(""), None);
    }
}
