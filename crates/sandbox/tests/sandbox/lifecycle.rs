//! From start to nothing left.

use crate::host::{Host, check_in, command, eventually, leftovers, line, processes_of, spec};
use std::time::Duration;
use tinderbox_sandbox::{Command, Exit, SandboxError};
use tokio::{task::JoinSet, time::timeout};

pub(crate) async fn exit_codes_and_signals() {
    let host = Host::new().await;
    for (check, expect) in [
        (["exit", "0"].as_slice(), Exit::Code(0)),
        (&["exit", "42"], Exit::Code(42)),
        (&["abort"], Exit::Signal { signal: libc::SIGABRT, out_of_memory: false }),
    ] {
        assert_eq!(host.check(check).await.1, expect, "{check:?}");
    }
    host.end().await;
}

pub(crate) async fn descriptors_are_those_given() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (mut command, reader) = command(&["list", "/proc/self/fd"]);
    let extra = [3, 7, 255].map(|number| (std::fs::File::open("/dev/null").unwrap().into(), number));
    command.fds.extend(extra);
    sandbox.start(command).await.unwrap();
    let (listed, _reader) = line(reader).await;
    // 4 is the directory being listed.
    assert_eq!(listed, "0 1 2 255 3 4 7");
    assert_eq!(sandbox.exited().await, Exit::Code(0));
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn large_environment() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (mut command, reader) = command(&["environment"]);
    command.env = (0..100).map(|i| (format!("VARIABLE{i:02}").into(), "x".repeat(1000).into())).collect();
    sandbox.start(command).await.unwrap();
    assert_eq!(line(reader).await.0, "101000");
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn a_failed_start_can_be_repeated() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    for program in ["/nowhere", "relative", "/etc/passwd", "/tmp"] {
        let bad = Command { argv: vec![program.into()], cwd: "/".into(), ..Command::default() };
        match sandbox.start(bad).await {
            Err(SandboxError::Start { program: named, .. }) => assert_eq!(named, program),
            other => panic!("{program}: {other:?}"),
        }
    }
    let empty = sandbox.start(Command::default()).await;
    assert!(matches!(empty, Err(SandboxError::Invalid(_))), "{empty:?}");
    assert_eq!(check_in(&mut sandbox, &["exit", "3"]).await.1, Exit::Code(3));
    let (again, _reader) = command(&["exit", "4"]);
    assert!(sandbox.start(again).await.is_err(), "one program a sandbox");
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn kill_reaches_everything() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["tree"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    let uid = sandbox.uid();
    assert_eq!(processes_of(uid).len(), 4, "itself and three orphans");
    sandbox.kill();
    assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    assert_eq!(processes_of(uid), Vec::<i32>::new());
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn kill_reaches_the_frozen() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["tree"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    sandbox.freeze().await.unwrap();
    let uid = sandbox.uid();
    timeout(Duration::from_secs(20), sandbox.destroy()).await.unwrap();
    assert_eq!(processes_of(uid), Vec::<i32>::new());
    host.end().await;
}

pub(crate) async fn exited_is_cancel_safe() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["sleep"]);
    let program = sandbox.start(command).await.unwrap().as_raw_nonzero().get();
    for _ in 0..3 {
        assert!(timeout(Duration::from_millis(5), sandbox.exited()).await.is_err());
    }
    drop(reader);
    crate::host::kill(program);
    for _ in 0..2 {
        assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    }
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn drop_leaves_nothing() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["tree"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    let uid = sandbox.uid();
    drop(sandbox);
    eventually("its processes die", || processes_of(uid).is_empty()).await;
    // An order given up half way leaves as little.
    for millis in 0..10 {
        let _ = timeout(Duration::from_millis(millis), host.sandboxes.create(spec())).await;
    }
    eventually("all are taken down", || host.sandboxes.count() == 0).await;
    host.end().await;
}

pub(crate) async fn twenty_at_once() {
    let host = Host::new().await;
    let mut set = JoinSet::new();
    for number in 0..20 {
        let sandboxes = host.sandboxes.clone();
        set.spawn(async move {
            let mut sandbox = sandboxes.create(spec()).await.unwrap();
            let result = check_in(&mut sandbox, &["exit", &number.to_string()]).await;
            assert_eq!(result.1, Exit::Code(number));
            sandbox.destroy().await;
        });
    }
    while let Some(result) = set.join_next().await {
        result.unwrap();
    }
    host.end().await;
}

pub(crate) async fn shutdown_leaves_nothing() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["tree"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    let uid = sandbox.uid();
    timeout(Duration::from_secs(30), host.sandboxes.shutdown()).await.unwrap();
    assert_eq!(processes_of(uid), Vec::<i32>::new());
    assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    assert!(host.sandboxes.create(spec()).await.is_err());
    drop(sandbox);
    eventually("nothing is left", || leftovers(&host.tag, host.dir.path()).is_empty()).await;
}

pub(crate) async fn two_servers_side_by_side() {
    let (first, second) = (Host::new().await, Host::new().await);
    let sandbox = first.create().await;
    second.create().await.destroy().await;
    second.end().await;
    assert_eq!(first.check(&["exit", "5"]).await.1, Exit::Code(5));
    sandbox.destroy().await;
    first.end().await;
}
