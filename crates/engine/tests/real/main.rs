//! The engine with real sandboxes and the real bootstraps. Needs root and the interpreters; says so otherwise.
//!
//! A program of its own rather than a libtest harness: the sandbox starts this same binary again in other
//! roles, which must be the first thing that happens.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bed;
mod cases;

use std::{
    panic::AssertUnwindSafe,
    process::{Command, ExitCode},
    sync::atomic::{AtomicUsize, Ordering},
};

fn main() -> ExitCode {
    tinderbox_sandbox::entrypoint();
    if !rustix::process::geteuid().is_root() {
        println!("skipped: sandboxes need root");
        return ExitCode::SUCCESS;
    }
    let filter = std::env::args().nth(1).filter(|a| !a.starts_with('-')).unwrap_or_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let failed = AtomicUsize::new(0);
    for (name, case) in cases::ALL {
        if !name.contains(&filter) {
            continue;
        }
        let result = std::panic::catch_unwind(AssertUnwindSafe(|| runtime.block_on(case())));
        let said = match result {
            Ok(()) => "ok",
            Err(_) => {
                failed.fetch_add(1, Ordering::Relaxed);
                "FAILED"
            }
        };
        println!("real::{name} ... {said}");
    }
    match failed.load(Ordering::Relaxed) {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What a program prints, or nothing if it is not there.
#[expect(clippy::disallowed_methods, reason = "a test looks for interpreters")]
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
