//! Unpacked packages: one read-only directory for each content, shared by all functions that have it.
//!
//! A directory is removed once no function names it and no version that mounts it is left. It can
//! always be made again from the blob, so losing one is no harm; a wrong one would be, so it gets its
//! name only when it is complete and synced.

use crate::model::Code;
use crate::package::{Fault, Plan};
use bytes::Bytes;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tinderbox_base::{Error, Random, Result};
use tinderbox_blobs::{Blobs, Digest};

/// Directories whose names begin so are unfinished or abandoned.
const SCRATCH: &str = "tmp-";

/// Packages and where they are unpacked.
#[derive(Debug)]
pub(crate) struct CodeStore {
    directory: PathBuf,
    blobs: Blobs,
    random: Arc<dyn Random>,
    /// How the names of this process's own unfinished directories begin.
    scratch: String,
    known: Mutex<HashMap<Digest, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// Functions that have this code.
    names: usize,
    /// The directory, while anything uses it.
    directory: Weak<CodeDir>,
}

/// An unpacked package. As long as this lives, the directory stays.
#[derive(Debug)]
pub(crate) struct CodeDir {
    path: PathBuf,
    digest: Digest,
    store: Weak<CodeStore>,
}

impl CodeStore {
    /// The code below `directory`, which is made if it does not exist.
    pub(crate) fn open(directory: PathBuf, blobs: Blobs, random: Arc<dyn Random>) -> Result<Arc<Self>> {
        fs::create_dir_all(&directory).map_err(Error::internal)?;
        let scratch = format!("{SCRATCH}{}-", unique(&*random));
        Ok(Arc::new(Self { directory, blobs, random, scratch, known: Mutex::default() }))
    }

    /// Takes in a package that a caller sent: checked, unpacked, and durable in the blob store.
    pub(crate) async fn add(self: &Arc<Self>, zip: Bytes) -> Result<(Code, Arc<CodeDir>)> {
        let size = zip.len() as u64;
        let store = self.clone();
        let content = zip.clone();
        let directory = blocking(move || {
            let plan = Plan::read(content.clone())?;
            let digest = Digest::of(&content);
            store.unpack(digest, &plan)
        })
        .await?;
        let sha256 = self.blobs.put(zip).await?;
        Ok((Code { sha256, size }, directory))
    }

    /// Checks a package that a caller sent and keeps nothing of it.
    pub(crate) async fn check(&self, zip: Bytes) -> Result<Code> {
        let scratch = self.scratch();
        blocking(move || {
            let code = Code { sha256: Digest::of(&zip), size: zip.len() as u64 };
            let unpacked = Plan::read(zip)?.unpack(&scratch);
            if scratch.exists() {
                remove(&scratch);
            }
            Ok(unpacked.map(|()| code)?)
        })
        .await
    }

    /// The directory of `digest`, unpacked again from its blob if it is not there.
    pub(crate) async fn directory(self: &Arc<Self>, digest: Digest) -> Result<Arc<CodeDir>> {
        if let Some(directory) = self.existing(digest) {
            return Ok(directory);
        }
        let Some(zip) = self.blobs.get(&digest).await? else {
            let cause = io::Error::new(io::ErrorKind::NotFound, format!("the blob {digest} is missing"));
            return Err(Error::internal(cause));
        };
        let store = self.clone();
        blocking(move || store.unpack(digest, &Plan::read(zip)?)).await
    }

    /// The bytes of the package.
    pub(crate) async fn zip(&self, digest: &Digest) -> Result<Option<Bytes>> {
        Ok(self.blobs.get(digest).await?)
    }

    /// A function has this code now.
    pub(crate) fn name(&self, digest: Digest) {
        self.lock().entry(digest).or_default().names += 1;
    }

    /// A function has this code no more.
    pub(crate) fn unname(self: &Arc<Self>, digest: Digest) {
        if let Some(known) = self.lock().get_mut(&digest) {
            known.names = known.names.saturating_sub(1);
        }
        self.collect(digest);
    }

    /// Whether a function has this code.
    pub(crate) fn is_named(&self, digest: &Digest) -> bool {
        self.lock().get(digest).is_some_and(|k| k.names > 0)
    }

    /// Removes directories that no function names, and unfinished ones: what a crash left.
    ///
    /// Called before the first function is changed, when every name is known, and never afterwards.
    pub(crate) async fn sweep(self: &Arc<Self>) -> Result<()> {
        let named: HashSet<String> =
            self.lock().iter().filter(|(_, k)| k.names > 0).map(|(d, _)| d.to_string()).collect();
        let store = self.clone();
        blocking(move || {
            for entry in fs::read_dir(&store.directory).map_err(Error::internal)?.flatten() {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                // What is being unpacked meanwhile, for an invocation that could not wait, is this process's.
                if !named.contains(&*name) && !name.starts_with(&store.scratch) {
                    remove(&entry.path());
                }
            }
            Ok(())
        })
        .await
    }

    /// The directory, if it is there.
    fn existing(self: &Arc<Self>, digest: Digest) -> Option<Arc<CodeDir>> {
        let mut known = self.lock();
        if let Some(directory) = known.get(&digest).and_then(|k| k.directory.upgrade()) {
            return Some(directory);
        }
        let path = self.path(&digest);
        path.is_dir().then(|| self.enter(&mut known, digest, path))
    }

    fn enter(
        self: &Arc<Self>,
        known: &mut HashMap<Digest, Known>,
        digest: Digest,
        path: PathBuf,
    ) -> Arc<CodeDir> {
        let directory = Arc::new(CodeDir { path, digest, store: Arc::downgrade(self) });
        known.entry(digest).or_default().directory = Arc::downgrade(&directory);
        directory
    }

    fn unpack(self: &Arc<Self>, digest: Digest, plan: &Plan) -> Result<Arc<CodeDir>> {
        if let Some(directory) = self.existing(digest) {
            return Ok(directory);
        }
        let scratch = self.scratch();
        let made = plan.unpack(&scratch).and_then(|()| {
            let mut known = self.lock();
            let path = self.path(&digest);
            // Another request may have unpacked the same package meanwhile: one of the two is enough.
            if !path.is_dir() {
                fs::rename(&scratch, &path).map_err(Fault::Io)?;
                File::open(&self.directory).and_then(|d| d.sync_all()).map_err(Fault::Io)?;
            }
            match known.get(&digest).and_then(|k| k.directory.upgrade()) {
                Some(directory) => Ok(directory),
                None => Ok(self.enter(&mut known, digest, path)),
            }
        });
        if scratch.exists() {
            remove(&scratch);
        }
        Ok(made?)
    }

    /// Removes the directory of `digest` if nothing names or uses it.
    fn collect(self: &Arc<Self>, digest: Digest) {
        let abandoned = {
            let mut known = self.lock();
            let unused = known.get(&digest).is_some_and(|k| k.names == 0 && k.directory.strong_count() == 0);
            if !unused {
                return;
            }
            known.remove(&digest);
            let abandoned = self.scratch();
            // Renamed under the lock, so that nobody finds a directory that is being removed.
            fs::rename(self.path(&digest), &abandoned).ok().map(|()| abandoned)
        };
        match (abandoned, tokio::runtime::Handle::try_current()) {
            (Some(path), Ok(runtime)) => drop(runtime.spawn_blocking(move || remove(&path))),
            // The server is ending; the next one sweeps.
            (Some(_), Err(_)) | (None, _) => {}
        }
    }

    fn scratch(&self) -> PathBuf {
        self.directory.join(format!("{}{}", self.scratch, unique(&*self.random)))
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.directory.join(digest.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Digest, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CodeDir {
    /// Where it lies on the host.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CodeDir {
    fn drop(&mut self) {
        if let Some(store) = self.store.upgrade() {
            store.collect(self.digest);
        }
    }
}

/// A name that nothing else has.
fn unique(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn remove(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    if let Err(error) = removed {
        tracing::warn!(path = %path.display(), %error, "cannot remove a directory of code; the next start tries again");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}
