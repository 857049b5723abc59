//! The last step before exec: everything that makes a process unprivileged, in an order that cannot be undone.

use crate::seccomp;
use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreated, RulesetCreatedAttr,
};
use rustix::{
    process::{Gid, Uid},
    thread::{
        CapabilitySet, CapabilitySets, clear_ambient_capability_set, set_capabilities, set_no_new_privs,
        set_thread_groups, set_thread_res_gid, set_thread_res_uid,
    },
};
use std::{io, os::fd::OwnedFd};

/// What landlock may be asked for; an older kernel does the part it knows.
const LANDLOCK: ABI = ABI::V5;

/// Directories that may be written.
const WRITABLE: [&str; 2] = ["/tmp", "/dev/shm"];

/// Devices that may be written.
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// The user that owns nothing, on every Linux.
const NOBODY: u32 = 65_534;

/// What can be prepared while the sandbox is built.
pub(super) struct Confinement {
    landlock: Option<RulesetCreated>,
}

impl Confinement {
    /// To be called inside the finished root.
    pub(super) fn prepare(landlock: bool) -> io::Result<Self> {
        Ok(Self { landlock: if landlock { Some(ruleset().map_err(io::Error::other)?) } else { None } })
    }

    /// A copy of the landlock ruleset, for a process that confines itself in the same way.
    pub(super) fn ruleset(&self) -> io::Result<Option<OwnedFd>> {
        Ok(self
            .landlock
            .as_ref()
            .map(RulesetCreated::try_clone)
            .transpose()?
            .and_then(Option::<OwnedFd>::from))
    }

    /// Makes the calling process an unprivileged one for ever.
    pub(super) fn enter(&self, uid: u32) -> io::Result<()> {
        become_user(uid)?;
        if let Some(landlock) = &self.landlock {
            landlock.try_clone()?.restrict_self().map_err(io::Error::other)?;
        }
        seccomp::install()
    }
}

/// Takes from init everything but what reaping and reporting need, which is nothing.
pub(super) fn retire() -> io::Result<()> {
    become_user(NOBODY)?;
    seccomp::install()
}

fn become_user(uid: u32) -> io::Result<()> {
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(uid));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    // Leaving uid 0 emptied these; said again, because nothing may depend on a side effect.
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })?;
    clear_ambient_capability_set()?;
    Ok(set_no_new_privs(true)?)
}

/// Read and execute everywhere, write where functions may. The mounts say the same; this is the second lock.
fn ruleset() -> Result<RulesetCreated, Box<dyn std::error::Error + Send + Sync>> {
    let mut ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .create()?
        .add_rule(PathBeneath::new(PathFd::new("/")?, AccessFs::from_read(LANDLOCK)))?;
    for path in WRITABLE {
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, AccessFs::from_all(LANDLOCK)))?;
    }
    for path in DEVICES {
        ruleset = ruleset.add_rule(PathBeneath::new(PathFd::new(path)?, AccessFs::from_file(LANDLOCK)))?;
    }
    Ok(ruleset)
}
