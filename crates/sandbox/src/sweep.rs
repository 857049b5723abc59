//! Clearing away what a server left: by its janitor when it dies, by the next server in case the janitor died, too.

use crate::{
    cgroup,
    entry::{JanitorArguments, ROLE},
    network, plain, scratch,
};
use rustix::{
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
    thread::{NanosleepRelativeResult, Timespec, nanosleep},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// How often a removal is tried that fails because the kernel is still taking something down, and the wait between.
const TRIES: u32 = 500;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// Lets frozen processes go: with cgroup v1 they would not even die.
pub(crate) fn thaw(cgroups: &[PathBuf]) {
    for dir in cgroups.iter().flat_map(|base| children(base)) {
        let _ = fs::OpenOptions::new().write(true).open(dir.join("freezer.state")).and_then(|mut file| {
            use std::io::Write;
            file.write_all(b"THAWED")
        });
    }
}

/// Removes cgroups and scratch. The processes must be gone.
pub(crate) fn files(arguments: &JanitorArguments) -> io::Result<()> {
    let mut result = Ok(());
    for base in &arguments.cgroups {
        for dir in children(base).into_iter().chain([base.clone()]) {
            result = result.and(insist(|| match fs::remove_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                result => result,
            }));
        }
    }
    arguments.cgroups.iter().for_each(|base| cgroup::give_up_leaf(base));
    let plain = plain::directory(&arguments.state_dir);
    let removed = match fs::remove_dir_all(&plain) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    };
    let undone = network::undo(&arguments.state_dir, &arguments.tag);
    result.and(removed).and(undone).and(scratch::sweep(&arguments.state_dir))
}

/// Kills what an earlier server with this tag left running, and removes the rest.
pub(crate) fn leftovers(arguments: &JanitorArguments) -> io::Result<()> {
    thaw(&arguments.cgroups);
    insist(|| {
        let alive = processes(&arguments.tag)?;
        for pidfd in alive.iter().filter_map(|pid| pidfd_open(*pid, PidfdFlags::empty()).ok()) {
            let _ = pidfd_send_signal(&pidfd, Signal::KILL);
        }
        if alive.is_empty() { Ok(()) } else { Err(rustix::io::Errno::BUSY.into()) }
    })?;
    files(arguments)
}

/// Janitors, spawners and inits with this tag, and plain programs that bear its mark.
pub(crate) fn processes(tag: &str) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    let mark = format!("{}={tag}", plain::MARK);
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()).and_then(Pid::from_raw)
        else {
            continue;
        };
        // A process may end while we look; a dead one has an empty command line.
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut arguments = line.split(|byte| *byte == 0).skip(1);
        let ours = arguments.next() == Some(ROLE.as_bytes()) && arguments.next() == Some(tag.as_bytes());
        let marked = || {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
        };
        if ours || marked() {
            found.push(pid);
        }
    }
    Ok(found)
}

fn children(base: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(base).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
        .collect()
}

/// Repeats `act` while the kernel says it is busy, for five seconds.
fn insist(mut act: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    let mut result = act();
    for _ in 0..TRIES {
        match &result {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            _ => break,
        }
        if let NanosleepRelativeResult::Err(_) = nanosleep(&PAUSE) {
            break;
        }
        result = act();
    }
    result
}
