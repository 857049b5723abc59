//! Ending a tree of processes that no namespace and no cgroup holds together.
//!
//! Whoever ends it is a *subreaper*: what loses its parent becomes its child, however far down it began.
#![allow(unsafe_code)] // kill(2) with a group and prctl have no safe face for this.

use crate::sys::check;
use rustix::{
    process::{Pid, Signal, WaitOptions, kill_process, wait},
    thread::{Timespec, nanosleep},
};
use std::{fs, io};

/// How many times all that is there is killed, and the pause between two times when nothing ended meanwhile: two
/// seconds in all, after which what still lives cannot be killed (a program of another user, started by set-uid).
const ROUNDS: usize = 1000;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };

/// Makes this process the parent of whatever below it loses its own.
pub(crate) fn adopt_orphans() -> io::Result<()> {
    // SAFETY: PR_SET_CHILD_SUBREAPER takes a number and touches no memory.
    check(unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }.into())?;
    Ok(())
}

/// Kills and reaps everything below this process.
pub(crate) fn end() {
    let own = rustix::process::getpid().as_raw_nonzero().get();
    for _ in 0..ROUNDS {
        let below = descendants(own);
        // First all are stopped, so that nobody forks while the others are killed.
        for pid in &below {
            let _ = kill_process(*pid, Signal::STOP);
        }
        for pid in &below {
            let _ = kill_process(*pid, Signal::KILL);
        }
        match wait(WaitOptions::NOHANG) {
            Ok(Some(_)) => while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {},
            Ok(None) | Err(rustix::io::Errno::INTR) => drop(nanosleep(&PAUSE)),
            // No child is left, and what lost its parent would be one.
            Err(_) => return,
        }
    }
}

/// Every process whose chain of parents leads to `root`, nearest first.
fn descendants(root: i32) -> Vec<Pid> {
    let all: Vec<(i32, i32)> =
        fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(parent_of).collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| pid));
        next += 1;
    }
    found.into_iter().skip(1).filter_map(Pid::from_raw).collect()
}

/// A process and its parent, if it still runs.
fn parent_of(entry: fs::DirEntry) -> Option<(i32, i32)> {
    let pid = entry.file_name().to_str()?.parse().ok()?;
    let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
    // The name, in parentheses, may hold anything; the state and the parent follow it (proc_pid_stat(5)).
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (state != "Z").then_some(())?;
    Some((pid, fields.next()?.parse().ok()?))
}
