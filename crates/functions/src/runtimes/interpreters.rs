//! The interpreters of this machine: where they lie and which versions they are.
//!
//! Nothing is looked for before a function needs it, so that starting the server costs nothing. What
//! was found is kept; while nothing was found, every function that needs it looks again.

use super::{Family, InterpreterVersion, RuntimeName, nearest};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long `node --version` may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most prefixes looked at in one directory.
const MAX_PREFIXES: usize = 1000;
/// The oldest versions that our bootstraps run on.
const OLDEST_PYTHON: InterpreterVersion = InterpreterVersion(2, 7);
const OLDEST_NODE: InterpreterVersion = InterpreterVersion(12, 22);

/// An interpreter that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// What it interprets.
    pub family: Family,
    /// Its major and minor version.
    pub version: InterpreterVersion,
    /// Its version as told by its directory or itself, such as `3.11.7` or `3.11`.
    pub full_version: String,
    /// The executable, links resolved.
    pub executable: PathBuf,
    /// The directory above its `bin`.
    pub prefix: PathBuf,
    /// Whether the prefix holds this interpreter and nothing else.
    pub self_contained: bool,
}

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// Directories that are a prefix or hold one prefix each; they come first.
    pub prefixes: Vec<PathBuf>,
    /// Directories of executables.
    pub path: Vec<PathBuf>,
}

impl Places {
    /// The configured prefixes, those of the usual version managers below `home`, and `path`.
    pub fn usual(configured: &[PathBuf], home: Option<&Path>, path: &str) -> Self {
        const MANAGERS: [&str; 7] = [
            ".pyenv/versions",
            ".nvm/versions/node",
            ".local/share/uv/python",
            ".local/share/mise/installs/python",
            ".local/share/mise/installs/node",
            ".asdf/installs/python",
            ".asdf/installs/nodejs",
        ];
        let managed = home.into_iter().flat_map(|home| MANAGERS.map(|m| home.join(m)));
        let path = path.split(':').filter(|d| d.starts_with('/')).map(PathBuf::from);
        let system = ["/usr/local/bin", "/usr/bin"].map(PathBuf::from);
        Self {
            prefixes: configured.iter().cloned().chain(managed).collect(),
            path: path.chain(system).collect(),
        }
    }
}

/// The interpreters of this machine, found when first needed.
#[derive(Debug)]
pub struct Interpreters {
    places: Places,
    found: Mutex<BTreeMap<Family, Arc<Vec<Interpreter>>>>,
}

impl Interpreters {
    /// Interpreters that will be looked for in `places`.
    pub fn new(places: Places) -> Self {
        Self { places, found: Mutex::default() }
    }

    /// The interpreter nearest to what `runtime` names; none if there is none of its family.
    pub async fn nearest(&self, runtime: RuntimeName) -> Option<Interpreter> {
        let found = self.all(runtime.family()).await;
        let version = nearest(runtime.version(), found.iter().map(|i| comparable(runtime, i.version)))?;
        found.iter().find(|i| comparable(runtime, i.version) == version).cloned()
    }

    /// Every interpreter of `family`, the first found of each version.
    pub async fn all(&self, family: Family) -> Arc<Vec<Interpreter>> {
        let mut found = self.found.lock().await;
        if let Some(interpreters) = found.get(&family) {
            return interpreters.clone();
        }
        let places = self.places.clone();
        let search = tokio::task::spawn_blocking(move || search(&places, family));
        let interpreters = match tokio::time::timeout(PROBE_TIMEOUT, search).await {
            Ok(Ok(interpreters)) => Arc::new(interpreters),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(%family, "looking for interpreters took too long");
                Arc::default()
            }
        };
        if !interpreters.is_empty() {
            found.insert(family, interpreters.clone());
        }
        interpreters
    }
}

/// Names of Node.js count its major version only, those of Python both.
fn comparable(runtime: RuntimeName, version: InterpreterVersion) -> InterpreterVersion {
    match runtime.family() {
        Family::Node => InterpreterVersion(version.0, runtime.version().1),
        Family::Python | Family::Provided => version,
    }
}

/// Every usable interpreter of `family`, the first found of each version first.
fn search(places: &Places, family: Family) -> Vec<Interpreter> {
    let mut found: Vec<Interpreter> = Vec::new();
    let mut keep = |interpreter: Option<Interpreter>| {
        if let Some(new) = interpreter
            && !found.iter().any(|old| old.version == new.version)
        {
            found.push(new);
        }
    };
    for place in &places.prefixes {
        for prefix in prefixes(place) {
            for name in executables(&prefix.join("bin"), family) {
                keep(identify(&prefix.join("bin").join(&name), family, Some(&prefix)));
            }
        }
    }
    for directory in &places.path {
        for name in executables(directory, family) {
            keep(identify(&directory.join(&name), family, None));
        }
    }
    found
}

/// `place` itself and the directories in it, newest version first.
fn prefixes(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    let mut prefixes: Vec<PathBuf> = entries.map(|e| e.path()).take(MAX_PREFIXES).collect();
    prefixes.sort_by_key(|p| std::cmp::Reverse(version_in_name(p).map(|(_, numbers)| numbers)));
    prefixes.push(place.to_owned());
    prefixes.retain(|p| p.join("bin").is_dir());
    prefixes
}

/// Names in `directory` that an interpreter of `family` has.
fn executables(directory: &Path, family: Family) -> Vec<String> {
    match family {
        Family::Node => vec!["node".into(), "nodejs".into()],
        Family::Provided => Vec::new(),
        Family::Python => {
            let entries = fs::read_dir(directory).into_iter().flatten().flatten();
            let names = entries.filter_map(|e| e.file_name().into_string().ok());
            names.filter(|name| python_version(name).is_some()).collect()
        }
    }
}

/// The version in a name such as `python3.11`, which is how every Python is installed.
fn python_version(name: &str) -> Option<InterpreterVersion> {
    let (major, minor) = name.strip_prefix("python")?.split_once('.')?;
    Some(InterpreterVersion(major.parse().ok()?, minor.parse().ok()?))
}

/// The version in a directory's name, such as `3.11.7`, `v20.1.0` or `cpython-3.12.1-linux`.
fn version_in_name(directory: &Path) -> Option<(String, Vec<u16>)> {
    let name = directory.file_name()?.to_str()?;
    name.split('-').find_map(|part| {
        let text = part.strip_prefix('v').unwrap_or(part);
        let numbers: Option<Vec<u16>> = text.split('.').map(|n| n.parse().ok()).collect();
        numbers.filter(|n| n.len() == 3).map(|n| (text.to_owned(), n))
    })
}

fn identify(path: &Path, family: Family, prefix: Option<&Path>) -> Option<Interpreter> {
    // Version managers put scripts of the same names into PATH; only a program is an interpreter.
    let executable = fs::canonicalize(path).ok().filter(|p| is_program(p))?;
    let named = prefix.and_then(version_in_name).or_else(|| version_in_name(executable.parent()?.parent()?));
    let (version, full_version) = match family {
        Family::Python => {
            let version = python_version(path.file_name()?.to_str()?)?;
            let short = format!("{}.{}", version.0, version.1);
            let full = named.map(|(text, _)| text).filter(|t| t.starts_with(&format!("{short}.")));
            (version, full.unwrap_or(short))
        }
        Family::Node => {
            let text = named.map(|(text, _)| text).or_else(|| ask_version(&executable))?;
            let mut numbers = text.split('.').map(str::parse);
            let version = InterpreterVersion(numbers.next()?.ok()?, numbers.next()?.ok()?);
            (version, text)
        }
        Family::Provided => return None,
    };
    let oldest = if family == Family::Python { OLDEST_PYTHON } else { OLDEST_NODE };
    let self_contained =
        prefix.and_then(|p| fs::canonicalize(p).ok()).is_some_and(|p| is_own(&p, &executable));
    let prefix = executable.parent()?.parent()?.to_owned();
    let found = Interpreter { family, version, full_version, executable, prefix, self_contained };
    (version >= oldest).then_some(found)
}

/// Whether `prefix` is one interpreter's own: not the system's, and not one that links elsewhere.
fn is_own(prefix: &Path, executable: &Path) -> bool {
    let shared = ["/", "/usr", "/usr/local"].iter().any(|p| prefix == Path::new(p));
    !shared && executable.parent().and_then(Path::parent) == Some(prefix)
}

fn is_program(path: &Path) -> bool {
    let mut magic = [0; 4];
    File::open(path).and_then(|mut f| f.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

/// What the interpreter itself says, such as `20.1.0`.
#[expect(
    clippy::disallowed_methods,
    reason = "asks a program of the host for its version, with no code of a user"
)]
fn ask_version(executable: &Path) -> Option<String> {
    let output = std::process::Command::new(executable)
        .arg("--version")
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().trim_start_matches('v').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A directory in which `paths` are programs, as far as can be seen from outside.
    fn machine(paths: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for path in paths {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, b"\x7fELF").expect("a file");
        }
        root
    }

    async fn check(root: &tempfile::TempDir, runtime: &str, expect: Option<(&str, &str)>) {
        let home = root.path().join("home");
        let path = root.path().join("bin");
        let places =
            Places { path: vec![path], ..Places::usual(&[root.path().join("configured")], Some(&home), "") };
        let found = Interpreters::new(places).nearest(runtime.parse().expect("a runtime")).await;
        let base = fs::canonicalize(root.path()).expect("a path");
        let shown = found.map(|i| {
            let path = i.executable.strip_prefix(&base).expect("below").display().to_string();
            (path, i.full_version)
        });
        let expect = expect.map(|(path, version)| (path.to_owned(), version.to_owned()));
        assert_eq!(shown, expect, "{runtime}");
    }

    #[tokio::test]
    async fn pythons() {
        let root = machine(&[
            "bin/python3.8",
            "bin/python3.11",
            "home/.pyenv/versions/3.11.7/bin/python3.11",
            "home/.pyenv/versions/3.11.9/bin/python3.11",
            "configured/3.12.1/bin/python3.12",
            "bin/python3.12",
            "bin/python3",
        ]);
        check(&root, "python3.8", Some(("bin/python3.8", "3.8"))).await;
        check(&root, "python3.9", Some(("home/.pyenv/versions/3.11.9/bin/python3.11", "3.11.9"))).await;
        check(&root, "python3.12", Some(("configured/3.12.1/bin/python3.12", "3.12.1"))).await;
        check(&root, "python3.14", Some(("configured/3.12.1/bin/python3.12", "3.12.1"))).await;
        check(&root, "python2.7", Some(("bin/python3.8", "3.8"))).await;
        check(&root, "nodejs20.x", None).await;
        check(&root, "provided.al2023", None).await;
    }

    #[tokio::test]
    async fn nodes() {
        let root = machine(&[
            "home/.nvm/versions/node/v18.20.1/bin/node",
            "home/.nvm/versions/node/v20.11.0/bin/node",
            "home/.nvm/versions/node/v10.0.0/bin/node",
            "configured/node-v22.3.0-linux-x64/bin/node",
        ]);
        check(&root, "nodejs20.x", Some(("home/.nvm/versions/node/v20.11.0/bin/node", "20.11.0"))).await;
        // Older than our bootstrap runs on.
        check(&root, "nodejs10.x", Some(("home/.nvm/versions/node/v18.20.1/bin/node", "18.20.1"))).await;
        check(&root, "nodejs6.10", Some(("home/.nvm/versions/node/v18.20.1/bin/node", "18.20.1"))).await;
        check(&root, "nodejs24.x", Some(("configured/node-v22.3.0-linux-x64/bin/node", "22.3.0"))).await;
    }

    #[tokio::test]
    async fn scripts_are_no_interpreters_and_links_are_followed() {
        let root = machine(&["real/3.10.2/bin/python3.10"]);
        fs::create_dir_all(root.path().join("bin")).expect("a directory");
        fs::write(root.path().join("bin/python3.9"), "#!/bin/sh\n").expect("a script");
        symlink(root.path().join("real/3.10.2/bin/python3.10"), root.path().join("bin/python3.10"))
            .expect("a link");
        check(&root, "python3.9", Some(("real/3.10.2/bin/python3.10", "3.10.2"))).await;
    }

    #[tokio::test]
    async fn what_was_missing_is_looked_for_again() {
        let root = machine(&[]);
        let places = Places { prefixes: vec![], path: vec![root.path().join("bin")] };
        let interpreters = Interpreters::new(places);
        let runtime = "python3.12".parse().expect("a runtime");
        assert_eq!(interpreters.nearest(runtime).await, None);
        fs::create_dir(root.path().join("bin")).expect("a directory");
        fs::write(root.path().join("bin/python3.12"), b"\x7fELF").expect("a file");
        assert!(interpreters.nearest(runtime).await.is_some());
    }

    #[test]
    fn versions_in_names() {
        fn check(name: &str, expect: Option<&str>) {
            assert_eq!(version_in_name(Path::new(name)).map(|(t, _)| t).as_deref(), expect, "{name}");
        }
        check("/x/3.11.7", Some("3.11.7"));
        check("v20.1.0", Some("20.1.0"));
        check("cpython-3.12.1-linux-x86_64-gnu", Some("3.12.1"));
        check("node-v22.3.0-linux-x64", Some("22.3.0"));
        check("usr", None);
        check("3.11", None);
    }
}
