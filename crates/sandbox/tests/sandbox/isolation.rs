//! What a function can see and do, which is little.

use crate::host::{Host, code, command, field, line, spec};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};
use tinderbox_sandbox::{Exit, Mount, SandboxSpec};

pub(crate) async fn namespaces_differ() {
    let host = Host::new().await;
    // Both at once, since the kernel gives the number of a namespace that is gone to a new one.
    let (mut a, mut b) = (host.create().await, host.create().await);
    let ((command_a, reader_a), (command_b, reader_b)) = (command(&["namespaces"]), command(&["namespaces"]));
    a.start(command_a).await.unwrap();
    b.start(command_b).await.unwrap();
    let (first, second) = (lines(reader_a, 6).await, lines(reader_b, 6).await);
    assert_eq!((first.lines().count(), second.lines().count()), (6, 6), "{first}");
    for line in first.lines() {
        let name = line.split(':').next().unwrap();
        let outside = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
        assert_ne!(Path::new(line), outside, "shared with the host");
        assert!(!second.contains(line), "{line} shared with another sandbox");
    }
    a.destroy().await;
    b.destroy().await;
    host.end().await;
}

async fn lines(mut reader: std::io::PipeReader, count: usize) -> String {
    let mut all = String::new();
    for _ in 0..count {
        let (next, rest) = line(reader).await;
        (all, reader) = (all + &next + "\n", rest);
    }
    all
}

pub(crate) async fn no_privileges() {
    let host = Host::new().await;
    let (status, exit) = host.check(&["status"]).await;
    assert_eq!(exit, Exit::Code(0));
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(field(&status, set), ["0000000000000000"], "{set}");
    }
    assert_eq!(field(&status, "NoNewPrivs"), ["1"]);
    assert_eq!(field(&status, "Seccomp"), ["2"]);
    assert_eq!(field(&status, "Groups"), Vec::<String>::new());
    assert_eq!(field(&status, "NSsid"), ["2"], "leads its own session");
    let ids = field(&status, "Uid");
    assert!(ids.iter().all(|id| id.parse::<u32>().unwrap() >= 1_879_048_192 && *id == ids[0]), "{ids:?}");
    assert_eq!(field(&status, "Gid"), ids);
    host.end().await;
}

pub(crate) async fn refused_calls() {
    let host = Host::new().await;
    let (output, exit) = host.check(&["refused"]).await;
    assert_eq!(exit, Exit::Code(0), "{output}");
    let mut checked = 0;
    for line in output.lines() {
        let (name, error) = line.split_once(' ').unwrap();
        let expect = match name {
            "clone3" | "future" => libc::ENOSYS,
            "socket-packet" | "socket-vsock" | "socket-alg" | "socket-netfilter" => libc::EAFNOSUPPORT,
            "socket-route" | "socket-inet" => 0,
            _ => libc::EPERM,
        };
        assert_eq!(error, expect.to_string(), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 32, "{output}");
    host.end().await;
}

pub(crate) async fn other_calling_conventions_kill() {
    let host = Host::new().await;
    let (output, exit) = host.check(&["i386"]).await;
    let expect = if cfg!(target_arch = "x86_64") { libc::SIGSYS } else { libc::SIGABRT };
    assert_eq!((output.as_str(), exit), ("", Exit::Signal { signal: expect, out_of_memory: false }));
    host.end().await;
}

pub(crate) async fn host_files_are_invisible() {
    let host = Host::new().await;
    // Readable by everyone, in a directory that everyone may enter: only the sandbox hides it.
    let secret = host.dir.path().join("secret");
    fs::write(&secret, "s").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(host.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let secret = secret.to_string_lossy();
    let hidden =
        [&*secret, "/sys", "/boot", "/home", "/bin", "/etc/shadow", "/etc/ssl/private", "/proc/1/root/etc"];
    let (output, _) = host.check(&[&["exists"], &hidden[..]].concat()).await;
    assert_eq!(output.lines().count(), hidden.len(), "{output}");
    assert!(output.lines().all(|line| line.ends_with(" false")), "{output}");
    let (command_line, _) = host.check(&["print", "/proc/cmdline"]).await;
    assert_eq!(command_line.trim(), "", "the kernel's command line");
    let (init, _) = host.check(&["print", "/proc/1/cmdline"]).await;
    assert!(init.bytes().all(|byte| byte == 0 || byte == b'\n'), "{init:?} tells paths of the host");
    let (groups, _) = host.check(&["print", "/proc/self/cgroup"]).await;
    assert!(!groups.contains("tinderbox"), "{groups}");
    host.end().await;
}

pub(crate) async fn only_scratch_is_writable() {
    let host = Host::new().await;
    let (_, mount) = code(host.dir.path());
    let spec = SandboxSpec { mounts: [spec().mounts, vec![mount]].concat(), ..spec() };
    let paths = [
        ("/tmp/new", 0),
        ("/dev/shm/new", 0),
        ("/dev/null", 0),
        ("/dev/zero", 0),
        ("/new", libc::EACCES),
        ("/etc/passwd", libc::EACCES),
        ("/dev/new", libc::EACCES),
        ("/run/shm/new", libc::EACCES),
        ("/var/task/handler.py", libc::EACCES),
        ("/var/task/new", libc::EACCES),
        ("/opt/new", libc::EACCES),
        ("/proc/sys/kernel/hostname", libc::EACCES),
        ("/proc/self/oom_score_adj", libc::EACCES),
        ("/proc/sys/net/ipv4/ip_forward", libc::EACCES),
    ];
    let arguments: Vec<_> = std::iter::once("write").chain(paths.iter().map(|(path, _)| *path)).collect();
    let (output, _) = host.check_with(spec, &arguments).await;
    for (path, error) in paths {
        let got = output.lines().find_map(|line| line.strip_prefix(path)?.strip_prefix(' '));
        let got: i32 = got.unwrap_or_else(|| panic!("{output}")).parse().unwrap();
        // Landlock, permissions and the read-only mount each refuse; which is first does not matter.
        let same = got == error || (error != 0 && [libc::EACCES, libc::EROFS, libc::EPERM].contains(&got));
        assert!(same, "{path}: {got}, not {error}");
    }
    host.end().await;
}

pub(crate) async fn devices_can_be_opened_by_every_name() {
    let host = Host::new().await;
    let (output, _) =
        host.check(&["write", "/dev/stdout", "/dev/stderr", "/dev/fd/0", "/proc/self/fd/0"]).await;
    assert!(output.lines().all(|line| line.ends_with(" 0")), "{output}");
    let (limits, _) = host.check(&["print", "/proc/self/limits"]).await;
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().nth(4), Some("1"), "{core}");
    host.end().await;
}

pub(crate) async fn set_user_id_and_devices_have_no_effect() {
    let host = Host::new().await;
    let (dir, mount) = code(host.dir.path());
    fs::copy(crate::host::program(), dir.join("rootly")).unwrap();
    fs::set_permissions(dir.join("rootly"), fs::Permissions::from_mode(0o4755)).unwrap();
    let (null, mode) = (rustix::fs::makedev(1, 3), rustix::fs::Mode::from(0o666));
    rustix::fs::mknodat(rustix::fs::CWD, dir.join("null"), rustix::fs::FileType::CharacterDevice, mode, null)
        .unwrap();
    fs::set_permissions(dir.join("null"), fs::Permissions::from_mode(0o666)).unwrap();
    let spec = SandboxSpec { mounts: [spec().mounts, vec![mount]].concat(), ..spec() };
    let (output, _) = host.check_with(spec.clone(), &["execute", "/var/task/rootly"]).await;
    assert!(output.trim().parse::<u32>().unwrap() > 0, "{output}");
    let (output, _) = host.check_with(spec, &["write", "/var/task/null"]).await;
    assert_eq!(output.trim(), format!("/var/task/null {}", libc::EACCES));
    host.end().await;
}

pub(crate) async fn what_every_program_expects_is_there() {
    let host = Host::new().await;
    let mut spec = spec();
    spec.files.push(("/etc/tinderbox/ca.pem".into(), b"-----BEGIN".to_vec()));
    spec.files.push(("/etc/hosts".into(), b"127.0.0.1 me\n".to_vec()));
    spec.mounts.push(Mount::symlink("/tmp", "/var/link"));
    spec.hostname = "somewhere".to_owned();
    let mut sandbox = host.sandboxes.create(spec.clone()).await.unwrap();
    let uid = sandbox.uid();
    let (passwd, _) = crate::host::check_in(&mut sandbox, &["print", "/etc/passwd"]).await;
    assert!(passwd.contains(&format!("sbx_user1051:x:{uid}:{uid}:")), "{passwd}");
    sandbox.destroy().await;
    for (path, expect) in [
        ("/etc/tinderbox/ca.pem", "-----BEGIN"),
        ("/etc/hosts", "127.0.0.1 me"),
        ("/etc/resolv.conf", "nameserver 127.0.0.2"),
        ("/proc/sys/kernel/hostname", "somewhere"),
        ("/proc/meminfo", "MemTotal"),
    ] {
        let (content, exit) = host.check_with(spec.clone(), &["print", path]).await;
        assert!(exit == Exit::Code(0) && content.starts_with(expect), "{path}: {content}");
    }
    let (devices, _) = host.check_with(spec.clone(), &["list", "/dev"]).await;
    assert_eq!(devices.trim(), "fd full null random shm stderr stdin stdout urandom zero");
    let (scratch, _) = host.check_with(spec, &["list", "/var/link"]).await;
    assert_eq!(scratch.trim(), "", "/tmp is empty");
    host.end().await;
}

pub(crate) async fn sandboxes_have_different_users() {
    let host = Host::new().await;
    let (first, second) = (host.create().await, host.create().await);
    assert_ne!(first.uid(), second.uid());
    assert_ne!(first.id(), second.id());
    first.destroy().await;
    second.destroy().await;
    host.end().await;
}
