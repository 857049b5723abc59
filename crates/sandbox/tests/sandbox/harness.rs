//! Runs the cases one after the other, each on its own runtime, and prints as `cargo test` does.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    process::ExitCode,
};

type Body = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

pub(crate) struct Case {
    name: &'static str,
    body: Body,
}

pub(crate) fn case<F: Future<Output = ()> + 'static>(name: &'static str, body: fn() -> F) -> Case {
    Case { name, body: Box::new(move || Box::pin(body())) }
}

/// `arguments`: parts of names; none runs all. Options are for the usual harness and ignored, but for `--list`.
pub(crate) fn run(cases: &[Case], arguments: &[String]) -> ExitCode {
    if arguments.iter().any(|argument| argument == "--list") {
        cases.iter().for_each(|case| println!("{}: test", case.name));
        return ExitCode::SUCCESS;
    }
    let filters: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let chosen =
        |case: &&Case| filters.is_empty() || filters.iter().any(|part| case.name.contains(part.as_str()));
    let root = rustix::process::geteuid().is_root();
    let mut failed = Vec::new();
    for case in cases.iter().filter(chosen) {
        if !root {
            println!("test {} ... skipped: isolation takes root", case.name);
            continue;
        }
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let passed = catch_unwind(AssertUnwindSafe(|| runtime.block_on((case.body)()))).is_ok();
        println!("test {} ... {}", case.name, if passed { "ok" } else { "FAILED" });
        if !passed {
            failed.push(case.name);
        }
    }
    println!(
        "\ntest result: {}. {} failed {failed:?}",
        if failed.is_empty() { "ok" } else { "FAILED" },
        failed.len()
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
