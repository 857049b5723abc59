//! From a specification to what init is told: paths checked, mounts opened, defaults filled in.

use crate::{
    cgroup::Joins,
    error::SandboxError,
    message::{Entry, Program, Request, Setup, SetupRlimits, Transport},
    network::Uplink,
    spec::{LISTENERS_MAX, Listener, MOUNTS_MAX, Mount, SandboxSpec},
    sys::{
        channel::{self, Encoded},
        mount,
    },
};
use std::{
    os::fd::OwnedFd,
    path::{Component, Path},
};

/// Where code and layers are attached later.
const ATTACH_POINTS: [&str; 2] = ["/var/task", "/opt"];

/// Bytes that /dev/shm may hold; they count as memory.
const SHM: u64 = 64 << 20;

/// A checked order; its blocking part is done.
pub(super) struct Order {
    setup: Setup,
    fds: Vec<OwnedFd>,
}

/// An order as it is sent.
pub(super) type Complete = (Encoded, Vec<OwnedFd>);

/// Checks `spec` and opens its mounts. Blocks as long as looking up paths does.
pub(super) fn prepare(
    spec: SandboxSpec,
    uid: u32,
    landlock: bool,
    program: Program,
) -> Result<Order, SandboxError> {
    if spec.mounts.len() > MOUNTS_MAX || spec.listeners.len() > LISTENERS_MAX || spec.hostname.len() > 64 {
        return Err(SandboxError::Invalid(
            "too many mounts or listeners, or a too long host name".to_owned(),
        ));
    }
    let (mut entries, mut fds) = (Vec::new(), Vec::new());
    entries.extend(ATTACH_POINTS.map(|path| Entry::Directory { path: path.to_owned() }));
    let mut symlinks = Vec::new();
    for mount in &spec.mounts {
        match mount {
            Mount::Bind { source, target } => {
                let (tree, directory) = open(source)?;
                entries.push(Entry::Mount { target: inside(target)?, directory });
                fds.push(tree);
            }
            Mount::Symlink { target, link } => {
                let target = target.to_str().ok_or_else(|| not_text(target))?.to_owned();
                symlinks.push(Entry::Symlink { target, link: inside(link)? });
            }
        }
    }
    let defaults = default_files(&spec.hostname, uid);
    let kept =
        defaults.into_iter().filter(|(path, _)| spec.files.iter().all(|(other, _)| other != Path::new(path)));
    entries
        .extend(kept.map(|(path, text)| Entry::File { path: path.to_owned(), content: text.into_bytes() }));
    for (path, content) in spec.files {
        entries.push(Entry::File { path: inside(&path)?, content });
    }
    entries.extend(symlinks);
    let listener = |listener: &Listener| match listener {
        Listener::Tcp(address) => (Transport::Tcp, *address),
        Listener::Udp(address) => (Transport::Udp, *address),
    };
    let setup = Setup {
        hostname: spec.hostname,
        uid,
        entries,
        listeners: spec.listeners.iter().map(listener).collect(),
        cgroups: Vec::new(),
        rlimits: SetupRlimits::new(spec.rlimits, spec.limits.pids),
        landlock,
        program,
        uplink: None,
        shm: SHM,
    };
    Ok(Order { setup, fds })
}

impl Order {
    /// The order with its scratch volume, the cgroups the program joins and the way out, encoded.
    pub(super) fn complete(
        mut self,
        scratch: OwnedFd,
        joins: Joins,
        uplink: Option<(Uplink, OwnedFd)>,
    ) -> Result<Complete, SandboxError> {
        self.fds.push(scratch);
        for (kind, fd) in joins {
            self.setup.cgroups.push(kind);
            self.fds.push(fd);
        }
        if let Some((uplink, router)) = uplink {
            self.setup.uplink = Some(uplink);
            self.fds.push(router);
        }
        let encoded =
            channel::encode(&Request::Setup(self.setup)).map_err(SandboxError::step("writing the order"))?;
        Ok((encoded, self.fds))
    }
}

/// Opens what `mounts` show, for [`Request::Attach`]; symbolic links cannot be attached.
pub(super) fn attachments(mounts: &[Mount]) -> Result<(Vec<String>, Vec<OwnedFd>), SandboxError> {
    if mounts.len() > MOUNTS_MAX {
        return Err(SandboxError::Invalid("too many mounts".to_owned()));
    }
    let open_one = |mount: &Mount| match mount {
        Mount::Bind { source, target } => Ok((inside(target)?, open(source)?.0)),
        Mount::Symlink { link, .. } => {
            Err(SandboxError::Invalid(format!("{}: a link cannot be attached later", link.display())))
        }
    };
    let opened = mounts.iter().map(open_one).collect::<Result<Vec<_>, _>>()?;
    Ok(opened.into_iter().unzip())
}

fn open(source: &Path) -> Result<(OwnedFd, bool), SandboxError> {
    let failed = |error| SandboxError::Mount { path: source.to_owned(), source: error };
    let tree = mount::detached_bind(source, mount::READ_ONLY).map_err(failed)?;
    let kind = rustix::fs::fstat(&tree).map_err(|error| failed(error.into()))?.st_mode;
    match rustix::fs::FileType::from_raw_mode(kind) {
        rustix::fs::FileType::Directory => Ok((tree, true)),
        rustix::fs::FileType::RegularFile => Ok((tree, false)),
        _ => Err(failed(std::io::Error::other("neither a file nor a directory"))),
    }
}

/// `path` as text, if it names a place inside: absolute, below the root, without `.` and `..`.
fn inside(path: &Path) -> Result<String, SandboxError> {
    let mut components = path.components();
    let absolute = components.next() == Some(Component::RootDir);
    let rest: Vec<_> = components.collect();
    let plain = !rest.is_empty() && rest.iter().all(|component| matches!(component, Component::Normal(_)));
    match path.to_str() {
        Some(text) if absolute && plain && !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(SandboxError::Invalid(format!("{}: not an absolute path inside", path.display()))),
    }
}

fn not_text(path: &Path) -> SandboxError {
    SandboxError::Invalid(format!("{}: not text", path.display()))
}

/// /etc as far as programs need it. The user's name is the one AWS has.
fn default_files(hostname: &str, uid: u32) -> [(&'static str, String); 5] {
    [
        (
            "/etc/passwd",
            format!("root:x:0:0:root:/:/sbin/nologin\nsbx_user1051:x:{uid}:{uid}::/tmp:/sbin/nologin\n"),
        ),
        ("/etc/group", format!("root:x:0:\nsbx_user1051:x:{uid}:\n")),
        ("/etc/hosts", format!("127.0.0.1 localhost {hostname}\n::1 localhost\n")),
        ("/etc/resolv.conf", "nameserver 127.0.0.2\noptions timeout:1 attempts:2\n".to_owned()),
        ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_absolute_and_inside() {
        fn check(path: &str, ok: bool) {
            assert_eq!(inside(Path::new(path)).is_ok(), ok, "{path}");
        }
        check("/var/task", true);
        check("/a", true);
        check("/", false);
        check("", false);
        check("var/task", false);
        check("/var/../etc", false);
        check("/..", false);
    }

    proptest::proptest! {
        #[test]
        fn no_path_that_is_accepted_leaves_the_root(path in "[/.a]{0,12}") {
            if let Ok(text) = inside(Path::new(&path)) {
                assert!(text.starts_with('/') && !text.split('/').any(|part| part == ".."));
            }
        }
    }
}
