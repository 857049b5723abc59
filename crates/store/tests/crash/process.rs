//! The processes that are killed: this program again, with other arguments.

use crate::verify::{self, Acks};
use rustix::mount::{UnmountFlags, unmount};
use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// How long a process may take to open a store or to do one more commit before it counts as hung.
pub(crate) const HUNG: Duration = Duration::from_secs(180);

/// How many writers the load has.
pub(crate) const WRITERS: u64 = 16;

/// A running load and what it has acknowledged.
pub(crate) struct Load {
    child: Child,
    lines: Receiver<String>,
}

impl Load {
    /// Starts the load on the store in `dir` and waits until the store is open.
    pub(crate) fn start(dir: &Path) -> Result<Self, String> {
        let mut child = this_program("load", dir)
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the load did not start: {error}"))?;
        let (send, lines) = channel();
        let out = BufReader::new(child.stdout.take().ok_or("the load has no output")?);
        // Ends with the pipe, and so with the process.
        thread::Builder::new()
            .name("acks".to_owned())
            .spawn(move || out.lines().map_while(io::Result::ok).try_for_each(|line| send.send(line)))
            .map_err(|error| error.to_string())?;
        let load = Self { child, lines };
        match load.lines.recv_timeout(HUNG) {
            Ok(line) if line == "open" => Ok(load),
            Ok(line) => Err(format!("the load begins with {line:?}")),
            Err(RecvTimeoutError::Timeout) => Err(format!("opening hangs for {HUNG:?}")),
            Err(RecvTimeoutError::Disconnected) => {
                Err("the load ended before it had opened the store".to_owned())
            }
        }
    }

    /// Waits for `count` more acknowledgements.
    pub(crate) fn wait(&self, count: u64, acks: &mut [Acks]) -> Result<(), String> {
        for _ in 0..count {
            match self.lines.recv_timeout(HUNG) {
                Ok(line) => add(acks, &line)?,
                Err(RecvTimeoutError::Timeout) => return Err(format!("no commit in {HUNG:?}")),
                Err(RecvTimeoutError::Disconnected) => return Err("the load ended by itself".to_owned()),
            }
        }
        Ok(())
    }

    /// Takes the acknowledgements that have come meanwhile.
    pub(crate) fn drain(&self, acks: &mut [Acks]) -> Result<u64, String> {
        let mut count = 0;
        for line in self.lines.try_iter() {
            add(acks, &line)?;
            count += 1;
        }
        Ok(count)
    }

    /// Kills the process with SIGKILL. What it acknowledged until then counts.
    pub(crate) fn kill(mut self, acks: &mut [Acks]) -> Result<u64, String> {
        self.child.kill().map_err(|error| error.to_string())?;
        self.child.wait().map_err(|error| error.to_string())?;
        let mut count = 0;
        // Until the reader has come to the end of the pipe. A last line may be cut off.
        while let Ok(line) = self.lines.recv_timeout(HUNG) {
            count += u64::from(verify::add_line(acks, &line));
        }
        Ok(count)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn add(acks: &mut [Acks], line: &str) -> Result<(), String> {
    if verify::add_line(acks, line) { Ok(()) } else { Err(format!("the load says {line:?}")) }
}

/// Verifies the store in `dir` in a process of its own, which is killed if it hangs. Of each writer at least
/// the commits up to that in `must` must be there. Sets `acks` to what was found.
pub(crate) fn verify(dir: &Path, must: &[u64], acks: &mut [Acks]) -> Result<(), String> {
    let known = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let least: String = must.iter().map(|number| format!("{number}\n")).collect();
    std::fs::write(known.path(), least + &verify::to_lines(acks)).map_err(|error| error.to_string())?;
    let mut child = this_program("verify", dir)
        .arg(known.path())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("the verifier did not start: {error}"))?;
    let (send, outcome) = channel();
    let mut out = child.stdout.take().ok_or("the verifier has no output")?;
    thread::Builder::new()
        .name("outcome".to_owned())
        .spawn(move || send.send(io::read_to_string(&mut out)))
        .map_err(|error| error.to_string())?;
    let said = outcome.recv_timeout(HUNG);
    child.kill().ok();
    child.wait().map_err(|error| error.to_string())?;
    match said {
        Ok(Ok(said)) => match said.strip_suffix("whole\n") {
            Some(found) => {
                acks.iter_mut().for_each(Acks::clear);
                found.lines().try_for_each(|line| add(acks, line))
            }
            None => Err(said),
        },
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("opening or reading hangs for {HUNG:?}")),
    }
}

#[expect(clippy::disallowed_methods, reason = "a process to kill")]
fn this_program(role: &str, dir: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a running program has a path"));
    command.arg(role).arg(dir);
    command
}

/// Runs a tool of the system on `paths`.
#[expect(clippy::disallowed_methods, reason = "disks are made and mounted by the system's tools")]
pub(crate) fn tool(name: &str, arguments: &[&str], paths: &[&Path]) -> Result<(), String> {
    let output = Command::new(name).args(arguments).args(paths).output();
    let output = output.map_err(|error| format!("{name}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Runs this program again with a mount namespace of its own, so that no mount outlives it.
#[expect(clippy::disallowed_methods, reason = "namespaces are made by the system's tools")]
pub(crate) fn with_own_mounts(arguments: &[&str]) -> Result<(), String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private"])
        .arg(this)
        .args(arguments)
        .status()
        .map_err(|error| format!("unshare: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the test ended with {status}")) }
}

/// A mount that ends with this value. The mount namespace ends with the process, so that nothing stays.
pub(crate) struct Mounted<'a>(pub(crate) &'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        if unmount(self.0, UnmountFlags::empty()).is_err() {
            unmount(self.0, UnmountFlags::DETACH).ok();
        }
    }
}
