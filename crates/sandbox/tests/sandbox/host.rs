//! What the cases share: a server's side, the program that runs inside, and looking at the host from outside.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tempfile::TempDir;
use tinderbox_sandbox::{
    Command, Exit, Limits, Mount, Options, Sandbox, SandboxSpec, Sandboxes, host_mounts_for,
};
use tokio::time::{sleep, timeout};

/// The longest any condition is waited for; a busy host takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server's side with a data directory of its own.
pub(crate) struct Host {
    pub(crate) sandboxes: Sandboxes,
    pub(crate) dir: TempDir,
    pub(crate) tag: String,
}

impl Host {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let (dir, tag) = (tempfile::tempdir().unwrap(), unique_tag());
        let mut options = Options::new(dir.path().join("sandbox"), tag.clone());
        change(&mut options);
        let sandboxes = Sandboxes::start(options).await.unwrap_or_else(|error| panic!("{error}"));
        Self { sandboxes, dir, tag }
    }

    pub(crate) async fn create(&self) -> Sandbox {
        self.sandboxes.create(spec()).await.unwrap()
    }

    /// Runs one check in a fresh sandbox; returns what it printed and how it ended.
    pub(crate) async fn check(&self, arguments: &[&str]) -> (String, Exit) {
        self.check_with(spec(), arguments).await
    }

    pub(crate) async fn check_with(&self, spec: SandboxSpec, arguments: &[&str]) -> (String, Exit) {
        let mut sandbox = self.sandboxes.create(spec).await.unwrap();
        let result = check_in(&mut sandbox, arguments).await;
        sandbox.destroy().await;
        result
    }

    /// Ends the server's side and makes sure that nothing is left.
    pub(crate) async fn end(self) {
        timeout(PATIENCE, self.sandboxes.shutdown()).await.unwrap();
        assert_eq!(leftovers(&self.tag, self.dir.path()), Vec::<String>::new());
    }
}

pub(crate) fn unique_tag() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A sandbox with this very program in it.
pub(crate) fn spec() -> SandboxSpec {
    SandboxSpec {
        mounts: host_mounts_for(&program()).unwrap(),
        limits: Limits { memory: 256 << 20, ..Limits::default() },
        ..SandboxSpec::default()
    }
}

pub(crate) fn program() -> PathBuf {
    std::env::current_exe().unwrap().canonicalize().unwrap()
}

/// The command that runs a check inside, and the reading end of its output.
pub(crate) fn command(arguments: &[&str]) -> (Command, std::io::PipeReader) {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut argv = vec![program().into(), crate::inside::ROLE.into()];
    argv.extend(arguments.iter().map(Into::into));
    let fds = vec![(writer.try_clone().unwrap().into(), 1), (writer.into(), 2)];
    (Command { argv, cwd: "/".into(), fds, ..Command::default() }, reader)
}

pub(crate) async fn check_in(sandbox: &mut Sandbox, arguments: &[&str]) -> (String, Exit) {
    let (command, reader) = command(arguments);
    sandbox.start(command).await.unwrap();
    let output = tokio::task::spawn_blocking(move || read(reader));
    let exit = timeout(PATIENCE, sandbox.exited()).await.unwrap();
    // What is still inside would keep the pipe open.
    sandbox.kill();
    (output.await.unwrap(), exit)
}

fn read(mut reader: std::io::PipeReader) -> String {
    let mut output = Vec::new();
    reader.read_to_end(&mut output).unwrap();
    String::from_utf8_lossy(&output).into_owned()
}

/// Reads one line, which a check prints when it is where the case wants it.
pub(crate) async fn line(mut reader: std::io::PipeReader) -> (String, std::io::PipeReader) {
    tokio::task::spawn_blocking(move || {
        let (mut line, mut byte) = (String::new(), [0]);
        while reader.read(&mut byte).unwrap() == 1 && byte[0] != b'\n' {
            line.push(byte[0].into());
        }
        (line, reader)
    })
    .await
    .unwrap()
}

/// Waits until `condition` holds.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !condition() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    assert!(waited.await.is_ok(), "never: {what}");
}

/// Everything of the server with this tag and data directory that exists on this host.
pub(crate) fn leftovers(tag: &str, dir: &Path) -> Vec<String> {
    let mut found: Vec<String> =
        processes(tag).into_iter().map(|(pid, name)| format!("process {pid} {name}")).collect();
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let name = format!("tinderbox-{tag}");
    found.extend(cgroups(Path::new("/sys/fs/cgroup"), &name, 0));
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let dir_text = dir.to_string_lossy();
    found.extend(mounts.lines().filter(|line| line.contains(&*dir_text)).map(str::to_owned));
    for entry in fs::read_dir("/sys/block").unwrap().flatten() {
        let file = fs::read_to_string(entry.path().join("loop/backing_file")).unwrap_or_default();
        if file.starts_with(&*dir_text) {
            found.push(format!("loop device {:?} of {file}", entry.file_name()));
        }
    }
    let images = fs::read_dir(dir.join("sandbox/scratch")).into_iter().flatten().flatten();
    found.extend(images.map(|image| format!("{:?}", image.path())));
    found
}

fn cgroups(dir: &Path, name: &str, depth: u32) -> Vec<String> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let dirs = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    dirs.flat_map(|entry| match entry.file_name().to_string_lossy() == name {
        true => vec![format!("cgroup {:?}", entry.path())],
        false if depth < 8 => cgroups(&entry.path(), name, depth + 1),
        false => Vec::new(),
    })
    .collect()
}

/// The janitor, the spawner and the inits of a server: pid and name.
pub(crate) fn processes(tag: &str) -> Vec<(i32, String)> {
    let ours = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let arguments: Vec<_> = line.split(|byte| *byte == 0).collect();
        matches!(arguments[..], [_, b"__sandbox", other, ..] if other == tag.as_bytes())
    };
    let name = |pid: i32| {
        (pid, fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned())
    };
    pids().into_iter().filter(ours).map(name).collect()
}

pub(crate) fn pids() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// Processes of one user.
pub(crate) fn processes_of(uid: u32) -> Vec<i32> {
    pids()
        .into_iter()
        .filter(|pid| status(*pid, "Uid").first().is_some_and(|id| *id == uid.to_string()))
        .collect()
}

/// The words after `key:` in a process's status; none if it is gone.
pub(crate) fn status(pid: i32, key: &str) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    field(&text, key)
}

pub(crate) fn field(status: &str, key: &str) -> Vec<String> {
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

pub(crate) fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

/// A directory that every user may read, with one file in it.
pub(crate) fn code(dir: &Path) -> (PathBuf, Mount) {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join("code");
    fs::create_dir_all(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(path.join("handler.py"), "code").unwrap();
    (path.clone(), Mount::bind(path, "/var/task"))
}
