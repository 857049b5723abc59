//! The directories of a sandbox that has no root of its own, and where its paths lie instead.

use super::MARK;
use crate::{
    error::SandboxError,
    spec::{Mount, SandboxSpec},
};
use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::{
        ffi::{OsStrExt, OsStringExt},
        fs::{DirBuilderExt, symlink},
    },
    path::{Path, PathBuf},
};

/// Places that are a function's own whatever is mounted there, and when.
const OWN: [&str; 2] = ["/var/task", "/tmp"];

/// Below these a directory that holds one of our entries is taken for ours as a whole.
const SHARED: &str = "/var";

/// A directory `DIR/root` whose links, files and directories stand for the paths of a sandbox.
#[derive(Debug)]
pub(crate) struct Root {
    dir: PathBuf,
    tag: String,
    /// Paths inside that `dir` stands for.
    entries: Vec<PathBuf>,
    /// Paths of the host that are the same inside.
    same: Vec<PathBuf>,
}

impl Root {
    /// Makes what `spec` asks for in `dir`, which exists and is empty.
    pub(crate) fn make(dir: PathBuf, tag: &str, spec: &SandboxSpec) -> Result<Self, SandboxError> {
        let mut root = Self { dir, tag: tag.to_owned(), entries: Vec::new(), same: Vec::new() };
        let made = root.place("/tmp").and_then(|tmp| fs::DirBuilder::new().mode(0o700).create(tmp));
        made.map_err(SandboxError::step("making a directory for temporary files"))?;
        root.bind(&spec.mounts)?;
        for (path, content) in &spec.files {
            let written = root.place(path).and_then(|place| fs::write(place, content));
            written.map_err(SandboxError::step(format!("writing {}", path.display())))?;
            root.entries.push(path.clone());
        }
        Ok(root)
    }

    /// Has links stand for `mounts`.
    pub(crate) fn bind(&mut self, mounts: &[Mount]) -> Result<(), SandboxError> {
        for mount in mounts {
            let (target, inside) = match mount {
                Mount::Bind { source, target } if source == target => {
                    self.same.push(target.clone());
                    continue;
                }
                Mount::Bind { source, target } => (source.clone(), target),
                Mount::Symlink { target, link } => (self.localize(target.as_os_str()).into(), link),
            };
            let failed = |error| SandboxError::Mount { path: inside.clone(), source: error };
            if self.entries.iter().any(|entry| inside.starts_with(entry)) {
                return Err(failed(io::ErrorKind::AlreadyExists.into()));
            }
            self.place(inside).and_then(|place| symlink(target, place)).map_err(failed)?;
            self.entries.push(inside.clone());
        }
        Ok(())
    }

    /// What `text` says with the host's paths: each of its parts between colons that names a place inside.
    pub(crate) fn localize(&self, text: &OsStr) -> OsString {
        let mut parts = text.as_bytes().split(|byte| *byte == b':').map(|part| self.localize_one(part));
        let first = parts.next().unwrap_or_default();
        OsString::from_vec(parts.fold(first, |mut all, part| {
            all.push(b':');
            all.extend(part);
            all
        }))
    }

    /// Variables that a program needs to keep to its own directories, and we to find it.
    pub(crate) fn environment(&self) -> [(OsString, OsString); 2] {
        [("TMPDIR".into(), self.dir.join("root/tmp").into()), (MARK.into(), self.tag.clone().into())]
    }

    /// Where the sandbox's files are.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn localize_one(&self, part: &[u8]) -> Vec<u8> {
        let path = Path::new(OsStr::from_bytes(part));
        let ours = path.is_absolute()
            && !self.same.iter().any(|same| path.starts_with(same))
            && (OWN.iter().any(|own| path.starts_with(own))
                || self.entries.iter().any(|entry| {
                    path.starts_with(entry) || (path.starts_with(SHARED) && entry.starts_with(path))
                }));
        if !ours {
            return part.to_vec();
        }
        [self.dir.join("root").as_os_str().as_bytes(), part].concat()
    }

    /// The place that stands for `inside`, with the directories above it.
    fn place(&self, inside: impl AsRef<Path>) -> io::Result<PathBuf> {
        let inside = inside.as_ref();
        let below = inside.strip_prefix("/").map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        if below.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let place = self.dir.join("root").join(below);
        if let Some(above) = place.parent() {
            fs::create_dir_all(above)?;
        }
        Ok(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_inside_lead_to_ours_and_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        let code = dir.path().join("code");
        fs::create_dir(&code).unwrap();
        fs::write(code.join("app.py"), "x").unwrap();
        let spec = SandboxSpec {
            mounts: vec![
                Mount::same("/opt/python"),
                Mount::bind(&code, "/var/runtime/boto3"),
                Mount::symlink("/opt/python/bin/python3", "/var/lang/bin/python"),
            ],
            files: vec![("/etc/ssl/ca.crt".into(), b"pem".to_vec())],
            ..SandboxSpec::default()
        };
        let own = dir.path().join("own");
        fs::create_dir(&own).unwrap();
        let mut root = Root::make(own.clone(), "tag", &spec).unwrap();
        root.bind(&[Mount::bind(&code, "/var/task")]).unwrap();
        let check = |text: &str, expect: &str| {
            let expect = expect.replace('@', own.join("root").to_str().unwrap());
            assert_eq!(root.localize(OsStr::new(text)), OsStr::new(&expect), "{text}");
        };
        check("/var/task", "@/var/task");
        check("/var/task/lib:/usr/lib:/var/runtime", "@/var/task/lib:/usr/lib:@/var/runtime");
        check("/var/tasks", "/var/tasks");
        check("/var/lang/bin:/opt/bin", "@/var/lang/bin:/opt/bin");
        check("/opt/python/bin/python3", "/opt/python/bin/python3");
        check("/etc/ssl/ca.crt", "@/etc/ssl/ca.crt");
        check("/etc/ssl", "/etc/ssl");
        check("/", "/");
        check("/tmp", "@/tmp");
        check("http://127.0.0.2:4566", "http://127.0.0.2:4566");
        check("plain words: /var/task", "plain words: /var/task");
        check("", "");
        assert_eq!(fs::read_to_string(root.localize(OsStr::new("/var/task/app.py"))).unwrap(), "x");
        assert_eq!(fs::read_to_string(root.localize(OsStr::new("/etc/ssl/ca.crt"))).unwrap(), "pem");
        assert!(root.bind(&[Mount::bind(&code, "/var/task/more")]).is_err());
        assert!(root.bind(&[Mount::bind(&code, "/var/../more")]).is_err());
    }
}
