//! Paths of the host with every symbolic link on the way to them.

use crate::spec::Mount;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Links on the way to one path; the kernel's own limit.
const LINKS_MAX: u32 = 40;

/// A growing set of paths to show and links that lead to them.
#[derive(Debug, Default)]
pub(super) struct Paths {
    shown: BTreeSet<PathBuf>,
    links: BTreeMap<PathBuf, PathBuf>,
}

impl Paths {
    /// Shows what is at `path`; returns where it really is.
    pub(super) fn add(&mut self, path: &Path) -> io::Result<PathBuf> {
        let real = self.follow(path)?;
        self.shown.insert(real.clone());
        Ok(real)
    }

    /// Notes the links on the way to `path` without showing it; returns where it really is.
    pub(super) fn follow(&mut self, path: &Path) -> io::Result<PathBuf> {
        let mut ahead: VecDeque<OsString> = parts(path);
        let mut real = PathBuf::from("/");
        let mut links = 0;
        while let Some(part) = ahead.pop_front() {
            if part == ".." {
                real.pop();
                continue;
            }
            let next = real.join(&part);
            if !fs::symlink_metadata(&next)?.is_symlink() {
                real = next;
                continue;
            }
            links += 1;
            if links > LINKS_MAX {
                return Err(io::Error::other(format!("{}: too many links", path.display())));
            }
            let target = fs::read_link(&next)?;
            if target.is_absolute() {
                real = PathBuf::from("/");
            }
            for part in parts(&target).into_iter().rev() {
                ahead.push_front(part);
            }
            self.links.insert(next, target);
        }
        Ok(real)
    }

    /// The mounts: nothing twice, and no link inside of what is shown anyway.
    pub(super) fn into_mounts(self) -> Vec<Mount> {
        let Self { shown, links } = self;
        let inside_another = |path: &Path| path.ancestors().skip(1).any(|ancestor| shown.contains(ancestor));
        let binds = shown.iter().filter(|path| !inside_another(path)).map(Mount::same);
        let links = links.iter().filter(|(link, _)| !inside_another(link));
        let links = links.map(|(link, target)| Mount::symlink(target, link));
        binds.chain(links).collect()
    }
}

fn parts(path: &Path) -> VecDeque<OsString> {
    let part = |component: Component<'_>| match component {
        Component::Normal(_) | Component::ParentDir => Some(component.as_os_str().to_owned()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_repeated_and_nested_paths_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("usr/lib/deep")).unwrap();
        fs::write(root.join("usr/lib/deep/file"), "").unwrap();
        symlink("usr/lib", root.join("lib")).unwrap();
        symlink("../lib/deep", root.join("usr/lib64")).unwrap();
        let mut paths = Paths::default();
        assert_eq!(paths.add(&root.join("lib/deep/file")).unwrap(), root.join("usr/lib/deep/file"));
        assert_eq!(paths.add(&root.join("usr/lib64")).unwrap(), root.join("usr/lib/deep"));
        assert_eq!(
            paths.into_mounts(),
            [
                Mount::same(root.join("usr/lib/deep")),
                Mount::symlink("usr/lib", root.join("lib")),
                Mount::symlink("../lib/deep", root.join("usr/lib64")),
            ]
        );
    }

    #[test]
    fn a_loop_of_links_ends() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        assert!(Paths::default().add(&dir.path().join("a")).is_err());
    }
}
