//! Which files the loader opens for a program.

use super::elf::Object;
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Libraries of one program; the largest desktop programs need a few hundred.
const LIBRARIES_MAX: usize = 1024;

/// Directories that loaders search by themselves, Debian's per-architecture ones first.
#[cfg(target_arch = "x86_64")]
const DIRECTORIES: [&str; 7] = [
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/local/lib",
];
#[cfg(target_arch = "aarch64")]
const DIRECTORIES: [&str; 7] = [
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
    "/usr/local/lib",
];

/// The ELF interpreter of `program` and every library it needs, directly or through another.
pub(super) fn needed(program: &Path) -> io::Result<Vec<PathBuf>> {
    let object = Object::read(program)?;
    let mut found: Vec<PathBuf> = object.interpreter.iter().map(PathBuf::from).collect();
    let configured = configured_directories(Path::new("/etc/ld.so.conf"), 0);
    let mut seen = BTreeSet::new();
    let mut open = vec![(program.to_owned(), object)];
    while let Some((path, object)) = open.pop() {
        let own = object.search.iter().map(|dir| PathBuf::from(dir.replace("$ORIGIN", &origin(&path))));
        let searched: Vec<_> =
            own.chain(configured.iter().cloned()).chain(DIRECTORIES.map(PathBuf::from)).collect();
        for name in object.needed {
            if seen.len() > LIBRARIES_MAX || !seen.insert(name.clone()) {
                continue;
            }
            let library = searched.iter().map(|dir| dir.join(&name)).find(|candidate| candidate.exists());
            let library = library.ok_or_else(|| {
                io::Error::new(io::ErrorKind::NotFound, format!("{} needs {name}", path.display()))
            })?;
            open.push((library.clone(), Object::read(&library)?));
            found.push(library);
        }
    }
    Ok(found)
}

fn origin(path: &Path) -> String {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real.parent().map(|dir| dir.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Directories named by the loader's configuration and the files it includes.
fn configured_directories(file: &Path, depth: u32) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    for line in fs::read_to_string(file).unwrap_or_default().lines().map(str::trim) {
        match line.strip_prefix("include ") {
            // Distributions include `/etc/ld.so.conf.d/*.conf` and nothing deeper.
            Some(pattern) if depth == 0 => {
                let dir = Path::new(pattern.trim()).parent().unwrap_or(Path::new("/etc/ld.so.conf.d"));
                let files = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
                for file in files.filter(|file| file.extension().is_some_and(|ext| ext == "conf")) {
                    directories.extend(configured_directories(&file, depth + 1));
                }
            }
            None if line.starts_with('/') => directories.push(line.into()),
            Some(_) | None => {}
        }
    }
    directories
}
