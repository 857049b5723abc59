//! What a function may use.

use crate::host::{Host, check_in, command, eventually, line, spec};
use std::time::Duration;
use tinderbox_sandbox::{Exit, Limits, SandboxSpec, ScratchKind};

pub(crate) async fn memory_bomb() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (_, exit) = check_in(&mut sandbox, &["allocate"]).await;
    assert_eq!(exit, Exit::Signal { signal: libc::SIGKILL, out_of_memory: true });
    assert!(sandbox.out_of_memory());
    let (peak, limit) = (sandbox.memory_peak(), spec().limits.memory);
    assert!(peak > limit / 2 && peak <= limit, "{peak} of {limit}");
    sandbox.destroy().await;
    // A death by another hand is not taken for one.
    let mut sandbox = host.create().await;
    let (command, _reader) = command(&["sleep"]);
    sandbox.start(command).await.unwrap();
    sandbox.kill();
    assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn fork_bomb() {
    let host = Host::new().await;
    let limits = Limits { pids: 50, ..spec().limits };
    let (output, exit) = host.check_with(SandboxSpec { limits, ..spec() }, &["forks"]).await;
    assert_eq!(exit, Exit::Code(0));
    assert_eq!(output.trim(), format!("49 {}", libc::EAGAIN), "itself is the fiftieth");
    host.end().await;
}

pub(crate) async fn scratch_is_bounded() {
    let host = Host::with(|options| options.scratch_mib = 64).await;
    let (output, _) = host.check(&["fill", "/tmp/file", "100"]).await;
    let (written, error) = output.trim().split_once(' ').unwrap();
    assert_eq!(error, libc::ENOSPC.to_string());
    assert!((48..=64).contains(&written.parse::<u32>().unwrap()), "{written} of 64 MiB");
    host.end().await;
}

pub(crate) async fn scratch_is_not_memory() {
    let host = Host::new().await;
    if host.sandboxes.protections().scratch == ScratchKind::LoopImage {
        let limits = Limits { memory: 64 << 20, ..Limits::default() };
        let (output, exit) =
            host.check_with(SandboxSpec { limits, ..spec() }, &["fill", "/tmp/file", "200"]).await;
        assert_eq!((output.trim(), exit), ("200 0", Exit::Code(0)));
    } else {
        println!("skipped: {}", host.sandboxes.protections().summary());
    }
    host.end().await;
}

pub(crate) async fn shared_memory_counts() {
    let host = Host::new().await;
    let limits = Limits { memory: 32 << 20, ..Limits::default() };
    let (_, exit) = host.check_with(SandboxSpec { limits, ..spec() }, &["fill", "/dev/shm/file", "60"]).await;
    assert_eq!(exit, Exit::Signal { signal: libc::SIGKILL, out_of_memory: true });
    host.end().await;
}

pub(crate) async fn quota_slows() {
    let host = Host::new().await;
    let limits = Limits { cpu_quota_millis: Some(100), ..spec().limits };
    let mut sandbox = host.sandboxes.create(SandboxSpec { limits, ..spec() }).await.unwrap();
    let (command, reader) = command(&["spin"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    let (before, started) = (sandbox.cpu_time(), tokio::time::Instant::now());
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (used, passed) = (sandbox.cpu_time() - before, started.elapsed());
    // A tenth, and up to one period's share more at either end.
    assert!(used <= passed / 10 + Duration::from_millis(30), "{used:?} of {passed:?}");
    assert!(used >= Duration::from_millis(20), "{used:?} of {passed:?}");
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn frozen_uses_no_processor() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["spin"]);
    sandbox.start(command).await.unwrap();
    let (_, _reader) = line(reader).await;
    sandbox.freeze().await.unwrap();
    let frozen = sandbox.cpu_time();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(sandbox.cpu_time(), frozen);
    sandbox.thaw().await.unwrap();
    eventually("it runs again", || sandbox.cpu_time() > frozen + Duration::from_millis(20)).await;
    sandbox.destroy().await;
    host.end().await;
}
