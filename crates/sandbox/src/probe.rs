//! What this host can protect, asked before anything is started.
#![allow(unsafe_code)] // The questions are system calls that no library asks.

use crate::error::Missing;
use rustix::thread::{CapabilitySet, capabilities};

/// Capabilities that building a sandbox takes, and what for.
const CAPABILITIES: [(CapabilitySet, &str); 8] = [
    (CapabilitySet::SYS_ADMIN, "namespaces and mounts"),
    (CapabilitySet::NET_ADMIN, "a network of its own"),
    (CapabilitySet::NET_BIND_SERVICE, "the platform's ports inside"),
    (CapabilitySet::SETUID, "a user of its own"),
    (CapabilitySet::SETGID, "a user of its own"),
    (CapabilitySet::SETPCAP, "dropping capabilities"),
    (CapabilitySet::MKNOD, "devices of its own"),
    (CapabilitySet::KILL, "ending what runs inside"),
];

/// Namespaces, and what would be shared without each.
const NAMESPACES: [(&str, &str); 6] = [
    ("mnt", "files"),
    ("pid", "processes"),
    ("ipc", "shared memory"),
    ("uts", "host name"),
    ("net", "network"),
    ("cgroup", "cgroup paths"),
];

/// Every missing protection, and landlock's version (0: none).
pub(crate) fn host() -> (Vec<Missing>, i32) {
    let mut missing = Vec::new();
    let mut lack = |protection, reason: String| missing.push(Missing { protection, reason });
    if !rustix::process::geteuid().is_root() {
        lack("isolation as such", "only root can make it: start with sudo or as a system service".to_owned());
    }
    let held = capabilities(None).map(|sets| sets.effective).unwrap_or(CapabilitySet::empty());
    let lacking: Vec<_> = CAPABILITIES.iter().filter(|(capability, _)| !held.contains(*capability)).collect();
    if !lacking.is_empty() {
        let names: Vec<_> = lacking
            .iter()
            .map(|(set, what)| format!("{} ({what})", set.iter_names().next().map_or("?", |n| n.0)))
            .collect();
        lack("capabilities of the server", format!("not held: {}", names.join(", ")));
    }
    for (file, shared) in NAMESPACES {
        if !std::path::Path::new("/proc/self/ns").join(file).exists() {
            lack("namespaces", format!("this kernel has no `{file}` namespaces: {shared} would be shared"));
        }
    }
    for (call, name, since) in [
        (libc::SYS_clone3, "clone3", "5.3"),
        (libc::SYS_open_tree, "open_tree", "5.2"),
        (libc::SYS_mount_setattr, "mount_setattr", "5.12"),
        (libc::SYS_close_range, "close_range", "5.9"),
    ] {
        if !exists(call) {
            lack(
                "files of its own",
                format!("the system call `{name}` (kernel {since} or newer) is not available"),
            );
        }
    }
    if !seccomp_filters() {
        lack("system call filter", "this kernel has no seccomp filters (CONFIG_SECCOMP_FILTER)".to_owned());
    }
    (missing, landlock_abi())
}

/// A call with arguments no kernel accepts: only one that does not know it says `ENOSYS`.
fn exists(call: libc::c_long) -> bool {
    // SAFETY: the arguments are invalid for each of the calls asked about, so none has an effect: `clone3` refuses a
    // null structure of size 0, `open_tree` and `mount_setattr` unknown flags, `close_range` a range that ends before
    // it begins.
    let result = unsafe { libc::syscall(call, u64::from(u32::MAX), 0, u64::from(u32::MAX), 0, 0) };
    result >= 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOSYS)
}

fn seccomp_filters() -> bool {
    let action: u32 = libc::SECCOMP_RET_KILL_PROCESS;
    // SAFETY: SECCOMP_GET_ACTION_AVAIL reads one u32 and changes nothing.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) };
    result == 0
}

fn landlock_abi() -> i32 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes no structure and only answers a number.
    let result = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, VERSION) };
    i32::try_from(result).unwrap_or(0).max(0)
}

/// Whether `tag` can be part of a cgroup's name and of a command line that is searched for.
pub(crate) fn is_tag(tag: &str) -> bool {
    (1..=64).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_names() {
        fn check(tag: &str, ok: bool) {
            assert_eq!(is_tag(tag), ok, "{tag}");
        }
        check("a1-b_C", true);
        check("", false);
        check("a/b", false);
        check("..", false);
        check(&"x".repeat(65), false);
    }

    #[test]
    fn calls_that_exist_are_told_from_those_that_do_not() {
        assert!(exists(libc::SYS_close_range));
        assert!(!exists(100_000));
    }
}
