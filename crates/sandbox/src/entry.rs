//! The roles this binary plays besides the server.

use crate::{janitor, message::SpawnerEvent};
use std::{ffi::OsString, os::unix::ffi::OsStringExt, path::PathBuf};

/// The first argument of a process that is ours.
pub(crate) const ROLE: &str = "__sandbox";

/// Whether what is started is isolated, as the third argument says it.
const ISOLATED: &str = "isolated";
const PLAIN: &str = "plain";

/// The descriptor on which the janitor learns that the server is gone.
pub(crate) const LIFE_FD: i32 = 3;

/// The descriptor through which the server orders sandboxes from the spawner.
pub(crate) const CONTROL_FD: i32 = 4;

/// What a janitor is told on its command line, so that a later server recognises it by its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JanitorArguments {
    pub(crate) tag: String,
    pub(crate) state_dir: PathBuf,
    /// What is started is not isolated.
    pub(crate) plain: bool,
    /// Our directory in each cgroup hierarchy.
    pub(crate) cgroups: Vec<PathBuf>,
}

impl JanitorArguments {
    pub(crate) fn to_args(&self) -> Vec<OsString> {
        let kind = if self.plain { PLAIN } else { ISOLATED };
        let mut args =
            vec![ROLE.into(), self.tag.clone().into(), kind.into(), self.state_dir.clone().into_os_string()];
        args.extend(self.cgroups.iter().map(|path| path.clone().into_os_string()));
        args
    }

    pub(crate) fn parse(mut args: impl Iterator<Item = OsString>) -> Option<Self> {
        if args.next()? != ROLE {
            return None;
        }
        let tag = String::from_utf8(args.next()?.into_vec()).ok()?;
        let plain = match args.next()? {
            kind if kind == PLAIN => true,
            kind if kind == ISOLATED => false,
            _ => return None,
        };
        Some(Self { tag, plain, state_dir: args.next()?.into(), cgroups: args.map(PathBuf::from).collect() })
    }
}

/// Must be the very first thing in `main()`: if this process was started as janitor or spawner, it plays that role
/// and never returns. Otherwise it returns at once.
///
/// It must come before any thread is started, because the janitor forks the spawner without `exec`.
pub fn entrypoint() {
    let mut args = std::env::args_os().skip(1).peekable();
    if args.peek().is_none_or(|first| first != ROLE) {
        return;
    }
    match JanitorArguments::parse(args) {
        Some(arguments) => janitor::run(&arguments),
        None => crate::sys::fork::exit_now(64),
    }
}

impl SpawnerEvent {
    pub(crate) fn broken(step: &str, error: &std::io::Error) -> Self {
        Self::Broken { step: step.to_owned(), errno: crate::sys::errno(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_survive_the_command_line() {
        for plain in [false, true] {
            let arguments = JanitorArguments {
                tag: "abc".to_owned(),
                state_dir: "/data dir/sandbox".into(),
                plain,
                cgroups: vec!["/sys/fs/cgroup/memory/tinderbox-abc".into()],
            };
            assert_eq!(JanitorArguments::parse(arguments.to_args().into_iter()), Some(arguments));
        }
        assert_eq!(JanitorArguments::parse(["up".into()].into_iter()), None);
        assert_eq!(JanitorArguments::parse([ROLE.into()].into_iter()), None);
    }
}
