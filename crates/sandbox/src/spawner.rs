//! The spawner: PID 1 of the outer pid namespace. It does nothing but fork inits.
//!
//! It has one thread, holds no lock, reads small packets and never waits for an init: an init does all slow work itself.

use crate::{
    entry::JanitorArguments,
    init,
    message::{Spawn, SpawnerEvent},
    sys::{
        channel::{self, Packet},
        fork::{self, Forked},
        mount,
        prctl::{self, CommandLine},
    },
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{CWD, FileType, Mode, makedev, mkdirat, mknodat, symlinkat},
    mount::{MountAttrFlags, MountPropagationFlags, UnmountFlags, mount_change, unmount},
    process::{Signal, chdir, pivot_root, set_parent_process_death_signal},
};
use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

/// The devices inside: Linux's fixed numbers (Documentation/admin-guide/devices.txt).
const DEVICES: [(&str, u32, u32); 5] =
    [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9)];

/// Runs the spawner; `janitor` closes when the janitor is gone.
pub(crate) fn run(control: OwnedFd, janitor: OwnedFd, arguments: &JanitorArguments) -> ! {
    // Whatever panics here would unwind into the janitor's copy of main.
    let _ = std::panic::catch_unwind(|| serve(&control, &janitor, arguments));
    fork::exit_now(1)
}

fn serve(control: &OwnedFd, janitor: &OwnedFd, arguments: &JanitorArguments) {
    let plain = arguments.plain;
    let _ = rustix::thread::set_name(c"tb-spawner");
    if set_parent_process_death_signal(Some(Signal::KILL)).is_err() || is_closed(janitor) {
        return;
    }
    // Dead inits are reaped by the kernel: nobody here would read their status.
    prctl::ignore(&[libc::SIGCHLD]);
    // Before /proc is out of sight.
    let command_line = CommandLine::locate();
    let up = match if plain { Ok(()) } else { leave_host(&arguments.state_dir) } {
        Ok(()) => SpawnerEvent::Up,
        Err((step, error)) => SpawnerEvent::broken(step, &error),
    };
    if reply(control, &up, None).is_err() || !matches!(up, SpawnerEvent::Up) {
        return;
    }
    while let Ok(Some(Packet { message: Spawn { id, zygote }, mut fds, .. })) =
        channel::receive(control.as_fd())
    {
        let Some(socket) = fds.pop() else { return };
        let done = match fork_init(plain, zygote) {
            Ok(Forked::Child) => {
                // A plain one is found by it, should the janitor not live to end it.
                if !plain {
                    hide_command_line(command_line.as_ref());
                }
                init::run(socket, plain, zygote)
            }
            Ok(Forked::Parent { pidfd, .. }) => reply(control, &SpawnerEvent::Spawned { id }, Some(&pidfd)),
            Err(error) => {
                reply(control, &SpawnerEvent::Failed { id, errno: crate::sys::errno(&error) }, None)
            }
        };
        if done.is_err() {
            return;
        }
    }
}

#[allow(unsafe_code)]
fn fork_init(plain: bool, zygote: bool) -> io::Result<Forked> {
    let namespaces = match (plain, zygote) {
        (true, _) => 0,
        (false, true) => fork::ZYGOTE_NAMESPACES,
        (false, false) => fork::SANDBOX_NAMESPACES,
    };
    // SAFETY: the spawner is a fork of the single-threaded janitor and starts no thread.
    unsafe { fork::fork(namespaces, None) }
}

#[allow(unsafe_code)]
fn hide_command_line(command_line: Option<&CommandLine>) {
    if let Some(command_line) = command_line {
        // SAFETY: the janitor parsed the arguments into values of its own, and an init never reads them.
        unsafe { command_line.blank() };
    }
}

fn reply(control: &OwnedFd, event: &SpawnerEvent, pidfd: Option<&OwnedFd>) -> io::Result<()> {
    let fds: Vec<_> = pidfd.iter().map(AsFd::as_fd).collect();
    channel::send(control.as_fd(), &channel::encode(event)?, &fds, None)
}

fn is_closed(pipe: &OwnedFd) -> bool {
    let mut polled = [PollFd::new(pipe, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
}

/// Exchanges the host's root for a small file system of our own, of which every init inherits a copy.
///
/// Inits get what they may show of the host as descriptors, so neither they nor we can reach the rest, and the copy of
/// the mount table that a new namespace costs is three mounts long.
fn leave_host(state_dir: &Path) -> Result<(), (&'static str, io::Error)> {
    let at = |step| move |error: io::Error| (step, error);
    let errno = |step| move |error: rustix::io::Errno| (step, io::Error::from(error));
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)
        .map_err(errno("making mounts private"))?;
    let root = mount::detached_new("tmpfs", &[("size", Some("1m")), ("mode", Some("755"))], mount::WRITABLE)
        .map_err(at("mounting the spawner's root"))?;
    mount::attach(root.as_fd(), state_dir).map_err(at("attaching the spawner's root"))?;
    chdir(state_dir).map_err(errno("entering the spawner's root"))?;
    pivot_root(".", ".").map_err(errno("exchanging the root"))?;
    unmount(".", UnmountFlags::DETACH).map_err(errno("leaving the host's root"))?;
    chdir("/").map_err(errno("entering the spawner's root"))?;
    for name in [init::ROOT, init::DEVICES] {
        mkdirat(CWD, name, Mode::from(0o755)).map_err(errno("making the spawner's directories"))?;
    }
    make_devices().map_err(at("making devices"))
}

/// One /dev for all sandboxes: it is read-only to them, so they share nothing but the kernel's own devices.
fn make_devices() -> io::Result<()> {
    let options = [("size", Some("64k")), ("mode", Some("755"))];
    let root = mount::detached_new("tmpfs", &options, MountAttrFlags::MOUNT_ATTR_NOSUID)?;
    mount::attach(root.as_fd(), init::DEVICES)?;
    let dev = rustix::fs::open(
        init::DEVICES,
        rustix::fs::OFlags::PATH | rustix::fs::OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    for (name, major, minor) in DEVICES {
        mknodat(&dev, name, FileType::CharacterDevice, Mode::from(0o666), makedev(major, minor))?;
        // The umask took bits away.
        rustix::fs::chmodat(&dev, name, Mode::from(0o666), rustix::fs::AtFlags::empty())?;
    }
    let links = [("/proc/self/fd", "fd"), ("fd/0", "stdin"), ("fd/1", "stdout"), ("fd/2", "stderr")];
    for (target, link) in links {
        symlinkat(target, &dev, link)?;
    }
    mkdirat(&dev, "shm", Mode::from(0o755))?;
    // What an init binds of it, to hide files of /proc for one, is read-only as this is.
    mount::set_attributes(root.as_fd(), MountAttrFlags::MOUNT_ATTR_RDONLY)
}
