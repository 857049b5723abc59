//! What runs inside: small checks that print what they find.
#![allow(unsafe_code)] // The calls that must be refused are made as an attacker would make them.

use std::{
    fs,
    io::{self, Read, Write},
    net::TcpStream,
    path::Path,
    process::ExitCode,
    time::Duration,
};

pub(crate) const ROLE: &str = "inside";

pub(crate) fn run(check: &[&str]) -> ExitCode {
    match *check {
        ["status"] => print!("{}", fs::read_to_string("/proc/self/status").unwrap()),
        ["print", path] => println!("{}", fs::read_to_string(path).unwrap()),
        ["namespaces"] => namespaces(),
        ["refused"] => refused(),
        ["i386"] => i386(),
        ["exists", ref paths @ ..] => {
            paths.iter().for_each(|path| println!("{path} {}", Path::new(path).exists()))
        }
        ["write", ref paths @ ..] => paths.iter().for_each(|path| println!("{path} {}", try_write(path))),
        ["list", path] => list(path),
        ["fill", path, mib] => fill(path, mib.parse().unwrap()),
        ["environment"] => println!("{}", std::env::vars().map(|(k, v)| k.len() + v.len()).sum::<usize>()),
        ["exit", code] => return ExitCode::from(code.parse::<u8>().unwrap()),
        ["abort"] => std::process::abort(),
        ["allocate"] => allocate(),
        ["forks"] => forks(),
        ["tree"] => tree(),
        ["spin"] => spin(),
        ["sleep"] => sleep(),
        ["connect", address] => connect(address),
        ["execute", program] => execute(program),
        ["euid"] => println!("{}", rustix::process::geteuid().as_raw()),
        _ => panic!("unknown check {check:?}"),
    }
    ExitCode::SUCCESS
}

fn namespaces() {
    for name in ["mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        println!("{}", fs::read_link(format!("/proc/self/ns/{name}")).unwrap().display());
    }
    sleep();
}

/// Each call with arguments that would otherwise do something, and the error it got.
fn refused() {
    let report = |name: &str, result: i64| {
        let error = if result < 0 { io::Error::last_os_error().raw_os_error().unwrap_or(0) } else { 0 };
        println!("{name} {error}");
    };
    let (root, tmp, none) = (c"/".as_ptr(), c"/tmp".as_ptr(), std::ptr::null::<libc::c_char>());
    let call = |name: &str, number: libc::c_long, arguments: [usize; 5]| {
        let [a, b, c, d, e] = arguments;
        // SAFETY: every pointer among the arguments is null or a constant C string.
        report(name, unsafe { libc::syscall(number, a, b, c, d, e) });
    };
    call(
        "mount",
        libc::SYS_mount,
        [c"none".as_ptr() as usize, tmp as usize, c"tmpfs".as_ptr() as usize, 0, 0],
    );
    call("bind", libc::SYS_mount, [root as usize, tmp as usize, none as usize, libc::MS_BIND as usize, 0]);
    call("umount", libc::SYS_umount2, [tmp as usize, libc::MNT_DETACH as usize, 0, 0, 0]);
    call("chroot", libc::SYS_chroot, [tmp as usize, 0, 0, 0, 0]);
    call("open_tree", libc::SYS_open_tree, [0, root as usize, 1, 0, 0]);
    call("fsopen", libc::SYS_fsopen, [c"tmpfs".as_ptr() as usize, 0, 0, 0, 0]);
    for (name, flag) in [
        ("user", libc::CLONE_NEWUSER),
        ("mount", libc::CLONE_NEWNS),
        ("net", libc::CLONE_NEWNET),
        ("pid", libc::CLONE_NEWPID),
        ("time", 0x80),
    ] {
        call(&format!("unshare-{name}"), libc::SYS_unshare, [flag as usize, 0, 0, 0, 0]);
    }
    call("clone-user", libc::SYS_clone, [(libc::CLONE_NEWUSER | libc::SIGCHLD) as usize, 0, 0, 0, 0]);
    call("clone3", libc::SYS_clone3, [0, 0, 0, 0, 0]);
    call("setns", libc::SYS_setns, [0, 0, 0, 0, 0]);
    call("ptrace", libc::SYS_ptrace, [libc::PTRACE_ATTACH as usize, 1, 0, 0, 0]);
    call("process_vm_readv", libc::SYS_process_vm_readv, [1, 0, 0, 0, 0]);
    call("keyctl", libc::SYS_keyctl, [0, 0, 0, 0, 0]);
    call("add_key", libc::SYS_add_key, [0, 0, 0, 0, 0]);
    call("bpf", libc::SYS_bpf, [0, 0, 0, 0, 0]);
    call("io_uring", libc::SYS_io_uring_setup, [1, 0, 0, 0, 0]);
    call("perf", libc::SYS_perf_event_open, [0, 0, 0, 0, 0]);
    call("userfaultfd", libc::SYS_userfaultfd, [0, 0, 0, 0, 0]);
    call("future", 500, [0, 0, 0, 0, 0]);
    for (name, family, protocol) in [
        ("packet", libc::AF_PACKET, 0),
        ("vsock", libc::AF_VSOCK, 0),
        ("alg", libc::AF_ALG, 0),
        ("netfilter", libc::AF_NETLINK, libc::NETLINK_NETFILTER),
    ] {
        let arguments = [family as usize, libc::SOCK_RAW as usize, protocol as usize, 0, 0];
        call(&format!("socket-{name}"), libc::SYS_socket, arguments);
    }
    call("socket-raw", libc::SYS_socket, [libc::AF_INET as usize, libc::SOCK_RAW as usize, 1, 0, 0]);
    call("socket-route", libc::SYS_socket, [libc::AF_NETLINK as usize, libc::SOCK_RAW as usize, 0, 0, 0]);
    call("socket-inet", libc::SYS_socket, [libc::AF_INET as usize, libc::SOCK_STREAM as usize, 0, 0, 0]);
    call("setuid", libc::SYS_setuid, [0, 0, 0, 0, 0]);
    call("kill-init", libc::SYS_kill, [1, libc::SIGKILL as usize, 0, 0, 0]);
}

/// `getpid` by the 32-bit entry.
#[cfg(target_arch = "x86_64")]
fn i386() {
    // SAFETY: the interrupt takes a call's number in eax, changes only eax and, in 64-bit programs, r8 to r11; getpid
    // touches no memory.
    unsafe {
        std::arch::asm!("int 0x80", inout("eax") 20 => _, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    println!("alive");
}

#[cfg(not(target_arch = "x86_64"))]
fn i386() {
    std::process::abort()
}

/// 0, or the error of opening `path` for writing; a new file if it does not exist.
fn try_write(path: &str) -> i32 {
    match fs::OpenOptions::new().append(true).create(!Path::new(path).exists()).open(path) {
        Ok(_) => 0,
        Err(error) => error.raw_os_error().unwrap_or(-1),
    }
}

fn list(path: &str) {
    let mut names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    println!("{}", names.join(" ".as_ref()).to_string_lossy());
}

/// Writes up to `mib` MiB; prints how many were written and the error that stopped it.
fn fill(path: &str, mib: usize) {
    let mut file = fs::File::create(path).unwrap();
    let block = vec![7; 1 << 20];
    for written in 0..mib {
        if let Err(error) = file.write_all(&block) {
            return println!("{written} {}", error.raw_os_error().unwrap_or(-1));
        }
    }
    println!("{mib} 0");
}

fn allocate() {
    let mut all = Vec::new();
    loop {
        all.push(vec![1_u8; 1 << 20]);
        std::hint::black_box(&all);
    }
}

/// Forks children that wait until no more can be made; prints how many there were and the error.
fn forks() {
    for made in 0..100_000 {
        // SAFETY: this process has one thread; the child only waits.
        match unsafe { libc::fork() } {
            0 => sleep(),
            -1 => return println!("{made} {}", io::Error::last_os_error().raw_os_error().unwrap_or(-1)),
            _ => {}
        }
    }
}

/// Children in sessions of their own, orphans too.
fn tree() {
    for _ in 0..3 {
        // SAFETY: this process has one thread; the children only fork and wait.
        unsafe {
            let child = libc::fork();
            if child == 0 {
                libc::setsid();
                if libc::fork() == 0 {
                    sleep();
                }
                libc::_exit(0);
            }
            libc::waitpid(child, std::ptr::null_mut(), 0);
        }
    }
    println!("ready");
    sleep();
}

fn spin() {
    println!("ready");
    loop {
        std::hint::black_box(0);
    }
}

fn sleep() {
    loop {
        // SAFETY: pause only waits.
        unsafe { libc::pause() };
    }
}

fn connect(address: &str) {
    let address = address.parse().unwrap();
    match TcpStream::connect_timeout(&address, Duration::from_secs(2)) {
        Ok(mut stream) => {
            stream.write_all(b"ping").unwrap();
            let mut answer = [0; 4];
            stream.read_exact(&mut answer).unwrap();
            println!("{}", String::from_utf8_lossy(&answer));
        }
        Err(error) => println!("error {:?}", error.kind()),
    }
}

fn execute(program: &str) {
    let path = std::ffi::CString::new(program).unwrap();
    let arguments = [path.as_ptr(), c"inside".as_ptr(), c"euid".as_ptr(), std::ptr::null()];
    // SAFETY: the array ends with a null and points to C strings that outlive the call.
    unsafe { libc::execv(path.as_ptr(), arguments.as_ptr()) };
    println!("error {:?}", io::Error::last_os_error());
}
