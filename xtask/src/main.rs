//! The repository's own chores: `cargo xtask codegen|layers|coverage [--check]`.

mod codegen;
mod coverage;
mod layers;

use std::{path::PathBuf, process::ExitCode};

/// What a chore fails with: a sentence for the developer.
type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|a| a == "--check");
    let done = match arguments.first().map(String::as_str) {
        Some("codegen") => codegen::run(&root(), check),
        Some("layers") => layers::run(&root()),
        Some("coverage") => coverage::run(&root(), check),
        _ => Err("usage: cargo xtask codegen|coverage [--check] | layers".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root, above this package.
fn root() -> PathBuf {
    // Cargo tells it when it runs the program: a build shared by two checkouts knows only one of them.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    package.parent().map_or(package.clone(), PathBuf::from)
}
