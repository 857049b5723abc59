//! Paths of entries: from what a zip says to what may be written.

use super::{MAX_DEPTH, MAX_NAME, MAX_PATH};
use std::path::{Component, Path, PathBuf};

/// The path of an entry below the directory it is unpacked to.
///
/// Backslashes separate names, as in packages made on Windows. Nothing leads upwards or to the root.
pub(super) fn entry_path(name: &str) -> Result<PathBuf, &'static str> {
    if name.len() > MAX_PATH {
        return Err("has too long a path");
    }
    if name.contains('\0') {
        return Err("has a NUL in its name");
    }
    let name = name.replace('\\', "/");
    if name.starts_with('/') {
        return Err("has an absolute path");
    }
    let (mut path, mut depth) = (PathBuf::new(), 0);
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err("leads outside of the package"),
            _ if part.len() > MAX_NAME => return Err("has too long a name"),
            _ => {
                path.push(part);
                depth += 1;
            }
        }
    }
    match depth {
        0 => Err("has no name"),
        1..=MAX_DEPTH => Ok(path),
        _ => Err("lies too deep"),
    }
}

/// Directories of an instance that a package's absolute link may lead to.
const INSIDE: [&str; 3] = ["/var/task", "/opt", "/tmp"];

/// Whether a link at `path` to `target` stays within the package or the instance's own directories.
pub(super) fn link_stays_inside(path: &Path, target: &str) -> bool {
    if target.is_empty() || target.len() > MAX_PATH || target.contains('\0') {
        return false;
    }
    let target = Path::new(target);
    if target.is_absolute() {
        let upwards = target.components().any(|c| c == Component::ParentDir);
        return !upwards && INSIDE.iter().any(|dir| target.starts_with(dir));
    }
    // The depth below the package's root; a link's own directory is where its target begins.
    let mut depth = path.components().count().saturating_sub(1);
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths() {
        fn check(name: &str, expect: Result<&str, &str>) {
            let found = entry_path(name);
            let shown = found.as_ref().map(|p| p.to_str().expect("text")).map_err(|e| *e);
            assert_eq!(shown, expect, "{name}");
        }
        check("index.js", Ok("index.js"));
        check("a/b/c.py", Ok("a/b/c.py"));
        check("./a//b/", Ok("a/b"));
        check("a\\b.py", Ok("a/b.py"));
        check("C:/x", Ok("C:/x"));
        check("a/..b/c..", Ok("a/..b/c.."));
        check("../x", Err("leads outside of the package"));
        check("a/../../x", Err("leads outside of the package"));
        check("a/..", Err("leads outside of the package"));
        check("..\\..\\x", Err("leads outside of the package"));
        check("/etc/passwd", Err("has an absolute path"));
        check("\\etc\\passwd", Err("has an absolute path"));
        check("", Err("has no name"));
        check("./", Err("has no name"));
        check("a\0b", Err("has a NUL in its name"));
        check(&"a".repeat(256), Err("has too long a name"));
        check(&"a/".repeat(1025), Err("has too long a path"));
        check(&"a/".repeat(101), Err("lies too deep"));
    }

    #[test]
    fn links() {
        fn check(path: &str, target: &str, expect: bool) {
            assert_eq!(link_stays_inside(Path::new(path), target), expect, "{path} -> {target}");
        }
        check("a", "b", true);
        check("lib/libx.so", "libx.so.1", true);
        check("a/b/c", "../../d", true);
        check("a", "/var/task/b", true);
        check("a", "/opt/lib/x", true);
        check("a", "../d", false);
        check("a/b", "../../d", false);
        check("a/b", "../c/../../d", false);
        check("a", "/etc/passwd", false);
        check("a", "/var/task/../../etc/passwd", false);
        check("a", "/optional", false);
        check("a", "", false);
        check("a", "b\0c", false);
    }

    proptest! {
        #[test]
        fn a_path_never_leaves(name in "[a-b./\\\\]{0,40}|\\PC{0,40}") {
            if let Ok(path) = entry_path(&name) {
                prop_assert!(path.components().all(|c| matches!(c, Component::Normal(_))));
                prop_assert!(path.components().next().is_some());
            }
        }

        #[test]
        fn a_link_never_leaves(path in "[a-b](/[a-b]){0,3}", target in "[a-b./]{0,20}") {
            if link_stays_inside(Path::new(&path), &target) && !target.starts_with('/') {
                // Follow it literally and count how deep we are at every step.
                let mut depth = path.matches('/').count() as i64;
                for part in target.split('/') {
                    depth += match part { "" | "." => 0, ".." => -1, _ => 1 };
                    prop_assert!(depth >= 0, "{path} -> {target}");
                }
            }
        }
    }
}
