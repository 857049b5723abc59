//! Whoever is killed, however suddenly: nothing is left.

use crate::host::{Host, command, eventually, kill, leftovers, line, pids, processes, spec, unique_tag};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, ExitCode, Stdio},
};
use tempfile::TempDir;
use tinderbox_sandbox::{Exit, Options, Sandboxes};

pub(crate) const ROLE: &str = "server";

/// Sandboxes of the server that is killed.
const SANDBOXES: usize = 3;

/// The server that is killed: it makes sandboxes, tells, and waits for its spawner to fail.
pub(crate) fn serve(dir: &str, tag: &str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let sandboxes = Sandboxes::start(Options::new(dir, tag)).await.unwrap();
        let mut all = Vec::new();
        for number in 0..SANDBOXES {
            let mut sandbox = sandboxes.create(spec()).await.unwrap();
            let (command, reader) = command(&["tree"]);
            sandbox.start(command).await.unwrap();
            let (_, reader) = line(reader).await;
            if number == 0 {
                sandbox.freeze().await.unwrap();
            }
            all.push((sandbox, reader));
        }
        println!(
            "ready {}",
            all.iter().map(|(sandbox, _)| sandbox.uid().to_string()).collect::<Vec<_>>().join(" ")
        );
        sandboxes.failed().await;
        println!("failed");
        for (sandbox, _) in &mut all {
            assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
        }
        println!("exited");
    });
    ExitCode::SUCCESS
}

struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    dir: TempDir,
    tag: String,
    uids: Vec<u32>,
    /// The sandboxes' namespaces, by the kernel's names for them.
    namespaces: BTreeSet<String>,
    /// Every process of the host while the server ran.
    pids: Vec<i32>,
}

impl Server {
    #[expect(clippy::disallowed_methods, reason = "the test starts a server to kill it")]
    async fn start() -> Self {
        let (dir, tag) = (tempfile::tempdir().unwrap(), unique_tag());
        let mut child = std::process::Command::new(crate::host::program())
            .args([ROLE.as_ref(), dir.path().join("sandbox").as_os_str(), tag.as_ref()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut server =
            Self { child, output, dir, tag, uids: Vec::new(), namespaces: BTreeSet::new(), pids: Vec::new() };
        let ready = server.line();
        let uids = ready.strip_prefix("ready ").unwrap_or_else(|| panic!("{ready}"));
        server.uids = uids.split(' ').map(|uid| uid.parse().unwrap()).collect();
        // In each the program and its three grandchildren.
        assert_eq!(server.processes_inside().len(), SANDBOXES * 4);
        server.pids = pids();
        server.namespaces = server.processes_inside().iter().flat_map(|pid| namespaces(*pid)).collect();
        server
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn pid_of(&self, name: &str) -> i32 {
        processes(&self.tag).into_iter().find(|(_, other)| other == name).unwrap().0
    }

    fn processes_inside(&self) -> Vec<i32> {
        self.uids.iter().flat_map(|uid| crate::host::processes_of(*uid)).collect()
    }

    async fn nothing_is_left(&self) {
        eventually("nothing is left", || {
            self.processes_inside().is_empty() && leftovers(&self.tag, self.dir.path()).is_empty()
        })
        .await;
        let host: BTreeSet<_> = namespaces(std::process::id() as i32).into_iter().collect();
        let theirs: BTreeSet<_> = self.namespaces.difference(&host).collect();
        assert!(theirs.len() >= SANDBOXES * 6, "{theirs:?}");
        // Of processes that were there before, since the kernel gives the numbers to new namespaces of others.
        let before = self.pids.iter().copied();
        let held: Vec<_> = before.flat_map(namespaces).filter(|name| theirs.contains(name)).collect();
        assert_eq!(held, Vec::<String>::new());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn namespaces(pid: i32) -> Vec<String> {
    let links =
        fs::read_dir(Path::new("/proc").join(pid.to_string()).join("ns")).into_iter().flatten().flatten();
    links.filter_map(|link| Some(fs::read_link(link.path()).ok()?.to_string_lossy().into_owned())).collect()
}

pub(crate) async fn of_the_server() {
    let mut server = Server::start().await;
    kill(server.child.id() as i32);
    // Nothing of ours holds the server's output: it ends with the server.
    assert_eq!(server.line(), "");
    server.nothing_is_left().await;
}

pub(crate) async fn of_the_spawner() {
    let mut server = Server::start().await;
    kill(server.pid_of("tb-spawner"));
    assert_eq!((server.line().as_str(), server.line().as_str()), ("failed", "exited"));
    server.nothing_is_left().await;
}

pub(crate) async fn of_the_janitor() {
    let mut server = Server::start().await;
    kill(server.pid_of("tb-janitor"));
    assert_eq!((server.line().as_str(), server.line().as_str()), ("failed", "exited"));
    server.nothing_is_left().await;
}

pub(crate) async fn of_an_init() {
    let host = Host::new().await;
    let (mut sandbox, other) = (host.create().await, host.create().await);
    let (command, reader) = command(&["tree"]);
    let program = sandbox.start(command).await.unwrap().as_raw_nonzero().get();
    let (_, _reader) = line(reader).await;
    kill(crate::host::status(program, "PPid")[0].parse().unwrap());
    assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    assert_eq!(crate::host::processes_of(sandbox.uid()), Vec::<i32>::new());
    sandbox.destroy().await;
    // Only that one is gone.
    other.destroy().await;
    assert_eq!(host.check(&["exit", "1"]).await.1, Exit::Code(1));
    host.end().await;
}

pub(crate) async fn of_server_and_janitor() {
    let server = Server::start().await;
    // The janitor first, so that nobody clears away.
    kill(server.pid_of("tb-janitor"));
    kill(server.child.id() as i32);
    let sandboxes =
        Sandboxes::start(Options::new(server.dir.path().join("sandbox"), server.tag.clone())).await.unwrap();
    assert_eq!(server.processes_inside(), Vec::<i32>::new());
    sandboxes.shutdown().await;
    server.nothing_is_left().await;
}
