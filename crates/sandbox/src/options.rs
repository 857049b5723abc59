//! What the program tells this crate, and what this crate tells of itself.

use crate::{
    cgroup::Layout,
    network::Outside,
    scratch::{Pool, ScratchKind},
};
use std::path::PathBuf;

/// How sandboxes are made on this server.
#[derive(Clone, Debug)]
pub struct Options {
    /// A directory of ours, e.g. `DATA/sandbox`, for scratch images. Made if it does not exist.
    pub state_dir: PathBuf,
    /// The data directory's id: 1 to 64 letters, digits, `-` or `_`. What carries it is swept at the next start, so no
    /// two servers that run at once may have the same.
    pub instance_tag: String,
    /// The tag was drawn for this start: nothing bears it yet, and nothing is looked for that does.
    pub is_new: bool,
    /// Size of /tmp in MiB.
    pub scratch_mib: u64,
    /// Instances reach public addresses, if this host has the means.
    pub internet: bool,
    /// No isolation at all: plain processes of the server's own user.
    pub isolation_none: bool,
}

impl Options {
    /// The usual options: 512 MiB of /tmp (Lambda quotas page), isolated.
    pub fn new(state_dir: impl Into<PathBuf>, instance_tag: impl Into<String>) -> Self {
        Self {
            state_dir: state_dir.into(),
            instance_tag: instance_tag.into(),
            is_new: false,
            scratch_mib: 512,
            internet: false,
            isolation_none: false,
        }
    }
}

/// What is active on this host.
#[derive(Clone, Debug)]
pub struct Protections {
    /// Whether there is isolation.
    pub isolated: bool,
    /// Whether there is a way to public addresses.
    pub internet: bool,
    /// Landlock's version in the kernel; 0 when it has none.
    pub landlock_abi: i32,
    /// What keeps the content of /tmp.
    pub scratch: ScratchKind,
    /// One line a protection, for people.
    pub listing: Vec<String>,
}

impl Protections {
    pub(crate) fn new(layout: &Layout, landlock_abi: i32, scratch: &Pool, outside: &Outside) -> Self {
        let role = |name: &str, place: &crate::cgroup::Place| format!("{name} {}", place.version.name());
        let cgroups = [
            role("memory", &layout.memory),
            role("cpu", &layout.cpu),
            role("pids", &layout.pids),
            role("freezer", &layout.freezer),
        ];
        let landlock = match landlock_abi {
            0 => "landlock: not in this kernel (mounts and permissions hold alone)".to_owned(),
            abi => format!("landlock: version {abi}"),
        };
        let listing = vec![
            "namespaces: mount, pid, ipc, uts, net, cgroup".to_owned(),
            format!("cgroups: {}", cgroups.join(", ")),
            "user: one id a sandbox, no capabilities, no_new_privs".to_owned(),
            "seccomp: deny list".to_owned(),
            landlock,
            scratch.describe(),
            outside.describe(),
        ];
        let internet = matches!(outside, Outside::Internet(_));
        Self { isolated: true, internet, landlock_abi, scratch: scratch.kind(), listing }
    }

    /// What there is without isolation, which is a list of what there is not.
    pub(crate) fn none() -> Self {
        let listing = crate::plain::listing();
        Self { isolated: false, internet: true, landlock_abi: 0, scratch: ScratchKind::Directory, listing }
    }

    /// Everything in one line, for `/health`.
    pub fn summary(&self) -> String {
        self.listing.join("; ")
    }
}
