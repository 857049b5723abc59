//! Code that comes after the runtime has started.

use crate::host::{Host, check_in, code, command, eventually, line, spec, status};
use std::path::Path;
use tinderbox_sandbox::{Exit, Limits, Mount, SandboxError, SandboxSpec};

pub(crate) async fn code_appears_read_only() {
    let host = Host::new().await;
    let (_, mount) = code(host.dir.path());
    let mut sandbox = host.create().await;
    sandbox.attach(vec![mount], Limits::default()).await.unwrap();
    let (content, _) = check_in(&mut sandbox, &["print", "/var/task/handler.py"]).await;
    assert_eq!(content.trim(), "code");
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn init_retires() {
    let host = Host::new().await;
    let (_, mount) = code(host.dir.path());
    let mut sandbox = host.create().await;
    let (command, reader) = command(&["tree"]);
    let program = sandbox.start(command).await.unwrap().as_raw_nonzero().get();
    let (_, _reader) = line(reader).await;
    let init: i32 = status(program, "PPid")[0].parse().unwrap();
    assert_eq!(status(init, "Name"), ["tb-init"]);
    assert_eq!(status(init, "Uid")[0], "0");
    sandbox.attach(vec![mount], Limits::default()).await.unwrap();
    // The running program sees it, too.
    assert!(Path::new(&format!("/proc/{program}/root/var/task/handler.py")).exists());
    eventually("init gives up its privileges", || status(init, "Seccomp") == ["2"]).await;
    assert_eq!(status(init, "Uid")[1], "65534");
    for set in ["CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(status(init, set), ["0000000000000000"], "{set}");
    }
    assert_eq!(status(init, "NoNewPrivs"), ["1"]);
    crate::host::kill(program);
    assert_eq!(sandbox.exited().await, Exit::Signal { signal: libc::SIGKILL, out_of_memory: false });
    sandbox.destroy().await;
    host.end().await;
}

pub(crate) async fn limits_change() {
    let host = Host::new().await;
    for (created, attached) in [(512 << 20, 32 << 20), (32 << 20, 512 << 20)] {
        let limits = Limits { memory: created, ..Limits::default() };
        let mut sandbox = host.sandboxes.create(SandboxSpec { limits, ..spec() }).await.unwrap();
        sandbox.attach(Vec::new(), Limits { memory: attached, ..Limits::default() }).await.unwrap();
        let (_, exit) = check_in(&mut sandbox, &["fill", "/dev/shm/file", "60"]).await;
        let killed = exit == Exit::Signal { signal: libc::SIGKILL, out_of_memory: true };
        assert_eq!(killed, attached == 32 << 20, "{exit:?} after {created} became {attached}");
        sandbox.destroy().await;
    }
    host.end().await;
}

pub(crate) async fn errors_name_the_path() {
    let host = Host::new().await;
    let mut sandbox = host.create().await;
    let missing = sandbox.attach(vec![Mount::bind("/nowhere", "/var/task")], Limits::default()).await;
    assert!(matches!(missing, Err(SandboxError::Mount { ref path, .. }) if path == Path::new("/nowhere")));
    let nowhere = sandbox.attach(vec![Mount::bind("/usr", "/nowhere")], Limits::default()).await;
    assert!(nowhere.unwrap_err().to_string().contains("/nowhere"));
    let outside = sandbox.attach(vec![Mount::bind("/usr", "/var/../..")], Limits::default()).await;
    assert!(matches!(outside, Err(SandboxError::Invalid(_))));
    sandbox.destroy().await;
    let mut bad = spec();
    bad.mounts.push(Mount::same("/nowhere"));
    assert!(matches!(host.sandboxes.create(bad).await, Err(SandboxError::Mount { .. })));
    host.end().await;
}
