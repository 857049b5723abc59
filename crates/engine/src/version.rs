//! What runs: versions, the functions they belong to, and the runtimes that carry them.

use crate::{Observer, turns::Turns};
use std::{
    fmt,
    hash::{Hash, Hasher},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tinderbox_base::{AccountId, Memory};

/// Names one generation of a function's configuration and code; never reused for another.
///
/// Clones share the mark that [`crate::Engine::retire`] sets, so that a retired version is known
/// without anyone keeping a list. Equality is that of the text.
#[derive(Clone)]
pub struct VersionId(Arc<VersionIdInner>);

struct VersionIdInner {
    text: Box<str>,
    retired: AtomicBool,
    turns: Turns,
}

impl VersionId {
    /// An id with the given text, unique for each generation.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(VersionIdInner {
            text: text.into(),
            retired: AtomicBool::new(false),
            turns: Turns::default(),
        }))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// Whether the version was retired.
    pub fn is_retired(&self) -> bool {
        self.0.retired.load(Ordering::Acquire)
    }

    /// Whose calls wait for each other.
    pub(crate) fn turns(&self) -> &Turns {
        &self.0.turns
    }

    pub(crate) fn mark_retired(&self) {
        self.0.retired.store(true, Ordering::Release);
    }
}

impl PartialEq for VersionId {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for VersionId {}

impl Hash for VersionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// Names a group of versions, a function: concurrency is counted and reserved for a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(Arc<str>);

impl GroupId {
    /// An id with the given text, unique within its account.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How an instance of a version comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boot {
    /// A generic instance of the runtime, booted before it is known for whom, loads the code.
    Stem,
    /// A process is started for this version, with its environment from the start.
    Spawn,
}

/// How the server and the process inside an instance talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Length-prefixed frames on an inherited socket: our own bootstraps.
    Frames,
    /// The HTTP Runtime API at `127.0.0.1:9001`: custom runtimes and official clients. Needs [`Boot::Spawn`].
    Http,
}

/// Something of the host that an instance sees, read only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mount {
    /// The file or directory `source` of the host appears at `target`.
    Bind {
        /// Absolute path on the host.
        source: PathBuf,
        /// Absolute path inside.
        target: PathBuf,
    },
    /// A symbolic link at `link` that says `target`.
    Symlink {
        /// What the link says.
        target: PathBuf,
        /// Absolute path inside at which the link lies.
        link: PathBuf,
    },
}

/// A runtime as the engine sees it: what is needed to boot a generic instance.
#[derive(Debug)]
pub struct RuntimeClass {
    /// Names the class; classes with the same key share a pool of stems.
    pub key: String,
    /// Program and arguments, as seen from inside.
    pub argv: Vec<String>,
    /// The process's environment at boot, before it is known for whom it runs.
    pub env: Vec<(String, String)>,
    /// The interpreter, its libraries, our bootstrap, the SDK.
    pub mounts: Vec<Mount>,
    /// How it talks.
    pub protocol: Protocol,
    /// The argument with which the program boots into a zygote, of which instances are forks; `None` for one that
    /// cannot.
    pub zygote: Option<String>,
}

/// One generation of a function, complete: nothing else is looked up to run it.
pub struct Version {
    /// Unique for each generation.
    pub id: VersionId,
    /// The function it belongs to.
    pub group: GroupId,
    /// The account whose concurrency it uses.
    pub account: AccountId,
    /// The runtime that carries it.
    pub class: Arc<RuntimeClass>,
    /// How its instances come to be.
    pub boot: Boot,
    /// Code and layers: `(path on the host, path inside)`, read only.
    pub mounts: Vec<(PathBuf, PathBuf)>,
    /// Head of the LOAD frame, a JSON object, without what [`Observer::instance`] adds.
    pub load: serde_json::Value,
    /// For [`Boot::Spawn`]: environment of the process, added to the class's (later ones win).
    pub env: Vec<(String, String)>,
    /// The limit of the instance's memory; CPU weight follows from it.
    pub memory: Memory,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// Hears what its instances do.
    pub observer: Arc<dyn Observer>,
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Version")
            .field("id", &self.id)
            .field("group", &self.group)
            .field("class", &self.class.key)
            .field("boot", &self.boot)
            .finish_non_exhaustive()
    }
}
