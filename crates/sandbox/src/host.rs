//! What of the host one program needs to run, and nothing else.

mod elf;
mod libraries;
mod paths;

use crate::spec::Mount;
use paths::Paths;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Directories of programs whose prefix is the system's own, so that it is not shown as a whole.
const SYSTEM_BIN: [&str; 6] = ["/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// Certificates of public authorities, where distributions keep them. Private keys are elsewhere.
const CERTIFICATES: [&str; 8] = [
    "/etc/ssl/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/certs",
    "/etc/pki/ca-trust/extracted",
    "/etc/ca-certificates/extracted",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
];

const TIME_ZONES: &str = "/usr/share/zoneinfo";

/// The loader's index, without which it does not find libraries in unusual directories.
const LIBRARY_INDEX: &str = "/etc/ld.so.cache";

/// The mounts `program` needs, at their paths of the host: the program or the prefix it is installed in, its ELF
/// interpreter, the directories of its shared libraries, public certificates and time zones.
///
/// A program in a prefix of its own (`PREFIX/bin/NAME` with `PREFIX/lib`) gets the whole prefix; one in a system
/// directory, in a home directory or directly below `/` gets its own file and, if it is Python, its library.
///
/// # Errors
///
/// When `program` or a library it needs does not exist, or it is neither an ELF file nor a script.
pub fn host_mounts_for(program: &Path) -> io::Result<Vec<Mount>> {
    let mut paths = Paths::default();
    let real = paths.add(program)?;
    let executable = match script_interpreter(&real)? {
        Some(interpreter) => paths.add(&interpreter)?,
        None => real,
    };
    match own_prefix(&executable) {
        Some(prefix) => drop(paths.add(&prefix)?),
        None => python_library(&executable).iter().try_for_each(|dir| paths.add(dir).map(drop))?,
    }
    for object in libraries::needed(&executable)? {
        let library = paths.follow(&object)?;
        // The directory, since libraries load others by name while they run.
        drop(paths.add(library.parent().unwrap_or(&library))?);
    }
    for path in CERTIFICATES.into_iter().chain([TIME_ZONES, LIBRARY_INDEX]).map(Path::new) {
        if path.exists() {
            paths.add(path)?;
        }
    }
    Ok(paths.into_mounts())
}

/// The interpreter that a script's first line names.
fn script_interpreter(path: &Path) -> io::Result<Option<PathBuf>> {
    use std::io::Read;
    let mut start = Vec::new();
    fs::File::open(path)?.take(256).read_to_end(&mut start)?;
    let Some(line) = start.strip_prefix(b"#!") else { return Ok(None) };
    let line =
        String::from_utf8_lossy(line.split(|byte| *byte == b'\n').next().unwrap_or_default()).into_owned();
    match line.split_whitespace().next() {
        Some("/usr/bin/env") | None => {
            Err(io::Error::other(format!("{}: name the program itself", path.display())))
        }
        Some(interpreter) => Ok(Some(interpreter.into())),
    }
}

/// The prefix that `program` has to itself.
fn own_prefix(program: &Path) -> Option<PathBuf> {
    let dir = program.parent()?;
    if SYSTEM_BIN.iter().any(|system| Path::new(system) == dir) {
        return None;
    }
    let prefix = if dir.ends_with("bin") { dir.parent()? } else { dir };
    let home = prefix.ends_with(".local")
        || prefix.parent().is_some_and(|parent| parent == Path::new("/home"))
        || std::env::home_dir().is_some_and(|home| home == prefix);
    let depth = prefix.components().count() - 1;
    (!home && depth >= 2 && prefix.join("lib").is_dir()).then(|| prefix.to_owned())
}

/// Python's standard library and what the distribution installs beside it, for a Python in a shared prefix.
fn python_library(program: &Path) -> Vec<PathBuf> {
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let prefix = program.parent().and_then(Path::parent);
    let (true, Some(prefix)) = (name.starts_with("python"), prefix) else { return Vec::new() };
    let dirs =
        [prefix.join("lib").join(name), prefix.join("lib/python3"), Path::new("/usr/local/lib").join(name)];
    dirs.into_iter().filter(|dir| dir.is_dir()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_program_brings_its_libraries_and_no_home() {
        let mounts = host_mounts_for(Path::new("/bin/sh")).unwrap();
        let inside: Vec<_> = mounts.iter().map(Mount::inside).collect();
        assert!(inside.iter().any(|path| path.to_string_lossy().contains("/lib")), "{inside:?}");
        for private in
            ["/", "/etc", "/home", "/root", "/usr", "/var", "/etc/ssl/private", "/proc", "/sys", "/dev"]
        {
            assert!(!inside.contains(&Path::new(private)), "{private} in {inside:?}");
        }
    }

    #[test]
    fn a_prefix_is_shown_whole_only_if_it_is_the_programs_own() {
        let dir = tempfile::tempdir().unwrap();
        let prefix = dir.path().join("a/python-3");
        fs::create_dir_all(prefix.join("bin")).unwrap();
        assert_eq!(own_prefix(&prefix.join("bin/python3")), None, "no lib");
        fs::create_dir_all(prefix.join("lib")).unwrap();
        assert_eq!(own_prefix(&prefix.join("bin/python3")), Some(prefix));
        assert_eq!(own_prefix(Path::new("/usr/bin/node")), None);
        assert_eq!(own_prefix(Path::new("/opt/node")), None);
        assert_eq!(own_prefix(Path::new("/home/someone/bin/node")), None);
        assert_eq!(own_prefix(Path::new("/home/someone/.local/bin/node")), None);
    }

    #[test]
    fn what_cannot_run_is_refused() {
        assert!(host_mounts_for(Path::new("/nowhere")).is_err());
        assert!(host_mounts_for(Path::new("/etc/passwd")).is_err());
    }
}
