//! Limits and accounts of what runs inside, in cgroup v1, v2 or both side by side.
//!
//! Each role (memory, processor, processes, freezing) has a place: a directory of ours in some hierarchy. Init stays
//! outside all of them; the program joins before it executes.

mod find;
mod locate;
mod v1;
mod v2;

pub(crate) use find::{find, give_up_leaf};

use crate::{message, spec::Limits};
use rustix::{
    fs::{Mode, OFlags},
    process::Pid,
};
use std::{
    fmt, fs, io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

/// Room for a 64-bit number, its newline, and more than that.
const NUMBER_BYTES: usize = 32;

/// How one version of cgroups is spoken to. A `dir` is one sandbox's directory.
pub(crate) trait Version: fmt::Debug + Send + Sync {
    /// `v1` or `v2`.
    fn name(&self) -> &'static str;
    /// Bounds memory and swap together to `bytes`.
    fn set_memory(&self, dir: &Path, bytes: u64) -> io::Result<()>;
    /// Opens the file that holds the most bytes in use at any time so far.
    fn open_memory_peak(&self, dir: &Path) -> io::Result<OwnedFd>;
    /// Reads that file.
    fn read_memory_peak(&self, file: &OwnedFd) -> io::Result<u64> {
        read_number_again(file)
    }
    /// How many processes the kernel killed for memory.
    fn memory_kills(&self, dir: &Path) -> io::Result<u64>;
    /// Sets the share (1 to 10,000) and the hard share in thousandths of a processor.
    fn set_cpu(&self, dir: &Path, weight: u32, quota_millis: Option<u32>) -> io::Result<()>;
    /// Bounds processes and threads.
    fn set_pids(&self, dir: &Path, pids: u32) -> io::Result<()> {
        write(dir, "pids.max", &pids.to_string())
    }
    /// Processor time used so far.
    fn cpu_time(&self, dir: &Path) -> io::Result<Duration>;
    /// Stops or continues everything; takes effect soon after ([`Version::is_frozen`]).
    fn set_frozen(&self, dir: &Path, frozen: bool) -> io::Result<()>;
    /// Whether everything stands still.
    fn is_frozen(&self, dir: &Path) -> io::Result<bool>;
    /// The ids of all threads.
    fn threads(&self, dir: &Path) -> io::Result<Vec<Pid>>;
    /// What a program joins by.
    fn join(&self, dir: &Path) -> io::Result<Option<(message::Cgroup, OwnedFd)>> {
        let procs = fs::OpenOptions::new().write(true).open(dir.join("cgroup.procs"))?;
        Ok(Some((message::Cgroup::Write, procs.into())))
    }
    /// Removes the directory, in which no process is any more.
    fn remove(&self, dir: &Path) -> io::Result<()> {
        fs::remove_dir(dir)
    }
}

/// A role's place: our directory in a hierarchy.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) base: PathBuf,
    pub(crate) version: &'static dyn Version,
}

/// Where each role is done on this host.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) memory: Place,
    pub(crate) cpu: Place,
    pub(crate) pids: Place,
    pub(crate) freezer: Place,
    pub(crate) cpu_time: Place,
}

impl Layout {
    /// Our directory in every hierarchy, each once.
    pub(crate) fn bases(&self) -> Vec<(PathBuf, &'static dyn Version)> {
        let mut bases: Vec<(PathBuf, &'static dyn Version)> = Vec::new();
        for Place { base, version } in [&self.memory, &self.cpu, &self.pids, &self.freezer, &self.cpu_time] {
            if bases.iter().all(|(other, _)| other != base) {
                bases.push((base.clone(), *version));
            }
        }
        bases
    }
}

/// One sandbox's directories. They are removed by [`Group::remove`], or by the janitor.
#[derive(Debug)]
pub(crate) struct Group {
    layout: Arc<Layout>,
    name: String,
    /// What is set, so that only differences are written.
    limits: Mutex<Option<Limits>>,
    /// The file of the memory's peak, which is read after every invocation.
    peak: OnceLock<OwnedFd>,
}

/// How the program joins: descriptors and what to do with each.
pub(crate) type Joins = Vec<(message::Cgroup, OwnedFd)>;

impl Group {
    /// Makes the directories, sets the limits and opens what the program joins by.
    pub(crate) fn create(layout: &Arc<Layout>, name: String, limits: &Limits) -> io::Result<(Self, Joins)> {
        let group =
            Self { layout: Arc::clone(layout), name, limits: Mutex::default(), peak: OnceLock::new() };
        match group.prepare(limits) {
            Ok(joins) => Ok((group, joins)),
            Err(error) => {
                let _ = group.remove();
                Err(error)
            }
        }
    }

    fn prepare(&self, limits: &Limits) -> io::Result<Joins> {
        let mut joins = Vec::new();
        for (base, version) in self.layout.bases() {
            let dir = base.join(&self.name);
            fs::create_dir(&dir)?;
            joins.extend(version.join(&dir)?);
        }
        self.set_limits(limits)?;
        Ok(joins)
    }

    /// Sets other limits on what runs.
    pub(crate) fn set_limits(&self, limits: &Limits) -> io::Result<()> {
        let Layout { memory, cpu, pids, .. } = &*self.layout;
        let mut set = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let changed =
            |differs: fn(&Limits, &Limits) -> bool| set.as_ref().is_none_or(|set| differs(set, limits));
        if changed(|a, b| a.memory != b.memory) {
            memory.version.set_memory(&self.dir(memory), limits.memory)?;
        }
        if changed(|a, b| (a.cpu_weight, a.cpu_quota_millis) != (b.cpu_weight, b.cpu_quota_millis)) {
            cpu.version.set_cpu(&self.dir(cpu), limits.cpu_weight, limits.cpu_quota_millis)?;
        }
        if changed(|a, b| a.pids != b.pids) {
            pids.version.set_pids(&self.dir(pids), limits.pids)?;
        }
        *set = Some(*limits);
        Ok(())
    }

    /// The directories' name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn memory_peak(&self) -> io::Result<u64> {
        let Place { base, version } = &self.layout.memory;
        let file = match self.peak.get() {
            Some(file) => file,
            None => {
                let file = version.open_memory_peak(&base.join(&self.name))?;
                self.peak.get_or_init(|| file)
            }
        };
        version.read_memory_peak(file)
    }

    pub(crate) fn memory_kills(&self) -> io::Result<u64> {
        self.layout.memory.version.memory_kills(&self.dir(&self.layout.memory))
    }

    pub(crate) fn cpu_time(&self) -> io::Result<Duration> {
        self.layout.cpu_time.version.cpu_time(&self.dir(&self.layout.cpu_time))
    }

    pub(crate) fn set_frozen(&self, frozen: bool) -> io::Result<()> {
        self.layout.freezer.version.set_frozen(&self.dir(&self.layout.freezer), frozen)
    }

    pub(crate) fn is_frozen(&self) -> io::Result<bool> {
        self.layout.freezer.version.is_frozen(&self.dir(&self.layout.freezer))
    }

    /// The ids of all threads inside, as this process's namespace numbers them.
    pub(crate) fn threads(&self) -> io::Result<Vec<Pid>> {
        self.layout.cpu.version.threads(&self.dir(&self.layout.cpu))
    }

    /// Removes the directories; fails while a process is in one of them.
    pub(crate) fn remove(&self) -> io::Result<()> {
        for (base, version) in self.layout.bases() {
            match version.remove(&base.join(&self.name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    fn dir(&self, place: &Place) -> PathBuf {
        place.base.join(&self.name)
    }
}

/// Writes one value; the kernel wants it in one write.
fn write(dir: &Path, file: &str, value: &str) -> io::Result<()> {
    let path = dir.join(file);
    let written = rustix::fs::open(&path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|file| rustix::io::write(file.as_fd(), value.as_bytes()));
    match written.map_err(io::Error::from) {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("{value} to {}: {error}", path.display()))),
    }
}

/// Opens a file to read.
fn open(dir: &Path, file: &str) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(dir.join(file), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?)
}

/// Reads an open file that holds one number, from its start.
fn read_number_again(file: &OwnedFd) -> io::Result<u64> {
    let mut text = [0; NUMBER_BYTES];
    let length = rustix::io::pread(file, &mut text, 0)?;
    parse_number(&text[..length])
}

/// Reads a file that holds one number.
/// Reads the ids of a file that has one a line.
fn read_ids(dir: &Path, file: &str) -> io::Result<Vec<Pid>> {
    let text = fs::read_to_string(dir.join(file))?;
    Ok(text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)).collect())
}

fn read_number(dir: &Path, file: &str) -> io::Result<u64> {
    parse_number(&fs::read(dir.join(file))?)
}

fn parse_number(text: &[u8]) -> io::Result<u64> {
    let number = str::from_utf8(text).ok().and_then(|text| text.trim().parse().ok());
    number.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, String::from_utf8_lossy(text)))
}

/// Reads the number after `key` in a file of `key number` lines.
fn read_keyed(dir: &Path, file: &str, key: &str) -> io::Result<u64> {
    let text = fs::read_to_string(dir.join(file))?;
    let number = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(' ')?.trim().parse().ok());
    number.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("{file} has no {key}")))
}
