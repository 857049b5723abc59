//! What an instance sees of this machine's own system, but for its [tools](super::tools): shared libraries, read only.

use super::{Family, interpreters::Interpreter};
use std::fs;
use std::path::{Path, PathBuf};
use tinderbox_engine::Mount;

/// Library directories, beside those named after an architecture.
const LIBRARIES: [&str; 6] = [
    "usr/lib/x86_64-linux-gnu",
    "lib/x86_64-linux-gnu",
    "usr/lib/aarch64-linux-gnu",
    "lib/aarch64-linux-gnu",
    "usr/lib64",
    "lib64",
];

/// Library directories of systems that have none of the above, such as Alpine.
const PLAIN_LIBRARIES: [&str; 2] = ["usr/lib", "lib"];

/// Other things that programs look up.
const DATA: [&str; 3] = ["etc/ld.so.cache", "usr/share/zoneinfo", "usr/lib/locale/C.utf8"];

/// The system's libraries, as they lie below `root`, which is `/` but in tests.
pub(super) fn system(root: &Path) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = ["lib", "lib64", "bin"].iter().filter_map(|name| link(root, name)).collect();
    let mut libraries: Vec<_> = LIBRARIES.iter().filter_map(|path| bind(root, path)).collect();
    if libraries.is_empty() {
        libraries.extend(PLAIN_LIBRARIES.iter().filter_map(|path| bind(root, path)));
    }
    mounts.append(&mut libraries);
    mounts.extend(DATA.iter().filter_map(|path| bind(root, path)));
    mounts
}

/// What an interpreter needs of its own prefix.
pub(super) fn interpreter(interpreter: &Interpreter) -> Vec<Mount> {
    let same = |path: PathBuf| Mount::Bind { source: path.clone(), target: path };
    if interpreter.self_contained {
        return vec![same(interpreter.prefix.clone())];
    }
    let mut mounts = vec![same(interpreter.executable.clone())];
    let library = interpreter.prefix.join("lib");
    match interpreter.family {
        Family::Python => {
            let name = format!("python{}.{}", interpreter.version.0, interpreter.version.1);
            mounts.push(same(library.join(&name)));
            let shared = format!("lib{name}");
            let files = fs::read_dir(&library).into_iter().flatten().flatten();
            let files = files.filter(|e| e.file_name().to_string_lossy().starts_with(&shared));
            mounts.extend(files.map(|e| same(e.path())).filter(is_there));
        }
        // Debian keeps parts of Node's own library outside of its program.
        Family::Node => mounts.push(same(interpreter.prefix.join("share/nodejs"))),
        Family::Provided => {}
    }
    mounts.retain(is_there);
    mounts
}

fn is_there(mount: &Mount) -> bool {
    match mount {
        Mount::Bind { source, .. } => source.exists(),
        Mount::Symlink { .. } => true,
    }
}

/// The same link inside, where a directory of the system is one.
fn link(root: &Path, name: &str) -> Option<Mount> {
    let target = fs::read_link(root.join(name)).ok()?;
    Some(Mount::Symlink { target, link: Path::new("/").join(name) })
}

/// The file or directory at `path`, unless it is reached through a link: then what it leads to is bound.
fn bind(root: &Path, path: &str) -> Option<Mount> {
    let source = root.join(path);
    let real = fs::canonicalize(&source).ok()?;
    let root = fs::canonicalize(root).ok()?;
    (real == root.join(path)).then(|| Mount::Bind { source: real, target: Path::new("/").join(path) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtimes::InterpreterVersion;
    use std::os::unix::fs::symlink;

    fn machine(files: &[&str], links: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a directory");
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs::write(path, "").expect("a file");
        }
        for (link, target) in links {
            symlink(target, root.path().join(link)).expect("a link");
        }
        root
    }

    fn shown(mounts: Vec<Mount>) -> Vec<String> {
        let one = |mount| match mount {
            Mount::Bind { target, .. } => target.display().to_string(),
            Mount::Symlink { target, link } => format!("{} -> {}", link.display(), target.display()),
        };
        mounts.into_iter().map(one).collect()
    }

    #[test]
    fn systems() {
        fn check(files: &[&str], links: &[(&str, &str)], expect: &[&str]) {
            assert_eq!(shown(system(machine(files, links).path())), expect);
        }
        check(
            &["usr/lib/x86_64-linux-gnu/libc.so.6", "usr/lib64/ld.so", "usr/bin/dash", "usr/lib/secret"],
            &[("lib", "usr/lib"), ("lib64", "usr/lib64"), ("bin", "usr/bin"), ("usr/bin/sh", "dash")],
            &[
                "/lib -> usr/lib",
                "/lib64 -> usr/lib64",
                "/bin -> usr/bin",
                "/usr/lib/x86_64-linux-gnu",
                "/usr/lib64",
            ],
        );
        check(
            &["lib/ld-musl.so", "usr/lib/libz.so", "bin/sh", "usr/bin/env", "etc/ld.so.cache"],
            &[],
            &["/usr/lib", "/lib", "/etc/ld.so.cache"],
        );
    }

    #[test]
    fn an_interpreter_of_the_system_brings_only_its_own() {
        let root = machine(
            &["bin/python3.11", "lib/python3.11/os.py", "lib/libpython3.11.so.1.0", "lib/other", "secret"],
            &[],
        );
        let base = fs::canonicalize(root.path()).expect("a path");
        let mut python = Interpreter {
            family: Family::Python,
            version: InterpreterVersion(3, 11),
            full_version: "3.11".into(),
            executable: base.join("bin/python3.11"),
            prefix: base.clone(),
            self_contained: false,
        };
        let below = |names: &[&str]| -> Vec<String> {
            names.iter().map(|n| base.join(n).display().to_string()).collect()
        };
        assert_eq!(
            shown(interpreter(&python)),
            below(&["bin/python3.11", "lib/python3.11", "lib/libpython3.11.so.1.0"])
        );
        python.self_contained = true;
        assert_eq!(shown(interpreter(&python)), [base.display().to_string()]);
    }
}
